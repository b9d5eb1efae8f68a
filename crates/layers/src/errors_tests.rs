//! Every error that the layers raise of themselves, and every hint that they add, word for word.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use outcrop_core::scripted::{Script, Scripted};
use outcrop_core::{
    Block, Error, ErrorKind, Event, Layer as _, ModelProvider, Request, Result, Retry, Start, Timeouts,
};

use crate::testing::{Slow, drain, mock_with_timeouts, text};
use crate::{FallbackLayer, FallbackTarget, LimitLayer, Limits, RetryLayer, RetryPolicy, TimeoutLayer};

#[path = "../../../tests/support/error_sites.rs"]
mod error_sites;

/// A stream that is over at once.
struct Nothing;

impl Stream for Nothing {
    type Item = Result<Event>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(None)
    }
}

/// The error that a call or its stream ends with.
async fn failure(provider: Arc<dyn ModelProvider>) -> Error {
    match provider.stream(&Request::new("m")).await {
        Err(error) => error,
        Ok(stream) => drain(stream).await.into_iter().last().unwrap().unwrap_err(),
    }
}

/// What a limit of five and a half seconds says, for an answer that stops after these events.
async fn of_limits(limits: impl Fn(Duration) -> Timeouts, events: &[Event]) -> Error {
    let answer: Vec<_> =
        events.iter().map(|event| (0, event.clone())).chain([(1000, text("late"))]).collect();
    let layer = TimeoutLayer::from(limits(Duration::from_millis(5500)));
    failure(layer.layer(Arc::new(Slow::new(answer)))).await
}

async fn of_retries(policy: RetryPolicy, retry: Retry) -> Error {
    let refuse = || Script::refuse(Error::new(ErrorKind::Throttled, "slow down").with_retry(retry));
    let provider = Arc::new(Scripted::new([refuse(), refuse(), refuse()]));
    failure(RetryLayer::new(policy).with_seed(7).layer(provider)).await
}

/// What is said when the alternatives cannot answer either, one of them since it is left alone.
async fn of_fallbacks() -> Error {
    let refuse = |kind, message: &'static str| Script::refuse(Error::new(kind, message));
    let first = Scripted::new([refuse(ErrorKind::Throttled, "slow down")]);
    let second = Scripted::new([refuse(ErrorKind::Unavailable, "out of order")]).with_id("second");
    let layer = FallbackLayer::default().then(FallbackTarget::new(Arc::new(second), "n"));
    failure(layer.layer(Arc::new(first))).await
}

/// What is said when a call would wait for too long at a limit.
async fn of_queues(limits: Limits) -> Error {
    let answers = [Script::new().text("a").end(), Script::new()];
    let layer = LimitLayer::new(limits.with_max_wait(Duration::from_millis(1500)));
    let provider = layer.layer(Arc::new(Scripted::new(answers)));
    let running = provider.stream(&Request::new("m").max_tokens(100)).await.unwrap();
    let error = failure(Arc::clone(&provider)).await;
    drop(running);
    error
}

#[tokio::test(start_paused = true)]
async fn every_error_has_its_words() {
    let (start, open) = (Event::Start(Start::default()), Event::Open { index: 0, block: Block::Text });
    let mut empty = mock_with_timeouts(Timeouts::default());
    empty.expect_stream().returning(|_| Ok(Box::pin(Nothing)));
    let quick = RetryLayer::new(RetryPolicy { base_delay: Duration::ZERO, ..RetryPolicy::default() });
    let errors = [
        of_limits(|limit| Timeouts { first_event: Some(limit), ..Timeouts::default() }, &[]).await,
        of_limits(
            |limit| Timeouts { idle: Some(limit), ..Timeouts::default() },
            &[start.clone(), open.clone()],
        )
        .await,
        of_limits(
            |limit| Timeouts { idle: Some(limit), ..Timeouts::default() },
            &[start.clone(), open, text("a")],
        )
        .await,
        of_limits(|limit| Timeouts { total: Some(limit), ..Timeouts::default() }, &[start]).await,
        failure(quick.layer(Arc::new(empty))).await,
        of_retries(RetryPolicy { base_delay: Duration::ZERO, ..RetryPolicy::default() }, Retry::Backoff)
            .await,
        of_retries(RetryPolicy { budget: Duration::ZERO, ..RetryPolicy::default() }, Retry::Backoff).await,
        of_retries(RetryPolicy::default(), Retry::After(Duration::from_secs(61))).await,
        of_fallbacks().await,
        of_queues(Limits::default().with_concurrency(1)).await,
        of_queues(Limits::default().with_requests_per_minute(1)).await,
        of_queues(Limits::default().with_tokens_per_minute(10)).await,
    ];
    let sites = error_sites::sites(env!("CARGO_MANIFEST_DIR"), |_| true);
    assert!(!sites.is_empty());
    assert_eq!(error_sites::unseen(sites, &errors), [], "errors without a snapshot: raise them above");
    insta::assert_snapshot!(error_sites::shown(&errors));
}
