//! `outcrop config set` and `outcrop config unset`.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use outcrop::{Change, Changed, Error, KeyPath, Layer, Outcrop, parse_json5};
use serde_json::{Value, json};

use super::get::UNSET;
use super::hidden::Hidden;
use super::parsed;
use crate::args::{Destination, SetValue, UnsetValue};
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::{Terminal, harmless_line};

/// The value that stands for standard input.
const STANDARD_INPUT: &str = "-";

pub(super) fn set(
    outcrop: &Outcrop,
    context: &Context,
    arguments: &SetValue,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let path = parsed(&arguments.key)?;
    let is_typed = arguments.value != STANDARD_INPUT;
    let is_secret = !outcrop.config().plain_secrets(&path, &Value::from("x")).is_empty();
    let text = if is_typed { arguments.value.clone() } else { standard_input(&path, is_secret, context)? };
    let value =
        if arguments.json { strict("VALUE", &text)? } else { outcrop.config().interpret(&path, &text) };
    let destination = &arguments.destination;
    let done = made(outcrop, Change::set(path.clone(), value), destination)?;
    let words = if done.changed { "is set" } else { "says so already" };
    report(&path, &done, destination, arguments.json, words, terminal)?;
    if is_typed && let Some(secret) = done.plain_secrets.first() {
        terminal.warn(&format!(
            "`{secret}` is a secret, and everybody on this machine can read the command line: give `-` to read it from \
             standard input, or put it into a variable and write `\"${{VARIABLE}}\"`"
        ));
    }
    Ok(())
}

/// The text on standard input, without the line breaks at its end, as `$(…)` of a shell takes it; at a terminal, one line,
/// which is not shown if it is a secret.
fn standard_input(path: &KeyPath, is_secret: bool, context: &Context) -> Result<String, Failure> {
    if !context.reads_input() {
        return Err(Failure::usage("`-` stands for standard input, which `--no-input` forbids to read"));
    }
    let mut stdin = io::stdin().lock();
    let mut bytes = Vec::new();
    let read = if stdin.is_terminal() {
        let hidden = is_secret.then(Hidden::begin).flatten();
        let mut error = io::stderr();
        write!(error, "value of `{path}`: ").and_then(|()| error.flush()).ok();
        let read = stdin.read_until(b'\n', &mut bytes);
        if hidden.is_some() {
            writeln!(error).ok();
        }
        read
    } else {
        stdin.read_to_end(&mut bytes)
    };
    read.map_err(Failure::io("standard input cannot be read"))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::usage("standard input is no UTF-8 text"))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(Failure::usage_with_hint(
            "standard input has no value",
            "see what should have written to it, or set an empty text with `'\"\"'`",
        )),
        text => Ok(text.to_owned()),
    }
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
            "plainSecrets": done.plain_secrets,
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
