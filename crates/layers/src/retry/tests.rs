//! What is retried, when, and what the caller sees of it.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use outcrop_core::scripted::{Script, Scripted};
use outcrop_core::{
    Block, End, Error, ErrorKind, Event, ModelProviderExt, Retry, Start, StopReason, Timeouts, collect,
};
use tokio::time::Instant;

use super::*;
use crate::TimeoutLayer;
use crate::testing::{Slow, drain, mock_with_timeouts, seconds_since, text};

fn error(kind: ErrorKind) -> Error {
    Error::new(kind, "it failed").with_code("TheCode").with_request_id(Some("the-id"))
}

fn retrying(scripts: impl IntoIterator<Item = Script>) -> Arc<dyn ModelProvider> {
    layer().layer(Arc::new(Scripted::new(scripts)))
}

fn layer() -> RetryLayer {
    RetryLayer::new(RetryPolicy::default()).with_seed(1)
}

fn calls(provider: &Arc<dyn ModelProvider>) -> usize {
    provider.find::<Scripted>().unwrap().requests().len()
}

async fn stream(provider: &Arc<dyn ModelProvider>) -> Result<EventStream> {
    provider.stream(&Request::new("m").user("Hi")).await
}

fn good() -> Script {
    Script::new().reasoning("hm").text("Hel").text("lo").end()
}

fn raw(value: u32) -> Event {
    Event::Raw { value: value.into() }
}

const OPEN: Event = Event::Open { index: 0, block: Block::Text };

#[tokio::test(start_paused = true)]
async fn a_refused_call_is_sent_again_unchanged_until_it_succeeds() {
    let provider = retrying([
        Script::refuse(error(ErrorKind::Throttled)),
        Script::refuse(error(ErrorKind::Unavailable)),
        good(),
    ]);
    let response = collect(stream(&provider).await.unwrap()).await.unwrap();
    assert_eq!(response.text(), "Hello");
    let requests = provider.find::<Scripted>().unwrap().requests();
    assert_eq!(requests.len(), 3);
    assert!(requests.iter().all(|request| request.messages == requests[0].messages));
}

