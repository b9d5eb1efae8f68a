//! Why a command ends without success.

use std::io;

use outcrop::{Error, ErrorKind};

/// Why a command ends without success.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something failed; the kind gives the exit code.
    Error(Error),
    /// The command line cannot be.
    Usage(String),
    /// Whoever read the output has gone: no failure at all.
    BrokenPipe,
    /// Something was reported already; only the exit code is left to say.
    Reported(u8),
}

impl Failure {
    /// Turns an I/O error into a failure with a message in front of it.
    pub(crate) fn io(message: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |error| match error.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::Error(Error::new(ErrorKind::Unexpected, message.into()).with_source(error)),
        }
    }

    /// The exit code of the program.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Error(error) => error.kind().exit_code(),
            Self::Usage(_) => 2,
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
