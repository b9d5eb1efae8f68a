//! Plays an act, and notes what is wrong.

mod at_once;
mod compare;
pub(crate) mod drives;
mod handover;
pub(crate) mod hear;

use std::sync::{Mutex, MutexGuard, PoisonError};

use outcrop_core::ErrorKind;

use crate::act::{Act, Drive};
use crate::harness::{Harness, Upstream, Wired};
use crate::needle::Body;
use crate::{Answer, Manifest};

pub(crate) use handover::hand_over;

/// What is going on, and what is wrong so far: kept outside of what is played, so that it outlives one that hangs.
#[derive(Debug)]
pub(crate) struct Notes {
    act: Mutex<String>,
    doing: Mutex<&'static str>,
    problems: Mutex<Vec<String>>,
}

impl Notes {
    pub(crate) fn new() -> Self {
        Self { act: Mutex::default(), doing: Mutex::new("to begin"), problems: Mutex::default() }
    }

    /// Which act, or which part of one, what is found from here on is about.
    fn act(&self, label: &str) {
        label.clone_into(&mut *lock(&self.act));
    }

    /// What comes next; `for the call`, say.
    pub(crate) fn waits(&self, doing: &'static str) {
        *lock(&self.doing) = doing;
    }

    pub(crate) fn add(&self, problem: impl AsRef<str>) {
        let act = lock(&self.act);
        let problem = problem.as_ref();
        let problem = if act.is_empty() { problem.to_owned() } else { format!("{act}: {problem}") };
        // Both ways to answer mostly have the same problem.
        let mut problems = lock(&self.problems);
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    pub(crate) fn add_all(&self, problems: Vec<String>) {
        for problem in problems {
            self.add(problem);
        }
    }

    /// The scenario took too long.
    pub(crate) fn hangs(&self) {
        self.add(format!("hangs: it still waits {}", lock(&self.doing)));
    }

    pub(crate) fn into_problems(self) -> Vec<String> {
        self.problems.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Plays all acts of a scenario, one after the other.
pub(crate) async fn play(harness: &dyn Harness, manifest: &Manifest, acts: &[Act], notes: &Notes) {
    for act in acts {
        notes.act(&act.label);
        let mut act = act.clone();
        act.request.model = manifest.model.clone();
        Stage { harness, manifest, act: &act, notes }.play().await;
    }
}

/// Everything that an act is played with.
struct Stage<'a> {
    harness: &'a dyn Harness,
    manifest: &'a Manifest,
    act: &'a Act,
    notes: &'a Notes,
}

impl Stage<'_> {
    async fn play(&self) {
        match &self.act.drive {
            Drive::Answer => {
                self.answer().await;
            }
            Drive::DropStream => self.drop_stream().await,
            Drive::ReadAndDrop => self.read_and_drop().await,
            Drive::DropCall => self.drop_call().await,
            Drive::DropWhole => self.drop_whole().await,
            Drive::GoOn => self.go_on().await,
            Drive::AtOnce => self.at_once().await,
            Drive::Disclaimed(feature) => self.disclaimed(feature).await,
            Drive::CountTokens => self.count_tokens().await,
            Drive::Embed => self.embed().await,
            Drive::Snapshot => self.snapshot().await,
            Drive::Capabilities => self.capabilities().await,
        }
    }

    /// A provider of its own for each use: no use shall profit or suffer from another.
    async fn wire(&self) -> Option<Wired> {
        self.notes.waits("for the harness to make a provider");
        match self.harness.provider(&self.act.script).await {
            Ok(wired) => Some(wired),
            Err(reason) => {
                self.notes.add(format!(
                    "the harness cannot act this out, though its manifest lacks nothing that it takes: {reason}"
                ));
                None
            }
        }
    }

    /// A stream and a whole answer, each with a provider of its own, and each against what the upstream did.
    async fn answer(&self) {
        let Some(answer) = self.act.script.answer(0) else { return };
        let Some(wired) = self.wire().await else { return };
        let streamed = hear::stream(self.notes, &*wired.provider, &self.act.request).await;
        self.compare(answer, &streamed);
        self.look_at_calls(&*wired.upstream, answer);

        let Some(wired) = self.wire().await else { return };
        let whole = hear::whole(self.notes, &*wired.provider, &self.act.request).await;
        self.compare(answer, &whole);
        self.look_at_calls(&*wired.upstream, answer);
        for problem in compare::ways(&streamed, &whole) {
            self.notes.add(problem);
        }
    }

    fn compare(&self, answer: &Answer, heard: &hear::Heard) {
        for problem in compare::with_script(answer, heard, self.manifest.retries) {
            self.notes.add(problem);
        }
    }

    /// That one call came, with everything in it.
    fn look_at_calls(&self, upstream: &dyn Upstream, answer: &Answer) {
        let bodies: Vec<Body> = upstream.received().into_iter().map(Body::new).collect();
        let fault = if let Answer::Refuse(fault) = answer { Some(fault.kind) } else { None };
        let Some(last) = bodies.last() else {
            // Nothing comes through a network that is down.
            if fault != Some(ErrorKind::Network) {
                self.notes.add("the upstream received nothing");
            }
            return;
        };
        // A sign-in may be renewed, and a request may be repaired: then it is another one.
        let again = bodies
            .iter()
            .enumerate()
            .any(|(at, body)| bodies.iter().take(at).any(|earlier| earlier.raw() == body.raw()));
        if again && !self.manifest.retries && fault != Some(ErrorKind::Unauthenticated) {
            self.notes.add(format!("the same request was sent again: {} calls came", bodies.len()));
        }
        self.look_for_needles(last);
    }

    fn look_for_needles(&self, body: &Body) {
        let mut before = None;
        for needle in &self.act.arrives {
            let place = needle.find(body);
            if place.is_none() {
                self.notes.add(format!("{} did not come to the upstream as it was sent", needle.what));
            } else if self.act.in_order && place < before {
                self.notes
                    .add(format!("{} came to the upstream before the one that it follows", needle.what));
            }
            before = place.or(before);
        }
    }
}
