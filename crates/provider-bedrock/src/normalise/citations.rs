//! What may be cited, and how documents that are text travel: both hang together.
//!
//! - "This model doesn't support citations.": of the families of Bedrock, Claude does.
//! - "Citations are not supported in tool result documents."
//! - "Unsupported document format. Only txt and pdf formats are supported when citations are enabled."
//! - Claude wants them of all sources or of none (<https://platform.claude.com/docs/en/build-with-claude/citations>); how
//!   far that holds for what Bedrock itself makes text of is not documented, so that only a refusal tells.
//! - Without citations a document is bytes or an object of S3: "DocumentSource object at … must set one of the following
//!   keys: bytes, s3Location". With them, text is text: bytes of it are taken for a PDF, which they are not.

use outcrop_core::{Blob, Content, Document, DocumentFormat, DocumentSource, Message, ToolResultContent};

use super::{Warnings, plural};
use crate::learnt::Refusal;
use crate::target::Target;

pub(super) const RULES: &[&str] = &[CITATIONS, CITED_TEXT, DOCUMENT_PASSAGES];

const CITATIONS: &str = "citations";
const CITED_TEXT: &str = "cited-text";
const DOCUMENT_PASSAGES: &str = "document-passages";

/// Gives documents that are text a format of text, whatever they are said to be: limits and places go by the format.
pub(super) fn name_texts(messages: &mut [Message]) {
    for content in messages.iter_mut().flat_map(|message| &mut message.content) {
        match content {
            Content::Document(document) => name_text(document),
            Content::ToolResult(result) => {
                let parts = result.content.iter_mut().filter_map(|part| match part {
                    ToolResultContent::Document(document) => Some(document),
                    _ => None,
                });
                parts.for_each(name_text);
            }
            _ => {}
        }
    }
}

fn name_text(document: &mut Document) {
    let is_said = matches!(document.source, DocumentSource::Text(_) | DocumentSource::Passages(_));
    if is_said && !is_text(document.format) {
        document.format = DocumentFormat::Txt;
    }
}

/// What [`adapt`] did.
#[derive(Default)]
struct Repairs {
    /// Nobody may cite these.
    uncited: usize,
    /// Texts without the passages that they rest on.
    plain: usize,
    /// Documents of passages that became one text.
    joined: usize,
}

/// Asks for citations where they can be given, and sends every document in the form that goes with that.
pub(super) fn adapt(messages: &mut [Message], target: &Target, warnings: &mut Warnings) {
    let never = target.refuses(&Refusal::Citations) || target.maker.is_some() && !target.is_claude();
    let mut repairs = Repairs::default();
    for content in messages.iter_mut().flat_map(|message| &mut message.content) {
        match content {
            Content::Document(document) => settle(document, never, &mut repairs),
            Content::SearchResult(result) if never && result.citations => {
                result.citations = false;
                repairs.uncited += 1;
            }
            Content::Citations(cited) if never => {
                *content = Content::text(std::mem::take(&mut cited.text));
                repairs.plain += 1;
            }
            Content::ToolResult(result) => {
                for part in &mut result.content {
                    match part {
                        ToolResultContent::Document(document) => settle(document, true, &mut repairs),
                        ToolResultContent::SearchResult(result) if never && result.citations => {
                            result.citations = false;
                            repairs.uncited += 1;
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    warnings.counted(CITATIONS, repairs.uncited, |count| {
        format!("asked for no citations of {}, which cannot be cited here", plural(count, "source"))
    });
    warnings.counted(CITED_TEXT, repairs.plain, |count| {
        format!("sent {} without the passages cited: this model takes none", plural(count, "text"))
    });
    warnings.counted(DOCUMENT_PASSAGES, repairs.joined, |count| {
        format!(
            "joined the passages of {} into one text: only what is cited comes in passages",
            plural(count, "document")
        )
    });
}

fn settle(document: &mut Document, never: bool, repairs: &mut Repairs) {
    if document.citations && (never || !make_citable(document)) {
        document.citations = false;
        repairs.uncited += 1;
    }
    if document.citations {
        return;
    }
    let text = match &mut document.source {
        DocumentSource::Text(text) => std::mem::take(text),
        DocumentSource::Passages(passages) => {
            repairs.joined += usize::from(passages.len() > 1);
            passages.join("\n\n")
        }
        _ => return,
    };
    document.source = DocumentSource::Bytes(Blob::from(text.into_bytes()));
}

/// Puts a document into the form in which it can be cited, if there is one.
fn make_citable(document: &mut Document) -> bool {
    if document.format == DocumentFormat::Pdf && matches!(document.source, DocumentSource::Bytes(_)) {
        return true;
    }
    match &document.source {
        DocumentSource::Bytes(bytes) if is_text(document.format) => {
            let Ok(text) = std::str::from_utf8(bytes.as_bytes()) else { return false };
            document.source = DocumentSource::Text(text.to_owned());
        }
        DocumentSource::Bytes(_) => return false,
        DocumentSource::S3(_) => return true,
        _ => {}
    }
    document.format = DocumentFormat::Txt;
    true
}

const fn is_text(format: DocumentFormat) -> bool {
    use DocumentFormat::{Csv, Html, Md, Txt};
    matches!(format, Txt | Md | Csv | Html)
}
