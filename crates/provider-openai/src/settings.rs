//! What a provider entry may say about an OpenAI-compatible endpoint.

mod check;
mod cost;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use outcrop_core::{
    Capabilities, Error, Modality, ModelId, Price, REDACTED, Result, Secret, SettingProblem, Support,
    Timeouts,
};
use serde_json::Value;

use crate::compat::{Compat, StructuredOutput};
use crate::endpoint::Endpoint;

/// How long to wait for the first event: the slowest models think for minutes before they speak.
const FIRST_EVENT: Duration = Duration::from_mins(2);
const FIRST_EVENT_REASONING: Duration = Duration::from_mins(10);
const IDLE: Duration = Duration::from_mins(2);
/// How long it may take to make a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// The settings of one endpoint.
#[derive(Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct OpenAiSettings {
    /// Where it is, with or without `/v1` at the end.
    pub base_url: String,
    /// The key that is sent as a bearer token.
    pub api_key: Option<Secret>,
    /// Headers of every call, by name. One called `authorization` takes the place of the key.
    pub headers: BTreeMap<String, Secret>,
    /// Time limits; what is `None` is the provider's own default.
    pub timeouts: Timeouts,
    /// How long it may take to make a connection, TLS and proxy included; `None` for 5 seconds.
    pub connect_timeout: Option<Duration>,
    /// What is known of single models.
    pub models: Vec<ModelSettings>,
    /// What the endpoint takes, for all of its models.
    pub compat: Compat,
}

/// What is known of a model.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ModelSettings {
    /// The id it is called by.
    pub id: String,
    /// Its name for people.
    pub name: Option<String>,
    /// Whether it can think before it answers.
    pub reasoning: Option<bool>,
    /// Whether it can call tools.
    pub tools: Option<bool>,
    /// What it takes. What is not listed is refused before anything is sent.
    pub input: Option<Vec<Modality>>,
    /// Tokens of prompt and answer together.
    pub context_window: Option<u32>,
    /// Tokens of an answer: a limit, not a value that is sent.
    pub max_tokens: Option<u32>,
    /// What it costs.
    pub price: Option<Price>,
    /// What the endpoint takes for this model.
    pub compat: Compat,
}

