//! Over the real wire, with the real SDK.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, mpsc};
use std::time::Duration;

use async_trait::async_trait;
use outcrop_core::{ModelId, ModelResolver, Resolved};
use serde_json::json;

use super::*;
use crate::loopback::{Answer, Loopback, REQUEST_ID, Seen};

const TITAN: &str = "amazon.titan-embed-text-v2:0";
const COHERE: &str = "cohere.embed-v4:0";

fn request(model: &str, texts: impl IntoIterator<Item = impl ToString>) -> EmbedRequest {
    EmbedRequest::new(model, texts.into_iter().map(|text| text.to_string()).collect())
}

/// Titan's answer: one number, which is the text.
fn titan(seen: &Seen) -> Answer {
    let number: f64 = seen.body["inputText"].as_str().unwrap().parse().unwrap();
    Answer::ok(json!({ "embedding": [number], "inputTextTokenCount": 3 }))
}

async fn fails(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static, request: &EmbedRequest) -> Error {
    Loopback::start(answer).provider().embed(request).await.unwrap_err()
}

#[tokio::test]
async fn every_family_answers_in_its_own_way() {
    let rows = json!([[0.5, -1.25], [3e-5, 2.0]]);
    for (model, answer, texts) in [
        (TITAN, json!({ "embedding": [0.5, -1.25], "embeddingsByType": { "float": [0.5, -1.25] } }), 1),
        ("amazon.titan-embed-text-v1", json!({ "embedding": [0.5, -1.25], "inputTextTokenCount": 2 }), 1),
        ("amazon.titan-embed-image-v1", json!({ "embedding": [0.5, -1.25], "message": null }), 1),
        ("cohere.embed-english-v3", json!({ "embeddings": rows, "response_type": "embeddings_floats" }), 2),
        (COHERE, json!({ "embeddings": { "float": rows }, "response_type": "embeddings_by_type" }), 2),
        (
            "amazon.nova-2-multimodal-embeddings-v1:0",
            json!({ "embeddings": [{ "embeddingType": "TEXT", "embedding": [0.5, -1.25] }] }),
            1,
        ),
        ("us.twelvelabs.marengo-embed-2-7-v1:0", json!({ "data": { "embedding": [0.5, -1.25] } }), 1),
        ("us.twelvelabs.marengo-embed-3-0-v1:0", json!({ "data": [{ "embedding": [0.5, -1.25] }] }), 1),
    ] {
        let service = Loopback::start(move |_| Answer::ok(answer.clone()));
        let texts: Vec<_> = ["one", "two"].into_iter().take(texts).collect();
        let found = service.provider().embed(&request(model, &texts)).await.unwrap();
        let expected: &[[f32; 2]] = &[[0.5, -1.25], [3e-5, 2.0]];
        assert_eq!(found.vectors, expected[..texts.len()], "{model}");
        assert_eq!(found.model.unwrap().as_str(), model);
        let [seen] = service.seen().try_into().unwrap();
        assert_eq!((seen.operation.as_str(), seen.model.as_str()), ("invoke", model));
        assert_eq!((&*seen.headers["content-type"], &*seen.headers["accept"]), (JSON, JSON));
    }
}

#[tokio::test]
async fn vectors_come_in_the_order_of_the_texts_whatever_order_the_answers_come_in() {
    let (done, wait) = mpsc::channel();
    let wait = Mutex::new(wait);
    let service = Loopback::start(move |seen| {
        match seen.body["inputText"].as_str().unwrap() {
            "0" => wait.lock().unwrap().recv_timeout(Duration::from_mins(1)).unwrap(),
            "1" => done.send(()).unwrap(),
            _ => {}
        }
        titan(seen)
    });
    let found = service.provider().embed(&request(TITAN, 0..5)).await.unwrap();
    assert_eq!(found.vectors, [[0.0], [1.0], [2.0], [3.0], [4.0]]);
    assert_eq!(found.usage.unwrap().input_tokens, 15);
}

