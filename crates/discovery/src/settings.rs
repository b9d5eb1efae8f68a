//! What the configuration says about listing models.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use outcrop_core::{Error, Result, SettingProblem};
use outcrop_model_facts::{Geography, profile_geographies};
use serde::{Deserialize, Serialize};
use serde_json::Value;

mod check;
mod model;

pub(crate) use model::EFFORTS;
pub use model::{ManualCost, ManualLongContext, ManualModel, ModelOverride};

/// Which models are listed, and how long a list is good. Unknown keys are ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct DiscoverySettings {
    /// `true`: the models of the account are listed, and missing credentials are an error. `false`: AWS is never asked,
    /// and only [`models`](Self::models) are listed. Unset: as `true`, but missing credentials are a problem among
    /// others as long as there is something to list.
    pub enabled: Option<bool>,
    /// The region to list. Unset: the one that models are called in.
    pub region: Option<String>,
    /// The regions to list together; beats [`region`](Self::region) unless it is empty.
    pub regions: Vec<String>,
    /// Only models of these makers, by display name or id prefix, in any case. Empty: all makers.
    pub provider_filter: Vec<String>,
    /// How long a list is used before AWS is asked again, in seconds. 0: AWS is asked every time, and nothing is
    /// written to disk.
    pub refresh_interval: u64,
    /// The context window to show where nobody knows it, in tokens.
    pub default_context_window: u32,
    /// The longest answer to show where nobody knows it, in tokens. A guess: never sent.
    pub default_max_tokens: u32,
    /// Whose inference profile stands in for a model without on-demand throughput.
    pub geography: GeographyPreference,
    /// Whether models with the lifecycle `LEGACY` are listed.
    pub include_legacy: bool,
    /// Whether AWS is asked, model by model, if the account may call it; models that it may not call are not listed.
    pub check_access: bool,
    /// Which further models of the account are listed.
    pub include: Vec<Further>,
    /// Models of the provider's entry, merged field by field over those that AWS lists.
    pub models: Vec<ManualModel>,
    /// What somebody knows better than AWS and the table of facts, by model id or by a pattern in which `*` stands for
    /// any text.
    ///
    /// An override holds for the id it names and, but for the cost, for every profile of that model. The more specific
    /// one wins, field by field: an id before a pattern, a longer pattern before a shorter one, the id that is called
    /// before the model behind it. [`models`](Self::models) win over all of them.
    pub overrides: BTreeMap<String, ModelOverride>,
}

/// A kind of model that is listed on request only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Further {
    /// Models with provisioned throughput.
    Provisioned,
    /// Imported models.
    Imported,
    /// Deployments of models that were customised in the account.
    Custom,
    /// Models of the Bedrock marketplace that are deployed in the account.
    Marketplace,
}

impl Further {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Provisioned, Self::Imported, Self::Custom, Self::Marketplace];

    /// The word in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioned => "provisioned",
            Self::Imported => "imported",
            Self::Custom => "custom",
            Self::Marketplace => "marketplace",
        }
    }
}

impl Default for DiscoverySettings {
    fn default() -> Self {
        Self {
            enabled: None,
            region: None,
            regions: Vec::new(),
            provider_filter: Vec::new(),
            refresh_interval: 3600,
            default_context_window: 32_000,
            default_max_tokens: 4096,
            geography: GeographyPreference::Auto,
            include_legacy: false,
            check_access: false,
            include: Vec::new(),
            models: Vec::new(),
            overrides: BTreeMap::new(),
        }
    }
}

impl DiscoverySettings {
    /// The settings in a provider entry: its `discovery` (the keys of this type), its `models` and its `overrides`. Other
    /// keys are not looked at, and `null` counts as unset.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] with the first of the problems that [`DiscoverySettings::check`] finds, but for
    /// names that are no regions: those fail where a region is asked for its models.
    pub fn from_json(entry: &Value) -> Result<Self> {
        if let Some(problem) = check::entry(entry).into_iter().next() {
            let error = Error::config(problem.message);
            return Err(if problem.allowed.is_empty() {
                error
            } else {
                error.with_hint(format!("set it to one of `{}`", problem.allowed.join("`, `")))
            });
        }
        let mut settings = check::members(entry.get("discovery"));
        for key in ["models", "overrides"] {
            settings.extend(entry.get(key).map(|value| (key.to_owned(), check::without_nulls(value))));
        }
        settings.retain(|_, value| !value.is_null());
        serde_json::from_value(Value::Object(settings))
            .map_err(|error| Error::config("the discovery settings cannot be read").with_source(error))
    }

    /// What is wrong with `discovery`, `models` and `overrides` of a provider entry.
    pub fn check(entry: &Value) -> Vec<SettingProblem> {
        let mut problems = check::entry(entry);
        let named = check::regions(entry).into_iter();
        let is_new = |problem: &SettingProblem| problems.iter().all(|known| known.pointer != problem.pointer);
        let named: Vec<_> = named.filter(is_new).collect();
        problems.extend(named);
        problems
    }

    /// How long a list is good; `None` if it is never kept.
    pub(crate) fn time_to_live(&self) -> Option<Duration> {
        (self.refresh_interval > 0).then(|| Duration::from_secs(self.refresh_interval))
    }
}

/// Which geography's inference profile stands in for a model without on-demand throughput: `auto`, or a prefix such as
/// `eu` or `global`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum GeographyPreference {
    /// The region's own geography; never `global`, because that is a matter of data residency.
    #[default]
    Auto,
    /// That prefix.
    Prefix(String),
}

impl GeographyPreference {
    /// The geographies to try for a region, best first.
    pub fn candidates<'a>(&'a self, region: &str) -> Vec<&'a str> {
        match self {
            Self::Auto => profile_geographies(region).iter().copied().map(Geography::as_str).collect(),
            Self::Prefix(prefix) => vec![prefix],
        }
    }
}

impl From<String> for GeographyPreference {
    fn from(name: String) -> Self {
        let name = name.trim();
        if name.is_empty() || name.eq_ignore_ascii_case("auto") {
            return Self::Auto;
        }
        Self::Prefix(name.to_ascii_lowercase())
    }
}

impl From<GeographyPreference> for String {
    fn from(preference: GeographyPreference) -> Self {
        preference.to_string()
    }
}

impl fmt::Display for GeographyPreference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Prefix(prefix) => prefix,
        })
    }
}

#[cfg(test)]
mod tests;
