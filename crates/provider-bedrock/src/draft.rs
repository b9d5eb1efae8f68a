//! From a request to the bytes that are sent, without anybody being called.

use bytes::Bytes;
use outcrop_core::{Request, Result};

use crate::normalise::{Normalised, normalise};
use crate::target::Target;
use crate::wire::encode;
use crate::{BedrockSettings, options};

/// A request as it goes over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub normalised: Normalised,
    pub body: Bytes,
}

/// What the body is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// The answer in one piece.
    Converse,
    /// The answer as a stream.
    ConverseStream,
    /// The length of the prompt.
    CountTokens,
}

impl Operation {
    /// The operation's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Converse => "Converse",
            Self::ConverseStream => "ConverseStream",
            Self::CountTokens => "CountTokens",
        }
    }
}

impl Draft {
    /// The draft of a request to a model, by the provider with that id.
    pub(crate) fn new(
        request: &Request,
        provider: &str,
        settings: &BedrockSettings,
        target: &Target,
        operation: Operation,
    ) -> Result<Self> {
        let streaming = operation == Operation::ConverseStream;
        let options = options::merged(request, provider, settings, streaming)?;
        let normalised = normalise(request, &options, settings.caching, target)?;
        options::check_prompt(&options, &normalised, provider, target)?;
        let options = options::completed(options, &normalised);
        let body = match operation {
            Operation::CountTokens => encode::count_tokens_body(&normalised, &options)?,
            Operation::Converse | Operation::ConverseStream => encode::converse_body(&normalised, &options)?,
        };
        Ok(Self { normalised, body: body.into() })
    }
}
