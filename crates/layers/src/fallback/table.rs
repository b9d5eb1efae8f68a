//! What can be done about an error elsewhere: one row a kind.

use outcrop_core::{
    Capabilities, Content, Error, ErrorKind, Request, Thinking, ThinkingLevel, ToolResultContent,
};

/// Which alternatives can help after an error, and whether the target that failed is left alone for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FallbackRule {
    /// The kind of the error.
    pub kind: ErrorKind,
    /// Who can help.
    pub helps: Helps,
    /// Whether the error says something of the target, and not of the request: then the target is left alone for a time.
    pub cools: bool,
}

/// Which alternatives can help after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Helps {
    /// None: the error would come again, or is nobody's business elsewhere. But if an alternative fails so, that may be its
    /// own fault, and the others are asked all the same; only that an answer was filtered, and that the caller cancelled,
    /// is the last word whoever says it.
    Nobody,
    /// Every one.
    Anybody,
    /// One of another provider: who calls, and how, is the same for all models of one.
    AnotherProvider,
    /// One whose context window is known to be larger.
    LargerWindow,
    /// One that is not known to lack what the request needs.
    Able,
}

const fn row(kind: ErrorKind, helps: Helps, cools: bool) -> FallbackRule {
    FallbackRule { kind, helps, cools }
}

/// What a [`FallbackProvider`](crate::FallbackProvider) does about each kind of error. A kind that is not here helps
/// nobody.
pub const FALLBACK_RULES: &[FallbackRule] = &[
    row(ErrorKind::Throttled, Helps::Anybody, true),
    row(ErrorKind::QuotaExceeded, Helps::Anybody, true),
    row(ErrorKind::Unavailable, Helps::Anybody, true),
    row(ErrorKind::Timeout, Helps::Anybody, true),
    row(ErrorKind::Network, Helps::Anybody, true),
    row(ErrorKind::Interrupted, Helps::Anybody, true),
    row(ErrorKind::Protocol, Helps::Anybody, true),
    row(ErrorKind::PermissionDenied, Helps::Anybody, true),
    row(ErrorKind::ModelAccess, Helps::Anybody, true),
    row(ErrorKind::ModelNotFound, Helps::Anybody, true),
    row(ErrorKind::ProfileRequired, Helps::Anybody, true),
    row(ErrorKind::Unauthenticated, Helps::AnotherProvider, true),
    row(ErrorKind::ContextOverflow, Helps::LargerWindow, false),
    row(ErrorKind::Unsupported, Helps::Able, false),
    row(ErrorKind::InvalidRequest, Helps::Nobody, false),
    row(ErrorKind::Filtered, Helps::Nobody, false),
    row(ErrorKind::Config, Helps::Nobody, false),
    row(ErrorKind::Cancelled, Helps::Nobody, false),
    row(ErrorKind::Unexpected, Helps::Nobody, false),
];

/// The row of a kind.
pub(super) fn rule(kind: ErrorKind) -> FallbackRule {
    FALLBACK_RULES.iter().copied().find(|rule| rule.kind == kind).unwrap_or(row(kind, Helps::Nobody, false))
}

/// What is known of an alternative, as far as it matters here.
pub(super) struct Alternative<'a> {
    pub(super) is_same_provider: bool,
    pub(super) capabilities: &'a Capabilities,
}

/// Whether an alternative can help after an error.
///
/// `failed` is what is known of the target that failed; `needs` says whether a request needs something that is known to
/// be lacking.
pub(super) fn can_help(
    error: &Error,
    failed: &Capabilities,
    alternative: &Alternative<'_>,
    lacks: impl FnOnce(&Capabilities) -> bool,
) -> bool {
    match rule(error.kind()).helps {
        Helps::Nobody => false,
        Helps::Anybody => true,
        Helps::AnotherProvider => !alternative.is_same_provider,
        Helps::LargerWindow => {
            let window = alternative.capabilities.context_window.map(u64::from);
            let limit = error.overflow().and_then(|overflow| overflow.limit);
            let exceeded = limit.or_else(|| failed.context_window.map(u64::from));
            matches!((window, exceeded), (Some(window), Some(exceeded)) if window > exceeded)
        }
        Helps::Able => !lacks(alternative.capabilities),
    }
}

