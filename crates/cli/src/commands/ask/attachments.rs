//! Files that go with the question: read, told apart, and held against the limits, before anybody is called.

mod content;
mod kind;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use outcrop::{Error, ErrorKind};
use outcrop_core::DocumentFormat;

pub(super) use self::content::contents;
use self::kind::{Foreign, Kind};
use crate::failure::Failure;

/// As the documentation counts: images of 3.75 MB are 5 MB on the wire.
const MEGABYTE: u64 = 1024 * 1024;
/// The most bytes of an image (API reference, `Message`).
const MOST_OF_AN_IMAGE: u64 = MEGABYTE * 375 / 100;
/// The most bytes of a document (API reference, `Message`).
const MOST_OF_A_DOCUMENT: u64 = MEGABYTE * 45 / 10;
/// The most bytes of anything that is sent inside a request: a video, and a PDF or DOCX, for which newer models have no
/// limit of their own (user guide, "API restrictions").
const MOST_OF_A_FILE: u64 = MEGABYTE * 25;

/// The most of each kind in a request (API reference, `Message`; user guide of Nova, "Video understanding").
const MOST_IMAGES: usize = 20;
const MOST_DOCUMENTS: usize = 5;
const MOST_VIDEOS: usize = 1;

const KNOWN: &str = "what can be sent: images (png, jpeg, gif, webp), documents (pdf, csv, doc, docx, xls, xlsx, html, txt, md), \
     video (mkv, mov, mp4, webm, flv, mpeg, mpg, wmv, 3gp), sound (mp3, opus, wav, aac, flac, ogg, m4a, mka), and any \
     other text";

/// A file that goes with the question.
#[derive(Debug)]
pub(super) struct Attachment {
    /// As the model is told it.
    name: String,
    /// As the user wrote it.
    path: String,
    kind: Kind,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Bytes(Vec<u8>),
    /// An object in S3, `s3://bucket/key`.
    S3,
}

/// Reads the files. Also says what is odd about them.
pub(super) fn read(paths: &[impl AsRef<Path>]) -> Result<(Vec<Attachment>, Vec<String>), Failure> {
    let (mut attachments, mut notes) = (Vec::new(), Vec::new());
    for path in paths {
        let attachment = Attachment::read(path.as_ref())?;
        if let Some(named) = extension(&attachment.name).as_deref().and_then(Kind::of_extension)
            && named != attachment.kind
        {
            notes.push(format!("`{}` is {}: sent as that", attachment.path, attachment.kind.described()));
        }
        attachments.push(attachment);
    }
    check_counts(&attachments)?;
    Ok((attachments, notes))
}