#[tokio::test]
async fn eight_calls_are_under_way_at_once_and_no_more() {
    let together = Barrier::new(CALLS_AT_ONCE);
    let (now, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let highest = Arc::clone(&most);
    let service = Loopback::start(move |seen| {
        highest.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        together.wait();
        now.fetch_sub(1, Ordering::SeqCst);
        titan(seen)
    });
    let found = service.provider().embed(&request(TITAN, 0..3 * CALLS_AT_ONCE)).await.unwrap();
    assert_eq!(found.vectors.len(), 3 * CALLS_AT_ONCE);
    assert_eq!(most.load(Ordering::SeqCst), CALLS_AT_ONCE);
}

#[tokio::test]
async fn cohere_takes_96_texts_a_call() {
    let service = Loopback::start(|seen| {
        let texts = seen.body["texts"].as_array().unwrap();
        let numbers = texts.iter().map(|text| vec![text.as_str().unwrap().parse::<f64>().unwrap()]);
        let rows: Vec<_> = numbers.collect();
        Answer::ok(json!({ "embeddings": { "float": rows } }))
            .with_header(TOKEN_COUNT, texts.len().to_string())
    });
    let found = service.provider().embed(&request(COHERE, 0..200)).await.unwrap();
    let numbers: Vec<_> = found.vectors.iter().flatten().copied().map(f64::from).collect();
    assert_eq!(numbers, (0..200).map(f64::from).collect::<Vec<_>>());
    let mut sizes: Vec<_> =
        service.seen().iter().map(|seen| seen.body["texts"].as_array().unwrap().len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [8, 96, 96]);
    assert_eq!(found.usage.unwrap().input_tokens, 200, "the header of every call counts");
}

#[tokio::test]
async fn what_is_not_known_of_one_call_is_not_known_of_all() {
    let service = Loopback::start(|seen| match seen.body["inputText"].as_str() {
        Some("1") => Answer::ok(json!({ "embedding": [1.0] })),
        _ => titan(seen),
    });
    assert_eq!(service.provider().embed(&request(TITAN, 0..3)).await.unwrap().usage, None);
}

#[tokio::test]
async fn the_header_beats_the_body() {
    let service = Loopback::start(|seen| titan(seen).with_header(TOKEN_COUNT, "11"));
    let usage = service.provider().embed(&request(TITAN, [7])).await.unwrap().usage;
    assert_eq!(usage.unwrap().input_tokens, 11);
}

#[tokio::test]
async fn the_first_failure_ends_all_other_calls() {
    let error = fails(
        |seen| match seen.body["inputText"].as_str() {
            Some("0") => Answer::Silence,
            Some("5") => Answer::error(429, "ThrottlingException", "Too many requests, please wait."),
            _ => titan(seen),
        },
        &request(TITAN, 0..100),
    )
    .await;
    assert_eq!((error.kind(), error.request_id()), (ErrorKind::Throttled, Some(REQUEST_ID)));
    assert!(error.retry().is_advised());
    assert_eq!(error.provider().unwrap().as_str(), "bedrock");
    assert!(error.context().any(|fact| fact == ("model", TITAN)), "{error:?}");
}

#[tokio::test]
async fn texts_that_are_too_long_are_an_overflow() {
    for (model, message) in [
        (
            TITAN,
            "400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 8943 ",
        ),
        (
            COHERE,
            "Malformed input request: #/texts/0: expected maxLength: 2048, actual: 2449, please reformat your input \
             and try again.",
        ),
    ] {
        let error =
            fails(move |_| Answer::error(400, "ValidationException", message), &request(model, ["long"]))
                .await;
        assert_eq!(error.kind(), ErrorKind::ContextOverflow, "{error:?}");
        assert!(error.hints().iter().any(|hint| hint.contains("in parts")), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_one_vector_a_text_is_a_protocol_error() {
    for (model, body, words) in [
        // More than a number of this size can be. By its features, the parser refuses it or makes it infinite.
        (TITAN, json!({ "embedding": [0.5, 1e39] }), ""),
        (TITAN, json!({ "embedding": [] }), "without numbers"),
        (TITAN, json!({ "embedding": ["a"] }), "not one of an embedding model"),
        (TITAN, json!({}), "0 vectors, and 1 were"),
        (COHERE, json!({ "embeddings": { "float": [[1], [2]] } }), "2 vectors, and 1 were"),
        (COHERE, json!({ "embeddings": { "int8": [[1]] } }), "not one of an embedding model"),
        (COHERE, json!({ "output": {} }), "not one of an embedding model"),
    ] {
        let answer = body.clone();
        let error = fails(move |_| Answer::ok(answer.clone()), &request(model, ["one"])).await;
        assert_eq!(error.kind(), ErrorKind::Protocol, "{body}: {error:?}");
        assert!(error.message().contains(words), "{body}: {error}");
    }
    let uneven = json!({ "embeddings": { "float": [[1, 2], [3]] } });
    let error = fails(move |_| Answer::ok(uneven.clone()), &request(COHERE, ["one", "two"])).await;
    assert_eq!(error.message(), "the service gave a vector of 1 numbers in place of 2");
    let short = |_: &Seen| Answer::ok(json!({ "embedding": [1.0, 2.0] }));
    let error = fails(short, &request(TITAN, ["one"]).dimensions(256)).await;
    assert_eq!(error.message(), "the service gave a vector of 2 numbers in place of 256");
}

#[test]
fn every_number_is_finite() {
    for number in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
        let error = Reply { vectors: vec![vec![0.5, number]], tokens: None }.checked(1).unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Protocol, "a vector holds a number that is none")
        );
    }
}

#[tokio::test]
async fn a_web_page_is_no_answer() {
    let page = |_: &Seen| Answer::ok(json!("<html>")).with_header("content-type", "text/html");
    assert_eq!(fails(page, &request(TITAN, ["one"])).await.kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn what_the_model_says_of_a_failed_text_is_kept() {
    let answer = |_: &Seen| Answer::ok(json!({ "embedding": null, "message": "no words found" }));
    let error = fails(answer, &request("amazon.titan-embed-image-v1", ["one"])).await;
    assert_eq!((error.kind(), error.provider_message()), (ErrorKind::Unexpected, Some("no words found")));
}

#[tokio::test]
async fn what_cannot_work_is_refused_before_any_call() {
    let service = Loopback::start(titan);
    let provider = service.provider();
    let refused = async |request: EmbedRequest| provider.embed(&request).await.unwrap_err();
    let error = refused(request(TITAN, ["a", " \n", ""])).await;
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::InvalidRequest, "`texts[1]` is blank: there is no vector of nothing")
    );
    let error = refused(request(TITAN, ["a"]).dimensions(300)).await;
    assert_eq!(error.hints(), ["take one of 256, 512, 1024, or leave `dimensions` out"]);
    let error = refused(request("us.anthropic.claude-opus-4-7", ["a"])).await;
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Unsupported, "`anthropic.claude-opus-4-7` is not known to turn texts into vectors")
    );
    assert!(error.hints()[0].contains("`cohere.embed-v4`"), "{error:?}");
    let profile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3";
    let error = refused(request(profile, ["a"])).await;
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.hints()[0].contains("`baseModel`"), "{error:?}");
    let nothing = provider.embed(&request(TITAN, [""; 0])).await.unwrap();
    assert_eq!((nothing.vectors.len(), nothing.usage), (0, None));
    assert_eq!(service.seen(), []);
}

