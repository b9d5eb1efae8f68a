//! One region: what is known of it, what has to be asked, and what came of it.

use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use outcrop_core::{CatalogProblem, Error, ErrorKind, Freshness, Result};
use tokio::time::{Instant, timeout_at};

use super::collect::problem;
use super::questions::{HOPELESS, ask_each};
use super::{Inner, lock};
use crate::control_plane::{GET_INFERENCE_PROFILE, Place, Target};
use crate::rows::{InferenceProfileRow, Listed, Listing, RegionRows};
use crate::source::Source;

/// How long all lists together may take, all pages and retries included; and then all profiles together.
const DEADLINE: Duration = Duration::from_secs(10);

/// How many profiles are asked for at once whose models the list does not tell.
const PROFILES_AT_ONCE: usize = 4;

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
    /// Whether at least one of the lists that were due came.
    pub(super) is_new: bool,
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

impl Outcome {
    /// Nobody could be asked for anything.
    fn failed(sources: &[Source], error: &Error) -> Self {
        let failure =
            |source: &Source| Failure { operation: source.operation(), error: error.clone(), instead: None };
        Self { failures: sources.iter().map(failure).collect(), ..Self::default() }
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
        let mut problem = problem(operation, region, &error);
        problem.message.extend(age.map(|age| format!("; what is shown is {age} old")));
        problem
    }
}

/// An age in its largest whole unit.
pub(super) fn age(age: Duration) -> String {
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
            Err(error) => return Outcome::failed(&Source::wanted(&self.settings), &error),
        };
        let asked_at = refresh.then(|| (self.now)());
        let mut problems = Vec::new();
        let mut rows = lock(&self.memory).rows.get(&place).cloned().unwrap_or_default();
        let mut due = self.due(&rows, asked_at);
        let (mut guard, mut no_credentials) = (None, None);
        if !due.is_empty()
            && let Some(disk) = &self.disk
        {
            let loaded = disk.load(&place);
            problems.extend(loaded.problem);
            rows = rows.or_younger(loaded.rows);
            due = self.due(&rows, asked_at);
        }
        if !due.is_empty() {
            // Somebody may have to type a code for them: nobody else shall wait for that.
            no_credentials = self.plane.fetch_credentials(target).await.err();
            if no_credentials.is_none()
                && let Some(disk) = &self.disk
            {
                let (lock, waited) = disk.lock::<RegionRows>(&place).await;
                let before = rows.clone();
                // Whoever held the lock may have listed.
                rows = rows.or_younger(disk.load(&place).rows);
                due = self.due(&rows, asked_at);
                // If not, AWS failed him. Those who wait too shall not wait for one failure after the other.
                guard = lock.filter(|_| !waited || rows != before);
            }
        }
        if !due.is_empty() {
            tracing::info!(region = %place.region, "asking AWS for its models");
        }
        let before = rows.inference_profiles.clone();
        let mut failures = self.ask(target, &mut rows, &due, no_credentials.as_ref()).await;
        if let Some(known) = before {
            rows.inference_profiles = rows.inference_profiles.map(|listing| with_told(&listing, &known));
        }
        let answered = due.len() > failures.len();
        let is_all_new = failures.is_empty() && due == Source::wanted(&self.settings);
        // Whoever held the lock has listed meanwhile, or nothing had to be asked.
        let is_new = answered || due.is_empty();
        if no_credentials.is_none() {
            failures.extend(self.look_behind_profiles(target, &mut rows, &due).await);
        }
        if answered
            && guard.is_none()
            && let Some(disk) = &self.disk
        {
            // Without the lock, somebody else may have written meanwhile.
            let saved = disk.load::<RegionRows>(&place).rows;
            rows = rows.or_younger(saved.until((self.now)()));
        }
        rows = self.remember(&place, rows);
        if answered && let Some(disk) = &self.disk {
            disk.store(&place, &rows).await;
        }
        drop(guard);
        let stale = failures.iter().any(|failure| failure.instead.is_some());
        let freshness = match (rows.is_empty(), stale, is_all_new) {
            (true, ..) => None,
            (_, true, _) => Some(Freshness::Stale),
            (_, _, true) => Some(Freshness::Live),
            (_, _, false) => Some(Freshness::Cached),
        };
        let taken_at = self.times(&rows).into_iter().min();
        Outcome {
            place: Some(place),
            listed: !rows.is_empty(),
            taken_at,
            freshness,
            is_new,
            failures,
            problems,
        }
    }

    /// What is missing or too old; with `asked_at`, also what was taken before somebody asked for a new list.
    pub(super) fn due(&self, rows: &RegionRows, asked_at: Option<SystemTime>) -> Vec<Source> {
        let now = (self.now)();
        let is_due = |source: &Source| match (rows.taken_at(*source), asked_at) {
            (None, _) => true,
            (Some(taken_at), Some(asked_at)) => taken_at <= asked_at,
            (Some(taken_at), None) => !self.is_young(taken_at, now),
        };
        let mut due = Source::wanted(&self.settings);
        due.retain(|source| is_due(source));
        due
    }

    /// Asks AWS for what is due, all lists side by side. What fails stays as it was, unless nothing is to be kept.
    /// Without credentials, all of it fails.
    async fn ask(
        &self,
        target: &Target,
        rows: &mut RegionRows,
        due: &[Source],
        no_credentials: Option<&Error>,
    ) -> Vec<Failure> {
        let (now, deadline) = ((self.now)(), Instant::now() + DEADLINE);
        let asked = due.iter().map(|source| async move {
            match no_credentials {
                Some(error) => Err(error.clone()),
                None => by(deadline, self.list(target, *source)).await,
            }
        });
        let answers = join_all(asked).await;
        let keep = self.settings.time_to_live().is_some();
        let mut failures = Vec::new();
        for (source, answer) in due.iter().zip(answers) {
            match answer {
                Ok(listed) => rows.put(listed, now),
                Err(error) => {
                    if !keep {
                        rows.forget(*source);
                    }
                    let instead = rows.taken_at(*source);
                    failures.push(Failure { operation: source.operation(), error, instead });
                }
            }
        }
        failures
    }

    async fn list(&self, target: &Target, source: Source) -> Result<Listed> {
        Ok(match source {
            Source::FoundationModels => Listed::FoundationModels(self.plane.foundation_models(target).await?),
            Source::InferenceProfiles => {
                Listed::InferenceProfiles(self.plane.inference_profiles(target).await?)
            }
            further => Listed::Deployments(further, self.plane.deployments(target, further).await?),
        })
    }

    /// Asks for the profiles of the account whose models the list that just came does not tell. The first failure is
    /// told; such a profile stays as it was listed, until the next list comes.
    async fn look_behind_profiles(
        &self,
        target: &Target,
        rows: &mut RegionRows,
        due: &[Source],
    ) -> Option<Failure> {
        if !due.contains(&Source::InferenceProfiles) || !rows.has_untold_profiles() {
            return None;
        }
        let listing = rows.inference_profiles.as_ref()?;
        let untold = listing.rows.iter().filter(|row| row.is_untold());
        let arns: Vec<String> = untold.map(|row| row.arn.clone()).collect();
        let deadline = Instant::now() + DEADLINE;
        let ask = |arn: String| async move { by(deadline, self.plane.inference_profile(target, &arn)).await };
        // Policies permit this profile by profile.
        let answers = ask_each(arns, PROFILES_AT_ONCE, HOPELESS, ask).await;
        let (mut profiles, taken_at) = (listing.rows.to_vec(), listing.taken_at);
        let mut failure = None;
        for (arn, answer) in answers {
            match answer {
                Ok(found) => {
                    for row in profiles.iter_mut().filter(|row| row.arn == arn) {
                        row.model_arns.clone_from(&found.model_arns);
                    }
                }
                Err(error) => {
                    failure =
                        failure.or(Some(Failure { operation: GET_INFERENCE_PROFILE, error, instead: None }));
                }
            }
        }
        rows.put(Listed::InferenceProfiles(profiles), taken_at);
        failure
    }
}

