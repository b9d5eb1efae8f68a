//! Lists of models, as people and programs want them.

use std::sync::Arc;

use futures_util::future::join_all;
use outcrop_core::{
    CatalogProblem, Error, ErrorKind, Hidden, ModelCard, ProviderId, Query, Result, Snapshot,
};

use crate::{ModelReference, Outcrop};

/// What to list.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ModelFilter {
    /// Only models of this provider entry, and nobody else is asked; or, if there is no such entry, of a maker by name or
    /// id prefix; in any case.
    pub provider: Option<String>,
    /// Only models whose id or name has all these words; in any case.
    pub words: Vec<String>,
}

impl ModelFilter {
    /// Only models of this provider entry or maker.
    pub fn of(provider: Option<String>) -> Self {
        Self { provider, words: Vec::new() }
    }

    /// Only models whose id or name has all these words.
    pub fn with_words(mut self, words: Vec<String>) -> Self {
        self.words = words;
        self
    }

    fn admits(&self, provider: &ProviderId, card: &ModelCard) -> bool {
        let of_provider = self.provider.as_deref().is_none_or(|wanted| {
            same(wanted, provider.as_str())
                || same(wanted, &card.maker)
                || card.maker_name.as_deref().is_some_and(|name| same(wanted, name))
        });
        let text = format!("{} {}", card.id, card.name).to_lowercase();
        of_provider && self.words.iter().all(|word| text.contains(&word.to_lowercase()))
    }
}

fn same(wanted: &str, name: &str) -> bool {
    name.trim().eq_ignore_ascii_case(wanted.trim())
}

/// A model in a list.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ListedModel {
    /// The model.
    pub reference: ModelReference,
    /// All that is known of it.
    pub card: Arc<ModelCard>,
    /// What it is to the configuration: `default`, `fallback#1`, `configured`.
    pub tags: Vec<String>,
    /// What keeps it out of the usual list, if something does.
    pub hidden: Option<Hidden>,
}

/// A list of models, filtered, with its [`Snapshot`] for what else there is to say.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ModelList {
    /// The models.
    pub models: Vec<ListedModel>,
    /// Where they are from.
    pub snapshot: Snapshot,
}

impl Outcrop {
    /// The models that can be called, of every provider that can list its own.
    ///
    /// # Errors
    /// If nothing could be listed: the failure of the first provider.
    pub async fn models(&self, query: &Query, filter: &ModelFilter) -> Result<ModelList> {
        let mut ids = self.provider_ids();
        // Whoever names an entry wants nobody else to be asked.
        let is_named =
            |id: &ProviderId| filter.provider.as_deref().is_some_and(|name| same(name, id.as_str()));
        if ids.iter().any(is_named) {
            ids.retain(is_named);
        }
        let asked = ids.into_iter().map(async |id| {
            let snapshot = self.snapshot(&id, query).await;
            (id, snapshot)
        });
        self.list_of(join_all(asked).await, filter).await
    }

    /// What the providers list, as one list.
    pub(crate) async fn list_of(
        &self,
        snapshots: Vec<(ProviderId, Result<Snapshot>)>,
        filter: &ModelFilter,
    ) -> Result<ModelList> {
        let meant = self.meant().await;
        let mut models = Vec::new();
        let mut list: Option<Snapshot> = None;
        let mut failures = Vec::new();
        for (id, snapshot) in snapshots {
            let snapshot = match snapshot {
                Ok(snapshot) => snapshot,
                Err(error) if error.kind() == ErrorKind::Unsupported => continue,
                Err(error) => {
                    failures.push((id, error));
                    continue;
                }
            };
            let listed = snapshot.models.iter().filter(|card| filter.admits(&id, card)).map(|card| {
                let reference = ModelReference { provider: id.clone(), model: card.id.clone() };
                let hidden = snapshot.hidden.get(&card.id).cloned();
                ListedModel { tags: meant.tags(&reference), reference, card: Arc::clone(card), hidden }
            });
            models.extend(listed);
            list = Some(joined(list, snapshot));
        }
        let Some(mut snapshot) = list else {
            let first = failures.into_iter().next();
            return Err(
                first.map_or_else(|| Error::config("no provider can list its models"), |(_, error)| error)
            );
        };
        snapshot.problems.extend(failures.iter().map(|(id, error)| problem(id, error)));
        Ok(ModelList { models, snapshot })
    }

    /// What a model is to the configuration.
    pub(crate) async fn tags_of(&self, reference: &ModelReference) -> Vec<String> {
        self.meant().await.tags(reference)
    }

    /// What the configuration means by the models that it names.
    async fn meant(&self) -> Meant {
        let mut meant = Meant::default();
        for (tag, reference) in self.named() {
            let called = self.called(&reference).await;
            meant.0.push((tag, called));
        }
        meant
    }

    /// The models that the configuration names, and as what.
    fn named(&self) -> Vec<(String, ModelReference)> {
        let settings = self.settings();
        let defaults = &settings.agents.defaults.model;
        let primary = defaults.primary.iter().map(|name| ("default".to_owned(), self.reference(name)));
        let fallbacks = (1..).zip(&defaults.fallbacks);
        let fallbacks = fallbacks.map(|(place, name)| (format!("fallback#{place}"), self.reference(name)));
        let configured = settings.models.providers.iter().flat_map(|(id, entry)| {
            let models = entry.models.as_deref().unwrap_or_default().iter();
            models
                .map(|model| ModelReference { provider: id.as_str().into(), model: model.id.as_str().into() })
        });
        let configured = configured.map(|reference| ("configured".to_owned(), reference));
        primary.chain(fallbacks).chain(configured).collect()
    }
}

/// Tags, and the models that they are for, by the ids that are called.
#[derive(Default)]
struct Meant(Vec<(String, ModelReference)>);

impl Meant {
    fn tags(&self, reference: &ModelReference) -> Vec<String> {
        self.0.iter().filter(|(_, meant)| meant == reference).map(|(tag, _)| tag.clone()).collect()
    }
}

/// Two lists as one: as old as the older, as fresh as the staler.
fn joined(list: Option<Snapshot>, mut more: Snapshot) -> Snapshot {
    let Some(mut list) = list else { return more };
    list.models.append(&mut more.models);
    list.hidden.append(&mut more.hidden);
    list.problems.append(&mut more.problems);
    list.taken_at = list.taken_at.min(more.taken_at);
    list.freshness = list.freshness.max(more.freshness);
    list
}

fn problem(provider: &ProviderId, error: &Error) -> CatalogProblem {
    let mut problem = CatalogProblem::of(provider.as_str(), error);
    problem.hint = error.hints().first().cloned();
    problem
}
