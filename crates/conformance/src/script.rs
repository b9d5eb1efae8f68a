//! What an upstream does, in words that no provider owns.

use std::time::Duration;

use outcrop_core::{
    Block, Collected, Collector, Delta, End, Error, ErrorKind, Event, Retry, Start, StopReason, Usage,
    is_tool_input,
};
use serde::{Deserialize, Serialize};

/// What the upstream does, call by call. A [`Harness`](crate::Harness) translates it to the wire of its provider.
///
/// ```
/// use outcrop_conformance::{Reply, Script};
/// let script = Script::new(Reply::new().text("Hel").text("lo").end());
/// let json = serde_json::to_string(&script)?;
/// assert_eq!(serde_json::from_str::<Script>(&json)?, script);
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Script {
    /// The answer to each call; the last one serves all further calls.
    pub answers: Vec<Answer>,
}

impl Script {
    /// The same answer to every call.
    pub fn new(answer: impl Into<Answer>) -> Self {
        Self { answers: vec![answer.into()] }
    }

    /// Adds the answer to the next call.
    pub fn then(mut self, answer: impl Into<Answer>) -> Self {
        self.answers.push(answer.into());
        self
    }

    /// The answer to a call, counted from 0; `None` if the script has no answer at all.
    pub fn answer(&self, call: usize) -> Option<&Answer> {
        self.answers.get(call).or_else(|| self.answers.last())
    }
}

/// What the upstream does with one call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Answer {
    /// It refuses the call with an error, before anything of an answer: an HTTP status, say, and not a frame of a
    /// stream.
    Refuse(Fault),
    /// It takes the request and sends nothing, not even a status, for as long as the caller waits.
    Silence,
    /// It answers.
    Reply(Reply),
    /// It counts the tokens of the request.
    TokenCount {
        /// How many.
        input_tokens: u64,
    },
    /// It turns the texts of the request into vectors.
    Embeddings {
        /// One a text, in the order of the texts.
        vectors: Vec<Vec<f32>>,
    },
}

impl Answer {
    /// The answer as the events and the errors of an ideal provider: what a fake sends whose wire carries core's own
    /// events, and what one compares with whose wire does not.
    pub fn items(&self) -> Vec<outcrop_core::Result<Event>> {
        match self {
            Self::Refuse(fault) => vec![Err(fault.error())],
            Self::Reply(reply) => reply.items(),
            Self::Silence | Self::TokenCount { .. } | Self::Embeddings { .. } => Vec::new(),
        }
    }

    /// How long the upstream waits before it sends the first byte.
    pub fn delay(&self) -> Duration {
        match self {
            Self::Reply(reply) => Duration::from_millis(reply.delay_ms),
            _ => Duration::ZERO,
        }
    }

    /// In pieces of how many bytes the upstream writes; as it likes if `None`.
    pub const fn chunk_bytes(&self) -> Option<usize> {
        match self {
            Self::Reply(reply) => reply.chunk_bytes,
            _ => None,
        }
    }

