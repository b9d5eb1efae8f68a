//! An id that AWS lists in a region, with all that belongs to it.

use std::collections::HashMap;

use outcrop_model_facts::facts::{self, ModelFacts};
use outcrop_model_facts::{BedrockId, Kind};

use super::Region;
use super::manual::Overrides;
use crate::rows::{AccessRow, DeploymentRow, FoundationModelRow, InferenceProfileRow, SYSTEM_DEFINED};
use crate::settings::{DiscoverySettings, ManualModel, ModelOverride};
use crate::source::Source;

/// An id that AWS lists in a region.
#[derive(Debug, Clone)]
pub(crate) struct Candidate<'a> {
    /// The id to call it by.
    pub(crate) id: &'a str,
    pub(crate) region: &'a str,
    /// The id of the foundation model.
    pub(crate) base: Option<&'a str>,
    /// Whether only the configuration says so.
    pub(crate) base_is_configured: bool,
    /// The row of the foundation model, if AWS lists it here.
    pub(crate) row: Option<&'a FoundationModelRow>,
    /// The profile, if it is one.
    pub(crate) profile: Option<&'a InferenceProfileRow>,
    /// The profile of AWS's that a profile of the account was copied from: the one that leads to the same models.
    pub(crate) copied_from: Option<&'a str>,
    /// What it is besides, if it is called by an ARN of its own.
    pub(crate) deployment: Option<(Source, &'a DeploymentRow)>,
    /// What AWS says of the access to the foundation model, if it was asked.
    pub(crate) access: Option<&'a AccessRow>,
    /// Whether it was called and refused for want of an inference profile.
    pub(crate) refused: bool,
    pub(crate) facts: Option<&'static ModelFacts>,
    /// What the configuration knows better.
    pub(crate) said: ModelOverride,
}

impl<'a> Candidate<'a> {
    /// An id of which no more is known than its base model.
    pub(crate) fn unlisted(id: &'a str, region: &'a str, base: Option<&'a str>) -> Self {
        let base = base.or_else(|| BedrockId::parse(id).base());
        let facts = base.and_then(facts_of);
        Self {
            id,
            region,
            base,
            base_is_configured: false,
            row: None,
            profile: None,
            copied_from: None,
            deployment: None,
            access: None,
            refused: false,
            facts,
            said: ModelOverride::default(),
        }
    }

    /// An id that no list has, with the words of the configuration; `base` beats theirs.
    pub(super) fn of_unlisted(
        id: &'a str,
        region: &'a str,
        base: Option<&'a str>,
        overrides: &Overrides<'a>,
    ) -> Self {
        let known = base.is_none().then(|| told_by_id(id)).flatten();
        let configured = base.or_else(|| known.is_none().then(|| overrides.base_of(id)).flatten());
        let candidate = Self::unlisted(id, region, known.or(configured));
        let said = overrides.of(id, candidate.base);
        Self { base_is_configured: configured.is_some(), said, ..candidate }
    }

    /// The maker's id prefix.
    pub(crate) fn maker(&self) -> Option<&'a str> {
        BedrockId::parse(self.base?).maker()
    }

    /// The maker's name for people.
    pub(crate) fn maker_name(&self) -> Option<&'a str> {
        let listed = self.row.and_then(|row| row.provider_name.as_deref());
        listed.or_else(|| self.facts.map(|facts| facts.provider_name))
    }
}

/// The foundation model that an id names, itself or as what a custom model was made from.
fn told_by_id(id: &str) -> Option<&str> {
    let id = BedrockId::parse(id);
    id.base().or_else(|| id.customized_from())
}

/// What the table knows of a foundation model.
fn facts_of(base: &str) -> Option<&'static ModelFacts> {
    facts::lookup(&BedrockId::parse(base)).map(|found| found.facts)
}

