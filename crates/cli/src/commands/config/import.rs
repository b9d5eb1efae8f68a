//! `outcrop config import`.

use std::fmt::Write as _;

use outcrop::{Imported, KeyPath, Layer, Outcrop};
use serde_json::json;

use crate::args::ImportFile;
use crate::failure::Failure;
use crate::terminal::{Terminal, harmless_line};

pub(super) fn run(outcrop: &Outcrop, arguments: &ImportFile, terminal: &mut Terminal) -> Result<(), Failure> {
    let layer = arguments.layer.map(Layer::from);
    let done = outcrop.import(&arguments.file, layer, arguments.replace, !arguments.dry_run)?;
    terminal.diagnose(&done.diagnostics);
    if arguments.json {
        return terminal.print_json(&json!({
            "file": done.file,
            "layer": done.layer,
            "changed": done.changed,
            "dryRun": arguments.dry_run,
            "diff": done.diff,
            "added": done.added,
            "replaced": done.replaced,
            "leftOut": done.left_out,
            "plainSecrets": done.plain_secrets,
        }));
    }
    if arguments.dry_run {
        if done.diff.is_empty() {
            terminal.note(&format!("nothing would change in {}", done.file.display()));
        }
        terminal.print_answer(&done.diff)?;
    } else {
        terminal.print(&text(&done))?;
    }
    for unused in &done.left_out {
        terminal.note(&format!("`{}` belongs to another program and is left out", unused.key));
    }
    for key in &done.plain_secrets {
        terminal.warn(&format!(
            "`{key}` is a secret in plain text: put it into a variable and write `\"${{VARIABLE}}\"`"
        ));
    }
    Ok(())
}

fn text(done: &Imported) -> String {
    let file = harmless_line(&done.file.display().to_string());
    if !done.changed {
        return format!("{file} has all of it already\n");
    }
    let mut text = String::new();
    let lines = |keys: &[KeyPath], word: &str, text: &mut String| {
        for key in keys {
            writeln!(text, "{word} {} in {file}", harmless_line(&key.to_string())).ok();
        }
    };
    lines(&done.added, "added", &mut text);
    lines(&done.replaced, "replaced", &mut text);
    text
}
