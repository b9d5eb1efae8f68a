//! `outcrop config`.

mod change;
mod edit;
mod editor;
mod get;
mod hidden;
mod import;

use std::fmt::Write as _;

use outcrop::{KeyPath, Outcrop};
use serde_json::json;

use crate::args::{Config, ConfigCommand, SchemaFormat};
use crate::context::{Context, heed_flags};
use crate::failure::Failure;
use crate::terminal::Terminal;

/// The exit code of a wrong configuration.
const WRONG: u8 = 3;

pub(crate) fn run(arguments: Config, context: &Context, terminal: &mut Terminal) -> Result<(), Failure> {
    let outcrop = context.library(None)?;
    // `check` tells of wrong flags as of everything else.
    if !matches!(arguments.command, ConfigCommand::Check { .. }) {
        heed_flags(&outcrop)?;
    }
    match arguments.command {
        ConfigCommand::Get(arguments) => get::get(&outcrop, &arguments, terminal),
        ConfigCommand::List(arguments) => get::list(&outcrop, &arguments, terminal),
        ConfigCommand::Set(arguments) => change::set(&outcrop, context, &arguments, terminal),
        ConfigCommand::Unset(arguments) => change::unset(&outcrop, &arguments, terminal),
        ConfigCommand::Edit(arguments) => edit::run(&outcrop, context, &arguments, terminal),
        ConfigCommand::Schema { format } => schema(&outcrop, format, terminal),
        ConfigCommand::Check { strict, json } => check(&outcrop, strict, json, terminal),
        ConfigCommand::Explain { key, json } => explain(&outcrop, &key, json, terminal),
        ConfigCommand::Import(arguments) => import::run(&outcrop, &arguments, terminal),
        ConfigCommand::Path => path(&outcrop, terminal),
    }
}

/// A key as it was typed.
fn parsed(key: &str) -> Result<KeyPath, Failure> {
    key.parse().map_err(|error| Failure::usage(format!("`{key}` is no key: {error}")))
}

fn schema(outcrop: &Outcrop, format: SchemaFormat, terminal: &mut Terminal) -> Result<(), Failure> {
    terminal.print(&match format {
        SchemaFormat::Json => format!("{:#}\n", outcrop.schema()),
        SchemaFormat::Markdown => outcrop.schema_reference(),
    })
}

fn check(outcrop: &Outcrop, strict: bool, json: bool, terminal: &mut Terminal) -> Result<(), Failure> {
    let diagnostics = outcrop.diagnostics();
    let wrong = diagnostics.iter().any(|diagnostic| strict || diagnostic.is_error());
    let unused = outcrop.config().unused();
    if json {
        terminal.print_json(&json!({ "ok": !wrong, "diagnostics": diagnostics, "unused": unused }))?;
    } else {
        terminal.diagnose(diagnostics);
        for key in unused {
            terminal.note(&format!("`{}` belongs to another program and is not used", key.key));
        }
        if diagnostics.is_empty() {
            terminal.note("the configuration is fine");
        }
    }
    if wrong { Err(Failure::Reported(WRONG)) } else { Ok(()) }
}

fn explain(outcrop: &Outcrop, key: &str, json: bool, terminal: &mut Terminal) -> Result<(), Failure> {
    let path = parsed(key)?;
    // What a file with a mistake says does not count, and whoever asks has to know.
    terminal.diagnose(outcrop.diagnostics());
    let explanation = outcrop.config().explain(&path);
    if json {
        return terminal.print_json(&explanation);
    }
    let mut text = format!("{} = {}\n", explanation.key, explanation.value);
    if let Some(origin) = &explanation.origin {
        writeln!(text, "  from {origin}").ok();
    } else {
        let description = outcrop.config().description(&path);
        writeln!(text, "  set nowhere; {}", description.as_deref().unwrap_or("nothing reads it")).ok();
    }
    for shadowed in &explanation.shadowed {
        writeln!(text, "  instead of {} from {}", shadowed.value, shadowed.origin).ok();
    }
    terminal.print(&text)
}

fn path(outcrop: &Outcrop, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut text = String::new();
    for file in outcrop.config().files() {
        let state = if file.found { "" } else { "  (not there)" };
        writeln!(text, "{}: {}{state}", file.layer, file.path.display()).ok();
    }
    terminal.print(&text)
}
