//! The table of stream cases: what the service sends, what comes of it, and why there is such a case.
//!
//! `crates/provider-bedrock/tests-data/streams/*.json` holds arrays of cases. `frames` are the service's events as the
//! emulator takes them, `fault` is what goes wrong on the way, in the emulator's notation; `events` are core's between
//! start and end, and what follows is either the `end` or the `error`. Cases from AWS's documentation name their page as
//! `source`. Where nothing goes wrong, each stream comes three times: as it is, with padding, and byte by byte.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use outcrop_core::{End, Error, ErrorKind, Event, Request, Retry};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Service, request};
use crate::architecture::workspace;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Case {
    /// What the case shows, in a few words; unique.
    name: String,
    /// Why there is such a case.
    reason: String,
    /// Where AWS shows it.
    source: Option<String>,
    /// What is asked, where it matters.
    request: Option<Request>,
    /// What the service sends; nothing where the fault takes the place of an answer.
    pub(super) frames: Option<Vec<Value>>,
    /// What goes wrong.
    fault: Option<Value>,
    /// What comes between start and end.
    #[serde(default)]
    events: Vec<Event>,
    end: Option<End>,
    error: Option<Failure>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Failure {
    kind: ErrorKind,
    /// `never` or `backoff`.
    retry: String,
    /// The service's own code.
    code: Option<String>,
    /// The service's own words.
    words: Option<String>,
}

pub(super) fn cases() -> Vec<(String, Case)> {
    let folder = workspace().join("crates/provider-bedrock/tests-data/streams");
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        cases.into_iter().map(|case| (file.clone(), case)).collect::<Vec<_>>()
    };
    files.iter().flat_map(read).collect()
}

impl Case {
    /// The rules under which the emulator answers, with what each shows.
    fn ways(&self) -> Vec<(&'static str, Value)> {
        let rule = |padding: bool, fault: Option<&Value>| {
            let mut rule = json!({});
            if let Some(frames) = &self.frames {
                rule["reply"] = json!({ "events": frames, "padding": padding });
            }
            if let Some(fault) = fault {
                rule["fault"] = fault.clone();
            }
            rule
        };
        match &self.fault {
            Some(fault) => vec![("as it is", rule(false, Some(fault)))],
            None => vec![
                ("as it is", rule(false, None)),
                ("padded", rule(true, None)),
                ("byte by byte", rule(true, Some(&json!({ "type": "singleBytes" })))),
            ],
        }
    }

    /// What is not as it must be; nothing if all is well.
    fn difference(&self, answer: &Answer) -> Option<String> {
        let mut wrong = String::new();
        if answer.events != self.events {
            let lines = |events: &[Event]| {
                let line = |event: &Event| format!("        {}\n", serde_json::to_string(event).unwrap());
                events.iter().map(line).collect::<String>()
            };
            let (came, expected) = (lines(&answer.events), lines(&self.events));
            write!(wrong, "      came\n{came}      instead of\n{expected}").unwrap();
        }
        match (&answer.outcome, &self.end, &self.error) {
            (Ok(end), Some(expected), None) => {
                let end = End { request_id: None, ..end.clone() };
                if end != *expected {
                    writeln!(wrong, "      ended with {}", serde_json::to_string(&end).unwrap()).unwrap();
                }
            }
            (Err(error), None, Some(expected)) if expected.fits(error) => {}
            (Ok(end), ..) => {
                writeln!(wrong, "      ended with {}", serde_json::to_string(end).unwrap()).unwrap();
            }
            (Err(error), ..) => {
                let (kind, retry, code) = (error.kind(), error.retry(), error.code());
                let words = error.provider_message();
                writeln!(wrong, "      failed: {kind:?}, {retry:?}, {code:?}, {words:?}: {error}").unwrap();
            }
        }
        (!wrong.is_empty()).then_some(wrong)
    }
}

impl Failure {
    fn fits(&self, error: &Error) -> bool {
        let retry = match error.retry() {
            Retry::Never => "never",
            Retry::Backoff => "backoff",
            _ => "another",
        };
        error.kind() == self.kind
            && self.retry == retry
            && self.code.as_deref() == error.code()
            && self.words.as_deref() == error.provider_message()
            && error.request_id().is_some()
    }
}

#[tokio::test]
async fn every_stream_comes_to_what_its_case_says() {
    let service = Service::start().await;
    let mut wrong = String::new();
    for (file, case) in cases() {
        assert!(case.reason.len() > 10, "{file}: {} says no reason", case.name);
        let question = case.request.clone().unwrap_or_else(request);
        for (way, rule) in case.ways() {
            let answer = service.answer(&rule, &question).await;
            if let Some(difference) = case.difference(&answer) {
                write!(wrong, "\n{file}: {}, {way}\n{difference}", case.name).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_case_has_a_name_of_its_own_and_names_its_page() {
    let cases = cases();
    let names: BTreeSet<_> = cases.iter().map(|(_, case)| &case.name).collect();
    assert_eq!(names.len(), cases.len(), "a name stands for two cases");
    for (file, case) in &cases {
        let fits =
            case.source.as_deref().is_none_or(|source| source.starts_with("https://docs.aws.amazon.com/"));
        assert!(fits, "{file}: {} has a strange source", case.name);
        assert!(
            case.frames.is_some() || case.fault.is_some(),
            "{file}: {} says nothing of what the service sends",
            case.name
        );
    }
}
