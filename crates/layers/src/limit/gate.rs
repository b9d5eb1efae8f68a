//! Where calls wait for their turn.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use outcrop_core::{Error, ErrorKind, ProviderId, Result, Retry};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::Limits;
use super::window::Window;
use crate::wording::{Seconds, config_key};

/// What tells the errors of a limit of our own from those of a service: in their context, with how long was waited.
const HELD_BACK: &str = "limits.maxWait";

/// Whether it was a limit of our own that held a call back, and not the service.
pub(crate) fn held_back(error: &Error) -> bool {
    error.context().any(|(key, _)| key == HELD_BACK)
}

/// What all calls of a provider go through.
#[derive(Debug)]
pub(super) struct Gate {
    limits: Limits,
    places: Option<Arc<Semaphore>>,
    rate: Option<Rate>,
}

/// The limits of what is sent in a minute.
#[derive(Debug)]
struct Rate {
    /// Whoever has this is next; the others wait behind in the order in which they came.
    turn: tokio::sync::Mutex<()>,
    windows: Mutex<Windows>,
    /// Something was given back, or never will be.
    corrected: Notify,
}

#[derive(Debug)]
struct Windows {
    requests: Option<Window>,
    tokens: Option<Window>,
}

/// A limit that calls wait at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    Concurrency,
    Requests,
    Tokens,
}

/// A call that was let through. Its place is free again when this goes.
#[derive(Debug)]
pub(super) struct Pass {
    gate: Arc<Gate>,
    ticket: Option<u64>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Pass {
    /// Says how many tokens it really were.
    pub(super) fn used(&self, tokens: u64) {
        if let (Some(ticket), Some(rate)) = (self.ticket, &self.gate.rate) {
            if let Some(window) = &mut rate.windows().tokens {
                window.correct(ticket, tokens);
            }
            rate.corrected.notify_one();
        }
    }
}

impl Drop for Pass {
    /// What was not corrected is final: nobody waits for more to be given back.
    fn drop(&mut self) {
        if let (Some(ticket), Some(rate)) = (self.ticket, &self.gate.rate) {
            if let Some(window) = &mut rate.windows().tokens {
                window.settle(ticket);
            }
            rate.corrected.notify_one();
        }
    }
}

impl Rate {
    fn windows(&self) -> MutexGuard<'_, Windows> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Windows {
    /// When a request may be sent, and which limit it waits at until then.
    fn free_at(&mut self, now: Instant, tokens: u64) -> (Instant, Limit) {
        let requests = self.requests.as_mut().map_or(now, |window| window.free_at(now, 1));
        let tokens = self.tokens.as_mut().map_or(now, |window| window.free_at(now, tokens));
        if tokens > requests { (tokens, Limit::Tokens) } else { (requests, Limit::Requests) }
    }

    /// When a request may be sent at the earliest, if running calls give back all that is reserved for them.
    fn earliest(&mut self, now: Instant, tokens: u64) -> Instant {
        let requests = self.requests.as_mut().map_or(now, |window| window.free_at(now, 1));
        let tokens = self.tokens.as_ref().map_or(now, |window| window.earliest(now, tokens));
        requests.max(tokens)
    }
}

impl Gate {
    pub(super) fn new(limits: Limits) -> Self {
        let places = limits.concurrency.map(|most| usize::try_from(most.max(1)).unwrap_or(usize::MAX));
        let requests = limits.requests_per_minute.map(|most| Window::new(u64::from(most.max(1))));
        let tokens = limits.tokens_per_minute.map(|most| Window::new(most.max(1)));
        let rate = (requests.is_some() || tokens.is_some()).then(|| Rate {
            turn: tokio::sync::Mutex::default(),
            windows: Mutex::new(Windows { requests, tokens }),
            corrected: Notify::new(),
        });
        let places = places.map(|most| Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))));
        Self { limits, places, rate }
    }

    /// Waits for a call's turn.
    ///
    /// # Errors
    /// [`ErrorKind::Throttled`] if that takes longer than calls may wait.
    pub(super) async fn enter(self: &Arc<Self>, provider: &ProviderId, tokens: u64) -> Result<Pass> {
        let deadline = self.limits.max_wait.and_then(|wait| Instant::now().checked_add(wait));
        let place = match &self.places {
            None => None,
            Some(places) => {
                let place = Arc::clone(places).acquire_owned();
                let place = within(deadline, place).await;
                place.ok_or_else(|| self.too_long(provider, Limit::Concurrency, Duration::ZERO))?.ok()
            }
        };
        let ticket = match &self.rate {
            None => None,
            Some(rate) => Some(self.send(rate, provider, tokens, deadline).await?),
        };
        Ok(Pass { gate: Arc::clone(self), ticket, _place: place })
    }

    /// Waits until a request may be sent, and counts it.
    async fn send(
        &self,
        rate: &Rate,
        provider: &ProviderId,
        tokens: u64,
        deadline: Option<Instant>,
    ) -> Result<u64> {
        // Without a deadline: whoever is next came earlier, so that their own deadline is over before this one is.
        let _turn = rate.turn.lock().await;
        loop {
            let now = Instant::now();
            let (at, limit, earliest) = {
                let mut windows = rate.windows();
                let (at, limit) = windows.free_at(now, tokens);
                if at <= now {
                    if let Some(window) = &mut windows.requests {
                        window.spend(now, 1);
                    }
                    return Ok(windows.tokens.as_mut().map_or(0, |window| window.spend(now, tokens)));
                }
                (at, limit, windows.earliest(now, tokens))
            };
            // Nobody waits for what is known to come too late.
            if deadline.is_some_and(|deadline| deadline < earliest || deadline <= now) {
                return Err(self.too_long(provider, limit, at - now));
            }
            tracing::debug!(%provider, ?limit, wait = %Seconds(at - now), "waiting for the limit of the last minute");
            let until = deadline.map_or(at, |deadline| deadline.min(at));
            timeout_at(until, rate.corrected.notified()).await.ok();
        }
    }

    /// That a call would wait for too long: at which limit, and for how long if that is known.
    fn too_long(&self, provider: &ProviderId, limit: Limit, more: Duration) -> Error {
        let Limits { concurrency, requests_per_minute, tokens_per_minute, max_wait } = self.limits;
        let (limit, key) = match limit {
            Limit::Concurrency => {
                (format!("calls at once ({})", concurrency.unwrap_or_default()), "limits.concurrency")
            }
            Limit::Requests => (
                format!("requests a minute ({})", requests_per_minute.unwrap_or_default()),
                "limits.requestsPerMinute",
            ),
            Limit::Tokens => (
                format!("tokens a minute ({})", tokens_per_minute.unwrap_or_default()),
                "limits.tokensPerMinute",
            ),
        };
        let waited = Seconds(max_wait.unwrap_or_default());
        let message =
            format!("the limit of {limit} is reached, and it is not this call's turn within {waited}");
        let (limit, wait) = (config_key(provider, key), config_key(provider, "limits.maxWait"));
        Error::new(ErrorKind::Throttled, message)
            .with_retry(Retry::After(more.max(Duration::from_secs(1))))
            .with_provider(provider)
            .with_context(HELD_BACK, waited.to_string())
            .with_hint(format!("raise {limit}, or {wait} to wait for longer"))
    }
}

/// Waits until a deadline; `None` if it is over.
async fn within<T>(deadline: Option<Instant>, what: impl Future<Output = T>) -> Option<T> {
    match deadline {
        None => Some(what.await),
        Some(deadline) => timeout_at(deadline, what).await.ok(),
    }
}
