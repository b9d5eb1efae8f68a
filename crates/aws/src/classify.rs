//! What Bedrock's errors mean, as data.
//!
//! Codes and statuses: AWS service models `bedrock` 2023-04-20 and `bedrock-runtime` 2023-09-30. Messages: recorded
//! traffic of the service. Statuses alone say little here (a quota is a 400, a model that is not ready a 429), so they
//! come last.

use outcrop_core::ErrorKind::{
    ContextOverflow, Interrupted, InvalidRequest, ModelAccess, ModelNotFound, PermissionDenied,
    ProfileRequired, QuotaExceeded, Throttled, Timeout, Unauthenticated, Unavailable, Unsupported,
};
use outcrop_core::classify::{HTTP_STATUS_RULES, Rule, Signal, classify};

/// Words of a throttling that also speak of tokens: waiting helps, shortening the conversation does not.
const THROTTLING: &[&str] = &["please wait", "too many requests", "rate limit", "per minute"];

/// The rows for errors of both planes, before [`HTTP_STATUS_RULES`].
pub const RULES: &[Rule] = &[
    // Words.
    Rule::words("on-demand", &["on-demand throughput isn't supported"], ProfileRequired),
    Rule::words("identifier-invalid", &["model identifier is invalid"], ModelNotFound),
    Rule::words("end-of-life", &["reached the end of its life"], ModelNotFound),
    Rule::words("model-access", &["access to the model"], ModelAccess).with_code("AccessDeniedException"),
    Rule::words("model-marketplace", &["marketplace"], ModelAccess).with_code("AccessDeniedException"),
    Rule::words("model-agreement", &["agreement"], ModelAccess).with_code("AccessDeniedException"),
    Rule::words("model-use-case", &["use case details"], ModelAccess),
    Rule::words("api-key", &["api key"], Unauthenticated).with_code("AccessDeniedException"),
    Rule::words("tokens-per-day", &["tokens per day"], QuotaExceeded),
    Rule::words("overflow-input-long", &["input is too long"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-prompt-long", &["prompt is too long"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-limit", &["exceed context limit"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-input-tokens", &["too many input tokens"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-max-input", &["max input token"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-maximum", &["exceeds the maximum number of", "tokens"], ContextOverflow)
        .without(THROTTLING),
    Rule::words("overflow-request", &["request_too_large"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-text", &["#/texts/", "expected maxlength"], ContextOverflow),
    Rule::words("count-tokens", &["doesn't support counting tokens"], Unsupported),
    // Codes.
    Rule::code("unrecognized-client", "UnrecognizedClientException", Unauthenticated),
    Rule::code("invalid-client-token", "InvalidClientTokenId", Unauthenticated),
    Rule::code("expired-token", "ExpiredTokenException", Unauthenticated),
    Rule::code("expired-token-short", "ExpiredToken", Unauthenticated),
    Rule::code("invalid-signature", "InvalidSignatureException", Unauthenticated),
    Rule::code("signature-mismatch", "SignatureDoesNotMatch", Unauthenticated),
    Rule::code("incomplete-signature", "IncompleteSignatureException", Unauthenticated),
    Rule::code("missing-token", "MissingAuthenticationTokenException", Unauthenticated),
    Rule::code("access-denied", "AccessDeniedException", PermissionDenied),
    Rule::code("not-found", "ResourceNotFoundException", ModelNotFound),
    Rule::code("validation", "ValidationException", InvalidRequest),
    Rule::code("conflict", "ConflictException", InvalidRequest),
    Rule::code("throttling", "ThrottlingException", Throttled),
    Rule::code("too-many-requests", "TooManyRequestsException", Throttled),
    Rule::code("quota", "ServiceQuotaExceededException", QuotaExceeded),
    Rule::code("model-not-ready", "ModelNotReadyException", Unavailable),
    Rule::code("internal", "InternalServerException", Unavailable),
    Rule::code("internal-failure", "InternalFailure", Unavailable),
    Rule::code("unavailable", "ServiceUnavailableException", Unavailable),
    Rule::code("model-timeout", "ModelTimeoutException", Timeout),
    Rule::code("model-stream", "ModelStreamErrorException", Interrupted),
    // Without an original status (which is looked at first) nobody knows what was wrong inside the model.
    Rule::code("model-error", "ModelErrorException", Unavailable),
];

/// The row for what a service said.
pub fn rule_for(signal: &Signal<'_>) -> Option<&'static Rule> {
    classify(&[RULES, HTTP_STATUS_RULES], signal)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// One case a row: (row, code, message). Messages are the service's own where one is recorded.
    const CASES: &[(&str, &str, &str)] = &[
        (
            "on-demand",
            "ValidationException",
            "Invocation of model ID deepseek.r1-v1:0 with on-demand throughput isn’t supported. Retry your request \
             with the ID or ARN of an inference profile that contains this model.",
        ),
        ("identifier-invalid", "ValidationException", "The provided model identifier is invalid."),
        (
            "end-of-life",
            "ResourceNotFoundException",
            "This model version has reached the end of its life. Please refer to the AWS documentation for more details.",
        ),
        (
            "model-access",
            "AccessDeniedException",
            "You don't have access to the model with the specified model ID.",
        ),
        (
            "model-marketplace",
            "AccessDeniedException",
            "Model access is denied due to IAM user or service role is not authorized to perform the required AWS \
             Marketplace actions.",
        ),
        ("model-agreement", "AccessDeniedException", "An agreement for this model has not been accepted."),
        (
            "model-use-case",
            "ResourceNotFoundException",
            "Model use case details have not been submitted for this account.",
        ),
        (
            "api-key",
            "AccessDeniedException",
            "Authentication failed: Please make sure your API Key is valid.",
        ),
        (
            "tokens-per-day",
            "ThrottlingException",
            "Too many tokens per day, please wait before trying again.",
        ),
        ("overflow-input-long", "ValidationException", "Input is too long for requested model."),
        ("overflow-prompt-long", "ValidationException", "prompt is too long: 210000 tokens > 200000 maximum"),
        (
            "overflow-limit",
            "ValidationException",
            "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
        ),
        ("overflow-input-tokens", "ModelStreamErrorException", "too many input tokens"),
        ("overflow-max-input", "ValidationException", "Max input tokens is 4096"),
        (
            "overflow-maximum",
            "ValidationException",
            "The request exceeds the maximum number of input tokens for this model",
        ),
        ("overflow-request", "ValidationException", "request_too_large"),
        (
            "overflow-text",
            "ValidationException",
            "Malformed input request: #/texts/0: expected maxLength: 2048, actual: 19882, please reformat your input and \
             try again.",
        ),
        ("count-tokens", "ValidationException", "The provided model doesn't support counting tokens."),
        (
            "unrecognized-client",
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        (
            "invalid-client-token",
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
        ),
        ("expired-token", "ExpiredTokenException", "The security token included in the request is expired"),
        ("expired-token-short", "ExpiredToken", "The provided token has expired."),
        (
            "invalid-signature",
            "InvalidSignatureException",
            "Credential should be scoped to a valid region, not 'us-east-1'.",
        ),
        ("signature-mismatch", "SignatureDoesNotMatch", "The request signature we calculated does not match"),
        (
            "incomplete-signature",
            "IncompleteSignatureException",
            "Authorization header requires 'Credential'.",
        ),
        ("missing-token", "MissingAuthenticationTokenException", "Missing Authentication Token"),
        (
            "access-denied",
            "AccessDeniedException",
            "User: arn:aws:iam::1:user/a is not authorized to perform: bedrock:InvokeModel on resource: x",
        ),
        (
            "not-found",
            "ResourceNotFoundException",
            "Could not resolve the foundation model from the model identifier",
        ),
        ("validation", "ValidationException", "The text field in the ContentBlock object is blank."),
        ("conflict", "ConflictException", "a conflict"),
        ("throttling", "ThrottlingException", "Too many tokens, please wait before trying again."),
        ("too-many-requests", "TooManyRequestsException", "Rate exceeded"),
        ("quota", "ServiceQuotaExceededException", "Your account has reached a quota"),
        ("model-not-ready", "ModelNotReadyException", "The model is not ready for inference"),
        ("internal", "InternalServerException", "The system encountered an unexpected error"),
        ("internal-failure", "InternalFailure", ""),
        ("unavailable", "ServiceUnavailableException", "Bedrock is unable to process your request."),
        ("model-timeout", "ModelTimeoutException", "Model has timed out in processing the request."),
        ("model-stream", "ModelStreamErrorException", "Model produced invalid output"),
        (
            "model-error",
            "ModelErrorException",
            "The request failed due to an error while processing the model.",
        ),
    ];

    #[test]
    fn every_row_has_a_case_and_every_case_its_row() {
        for (id, code, message) in CASES {
            let signal = Signal { code: Some(code), message: Some(message), status: Some(400) };
            assert_eq!(rule_for(&signal).map(|rule| rule.id), Some(*id), "{code}: {message}");
        }
        let covered: BTreeSet<_> = CASES.iter().map(|(id, ..)| *id).collect();
        let rows: BTreeSet<_> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(covered, rows);
        assert_eq!(rows.len(), RULES.len(), "two rows have the same id");
    }

    #[test]
    fn a_throttling_that_speaks_of_tokens_is_no_overflow() {
        for message in [
            "Too many tokens, please wait before trying again.",
            "Too many input tokens per minute, please wait before trying again.",
            "Rate limit exceeded: prompt is too long for your tier's rate limit",
        ] {
            let signal =
                Signal { code: Some("ThrottlingException"), message: Some(message), status: Some(429) };
            assert_eq!(rule_for(&signal).map(|rule| rule.kind), Some(Throttled), "{message}");
        }
    }
}
