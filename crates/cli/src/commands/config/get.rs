//! `outcrop config get` and `outcrop config list`.

use std::fmt::Write as _;

use outcrop::{KeyPath, Layer, Origin, Outcrop};
use serde::Serialize;
use serde_json::{Value, json};

use super::parsed;
use crate::args::{GetValue, ListValues};
use crate::failure::Failure;
use crate::terminal::{Terminal, harmless_line};

/// The exit code where nothing sets a value.
pub(super) const UNSET: u8 = 1;

/// A value and who says so.
#[derive(Debug, Serialize)]
struct Said {
    key: KeyPath,
    /// Asterisks in place of secrets.
    value: Value,
    origin: Option<Origin>,
}

impl Said {
    /// What counts, or what one layer says.
    fn of(outcrop: &Outcrop, path: &KeyPath, layer: Option<Layer>) -> Self {
        let Some(layer) = layer else {
            let explained = outcrop.config().explain(path);
            return Self { key: explained.key, value: explained.value, origin: explained.origin };
        };
        let said = outcrop.config().said_by(layer, path);
        let (value, origin) = said.map_or((Value::Null, None), |(value, origin)| (value, Some(origin)));
        Self { key: path.clone(), value, origin }
    }
}

pub(super) fn get(outcrop: &Outcrop, arguments: &GetValue, terminal: &mut Terminal) -> Result<(), Failure> {
    let path = parsed(&arguments.key)?;
    // What a file with a mistake says does not count, and whoever asks has to know.
    terminal.diagnose(outcrop.diagnostics());
    let said = Said::of(outcrop, &path, arguments.layer.map(Layer::from));
    if arguments.json {
        terminal.print_json(&said)?;
    }
    if said.origin.is_none() {
        let about = match outcrop.config().description(&path) {
            Some(description) => format!("nothing sets `{path}`: {description}"),
            None => format!("nothing sets `{path}`, and nothing reads it"),
        };
        terminal.note(&about);
        return Err(Failure::Reported(UNSET));
    }
    if arguments.json {
        return Ok(());
    }
    let text = match &said.value {
        Value::String(text) => text.clone(),
        value => format!("{value:#}"),
    };
    terminal.print_answer(&(text + "\n"))
}

pub(super) fn list(
    outcrop: &Outcrop,
    arguments: &ListValues,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let below = arguments.key.as_deref().map(parsed).transpose()?.unwrap_or_default();
    terminal.diagnose(outcrop.diagnostics());
    let layer = arguments.layer.map(Layer::from);
    let keys = match layer {
        Some(layer) => outcrop.config().keys_of(layer),
        None => outcrop.config().keys(),
    };
    let is_asked = |key: &KeyPath| key.segments().starts_with(below.segments());
    let values: Vec<_> = keys
        .into_iter()
        .filter(is_asked)
        .map(|key| Said::of(outcrop, &key, layer))
        .filter(|said| said.origin.is_some())
        .collect();
    if arguments.json {
        return terminal.print_json(&json!({ "count": values.len(), "values": values }));
    }
    let mut text = String::new();
    for Said { key, value, origin } in &values {
        let origin = origin.as_ref().map(ToString::to_string).unwrap_or_default();
        let line = format!("{key} = {value}  ({origin})");
        writeln!(text, "{}", harmless_line(&line)).ok();
    }
    if values.is_empty() {
        terminal.note("no value is set there");
    }
    terminal.print(&text)
}
