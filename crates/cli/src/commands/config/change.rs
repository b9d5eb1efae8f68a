//! `outcrop config set` and `outcrop config unset`.

use outcrop::{Change, Changed, Error, KeyPath, Layer, Outcrop, parse_json5};
use serde_json::{Value, json};

use super::get::UNSET;
use super::parsed;
use crate::args::{Destination, SetValue, UnsetValue};
use crate::failure::Failure;
use crate::terminal::{Terminal, harmless_line};

pub(super) fn set(outcrop: &Outcrop, arguments: &SetValue, terminal: &mut Terminal) -> Result<(), Failure> {
    let path = parsed(&arguments.key)?;
    let value = if arguments.json {
        strict("VALUE", &arguments.value)?
    } else {
        outcrop.config().interpret(&path, &arguments.value)
    };
    let destination = &arguments.destination;
    let done = made(outcrop, Change::set(path.clone(), value), destination)?;
    let words = if done.changed { "is set" } else { "says so already" };
    report(&path, &done, destination, arguments.json, words, terminal)
}

pub(super) fn unset(
    outcrop: &Outcrop,
    arguments: &UnsetValue,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let path = parsed(&arguments.key)?;
    let destination = &arguments.destination;
    let done = made(outcrop, Change::unset(path.clone()), destination)?;
    let words = if done.found { "is removed" } else { "is not set" };
    report(&path, &done, destination, arguments.json, words, terminal)?;
    if done.found { Ok(()) } else { Err(Failure::Reported(UNSET)) }
}

fn made(outcrop: &Outcrop, change: Change, destination: &Destination) -> Result<Changed, Failure> {
    let change = match destination.layer {
        Some(layer) => change.in_layer(layer.into()),
        None => change,
    };
    let change = match (&destination.expect_current, destination.expect_absent) {
        (Some(text), _) => change.expecting(Some(strict("--expect-current", text)?)),
        (None, true) => change.expecting(None),
        (None, false) => change,
    };
    let change = change.replacing(destination.replace).dry_run(destination.dry_run);
    outcrop.change(&change).map_err(|error| with_way_out(error).into())
}

/// A text that has to be JSON5.
fn strict(name: &str, text: &str) -> Result<Value, Failure> {
    parse_json5(text).ok_or_else(|| {
        Failure::usage_with_hint(
            format!("{name} is not JSON5"),
            "quote text: a shell needs two kinds of quotes, as in `'\"us-east-1\"'`",
        )
    })
}

/// The library knows no flags.
fn with_way_out(error: Error) -> Error {
    if error.message().contains(" would lose ") {
        error.with_hint("or say with `--replace` that they may go")
    } else {
        error
    }
}

fn report(
    path: &KeyPath,
    done: &Changed,
    destination: &Destination,
    json: bool,
    words: &str,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    terminal.diagnose(&done.warnings);
    if json {
        return terminal.print_json(&json!({
            "key": path,
            "file": done.file,
            "layer": done.layer,
            "line": done.line,
            "changed": done.changed,
            "dryRun": destination.dry_run,
            "diff": done.diff,
            "shadowedBy": done.shadowed_by,
            "read": done.is_read,
        }));
    }
    let file = done.file.display();
    if destination.dry_run {
        if done.diff.is_empty() {
            terminal.note(&format!("nothing would change in {file}"));
        }
        terminal.print_answer(&done.diff)?;
    } else {
        let line = done.line.map(|line| format!(":{line}")).unwrap_or_default();
        terminal.print(&(harmless_line(&format!("`{path}` {words}, in {file}{line}")) + "\n"))?;
    }
    if let Some(stronger) = &done.shadowed_by {
        terminal.warn(&format!("`{path}` has no effect there: it is set by {stronger}"));
    }
    if !done.is_read && !destination.dry_run && matches!(done.layer, Layer::User | Layer::Project) {
        terminal.warn(&format!("{file} is not read now: `--config` or `OUTCROP_CONFIG` names another file"));
    }
    Ok(())
}
