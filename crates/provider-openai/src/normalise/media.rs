//! Images, documents, films and sounds as parts of a user's turn.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outcrop_core::{
    Audio, AudioFormat, Blob, Content, Document, DocumentFormat, DocumentSource, Error, ErrorKind, Image,
    ImageFormat, Modality, Result, Source, Video, VideoFormat,
};
use serde_json::{Value, json};

use super::{Target, Warnings, plural};

pub(super) const RULES: &[&str] = &[NOT_TAKEN, IN_S3, IN_ANSWER, AS_TEXT, CITATIONS];

const NOT_TAKEN: &str = "media-not-taken";
const IN_S3: &str = "media-in-s3";
const IN_ANSWER: &str = "media-in-answer";
const AS_TEXT: &str = "document-as-text";
const CITATIONS: &str = "citations";

/// A part of a user's turn.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Text(String),
    /// Anything else, as it is sent.
    Media(Value),
}

/// What was done, for the warnings.
#[derive(Default)]
pub(super) struct Done {
    not_taken: usize,
    in_s3: usize,
    in_answer: usize,
    as_text: usize,
    citations: usize,
    /// Documents so far, for the names of those that have none.
    documents: usize,
}

impl Done {
    pub(super) fn say(&self, warnings: &mut Warnings) {
        warnings.counted(NOT_TAKEN, self.not_taken, |count| {
            format!(
                "put a note in the place of {} that this model does not take",
                plural(count, "attachment")
            )
        });
        warnings.counted(IN_S3, self.in_s3, |count| {
            format!(
                "put a note in the place of {} in Amazon S3, which this endpoint does not read",
                plural(count, "attachment")
            )
        });
        warnings.counted(IN_ANSWER, self.in_answer, |count| {
            format!(
                "put a note in the place of {} in answers: they cannot be sent back",
                plural(count, "attachment")
            )
        });
        warnings
            .counted(AS_TEXT, self.as_text, |count| format!("sent {} as text", plural(count, "document")));
        warnings.counted(CITATIONS, self.citations, |count| {
            format!(
                "asked for no citations of {}: endpoints of this kind have none",
                plural(count, "document")
            )
        });
    }

    /// The words in the place of something in an answer.
    pub(super) fn in_answer(&mut self, content: &Content) -> String {
        self.in_answer += 1;
        note(kind(content).map_or("attachment", |(_, name)| name), "it cannot be sent back")
    }
}

fn kind(content: &Content) -> Option<(Modality, &'static str)> {
    match content {
        Content::Image(_) => Some((Modality::Image, "image")),
        Content::Document(_) => Some((Modality::Document, "document")),
        Content::Video(_) => Some((Modality::Video, "video")),
        Content::Audio(_) => Some((Modality::Audio, "audio")),
        _ => None,
    }
}

fn note(name: &str, why: &str) -> String {
    format!("({name} left out: {why})")
}

/// The parts for some content; none for what is no part of a user's turn. What cannot be sent is an error where it has
/// just been said (`fresh`), and a note in what was said before, so that the conversation can go on.
pub(super) fn parts(content: &Content, fresh: bool, target: &Target, done: &mut Done) -> Result<Vec<Part>> {
    if let Content::Text(text) = content {
        return Ok(vec![Part::Text(text.text.clone())]);
    }
    let Some((modality, name)) = kind(content) else { return Ok(Vec::new()) };
    let readable = match content {
        Content::Document(document) => {
            done.documents += 1;
            readable(document)
        }
        _ => None,
    };
    let takes = target.input.as_ref().is_none_or(|input| input.contains(&modality));
    if !takes && readable.is_none() {
        if fresh {
            let message = format!("{} takes no {name}", target.named());
            return Err(Error::unsupported(message).with_hint(format!(
                "take a model that does, or add `{}` to its `input`",
                modality.as_str()
            )));
        }
        done.not_taken += 1;
        return Ok(vec![Part::Text(note(name, "this model takes none"))]);
    }
    let media = match content {
        Content::Image(image) => image_part(image),
        Content::Video(video) => video_part(video),
        Content::Audio(audio) => audio_part(audio),
        Content::Document(document) => return document_parts(document, readable, fresh, done),
        _ => None,
    };
    match media {
        Some(media) => Ok(vec![Part::Media(media)]),
        None => in_s3(name, fresh, done),
    }
}

fn in_s3(name: &str, fresh: bool, done: &mut Done) -> Result<Vec<Part>> {
    if fresh {
        return Err(Error::unsupported(format!(
            "the {name} lies in Amazon S3, which this endpoint does not read"
        ))
        .with_hint("send its bytes"));
    }
    done.in_s3 += 1;
    Ok(vec![Part::Text(note(name, "it lies in Amazon S3"))])
}

