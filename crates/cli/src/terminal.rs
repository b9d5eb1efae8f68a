//! The two streams of the program: data on standard output, everything else on standard error.

use std::borrow::Cow;
use std::error::Error as _;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use outcrop::{Diagnostic, Error, ErrorKind};
use serde::Serialize;
use serde_json::{Value, json};
use tracing_subscriber::fmt::format::FmtSpan;

use self::logs::{Logs, WaitNotes};
use crate::args::{Cli, Color};
use crate::failure::Failure;

mod logs;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();
const ASIDE: Style = Style::new().dimmed();

/// What to do where the command line is wrong.
const SEE_HELP: &str = "see `--help` for what can be said";

/// Standard output and standard error, as the command line wants them.
pub(crate) struct Terminal {
    /// Data goes out byte for byte: whatever looks like an escape sequence in it is part of it.
    out: io::Stdout,
    colour: ColorChoice,
    line_is_open: bool,
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
            out: io::stdout(),
            colour: choice,
            line_is_open: false,
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
            0 => return self.start_notes(),
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
            .with_span_events(FmtSpan::CLOSE)
            .without_time()
            .event_format(Logs)
            .init();
    }

    /// Tells of long waits before a further try: without a word they look like a program that hangs.
    fn start_notes(&self) {
        if self.quiet || self.json {
            return;
        }
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::WARN)
            .with_writer(io::stderr)
            .with_ansi(self.err.current_choice() == ColorChoice::AlwaysAnsi)
            .event_format(WaitNotes)
            .init();
    }

    /// Writes data.
    pub(crate) fn print(&mut self, text: &str) -> Result<(), Failure> {
        if let Some(last) = text.chars().next_back() {
            self.line_is_open = last != '\n';
        }
        self.out.write_all(text.as_bytes()).map_err(Failure::io("the output cannot be written"))
    }

    /// Writes a piece of a model's answer: exactly as it is for programs, without control over the terminal for people.
    pub(crate) fn print_answer(&mut self, text: &str) -> Result<(), Failure> {
        if !text.contains(is_tricky) || !self.out.is_terminal() {
            return self.print(text);
        }
        self.print(&tamed(text))
    }

    /// Whether what stands beside an answer is shown: what the model thinks, and what the answer took. That is for people
    /// who look at a terminal, or who want to know more.
    pub(crate) fn shows_asides(&self) -> bool {
        !self.quiet && !self.json && (self.verbose > 0 || self.err.is_terminal())
    }

    /// Begins something that stands beside an answer; ends the line of the answer that is on the same screen.
    pub(crate) fn begin_aside(&mut self) -> Result<(), Failure> {
        self.flush()?;
        if self.line_is_open && self.out.is_terminal() && self.err.is_terminal() {
            writeln!(self.err).ok();
            self.line_is_open = false;
        }
        Ok(())
    }

    /// Writes a piece of what stands beside an answer, dimmed, to standard error.
    pub(crate) fn print_aside(&mut self, text: &str) {
        let text = tamed(text);
        write!(self.err, "{ASIDE}{text}{ASIDE:#}").ok();
        self.err.flush().ok();
    }

    /// Ends lines of what stands beside an answer.
    pub(crate) fn end_aside(&mut self, lines: usize) {
        write!(self.err, "{}", "\n".repeat(lines)).ok();
    }

    /// Writes text with styles, as far as colour is wanted.
    pub(crate) fn print_styled(&mut self, text: &str) -> Result<(), Failure> {
        AutoStream::new(&mut self.out, self.colour)
            .write_all(text.as_bytes())
            .map_err(Failure::io("the output cannot be written"))
    }

    /// Ends the line that was begun, if there is one.
    pub(crate) fn end_line(&mut self) -> Result<(), Failure> {
        if self.line_is_open { self.print("\n") } else { Ok(()) }
    }

    /// Makes sure that what was written is seen.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(Failure::io("the output cannot be written"))
    }

    /// Writes one line of JSON.
    pub(crate) fn print_json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let mut line = serde_json::to_string(value).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "the output cannot be written as JSON").with_source(error)
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
            writeln!(self.err, "{style}{label}{style:#}: {}", harmless(text)).ok();
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

    /// The same for a command that is about something else, whose words must not drown in it: people see the first ones.
    pub(crate) fn diagnose_briefly(&mut self, diagnostics: &[Diagnostic]) {
        const MOST: usize = 10;
        match diagnostics.split_at_checked(MOST) {
            Some((first, rest)) if !self.json && !rest.is_empty() => {
                self.diagnose(first);
                self.warn(&format!("{} more: `outcrop config check` shows all that is wrong", rest.len()));
            }
            _ => self.diagnose(diagnostics),
        }
    }

    /// The width of the terminal that a person watches, in columns; `None` where programs read along.
    pub(crate) fn width(&self) -> Option<u16> {
        let (terminal_size::Width(width), _) = terminal_size::terminal_size_of(&self.out)?;
        Some(width)
    }

    /// Says why the program fails, and with which code.
    pub(crate) fn fail(&mut self, failure: &Failure) -> ExitCode {
        self.out.flush().ok();
        match failure {
            Failure::Error(error) if self.json => {
                writeln!(self.err, "{}", error_json(error, &Value::Null)).ok();
            }
            Failure::Broken { error, partial } if self.json => {
                writeln!(self.err, "{}", error_json(error, partial)).ok();
            }
            Failure::Error(error) | Failure::Broken { error, .. } => {
                self.explain(error).ok();
            }
            Failure::Usage { message, hint } if self.json => {
                let hint = hint.as_deref().unwrap_or(SEE_HELP);
                writeln!(self.err, "{}", usage_json(message, hint)).ok();
            }
            Failure::Usage { message, hint } => {
                writeln!(self.err, "{ERROR}error{ERROR:#}: {message}\n").ok();
                match hint {
                    Some(hint) => writeln!(self.err, "{NOTE}hint{NOTE:#}: {hint}").ok(),
                    None => writeln!(self.err, "For more information, try `--help`.").ok(),
                };
            }
            Failure::BrokenPipe | Failure::Reported(_) => {}
        }
        self.err.flush().ok();
        ExitCode::from(failure.exit_code())
    }

    fn explain(&mut self, error: &Error) -> io::Result<()> {
        writeln!(self.err, "{ERROR}error{ERROR:#}: {}", harmless(error.message()))?;
        if let Some(words) = error.provider_message() {
            let code = error.code().map(|code| format!("{code}: ")).unwrap_or_default();
            writeln!(self.err, "  caused by: {}", harmless(&format!("{code}{words}")))?;
        } else if let Some(code) = error.code() {
            writeln!(self.err, "  caused by: {}", harmless(code))?;
        }
        for cause in causes(error) {
            writeln!(self.err, "  caused by: {}", harmless(&cause))?;
        }
        let hints = hints(error);
        if !hints.is_empty() {
            writeln!(self.err)?;
        }
        for hint in hints {
            writeln!(self.err, "{NOTE}hint{NOTE:#}: {}", harmless(hint))?;
        }
        match error.request_id() {
            Some(request_id) => writeln!(self.err, "request id: {}", harmless(request_id)),
            None => Ok(()),
        }
    }
}

