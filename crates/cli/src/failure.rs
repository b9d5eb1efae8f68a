//! Why a command ends without success.

use std::io;

use outcrop::{Error, ErrorKind};
use serde_json::Value;

/// Why a command ends without success.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something failed; the kind gives the exit code.
    Error(Error),
    /// An answer broke off. For programs, what came of it stands beside the reason.
    Broken {
        /// Why.
        error: Error,
        /// What came.
        partial: Value,
    },
    /// The command line, or a file or an input that it names, cannot be used.
    Usage {
        /// What is wrong.
        message: String,
        /// What to do about it; without one, the help says what can be.
        hint: Option<String>,
    },
    /// Whoever read the output has gone: no failure at all.
    BrokenPipe,
    /// Something was reported already; only the exit code is left to say.
    Reported(u8),
}

impl Failure {
    /// What is wrong with the command line, or with what it names.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: None }
    }

    /// The same with what to do about it.
    pub(crate) fn usage_with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: Some(hint.into()) }
    }

    /// Turns an I/O error into a failure with a message in front of it.
    pub(crate) fn io(message: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |error| match error.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::Error(
                Error::new(ErrorKind::Unexpected, message.into())
                    .with_source(error)
                    .with_hint("see that what it is connected to exists, and has room"),
            ),
        }
    }

    /// The exit code of the program.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Error(error) | Self::Broken { error, .. } => error.kind().exit_code(),
            Self::Usage { .. } => 2,
            Self::BrokenPipe => 0,
            Self::Reported(code) => *code,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}
