//! What the configuration says about listing models.

use std::fmt;
use std::time::Duration;

use outcrop_core::{Error, Result, SettingProblem};
use outcrop_model_facts::{Geography, profile_geographies};
use serde::{Deserialize, Serialize};
use serde_json::Value;

mod check;

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
    /// Models of the provider's entry, merged field by field over those that AWS lists.
    pub models: Vec<ManualModel>,
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
            models: Vec::new(),
        }
    }
}

impl DiscoverySettings {
    /// The settings in a provider entry: its `discovery` (the keys of this type) and its `models`. Other keys are not
    /// looked at, and `null` counts as unset.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] with the first of the problems that [`DiscoverySettings::check`] finds.
    pub fn from_json(entry: &Value) -> Result<Self> {
        if let Some(problem) = Self::check(entry).into_iter().next() {
            let error = Error::config(problem.message);
            return Err(if problem.allowed.is_empty() {
                error
            } else {
                error.with_hint(format!("set it to one of `{}`", problem.allowed.join("`, `")))
            });
        }
        let mut settings = check::members(entry.get("discovery"));
        settings
            .extend(entry.get("models").map(|models| ("models".to_owned(), check::without_nulls(models))));
        settings.retain(|_, value| !value.is_null());
        serde_json::from_value(Value::Object(settings))
            .map_err(|error| Error::config("the discovery settings cannot be read").with_source(error))
    }

    /// What is wrong with `discovery` and `models` of a provider entry.
    pub fn check(entry: &Value) -> Vec<SettingProblem> {
        check::entry(entry)
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

/// A model of the configuration. What is unset stays as it was found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ManualModel {
    /// The id to call it by.
    pub id: String,
    /// The name for people.
    pub name: Option<String>,
    /// The foundation model behind it, where AWS does not tell.
    pub base_model: Option<String>,
    /// The region to call it in.
    pub region: Option<String>,
    /// Whether it reasons visibly.
    pub reasoning: Option<bool>,
    /// What it takes: `text`, `image`, `document`, `video`, `audio`.
    pub input: Option<Vec<String>>,
    /// What it costs.
    pub cost: Option<ManualCost>,
    /// Tokens of prompt and answer together.
    pub context_window: Option<u32>,
    /// Tokens of an answer.
    pub max_tokens: Option<u32>,
}

impl ManualModel {
    /// A model of which only the id is said.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }
}

/// US dollars per million tokens. All zero counts as unset: files that were filled in by a form are full of it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ManualCost {
    /// Uncached input.
    pub input: Option<f64>,
    /// Output.
    pub output: Option<f64>,
    /// Cache reads.
    pub cache_read: Option<f64>,
    /// Cache writes that live five minutes.
    pub cache_write: Option<f64>,
}

impl ManualCost {
    /// Whether it says nothing: every figure that is there is zero.
    pub fn is_placeholder(&self) -> bool {
        let figures = [self.input, self.output, self.cache_read, self.cache_write];
        figures.into_iter().flatten().all(|figure| figure == 0.0)
    }
}

#[cfg(test)]
mod tests;
