//! Answers as AWS's own documentation shows them, and the same answer whole and in pieces.

use std::time::Duration;

use outcrop_core::{
    Blob, Citation, CitationLocation, Citations, Content, ErrorKind, Image, ImageFormat, Json, Reasoning,
    Response, S3Location, Source, StopReason, ToolResult, ToolResultContent, ToolUse, Usage, collect,
};
use serde_json::{Value, json};

use crate::canned::{self, REQUEST_ID};

async fn whole(answer: &Value) -> Response {
    let response = canned::whole(answer).await.unwrap();
    assert_eq!(response.request_id.as_deref(), Some(REQUEST_ID));
    response
}

/// An answer with this content.
fn answer(content: &Value, stop_reason: &str) -> Value {
    json!({
        "output": { "message": { "role": "assistant", "content": content } },
        "stopReason": stop_reason,
        "usage": { "inputTokens": 11, "outputTokens": 7, "totalTokens": 18 },
        "metrics": { "latencyMs": 250 },
    })
}

/// <https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference.html#conversation-inference-call-response-converse>
#[tokio::test]
async fn the_documented_answer() {
    let songs = "Here is a list of 3 pop songs by artists from the United Kingdom:\n\n\
                 1. \"Wannabe\" by Spice Girls\n2. \"Bitter Sweet Symphony\" by The Verve \n\
                 3. \"Don't Look Back in Anger\" by Oasis";
    let response = whole(&json!({
        "output": { "message": { "role": "assistant", "content": [{ "text": songs }] } },
        "stopReason": "end_turn",
        "usage": { "inputTokens": 125, "outputTokens": 60, "totalTokens": 185 },
        "metrics": { "latencyMs": 1175 },
    }))
    .await;
    assert_eq!(response.content, [Content::text(songs)]);
    assert_eq!(response.stop_reason, StopReason::EndTurn);
    assert_eq!(response.usage, Some(Usage { input_tokens: 125, output_tokens: 60, ..Usage::default() }));
    assert_eq!(response.latency, Some(Duration::from_millis(1175)));
    assert_eq!(response.metadata, None);
}

/// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>, "Send a message with additional
/// model fields".
#[tokio::test]
async fn the_documented_answer_with_additional_fields() {
    let response = whole(&json!({
        "output": { "message": { "content": [{ "text": "" }], "role": "assistant" } },
        "additionalModelResponseFields": { "stop_sequence": "SUCCESS" },
        "stopReason": "stop_sequence",
        "usage": { "inputTokens": 51, "outputTokens": 442, "totalTokens": 493 },
        "metrics": { "latencyMs": 7944 },
    }))
    .await;
    assert_eq!(response.content, [], "a block of no text holds nothing");
    assert_eq!(response.stop_reason, StopReason::StopSequence);
    let fields = json!({ "additionalModelResponseFields": { "stop_sequence": "SUCCESS" } });
    assert_eq!(response.metadata, Some(fields));
}

/// <https://docs.aws.amazon.com/bedrock/latest/userguide/tool-use-inference-call.html>, step 2: neither usage nor
/// metrics are in it.
#[tokio::test]
async fn the_documented_tool_call() {
    let id = "tooluse_kZJMlvQmRJ6eAyJE5GIl7Q";
    let call = json!({ "toolUse": { "toolUseId": id, "name": "top_song", "input": { "sign": "WZPZ" } } });
    let response = whole(&json!({
        "output": { "message": { "role": "assistant", "content": [call] } },
        "stopReason": "tool_use",
    }))
    .await;
    let call = ToolUse::new(id, "top_song", json!({ "sign": "WZPZ" }));
    assert_eq!(response.content, [Content::ToolUse(call)]);
    assert_eq!(response.stop_reason, StopReason::ToolUse);
    assert_eq!((response.usage, response.latency), (None, None), "absent rather than zero");
}

#[tokio::test]
async fn an_answer_that_is_not_of_bedrock_is_a_broken_protocol() {
    for foreign in [
        json!({}),
        json!({ "choices": [{ "message": { "content": "Hi" } }] }),
        json!({ "output": { "message": { "role": "assistant", "content": [] } } }),
        json!({ "stopReason": "end_turn" }),
    ] {
        let error = canned::whole(&foreign).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{foreign}");
        assert_eq!(error.request_id(), Some(REQUEST_ID));
        assert!(!error.hints().is_empty());
    }
}

