//! What is wrong with a tree, told when it is known which of its values are secret.

use crate::check::name;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::node::Span;
use crate::path::KeyPath;
use crate::source::Source;

/// A problem that waits until all secrets are known.
#[derive(Clone)]
pub(crate) enum Report {
    DuplicateKey {
        key: String,
        span: Span,
        counts: bool,
    },
    /// A number that JSON cannot hold.
    Inexact {
        path: KeyPath,
        is_whole: bool,
        span: Span,
    },
}

impl Report {
    /// The diagnostic. It quotes no value: not even the schema knows of each whether it is a secret.
    pub(crate) fn diagnostic(self, source: &Source) -> Diagnostic {
        match self {
            Self::DuplicateKey { key, span, counts } => {
                let key = if source.hides(&span) { "a key".to_owned() } else { format!("`{key}`") };
                let message = format!("{key} stands here twice");
                let diagnostic = source.diagnostic(Code::DuplicateKey, Severity::Warning, &span, message);
                let label = if counts { "this one counts" } else { "a later one counts" };
                diagnostic.label(label).help("remove one of the two")
            }
            Self::Inexact { path, is_whole, span } => {
                let message = format!("`{}` cannot be kept exactly as a number", name(&path));
                let diagnostic = source.diagnostic(Code::Number, Severity::Error, &span, message);
                diagnostic.key(&path).help(if is_whole {
                    "if it is an id, write it as a string, in quotes"
                } else {
                    "write a finite number of 64 bits"
                })
            }
        }
    }
}
