//! Refusals over the wire: a service that says no to a part of a request, in the words of the real one, until it comes
//! without.

use outcrop_core::{Result, Retry, Start};
use serde_json::Value;

use super::*;
use crate::loopback::{Answer, Loopback, Seen};

const NOVA: &str = "us.amazon.nova-lite-v1:0";
const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

const TEMPERATURE: &str =
    "The model returned the following errors: `temperature` is deprecated for this model.";

/// A service that refuses a request if `refusal` has a word for its body.
fn refusing(refusal: impl Fn(&Value) -> Option<&'static str> + Send + Sync + 'static) -> Loopback {
    Loopback::start(move |seen| match refusal(&seen.body) {
        Some(message) => Answer::error(400, "ValidationException", message),
        None => Answer::text(seen, "hello"),
    })
}

fn refuses(pointer: &'static str, message: &'static str) -> impl Fn(&Value) -> Option<&'static str> {
    move |body| body.pointer(pointer).map(|_| message)
}

fn ask(model: &str, more: &Value) -> Request {
    let mut request = json!({
        "model": model,
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Hi" }] }],
    });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(request).unwrap()
}

fn fields(fields: &Value) -> Value {
    json!({ "options": { "bedrock": { "additionalModelRequestFields": fields } } })
}

/// The rules of the warnings, by either way to ask.
async fn warned(provider: &Bedrock, request: &Request, streaming: bool) -> Vec<String> {
    let warnings = if streaming {
        let events: Vec<_> = provider.stream(request).await.unwrap().collect().await;
        let events: Vec<Event> = events.into_iter().collect::<Result<_>>().unwrap();
        let Some(Event::Start(Start { warnings, .. })) = events.into_iter().next() else { panic!() };
        warnings
    } else {
        provider.generate(request).await.unwrap().warnings
    };
    warnings.iter().map(|warning| warning.rule.to_string()).collect()
}

fn pointers(seen: &[Seen], pointer: &str) -> Vec<bool> {
    seen.iter().map(|seen| seen.body.pointer(pointer).is_some()).collect()
}

#[tokio::test]
async fn what_is_refused_is_left_out_once_said_and_remembered() {
    for streaming in [true, false] {
        let service = refusing(refuses("/inferenceConfig/temperature", TEMPERATURE));
        let provider = service.provider();
        let request = ask(NOVA, &json!({ "inference": { "temperature": 0.5, "maxTokens": 9 } }));
        assert_eq!(warned(&provider, &request, streaming).await, ["sampling-refused"]);
        assert_eq!(pointers(&service.seen(), "/inferenceConfig/temperature"), [true, false]);
        assert_eq!(service.seen()[1].body["inferenceConfig"], json!({ "maxTokens": 9 }), "all else stays");
        // Whichever way it is asked the next time.
        assert_eq!(warned(&provider, &request, !streaming).await, ["sampling-refused"]);
        assert_eq!(pointers(&service.seen()[2..], "/inferenceConfig/temperature"), [false]);
        // Of this model, and of no other.
        let other = ask("us.amazon.nova-pro-v1:0", &json!({ "inference": { "temperature": 0.5 } }));
        warned(&provider, &other, streaming).await;
        assert_eq!(service.seen().len(), 5);
    }
}

#[tokio::test]
async fn one_refusal_after_the_other() {
    for streaming in [true, false] {
        let service = refusing(|body| {
            let top_k = "Malformed input request: #: extraneous key [top_k] is not permitted, please reformat your \
                         input and try again.";
            refuses("/inferenceConfig/temperature", TEMPERATURE)(body)
                .or_else(|| refuses("/additionalModelRequestFields/top_k", top_k)(body))
        });
        let provider = service.provider();
        let mut more = fields(&json!({ "top_k": 5, "seed": 1 }));
        more["inference"] = json!({ "temperature": 0.5 });
        let rules = warned(&provider, &ask(NOVA, &more), streaming).await;
        assert_eq!(rules, ["sampling-refused", "model-field-refused"]);
        assert_eq!(service.seen().len(), 3);
        assert_eq!(service.seen()[2].body["additionalModelRequestFields"], json!({ "seed": 1 }));
        warned(&provider, &ask(NOVA, &more), streaming).await;
        assert_eq!(service.seen().len(), 4, "both are remembered");
    }
}

