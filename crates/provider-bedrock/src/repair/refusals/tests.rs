//! Every wording with the body that it answers.

use serde_json::json;

use super::*;
use crate::learnt::Refusal::{NativeOutput, StrictTools};

fn full() -> Value {
    json!({
        "toolConfig": {
            "tools": [
                { "toolSpec": { "name": "t", "inputSchema": { "json": {} }, "strict": true } },
                { "cachePoint": { "type": "default", "ttl": "1h" } },
            ],
            "toolChoice": { "any": {} },
        },
        "system": [{ "text": "s" }, { "cachePoint": { "type": "default" } }],
        "messages": [
            { "role": "user", "content": [{ "text": "Hi" }] },
            { "role": "assistant", "content": [
                { "reasoningContent": { "reasoningText": { "text": "Hm.", "signature": "s" } } },
                { "toolUse": { "toolUseId": "a", "name": "t", "input": {} } },
            ] },
            { "role": "user", "content": [
                { "toolResult": { "toolUseId": "a", "content": [{ "image": { "format": "png", "source": { "bytes": "aQ==" } } }] } },
                { "document": { "name": "d", "source": { "text": "t" }, "citations": { "enabled": true } } },
                { "cachePoint": { "type": "default" } },
            ] },
        ],
        "inferenceConfig": { "temperature": 0.5, "topP": 0.9, "stopSequences": ["END"] },
        "additionalModelRequestFields": {
            "thinking": { "type": "adaptive", "display": "summarized" },
            "output_config": { "effort": "max" },
            "top_k": 5,
        },
        "outputConfig": { "textFormat": { "type": "json_schema" } },
    })
}

fn field(name: &str) -> Refusal {
    Refusal::Field(name.to_owned())
}

/// Messages about what a conversation has or lacks.
fn wordings_of_conversations() -> Vec<(&'static str, Vec<Refusal>)> {
    use Refusal::*;
    vec![
        (
            "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` \
             is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of \
             `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous turns. To avoid \
             this requirement, disable `thinking`. Please consult our documentation at \
             https://docs.claude.com/en/docs/build-with-claude/extended-thinking",
            vec![field("thinking")],
        ),
        (
            "Cache point cannot be inserted after reasoning block. Please remove the invalid cache point and try again.",
            vec![CachePoints(Section::Messages)],
        ),
        (
            "There is nothing available to cache. Please remove the invalid cache point and try again.",
            vec![CachePoints(Section::Messages)],
        ),
        (
            "The model returned the following errors: messages.0.content.2.type: Field required",
            vec![CachePoints(Section::Messages)],
        ),
        (
            "Unsupported document format. Only txt and pdf formats are supported when citations are enabled ",
            vec![Citations],
        ),
        ("Citations are not supported in tool result documents.", vec![Citations]),
    ]
}

/// Other words for what is above.
fn other_wordings() -> Vec<(&'static str, Vec<Refusal>)> {
    use Refusal::*;
    vec![
        ("Temperature and topP cannot both be specified.", vec![TemperatureWithTopP]),
        ("tool_choice: type 'any' is not supported", vec![ForcedToolChoice]),
        ("extraneous key [ttl] is not permitted", vec![CacheTtl]),
        (
            "This model doesn't support the cachePoint field. Remove cachePoint and try again.",
            [Section::Tools, Section::System, Section::Messages].map(CachePoints).into(),
        ),
        ("This model doesn't support the outputConfig.textFormat field.", vec![NativeOutput]),
        ("This model doesn't support the toolConfig.tools.toolSpec.strict field.", vec![StrictTools]),
        ("image is not supported in toolResult", vec![ToolResultImages]),
        ("images are not supported in tool_result blocks", vec![ToolResultImages]),
        ("stop_sequences: Extra inputs are not permitted", vec![StopSequences]),
        ("top_p is not supported", vec![TopP]),
    ]
}

/// Messages about schemas that no grammar can be made of.
fn wordings_of_grammars() -> Vec<(&'static str, Vec<Refusal>)> {
    use Refusal::*;
    vec![
        (
            "The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas or \
             reduce the number of strict tools.",
            vec![NativeOutput, StrictTools],
        ),
        (
            "output_config.format.schema: Invalid schema: The compiled grammar is too large, which would cause \
             performance issues. Simplify your tool schemas or reduce the number of strict tools.",
            vec![NativeOutput, StrictTools],
        ),
        (
            "Schema is too complex for compilation. Try reducing the number of tools or simplifying tool schemas.",
            vec![NativeOutput, StrictTools],
        ),
        (
            "Schemas contains too many optional parameters (87), which would make grammar compilation inefficient. \
             Reduce the number of optional parameters in your tool schemas (limit: 24).",
            vec![NativeOutput, StrictTools],
        ),
    ]
}

