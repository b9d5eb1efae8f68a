//! What the library tells of its work, on standard error.

use std::fmt;

use anstyle::{AnsiColor, Style};
use tracing::Level;
use tracing::field::{Field, Visit};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use super::{ASIDE, NOTE, harmless_line};

/// One line for each thing that is told, and one for each call when it is over, with all that is known of it then. What is
/// told within a call does not repeat that.
pub(super) struct Logs;

impl<S, N> FormatEvent<S, N> for Logs
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &tracing::Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let (style, aside) =
            if writer.has_ansi_escapes() { (style(*metadata.level()), ASIDE) } else { Default::default() };
        write!(writer, "{style}{:>5}{style:#} {aside}{}:{aside:#} ", metadata.level(), metadata.target())?;
        if metadata.is_span() {
            write!(writer, "{}", metadata.name())?;
            if let Some(span) = event.parent().and_then(|id| context.span(id))
                && let Some(fields) = span.extensions().get::<FormattedFields<N>>()
            {
                write!(writer, " {fields}")?;
            }
        } else {
            context.format_fields(writer.by_ref(), event)?;
        }
        writeln!(writer)
    }
}

const fn style(level: Level) -> Style {
    let colour = match level {
        Level::ERROR => AnsiColor::Red,
        Level::WARN => AnsiColor::Yellow,
        Level::INFO => AnsiColor::Green,
        Level::DEBUG => AnsiColor::Blue,
        Level::TRACE => AnsiColor::Magenta,
    };
    colour.on_default()
}

/// The retry layer's warnings, as notes.
pub(super) struct WaitNotes;

impl<S, N> FormatEvent<S, N> for WaitNotes
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &tracing::Event<'_>,
    ) -> fmt::Result {
        let mut wait = Wait::default();
        event.record(&mut wait);
        // Nobody wonders at less.
        if !event.metadata().target().starts_with("outcrop_layers") || wait.milliseconds < 2000 {
            return Ok(());
        }
        let style = if writer.has_ansi_escapes() { NOTE } else { Style::new() };
        let seconds = wait.milliseconds.div_ceil(1000);
        writeln!(writer, "{style}note{style:#}: {}: trying again in {seconds} s", wait.problem)
    }
}

/// What a warning of the retry layer says.
#[derive(Default)]
struct Wait {
    milliseconds: u64,
    problem: String,
}

impl Visit for Wait {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "wait_ms" {
            self.milliseconds = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "problem" {
            self.problem = harmless_line(value);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::format::FmtSpan;

    use super::*;

    /// Where a subscriber writes to.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn long_waits_are_told_and_short_ones_are_not() {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .event_format(WaitNotes)
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let warn = |wait_ms: u64| tracing::warn!(target: "outcrop_layers::retry", problem = "too many requests", wait_ms, "a wait");
            warn(1999);
            warn(29_500);
            tracing::warn!(problem = "somebody else", wait_ms = 9000_u64, "a wait");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text, "note: too many requests: trying again in 30 s\n");
    }

    #[test]
    fn a_call_is_told_of_once_it_is_over_and_not_with_everything_that_is_told_within() {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .with_span_events(FmtSpan::CLOSE)
            .without_time()
            .event_format(Logs)
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!(target: "calls", "chat", model = "m", id = tracing::field::Empty);
            span.in_scope(|| tracing::info!(target: "work", count = 3, "working"));
            span.record("id", "the-id");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text, " INFO work: working count=3\n INFO calls: chat model=\"m\" id=\"the-id\"\n");
    }
}
