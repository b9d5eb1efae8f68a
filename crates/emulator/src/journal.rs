//! What happened: the requests as they were read, and the events that tests wait for.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use crate::operation::Operation;

/// A request as the emulator understood it. It holds no secret: no signature, no token, no key beyond its ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The `x-amzn-requestid` of the answer.
    pub request_id: String,
    /// The TCP connection, counted from 1: two requests with the same number shared one.
    pub connection: u64,
    /// HTTP method.
    pub method: String,
    /// Path and query as they were sent.
    pub path: String,
    /// The operation, if the path names one.
    pub operation: Option<Operation>,
    /// The model or profile id from the path, decoded.
    pub model_id: Option<String>,
    /// How the caller identified itself.
    pub auth: AuthKind,
    /// The first eight characters of the access key id, `…`, and the last four if that does not give it away whole:
    /// `AKIAOUTC…ATOR`.
    pub access_key_id: Option<String>,
    /// The region that the request was signed for, or the emulator's own.
    pub region: String,
    /// The `user-agent` header.
    pub user_agent: Option<String>,
    /// The body as JSON; null if there was none or if it was no JSON.
    pub body: Value,
    /// The status of the answer; null until it is known, and for good when the connection was cut instead.
    pub status: Option<u16>,
    /// The name of the error, if the answer is one.
    pub error: Option<String>,
    /// The `type` of the fault that acted on the request.
    pub fault: Option<String>,
}

/// How a caller identified itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum AuthKind {
    /// By a signature.
    SigV4,
    /// By a Bedrock API key.
    Bearer,
    /// Not at all, or in a way that the service does not know.
    None,
}

/// Something that happened to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Event {
    /// Number of the event, counted from 1.
    pub number: u64,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// The request.
    pub request_id: String,
    /// How many frames of its stream had been handed to the connection.
    pub frames: u64,
}

/// What can happen to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// It was read whole.
    RequestStarted,
    /// A `stall` or `slowFirstByte` fault now holds its response.
    ResponseHeld,
    /// Its response was handed to the connection whole, or ended as a fault wanted it.
    ResponseFinished,
    /// The client went away before that.
    ClientDisconnected,
}

/// The memory of one emulator.
#[derive(Debug)]
pub(crate) struct Journal {
    limit: usize,
    log: Mutex<Log>,
    last: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Log {
    requests: VecDeque<RecordedRequest>,
    events: VecDeque<Event>,
    number: u64,
}

impl Journal {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, log: Mutex::default(), last: watch::Sender::new(0) }
    }

    pub(crate) fn record(&self, request: RecordedRequest) {
        let mut log = self.log();
        if log.requests.len() >= self.limit {
            log.requests.pop_front();
        }
        log.requests.push_back(request);
    }

    /// Changes what is known about a request, unless it is forgotten already.
    pub(crate) fn amend(&self, request_id: &str, change: impl FnOnce(&mut RecordedRequest)) {
        if let Some(request) = self.log().requests.iter_mut().rev().find(|it| it.request_id == request_id) {
            change(request);
        }
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.log().requests.iter().cloned().collect()
    }

    pub(crate) fn forget_requests(&self) {
        self.log().requests.clear();
    }

    pub(crate) fn log_event(&self, kind: EventKind, request_id: &str, frames: u64) {
        let mut log = self.log();
        log.number += 1;
        let event = Event { number: log.number, kind, request_id: request_id.to_owned(), frames };
        if log.events.len() >= self.limit {
            log.events.pop_front();
        }
        log.events.push_back(event);
        self.last.send_replace(log.number);
    }

    /// The events after number `after`.
    pub(crate) fn events_after(&self, after: u64) -> Vec<Event> {
        self.log().events.iter().filter(|event| event.number > after).cloned().collect()
    }

    /// The events after number `after`; waits for the first one, at most for `wait`.
    pub(crate) async fn wait_for_events(&self, after: u64, wait: Duration) -> Vec<Event> {
        let mut last = self.last.subscribe();
        // Either there is an event, or the time is over and the list is empty: the list itself tells.
        tokio::time::timeout(wait, last.wait_for(|number| *number > after)).await.ok();
        self.events_after(after)
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_events_go_first_and_numbers_go_on() {
        let journal = Journal::new(2);
        for id in ["a", "b", "c"] {
            journal.log_event(EventKind::RequestStarted, id, 0);
        }
        let events = journal.events_after(0);
        assert_eq!(events.iter().map(|event| event.number).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(journal.events_after(3), []);
    }

    #[tokio::test]
    async fn a_waiter_gets_the_event_that_comes_later() {
        let journal = Journal::new(8);
        let (events, ()) = tokio::join!(journal.wait_for_events(0, Duration::from_mins(1)), async {
            journal.log_event(EventKind::RequestStarted, "a", 0);
        });
        assert_eq!(events.len(), 1);
    }
}