#[tokio::test]
async fn images_may_be_elsewhere() {
    let location = json!({ "uri": "s3://amzn-s3-demo-bucket/image", "bucketOwner": "111122223333" });
    let image = json!({ "image": { "format": "webp", "source": { "s3Location": location } } });
    let source = Source::S3(S3Location {
        uri: "s3://amzn-s3-demo-bucket/image".to_owned(),
        bucket_owner: Some("111122223333".to_owned()),
    });
    let response = whole(&answer(&json!([image]), "end_turn")).await;
    assert_eq!(response.content, [Content::Image(Image { format: ImageFormat::Webp, source })]);
}

#[tokio::test]
async fn what_is_not_known_is_left_out_and_the_rest_is_kept() {
    let response = whole(&answer(&json!([{ "aNewBlock": { "a": 1 } }, { "text": "Hi" }]), "end_turn")).await;
    assert_eq!(response.content, [Content::text("Hi")]);
}

#[tokio::test]
async fn blocks_that_hold_nothing_are_left_out() {
    let empty = json!([
        { "text": "" },
        { "reasoningContent": { "reasoningText": { "text": "", "signature": "" } } },
        { "reasoningContent": { "redactedContent": "" } },
        { "citationsContent": { "content": [], "citations": [] } },
    ]);
    assert_eq!(whole(&answer(&empty, "end_turn")).await.content, []);
}

/// Content that models give, one list an answer, and what it is to core.
fn contents() -> Vec<(Value, Vec<Content>)> {
    let thought = |text: &str, signature: Option<&str>| {
        let signature = signature.map(str::to_owned);
        Content::Reasoning(Reasoning { text: text.to_owned(), signature, redacted: None })
    };
    let call = |id: &str, input: Value| {
        let (id, name) = (id.to_owned(), "weather".to_owned());
        Content::ToolUse(ToolUse::new(id, name, input))
    };
    let redacted = Reasoning { redacted: Some(Blob::from(vec![0, 1, 2, 255])), ..Reasoning::default() };
    let citation = Citation {
        title: Some("Ships".to_owned()),
        source: Some("ships.pdf".to_owned()),
        passages: vec!["Nine ships".to_owned(), "came in.".to_owned()],
        location: Some(CitationLocation::Web {
            url: Some("https://example.com/ships".to_owned()),
            domain: Some("example.com".to_owned()),
        }),
    };
    let found = ToolResult {
        tool_use_id: "s1".to_owned(),
        content: vec![ToolResultContent::Json(Json { value: json!({ "found": [9] }) })],
        is_error: false,
        kind: None,
    };
    let failed = ToolResult { is_error: true, ..ToolResult::text("s2", "No connection to the harbour.") };
    let png = Source::Bytes(Blob::from_base64("iVBORw0KGgo=").unwrap());
    vec![
        (json!([]), vec![]),
        (json!([{ "text": "Smørrebrød 🦀\n" }]), vec![Content::text("Smørrebrød 🦀\n")]),
        (
            json!([
                { "reasoningContent": { "reasoningText": { "text": " Hm.\n", "signature": "c2lnbmVk" } } },
                { "reasoningContent": { "redactedContent": "AAEC/w==" } },
                { "reasoningContent": { "reasoningText": { "text": "Unsigned." } } },
                { "reasoningContent": { "reasoningText": { "text": "", "signature": "b25seQ==" } } },
                { "text": "4" },
            ]),
            vec![
                thought(" Hm.\n", Some("c2lnbmVk")),
                Content::Reasoning(redacted),
                thought("Unsigned.", None),
                thought("", Some("b25seQ==")),
                Content::text("4"),
            ],
        ),
        (
            json!([
                { "text": "Let me see." },
                { "toolUse": { "toolUseId": "a", "name": "weather", "input": { "city": "Bern", "days": [1, 2.5, null] } } },
                { "toolUse": { "toolUseId": "b", "name": "weather", "input": {} } },
            ]),
            vec![
                Content::text("Let me see."),
                call("a", json!({ "city": "Bern", "days": [1, 2.5, null] })),
                call("b", json!({})),
            ],
        ),
        (
            json!([
                { "citationsContent": {
                    "content": [{ "text": "Nine ships." }],
                    "citations": [{
                        "title": "Ships",
                        "source": "ships.pdf",
                        "sourceContent": [{ "text": "Nine ships" }, { "text": "came in." }],
                        "location": { "web": { "url": "https://example.com/ships", "domain": "example.com" } },
                    }],
                } },
                { "citationsContent": { "content": [{ "text": "Nobody said so." }], "citations": [] } },
            ]),
            vec![
                Content::Citations(Citations { text: "Nine ships.".to_owned(), citations: vec![citation] }),
                Content::text("Nobody said so."),
            ],
        ),
        (
            json!([
                { "toolUse": { "toolUseId": "s1", "name": "weather", "input": { "q": "ships" } } },
                { "toolResult": { "toolUseId": "s1", "content": [{ "json": { "found": [9] } }], "status": "success" } },
                { "toolResult": {
                    "toolUseId": "s2", "content": [{ "text": "No connection to the harbour." }], "status": "error",
                } },
                { "image": { "format": "png", "source": { "bytes": "iVBORw0KGgo=" } } },
            ]),
            vec![
                call("s1", json!({ "q": "ships" })),
                Content::ToolResult(found),
                Content::ToolResult(failed),
                Content::Image(Image { format: ImageFormat::Png, source: png }),
            ],
        ),
    ]
}

