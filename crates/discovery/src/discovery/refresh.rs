//! One region: what is known of it, what has to be asked, and what came of it.

use std::time::{Duration, SystemTime};

use outcrop_core::{CatalogProblem, Error, ErrorKind, Freshness, Result};
use tokio::time::timeout;

use super::{Inner, lock, rank};
use crate::control_plane::{LIST_FOUNDATION_MODELS, LIST_INFERENCE_PROFILES, Place, Target};
use crate::rows::{Listing, RegionRows};

/// How long one listing may take, all pages and retries included.
const DEADLINE: Duration = Duration::from_secs(10);

/// What came of one region.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Where, if that is known.
    pub(super) place: Option<Place>,
    /// Whether anything is known of it.
    pub(super) listed: bool,
    /// When the oldest of its listings was taken.
    pub(super) taken_at: Option<SystemTime>,
    pub(super) freshness: Option<Freshness>,
    failures: Vec<Failure>,
    problems: Vec<CatalogProblem>,
}

/// A listing that failed.
#[derive(Debug)]
struct Failure {
    operation: &'static str,
    error: Error,
    /// When the listing was taken that is shown instead.
    instead: Option<SystemTime>,
}

/// Which listings have to be asked for.
#[derive(Debug, Clone, Copy)]
struct Due {
    foundation_models: bool,
    inference_profiles: bool,
}

impl Due {
    const fn any(self) -> bool {
        self.foundation_models || self.inference_profiles
    }

    fn count(self) -> usize {
        usize::from(self.foundation_models) + usize::from(self.inference_profiles)
    }
}

impl Outcome {
    /// Nobody could be asked for anything.
    fn failed(error: &Error) -> Self {
        let failures = [LIST_FOUNDATION_MODELS, LIST_INFERENCE_PROFILES].map(|operation| Failure {
            operation,
            error: error.clone(),
            instead: None,
        });
        Self { failures: failures.into(), ..Self::default() }
    }

    pub(super) fn listed_place(&self) -> Option<&Place> {
        self.place.as_ref().filter(|_| self.listed)
    }

    /// What to tell the user.
    pub(super) fn problems(self, now: SystemTime) -> Vec<CatalogProblem> {
        let region = self.place.map(|place| place.region);
        let mut problems = self.problems;
        for failure in self.failures {
            let problem = failure.problem(region.clone(), now);
            // Missing credentials are one problem, however many listings need them.
            let same = |known: &&mut CatalogProblem| {
                known.code == problem.code && known.message == problem.message && known.hint == problem.hint
            };
            match problems.iter_mut().find(same) {
                Some(known) => known.source = format!("{}, {}", known.source, problem.source),
                None => problems.push(problem),
            }
        }
        problems
    }
}

impl Failure {
    fn problem(self, region: Option<String>, now: SystemTime) -> CatalogProblem {
        let Self { operation, error, instead } = self;
        let age = instead.map(|taken_at| age(now.duration_since(taken_at).unwrap_or_default()));
        let shown = age.map_or_else(String::new, |age| format!("; what is shown is {age} old"));
        CatalogProblem {
            source: operation.to_owned(),
            region,
            code: error.code().unwrap_or(error.kind().name()).to_owned(),
            message: format!("{error}{shown}"),
            hint: Some(error.hints().join(", ")).filter(|hints| !hints.is_empty()),
        }
    }
}

/// An age in its largest whole unit.
fn age(age: Duration) -> String {
    let seconds = age.as_secs();
    let (number, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") }
}

/// The failure to name if nothing could be listed.
pub(super) fn most_telling(outcomes: &[Outcome]) -> Option<&Error> {
    let errors = outcomes.iter().flat_map(|outcome| &outcome.failures).map(|failure| &failure.error);
    errors.min_by_key(|error| rank(error))
}

/// A list is as fresh as the oldest of its parts.
pub(super) fn freshness(outcomes: &[Outcome]) -> Freshness {
    let parts: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.freshness).collect();
    if parts.contains(&Freshness::Stale) {
        Freshness::Stale
    } else if parts.contains(&Freshness::Cached) {
        Freshness::Cached
    } else {
        Freshness::Live
    }
}