#[tokio::test]
async fn there_is_an_end_to_repairs() {
    const REFUSALS: [(&str, &str); 5] = [
        ("/additionalModelRequestFields/a", "a: Extra inputs are not permitted"),
        ("/additionalModelRequestFields/b", "b: Extra inputs are not permitted"),
        ("/additionalModelRequestFields/c", "c: Extra inputs are not permitted"),
        ("/additionalModelRequestFields/d", "d: Extra inputs are not permitted"),
        ("/additionalModelRequestFields/e", "e: Extra inputs are not permitted"),
    ];
    let service =
        refusing(|body| REFUSALS.iter().find_map(|(pointer, message)| refuses(pointer, message)(body)));
    let request = ask(NOVA, &fields(&json!({ "a": 1, "b": 1, "c": 1, "d": 1, "e": 1 })));
    let provider = service.provider();
    let error = provider.generate(&request).await.unwrap_err();
    assert_eq!(service.seen().len(), 1 + MOST_REPAIRS);
    assert_eq!(error.provider_message(), Some(REFUSALS[MOST_REPAIRS].1), "what was refused last");
    // Nothing is learnt from what did not help.
    provider.generate(&request).await.unwrap_err();
    assert_eq!(service.seen().len(), 2 * (1 + MOST_REPAIRS));
}

#[tokio::test]
async fn a_refusal_that_stays_is_the_services_own_error() {
    for streaming in [true, false] {
        let service = refusing(|_| Some(TEMPERATURE));
        let request = ask(NOVA, &json!({ "inference": { "temperature": 0.5 } }));
        let provider = service.provider();
        let error = if streaming {
            provider.stream(&request).await.err().unwrap()
        } else {
            provider.generate(&request).await.unwrap_err()
        };
        assert_eq!((error.kind(), error.retry()), (ErrorKind::InvalidRequest, Retry::Never));
        assert_eq!(
            (error.provider_message(), error.code()),
            (Some(TEMPERATURE), Some("ValidationException"))
        );
        assert_eq!(pointers(&service.seen(), "/inferenceConfig/temperature"), [true, false]);
        // Nothing is learnt from what did not help.
        provider.generate(&request).await.unwrap_err();
        assert_eq!(pointers(&service.seen()[2..], "/inferenceConfig/temperature"), [true, false]);
    }
}

/// What the caller says in Converse's own words is sent as it is.
#[tokio::test]
async fn what_cannot_be_left_out_is_not_sent_again() {
    let message = "This model doesn't support the outputConfig.textFormat field. Remove outputConfig.textFormat and try \
                   again.";
    let service = refusing(refuses("/outputConfig/textFormat", message));
    let format = json!({ "type": "json_schema", "structure": { "jsonSchema": { "schema": "{}" } } });
    let request =
        ask(NOVA, &json!({ "options": { "bedrock": { "outputConfig": { "textFormat": format } } } }));
    let error = service.provider().generate(&request).await.unwrap_err();
    assert_eq!((error.provider_message(), service.seen().len()), (Some(message), 1));
}

