//! The answer's side of structured output: the arguments of the hidden tool become text, and the text is held against the
//! schema.

use outcrop_core::{EventStream, Response};

use crate::normalise::Structured;

/// The stream of an answer that has to follow a schema.
pub(crate) fn watch(stream: EventStream, _structured: Option<&Structured>) -> EventStream {
    stream
}

/// The same for an answer in one piece.
pub(crate) fn settle(_response: &mut Response, _structured: Option<&Structured>) {}
