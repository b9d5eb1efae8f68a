//! The table of request cases: what goes in, the exact body that comes out, and why.
//!
//! `tests-data/requests/*.json` holds arrays of cases. Each says the `rules` that act, in the order of their warnings,
//! and the `reason` it exists; cases from AWS's documentation name their page as `source`. Every body is held against the
//! model of the service that AWS publishes, too (`tests/independent/bodies.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use outcrop_core::{Error, ErrorKind, ModelId, Request};
use outcrop_model_facts::BedrockId;
use serde::Deserialize;
use serde_json::Value;

use crate::BedrockSettings;
use crate::draft::{Draft, Operation};
use crate::learnt::Refusals;
use crate::normalise::RULES;
use crate::target::Target;

/// The provider's id in every case.
const PROVIDER: &str = "amazon-bedrock";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    /// What the case shows, in a few words; unique.
    name: String,
    /// Why there is such a case.
    reason: String,
    /// Where AWS shows it.
    source: Option<String>,
    /// The rules that act, in the order of their warnings.
    #[serde(default)]
    rules: Vec<String>,
    /// `Converse`, `ConverseStream` or `CountTokens`.
    #[serde(default)]
    operation: Option<String>,
    /// Where it is called; `us-east-1` if unset.
    region: Option<String>,
    /// The foundation model behind the id, where the id does not say it.
    base: Option<ModelId>,
    /// The provider's entry in the configuration.
    settings: Option<Value>,
    /// What the model refused before.
    #[serde(default)]
    refused: Refusals,
    request: Request,
    body: Option<Value>,
    /// The kind of the error, where there is one in place of a body.
    error: Option<ErrorKind>,
}

fn cases() -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests-data/requests");
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .iter()
        .flat_map(|path| {
            let file = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(path).unwrap();
            let expanded = serde_json::from_str(&text).map(repeated).and_then(serde_json::from_value);
            let cases: Vec<Case> = expanded.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            cases.into_iter().map(move |case| (file.clone(), case))
        })
        .collect()
}

/// With every text `AAAA*N` written out: what is too large is too large for the table, too.
fn repeated(value: Value) -> Value {
    match value {
        Value::String(text) => {
            let times = text.strip_prefix("AAAA*").and_then(|times| times.parse().ok());
            Value::String(times.map_or(text, |times| "AAAA".repeat(times)))
        }
        Value::Array(items) => items.into_iter().map(repeated).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, repeated(value))).collect(),
        other => other,
    }
}

/// The draft of a request to the model that it names.
pub(crate) fn draft_of(request: &Request) -> outcrop_core::Result<Draft> {
    let target = Target::of(request.model.as_str());
    Draft::new(request, PROVIDER, &BedrockSettings::default(), &target, Operation::Converse)
}

/// The errors of all cases.
pub(crate) fn errors() -> Vec<Error> {
    cases().iter().filter_map(|(_, case)| case.draft().err()).collect()
}

impl Case {
    fn operation(&self) -> Operation {
        match self.operation.as_deref() {
            None | Some("Converse") => Operation::Converse,
            Some("ConverseStream") => Operation::ConverseStream,
            Some("CountTokens") => Operation::CountTokens,
            Some(other) => panic!("{}: {other} is no operation", self.name),
        }
    }

    fn draft(&self) -> outcrop_core::Result<Draft> {
        let settings = self.settings.as_ref().map(|entry| BedrockSettings::from_json(entry).unwrap());
        let base = self.base.as_ref().unwrap_or(&self.request.model);
        let region = self.region.as_deref().unwrap_or("us-east-1");
        let mut target = Target::new(&BedrockId::parse(base.as_str()), region, None);
        target.refusals = self.refused.clone();
        Draft::new(&self.request, PROVIDER, &settings.unwrap_or_default(), &target, self.operation())
    }
}