/// Messages about reasoning that is sent back.
fn wordings_of_reasoning() -> Vec<(&'static str, Vec<Refusal>)> {
    use Refusal::*;
    vec![
        ("messages.1.content.0: Invalid `signature` in `thinking` block", vec![Reasoning]),
        ("messages.1.content.0.thinking.signature: Field required", vec![Reasoning]),
        ("messages.1.content.0: Invalid `data` in `redacted_thinking` block", vec![Reasoning]),
        ("messages.3: The final block in an assistant message cannot be `thinking`.", vec![Reasoning]),
        (
            "messages.3: When thinking is disabled, an `assistant` message in the final position cannot contain \
             `thinking`. To use thinking blocks, enable `thinking` in your request.",
            vec![Reasoning],
        ),
        (
            "messages.1.content.0: When providing `thinking` or `redacted_thinking` blocks, the blocks must match the \
             parameters during the original request.",
            vec![Reasoning],
        ),
        ("messages.0.content.0.redacted_thinking.data: Field required", vec![Reasoning]),
        (
            "messages.5.content.0: If an assistant message contains any thinking blocks, the first block must be \
             `thinking` or `redacted_thinking`. Found `text`.",
            vec![Reasoning],
        ),
        (
            "messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be \
             modified. These blocks must remain as they were in the original response.",
            vec![Reasoning],
        ),
        (
            "This model doesn't support the reasoningContent.reasoningText.signature field. Remove \
             reasoningContent.reasoningText.signature and try again.",
            vec![ReasoningContent],
        ),
        (
            "User messages cannot contain reasoning content. Please remove the reasoning content and try again.",
            vec![ReasoningContent],
        ),
    ]
}

/// Messages as the service and the models write them, and what can be left out after each.
fn all_wordings() -> Vec<(&'static str, Vec<Refusal>)> {
    [
        wordings(),
        wordings_of_conversations(),
        wordings_of_grammars(),
        wordings_of_reasoning(),
        other_wordings(),
    ]
    .concat()
}

fn wordings() -> Vec<(&'static str, Vec<Refusal>)> {
    use Refusal::*;
    vec![
        ("This model doesn't support tool use in streaming mode.", vec![StreamedTools]),
        ("This model doesn't support tool use.", vec![Tools]),
        (
            "This model doesn't support system messages. Try again without system messages or use a model that supports \
             system messages.",
            vec![System],
        ),
        ("This model doesn't support the image field for user messages.", vec![ToolResultImages]),
        ("This model doesn't support citations.", vec![Citations]),
        (
            "The model returned the following errors: `temperature` is deprecated for this model.",
            vec![Temperature],
        ),
        ("The model returned the following errors: `top_p` is deprecated for this model.", vec![TopP]),
        (
            "The model returned the following errors: `temperature` and `top_p` cannot both be specified for this \
             model. Please use only one.",
            vec![TemperatureWithTopP],
        ),
        (
            "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is \
             supported.",
            vec![Temperature],
        ),
        ("This model doesn't support the topP field. Remove topP and try again.", vec![TopP]),
        (
            "This model doesn’t support the stopSequences field. Remove stopSequences and try again.",
            vec![StopSequences],
        ),
        ("Unsupported parameter: 'stop' is not supported with this model.", vec![StopSequences]),
        ("thinking.adaptive.display: Extra inputs are not permitted", vec![ThinkingDisplay]),
        ("adaptive thinking is not supported on this model", vec![ThinkingType("adaptive".into())]),
        (
            "\"thinking.type.adaptive\" is not supported for this model.",
            vec![ThinkingType("adaptive".into())],
        ),
        ("thinking.type: Input should be 'disabled'", vec![field("thinking")]),
        (
            "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and \
             \"output_config.effort\" to control thinking behavior.",
            vec![field("thinking")],
        ),
        (
            "This model does not support effort level 'max'. Supported levels: low, medium, high.",
            vec![Effort("max".into())],
        ),
        ("output_config.effort: Extra inputs are not permitted", vec![field("output_config")]),
        ("output_config.format: Extra inputs are not permitted", vec![NativeOutput]),
        (
            "Malformed input request: #/toolConfig/tools/1: extraneous key [cachePoint] is not permitted, please \
             reformat your input and try again.",
            vec![CachePoints(Section::Tools)],
        ),
        (
            "Malformed input request: #/messages/2/content/1: extraneous key [cachePoint] is not permitted, please \
             reformat your input and try again.",
            vec![CachePoints(Section::Messages)],
        ),
        (
            "You invoked an unsupported model or your request did not allow prompt caching. See the documentation for \
             more information.",
            vec![CachePoints(Section::Tools), CachePoints(Section::System), CachePoints(Section::Messages)],
        ),
        ("Extended TTL for prompt caching is only supported for Anthropic models.", vec![CacheTtl]),
        ("cache_control.ephemeral.ttl: Extra inputs are not permitted", vec![CacheTtl]),
        ("Thinking may not be enabled when tool_choice forces tool use.", vec![ForcedToolChoice]),
        (
            "This model doesn't support the toolConfig.toolChoice.any field. Remove toolConfig.toolChoice.any and try \
             again.",
            vec![ForcedToolChoice],
        ),
        ("tools.0.custom.strict: Extra inputs are not permitted", vec![StrictTools]),
        ("Image content is not supported in a tool result by this model.", vec![ToolResultImages]),
        ("Malformed input request: #: extraneous key [top_k] is not permitted", vec![field("top_k")]),
        ("top_k: Extra inputs are not permitted", vec![field("top_k")]),
    ]
}

