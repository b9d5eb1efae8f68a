//! An answer as people see it: its text on standard output, exactly; what the model thinks beside it, on standard error.

use std::collections::BTreeSet;

use outcrop_core::{Block, Content, Delta, Event, Response, Warning};

use crate::failure::Failure;
use crate::terminal::Terminal;

/// The rule of the warning that another id was called than was asked for.
const CALLED_AS: &str = "called-as";

/// Shows an answer while it comes.
#[derive(Debug, Default)]
pub(super) struct Screen {
    /// The indices of the blocks that are shown, which may interleave.
    texts: BTreeSet<u32>,
    thoughts: Thoughts,
}

impl Screen {
    /// Shows what an event brings. The only way by which an answer gets out piece by piece.
    pub(super) fn show(&mut self, event: &Event, terminal: &mut Terminal) -> Result<(), Failure> {
        match event {
            Event::Start(start) => warn(&start.warnings, terminal),
            Event::Open { index, block: Block::Text } => {
                self.texts.insert(*index);
            }
            Event::Open { block: Block::Reasoning, .. } => self.thoughts.end(terminal),
            Event::Delta { delta: Delta::Reasoning { text }, .. } => self.thoughts.show(text, terminal)?,
            Event::Delta { index, delta: Delta::Text { text } } if self.texts.contains(index) => {
                self.thoughts.end(terminal);
                terminal.print_answer(text)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The stream has ended.
    pub(super) fn finish(mut self, terminal: &mut Terminal) {
        self.thoughts.end(terminal);
    }

    /// Shows an answer that came in one piece.
    pub(super) fn show_whole(mut self, response: &Response, terminal: &mut Terminal) -> Result<(), Failure> {
        warn(&response.warnings, terminal);
        for content in &response.content {
            if let Content::Reasoning(reasoning) = content {
                self.thoughts.end(terminal);
                self.thoughts.show(&reasoning.text, terminal)?;
            } else if let Some(text) = content.as_text() {
                self.thoughts.end(terminal);
                terminal.print_answer(text)?;
            }
        }
        self.finish(terminal);
        Ok(())
    }
}

/// What a model thinks. Thoughts that are blank or hidden leave no trace.
#[derive(Debug, Default)]
struct Thoughts {
    are_shown: bool,
    /// White space that is only shown if something comes behind it.
    space: String,
}

impl Thoughts {
    fn show(&mut self, piece: &str, terminal: &mut Terminal) -> Result<(), Failure> {
        if !terminal.shows_asides() {
            return Ok(());
        }
        let piece = if self.are_shown { piece } else { piece.trim_start() };
        let visible = piece.trim_end();
        if !visible.is_empty() {
            if !self.are_shown {
                terminal.begin_aside()?;
                self.are_shown = true;
            }
            terminal.print_aside(&format!("{}{visible}", self.space));
            self.space.clear();
        }
        if self.are_shown {
            self.space.push_str(piece.get(visible.len()..).unwrap_or_default());
        }
        Ok(())
    }

    /// Puts a blank line behind the thoughts, if there were any.
    fn end(&mut self, terminal: &mut Terminal) {
        if std::mem::take(&mut self.are_shown) {
            terminal.end_aside(2);
        }
        self.space.clear();
    }
}

fn warn(warnings: &[Warning], terminal: &mut Terminal) {
    for warning in warnings {
        match &*warning.rule {
            CALLED_AS => terminal.note(&warning.message),
            _ => terminal.warn(&warning.message),
        }
    }
}
