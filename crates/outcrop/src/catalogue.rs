//! Single models, and the state of the catalogue.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;
use outcrop_core::{Error, ErrorKind, ModelCard, ProviderId, Query, Result};
use outcrop_discovery::{DiscoverySettings, RegionStatus, Why};
use serde::Serialize;

use crate::{ListedModel, ModelFilter, ModelList, ModelReference, Outcrop, ProviderEndpoint};

/// All that is known of one model.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ShownModel {
    /// The model, by the id of its card.
    pub model: ListedModel,
    /// Whether it is in the list of models that can be called.
    pub listed: bool,
    /// The model that is called for the id that was asked about, if it is another one.
    pub called_as: Option<ModelReference>,
}

/// What the catalogue knows, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CatalogueStatus {
    /// The default model of the configuration, as `provider/id`.
    pub default: Option<String>,
    /// The models to try after it.
    pub fallbacks: Vec<String>,
    /// Whether AWS is asked for its models: `true`, `false`, or `None` where nobody said, which is as `true` as long as
    /// there are credentials.
    pub enabled: Option<bool>,
    /// How long a list is good, in seconds; 0: not at all.
    pub refresh_interval: u64,
    /// The day on which the built-in table of limits and prices was put together.
    pub facts_as_of: String,
    /// The foundation models in that table.
    pub facts: usize,
    /// What is known of each region of each provider.
    pub regions: Vec<ProviderRegion>,
    /// The OpenAI-compatible endpoints of the configuration.
    pub endpoints: Vec<ProviderEndpoint>,
}

/// A region of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProviderRegion {
    /// The provider.
    pub provider: String,
    /// The region.
    #[serde(flatten)]
    pub status: RegionStatus,
}

/// What a refresh changed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Refreshed {
    /// The new list.
    pub list: ModelList,
    /// The models that were not in the list before, as `provider/id`; `None` if there was no list.
    pub added: Option<Vec<String>>,
    /// The models that were in the list before and are no more.
    pub removed: Option<Vec<String>>,
}

impl Outcrop {
    /// Why a model is listed or not, and whether it can be called.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a provider that is neither Bedrock nor an OpenAI-compatible endpoint, [`ErrorKind::Unauthenticated`] without credentials,
    /// [`ErrorKind::Config`] if the provider's settings are wrong.
    pub async fn why(&self, reference: &ModelReference) -> Result<Why> {
        named(reference)?;
        if let Some(why) = self.why_of_endpoint(reference).await? {
            return Ok(why);
        }
        let Some(discovery) = self.discovery(&reference.provider).await? else {
            let message = format!("the provider `{}` cannot say why a model is listed", reference.provider);
            return Err(Error::unsupported(message).with_provider(&reference.provider));
        };
        discovery.why(&reference.model).await
    }

    /// All that is known of a model, listed or not.
    ///
    /// # Errors
    /// [`ErrorKind::ModelNotFound`] if nobody knows it, with the names that are most like it; else as
    /// [`Outcrop::models`].
    pub async fn show(&self, reference: &ModelReference) -> Result<ShownModel> {
        let id = &reference.provider;
        let known = if let Some(discovery) = self.discovery(id).await? {
            let known = discovery.card(&reference.model).await?;
            known.map(|known| (known.card, known.listed, known.hidden))
        } else {
            let listed = self.snapshot(id, &Query::default()).await?;
            let is_meant = |card: &&Arc<ModelCard>| card.id == reference.model;
            if let Some(card) = listed.models.iter().find(is_meant) {
                Some((Arc::clone(card), true, None))
            } else {
                let all = self.snapshot(id, &Query::default().with_all(true)).await?;
                let card = all.models.iter().find(is_meant).cloned();
                card.map(|card| (card, false, all.hidden.get(&reference.model).cloned()))
            }
        };
        let Some((card, listed, hidden)) = known else { return Err(self.unknown(reference).await) };
        let shown = ModelReference { provider: id.clone(), model: card.id.clone() };
        let called = self.called(reference).await;
        let tags = self.tags_of(&shown).await;
        Ok(ShownModel {
            called_as: Some(called).filter(|called| *called != shown),
            model: ListedModel { reference: shown, card, tags, hidden },
            listed,
        })
    }

    /// That nobody knows a model, with the names that are like it.
    async fn unknown(&self, reference: &ModelReference) -> Error {
        let nearest = match self.discovery(&reference.provider).await {
            Ok(Some(discovery)) => discovery.nearest(&reference.model).await.unwrap_or_default(),
            _ => match self.why_of_endpoint(reference).await {
                Ok(Some(why)) => why.nearest,
                _ => Vec::new(),
            },
        };
        let message = format!("nobody knows the model `{}`", reference.model);
        let mut error = Error::new(ErrorKind::ModelNotFound, message).with_provider(&reference.provider);
        if !nearest.is_empty() {
            let names: Vec<_> = nearest.iter().map(|name| format!("`{name}`")).collect();
            error = error.with_hint(format!("did you mean {}?", names.join(" or ")));
        }
        let asked = reference.short();
        error.with_hint(format!("run `outcrop models why {asked}` to see where it was looked for"))
    }

