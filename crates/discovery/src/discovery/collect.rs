//! All regions together.

use std::sync::Arc;
use std::time::SystemTime;

use futures_util::future::join_all;
use outcrop_core::{CatalogProblem, Error, ErrorKind, Freshness, ProviderId, Result};

use super::refresh::{Outcome, freshness, most_telling};
use super::{Answer, Ask, Inner, lock};
use crate::cache::CACHE;
use crate::control_plane::{GET_AVAILABILITY, Place};

impl Inner {
    /// Lists all regions and merges them.
    pub(super) async fn collect(&self, ask: Ask) -> Result<Arc<Answer>> {
        if self.settings.enabled == Some(false) {
            let (view, taken_at) = (self.view(&[], ask), (self.now)());
            return Ok(Arc::new(Answer {
                view,
                taken_at,
                freshness: Freshness::Live,
                problems: Vec::new(),
                failure: None,
            }));
        }
        let targets = self.targets();
        let outcomes = join_all(targets.iter().map(|target| self.region(target, ask.refresh))).await;
        let places: Vec<Place> = outcomes.iter().filter_map(Outcome::listed_place).cloned().collect();
        if places.is_empty()
            && let Some(error) = most_telling(&outcomes)
        {
            let wanted = self.settings.enabled == Some(true) && error.kind() == ErrorKind::Unauthenticated;
            if self.settings.models.is_empty() || wanted {
                return Err(error.clone().with_provider(&self.provider));
            }
        }
        let mut denied = Vec::new();
        if ask.access || self.settings.check_access {
            let listed = targets.iter().zip(&outcomes);
            let listed = listed.filter_map(|(target, outcome)| Some((target, outcome.listed_place()?)));
            let looks = listed.map(|(target, place)| self.look_at_access(target, place, ask.refresh));
            denied = join_all(looks).await.into_iter().flatten().collect();
        }
        let now = (self.now)();
        let taken_at = outcomes.iter().filter_map(|outcome| outcome.taken_at).min().unwrap_or(now);
        let freshness = freshness(&outcomes);
        let is_new = outcomes.iter().any(|outcome| outcome.is_new);
        let failure = most_telling(&outcomes).filter(|_| !is_new).cloned();
        let of_lists = outcomes.into_iter().flat_map(|outcome| outcome.problems(now));
        let problems: Vec<_> = of_lists.chain(denied).collect();
        self.note(&problems, now);
        Ok(Arc::new(Answer {
            view: self.view(&places, ask),
            taken_at,
            freshness,
            problems,
            failure: failure.map(|error| error.with_provider(&self.provider)),
        }))
    }

    /// Remembers what those who are served from memory have to know too.
    fn note(&self, problems: &[CatalogProblem], now: SystemTime) {
        let lasts = |problem: &&CatalogProblem| match problem.source.as_str() {
            // A damaged file has been written anew.
            CACHE => false,
            GET_AVAILABILITY => self.settings.check_access,
            _ => true,
        };
        let problems = problems.iter().filter(lasts).cloned().collect();
        lock(&self.memory).background.note(now, problems);
    }
}

/// A failure as a problem of the list.
pub(super) fn problem_of(source: &ProviderId, error: &Error) -> CatalogProblem {
    problem(source.as_str(), None, error)
}

/// A failure of an operation as a problem of the list.
pub(super) fn problem(source: &str, region: Option<String>, error: &Error) -> CatalogProblem {
    let mut problem = CatalogProblem::of(source, error);
    problem.region = region;
    problem
}