impl OpenAiSettings {
    /// The settings for an endpoint of which no more is known.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self { base_url: base_url.into(), ..Self::default() }
    }

    /// The settings of a configuration entry: `baseUrl`, `apiKey`, `auth`, `headers`, `timeouts` (seconds), `models` and
    /// `compat`. Other keys are not looked at.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] with the first of the problems that [`OpenAiSettings::check`] finds.
    pub fn from_json(entry: &Value) -> Result<Self> {
        if let Some(problem) = Self::check(entry).into_iter().next() {
            return Err(Error::config(problem.message));
        }
        let limit = |key: &str| entry.pointer(&format!("/timeouts/{key}")).and_then(check::seconds);
        let compat = |value: &Value| {
            value
                .get("compat")
                .and_then(|value| serde_json::from_value(value.clone()).ok())
                .unwrap_or_default()
        };
        let headers = entry.get("headers").and_then(Value::as_object).into_iter().flatten();
        let models = entry.get("models").and_then(Value::as_array).into_iter().flatten();
        let wants_key = entry.get("auth") != Some(&Value::from("none"));
        Ok(Self {
            base_url: text(entry, "baseUrl").unwrap_or_default(),
            api_key: text(entry, "apiKey").filter(|_| wants_key).map(Secret::new),
            headers: headers
                .filter_map(|(name, value)| Some((name.clone(), Secret::new(value.as_str()?))))
                .collect(),
            timeouts: Timeouts {
                first_event: limit("firstEvent"),
                idle: limit("idle"),
                total: limit("total"),
                whole: None,
            },
            connect_timeout: limit("connect"),
            models: models
                .map(|model| ModelSettings { compat: compat(model), ..ModelSettings::from_json(model) })
                .collect(),
            compat: compat(entry),
        })
    }

    /// What is wrong with an entry.
    pub fn check(entry: &Value) -> Vec<SettingProblem> {
        check::problems(entry)
    }

    /// What is said of a model.
    pub(crate) fn model(&self, id: &ModelId) -> Option<&ModelSettings> {
        self.models.iter().find(|model| *id == *model.id)
    }

    /// What the endpoint takes for a model.
    pub(crate) fn compat_for(&self, id: &ModelId, endpoint: &Endpoint) -> Compat {
        let model = self.model(id).map(|model| model.compat.clone()).unwrap_or_default();
        let host = endpoint.known().map(|host| host.compat.clone()).unwrap_or_default();
        model.over(self.compat.clone()).over(host)
    }

    /// How long a connection may take to be made.
    pub(crate) fn connect_limit(&self) -> Duration {
        self.connect_timeout.unwrap_or(CONNECT)
    }

    /// What is known of a model without asking anybody.
    pub(crate) fn capabilities(&self, id: &ModelId, endpoint: &Endpoint) -> Capabilities {
        let model = self.model(id);
        let takes = |modality: Modality| {
            Support::from(model.and_then(|model| model.input.as_ref()).map(|input| input.contains(&modality)))
        };
        let mut capabilities = Capabilities::default();
        capabilities.streaming = Support::Yes;
        capabilities.system = Support::Yes;
        capabilities.tools = Support::from(model.and_then(|model| model.tools));
        capabilities.tool_streaming = capabilities.tools;
        capabilities.images = takes(Modality::Image);
        capabilities.documents = takes(Modality::Document);
        capabilities.video = takes(Modality::Video);
        capabilities.audio = takes(Modality::Audio);
        capabilities.reasoning = Support::from(model.and_then(|model| model.reasoning));
        capabilities.structured_output = match self.compat_for(id, endpoint).structured_output {
            Some(StructuredOutput::JsonSchema) => Support::Yes,
            Some(_) => Support::No,
            None => Support::Unknown,
        };
        capabilities.token_counting = Support::No;
        // No endpoint says of a model whether it makes vectors; one that does not refuses the call.
        capabilities.embeddings = Support::Unknown;
        capabilities.context_window = model.and_then(|model| model.context_window);
        capabilities.max_output_tokens = model.and_then(|model| model.max_tokens);
        capabilities.timeouts = self.timeouts_for(!capabilities.reasoning.is_no());
        capabilities
    }

    fn timeouts_for(&self, reasons: bool) -> Timeouts {
        let first_event = if reasons { FIRST_EVENT_REASONING } else { FIRST_EVENT };
        Timeouts {
            first_event: self.timeouts.first_event.or(Some(first_event)),
            idle: self.timeouts.idle.or(Some(IDLE)),
            total: self.timeouts.total,
            whole: self.timeouts.whole.or(Some(FIRST_EVENT_REASONING)),
        }
    }
}

impl fmt::Debug for OpenAiSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base_url, api_key, headers, timeouts, connect_timeout, models, compat } = self;
        // A query may be a key; and of what is no address nobody knows what it is.
        let shown = Endpoint::parse(base_url).map(|endpoint| endpoint.shown());
        f.debug_struct("OpenAiSettings")
            .field("base_url", &shown.as_deref().unwrap_or(REDACTED))
            .field("api_key", api_key)
            .field("headers", headers)
            .field("timeouts", timeouts)
            .field("connect_timeout", connect_timeout)
            .field("models", models)
            .field("compat", compat)
            .finish()
    }
}

impl ModelSettings {
    /// A model of which nothing is known but its id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    fn from_json(entry: &Value) -> Self {
        let switch = |key: &str| entry.get(key).and_then(Value::as_bool);
        let tokens = |key: &str| entry.get(key).and_then(check::tokens);
        let input = entry.get("input").and_then(Value::as_array);
        Self {
            id: text(entry, "id").unwrap_or_default(),
            name: text(entry, "name"),
            reasoning: switch("reasoning"),
            tools: switch("tools"),
            input: input.map(|input| input.iter().filter_map(Value::as_str).map(Modality::from).collect()),
            context_window: tokens("contextWindow"),
            max_tokens: tokens("maxTokens"),
            price: entry.get("cost").and_then(cost::price),
            compat: Compat::default(),
        }
    }
}

/// A text that says something.
fn text(entry: &Value, key: &str) -> Option<String> {
    let text = entry.get(key)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests;
