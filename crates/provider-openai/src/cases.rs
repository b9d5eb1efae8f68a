//! The table of request cases: what goes in, the exact body that comes out, and why.
//!
//! `tests-data/requests/*.json` holds arrays of cases. Each says the `rules` that act, in the order of their warnings,
//! and the `reason` it exists; cases from an endpoint's documentation name their page as `source`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use outcrop_core::{Error, ErrorKind, Request, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::OpenAiSettings;
use crate::draft::Draft;
use crate::endpoint::Endpoint;
use crate::normalise::{RULES, Target};

/// The provider's id in every case.
const PROVIDER: &str = "endpoint";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    /// What the case shows, in a few words; unique.
    name: String,
    /// Why there is such a case.
    reason: String,
    /// Where an endpoint's documentation shows it.
    source: Option<String>,
    /// The rules that act, in the order of their warnings.
    #[serde(default)]
    rules: Vec<String>,
    /// The provider's entry in the configuration, beside its address.
    settings: Option<Value>,
    request: Request,
    /// The body, but for `stream` and `stream_options`, which all have.
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
            let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(path).unwrap())
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            cases.into_iter().map(move |case| (file.clone(), case))
        })
        .collect()
}

/// The errors of all cases.
pub(crate) fn errors() -> Vec<Error> {
    cases().iter().filter_map(|(_, case)| case.draft().err()).collect()
}

impl Case {
    fn draft(&self) -> Result<Draft> {
        let mut entry = json!({ "baseUrl": "http://127.0.0.1:1/v1" });
        for (key, value) in self.settings.iter().filter_map(Value::as_object).flatten() {
            entry[key] = value.clone();
        }
        let settings = OpenAiSettings::from_json(&entry).unwrap();
        let endpoint = Endpoint::parse(&settings.base_url).unwrap();
        Draft::new(&self.request, PROVIDER, &Target::new(&self.request.model, &settings, &endpoint))
    }
}

#[test]
fn every_request_becomes_the_body_of_its_case() {
    let mut wrong = Vec::new();
    for (file, case) in cases() {
        let name = format!("{file}: {}", case.name);
        assert!(case.reason.len() > 10, "{name} says no reason");
        match (case.draft(), &case.body, case.error) {
            (Ok(draft), Some(body), None) => {
                let mut sent: Value = serde_json::from_slice(&draft.body).unwrap();
                let members = sent.as_object_mut().unwrap();
                assert_eq!(members.remove("stream"), Some(Value::Bool(true)), "{name}");
                if body.get("stream_options").is_none() {
                    let usage = members.remove("stream_options");
                    assert_eq!(usage, Some(json!({ "include_usage": true })), "{name}");
                }
                let said: Vec<_> = draft.warnings.iter().map(|warning| warning.rule.to_string()).collect();
                if sent != *body || said != case.rules {
                    wrong.push(format!("{name}\nsent: {sent}\nsaid: {:?}", draft.warnings));
                }
                assert_eq!(case.draft().unwrap().body, draft.body, "{name}: other bytes the second time");
            }
            (Err(error), None, Some(kind)) => assert_eq!(error.kind(), kind, "{name}: {error}"),
            (outcome, ..) => panic!("{name}: {outcome:?}"),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What is written first is what a cache of prompts sees first.
#[test]
fn members_keep_their_order_and_numbers_their_digits() {
    let request = Request::new("m").system("Be brief.").user("Hi");
    let mut request = request.max_tokens(5);
    request.inference.temperature = Some(0.7);
    let endpoint = Endpoint::parse("http://127.0.0.1:1").unwrap();
    let target = Target::new(&request.model, &OpenAiSettings::default(), &endpoint);
    let body = Draft::new(&request, PROVIDER, &target).unwrap().body;
    assert_eq!(
        String::from_utf8(body.to_vec()).unwrap(),
        r#"{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],"max_tokens":5,"temperature":0.7,"stream":true,"stream_options":{"include_usage":true}}"#
    );
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
    let sources = cases.iter().filter_map(|(_, case)| case.source.as_deref());
    assert!(sources.clone().all(|source| source.starts_with("https://")));
    assert!(sources.count() >= 10, "too few cases from documentation");
}

/// The reference has all rules, and no others.
#[test]
fn every_rule_is_in_the_reference() {
    let reference = include_str!("../../../docs/reference/warnings-openai.md");
    let rows = reference.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let written: Vec<_> = rows.map(|(rule, _)| rule).collect();
    assert_eq!(written.iter().collect::<BTreeSet<_>>().len(), written.len(), "a rule stands there twice");
    assert_eq!(BTreeSet::from_iter(written), RULES.iter().copied().flatten().copied().collect());
}

/// What users read, word for word.
#[test]
fn what_the_rules_say() {
    let mut warnings: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut errors = BTreeSet::new();
    for (_, case) in cases() {
        match case.draft() {
            Ok(draft) => {
                for warning in draft.warnings {
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

/// A conversation that goes on begins with the bytes of the one before: caches of prompts live on that.
#[test]
fn what_was_sent_once_is_sent_the_same_again() {
    for (file, case) in cases() {
        let Ok(before) = case.draft() else { continue };
        let mut longer = Case { request: case.request.clone(), ..case };
        if !longer.request.messages.last().is_some_and(|last| last.role == outcrop_core::Role::User)
            || longer.request.output.is_some()
        {
            continue;
        }
        longer.request = longer.request.assistant("Well.").user("And now?");
        let after = longer.draft().unwrap();
        let messages = |draft: &Draft| {
            serde_json::from_slice::<Value>(&draft.body).unwrap()["messages"].as_array().unwrap().clone()
        };
        let (before, after) = (messages(&before), messages(&after));
        let end = before.len();
        assert_eq!(before, after[..end], "{file}: {}", longer.name);
    }
}
