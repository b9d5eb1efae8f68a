//! The rows.

use outcrop_core::ErrorKind::{
    ContextOverflow, Interrupted, InvalidRequest, ModelAccess, ModelNotFound, PermissionDenied,
    ProfileRequired, QuotaExceeded, Throttled, Timeout, Unauthenticated, Unavailable, Unsupported,
};
use outcrop_core::classify::Rule;

/// Words of a throttling that also speak of tokens: waiting helps, shortening the conversation does not.
const THROTTLING: &[&str] = &["please wait", "too many requests", "rate limit", "per minute", "per day"];

const USE_CASE: &str = "fill in the use case details of Anthropic in the Amazon Bedrock console, once for the account; \
                        it takes about 15 minutes to count";
const MARKETPLACE: &str = "let somebody who has the IAM actions `aws-marketplace:Subscribe` and \
                           `aws-marketplace:ViewSubscriptions` call the model once, and try again some minutes later";
const GUARDRAIL: &str =
    "check `guardrailIdentifier` and `guardrailVersion`: a guardrail is known in its own region only";
const CLOCK: &str = "set the clock of this machine: `outcrop doctor` says how far it is off";
const REGION: &str = "the endpoint belongs to another region than the one that is signed for: set `--region`";
const API_KEY: &str =
    "make a new API key in the Amazon Bedrock console, for the region that is called (`--region`)";

