//! From the id that somebody asked for to the one to call.

use std::sync::Arc;

use outcrop_core::{ModelCard, ModelId, Resolved};
use outcrop_model_facts::facts::{self, Exactness};
use outcrop_model_facts::{BedrockId, Kind};

use crate::merge::{View, differ_by_revision};
use crate::rows::SYSTEM_DEFINED;
use crate::settings::GeographyPreference;

/// Resolves an id by what was listed, else by the table of facts; else it stays as it is.
///
/// `home` is the region that models are called in. `ID@REGION` forces a region, and the region of an ARN holds for it.
/// `refused`: the id was called there, and needs an inference profile.
pub(crate) fn resolve(
    asked: &ModelId,
    view: Option<&View>,
    home: Option<&str>,
    geography: &GeographyPreference,
    refused: bool,
) -> Resolved {
    let (id, forced) = split_region(asked.as_str());
    let parsed = BedrockId::parse(id);
    let said = forced.or_else(|| parsed.region());
    let question = Question { id, parsed, said, home, geography, refused };
    let mut resolved = view
        .and_then(|view| question.by_listing(view))
        .or_else(|| question.by_facts())
        .unwrap_or_else(|| unchanged(id, parsed.base()));
    if let Some(region) = said {
        resolved.region = Some(region.to_owned());
    }
    resolved
}

/// Resolves an id by the table of facts alone, as it is done before anything was listed: without network and cache, so
/// that the same question always has the same answer. `region` is the region that models are called in.
pub fn resolve_by_facts(asked: &ModelId, region: Option<&str>, geography: &GeographyPreference) -> Resolved {
    resolve(asked, None, region, geography, false)
}

/// The region in `ID@REGION`.
pub fn region_of(asked: &str) -> Option<&str> {
    split_region(asked).1
}

/// Splits `ID@REGION`; anything else behind an `@` belongs to the id.
pub(crate) fn split_region(asked: &str) -> (&str, Option<&str>) {
    let is_region = |text: &str| {
        let parts: Vec<_> = text.split('-').collect();
        let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_number =
            |number: &&str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        matches!(parts.as_slice(), [words @ .., number] if words.len() >= 2 && words.iter().all(is_word) && is_number(number))
    };
    match asked.rsplit_once('@') {
        Some((id, region)) if is_region(region) => (id, Some(region)),
        _ => (asked, None),
    }
}

fn unchanged(id: &str, base: Option<&str>) -> Resolved {
    let mut resolved = Resolved::unchanged(ModelId::from(id));
    resolved.base = base.map(ModelId::from);
    resolved
}

/// What is to be resolved.
struct Question<'a> {
    id: &'a str,
    parsed: BedrockId<'a>,
    /// The region that was asked for with it.
    said: Option<&'a str>,
    /// The region that models are called in.
    home: Option<&'a str>,
    geography: &'a GeographyPreference,
    refused: bool,
}

