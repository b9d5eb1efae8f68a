//! Running scenarios: each on a thread and in a runtime of its own, so that one that panics or hangs is a finding.

use std::any::Any;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::perform::{Notes, hand_over, play};
use crate::scenarios::SCENARIOS;
use crate::{Feature, Harness, Lack, Manifest, Outcome, Report, Scenario, ScenarioResult};

/// How long a manifest may take.
const MANIFEST: Duration = Duration::from_secs(10);

/// Runs every scenario and reports. Never panics, whatever the provider does; a scenario that takes longer than the
/// manifest's patience has failed.
///
/// Blocks, for seconds: call it outside of a runtime, or where blocking is allowed.
///
/// A scenario whose provider blocks its thread for good leaves the thread behind.
pub fn run(harness: impl Harness) -> Report {
    let harness: Arc<dyn Harness> = Arc::new(harness);
    let manifest = match manifest(&harness) {
        Ok(manifest) => manifest,
        Err(problem) => return Report::failed("unknown", problem),
    };
    let results = SCENARIOS.iter().map(|scenario| ScenarioResult {
        name: scenario.name.to_owned(),
        what: scenario.what.to_owned(),
        outcome: outcome(&harness, &manifest, scenario),
    });
    let results = results.collect();
    report(&manifest, results)
}

fn report(manifest: &Manifest, results: Vec<ScenarioResult>) -> Report {
    let Manifest { name, model, lacks, .. } = manifest;
    let lacks = lacks.iter().map(|(feature, reason)| Lack::new(feature, reason));
    Report {
        provider: name.clone(),
        model: model.clone(),
        lacks: lacks.collect(),
        problems: manifest.problems(),
        results,
    }
}

/// Runs one scenario; what is said is one line. For tests that are made without [`suite!`](crate::suite).
///
/// # Errors
/// What is wrong, line by line.
pub fn check(harness: impl Harness, scenario: &str) -> Result<String, String> {
    let harness: Arc<dyn Harness> = Arc::new(harness);
    let manifest = manifest(&harness)?;
    let found = SCENARIOS.iter().find(|known| known.name == scenario);
    let found = found.ok_or_else(|| format!("there is no scenario `{scenario}`"))?;
    match outcome(&harness, &manifest, found) {
        Outcome::Failed { problems } => Err(format!(
            "{}\n{} ({}):\n- {}",
            found.what,
            manifest.name,
            manifest.model,
            problems.join("\n- ")
        )),
        fine => Ok(fine.words()),
    }
}

/// Checks a manifest by itself: that it gives its reasons, and names scenarios that there are.
///
/// # Errors
/// What is wrong, line by line.
pub fn check_manifest(harness: impl Harness) -> Result<(), String> {
    let harness: Arc<dyn Harness> = Arc::new(harness);
    let problems = manifest(&harness)?.problems();
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// Checks that a conversation moves from one provider to another and back: one with thoughts, several calls of tools at
/// once where the first can have them, a result that is an error, and a call whose id was given before. All of it has to
/// arrive, but for a signature of one model's reasoning, which is nothing for the other: whoever leaves that out warns.
///
/// Both providers need tools, and their models must not be of one family. `from` and `to` are tried in this order only.
///
/// # Errors
/// What is wrong, line by line.
pub fn check_hand_over(from: impl Harness, to: impl Harness) -> Result<(), String> {
    let (from, to): (Arc<dyn Harness>, Arc<dyn Harness>) = (Arc::new(from), Arc::new(to));
    let mut patience = Duration::ZERO;
    for harness in [&from, &to] {
        let manifest = manifest(harness)?;
        if let Some((feature, reason)) = manifest.why_not(&Feature::Tools) {
            return Err(format!("`{}` has no {feature}: {reason}", manifest.name));
        }
        patience += manifest.patience;
    }
    let problems = guarded("hand_over", patience.saturating_mul(2), move || {
        in_runtime(patience, async |notes| hand_over(&*from, &*to, notes).await)
    });
    let problems = problems.and_then(|problems| problems)?;
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

fn manifest(harness: &Arc<dyn Harness>) -> Result<Manifest, String> {
    let harness = Arc::clone(harness);
    guarded("manifest", MANIFEST, move || harness.manifest())
}

fn outcome(harness: &Arc<dyn Harness>, manifest: &Manifest, scenario: &'static Scenario) -> Outcome {
    let acts = scenario.acts(manifest);
    let mut lacking: Vec<String> = Vec::new();
    for need in acts.iter().flat_map(crate::act::Act::needs) {
        if let Some((feature, reason)) = manifest.why_not(&need) {
            let reason = Lack::new(feature, reason).to_string();
            if !lacking.contains(&reason) {
                lacking.push(reason);
            }
        }
    }
    if !lacking.is_empty() {
        return Outcome::Skipped { reason: lacking.join("; ") };
    }
    let (harness, its_manifest) = (Arc::clone(harness), manifest.clone());
    // What a runtime cannot interrupt is given up later, so that it is told apart.
    let limit = manifest.patience.saturating_mul(2);
    let problems = guarded(scenario.name, limit, move || {
        in_runtime(its_manifest.patience, async |notes| play(&*harness, &its_manifest, &acts, notes).await)
    });
    let problems = problems.and_then(|problems| problems).unwrap_or_else(|problem| vec![problem]);
    match manifest.why_known(scenario.name) {
        None if problems.is_empty() => Outcome::Passed,
        None => Outcome::Failed { problems },
        Some(_) if problems.is_empty() => {
            Outcome::Failed { problems: vec!["passes, and the manifest says that it fails".to_owned()] }
        }
        Some(reason) => Outcome::KnownFailure { reason: reason.to_owned(), problems },
    }
}

/// Plays something in a runtime of its own, within a time.
fn in_runtime(patience: Duration, play: impl AsyncFnOnce(&Notes)) -> Result<Vec<String>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("there is no runtime: {error}"))?;
    let notes = Notes::new();
    runtime.block_on(async {
        if tokio::time::timeout(patience, Box::pin(play(&notes))).await.is_err() {
            notes.hangs();
        }
    });
    runtime.shutdown_background();
    Ok(notes.into_problems())
}

/// Runs something on a thread of its own. A panic and a thread that does not come back are the error.
pub(crate) fn guarded<T: Send + 'static>(
    name: &str,
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let (tell, told) = mpsc::channel();
    let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
        // Nobody listens any more if it took too long.
        tell.send(work()).ok();
    });
    let thread = thread.map_err(|error| format!("there is no thread: {error}"))?;
    match told.recv_timeout(limit) {
        Ok(done) => Ok(done),
        Err(RecvTimeoutError::Timeout) => {
            Err(format!("hangs: it blocks its thread, and did not come back within {limit:?}"))
        }
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => Err(format!("panics: {}", words(&*panic))),
            Ok(()) => Err("ended without a word".to_owned()),
        },
    }
}

pub(crate) fn words(panic: &(dyn Any + Send)) -> &str {
    let words = panic.downcast_ref::<&str>().copied();
    words.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}
