//! What the errors of these endpoints mean, as data. Codes are compared in lower case.
//!
//! Sources: OpenAI, "Error codes"; OpenRouter, "Errors"; DeepSeek, "Error codes"; Z.AI, "Error codes"; Moonshot, "Error
//! description"; the sources of vLLM, llama.cpp, Ollama and LiteLLM. Each row has a case in `tests-data/errors.json`.

use outcrop_core::ErrorKind::{
    ContextOverflow, Filtered, Interrupted, InvalidRequest, ModelAccess, ModelNotFound, PermissionDenied,
    ProfileRequired, QuotaExceeded, Throttled, Timeout, Unauthenticated, Unavailable, Unsupported,
};
use outcrop_core::classify::Rule;

/// Words of a throttling that also speak of tokens: waiting helps, shortening the conversation does not.
const THROTTLING: &[&str] =
    &["rate limit", "per minute", "per day", "too many requests", "please wait", "tpm"];

const CREDIT: &str = "add credit to the account, or take another provider";

/// The rows before [`HTTP_STATUS_RULES`](outcrop_core::classify::HTTP_STATUS_RULES).
pub(super) const RULES: &[Rule] = &[
    // Too long.
    Rule::words("overflow-context-length", &["maximum context length"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-context-size", &["exceeds the available context size"], ContextOverflow),
    Rule::words("overflow-window", &["context window"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-prompt-long", &["prompt is too long"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-input-long", &["input is too long"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-longer", &["longer than the model's context length"], ContextOverflow),
    Rule::words("overflow-prompt-length", &["maximum prompt length"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-token-limit", &["exceeded model token limit"], ContextOverflow).without(THROTTLING),
    Rule::words("overflow-too-large", &["tokens", "too large for model"], ContextOverflow),
    // Money and quotas.
    Rule::words("current-quota", &["exceeded your current quota"], QuotaExceeded).hint(CREDIT),
    Rule::words("insufficient-balance", &["insufficient balance"], QuotaExceeded).hint(CREDIT),
    Rule::words("insufficient-credits", &["insufficient credits"], QuotaExceeded).hint(CREDIT),
    // Models.
    Rule::words("model-pull", &["try pulling it first"], ModelNotFound)
        .hint("pull the model on the server: `ollama pull MODEL`"),
    Rule::words("model-missing", &["model", "does not exist"], ModelNotFound),
    Rule::words("model-unknown", &["is not a valid model id"], ModelNotFound),
    Rule::words("model-nobody", &["no endpoints found for"], ModelNotFound).without(&["support"]),
    Rule::words("model-lacks", &["no endpoints found that support"], Unsupported),
    Rule::words("model-loading", &["loading model"], Unavailable),
    // Bedrock's words, where a gateway passes them on.
    Rule::words("on-demand", &["on-demand throughput isn't supported"], ProfileRequired),
    // What the server lacks.
    Rule::words("tools-flag", &["tool choice requires --enable-auto-tool-choice"], Unsupported)
        .hint("start vLLM with `--enable-auto-tool-choice` and a `--tool-call-parser`"),
    Rule::words("tools-jinja", &["tools param requires --jinja flag"], Unsupported)
        .hint("start llama.cpp with `--jinja`"),
    Rule::words("tools-lacking", &["does not support tools"], Unsupported),
    Rule::words("images-lacking", &["is not a multimodal model"], Unsupported),
    Rule::words("images-mmproj", &["image input is not supported"], Unsupported),
    Rule::words("max-completion-tokens", &["use 'max_completion_tokens' instead"], InvalidRequest)
        .hint("set `compat.maxTokensField` to `max_completion_tokens`"),
    // Codes, and types of errors.
    Rule::code("context-length", "context_length_exceeded", ContextOverflow),
    Rule::code("context-size", "exceed_context_size_error", ContextOverflow),
    Rule::code("string-too-long", "string_above_max_length", InvalidRequest),
    Rule::code("api-key", "invalid_api_key", Unauthenticated),
    Rule::code("authentication", "authentication_error", Unauthenticated),
    Rule::code("authentication-invalid", "invalid_authentication_error", Unauthenticated),
    Rule::code("permission", "permission_error", PermissionDenied),
    Rule::code("permission-denied", "permission_denied_error", PermissionDenied),
    Rule::code("country", "unsupported_country_region_territory", ModelAccess)
        .hint("the maker does not serve the country of the call: take another maker's model"),
    Rule::code("model-not-found", "model_not_found", ModelNotFound),
    Rule::code("not-found", "not_found_error", ModelNotFound),
    Rule::code("resource-not-found", "resource_not_found_error", ModelNotFound),
    Rule::code("deployment", "deploymentnotfound", ModelNotFound),
    Rule::code("content-filter", "content_filter", Filtered),
    Rule::code("content-policy", "content_policy_violation", Filtered),
    Rule::code("moderation", "moderation_blocked", Filtered),
    Rule::code("rate-limit", "rate_limit_exceeded", Throttled),
    Rule::code("rate-limit-error", "rate_limit_error", Throttled),
    Rule::code("rate-limit-reached", "rate_limit_reached_error", Throttled),
    Rule::code("too-many-requests", "too_many_requests", Throttled),
    Rule::code("engine-overloaded", "engine_overloaded_error", Unavailable),
    Rule::code("overloaded", "overloaded_error", Unavailable),
    Rule::code("insufficient-quota", "insufficient_quota", QuotaExceeded).hint(CREDIT),
    Rule::code("quota-exceeded", "exceeded_current_quota_error", QuotaExceeded).hint(CREDIT),
    Rule::code("billing", "billing_hard_limit_reached", QuotaExceeded).hint(CREDIT),
    Rule::code("server-error", "server_error", Unavailable),
    Rule::code("internal-server-error", "internal_server_error", Unavailable),
    Rule::code("internal-error", "internalservererror", Unavailable),
    Rule::code("api-error", "api_error", Unavailable),
    Rule::code("unavailable", "service_unavailable", Unavailable),
    Rule::code("unavailable-error", "unavailable_error", Unavailable),
    Rule::code("timeout", "timeout", Timeout),
    Rule::code("timeout-error", "timeout_error", Timeout),
    Rule::code("stream-error", "stream_error", Interrupted),
    Rule::code("unsupported-parameter", "unsupported_parameter", InvalidRequest)
        .hint("leave the setting out, or say in `compat` what the endpoint takes in its place"),
    // OpenRouter's moderation is a 403 without a code, as its key that may not do something is.
    Rule::words("moderation-flagged", &["input was flagged"], Filtered),
    // Statuses that core does not know.
    Rule::status("payment", 402, 402, QuotaExceeded).hint(CREDIT),
    Rule::status("capacity", 498, 498, Throttled),
    Rule::status("cloudflare-timeout", 524, 524, Timeout),
];

/// The rows behind [`HTTP_STATUS_RULES`](outcrop_core::classify::HTTP_STATUS_RULES): types that go with many a status, so
/// that they count only where there is none, as inside of a stream.
pub(super) const LAST: &[Rule] = &[
    Rule::code("invalid-request", "invalid_request_error", InvalidRequest),
    Rule::code("bad-request", "badrequesterror", InvalidRequest),
];