    /// Whether the upstream says nothing more and keeps the connection open, for as long as the caller does.
    pub fn stays_open(&self) -> bool {
        match self {
            Self::Silence => true,
            Self::Reply(reply) => reply.steps.last() == Some(&Step::Stall),
            Self::Refuse(_) | Self::TokenCount { .. } | Self::Embeddings { .. } => false,
        }
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl From<Fault> for Answer {
    fn from(fault: Fault) -> Self {
        Self::Refuse(fault)
    }
}

/// An answer that begins, step by step. A reply without an end, a fault or silence as its last step is over there: see
/// [`Step::HangUp`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Reply {
    /// How long the upstream waits before it sends the first byte.
    pub delay_ms: u64,
    /// In pieces of how many bytes the upstream writes; as it likes if `None`. A fake without a wire ignores it.
    pub chunk_bytes: Option<usize>,
    /// What it sends, in order.
    pub steps: Vec<Step>,
}

/// One thing that an upstream sends, or does.
///
/// Blocks are those of the event grammar of core. An upstream whose wire has no sign for the beginning or the end of a
/// block sends nothing there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Step {
    /// A block begins.
    Open {
        /// Its index.
        index: u32,
        /// Its kind.
        block: Block,
    },
    /// A block grows.
    Delta {
        /// Its index.
        index: u32,
        /// By what.
        delta: Delta,
    },
    /// A block is complete.
    Close {
        /// Its index.
        index: u32,
    },
    /// The answer is complete.
    End {
        /// Why the model stopped, in the words of core; the upstream says it in its own.
        stop_reason: StopReason,
        /// The tokens used; the upstream says nothing of them if this is `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usage: Option<Usage>,
    },
    /// An error comes in the middle of the answer, in the way of the wire.
    Fail(Fault),
    /// The upstream closes the connection without a further word. What it sent before has arrived.
    HangUp,
    /// The upstream says nothing more, and keeps the connection open for as long as the caller does.
    Stall,
}

/// An error of the upstream: it is put in the upstream's own words, and the provider shall find out its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Fault {
    /// The kind.
    pub kind: ErrorKind,
    /// How long the upstream asks the caller to wait, in whole seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
}

impl Fault {
    /// An error of a kind.
    pub const fn new(kind: ErrorKind) -> Self {
        Self { kind, retry_after_seconds: None }
    }

