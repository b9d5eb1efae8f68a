//! What is wrong with a configuration: plain data, for people and for programs.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

use crate::origin::Origin;
use crate::path::KeyPath;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing was lost, or nothing that matters here.
    Warning,
    /// Something that the user wrote has no effect.
    Error,
}

/// Which rule was broken. The text form, such as `config::type`, is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Code {
    /// A file could not be read; its layer is left out.
    Read,
    /// The file of `--config` or `OUTCROP_CONFIG` could not be read; its layer is left out.
    NamedFile,
    /// A file is not UTF-8 or not JSON5; its layer is left out.
    Syntax,
    /// The same key stands twice in an object; the last one counts.
    DuplicateKey,
    /// A number that cannot be kept exactly.
    Number,
    /// A value of the wrong type.
    Type,
    /// A value of the right type that is not among the allowed ones.
    Value,
    /// A value that nobody here knows, of those that may be more than are known; it counts all the same.
    UnknownValue,
    /// A number that is too small or too large.
    Range,
    /// A key that must be there is not.
    Missing,
    /// A key that nobody knows.
    UnknownKey,
    /// An `OUTCROP_*` variable that nobody knows.
    UnknownVariable,
    /// `${VAR}` names a variable that is not set, or is not closed.
    Substitution,
    /// A project file sets what only a trusted file may set.
    Refused,
    /// A key stands in its old and in its new place; the new one counts.
    Alias,
    /// A model is named of a provider that is not configured.
    Reference,
    /// `--set` with something that is no path.
    Path,
    /// A provider does not accept its settings.
    Provider,
}

impl Code {
    /// Every code, for documentation and tests.
    pub const ALL: [Self; 18] = [
        Self::Read,
        Self::NamedFile,
        Self::Syntax,
        Self::DuplicateKey,
        Self::Number,
        Self::Type,
        Self::Value,
        Self::UnknownValue,
        Self::Range,
        Self::Missing,
        Self::UnknownKey,
        Self::UnknownVariable,
        Self::Substitution,
        Self::Refused,
        Self::Alias,
        Self::Reference,
        Self::Path,
        Self::Provider,
    ];

    /// The stable text form.
    pub fn id(self) -> &'static str {
        match self {
            Self::Read => "config::read",
            Self::NamedFile => "config::named-file",
            Self::Syntax => "config::syntax",
            Self::DuplicateKey => "config::duplicate-key",
            Self::Number => "config::number",
            Self::Type => "config::type",
            Self::Value => "config::value",
            Self::UnknownValue => "config::unknown-value",
            Self::Range => "config::range",
            Self::Missing => "config::missing",
            Self::UnknownKey => "config::unknown-key",
            Self::UnknownVariable => "config::unknown-variable",
            Self::Substitution => "config::substitution",
            Self::Refused => "config::refused",
            Self::Alias => "config::alias",
            Self::Reference => "config::reference",
            Self::Path => "config::path",
            Self::Provider => "config::provider",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

/// One problem, with its place and what to do about it.
///
/// `Display` is one line, `config.json5:4:15: expected …`; [`Diagnostic::render`] shows the line of the file as well.
/// Values of secret keys are in neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Diagnostic {
    /// Which rule was broken.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, as one lower-case sentence without a full stop.
    pub message: String,
    /// The key it is about.
    pub key: Option<KeyPath>,
    /// The file, if it is one.
    pub file: Option<PathBuf>,
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// Column in the file, in characters from 1.
    pub column: Option<usize>,
    /// The environment variable, if it is one.
    pub variable: Option<String>,
    /// The flag, if it came by the command line.
    pub flag: Option<String>,
    /// The values that would be accepted, if they can be listed.
    pub allowed: Vec<String>,
    /// What to do about it.
    pub help: Vec<String>,
    /// A few words for the place itself.
    #[serde(skip)]
    pub(crate) label: Option<String>,
    #[serde(skip)]
    pub(crate) excerpt: Option<Excerpt>,
}

/// The line of a file that a diagnostic points at, with the marked bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(crate) line: String,
    pub(crate) marked: Range<usize>,
}

impl Diagnostic {
    pub(crate) fn new(code: Code, severity: Severity, message: String) -> Self {
        Self {
            code,
            severity,
            message,
            key: None,
            file: None,
            line: None,
            column: None,
            variable: None,
            flag: None,
            allowed: Vec::new(),
            help: Vec::new(),
            label: None,
            excerpt: None,
        }
    }

    pub(crate) fn at(mut self, origin: &Origin) -> Self {
        self.file.clone_from(&origin.file);
        self.line = origin.line;
        self.column = origin.column;
        self.variable.clone_from(&origin.variable);
        self.flag.clone_from(&origin.flag);
        self
    }

    pub(crate) fn key(mut self, path: &KeyPath) -> Self {
        self.key = Some(path.clone());
        self
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// What was probably meant, if anything comes near.
    pub(crate) fn meant(self, meant: Option<&str>) -> Self {
        match meant {
            Some(meant) => self.help(format!("did you mean `{meant}`?")),
            None => self,
        }
    }

    pub(crate) fn allowed(mut self, allowed: &[String]) -> Self {
        if !allowed.is_empty() {
            let names: Vec<String> = allowed.iter().map(|value| format!("`{value}`")).collect();
            self.help.push(format!("allowed: {}", names.join(", ")));
            self.allowed = allowed.to_vec();
        }
        self
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The place, as `file:line:column`, variable or flag; `None` if it has none.
    pub fn place(&self) -> Option<String> {
        if let Some(variable) = &self.variable {
            return Some(format!("environment variable {variable}"));
        }
        let Some(file) = &self.file else { return self.flag.clone() };
        let mut place = file.display().to_string();
        for number in [self.line, self.column].into_iter().flatten() {
            place.push(':');
            place.push_str(&number.to_string());
        }
        Some(place)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place() {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// The one of `known` that `wrong` was probably meant to be: the same letters in another spelling
/// (`refresh_interval`), or a typing error away.
pub(crate) fn closest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let wanted = letters(wrong);
    let mut best: Option<(&str, f64)> = None;
    for candidate in known {
        let candidate_letters = letters(candidate);
        let score =
            if candidate_letters == wanted { 2.0 } else { strsim::jaro_winkler(&candidate_letters, &wanted) };
        if score >= 0.85 && best.is_none_or(|(_, so_far)| score > so_far) {
            best = Some((candidate, score));
        }
    }
    best.map(|(candidate, _)| candidate)
}

#[cfg(test)]
mod tests;
