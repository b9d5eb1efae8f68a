//! What a file is: by its content; the name decides only between what looks the same inside.

use std::io::Cursor;

use outcrop_core::{AudioFormat, DocumentFormat, ImageFormat, VideoFormat};

/// What a file is, as far as sending it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Image(ImageFormat),
    Document(DocumentFormat),
    Video(VideoFormat),
    Audio(AudioFormat),
    /// Text that is no document of a format of its own: a program, a log.
    Text,
}

/// Why a file cannot be sent, whatever the model.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    /// It is something else, in these words.
    Other(String),
    /// It is encrypted.
    Encrypted,
    /// It should be text, and is no UTF-8.
    NoUtf8,
    /// It is text in UTF-16.
    Utf16,
    /// Nobody knows what it is.
    Unknown,
}

const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
const ZIP: &[u8] = b"PK\x03\x04";

/// The content kinds by the names of files, for what is told by its name alone: objects in S3.
const EXTENSIONS: &[(&str, Kind)] = &[
    ("png", Kind::Image(ImageFormat::Png)),
    ("jpg", Kind::Image(ImageFormat::Jpeg)),
    ("jpeg", Kind::Image(ImageFormat::Jpeg)),
    ("gif", Kind::Image(ImageFormat::Gif)),
    ("webp", Kind::Image(ImageFormat::Webp)),
    ("pdf", Kind::Document(DocumentFormat::Pdf)),
    ("csv", Kind::Document(DocumentFormat::Csv)),
    ("doc", Kind::Document(DocumentFormat::Doc)),
    ("docx", Kind::Document(DocumentFormat::Docx)),
    ("xls", Kind::Document(DocumentFormat::Xls)),
    ("xlsx", Kind::Document(DocumentFormat::Xlsx)),
    ("html", Kind::Document(DocumentFormat::Html)),
    ("htm", Kind::Document(DocumentFormat::Html)),
    ("txt", Kind::Document(DocumentFormat::Txt)),
    ("md", Kind::Document(DocumentFormat::Md)),
    ("markdown", Kind::Document(DocumentFormat::Md)),
    ("mkv", Kind::Video(VideoFormat::Mkv)),
    ("mov", Kind::Video(VideoFormat::Mov)),
    ("mp4", Kind::Video(VideoFormat::Mp4)),
    ("m4v", Kind::Video(VideoFormat::Mp4)),
    ("webm", Kind::Video(VideoFormat::Webm)),
    ("flv", Kind::Video(VideoFormat::Flv)),
    ("mpeg", Kind::Video(VideoFormat::Mpeg)),
    ("mpg", Kind::Video(VideoFormat::Mpg)),
    ("wmv", Kind::Video(VideoFormat::Wmv)),
    ("3gp", Kind::Video(VideoFormat::ThreeGp)),
    ("mp3", Kind::Audio(AudioFormat::Mp3)),
    ("mpga", Kind::Audio(AudioFormat::Mpga)),
    ("opus", Kind::Audio(AudioFormat::Opus)),
    ("ogg", Kind::Audio(AudioFormat::Ogg)),
    ("oga", Kind::Audio(AudioFormat::Ogg)),
    ("wav", Kind::Audio(AudioFormat::Wav)),
    ("aac", Kind::Audio(AudioFormat::Aac)),
    ("flac", Kind::Audio(AudioFormat::Flac)),
    ("m4a", Kind::Audio(AudioFormat::M4a)),
    ("mka", Kind::Audio(AudioFormat::Mka)),
];

