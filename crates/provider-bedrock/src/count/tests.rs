//! Over the real wire, with the real SDK.

use outcrop_core::{ModelProvider as _, Request};
use serde_json::json;

use super::*;
use crate::loopback::{Answer, Loopback, REQUEST_ID, Seen};

const PROFILE: &str = "us.anthropic.claude-opus-4-6-v1";
const BASE: &str = "anthropic.claude-opus-4-6-v1";

fn ten(_: &Seen) -> Answer {
    Answer::ok(json!({ "inputTokens": 10 }))
}

async fn refused(status: u16, code: &'static str, message: &'static str) -> Result<TokenCount> {
    let service = Loopback::start(move |_| Answer::error(status, code, message));
    let counted = service.provider().count_tokens(&Request::new(PROFILE).user("Hi")).await;
    assert!(service.seen().iter().all(|seen| seen.operation == "count-tokens"), "only ever counted");
    counted
}

#[tokio::test]
async fn a_conversation_is_counted_as_its_foundation_model() {
    let service = Loopback::start(ten);
    let request = Request::new(PROFILE).system("Be brief.").user("Hi");
    let counted = service.provider().count_tokens(&request).await.unwrap();
    assert_eq!(counted.input_tokens, 10);
    let [seen] = service.seen().try_into().unwrap();
    assert_eq!((seen.operation.as_str(), seen.model.as_str()), ("count-tokens", BASE));
    let converse = json!({
        "system": [{ "text": "Be brief." }],
        "messages": [{ "role": "user", "content": [{ "text": "Hi" }] }],
    });
    assert_eq!(seen.body, json!({ "input": { "converse": converse } }));
}

#[tokio::test]
async fn a_body_is_counted_as_it_is() {
    let service = Loopback::start(ten);
    let body = r#"{"anthropic_version":"bedrock-2023-05-31","max_tokens":1,"messages":[]}"#;
    let counted = service.provider().count_tokens_of_body(&PROFILE.into(), body.into()).await.unwrap();
    assert_eq!(counted.input_tokens, 10);
    let [seen] = service.seen().try_into().unwrap();
    assert_eq!((seen.operation.as_str(), seen.model.as_str()), ("count-tokens", BASE));
    let encoded = aws_smithy_types::base64::encode(body);
    assert_eq!(seen.body, json!({ "input": { "invokeModel": { "body": encoded } } }));
}

#[tokio::test]
async fn a_body_that_cannot_be_counted_says_why() {
    let service =
        Loopback::start(|_| Answer::error(400, "ValidationException", "max_tokens: Field required"));
    let error = service.provider().count_tokens_of_body(&BASE.into(), "{}".into()).await.unwrap_err();
    assert_eq!((error.kind(), error.request_id()), (ErrorKind::InvalidRequest, Some(REQUEST_ID)));
    assert_eq!(error.provider().unwrap().as_str(), "bedrock");
    assert!(error.context().any(|fact| fact == ("model", BASE)), "{error:?}");
}

#[tokio::test]
async fn a_model_that_is_not_counted_is_no_wrong_request() {
    let message = "The provided model doesn't support counting tokens.";
    let error = refused(400, "ValidationException", message).await.unwrap_err();
    assert_eq!((error.kind(), error.provider_message()), (ErrorKind::Unsupported, Some(message)));
    assert!(error.hints()[0].starts_with("estimate the length"), "{error:?}");
}

#[tokio::test]
async fn a_caller_who_may_not_count_learns_what_to_add() {
    let message = "User: arn:aws:iam::123456789012:user/a is not authorized to perform: bedrock:CountTokens on resource: x";
    let error = refused(403, "AccessDeniedException", message).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(error.hints(), ["add the IAM action `bedrock:CountTokens` to the caller's policy"]);
}

#[tokio::test]
async fn a_prompt_that_is_too_long_to_be_counted_was_counted() {
    let message = "prompt is too long: 243120 tokens > 200000 maximum";
    assert_eq!(refused(400, "ValidationException", message).await.unwrap().input_tokens, 243_120);
    let error =
        refused(400, "ValidationException", "Input is too long for requested model.").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ContextOverflow);
}

#[tokio::test]
async fn less_than_nothing_is_no_count() {
    let service = Loopback::start(|_| Answer::ok(json!({ "inputTokens": -1 })));
    let error = service.provider().count_tokens(&Request::new(BASE).user("Hi")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

#[test]
fn what_can_be_counted_is_known_where_aws_says_so() {
    let of = |id: &str| support(facts::find(id).unwrap());
    assert_eq!(of("anthropic.claude-3-7-sonnet-20250219-v1:0"), Support::Yes);
    assert_eq!(of(BASE), Support::Unknown);
    assert_eq!(of("amazon.nova-lite-v1:0"), Support::Unknown);
    assert_eq!(of("amazon.titan-embed-text-v2:0"), Support::No);
}