/// Whether a request needs something that a model is known not to have.
pub(super) fn lacks(capabilities: &Capabilities, request: &Request) -> bool {
    let contents = || request.messages.iter().flat_map(|message| &message.content);
    let any = |is: fn(&Content) -> bool| contents().any(is);
    let thinks = |thinking: Thinking| thinking.level != ThinkingLevel::Off;
    let needed = [
        (capabilities.system, !request.system.is_empty()),
        (capabilities.tools, !request.tools.is_empty()),
        (capabilities.images, any(has_image)),
        (capabilities.documents, any(has_document)),
        (capabilities.video, any(|content| matches!(content, Content::Video(_)))),
        (capabilities.audio, any(|content| matches!(content, Content::Audio(_)))),
        (capabilities.reasoning, request.thinking.is_some_and(thinks)),
        (capabilities.structured_output, request.output.is_some()),
    ];
    needed.into_iter().any(|(support, is_needed)| is_needed && support.is_no())
}

fn has_image(content: &Content) -> bool {
    match content {
        Content::Image(_) => true,
        Content::ToolResult(result) => {
            result.content.iter().any(|part| matches!(part, ToolResultContent::Image(_)))
        }
        _ => false,
    }
}

fn has_document(content: &Content) -> bool {
    match content {
        Content::Document(_) => true,
        Content::ToolResult(result) => {
            result.content.iter().any(|part| matches!(part, ToolResultContent::Document(_)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use outcrop_core::{Blob, Image, ImageFormat, Overflow, Source, Support, ToolSpec};

    use super::*;

    #[test]
    fn every_kind_has_one_row() {
        for kind in ErrorKind::ALL {
            let rows = FALLBACK_RULES.iter().filter(|rule| rule.kind == *kind).count();
            assert_eq!(rows, 1, "{kind:?}");
        }
        assert_eq!(FALLBACK_RULES.len(), ErrorKind::ALL.len());
    }

    #[test]
    fn what_would_be_the_same_elsewhere_neither_moves_on_nor_cools() {
        for rule in FALLBACK_RULES.iter().filter(|rule| rule.helps == Helps::Nobody) {
            assert!(!rule.cools, "{rule:?}");
        }
    }

    fn window(tokens: impl Into<Option<u32>>) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.context_window = tokens.into();
        capabilities
    }

    #[test]
    fn only_a_window_that_is_known_to_be_larger_helps_against_an_overflow() {
        let overflow = Error::new(ErrorKind::ContextOverflow, "too long");
        let told = overflow.clone().with_overflow(Overflow::new(None, None, Some(300)));
        let cases = [
            (&overflow, window(200), window(201), true),
            (&overflow, window(200), window(200), false),
            (&overflow, window(200), window(None), false),
            (&overflow, window(None), window(1000), false),
            (&told, window(200), window(250), false),
            (&told, window(None), window(301), true),
        ];
        for (error, failed, alternative, helps) in cases {
            let alternative = Alternative { is_same_provider: true, capabilities: &alternative };
            assert_eq!(can_help(error, &failed, &alternative, |_| true), helps, "{error:?} {failed:?}");
        }
    }

    #[test]
    fn what_a_request_needs_is_found_wherever_it_stands() {
        let image = || Image { format: ImageFormat::Png, source: Source::Bytes(Blob::new(&b"x"[..])) };
        let with = |set: fn(&mut Capabilities)| {
            let mut capabilities = Capabilities::default();
            set(&mut capabilities);
            capabilities
        };
        let images = with(|it| it.images = Support::No);
        let tools = with(|it| it.tools = Support::No);
        let plain = Request::new("m").user("Hi");
        assert!(!lacks(&images, &plain) && !lacks(&tools, &plain));
        let seen = Request::new("m").user(vec![Content::Image(image())]);
        assert!(lacks(&images, &seen) && !lacks(&tools, &seen));
        let mut result = outcrop_core::ToolResult::text("c", "look");
        result.content.push(ToolResultContent::Image(image()));
        assert!(lacks(&images, &Request::new("m").user(vec![Content::ToolResult(result)])));
        let spec = ToolSpec::new("look", "Looks.", serde_json::json!({ "type": "object" }));
        assert!(lacks(&tools, &plain.tool(spec)));
    }
}
