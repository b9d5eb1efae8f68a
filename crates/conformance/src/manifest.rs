//! What a harness says of its provider.

use std::time::Duration;

use outcrop_core::ModelId;

use crate::Feature;
use crate::scenarios::SCENARIOS;

/// What a provider can do and what it cannot, with reasons.
///
/// Everything is declared that is not lacking by name: who writes a harness says what is missing, not what is there.
///
/// ```
/// use outcrop_conformance::{Feature, Manifest};
/// let manifest = Manifest::new("example", "some-model").lacks(Feature::Images, "the service takes text only");
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Manifest {
    /// The provider's name, for the report.
    pub name: String,
    /// The model to call. The provider must believe that it can do what is declared.
    pub model: ModelId,
    /// What is lacking, and why.
    pub lacks: Vec<(Feature, String)>,
    /// Scenarios that fail and are known to, and why. One that passes all the same fails.
    pub known_failures: Vec<(String, String)>,
    /// Whether the provider sends the same request again by itself: only where a layer that does so is around it.
    pub retries: bool,
    /// How long one scenario may take before it counts as hanging; 20 seconds unless set.
    pub patience: Duration,
    /// How long nothing must happen where nothing may happen, such as while the upstream is silent; 100 milliseconds
    /// unless set. A provider that does right passes however short it is, and however slow the machine.
    pub quiet: Duration,
}

impl Manifest {
    /// A provider that lacks nothing.
    pub fn new(name: impl Into<String>, model: impl Into<ModelId>) -> Self {
        Self {
            name: name.into(),
            model: model.into(),
            lacks: Vec::new(),
            known_failures: Vec::new(),
            retries: false,
            patience: Duration::from_secs(20),
            quiet: Duration::from_millis(100),
        }
    }

    /// Says that a feature is lacking, and why. What rests on it is lacking for the same reason.
    pub fn lacks(mut self, feature: Feature, reason: impl Into<String>) -> Self {
        self.lacks.push((feature, reason.into()));
        self
    }

    /// Says the same of several features.
    pub fn lacks_all(self, features: impl IntoIterator<Item = Feature>, reason: &str) -> Self {
        features.into_iter().fold(self, |manifest, feature| manifest.lacks(feature, reason))
    }

    /// Says that a scenario is known to fail, and why.
    pub fn known_failure(mut self, scenario: impl Into<String>, reason: impl Into<String>) -> Self {
        self.known_failures.push((scenario.into(), reason.into()));
        self
    }

    /// Says that a layer that sends a request again is around the provider.
    pub const fn retries(mut self) -> Self {
        self.retries = true;
        self
    }

    /// Sets how long one scenario may take.
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Whether a feature is declared.
    pub fn has(&self, feature: &Feature) -> bool {
        self.why_not(feature).is_none()
    }

    /// What is lacking for a feature, and why: the feature itself, or what it rests on. `None` if it is declared.
    pub fn why_not(&self, feature: &Feature) -> Option<(&Feature, &str)> {
        let named = self.lacks.iter().find(|(lacking, _)| lacking == feature);
        match named {
            Some((lacking, reason)) => Some((lacking, reason)),
            None => self.why_not(&feature.rests_on()?),
        }
    }

    /// Why a scenario is known to fail; `None` if it is not.
    pub fn why_known(&self, scenario: &str) -> Option<&str> {
        self.known_failures.iter().find(|(known, _)| known == scenario).map(|(_, reason)| reason.as_str())
    }

    /// What is wrong with the manifest itself.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (at, (feature, reason)) in self.lacks.iter().enumerate() {
            if reason.trim().is_empty() {
                problems.push(format!("the manifest gives no reason why {feature} are lacking"));
            }
            if self.lacks.iter().take(at).any(|(earlier, _)| earlier == feature) {
                problems.push(format!("the manifest says twice that {feature} are lacking"));
            }
        }
        for (scenario, reason) in &self.known_failures {
            if reason.trim().is_empty() {
                problems.push(format!("the manifest gives no reason why `{scenario}` fails"));
            }
            if !SCENARIOS.iter().any(|known| known.name == scenario) {
                problems.push(format!(
                    "the manifest says that `{scenario}` fails, and there is no such scenario"
                ));
            }
        }
        problems
    }
}
