//! The beginning of a stream, held back until the answer has really begun.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use outcrop_core::{Error, ErrorKind, Event, EventStream, ProviderId, Result, Start, next};

/// Reads a stream up to the event from which on nothing is sent again, and gives back all of it.
///
/// # Errors
/// What the stream failed with until then; [`ErrorKind::Interrupted`] if it was over.
pub(crate) async fn hold(stream: EventStream, provider: &ProviderId) -> Result<EventStream> {
    hold_with(stream, provider, |_| {}).await
}

/// The same, with a look at the start of the answer.
///
/// # Errors
/// As [`hold`].
pub(crate) async fn hold_with(
    mut stream: EventStream,
    provider: &ProviderId,
    change: impl FnOnce(&mut Start),
) -> Result<EventStream> {
    let mut change = Some(change);
    let mut head = Vec::new();
    loop {
        let Some(item) = next(&mut stream).await else {
            let error = Error::new(ErrorKind::Interrupted, "the answer was over before it began");
            return Err(error.with_provider(provider));
        };
        let mut event = item?;
        if let Event::Start(start) = &mut event
            && let Some(change) = change.take()
        {
            change(start);
        }
        let begun = has_begun(&event);
        head.push(event);
        if begun {
            return Ok(Box::pin(Replay { head: head.into_iter(), rest: stream }));
        }
    }
}

/// Whether an event is part of the answer itself, not of what stands before it.
const fn has_begun(event: &Event) -> bool {
    !matches!(event, Event::Start(_) | Event::Open { .. } | Event::Raw { .. })
}

/// The events that were held back, then the others.
struct Replay {
    head: std::vec::IntoIter<Event>,
    rest: EventStream,
}

impl Stream for Replay {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.head.next() {
            Some(event) => Poll::Ready(Some(Ok(event))),
            None => self.rest.as_mut().poll_next(cx),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let held = self.head.len();
        let (least, most) = self.rest.size_hint();
        (least.saturating_add(held), most.and_then(|most| most.checked_add(held)))
    }
}