fn refusal_of(message: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, "the service refused the request").with_provider_message(message)
}

fn read(message: &str, body: &Value) -> Refusals {
    refused(&refusal_of(message), body.to_string().as_bytes()).refusals
}

#[test]
fn every_wording_names_what_can_be_left_out() {
    for (message, expected) in all_wordings() {
        assert_eq!(read(message, &full()), expected.into_iter().collect(), "{message}");
    }
}

#[test]
fn what_the_body_does_not_have_cannot_be_left_out_of_it() {
    let plain = json!({ "messages": [{ "role": "user", "content": [{ "text": "Hi" }] }] });
    for (message, _) in all_wordings() {
        assert_eq!(read(message, &plain), Refusals::new(), "{message}");
    }
}

#[test]
fn every_row_is_reached_by_some_wording() {
    let normal = |message: &str| message.replace('’', "'").to_lowercase();
    for row in ROWS {
        let fits = |message: &str| row.words.iter().all(|words| normal(message).contains(words));
        let reached = all_wordings().iter().any(|(message, _)| fits(message));
        assert!(reached, "{:?} stands for no known wording", row.words);
    }
}

#[test]
fn other_failures_are_not_read() {
    for kind in [ErrorKind::Throttled, ErrorKind::ContextOverflow, ErrorKind::ModelAccess] {
        let error =
            Error::new(kind, "x").with_provider_message("`temperature` is deprecated for this model.");
        assert_eq!(refused(&error, full().to_string().as_bytes()), Refused::default());
    }
    assert_eq!(read("The text field in the ContentBlock object is blank.", &full()), Refusals::new());
    assert_eq!(read("topical_kitchen: not supported", &full()), Refusals::new());
}

/// A caller who says something impossible shall hear of it: leaving out what he said would be no answer to it.
#[test]
fn mistakes_of_the_caller_are_not_repaired() {
    for message in [
        "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at \
         https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size",
        "The model returned the following errors: thinking.enabled.budget_tokens: Input should be greater than or equal \
         to 1024",
    ] {
        assert_eq!(read(message, &full()), Refusals::new(), "{message}");
    }
}

#[test]
fn what_a_conversation_lacks_says_nothing_of_the_model() {
    let lasting = |message: &str| {
        let read = refused(&refusal_of(message), full().to_string().as_bytes());
        assert!(!read.refusals.is_empty(), "{message}");
        assert!(read.lessons.is_empty() || read.lessons == read.refusals, "{message}");
        !read.lessons.is_empty()
    };
    assert!(lasting("`temperature` is deprecated for this model."));
    assert!(lasting("top_k: Extra inputs are not permitted"));
    for message in [
        "Thinking may not be enabled when tool_choice forces tool use.",
        "messages.1.content.0: Invalid `signature` in `thinking` block",
        "Expected `thinking` or `redacted_thinking`, but found `tool_use`.",
        "There is nothing available to cache. Please remove the invalid cache point and try again.",
        "messages.0.content.2.type: Field required",
    ] {
        assert!(!lasting(message), "{message}");
    }
}

#[test]
fn schemas_that_were_refused_say_nothing_of_others() {
    let message = "The compiled grammar is too large, which would cause performance issues.";
    let read = refused(&refusal_of(message), full().to_string().as_bytes());
    assert_eq!(of_schemas(&read.lessons, full().to_string().as_bytes()), [NativeOutput, StrictTools]);
    assert_eq!(of_schemas(&Refusals::from([NativeOutput]), full().to_string().as_bytes()), []);
    let mut other = full();
    other["outputConfig"]["textFormat"]["name"] = json!("another");
    assert_eq!(of_schemas(&read.lessons, other.to_string().as_bytes()), []);
}

/// Without thinking in the request, the thoughts of the conversation are all that can be left out.
#[test]
fn where_nobody_asks_for_thinking_the_thoughts_are_left_out() {
    let mut body = full();
    body["additionalModelRequestFields"].take();
    let message = "Expected `thinking` or `redacted_thinking`, but found `text`.";
    assert_eq!(read(message, &body), Refusals::from([Refusal::Reasoning]));
}

#[test]
fn points_that_cache_nothing_are_left_out_wherever_they_are() {
    let message = "There is nothing available to cache. Please remove the invalid cache point and try again.";
    let point = json!({ "cachePoint": { "type": "default" } });
    let body = json!({ "system": [point], "messages": [{ "role": "user", "content": [{ "text": "Hi" }] }] });
    assert_eq!(read(message, &body), Refusals::from([Refusal::CachePoints(Section::System)]));
}
