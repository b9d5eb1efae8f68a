//! Single models, listed or not.

use std::collections::HashSet;
use std::sync::Arc;

use outcrop_core::{Hidden, ModelCard, ModelId, Result};
use outcrop_model_facts::facts;
use outcrop_model_facts::{BedrockId, Kind};

use super::{Ask, Discovery};
use crate::merge::View;
use crate::names;
use crate::resolve::{resolve, split_region};

/// How many names are offered for one that nobody knows.
const NEAREST: usize = 3;

/// A model that somebody knows something of.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Known {
    /// What is known.
    pub card: Arc<ModelCard>,
    /// Whether it is in the list.
    pub listed: bool,
    /// What keeps it out of the list; `None` also where AWS does not list it at all.
    pub hidden: Option<Hidden>,
}

impl Discovery {
    /// An id as listed, or hidden, or as the table of facts and the configuration have it; `None` if nobody knows it.
    ///
    /// # Errors
    /// As [`ModelCatalog::snapshot`](outcrop_core::ModelCatalog::snapshot).
    pub async fn card(&self, id: &ModelId) -> Result<Option<Known>> {
        let answer = self.answer(Ask::default()).await?;
        let (view, settings) = (&answer.view, &self.inner.settings);
        let home = self.inner.home().await;
        let resolved = resolve(id, Some(view), home.as_deref(), &settings.geography, false);
        let named = view.named(id.as_str()).cloned();
        if let Some(card) = named.or(resolved.card) {
            let listed = view.is_listed(card.id.as_str());
            let hidden = view.hidden_by(card.id.as_str());
            return Ok(Some(Known { card, listed, hidden }));
        }
        let region = resolved.region.or(home).unwrap_or_default();
        let card = View::unlisted_card(resolved.callable.as_str(), &region, settings);
        Ok(card.map(|card| Known { card: Arc::new(card), listed: false, hidden: None }))
    }

    /// The ids that the list at hand has, however old; `None` if there is no list.
    pub async fn known_ids(&self) -> Option<Vec<ModelId>> {
        let known = self.inner.known().await?.answer;
        Some(known.view.listed.iter().map(|card| card.id.clone()).collect())
    }

    /// Ids that are like one that nobody knows, those that can be called first.
    ///
    /// # Errors
    /// As [`ModelCatalog::snapshot`](outcrop_core::ModelCatalog::snapshot).
    pub async fn nearest(&self, id: &ModelId) -> Result<Vec<String>> {
        let answer = self.answer(Ask::default()).await?;
        Ok(nearest(split_region(id.as_str()).0, &answer.view))
    }
}

/// Names that are like `id`: those that can be called first.
pub(super) fn nearest(id: &str, view: &View) -> Vec<String> {
    // By the name that people see, which is all that tells one ARN from another.
    let by_name = view.cards().filter(|card| card.name.eq_ignore_ascii_case(id)).map(|card| card.id.as_str());
    let mut nearest: Vec<&str> = by_name.collect();
    let listed = view.listed.iter().map(|card| card.id.as_str());
    nearest.extend(names::nearest(id, listed, NEAREST));
    let mut known: Vec<&str> = view.hidden().iter().map(|card| card.id.as_str()).collect();
    if view.listed.is_empty() {
        known.extend(facts::all().iter().filter(|facts| facts.converse).map(|facts| facts.id));
    }
    let known = known.into_iter().filter(|name| BedrockId::parse(name).kind() != Kind::Other);
    nearest.extend(names::nearest(id, known, NEAREST));
    let mut seen = HashSet::new();
    nearest.retain(|name| seen.insert(*name));
    nearest.truncate(NEAREST);
    nearest.into_iter().map(str::to_owned).collect()
}
