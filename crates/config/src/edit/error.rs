//! Why a file was not changed.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::diagnostic::Diagnostic;
use crate::path::KeyPath;

/// Why a file was not changed. Whatever it is, the file is as it was.
///
/// `Display` is one line without the cause, which is the [`source`](Error::source).
#[derive(Debug)]
#[non_exhaustive]
pub enum EditError {
    /// The file cannot be read.
    Read {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },
    /// The file is not UTF-8, not JSON5, or not an object: nobody can tell where something belongs in it.
    Malformed(Box<Diagnostic>),
    /// The path leads through something that has no such part, such as a string.
    Blocked(Box<Diagnostic>),
    /// The file would hold errors that it does not hold now; there is at least one.
    Invalid(Vec<Diagnostic>),
    /// The value of a key is not the one that was expected.
    Unexpected {
        /// The file.
        file: PathBuf,
        /// The key.
        key: KeyPath,
        /// Whether the file has any value there.
        found: bool,
    },
    /// The file would lose entries that nobody said should go.
    Loses {
        /// The file.
        file: PathBuf,
        /// The entries: providers, models, overrides.
        entries: Vec<KeyPath>,
    },
    /// Somebody else changed the file since it was read.
    Changed {
        /// The file.
        file: PathBuf,
    },
    /// The file cannot be written.
    Write {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },
}

impl EditError {
    /// What is wrong with the configuration, with its places; empty if the file is the problem.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Malformed(diagnostic) | Self::Blocked(diagnostic) => std::slice::from_ref(diagnostic),
            Self::Invalid(diagnostics) => diagnostics,
            Self::Read { .. }
            | Self::Unexpected { .. }
            | Self::Loses { .. }
            | Self::Changed { .. }
            | Self::Write { .. } => &[],
        }
    }

    /// What to do next, best first.
    pub fn hints(&self) -> Vec<String> {
        let said = || self.diagnostics().iter().flat_map(|diagnostic| diagnostic.help.iter().cloned());
        match self {
            Self::Read { .. } => vec!["look at the file and its permissions".to_owned()],
            Self::Malformed(_) => vec!["mend the file first, or remove it to begin a new one".to_owned()],
            Self::Blocked(_) | Self::Invalid(_) => said().collect(),
            Self::Unexpected { .. } => vec!["look at what it is now, and decide again".to_owned()],
            Self::Loses { .. } => vec!["set or remove single entries, by their own keys".to_owned()],
            Self::Changed { .. } => vec!["try again".to_owned()],
            Self::Write { cause, .. } => vec![
                match cause.kind() {
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                        "make the file and its folder writable for yourself, or name another file with `--config`"
                    }
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room on the disk",
                    _ => "look at the folder of the file, or name another file with `--config`",
                }
                .to_owned(),
            ],
        }
    }
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { file, .. } => write!(f, "`{}` cannot be read", file.display()),
            Self::Malformed(diagnostic) => write!(f, "a file with a mistake is not edited: {diagnostic}"),
            Self::Blocked(diagnostic) => diagnostic.fmt(f),
            Self::Invalid(diagnostics) => {
                f.write_str("the configuration would be wrong")?;
                diagnostics.iter().try_for_each(|diagnostic| write!(f, "; {}", diagnostic.message))
            }
            Self::Unexpected { file, key, found } => {
                let found = if *found { "another value than expected" } else { "no value" };
                write!(f, "`{}` has {found} at `{key}`", file.display())
            }
            Self::Loses { file, entries } => {
                write!(f, "`{}` would lose ", file.display())?;
                for (position, entry) in entries.iter().enumerate() {
                    write!(f, "{}`{entry}`", if position == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Self::Changed { file } => write!(f, "somebody else changed `{}` meanwhile", file.display()),
            Self::Write { file, .. } => write!(f, "`{}` cannot be written", file.display()),
        }
    }
}

impl Error for EditError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Read { cause, .. } | Self::Write { cause, .. } => Some(cause),
            _ => None,
        }
    }
}
