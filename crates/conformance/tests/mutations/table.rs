//! The table: what is broken, who finds it, and in which words.

use super::broken::How;
use super::{calls, events};

/// A way to break a provider.
pub(crate) struct Breakage {
    pub(crate) name: &'static str,
    /// The scenarios that must fail.
    pub(crate) found_by: &'static [&'static str],
    /// Words of what they say.
    pub(crate) says: &'static str,
    pub(crate) how: fn() -> How,
}

macro_rules! breakages {
    ($($module:ident::$name:ident: $says:literal, [$($found_by:literal),+];)+) => {
        pub(crate) const BREAKAGES: &[Breakage] = &[
            $(Breakage { name: stringify!($name), found_by: &[$($found_by),+], says: $says, how: $module::$name }),+
        ];
    };
}

breakages! {
    // The grammar.
    events::drops_close: "ended while block 0 was open", ["text", "reasoning", "tool_call"];
    events::doubles_start: "starts with one start event", ["text", "empty_answer"];
    events::forgets_start: "starts with one start event", ["text"];
    events::opens_twice: "block 0 was opened twice", ["text"];
    events::never_opens: "block 0, which is not open", ["text"];
    events::goes_on_after_the_end: "an event after the end", ["text", "empty_answer"];
    events::goes_on_after_an_error: "an event after the end", ["failed_throttled"];
    events::stops_at_errors: "over without an end", ["failed_throttled", "hang_up_before_the_answer"];

    // What is said.
    events::reorders: "block 1 is", ["text"];
    events::loses_a_delta: "block 1 is", ["text", "tool_call"];
    events::truncates: "block 1 is", ["long_answer"];
    events::trims_text: "block 1 is", ["unicode"];
    events::garbles_text: "block 1 is", ["unicode", "text_cut_anywhere"];
    events::panics: "panics: ", ["unicode"];
    events::refuses_empty_answers: "fails where nothing is wrong: Interrupted", ["empty_answer"];
    events::says_its_thoughts: "block 1 is", ["reasoning", "signed_reasoning", "redacted_reasoning"];
    events::loses_signatures: "block 1 is", ["signed_reasoning", "reasoning_goes_back"];
    events::loses_redacted_reasoning: "block 1 is", ["redacted_reasoning", "redacted_goes_back"];
    events::merges_calls: "block 2 is nothing", ["parallel_tool_calls"];
    events::mixes_calls_up: "block 1 is", ["interleaved_tool_calls"];
    events::names_calls_anew: "block 1 is", ["tool_call", "tool_results"];
    events::keeps_the_last_piece: "block 1 is", ["tool_call"];
    events::makes_null_of_no_arguments: "block 1 is", ["tool_call_without_arguments"];
    events::repairs_cut_arguments: "block 1 is", ["tool_arguments_cut_short"];
    events::reports_no_broken_call: "was not reported broken", ["broken_tool_arguments"];
    events::forgets_text_before_calls: "block 1 is", ["tool_call_after_text"];
    events::loses_usage: "the usage is None", ["usage", "cache_usage"];
    events::makes_usage_up: "where the upstream told nothing", ["no_usage"];
    events::counts_cached_tokens_twice: "the usage is Some", ["cache_usage"];
    events::always_ends_its_turn: "the stop reason is `end_turn`", [
        "stop_max_tokens", "stop_sequence", "stop_guardrail", "stop_filtered", "stop_refusal", "stop_context_window",
        "stop_malformed_output", "tool_call"
    ];

    // What goes wrong.
    events::swallows_errors: "answers as if all were well", ["hang_up_anywhere", "hang_up_before_the_answer", "failed_interrupted"];
    events::loses_what_came: "block 1 is nothing", ["hang_up_anywhere", "failed_throttled"];
    events::does_not_classify_failures: "the error is told as Unexpected", ["failed_unauthenticated", "failed_permission_denied", "failed_model_access", "failed_model_not_found", "failed_profile_required", "failed_invalid_request", "failed_context_overflow", "failed_filtered", "failed_throttled", "failed_quota_exceeded", "failed_unavailable", "failed_timeout", "failed_network", "failed_interrupted", "failed_protocol"];
    events::advises_retry_of_failures: "advises to try again after an error", ["failed_permission_denied", "failed_invalid_request"];
    calls::does_not_classify_refusals: "the error is told as Unexpected", ["refused_unauthenticated", "refused_permission_denied", "refused_model_access", "refused_model_not_found", "refused_profile_required", "refused_invalid_request", "refused_context_overflow", "refused_filtered", "refused_throttled", "refused_quota_exceeded", "refused_unavailable", "refused_timeout", "refused_network", "refused_interrupted", "refused_protocol"];
    calls::loses_the_advice_on_retrying: "the advice to try again is lost", ["refused_throttled", "refused_unavailable"];
    calls::loses_the_wait: "asks for a wait of 7 s", ["refused_throttled_for_a_time"];
    calls::tells_errors_in_many_lines: "is not one line", ["refused_invalid_request"];
    calls::refuses_in_the_stream: "resolves before the upstream accepted", ["refused_throttled", "refused_network"];
    calls::retries: "the same request was sent again", ["refused_throttled", "refused_permission_denied"];
    calls::asks_twice: "the same request was sent again", ["text"];

    // What is asked for.
    calls::forgets_a_turn: "a turn did not come", ["conversation"];
    calls::turns_turns_around: "before the one that it follows", ["conversation"];
    calls::truncates_the_prompt: "the prompt did not come", ["big_prompt"];
    calls::forgets_the_system_prompt: "the system prompt did not come", ["system_prompt"];
    calls::forgets_what_tools_are_for: "the description of the tool did not come", ["tools"];
    calls::drops_images: "the image did not come", ["images"];
    calls::drops_documents: "the document did not come", ["documents"];
    calls::drops_tool_results: "the result of a tool did not come", ["tool_results"];
    calls::drops_signatures: "the signature did not come", ["reasoning_goes_back"];
    calls::drops_reasoning: "the redacted reasoning did not come", ["redacted_goes_back"];

    // The contract.
    calls::calls_late: "before the upstream has said anything", ["waits_for_the_upstream"];
    calls::ignores_that_it_is_dropped: "hangs: it still waits for the upstream to see", ["cancel_the_answer", "delivers_at_once"];
    calls::ignores_that_the_call_is_dropped: "hangs: it still waits for the upstream to see", ["cancel_a_whole_answer"];
    calls::buffers_the_answer: "hangs: it still waits for `stream`", ["delivers_at_once"];
    calls::never_ends: "hangs: it still waits for the next event", ["text"];
    calls::blocks_its_thread: "hangs: it blocks its thread", ["text"];
    calls::is_impatient: "fails where nothing is wrong: Timeout", ["slow_first_byte"];
    calls::answers_otherwise_as_a_whole: "`generate`: block 2 is", ["text"];
    calls::warns_only_as_a_whole: "differ in `warnings`", ["text"];
    calls::sends_the_last_request: "did not come to the upstream", ["concurrent_calls"];
    events::hears_the_last_call_only: "of those at once: `stream`: block 1 is", ["concurrent_calls"];
    calls::denies_what_it_can: "the provider says that it has not", ["capabilities"];
    calls::counts_nothing: "no tokens", ["token_count"];
    calls::forgets_a_vector: "one vector a text", ["embeddings"];
    calls::gives_no_numbers: "of finite numbers", ["embeddings"];
}
