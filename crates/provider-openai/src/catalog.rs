//! What an endpoint lists at `/models`, with what the entry says of single models laid over it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use outcrop_core::{
    CatalogProblem, Environment, Error, ErrorKind, FactOrigin, Freshness, Hidden, Modality, ModelCard,
    ModelCatalog, ModelId, ModelKind, ModelResolver, Price, ProviderId, Query, Rates, Resolved, Result,
    Snapshot, Support,
};
use serde_json::Value;

use crate::endpoint::Endpoint;
use crate::failure::{Call, Wanted};
use crate::http_client::HttpClient;
use crate::provider::{accepted, calling, endpoint, whole};
use crate::{ModelSettings, OpenAiSettings};

/// What stands in the list where nobody knows a limit: as in the catalogue of Bedrock. Shown, never sent.
const CONTEXT_WINDOW: u32 = 32_000;
const MAX_TOKENS: u32 = 4096;

/// How long a list is as good as a new one.
const FRESH: Duration = Duration::from_mins(5);
/// The longest list, in MiB.
const LONGEST: usize = 32;
/// How long a list may take to come: it is of no use to somebody who has gone on.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// The rule that keeps models out of the list which the entry does not name.
const NOT_NAMED: &str = "not-named";

/// Headers that are keys, by their names.
const KEY_HEADERS: [&str; 6] = [
    "authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "ocp-apim-subscription-key",
    "cf-aig-authorization",
];

/// What calls of an endpoint carry as their key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// `apiKey` of the entry.
    ApiKey,
    /// A header of the entry, by its name.
    Header(String),
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApiKey => f.write_str("`apiKey`"),
            Self::Header(name) => write!(f, "the header `{name}`"),
        }
    }
}

/// Lists the models of an endpoint.
#[derive(Debug)]
pub struct OpenAiCatalog {
    id: ProviderId,
    settings: OpenAiSettings,
    endpoint: Endpoint,
    client: HttpClient,
    /// Whether only models that the entry names are listed.
    named_only: bool,
    last: Mutex<Option<(SystemTime, Vec<Arc<ModelCard>>)>>,
}

impl OpenAiCatalog {
    /// The catalogue of an endpoint, for the provider with that id. Nothing is connected yet.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] if the base URL, a header or the proxy cannot be used.
    pub fn new(id: ProviderId, settings: OpenAiSettings, environment: &Environment) -> Result<Self> {
        let endpoint = endpoint(&settings)?;
        let client = HttpClient::new(&endpoint.models(), &settings, environment)?;
        Ok(Self { id, settings, endpoint, client, named_only: false, last: Mutex::default() })
    }

    /// Lists the models that the entry names, if it names any, and no others. The endpoint is then asked only by a query
    /// that wants a new list, or all models.
    pub fn named_only(mut self, named_only: bool) -> Self {
        self.named_only = named_only && !self.settings.models.is_empty();
        self
    }

    /// Scheme, host, port and path of the endpoint, for people.
    pub fn endpoint(&self) -> String {
        self.endpoint.shown()
    }

    /// Whether calls carry a key, and as what. A header that is a key by its name takes the place of `apiKey`.
    pub fn credential(&self) -> Option<Credential> {
        let headers = &self.settings.headers;
        let named = |key: &str| headers.keys().find(|name| name.eq_ignore_ascii_case(key));
        let of_headers = KEY_HEADERS.into_iter().find_map(named).map(|name| Credential::Header(name.clone()));
        of_headers.or_else(|| self.settings.api_key.as_ref().map(|_| Credential::ApiKey))
    }

    fn remembered(&self) -> Option<(SystemTime, Vec<Arc<ModelCard>>)> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The ids of what the endpoint lists, asked for now: what is remembered and what the entry says do not count.
    ///
    /// # Errors
    /// If no list came; [`ErrorKind::Protocol`] if the endpoint has none.
    pub async fn listed(&self) -> Result<Vec<ModelId>> {
        let cards = self.list().await.map_err(|error| error.with_provider(&self.id))?;
        Ok(cards.into_keys().collect())
    }

    /// Whether the entry names a model.
    pub fn names(&self, model: &ModelId) -> bool {
        self.settings.model(model).is_some()
    }

