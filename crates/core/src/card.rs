//! All that is known of one model.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{ModelId, Price, Rates, Support};

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
    Facts(Cow<'static, str>),
    /// The service itself, in its list of models, where it is another one than AWS.
    Service,
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
            Self::Service => f.write_str("service"),
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
            Some(month) => Self::Facts(month.to_owned().into()),
            None if name == "aws" => Self::Aws,
            None if name == "service" => Self::Service,
            None if name == "config" => Self::Config,
            None => Self::Default,
        })
    }
}

/// How a model is reached through an inference profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProfileCard {
    /// `SYSTEM_DEFINED` or `APPLICATION`, as AWS writes it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The geography that the requests stay in, such as `eu`; `global` for none.
    pub geography: Option<String>,
    /// The regions that may serve a request.
    pub regions: Vec<String>,
}

/// How a request controls the reasoning of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ThinkingCard {
    /// `none`: it does not reason; `budget`: a request says how many tokens it may take; `adaptive`: the model decides,
    /// and a request says with which effort; `field`: a request field of the model's own.
    pub mode: String,
    /// The request field, where the mode is `field`.
    #[serde(default)]
    pub field: Option<String>,
    /// The efforts that are accepted, lowest first; empty where there are none or nobody knows.
    #[serde(default)]
    pub efforts: Vec<String>,
    /// The highest effort that is accepted, where one is recorded.
    #[serde(default)]
    pub effort_ceiling: Option<String>,
    /// Whether reasoning cannot be turned off.
    #[serde(default)]
    pub always_on: bool,
}

/// How a model caches prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct CachingCard {
    /// Whether it caches prompts in any way.
    pub supported: Support,
    /// Whether a request may mark what is to be cached.
    pub cache_points: Support,
    /// The most of these marks in one request.
    pub max_cache_points: Option<u8>,
    /// Whether a cached prompt may live for an hour.
    pub one_hour: Support,
    /// Shorter prefixes are not cached; in tokens.
    pub min_tokens: Option<u32>,
}

/// What a price holds for, and how far it can be trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PriceTerms {
    /// What it holds for: `in-region`, `region:us-gov-west-1`, `geography:us`, `geography:global`; `config` if somebody
    /// set it.
    pub scope: String,
    /// How far the sources agree: `high`, `medium`, `low`, or `unrated`; `None` for a price that somebody set.
    #[serde(default)]
    pub confidence: Option<String>,
    /// The day of the price list, `YYYY-MM-DD`.
    #[serde(default)]
    pub as_of: Option<String>,
    /// The rates of the other service tiers, by name: `flex`, `priority`.
    #[serde(default)]
    pub tiers: BTreeMap<String, Rates>,
}

/// What the service says of the account's access to a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AccessCard {
    /// What is missing, in one line; `None` if nothing is.
    pub reason: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
}

/// All that is known of one model, by the id to call it by.
///
/// Everything that AWS may one day add is an open value here, so that a new model never breaks a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
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
    /// How a request controls its reasoning; `None` where nobody knows.
    #[serde(default)]
    pub thinking: Option<ThinkingCard>,
    /// How it caches prompts.
    #[serde(default)]
    pub caching: CachingCard,
    /// What it costs, by the id that is called.
    #[serde(rename = "cost")]
    pub price: Option<Price>,
    /// What else there is to say of the price.
    #[serde(default)]
    pub price_terms: Option<PriceTerms>,
    /// `ACTIVE` or `LEGACY`, as AWS writes it.
    pub lifecycle: Option<String>,
    /// The day on which it goes away, `YYYY-MM-DD`.
    #[serde(default)]
    pub end_of_life: Option<String>,
    /// Whether the account has access.
    pub available: Support,
    /// What is known of the access, if the service was asked.
    #[serde(default)]
    pub access: Option<AccessCard>,
    /// Who says so, by the name of the field in JSON.
    #[serde(default)]
    pub origin: BTreeMap<Cow<'static, str>, FactOrigin>,
}

impl ModelCard {
    /// A model that talks, of which no more is known than its limits: text in, text out, and its id as its name.
    pub fn new(
        id: impl Into<ModelId>,
        maker: impl Into<String>,
        context_window: u32,
        max_tokens: u32,
    ) -> Self {
        let id = id.into();
        Self {
            name: id.as_str().to_owned(),
            id,
            maker: maker.into(),
            maker_name: None,
            base_model: None,
            kind: ModelKind::Chat,
            regions: Vec::new(),
            profile: None,
            input: vec![Modality::Text],
            output: vec![Modality::Text],
            context_window,
            max_tokens,
            reasoning: Support::Unknown,
            tools: Support::Unknown,
            streaming: Support::Unknown,
            thinking: None,
            caching: CachingCard::default(),
            price: None,
            price_terms: None,
            lifecycle: None,
            end_of_life: None,
            available: Support::Unknown,
            access: None,
            origin: BTreeMap::new(),
        }
    }
}

impl ProfileCard {
    /// A profile of a kind, `SYSTEM_DEFINED` or `APPLICATION`, that leads to these regions.
    pub fn new(kind: impl Into<String>, regions: Vec<String>) -> Self {
        Self { kind: kind.into(), geography: None, regions }
    }
}

impl ThinkingCard {
    /// A way of which no more is known than its mode.
    pub fn new(mode: impl Into<String>) -> Self {
        Self { mode: mode.into(), field: None, efforts: Vec::new(), effort_ceiling: None, always_on: false }
    }
}

impl CachingCard {
    /// Caching of which no more is known than whether there is any.
    pub const fn new(supported: Support) -> Self {
        Self {
            supported,
            cache_points: Support::Unknown,
            max_cache_points: None,
            one_hour: Support::Unknown,
            min_tokens: None,
        }
    }
}

impl PriceTerms {
    /// Terms of which no more is known than whom the price holds for.
    pub fn new(scope: impl Into<String>) -> Self {
        Self { scope: scope.into(), confidence: None, as_of: None, tiers: BTreeMap::new() }
    }
}

impl AccessCard {
    /// What is missing and what to do about it; nothing of either if the account has access.
    pub const fn new(reason: Option<String>, fix: Option<String>) -> Self {
        Self { reason, fix }
    }
}