impl Inner {
    /// What is known of a region: from memory or disk while that is fresh, else from AWS.
    pub(super) async fn region(&self, target: &Target, refresh: bool) -> Outcome {
        let place = match self.plane.place(target).await {
            Ok(place) => place,
            Err(error) => return Outcome::failed(&error),
        };
        let asked_at = refresh.then(|| (self.now)());
        let mut problems = Vec::new();
        let mut rows = lock(&self.memory).rows.get(&place).cloned().unwrap_or_default();
        let mut due = self.due(&rows, asked_at);
        let mut guard = None;
        if due.any()
            && let Some(disk) = &self.disk
        {
            let loaded = disk.load(&place).await;
            problems.extend(loaded.problem);
            rows = rows.or_younger(loaded.rows);
            due = self.due(&rows, asked_at);
            if due.any() {
                guard = disk.lock(&place).await;
                // Whoever held the lock may have listed.
                rows = rows.or_younger(disk.load(&place).await.rows);
                due = self.due(&rows, asked_at);
            }
        }
        let failures = if due.any() { self.ask(target, &mut rows, due).await } else { Vec::new() };
        let answered = due.count() > failures.len();
        self.remember(&place, &rows);
        if answered && let Some(disk) = &self.disk {
            disk.store(&place, &rows).await;
        }
        drop(guard);
        let stale = failures.iter().any(|failure| failure.instead.is_some());
        let freshness = match (rows.is_empty(), stale, due.any()) {
            (true, ..) => None,
            (_, true, _) => Some(Freshness::Stale),
            (_, _, true) => Some(Freshness::Live),
            (_, _, false) => Some(Freshness::Cached),
        };
        let taken_at = rows.times().min();
        Outcome { place: Some(place), listed: !rows.is_empty(), taken_at, freshness, failures, problems }
    }

    /// What is missing or too old; with `asked_at`, also what was taken before somebody asked for a new list.
    fn due(&self, rows: &RegionRows, asked_at: Option<SystemTime>) -> Due {
        let now = (self.now)();
        let is_due = |taken_at: Option<SystemTime>| {
            let Some(taken_at) = taken_at else { return true };
            if let Some(asked_at) = asked_at {
                return taken_at <= asked_at;
            }
            // A time to come is no time that can be trusted.
            let age = now.duration_since(taken_at).ok();
            age.zip(self.settings.time_to_live()).is_none_or(|(age, time_to_live)| age >= time_to_live)
        };
        Due {
            foundation_models: is_due(rows.foundation_models.as_ref().map(|listing| listing.taken_at)),
            inference_profiles: is_due(rows.inference_profiles.as_ref().map(|listing| listing.taken_at)),
        }
    }

    /// Asks AWS for what is due, both lists side by side. What fails stays as it was, unless nothing is to be kept.
    async fn ask(&self, target: &Target, rows: &mut RegionRows, due: Due) -> Vec<Failure> {
        let now = (self.now)();
        let models = async {
            if !due.foundation_models {
                return None;
            }
            Some(self.within_deadline(target, self.plane.foundation_models(target)).await)
        };
        let profiles = async {
            if !due.inference_profiles {
                return None;
            }
            Some(self.within_deadline(target, self.plane.inference_profiles(target)).await)
        };
        let (models, profiles) = tokio::join!(models, profiles);
        let keep = self.settings.time_to_live().is_some();
        let failed = [
            settle(LIST_FOUNDATION_MODELS, models, &mut rows.foundation_models, now, keep),
            settle(LIST_INFERENCE_PROFILES, profiles, &mut rows.inference_profiles, now, keep),
        ];
        failed.into_iter().flatten().collect()
    }

    async fn within_deadline<T>(
        &self,
        target: &Target,
        listing: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        self.plane.fetch_credentials(target).await?;
        timeout(DEADLINE, listing).await.unwrap_or_else(|_| {
            Err(Error::new(
                ErrorKind::Timeout,
                format!("the control plane of Amazon Bedrock did not answer within {} s", DEADLINE.as_secs()),
            )
            .with_hint("check that the network reaches it, or name its endpoint in `controlBaseUrl`")
            .with_hint("or set `enabled` of the discovery to `false` to list configured models only"))
        })
    }
}

/// Puts the answer to a listing in its place; gives back the failure, if it is one.
fn settle<T>(
    operation: &'static str,
    answer: Option<Result<Vec<T>>>,
    listing: &mut Option<Listing<T>>,
    now: SystemTime,
    keep: bool,
) -> Option<Failure> {
    match answer? {
        Ok(rows) => {
            *listing = Some(Listing::new(now, rows));
            None
        }
        Err(error) => {
            *listing = listing.take().filter(|_| keep);
            let instead = listing.as_ref().map(|listing| listing.taken_at);
            Some(Failure { operation, error, instead })
        }
    }
}
