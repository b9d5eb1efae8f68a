//! Response bodies: whole ones, and streams that are sent frame by frame and can go wrong on the way.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::connection::Control;
use crate::state::Exchange;

/// What to do next on a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Send these bytes; one frame or a piece of one.
    Send(Bytes),
    /// Send nothing more, and keep the connection open.
    Hold,
    /// Let everything out, then reset the connection.
    Reset,
    /// Let everything out, then close the connection, whatever length was promised.
    Close,
}

/// The body of a response.
#[derive(Debug)]
pub(crate) enum Body {
    /// Known as a whole.
    Whole(Option<Bytes>),
    /// Sent step by step.
    Steps(Box<Steps>),
}

/// A stream under way.
#[derive(Debug)]
pub(crate) struct Steps {
    rest: VecDeque<Step>,
    control: Arc<Control>,
    exchange: Exchange,
    held: bool,
    /// What the head promises, if it does.
    length: Option<u64>,
}

impl Body {
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Some(bytes.into()))
    }

    /// `length`: what the head promises; without one the body comes in chunks.
    pub(crate) fn steps(
        steps: Vec<Step>,
        length: Option<u64>,
        control: Arc<Control>,
        exchange: Exchange,
    ) -> Self {
        Self::Steps(Box::new(Steps { rest: steps.into(), control, exchange, held: false, length }))
    }
}

impl Steps {
    fn poll_step(&mut self, cx: &Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.rest.front() {
            Some(Step::Send(bytes)) => {
                let bytes = bytes.clone();
                self.rest.pop_front();
                self.exchange.frames += 1;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Some(Step::Hold) => {
                if !self.held {
                    self.held = true;
                    self.exchange.held();
                }
                // Nothing wakes it: when the client closes, the connection drops the body.
                Poll::Pending
            }
            Some(step @ (Step::Reset | Step::Close)) => {
                ready!(self.control.poll_flushed(cx));
                if *step == Step::Reset {
                    self.control.reset_on_close();
                }
                self.exchange.finish();
                Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
            }
            None => {
                self.exchange.finish();
                Poll::Ready(None)
            }
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Steps(steps) => steps.poll_step(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Steps(steps) => steps.length.map_or_else(SizeHint::default, SizeHint::with_exact),
        }
    }
}
