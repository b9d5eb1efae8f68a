//! What the requests of one emulator share.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;
use tokio::sync::watch;

use crate::journal::{EventKind, Journal};
use crate::keys::Withdrawn;
use crate::operation::Operation;
use crate::options::Options;
use crate::scenario::{Fault, Reply, Rule, Scenario};
use crate::thoughts::Thoughts;
use crate::world::World;

/// A digest of a prompt's beginning, up to a cache point.
pub(crate) type PrefixDigest = [u8; 32];

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) options: Options,
    pub(crate) world: World,
    pub(crate) journal: Journal,
    rules: Mutex<Vec<ActiveRule>>,
    withdrawn: Mutex<Withdrawn>,
    cached_prefixes: Mutex<HashSet<PrefixDigest>>,
    pub(crate) thoughts: Thoughts,
    releases: watch::Sender<u64>,
    requests: AtomicU64,
    /// Makes request ids of two emulators differ.
    seed: u64,
}

#[derive(Debug)]
struct ActiveRule {
    rule: Rule,
    seen: u32,
    used: u32,
}

/// What a rule wants to happen to a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Action {
    pub(crate) fault: Option<Fault>,
    pub(crate) reply: Option<Reply>,
}

impl State {
    pub(crate) fn new(mut options: Options, seed: u64) -> Self {
        let scenario = std::mem::take(&mut options.scenario);
        let account = options.account.take();
        let state = Self {
            world: World::new(account, &options.account_id),
            journal: Journal::new(options.journal_limit),
            options,
            rules: Mutex::default(),
            withdrawn: Mutex::default(),
            cached_prefixes: Mutex::default(),
            thoughts: Thoughts::default(),
            releases: watch::Sender::new(0),
            requests: AtomicU64::new(0),
            seed,
        };
        state.set_scenario(scenario);
        state
    }

    /// The time of the service.
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.options.now.map_or_else(OffsetDateTime::now_utc, OffsetDateTime::from)
    }

    /// A new request id, in the form of a UUID.
    pub(crate) fn next_request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let high = scramble(number ^ self.seed.rotate_left(32));
        let low = scramble(number);
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0xfff,
            low & 0xffff_ffff_ffff
        )
    }

    pub(crate) fn set_scenario(&self, scenario: Scenario) {
        let rules = scenario.rules.into_iter().map(|rule| ActiveRule { rule, seen: 0, used: 0 });
        *lock(&self.rules) = rules.collect();
    }

    /// Says which keys are no good any more; those that were so before and are not named are good again.
    pub(crate) fn withdraw(&self, keys: Withdrawn) {
        *lock(&self.withdrawn) = keys;
    }

    /// The keys that are no good at this moment.
    pub(crate) fn withdrawn(&self) -> Withdrawn {
        lock(&self.withdrawn).clone()
    }

    /// Finds the first rule that fits, and counts.
    pub(crate) fn action_for(&self, operation: Operation, model_id: &str, region: &str) -> Action {
        let mut rules = lock(&self.rules);
        for active in rules.iter_mut() {
            if !active.rule.fits(operation, model_id, region) {
                continue;
            }
            active.seen += 1;
            let matches = active.rule.matches.nth.is_none_or(|nth| nth == active.seen);
            let left = active.rule.times.is_none_or(|times| active.used < times);
            if matches && left {
                active.used += 1;
                return Action { fault: active.rule.fault.clone(), reply: active.rule.reply.clone() };
            }
        }
        Action::default()
    }

    /// Remembers the prefixes of a prompt, shortest first; gives back how many of them were known before.
    pub(crate) fn remember_prefixes(&self, prefixes: &[PrefixDigest]) -> usize {
        let mut known = lock(&self.cached_prefixes);
        let hits = prefixes.iter().rposition(|prefix| known.contains(prefix)).map_or(0, |index| index + 1);
        known.extend(prefixes);
        hits
    }

    /// A receiver that changes when the held responses are let go.
    pub(crate) fn releases(&self) -> watch::Receiver<u64> {
        self.releases.subscribe()
    }

    pub(crate) fn release(&self) {
        self.releases.send_modify(|count| *count += 1);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A one-to-one map of numbers that looks random (the finaliser of SplitMix64), so that different numbers never give
/// the same id.
const fn scramble(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The life of one request in the journal: when it is dropped unfinished, the client has gone away.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) state: Arc<State>,
    pub(crate) request_id: String,
    pub(crate) frames: u64,
    finished: bool,
}