    /// What the catalogue knows, and from where. Asks neither AWS nor anybody else, but the metadata service for the
    /// region if nothing else names one.
    ///
    /// A provider whose settings are wrong is a region with a problem.
    pub async fn catalogue_status(&self) -> CatalogueStatus {
        let settings = self.settings();
        let defaults = &settings.agents.defaults.model;
        let discovery = &settings.models.bedrock_discovery;
        let mut regions = Vec::new();
        let endpoints = self.endpoints();
        for id in self.provider_ids().into_iter().filter(|id| !endpoints.contains(id)) {
            let status = match self.discovery(&id).await {
                Ok(Some(discovery)) => discovery.status().await,
                Ok(None) => continue,
                Err(error) => vec![RegionStatus::unknown(error.to_string())],
            };
            let status = status.into_iter();
            regions.extend(status.map(|status| ProviderRegion { provider: id.to_string(), status }));
        }
        let endpoints = join_all(self.endpoints().into_iter().map(|id| self.endpoint_of(id))).await;
        CatalogueStatus {
            default: defaults.primary.as_deref().map(|name| self.reference(name).key()),
            fallbacks: defaults.fallbacks.iter().map(|name| self.reference(name).key()).collect(),
            enabled: discovery.enabled,
            refresh_interval: discovery
                .refresh_interval
                .unwrap_or(DiscoverySettings::default().refresh_interval),
            facts_as_of: outcrop_model_facts::facts::AS_OF.to_owned(),
            facts: outcrop_model_facts::facts::all().len(),
            regions,
            endpoints,
        }
    }

    /// Asks AWS for new lists, and says what changed.
    ///
    /// # Errors
    /// As [`Outcrop::models`], and if no new list came: a list that is kept stays as it was.
    pub async fn refresh_models(&self) -> Result<Refreshed> {
        let mut before: Option<BTreeSet<String>> = None;
        // Only what was known can be new or gone.
        let mut compared = BTreeSet::new();
        let (mut snapshots, mut failures, mut is_new) = (Vec::new(), Vec::new(), false);
        for id in self.provider_ids() {
            let discovery = match self.discovery(&id).await {
                Ok(Some(discovery)) => discovery,
                Ok(None) => {
                    let snapshot = self.snapshot(&id, &Query::refresh()).await;
                    is_new |= snapshot.as_ref().is_ok_and(|snapshot| snapshot.problems.is_empty());
                    snapshots.push((id, snapshot));
                    continue;
                }
                Err(error) => {
                    failures.push(error.clone());
                    snapshots.push((id, Err(error)));
                    continue;
                }
            };
            let known = discovery.known_ids().await.into_iter().flatten();
            let keys = known.map(|model| ModelReference { provider: id.clone(), model }.key());
            let keys: Vec<_> = keys.collect();
            if !keys.is_empty() {
                before.get_or_insert_default().extend(keys);
                compared.insert(id.clone());
            }
            let refresh = discovery.refresh().await;
            let failure = refresh.as_ref().map_or_else(|error| Some(error.clone()), |it| it.failure.clone());
            is_new |= failure.is_none();
            failures.extend(failure);
            snapshots.push((id, refresh.map(|refresh| refresh.snapshot)));
        }
        if let Some(failure) = failures.into_iter().next().filter(|_| !is_new) {
            return Err(match before {
                Some(_) => {
                    failure.with_hint("the list that was known is kept: `outcrop models status` has its age")
                }
                None => failure,
            });
        }
        let list = self.list_of(snapshots, &ModelFilter::default()).await?;
        let after = list.models.iter().filter(|model| compared.contains(&model.reference.provider));
        let after: BTreeSet<String> = after.map(|model| model.reference.key()).collect();
        let added = before.as_ref().map(|before| after.difference(before).cloned().collect());
        let removed = before.map(|before| before.difference(&after).cloned().collect());
        Ok(Refreshed { list, added, removed })
    }

    /// The providers of the configuration.
    pub(crate) fn provider_ids(&self) -> Vec<ProviderId> {
        self.config().providers().map(|entry| ProviderId::from(entry.id())).collect()
    }
}

/// Refuses a name that says nothing.
pub(crate) fn named(reference: &ModelReference) -> Result<()> {
    if reference.model.as_str().trim().is_empty() {
        return Err(Error::config("the name of the model is empty").with_hint("run `outcrop models list`"));
    }
    Ok(())
}
