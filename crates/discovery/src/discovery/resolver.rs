//! From the id that somebody asked for to the one to call, without waiting for a list; and what refusals teach.

use std::sync::Arc;

use outcrop_core::{Error, ErrorKind, ModelCard, ModelId, Resolved};
use outcrop_model_facts::facts;
use outcrop_model_facts::{BedrockId, Kind};

use super::memory::AtHand;
use super::{Ask, Discovery};
use crate::control_plane::{Place, Target};
use crate::merge::View;
use crate::names::nearest;
use crate::resolve::{resolve, split_region};
use crate::rows::Moment;
use crate::settings::ModelOverride;

impl Discovery {
    /// What is known at once: memory, disk, the table of facts, the id as it is.
    pub(super) async fn resolve_at_hand(&self, id: &ModelId) -> Resolved {
        let at_hand = self.inner.at_hand().await;
        let view = at_hand.as_ref().map(|at_hand| &*at_hand.view);
        let (home, geography) = (self.inner.home().await, &self.inner.settings.geography);
        let refused = self.was_refused(id).await;
        let mut resolved = resolve(id, view, home.as_deref(), geography, refused);
        resolved.warning = match &at_hand {
            Some(at_hand) => warning(id, &resolved, at_hand),
            None => None,
        };
        if resolved.card.is_none()
            && let Some(card) = self.configured(&resolved, home.as_deref())
        {
            resolved.base = resolved.base.or_else(|| card.base_model.clone());
            resolved.card = Some(Arc::new(card));
        }
        resolved
    }

    /// The card of a model that no list at hand has and the configuration speaks of: what it says holds without a list too.
    fn configured(&self, resolved: &Resolved, home: Option<&str>) -> Option<ModelCard> {
        let (id, settings) = (resolved.callable.as_str(), &self.inner.settings);
        if View::said_of_unlisted(id, settings) == ModelOverride::default() {
            return None;
        }
        let region = resolved.region.as_deref().or(home).unwrap_or_default();
        View::unlisted_card(id, region, settings)
    }

    /// Whether a foundation model was refused where it would be called, for want of an inference profile.
    async fn was_refused(&self, id: &ModelId) -> bool {
        let (name, forced) = split_region(id.as_str());
        let parsed = BedrockId::parse(name);
        let Some(base) = parsed.base().filter(|_| parsed.kind() == Kind::FoundationModel) else {
            return false;
        };
        let Some(place) = self.place_of(forced.or_else(|| parsed.region())).await else { return false };
        self.inner.rows_at_hand(&place).refusals((self.inner.now)()).any(|model| model == base)
    }

    async fn place_of(&self, region: Option<&str>) -> Option<Place> {
        let target = region.map_or(Target::Usual, |region| Target::Region(region.to_owned()));
        self.inner.plane.place(&target).await.ok()
    }

    /// Says which inference profile to call for a bare id that was refused in a region, and remembers that it needs one. A
    /// refusal that no profile helps against teaches nothing.
    ///
    /// The call has failed already, so this may wait for a list if there is none: only a list knows the profiles of the
    /// account.
    pub(super) async fn learn(&self, refused: &ModelId, region: &str, error: &Error) -> Option<Resolved> {
        let id = BedrockId::parse(refused.as_str());
        let base = id.base().filter(|_| id.kind() == Kind::FoundationModel)?;
        if error.kind() != ErrorKind::ProfileRequired {
            return None;
        }
        let found = self.profile_instead(base, region).await?;
        if let Some(place) = self.place_of(Some(region)).await {
            let moment = Moment::new((self.inner.now)());
            self.inner
                .update(&place, |rows| {
                    rows.refused.insert(base.to_owned(), moment);
                })
                .await;
        }
        Some(found)
    }

    /// The profile to call instead of a foundation model that was refused in a region: by the lists at hand, else by new
    /// ones, else by the table of facts.
    async fn profile_instead(&self, base: &str, region: &str) -> Option<Resolved> {
        let at_hand = self.inner.at_hand().await;
        let listed = at_hand.as_ref().and_then(|at_hand| self.profile(base, region, Some(&at_hand.view)));
        let listed = listed.filter(|found| found.card.is_some());
        if listed.is_some() || at_hand.as_ref().is_some_and(|at_hand| at_hand.is_complete) {
            return listed;
        }
        if self.inner.settings.enabled == Some(false) {
            return self.profile(base, region, None);
        }
        let answer = self.flight(Ask::default()).await.ok();
        // Lists that are whole leave nothing to guess.
        let is_whole = answer.as_ref().is_some_and(|answer| answer.problems.is_empty());
        let found = self.profile(base, region, answer.as_ref().map(|answer| &*answer.view));
        found.filter(|found| found.card.is_some() || !is_whole)
    }

    /// The profile to call in the place of a foundation model that was refused in a region, by a list if there is one,
    /// else by the table of facts.
    fn profile(&self, base: &str, region: &str, view: Option<&View>) -> Option<Resolved> {
        let geography = &self.inner.settings.geography;
        let asked = ModelId::from(format!("{base}@{region}"));
        let mut found = resolve(&asked, view, Some(region), geography, true);
        // Whoever called there meant to: it stays the region of the call.
        found.region = None;
        let is_bare = BedrockId::parse(found.callable.as_str()).kind() == Kind::FoundationModel;
        (!is_bare).then_some(found)
    }
}

/// What is odd about calling that: a fresh list that does not have it, or a model on its way out.
fn warning(asked: &ModelId, resolved: &Resolved, at_hand: &AtHand) -> Option<String> {
    let called = &resolved.callable;
    if let Some(card) = &resolved.card {
        let retires = card.end_of_life.as_deref().filter(|_| card.lifecycle.as_deref() == Some("LEGACY"))?;
        return Some(format!("`{called}` is on its way out: it goes away on {retires}"));
    }
    let id = BedrockId::parse(called.as_str());
    let is_listable = matches!(id.kind(), Kind::FoundationModel | Kind::SystemProfile | Kind::Other);
    // Another region has other models, and the list says nothing of it.
    if !at_hand.is_complete || !is_listable || resolved.region.is_some() || facts::lookup(&id).is_some() {
        return None;
    }
    let names = at_hand.view.listed.iter().map(|card| card.id.as_str());
    let nearest = nearest(asked.as_str(), names, 1).into_iter().next();
    let hint = nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    Some(format!("nobody lists `{called}`: it is called all the same{hint}"))
}
