//! Several reports as one page.

use std::fmt::Write as _;

use super::{Lack, Outcome, Report, cell};
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
    let lacks = Lacks::of(reports);
    for scenario in SCENARIOS {
        write!(text, "| `{}` | {} |", scenario.name, cell(scenario.what)).ok();
        for report in reports {
            let result = report.results.iter().find(|result| result.name == scenario.name);
            let outcome = result.map_or_else(|| "not run".to_owned(), |it| lacks.refer(report, &it.outcome));
            write!(text, " {outcome} |").ok();
        }
        text.push('\n');
    }
    if !lacks.0.is_empty() {
        text.push_str("\nWhat is lacking, and why:\n\n");
    }
    for (number, Row { provider, lack }) in (1..).zip(&lacks.0) {
        writeln!(text, "{number}. {provider}: {}: {}", lack.feature, lack.reason).ok();
    }
    text
}

/// What is lacking, in the order of the reports: what is skipped refers to it by its number.
struct Lacks<'a>(Vec<Row<'a>>);

struct Row<'a> {
    provider: &'a str,
    lack: &'a Lack,
}

impl<'a> Lacks<'a> {
    fn of(reports: &'a [Report]) -> Self {
        let rows = reports
            .iter()
            .flat_map(|report| report.lacks.iter().map(|lack| Row { provider: &report.provider, lack }));
        Self(rows.collect())
    }

    /// An outcome in few words.
    fn refer(&self, report: &Report, outcome: &Outcome) -> String {
        let Outcome::Skipped { reason } = outcome else { return cell(&outcome.words()) };
        let is_meant =
            |row: &Row<'_>| row.provider == report.provider && reason.contains(&row.lack.to_string());
        let numbers: Vec<String> = (1..)
            .zip(&self.0)
            .filter(|(_, row)| is_meant(row))
            .map(|(number, _)| number.to_string())
            .collect();
        if numbers.is_empty() { cell(&outcome.words()) } else { format!("skipped ({})", numbers.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScenarioResult;

    fn report(provider: &str, lacks: &[(&str, &str)], outcomes: &[Outcome]) -> Report {
        let results = SCENARIOS.iter().zip(outcomes).map(|(scenario, outcome)| ScenarioResult {
            name: scenario.name.to_owned(),
            what: scenario.what.to_owned(),
            outcome: outcome.clone(),
        });
        let lacks = lacks
            .iter()
            .map(|(feature, reason)| Lack { feature: (*feature).to_owned(), reason: (*reason).to_owned() });
        Report {
            provider: provider.to_owned(),
            model: "m".into(),
            lacks: lacks.collect(),
            problems: Vec::new(),
            results: results.collect(),
        }
    }

    #[test]
    fn every_scenario_has_a_row_every_report_a_column_and_every_lack_a_number() {
        let skipped = |reason: &str| Outcome::Skipped { reason: reason.to_owned() };
        let failed = Outcome::Failed { problems: vec!["a | b".to_owned()] };
        let lacks = [("counts", "nobody counts"), ("a", "x"), ("b", "y")];
        let one = report("one", &lacks, &[Outcome::Passed, skipped("no a: x; no b: y"), skipped("no b: y")]);
        let mut two =
            report("two", &[("b", "y")], &[failed, skipped("no b: y"), skipped("for another reason")]);
        two.problems.push("no reason".to_owned());
        let page = Report::side_by_side(&[one, two]);
        let lines: Vec<&str> = page.lines().collect();
        let what = |at: usize| SCENARIOS[at].what;
        let expected = [
            "| provider | model | |".to_owned(),
            "|---|---|---|".to_owned(),
            "| one | `m` | 1 passed, 2 skipped, 0 failed |".to_owned(),
            "| two | `m` | 0 passed, 2 skipped, 1 failed |".to_owned(),
            String::new(),
            "**two: no reason**".to_owned(),
            String::new(),
            "| scenario | proves | one | two |".to_owned(),
            "|---|---|---|---|".to_owned(),
            format!("| `text` | {} | passed | **failed**: a \\| b |", what(0)),
            format!("| `empty_answer` | {} | skipped (2, 3) | skipped (4) |", what(1)),
            format!("| `unicode` | {} | skipped (3) | skipped: for another reason |", what(2)),
            format!("| `text_cut_anywhere` | {} | not run | not run |", what(3)),
        ];
        assert_eq!(lines[..expected.len()], expected);
        let rest = [
            "",
            "What is lacking, and why:",
            "",
            "1. one: counts: nobody counts",
            "2. one: a: x",
            "3. one: b: y",
            "4. two: b: y",
        ];
        assert_eq!(lines[9 + SCENARIOS.len()..], rest);
    }
}