#[tokio::test(start_paused = true)]
async fn a_failure_before_the_first_words_is_retried_and_leaves_no_trace() {
    let started = || Script::new().event(raw(1)).event(OPEN);
    let expected = drain(retrying([good()]).stream(&Request::new("m")).await.unwrap()).await;
    for failed in [
        Script::new().fail(error(ErrorKind::Throttled)),
        started().fail(error(ErrorKind::Interrupted)),
        // Over without an end or an error: not a lawful stream, and treated as an interrupted one.
        started(),
    ] {
        let provider = retrying([failed, good()]);
        let items = drain(stream(&provider).await.unwrap()).await;
        assert_eq!(calls(&provider), 2);
        assert_eq!(format!("{items:?}"), format!("{expected:?}"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_held_back_comes_in_order_and_once() {
    let provider = retrying([Script::new().event(raw(1)).text("a").text("b").event(raw(2)).end()]);
    let items = drain(stream(&provider).await.unwrap()).await;
    let names = items.into_iter().map(Result::unwrap).map(|event| match event {
        Event::Start(_) => "start".to_owned(),
        Event::Open { .. } => "open".to_owned(),
        Event::Raw { value } => value.to_string(),
        Event::Delta { delta, .. } => serde_json::to_value(delta).unwrap()["text"].to_string(),
        Event::Close { .. } => "close".to_owned(),
        _ => "end".to_owned(),
    });
    assert_eq!(names.collect::<Vec<_>>(), ["start", "1", "open", "\"a\"", "\"b\"", "2", "close", "end"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_retried_once_part_of_the_answer_was_seen() {
    let begun = || Script::new().event(OPEN);
    for script in [begun().event(text("x")), begun().event(Event::Close { index: 0 })] {
        let provider = retrying([script.fail(error(ErrorKind::Interrupted)), good()]);
        let items = drain(stream(&provider).await.unwrap()).await;
        let last = items.last().unwrap().as_ref().unwrap_err();
        assert_eq!((last.kind(), last.retry()), (ErrorKind::Interrupted, Retry::Backoff));
        assert_eq!((items.len(), calls(&provider)), (4, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_any_block_is_an_answer() {
    let provider = retrying([Script::new().end_with(End::new(StopReason::Refusal)), good()]);
    assert_eq!(drain(stream(&provider).await.unwrap()).await.len(), 2);
    assert_eq!(calls(&provider), 1);
}

#[tokio::test(start_paused = true)]
async fn the_stream_resolves_with_the_first_words() {
    let started = (0, Event::Start(Start::default()));
    let slow = Slow::new([started, (3, OPEN), (4, text("x")), (5, text("y"))]);
    let provider = layer().layer(Arc::new(slow));
    let begun = Instant::now();
    let mut stream = stream(&provider).await.unwrap();
    assert_eq!(seconds_since(begun), 7);
    for _ in 0..3 {
        outcrop_core::next(&mut stream).await.unwrap().unwrap();
    }
    assert_eq!(seconds_since(begun), 7);
    assert_eq!(outcrop_core::next(&mut stream).await.unwrap().unwrap(), text("y"));
    assert_eq!(seconds_since(begun), 12);
}

#[tokio::test(start_paused = true)]
async fn only_an_error_that_advises_it_is_retried() {
    for kind in ErrorKind::ALL {
        let provider = retrying([Script::refuse(error(*kind)), good()]);
        let retried = stream(&provider).await.is_ok();
        assert_eq!(retried, kind.default_retry().is_advised(), "{kind:?}");
        assert_eq!(calls(&provider), 1 + usize::from(retried));
    }
    let never_connected = error(ErrorKind::Network).with_retry(Retry::Backoff);
    let provider = retrying([Script::refuse(never_connected), good()]);
    assert!(stream(&provider).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_last_error_comes_back_whole_and_says_how_often_it_was_tried() {
    let failing = || Script::refuse(error(ErrorKind::Throttled));
    let provider = retrying([failing(), failing(), failing(), good()]);
    let error = stream(&provider).await.err().unwrap();
    assert_eq!(calls(&provider), 3);
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Throttled, Retry::Exhausted { attempts: 3 }));
    assert_eq!((error.code(), error.request_id()), (Some("TheCode"), Some("the-id")));
    assert_eq!(error.context().collect::<Vec<_>>(), [("attempts", "3")]);
    assert!(error.hints()[0].starts_with("it was tried 3 times, with "), "{error:?}");
    assert!(error.hints()[0].contains("`models.providers.scripted.retry.attempts`"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn the_services_own_wait_is_kept_exactly() {
    let wait = Duration::from_secs(42);
    let throttled = error(ErrorKind::Throttled).with_retry(Retry::After(wait));
    let provider = retrying([Script::refuse(throttled), good()]);
    let begun = Instant::now();
    assert!(stream(&provider).await.is_ok());
    assert_eq!(seconds_since(begun), 42);
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_budget_is_not_begun() {
    let throttled = error(ErrorKind::Throttled).with_retry(Retry::After(Duration::from_secs(61)));
    let provider = retrying([Script::refuse(throttled), good()]);
    let begun = Instant::now();
    let error = stream(&provider).await.err().unwrap();
    assert_eq!((begun.elapsed(), calls(&provider)), (Duration::ZERO, 1));
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(61)));
}

/// How long two failed attempts make the caller wait.
async fn two_waits(layer: RetryLayer) -> Duration {
    let failing = || Script::refuse(error(ErrorKind::Unavailable));
    let provider = layer.layer(Arc::new(Scripted::new([failing(), failing(), good()])));
    let begun = Instant::now();
    assert!(stream(&provider).await.is_ok());
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn waits_are_random_within_their_limits_and_follow_the_seed() {
    let layer = || RetryLayer::new(RetryPolicy::default());
    let mut waits = Vec::new();
    for seed in 0..100 {
        waits.push(two_waits(layer().with_seed(seed)).await);
        assert_eq!(two_waits(layer().with_seed(seed)).await, waits[waits.len() - 1]);
    }
    // Up to 1 s and up to 2 s; the timer may be a millisecond late, twice.
    let most = Duration::from_millis(3002);
    assert!(waits.iter().all(|wait| *wait <= most), "{waits:?}");
    // Full jitter: short waits are as likely as long ones.
    assert!(waits.iter().any(|wait| *wait < Duration::from_secs(1)));
    assert!(waits.iter().any(|wait| *wait > Duration::from_secs(2)));
}

#[tokio::test(start_paused = true)]
async fn whole_answers_are_retried_as_a_whole() {
    fn fails_twice<T: Clone + Send + 'static>(value: T) -> impl FnMut() -> Result<T> + Send {
        let mut failures = 2;
        move || {
            if failures == 0 {
                return Ok(value.clone());
            }
            failures -= 1;
            Err(error(ErrorKind::Unavailable))
        }
    }
    let mut mock = mock_with_timeouts(Timeouts::default());
    let mut generate = fails_twice(Response::default());
    mock.expect_generate().times(3).returning(move |_| generate());
    let mut count_tokens = fails_twice(TokenCount { input_tokens: 1 });
    mock.expect_count_tokens().times(3).returning(move |_| count_tokens());
    let mut embed = fails_twice(Embeddings::default());
    mock.expect_embed().times(3).returning(move |_| embed());

    let provider = layer().layer(Arc::new(mock));
    provider.generate(&Request::new("m")).await.unwrap();
    provider.count_tokens(&Request::new("m")).await.unwrap();
    provider.embed(&EmbedRequest::new("m", Vec::new())).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn without_retries_streams_and_errors_pass_untouched() {
    let layer = RetryLayer::new(RetryPolicy { attempts: 1, ..RetryPolicy::default() });
    let refused = Script::refuse(error(ErrorKind::Throttled));
    let provider = layer.layer(Arc::new(Scripted::new([Script::new().silence(), refused])));
    let mut silent = stream(&provider).await.unwrap();
    assert!(matches!(outcrop_core::next(&mut silent).await, Some(Ok(Event::Start(_)))));
    let error = stream(&provider).await.err().unwrap();
    assert_eq!((error.retry(), error.hints().len()), (Retry::Backoff, 0));
}

fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test(start_paused = true)]
async fn dropping_the_call_cancels_the_wait_and_what_runs_inside() {
    let provider = retrying([Script::refuse(error(ErrorKind::Throttled)), good()]);
    let request = Request::new("m");
    let mut call = provider.stream(&request);
    assert!(poll_once(call.as_mut()).is_pending());
    drop(call);
    tokio::time::advance(Duration::from_mins(2)).await;
    assert_eq!(calls(&provider), 1);

    let provider = layer().layer(Arc::new(Slow::new([(0, Event::Start(Start::default()))])));
    let slow = provider.find::<Slow>().unwrap();
    let mut call = provider.stream(&request);
    assert!(tokio::time::timeout(Duration::from_secs(1), call.as_mut()).await.is_err());
    assert_eq!(slow.running(), 1);
    drop(call);
    assert_eq!(slow.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_stream_drops_the_one_inside() {
    let events = [Event::Start(Start::default()), OPEN, text("x")];
    let provider = layer().layer(Arc::new(Slow::new(events.map(|event| (0, event)))));
    let slow = provider.find::<Slow>().unwrap();
    let stream = stream(&provider).await.unwrap();
    assert_eq!(slow.running(), 1);
    drop(stream);
    assert_eq!(slow.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_silent_attempt_under_timeouts_is_tried_again_and_a_stalled_answer_is_not() {
    let stack = |scripts: [Script; 2]| {
        let minute = Duration::from_mins(1);
        let timeouts = TimeoutLayer::new().first_event(minute).idle(minute);
        layer().layer(timeouts.layer(Arc::new(Scripted::new(scripts))))
    };
    for silent in [Script::new().silence(), Script::new().event(OPEN).silence()] {
        let provider = stack([silent, good()]);
        let response = collect(stream(&provider).await.unwrap()).await.unwrap();
        assert_eq!((response.text().as_str(), calls(&provider)), ("Hello", 2));
    }
    let provider = stack([Script::new().text("Hel").silence(), good()]);
    let items = drain(stream(&provider).await.unwrap()).await;
    let error = items.last().unwrap().as_ref().unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Timeout, Retry::Never));
    assert_eq!(calls(&provider), 1);
}
