//! Texts and thoughts.

use outcrop_core::{Citation, CitationLocation};

use super::*;

#[tokio::test]
async fn blocks_open_with_their_first_piece_and_close_where_something_else_begins() {
    let chunks = [
        says(json!({ "role": "assistant", "content": "" })),
        says(json!({ "reasoning_content": "Hm", "content": null })),
        says(json!({ "reasoning_content": "." })),
        text("Hello"),
        text("!"),
        stops("stop"),
    ];
    let (events, end) = answer(&chunks).await;
    let expected = [
        opens(0, Block::Reasoning),
        thought(0, "Hm"),
        thought(0, "."),
        closes(0),
        opens(1, Block::Text),
        said(1, "Hello"),
        said(1, "!"),
        closes(1),
    ];
    assert_eq!(events, expected);
    assert_eq!(end, End::new(StopReason::EndTurn));
}

#[tokio::test]
async fn thoughts_are_found_in_every_field_that_servers_put_them_into() {
    for delta in [
        json!({ "reasoning_content": "Hm" }),
        json!({ "reasoning": "Hm" }),
        json!({ "reasoning_text": "Hm" }),
        json!({ "reasoning": "Hm", "reasoning_content": "Hm" }),
        json!({ "reasoning": "Hm", "reasoning_details": [{ "type": "reasoning.text", "text": "Hm" }] }),
        json!({ "reasoning": "Hm", "reasoning_details": [{ "type": "reasoning.summary", "summary": "Hm" }] }),
        json!({ "reasoning": "Hm", "reasoning_details": [] }),
        json!({ "content": [{ "type": "thinking", "thinking": [{ "type": "text", "text": "Hm" }] }] }),
    ] {
        let (events, _) = answer(&[says(delta.clone()), text("So."), stops("stop")]).await;
        let expected = [opens(0, Block::Reasoning), thought(0, "Hm"), closes(0)];
        assert_eq!(events[..3], expected, "{delta}");
    }
}

#[tokio::test]
async fn signatures_and_encrypted_thoughts_come_back_as_they_have_to_be_sent() {
    let encrypted = json!({ "type": "reasoning.encrypted", "data": "xyz", "id": "r1" });
    let chunks = [
        says(json!({ "reasoning_details": [{ "type": "reasoning.text", "text": "Hm" }] })),
        says(
            json!({ "reasoning_details": [{ "type": "reasoning.text", "text": "", "signature": "s1" }, encrypted] }),
        ),
        text("So."),
        stops("stop"),
    ];
    let response = collected(bytes([sse(&chunks).as_bytes()])).await;
    let thoughts: Vec<_> = response
        .content
        .iter()
        .filter_map(|content| match content {
            Content::Reasoning(thought) => {
                Some((thought.text.as_str(), thought.signature.as_deref(), thought.redacted.clone()))
            }
            _ => None,
        })
        .collect();
    let data = Blob::new(encrypted.to_string().into_bytes());
    assert_eq!(thoughts, [("Hm", Some("s1"), None), ("", None, Some(data))]);
}

#[tokio::test]
async fn thoughts_between_tags_are_told_from_the_text() {
    let shaping = || Shaping { tag: Some("reasoning"), ..Shaping::default() };
    let chunks = [text("<reas"), text("oning>Hm.</reason"), text("ing>\nSo"), text("."), stops("stop")];
    let mut stream = open_with(bytes([sse(&chunks).as_bytes()]), shaping()).await.unwrap();
    let mut events = Vec::new();
    while let Some(item) = next(&mut stream).await {
        events.push(item.unwrap());
    }
    let expected = [
        opens(0, Block::Reasoning),
        thought(0, "Hm."),
        closes(0),
        opens(1, Block::Text),
        said(1, "So"),
        said(1, "."),
        closes(1),
    ];
    assert_eq!(events[1..8], expected);

    // What is held back for a tag is not lost with the connection.
    let broken = bytes([sse(&[text("<reasoning>Hm.</rea")]).as_bytes()]);
    let mut stream = open_with(broken, shaping()).await.unwrap();
    let mut collector = outcrop_core::Collector::new();
    while let Some(item) = next(&mut stream).await {
        collector.push(item);
    }
    let collected = collector.finish();
    assert!(
        matches!(&collected.response.content[..], [Content::Reasoning(thought)] if thought.text == "Hm.</rea")
    );
    assert!(collected.error.is_some());
}

#[tokio::test]
async fn content_may_be_a_list() {
    let parts = json!([{ "type": "text", "text": "Hel" }, { "type": "reference", "reference_ids": [1] }, { "type": "text", "text": "lo" }]);
    let (events, _) = answer(&[says(json!({ "content": parts })), stops("stop")]).await;
    assert_eq!(events, [opens(0, Block::Text), said(0, "Hel"), said(0, "lo"), closes(0)]);
}

#[tokio::test]
async fn a_refusal_is_a_text_and_a_reason_to_stop() {
    let (events, end) = answer(&[says(json!({ "refusal": "I can't." })), stops("stop")]).await;
    assert_eq!(events, [opens(0, Block::Text), said(0, "I can't."), closes(0)]);
    assert_eq!(end.stop_reason, StopReason::Refusal);
}

#[tokio::test]
async fn pages_that_a_text_rests_on_are_citations() {
    let cited =
        json!({ "type": "url_citation", "url_citation": { "url": "https://x.example", "title": "X" } });
    let (events, _) = answer(&[text("So."), says(json!({ "annotations": [cited] })), stops("stop")]).await;
    let url = Some("https://x.example".to_owned());
    let citation = Citation {
        title: Some("X".to_owned()),
        source: url.clone(),
        passages: Vec::new(),
        location: Some(CitationLocation::Web { url, domain: None }),
    };
    assert_eq!(events[2], grows(0, Delta::Citation { citation }));
}

#[tokio::test]
async fn only_the_first_of_several_answers_counts() {
    let two = json!({ "choices": [
        { "index": 1, "delta": { "content": "other" }, "finish_reason": "length" },
        { "index": 0, "delta": { "content": "one" } },
    ] });
    let (events, end) = answer(&[two, stops("stop")]).await;
    assert_eq!(events, [opens(0, Block::Text), said(0, "one"), closes(0)]);
    assert_eq!(end.stop_reason, StopReason::EndTurn);
}
