//! Real frames, read by the SDK, shaped, and held against the laws of core.

use outcrop_core::{Checked, Delta, OutputSchema, Request, StopReason, Text, ToolUse, collect, next};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::canned::{self, REQUEST_ID};
use crate::normalise::Way;

fn schema() -> Value {
    json!({ "type": "object", "properties": { "n": { "type": "integer", "minimum": 0 } }, "required": ["n"] })
}

fn structured(way: Way) -> Structured {
    Structured { schema: Schema::compile(&schema()).unwrap(), way, wrapped: false }
}

fn by_tool() -> Structured {
    structured(Way::Tool { name: "json_answer".into(), suppress_others: false })
}

fn wrapped(way: Way) -> Structured {
    let schema = Schema::compile(&json!({ "type": "array", "items": { "type": "integer" } })).unwrap();
    Structured { schema, way, wrapped: true }
}

fn says(index: u32, text: &str) -> Value {
    json!({ "contentBlockDelta": { "contentBlockIndex": index, "delta": { "text": text } } })
}

fn calls(index: u32, name: &str) -> Value {
    let call = json!({ "toolUse": { "toolUseId": "t1", "name": name } });
    json!({ "contentBlockStart": { "contentBlockIndex": index, "start": call } })
}

fn argues(index: u32, input: &str) -> Value {
    json!({ "contentBlockDelta": { "contentBlockIndex": index, "delta": { "toolUse": { "input": input } } } })
}

fn closes(index: u32) -> Value {
    json!({ "contentBlockStop": { "contentBlockIndex": index } })
}

fn stops(reason: &str) -> Value {
    json!({ "messageStop": { "stopReason": reason } })
}

fn frames(blocks: &[&[Value]], reason: &str) -> Vec<Value> {
    let mut frames = vec![json!({ "messageStart": { "role": "assistant" } })];
    frames.extend(blocks.concat());
    frames.extend([
        stops(reason),
        json!({ "metadata": { "usage": {
        "inputTokens": 1, "outputTokens": 1, "totalTokens": 2,
    } } }),
    ]);
    frames
}

/// What the caller sees of these frames. Fails if a law is broken.
async fn events(frames: &[Value], structured: &Structured) -> Vec<Event> {
    let stream = canned::streamed(frames, false).await.unwrap();
    let mut stream: EventStream = Box::pin(Checked::new(watch(stream, Some(structured))));
    let mut events = Vec::new();
    while let Some(item) = next(&mut stream).await {
        events.push(item.unwrap());
    }
    events
}

async fn answer(frames: &[Value], structured: &Structured) -> Response {
    let events = events(frames, structured).await;
    let stream = futures_util::stream::iter(events.into_iter().map(Ok));
    collect(Box::pin(stream)).await.unwrap()
}

fn problem(response: &Response) -> Option<&str> {
    response.metadata.as_ref()?.get("outputProblem")?.as_str()
}

fn beside(response: &Response) -> Option<&str> {
    response.metadata.as_ref()?.get("outputBeside")?.as_str()
}

#[tokio::test]
async fn the_arguments_of_the_hidden_tool_are_the_text_piece_by_piece() {
    let frames = frames(
        &[&[calls(0, "json_answer"), argues(0, ""), argues(0, "{\"n\""), argues(0, ": 1}"), closes(0)]],
        "tool_use",
    );
    let mut events = events(&frames, &by_tool()).await;
    let Some(Event::End(end)) = events.pop() else { panic!("{events:?}") };
    assert_eq!(end.stop_reason, StopReason::EndTurn);
    assert_eq!((end.metadata, end.request_id.as_deref()), (None, Some(REQUEST_ID)));
    let text = |text: &str| Event::Delta { index: 0, delta: Delta::Text { text: text.into() } };
    let open = Event::Open { index: 0, block: Block::Text };
    assert_eq!(events[1..], [open, text("{\"n\""), text(": 1}"), Event::Close { index: 0 }]);
}

#[tokio::test]
async fn what_is_written_beside_the_answer_is_kept_beside_it() {
    let frames = frames(
        &[
            &[says(0, "Here "), says(0, "it is."), closes(0)],
            &[calls(1, "json_answer"), argues(1, "{\"n\": 1}"), closes(1)],
            &[calls(2, "json_answer"), argues(2, "{\"n\": 2}"), closes(2)],
        ],
        "tool_use",
    );
    let response = answer(&frames, &by_tool()).await;
    assert_eq!(response.text(), "{\"n\": 1}");
    assert_eq!(beside(&response), Some("Here it is.{\"n\": 2}"));
    assert_eq!((response.stop_reason.clone(), problem(&response)), (StopReason::EndTurn, None));
}

