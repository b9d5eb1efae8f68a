//! `outcrop models set`.

use outcrop::{DefaultModelSet, ErrorKind, ModelReference, Outcrop};
use serde_json::json;

use crate::args::SetModel;
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::{Terminal, harmless_line};

pub(super) async fn run(
    arguments: &SetModel,
    context: &Context,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    if context.is_emulated() {
        return Err(Failure::usage(
            "the models of the emulator are nobody's default: leave `--emulator` away to set one of your account"
                .to_owned(),
        ));
    }
    crate::commands::config::outlive_limits();
    let ready = context.start(terminal).await?;
    let asked = ready.outcrop.reference(&arguments.model);
    let mut warnings = Vec::new();
    let reference = checked(&ready.outcrop, asked, arguments.force, &mut warnings, terminal).await?;
    let done = ready.outcrop.set_default_model(&reference)?;
    if let Some(stronger) = &done.shadowed_by {
        warnings.push(format!("`{}` still wins: it is set by {}", stronger.model, stronger.origin));
    }
    if arguments.json {
        return terminal.print_json(&json!({
            "model": reference.key(),
            "file": done.file,
            "changed": done.changed,
            "previous": done.previous,
            "warnings": warnings,
        }));
    }
    terminal.print(&text(&reference, &done))?;
    for warning in warnings {
        terminal.warn(&warning);
    }
    Ok(())
}

/// The model to write down, by the id that is called.
async fn checked(
    outcrop: &Outcrop,
    asked: ModelReference,
    force: bool,
    warnings: &mut Vec<String>,
    terminal: &mut Terminal,
) -> Result<ModelReference, Failure> {
    let vetted = match outcrop.vet(&asked).await {
        Ok(vetted) => vetted,
        Err(error) if force && error.kind() == ErrorKind::ModelNotFound => {
            warnings.push(error.message().to_owned());
            return Ok(asked);
        }
        Err(error) if error.kind() == ErrorKind::ModelNotFound => {
            return Err(error.with_hint("or write it all the same with `--force`").into());
        }
        Err(error) => return Err(error.into()),
    };
    warnings.extend(vetted.warning);
    if let Some(note) = &vetted.note {
        terminal.note(note);
    }
    Ok(vetted.reference)
}

fn text(reference: &ModelReference, done: &DefaultModelSet) -> String {
    let (key, file) = (harmless_line(&reference.key()), harmless_line(&done.file.display().to_string()));
    match (&done.previous, done.changed) {
        (_, false) => format!("`{key}` is the default model already, in {file}\n"),
        (Some(previous), true) => {
            format!(
                "`{key}` is the default model now, in place of `{}`, in {file}\n",
                harmless_line(previous)
            )
        }
        (None, true) => format!("`{key}` is the default model now, in {file}\n"),
    }
}
