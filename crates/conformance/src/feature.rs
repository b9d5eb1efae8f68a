//! What a provider and its upstream may be able to do.

use std::fmt;

use outcrop_core::{Capabilities, ErrorKind, StopReason, Support};

/// Something that a scenario needs. A manifest declares all of them except those that it names with a reason; text in
/// and text out, cancelling, and a connection that breaks are what every provider has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// A system prompt.
    System,
    /// Reasoning that can be read.
    Reasoning,
    /// Reasoning with a signature, which goes back with the next request.
    ReasoningSignature,
    /// Reasoning that only the upstream can read, which goes back with the next request.
    RedactedReasoning,
    /// Tools, their calls and their results.
    Tools,
    /// Several calls in one answer.
    ParallelTools,
    /// Blocks that grow in turns.
    Interleaving,
    /// Images in the request.
    Images,
    /// Documents in the request.
    Documents,
    /// Tokens used, in an answer.
    Usage,
    /// Tokens read from and written to a prompt cache, in an answer.
    CacheUsage,
    /// A wait that the upstream asks for, in whole seconds.
    RetryAfter,
    /// Answers that end for this reason. [`StopReason::EndTurn`] is what every provider has.
    Stop(StopReason),
    /// Calls that are refused with an error of this kind.
    Refusal(ErrorKind),
    /// Answers that break off with an error of this kind.
    Failure(ErrorKind),
    /// Counting tokens without an answer.
    TokenCounting,
    /// Embeddings.
    Embeddings,
    /// A catalogue beside the provider.
    Catalog,
}

impl Feature {
    /// What the provider itself says of it, for a model; `None` where capabilities have no word for it.
    pub(crate) const fn support(&self, capabilities: &Capabilities) -> Option<Support> {
        Some(match self {
            Self::System => capabilities.system,
            Self::Reasoning => capabilities.reasoning,
            Self::Tools => capabilities.tools,
            Self::Images => capabilities.images,
            Self::Documents => capabilities.documents,
            Self::TokenCounting => capabilities.token_counting,
            Self::Embeddings => capabilities.embeddings,
            _ => return None,
        })
    }

    /// What has no meaning without another feature. Whoever lacks that one lacks this one too.
    pub(crate) const fn rests_on(&self) -> Option<Self> {
        match self {
            Self::ParallelTools | Self::Stop(StopReason::ToolUse) => Some(Self::Tools),
            Self::ReasoningSignature => Some(Self::Reasoning),
            Self::CacheUsage => Some(Self::Usage),
            Self::RetryAfter => Some(Self::Refusal(ErrorKind::Throttled)),
            _ => None,
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "system prompts",
            Self::Reasoning => "reasoning",
            Self::ReasoningSignature => "signed reasoning",
            Self::RedactedReasoning => "redacted reasoning",
            Self::Tools => "tools",
            Self::ParallelTools => "parallel tool calls",
            Self::Interleaving => "interleaved blocks",
            Self::Images => "images",
            Self::Documents => "documents",
            Self::Usage => "usage",
            Self::CacheUsage => "usage of a prompt cache",
            Self::RetryAfter => "waits that the upstream asks for",
            Self::Stop(reason) => return write!(f, "stop reason `{reason}`"),
            Self::Refusal(kind) => return write!(f, "refusals of the kind {}", kind.name()),
            Self::Failure(kind) => return write!(f, "failures of the kind {} inside an answer", kind.name()),
            Self::TokenCounting => "token counts",
            Self::Embeddings => "embeddings",
            Self::Catalog => "catalogues",
        })
    }
}
