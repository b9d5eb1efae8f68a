use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use serde_json::from_slice;

use super::*;
use crate::body::Step;
use crate::fault::steps;
use crate::scenario::{After, Fault, NamedEvent, StreamException};

fn answer() -> Answer {
    Answer {
        blocks: vec![
            Block::Reasoning { text: "Hm, well.".into(), signature: Some("c2ln".into()) },
            Block::Text("Let me look.".into()),
            Block::ToolUse {
                id: "t1".into(),
                name: "look".into(),
                input: r#"{"where":"everywhere"}"#.into(),
                kind: None,
            },
        ],
        stop_reason: "tool_use".into(),
        usage: json!({ "inputTokens": 1, "outputTokens": 2, "totalTokens": 3 }),
        latency_ms: 7,
        additional_fields: None,
        performance_config: None,
        service_tier: None,
        trace: None,
        metadata_first: false,
    }
}

/// Type and payload of every message, by an independent decoder.
fn decode(bytes: &[u8]) -> Vec<(String, Value)> {
    let mut decoder = MessageFrameDecoder::new();
    let mut buffer = Bytes::copy_from_slice(bytes);
    let mut messages = Vec::new();
    while let DecodedFrame::Complete(message) = decoder.decode_frame(&mut buffer).unwrap() {
        let header = |name: &str| {
            let found = message.headers().iter().find(|header| header.name().as_str() == name)?;
            Some(found.value().as_string().unwrap().as_str().to_owned())
        };
        let kind = header(":message-type").unwrap();
        let name = header(&format!(":{kind}-type")).or_else(|| header(":error-code")).unwrap();
        if kind != "error" {
            assert_eq!(header(":content-type").as_deref(), Some("application/json"));
        }
        messages.push((format!("{kind} {name}"), from_slice(message.payload()).unwrap_or(Value::Null)));
    }
    assert!(buffer.is_empty(), "bytes are left over");
    messages
}

fn sent(fault: Option<&Fault>) -> (Vec<(String, Value)>, Vec<Step>) {
    let mut bytes = Vec::new();
    let mut rest = Vec::new();
    for step in steps(frames(&answer()), fault) {
        match step {
            Step::Send(frame) => bytes.extend_from_slice(&frame),
            other => rest.push(other),
        }
    }
    (decode(&bytes), rest)
}

#[test]
fn the_events_come_in_the_order_of_the_service() {
    let (messages, rest) = sent(None);
    assert_eq!(rest, []);
    let mut kinds: Vec<_> = messages
        .iter()
        .map(|(kind, payload)| {
            let delta = payload["delta"].as_object().and_then(|delta| delta.keys().next());
            let inner = payload["delta"]["reasoningContent"].as_object().and_then(|it| it.keys().next());
            [Some(kind), delta, inner].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ")
        })
        .collect();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "event messageStart",
            "event contentBlockDelta reasoningContent text",
            "event contentBlockDelta reasoningContent signature",
            "event contentBlockStop",
            "event contentBlockDelta text",
            "event contentBlockStop",
            "event contentBlockStart",
            "event contentBlockDelta toolUse",
            "event contentBlockStop",
            "event messageStop",
            "event metadata",
        ]
    );
    for (kind, payload) in &messages {
        assert!(!payload["p"].as_str().unwrap().is_empty(), "{kind} is not padded");
    }
    let input: String =
        messages.iter().filter_map(|(_, payload)| payload["delta"]["toolUse"]["input"].as_str()).collect();
    assert_eq!(input, r#"{"where":"everywhere"}"#);
    let inputs = messages.iter().filter(|(_, payload)| payload["delta"].get("toolUse").is_some());
    assert!(inputs.count() > 1, "the input comes in pieces");
}