#[tokio::test]
async fn every_kind_of_content_is_read() {
    for (wire, expected) in contents() {
        assert_eq!(whole(&answer(&wire, "end_turn")).await.content, expected, "{wire}");
    }
}

/// `generate` equals `collect(stream)`.
#[tokio::test]
async fn an_answer_is_the_same_whole_and_in_pieces() {
    for stop_reason in ["end_turn", "tool_use", "max_tokens", "something_new"] {
        for (wire, _) in contents() {
            let mut answer = answer(&wire, stop_reason);
            answer["additionalModelResponseFields"] = json!({ "stop_sequence": null, "n": 1 });
            answer["performanceConfig"] = json!({ "latency": "optimized" });
            answer["serviceTier"] = json!({ "type": "flex" });
            answer["trace"] = trace();
            answer["usage"]["cacheReadInputTokens"] = json!(3);
            answer["usage"]["cacheWriteInputTokens"] = json!(5);
            answer["usage"]["cacheDetails"] = json!([{ "ttl": "1h", "inputTokens": 4 }]);
            let mut whole = whole(&answer).await;
            whole.distrust_cut_call();
            assert_eq!(whole.usage.unwrap().cache_write_1h_tokens, 4);
            for size in 1..=5 {
                let pieces = canned::streamed(&frames(&answer, size), false).await.unwrap();
                assert_eq!(collect(pieces).await.unwrap(), whole, "in pieces of {size}: {answer}");
            }
        }
    }
}

/// A trace that has every member of the service's model, from the table of streams.
fn trace() -> Value {
    let cases: Value = serde_json::from_str(include_str!("../../../tests-data/streams/ends.json")).unwrap();
    let mut ends = cases.as_array().unwrap().iter().map(|case| &case["end"]["metadata"]["trace"]);
    ends.find(|trace| trace["guardrail"]["modelOutput"].is_array()).unwrap().clone()
}

#[tokio::test]
async fn the_trace_of_an_answer_is_kept_word_for_word() {
    let mut answer = answer(&json!([{ "text": "No." }]), "guardrail_intervened");
    answer["trace"] = trace();
    assert_eq!(whole(&answer).await.metadata.unwrap()["trace"], trace());
    answer["trace"] = json!({});
    assert_eq!(whole(&answer).await.metadata, Some(json!({ "trace": {} })), "an empty one is one");
    answer["trace"] = Value::Null;
    assert_eq!(whole(&answer).await.metadata, None);
}

/// The events by which ConverseStream gives an answer, its texts in pieces of so many characters.
fn frames(answer: &Value, size: usize) -> Vec<Value> {
    let mut frames = vec![json!({ "messageStart": { "role": "assistant" } })];
    for (index, block) in answer["output"]["message"]["content"].as_array().unwrap().iter().enumerate() {
        // Sparse, as they sometimes are.
        let index = index * 3;
        let (start, deltas) = pieces(block, size);
        frames.extend(
            start.map(|start| json!({ "contentBlockStart": { "start": start, "contentBlockIndex": index } })),
        );
        frames.extend(
            deltas
                .iter()
                .map(|delta| json!({ "contentBlockDelta": { "delta": delta, "contentBlockIndex": index } })),
        );
        frames.push(json!({ "contentBlockStop": { "contentBlockIndex": index } }));
    }
    let fields = &answer["additionalModelResponseFields"];
    let stop = json!({ "stopReason": answer["stopReason"], "additionalModelResponseFields": fields });
    frames.push(json!({ "messageStop": stop }));
    let said = ["usage", "metrics", "performanceConfig", "serviceTier", "trace"];
    let metadata: serde_json::Map<_, _> =
        said.into_iter().map(|member| (member.to_owned(), answer[member].clone())).collect();
    frames.push(json!({ "metadata": metadata }));
    frames
}

