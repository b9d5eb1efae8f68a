//! Who waits for whom, and for how long.

use std::task::Waker;

use outcrop_core::scripted::{Script, Scripted};
use outcrop_core::{Error, ErrorKind, ModelProviderExt as _, Retry, Start, next};
use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep};

use super::*;
use crate::testing::{Slow, drain, seconds_since};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn answers(count: usize) -> Scripted {
    Scripted::new((0..count).map(|_| Script::new().text("a").end()))
}

fn limited(limits: Limits, inner: impl ModelProvider) -> Arc<dyn ModelProvider> {
    LimitLayer::new(limits).layer(Arc::new(inner))
}

async fn stream(provider: &Arc<dyn ModelProvider>) -> Result<EventStream> {
    provider.stream(&Request::new("m")).await
}

async fn stream_of(provider: &Arc<dyn ModelProvider>, tokens: u32) -> Result<EventStream> {
    provider.stream(&Request::new("m").max_tokens(tokens)).await
}

fn requests(provider: &Arc<dyn ModelProvider>) -> usize {
    provider.find::<Scripted>().unwrap().requests().len()
}

fn is_pending<F: Future + ?Sized>(future: Pin<&mut F>) -> bool {
    future.poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

#[tokio::test(start_paused = true)]
async fn a_stream_has_its_place_until_it_is_over() {
    let provider = limited(Limits::default().with_concurrency(1), answers(9));
    let request = Request::new("m");
    let is_free = || {
        let mut call = provider.stream(&request);
        !is_pending(call.as_mut())
    };
    // Not read yet, read half, read to its end: the stream itself is still there.
    let mut first = stream(&provider).await.unwrap();
    assert!(!is_free());
    for _ in 0..4 {
        next(&mut first).await.unwrap().unwrap();
        assert!(!is_free());
    }
    assert!(matches!(next(&mut first).await, Some(Ok(Event::End(_)))));
    assert!(is_free());
    // Dropped in the middle.
    let second = stream(&provider).await.unwrap();
    assert!(!is_free());
    drop(second);
    assert!(is_free());
}

#[tokio::test(start_paused = true)]
async fn failures_free_their_place() {
    let failing = || Error::new(ErrorKind::Unavailable, "gone");
    let scripts = [Script::refuse(failing()), Script::new().text("a").fail(failing()), Script::new().end()];
    let provider = limited(Limits::default().with_concurrency(1), Scripted::new(scripts));
    assert!(stream(&provider).await.is_err());
    let mut broken = stream(&provider).await.unwrap();
    while next(&mut broken).await.unwrap().is_ok() {}
    assert!(stream(&provider).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn calls_wait_in_the_order_in_which_they_came() {
    let provider = limited(Limits::default().with_concurrency(2).with_requests_per_minute(3), answers(8));
    let mut calls = JoinSet::new();
    for place in 0..8_u64 {
        let provider = Arc::clone(&provider);
        calls.spawn(async move {
            sleep(Duration::from_millis(place)).await;
            let stream = stream(&provider).await.unwrap();
            let at = Instant::now();
            drain(stream).await;
            (at, place)
        });
    }
    let begun = Instant::now();
    let mut done = calls.join_all().await;
    done.sort_unstable();
    let order: Vec<_> = done.iter().map(|(_, place)| *place).collect();
    assert_eq!(order, [0, 1, 2, 3, 4, 5, 6, 7]);
    let minutes: Vec<_> = done.iter().map(|(at, _)| (*at - begun).as_secs() / 60).collect();
    assert_eq!(minutes, [0, 0, 0, 1, 1, 1, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_waiting_is_in_nobodys_way() {
    let provider = limited(Limits::default().with_requests_per_minute(1), answers(3));
    drop(stream(&provider).await.unwrap());
    let request = Request::new("m");
    let (mut second, mut third) = (provider.stream(&request), provider.stream(&request));
    assert!(is_pending(second.as_mut()) && is_pending(third.as_mut()));
    drop(second);
    let begun = Instant::now();
    drop(third.await.unwrap());
    assert_eq!((seconds_since(begun), requests(&provider)), (60, 2));
}

#[tokio::test(start_paused = true)]
async fn every_call_counts() {
    let provider = limited(Limits::default().with_requests_per_minute(3), answers(2));
    let begun = Instant::now();
    provider.count_tokens(&Request::new("m")).await.unwrap();
    provider.embed(&EmbedRequest::new("m", Vec::new())).await.unwrap();
    provider.generate(&Request::new("m")).await.unwrap();
    assert_eq!(seconds_since(begun), 0);
    drop(stream(&provider).await.unwrap());
    assert_eq!(seconds_since(begun), 60);
}

fn using(tokens: u64) -> Script {
    Script::new().text("a").end_with_usage(Usage { output_tokens: tokens, ..Usage::default() })
}

#[tokio::test(start_paused = true)]
async fn tokens_count_as_an_estimate_and_then_as_what_they_were() {
    let scripts = [using(30), using(10), using(10), using(10)];
    let provider = limited(Limits::default().with_tokens_per_minute(100), Scripted::new(scripts));
    let request = Request::new("m").max_tokens(60);
    let begun = Instant::now();
    let first = provider.stream(&request).await.unwrap();
    // 60 of 100 are reserved: no other call of 60 fits.
    let mut second = provider.stream(&request);
    assert!(is_pending(second.as_mut()));
    advance(seconds(5)).await;
    // It were only 30: the second goes at once.
    drain(first).await;
    let second = second.await.unwrap();
    assert_eq!(seconds_since(begun), 5);
    drain(second).await;
    provider.generate(&request).await.unwrap();
    assert_eq!(seconds_since(begun), 5);
    // 50 are used, so that 60 do not fit until the 30 are a minute ago.
    provider.generate(&request).await.unwrap();
    assert_eq!(seconds_since(begun), 60);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_failed_used_nothing_and_one_that_was_dropped_may_have_used_all() {
    let refused = Script::refuse(Error::new(ErrorKind::InvalidRequest, "no"));
    let scripts = [refused.clone(), refused, Script::new().text("a"), using(1)];
    let provider = limited(Limits::default().with_tokens_per_minute(100), Scripted::new(scripts));
    let request = Request::new("m").max_tokens(100);
    let begun = Instant::now();
    assert!(provider.stream(&request).await.is_err());
    assert!(provider.generate(&request).await.is_err());
    drop(provider.stream(&request).await.unwrap());
    assert_eq!(seconds_since(begun), 0);
    drop(provider.stream(&request).await.unwrap());
    assert_eq!(seconds_since(begun), 60);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_broke_may_have_used_all() {
    let failing = |kind| Script::refuse(Error::new(kind, "it failed"));
    let cases = [
        (ErrorKind::Throttled, 0),
        (ErrorKind::Unavailable, 0),
        (ErrorKind::Config, 0),
        (ErrorKind::Timeout, 60),
        (ErrorKind::Interrupted, 60),
        (ErrorKind::Network, 60),
        (ErrorKind::Filtered, 60),
    ];
    for (kind, expected) in cases {
        for whole in [true, false] {
            let provider = limited(
                Limits::default().with_tokens_per_minute(100),
                Scripted::new([failing(kind), Script::new().text("a").end()]),
            );
            let request = Request::new("m").max_tokens(100);
            let begun = Instant::now();
            if whole {
                assert!(provider.generate(&request).await.is_err());
            } else {
                assert!(provider.stream(&request).await.is_err());
            }
            provider.generate(&request).await.unwrap();
            assert_eq!(seconds_since(begun), expected, "{kind:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_running_calls_may_give_back_is_waited_for() {
    let limits = Limits::default().with_tokens_per_minute(100).with_max_wait(seconds(30));
    let request = Request::new("m").max_tokens(60);
    // The running call gives back most of it within the time that calls may wait.
    let provider = limited(limits, Scripted::new([using(30), using(30)]));
    let begun = Instant::now();
    let running = provider.stream(&request).await.unwrap();
    let mut second = provider.stream(&request);
    assert!(is_pending(second.as_mut()));
    advance(seconds(5)).await;
    drain(running).await;
    drain(second.await.unwrap()).await;
    assert_eq!(seconds_since(begun), 5);
    // These tokens were used, which is known: nothing is waited for.
    let error = stream_of(&provider, 60).await.err().unwrap();
    assert_eq!((error.retry(), seconds_since(begun)), (Retry::After(seconds(55)), 5));
    // One that never ends gives nothing back: the whole time is waited.
    let provider = limited(limits.with_max_wait(seconds(20)), Scripted::new([using(30)]));
    let begun = Instant::now();
    let running = provider.stream(&request).await.unwrap();
    let error = stream_of(&provider, 60).await.err().unwrap();
    assert_eq!((error.kind(), seconds_since(begun)), (ErrorKind::Throttled, 20));
    // Once it was dropped it cannot give anything back.
    drop(running);
    let error = stream_of(&provider, 60).await.err().unwrap();
    assert_eq!((error.retry(), seconds_since(begun)), (Retry::After(seconds(40)), 20));
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_longest_one_is_throttling() {
    let wait = seconds(30);
    let begun = Instant::now();
    // How long the place is taken cannot be known: the whole time is waited.
    let provider = limited(Limits::default().with_concurrency(1).with_max_wait(wait), answers(2));
    let held = stream(&provider).await.unwrap();
    let error = stream(&provider).await.err().unwrap();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Throttled, Retry::After(seconds(1))));
    assert_eq!(seconds_since(begun), 30);
    drop(held);
    assert!(stream(&provider).await.is_ok());
    // The end of the minute is known: nothing is waited for.
    let begun = Instant::now();
    let provider = limited(Limits::default().with_requests_per_minute(1).with_max_wait(wait), answers(2));
    drop(stream(&provider).await.unwrap());
    advance(seconds(20)).await;
    let error = stream(&provider).await.err().unwrap();
    assert_eq!(error.retry(), Retry::After(seconds(40)));
    assert!(error.hints()[0].contains("`models.providers.scripted.limits.requestsPerMinute`"), "{error:?}");
    assert_eq!(seconds_since(begun), 20);
    advance(seconds(10)).await;
    drop(stream(&provider).await.unwrap());
    assert_eq!(seconds_since(begun), 60);
}

#[tokio::test(start_paused = true)]
async fn those_behind_the_next_one_give_up_in_time_too() {
    let provider =
        limited(Limits::default().with_requests_per_minute(1).with_max_wait(seconds(60)), answers(3));
    drop(stream(&provider).await.unwrap());
    let request = Request::new("m");
    let (mut second, third) = (provider.stream(&request), provider.stream(&request));
    assert!(is_pending(second.as_mut()));
    let begun = Instant::now();
    let (second, third) = tokio::join!(second, third);
    assert!(second.is_ok());
    let error = third.err().unwrap();
    assert_eq!(error.retry(), Retry::After(seconds(60)));
    assert_eq!(seconds_since(begun), 60);
}

#[tokio::test(start_paused = true)]
async fn without_limits_nothing_is_wrapped() {
    let inner: Arc<dyn ModelProvider> = Arc::new(answers(0));
    let layer = LimitLayer::new(Limits::default().with_max_wait(seconds(1)));
    assert!(Arc::ptr_eq(&inner, &layer.layer(Arc::clone(&inner))));
    // Nor does a limit of nothing stop everything.
    let provider = limited(Limits::default().with_concurrency(0).with_requests_per_minute(0), answers(1));
    assert!(stream(&provider).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn dropping_the_stream_drops_the_one_inside() {
    let inner = Arc::new(Slow::new([(0, Event::Start(Start::default()))]));
    let layer = LimitLayer::new(Limits::default().with_concurrency(1));
    let provider = layer.layer(Arc::clone(&inner) as Arc<dyn ModelProvider>);
    let stream = stream(&provider).await.unwrap();
    assert_eq!(inner.running(), 1);
    drop(stream);
    assert_eq!(inner.running(), 0);
}