#[tokio::test]
async fn other_blocks_stay_as_they_are() {
    let thinks = json!({ "contentBlockDelta": { "contentBlockIndex": 0, "delta": {
        "reasoningContent": { "text": "Hm." },
    } } });
    let frames = frames(
        &[&[thinks, closes(0)], &[calls(1, "json_answer"), argues(1, "{\"n\": 1}"), closes(1)]],
        "tool_use",
    );
    let response = answer(&frames, &by_tool()).await;
    assert!(matches!(&response.content[..], [Content::Reasoning(_), Content::Text(_)]), "{response:?}");
}

#[tokio::test]
async fn a_call_without_arguments_is_an_empty_object() {
    let response = answer(&frames(&[&[calls(0, "json_answer"), closes(0)]], "tool_use"), &by_tool()).await;
    assert_eq!(response.text(), "{}");
    assert_eq!(response.stop_reason, StopReason::MalformedOutput);
    let said = problem(&response).unwrap();
    assert_eq!(said, "the answer does not follow the schema, at its top: \"n\" is a required property");
}

#[tokio::test]
async fn a_tool_of_the_callers_own_comes_first() {
    let frames = frames(
        &[&[says(0, "Let me look."), closes(0)], &[calls(1, "clock"), argues(1, "{}"), closes(1)]],
        "tool_use",
    );
    let response = answer(&frames, &by_tool()).await;
    assert_eq!(response.text(), "Let me look.");
    assert_eq!(response.tool_uses().count(), 1);
    assert_eq!((response.stop_reason.clone(), response.metadata), (StopReason::ToolUse, None));
}

#[tokio::test]
async fn both_are_passed_on_if_both_are_called() {
    let frames = frames(
        &[
            &[calls(0, "json_answer"), argues(0, "{\"n\": 1}"), closes(0)],
            &[calls(1, "clock"), argues(1, "{}"), closes(1)],
        ],
        "tool_use",
    );
    let response = answer(&frames, &by_tool()).await;
    assert_eq!((&*response.text(), response.tool_uses().count()), ("{\"n\": 1}", 1));
    assert_eq!(response.stop_reason, StopReason::ToolUse);
}

#[tokio::test]
async fn calls_that_nobody_wants_are_removed() {
    let structured = structured(Way::Tool { name: "json_answer".into(), suppress_others: true });
    let frames = frames(
        &[
            &[calls(0, "clock"), argues(0, "{}"), closes(0)],
            &[calls(1, "json_answer"), argues(1, "{\"n\": 1}"), closes(1)],
        ],
        "tool_use",
    );
    let response = answer(&frames, &structured).await;
    assert_eq!((&*response.text(), response.content.len()), ("{\"n\": 1}", 1));
    assert_eq!((response.stop_reason.clone(), response.metadata), (StopReason::EndTurn, None));
}

#[tokio::test]
async fn a_model_that_answers_in_text_has_answered() {
    for text in ["{\"n\": 1}", "```json\n{\"n\": 1}\n```"] {
        let frames = frames(&[&[says(0, text), closes(0)]], "end_turn");
        let response = answer(&frames, &by_tool()).await;
        assert_eq!((&*response.text(), problem(&response)), ("{\"n\": 1}", None));
        assert_eq!(response.stop_reason, StopReason::EndTurn);
    }
    let frames = frames(&[&[says(0, "I would rather not."), closes(0)]], "end_turn");
    let response = answer(&frames, &by_tool()).await;
    assert_eq!(response.text(), "I would rather not.");
    assert_eq!(response.stop_reason, StopReason::MalformedOutput);
    assert_eq!(problem(&response), Some("the answer is no JSON: expected value at line 1 column 1"));
}

#[tokio::test]
async fn native_text_comes_as_it_comes_and_is_held_against_the_schema() {
    let native = structured(Way::Native);
    for (text, reason, stop, said) in [
        ("{\"n\": 1}", "end_turn", "end_turn", None),
        (
            "{\"n\": -1}",
            "end_turn",
            "malformed_model_output",
            Some("the answer does not follow the schema, at `/n`: value is less than the minimum of 0"),
        ),
        (
            "{\"n\":",
            "max_tokens",
            "max_tokens",
            Some(
                "cut short by `max_tokens`: the answer is no JSON: EOF while parsing a value at line 1 column 5",
            ),
        ),
        ("{\"n\": 1}", "max_tokens", "max_tokens", None),
        (
            "I cannot.",
            "guardrail_intervened",
            "guardrail_intervened",
            Some(
                "cut short by `guardrail_intervened`: the answer is no JSON: expected value at line 1 column 1",
            ),
        ),
        ("", "end_turn", "malformed_model_output", Some("there is no answer")),
    ] {
        let (one, two) = text.split_at(text.len() / 2);
        let frames = frames(&[&[says(0, one), says(0, two), closes(0)]], reason);
        let response = answer(&frames, &native).await;
        assert_eq!(response.text(), text);
        assert_eq!((response.stop_reason.as_str(), problem(&response)), (stop, said), "{text}");
    }
}

