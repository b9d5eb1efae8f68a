//! `outcrop doctor`.

use outcrop::{Check, Examination, Verdict};
use serde_json::json;

use crate::args::Doctor;
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::{Terminal, harmless};

pub(crate) async fn run(
    arguments: &Doctor,
    context: &Context,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let ready = context.start(terminal).await?;
    let examination = match &arguments.provider {
        Some(id) => ready.outcrop.examine(&id.as_str().into()).await?,
        None => ready.outcrop.examine_all().await?,
    };
    let Examination { checks, failure, .. } = &examination;
    if arguments.json {
        terminal.print_json(&json!({ "ok": examination.is_healthy(), "checks": checks }))?;
    } else {
        for check in checks {
            terminal.print_styled(&line(check))?;
        }
    }
    failure.map_or(Ok(()), |kind| Err(Failure::Reported(kind.exit_code())))
}

fn line(check: &Check) -> String {
    const fn style(colour: anstyle::AnsiColor) -> anstyle::Style {
        colour.on_default().bold()
    }
    let (style, word) = match check.verdict {
        Verdict::Ok => (style(anstyle::AnsiColor::Green), "ok  "),
        Verdict::Warn => (style(anstyle::AnsiColor::Yellow), "warn"),
        Verdict::Fail => (style(anstyle::AnsiColor::Red), "fail"),
        _ => (anstyle::Style::new().dimmed(), "skip"),
    };
    let fix = check.fix.as_ref().map(|fix| format!("      fix: {}\n", harmless(fix))).unwrap_or_default();
    format!("{style}{word}{style:#}  {}: {}\n{fix}", harmless(&check.name), harmless(&check.detail))
}
