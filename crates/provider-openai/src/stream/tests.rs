//! Every stream here is the bytes that a server would send, and every result is held against the laws of core.

use bytes::Bytes;
use futures_util::stream::{iter, pending};
use http::{HeaderMap, HeaderValue};
use outcrop_core::{
    Blob, Block, Content, Delta, End, ErrorKind, Event, Laws, Response, Retry, Secret, StopReason, Usage,
    collect, next,
};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::failure::Wanted;

const ID: &str = "chatcmpl-7";

fn call() -> Call {
    Call {
        endpoint: "http://127.0.0.1:1/v1".to_owned(),
        wanted: Wanted::Chat,
        provider: "endpoint".into(),
        request_id: None,
        secrets: vec![Secret::new("sk-very-secret")],
    }
}

fn reply(content_type: Option<&'static str>, body: ByteStream) -> Reply {
    let mut headers = HeaderMap::new();
    if let Some(content_type) = content_type {
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    Reply { status: 200, headers, body }
}

fn bytes<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> ByteStream {
    let parts: Vec<_> = parts.into_iter().map(|part| Ok(Bytes::copy_from_slice(part))).collect();
    Box::pin(iter(parts))
}

async fn open_with(body: ByteStream, shaping: Shaping) -> Result<EventStream> {
    open(reply(Some("text/event-stream"), body), call(), Start::default(), shaping).await
}

/// Everything that comes of a body. Fails if a law is broken.
async fn items_of(body: ByteStream) -> Vec<Result<Event>> {
    let mut items = Vec::new();
    match open_with(body, Shaping::default()).await {
        Err(error) => items.push(Err(error)),
        Ok(mut stream) => {
            while let Some(item) = next(&mut stream).await {
                items.push(item);
            }
        }
    }
    let mut laws = Laws::default();
    for item in &items {
        assert_eq!(laws.check(item), Ok(()), "at {item:?} of {items:?}");
    }
    assert_eq!(laws.finish(), Ok(()), "after {items:?}");
    items
}

/// The events of a stream, one chunk each, with the end of the protocol.
fn sse(chunks: &[Value]) -> String {
    crate::loopback::events(chunks) + "data: [DONE]\n\n"
}

/// What a stream becomes: the events between start and end, and the end.
async fn answer(chunks: &[Value]) -> (Vec<Event>, End) {
    whole(items_of(bytes([sse(chunks).as_bytes()])).await)
}

fn whole(items: Vec<Result<Event>>) -> (Vec<Event>, End) {
    let mut events: Vec<Event> = items.into_iter().collect::<Result<_>>().unwrap();
    let Some(Event::End(end)) = events.pop() else { panic!("no end in {events:?}") };
    assert!(matches!(events.remove(0), Event::Start(_)));
    (events, *end)
}

/// What came before a failure, and the failure.
async fn failure(text: &str) -> (Vec<Event>, outcrop_core::Error) {
    let mut items = items_of(bytes([text.as_bytes()])).await;
    let error = items.pop().unwrap().unwrap_err();
    (items.into_iter().collect::<Result<_>>().unwrap(), error)
}

/// A chunk with this in its `delta`.
fn says(delta: impl Into<Value>) -> Value {
    let delta = delta.into();
    json!({ "id": ID, "model": "m-1", "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] })
}

fn text(text: &str) -> Value {
    says(json!({ "content": text }))
}

fn stops(reason: &str) -> Value {
    json!({ "id": ID, "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })
}

fn piece(piece: impl Into<Value>) -> Value {
    let piece = piece.into();
    says(json!({ "tool_calls": [piece] }))
}

fn opens(index: u32, block: Block) -> Event {
    Event::Open { index, block }
}

fn grows(index: u32, delta: Delta) -> Event {
    Event::Delta { index, delta }
}

fn said(index: u32, text: &str) -> Event {
    grows(index, Delta::Text { text: text.to_owned() })
}

fn thought(index: u32, text: &str) -> Event {
    grows(index, Delta::Reasoning { text: text.to_owned() })
}

fn input(index: u32, json: &str) -> Event {
    grows(index, Delta::ToolInput { json: json.to_owned() })
}

const fn closes(index: u32) -> Event {
    Event::Close { index }
}

mod calls;
mod ends;
mod failures;
mod speech;

/// One of everything.
fn rich() -> String {
    let chunks = [
        says(json!({ "role": "assistant", "content": "" })),
        says(json!({ "reasoning_content": "Hm… é" })),
        text("Hel"),
        text("lo 😀"),
        piece(
            json!({ "index": 0, "id": "a", "type": "function", "function": { "name": "f", "arguments": "" } }),
        ),
        piece(
            json!({ "index": 1, "id": "b", "type": "function", "function": { "name": "g", "arguments": "{" } }),
        ),
        piece(json!({ "index": 0, "function": { "arguments": "{\"x\":" } })),
        piece(json!({ "index": 1, "function": { "arguments": "}" } })),
        piece(json!({ "index": 0, "function": { "arguments": "1}" } })),
        stops("tool_calls"),
        json!({ "id": ID, "choices": [], "usage": { "prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12 } }),
    ];
    format!(": hello\r\n\r\n{}", sse(&chunks))
}

async fn collected(body: ByteStream) -> Response {
    let items = items_of(body).await;
    collect(Box::pin(iter(items))).await.unwrap()
}

/// The answer does not depend on where the network cuts it: every place is tried.
#[tokio::test]
async fn where_the_bytes_are_cut_makes_no_difference() {
    let text = rich();
    let expected = collected(bytes([text.as_bytes()])).await;
    assert_eq!(expected.text(), "Hello 😀");
    assert_eq!(
        expected.tool_uses().map(|call| call.input.to_string()).collect::<Vec<_>>(),
        ["{\"x\":1}", "{}"]
    );
    for cut in 0..text.len() {
        let (head, tail) = text.as_bytes().split_at(cut);
        assert_eq!(collected(bytes([head, tail])).await, expected, "cut at {cut}");
    }
    let single: Vec<_> = text.as_bytes().chunks(1).collect();
    assert_eq!(collected(bytes(single)).await, expected);
}

/// A stream that ends anywhere before its end is an error, and what came stays what it was.
#[tokio::test]
async fn an_answer_that_breaks_off_never_looks_whole() {
    let text = rich();
    let expected = collected(bytes([text.as_bytes()])).await;
    // The stop reason is there from here on; only the usage can be lost.
    let stopped = text.find("\"finish_reason\":\"tool_calls\"").unwrap();
    for cut in 0..text.len() {
        let items = items_of(bytes([&text.as_bytes()[..cut]])).await;
        if let Err(error) = items.last().unwrap() {
            assert_eq!(error.kind(), ErrorKind::Interrupted, "cut at {cut}: {error}");
            assert!(error.retry().is_advised());
        } else {
            assert!(cut > stopped, "cut at {cut} looks whole");
            let response = collect(Box::pin(iter(items))).await.unwrap();
            assert_eq!(response.content, expected.content, "cut at {cut}");
        }
    }
}

/// The order of the fields, line ends, white space, and what stands between events are for the server to choose.
#[tokio::test]
async fn every_way_of_writing_the_stream_is_read() {
    let expected = collected(bytes([rich().as_bytes()])).await;
    let lines = rich();
    for variant in [
        lines.replace("\n\n", "\r\n\r\n"),
        lines.replace("data: ", "data:"),
        lines.replace("\n\n", "\r\r"),
        lines.replace("\n\n", "\n").replacen(": hello\r\n\r\n", "", 1),
        lines.replace("data: ", "event: message\nid: 1\ndata: "),
        lines.replace("\n\n", "\n\n: ping\n\n\n"),
        lines.replace("{\"id\"", "{\ndata: \"id\""),
        format!("\u{feff}{lines}"),
        lines.replace("data: [DONE]\n\n", "data: [DONE]"),
        lines.replace("data: [DONE]\n\n", ""),
    ] {
        assert_eq!(collected(bytes([variant.as_bytes()])).await, expected, "{variant}");
    }
}

/// Servers that ignore `stream` answer in one piece, whatever they call it.
#[tokio::test]
async fn an_answer_in_one_piece_is_an_answer() {
    let message = json!({
        "role": "assistant", "content": "Hello", "reasoning_content": "Hm", "refusal": null,
        "tool_calls": [{ "id": "a", "type": "function", "function": { "name": "f", "arguments": "{\"x\":1}" } }],
    });
    let body = json!({
        "id": ID, "object": "chat.completion", "model": "m-1",
        "choices": [{ "index": 0, "message": message, "finish_reason": "tool_calls" }],
        "usage": { "prompt_tokens": 9, "completion_tokens": 3 },
    });
    for text in [body.to_string(), format!("\u{feff} \n{body:#}\n")] {
        let parts: Vec<_> = text.as_bytes().chunks(7).collect();
        let response = collected(bytes(parts)).await;
        assert_eq!((response.text(), response.stop_reason), ("Hello".to_owned(), StopReason::ToolUse));
        assert_eq!(response.request_id.as_deref(), Some(ID));
        assert_eq!(response.model.unwrap().as_str(), "m-1");
        assert_eq!(response.usage.unwrap().total_tokens(), 12);
        assert!(matches!(&response.content[0], Content::Reasoning(thought) if thought.text == "Hm"));
        assert_eq!(response.content.len(), 3);
    }
}

#[tokio::test]
async fn the_servers_own_chunks_are_shown_to_whoever_asks() {
    let chunks = [text("Hi"), stops("stop")];
    let shaping = Shaping { raw: true, ..Shaping::default() };
    let mut stream = open_with(bytes([sse(&chunks).as_bytes()]), shaping).await.unwrap();
    let mut raw = Vec::new();
    while let Some(item) = next(&mut stream).await {
        if let Event::Raw { value } = item.unwrap() {
            raw.push(value);
        }
    }
    assert_eq!(raw, chunks);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever a server sends, and however it is cut: the laws hold, and nothing panics.
    #[test]
    fn no_server_breaks_the_laws(
        chunks in prop::collection::vec(any_chunk(), 0..12),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        done in any::<bool>(),
    ) {
        let text = crate::loopback::events(&chunks);
        let text = if done { text + "data: [DONE]\n\n" } else { text };
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.index(text.len() + 1)).collect();
        cuts.sort_unstable();
        let mut parts = Vec::new();
        let mut begin = 0;
        for cut in cuts.into_iter().chain([text.len()]) {
            parts.push(&text.as_bytes()[begin..cut]);
            begin = cut;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(items_of(bytes(parts)));
    }
}

fn any_chunk() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just(String::new()),
        Just("{\"a\":".to_owned()),
        Just("1}".to_owned()),
        Just(" ".to_owned()),
        "[a-z]{1,3}"
    ];
    let maybe = |strategy: BoxedStrategy<Value>| prop_oneof![Just(Value::Null), strategy].boxed();
    let text = word.prop_map(Value::from).boxed();
    let number = (0..3_u64).prop_map(Value::from).boxed();
    let call = (maybe(number), maybe(text.clone()), maybe(text.clone()), maybe(text.clone())).prop_map(
        |(index, id, name, arguments)| {
            json!({ "index": index, "id": id, "function": { "name": name, "arguments": arguments } })
        },
    );
    let delta = (maybe(text.clone()), maybe(text.clone()), maybe(text.clone()), prop::collection::vec(call, 0..3)).prop_map(
        |(content, reasoning, refusal, calls)| {
            json!({ "content": content, "reasoning": reasoning, "refusal": refusal, "tool_calls": calls })
        },
    );
    let reason = prop::sample::select(vec![
        Value::Null,
        json!("stop"),
        json!("length"),
        json!("tool_calls"),
        json!("odd"),
        json!("error"),
    ]);
    prop_oneof![
        8 => (delta, prop_oneof![4 => Just(Value::Null), 1 => reason]).prop_map(|(delta, reason)| {
            json!({ "choices": [{ "delta": delta, "finish_reason": reason }] })
        }),
        1 => Just(json!({ "choices": [], "usage": { "prompt_tokens": 1, "completion_tokens": 1 } })),
        1 => Just(json!({ "error": { "message": "oops", "code": 502 } })),
        1 => Just(json!([1, "x"])),
        1 => Just(json!({ "choices": "none" })),
    ]
}
