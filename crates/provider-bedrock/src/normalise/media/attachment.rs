//! What can be attached to a message, and what stands in its way.

use outcrop_core::{
    Content, Document, DocumentFormat, DocumentSource, Guard, GuardContent, Image, ImageFormat, Message,
    Modality, Source, ToolResultContent,
};

use super::format::longer_side;
use super::{EMPTY, GUARDED_FORMAT, IN_ANSWER, IN_S3, NOT_TAKEN, SURPLUS, TOO_LARGE};
use crate::target::Target;

const KIB: usize = 1024;

/// The largest image for Claude: 5 MB as base64. (Limit of Anthropic's API, and "3.75 MB" in `Message` of the service
/// model; "API restrictions" in the user guide: Bedrock itself sets no limit for images.)
const CLAUDE_IMAGE: usize = 3840 * KIB;
/// The largest document ("API restrictions" in the Bedrock user guide: 4.5 MB).
const DOCUMENT: usize = 4608 * KIB;
/// The largest video within a request (`VideoSource`: less than 25 MB as base64).
const VIDEO: usize = 19_200 * KIB;
/// The longest side of an image in pixels (`Message` of the service model; Nova's user guide has the same).
const SIDE: usize = 8000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Image,
    Document,
    Video,
    Audio,
}

/// Why something cannot be sent where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Obstacle {
    /// The model takes nothing of that kind.
    NotTaken,
    /// There is nothing in it.
    Empty,
    /// It has more bytes than these.
    TooLarge { most: usize },
    /// It has a side of more pixels than these.
    TooWide { most: usize },
    /// It lies in Amazon S3, where the model does not read.
    InS3,
    /// Guardrails take no image of that format.
    GuardedFormat,
    /// "You can only include images and documents if the role is user." (`Message` of the service model.)
    InAnswer,
    /// There are newer ones, and no more are taken.
    Surplus,
}

impl Obstacle {
    pub(super) const fn rule(self) -> &'static str {
        match self {
            Self::NotTaken => NOT_TAKEN,
            Self::Empty => EMPTY,
            Self::TooLarge { .. } | Self::TooWide { .. } => TOO_LARGE,
            Self::InS3 => IN_S3,
            Self::GuardedFormat => GUARDED_FORMAT,
            Self::InAnswer => IN_ANSWER,
            Self::Surplus => SURPLUS,
        }
    }

    /// The reason, for the model and for people.
    pub(super) fn why(self, kind: Kind, count: usize) -> String {
        let noun = kind.noun();
        let (them, their) = if count == 1 { ("it", "its") } else { ("them", "their") };
        match self {
            Self::NotTaken => format!("this model takes no {noun}s"),
            Self::Empty => format!("there was nothing in {them}"),
            Self::TooLarge { .. } | Self::TooWide { .. } => "too large for this model".to_owned(),
            Self::InS3 => "this model does not read from Amazon S3".to_owned(),
            Self::GuardedFormat => "guardrails look at png and jpeg only".to_owned(),
            Self::InAnswer => format!("an answer that is sent back holds no {noun}s"),
            Self::Surplus => format!("newer ones took {their} place"),
        }
    }
}

impl Kind {
    pub(super) const fn noun(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Document => "document",
            Self::Video => "video",
            Self::Audio => "audio clip",
        }
    }

    pub(super) const fn with_article(self) -> &'static str {
        match self {
            Self::Image => "an image",
            Self::Document => "a document",
            Self::Video => "a video",
            Self::Audio => "an audio clip",
        }
    }

    fn is_taken(self, target: &Target) -> bool {
        let modality = match self {
            Self::Image => Modality::Image,
            Self::Document => Modality::Document,
            Self::Video => Modality::Video,
            Self::Audio => Modality::Audio,
        };
        !target.takes(&modality).is_no()
    }
}

/// An image, document, video or sound, as far as limits go.
#[derive(Debug)]
pub(super) struct Attachment {
    pub kind: Kind,
    pub format: &'static str,
    /// Its size, if it is a file and here.
    pub bytes: Option<usize>,
    /// The longer side of an image in pixels, where its bytes tell.
    pub side: Option<usize>,
    empty: bool,
    in_s3: bool,
    guarded: bool,
}