#[test]
fn faults_act_where_they_are_told_to() {
    let total = sent(None).0.len();
    let exception = |after| Fault::Exception {
        exception: StreamException::ModelStreamErrorException,
        after,
        message: Some("m".into()),
        original_status_code: Some(503),
        original_message: Some("o".into()),
    };
    let start = After::Event(NamedEvent::MessageStart);
    let stop = After::Event(NamedEvent::MessageStop);
    for (after, before) in [
        (After::Deltas(0), 0),
        (start, 1),
        (After::Deltas(1), 2),
        // 2 reasoning texts and a signature, the edge, the first text.
        (After::Deltas(4), 6),
        // Beyond the last delta: before its block ends.
        (After::Deltas(99), total - 3),
        (stop, total - 1),
        (After::Frames { frames: 0 }, 0),
        (After::Frames { frames: 5 }, 5),
        (After::Frames { frames: 99 }, total),
    ] {
        let (messages, rest) = sent(Some(&exception(after)));
        assert_eq!((messages.len(), rest), (before + 1, vec![]), "{after:?}");
        let (kind, payload) = messages.last().unwrap();
        assert_eq!(kind, "exception modelStreamErrorException");
        assert_eq!(*payload, json!({ "message": "m", "originalStatusCode": 503, "originalMessage": "o" }));

        let error = Fault::ErrorFrame { code: "Oops".into(), message: "m".into(), after };
        assert_eq!(sent(Some(&error)).0.last().unwrap().0, "error Oops");
        assert_eq!(sent(Some(&Fault::Eof { after })).0.len(), before);
        let (messages, rest) = sent(Some(&Fault::Stall { after }));
        assert_eq!((messages.len(), rest), (before, vec![Step::Hold]));
        let (messages, rest) = sent(Some(&Fault::Reset { after }));
        assert_eq!((messages.len(), rest), (before, vec![Step::Reset]));
    }
    let (messages, _) = sent(Some(&Fault::NoMetadata {}));
    assert_eq!(messages.last().unwrap().0, "event messageStop");
}

#[test]
fn every_exception_has_its_name_and_a_text() {
    for (exception, name) in [
        (StreamException::InternalServerException, "internalServerException"),
        (StreamException::ModelStreamErrorException, "modelStreamErrorException"),
        (StreamException::ValidationException, "validationException"),
        (StreamException::ThrottlingException, "throttlingException"),
        (StreamException::ServiceUnavailableException, "serviceUnavailableException"),
    ] {
        let fault = Fault::Exception {
            exception,
            after: After::default(),
            message: None,
            original_status_code: None,
            original_message: None,
        };
        let (messages, _) = sent(Some(&fault));
        let [(kind, payload)] = messages.as_slice() else { panic!("one message only: {messages:?}") };
        assert_eq!(*kind, format!("exception {name}"));
        assert!(!payload["message"].as_str().unwrap().is_empty());
    }
}

#[test]
fn broken_frames_are_broken() {
    let read = |fault: &Fault| {
        let mut decoder = MessageFrameDecoder::new();
        let mut complete = 0;
        for step in steps(frames(&answer()), Some(fault)) {
            let Step::Send(bytes) = step else { continue };
            match decoder.decode_frame(&mut bytes.clone()) {
                Ok(DecodedFrame::Complete(_)) => complete += 1,
                Ok(DecodedFrame::Incomplete) => return (complete, "incomplete"),
                Err(_) => return (complete, "corrupt"),
            }
        }
        (complete, "fine")
    };
    for prelude in [false, true] {
        assert_eq!(read(&Fault::CorruptCrc { frame: 3, prelude }), (2, "corrupt"));
        assert_eq!(read(&Fault::CorruptCrc { frame: 1, prelude }), (0, "corrupt"));
    }
    assert_eq!(read(&Fault::CutFrame { frame: 2 }), (1, "incomplete"));
}

#[test]
fn the_two_checksums_of_a_frame_break_apart() {
    let frame = |fault: &Fault| {
        let Some(Step::Send(bytes)) = steps(frames(&answer()), Some(fault)).into_iter().next() else {
            panic!("no frame")
        };
        bytes
    };
    let whole = frame(&Fault::SingleBytes {});
    let differing = |prelude| {
        let broken = frame(&Fault::CorruptCrc { frame: 1, prelude });
        whole.iter().zip(&broken).enumerate().filter(|(_, (a, b))| a != b).map(|it| it.0).collect::<Vec<_>>()
    };
    assert_eq!(differing(true), [11], "in the checksum of the prelude");
    assert_eq!(differing(false), [whole.len() - 1], "in the checksum of the message");
}

#[test]
fn a_stream_can_be_cut_at_every_byte() {
    let bytes_of = |fault: Option<&Fault>| {
        let sent = steps(frames(&answer()), fault).into_iter();
        sent.flat_map(|step| match step {
            Step::Send(bytes) if !bytes.is_empty() => bytes.to_vec(),
            other => panic!("{other:?}"),
        })
        .collect::<Vec<u8>>()
    };
    let whole = bytes_of(None);
    for byte in 0..=whole.len() + 1 {
        let cut = bytes_of(Some(&Fault::CutAt { byte: byte as u64, reset: false, sized: false }));
        assert_eq!(cut, whole[..byte.min(whole.len())], "at {byte}");
    }
}