fn bytes(source: &Source) -> Option<&Blob> {
    match source {
        Source::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fn data_url(media_type: &str, bytes: &Blob) -> String {
    format!("data:{media_type};base64,{}", STANDARD.encode(bytes.as_bytes()))
}

fn image_part(image: &Image) -> Option<Value> {
    let media_type = match image.format {
        ImageFormat::Png => "image/png",
        ImageFormat::Jpeg => "image/jpeg",
        ImageFormat::Gif => "image/gif",
        ImageFormat::Webp => "image/webp",
        _ => "application/octet-stream",
    };
    let url = data_url(media_type, bytes(&image.source)?);
    Some(json!({ "type": "image_url", "image_url": { "url": url } }))
}

/// As vLLM, OpenRouter, Moonshot and Z.AI take films; OpenAI takes none.
fn video_part(video: &Video) -> Option<Value> {
    let media_type = match video.format {
        VideoFormat::Mov => "video/quicktime",
        VideoFormat::Mkv => "video/x-matroska",
        VideoFormat::Webm => "video/webm",
        VideoFormat::Flv => "video/x-flv",
        VideoFormat::Mpeg | VideoFormat::Mpg => "video/mpeg",
        VideoFormat::Wmv => "video/x-ms-wmv",
        VideoFormat::ThreeGp => "video/3gpp",
        _ => "video/mp4",
    };
    let url = data_url(media_type, bytes(&video.source)?);
    Some(json!({ "type": "video_url", "video_url": { "url": url } }))
}

fn audio_part(audio: &Audio) -> Option<Value> {
    let format = match audio.format {
        AudioFormat::Mpeg | AudioFormat::Mpga => "mp3",
        AudioFormat::XAac => "aac",
        other => other.as_str(),
    };
    let data = STANDARD.encode(bytes(&audio.source)?.as_bytes());
    Some(json!({ "type": "input_audio", "input_audio": { "data": data, "format": format } }))
}

/// The text of a document that is nothing but text.
fn readable(document: &Document) -> Option<String> {
    match &document.source {
        DocumentSource::Text(text) => Some(text.clone()),
        DocumentSource::Passages(passages) => Some(passages.join("\n\n")),
        DocumentSource::Bytes(bytes) => {
            let is_text = matches!(
                document.format,
                DocumentFormat::Txt | DocumentFormat::Md | DocumentFormat::Csv | DocumentFormat::Html
            );
            is_text.then(|| String::from_utf8(bytes.as_bytes().to_vec()).ok())?
        }
        _ => None,
    }
}

fn document_parts(
    document: &Document,
    readable: Option<String>,
    fresh: bool,
    done: &mut Done,
) -> Result<Vec<Part>> {
    done.citations += usize::from(document.citations);
    let name = document.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let name = name.map_or_else(|| format!("document-{}", done.documents), str::to_owned);
    let context = document.context.as_deref().filter(|context| !context.trim().is_empty());
    if let Some(text) = readable {
        done.as_text += 1;
        let mut told = format!("Document `{name}`");
        if let Some(context) = context {
            // Writing into a text cannot fail.
            let _: std::fmt::Result = write!(told, " ({context})");
        }
        return Ok(vec![Part::Text(format!("{told}:\n{text}"))]);
    }
    let DocumentSource::Bytes(bytes) = &document.source else { return in_s3("document", fresh, done) };
    let media_type = match document.format {
        DocumentFormat::Pdf => "application/pdf",
        DocumentFormat::Doc => "application/msword",
        DocumentFormat::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        DocumentFormat::Xls => "application/vnd.ms-excel",
        DocumentFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        DocumentFormat::Csv => "text/csv",
        DocumentFormat::Html => "text/html",
        DocumentFormat::Md => "text/markdown",
        _ => "text/plain",
    };
    let extension = format!(".{}", document.format.as_str());
    let filename = if name.ends_with(&extension) { name } else { format!("{name}{extension}") };
    let file = json!({ "filename": filename, "file_data": data_url(media_type, bytes) });
    let about = context.map(|context| Part::Text(format!("About `{filename}`: {context}")));
    let file = Part::Media(json!({ "type": "file", "file": file }));
    Ok(about.into_iter().chain([file]).collect())
}

/// An error for a request that says nothing at all.
pub(super) fn nothing_said() -> Error {
    Error::new(ErrorKind::InvalidRequest, "the request has no message with any content")
        .with_hint("say something in `messages`")
}
