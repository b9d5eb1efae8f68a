//! `outcrop providers`.

use comfy_table::{ContentArrangement, Table, presets};
use outcrop::ListedProvider;
use outcrop_conformance::{Outcome, Report, ScenarioResult, live};
use serde_json::json;

use crate::args::{CheckProviders, ListProviders, Providers, ProvidersCommand};
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::{Terminal, harmless, harmless_line};

/// The head of the page of the reference.
const PAGE: &str = "\
# What the providers have proved

<!-- Written by `cargo xtask schema`; edits are lost. -->

Every provider of Outcrop goes through the same scenarios of [`outcrop-conformance`](../../crates/conformance), against a
fake of its upstream on loopback. One is skipped only where the provider lacks what it needs. This is what `outcrop providers
check` finds.

";

pub(crate) async fn run(
    arguments: Providers,
    context: &Context,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    match arguments.command {
        ProvidersCommand::List(arguments) => list(arguments, context, terminal).await,
        ProvidersCommand::Check(arguments) if arguments.live => {
            let report = called(&arguments, context, terminal).await?;
            show(&[report], arguments.json, terminal)
        }
        ProvidersCommand::Check(arguments) => {
            let reports = tokio::task::spawn_blocking(outcrop::conformance::check).await;
            let reports = reports.map_err(|error| Failure::io("the kit cannot run")(error.into()))?;
            if arguments.markdown {
                terminal.print(&format!("{PAGE}{}", Report::side_by_side(&reports)))?;
                return verdict(&reports);
            }
            show(&reports, arguments.json, terminal)
        }
    }
}

async fn list(arguments: ListProviders, context: &Context, terminal: &mut Terminal) -> Result<(), Failure> {
    let ready = context.start(terminal).await?;
    let listed = ready.outcrop.providers();
    if arguments.json {
        return terminal.print_json(&listed);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["ID", "API", "CRATE"]);
    for ListedProvider { id, api, crate_name, .. } in &listed {
        let cells = [id.as_deref(), api.as_deref(), *crate_name];
        table.add_row(cells.map(|cell| harmless_line(cell.unwrap_or("-"))));
    }
    terminal.print(&table.lines().map(|line| line.trim_end().to_owned() + "\n").collect::<String>())
}

/// The part of the kit that a real model can act.
async fn called(
    arguments: &CheckProviders,
    context: &Context,
    terminal: &mut Terminal,
) -> Result<Report, Failure> {
    let ready = context.start(terminal).await?;
    let chosen = ready.outcrop.choose(arguments.model.as_deref()).await?;
    if let Some(note) = &chosen.note {
        terminal.note(note);
    }
    let subject = ready.outcrop.conformance_subject(&chosen.reference).await?;
    terminal.note(&format!(
        "calls `{}` {} times, for a few words each, and asks for the list of models",
        chosen.reference.key(),
        subject.calls()
    ));
    Ok(live::run(&subject).await)
}

fn show(reports: &[Report], json: bool, terminal: &mut Terminal) -> Result<(), Failure> {
    if json {
        let ok = reports.iter().all(Report::is_fine);
        terminal.print_json(&json!({ "ok": ok, "reports": reports }))?;
        return verdict(reports);
    }
    for (position, report) in reports.iter().enumerate() {
        let gap = if position > 0 { "\n" } else { "" };
        let (provider, model) = (harmless_line(&report.provider), harmless_line(report.model.as_str()));
        terminal.print(&format!("{gap}{provider} ({model})\n"))?;
        for problem in &report.problems {
            terminal.print_styled(&line("fail", &format!("the manifest: {problem}")))?;
        }
        for result in &report.results {
            terminal.print_styled(&told(result))?;
        }
        terminal.print(&format!("{}\n", report.sums()))?;
    }
    verdict(reports)
}

fn verdict(reports: &[Report]) -> Result<(), Failure> {
    if reports.iter().all(Report::is_fine) { Ok(()) } else { Err(Failure::Reported(1)) }
}

fn told(ScenarioResult { name, outcome, .. }: &ScenarioResult) -> String {
    match outcome {
        Outcome::Skipped { reason } => line("skip", &format!("{name}: {reason}")),
        Outcome::KnownFailure { reason, .. } => line("warn", &format!("{name}: known to fail: {reason}")),
        Outcome::Failed { problems } => {
            let problems: Vec<_> = problems.iter().map(|it| format!("      - {}\n", harmless(it))).collect();
            line("fail", name) + &problems.concat()
        }
        _ => line("ok  ", name),
    }
}

fn line(word: &str, text: &str) -> String {
    use anstyle::{AnsiColor, Style};
    let style = match word {
        "ok  " => AnsiColor::Green.on_default(),
        "warn" => AnsiColor::Yellow.on_default().bold(),
        "skip" => Style::new().dimmed(),
        _ => AnsiColor::Red.on_default().bold(),
    };
    format!("{style}{word}{style:#}  {}\n", harmless(text))
}