/// All ids of a region: foundation models first, then profiles, then what has an ARN of its own, in AWS's order.
pub(super) fn candidates<'a>(
    region: &'a Region,
    settings: &'a DiscoverySettings,
    overrides: &Overrides<'a>,
) -> Vec<Candidate<'a>> {
    let models = region.rows.foundation_models.as_ref().map_or(&[][..], |listing| &listing.rows);
    let profiles = region.rows.inference_profiles.as_ref().map_or(&[][..], |listing| &listing.rows);
    let by_id: HashMap<&str, &FoundationModelRow> = models.iter().map(|row| (row.id.as_str(), row)).collect();
    let originals = Originals::new(profiles);
    let by_bare_id = models.iter().filter(|row| !row.id.trim().is_empty()).map(|row| Candidate {
        row: Some(row),
        refused: region.rows.refused.contains_key(&row.id),
        ..Candidate::unlisted(&row.id, &region.name, Some(&row.id))
    });
    let by_profile = profiles.iter().filter_map(|profile| {
        let id = if profile.kind == SYSTEM_DEFINED { &profile.id } else { &profile.arn };
        if id.trim().is_empty() {
            return None;
        }
        let listed = base_of(profile);
        let configured = listed.is_none().then(|| configured_base(settings, overrides, id)).flatten();
        let base = listed.or(configured);
        Some(Candidate {
            row: base.and_then(|base| by_id.get(base).copied()),
            base_is_configured: configured.is_some(),
            profile: Some(profile),
            copied_from: originals.of(profile),
            ..Candidate::unlisted(id, &region.name, base)
        })
    });
    let deployed = Source::wanted(settings).into_iter().filter_map(|source| {
        Some(region.rows.deployments.get(&source)?.rows.iter().map(move |row| (source, row)))
    });
    let by_deployment = deployed.flatten().filter(|(_, row)| !row.arn.trim().is_empty()).map(|deployment| {
        let (_, row) = deployment;
        let listed = base_of_deployment(row);
        let configured = listed.is_none().then(|| configured_base(settings, overrides, &row.arn)).flatten();
        let base = listed.or(configured);
        Candidate {
            row: base.and_then(|base| by_id.get(base).copied()),
            base_is_configured: configured.is_some(),
            deployment: Some(deployment),
            ..Candidate::unlisted(&row.arn, &region.name, base)
        }
    });
    let all = by_bare_id.chain(by_profile).chain(by_deployment);
    all.map(|candidate| {
        let access = candidate.base.and_then(|base| region.access.0.get(base));
        let said = overrides.of(candidate.id, candidate.base);
        Candidate { access: access.and_then(|checked| checked.row.as_ref()), said, ..candidate }
    })
    .collect()
}

/// The foundation model that somebody wrote down for an id.
fn configured_base<'a>(
    settings: &'a DiscoverySettings,
    overrides: &Overrides<'a>,
    id: &str,
) -> Option<&'a str> {
    let mut models = settings.models.iter().filter(|model| model.id.trim() == id);
    let base = models.find_map(|model: &ManualModel| model.known.base_model.as_deref());
    base.or_else(|| overrides.base_of(id))
}

/// The foundation model of a deployment: as its list says, or as the ARN of the custom model behind it says.
fn base_of_deployment(row: &DeploymentRow) -> Option<&str> {
    let model = BedrockId::parse(row.model.as_deref()?);
    model.base_without_throughput().or_else(|| model.customized_from())
}

/// The foundation model of a profile: as its list of models says, else as the id of one of AWS's profiles says.
fn base_of(profile: &InferenceProfileRow) -> Option<&str> {
    let listed = profile.model_arns.iter().find_map(|arn| BedrockId::parse(arn).base());
    // The account's own profiles have names that may look like anything.
    let by_id = || (profile.kind == SYSTEM_DEFINED).then(|| BedrockId::parse(&profile.id).base())?;
    listed.or_else(by_id)
}

/// AWS's profiles by the models that they lead to: those of the account are copies of them.
struct Originals<'a>(HashMap<Vec<&'a str>, &'a str>);

impl<'a> Originals<'a> {
    fn new(profiles: &'a [InferenceProfileRow]) -> Self {
        let is_original = |profile: &&InferenceProfileRow| profile.kind == SYSTEM_DEFINED;
        if profiles.iter().all(|profile| is_original(&profile)) {
            return Self(HashMap::new());
        }
        // The first of those that lead to the same models is kept: the last to be inserted.
        let originals = profiles.iter().rev().filter(is_original);
        Self(originals.map(|profile| (models(profile), profile.id.as_str())).collect())
    }

    /// The one that a profile of the account was copied from.
    fn of(&self, profile: &InferenceProfileRow) -> Option<&'a str> {
        let is_copy = profile.kind != SYSTEM_DEFINED && !profile.model_arns.is_empty();
        is_copy.then(|| self.0.get(&models(profile)).copied()).flatten()
    }
}

/// The models that a profile leads to, in an order that does not matter to AWS.
fn models(profile: &InferenceProfileRow) -> Vec<&str> {
    let mut models: Vec<_> = profile.model_arns.iter().map(String::as_str).collect();
    models.sort_unstable();
    models
}

/// The regions that a profile may send requests to, in AWS's order.
pub(super) fn destinations(profile: &InferenceProfileRow) -> Vec<String> {
    let mut regions: Vec<String> = Vec::new();
    for arn in &profile.model_arns {
        if let Some(region) = BedrockId::parse(arn).region()
            && !regions.iter().any(|known| known == region)
        {
            regions.push(region.to_owned());
        }
    }
    regions
}

/// Whether the profile leads to one foundation model in one region.
pub(super) fn single_model(profile: &InferenceProfileRow) -> Option<&str> {
    match profile.model_arns.as_slice() {
        [arn] if BedrockId::parse(arn).kind() == Kind::FoundationModel => Some(arn),
        _ => None,
    }
}
