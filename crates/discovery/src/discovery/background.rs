//! Stale while revalidate: what is too old is served, and made anew meanwhile.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use outcrop_core::CatalogProblem;

use super::collect::problem_of;
use super::{Ask, Discovery, Inner, lock};

/// How long AWS is left alone after a refresh that failed.
const PAUSE: Duration = Duration::from_secs(30);

/// Whether a refresh in the background is under way, and what came of the last one, in the background or not.
#[derive(Debug, Default)]
pub(super) struct Background {
    under_way: bool,
    failed: Option<(SystemTime, Vec<CatalogProblem>)>,
}

impl Background {
    /// Remembers what could not be found out, if anything.
    pub(super) fn note(&mut self, now: SystemTime, problems: Vec<CatalogProblem>) {
        self.failed = Some((now, problems)).filter(|(_, problems)| !problems.is_empty());
    }

    /// Why what is shown is old or not all there is, as far as that is known.
    pub(super) fn problems(&self) -> Vec<CatalogProblem> {
        self.failed.as_ref().map(|(_, problems)| problems.clone()).unwrap_or_default()
    }

    fn is_due(&self, now: SystemTime) -> bool {
        let failed_at = self.failed.as_ref().map(|(failed_at, _)| *failed_at);
        let rests = failed_at.and_then(|at| now.duration_since(at).ok()).is_some_and(|age| age < PAUSE);
        !self.under_way && !rests
    }
}

/// A refresh that is under way until this is dropped, however it ends.
struct UnderWay(Arc<Inner>);

impl UnderWay {
    /// `None` if one is under way already, or AWS is to be left alone.
    fn begin(inner: &Arc<Inner>) -> Option<Self> {
        let background = &mut lock(&inner.memory).background;
        if !background.is_due((inner.now)()) {
            return None;
        }
        background.under_way = true;
        Some(Self(Arc::clone(inner)))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        lock(&self.0.memory).background.under_way = false;
    }
}

impl Discovery {
    /// Lists anew in the background, unless that is under way or has just failed.
    pub(super) fn revalidate(&self) {
        let Some(under_way) = UnderWay::begin(&self.inner) else { return };
        let flight = self.flight(Ask::default());
        tokio::spawn(async move {
            if let Err(error) = flight.await {
                let inner = &under_way.0;
                let problem = problem_of(&inner.provider, &error);
                lock(&inner.memory).background.note((inner.now)(), vec![problem]);
            }
            drop(under_way);
        });
    }
}
