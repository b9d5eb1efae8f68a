//! `outcrop config import`.

use std::fmt::Write as _;
use std::path::PathBuf;

use outcrop::{Error, Imported, KeyPath, Layer, Outcrop};
use serde_json::json;

use crate::args::{ImportFile, ImportLayer};
use crate::failure::Failure;
use crate::terminal::{Terminal, harmless_line};

pub(super) fn run(outcrop: &Outcrop, arguments: &ImportFile, terminal: &mut Terminal) -> Result<(), Failure> {
    let (layer, into) = target(outcrop, arguments.layer)?;
    let done = outcrop.import(&arguments.file, (layer, &into), arguments.replace, !arguments.dry_run)?;
    terminal.diagnose(&done.diagnostics);
    let name = harmless_line(&into.display().to_string());
    if arguments.json {
        terminal.print_json(&json!({
            "file": into,
            "changed": done.changed,
            "dryRun": arguments.dry_run,
            "added": done.added,
            "replaced": done.replaced,
            "leftOut": done.left_out,
            "plainSecrets": done.plain_secrets,
        }))?;
    } else {
        terminal.print(&text(&done, &name, arguments.dry_run))?;
        for unused in &done.left_out {
            terminal.note(&format!("`{}` belongs to another program and is left out", unused.key));
        }
        for key in &done.plain_secrets {
            terminal.warn(&format!(
                "`{key}` is a secret in plain text: put it into a variable and write `\"${{VARIABLE}}\"`"
            ));
        }
    }
    Ok(())
}

/// The file that is written to.
fn target(outcrop: &Outcrop, layer: Option<ImportLayer>) -> Result<(Layer, PathBuf), Failure> {
    let files = outcrop.config().files();
    let of =
        |layer: Layer| files.iter().find(|file| file.layer == layer).map(|file| (layer, file.path.clone()));
    let found = match layer {
        None => outcrop.config().own_file(),
        Some(ImportLayer::User) => of(Layer::User),
        Some(ImportLayer::Project) => of(Layer::Project)
            .or_else(|| Some((Layer::Project, std::env::current_dir().ok()?.join("outcrop.json5")))),
    };
    found.ok_or_else(|| {
        Error::config("there is no configuration file to write to")
            .with_hint("give no `--layer` beside `--config`, or say in `HOME` where your files are")
            .into()
    })
}

fn text(done: &Imported, file: &str, dry_run: bool) -> String {
    if !done.changed {
        return format!("{file} has all of it already\n");
    }
    let (add, replace) = if dry_run { ("would add", "would replace") } else { ("added", "replaced") };
    let mut text = String::new();
    let lines = |keys: &[KeyPath], word: &str, text: &mut String| {
        for key in keys {
            writeln!(text, "{word} {} in {file}", harmless_line(&key.to_string())).ok();
        }
    };
    lines(&done.added, add, &mut text);
    lines(&done.replaced, replace, &mut text);
    text
}
