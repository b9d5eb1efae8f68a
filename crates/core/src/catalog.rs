//! Which models there are: cards, catalogues, and what an id resolves to.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{ModelId, Price, ProviderId, Result, Support};

/// Lists models. Separate from [`crate::ModelProvider`]: a list from a file, a cache or a filter is a catalogue too.
#[async_trait]
pub trait ModelCatalog: Any + Debug + Send + Sync {
    /// The provider whose models are listed.
    fn id(&self) -> &ProviderId;

    /// The models as known now.
    ///
    /// # Contract
    /// - What could not be found out is in [`Snapshot::problems`]; an error means that nothing could be listed.
    async fn snapshot(&self, query: &Query) -> Result<Snapshot>;
}

/// Turns the id that somebody asked for into the one to call.
#[async_trait]
pub trait ModelResolver: Debug + Send + Sync {
    /// What to call for `id`.
    ///
    /// # Contract
    /// - Never waits for a listing: a snapshot at hand, else static facts, else the id as it is.
    async fn resolve(&self, id: &ModelId) -> Result<Resolved>;
}

const _: fn(&dyn ModelCatalog, &dyn ModelResolver) = |_, _| {};

/// What a [`ModelResolver`] found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Resolved {
    /// The id to call.
    pub callable: ModelId,
    /// The base model behind it, if known.
    pub base: Option<ModelId>,
    /// The region to call it in, if it must be another one than usual.
    pub region: Option<String>,
    /// The model's card, if it was listed.
    pub card: Option<Arc<ModelCard>>,
    /// What to tell the user, if the id that is called is not the one that was asked for.
    pub note: Option<String>,
}

impl Resolved {
    /// The id as it was asked for.
    pub const fn unchanged(id: ModelId) -> Self {
        Self { callable: id, base: None, region: None, card: None, note: None }
    }
}

/// What to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Query {
    /// Ask the service even if a fresh list is at hand.
    pub refresh: bool,
    /// List everything, also what cannot be called or was filtered out.
    pub all: bool,
}

impl Query {
    /// A query that asks the service in any case.
    pub const fn refresh() -> Self {
        Self { refresh: true, all: false }
    }
}

/// A list of models and how far it can be trusted.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The models, sorted by maker, name and id.
    pub models: Vec<Arc<ModelCard>>,
    /// When the service was asked.
    pub taken_at: SystemTime,
    /// Where the list is from.
    pub freshness: Freshness,
    /// What could not be found out.
    pub problems: Vec<CatalogProblem>,
}

/// Where a list is from, the freshest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Freshness {
    /// The service was asked just now.
    Live,
    /// A cached answer of the service, still fresh.
    Cached,
    /// A cached answer that is too old; the service could not be asked.
    Stale,
}

/// A source of a catalogue that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogProblem {
    /// What was asked, such as `ListInferenceProfiles`.
    pub source: String,
    /// Where.
    #[serde(default)]
    pub region: Option<String>,
    /// The service's error code, or the kind of the failure.
    pub code: String,
    /// What went wrong.
    pub message: String,
    /// What to do about it.
    #[serde(default)]
    pub hint: Option<String>,
}

/// What a model takes or gives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Modality {
    /// Text.
    Text,
    /// Images.
    Image,
    /// Documents, such as PDF files.
    Document,
    /// Video.
    Video,
    /// Audio.
    Audio,
    /// Vectors.
    Embedding,
    /// Relevance scores.
    Score,
    /// Something that this version does not know, as the service wrote it, in lower case.
    Other(String),
}

impl Modality {
    /// The modality's name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Document => "document",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Embedding => "embedding",
            Self::Score => "score",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for Modality {
    fn from(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "text" => Self::Text,
            "image" => Self::Image,
            "document" | "pdf" => Self::Document,
            "video" => Self::Video,
            "audio" | "speech" => Self::Audio,
            "embedding" => Self::Embedding,
            "score" => Self::Score,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl Serialize for Modality {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Modality {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer).map(|name| Self::from(&*name))
    }
}

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ModelKind {
    /// Conversations.
    Chat,
    /// Vectors.
    Embedding,
    /// Making images.
    ImageGeneration,
    /// Changing images.
    ImageEdit,
    /// Spoken conversations.
    SpeechToSpeech,
    /// Sorting by relevance.
    Rerank,
}

/// Who says so.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FactOrigin {
    /// AWS, in an answer of its API.
    Aws,
    /// The built-in table of facts, as of a month (`2026-11`).
    Facts(String),
    /// The user's configuration.
    Config,
    /// Nobody: it is a guess. Shown, never sent.
    Default,
}

impl fmt::Display for FactOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aws => f.write_str("aws"),
            Self::Facts(month) => write!(f, "facts:{month}"),
            Self::Config => f.write_str("config"),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Serialize for FactOrigin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FactOrigin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Ok(match name.strip_prefix("facts:") {
            Some(month) => Self::Facts(month.to_owned()),
            None if name == "aws" => Self::Aws,
            None if name == "config" => Self::Config,
            None => Self::Default,
        })
    }
}

/// How a model is reached through an inference profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileCard {
    /// `SYSTEM_DEFINED` or `APPLICATION`, as AWS writes it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The geography that the requests stay in, such as `eu`; `global` for none.
    pub geography: Option<String>,
    /// The regions that may serve a request.
    pub regions: Vec<String>,
}

/// All that is known of one model, by the id to call it by.
///
/// Everything that AWS may one day add is an open value here, so that a new model never breaks a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelCard {
    /// The id to call it by.
    pub id: ModelId,
    /// Its name for people.
    pub name: String,
    /// Its maker's id prefix, such as `anthropic`.
    #[serde(rename = "provider")]
    pub maker: String,
    /// Its maker's name for people, such as `Mistral AI`.
    #[serde(default)]
    pub maker_name: Option<String>,
    /// The foundation model behind it, if known.
    pub base_model: Option<ModelId>,
    /// What it is for.
    pub kind: ModelKind,
    /// The regions in which it was found, in the order they were asked.
    pub regions: Vec<String>,
    /// The inference profile that it is, if it is one.
    pub profile: Option<ProfileCard>,
    /// What it takes.
    pub input: Vec<Modality>,
    /// What it gives.
    pub output: Vec<Modality>,
    /// Tokens of prompt and answer together.
    pub context_window: u32,
    /// Tokens of an answer.
    pub max_tokens: u32,
    /// Whether it reasons visibly.
    pub reasoning: Support,
    /// Whether it can ask for tools.
    pub tools: Support,
    /// Whether it streams.
    #[serde(default)]
    pub streaming: Support,
    /// What it costs, by the id that is called.
    #[serde(rename = "cost")]
    pub price: Option<Price>,
    /// `ACTIVE` or `LEGACY`, as AWS writes it.
    pub lifecycle: Option<String>,
    /// Whether the account has access.
    pub available: Support,
    /// Who says so, by the name of the field in JSON.
    #[serde(default)]
    pub origin: BTreeMap<String, FactOrigin>,
}
