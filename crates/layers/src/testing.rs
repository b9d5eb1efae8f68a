//! What the tests of the layers share: providers whose calls are counted, answers that take their time, and the proof
//! that no layer forgets to forward.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use futures_core::Stream;
use outcrop_core::{
    Capabilities, Checked, Content, Delta, EmbedRequest, Embeddings, Event, EventStream, Layer, ModelId,
    ModelProvider, ModelProviderExt, ProviderId, Request, Response, Result, Timeouts, TokenCount, next,
    replay,
};
use tokio::time::Sleep;

use crate::{RetryLayer, RetryPolicy, TimeoutLayer};

mockall::mock! {
    #[derive(Debug)]
    pub(crate) Provider {}

    #[async_trait]
    impl ModelProvider for Provider {
        fn id(&self) -> &ProviderId;
        fn capabilities(&self, model: &ModelId) -> Capabilities;
        async fn stream(&self, request: &Request) -> Result<EventStream>;
        async fn generate(&self, request: &Request) -> Result<Response>;
        async fn count_tokens(&self, request: &Request) -> Result<TokenCount>;
        async fn embed(&self, request: &EmbedRequest) -> Result<Embeddings>;
    }
}

impl MockProvider {
    /// A mock that answers what is asked beside the calls.
    pub(crate) fn with_timeouts(timeouts: Timeouts) -> Self {
        let mut mock = Self::new();
        mock.expect_id().return_const(ProviderId::from("mock"));
        mock.expect_capabilities().return_const(capabilities(timeouts));
        mock
    }
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

fn layers() -> Vec<Box<dyn Layer>> {
    let timeouts = Timeouts { total: Some(Duration::from_secs(9)), ..Timeouts::default() };
    vec![
        Box::new(RetryLayer::new(RetryPolicy::default())),
        Box::new(RetryLayer::new(RetryPolicy { attempts: 1, ..RetryPolicy::default() })),
        Box::new(TimeoutLayer::new()),
        Box::new(TimeoutLayer::from(timeouts)),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_layer_forwards_every_method_once_and_unchanged() {
    for layer in layers() {
        let mut mock = MockProvider::with_timeouts(Timeouts::default());
        let mut answer = Response::default();
        answer.content = vec![Content::text("streamed")];
        let events: Vec<_> = replay(answer).into_iter().map(|event| (0, event)).collect();
        let answer = Slow::new(events.clone());
        mock.expect_stream()
            .once()
            .withf(|request| request.model == "s")
            .return_once(move |_| Ok(answer.trickle()));
        let mut whole = Response::default();
        whole.request_id = Some("generated".to_owned());
        mock.expect_generate().once().withf(|request| request.model == "g").return_once(|_| Ok(whole));
        mock.expect_count_tokens()
            .once()
            .withf(|request| request.model == "c")
            .return_once(|_| Ok(TokenCount { input_tokens: 42 }));
        mock.expect_embed()
            .once()
            .withf(|request| request.model == "e")
            .return_once(|_| Ok(Embeddings::new(vec![vec![0.5]])));

        let provider = layer.layer(Arc::new(mock));
        assert_eq!(provider.id(), &"mock");
        assert_eq!(provider.capabilities(&"m".into()).context_window, Some(4711));
        let streamed = drain(provider.stream(&Request::new("s")).await.unwrap()).await;
        let streamed: Vec<_> = streamed.into_iter().map(Result::unwrap).collect();
        assert_eq!(streamed, events.into_iter().map(|(_, event)| event).collect::<Vec<_>>());
        let generated = provider.generate(&Request::new("g")).await.unwrap();
        assert_eq!(generated.request_id.as_deref(), Some("generated"));
        let counted = provider.count_tokens(&Request::new("c")).await.unwrap();
        assert_eq!(counted.input_tokens, 42);
        let embedded = provider.embed(&EmbedRequest::new("e", vec!["text".to_owned()])).await.unwrap();
        assert_eq!(embedded.vectors, [[0.5]]);
        assert!(provider.find::<MockProvider>().is_some());
    }
}
