//! The laws of the event grammar, checked on a running stream.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::{Block, Delta, Error, ErrorKind, Event, Result, is_tool_input};

/// A law that a stream broke.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// Something came before `Start`, or `Start` came twice.
    Start,
    /// An index was opened twice.
    OpenedTwice(u32),
    /// A delta or a close for a block that is not open.
    NotOpen(u32),
    /// A delta that a block of this kind cannot grow by.
    WrongDelta(u32),
    /// `End` came while a block was open.
    EndWhileOpen(u32),
    /// Something came after the end or after an error.
    AfterTheEnd,
    /// The stream was over without an end or an error.
    NoEnd,
    /// A tool call closed with arguments that are no JSON, and the stop reason does not say so.
    BrokenToolInput(u32),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => write!(f, "a stream starts with one start event"),
            Self::OpenedTwice(index) => write!(f, "block {index} was opened twice"),
            Self::NotOpen(index) => write!(f, "an event for block {index}, which is not open"),
            Self::WrongDelta(index) => write!(f, "block {index} cannot grow by this kind of delta"),
            Self::EndWhileOpen(index) => write!(f, "the stream ended while block {index} was open"),
            Self::AfterTheEnd => write!(f, "an event after the end of the stream"),
            Self::NoEnd => write!(f, "the stream was over without an end"),
            Self::BrokenToolInput(index) => {
                write!(
                    f,
                    "the tool call of block {index} has arguments that are no JSON, and was not reported broken"
                )
            }
        }
    }
}

impl std::error::Error for Violation {}

/// The state of one stream under the laws. Feed it every item in order.
#[derive(Debug, Default)]
pub struct Laws {
    started: bool,
    over: bool,
    blocks: BTreeMap<u32, Watched>,
    broken_tool_input: Option<u32>,
}

#[derive(Debug)]
struct Watched {
    kind: Block,
    open: bool,
    tool_input: String,
}

impl Laws {
    /// Checks one item.
    ///
    /// # Errors
    /// If it breaks a law.
    pub fn check(&mut self, item: &Result<Event>) -> Result<(), Violation> {
        if self.over {
            return Err(Violation::AfterTheEnd);
        }
        if let Ok(event) = item {
            return self.check_event(event);
        }
        self.over = true;
        Ok(())
    }

    /// Checks that the stream may be over now.
    ///
    /// # Errors
    /// If neither an end nor an error came.
    pub const fn finish(&self) -> Result<(), Violation> {
        if self.over { Ok(()) } else { Err(Violation::NoEnd) }
    }

    fn check_event(&mut self, event: &Event) -> Result<(), Violation> {
        if matches!(event, Event::Start(_)) == self.started {
            return Err(Violation::Start);
        }
        match event {
            Event::Start(_) => self.started = true,
            Event::Open { index, block } => {
                let watched = Watched { kind: block.clone(), open: true, tool_input: String::new() };
                if self.blocks.insert(*index, watched).is_some() {
                    return Err(Violation::OpenedTwice(*index));
                }
            }
            Event::Delta { index, delta } => {
                let block = self.open_block(*index)?;
                if !delta.belongs_to(&block.kind) {
                    return Err(Violation::WrongDelta(*index));
                }
                if let Delta::ToolInput { json } = delta {
                    block.tool_input.push_str(json);
                }
            }
            Event::Close { index } => {
                let block = self.open_block(*index)?;
                block.open = false;
                let input = std::mem::take(&mut block.tool_input);
                if !is_tool_input(&input) {
                    self.broken_tool_input = Some(*index);
                }
            }
            Event::Raw { .. } => {}
            Event::End(end) => {
                self.over = true;
                if let Some((index, _)) = self.blocks.iter().find(|(_, block)| block.open) {
                    return Err(Violation::EndWhileOpen(*index));
                }
                if let Some(index) = self.broken_tool_input
                    && !end.stop_reason.may_break_tool_input()
                {
                    return Err(Violation::BrokenToolInput(index));
                }
            }
        }
        Ok(())
    }

    fn open_block(&mut self, index: u32) -> Result<&mut Watched, Violation> {
        self.blocks.get_mut(&index).filter(|block| block.open).ok_or(Violation::NotOpen(index))
    }
}

/// A stream that turns a broken law into an [`ErrorKind::Protocol`] error and ends there.
///
/// Always on in tests and in the conformance kit; a program that distrusts a provider can put it in as well.
#[derive(Debug)]
pub struct Checked<S> {
    inner: S,
    laws: Laws,
    done: bool,
}

impl<S> Checked<S> {
    /// Watches over a stream.
    pub fn new(inner: S) -> Self {
        Self { inner, laws: Laws::default(), done: false }
    }
}

impl<S: Stream<Item = Result<Event>> + Unpin> Stream for Checked<S> {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.done {
            return Poll::Ready(None);
        }
        let item = match Pin::new(&mut self.inner).poll_next(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(item) => item,
        };
        let verdict = match &item {
            Some(item) => self.laws.check(item),
            None => self.laws.finish(),
        };
        self.done = item.is_none() || verdict.is_err();
        Poll::Ready(match verdict {
            Ok(()) => item,
            Err(violation) => {
                Some(Err(Error::new(ErrorKind::Protocol, "the provider broke the grammar of events")
                    .with_source(violation)))
            }
        })
    }
}

#[cfg(test)]
mod tests;
