//! An id that AWS lists in a region, with all that belongs to it.

use std::collections::{BTreeSet, HashMap};

use outcrop_model_facts::facts::{self, ModelFacts};
use outcrop_model_facts::{BedrockId, Kind};

use super::{Region, manual};
use crate::rows::{AccessRow, DeploymentRow, FoundationModelRow, InferenceProfileRow};
use crate::settings::{DiscoverySettings, ModelOverride};
use crate::source::Source;

/// The type of the profiles that are called by their id. All others are the account's, and are called by ARN.
pub(crate) const SYSTEM_DEFINED: &str = "SYSTEM_DEFINED";

/// An id that AWS lists in a region.
#[derive(Debug, Clone)]
pub(crate) struct Candidate<'a> {
    /// The id to call it by.
    pub(crate) id: &'a str,
    pub(crate) region: &'a str,
    /// The id of the foundation model.
    pub(crate) base: Option<&'a str>,
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

/// What the table knows of a foundation model.
fn facts_of(base: &str) -> Option<&'static ModelFacts> {
    facts::lookup(&BedrockId::parse(base)).map(|found| found.facts)
}

/// All ids of a region: foundation models first, then profiles, then what has an ARN of its own, in AWS's order.
pub(super) fn candidates<'a>(region: &'a Region, settings: &'a DiscoverySettings) -> Vec<Candidate<'a>> {
    let models = region.rows.foundation_models.as_ref().map_or(&[][..], |listing| &listing.rows);
    let profiles = region.rows.inference_profiles.as_ref().map_or(&[][..], |listing| &listing.rows);
    let by_id: HashMap<&str, &FoundationModelRow> = models.iter().map(|row| (row.id.as_str(), row)).collect();
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
        let base = base_of(profile).or_else(|| configured_base(settings, id));
        Some(Candidate {
            row: base.and_then(|base| by_id.get(base).copied()),
            profile: Some(profile),
            copied_from: copied_from(profile, profiles),
            ..Candidate::unlisted(id, &region.name, base)
        })
    });
    let deployed = Source::wanted(settings).into_iter().filter_map(|source| {
        Some(region.rows.deployments.get(&source)?.rows.iter().map(move |row| (source, row)))
    });
    let by_deployment = deployed.flatten().filter(|(_, row)| !row.arn.trim().is_empty()).map(|deployment| {
        let (_, row) = deployment;
        let base = base_of_deployment(row).or_else(|| configured_base(settings, &row.arn));
        Candidate {
            row: base.and_then(|base| by_id.get(base).copied()),
            deployment: Some(deployment),
            ..Candidate::unlisted(&row.arn, &region.name, base)
        }
    });
    let all = by_bare_id.chain(by_profile).chain(by_deployment);
    all.map(|candidate| {
        let access = candidate.base.and_then(|base| region.access.0.get(base));
        let said = manual::overrides(settings, candidate.id, candidate.base);
        Candidate { access: access.map(|checked| &checked.row), said, ..candidate }
    })
    .collect()
}

/// The foundation model that somebody wrote down for an id.
fn configured_base<'a>(settings: &'a DiscoverySettings, id: &str) -> Option<&'a str> {
    let model = settings.models.iter().find(|model| model.id == *id);
    let base = model.and_then(|model| model.known.base_model.as_deref());
    base.or_else(|| settings.overrides.get(id)?.base_model.as_deref())
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

fn copied_from<'a>(profile: &InferenceProfileRow, all: &'a [InferenceProfileRow]) -> Option<&'a str> {
    if profile.kind == SYSTEM_DEFINED || profile.model_arns.is_empty() {
        return None;
    }
    let models =
        |profile: &'_ InferenceProfileRow| profile.model_arns.iter().cloned().collect::<BTreeSet<_>>();
    let wanted = models(profile);
    let same = |other: &&InferenceProfileRow| {
        other.kind == SYSTEM_DEFINED
            && other.model_arns.len() == profile.model_arns.len()
            && models(other) == wanted
    };
    all.iter().find(same).map(|found| found.id.as_str())
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
