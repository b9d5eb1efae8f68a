//! What the tests of the layers share: providers whose calls are counted, answers that take their time.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use futures_core::Stream;
use outcrop_core::mock::MockModelProvider;
use outcrop_core::{
    Capabilities, Checked, Delta, Event, EventStream, ModelId, ModelProvider, ProviderId, Request, Result,
    Timeouts, next,
};
use tokio::time::Sleep;

/// A mock that answers what is asked beside the calls.
pub(crate) fn mock_with_timeouts(timeouts: Timeouts) -> MockModelProvider {
    let mut mock = MockModelProvider::new();
    mock.expect_id().return_const(ProviderId::from("mock"));
    mock.expect_capabilities().return_const(capabilities(timeouts));
    mock
}

/// Capabilities of which one more thing is known than the timeouts.
pub(crate) fn capabilities(timeouts: Timeouts) -> Capabilities {
    let mut capabilities = Capabilities::default();
    capabilities.context_window = Some(4711);
    capabilities.timeouts = timeouts;
    capabilities
}

/// A provider whose one answer takes its time.
#[derive(Debug)]
pub(crate) struct Slow {
    id: ProviderId,
    /// How long the call takes.
    pub(crate) accepts_after: Duration,
    answer: Mutex<VecDeque<(Duration, Event)>>,
    alive: Arc<()>,
}

impl Slow {
    /// Each event comes so many seconds after somebody waits for it. If the last one is not the end, the stream goes
    /// silent after it.
    pub(crate) fn new(answer: impl IntoIterator<Item = (u64, Event)>) -> Self {
        let answer = answer.into_iter().map(|(seconds, event)| (Duration::from_secs(seconds), event));
        Self {
            id: "slow".into(),
            accepts_after: Duration::ZERO,
            answer: Mutex::new(answer.collect()),
            alive: Arc::new(()),
        }
    }

    fn trickle(&self) -> EventStream {
        let answer = std::mem::take(&mut *self.answer.lock().unwrap());
        Box::pin(Trickle { answer, wait: None, ended: false, _alive: Arc::clone(&self.alive) })
    }

    /// How many of its calls and streams are running.
    pub(crate) fn running(&self) -> usize {
        Arc::strong_count(&self.alive) - 1
    }
}

#[async_trait]
impl ModelProvider for Slow {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn capabilities(&self, _: &ModelId) -> Capabilities {
        Capabilities::default()
    }

    async fn stream(&self, _: &Request) -> Result<EventStream> {
        let stream = self.trickle();
        tokio::time::sleep(self.accepts_after).await;
        Ok(stream)
    }
}

struct Trickle {
    answer: VecDeque<(Duration, Event)>,
    wait: Option<Pin<Box<Sleep>>>,
    ended: bool,
    _alive: Arc<()>,
}

impl Stream for Trickle {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(after) = self.answer.front().map(|(after, _)| *after) else {
            return if self.ended { Poll::Ready(None) } else { Poll::Pending };
        };
        let wait = self.wait.get_or_insert_with(|| Box::pin(tokio::time::sleep(after)));
        std::task::ready!(wait.as_mut().poll(cx));
        self.wait = None;
        let event = self.answer.pop_front().map(|(_, event)| event);
        self.ended = matches!(event, Some(Event::End(_)));
        Poll::Ready(event.map(Ok))
    }
}

/// A piece of the first block, which is text.
pub(crate) fn text(text: &str) -> Event {
    Event::Delta { index: 0, delta: Delta::Text { text: text.to_owned() } }
}

/// Everything a stream gives, under the laws.
pub(crate) async fn drain(stream: EventStream) -> Vec<Result<Event>> {
    let mut stream: EventStream = Box::pin(Checked::new(stream));
    let mut items = Vec::new();
    while let Some(item) = next(&mut stream).await {
        items.push(item);
    }
    items
}

/// Seconds of the paused clock since `begun`.
pub(crate) fn seconds_since(begun: tokio::time::Instant) -> u64 {
    // The timer counts in milliseconds and may be one late.
    Duration::from_millis(u64::try_from(begun.elapsed().as_millis()).unwrap()).as_secs()
}