#[tokio::test]
async fn broken_arguments_are_a_broken_answer() {
    let call = [calls(0, "json_answer"), argues(0, "{\"n\": 1"), closes(0)];
    let response = answer(&frames(&[&call], "tool_use"), &by_tool()).await;
    assert_eq!((&*response.text(), response.stop_reason.as_str()), ("{\"n\": 1", "malformed_model_output"));
    let response = answer(&frames(&[&call], "max_tokens"), &by_tool()).await;
    assert_eq!(response.stop_reason, StopReason::MaxTokens);
    assert!(problem(&response).unwrap().starts_with("cut short by `max_tokens`"), "{response:?}");
}

#[tokio::test]
async fn a_list_is_taken_out_of_its_object() {
    let tool = wrapped(Way::Tool { name: "json_answer".into(), suppress_others: false });
    let call =
        [calls(0, "json_answer"), argues(0, "{\"value\": [1,"), argues(0, " 2], \"why\": 1}"), closes(0)];
    let response = answer(&frames(&[&call], "tool_use"), &tool).await;
    assert_eq!(response.text(), "[1, 2]");
    assert_eq!((response.stop_reason.as_str(), beside(&response)), ("end_turn", Some(", \"why\": 1}")));

    let text = [says(0, "{\"value\": [1, \"x\"]}"), closes(0)];
    let response = answer(&frames(&[&text], "end_turn"), &wrapped(Way::Native)).await;
    assert_eq!(response.text(), "[1, \"x\"]");
    assert!(problem(&response).unwrap().contains("at `/1`"), "{response:?}");
    // A model that forgot the object in plain text, where nothing holds it.
    let response = answer(&frames(&[&[says(0, "[1]"), closes(0)]], "end_turn"), &tool).await;
    assert_eq!((&*response.text(), problem(&response)), ("[1]", None));
}

#[tokio::test]
async fn a_fence_is_no_part_of_an_answer_that_was_asked_for_in_words() {
    let text = [says(0, "```json\n{\"n\""), says(0, ": 1}\n``"), says(0, "`"), closes(0)];
    let response = answer(&frames(&[&text], "end_turn"), &structured(Way::Instruction)).await;
    assert_eq!((&*response.text(), problem(&response)), ("{\"n\": 1}", None));
}

#[tokio::test]
async fn what_the_service_says_of_the_answer_is_kept() {
    let mut frames = frames(&[&[says(0, "no"), closes(0)]], "end_turn");
    frames.pop();
    frames.push(json!({ "metadata": {
        "usage": { "inputTokens": 1, "outputTokens": 1, "totalTokens": 2 }, "serviceTier": { "type": "flex" },
    } }));
    let response = answer(&frames, &structured(Way::Native)).await;
    assert_eq!(response.metadata.as_ref().unwrap()["serviceTier"], json!({ "type": "flex" }));
    assert!(problem(&response).is_some() && response.usage.is_some());
}

#[tokio::test]
async fn a_failure_stays_one() {
    let frames =
        [says(0, "{\"n\""), json!({ "throttlingException": { "message": "Slow down." } })].map(|frame| frame);
    let stream = canned::streamed(&frames, false).await.unwrap();
    let mut stream: EventStream = Box::pin(Checked::new(watch(stream, Some(&structured(Way::Native)))));
    let mut items = Vec::new();
    while let Some(item) = next(&mut stream).await {
        items.push(item);
    }
    assert_eq!(items.len(), 4, "{items:?}");
    assert!(items[3].is_err());
}

#[tokio::test]
async fn without_a_schema_nothing_is_touched() {
    let frames = frames(&[&[calls(0, "json_answer"), argues(0, "{}"), closes(0)]], "tool_use");
    let stream = canned::streamed(&frames, false).await.unwrap();
    let response = collect(watch(stream, None)).await.unwrap();
    assert_eq!((response.tool_uses().count(), response.stop_reason.as_str()), (1, "tool_use"));
    let mut whole = response.clone();
    settle(&mut whole, None);
    assert_eq!(whole, response);
}