/// What media types are, the usual one first; the name of the file may choose another one of the row.
const MEDIA_TYPES: &[(&str, &[Kind])] = &[
    ("image/png", &[Kind::Image(ImageFormat::Png)]),
    ("image/jpeg", &[Kind::Image(ImageFormat::Jpeg)]),
    ("image/gif", &[Kind::Image(ImageFormat::Gif)]),
    ("image/webp", &[Kind::Image(ImageFormat::Webp)]),
    ("application/pdf", &[Kind::Document(DocumentFormat::Pdf)]),
    ("video/x-matroska", &[Kind::Video(VideoFormat::Mkv), Kind::Audio(AudioFormat::Mka)]),
    ("video/quicktime", &[Kind::Video(VideoFormat::Mov)]),
    ("video/mp4", &[Kind::Video(VideoFormat::Mp4)]),
    ("video/x-m4v", &[Kind::Video(VideoFormat::Mp4)]),
    ("video/webm", &[Kind::Video(VideoFormat::Webm)]),
    ("video/x-flv", &[Kind::Video(VideoFormat::Flv)]),
    ("video/mpeg", &[Kind::Video(VideoFormat::Mpeg), Kind::Video(VideoFormat::Mpg)]),
    ("video/x-ms-wmv", &[Kind::Video(VideoFormat::Wmv)]),
    ("audio/mpeg", &[Kind::Audio(AudioFormat::Mp3), Kind::Audio(AudioFormat::Mpga)]),
    ("audio/m4a", &[Kind::Audio(AudioFormat::M4a)]),
    ("audio/opus", &[Kind::Audio(AudioFormat::Opus), Kind::Audio(AudioFormat::Ogg)]),
    ("audio/ogg", &[Kind::Audio(AudioFormat::Ogg)]),
    ("audio/x-flac", &[Kind::Audio(AudioFormat::Flac)]),
    ("audio/x-wav", &[Kind::Audio(AudioFormat::Wav)]),
    ("audio/aac", &[Kind::Audio(AudioFormat::Aac)]),
];

/// What text can be.
const TEXTS: &[Kind] = &[
    Kind::Text,
    Kind::Document(DocumentFormat::Txt),
    Kind::Document(DocumentFormat::Md),
    Kind::Document(DocumentFormat::Csv),
    Kind::Document(DocumentFormat::Html),
];

impl Kind {
    /// What a file is by its content; `extension` is the end of its name, in lower case.
    pub(super) fn of(content: &[u8], extension: Option<&str>) -> Result<Self, Foreign> {
        let named = extension.and_then(Self::of_extension);
        let candidates = candidates(content, named)?;
        let chosen = candidates.iter().copied().find(|candidate| Some(*candidate) == named);
        match chosen.or_else(|| candidates.first().copied()) {
            // Only where the name does not say that it is something else.
            Some(Self::Text) if named.is_none() && is_html(content) => {
                Ok(Self::Document(DocumentFormat::Html))
            }
            Some(kind) => Ok(kind),
            None => Err(Foreign::Unknown),
        }
    }

    /// What a file should be by the end of its name, in lower case.
    pub(super) fn of_extension(extension: &str) -> Option<Self> {
        EXTENSIONS.iter().find(|(known, _)| *known == extension).map(|(_, kind)| *kind)
    }

    /// Whether it is text: then it can always be a part of the prompt.
    pub(super) const fn is_text(self) -> bool {
        use DocumentFormat::{Csv, Html, Md, Txt};
        matches!(self, Self::Text | Self::Document(Csv | Html | Md | Txt))
    }

    /// What it is, for people: `an image (jpeg)`.
    pub(super) fn described(self) -> String {
        let (what, format) = match self {
            Self::Image(format) => ("an image", format.as_str()),
            Self::Document(format) => ("a document", format.as_str()),
            Self::Video(VideoFormat::ThreeGp) => ("a video", "3gp"),
            Self::Video(format) => ("a video", format.as_str()),
            Self::Audio(format) => ("a sound", format.as_str()),
            Self::Text => return "text".to_owned(),
        };
        format!("{what} ({format})")
    }
}

