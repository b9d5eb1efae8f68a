//! Several reports as one page.

use std::fmt::Write as _;

use super::{Outcome, Report, cell};
use crate::SCENARIOS;

pub(super) fn page(reports: &[Report]) -> String {
    let mut text = String::from("| provider | model | |\n|---|---|---|\n");
    // Writing to a text does not fail.
    for report in reports {
        writeln!(text, "| {} | `{}` | {} |", cell(&report.provider), report.model, report.sums()).ok();
    }
    for report in reports {
        for problem in &report.problems {
            writeln!(text, "\n**{}: {}**", cell(&report.provider), cell(problem)).ok();
        }
    }
    let heads: Vec<String> = reports.iter().map(|report| format!(" {} |", cell(&report.provider))).collect();
    write!(text, "\n| scenario | proves |{}\n|---|---|{}\n", heads.concat(), "---|".repeat(reports.len()))
        .ok();
    let mut reasons = Reasons::default();
    for scenario in SCENARIOS {
        write!(text, "| `{}` | {} |", scenario.name, cell(scenario.what)).ok();
        for report in reports {
            let result = report.results.iter().find(|result| result.name == scenario.name);
            let outcome = result.map_or_else(|| "not run".to_owned(), |it| reasons.refer(&it.outcome));
            write!(text, " {outcome} |").ok();
        }
        text.push('\n');
    }
    if !reasons.0.is_empty() {
        text.push_str("\nWhat was skipped, and why:\n\n");
    }
    for (number, reason) in (1..).zip(reasons.0) {
        writeln!(text, "{number}. {reason}").ok();
    }
    text
}

/// Reasons, each said once.
#[derive(Default)]
struct Reasons(Vec<String>);

impl Reasons {
    /// An outcome in a word, with the number of its reason.
    fn refer(&mut self, outcome: &Outcome) -> String {
        let (word, reason) = match outcome {
            Outcome::Skipped { reason } => ("skipped", reason),
            Outcome::KnownFailure { reason, .. } => ("known to fail", reason),
            Outcome::Passed | Outcome::Failed { .. } => return cell(&outcome.words()),
        };
        let known = self.0.iter().position(|known| known == reason);
        let at = known.unwrap_or_else(|| {
            self.0.push(reason.clone());
            self.0.len() - 1
        });
        format!("{word} ({})", at + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScenarioResult;

    fn report(provider: &str, outcomes: &[Outcome]) -> Report {
        let results = SCENARIOS.iter().zip(outcomes).map(|(scenario, outcome)| ScenarioResult {
            name: scenario.name.to_owned(),
            what: scenario.what.to_owned(),
            outcome: outcome.clone(),
        });
        Report {
            provider: provider.to_owned(),
            model: "m".into(),
            problems: Vec::new(),
            results: results.collect(),
        }
    }

    #[test]
    fn every_scenario_has_a_row_every_report_a_column_and_every_reason_a_number() {
        let skipped = |reason: &str| Outcome::Skipped { reason: reason.to_owned() };
        let failed = Outcome::Failed { problems: vec!["a | b".to_owned()] };
        let one = report("one", &[Outcome::Passed, skipped("no a: x"), skipped("no b: y")]);
        let mut two = report("two", &[failed, skipped("no b: y"), Outcome::Passed]);
        two.problems.push("no reason".to_owned());
        let page = Report::side_by_side(&[one, two]);
        let lines: Vec<&str> = page.lines().collect();
        let what = |at: usize| SCENARIOS[at].what;
        let expected = [
            "| provider | model | |".to_owned(),
            "|---|---|---|".to_owned(),
            "| one | `m` | 1 passed, 2 skipped, 0 failed |".to_owned(),
            "| two | `m` | 1 passed, 1 skipped, 1 failed |".to_owned(),
            String::new(),
            "**two: no reason**".to_owned(),
            String::new(),
            "| scenario | proves | one | two |".to_owned(),
            "|---|---|---|---|".to_owned(),
            format!("| `text` | {} | passed | **failed**: a \\| b |", what(0)),
            format!("| `empty_answer` | {} | skipped (1) | skipped (2) |", what(1)),
            format!("| `unicode` | {} | skipped (2) | passed |", what(2)),
            format!("| `text_cut_anywhere` | {} | not run | not run |", what(3)),
        ];
        assert_eq!(lines[..expected.len()], expected);
        let rest = ["", "What was skipped, and why:", "", "1. no a: x", "2. no b: y"];
        assert_eq!(lines[9 + SCENARIOS.len()..], rest);
    }
}
