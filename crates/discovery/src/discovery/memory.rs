//! What is known without asking AWS.

use std::sync::Arc;
use std::time::SystemTime;

use outcrop_core::Freshness;

use super::{Answer, Ask, Inner, lock};
use crate::control_plane::{GET_AVAILABILITY, Place};
use crate::merge::View;
use crate::rows::{AccessRows, RegionRows};
use crate::source::Source;

/// What is at hand, however old.
#[derive(Debug)]
pub(super) struct AtHand {
    pub(super) view: Arc<View>,
    /// Whether every list of every region is there and fresh.
    pub(super) is_complete: bool,
}

/// What can be said at once.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) answer: Answer,
    /// Whether every list of every region is there and fresh, and so is the access, if it is to be checked.
    pub(super) is_whole: bool,
}

impl Inner {
    /// Takes these rows for what is known of a place, but for what came meanwhile: lists that were taken later, and what
    /// refusals taught.
    pub(super) fn remember(&self, place: &Place, rows: RegionRows) -> RegionRows {
        let now = (self.now)();
        let mut memory = lock(&self.memory);
        let known = memory.rows.get(place).cloned().unwrap_or_default();
        let mut rows = rows.or_younger(match self.settings.time_to_live() {
            Some(_) => known.until(now),
            None => RegionRows { refused: known.refused, ..RegionRows::default() },
        });
        rows.forget_old_refusals(now);
        if memory.rows.get(place) != Some(&rows) {
            memory.rows.insert(place.clone(), rows.clone());
            memory.views.clear();
        }
        rows
    }

    /// The same for answers about the access.
    pub(super) fn remember_access(&self, place: &Place, rows: AccessRows) -> AccessRows {
        let mut memory = lock(&self.memory);
        let known = memory.access.get(place).cloned().unwrap_or_default();
        let rows = rows.or_younger(known);
        if memory.access.get(place) != Some(&rows) {
            memory.access.insert(place.clone(), rows.clone());
            memory.views.clear();
        }
        rows
    }

    /// Forgets which models of a place need an inference profile because a call of them was refused.
    pub(super) fn forget_refusals(&self, place: &Place) {
        let mut memory = lock(&self.memory);
        if let Some(rows) = memory.rows.get_mut(place) {
            rows.refused.clear();
            memory.views.clear();
        }
    }

    /// What is known of a place. The disk is read once, and that it has nothing is remembered too.
    pub(super) fn rows_at_hand(&self, place: &Place) -> RegionRows {
        let known = lock(&self.memory).rows.get(place).cloned();
        match (known, &self.disk) {
            (Some(rows), _) => rows,
            (None, Some(disk)) => {
                let loaded = disk.load(place);
                self.remember(place, loaded.rows)
            }
            (None, None) => RegionRows::default(),
        }
    }

    /// What is known of the access to the models of a place.
    pub(super) fn access_at_hand(&self, place: &Place) -> AccessRows {
        let known = lock(&self.memory).access.get(place).cloned();
        match (known, &self.disk) {
            (Some(rows), _) => rows,
            (None, Some(disk)) => {
                let loaded = disk.load::<AccessRows>(place);
                self.remember_access(place, loaded.rows)
            }
            (None, None) => AccessRows::default(),
        }
    }

    /// What is known, however old; `None` if that is nothing.
    pub(super) async fn at_hand(&self) -> Option<AtHand> {
        if self.settings.enabled == Some(false) {
            return Some(AtHand { view: self.view(&[], Ask::default()), is_complete: false });
        }
        let (mut places, mut is_complete) = (Vec::new(), true);
        for target in self.targets() {
            let Ok(place) = self.plane.place(&target).await else {
                is_complete = false;
                continue;
            };
            let rows = self.rows_at_hand(&place);
            is_complete &= self.due(&rows, None).is_empty();
            if !rows.is_empty() {
                if self.settings.check_access {
                    self.access_at_hand(&place);
                }
                places.push(place);
            }
        }
        let is_something = !places.is_empty() || !self.settings.models.is_empty();
        is_something.then(|| AtHand { view: self.view(&places, Ask::default()), is_complete })
    }

    /// The answer that can be given at once; `None` if no region has anything to show, or nothing is ever kept. A region
    /// that has nothing does not hold up the others: it may never have anything.
    pub(super) async fn known(&self) -> Option<Known> {
        if self.settings.enabled == Some(false) || self.settings.time_to_live().is_none() {
            return None;
        }
        let (mut places, mut times, mut is_whole) = (Vec::new(), Vec::new(), true);
        let mut is_access_known = true;
        for target in self.targets() {
            let Ok(place) = self.plane.place(&target).await else {
                is_whole = false;
                continue;
            };
            let rows = self.rows_at_hand(&place);
            if rows.is_empty() {
                is_whole = false;
                continue;
            }
            is_whole &= self.due(&rows, None).is_empty();
            if self.settings.check_access {
                is_access_known &= self.is_access_known(&place);
            }
            times.extend(self.times(&rows));
            places.push(place);
        }
        if places.is_empty() {
            return None;
        }
        let now = (self.now)();
        let is_young = times.iter().all(|taken_at| self.is_young(*taken_at, now));
        let mut problems = lock(&self.memory).background.problems();
        if is_whole {
            // What kept a list from coming is over.
            problems.retain(|problem| problem.source == GET_AVAILABILITY);
        }
        let answer = Answer {
            view: self.view(&places, Ask::default()),
            taken_at: times.into_iter().min().unwrap_or(now),
            freshness: if is_young { Freshness::Cached } else { Freshness::Stale },
            problems,
            failure: None,
        };
        Some(Known { answer, is_whole: is_whole && is_access_known })
    }

    /// Whether a list of that time is still good. A time to come is no time that can be trusted.
    pub(super) fn is_young(&self, taken_at: SystemTime, now: SystemTime) -> bool {
        let age = now.duration_since(taken_at).ok();
        age.zip(self.settings.time_to_live()).is_some_and(|(age, time_to_live)| age < time_to_live)
    }

    /// When the lists that are wanted were taken.
    pub(super) fn times(&self, rows: &RegionRows) -> Vec<SystemTime> {
        Source::wanted(&self.settings).into_iter().filter_map(|source| rows.taken_at(source)).collect()
    }

    /// Changes what is kept of a place, in memory and on disk.
    pub(super) async fn update(&self, place: &Place, change: impl FnOnce(&mut RegionRows)) {
        let mut rows = self.rows_at_hand(place);
        let guard = match &self.disk {
            Some(disk) => disk.lock::<RegionRows>(place).await.0,
            None => None,
        };
        if let Some(disk) = &self.disk {
            rows = rows.or_younger(disk.load(place).rows);
        }
        change(&mut rows);
        let rows = self.remember(place, rows);
        if let Some(disk) = &self.disk {
            disk.store(place, &rows).await;
        }
        drop(guard);
    }

    /// Where what is known of a place is kept on disk.
    pub(super) fn file(&self, place: &Place) -> Option<std::path::PathBuf> {
        self.disk.as_ref().map(|disk| disk.path::<RegionRows>(place))
    }
}
