//! What the account may call: one question for each foundation model, so asked sparingly and kept for as long as a list.

use std::collections::BTreeSet;
use std::time::Duration;

use outcrop_core::{CatalogProblem, Error, ErrorKind, Result};
use tokio::time::{Instant, timeout_at};

use super::collect::problem;
use super::questions::{HOPELESS_IF_DENIED, ask_each};
use super::{Ask, Inner};
use crate::control_plane::{GET_AVAILABILITY, Place, Target};
use crate::rows::{AccessRow, AccessRows, Checked, Moment};

/// How many questions are under way at once: AWS throttles the control plane.
const AT_ONCE: usize = 8;

/// How long all answers together may take.
const DEADLINE: Duration = Duration::from_secs(10);

impl Inner {
    /// Finds out for every model that is listed in a region whether the account may call it.
    pub(super) async fn look_at_access(
        &self,
        target: &Target,
        place: &Place,
        refresh: bool,
    ) -> Vec<CatalogProblem> {
        let asked_at = refresh.then(|| Moment::new((self.now)()));
        let models = self.models_to_check(place);
        self.find_out_access(target, place, &models, asked_at).await
    }

    /// Whether the access to everything that a region can call is known.
    pub(super) fn is_access_known(&self, place: &Place) -> bool {
        let known = self.access_at_hand(place);
        self.models_to_check(place).iter().all(|model| self.is_known(known.0.get(model), None))
    }

    /// The foundation models behind everything that a region can call.
    fn models_to_check(&self, place: &Place) -> Vec<String> {
        let view = self.view(std::slice::from_ref(place), Ask { access: true, ..Ask::default() });
        let bases = view.models(false).into_iter().filter_map(|card| card.base_model.clone());
        let bases: BTreeSet<String> = bases.map(|base| base.to_string()).collect();
        bases.into_iter().collect()
    }

    /// Asks for the access to these models, as far as it is not known. What could not be found out is one problem.
    pub(super) async fn check_access(
        &self,
        target: &Target,
        place: &Place,
        models: &[String],
        asked_at: Option<Moment>,
    ) -> Option<CatalogProblem> {
        let problems = self.find_out_access(target, place, models, asked_at).await;
        problems.into_iter().find(|problem| problem.source == GET_AVAILABILITY)
    }

    /// The same, with what is wrong with the file besides.
    async fn find_out_access(
        &self,
        target: &Target,
        place: &Place,
        models: &[String],
        asked_at: Option<Moment>,
    ) -> Vec<CatalogProblem> {
        let mut known = self.access_at_hand(place);
        let due = |known: &AccessRows| -> Vec<String> {
            let is_due = |model: &&String| !self.is_known(known.0.get(*model), asked_at);
            models.iter().filter(is_due).cloned().collect()
        };
        if due(&known).is_empty() {
            return Vec::new();
        }
        let failed = |error: &Error| problem(GET_AVAILABILITY, Some(place.region.clone()), error);
        // Somebody may have to type a code for them: nobody else shall wait for that.
        if let Err(error) = self.plane.fetch_credentials(target).await {
            return vec![failed(&error)];
        }
        let (mut guard, mut problems) = (None, Vec::new());
        if let Some(disk) = &self.disk {
            guard = disk.lock::<AccessRows>(place).await.0;
            // Whoever held the lock may have asked.
            let loaded = disk.load(place);
            problems.extend(loaded.problem);
            known = known.or_younger(loaded.rows);
        }
        let (answers, failure) = self.ask_for_access(target, due(&known)).await;
        let at = Moment::new((self.now)());
        let answered = !answers.is_empty();
        if answered
            && guard.is_none()
            && let Some(disk) = &self.disk
        {
            // Without the lock, somebody else may have written meanwhile.
            known = known.or_younger(disk.load(place).rows);
        }
        known.0.extend(answers.into_iter().map(|(model, row)| (model, Checked { at, row })));
        if answered && let Some(disk) = &self.disk {
            disk.store(place, &known).await;
        }
        drop(guard);
        self.remember_access(place, known);
        problems.extend(failure.as_ref().map(failed));
        problems
    }

    fn is_known(&self, checked: Option<&Checked>, asked_at: Option<Moment>) -> bool {
        let Some(checked) = checked else { return false };
        if let Some(asked_at) = asked_at {
            return checked.at > asked_at;
        }
        let age = checked.at.age((self.now)());
        age.zip(self.settings.time_to_live()).is_some_and(|(age, time_to_live)| age < time_to_live)
    }

    /// The answers that came, and the first failure.
    async fn ask_for_access(
        &self,
        target: &Target,
        models: Vec<String>,
    ) -> (Vec<(String, Option<AccessRow>)>, Option<Error>) {
        let deadline = Instant::now() + DEADLINE;
        let ask = |model: String| async move { self.access_to(target, &model, deadline).await };
        let asked = ask_each(models, AT_ONCE, HOPELESS_IF_DENIED, ask).await;
        let (mut answers, mut failure) = (Vec::new(), None);
        for (model, answer) in asked {
            match answer {
                Ok(row) => answers.push((model, Some(row))),
                // Nothing is known of a model that the operation does not know: an account's own, or a new one.
                Err(error) if error.kind() == ErrorKind::ModelNotFound => answers.push((model, None)),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        (answers, failure)
    }

    async fn access_to(&self, target: &Target, model: &str, deadline: Instant) -> Result<AccessRow> {
        timeout_at(deadline, self.plane.access(target, model)).await.unwrap_or_else(|_| {
            let message = format!("the control plane did not answer within {} s", DEADLINE.as_secs());
            Err(Error::new(ErrorKind::Timeout, message))
        })
    }
}
