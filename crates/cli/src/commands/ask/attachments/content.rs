//! From files to the blocks of a message, as far as the model takes them.

use outcrop::Error;
use outcrop_core::{
    Audio, Blob, Capabilities, Content, Document, DocumentSource, Image, S3Location, Source, Support, Video,
};

use super::{Attachment, Body, Kind, MOST_DOCUMENTS};

/// The blocks of a message, in the order of the files. `model`: what to call the one that is asked.
///
/// # Errors
/// For a file that the model does not take and that cannot be a part of the prompt.
pub(in crate::commands::ask) fn contents(
    attachments: Vec<Attachment>,
    capabilities: &Capabilities,
    model: &str,
) -> Result<Vec<Content>, Error> {
    let documents = attachments.iter().filter(|attachment| attachment.is_document()).count();
    let inline = capabilities.documents.is_no() || documents > MOST_DOCUMENTS;
    attachments
        .into_iter()
        .map(|attachment| {
            if attachment.kind == Kind::Text || (inline && attachment.can_be_inline()) {
                return Ok(attachment.into_text());
            }
            match attachment.supported(capabilities) {
                Support::No => Err(not_taken(&attachment, capabilities, model)),
                Support::Yes | Support::Unknown => Ok(attachment.into_block()),
            }
        })
        .collect()
}

impl Attachment {
    pub(super) const fn is_document(&self) -> bool {
        matches!(self.kind, Kind::Document(_))
    }

    /// Whether it can be a part of the prompt instead of a block of its own.
    pub(super) const fn can_be_inline(&self) -> bool {
        self.kind.is_text() && matches!(self.body, Body::Bytes(_))
    }

    const fn supported(&self, capabilities: &Capabilities) -> Support {
        match self.kind {
            Kind::Image(_) => capabilities.images,
            Kind::Document(_) => capabilities.documents,
            Kind::Video(_) => capabilities.video,
            Kind::Audio(_) => capabilities.audio,
            Kind::Text => Support::Yes,
        }
    }

    /// A part of the prompt: the text under its name, between fences that it does not have itself.
    fn into_text(self) -> Content {
        let bytes = match self.body {
            Body::Bytes(bytes) => bytes,
            Body::S3(_) => Vec::new(),
        };
        let text = String::from_utf8_lossy(&bytes);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        let end = if text.ends_with('\n') { "" } else { "\n" };
        Content::text(format!("{}:\n{fence}\n{text}{end}{fence}", self.name))
    }

    fn into_block(self) -> Content {
        match self.kind {
            Kind::Image(format) => Content::Image(Image { format, source: self.body.into_source() }),
            Kind::Video(format) => Content::Video(Video { format, source: self.body.into_source() }),
            Kind::Audio(format) => Content::Audio(Audio { format, source: self.body.into_source() }),
            Kind::Document(format) => {
                let source = match self.body {
                    Body::Bytes(bytes) => DocumentSource::Bytes(Blob::from(bytes)),
                    Body::S3(uri) => DocumentSource::S3(in_s3(uri)),
                };
                let name = Some(plain(&self.name));
                Content::Document(Document { name, ..Document::new(format, source) })
            }
            Kind::Text => self.into_text(),
        }
    }
}

impl Body {
    fn into_source(self) -> Source {
        match self {
            Self::Bytes(bytes) => Source::Bytes(Blob::from(bytes)),
            Self::S3(uri) => Source::S3(in_s3(uri)),
        }
    }
}

/// The name of a document, in the characters that every service accepts: nothing to warn somebody of who named a file.
fn plain(name: &str) -> String {
    name.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '-' }).collect()
}

const fn in_s3(uri: String) -> S3Location {
    S3Location { uri, bucket_owner: None }
}

fn not_taken(attachment: &Attachment, capabilities: &Capabilities, model: &str) -> Error {
    let taken = [
        ("images", capabilities.images),
        ("documents", capabilities.documents),
        ("video", capabilities.video),
        ("sound", capabilities.audio),
    ];
    let taken = taken.iter().filter(|(_, support)| support.is_yes()).map(|(what, _)| *what);
    let taken: Vec<_> = std::iter::once("text").chain(taken).collect();
    let message =
        format!("{} is {}, which `{model}` does not take", attachment.path, attachment.kind.described());
    Error::unsupported(message)
        .with_hint(format!("it takes {}", taken.join(", ")))
        .with_hint("`outcrop models list` shows what the others take")
}
