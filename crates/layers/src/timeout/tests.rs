//! When a limit is reached, what is said, and what happens to the call.

use futures_util::future::poll_immediate;
use outcrop_core::scripted::{Script, Scripted};
use outcrop_core::{Block, Error, ErrorKind, ModelProviderExt, Retry, Start, next};
use tokio::time::{Instant, sleep};

use super::*;
use crate::testing::{Slow, capabilities, drain, seconds_since, text};

const OPEN: Event = Event::Open { index: 0, block: Block::Text };
const CLOSE: Event = Event::Close { index: 0 };

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn start() -> Event {
    Event::Start(Start::default())
}

fn end() -> Event {
    Event::End(Box::new(outcrop_core::End::new(outcrop_core::StopReason::EndTurn)))
}

/// The limits that most tests use: what waits for longer than a day here waits for ever.
fn limited() -> TimeoutLayer {
    TimeoutLayer::from(Timeouts {
        first_event: Some(seconds(600)),
        idle: Some(seconds(120)),
        ..Timeouts::default()
    })
}

async fn stream(provider: &Arc<dyn ModelProvider>) -> Result<EventStream> {
    let day = seconds(86_400);
    tokio::time::timeout(day, provider.stream(&Request::new("m"))).await.expect("a limit holds within a day")
}

/// The error that a call or its stream ends with, and after how many seconds.
async fn failure(provider: &Arc<dyn ModelProvider>) -> (Error, u64) {
    let begun = Instant::now();
    let error = match stream(provider).await {
        Err(error) => error,
        Ok(stream) => {
            let day = seconds(86_400);
            let items = tokio::time::timeout(day, drain(stream)).await.expect("a limit holds within a day");
            items.into_iter().last().unwrap().unwrap_err()
        }
    };
    (error, seconds_since(begun))
}

fn assert_timeout(error: &Error, message: &str, key: &str, retry: Retry) {
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.message(), message);
    assert_eq!(error.retry(), retry);
    assert_eq!(error.provider().unwrap(), "slow");
    assert_eq!(error.context().collect::<Vec<_>>(), [("model", "m")]);
    assert_eq!(error.hints(), [format!("raise `models.providers.slow.timeouts.{key}` to wait for longer")]);
}

