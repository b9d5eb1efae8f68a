//! What an endpoint lists at `/models`, with what the entry says of single models laid over it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use futures_util::StreamExt as _;
use outcrop_core::{
    CatalogProblem, Environment, Error, ErrorKind, FactOrigin, Freshness, Modality, ModelCard, ModelCatalog,
    ModelId, ModelKind, ProviderId, Query, Result, Snapshot, Support,
};
use serde_json::Value;

use crate::endpoint::Endpoint;
use crate::http_client::HttpClient;
use crate::provider::{accepted, endpoint};
use crate::{ModelSettings, OpenAiSettings};

/// What stands in the list where nobody knows a limit: as in the catalogue of Bedrock. Shown, never sent.
const CONTEXT_WINDOW: u32 = 32_000;
const MAX_TOKENS: u32 = 4096;

/// How long a list is as good as a new one.
const FRESH: Duration = Duration::from_mins(5);
/// The longest list.
const LONGEST: usize = 32 << 20;

/// Lists the models of an endpoint.
#[derive(Debug)]
pub struct OpenAiCatalog {
    id: ProviderId,
    settings: OpenAiSettings,
    endpoint: Endpoint,
    client: HttpClient,
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
        Ok(Self { id, settings, endpoint, client, last: Mutex::default() })
    }

    fn remembered(&self) -> Option<(SystemTime, Vec<Arc<ModelCard>>)> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn list(&self) -> Result<Vec<Arc<ModelCard>>> {
        let reply = self.client.get(&self.endpoint.models()).await?;
        let (mut reply, call) = accepted(reply, &self.endpoint, &self.settings).await?;
        let mut body = Vec::new();
        while let Some(bytes) = reply.body.next().await {
            body.extend_from_slice(&bytes?);
            if body.len() > LONGEST {
                return Err(
                    call.new_error(ErrorKind::Protocol, "the endpoint lists more than 32 MiB of models")
                );
            }
        }
        let rows = serde_json::from_slice::<Value>(&body).ok().as_ref().and_then(rows);
        let rows =
            rows.ok_or_else(|| call.foreign("answered with something else than a list of models", None))?;
        let mut cards: BTreeMap<ModelId, ModelCard> = BTreeMap::new();
        for card in rows.iter().filter_map(card) {
            cards.entry(card.id.clone()).or_insert(card);
        }
        Ok(self.completed(cards))
    }

    /// The cards with what the entry says, sorted.
    fn completed(&self, mut cards: BTreeMap<ModelId, ModelCard>) -> Vec<Arc<ModelCard>> {
        for model in &self.settings.models {
            let id = ModelId::from(model.id.as_str());
            overlay(cards.entry(id.clone()).or_insert_with(|| blank(id)), model);
        }
        let mut cards: Vec<_> = cards.into_values().map(Arc::new).collect();
        cards.sort_by(|a, b| (&a.maker, &a.name, &a.id).cmp(&(&b.maker, &b.name, &b.id)));
        cards
    }
}

#[async_trait]
impl ModelCatalog for OpenAiCatalog {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    async fn snapshot(&self, query: &Query) -> Result<Snapshot> {
        let remembered = self.remembered();
        let snapshot = |models, taken_at, freshness, problems| {
            let mut snapshot = Snapshot::new(models, taken_at, freshness);
            snapshot.problems = problems;
            snapshot
        };
        if let Some((taken_at, models)) = &remembered
            && !query.refresh
            && taken_at.elapsed().is_ok_and(|age| age < FRESH)
        {
            return Ok(snapshot(models.clone(), *taken_at, Freshness::Cached, Vec::new()));
        }
        let error = match self.list().await {
            Ok(models) => {
                let now = SystemTime::now();
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, models.clone()));
                return Ok(snapshot(models, now, Freshness::Live, Vec::new()));
            }
            Err(error) => error.with_provider(&self.id),
        };
        let problem = problem(&error);
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

fn problem(error: &Error) -> CatalogProblem {
    CatalogProblem::of("/models", error)
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
    card.kind = kind(&card, text("type"));
    card.origin.extend(known.into_iter().map(|field| (Cow::Borrowed(field), FactOrigin::Service)));
    Some(card)
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