/// Whether a character of a model's text could control the terminal.
fn is_tricky(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\t')
}

/// A model's text without control over the terminal.
fn tamed(text: &str) -> Cow<'_, str> {
    if !text.contains(is_tricky) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_tricky(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown.into()
}

/// What led to an error, the outermost cause first.
fn causes(error: &Error) -> Vec<String> {
    let mut causes = Vec::new();
    let mut said = error.to_string();
    for cause in std::iter::successors(error.source(), |cause| (*cause).source()) {
        let text = cause.to_string();
        // Many errors repeat their source's text in their own.
        if !said.contains(&text) {
            said.clone_from(&text);
            causes.push(text);
        }
    }
    causes
}

/// What to do next: what the error itself says, else what holds for its kind.
fn hints(error: &Error) -> Vec<&str> {
    match error.hints() {
        [] if error.kind() == ErrorKind::Cancelled => Vec::new(),
        [] => vec![error.kind().remedy()],
        hints => hints.iter().map(String::as_str).collect(),
    }
}

/// A text of somebody else's, safe to show: no control characters, which could move the cursor and forge lines of ours;
/// further lines are indented.
pub(crate) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.trim_end().chars() {
        match character {
            '\n' => shown.push_str("\n    "),
            '\r' => {}
            '\t' => shown.push(' '),
            _ if character.is_control() => shown.extend(character.escape_unicode()),
            _ => shown.push(character),
        }
    }
    shown
}

/// The same on one line.
pub(crate) fn harmless_line(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    harmless(&lines.join(" "))
}

/// The failure as a program reads it.
fn error_json(error: &Error, partial: &Value) -> Value {
    json!({ "error": {
        "kind": error.kind().name(),
        "code": error.code(),
        "message": error.to_string(),
        "causes": causes(error),
        "hints": hints(error),
        "overflow": error.overflow(),
        "requestId": error.request_id(),
        "status": error.status(),
        "partial": partial,
    }})
}

/// What is wrong with the command line, as a program reads it.
fn usage_json(message: &str, hint: &str) -> Value {
    json!({ "error": {
        "kind": "Usage",
        "code": null,
        "message": message,
        "causes": [],
        "hints": [hint],
        "overflow": null,
        "requestId": null,
        "status": null,
        "partial": null,
    }})
}

/// Prints help, version, or what is wrong with the command line: as JSON, if the command line asks for that.
pub(crate) fn print_usage(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    let asks = |argument: &OsString| argument == "--json" || argument == "--events";
    let flags = arguments.iter().take_while(|argument| *argument != "--");
    if error.use_stderr() && flags.into_iter().any(asks) {
        let text = error.render().to_string();
        let message = text.strip_prefix("error: ").unwrap_or(&text);
        let message = message.split("\n\nUsage:").next().unwrap_or(message).trim();
        let message = message.strip_suffix("For more information, try '--help'.").unwrap_or(message);
        let message = &harmless_line(message);
        writeln!(io::stderr(), "{}", usage_json(message, SEE_HELP)).ok();
    } else {
        error.print().ok();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_cannot_forge_lines_of_ours() {
        assert_eq!(harmless("no\u{1b}[2K\rerror: fake\n"), "no\\u{1b}[2Kerror: fake");
        assert_eq!(harmless("tried:\n one"), "tried:\n     one");
        assert_eq!(harmless_line("a name\r\n\n over\u{7}two lines\n"), "a name over\\u{7}two lines");
    }
}
