//! Which models there are: catalogues, and what an id resolves to.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{Error, ModelCard, ModelId, ProviderId, Result};

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

    /// What to call instead of an id that the service just refused with `error` in `region`; `None` if nothing else is
    /// known to work. `refused` is the id that was called: [`Resolved::callable`].
    ///
    /// # Contract
    /// - What can be learnt from the refusal is remembered: the next [`resolve`](Self::resolve) gives the better answer
    ///   at once.
    async fn instead(&self, refused: &ModelId, region: &str, error: &Error) -> Option<Resolved> {
        let _ = (refused, region, error);
        None
    }
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
    /// What to warn the user of: that nobody knows the id, or that it goes away soon.
    pub warning: Option<String>,
}

impl Resolved {
    /// The id as it was asked for.
    pub const fn unchanged(id: ModelId) -> Self {
        Self { callable: id, base: None, region: None, card: None, note: None, warning: None }
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
    /// Find out for every model whether the account has access to it, as far as the service tells; models without access
    /// are listed too, so that one sees what is missing.
    pub access: bool,
}

impl Query {
    /// A query that asks the service in any case.
    pub const fn refresh() -> Self {
        Self { refresh: true, all: false, access: false }
    }

    /// The same query for everything that the service lists.
    #[must_use]
    pub const fn with_all(mut self, all: bool) -> Self {
        self.all = all;
        self
    }

    /// The same query with a look at the access to each model.
    #[must_use]
    pub const fn with_access(mut self, access: bool) -> Self {
        self.access = access;
        self
    }
}

/// A list of models and how far it can be trusted.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The models, sorted by maker, name and id.
    pub models: Vec<Arc<ModelCard>>,
    /// Why some of them are not listed usually, by id; empty unless [`Query::all`] was asked for.
    pub hidden: BTreeMap<ModelId, Hidden>,
    /// When the service was asked.
    pub taken_at: SystemTime,
    /// Where the list is from.
    pub freshness: Freshness,
    /// What could not be found out.
    pub problems: Vec<CatalogProblem>,
}

impl Snapshot {
    /// A list of which nothing is hidden and nothing missing.
    pub const fn new(models: Vec<Arc<ModelCard>>, taken_at: SystemTime, freshness: Freshness) -> Self {
        Self { models, hidden: BTreeMap::new(), taken_at, freshness, problems: Vec::new() }
    }
}

/// Why a model is kept out of the usual list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Hidden {
    /// The first rule that it does not pass, by its id.
    pub rule: String,
    /// What that means, as one lower-case line.
    pub detail: String,
}

impl Hidden {
    /// The rule that it does not pass, and what that means.
    pub fn new(rule: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { rule: rule.into(), detail: detail.into() }
    }
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
#[non_exhaustive]
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

impl CatalogProblem {
    /// A failure of a source, by the service's code or the name of the kind.
    pub fn new(source: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { source: source.into(), region: None, code: code.into(), message: message.into(), hint: None }
    }

    /// The same for an error, with its hints.
    pub fn of(source: impl Into<String>, error: &Error) -> Self {
        let hint = Some(error.hints().join(", ")).filter(|hints| !hints.is_empty());
        Self { hint, ..Self::new(source, error.code().unwrap_or(error.kind().name()), error.to_string()) }
    }
}
