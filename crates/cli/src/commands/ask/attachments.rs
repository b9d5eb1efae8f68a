//! Files that go with the question: read, told apart, and held against the limits, before anybody is called.

mod content;
mod kind;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use outcrop::{Error, ErrorKind};

pub(super) use self::content::contents;
use self::kind::{Foreign, Kind};
use crate::failure::Failure;

const MEGABYTE: u64 = 1024 * 1024;
/// The most bytes of anything that is sent inside a request. How much less a model takes of a kind, only the provider knows.
const MOST_OF_A_FILE: u64 = MEGABYTE * 25;

/// The most documents in a request (API reference, `Message`). How many of all else, only the provider knows of a model.
const MOST_DOCUMENTS: usize = 5;

const KNOWN: &str = "what can be sent: images (png, jpeg, gif, webp), documents (pdf, csv, doc, docx, xls, xlsx, html, txt, md), \
     video (mkv, mov, mp4, webm, flv, mpeg, mpg, wmv, 3gp), sound (mp3, opus, wav, aac, flac, ogg, m4a, mka), and any \
     other text";

/// A file that goes with the question.
#[derive(Debug)]
pub(super) struct Attachment {
    /// As the model is told it.
    name: String,
    /// As the user knows it.
    path: String,
    kind: Kind,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Bytes(Vec<u8>),
    /// An object in S3, `s3://bucket/key`.
    S3(String),
}

/// The name of standard input among files.
const STANDARD_INPUT: &str = "-";

/// Whether one of the files is standard input, which is no part of the prompt then.
///
/// # Errors
/// If it is named twice.
pub(super) fn take_input(paths: &[PathBuf]) -> Result<bool, Failure> {
    match paths.iter().filter(|path| path.as_os_str() == STANDARD_INPUT).count() {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Failure::usage("`-f -` is given twice: standard input can be read only once")),
    }
}

/// Reads the files. Also says what is odd about them.
pub(super) fn read(paths: &[PathBuf]) -> Result<(Vec<Attachment>, Vec<String>), Failure> {
    let (mut attachments, mut notes) = (Vec::new(), Vec::new());
    for path in paths {
        let attachment = Attachment::read(path)?;
        if let Some(named) = extension(&attachment.name).as_deref().and_then(Kind::of_extension)
            && named != attachment.kind
        {
            notes.push(format!("{} is {}: sent as that", attachment.path, attachment.kind.described()));
        }
        attachments.push(attachment);
    }
    Ok((attachments, notes))
}

impl Attachment {
    fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.to_string_lossy().into_owned();
        if shown.starts_with("s3://") {
            return Self::in_s3(&shown);
        }
        if shown == STANDARD_INPUT {
            let bytes = read_bytes(std::io::stdin().lock());
            return Self::of_bytes("stdin".to_owned(), "standard input".to_owned(), bytes);
        }
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Self::of_bytes(name, format!("`{shown}`"), read_file(path))
    }

    fn of_bytes(name: String, path: String, bytes: Result<Vec<u8>, Unreadable>) -> Result<Self, Failure> {
        let bytes = bytes.map_err(|problem| problem.of(&path))?;
        let kind =
            Kind::of(&bytes, extension(&name).as_deref()).map_err(|foreign| unsendable(&path, foreign))?;
        let attachment = Self { name, path, kind, body: Body::Bytes(bytes) };
        attachment.check_size()?;
        Ok(attachment)
    }

    /// An object in S3, which is told by its name.
    fn in_s3(uri: &str) -> Result<Self, Failure> {
        let name = uri.rsplit('/').next().unwrap_or_default().to_owned();
        let bucket_and_key = uri.trim_start_matches("s3://").split_once('/');
        if name.is_empty() || bucket_and_key.is_none_or(|(bucket, _)| bucket.is_empty()) {
            let message = format!("`{uri}` names no object: write `s3://bucket/key`");
            return Err(Failure::usage(message));
        }
        let Some(kind) = extension(&name).as_deref().and_then(Kind::of_extension) else {
            let message = format!("`{uri}` does not say by its name what it is");
            return Err(Error::unsupported(message)
                .with_hint("objects in S3 are told by their endings: one of a document, an image, a video or sound, such as `.pdf`")
                .into());
        };
        Ok(Self { name, path: format!("`{uri}`"), kind, body: Body::S3(uri.to_owned()) })
    }

    /// Nothing more was read: nobody knows how much more there is.
    fn check_size(&self) -> Result<(), Failure> {
        match &self.body {
            Body::Bytes(bytes) if bytes.len() as u64 > MOST_OF_A_FILE => {
                let message =
                    format!("{} has more than 25 MB, which is the most that a request can carry", self.path);
                Err(Error::new(ErrorKind::InvalidRequest, message)
                    .with_hint("send a smaller one, or a part of it; Amazon's own models also read from S3")
                    .into())
            }
            _ => Ok(()),
        }
    }
}

