//! The table of scenarios: the one place where they have their names.

mod answers;
mod contracts;
mod faults;
mod requests;

use outcrop_core::{ErrorKind, StopReason};

use crate::Manifest;
use crate::act::Act;

pub(crate) use answers::weather;

/// One thing that is proved of a provider.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Scenario {
    /// Its name: that of the test too.
    pub name: &'static str,
    /// What is proved, in one sentence.
    pub what: &'static str,
    acts: fn(&Manifest) -> Vec<Act>,
}

impl Scenario {
    pub(crate) fn acts(&self, manifest: &Manifest) -> Vec<Act> {
        (self.acts)(manifest)
    }
}

/// Makes the table, and of the same rows the macro that makes tests of it: neither can drift from the other.
macro_rules! table {
    ($dollar:tt $($name:ident: $what:literal, $acts:expr;)+) => {
        /// Every scenario, in the order of the report.
        pub const SCENARIOS: &[Scenario] = &[
            $(Scenario { name: stringify!($name), what: $what, acts: $acts }),+
        ];

        /// Makes one test of every scenario, with the scenario's name, and two more: that the manifest is sound, and
        /// that no scenario was left out. What it is given is an expression that makes a
        /// [`Harness`](crate::Harness); every test makes its own.
        ///
        /// The tests need neither a runtime nor an attribute: each runs on a thread with a runtime of its own, which
        /// this crate brings. A scenario that is skipped says so on standard output (`cargo test -- --nocapture`)
        /// and in the [report](crate::Report).
        #[macro_export]
        macro_rules! suite {
            ($dollar harness:expr) => {
                $(
                    #[test]
                    fn $name() {
                        match $dollar crate::check($dollar harness, stringify!($name)) {
                            Ok(note) => println!("{note}"),
                            Err(problems) => panic!("{problems}"),
                        }
                    }
                )+

                #[test]
                fn the_manifest_is_sound() {
                    if let Err(problems) = $dollar crate::check_manifest($dollar harness) {
                        panic!("{problems}");
                    }
                }

                #[test]
                fn no_scenario_is_left_out() {
                    let tests = [$(stringify!($name)),+];
                    let table = $dollar crate::SCENARIOS.iter().map(|scenario| scenario.name);
                    assert!(table.eq(tests), "the tests were made by another version of the kit");
                }
            };
        }
    };
}

