//! `outcrop models why`.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use outcrop::{ErrorKind, RuleVerdict, Why};

use crate::args::OneModel;
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::{Terminal, harmless, harmless_line};

pub(super) async fn run(
    arguments: &OneModel,
    context: &Context,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let ready = context.start(terminal).await?;
    let why = ready.outcrop.why(&ready.outcrop.reference(&arguments.model)).await?;
    if arguments.json {
        terminal.print_json(&why)?;
    } else {
        terminal.print_styled(&text(&why))?;
    }
    if why.listed { Ok(()) } else { Err(Failure::Reported(ErrorKind::ModelNotFound.exit_code())) }
}

/// The verdict, every rule, and the way out.
fn text(why: &Why) -> String {
    let mut text = format!("{}\n", harmless_line(&verdict(why)));
    for rule in &why.rules {
        text.push_str(&line(rule));
    }
    if let Some(fix) = &why.fix {
        writeln!(text, "fix: {}", harmless(fix)).ok();
    }
    text
}

fn verdict(why: &Why) -> String {
    let listed = match (why.listed, why.callable) {
        (true, Some(true)) => "is listed, and can be called",
        (true, Some(false)) => "is listed, but cannot be called",
        (true, None) => "is listed",
        (false, Some(true)) => "is not listed, but can be called",
        (false, Some(false)) => "is not listed, and cannot be called",
        (false, None) => "is not listed; whether it can be called is not known",
    };
    let other = why.called_as.as_ref().filter(|_| why.callable == Some(true));
    let other = other.map(|id| format!(" as `{id}`")).unwrap_or_default();
    let region = why.region.as_ref().map(|region| format!(" ({region})")).unwrap_or_default();
    format!("`{}` {listed}{other}{region}", why.id)
}

/// A rule, in the words of `outcrop doctor`.
fn line(RuleVerdict { rule, passed, detail, .. }: &RuleVerdict) -> String {
    const fn style(colour: AnsiColor) -> Style {
        colour.on_default().bold()
    }
    let (style, word) =
        if *passed { (style(AnsiColor::Green), "ok  ") } else { (style(AnsiColor::Red), "fail") };
    format!("{style}{word}{style:#}  {rule}: {}\n", harmless(detail))
}
