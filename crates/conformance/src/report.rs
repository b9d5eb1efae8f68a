//! What came of it all.

mod side_by_side;

use std::fmt::{self, Write as _};

use outcrop_core::ModelId;
use serde::{Deserialize, Serialize};

use crate::Feature;

/// How a provider did, scenario by scenario. It says the same in every run of the same provider: there is no time in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// The provider.
    pub provider: String,
    /// The model that was called.
    pub model: ModelId,
    /// What the manifest lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<Lack>,
    /// What is wrong with the manifest itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// Every scenario, in the order of the table.
    pub results: Vec<ScenarioResult>,
}

/// Something that a provider lacks: scenarios that need it are skipped, unless they are there to see that the lack is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Lack {
    /// What.
    pub feature: String,
    /// Why, in the words of the manifest.
    pub reason: String,
}

impl Lack {
    pub(crate) fn new(feature: &Feature, reason: &str) -> Self {
        Self { feature: feature.to_string(), reason: reason.to_owned() }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no {}: {}", self.feature, self.reason)
    }
}

/// How many scenarios came out how. It is displayed as a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sums {
    /// Those that the provider does.
    pub passed: usize,
    /// Those that need something that is lacking.
    pub skipped: usize,
    /// Those that fail as it is known.
    pub known: usize,
    /// Those that the provider does wrong.
    pub failed: usize,
}

impl fmt::Display for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, skipped, known, failed } = self;
        write!(f, "{passed} passed, {skipped} skipped")?;
        if *known > 0 {
            write!(f, ", {known} known to fail")?;
        }
        write!(f, ", {failed} failed")
    }
}

/// How a provider did in one scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ScenarioResult {
    /// The scenario.
    pub name: String,
    /// What it proves.
    pub what: String,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Outcome {
    /// The provider does it.
    Passed,
    /// It needs something that the manifest lacks.
    Skipped {
        /// What, and why, in the words of the manifest.
        reason: String,
    },
    /// It fails, as the manifest says.
    KnownFailure {
        /// Why, in the words of the manifest.
        reason: String,
        /// What is wrong.
        problems: Vec<String>,
    },
    /// The provider does it wrong.
    Failed {
        /// What is wrong.
        problems: Vec<String>,
    },
}

impl Outcome {
    /// Whether nothing is to be done about it.
    pub const fn is_fine(&self) -> bool {
        !matches!(self, Self::Failed { .. })
    }
}

impl Report {
    /// The report of a provider that could not be tried at all.
    pub fn failed(provider: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            model: ModelId::from("unknown"),
            lacks: Vec::new(),
            problems: vec![problem.into()],
            results: Vec::new(),
        }
    }

    /// Whether every scenario passed, was skipped for a reason, or failed as it is known to.
    pub fn is_fine(&self) -> bool {
        self.problems.is_empty() && self.results.iter().all(|result| result.outcome.is_fine())
    }

    /// The scenarios that failed.
    pub fn failures(&self) -> impl Iterator<Item = &ScenarioResult> {
        self.results.iter().filter(|result| !result.outcome.is_fine())
    }

    /// Several reports as a page of Markdown below a title of its own: sums, a table with one column for each, and the
    /// reasons of what was skipped.
    pub fn side_by_side(reports: &[Self]) -> String {
        side_by_side::page(reports)
    }

    /// How many scenarios passed, were skipped, are known to fail, and failed.
    pub fn sums(&self) -> Sums {
        let count = |is: fn(&Outcome) -> bool| self.results.iter().filter(|it| is(&it.outcome)).count();
        Sums {
            passed: count(|it| matches!(it, Outcome::Passed)),
            skipped: count(|it| matches!(it, Outcome::Skipped { .. })),
            known: count(|it| matches!(it, Outcome::KnownFailure { .. })),
            failed: count(|it| matches!(it, Outcome::Failed { .. })),
        }
    }

    /// The report as a section of Markdown: a heading, the sums, and a table of all scenarios.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("## {}\n\nModel `{}`: {}.\n\n", self.provider, self.model, self.sums());
        // Writing to a text does not fail.
        for problem in &self.problems {
            writeln!(text, "- **{}**", cell(problem)).ok();
        }
        text.push_str("| scenario | proves | outcome |\n|---|---|---|\n");
        for ScenarioResult { name, what, outcome } in &self.results {
            writeln!(text, "| `{name}` | {} | {} |", cell(what), cell(&outcome.words())).ok();
        }
        text
    }
}

impl Outcome {
    /// The outcome in one line.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Passed => "passed".to_owned(),
            Self::Skipped { reason } => format!("skipped: {reason}"),
            Self::KnownFailure { reason, .. } => format!("known to fail: {reason}"),
            Self::Failed { problems } => format!("**failed**: {}", problems.join("; ")),
        }
    }
}

/// A text as one cell of a table.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").split(['\r', '\n']).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let result =
            |name: &str, outcome| ScenarioResult { name: name.into(), what: "It | is.".into(), outcome };
        let problems = vec!["one".to_owned(), "two\nlines".to_owned()];
        Report {
            provider: "Example".to_owned(),
            model: "m".into(),
            lacks: Vec::new(),
            problems: Vec::new(),
            results: vec![
                result("a", Outcome::Passed),
                result("b", Outcome::Skipped { reason: "no images: text only".to_owned() }),
                result("c", Outcome::KnownFailure { reason: "soon".to_owned(), problems: problems.clone() }),
                result("d", Outcome::Failed { problems }),
            ],
        }
    }

    #[test]
    fn markdown_has_a_row_for_every_scenario() {
        assert_eq!(
            report().to_markdown(),
            "## Example\n\nModel `m`: 1 passed, 1 skipped, 1 known to fail, 1 failed.\n\n\
             | scenario | proves | outcome |\n|---|---|---|\n\
             | `a` | It \\| is. | passed |\n\
             | `b` | It \\| is. | skipped: no images: text only |\n\
             | `c` | It \\| is. | known to fail: soon |\n\
             | `d` | It \\| is. | **failed**: one; two lines |\n"
        );
    }

    #[test]
    fn json_goes_there_and_back() {
        let json = serde_json::to_value(report()).unwrap();
        assert_eq!(json["results"][1]["outcome"], "skipped");
        assert_eq!(serde_json::from_value::<Report>(json).unwrap(), report());
    }

    #[test]
    fn a_failure_or_a_bad_manifest_is_not_fine() {
        let mut report = report();
        assert!(!report.is_fine());
        assert_eq!(report.failures().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["d"]);
        report.results.pop();
        assert!(report.is_fine());
        report.problems.push("no reason".to_owned());
        assert!(!report.is_fine());
    }
}