#[tokio::test(start_paused = true)]
async fn the_first_event_is_awaited_from_the_call_on() {
    // Never accepted; accepted late; accepted, and then nothing but the start.
    for (accepts_after, answer) in [(100_000, vec![]), (500, vec![]), (500, vec![(50, start())])] {
        let mut slow = Slow::new(answer);
        slow.accepts_after = seconds(accepts_after);
        let provider = limited().layer(Arc::new(slow));
        let (error, after) = failure(&provider).await;
        assert_eq!(after, 600);
        let message = "the model sent nothing for 600 s after the call";
        assert_timeout(&error, message, "firstEvent", Retry::Backoff);
        assert_eq!(provider.find::<Slow>().unwrap().running(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn idle_counts_between_events_from_the_first_one_on() {
    // The first event may take longer than an idle time, and each event starts a new one.
    let answer = [(0, start()), (500, OPEN), (119, text("a")), (119, text("b")), (119, CLOSE), (119, end())];
    let provider = limited().layer(Arc::new(Slow::new(answer)));
    let items = drain(stream(&provider).await.unwrap()).await;
    assert!(matches!(items.last(), Some(Ok(Event::End(_)))), "{items:?}");
    assert_eq!(items.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn silence_is_retried_only_before_the_first_words() {
    let message = "the model sent nothing for 120 s in the middle of its answer";
    let next_block = Event::Open { index: 1, block: Block::Text };
    for (answer, expected, retry) in [
        (vec![(0, start()), (300, OPEN)], 420, Retry::Backoff),
        (vec![(0, start()), (300, Event::Raw { value: 1.into() })], 420, Retry::Backoff),
        (vec![(0, start()), (300, OPEN), (60, text("a"))], 480, Retry::Never),
        (vec![(0, start()), (300, OPEN), (60, CLOSE)], 480, Retry::Never),
        (vec![(0, start()), (300, OPEN), (60, CLOSE), (60, next_block)], 540, Retry::Never),
        (vec![(0, start()), (300, OPEN), (121, text("a"))], 420, Retry::Backoff),
    ] {
        let provider = limited().layer(Arc::new(Slow::new(answer)));
        let (error, after) = failure(&provider).await;
        assert_eq!(after, expected);
        assert_timeout(&error, message, "idle", retry);
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_drops_the_stream_at_once_and_is_the_last_item() {
    let provider = limited().layer(Arc::new(Slow::new([(0, start()), (0, OPEN), (0, text("a"))])));
    let slow = provider.find::<Slow>().unwrap();
    let mut stream = stream(&provider).await.unwrap();
    for _ in 0..3 {
        next(&mut stream).await.unwrap().unwrap();
        assert_eq!(slow.running(), 1);
    }
    next(&mut stream).await.unwrap().unwrap_err();
    assert_eq!(slow.running(), 0);
    assert!(next(&mut stream).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_slowly_is_in_nobodys_way() {
    let events = [start(), OPEN, text("a"), text("b"), CLOSE];
    let events = events.into_iter().map(|event| (0, event)).chain([(100, end())]);
    let provider = limited().layer(Arc::new(Slow::new(events)));
    let mut stream = stream(&provider).await.unwrap();
    for _ in 0..5 {
        next(&mut stream).await.unwrap().unwrap();
        sleep(seconds(1000)).await;
    }
    assert_eq!(next(&mut stream).await.unwrap().unwrap(), end());
}

/// What somebody finds who looks at a stream.
#[derive(Debug, Clone)]
enum Look {
    Event(Event),
    /// An event has come as far as the buffers of the connection: it is there when its task had a turn.
    OnItsWay,
    /// Nothing.
    Silence,
}

/// A provider whose stream is what each look at it finds; after the last, there is silence.
#[derive(Debug)]
struct Looks(ProviderId, Vec<Look>);

#[async_trait]
impl ModelProvider for Looks {
    fn id(&self) -> &ProviderId {
        &self.0
    }
    fn capabilities(&self, _: &ModelId) -> Capabilities {
        Capabilities::default()
    }
    async fn stream(&self, _: &Request) -> Result<EventStream> {
        let mut looks = self.1.clone().into_iter();
        Ok(Box::pin(futures_util::stream::poll_fn(move |cx| match looks.next().unwrap_or(Look::Silence) {
            Look::Event(event) => Poll::Ready(Some(Ok(event))),
            Look::OnItsWay => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Look::Silence => Poll::Pending,
        })))
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_while_nobody_looked_is_no_silence() {
    use Look::{Event as Found, OnItsWay, Silence};
    let first_event = vec![Found(start()), Silence, OnItsWay, OnItsWay, Found(OPEN)];
    let idle = vec![Found(start()), Found(OPEN), Silence, OnItsWay, OnItsWay, Found(text("a"))];
    for looks in [first_event, idle] {
        let Some(Found(last)) = looks.last().cloned() else { panic!("{looks:?}") };
        let provider = limited().layer(Arc::new(Looks("slow".into(), looks.clone())));
        let mut stream = stream(&provider).await.unwrap();
        for _ in looks.iter().take_while(|look| matches!(look, Found(_))) {
            next(&mut stream).await.unwrap().unwrap();
        }
        assert!(poll_immediate(next(&mut stream)).await.is_none());
        sleep(seconds(1000)).await;
        assert_eq!(next(&mut stream).await.unwrap().unwrap(), last);
    }
}

#[tokio::test(start_paused = true)]
async fn silence_while_nobody_looked_is_silence_soon_after() {
    use Look::{Event as Found, Silence};
    let started = vec![Found(start()), Silence];
    let opened = vec![Found(start()), Found(OPEN), Silence];
    for (looks, key) in [(started, "firstEvent"), (opened, "idle")] {
        let events = looks.len() - 1;
        let provider = limited().layer(Arc::new(Looks("slow".into(), looks)));
        let mut stream = stream(&provider).await.unwrap();
        for _ in 0..events {
            next(&mut stream).await.unwrap().unwrap();
        }
        assert!(poll_immediate(next(&mut stream)).await.is_none());
        sleep(seconds(1000)).await;
        let begun = Instant::now();
        let error = next(&mut stream).await.unwrap().unwrap_err();
        assert!(error.hints()[0].contains(key), "{error:?}");
        assert_eq!(seconds_since(begun), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_total_is_the_most_that_all_of_it_may_take() {
    let message = "the answer was not complete after 10 s";
    let layer = limited().total(seconds(10));
    let busy = || (0..30).map(|_| (1, text("a")));
    let mut never_accepted = Slow::new([]);
    never_accepted.accepts_after = seconds(100);
    for slow in [never_accepted, Slow::new([(0, start()), (0, OPEN)].into_iter().chain(busy()))] {
        let provider = layer.layer(Arc::new(slow));
        let (error, after) = failure(&provider).await;
        assert_eq!(after, 10);
        assert_timeout(&error, message, "total", Retry::Never);
        assert_eq!(provider.find::<Slow>().unwrap().running(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn the_total_holds_for_a_slow_reader_of_a_fast_answer_too() {
    let provider =
        limited().total(seconds(10)).layer(Arc::new(Scripted::new([Script::new().text("a").end()])));
    let mut stream = stream(&provider).await.unwrap();
    next(&mut stream).await.unwrap().unwrap();
    sleep(seconds(10)).await;
    assert_eq!(next(&mut stream).await.unwrap().unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test(start_paused = true)]
async fn of_two_limits_at_once_the_total_counts() {
    let layer = TimeoutLayer::new().first_event(seconds(10)).total(seconds(10));
    let mut slow = Slow::new([]);
    slow.accepts_after = seconds(100);
    let (error, _) = failure(&layer.layer(Arc::new(slow))).await;
    assert_timeout(&error, "the answer was not complete after 10 s", "total", Retry::Never);
}

#[tokio::test(start_paused = true)]
async fn after_the_end_of_the_answer_silence_is_no_error() {
    for layer in [limited(), TimeoutLayer::new().total(seconds(10))] {
        let provider = layer.layer(Arc::new(Scripted::new([Script::new().text("a").end().silence()])));
        let items = drain(stream(&provider).await.unwrap()).await;
        assert!(matches!(items.last(), Some(Ok(Event::End(_)))), "{items:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_provider_passes_as_it_is() {
    let failing = || Error::new(ErrorKind::Unavailable, "gone");
    let scripts = [Script::refuse(failing()), Script::new().text("a").fail(failing())];
    let provider = limited().layer(Arc::new(Scripted::new(scripts)));
    for _ in 0..2 {
        let (error, _) = failure(&provider).await;
        assert_eq!((error.message(), error.kind()), ("gone", ErrorKind::Unavailable));
    }
}

#[tokio::test(start_paused = true)]
async fn explicit_limits_beat_those_of_the_model_each_on_its_own() {
    let hint = Timeouts {
        first_event: Some(seconds(5)),
        idle: Some(seconds(6)),
        total: Some(seconds(7)),
        whole: None,
    };
    let none = Timeouts::default();
    let cases = [
        (TimeoutLayer::new(), hint),
        (TimeoutLayer::new().idle(seconds(1)), Timeouts { idle: Some(seconds(1)), ..hint }),
        (TimeoutLayer::new().first_event(None), Timeouts { first_event: None, ..hint }),
        (TimeoutLayer::new().total(None), Timeouts { total: None, ..hint }),
        (TimeoutLayer::from(none), none),
    ];
    for (settings, expected) in cases {
        let inner = Arc::new(Scripted::new([]).with_capabilities(capabilities(hint)));
        let provider = TimeoutProvider { inner, settings };
        // What stands in for the total is the total, where there is one.
        let expected = Timeouts { whole: expected.total, ..expected };
        assert_eq!(provider.limits(&"m".into()), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn without_limits_nothing_is_put_around_a_stream() {
    let slow = Slow::new([(0, start()), (100_000, OPEN), (100_000, text("a")), (0, CLOSE), (100_000, end())]);
    let provider = TimeoutLayer::new().layer(Arc::new(slow));
    assert_eq!(drain(provider.stream(&Request::new("m")).await.unwrap()).await.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_limit_beyond_the_end_of_time_is_none() {
    let forever = Timeouts {
        first_event: Some(Duration::MAX),
        idle: Some(Duration::MAX),
        total: Some(Duration::MAX),
        whole: None,
    };
    let slow = Slow::new([(100, start()), (100, OPEN), (100, CLOSE), (100, end())]);
    let provider = TimeoutLayer::from(forever).layer(Arc::new(slow));
    assert_eq!(drain(stream(&provider).await.unwrap()).await.len(), 4);
}

/// A provider whose calls in one piece take a quarter of an hour.
#[derive(Debug)]
struct Whole(ProviderId, Timeouts);

#[async_trait]
impl ModelProvider for Whole {
    fn id(&self) -> &ProviderId {
        &self.0
    }
    fn capabilities(&self, _: &ModelId) -> Capabilities {
        capabilities(self.1)
    }
    async fn stream(&self, _: &Request) -> Result<EventStream> {
        Err(Error::unsupported("no streams"))
    }
    async fn generate(&self, _: &Request) -> Result<Response> {
        sleep(seconds(900)).await;
        Ok(Response::default())
    }
    async fn count_tokens(&self, _: &Request) -> Result<TokenCount> {
        sleep(seconds(900)).await;
        Ok(TokenCount { input_tokens: 1 })
    }
    async fn embed(&self, _: &EmbedRequest) -> Result<Embeddings> {
        sleep(seconds(900)).await;
        Ok(Embeddings::default())
    }
}

#[tokio::test(start_paused = true)]
async fn calls_in_one_piece_know_the_total_only_or_what_stands_in_for_it() {
    let cases = [
        (None, None, false),
        (Some(899), None, true),
        (Some(901), None, false),
        (None, Some(899), true),
        (Some(901), Some(899), false),
    ];
    for (total, whole, over) in cases {
        let (first_event, idle) = (Some(seconds(600)), Some(seconds(120)));
        let hint = Timeouts { first_event, idle, total: total.map(seconds), whole: whole.map(seconds) };
        let provider = TimeoutLayer::new().layer(Arc::new(Whole("whole".into(), hint)));
        let request = Request::new("m");
        let results = [
            provider.generate(&request).await.err(),
            provider.count_tokens(&request).await.err(),
            provider.embed(&EmbedRequest::new("m", Vec::new())).await.err(),
        ];
        for error in results {
            assert_eq!(error.is_some(), over, "{hint:?}");
            assert!(error.is_none_or(|error| {
                error.message() == "the answer was not complete after 899 s" && error.retry() == Retry::Never
            }));
        }
    }
}
