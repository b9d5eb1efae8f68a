//! `outcrop models refresh`.

use std::fmt::Write as _;

use outcrop::Refreshed;
use serde_json::json;

use super::{json, problem_line};
use crate::args::Form;
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::{Terminal, harmless_line};

pub(super) async fn run(form: Form, context: &Context, terminal: &mut Terminal) -> Result<(), Failure> {
    let ready = context.start(terminal).await?;
    let refreshed = ready.outcrop.refresh_models().await?;
    let snapshot = &refreshed.list.snapshot;
    if form.json {
        return terminal.print_json(&json!({
            "count": refreshed.list.models.len(),
            "freshness": snapshot.freshness,
            "takenAt": json::rfc3339(snapshot.taken_at),
            "problems": snapshot.problems,
            "added": refreshed.added,
            "removed": refreshed.removed,
        }));
    }
    for problem in &snapshot.problems {
        terminal.warn(&problem_line(problem));
    }
    terminal.print(&text(&refreshed))
}

/// The count, and a line for each model that is new or gone.
fn text(refreshed: &Refreshed) -> String {
    let count = refreshed.list.models.len();
    let models = if count == 1 { "1 model".to_owned() } else { format!("{count} models") };
    let (Some(added), Some(removed)) = (&refreshed.added, &refreshed.removed) else {
        return format!("{models}; nothing was known before\n");
    };
    let mut text = match (added.len(), removed.len()) {
        (0, 0) => format!("{models}; nothing changed\n"),
        (new, gone) => format!("{models}; {new} new, {gone} gone\n"),
    };
    for (sign, keys) in [('+', added), ('-', removed)] {
        for key in keys {
            writeln!(text, "{sign} {}", harmless_line(key)).ok();
        }
    }
    text
}
