//! The limits of one call, and one timer for all of them.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use outcrop_core::{Error, ErrorKind, Event, ModelId, ProviderId, Result, Retry, Timeouts};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::wording::{Seconds, config_key};

/// For how long silence goes on counting for nothing after somebody comes back to a stream that nobody looked at when its
/// limit was reached. What came meanwhile waits in the connection's buffers, and needs a moment to get here.
const GRACE: Duration = Duration::from_secs(1);

/// A limit that can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    FirstEvent,
    Idle,
    Total,
}

/// Watches over one call. Costs nothing per event but a few stores: the clock is read only when there is nothing to
/// do but wait, and the timer is moved only when it is too late for the next limit or went off too early for it.
#[derive(Debug)]
pub(super) struct Watch {
    limits: Timeouts,
    provider: ProviderId,
    model: ModelId,
    first_event: Option<Instant>,
    total: Option<Instant>,
    phase: Phase,
    /// Since when there has been nothing, if that has been noticed.
    idle_since: Option<Instant>,
    /// Until when silence is no error, whatever the limit.
    grace: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    /// The service's id of the call, once it said one.
    request_id: Option<String>,
}

/// How far the answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Nothing came but the start.
    Silent,
    /// Something came, and no part of the answer.
    AtWork,
    /// Part of the answer came.
    Answering,
    /// All of it came.
    Ended,
}

impl Watch {
    /// Starts the watch now.
    pub(super) fn new(limits: Timeouts, provider: &ProviderId, model: &ModelId) -> Self {
        let now = Instant::now();
        // A limit beyond the end of time is none.
        let after = |limit: Option<_>| limit.and_then(|limit| now.checked_add(limit));
        Self {
            provider: provider.clone(),
            model: model.clone(),
            first_event: after(limits.first_event),
            total: after(limits.total),
            phase: Phase::Silent,
            idle_since: None,
            grace: None,
            timer: None,
            request_id: None,
            limits,
        }
    }

    /// Waits for a call, and drops it when a limit is reached.
    ///
    /// # Errors
    /// The call's, or a [`ErrorKind::Timeout`].
    pub(super) async fn over<T>(&mut self, mut call: impl Future<Output = Result<T>> + Unpin) -> Result<T> {
        poll_fn(|cx| match Pin::new(&mut call).poll(cx) {
            Poll::Ready(done) => Poll::Ready(done),
            Poll::Pending => self.poll(cx).map(|limit| Err(self.error(limit))),
        })
        .await
    }

    /// Notes an event.
    pub(super) fn saw(&mut self, event: &Event) {
        (self.idle_since, self.grace) = (None, None);
        if let Event::Start(start) = event {
            self.request_id.clone_from(&start.request_id);
        }
        let phase = match event {
            Event::Start(_) => Phase::Silent,
            Event::Delta { .. } | Event::Close { .. } => Phase::Answering,
            Event::End(_) => Phase::Ended,
            _ => Phase::AtWork,
        };
        self.phase = self.phase.max(phase);
    }

    /// Whether the answer came to its end.
    pub(super) const fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended)
    }

    /// Whether the whole answer has taken too long. An answer that always has a next event ready never gets to
    /// [`Watch::poll`], so this is asked as well.
    pub(super) fn total_is_over(&self) -> bool {
        self.total.is_some_and(|total| Instant::now() >= total)
    }

    /// Waits for the next limit. To be asked when there is no event.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Limit> {
        let Some((mut deadline, mut limit)) = self.next() else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() > deadline {
            timer.as_mut().reset(deadline);
        }
        loop {
            let Some(timer) = &mut self.timer else { return Poll::Pending };
            ready!(timer.as_mut().poll(cx));
            if timer.deadline() < deadline {
                timer.as_mut().reset(deadline);
            } else if limit == Limit::Total || self.grace.is_some() || deadline.elapsed() <= GRACE {
                return Poll::Ready(limit);
            } else {
                self.grace = Instant::now().checked_add(GRACE);
                let Some(next) = self.next() else { return Poll::Pending };
                (deadline, limit) = next;
            }
        }
    }

    /// The limit that is reached first if nothing more happens.
    fn next(&mut self) -> Option<(Instant, Limit)> {
        let silence = if self.phase == Phase::Silent {
            self.first_event.map(|deadline| (deadline, Limit::FirstEvent))
        } else {
            self.limits.idle.and_then(|idle| {
                let since = *self.idle_since.get_or_insert_with(Instant::now);
                Some((since.checked_add(idle)?, Limit::Idle))
            })
        };
        let grace = self.grace;
        let silence = silence.map(|(at, limit)| (grace.map_or(at, |grace| grace.max(at)), limit));
        let total = self.total.map(|deadline| (deadline, Limit::Total));
        // Of two at once, the total is the one that no other attempt could help.
        total.into_iter().chain(silence).min_by_key(|(deadline, _)| *deadline)
    }

    /// What to say when a limit is reached.
    pub(super) fn error(&self, limit: Limit) -> Error {
        let Timeouts { first_event, idle, total, .. } = self.limits;
        let (after, key) = match limit {
            Limit::FirstEvent => (first_event, "timeouts.firstEvent"),
            Limit::Idle => (idle, "timeouts.idle"),
            Limit::Total => (total, "timeouts.total"),
        };
        let after = Seconds(after.unwrap_or_default());
        let message = match limit {
            Limit::FirstEvent => format!("the model sent nothing for {after} after the call"),
            Limit::Idle => format!("the model sent nothing for {after} in the middle of its answer"),
            Limit::Total => format!("the answer was not complete after {after}"),
        };
        let may_retry = limit != Limit::Total && self.phase < Phase::Answering;
        Error::new(ErrorKind::Timeout, message)
            .with_retry(if may_retry { Retry::Backoff } else { Retry::Never })
            .with_provider(&self.provider)
            .with_request_id(self.request_id.clone())
            .with_context("model", self.model.as_str())
            .with_hint(format!("raise {} to wait for longer", config_key(&self.provider, key)))
    }
}