impl Attachment {
    pub(super) fn of(content: &Content) -> Option<Self> {
        match content {
            Content::Image(image) => Some(Self::image(image)),
            Content::Guard(Guard { content: GuardContent::Image(image), .. }) => {
                Some(Self { guarded: true, ..Self::image(image) })
            }
            Content::Document(document) => Some(Self::document(document)),
            Content::Video(video) => Some(Self::file(Kind::Video, video.format.as_str(), &video.source)),
            Content::Audio(audio) => Some(Self::file(Kind::Audio, audio.format.as_str(), &audio.source)),
            _ => None,
        }
    }

    pub(super) fn of_result(content: &ToolResultContent) -> Option<Self> {
        match content {
            ToolResultContent::Image(image) => Some(Self::image(image)),
            ToolResultContent::Document(document) => Some(Self::document(document)),
            ToolResultContent::Video(video) => {
                Some(Self::file(Kind::Video, video.format.as_str(), &video.source))
            }
            _ => None,
        }
    }

    /// All of a message, those in tool results included.
    pub(super) fn all(message: &Message) -> impl Iterator<Item = Self> {
        message.content.iter().flat_map(|content| {
            let inside = match content {
                Content::ToolResult(result) => result.content.as_slice(),
                _ => &[],
            };
            Self::of(content).into_iter().chain(inside.iter().filter_map(Self::of_result))
        })
    }

    fn image(image: &Image) -> Self {
        let side = longer_side(image);
        Self { side, ..Self::file(Kind::Image, image.format.as_str(), &image.source) }
    }

    fn file(kind: Kind, format: &'static str, source: &Source) -> Self {
        let bytes = match source {
            Source::Bytes(bytes) => Some(bytes.as_bytes().len()),
            _ => None,
        };
        let in_s3 = matches!(source, Source::S3(_));
        Self { kind, format, bytes, side: None, empty: bytes == Some(0), in_s3, guarded: false }
    }

    fn document(document: &Document) -> Self {
        let (bytes, empty) = match &document.source {
            DocumentSource::Bytes(bytes) => (Some(bytes.as_bytes().len()), bytes.as_bytes().is_empty()),
            DocumentSource::Text(text) => (Some(text.len()), text.trim().is_empty()),
            DocumentSource::Passages(passages) => {
                let bytes = passages.iter().map(String::len).sum();
                (Some(bytes), passages.iter().all(|passage| passage.trim().is_empty()))
            }
            _ => (None, false),
        };
        let in_s3 = matches!(document.source, DocumentSource::S3(_));
        let format = document.format.as_str();
        Self { kind: Kind::Document, format, bytes, side: None, empty, in_s3, guarded: false }
    }

    /// What keeps it from being sent to a model, wherever it stands.
    pub(super) fn obstacle(&self, target: &Target) -> Option<Obstacle> {
        if !self.kind.is_taken(target) {
            return Some(Obstacle::NotTaken);
        }
        if self.in_s3 && self.kind != Kind::Audio && !target.reads_from_s3() {
            return Some(Obstacle::InS3);
        }
        if self.empty {
            return Some(Obstacle::Empty);
        }
        let shown_to_guardrails = [ImageFormat::Png, ImageFormat::Jpeg].map(ImageFormat::as_str);
        if self.guarded && !shown_to_guardrails.contains(&self.format) {
            return Some(Obstacle::GuardedFormat);
        }
        if self.side.is_some_and(|side| side > SIDE) && (target.is_claude() || target.is_amazon()) {
            return Some(Obstacle::TooWide { most: SIDE });
        }
        let most = self.most_bytes(target)?;
        (self.bytes? > most).then_some(Obstacle::TooLarge { most })
    }

    fn most_bytes(&self, target: &Target) -> Option<usize> {
        match self.kind {
            Kind::Image => target.is_claude().then_some(CLAUDE_IMAGE),
            Kind::Document => (!self.is_read_by_the_model(target)).then_some(DOCUMENT),
            Kind::Video => target.is_amazon().then_some(VIDEO),
            Kind::Audio => None,
        }
    }

    /// Whether the model reads the document's file itself, so that the service's limit does not hold: "For Claude 4 and
    /// subsequent versions, the 4.5 MB document size restriction doesn't apply to PDF format. For Nova models, (…) to
    /// PDF and DOCX formats." ("API restrictions" in the Bedrock user guide.)
    fn is_read_by_the_model(&self, target: &Target) -> bool {
        let [pdf, docx] = [DocumentFormat::Pdf, DocumentFormat::Docx].map(DocumentFormat::as_str);
        match target.maker.as_deref() {
            Some("anthropic") => self.format == pdf && !target.is_before_claude_4(),
            Some("amazon") => self.format == pdf || self.format == docx,
            _ => false,
        }
    }
}
