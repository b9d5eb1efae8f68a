//! The decision between two attempts: wait how long, or give up with which words.

use std::time::Duration;

use outcrop_core::{Error, ProviderId, Result, Retry};

use super::RetryPolicy;
use crate::wording::{Seconds, config_key};

/// The attempts of one call.
#[derive(Debug)]
pub(super) struct Attempts<'a> {
    policy: &'a RetryPolicy,
    provider: &'a ProviderId,
    failed: u32,
    waited: Duration,
}

impl<'a> Attempts<'a> {
    pub(super) const fn new(policy: &'a RetryPolicy, provider: &'a ProviderId) -> Self {
        Self { policy, provider, failed: 0, waited: Duration::ZERO }
    }

    /// Takes the error of an attempt. `draw` gives a random duration up to the one it is given.
    ///
    /// # Errors
    /// The error to give back, if there shall be no other attempt.
    pub(super) fn failed(
        &mut self,
        error: Error,
        draw: impl FnOnce(Duration) -> Duration,
    ) -> Result<Duration> {
        self.failed = self.failed.saturating_add(1);
        if !self.policy.retries() {
            return Err(error);
        }
        let left = self.policy.budget.saturating_sub(self.waited);
        let wait = match error.retry() {
            Retry::Backoff | Retry::After(_) if self.failed >= self.policy.attempts => {
                return Err(self.exhausted(error, "retry.attempts"));
            }
            Retry::After(wait) if wait > left => return Err(self.too_long(error, wait, left)),
            Retry::After(wait) => wait,
            Retry::Backoff if left.is_zero() => return Err(self.exhausted(error, "retry.budget")),
            Retry::Backoff => draw(self.longest_wait().min(left)),
            _ => return Err(self.counted(error)),
        };
        self.waited += wait;
        Ok(wait)
    }

    /// The most to wait after the attempt that just failed.
    fn longest_wait(&self) -> Duration {
        let doublings = self.failed.saturating_sub(1);
        self.policy.base_delay.saturating_mul(2_u32.saturating_pow(doublings)).min(self.policy.max_delay)
    }

    /// Says how often it was tried, if it was more than once.
    fn counted(&self, error: Error) -> Error {
        if self.failed > 1 { error.with_context("attempts", self.failed.to_string()) } else { error }
    }

    fn exhausted(&self, error: Error, limit: &str) -> Error {
        let key = config_key(self.provider, limit);
        let (failed, waited) = (self.failed, Seconds(self.waited));
        let times = if failed == 1 { "once".to_owned() } else { format!("{failed} times") };
        self.counted(error).with_retry(Retry::Exhausted { attempts: failed }).with_hint(format!(
            "it was tried {times}, with {waited} of waiting; raise {key} to go on for longer"
        ))
    }

    fn too_long(&self, error: Error, wait: Duration, left: Duration) -> Error {
        let key = config_key(self.provider, "retry.budget");
        let (wait, left) = (Seconds(wait), Seconds(left));
        self.counted(error).with_hint(format!(
            "the service asks to wait {wait}, and only {left} of waiting are left: try again then, or raise {key}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use outcrop_core::ErrorKind;

    use super::*;

    fn error(retry: Retry) -> Error {
        Error::new(ErrorKind::Throttled, "slow down").with_retry(retry)
    }

    /// What the attempts ask for when every draw is the longest.
    fn waits(policy: &RetryPolicy, advice: &[Retry]) -> Vec<Result<Duration>> {
        let provider = ProviderId::from("p");
        let mut attempts = Attempts::new(policy, &provider);
        advice.iter().map(|retry| attempts.failed(error(*retry), |most| most)).collect()
    }

    fn seconds(waits: &[Result<Duration>]) -> Vec<Option<u64>> {
        waits.iter().map(|wait| wait.as_ref().ok().map(Duration::as_secs)).collect()
    }

    #[test]
    fn the_longest_wait_doubles_up_to_the_limit() {
        let policy = RetryPolicy { attempts: 8, budget: Duration::from_secs(1000), ..RetryPolicy::default() };
        let waits = waits(&policy, &[Retry::Backoff; 8]);
        let expected = [Some(1), Some(2), Some(4), Some(8), Some(16), Some(20), Some(20), None];
        assert_eq!(seconds(&waits), expected);
        let error = waits[7].as_ref().unwrap_err();
        assert_eq!(error.retry(), Retry::Exhausted { attempts: 8 });
        assert_eq!(error.context().collect::<Vec<_>>(), [("attempts", "8")]);
        assert_eq!(
            error.hints(),
            [
                "it was tried 8 times, with 71 s of waiting; raise `models.providers.p.retry.attempts` to go on \
              for longer"
            ]
        );
    }

    #[test]
    fn a_doubling_beyond_every_number_is_the_limit() {
        let policy = RetryPolicy { attempts: u32::MAX, base_delay: Duration::MAX, ..RetryPolicy::default() };
        let provider = ProviderId::from("p");
        let attempts = Attempts { failed: u32::MAX - 1, ..Attempts::new(&policy, &provider) };
        assert_eq!(attempts.longest_wait(), policy.max_delay);
    }

    #[test]
    fn waits_end_with_the_budget() {
        let policy = RetryPolicy { attempts: 9, budget: Duration::from_secs(5), ..RetryPolicy::default() };
        let waits = waits(&policy, &[Retry::Backoff; 4]);
        assert_eq!(seconds(&waits), [Some(1), Some(2), Some(2), None]);
        let error = waits[3].as_ref().unwrap_err();
        assert_eq!(error.retry(), Retry::Exhausted { attempts: 4 });
        assert!(error.hints()[0].contains("`models.providers.p.retry.budget`"), "{error:?}");
    }

    #[test]
    fn the_services_own_wait_is_kept_even_above_the_longest_one() {
        let policy = RetryPolicy::default();
        let long = Retry::After(Duration::from_secs(45));
        assert_eq!(seconds(&waits(&policy, &[long, Retry::Backoff])), [Some(45), Some(2)]);
    }

    #[test]
    fn a_wait_beyond_the_budget_is_given_back_at_once_with_its_advice() {
        let policy = RetryPolicy::default();
        let (fits, too_long) = (Retry::After(Duration::from_mins(1)), Retry::After(Duration::from_secs(1)));
        let waits = waits(&policy, &[fits, too_long]);
        assert_eq!(seconds(&waits), [Some(60), None]);
        let error = waits[1].as_ref().unwrap_err();
        assert_eq!(error.retry(), too_long);
        assert!(error.hints()[0].starts_with("the service asks to wait 1 s, and only 0 s"), "{error:?}");
    }

    #[test]
    fn other_advice_is_given_back_as_it_is() {
        for retry in [Retry::Never, Retry::Exhausted { attempts: 7 }] {
            let waits = waits(&RetryPolicy::default(), &[retry]);
            let error = waits[0].as_ref().unwrap_err();
            assert_eq!((error.retry(), error.context().count(), error.hints().len()), (retry, 0, 0));
        }
        let waits = waits(&RetryPolicy::default(), &[Retry::Backoff, Retry::Never]);
        let error = waits[1].as_ref().unwrap_err();
        assert_eq!(error.retry(), Retry::Never);
        assert_eq!(error.context().collect::<Vec<_>>(), [("attempts", "2")]);
    }

    #[test]
    fn without_retries_an_error_keeps_its_advice() {
        for attempts in [0, 1] {
            let waits = waits(&RetryPolicy { attempts, ..RetryPolicy::default() }, &[Retry::Backoff]);
            assert_eq!(waits[0].as_ref().unwrap_err().retry(), Retry::Backoff);
        }
    }
}