/// The start and the deltas of a block.
fn pieces(block: &Value, size: usize) -> (Option<Value>, Vec<Value>) {
    let cut = |text: &Value| -> Vec<String> {
        let characters: Vec<_> = text.as_str().unwrap_or_default().chars().collect();
        characters.chunks(size).map(|piece| piece.iter().collect()).collect()
    };
    let (kind, content) = block.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "text" => (None, cut(content).iter().map(|text| json!({ "text": text })).collect()),
        "reasoningContent" => {
            let text = &content["reasoningText"];
            let texts = cut(&text["text"]).into_iter().map(|piece| json!({ "text": piece }));
            let signature = cut(&text["signature"]).into_iter().map(|piece| json!({ "signature": piece }));
            let redacted =
                Blob::from_base64(content["redactedContent"].as_str().unwrap_or_default()).unwrap();
            let redacted = redacted
                .as_bytes()
                .chunks(size)
                .map(|piece| json!({ "redactedContent": Blob::from(piece.to_vec()) }));
            let parts = texts.chain(signature).chain(redacted);
            (None, parts.map(|part| json!({ "reasoningContent": part })).collect())
        }
        "toolUse" => {
            let input = cut(&Value::String(content["input"].to_string()));
            let start = json!({ "toolUseId": content["toolUseId"], "name": content["name"] });
            let deltas = input.iter().map(|input| json!({ "toolUse": { "input": input } }));
            (Some(json!({ "toolUse": start })), deltas.collect())
        }
        "toolResult" => {
            let start = json!({ "toolUseId": content["toolUseId"], "status": content["status"] });
            (Some(json!({ "toolResult": start })), vec![json!({ "toolResult": content["content"] })])
        }
        "image" => (
            Some(json!({ "image": { "format": content["format"] } })),
            vec![json!({ "image": { "source": content["source"] } })],
        ),
        "citationsContent" => {
            let texts = content["content"].as_array().unwrap().iter().flat_map(|part| cut(&part["text"]));
            let texts = texts.map(|text| json!({ "text": text }));
            let citations = content["citations"].as_array().unwrap().iter();
            (None, texts.chain(citations.map(|citation| json!({ "citation": citation }))).collect())
        }
        other => panic!("no pieces of {other}"),
    }
}

/// `inputTokens` is what was neither read nor written, so that the buckets are disjoint: `TokenUsage` of
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html>.
#[tokio::test]
async fn the_tokens_of_the_cache_come_beside_the_input() {
    let usage = |of_cache: Value| async move {
        let mut answer = answer(&json!([{ "text": "Hi" }]), "end_turn");
        answer["usage"].as_object_mut().unwrap().extend(of_cache.as_object().unwrap().clone());
        whole(&answer).await.usage.unwrap()
    };
    let plain = Usage { input_tokens: 11, output_tokens: 7, ..Usage::default() };
    let written = json!({ "cacheReadInputTokens": 0, "cacheWriteInputTokens": 2048 });
    assert_eq!(
        usage(written).await,
        Usage { cache_write_5m_tokens: 2048, ..plain },
        "five minutes unless said"
    );
    let read = json!({ "cacheReadInputTokens": 2048, "cacheWriteInputTokens": 0, "totalTokens": 2066 });
    let read = usage(read).await;
    assert_eq!(read, Usage { cache_read_tokens: 2048, ..plain });
    assert_eq!((read.prompt_tokens(), read.total_tokens()), (2059, 2066), "as the service adds up");

    let details = |details: Value| json!({ "cacheWriteInputTokens": 100, "cacheDetails": details });
    for (said, [five_minutes, one_hour]) in [
        (json!([]), [100, 0]),
        (json!([{ "ttl": "5m", "inputTokens": 100 }]), [100, 0]),
        (json!([{ "ttl": "1h", "inputTokens": 60 }, { "ttl": "5m", "inputTokens": 40 }]), [40, 60]),
        (json!([{ "ttl": "1h", "inputTokens": 30 }, { "ttl": "1h", "inputTokens": 30 }]), [40, 60]),
        (json!([{ "ttl": "1h", "inputTokens": 100 }]), [0, 100]),
        // Never more than were written in all.
        (json!([{ "ttl": "1h", "inputTokens": 130 }]), [0, 100]),
        // A lifetime of tomorrow is written for the usual price of today.
        (json!([{ "ttl": "1d", "inputTokens": 100 }]), [100, 0]),
    ] {
        let expected =
            Usage { cache_write_5m_tokens: five_minutes, cache_write_1h_tokens: one_hour, ..plain };
        assert_eq!(usage(details(said.clone())).await, expected, "{said}");
    }
}