#[tokio::test]
async fn the_callers_own_thinking_may_lose_its_display_and_nothing_else() {
    let message = "thinking.adaptive.display: Extra inputs are not permitted";
    let service = refusing(refuses("/additionalModelRequestFields/thinking/display", message));
    let request = ask(
        "us.anthropic.claude-opus-4-6-v1",
        &fields(&json!({ "thinking": { "type": "adaptive", "display": "summarized" }, "seed": 1 })),
    );
    let provider = service.provider();
    assert_eq!(warned(&provider, &request, true).await, ["model-field-refused"]);
    let sent = &service.seen()[1].body["additionalModelRequestFields"];
    assert_eq!(*sent, json!({ "thinking": { "type": "adaptive" }, "seed": 1 }));
    warned(&provider, &request, false).await;
    assert_eq!(service.seen().len(), 3, "remembered");
}

#[tokio::test]
async fn nothing_is_repaired_once_the_answer_began() {
    let refusal = json!({ "validationException": { "message": TEMPERATURE } });
    let begin = json!({ "messageStart": { "role": "assistant" } });
    let word = json!({ "contentBlockDelta": { "contentBlockIndex": 0, "delta": { "text": "Well" } } });
    let request = ask(NOVA, &json!({ "inference": { "temperature": 0.5 } }));
    for events in [vec![begin.clone(), refusal.clone()], vec![begin, word, refusal.clone()]] {
        let expected = events.len() - 2;
        let service = Loopback::start(move |_| Answer::Events(events.clone()));
        let items: Vec<_> = service.provider().stream(&request).await.unwrap().collect().await;
        let error = items.last().unwrap().as_ref().unwrap_err();
        assert_eq!((error.kind(), error.provider_message()), (ErrorKind::InvalidRequest, Some(TEMPERATURE)));
        let deltas = items.iter().filter(|item| matches!(item, Ok(Event::Delta { .. }))).count();
        assert_eq!(
            (deltas, service.seen().len()),
            (expected, 1),
            "what came is kept, and nothing is sent again"
        );
    }
    // A stream that begins with its refusal has not begun.
    let service = Loopback::start(move |seen| match seen.body.pointer("/inferenceConfig/temperature") {
        Some(_) => Answer::Events(vec![refusal.clone()]),
        None => Answer::text(seen, "hello"),
    });
    assert_eq!(warned(&service.provider(), &request, true).await, ["sampling-refused"]);
    assert_eq!(service.seen().len(), 2);
}

/// A turn of tool calls with signed thoughts, and the results.
fn tool_loop() -> Value {
    let call = json!({ "type": "toolUse", "id": "a", "name": "weather", "input": {} });
    let result =
        json!({ "type": "toolResult", "toolUseId": "a", "content": [{ "type": "text", "text": "16" }] });
    let thought = json!({ "type": "reasoning", "text": "Hm.", "signature": "c2ln" });
    json!({
        "messages": [
            { "role": "user", "content": [{ "type": "text", "text": "Hi" }] },
            { "role": "assistant", "content": [thought, call] },
            { "role": "user", "content": [result] },
        ],
        "tools": [{ "type": "spec", "name": "weather", "description": "d", "inputSchema": { "type": "object" } }],
    })
}

const FIRST: &str = "/messages/1/content/0/reasoningContent";
const THINKING: &str = "/additionalModelRequestFields/thinking";

/// What Claude says of thoughts in a loop of tools: they must be there while it thinks, and they must be its own.
fn like_claude(body: &Value) -> Option<&'static str> {
    const SIGNATURE: &str = "The model returned the following errors: messages.1.content.0: Invalid `signature` in \
                             `thinking` block";
    const FOUND: &str = "The model returned the following errors: messages.1.content.0.type: Expected `thinking` or \
                         `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` \
                         message must start with a thinking block (preceeding the lastmost set of `tool_use` and \
                         `tool_result` blocks). We recommend you include thinking blocks from previous turns. To avoid \
                         this requirement, disable `thinking`.";
    let answered = body.pointer("/messages/1").is_some();
    match (body.pointer(FIRST), body.pointer(THINKING)) {
        (Some(_), _) => Some(SIGNATURE),
        (None, Some(_)) if answered => Some(FOUND),
        _ => None,
    }
}

