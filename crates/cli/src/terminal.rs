//! The two streams of the program: data on standard output, everything else on standard error.

use std::error::Error as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use outcrop::{Diagnostic, Error};
use serde::Serialize;
use serde_json::json;

use crate::args::{Cli, Color};
use crate::failure::Failure;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();

/// Standard output and standard error, as the command line wants them.
pub(crate) struct Terminal {
    out: AutoStream<io::Stdout>,
    err: AutoStream<io::Stderr>,
    json: bool,
    quiet: bool,
    verbose: u8,
}

impl Terminal {
    pub(crate) fn new(cli: &Cli) -> Self {
        let choice = match cli.global.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        // `Auto` honours NO_COLOR, CLICOLOR and CLICOLOR_FORCE, and looks at the terminal.
        Self {
            out: AutoStream::new(io::stdout(), choice),
            err: AutoStream::new(io::stderr(), choice),
            json: cli.prints_json(),
            quiet: cli.global.quiet,
            verbose: cli.global.verbose,
        }
    }

    /// Sends the logs of this project to standard error, as far as `-v` asks for them. Those of the crates below stay
    /// out: nobody here can promise that they hold no secret.
    pub(crate) fn start_logging(&self) {
        let filter = match self.verbose {
            0 => return,
            1 => "outcrop=info",
            2 => "outcrop=debug",
            _ => "outcrop=trace",
        };
        let filter =
            ["", "_aws", "_config", "_core", "_discovery", "_emulator", "_layers", "_provider_bedrock"]
                .map(|name| filter.replacen("outcrop", &format!("outcrop{name}"), 1))
                .join(",");
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr)
            .with_ansi(self.err.current_choice() == ColorChoice::AlwaysAnsi)
            .without_time()
            .init();
    }

    /// Writes data.
    pub(crate) fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.out.write_all(text.as_bytes()).map_err(Failure::io("the output cannot be written"))
    }

    /// Makes sure that what was written is seen.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(Failure::io("the output cannot be written"))
    }

    /// Writes one line of JSON.
    pub(crate) fn print_json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let mut line = serde_json::to_string(value).map_err(|error| {
            Error::new(outcrop::ErrorKind::Unexpected, "the output cannot be written as JSON")
                .with_source(error)
        })?;
        line.push('\n');
        self.print(&line)
    }

    /// Tells the user something that is good to know. Not under `--quiet`, and not where a program reads along.
    pub(crate) fn note(&mut self, text: &str) {
        self.say(NOTE, "note", text);
    }

    /// Tells the user of something that may be wrong.
    pub(crate) fn warn(&mut self, text: &str) {
        self.say(WARNING, "warning", text);
    }

    fn say(&mut self, style: Style, label: &str, text: &str) {
        if !self.quiet && !self.json {
            // Nothing can be done about a standard error that cannot be written.
            writeln!(self.err, "{style}{label}{style:#}: {text}").ok();
        }
    }

    /// Shows what is wrong with the configuration.
    pub(crate) fn diagnose(&mut self, diagnostics: &[Diagnostic]) {
        for diagnostic in diagnostics {
            if self.json {
                let line = json!({ "warning": diagnostic });
                writeln!(self.err, "{line}").ok();
            } else if diagnostic.is_error() || !self.quiet {
                writeln!(self.err, "{}", diagnostic.render(outcrop::Style::Coloured).trim_end()).ok();
            }
        }
    }

    /// Whether a person watches standard output.
    pub(crate) fn is_interactive(&self) -> bool {
        self.out.is_terminal()
    }

    /// Says why the program fails, and with which code.
    pub(crate) fn fail(&mut self, failure: &Failure) -> ExitCode {
        self.out.flush().ok();
        match failure {
            Failure::Error(error) if self.json => {
                writeln!(self.err, "{}", error_json(error)).ok();
            }
            Failure::Error(error) => {
                self.explain(error).ok();
            }
            Failure::Usage(message) => {
                writeln!(self.err, "{ERROR}error{ERROR:#}: {message}\n\nFor more information, try `--help`.")
                    .ok();
            }
            Failure::BrokenPipe | Failure::Reported(_) => {}
        }
        self.err.flush().ok();
        ExitCode::from(failure.exit_code())
    }

    fn explain(&mut self, error: &Error) -> io::Result<()> {
        writeln!(self.err, "{ERROR}error{ERROR:#}: {}", error.message())?;
        if let Some(words) = error.provider_message() {
            let code = error.code().map(|code| format!("{code}: ")).unwrap_or_default();
            writeln!(self.err, "  caused by: {code}{words}")?;
        } else if let Some(code) = error.code() {
            writeln!(self.err, "  caused by: {code}")?;
        }
        let mut said = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            // Many errors repeat their source's text in their own.
            if !said.contains(&text) {
                writeln!(self.err, "  caused by: {}", text.replace('\n', "\n    "))?;
                said = text;
            }
            source = cause.source();
        }
        if !error.hints().is_empty() {
            writeln!(self.err)?;
        }
        for hint in error.hints() {
            writeln!(self.err, "{NOTE}hint{NOTE:#}: {hint}")?;
        }
        match error.request_id() {
            Some(request_id) => writeln!(self.err, "request id: {request_id}"),
            None => Ok(()),
        }
    }
}

/// The failure as a program reads it.
fn error_json(error: &Error) -> serde_json::Value {
    json!({ "error": {
        "kind": error.kind().name(),
        "code": error.code(),
        "message": error.to_string(),
        "hints": error.hints(),
        "requestId": error.request_id(),
        "status": error.status(),
    }})
}

/// Prints help, version, or what is wrong with the command line.
pub(crate) fn print_usage(error: &clap::Error) -> ExitCode {
    error.print().ok();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}