/// The rows for errors of both planes, before [`HTTP_STATUS_RULES`](outcrop_core::classify::HTTP_STATUS_RULES).
pub const RULES: &[Rule] = &[
    // Which model, and how it is called.
    Rule::words("on-demand", &["on-demand throughput isn't supported"], ProfileRequired),
    Rule::words("on-demand-lacking", &["doesn't support on-demand throughput"], ProfileRequired),
    Rule::words("identifier-invalid", &["model identifier is invalid"], ModelNotFound),
    Rule::words("end-of-life", &["reached the end of its life"], ModelNotFound),
    Rule::words("legacy", &["marked by provider as legacy"], ModelNotFound)
        .hint("take a model that is active: `outcrop models list` shows them"),
    // Access of the account.
    Rule::words("model-use-case", &["use case details"], ModelAccess).hint(USE_CASE),
    Rule::words("model-use-case-form", &["use-case form"], ModelAccess).hint(USE_CASE),
    Rule::words("model-request-form", &["have not filled out the request form"], ModelAccess).hint(USE_CASE),
    Rule::words("model-payment", &["invalid_payment_instrument"], ModelAccess)
        .hint("give the account a valid payment method in the AWS Billing console, and try again some minutes later"),
    Rule::words("model-subscription", &["subscription for this model is still being processed"], ModelAccess)
        .hint("try again in 15 minutes"),
    Rule::words("model-marketplace", &["marketplace"], ModelAccess)
        .with_code("AccessDeniedException")
        .hint(MARKETPLACE),
    Rule::words("model-agreement", &["agreement"], ModelAccess).with_code("AccessDeniedException"),
    Rule::words("model-access", &["access to the model"], ModelAccess).with_code("AccessDeniedException"),
    Rule::words("account-model", &["account is not authorized to access this model"], ModelAccess)
        .hint("AWS decides about this account: ask AWS Support"),
    Rule::words("account-operation", &["account is not authorized to invoke this api operation"], ModelAccess)
        .hint("request access to the model in the Amazon Bedrock console, in the region that is called (`--region`)"),
    Rule::words("account-verification", &["account is currently being verified"], ModelAccess)
        .hint("wait for AWS to verify the new account: it takes two hours at most, as a rule"),
    Rule::words("account-closed", &["operation not allowed"], ModelAccess)
        .with_code("ValidationException")
        .hint("AWS has not opened Amazon Bedrock's models to this account: ask AWS Support to verify it"),
    Rule::words("country", &["not allowed from unsupported countries"], ModelAccess)
        .hint("the maker does not serve the country of the call or of the account: take another maker's model"),
    Rule::words("data-retention", &["data retention mode"], ModelAccess).hint(
        "choose a data retention mode that the model asks for, in the settings of Amazon Bedrock \
         (https://docs.aws.amazon.com/bedrock/latest/userguide/data-retention.html), or take another model",
    ),
    // Who calls.
    Rule::words("api-key", &["api key"], Unauthenticated).with_code("AccessDeniedException").hint(API_KEY),
    Rule::words("api-key-expired", &["bearer token has expired"], Unauthenticated).hint(API_KEY),
    Rule::words("authorization-missing", &["authorization header is missing"], Unauthenticated)
        .hint("something on the way takes the `Authorization` header away: check the proxy and the endpoint"),
    Rule::words("signature-expired", &["signature expired"], Unauthenticated).hint(CLOCK),
    Rule::words("signature-early", &["signature not yet current"], Unauthenticated).hint(CLOCK),
    Rule::words("signature-region", &["scoped to a valid region"], Unauthenticated).hint(REGION),
    Rule::words("signature-correct-region", &["scoped to correct region"], Unauthenticated).hint(REGION),
    // What the caller may do (IAM User Guide, "Troubleshoot access denied error messages").
    Rule::words("denied-by-organization", &["explicit deny in a service control policy"], PermissionDenied).hint(
        "a policy of the organization forbids it: ask its administrators, or call in a region and by an inference \
         profile that it allows",
    ),
    Rule::words("denied-outright", &["explicit deny in"], PermissionDenied)
        .hint("a policy forbids it, and no other one can allow it: take the `Deny` out of the one that the message names"),
    Rule::words("allowed-by-no-organization", &["no service control policy allows"], PermissionDenied)
        .hint("no policy of the organization allows it: ask its administrators"),
    Rule::words("allowed-by-no-boundary", &["no permissions boundary allows"], PermissionDenied)
        .hint("add the action to the permissions boundary of the caller, too"),
    Rule::words("allowed-by-no-session", &["no session policy allows"], PermissionDenied)
        .hint("add the action to the policy of the session that the credentials come from, too"),
    Rule::words("allowed-by-no-endpoint", &["no vpc endpoint policy allows"], PermissionDenied)
        .hint("add the action to the policy of the VPC endpoint that the call goes through"),
    Rule::words("kms-key", &["customer master key"], PermissionDenied)
        .hint("allow the caller `kms:Decrypt` with the key of AWS KMS that the guardrail or the model is encrypted with"),
    // Too much for now. The service names what there is too much of before it asks to wait.
    Rule::words("tokens-per-day", &["tokens per day"], QuotaExceeded),
    Rule::words("connections", &["too many connections"], Unavailable),
    Rule::words("please-wait", &["please wait before trying again"], Throttled),
    Rule::words("requests", &["too many requests"], Throttled),
    Rule::words("rate", &["rate exceeded"], Throttled),
    // Too much for the model.
    Rule::words("overflow-input-long", &["input is too long"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-prompt-long", &["prompt is too long"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-limit", &["exceed context limit"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-input-exceeded", &["input tokens exceeded"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-context-length", &["maximum context length"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-prompt-length", &["maximum prompt length"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-longer", &["is longer than the model's context length"], ContextOverflow),
    Rule::words("overflow-token-limit", &["exceeded model token limit"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-window", &["context window exceeds limit"], ContextOverflow),
    Rule::words("overflow-your-input", &["input exceeds the context window"], ContextOverflow),
    Rule::words("overflow-input-tokens", &["too many input tokens"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-max-input", &["max input token"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-maximum", &["exceeds the maximum number of", "tokens"], ContextOverflow)
        .without(THROTTLING),
    Rule::words("overflow-size", &["too many tokens", "size limit exceeded"], ContextOverflow),
    Rule::words("overflow-total", &["too many tokens", "cannot exceed"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-bytes", &["too many total text bytes"], ContextOverflow),
    Rule::words("overflow-request", &["request_too_large"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-text", &["#/texts/", "expected maxlength"], ContextOverflow),
    Rule::words("overflow-characters", &["malformed input request: expected maxlength"], ContextOverflow),
    // What else is wrong with the request.
    Rule::words("max-tokens-limit", &["the model limit of"], InvalidRequest)
        .hint("lower `maxTokens` to what the message names"),
    Rule::words("max-tokens-maximum", &["maximum allowed number of output tokens"], InvalidRequest)
        .hint("lower `maxTokens` to what the message names"),
    Rule::words("guardrail-unknown", &["guardrail identifier or version", "does not exist"], InvalidRequest)
        .hint(GUARDRAIL),
    Rule::words("guardrail-invalid", &["guardrail identifier is invalid"], InvalidRequest).hint(GUARDRAIL),
    Rule::words("reservation", &["reservation not found"], InvalidRequest)
        .hint("take another `serviceTier` than `reserved`: the account has reserved nothing for this model here"),
    Rule::words("service-tier", &["service tier is not supported"], Unsupported)
        .hint("leave out `serviceTier`, or take a model that has this tier"),
    Rule::words("count-tokens", &["doesn't support counting tokens"], Unsupported),
    Rule::words("tools-while-streaming", &["doesn't support tool use in streaming mode"], Unsupported)
        .hint("ask for the whole answer at once (`--no-stream`), or take another model"),
    Rule::words("not-for-converse", &["action doesn't support the model"], Unsupported)
        .hint("take a model that chats: `outcrop models list` shows them"),
    Rule::words("lacking", &["this model doesn't support"], Unsupported),
    Rule::words("lacking-plainly", &["this model does not support"], Unsupported),
    Rule::words("tool-call-broken", &["invalid sequence as part of tooluse"], Interrupted)
        .hint("ask once more: a model that chooses freely gets a call wrong now and then, with `temperature` 0 less often"),
    // Codes.
    Rule::code("unrecognized-client", "UnrecognizedClientException", Unauthenticated),
    Rule::code("invalid-client-token", "InvalidClientTokenId", Unauthenticated),
    Rule::code("expired-token", "ExpiredTokenException", Unauthenticated),
    Rule::code("expired-token-short", "ExpiredToken", Unauthenticated),
    Rule::code("request-expired", "RequestExpired", Unauthenticated).hint(CLOCK),
    Rule::code("invalid-signature", "InvalidSignatureException", Unauthenticated),
    Rule::code("signature-mismatch", "SignatureDoesNotMatch", Unauthenticated),
    Rule::code("incomplete-signature", "IncompleteSignatureException", Unauthenticated),
    Rule::code("incomplete-signature-short", "IncompleteSignature", Unauthenticated),
    Rule::code("missing-token", "MissingAuthenticationTokenException", Unauthenticated),
    Rule::code("access-denied", "AccessDeniedException", PermissionDenied),
    Rule::code("not-authorized", "NotAuthorized", PermissionDenied),
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
    Rule::code("overloaded", "overloaded_error", Unavailable),
    Rule::code("model-timeout", "ModelTimeoutException", Timeout),
    Rule::code("model-stream", "ModelStreamErrorException", Interrupted),
    // Without an original status (which is looked at first) nobody knows what was wrong inside the model.
    Rule::code("model-error", "ModelErrorException", Unavailable),
];
