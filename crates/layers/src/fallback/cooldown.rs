//! Targets that failed, and for how long they are left alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use outcrop_core::{Error, ModelId, ProviderId, Retry};
use tokio::time::Instant;

/// For how long a target is left alone that failed.
///
/// ```
/// use std::time::Duration;
/// use outcrop_layers::CooldownPolicy;
/// let policy = CooldownPolicy::default().with_steps([Duration::from_secs(5), Duration::from_mins(1)]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CooldownPolicy {
    /// After the first failure, the second one in a row, and so on; the last one holds for all further ones. Empty: nobody
    /// is left alone.
    pub steps: Vec<Duration>,
    /// The most that counts of what a service itself asks to wait, where that is longer.
    pub longest: Duration,
}

impl Default for CooldownPolicy {
    /// 30 s, then a minute, then five; what a service asks for counts up to an hour.
    fn default() -> Self {
        Self {
            steps: vec![Duration::from_secs(30), Duration::from_mins(1), Duration::from_mins(5)],
            longest: Duration::from_hours(1),
        }
    }
}

impl CooldownPolicy {
    /// The same with other steps.
    pub fn with_steps(mut self, steps: impl IntoIterator<Item = Duration>) -> Self {
        self.steps = steps.into_iter().collect();
        self
    }

    /// The same with another limit of what a service may ask for.
    pub const fn with_longest(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }

    /// After so many failures in a row, of which the last gave this advice.
    fn pause(&self, failures: u32, advice: Retry) -> Duration {
        let Some(last) = self.steps.last() else { return Duration::ZERO };
        let place = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
        let step = self.steps.get(place).unwrap_or(last);
        match advice {
            Retry::After(wait) => wait.min(self.longest).max(*step),
            _ => *step,
        }
    }
}

/// The most targets that are remembered: callers may name any model, of which there is no end.
const MOST: usize = 1024;

/// The targets that failed lately, up to a thousand of them. A clone is the same: layers that share one know of each other's failures.
#[derive(Debug, Clone, Default)]
pub struct Cooldowns(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    policy: CooldownPolicy,
    targets: Mutex<HashMap<Key, Cooling>>,
}

/// A target: the provider, and the id of the model.
pub(super) type Key = (ProviderId, ModelId);

#[derive(Debug)]
struct Cooling {
    failures: u32,
    until: Instant,
    problem: String,
}

/// How a target stood when it was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Before {
    failures: u32,
}

/// A target that is left alone.
#[derive(Debug, Clone)]
pub(super) struct Left {
    pub(super) until: Instant,
    /// Why.
    pub(super) problem: String,
}

impl Cooldowns {
    /// None yet, with a policy of one's own.
    pub fn new(policy: CooldownPolicy) -> Self {
        Self(Arc::new(Shared { policy, targets: Mutex::default() }))
    }

    /// Whether a target is left alone.
    pub(super) fn left(&self, key: &Key) -> Option<Left> {
        let now = Instant::now();
        let targets = self.targets();
        let cooling = targets.get(key).filter(|cooling| cooling.until > now)?;
        Some(Left { until: cooling.until, problem: cooling.problem.clone() })
    }

    /// To be asked before a call, and handed to [`Cooldowns::failed`].
    pub(super) fn before(&self, key: &Key) -> Before {
        Before { failures: self.targets().get(key).map_or(0, |cooling| cooling.failures) }
    }

    /// Takes note of a failure. Of calls that ran side by side, the first one counts.
    pub(super) fn failed(&self, key: &Key, before: Before, error: &Error) {
        let now = Instant::now();
        let policy = &self.0.policy;
        let mut targets = self.targets();
        let failures = targets.get(key).map_or(0, |cooling| cooling.failures);
        if failures != before.failures {
            return;
        }
        // Who has not been asked for so long may have recovered long since.
        targets.retain(|_, cooling| now.saturating_duration_since(cooling.until) <= policy.longest);
        let failures = failures.saturating_add(1);
        let Some(until) = now.checked_add(policy.pause(failures, error.retry())) else { return };
        if targets.len() >= MOST && !targets.contains_key(key) {
            make_room(&mut targets, now);
        }
        targets.insert(key.clone(), Cooling { failures, until, problem: error.message().to_owned() });
    }

    /// Takes note of a success: nothing counts of what was before.
    pub(super) fn succeeded(&self, key: &Key) {
        self.targets().remove(key);
    }