#[tokio::test]
async fn thoughts_that_are_refused_in_a_loop_of_tools_end_the_thinking_of_this_turn_only() {
    let own = fields(&json!({ "thinking": { "type": "enabled", "budget_tokens": 2000 } }));
    for thinking in [json!({ "thinking": { "level": "high" } }), own] {
        for streaming in [true, false] {
            let service = refusing(like_claude);
            let provider = service.provider();
            let mut more = tool_loop();
            more.as_object_mut().unwrap().extend(thinking.as_object().unwrap().clone());
            let request = ask(CLAUDE, &more);
            let rules = warned(&provider, &request, streaming).await;
            assert!(rules.contains(&"reasoning-refused".to_owned()), "{rules:?}");
            assert!(rules.len() > 1, "the end of thinking is said, too: {rules:?}");
            let seen = service.seen();
            assert_eq!(pointers(&seen, FIRST).first(), Some(&true), "thoughts are tried as they are");
            let last = seen.last().unwrap();
            assert_eq!((last.body.pointer(FIRST), last.body.pointer(THINKING)), (None, None));
            // The model thinks in another conversation, and this one has its thoughts the next time.
            warned(&provider, &ask(CLAUDE, &thinking), streaming).await;
            assert!(service.seen().last().unwrap().body.pointer(THINKING).is_some());
            let before = service.seen().len();
            warned(&provider, &request, streaming).await;
            assert!(service.seen()[before].body.pointer(FIRST).is_some());
        }
    }
}

#[tokio::test]
async fn a_cache_point_in_a_wrong_place_is_left_out_of_this_conversation_only() {
    let pointer = "/messages/0/content/1/cachePoint";
    for message in [
        "There is nothing available to cache. Please remove the invalid cache point and try again.",
        "Cache point cannot be inserted after reasoning block. Please remove the invalid cache point and try again.",
        "The model returned the following errors: messages.0.content.1.type: Field required",
    ] {
        let service = refusing(refuses(pointer, message));
        let provider = service.provider();
        let content = json!([{ "type": "text", "text": "Hi" }, { "type": "cachePoint" }]);
        let request = ask(
            CLAUDE,
            &json!({
                "system": [{ "type": "text", "text": "Be brief." }, { "type": "cachePoint" }],
                "messages": [{ "role": "user", "content": content }],
            }),
        );
        for _ in 0..2 {
            assert_eq!(warned(&provider, &request, true).await, ["cache-points"], "{message}");
        }
        assert_eq!(pointers(&service.seen(), pointer), [true, false, true, false], "{message}");
        assert_eq!(pointers(&service.seen(), "/system/1/cachePoint"), [true; 4], "{message}");
    }
}

#[tokio::test]
async fn cache_points_that_a_model_takes_nowhere_in_a_part_are_remembered() {
    let message = "Malformed input request: #/system/1: extraneous key [cachePoint] is not permitted, please reformat \
                   your input and try again.";
    let service = refusing(refuses("/system/1/cachePoint", message));
    let provider = service.provider();
    let request = ask(
        CLAUDE,
        &json!({ "system": [{ "type": "text", "text": "Be brief." }, { "type": "cachePoint" }] }),
    );
    for _ in 0..2 {
        assert_eq!(warned(&provider, &request, false).await, ["cache-points"]);
    }
    assert_eq!(pointers(&service.seen(), "/system/1/cachePoint"), [true, false, false]);
}