/// A resolver that knows what is behind the account's own profile.
#[derive(Debug)]
struct Knows;

#[async_trait]
impl ModelResolver for Knows {
    async fn resolve(&self, id: &ModelId) -> Result<Resolved> {
        let mut resolved = Resolved::unchanged(id.clone());
        resolved.base = Some(TITAN.into());
        resolved.warning = Some("this model goes away soon".into());
        Ok(resolved)
    }

    async fn instead(&self, _: &ModelId, _: &str, _: &Error) -> Option<Resolved> {
        None
    }
}

#[tokio::test]
async fn an_application_profile_is_the_model_behind_it() {
    let profile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3";
    let service = Loopback::start(titan);
    let provider = service.provider_with(BedrockSettings::default(), Some(Arc::new(Knows)));
    let found = provider.embed(&request(profile, [4])).await.unwrap();
    assert_eq!((found.vectors, service.seen()[0].model.as_str()), (vec![vec![4.0]], profile));
    assert_eq!(found.warnings[0].message, "this model goes away soon");
}

#[tokio::test]
async fn a_bare_id_that_needs_a_profile_is_called_by_it() {
    let service = Loopback::start(|seen| match seen.model.as_str() {
        COHERE => Answer::error(
            400,
            "ValidationException",
            "Invocation of model ID cohere.embed-v4:0 with on-demand throughput isn\u{2019}t supported.",
        ),
        _ => Answer::ok(json!({ "embeddings": { "float": [[1.0]] } })),
    });
    let found = service.provider().embed(&request(COHERE, ["one"])).await.unwrap();
    let called: Vec<_> = service.seen().into_iter().map(|seen| seen.model).collect();
    assert_eq!(called, [COHERE, "us.cohere.embed-v4:0"]);
    assert_eq!(found.model.unwrap().as_str(), "us.cohere.embed-v4:0");
    assert_eq!(found.warnings[0].rule, "called-as");
}

#[tokio::test]
async fn guardrail_and_metadata_of_the_settings_go_with_every_call() {
    let entry = json!({
        "guardrail": { "guardrailIdentifier": "ours", "guardrailVersion": "3" },
        "requestMetadata": { "team": "growth" },
    });
    let settings = BedrockSettings::from_json(&entry).unwrap();
    let service = Loopback::start(titan);
    service.provider_with(settings.clone(), None).embed(&request(TITAN, 0..3)).await.unwrap();
    for seen in service.seen() {
        assert_eq!(seen.headers["x-amzn-bedrock-guardrailidentifier"], "ours");
        assert_eq!(seen.headers["x-amzn-bedrock-guardrailversion"], "3");
        assert_eq!(seen.headers["x-amzn-bedrock-request-metadata"], r#"{"team":"growth"}"#);
    }
    let service = Loopback::start(|_| {
        let outputs = [json!({ "text": "blocked" })];
        Answer::ok(
            json!({ "amazon-bedrock-guardrailAction": "INTERVENED", "output": { "outputs": outputs } }),
        )
    });
    let error =
        service.provider_with(settings.clone(), None).embed(&request(COHERE, ["one"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Filtered);
    let service =
        Loopback::start(|_| Answer::error(400, "ValidationException", "Guardrail is not supported here"));
    let error = service.provider_with(settings, None).embed(&request(TITAN, ["one"])).await.unwrap_err();
    assert!(error.hints().iter().any(|hint| hint.contains("a provider entry without one")), "{error:?}");
}