    fn targets(&self) -> MutexGuard<'_, HashMap<Key, Cooling>> {
        self.0.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets those whose time is over, and if there are none, the one whose time is over soonest.
fn make_room(targets: &mut HashMap<Key, Cooling>, now: Instant) {
    targets.retain(|_, cooling| cooling.until > now);
    if targets.len() >= MOST {
        let soonest = targets.iter().min_by_key(|(_, cooling)| cooling.until).map(|(key, _)| key.clone());
        soonest.and_then(|key| targets.remove(&key));
    }
}

#[cfg(test)]
mod tests {
    use outcrop_core::ErrorKind;
    use tokio::time::advance;

    use super::*;

    fn key() -> Key {
        ("p".into(), "m".into())
    }

    fn throttled(retry: Retry) -> Error {
        Error::new(ErrorKind::Throttled, "slow down").with_retry(retry)
    }

    /// Seconds for which the target is left alone after one more failure.
    fn fail(cooldowns: &Cooldowns, retry: Retry) -> u64 {
        let before = cooldowns.before(&key());
        cooldowns.failed(&key(), before, &throttled(retry));
        let left = cooldowns.left(&key()).unwrap();
        assert_eq!(left.problem, "slow down");
        (left.until - Instant::now()).as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn repeated_failures_cool_for_longer_and_a_success_forgets_them() {
        let cooldowns = Cooldowns::default();
        for expected in [30, 60, 300, 300] {
            assert_eq!(fail(&cooldowns, Retry::Backoff), expected);
            advance(Duration::from_secs(expected)).await;
            assert!(cooldowns.left(&key()).is_none());
        }
        cooldowns.succeeded(&key());
        assert_eq!(fail(&cooldowns, Retry::Never), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_service_asks_for_counts_if_it_is_longer() {
        for (asked, expected) in [(29, 30), (31, 31), (100_000, 3600)] {
            assert_eq!(fail(&Cooldowns::default(), Retry::After(Duration::from_secs(asked))), expected);
        }
        let short = CooldownPolicy::default().with_longest(Duration::from_secs(40));
        assert_eq!(fail(&Cooldowns::new(short), Retry::After(Duration::from_secs(50))), 40);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_ran_side_by_side_count_once() {
        let cooldowns = Cooldowns::default();
        let before = cooldowns.before(&key());
        for _ in 0..5 {
            cooldowns.failed(&key(), before, &throttled(Retry::Backoff));
        }
        advance(Duration::from_secs(30)).await;
        assert!(cooldowns.left(&key()).is_none());
        assert_eq!(fail(&cooldowns, Retry::Backoff), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn old_failures_are_forgotten() {
        let cooldowns = Cooldowns::default();
        fail(&cooldowns, Retry::Backoff);
        advance(Duration::from_secs(3600 + 31)).await;
        let before = cooldowns.before(&("q".into(), "m".into()));
        cooldowns.failed(&("q".into(), "m".into()), before, &throttled(Retry::Backoff));
        assert_eq!(fail(&cooldowns, Retry::Backoff), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn callers_who_name_ever_new_models_do_not_fill_the_memory() {
        let cooldowns = Cooldowns::default();
        let named = |name: String| -> Key { ("p".into(), name.into()) };
        let slow = throttled(Retry::After(Duration::from_mins(10)));
        cooldowns.failed(&named("slow".into()), Before { failures: 0 }, &slow);
        cooldowns.failed(&named("first".into()), Before { failures: 0 }, &throttled(Retry::Backoff));
        advance(Duration::from_secs(1)).await;
        for number in 0..5000 {
            let key = named(number.to_string());
            cooldowns.failed(&key, Before { failures: 0 }, &throttled(Retry::Backoff));
            assert!(cooldowns.left(&key).is_some(), "the newest one counts");
        }
        assert!(cooldowns.targets().len() <= 1024, "{}", cooldowns.targets().len());
        // Whose time is over soonest goes first.
        assert!(cooldowns.left(&named("slow".into())).is_some());
        assert!(cooldowns.left(&named("first".into())).is_none());
        // Those whose time is over go before those that are left alone still.
        advance(Duration::from_mins(1)).await;
        cooldowns.failed(&named("new".into()), Before { failures: 0 }, &throttled(Retry::Backoff));
        assert_eq!(cooldowns.targets().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn without_steps_nobody_is_left_alone() {
        let cooldowns = Cooldowns::new(CooldownPolicy::default().with_steps([]));
        cooldowns.failed(&key(), cooldowns.before(&key()), &throttled(Retry::After(Duration::from_secs(9))));
        assert!(cooldowns.left(&key()).is_none());
    }
}