#[tokio::test]
async fn a_schema_that_no_grammar_can_be_made_of_goes_by_a_tool() {
    let schema = json!({ "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"] });
    for message in [
        "The model returned the following errors: The compiled grammar is too large, which would cause performance \
         issues. Simplify your tool schemas or reduce the number of strict tools.",
        "The model returned the following errors: Schema is too complex for compilation. Try reducing the number of \
         tools or simplifying tool schemas.",
        "The model returned the following errors: Schemas contains too many optional parameters (87), which would make \
         grammar compilation inefficient. Reduce the number of optional parameters in your tool schemas (limit: 24).",
    ] {
        let service = refusing(refuses("/outputConfig/textFormat", message));
        let provider = service.provider();
        let request = ask(CLAUDE, &json!({ "output": { "schema": schema } }));
        for _ in 0..2 {
            provider.stream(&request).await.unwrap().for_each(async |_| {}).await;
        }
        assert_eq!(pointers(&service.seen(), "/outputConfig/textFormat"), [true, false, false], "{message}");
        assert_eq!(
            pointers(&service.seen(), "/toolConfig/tools/0/toolSpec"),
            [false, true, true],
            "{message}"
        );
    }
}

/// It was one schema that was too much, and not the model's own way.
#[tokio::test]
async fn a_schema_that_was_refused_keeps_no_other_from_its_grammar() {
    let service = refusing(|body| {
        let schema = body.pointer("/outputConfig/textFormat")?.to_string();
        schema.contains("enormous").then_some("The compiled grammar is too large.")
    });
    let provider = service.provider();
    for name in ["enormous", "small", "enormous"] {
        let schema =
            json!({ "type": "object", "properties": { name: { "type": "string" } }, "required": [name] });
        let request = ask(CLAUDE, &json!({ "output": { "schema": schema } }));
        provider.stream(&request).await.unwrap().for_each(async |_| {}).await;
    }
    let native = pointers(&service.seen(), "/outputConfig/textFormat");
    assert_eq!(native, [true, false, true, false], "the first is asked for twice, and once the next time");
}

/// Thoughts and a tool that has to be called do not go together in one request; apart they do.
#[tokio::test]
async fn a_choice_that_was_refused_with_thinking_is_tried_again_without() {
    let service = refusing(|body| {
        let thinks = body.pointer("/additionalModelRequestFields/thinking").is_some();
        let forced = body.pointer("/toolConfig/toolChoice/any").is_some();
        (thinks && forced).then_some("Thinking may not be enabled when tool_choice forces tool use.")
    });
    let provider = service.provider();
    let tools = json!({
        "tools": [{ "type": "spec", "name": "clock", "description": "The time.", "inputSchema": { "type": "object" } }],
        "toolChoice": { "type": "any" },
    });
    let own = fields(&json!({ "thinking": { "type": "enabled", "budget_tokens": 2000 } }));
    let mut thinking = tools.clone();
    thinking.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    for more in [&thinking, &tools] {
        provider.generate(&ask("example.new-model-v1:0", more)).await.unwrap();
    }
    assert_eq!(pointers(&service.seen(), "/toolConfig/toolChoice/any"), [true, false, true]);
}

#[tokio::test]
async fn a_profile_and_a_repair_go_together() {
    const PROFILE_NEEDED: &str = "Invocation of model ID anthropic.claude-opus-4-6-v1 with on-demand throughput isn’t \
                                  supported. Retry your request with the ID or ARN of an inference profile that contains \
                                  this model.";
    let service = Loopback::start(|seen| match seen.model.as_str() {
        BARE => Answer::error(400, "ValidationException", PROFILE_NEEDED),
        _ => {
            match refuses("/inferenceConfig/stopSequences", "stop_sequences: Extra inputs are not permitted")(
                &seen.body,
            ) {
                Some(message) => Answer::error(400, "ValidationException", message),
                None => Answer::text(seen, "hello"),
            }
        }
    });
    let request = ask(BARE, &json!({ "inference": { "stopSequences": ["END"] } }));
    let rules = warned(&service.provider(), &request, true).await;
    assert_eq!(rules, [CALLED_AS, "stop-sequences-refused"]);
    let called: Vec<_> = service.seen().into_iter().map(|seen| seen.model).collect();
    assert_eq!(called, [BARE, PROFILE, PROFILE]);
}