/// What the content can be, the usual one first.
fn candidates(content: &[u8], named: Option<Kind>) -> Result<&'static [Kind], Foreign> {
    // A PDF may be text from end to end, and many a text begins with what other formats begin with.
    if content.starts_with(b"%PDF-") {
        return Ok(&[Kind::Document(DocumentFormat::Pdf)]);
    }
    if is_text(content) {
        return Ok(TEXTS);
    }
    if content.starts_with(OLE) {
        return office_97(content);
    }
    if content.starts_with(ZIP) {
        return office(content);
    }
    // `ftyp` names the brand of everything that is built like MP4.
    if content.get(4..11) == Some(b"ftyp3gp") {
        return Ok(&[Kind::Video(VideoFormat::ThreeGp)]);
    }
    match infer::get(content) {
        Some(found) => MEDIA_TYPES
            .iter()
            .find(|(media_type, _)| *media_type == found.mime_type())
            .map(|(_, kinds)| *kinds)
            .ok_or_else(|| Foreign::Other(format!("a file of the type `{}`", found.mime_type()))),
        None if is_utf16(content) => Err(Foreign::Utf16),
        None if named.is_some_and(Kind::is_text) => Err(Foreign::NoUtf8),
        None => Err(Foreign::Unknown),
    }
}

/// Text is UTF-8 without the control characters that no text has; those of terminals may be in a log.
fn is_text(content: &[u8]) -> bool {
    const OF_TERMINALS: [char; 3] = ['\u{7}', '\u{8}', '\u{1b}'];
    let strange = |character: char| {
        character.is_ascii_control() && !character.is_whitespace() && !OF_TERMINALS.contains(&character)
    };
    std::str::from_utf8(content).is_ok_and(|text| !text.contains(strange))
}

fn is_utf16(content: &[u8]) -> bool {
    content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff")
}

/// Whether a text says that it is HTML. Less than browsers take for it: many a program begins with a tag.
fn is_html(content: &[u8]) -> bool {
    let begins = content.trim_ascii_start();
    ["<!doctype html", "<html"].iter().any(|beginning| {
        begins.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning.as_bytes()))
    })
}

/// What an OLE compound file is: the office formats of 1997, or a newer document under a password.
fn office_97(content: &[u8]) -> Result<&'static [Kind], Foreign> {
    let Ok(file) = cfb::CompoundFile::open(Cursor::new(content)) else {
        return Err(Foreign::Other("a damaged office document".to_owned()));
    };
    let has = |stream: &str| file.is_stream(stream);
    if has("/EncryptedPackage") {
        Err(Foreign::Encrypted)
    } else if has("/WordDocument") {
        Ok(&[Kind::Document(DocumentFormat::Doc)])
    } else if has("/Workbook") || has("/Book") {
        Ok(&[Kind::Document(DocumentFormat::Xls)])
    } else if has("/PowerPoint Document") {
        Err(Foreign::Other("a presentation".to_owned()))
    } else {
        Err(Foreign::Other("an OLE compound file".to_owned()))
    }
}

/// What a zip archive is: the office formats of today are archives with certain entries.
fn office(content: &[u8]) -> Result<&'static [Kind], Foreign> {
    let Ok(archive) = rawzip::ZipArchive::from_slice(content) else {
        return Err(Foreign::Other("a damaged zip archive".to_owned()));
    };
    let mut entries = archive.entries();
    while let Ok(Some(entry)) = entries.next_entry() {
        let path = entry.file_path();
        let name: &[u8] = path.as_ref();
        if name.starts_with(b"word/") {
            return Ok(&[Kind::Document(DocumentFormat::Docx)]);
        } else if name == b"xl/workbook.xml" {
            return Ok(&[Kind::Document(DocumentFormat::Xlsx)]);
        } else if name.starts_with(b"ppt/") {
            return Err(Foreign::Other("a presentation".to_owned()));
        }
    }
    Err(Foreign::Other("a zip archive".to_owned()))
}

#[cfg(test)]
mod tests;
