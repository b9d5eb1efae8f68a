//! `models.providers.<id>`: a service that answers, and how it is called.

use std::collections::BTreeMap;

use outcrop_core::Secret;
use schemars::JsonSchema;
use serde::Deserialize;

use super::ModelEntry;
use crate::secret::SecretSchema;

/// `models.providers.<id>`: the part that every provider shares. A provider may know more keys; its factory says which
/// (see [`ProviderSchema`](crate::ProviderSchema)) and reads them from
/// [`ProviderEntry::settings`](crate::ProviderEntry::settings).
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(
    description = "`models.providers.<id>`: the part that every provider shares. Its `api` says which further keys it knows."
)]
#[non_exhaustive]
pub struct Provider {
    /// The protocol that the service speaks: `bedrock-converse-stream` for Amazon Bedrock, `openai-completions` for any
    /// endpoint with OpenAI's chat completions.
    #[schemars(length(min = 1), extend("x-project" = false))]
    pub api: Option<String>,
    /// The address that models are called at, such as `https://bedrock-runtime.us-east-1.amazonaws.com`, where a standard
    /// AWS address names no more than its region, or `http://127.0.0.1:8000/v1`.
    #[schemars(extend("format" = "uri", "x-project" = false))]
    pub base_url: Option<String>,
    /// The address that models are listed at, such as `https://bedrock.us-east-1.amazonaws.com`.
    #[schemars(extend("format" = "uri", "x-project" = false))]
    pub control_base_url: Option<String>,
    /// How calls are authenticated. Unset: like `aws-sdk` on AWS, and by the `apiKey`, if there is one, elsewhere.
    #[schemars(extend("x-project" = false))]
    pub auth: Option<Auth>,
    /// The profile of the AWS configuration files whose credentials are used.
    #[schemars(length(min = 1), extend("x-project" = false))]
    pub profile: Option<String>,
    /// The AWS region that is called, such as `us-east-1`.
    #[schemars(length(min = 1))]
    pub region: Option<String>,
    /// The key that is sent as a bearer token; best written as `"${VARIABLE}"`.
    #[schemars(with = "Option<SecretSchema>", extend("x-project" = false))]
    pub api_key: Option<Secret>,
    /// Headers that are added to every call, by name. Their values are treated as secrets.
    #[schemars(with = "BTreeMap<String, SecretSchema>", extend("x-project" = false))]
    pub headers: BTreeMap<String, Secret>,
    /// The models of this provider that are not listed by itself, or about which more is known; an OpenAI-compatible
    /// endpoint is taken to have these and no others. The layers of the configuration are merged by `id`.
    #[schemars(extend("x-merge" = "id"))]
    pub models: Option<Vec<ModelEntry>>,
    /// How often a call is tried again.
    pub retry: Retry,
    /// How much the service is asked for, by all who use this entry together. Calls beyond that wait for their turn.
    pub limits: Limits,
    /// How long a call may take. `0` is a mistake and not a way to set no limit: a day, the most, is as good as none.
    pub timeouts: Timeouts,
    /// The guardrail of Bedrock that every call goes through. A caller cannot remove it, and the file of a project cannot change one
    /// that stands in another file.
    pub guardrail: Option<Guardrail>,
    /// Whether requests that say nothing of caching get cache points where they pay: at the end of the tools, of the
    /// system prompt, and of the last two turns of the user, as far as the model is known to take them. Unset: `off`.
    pub cache: Option<Cache>,
    /// How long what is cached in this way lives after its last use. Unset: `5m`.
    pub cache_ttl: Option<CacheTtl>,
    /// Names and values that are added to every call for your own accounting and logging; nothing secret.
    pub request_metadata: BTreeMap<String, String>,
}

/// How calls are authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Auth {
    /// Whatever the AWS tools would find: Bedrock API key, access keys, profile, then the default chain.
    AwsSdk,
    /// A bearer token: the `apiKey`, or `AWS_BEARER_TOKEN_BEDROCK`.
    Bearer,
    /// The AWS `profile`, even when access keys are in the environment.
    Profile,
    /// The `apiKey`, in the way of the provider.
    ApiKey,
    /// No authentication.
    None,
}