#[test]
fn a_schema_that_is_none_is_refused_with_its_place() {
    for (schema, says) in [
        (json!(true), "has to be an object"),
        (json!({ "properties": { "a": { "type": "text" } } }), "at `/properties/a/type`"),
        (json!({ "$ref": "#/$defs/missing" }), "missing"),
        (json!({ "$ref": "https://127.0.0.1:1/schema.json" }), "127.0.0.1"),
        (json!({ "pattern": "(" }), "`/pattern`"),
        (json!({ "$schema": "https://127.0.0.1:1/draft" }), "127.0.0.1"),
    ] {
        let error = Schema::compile(&schema).unwrap_err();
        assert_eq!(error.kind(), outcrop_core::ErrorKind::InvalidRequest);
        assert!(error.message().contains(says) && !error.message().contains('\n'), "{error}");
    }
}

/// Blocks of an answer, near to what the shaper looks for.
fn block() -> impl Strategy<Value = Content> {
    let text = prop_oneof![
        Just("{\"n\": 1}"),
        Just("```json\n{\"n\": 2}\n```"),
        Just("Well."),
        Just("{\"value\":[1]}")
    ];
    let name = prop_oneof![Just("json_answer"), Just("clock")];
    let input = prop_oneof![Just(json!({})), Just(json!({ "n": 1 })), Just(json!({ "value": [1] }))];
    prop_oneof![
        text.prop_map(|text| Content::Text(Text { text: text.to_owned() })),
        (name, input).prop_map(|(name, input)| Content::ToolUse(ToolUse::new("t1", name, input))),
    ]
}

fn way() -> impl Strategy<Value = Way> {
    let tool = any::<bool>()
        .prop_map(|suppress_others| Way::Tool { name: "json_answer".to_owned(), suppress_others });
    prop_oneof![Just(Way::Native), Just(Way::Instruction), tool]
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

proptest! {
    #[test]
    fn an_answer_in_one_piece_is_the_same_as_a_stream(
        content in proptest::collection::vec(block(), 0..5),
        way in way(),
        lists in any::<bool>(),
        reason in prop_oneof![Just("end_turn"), Just("tool_use"), Just("max_tokens")],
    ) {
        let structured = if lists { wrapped(way) } else { structured(way) };
        let mut whole = Response::default();
        whole.content = content;
        whole.stop_reason = StopReason::from(reason);
        let events = replay(whole.clone()).into_iter().map(Ok);
        let stream = watch(Box::pin(futures_util::stream::iter(events)), Some(&structured));
        let streamed = runtime().block_on(collect(Box::pin(Checked::new(stream)))).unwrap();
        settle(&mut whole, Some(&structured));
        whole.distrust_cut_call();
        prop_assert_eq!(whole, streamed);
    }

    #[test]
    fn the_pieces_of_the_arguments_make_no_difference(
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8),
        (json, lists) in prop_oneof![
            Just(("{\"n\": 12, \"s\": \"a\\\"}ü\"}", false)),
            Just((" {\"value\" : [1, [2], \"]}\"] } ", true)),
            Just(("{\"n\": 1", false)),
        ],
    ) {
        let way = Way::Tool { name: "json_answer".to_owned(), suppress_others: false };
        let structured = if lists { wrapped(way) } else { structured(way) };
        let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(json.len() + 1)).collect();
        places.extend([0, json.len()]);
        places.retain(|place| json.is_char_boundary(*place));
        places.sort_unstable();
        let pieces = places.windows(2).map(|cut| argues(0, &json[cut[0]..cut[1]]));
        let call: Vec<_> = [calls(0, "json_answer")].into_iter().chain(pieces).chain([closes(0)]).collect();
        let whole = [calls(0, "json_answer"), argues(0, json), closes(0)];
        let (one, other) = runtime().block_on(async {
            let one = answer(&frames(&[&call], "tool_use"), &structured).await;
            (one, answer(&frames(&[&whole], "tool_use"), &structured).await)
        });
        prop_assert_eq!(one, other);
    }
}

/// From the request to the answer, as the provider puts the two together.
#[tokio::test]
async fn the_tool_that_was_asked_for_is_the_one_that_is_hidden() {
    let request = Request::new("amazon.nova-lite-v1:0").user("Go.").output(OutputSchema::new(schema()));
    let target = crate::target::Target::of("amazon.nova-lite-v1:0");
    let normalised = crate::normalise::normalise(&request, &Map::new(), None, &target).unwrap();
    let frames = frames(&[&[calls(0, "json_answer"), argues(0, "{\"n\": 7}"), closes(0)]], "tool_use");
    let response = answer(&frames, normalised.structured.as_ref().unwrap()).await;
    assert_eq!((&*response.text(), response.stop_reason.as_str()), ("{\"n\": 7}", "end_turn"));
}