impl Exchange {
    pub(crate) fn begin(state: Arc<State>, request_id: String) -> Self {
        state.journal.log_event(EventKind::RequestStarted, &request_id, 0);
        Self { state, request_id, frames: 0, finished: false }
    }

    /// A fault holds the response now.
    pub(crate) fn held(&self) {
        self.state.journal.log_event(EventKind::ResponseHeld, &self.request_id, self.frames);
    }

    /// The response went out whole, or as a fault wanted it.
    pub(crate) fn finish(&mut self) {
        if !self.finished {
            self.finished = true;
            self.state.journal.log_event(EventKind::ResponseFinished, &self.request_id, self.frames);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.finished {
            self.state.journal.log_event(EventKind::ClientDisconnected, &self.request_id, self.frames);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Match;

    fn throttle(matches: Match, times: Option<u32>) -> Rule {
        let fault = Some(Fault::Throttle { retry_after: None, message: None });
        Rule { matches, times, fault, reply: None }
    }

    fn hits(rules: Vec<Rule>, requests: usize) -> Vec<bool> {
        let state = State::new(Options { scenario: Scenario { rules }, ..Options::default() }, 0);
        (0..requests)
            .map(|_| state.action_for(Operation::Converse, "m", "us-east-1").fault.is_some())
            .collect()
    }

    #[test]
    fn rules_count_and_are_used_up() {
        assert_eq!(hits(vec![throttle(Match::any(), Some(2))], 3), [true, true, false]);
        assert_eq!(hits(vec![throttle(Match::next(), None)], 2), [true, false]);
        assert_eq!(
            hits(vec![throttle(Match::next(), None), throttle(Match::next(), None)], 3),
            [true, true, false]
        );
        let second = Match { nth: Some(2), ..Match::operation(Operation::Converse) };
        assert_eq!(hits(vec![throttle(second, None)], 3), [false, true, false]);
        assert_eq!(hits(vec![throttle(Match::operation(Operation::CountTokens), None)], 1), [false]);
        for (matches, fits) in [
            (Match { model: Some("m".into()), ..Match::any() }, true),
            (Match { model: Some("x".into()), ..Match::any() }, false),
            (Match { region: Some("us-east-1".into()), ..Match::any() }, true),
            (Match { region: Some("eu-west-1".into()), ..Match::any() }, false),
        ] {
            assert_eq!(hits(vec![throttle(matches.clone(), None)], 1), [fits], "{matches:?}");
        }
    }

    #[test]
    fn what_a_rule_cannot_act_on_does_not_use_it_up() {
        let rule =
            Rule { matches: Match::next(), times: None, fault: Some(Fault::NoMetadata {}), reply: None };
        let state = State::new(Options { scenario: Scenario { rules: vec![rule] }, ..Options::default() }, 0);
        assert_eq!(state.action_for(Operation::Converse, "m", "us-east-1"), Action::default());
        assert_ne!(state.action_for(Operation::ConverseStream, "m", "us-east-1"), Action::default());
    }

    #[test]
    fn request_ids_are_unique_and_look_like_uuids() {
        let state = State::new(Options::default(), 4566);
        let ids: HashSet<_> = (0..1000).map(|_| state.next_request_id()).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{id}");
        }
    }

    #[test]
    fn a_longer_known_prefix_is_a_hit_for_the_shorter_ones() {
        let state = State::new(Options::default(), 0);
        let [a, b, c] = [[1; 32], [2; 32], [3; 32]];
        assert_eq!(state.remember_prefixes(&[a, b]), 0);
        assert_eq!(state.remember_prefixes(&[a, b, c]), 2);
        assert_eq!(state.remember_prefixes(&[a, b, c]), 3);
    }
}
