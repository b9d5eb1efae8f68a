//! Pieces of an answer that are ready together leave together; a piece that comes alone is seen at once.

use std::future::poll_fn;
use std::task::Poll;

use outcrop_core::{Event, EventStream};

/// How often a stream that has nothing is asked again before that is believed. Whatever reads the connection hands on
/// one piece at a time, and gets to the next one only while nobody else does anything.
const TURNS: u32 = 3;

/// The next item of a stream. If it takes waiting, what was printed so far is flushed first.
///
/// # Errors
/// Those of `flush`.
pub(super) async fn next_or_flush<E>(
    stream: &mut EventStream,
    mut flush: impl FnMut() -> Result<(), E>,
) -> Result<Option<outcrop_core::Result<Event>>, E> {
    let mut turns = 0;
    poll_fn(|cx| match stream.as_mut().poll_next(cx) {
        Poll::Ready(item) => Poll::Ready(Ok(item)),
        Poll::Pending if turns < TURNS => {
            turns += 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        }
        Poll::Pending if turns == TURNS => {
            turns += 1;
            match flush() {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            }
        }
        Poll::Pending => Poll::Pending,
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake, Waker};

    use futures_core::Stream;

    use super::*;

    /// One event after so many polls that find nothing.
    struct After(u32);

    impl Stream for After {
        type Item = outcrop_core::Result<Event>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            match self.0.checked_sub(1) {
                None => Poll::Ready(Some(Ok(Event::Close { index: 0 }))),
                Some(left) => {
                    self.0 = left;
                    Poll::Pending
                }
            }
        }
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Polls until the item is there; how often that was, how often it was flushed, how often it asked to be polled.
    fn polled(nothing: u32) -> (usize, usize, usize) {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let flushes = Cell::new(0);
        let mut stream: EventStream = Box::pin(After(nothing));
        let flush = || {
            flushes.set(flushes.get() + 1);
            Ok::<_, Infallible>(())
        };
        let mut next = Box::pin(next_or_flush(&mut stream, flush));
        let mut polls = 1;
        while next.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            polls += 1;
        }
        (polls, flushes.get(), woken.0.load(Ordering::Relaxed))
    }

    #[test]
    fn what_is_ready_or_soon_ready_is_not_waited_for_with_a_flush() {
        assert_eq!(polled(0), (1, 0, 0));
        assert_eq!(polled(1), (2, 0, 1));
        assert_eq!(polled(TURNS), (TURNS as usize + 1, 0, TURNS as usize));
    }

    #[test]
    fn a_wait_begins_with_one_flush_and_asks_for_no_more_turns() {
        for nothing in [TURNS + 1, TURNS + 9] {
            assert_eq!(polled(nothing), (nothing as usize + 1, 1, TURNS as usize));
        }
    }

    #[test]
    fn an_output_that_fails_ends_the_wait() {
        let mut stream: EventStream = Box::pin(After(u32::MAX));
        let mut next = Box::pin(next_or_flush(&mut stream, || Err("gone")));
        let mut polls =
            std::iter::repeat_with(|| next.as_mut().poll(&mut Context::from_waker(Waker::noop())));
        let ended = polls.find(Poll::is_ready);
        assert!(matches!(ended, Some(Poll::Ready(Err("gone")))));
    }
}
