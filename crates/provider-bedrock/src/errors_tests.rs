//! Every error that this crate raises of itself, word for word.

use futures_util::StreamExt as _;
use outcrop_core::{EmbedRequest, Error, ModelProvider as _, ProviderId, Request, Result};
use outcrop_model_facts::facts;
use serde_json::{Value, json};

use crate::loopback::{Answer, Loopback};
use crate::{BedrockSettings, canned, cases, repair};

#[path = "../../../tests/support/error_sites.rs"]
mod error_sites;

/// Lines that cannot be reached from outside, and why they are there.
const UNREACHABLE: [(&str, &str); 3] = [
    ("a vector holds a number that is none", "JSON has no such numbers; a unit test raises it"),
    ("the body cannot be sent", "the SDK's builder asks only for the body, which is given"),
    ("the request cannot be written as JSON", "content of a newer core than this crate knows"),
];

const TITAN: &str = "amazon.titan-embed-text-v2:0";

/// Of drafts that no case of a file can say, as JSON has no such values or they would be long.
fn of_requests() -> Vec<Error> {
    let ask = || Request::new("amazon.nova-lite-v1:0").user("Hi");
    let mut strange = ask();
    strange.inference.temperature = Some(f64::NAN);
    let mut many = ask();
    many.inference.stop_sequences = vec!["x".into(); 2501];
    [strange, many].iter().map(|request| cases::draft_of(request).unwrap_err()).collect()
}

fn of_settings() -> Vec<Error> {
    let pairs: serde_json::Map<_, _> = (0..17).map(|at| (format!("key{at}"), json!("x"))).collect();
    [
        json!({ "timeouts": { "firstEvent": 0 } }),
        json!({ "guardrail": "g" }),
        json!({ "guardrail": { "guardrailVersion": "1" } }),
        json!({ "guardrail": { "guardrailIdentifier": "My Guardrail" } }),
        json!({ "guardrail": { "guardrailIdentifier": "g", "guardrailVersion": 1 } }),
        json!({ "guardrail": { "guardrailIdentifier": "g", "streamProcessingMode": "later" } }),
        json!({ "guardrail": { "guardrailIdentifier": "g", "trace": true } }),
        json!({ "guardrail": { "guardrailIdentifier": "g", "name": "x" } }),
        json!({ "requestMetadata": [] }),
        json!({ "requestMetadata": pairs }),
        json!({ "requestMetadata": { "": "x" } }),
        json!({ "requestMetadata": { "team": 7 } }),
        json!({ "cache": "always" }),
        json!({ "cacheTtl": 5 }),
    ]
    .iter()
    .map(|entry| BedrockSettings::from_json(entry).unwrap_err())
    .collect()
}

async fn of_streams() -> Vec<Error> {
    let begins = |index: u32| {
        let start = json!({ "toolUse": { "toolUseId": "a", "name": "clock" } });
        json!({ "contentBlockStart": { "start": start, "contentBlockIndex": index } })
    };
    let says =
        |text: &str| json!({ "contentBlockDelta": { "delta": { "text": text }, "contentBlockIndex": 0 } });
    let asks =
        json!({ "contentBlockDelta": { "delta": { "toolUse": { "input": "{" } }, "contentBlockIndex": 0 } });
    let ends = json!({ "contentBlockStop": { "contentBlockIndex": 0 } });
    let streams = [
        vec![],
        vec![says("Hi")],
        vec![begins(0), begins(0)],
        vec![says("Hi"), ends, says("again")],
        vec![says("Hi"), asks],
        vec![says("Hi"), json!({ "messageStop": {} })],
    ];
    let mut errors = Vec::new();
    for events in streams {
        errors.push(match canned::streamed(&events, false).await {
            Err(error) => error,
            Ok(stream) => stream.filter_map(async |item: Result<_>| item.err()).boxed().next().await.unwrap(),
        });
    }
    errors.push(canned::whole(&json!({})).await.unwrap_err());
    errors
}

