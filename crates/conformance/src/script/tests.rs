use outcrop_core::{Content, Laws};
use serde_json::json;

use super::*;

#[test]
fn pieces_that_follow_each_other_are_one_block() {
    let reply = Reply::new().reasoning("a").signature("s").text("b").text("c").end();
    let steps: Vec<_> = reply.steps.iter().map(|step| serde_json::to_value(step).unwrap()).collect();
    assert_eq!(
        json!(steps),
        json!([
            { "step": "open", "index": 0, "block": { "type": "reasoning" } },
            { "step": "delta", "index": 0, "delta": { "type": "reasoning", "text": "a" } },
            { "step": "delta", "index": 0, "delta": { "type": "signature", "signature": "s" } },
            { "step": "close", "index": 0 },
            { "step": "open", "index": 1, "block": { "type": "text" } },
            { "step": "delta", "index": 1, "delta": { "type": "text", "text": "b" } },
            { "step": "delta", "index": 1, "delta": { "type": "text", "text": "c" } },
            { "step": "close", "index": 1 },
            { "step": "end", "stopReason": "end_turn" },
        ])
    );
}

#[test]
fn redacted_reasoning_is_a_block_of_its_own() {
    let reply = Reply::new().reasoning("a").redacted(b"b").text("c").end();
    assert_eq!(reply.ideal().response.content.len(), 3);
}

#[test]
fn every_kind_of_answer_goes_through_json() {
    let script = Script::new(Fault::new(ErrorKind::Throttled).retry_after_seconds(7))
        .then(Answer::Silence)
        .then(Answer::TokenCount { input_tokens: 3 })
        .then(Answer::Embeddings { vectors: vec![vec![0.5]] })
        .then(Reply::new().in_chunks_of(3).delayed(Duration::from_millis(5)).redacted(b"x").stall())
        .then(Reply::new().tool_call("1", "t", &["{}"]).fail(Fault::new(ErrorKind::Network)))
        .then(Reply::new().text("a").hang_up());
    let json = serde_json::to_string(&script).unwrap();
    assert_eq!(serde_json::from_str::<Script>(&json).unwrap(), script);
}

#[test]
fn the_last_answer_serves_all_further_calls() {
    let script = Script::new(Answer::Silence).then(Reply::new().end());
    assert_eq!(script.answer(0), Some(&Answer::Silence));
    assert_eq!(script.answer(1), script.answer(9));
    assert_eq!(Script::default().answer(0), None);
}

#[test]
fn what_is_ideal_keeps_what_came_and_says_why_there_is_no_more() {
    let cut = Reply::new().text("Hel").text("lo").hang_up().ideal();
    assert_eq!((cut.response.text().as_str(), cut.error.unwrap().kind()), ("Hello", ErrorKind::Interrupted));
    let failed = Reply::new().text("Hel").fail(Fault::new(ErrorKind::Throttled)).ideal();
    assert_eq!(
        (failed.response.text().as_str(), failed.error.unwrap().kind()),
        ("Hel", ErrorKind::Throttled)
    );
}

#[test]
fn a_broken_call_is_reported_unless_the_reason_says_so_already() {
    let stop = |reason| Reply::new().tool_call("1", "t", &["{\"a\""]).end_for(reason).ideal().response;
    assert_eq!(stop(StopReason::ToolUse).stop_reason, StopReason::MalformedToolUse);
    let cut = stop(StopReason::MaxTokens);
    assert_eq!(cut.stop_reason, StopReason::MaxTokens);
    let Content::ToolUse(call) = &cut.content[0] else { panic!("{cut:?}") };
    assert_eq!(call.malformed_input.as_deref(), Some("{\"a\""));
}

#[test]
fn an_interleaved_reply_keeps_the_laws() {
    let mut laws = Laws::default();
    laws.check(&Ok(Event::Start(Start::default()))).unwrap();
    for step in Reply::new().reasoning("a").text("b").tool_call("1", "t", &["{", "}"]).end().steps {
        laws.check(&step.item().unwrap()).unwrap();
    }
    laws.finish().unwrap();
}