#[test]
fn every_request_becomes_the_body_of_its_case() {
    for (file, case) in cases() {
        let name = format!("{file}: {}", case.name);
        assert!(case.reason.len() > 10, "{name} says no reason");
        match (case.draft(), &case.body, case.error) {
            (Ok(draft), Some(body), None) => {
                let sent: Value = serde_json::from_slice(&draft.body).unwrap();
                assert_eq!(sent, *body, "{name}\nsent: {sent:#}");
                let said: Vec<_> =
                    draft.normalised.warnings.iter().map(|warning| warning.rule.to_string()).collect();
                assert_eq!(said, case.rules, "{name}: {:#?}", draft.normalised.warnings);
                assert_eq!(case.draft().unwrap().body, draft.body, "{name}: other bytes the second time");
            }
            (Err(error), None, Some(kind)) => assert_eq!(error.kind(), kind, "{name}: {error}"),
            (outcome, ..) => panic!("{name}: {outcome:?}"),
        }
    }
}

#[test]
fn every_rule_has_a_case_and_every_case_a_name_of_its_own() {
    let cases = cases();
    let known: BTreeSet<_> = RULES.iter().copied().flatten().copied().collect();
    assert_eq!(
        known.len(),
        RULES.iter().map(|rules| rules.len()).sum::<usize>(),
        "no id stands for two rules"
    );
    let shown: BTreeSet<_> = cases.iter().flat_map(|(_, case)| &case.rules).map(String::as_str).collect();
    assert_eq!(known.difference(&shown).collect::<Vec<_>>(), [&""; 0], "rules without a case");
    assert_eq!(shown.difference(&known).collect::<Vec<_>>(), [&""; 0], "cases of rules that do not exist");
    let names: BTreeSet<_> = cases.iter().map(|(_, case)| &case.name).collect();
    assert_eq!(names.len(), cases.len(), "a name stands for two cases");
}

/// The reference has all rules, and no others but those about the model itself.
#[test]
fn every_rule_is_in_the_reference() {
    let reference = include_str!("../../../docs/reference/warnings.md");
    let rows = reference.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let written: Vec<_> = rows.map(|(rule, _)| rule).collect();
    let known = RULES.iter().copied().flatten().chain(crate::provider::RULES);
    assert_eq!(written.iter().collect::<BTreeSet<_>>().len(), written.len(), "a rule stands there twice");
    assert_eq!(BTreeSet::from_iter(written), known.copied().collect());
}

/// What users read, word for word.
#[test]
fn what_the_rules_say() {
    let mut warnings: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut errors = BTreeSet::new();
    for (_, case) in cases() {
        match case.draft() {
            Ok(draft) => {
                for warning in draft.normalised.warnings {
                    warnings.entry(warning.rule.into()).or_default().insert(warning.message);
                }
            }
            Err(error) => {
                errors.insert(format!("{:?}: {error}\n    {}", error.kind(), error.hints().join("\n    ")));
            }
        }
    }
    let mut text = String::new();
    for (rule, messages) in warnings {
        writeln!(text, "{rule}").unwrap();
        for message in messages {
            writeln!(text, "    {message}").unwrap();
        }
    }
    writeln!(text, "\nerrors").unwrap();
    for error in errors {
        writeln!(text, "  {}", error.trim_end()).unwrap();
    }
    insta::assert_snapshot!(text);
}

/// As many as it takes to trust the table, at the least.
const LEAST_FROM_AWS: usize = 40;

#[test]
fn cases_from_aws_name_their_page() {
    let mut from_aws = 0;
    for (file, case) in cases() {
        let Some(source) = &case.source else { continue };
        assert!(source.starts_with("https://"), "{file}: {} has a strange source", case.name);
        from_aws += usize::from(case.body.is_some() && source.starts_with("https://docs.aws.amazon.com/"));
    }
    assert!(from_aws >= LEAST_FROM_AWS, "only {from_aws} bodies from AWS's documentation");
}
