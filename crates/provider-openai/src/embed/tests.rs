//! Vectors over real sockets.

use outcrop_core::{EmbedRequest, ErrorKind, ModelProvider as _, ProviderId};
use serde_json::{Value, json};

use super::TEXTS_AT_ONCE;
use crate::loopback::{Answer, Loopback, Seen};

fn request(texts: usize) -> EmbedRequest {
    EmbedRequest::new("embedder", (0..texts).map(|number| format!("text {number}")).collect())
}

/// Vectors that tell which text they are of, in the wrong order.
fn vectors(seen: &Seen) -> Answer {
    let texts = seen.body["input"].as_array().unwrap();
    let rows = texts.iter().enumerate().rev().map(|(index, text)| {
        let number: f32 = text.as_str().unwrap().trim_start_matches("text ").parse().unwrap();
        json!({ "object": "embedding", "index": index, "embedding": [number, 1.0] })
    });
    let rows: Vec<Value> = rows.collect();
    let usage = json!({ "prompt_tokens": 2 * texts.len(), "total_tokens": 2 * texts.len() });
    Answer::json(200, &json!({ "object": "list", "data": rows, "model": "embedder", "usage": usage }))
}

#[tokio::test]
async fn texts_go_out_in_batches_and_vectors_come_back_in_order() {
    let server = Loopback::start(vectors);
    let texts = TEXTS_AT_ONCE + 2;
    let embeddings = server.provider().embed(&request(texts).dimensions(2)).await.unwrap();
    let numbers: Vec<f32> = embeddings.vectors.iter().map(|vector| vector[0]).collect();
    let expected: Vec<f32> = (0_u16..).take(texts).map(f32::from).collect();
    assert_eq!(numbers, expected);
    assert_eq!(embeddings.usage.unwrap().input_tokens, 2 * texts as u64);
    assert_eq!(embeddings.model.unwrap().as_str(), "embedder");
    let seen = server.seen();
    assert_eq!(
        seen.iter().map(|seen| seen.body["input"].as_array().unwrap().len()).collect::<Vec<_>>(),
        [128, 2]
    );
    assert_eq!(
        (seen[1].line.as_str(), &seen[1].body),
        (
            "POST /v1/embeddings",
            &json!({ "model": "embedder", "input": ["text 128", "text 129"], "encoding_format": "float", "dimensions": 2 }),
        )
    );
    assert_eq!(seen[1].headers["accept"], "application/json");
}

#[tokio::test]
async fn nothing_is_sent_for_nothing() {
    let server = Loopback::start(vectors);
    let embeddings = server.provider().embed(&request(0)).await.unwrap();
    assert_eq!((embeddings.vectors.len(), embeddings.usage), (0, None));
    let mut blank = request(2);
    blank.texts[1] = " \n".to_owned();
    let error = server.provider().embed(&blank).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().contains("`texts[1]`"), "{error}");
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn members_of_ones_own_are_sent() {
    let server = Loopback::start(vectors);
    let mut request = request(1);
    request
        .options
        .insert(ProviderId::from("endpoint"), json!({ "input_type": "query", "encoding_format": null }));
    server.provider().embed(&request).await.unwrap();
    assert_eq!(
        server.seen()[0].body,
        json!({ "model": "embedder", "input": ["text 0"], "input_type": "query" })
    );
    request.options.insert(ProviderId::from("endpoint"), json!({ "input": "x" }));
    let error = server.provider().embed(&request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}

/// Without numbers of their own, vectors stand in the order of the texts; and Base64 is what OpenAI's own client asks for.
#[tokio::test]
async fn servers_write_vectors_as_they_like() {
    let row = |number: f32| {
        use base64::Engine as _;
        let bytes: Vec<u8> = [number, 0.5].iter().flat_map(|it| it.to_le_bytes()).collect();
        json!({ "embedding": base64::engine::general_purpose::STANDARD.encode(bytes) })
    };
    let server = Loopback::start(move |_| Answer::json(200, &json!({ "data": [row(1.5), row(-2.0)] })));
    let embeddings = server.provider().embed(&request(2)).await.unwrap();
    assert_eq!(embeddings.vectors, [[1.5, 0.5], [-2.0, 0.5]]);
    assert_eq!(embeddings.usage, None, "what is not said is not zero");
}

#[tokio::test]
async fn answers_that_are_none_are_told_apart() {
    for (status, body, kind) in [
        (200, json!({ "data": [] }), ErrorKind::Protocol),
        (200, json!({ "data": [{ "embedding": [] }] }), ErrorKind::Protocol),
        (200, json!({ "data": [{ "embedding": "x" }] }), ErrorKind::Protocol),
        (200, json!({ "data": [{ "embedding": [1, 2, 3] }] }), ErrorKind::Protocol),
        (200, json!({ "choices": [] }), ErrorKind::Protocol),
        (
            200,
            json!({ "error": { "message": "slow down", "code": "rate_limit_exceeded" } }),
            ErrorKind::Throttled,
        ),
        (401, json!({ "error": { "message": "no", "code": "invalid_api_key" } }), ErrorKind::Unauthenticated),
        (
            404,
            json!({ "error": { "message": "The model `embedder` does not exist" } }),
            ErrorKind::ModelNotFound,
        ),
        (404, json!({ "detail": "Not Found" }), ErrorKind::Protocol),
    ] {
        let server = Loopback::start(move |_| Answer::json(status, &body));
        let error = server.provider().embed(&request(1).dimensions(2)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        assert_eq!(error.provider().map(ProviderId::as_str), Some("endpoint"));
        assert!(error.kind() != ErrorKind::Protocol || !error.message().contains("chat"), "{error}");
    }
}
