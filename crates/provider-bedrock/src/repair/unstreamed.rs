//! Models that call tools and do not stream the calls.

use outcrop_core::{Checked, ModelProvider as _, Request, StopReason, ToolSpec, collect};
use serde_json::json;

use crate::loopback::{Answer, Loopback, REQUEST_ID};

const LLAMA: &str = "us.meta.llama4-maverick-17b-instruct-v1:0";

/// As Llama 4 does: no tools where the answer is streamed.
fn service() -> Loopback {
    Loopback::start(|seen| match seen.operation.as_str() {
        "converse-stream" => Answer::error(
            400,
            "ValidationException",
            "This model doesn't support tool use in streaming mode.",
        ),
        _ => Answer::ok(json!({
            "output": { "message": { "role": "assistant", "content": [
                { "text": "Let me see." },
                { "toolUse": { "toolUseId": "call-1", "name": "clock", "input": { "city": "Oslo" } } },
            ] } },
            "stopReason": "tool_use",
            "usage": { "inputTokens": 5, "outputTokens": 7, "totalTokens": 12 },
            "metrics": { "latencyMs": 3 },
        })),
    })
}

fn question() -> Request {
    Request::new(LLAMA).user("What time is it in Oslo?").tool(ToolSpec::new(
        "clock",
        "The time of day in a city.",
        json!({ "type": "object", "properties": { "city": { "type": "string" } } }),
    ))
}

#[tokio::test]
async fn the_answer_comes_in_one_piece_and_as_a_stream_all_the_same() {
    let service = service();
    let provider = service.provider();
    let checked = Checked::new(provider.stream(&question()).await.unwrap());
    let response = collect(Box::pin(checked)).await.unwrap();
    assert_eq!(response.text(), "Let me see.");
    assert_eq!(response.stop_reason, StopReason::ToolUse);
    assert_eq!(response.request_id.as_deref(), Some(REQUEST_ID));
    assert_eq!(response.usage.unwrap().output_tokens, 7);
    let [call] = response.tool_uses().collect::<Vec<_>>()[..] else { panic!("{response:?}") };
    assert_eq!((call.name.as_str(), &call.input), ("clock", &json!({ "city": "Oslo" })));
    let rules: Vec<_> = response.warnings.iter().map(|warning| &*warning.rule).collect();
    assert_eq!(rules, ["unstreamed"]);
}

#[tokio::test]
async fn it_is_remembered_for_requests_with_tools() {
    let service = service();
    let provider = service.provider();
    let operations = || service.seen().into_iter().map(|seen| seen.operation).collect::<Vec<_>>();
    collect(provider.stream(&question()).await.unwrap()).await.unwrap();
    assert_eq!(operations(), ["converse-stream", "converse"]);
    collect(provider.stream(&question()).await.unwrap()).await.unwrap();
    assert_eq!(operations(), ["converse-stream", "converse", "converse"]);
    let dry = provider.dry_run(&question(), true).await.unwrap();
    assert_eq!(dry.operation, "Converse");
    let dry = provider.dry_run(&Request::new(LLAMA).user("Hi"), true).await.unwrap();
    assert_eq!(dry.operation, "ConverseStream");
}

/// The answer takes longer than anybody waits for a first event. The next try knows that the first event is all of it.
#[tokio::test]
async fn what_was_learnt_stays_learnt_when_the_answer_is_given_up() {
    let service = Loopback::start(|seen| match seen.operation.as_str() {
        "converse-stream" => Answer::error(
            400,
            "ValidationException",
            "This model doesn't support tool use in streaming mode.",
        ),
        _ => Answer::Silence,
    });
    let provider = service.provider();
    let limits = || provider.capabilities(&LLAMA.into()).timeouts;
    let before = limits();
    assert!(before.first_event < before.whole, "{before:?}");
    let asked_twice = async {
        while service.seen().len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    let question = question();
    tokio::select! {
        _ = provider.stream(&question) => panic!("nobody answers"),
        () = asked_twice => {}
    }
    assert_eq!(limits().first_event, before.whole);
}

/// A refusal that was misunderstood teaches nothing: what is sent next has everything again.
#[tokio::test]
async fn nothing_is_learnt_from_a_repair_that_did_not_help() {
    let service = Loopback::start(|_| {
        Answer::error(400, "ValidationException", "`temperature` is deprecated, or the moon is full.")
    });
    let provider = service.provider();
    let mut request = Request::new("example.new-model-v1:0").user("Hi");
    request.inference.temperature = Some(0.5);
    for _ in 0..2 {
        provider.stream(&request).await.err().unwrap();
    }
    let sent: Vec<_> =
        service.seen().iter().map(|seen| seen.body["inferenceConfig"]["temperature"].clone()).collect();
    assert_eq!(sent, [json!(0.5), json!(null), json!(0.5), json!(null)]);
}