/// Why a file cannot be read.
#[derive(Debug)]
pub(super) struct Unreadable {
    problem: String,
    hint: Option<&'static str>,
}

impl Unreadable {
    /// The failure, for a file that the user knows by this name.
    pub(super) fn of(self, path: &str) -> Failure {
        let message = format!("{path} {}", self.problem);
        match self.hint {
            Some(hint) => Failure::usage_with_hint(message, hint),
            None => Failure::usage(message),
        }
    }
}

/// The bytes of a file, up to one more than may be sent; else what is wrong with it.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(Unreadable { problem: "is a folder".to_owned(), hint: Some("name the files in it") });
    }
    read_bytes(file)
}

fn read_bytes(input: impl io::Read) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    input.take(MOST_OF_A_FILE + 1).read_to_end(&mut bytes).map_err(|error| Unreadable {
        problem: format!("cannot be read: {error}"),
        hint: Some("see that it is a file with content"),
    })?;
    if bytes.is_empty() {
        return Err(Unreadable {
            problem: "is empty".to_owned(),
            hint: Some("leave it out, or name another file"),
        });
    }
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> Unreadable {
    let text = path.to_string_lossy();
    let (problem, hint) = match error.kind() {
        io::ErrorKind::NotFound if text.contains("://") => {
            ("is no file".to_owned(), "download it first: files are read from this machine, or named in S3")
        }
        io::ErrorKind::NotFound if text.starts_with('~') => (
            "does not exist".to_owned(),
            "a shell puts your home in the place of `~` only where that is not quoted",
        ),
        io::ErrorKind::NotFound => {
            ("does not exist".to_owned(), "see that the name is right, from the folder you are in")
        }
        io::ErrorKind::PermissionDenied => (
            "may not be read by this user".to_owned(),
            "change its permissions, or read it as its owner: `-f -`",
        ),
        _ => (format!("cannot be read: {error}"), "see that it is a file with content"),
    };
    Unreadable { problem, hint: Some(hint) }
}

/// The end of a name, in lower case.
fn extension(name: &str) -> Option<String> {
    Path::new(name).extension()?.to_str().map(str::to_ascii_lowercase)
}

fn unsendable(path: &str, foreign: Foreign) -> Error {
    let no_utf8 = |encoding: &str| {
        Error::unsupported(format!("{path} is no UTF-8 text"))
            .with_hint(format!("convert it, as with `iconv -f {encoding} -t utf-8`"))
    };
    match foreign {
        Foreign::Other(what) => {
            Error::unsupported(format!("{path} is {what}, which cannot be sent")).with_hint(KNOWN)
        }
        Foreign::Unknown => {
            Error::unsupported(format!("{path} is a file of no kind that is known")).with_hint(KNOWN)
        }
        Foreign::Encrypted => {
            Error::unsupported(format!("{path} is encrypted")).with_hint("take the password off it first")
        }
        Foreign::NoUtf8 => no_utf8("latin1"),
        Foreign::Utf16 => no_utf8("utf-16"),
    }
}

#[cfg(test)]
mod tests;
