//! Rows for tests.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::merge::{Circumstances, Region, View};
use crate::rows::{
    AccessRow, AccessRows, Checked, DeploymentRow, FoundationModelRow, InferenceProfileRow, Listed, Listing,
    Moment, RegionRows,
};
use crate::settings::{DiscoverySettings, ModelOverride};
use crate::source::Source;

pub(crate) const SONNET: &str = "anthropic.claude-sonnet-4-5-20250929-v1:0";
pub(crate) const HAIKU: &str = "anthropic.claude-haiku-4-5-20251001-v1:0";
pub(crate) const NOVA: &str = "amazon.nova-lite-v1:0";

/// Some moment.
pub(crate) fn noon() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}

/// A model that passes every rule.
pub(crate) fn model(id: &str) -> FoundationModelRow {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    FoundationModelRow {
        id: id.to_owned(),
        name: Some(format!("Model {id}")),
        provider_name: None,
        input_modalities: texts(&["TEXT", "IMAGE"]),
        output_modalities: texts(&["TEXT"]),
        streaming: Some(true),
        inference_types: texts(&["ON_DEMAND"]),
        lifecycle: Some("ACTIVE".to_owned()),
        end_of_life: None,
    }
}

/// The same, to be called through a profile only.
pub(crate) fn profile_only(id: &str) -> FoundationModelRow {
    FoundationModelRow { inference_types: vec!["INFERENCE_PROFILE".to_owned()], ..model(id) }
}

fn model_arns(base: &str, regions: &[&str]) -> Vec<String> {
    regions.iter().map(|region| format!("arn:aws:bedrock:{region}::foundation-model/{base}")).collect()
}

/// A profile of AWS's, for a geography and the regions that it leads to.
pub(crate) fn profile(geography: &str, base: &str, regions: &[&str]) -> InferenceProfileRow {
    let id = format!("{geography}.{base}");
    InferenceProfileRow {
        arn: format!("arn:aws:bedrock:us-east-1:123456789012:inference-profile/{id}"),
        name: format!("Profile {id}"),
        kind: "SYSTEM_DEFINED".to_owned(),
        status: "ACTIVE".to_owned(),
        model_arns: model_arns(base, regions),
        id,
    }
}

/// A profile of the account.
pub(crate) fn application(id: &str, base: &str, regions: &[&str]) -> InferenceProfileRow {
    InferenceProfileRow {
        id: id.to_owned(),
        arn: application_arn(id),
        name: format!("Team {id}"),
        kind: "APPLICATION".to_owned(),
        status: "ACTIVE".to_owned(),
        model_arns: model_arns(base, regions),
    }
}

pub(crate) fn application_arn(id: &str) -> String {
    format!("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/{id}")
}

/// A region where both listings answered.
pub(crate) fn region(
    name: &str,
    models: Vec<FoundationModelRow>,
    profiles: Vec<InferenceProfileRow>,
) -> Region {
    let rows = RegionRows {
        foundation_models: Some(Listing::new(noon(), models)),
        inference_profiles: Some(Listing::new(noon(), profiles)),
        ..RegionRows::default()
    };
    Region { name: name.to_owned(), rows, access: AccessRows::default() }
}

/// Something of the account's with an ARN of its own.
pub(crate) fn deployment(resource: &str, status: Option<&str>, model: Option<&str>) -> DeploymentRow {
    DeploymentRow {
        arn: format!("arn:aws:bedrock:us-east-1:123456789012:{resource}"),
        name: format!("Our {resource}"),
        status: status.map(str::to_owned),
        model: model.map(str::to_owned),
        ..DeploymentRow::default()
    }
}

impl Region {
    pub(crate) fn with_deployments(mut self, source: Source, rows: Vec<DeploymentRow>) -> Self {
        self.rows.put(Listed::Deployments(source, rows), noon());
        self
    }

    pub(crate) fn with_access(mut self, model: &str, row: AccessRow) -> Self {
        self.access.0.insert(model.to_owned(), Checked { at: Moment::new(noon()), row: Some(row) });
        self
    }

    pub(crate) fn with_refusal(mut self, model: &str) -> Self {
        self.rows.refused.insert(model.to_owned(), Moment::new(noon()));
        self
    }
}

/// Nothing is missing.
pub(crate) fn accessible() -> AccessRow {
    AccessRow {
        agreement: "AVAILABLE".to_owned(),
        agreement_error: None,
        authorization: "AUTHORIZED".to_owned(),
        entitlement: "AVAILABLE".to_owned(),
        region: "AVAILABLE".to_owned(),
    }
}

/// Settings with one override.
pub(crate) fn overridden(pattern: &str, change: impl FnOnce(&mut ModelOverride)) -> DiscoverySettings {
    let mut said = ModelOverride::default();
    change(&mut said);
    settings(|settings| {
        settings.overrides.insert(pattern.to_owned(), said);
    })
}

/// The ids of the models that are listed.
pub(crate) fn listed(view: &View) -> Vec<&str> {
    view.listed.iter().map(|card| card.id.as_str()).collect()
}

pub(crate) fn settings(change: impl FnOnce(&mut DiscoverySettings)) -> DiscoverySettings {
    let mut settings = DiscoverySettings::default();
    change(&mut settings);
    settings
}

/// A day on which nothing is over yet.
pub(crate) fn circumstances() -> Circumstances {
    Circumstances { today: "2026-01-01".to_owned(), hide_inaccessible: false }
}

/// What the rows of these regions come to. The quick way to the list and the long way must agree.
pub(crate) fn view_of(
    regions: &[Region],
    settings: &DiscoverySettings,
    circumstances: &Circumstances,
) -> View {
    let view = View::new(regions.to_vec(), Arc::new(settings.clone()), circumstances.clone());
    assert_eq!(view.listed, view.listed_the_long_way());
    view
}
