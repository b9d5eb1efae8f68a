use serde_json::{Value, json};

use super::*;

#[test]
fn every_fault_survives_a_round_trip_and_typos_are_refused() {
    let after = After::Event(NamedEvent::MessageStop);
    let faults = [
        Fault::Throttle { retry_after: Some(2), message: None },
        Fault::Error { status: 503, code: "X".into(), message: "m".into(), retry_after: None },
        Fault::Exception {
            exception: StreamException::ModelStreamErrorException,
            after,
            message: None,
            original_status_code: Some(500),
            original_message: Some("o".into()),
        },
        Fault::ErrorFrame { code: "c".into(), message: "m".into(), after },
        Fault::Reset { after },
        Fault::Eof { after: After::Deltas(3) },
        Fault::Eof { after: After::Frames { frames: 2 } },
        Fault::CutFrame { frame: 2 },
        Fault::CutAt { byte: 77, reset: false, sized: false },
        Fault::CutAt { byte: 77, reset: true, sized: true },
        Fault::WrongLength { frame: 2, total: Some(9), headers: None },
        Fault::WrongLength { frame: 2, total: None, headers: Some(9) },
        Fault::CorruptCrc { frame: 2, prelude: false },
        Fault::CorruptCrc { frame: 2, prelude: true },
        Fault::Stall { after },
        Fault::SingleBytes {},
        Fault::SlowFirstByte { millis: None },
        Fault::NoMetadata {},
        Fault::ForeignBody { body: ForeignBody::Html },
    ];
    for fault in faults {
        let rule = Rule { matches: Match::next(), times: Some(1), fault: Some(fault), reply: None };
        let name = rule.fault.as_ref().unwrap().name();
        assert_eq!(serde_json::to_value(&rule).unwrap()["fault"]["type"], name);
        let text = serde_json::to_string(&Scenario { rules: vec![rule.clone()] }).unwrap();
        assert_eq!(serde_json::from_str::<Scenario>(&text).unwrap().rules, [rule], "{text}");
    }
    for wrong in [
        r#"{"rules":[{"match":"nxt"}]}"#,
        r#"{"rules":[{"match":{"op":"Converse"}}]}"#,
        r#"{"rules":[{"fault":{"type":"explode"}}]}"#,
        r#"{"rules":[{"fault":{"type":"reset","after":"messageEnd"}}]}"#,
        r#"{"rules":[{"fault":{"type":"reset","after":{"frames":1,"deltas":1}}}]}"#,
        r#"{"rules":[{"fault":{"type":"noMetadata","extra":1}}]}"#,
    ] {
        assert!(serde_json::from_str::<Scenario>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn every_reply_survives_a_round_trip() {
    let replies = [
        json!({ "content": [{ "text": "x" }] }),
        json!({ "content": [
            { "citations": { "text": "x", "citations": [{ "title": "t" }] } },
            { "reasoning": "x" },
            { "redactedReasoning": "eA==" },
            { "signedReasoning": { "text": "", "signature": " s1g+/== " } },
            { "image": { "format": "png", "bytes": "eA==" } },
            { "toolUse": { "name": "f", "input": {}, "toolUseId": "t", "type": "server_tool_use" } },
            { "toolResult": { "content": [{ "json": 1 }], "status": "error", "type": "y", "toolUseId": "t" } },
        ], "stopReason": "end_turn", "usage": {}, "additionalModelResponseFields": {}, "trace": {},
           "metadataFirst": true }),
        json!({ "events": [{ "messageStart": { "role": "assistant" } }, { "oddException": 1 }] }),
        json!({ "events": [], "padding": false }),
    ];
    for reply in replies {
        let read: Reply = serde_json::from_value(reply.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), reply);
    }
}

#[test]
fn what_is_no_reply_is_refused_with_the_reason() {
    for (reply, reason) in [
        (json!({ "content": [], "events": [] }), "`content` or `events`, not both"),
        (json!({}), "needs `content`"),
        (json!({ "stopReason": "end_turn" }), "needs `content`"),
        (json!({ "events": [], "usage": {} }), "a reply of `events` takes no `usage`"),
        (json!({ "events": [], "metadataFirst": false }), "takes no `metadataFirst`"),
        (json!({ "content": [], "padding": true }), "`padding` goes with `events`"),
        (
            json!({ "events": [{ "a": 1, "b": 2 }] }),
            "an object with one member, the event's name, and this one has 2",
        ),
        (json!({ "events": [{}] }), "this one has 0"),
        (json!({ "content": [{ "txt": "x" }] }), "unknown variant `txt`"),
    ] {
        let error = serde_json::from_value::<Reply>(reply.clone()).unwrap_err().to_string();
        assert!(error.contains(reason), "{reply}: {error}");
    }
}

#[test]
fn a_reply_of_events_fits_streams_only() {
    let rule = |reply: Value| -> Rule { serde_json::from_value(json!({ "reply": reply })).unwrap() };
    let (events, message) = (rule(json!({ "events": [] })), rule(json!({ "content": [] })));
    for (operation, fits) in [
        (Operation::Converse, (false, true)),
        (Operation::ConverseStream, (true, true)),
        (Operation::CountTokens, (false, false)),
        (Operation::InvokeModel, (false, false)),
    ] {
        let found = (events.fits(operation, "m", "r"), message.fits(operation, "m", "r"));
        assert_eq!(found, fits, "{operation:?}");
    }
}
