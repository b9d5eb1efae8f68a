//! Answers that are errors from the start.

use serde_json::{Value, json};

use super::{Failure, ask, check};
use crate::support::Emulator;

fn error(status: u16, code: &str, message: &str) -> Value {
    json!({ "type": "error", "status": status, "code": code, "message": message })
}

/// A row for an error answer whose code and words are kept.
fn row(
    name: &'static str,
    kind: &'static str,
    exit: i32,
    (status, code, words): (u16, &'static str, &'static str),
) -> Failure {
    Failure::new(name, kind, exit, error(status, code, words)).says(code, words).with_status(status)
}

#[test]
fn the_caller_is_told_to_identify_or_to_ask_for_a_permission() {
    check(&[
        row(
            "expired token",
            "Unauthenticated",
            4,
            (403, "ExpiredTokenException", "The security token included in the request is expired"),
        )
        .with_hint("outcrop auth"),
        row(
            "wrong region",
            "Unauthenticated",
            4,
            (
                403,
                "InvalidSignatureException",
                "Credential should be scoped to a valid region, not 'us-east-1'.",
            ),
        )
        .with_hint("--region"),
        row(
            "access denied, and the service names the action",
            "PermissionDenied",
            4,
            (
                403,
                "AccessDeniedException",
                "User: arn:aws:iam::123456789012:user/me is not authorized to perform: \
                 bedrock:CallWithBearerToken on resource: x",
            ),
        )
        .with_hint("`bedrock:CallWithBearerToken`"),
        row(
            "access denied, and the service names nothing",
            "PermissionDenied",
            4,
            (403, "AccessDeniedException", "No."),
        )
        .with_hint("`bedrock:InvokeModelWithResponseStream`"),
        row(
            "no access to the model",
            "ModelAccess",
            4,
            (403, "AccessDeniedException", "You don't have access to the model with the specified model ID."),
        )
        .with_hint("Model access"),
    ]);
}

#[test]
fn the_request_is_refused_for_what_it_is() {
    check(&[
        row(
            "no such model",
            "ModelNotFound",
            5,
            (404, "ResourceNotFoundException", "Could not resolve the foundation model."),
        )
        .with_hint("outcrop models list"),
        row(
            "invalid identifier",
            "ModelNotFound",
            5,
            (400, "ValidationException", "The provided model identifier is invalid."),
        ),
        row(
            "only through a profile",
            "ProfileRequired",
            5,
            (
                400,
                "ValidationException",
                "Invocation of model ID amazon.nova-lite-v1:0 with on-demand throughput isn’t supported. Retry your \
                 request with the ID or ARN of an inference profile that contains this model.",
            ),
        )
        .with_hint("`us.amazon.nova-lite-v1:0`"),
        row(
            "invalid request",
            "InvalidRequest",
            6,
            (400, "ValidationException", "The text field in the ContentBlock object is blank."),
        ),
    ]);
}

#[test]
fn too_long_a_conversation_is_told_from_too_many_requests() {
    let too_long = |name, words| row(name, "ContextOverflow", 6, (400, "ValidationException", words));
    check(&[
        too_long("too long: the service", "Input is too long for requested model."),
        too_long("too long: Claude", "prompt is too long: 210000 tokens > 200000 maximum"),
        too_long(
            "too long: with the answer",
            "input length and `max_tokens` exceed context limit: 190000 + 20000",
        ),
        row(
            "throttled, and the words speak of tokens",
            "Throttled",
            8,
            (
                429,
                "ThrottlingException",
                "Too many input tokens per minute, please wait before trying again.",
            ),
        ),
    ]);
}

#[test]
fn by_how_much_a_conversation_is_too_long_is_told_to_programs_and_to_people() {
    for (words, overflow, hint) in [
        (
            "The model returned the following errors: prompt is too long: 207848 tokens > 200000 maximum",
            json!({ "promptTokens": 207_848, "maxTokens": null, "limit": 200_000 }),
            "7848 tokens too long: shorten the prompt",
        ),
        (
            "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
            json!({ "promptTokens": 190_000, "maxTokens": 20_000, "limit": 200_000 }),
            "lower `maxTokens` to at most 10000: ",
        ),
        ("Input is too long for requested model.", Value::Null, "Shorten the conversation"),
    ] {
        let emulator = Emulator::start();
        emulator.scenario(&json!({ "rules": [{ "fault": error(400, "ValidationException", words) }] }));
        for mode in [&["--json"][..], &["--json", "--no-stream"], &["--events"]] {
            let run = ask(&emulator, 1, mode).run().exits_with(6);
            let error = &run.error_json()["error"];
            assert_eq!(
                (&error["kind"], &error["overflow"]),
                (&json!("ContextOverflow"), &overflow),
                "{mode:?}"
            );
            assert!(error["hints"][0].as_str().unwrap().starts_with(hint), "{error}");
        }
        let run = ask(&emulator, 1, &[]).run().exits_with(6);
        assert!(run.stderr.contains(&format!("hint: {hint}")), "{}", run.stderr);
    }
}

#[test]
fn limits_of_the_account_are_told_from_troubles_of_the_service() {
    check(&[
        Failure::new("throttled", "Throttled", 8, json!({ "type": "throttle" }))
            .says("ThrottlingException", "Too many requests, please wait before trying again.")
            .with_status(429),
        row(
            "quota",
            "QuotaExceeded",
            8,
            (400, "ServiceQuotaExceededException", "Your account has reached the quota."),
        ),
        row(
            "tokens of the day",
            "QuotaExceeded",
            8,
            (429, "ThrottlingException", "Too many tokens per day, please wait before trying again."),
        ),
        row("500", "Unavailable", 9, (500, "InternalServerException", "The system encountered an error.")),
        row("503", "Unavailable", 9, (503, "ServiceUnavailableException", "Unable to process your request.")),
        row("502 of a gateway", "Unavailable", 9, (502, "BadGateway", "Bad gateway.")),
        row(
            "not ready",
            "Unavailable",
            9,
            (429, "ModelNotReadyException", "Model is not ready for inference, please wait."),
        ),
        row("model timeout", "Timeout", 9, (408, "ModelTimeoutException", "Model has timed out.")),
    ]);
}

#[test]
fn what_is_no_answer_of_bedrock_is_a_protocol_error() {
    let foreign = |name, body| {
        Failure::new(name, "Protocol", 1, json!({ "type": "foreignBody", "body": body }))
            .with_hint("endpoint")
    };
    check(&[
        foreign("the page of a captive portal", "html").with_status(200),
        foreign("an answer to another operation", "unknownOperation").with_status(200),
        foreign("an empty object", "emptyObject").with_status(200),
    ]);
}

#[test]
fn a_foreign_answer_is_none_without_a_stream_either() {
    for body in ["html", "unknownOperation", "emptyObject"] {
        let emulator = Emulator::start();
        emulator.scenario(&json!({ "rules": [{ "fault": { "type": "foreignBody", "body": body } }] }));
        let run = ask(&emulator, 3, &["--json", "--no-stream"]).run().exits_with(1);
        assert_eq!(run.stdout, "", "{body}");
        let [request] = emulator.requests_of("Converse").try_into().expect("exactly one request");
        let (error, request): (_, Value) = (&run.error_json()["error"], request);
        assert_eq!(
            (&error["kind"], &error["requestId"]),
            (&json!("Protocol"), &request["requestId"]),
            "{body}"
        );
    }
}