    /// The number of models that the entry names.
    pub fn named(&self) -> usize {
        self.settings.models.len()
    }

    async fn list(&self) -> Result<BTreeMap<ModelId, ModelCard>> {
        let call = calling(&self.id, &self.endpoint, &self.settings, Wanted::Models);
        let listed = tokio::time::timeout(LONGEST_WAIT, self.rows(call.clone())).await;
        let listed = listed.map_err(|_| {
            let message = format!("no list of models came within {} s", LONGEST_WAIT.as_secs());
            call.new_error(ErrorKind::Timeout, message)
        })?;
        let without_a_list = [ErrorKind::InvalidRequest, ErrorKind::ModelNotFound, ErrorKind::Unsupported];
        let rows = listed.map_err(|error| match error.kind() {
            kind if without_a_list.contains(&kind) => error.with_hint(format!(
                "if it has no list, name its models: `models.providers.{}.models` is `[{{ id: \"…\" }}]`",
                self.id
            )),
            _ => error,
        })?;
        let mut cards: BTreeMap<ModelId, ModelCard> = BTreeMap::new();
        for card in rows.iter().filter_map(card) {
            cards.entry(card.id.clone()).or_insert(card);
        }
        Ok(cards)
    }

    fn problem(&self, error: &Error) -> CatalogProblem {
        let mut problem = CatalogProblem::of(format!("{} /models", self.id), error);
        problem.hint = error.hints().first().cloned();
        problem
    }

    /// The rows of the list, as they are sent.
    async fn rows(&self, call: Call) -> Result<Vec<Value>> {
        let reply = self.client.get(&self.endpoint.models()).await?;
        let (reply, call) = accepted(reply, call).await?;
        let status = reply.status;
        let body = whole(reply, &call, LONGEST).await?;
        let foreign = call.foreign("answered with something else than a list of models", None);
        let Ok(value) = serde_json::from_slice::<Value>(&body) else { return Err(foreign) };
        // Whoever answers with JSON has no list, or another one; a web page is another place altogether.
        rows(&value).ok_or_else(|| foreign.with_status(status))
    }

    /// The cards with what the entry says, sorted.
    fn completed(&self, mut cards: BTreeMap<ModelId, ModelCard>) -> Vec<Arc<ModelCard>> {
        for model in &self.settings.models {
            let id = ModelId::from(model.id.as_str());
            overlay(cards.entry(id.clone()).or_insert_with(|| blank(id)), model);
        }
        let named = |mut card: ModelCard| {
            // Whoever serves a model of which no maker is known.
            if card.maker.is_empty() {
                self.id.as_str().clone_into(&mut card.maker);
            }
            Arc::new(card)
        };
        let mut cards: Vec<_> = cards.into_values().map(named).collect();
        cards.sort_by(|a, b| (&a.maker, &a.name, &a.id).cmp(&(&b.maker, &b.name, &b.id)));
        cards
    }

    /// The models that a query wants, and why the list has not all of them usually.
    fn of_query(
        &self,
        mut models: Vec<Arc<ModelCard>>,
        query: &Query,
    ) -> (Vec<Arc<ModelCard>>, BTreeMap<ModelId, Hidden>) {
        let mut hidden = BTreeMap::new();
        if !self.named_only {
            return (models, hidden);
        }
        let is_named = |card: &ModelCard| self.names(&card.id);
        if query.all {
            let detail = format!("`models.providers.{}.models` names others", self.id);
            let others = models.iter().filter(|card| !is_named(card));
            hidden.extend(others.map(|card| (card.id.clone(), Hidden::new(NOT_NAMED, detail.as_str()))));
        } else {
            models.retain(|card| is_named(card));
        }
        (models, hidden)
    }
}