/// With the models that were known behind profiles of the account, where the new list does not tell them: AWS has no
/// operation that changes them.
fn with_told(
    new: &Listing<InferenceProfileRow>,
    known: &Listing<InferenceProfileRow>,
) -> Listing<InferenceProfileRow> {
    let mut rows = new.rows.to_vec();
    for row in rows.iter_mut().filter(|row| row.is_untold()) {
        if let Some(told) = known.rows.iter().find(|told| told.arn == row.arn) {
            row.model_arns.clone_from(&told.model_arns);
        }
    }
    Listing::new(new.taken_at, rows)
}

async fn by<T>(deadline: Instant, listing: impl Future<Output = Result<T>>) -> Result<T> {
    timeout_at(deadline, listing).await.unwrap_or_else(|_| {
        Err(Error::new(
            ErrorKind::Timeout,
            format!("the control plane of Amazon Bedrock did not answer within {} s", DEADLINE.as_secs()),
        )
        .with_hint("check that the network reaches it, or name its endpoint in `controlBaseUrl`")
        .with_hint("or set `enabled` of the discovery to `false` to list configured models only"))
    })
}

/// How far a problem is worth telling before others: the first that somebody can do something about.
fn rank(error: &Error) -> usize {
    const ORDER: &[ErrorKind] = &[
        ErrorKind::Config,
        ErrorKind::Unauthenticated,
        ErrorKind::PermissionDenied,
        ErrorKind::Protocol,
        ErrorKind::Network,
        ErrorKind::Timeout,
    ];
    ORDER.iter().position(|kind| *kind == error.kind()).unwrap_or(ORDER.len())
}
