//! What is said of a switch, and of one that did not help.

use outcrop_core::{Error, ErrorKind, ModelId, ModelProvider, ProviderId, Request, Warning};
use tokio::time::Instant;

use super::cooldown::Left;
use super::table::{self, Helps};

/// The rule of the warning that another model answers than was asked.
pub(super) const RULE: &str = "fallback";

/// The name of a target for people.
pub(super) fn name(provider: &ProviderId, model: &ModelId) -> String {
    format!("{provider}/{model}")
}

/// A target that did not answer.
#[derive(Debug)]
pub(super) struct Passed {
    pub(super) name: String,
    /// Why, in a few words.
    pub(super) problem: String,
}

impl Passed {
    pub(super) fn failed(name: &str, error: &Error) -> Self {
        Self { name: name.to_owned(), problem: error.message().to_owned() }
    }

    pub(super) fn unguarded(name: &str) -> Self {
        let problem = "no other provider knows the guardrail of the request".to_owned();
        Self { name: name.to_owned(), problem }
    }

    pub(super) fn cooling(name: &str, left: &Left) -> Self {
        // Rounded up: nobody shall try again a moment too early.
        let more = left.until.saturating_duration_since(Instant::now()).as_millis().div_ceil(1000);
        Self { name: name.to_owned(), problem: format!("left alone for {more} s more: {}", left.problem) }
    }
}

fn listed(passed: &[Passed]) -> String {
    let each: Vec<_> =
        passed.iter().map(|Passed { name, problem }| format!("`{name}` ({problem})")).collect();
    match each.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// That another one answers than was asked.
pub(super) fn warning(name: &str, passed: &[Passed], lost: Option<&ProviderId>) -> Warning {
    let message = format!("`{name}` answers in the place of {}", listed(passed));
    let message = match lost {
        Some(provider) => format!("{message}; the options for `{provider}` do not hold there"),
        None => message,
    };
    Warning::new(RULE, message)
}

/// The provider whose options of a request do not hold for another one.
pub(super) fn lost<'a>(
    request: &Request,
    asked: &'a dyn ModelProvider,
    answers: &ProviderId,
) -> Option<&'a ProviderId> {
    Some(asked.id()).filter(|asked| *asked != answers && request.options.contains_key(*asked))
}

/// A call that failed.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) place: usize,
    pub(super) name: String,
    pub(super) error: Error,
}

impl Failed {
    /// Whether nobody is asked any more: after a verdict on the answer, and after what the target that was asked for says
    /// of the request. What an alternative says of the request may be its own fault.
    pub(super) fn is_last_word(&self) -> bool {
        let kind = self.error.kind();
        let is_verdict = matches!(kind, ErrorKind::Filtered | ErrorKind::Cancelled);
        is_verdict || (self.place == 0 && table::rule(kind).helps == Helps::Nobody)
    }
}

/// The one error of several calls: that of the first target that says most, with what the others said.
pub(super) fn combined(mut failures: Vec<Failed>, passed: &[Passed]) -> Option<Error> {
    if let ([_], 0 | 1) = (&*failures, passed.len()) {
        return failures.pop().map(|failed| failed.error);
    }
    let best = most_telling(&failures)?;
    let (name, error) = failures.get(best).map(|failed| (failed.name.clone(), failed.error.clone()))?;
    let error = failures.iter().fold(error, |error, Failed { name, error: said, .. }| {
        error.with_context("asked", format!("{name}: {}: {}", said.kind(), said.message()))
    });
    let others: Vec<_> = passed.iter().filter(|passed| passed.name != name).collect();
    let others: Vec<_> = others.iter().map(|it| format!("`{}` ({})", it.name, it.problem)).collect();
    Some(error.with_hint(format!("this is what `{name}` said; nor could {} answer", others.join(", "))))
}

/// The place of the error to give back: the last word, if there is one; else the first one with which a service
/// said something; else the first.
fn most_telling(failures: &[Failed]) -> Option<usize> {
    let last = failures.len().checked_sub(1)?;
    if failures.get(last).is_some_and(Failed::is_last_word) {
        return Some(last);
    }
    let is_said = |failed: &Failed| failed.error.code().or(failed.error.provider_message()).is_some();
    // What the request itself is told to change comes after what befell the target that was asked.
    let befell = |failed: &Failed| table::rule(failed.error.kind()).cools && is_said(failed);
    failures.iter().position(befell).or_else(|| failures.iter().position(is_said)).or(Some(0))
}