#[async_trait]
impl ModelCatalog for OpenAiCatalog {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    async fn snapshot(&self, query: &Query) -> Result<Snapshot> {
        let snapshot = |models: Vec<Arc<ModelCard>>, taken_at, freshness, problems| {
            let (models, hidden) = self.of_query(models, query);
            let mut snapshot = Snapshot::new(models, taken_at, freshness);
            snapshot.hidden = hidden;
            snapshot.problems = problems;
            snapshot
        };
        if self.named_only && !query.refresh && !query.all {
            let models = self.completed(BTreeMap::new());
            return Ok(snapshot(models, SystemTime::now(), Freshness::Live, Vec::new()));
        }
        let remembered = self.remembered();
        if let Some((taken_at, models)) = &remembered
            && !query.refresh
            && taken_at.elapsed().is_ok_and(|age| age < FRESH)
        {
            return Ok(snapshot(models.clone(), *taken_at, Freshness::Cached, Vec::new()));
        }
        let error = match self.list().await {
            Ok(cards) => {
                let (models, now) = (self.completed(cards), SystemTime::now());
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, models.clone()));
                return Ok(snapshot(models, now, Freshness::Live, Vec::new()));
            }
            Err(error) => error.with_provider(&self.id),
        };
        let problem = self.problem(&error);
        match remembered {
            Some((taken_at, models)) => Ok(snapshot(models, taken_at, Freshness::Stale, vec![problem])),
            // An endpoint need not have a list; what the entry says holds without one.
            None if !self.settings.models.is_empty() => {
                let models = self.completed(BTreeMap::new());
                Ok(snapshot(models, SystemTime::now(), Freshness::Live, vec![problem]))
            }
            None => Err(error),
        }
    }
}

#[async_trait]
impl ModelResolver for OpenAiCatalog {
    /// An id is called as it is. Its card is the one of the list, if there was one, else what the entry says.
    async fn resolve(&self, id: &ModelId) -> Result<Resolved> {
        let listed = self.remembered().and_then(|(_, cards)| cards.into_iter().find(|card| card.id == *id));
        let said = || {
            let mut card = blank(id.clone());
            overlay(&mut card, self.settings.model(id)?);
            Some(Arc::new(card))
        };
        let mut resolved = Resolved::unchanged(id.clone());
        resolved.card = listed.or_else(said);
        Ok(resolved)
    }
}

/// The rows of a list: below `data` as OpenAI has it, or `models`, or the list itself.
fn rows(list: &Value) -> Option<Vec<Value>> {
    let lists = [list.get("data"), list.get("models"), Some(list)];
    lists.into_iter().flatten().find_map(Value::as_array).cloned()
}

/// A model of which nothing is known.
fn blank(id: ModelId) -> ModelCard {
    let maker = id.as_str().split_once('/').map_or("", |(maker, _)| maker).to_owned();
    let mut card = ModelCard::new(id, maker, CONTEXT_WINDOW, MAX_TOKENS);
    card.streaming = Support::Yes;
    card.origin =
        BTreeMap::from(["contextWindow", "maxTokens"].map(|field| (field.into(), FactOrigin::Default)));
    card
}

