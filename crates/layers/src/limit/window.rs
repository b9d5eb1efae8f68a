//! What was spent in the last minute.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

const MINUTE: Duration = Duration::from_mins(1);

/// Amounts by the time at which they were spent, and the most that the last minute may have of them.
///
/// The service looks back over a minute, wherever it begins, so this does too. A bucket that fills evenly would let up to
/// twice as much through in the minute after a pause.
#[derive(Debug)]
pub(super) struct Window {
    most: u64,
    spent: VecDeque<Spent>,
    sum: u64,
    next: u64,
}

#[derive(Debug)]
struct Spent {
    ticket: u64,
    at: Instant,
    amount: u64,
    /// Whether it can be corrected still.
    is_estimate: bool,
}

impl Window {
    pub(super) const fn new(most: u64) -> Self {
        Self { most, spent: VecDeque::new(), sum: 0, next: 0 }
    }

    /// When an amount may be spent: now, or as soon as enough of the last minute is over. What is more than a whole minute
    /// may have waits for an empty one: it would never be its turn otherwise.
    pub(super) fn free_at(&mut self, now: Instant, amount: u64) -> Instant {
        while let Some(oldest) = self.spent.front().filter(|oldest| oldest.at + MINUTE <= now) {
            self.sum = self.sum.saturating_sub(oldest.amount);
            self.spent.pop_front();
        }
        self.free(now, amount, self.sum, |spent| spent.amount)
    }

    /// The same, if all that can be corrected still turns out to be nothing.
    pub(super) fn earliest(&self, now: Instant, amount: u64) -> Instant {
        let settled = |spent: &Spent| if spent.is_estimate { 0 } else { spent.amount };
        let sum = self.spent.iter().map(settled).fold(0, u64::saturating_add);
        self.free(now, amount, sum, settled)
    }

    fn free(&self, now: Instant, amount: u64, sum: u64, counted: impl Fn(&Spent) -> u64) -> Instant {
        let mut left = sum;
        let mut free = now;
        for spent in &self.spent {
            if left == 0 || left.saturating_add(amount) <= self.most {
                break;
            }
            left = left.saturating_sub(counted(spent));
            free = spent.at + MINUTE;
        }
        free
    }

    /// Spends an amount; gives the ticket by which it can be corrected.
    pub(super) fn spend(&mut self, now: Instant, amount: u64) -> u64 {
        let ticket = self.next;
        self.next = self.next.wrapping_add(1);
        self.sum = self.sum.saturating_add(amount);
        self.spent.push_back(Spent { ticket, at: now, amount, is_estimate: true });
        ticket
    }

    /// Says what an amount really was.
    pub(super) fn correct(&mut self, ticket: u64, amount: u64) {
        // What is older than a minute counts for nothing, whatever it was.
        if let Some(spent) = self.spent.iter_mut().find(|spent| spent.ticket == ticket) {
            self.sum = self.sum.saturating_sub(spent.amount).saturating_add(amount);
            spent.amount = amount;
        }
    }

    /// Says that an amount will not be corrected any more.
    pub(super) fn settle(&mut self, ticket: u64) {
        if let Some(spent) = self.spent.iter_mut().find(|spent| spent.ticket == ticket) {
            spent.is_estimate = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Spends as soon as it may; gives the second.
    fn spend(window: &mut Window, begun: Instant, now: u64, amount: u64) -> u64 {
        let at = window.free_at(begun + seconds(now), amount);
        window.spend(at, amount);
        (at - begun).as_secs()
    }

    #[test]
    fn no_minute_has_more_than_it_may_have() {
        let (mut window, begun) = (Window::new(3), Instant::now());
        let times = [0, 10, 20, 20, 61, 62].map(|now| spend(&mut window, begun, now, 1));
        assert_eq!(times, [0, 10, 20, 60, 70, 80]);
    }

    #[test]
    fn what_is_too_much_for_any_minute_waits_for_an_empty_one() {
        let (mut window, begun) = (Window::new(100), Instant::now());
        assert_eq!(spend(&mut window, begun, 0, 1000), 0);
        assert_eq!(spend(&mut window, begun, 1, 1), 60);
        assert_eq!(spend(&mut window, begun, 61, 1000), 120);
    }

    #[test]
    fn a_correction_gives_back_and_takes_more() {
        let (mut window, begun) = (Window::new(100), Instant::now());
        let ticket = window.spend(begun, 100);
        window.correct(ticket, 40);
        assert_eq!(window.free_at(begun, 60), begun);
        window.correct(ticket, 41);
        assert_eq!(window.free_at(begun, 60), begun + MINUTE);
        // Of a minute ago: nobody asks any more.
        window.free_at(begun + MINUTE, 1);
        window.correct(ticket, 100);
        assert_eq!(window.free_at(begun + MINUTE, 100), begun + MINUTE);
    }

    #[test]
    fn what_costs_nothing_never_waits() {
        let (mut window, begun) = (Window::new(10), Instant::now());
        window.spend(begun, 10);
        assert_eq!(window.free_at(begun, 0), begun);
    }
}