impl Attachment {
    fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.to_string_lossy().into_owned();
        if shown == "-" {
            return Err(Failure::Usage(
                "`-f -` names no file: standard input is a part of the prompt already".to_owned(),
            ));
        }
        if shown.starts_with("s3://") {
            return Self::in_s3(shown);
        }
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let bytes = read_file(path).map_err(|problem| Failure::Usage(format!("`{shown}` {problem}")))?;
        let kind =
            Kind::of(&bytes, extension(&name).as_deref()).map_err(|foreign| unsendable(&shown, foreign))?;
        let attachment = Self { name, path: shown, kind, body: Body::Bytes(bytes) };
        attachment.check_size()?;
        Ok(attachment)
    }

    /// An object in S3, which is told by its name.
    fn in_s3(uri: String) -> Result<Self, Failure> {
        let name = uri.rsplit('/').next().unwrap_or_default().to_owned();
        let bucket_and_key = uri.trim_start_matches("s3://").split_once('/');
        if name.is_empty() || bucket_and_key.is_none_or(|(bucket, _)| bucket.is_empty()) {
            let message = format!("`{uri}` names no object: write `s3://bucket/key`");
            return Err(Failure::Usage(message));
        }
        let Some(kind) = extension(&name).as_deref().and_then(Kind::of_extension) else {
            let message = format!("`{uri}` does not say by its name what it is");
            return Err(Error::unsupported(message).with_hint(KNOWN).into());
        };
        Ok(Self { name, path: uri, kind, body: Body::S3 })
    }

    fn check_size(&self) -> Result<(), Failure> {
        let Body::Bytes(bytes) = &self.body else { return Ok(()) };
        let (what, most) = match self.kind {
            Kind::Image(_) => ("an image", MOST_OF_AN_IMAGE),
            Kind::Document(DocumentFormat::Pdf | DocumentFormat::Docx) => ("such a document", MOST_OF_A_FILE),
            Kind::Document(_) => ("such a document", MOST_OF_A_DOCUMENT),
            Kind::Video(_) => ("a video", MOST_OF_A_FILE),
            Kind::Audio(_) => ("a sound", MOST_OF_A_FILE),
            Kind::Text => ("a text", MOST_OF_A_FILE),
        };
        let size = bytes.len() as u64;
        if size <= most {
            return Ok(());
        }
        // Nothing more was read: nobody knows how much more there is.
        let more_than = if size > MOST_OF_A_FILE { "more than " } else { "" };
        let size = if size > MOST_OF_A_FILE { MOST_OF_A_FILE } else { size };
        let message = format!(
            "`{}` has {more_than}{}, and {what} may have {} in a request",
            self.path,
            megabytes(size),
            megabytes(most)
        );
        Err(Error::new(ErrorKind::InvalidRequest, message)
            .with_hint("send a smaller one, or a part of it")
            .into())
    }
}

/// The bytes of a file, up to one more than may be sent; else what is wrong with it.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read by this user".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err("is a folder: name the files in it".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(MOST_OF_A_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.is_empty() { Err("is empty".to_owned()) } else { Ok(bytes) }
}

/// The end of a name, in lower case.
fn extension(name: &str) -> Option<String> {
    Path::new(name).extension()?.to_str().map(str::to_ascii_lowercase)
}

fn unsendable(path: &str, foreign: Foreign) -> Error {
    match foreign {
        Foreign::Other(what) => {
            Error::unsupported(format!("`{path}` is {what}, which cannot be sent")).with_hint(KNOWN)
        }
        Foreign::Unknown => {
            Error::unsupported(format!("`{path}` is a file of no kind that is known")).with_hint(KNOWN)
        }
        Foreign::Encrypted => {
            Error::unsupported(format!("`{path}` is encrypted")).with_hint("take the password off it first")
        }
        Foreign::NoUtf8 => Error::unsupported(format!("`{path}` is no UTF-8 text"))
            .with_hint("convert it, as with `iconv -f latin1 -t utf-8`"),
    }
}

/// More than this cannot be sent to any model. Texts can go into the prompt instead.
fn check_counts(attachments: &[Attachment]) -> Result<(), Failure> {
    let count = |counts: fn(&Attachment) -> bool| attachments.iter().filter(|it| counts(it)).count();
    for (what, found, most) in [
        ("images", count(|it| matches!(it.kind, Kind::Image(_))), MOST_IMAGES),
        ("documents", count(|it| it.is_document() && !it.can_be_inline()), MOST_DOCUMENTS),
        ("videos", count(|it| matches!(it.kind, Kind::Video(_))), MOST_VIDEOS),
    ] {
        if found > most {
            let message = format!("{found} {what} are too many: a request may have {most}");
            return Err(Error::new(ErrorKind::InvalidRequest, message)
                .with_hint("ask about some of them")
                .into());
        }
    }
    Ok(())
}

/// A size in MB, rounded up, so that what is too large never looks as if it were not.
fn megabytes(bytes: u64) -> String {
    let hundredths = bytes.saturating_mul(100).div_ceil(MEGABYTE);
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} MB")
}

#[cfg(test)]
mod tests;