/// The card of a row, in whatever words the server has: OpenAI, OpenRouter, vLLM, Groq, Mistral, llama.cpp, Vercel.
fn card(row: &Value) -> Option<ModelCard> {
    let text =
        |key: &str| row.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let id = row.as_str().or_else(|| text("id")).or_else(|| text("name"))?;
    let mut card = blank(id.into());
    let mut known: Vec<&'static str> = Vec::new();
    if let Some(name) = text("name").or_else(|| text("display_name")) {
        name.clone_into(&mut card.name);
        known.push("name");
    }
    if let Some(owner) = text("owned_by") {
        if card.maker.is_empty() {
            owner.clone_into(&mut card.maker);
        }
        known.push("provider");
    }
    let tokens = |pointers: &[&str]| {
        let found =
            pointers.iter().find_map(|pointer| row.pointer(pointer)?.as_u64().filter(|tokens| *tokens > 0));
        found.map(|tokens| u32::try_from(tokens).unwrap_or(u32::MAX))
    };
    let windows = [
        "/context_length",
        "/max_model_len",
        "/context_window",
        "/max_context_length",
        "/meta/n_ctx",
        "/meta/n_ctx_train",
        "/top_provider/context_length",
    ];
    if let Some(window) = tokens(&windows) {
        card.context_window = window;
        known.push("contextWindow");
    }
    let limits = [
        "/top_provider/max_completion_tokens",
        "/max_completion_tokens",
        "/max_output_tokens",
        "/max_output_length",
        "/max_tokens",
    ];
    if let Some(limit) = tokens(&limits) {
        card.max_tokens = limit;
        known.push("maxTokens");
    }
    let modalities = |pointers: [&str; 2]| {
        let list = pointers.iter().find_map(|pointer| row.pointer(pointer)?.as_array())?;
        let list: Vec<_> = list.iter().filter_map(Value::as_str).map(modality).collect();
        (!list.is_empty()).then_some(list)
    };
    if let Some(input) = modalities(["/architecture/input_modalities", "/input_modalities"]) {
        card.input = input;
        known.push("input");
    }
    if let Some(output) = modalities(["/architecture/output_modalities", "/output_modalities"]) {
        card.output = output;
        known.push("output");
    }
    if let Some(parameters) = row.get("supported_parameters").and_then(Value::as_array) {
        let has = |name: &str| parameters.iter().any(|parameter| parameter == name);
        card.tools = has("tools").into();
        card.reasoning = (has("reasoning") || has("include_reasoning")).into();
        known.extend(["tools", "reasoning"]);
    } else if let Some(tools) = row.pointer("/capabilities/function_calling").and_then(Value::as_bool) {
        card.tools = tools.into();
        known.push("tools");
    }
    if let Some(price) = price(row) {
        card.price = Some(price);
        known.push("cost");
    }
    card.kind = kind(&card, text("type"));
    card.origin.extend(known.into_iter().map(|field| (Cow::Borrowed(field), FactOrigin::Service)));
    Some(card)
}

/// US dollars for single tokens, as OpenRouter and the Vercel AI Gateway list them: texts, under names of their own.
fn price(row: &Value) -> Option<Price> {
    let pricing = row.get("pricing")?;
    let rate = |names: [&str; 2]| {
        let said = names.iter().find_map(|name| pricing.get(name))?;
        let dollars = said.as_f64().or_else(|| said.as_str()?.trim().parse().ok())?;
        // What is not known is -1 there. Twelve digits: a rate shall not look like the sum it was made by.
        (dollars >= 0.0).then(|| (dollars * 1e18).round() / 1e12)
    };
    let rates = Rates {
        input: rate(["prompt", "input"])?,
        output: rate(["completion", "output"])?,
        cache_read: rate(["input_cache_read", "cache_read_input_tokens"]),
        cache_write_5m: rate(["input_cache_write", "cache_creation_input_tokens"]),
        cache_write_1h: None,
    };
    Some(Price::flat(rates))
}

fn modality(name: &str) -> Modality {
    Modality::from(if name == "file" { "document" } else { name })
}

fn kind(card: &ModelCard, said: Option<&str>) -> ModelKind {
    let gives = |modality: &Modality| card.output.contains(modality);
    if said == Some("embedding") || gives(&Modality::Embedding) {
        ModelKind::Embedding
    } else if gives(&Modality::Image) && !gives(&Modality::Text) {
        ModelKind::ImageGeneration
    } else {
        ModelKind::Chat
    }
}

/// Lays what the entry says over a card.
fn overlay(card: &mut ModelCard, model: &ModelSettings) {
    let mut told: Vec<&'static str> = Vec::new();
    if let Some(name) = &model.name {
        card.name.clone_from(name);
        told.push("name");
    }
    if let Some(input) = &model.input {
        card.input.clone_from(input);
        told.push("input");
    }
    if let Some(window) = model.context_window {
        card.context_window = window;
        told.push("contextWindow");
    }
    if let Some(limit) = model.max_tokens {
        card.max_tokens = limit;
        told.push("maxTokens");
    }
    if let Some(price) = &model.price {
        card.price = Some(price.clone());
        told.push("cost");
    }
    if let Some(reasoning) = model.reasoning {
        card.reasoning = reasoning.into();
        told.push("reasoning");
    }
    if let Some(tools) = model.tools {
        card.tools = tools.into();
        told.push("tools");
    }
    card.origin.extend(told.into_iter().map(|field| (Cow::Borrowed(field), FactOrigin::Config)));
}

#[cfg(test)]
mod tests;
