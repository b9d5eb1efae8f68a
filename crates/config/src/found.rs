//! What was found in the files of a configuration at one moment, before anybody looks into it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::origin::Layer;
use crate::parse;
use crate::source::Source;
use crate::sources::{ConfigFile, FileSource};
use crate::text::Text;

/// A file that counts, as it was found.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct FoundFile {
    layer: Layer,
    path: PathBuf,
    content: Content,
}

#[derive(Clone, PartialEq, Eq)]
enum Content {
    Text(String),
    /// Of a file that need not be there.
    Missing,
    NotUtf8(FromUtf8Error),
    Unreadable {
        required: bool,
        cause: String,
    },
}

impl FoundFile {
    /// Reads a file.
    pub(crate) fn read(layer: Layer, file: FileSource) -> Self {
        match file {
            FileSource::Text { name, text } => Self { layer, path: name, content: Content::Text(text) },
            FileSource::Optional(path) => Self { layer, content: read(&path, false), path },
            FileSource::Required(path) => Self { layer, content: read(&path, true), path },
        }
    }

    /// Whether this is the file of a layer at a path.
    #[cfg(feature = "watch")]
    pub(crate) fn is_of(&self, layer: Layer, path: &Path) -> bool {
        self.layer == layer && self.path == path
    }

    /// What the file sets, and that it was looked at. `None` for a file that says nothing at all.
    pub(crate) fn parse(self, diagnostics: &mut Vec<Diagnostic>) -> (Option<Source>, ConfigFile) {
        let Self { layer, path, content } = self;
        let mut source = Source { file: Some(path.clone()), ..Source::new(layer) };
        let mut file = ConfigFile { layer, path, found: false };
        match content {
            Content::Text(text) => {
                parse::parse_file(&mut source, &text, diagnostics);
                file.found = true;
                return (Some(source), file);
            }
            Content::Missing => {}
            Content::NotUtf8(error) => diagnostics.push(not_utf8(&source, &error)),
            Content::Unreadable { required, cause } => {
                diagnostics.push(unreadable(&source, required, &cause));
            }
        }
        (None, file)
    }
}

fn read(path: &Path, required: bool) -> Content {
    match bytes_of(path) {
        Ok(bytes) => String::from_utf8(bytes).map_or_else(Content::NotUtf8, Content::Text),
        // A folder on the way that is a file, as in `/dev/null/.config`, is how people say "no home".
        Err(error)
            if !required
                && matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Content::Missing
        }
        Err(error) => Content::Unreadable { required, cause: error.to_string() },
    }
}

fn unreadable(source: &Source, required: bool, cause: &str) -> Diagnostic {
    let (code, help) = if required {
        (Code::NamedFile, "name a file that is there and that you may read")
    } else {
        (Code::Read, "make it a file that you may read: nothing in it has an effect until then")
    };
    let message = format!("the configuration file cannot be read: {cause}");
    Diagnostic::new(code, Severity::Error, message).at(&source.origin(&(0..0))).help(help)
}

/// What is said about a file that is no text.
pub(crate) fn not_utf8(source: &Source, error: &FromUtf8Error) -> Diagnostic {
    let bytes = error.as_bytes();
    let is_utf16 = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    let what = if is_utf16 { "the file is UTF-16" } else { "the file is not UTF-8 from here on" };
    let message = format!("not valid JSON5: {what}");
    let mut diagnostic = Diagnostic::new(Code::Syntax, Severity::Error, message).at(&source.origin(&(0..0)));
    if !is_utf16 {
        let right = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(bytes.get(..right).unwrap_or_default());
        let (line, column) = Text::from(&*text).place(right);
        (diagnostic.line, diagnostic.column) = (Some(line), Some(column));
    }
    diagnostic.help("save the file as UTF-8")
}

/// More than anybody writes: what is larger is no configuration, or has no end.
const LARGEST: u64 = 16 << 20;

/// The bytes of a file, if they are not too many.
fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|size| size <= LARGEST) {
        return Ok(bytes);
    }
    Err(io::Error::new(io::ErrorKind::FileTooLarge, "it has more than 16 MiB"))
}