table! { $
    // What the upstream says comes out whole.
    text: "Text comes in the pieces that add up to it.", |_| answers::text();
    empty_answer: "An answer without content is an answer.", |_| answers::empty();
    unicode: "Text of every script, with quotes, controls and blanks, comes out to the byte.", |_| answers::unicode();
    text_cut_anywhere: "It does not matter where the bytes of the wire are cut.", |_| answers::cut_anywhere();
    long_answer: "A long answer comes out whole.", |_| answers::long();
    reasoning: "Reasoning comes before the text, and apart from it.", |_| answers::reasoning();
    signed_reasoning: "The signature of reasoning is kept to the byte.", |_| answers::signed_reasoning();
    redacted_reasoning: "Reasoning that cannot be read is kept to the byte.", |_| answers::redacted_reasoning();
    tool_call: "The arguments of a tool call are put together from their pieces.", |_| answers::tool_call();
    tool_call_after_text: "A tool call may follow text.", |_| answers::tool_call_after_text();
    tool_call_without_arguments: "A call without arguments has an empty object.", |_| answers::no_arguments();
    parallel_tool_calls: "Several calls of one answer are kept apart.", |_| answers::parallel_calls();
    interleaved_tool_calls: "Calls whose pieces come in turns are kept apart.", |_| answers::interleaved_calls();
    broken_tool_arguments: "Arguments that are no JSON are reported as broken.", |_| answers::broken_arguments();
    tool_arguments_cut_short: "Arguments that the limit of tokens cut off are kept as they are.", |_| answers::cut_arguments();
    usage: "The tokens used are those that the upstream tells.", |_| answers::usage();
    cache_usage: "Cached tokens are counted in their own buckets.", |_| answers::cache_usage();
    no_usage: "Usage that the upstream does not tell is absent, not zero.", |_| answers::no_usage();
    stop_max_tokens: "The limit of tokens is told from a finished answer.", |_| answers::stop(StopReason::MaxTokens);
    stop_sequence: "A stop sequence is told.", |_| answers::stop(StopReason::StopSequence);
    stop_guardrail: "A guardrail that stepped in is told.", |_| answers::stop(StopReason::GuardrailIntervened);
    stop_filtered: "A filter that stepped in is told.", |_| answers::stop(StopReason::ContentFiltered);
    stop_refusal: "A refusal of the model is told.", |_| answers::stop(StopReason::Refusal);
    stop_context_window: "A context window that is full is told.", |_| answers::stop(StopReason::ContextWindowExceeded);
    stop_malformed_output: "Output that is not valid is told.", |_| answers::stop(StopReason::MalformedOutput);
    slow_first_byte: "An upstream that takes its time is waited for.", |_| answers::slow();

    // What is asked for arrives.
    conversation: "All turns arrive, in order.", |_| requests::conversation();
    big_prompt: "A prompt of a megabyte arrives whole.", |_| requests::big_prompt();
    system_prompt: "A system prompt arrives, or its lack is told.", requests::system;
    tools: "Tools arrive with name, description and schema, or their lack is told.", requests::tools;
    images: "Images arrive to the byte, or their lack is told.", requests::images;
    documents: "Documents arrive to the byte, or their lack is told.", requests::documents;
    tool_results: "Results of tools go back beside their calls.", |_| requests::tool_results();
    reasoning_goes_back: "Signed reasoning goes back to the byte.", |_| requests::reasoning_goes_back();
    redacted_goes_back: "Redacted reasoning goes back to the byte.", |_| requests::redacted_goes_back();

    // What goes wrong is told for what it is.
    refused_unauthenticated: "Credentials that are not accepted are told.", |_| faults::refused(ErrorKind::Unauthenticated);
    refused_permission_denied: "A missing permission is told.", |_| faults::refused(ErrorKind::PermissionDenied);
    refused_model_access: "Missing access to the model is told.", |_| faults::refused(ErrorKind::ModelAccess);
    refused_model_not_found: "An unknown model is told.", |_| faults::refused(ErrorKind::ModelNotFound);
    refused_profile_required: "A model that needs a profile is told.", |_| faults::refused(ErrorKind::ProfileRequired);
    refused_invalid_request: "A request that is refused as it is is told.", |_| faults::refused(ErrorKind::InvalidRequest);
    refused_context_overflow: "A conversation that is too long is told.", |_| faults::refused(ErrorKind::ContextOverflow);
    refused_filtered: "A prompt that a filter refuses is told.", |_| faults::refused(ErrorKind::Filtered);
    refused_throttled: "Too many requests are told, and may be tried again.", |_| faults::refused(ErrorKind::Throttled);
    refused_throttled_for_a_time: "The wait that the upstream asks for is kept.", |_| faults::retry_after();
    refused_quota_exceeded: "A quota that is used up is told.", |_| faults::refused(ErrorKind::QuotaExceeded);
    refused_unavailable: "An upstream in trouble is told, and may be tried again.", |_| faults::refused(ErrorKind::Unavailable);
    refused_timeout: "An upstream that gave up is told.", |_| faults::refused(ErrorKind::Timeout);
    refused_network: "A connection that cannot be made is told.", |_| faults::refused(ErrorKind::Network);
    refused_interrupted: "An answer that breaks off before it begins is told.", |_| faults::refused(ErrorKind::Interrupted);
    refused_protocol: "Somebody else's answer is told.", |_| faults::refused(ErrorKind::Protocol);
    failed_unauthenticated: "Credentials that end within an answer are told.", |_| faults::failed(ErrorKind::Unauthenticated);
    failed_permission_denied: "A permission that ends within an answer is told.", |_| faults::failed(ErrorKind::PermissionDenied);
    failed_model_access: "Access that ends within an answer is told.", |_| faults::failed(ErrorKind::ModelAccess);
    failed_model_not_found: "A model that is gone within an answer is told.", |_| faults::failed(ErrorKind::ModelNotFound);
    failed_profile_required: "A profile that is asked for within an answer is told.", |_| faults::failed(ErrorKind::ProfileRequired);
    failed_invalid_request: "A request that is refused within an answer is told.", |_| faults::failed(ErrorKind::InvalidRequest);
    failed_context_overflow: "A conversation that gets too long is told.", |_| faults::failed(ErrorKind::ContextOverflow);
    failed_filtered: "A filter that breaks an answer off is told.", |_| faults::failed(ErrorKind::Filtered);
    failed_throttled: "Throttling within an answer is told.", |_| faults::failed(ErrorKind::Throttled);
    failed_quota_exceeded: "A quota that ends within an answer is told.", |_| faults::failed(ErrorKind::QuotaExceeded);
    failed_unavailable: "An upstream that fails within an answer is told.", |_| faults::failed(ErrorKind::Unavailable);
    failed_timeout: "An upstream that gives up within an answer is told.", |_| faults::failed(ErrorKind::Timeout);
    failed_network: "A network that fails within an answer is told.", |_| faults::failed(ErrorKind::Network);
    failed_interrupted: "A model that breaks off is told.", |_| faults::failed(ErrorKind::Interrupted);
    failed_protocol: "Bytes within an answer that are none of the protocol are told.", |_| faults::failed(ErrorKind::Protocol);
    hang_up_before_the_answer: "A connection that closes before the answer is an error.", |_| faults::hang_up_first();
    hang_up_anywhere: "A connection that closes is an error, wherever in the answer, and what came is kept.", faults::hang_up_anywhere;

    // The contract of the trait.
    waits_for_the_upstream: "A call resolves when the upstream has answered, and not before.", |_| contracts::drop_call();
    delivers_at_once: "What has come is passed on at once, and dropping the stream cancels the call.", |_| contracts::deliver();
    cancel_the_answer: "Dropping a stream cancels the call upstream.", |_| contracts::drop_stream();
    cancel_a_whole_answer: "Dropping a call for a whole answer cancels it upstream.", |_| contracts::drop_whole();
    concurrent_calls: "Calls at once do not mix: each is sent whole, and gets its own answer.", contracts::at_once;
    capabilities: "What the provider says of the model is cheap, and fits what it does.", |_| contracts::capabilities();
    token_count: "Tokens are counted, or it is said that they cannot be.", contracts::count_tokens;
    embeddings: "Texts become vectors, or it is said that they cannot.", contracts::embed;
    catalog: "The catalogue lists models, each once, with when it asked.", |_| contracts::catalog();
}

#[cfg(test)]
mod tests;