async fn embedding(answer: Value, request: EmbedRequest) -> Error {
    Loopback::start(move |_| Answer::ok(answer.clone())).provider().embed(&request).await.unwrap_err()
}

async fn of_embeddings() -> Vec<Error> {
    let one = || EmbedRequest::new(TITAN, vec!["one".into()]);
    let optioned = |options: Value| {
        let mut request = one();
        request.options.insert(ProviderId::from("bedrock"), options);
        request
    };
    let nothing = json!({});
    let guarded = json!({ "amazon-bedrock-guardrailAction": "INTERVENED" });
    let image = EmbedRequest::new("amazon.titan-embed-image-v1", vec!["one".into()]);
    let pair = EmbedRequest::new("cohere.embed-english-v3", vec!["one".into(), "two".into()]);
    let vectors = |of: Value| json!({ "embeddings": of, "response_type": "embeddings_floats" });
    vec![
        embedding(nothing.clone(), EmbedRequest::new(TITAN, vec![" ".into()])).await,
        embedding(nothing.clone(), EmbedRequest::new("amazon.nova-lite-v1:0", vec!["one".into()])).await,
        embedding(nothing.clone(), EmbedRequest::new("mine", vec!["one".into()])).await,
        embedding(nothing.clone(), one().dimensions(7)).await,
        embedding(nothing.clone(), optioned(json!([]))).await,
        embedding(nothing.clone(), optioned(json!({ "inputText": "two" }))).await,
        embedding(nothing, one()).await,
        embedding(json!({ "embedding": [] }), one()).await,
        embedding(json!({ "message": "No." }), image).await,
        embedding(vectors(json!([[0.5]])), pair.clone()).await,
        embedding(vectors(json!([[0.5], [0.5, 1.0]])), pair).await,
        embedding(json!([]), one()).await,
        embedding(
            json!({ "embedding": guarded.clone(), "amazon-bedrock-guardrailAction": "INTERVENED" }),
            one(),
        )
        .await,
    ]
}

async fn of_counting() -> Vec<Error> {
    let service = Loopback::start(|_| Answer::ok(json!({ "inputTokens": -1 })));
    let request = Request::new("anthropic.claude-sonnet-4-6").user("Hi");
    let less_than_nothing = service.provider().count_tokens(&request).await.unwrap_err();
    let service = Loopback::start(|_| {
        Answer::error(400, "ValidationException", "The provided model doesn't support counting tokens.")
    });
    vec![less_than_nothing, service.provider().count_tokens(&request).await.unwrap_err()]
}

/// What is added to the service's own words.
fn of_repairs() -> Vec<Error> {
    let kinds = [
        (outcrop_core::ErrorKind::ProfileRequired, "anthropic.claude-opus-4-7"),
        (outcrop_core::ErrorKind::ProfileRequired, "maker.unknown-v1:0"),
        (outcrop_core::ErrorKind::ModelNotFound, "us.anthropic.claude-opsu-4-7"),
    ];
    kinds
        .map(|(kind, id)| {
            repair::with_alternatives(Error::new(kind, "…"), &id.into(), facts::find(id), "us-east-1")
        })
        .into()
}

#[tokio::test]
async fn every_error_has_its_words() {
    let mut errors = cases::errors();
    errors.extend(of_requests());
    errors.extend(of_settings());
    errors.extend(of_streams().await);
    errors.extend(of_embeddings().await);
    errors.extend(of_counting().await);
    let unreachable = |text: &str| UNREACHABLE.iter().any(|(words, _)| text.contains(words));
    let sites = error_sites::sites(env!("CARGO_MANIFEST_DIR"), |_| true);
    assert!(sites.len() > 50, "the sites are not found any more: {sites:#?}");
    let mut unseen = error_sites::unseen(sites, &errors);
    unseen.retain(|site| !unreachable(&site.text));
    assert_eq!(unseen, [], "errors without a snapshot: raise them above");
    errors.extend(of_repairs());
    insta::assert_snapshot!(error_sites::shown(&errors));
}