#[test]
fn the_metadata_may_come_first() {
    let answer = Answer { metadata_first: true, trace: Some(json!({ "x": 1 })), ..answer() };
    let bytes: Vec<u8> = frames(&answer).iter().flat_map(|frame| frame.bytes.to_vec()).collect();
    let messages = decode(&bytes);
    let [.., (before, metadata), (last, _)] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!((before.as_str(), last.as_str()), ("event metadata", "event messageStop"));
    assert_eq!(metadata["trace"], json!({ "x": 1 }));
}

#[test]
fn every_block_is_streamed_in_its_own_events() {
    let (id, citation) = ("t1".to_owned(), json!({ "title": "t" }));
    let kind = Some("server_tool_use".to_owned());
    let (content, status) =
        (vec![json!({ "text": "found" }), json!({ "json": [1] })], Some("error".to_owned()));
    let blocks = vec![
        Block::Citations { text: "So it is.".into(), citations: vec![citation.clone(), json!({})] },
        Block::Image { format: "webp".into(), bytes: "aGk=".into() },
        Block::ToolUse { id: id.clone(), name: "browse".into(), input: "{}".into(), kind: kind.clone() },
        Block::ToolResult { id, content: content.clone(), status, kind },
    ];
    let bytes: Vec<u8> =
        frames(&Answer { blocks, ..answer() }).iter().flat_map(|frame| frame.bytes.to_vec()).collect();
    let edge = |index| json!({ "contentBlockIndex": index });
    let delta = |index, delta: Value| json!({ "contentBlockIndex": index, "delta": delta });
    let start = |index, start: Value| json!({ "contentBlockIndex": index, "start": start });
    let served = "server_tool_use";
    let expected = [
        delta(0, json!({ "text": "So" })),
        delta(0, json!({ "text": " it" })),
        delta(0, json!({ "text": " is." })),
        delta(0, json!({ "citation": citation })),
        delta(0, json!({ "citation": {} })),
        edge(0),
        start(1, json!({ "image": { "format": "webp" } })),
        delta(1, json!({ "image": { "source": { "bytes": "aGk=" } } })),
        edge(1),
        start(2, json!({ "toolUse": { "toolUseId": "t1", "name": "browse", "type": served } })),
        delta(2, json!({ "toolUse": { "input": "{}" } })),
        edge(2),
        start(3, json!({ "toolResult": { "toolUseId": "t1", "status": "error", "type": served } })),
        delta(3, json!({ "toolResult": content })),
        edge(3),
    ];
    let mut found: Vec<_> = decode(&bytes).into_iter().map(|(_, payload)| payload).collect();
    for payload in &mut found {
        payload.as_object_mut().unwrap().remove("p");
    }
    assert_eq!(found[1..found.len() - 2], expected);
}

#[test]
fn scripted_events_go_out_as_they_were_written() {
    let script = |padding: bool| {
        let events = json!([
            { "contentBlockDelta": { "contentBlockIndex": 7, "delta": { "text": "" } } },
            { "messageStart": {} },
            { "somethingNew": [1, 2] },
            { "throttlingException": { "message": "m" } },
            { "modelTimeoutException": {} },
            { "metadata": null },
        ]);
        let events: Vec<RawEvent> = serde_json::from_value(events).unwrap();
        ReplyEvents { events, padding }
    };
    let decoded = |script: &ReplyEvents| {
        decode(&super::scripted(script).iter().flat_map(|frame| frame.bytes.to_vec()).collect::<Vec<_>>())
    };
    let plain = decoded(&script(false));
    let expected = [
        ("event contentBlockDelta", json!({ "contentBlockIndex": 7, "delta": { "text": "" } })),
        ("event messageStart", json!({})),
        ("event somethingNew", json!([1, 2])),
        ("exception throttlingException", json!({ "message": "m" })),
        ("exception modelTimeoutException", json!({})),
        ("event metadata", Value::Null),
    ];
    assert_eq!(plain, expected.map(|(kind, payload)| (kind.to_owned(), payload)));
    let padded = decoded(&script(true));
    let is_padded: Vec<_> = padded.iter().map(|(_, payload)| payload.get("p").is_some()).collect();
    assert_eq!(is_padded, [true, true, false, false, false, false], "objects only, and no exceptions");
    let kinds: Vec<_> = super::scripted(&script(true)).iter().map(|frame| frame.kind).collect();
    let other = FrameKind::Other;
    let expected = [FrameKind::Delta, FrameKind::MessageStart, other, other, other, FrameKind::Metadata];
    assert_eq!(kinds, expected, "faults find their places");
}
