//! One-time codes, asked for on the terminal.

use std::io::{BufRead as _, Write as _};

use async_trait::async_trait;
use outcrop::{Error, ErrorKind, MfaPrompt, Result};
use outcrop_core::Secret;

/// Asks the person at the terminal.
#[derive(Debug)]
pub(crate) struct TerminalPrompt;

#[async_trait]
impl MfaPrompt for TerminalPrompt {
    async fn code(&self, serial: &str) -> Result<Secret> {
        let question = format!("one-time code of {serial}: ");
        let asked = tokio::task::spawn_blocking(move || {
            // Not locked any longer than that: the person takes their time, and others have something to say meanwhile.
            let mut error = std::io::stderr();
            error.write_all(question.as_bytes())?;
            error.flush()?;
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            Ok::<_, std::io::Error>(line)
        });
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| {
            Error::new(ErrorKind::Unauthenticated, "the one-time code could not be read").with_source(source)
        };
        let line =
            asked.await.map_err(|error| failed(error.into()))?.map_err(|error| failed(error.into()))?;
        let code = line.trim();
        // A serial device shows six digits (IAM User Guide, "Using a hardware TOTP token").
        if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Secret::new(code))
        } else {
            Err(Error::new(ErrorKind::Unauthenticated, "a one-time code has six digits")
                .with_hint("run the command again and type the code that the device shows"))
        }
    }
}