/// Whether prompts are cached without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Cache {
    /// Where it pays.
    Auto,
    /// Only where a request has cache points of its own.
    Off,
}

/// How long a cached prompt lives after its last use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[non_exhaustive]
pub enum CacheTtl {
    /// Five minutes.
    #[serde(rename = "5m")]
    FiveMinutes,
    /// An hour, where the model knows one. Writing costs more then.
    #[serde(rename = "1h")]
    OneHour,
}

/// How often a call is tried again. Only failures that may pass are retried, and only before the first piece of the
/// answer was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Retry {
    /// How often a call is tried in all, the first time included. Unset: 3, or `AWS_MAX_ATTEMPTS`.
    #[schemars(range(min = 1, max = 100))]
    pub attempts: Option<u32>,
    /// The longest pause between two tries, in seconds. Unset: 20.
    #[schemars(range(min = 0, max = 86_400), extend("x-unit" = "seconds"))]
    pub max_delay: Option<f64>,
    /// How long all pauses may take together, in seconds. Unset: 60.
    #[schemars(range(min = 0, max = 86_400), extend("x-unit" = "seconds"))]
    pub budget: Option<f64>,
}

/// How much a service is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Limits {
    /// How many calls may run at once, streams until their end. Unset: any number.
    #[schemars(range(min = 1, max = 1_000_000), extend("x-unit" = "calls"))]
    pub concurrency: Option<u32>,
    /// How many requests may be sent in a minute, wherever it begins; counts of tokens and vectors are requests too.
    /// Unset: any number.
    #[schemars(range(min = 1, max = 1_000_000), extend("x-unit" = "requests"))]
    pub requests_per_minute: Option<u32>,
    /// How many tokens prompts and answers may have in a minute, wherever it begins: an estimate when a request is sent,
    /// and what the service says when its answer is over. Unset: any number.
    #[schemars(range(min = 1, max = 1_000_000_000_000_u64), extend("x-unit" = "tokens"))]
    pub tokens_per_minute: Option<u64>,
    /// How long a call may wait for its turn, in seconds; then it fails as if the service had throttled it. Unset: as long
    /// as it takes.
    #[schemars(range(min = 0, max = 86_400), extend("x-unit" = "seconds"))]
    pub max_wait: Option<f64>,
}

/// How long a call may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Timeouts {
    /// How long it may take until there is a connection, TLS and proxy included, in seconds. Unset: 5.
    #[schemars(range(min = 0.001, max = 86_400), extend("x-unit" = "seconds"))]
    pub connect: Option<f64>,
    /// How long it may take from the call until the first event of the answer, in seconds. Unset: 120, and 600 for a
    /// model that thinks.
    #[schemars(range(min = 0.001, max = 86_400), extend("x-unit" = "seconds"))]
    pub first_event: Option<f64>,
    /// How long it may take from one event of the answer to the next, in seconds. Unset: 120, or what is known of the
    /// model.
    #[schemars(range(min = 0.001, max = 86_400), extend("x-unit" = "seconds"))]
    pub idle: Option<f64>,
    /// How long the whole answer may take, further tries included, in seconds. Unset: as long as it needs; 600 where
    /// the answer comes in one piece.
    #[schemars(range(min = 0.001, max = 86_400), extend("x-unit" = "seconds"))]
    pub total: Option<f64>,
}

/// A Bedrock guardrail, in the words of the Converse API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("required" = ["guardrailIdentifier"]))]
#[non_exhaustive]
pub struct Guardrail {
    /// The id or the ARN of the guardrail. Empty after a mistake in the configuration, which was reported: calls must
    /// then fail rather than go through without the guardrail that was asked for.
    #[schemars(length(min = 1))]
    pub guardrail_identifier: String,
    /// The version of the guardrail: a number, or `DRAFT`, which holds when it is unset.
    #[schemars(length(min = 1))]
    pub guardrail_version: Option<String>,
    /// Whether a streamed answer waits for the guardrail (`sync`) or overtakes it (`async`).
    #[schemars(extend("enum" = ["sync", "async", null]))]
    pub stream_processing_mode: Option<String>,
    /// How much the guardrail tells about its decision.
    #[schemars(extend("enum" = ["enabled", "disabled", "enabled_full", null]))]
    pub trace: Option<String>,
}
