//! What was found in the files of a configuration at one moment, before anybody looks into it.

use std::io;
use std::path::{Path, PathBuf};
use std::str::Utf8Error;
use std::string::FromUtf8Error;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::origin::Layer;
use crate::parse;
use crate::source::Source;
use crate::sources::{ConfigFile, FileSource};

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
            Content::NotUtf8(error) => diagnostics.push(not_utf8(&source, error.utf8_error())),
            Content::Unreadable { required, cause } => {
                diagnostics.push(unreadable(&source, required, &cause));
            }
        }
        (None, file)
    }
}

fn read(path: &Path, required: bool) -> Content {
    match std::fs::read(path) {
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
pub(crate) fn not_utf8(source: &Source, error: Utf8Error) -> Diagnostic {
    let message = format!("not valid JSON5: the file is not UTF-8 from byte {} on", error.valid_up_to());
    let diagnostic = Diagnostic::new(Code::Syntax, Severity::Error, message);
    diagnostic.at(&source.origin(&(0..0))).help("save the file as UTF-8")
}