impl Question<'_> {
    fn region(&self) -> Option<&str> {
        self.said.or(self.home)
    }

    /// The id's name in listings: ARNs of AWS's own models and profiles are listed by what they end in.
    fn listed_name(&self) -> &str {
        match self.parsed.kind() {
            Kind::FoundationModel | Kind::SystemProfile => self.parsed.resource_id().unwrap_or(self.id),
            _ => self.id,
        }
    }

    fn by_listing(&self, view: &View) -> Option<Resolved> {
        let name = self.listed_name();
        let found = view.find(name).or_else(|| view.find_revision(name));
        if let Some(card) = found {
            let is_elsewhere = self.said.is_some_and(|region| !view.covers(region));
            // AWS has not listed it (yet), or not there: what is known of its id counts.
            if (is_elsewhere || view.is_only_configured(card.id.as_str()))
                && let Some(renamed) = self.by_facts()
            {
                let mut resolved = self.found(card, renamed.callable, renamed.note);
                resolved.base = renamed.base;
                return Some(resolved);
            }
            if is_elsewhere || (!self.refused && !view.needs_profile(card.id.as_str(), self.said)) {
                return Some(self.known(card));
            }
            // The profile is wanted where the bare id was asked for, or refused; where nothing of it can be called, another
            // region that is listed may have one.
            let here = if self.refused { self.region() } else { self.said };
            let elsewhere = card.regions.iter().map(String::as_str).filter(|_| here.is_none());
            let mut regions = std::iter::once(here.unwrap_or_else(|| self.region_of(card))).chain(elsewhere);
            let profile = |region| best_profile(view, card.id.as_str(), region, self.geography);
            if let Some(profile) = regions.find_map(profile) {
                return Some(self.through(profile));
            }
            // Which profiles there are is known, and none of them is wanted: the service will say so.
            return view.profiles_known.then(|| self.known(card));
        }
        if self.parsed.kind() == Kind::FoundationModel {
            let profile = best_profile(view, name, self.region().unwrap_or_default(), self.geography)?;
            return Some(self.through(profile));
        }
        view.cards().find(|card| is_short_name(self.id, card)).map(|card| self.known(card))
    }

    /// The region to call a model in.
    fn region_of<'b>(&'b self, card: &'b ModelCard) -> &'b str {
        let listed =
            |region: &&str| card.regions.is_empty() || card.regions.iter().any(|known| known == region);
        self.region().filter(listed).or(card.regions.first().map(String::as_str)).unwrap_or_default()
    }

    /// A card, and where to call it if that is not where models are called usually.
    fn found(&self, card: &Arc<ModelCard>, callable: ModelId, note: Option<String>) -> Resolved {
        let elsewhere =
            Some(self.region_of(card)).filter(|region| Some(*region) != self.region() && !region.is_empty());
        let mut resolved = Resolved::unchanged(callable);
        resolved.region = elsewhere.map(str::to_owned);
        resolved.base.clone_from(&card.base_model);
        resolved.card = Some(Arc::clone(card));
        resolved.note = note;
        resolved
    }

    /// The model that was asked for, under the id that it has.
    fn known(&self, card: &Arc<ModelCard>) -> Resolved {
        if card.id == *self.listed_name() {
            return self.found(card, ModelId::from(self.id), None);
        }
        let base = BedrockId::parse(card.id.as_str()).base();
        // An ARN stays an ARN.
        let renamed = base.filter(|_| self.parsed.is_arn()).and_then(|base| self.parsed.with_base(base));
        let callable = renamed.map_or_else(|| card.id.clone(), ModelId::from);
        let note = renamed_note(self.id, callable.as_str());
        self.found(card, callable, Some(note))
    }

    /// A profile in place of the model that was asked for.
    fn through(&self, profile: &Arc<ModelCard>) -> Resolved {
        let note = profile_note(self.id, profile.id.as_str());
        self.found(profile, profile.id.clone(), Some(note))
    }

    fn by_facts(&self) -> Option<Resolved> {
        let found = facts::lookup(&self.parsed)?;
        let model = found.facts;
        let is_bare =
            self.parsed.kind() == Kind::FoundationModel && found.exactness != Exactness::WithoutThroughput;
        if is_bare && (self.refused || model.needs_profile()) {
            let geographies = self.geography.candidates(self.region().unwrap_or_default());
            let known = geographies.into_iter().find(|it| model.profile_prefixes.contains(it));
            if let Some(geography) = known {
                let profile = format!("{geography}.{}", model.id);
                let mut resolved = unchanged(&profile, Some(model.id));
                resolved.note = Some(profile_note(self.id, &profile));
                return Some(resolved);
            }
        }
        let known = found.known_id()?;
        let mut resolved = unchanged(&known, Some(model.id));
        resolved.note = Some(renamed_note(self.id, &known));
        Some(resolved)
    }
}

fn renamed_note(asked: &str, called: &str) -> String {
    format!("`{asked}` is called as `{called}`, the id that it has")
}

fn profile_note(asked: &str, profile: &str) -> String {
    format!("`{asked}` is called through the inference profile `{profile}`")
}

/// Whether that is what the ARN of a profile of the account ends in.
pub(crate) fn is_short_name(id: &str, card: &ModelCard) -> bool {
    let arn = BedrockId::parse(card.id.as_str());
    arn.kind() == Kind::ApplicationProfile && arn.resource_id() == Some(id)
}

/// The profile of the preferred geography that leads to a foundation model; one that is listed before one that is not.
fn best_profile<'a>(
    view: &'a View,
    base: &str,
    region: &str,
    geography: &GeographyPreference,
) -> Option<&'a Arc<ModelCard>> {
    let of_geography = |geography: &str| {
        view.cards().find(|card| {
            let profile = card.profile.as_ref().filter(|profile| profile.kind == SYSTEM_DEFINED);
            let same = |known: &ModelId| known == base || differ_by_revision(known.as_str(), base);
            profile.is_some_and(|profile| profile.geography.as_deref() == Some(geography))
                && card.base_model.as_ref().is_some_and(same)
        })
    };
    geography.candidates(region).into_iter().find_map(of_geography)
}

#[cfg(test)]
mod tests;