    /// The same, with the upstream's wish to be left alone for a time.
    pub const fn retry_after_seconds(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// The error as a provider tells it that lost none of it.
    fn error(&self) -> Error {
        let error = Error::new(self.kind, "the upstream failed");
        match self.retry_after_seconds {
            Some(seconds) => error.with_retry(Retry::After(Duration::from_secs(seconds))),
            None => error,
        }
    }
}

impl Reply {
    /// An answer that has begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long the upstream waits before it sends the first byte.
    pub fn delayed(mut self, delay: Duration) -> Self {
        self.delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Sets in pieces of how many bytes the upstream writes.
    pub const fn in_chunks_of(mut self, bytes: usize) -> Self {
        self.chunk_bytes = Some(bytes);
        self
    }

    /// Adds a step.
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// A piece of text; pieces that follow each other are one block.
    pub fn text(self, text: &str) -> Self {
        self.grow(Block::Text, Delta::Text { text: text.to_owned() })
    }

    /// A piece of reasoning; pieces that follow each other are one block.
    pub fn reasoning(self, text: &str) -> Self {
        self.grow(Block::Reasoning, Delta::Reasoning { text: text.to_owned() })
    }

    /// The signature of the reasoning before it, or a piece of it.
    pub fn signature(self, signature: &str) -> Self {
        self.grow(Block::Reasoning, Delta::Signature { signature: signature.to_owned() })
    }

    /// Reasoning that only the upstream can read, in a block of its own.
    pub fn redacted(self, data: &[u8]) -> Self {
        self.close().grow(Block::Reasoning, Delta::Redacted { data: data.to_vec().into() })
    }

    /// A call of a tool, with the arguments in pieces of JSON text.
    pub fn tool_call(self, id: &str, name: &str, input: &[&str]) -> Self {
        let reply = self.close();
        let index = reply.next_index();
        let opened = reply.step(Step::Open { index, block: Block::tool_use(id, name) });
        let delta = |json: &&str| Step::Delta { index, delta: Delta::ToolInput { json: (*json).to_owned() } };
        input.iter().map(delta).fold(opened, Self::step).step(Step::Close { index })
    }

    /// Ends as a finished turn, without a word on usage.
    pub fn end(self) -> Self {
        self.end_for(StopReason::EndTurn)
    }

    /// Ends for a reason, without a word on usage.
    pub fn end_for(self, stop_reason: StopReason) -> Self {
        self.close().step(Step::End { stop_reason, usage: None })
    }

    /// Ends as a finished turn that used that many tokens.
    pub fn end_with_usage(self, usage: Usage) -> Self {
        self.close().step(Step::End { stop_reason: StopReason::EndTurn, usage: Some(usage) })
    }

    /// Fails here, with a block open if one is.
    pub fn fail(self, fault: Fault) -> Self {
        self.step(Step::Fail(fault))
    }

    /// The connection closes here.
    pub fn hang_up(self) -> Self {
        self.step(Step::HangUp)
    }

    /// Nothing more comes from here on.
    pub fn stall(self) -> Self {
        self.step(Step::Stall)
    }

    /// The block that is open, if the last step was part of one.
    fn open(&self) -> Option<(u32, &Block)> {
        let index = match self.steps.last()? {
            Step::Open { index, .. } | Step::Delta { index, .. } => *index,
            _ => return None,
        };
        self.steps.iter().rev().find_map(|step| match step {
            Step::Open { index: opened, block } if *opened == index => Some((index, block)),
            _ => None,
        })
    }

    fn next_index(&self) -> u32 {
        let opened = self.steps.iter().filter_map(|step| match step {
            Step::Open { index, .. } => Some(*index),
            _ => None,
        });
        opened.max().map_or(0, |last| last + 1)
    }

    fn grow(self, block: Block, delta: Delta) -> Self {
        if let Some((index, open)) = self.open()
            && *open == block
        {
            return self.step(Step::Delta { index, delta });
        }
        let reply = self.close();
        let index = reply.next_index();
        reply.step(Step::Open { index, block }).step(Step::Delta { index, delta })
    }

    fn close(self) -> Self {
        match self.open() {
            Some((index, _)) => self.step(Step::Close { index }),
            None => self,
        }
    }

    /// What a provider that keeps every law makes of it. This is what the kit compares with, and what a harness of an
    /// upstream that answers in one piece sends.
    pub fn ideal(&self) -> Collected {
        let mut collector = Collector::new();
        for item in self.items() {
            collector.push(item);
        }
        collector.finish()
    }

    /// The events of such a provider; see [`Answer::items`].
    fn items(&self) -> Vec<outcrop_core::Result<Event>> {
        let start = Ok(Event::Start(Start::default()));
        let breaks_a_call = self.breaks_a_call();
        let told = self.steps.iter().map_while(Step::item).map(|mut item| {
            if let Ok(Event::End(end)) = &mut item
                && breaks_a_call
                && !end.stop_reason.may_break_tool_input()
            {
                end.stop_reason = StopReason::MalformedToolUse;
            }
            item
        });
        std::iter::once(start).chain(told).collect()
    }

    /// Whether the arguments of a call that closed are no JSON.
    fn breaks_a_call(&self) -> bool {
        let input = |closed: u32| {
            self.steps.iter().filter_map(move |step| match step {
                Step::Delta { index, delta: Delta::ToolInput { json } } if *index == closed => {
                    Some(json.as_str())
                }
                _ => None,
            })
        };
        self.steps.iter().any(|step| {
            matches!(step, Step::Close { index } if !is_tool_input(&input(*index).collect::<String>()))
        })
    }
}

impl Step {
    /// The step as an ideal provider passes it on; `None` where nothing more comes.
    fn item(&self) -> Option<outcrop_core::Result<Event>> {
        Some(Ok(match self.clone() {
            Self::Open { index, block } => Event::Open { index, block },
            Self::Delta { index, delta } => Event::Delta { index, delta },
            Self::Close { index } => Event::Close { index },
            Self::End { stop_reason, usage } => Event::End(Box::new(End { usage, ..End::new(stop_reason) })),
            Self::Fail(fault) => return Some(Err(fault.error())),
            Self::HangUp | Self::Stall => return None,
        }))
    }
}

#[cfg(test)]
mod tests;
