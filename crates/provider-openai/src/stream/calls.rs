//! Tool calls out of pieces: which piece belongs to which call, and what of a call is known.

use std::collections::VecDeque;
use std::fmt::Write as _;

use outcrop_core::{Block, Delta, Event, is_tool_input};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::normalise::Names;
use crate::wire::text;

/// The calls of an answer, in the order of their first pieces. All stay open until the answer stops: their pieces may
/// interleave.
#[derive(Debug, Default)]
pub(super) struct Calls {
    partial: Vec<Partial>,
    /// What ids are made of that the server does not give.
    seed: String,
    broken: bool,
}

#[derive(Debug, Default)]
struct Partial {
    /// The number that the server gives the call.
    number: Option<u64>,
    id: String,
    name: String,
    /// The block.
    index: u32,
    open: bool,
    /// The arguments so far.
    input: String,
    /// How much of them was sent on.
    sent: usize,
}

impl Calls {
    /// Ids that have to be made up are made of this.
    pub(super) fn seed(&mut self, request_id: Option<&str>) {
        request_id.unwrap_or_default().clone_into(&mut self.seed);
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.partial.is_empty()
    }

    /// Whether arguments of a call that was finished are no JSON.
    pub(super) const fn are_broken(&self) -> bool {
        self.broken
    }

    /// Takes a piece. A call is shown once its id and its name are known.
    pub(super) fn take(
        &mut self,
        piece: &Value,
        next_index: &mut u32,
        names: &Names,
        queue: &mut VecDeque<Event>,
    ) {
        let number = piece.get("index").and_then(Value::as_u64);
        let id = text(piece, "id");
        let function = piece.get("function").unwrap_or(piece);
        let name = text(function, "name");
        let position = self.position(number, id, name).unwrap_or_else(|| {
            self.partial.push(Partial { number, index: *next_index, ..Partial::default() });
            *next_index += 1;
            self.partial.len() - 1
        });
        let Some(call) = self.partial.get_mut(position) else { return };
        if call.id.is_empty() {
            id.unwrap_or_default().clone_into(&mut call.id);
        }
        if call.name.is_empty() {
            name.unwrap_or_default().clone_into(&mut call.name);
        }
        match function.get("arguments") {
            Some(Value::String(json)) => call.write(json),
            // There are servers that send what is to be text as what it stands for.
            Some(value) if !value.is_null() => call.write(&value.to_string()),
            _ => {}
        }
        if !call.id.is_empty() && !call.name.is_empty() {
            self.show(position, names, queue);
        }
    }

    /// The call that a piece belongs to; none if it begins one.
    fn position(&self, number: Option<u64>, id: Option<&str>, name: Option<&str>) -> Option<usize> {
        let last = self.partial.len().checked_sub(1)?;
        let begins = |call: &Partial| !call.name.is_empty() && name.is_some();
        let other_id = |call: &Partial| id.is_some_and(|id| !call.id.is_empty() && call.id != id);
        if number.is_some() {
            // Some number all calls 0, and tell them apart by id; others have a new id in every piece.
            let same = |call: &Partial| call.number == number && !(other_id(call) && begins(call));
            return self.partial.iter().rposition(same);
        }
        if let Some(id) = id
            && let Some(known) = self.partial.iter().rposition(|call| call.id == id)
        {
            return Some(known);
        }
        self.partial.get(last).filter(|call| !begins(call) && !other_id(call)).map(|_| last)
    }

    /// Closes all calls. Whether all of them have a name: those without are left out.
    pub(super) fn finish(&mut self, names: &Names, queue: &mut VecDeque<Event>) -> bool {
        let mut all_named = true;
        for position in 0..self.partial.len() {
            self.show(position, names, queue);
            let Some(call) = self.partial.get(position) else { continue };
            if call.open {
                queue.push_back(Event::Close { index: call.index });
                self.broken |= !is_tool_input(&call.input);
            } else {
                all_named = false;
            }
        }
        all_named
    }

    /// Opens the block of a call that has a name, and sends on what came of its arguments.
    fn show(&mut self, position: usize, names: &Names, queue: &mut VecDeque<Event>) {
        let id = self.id_of(position);
        let Some(call) = self.partial.get_mut(position).filter(|call| !call.name.is_empty()) else { return };
        if !call.open {
            call.open = true;
            call.id = id;
            let block = Block::tool_use(call.id.clone(), names.original(call.name.clone()));
            queue.push_back(Event::Open { index: call.index, block });
        }
        let json = call.input.get(call.sent..).unwrap_or_default();
        if !json.is_empty() {
            queue.push_back(Event::Delta {
                index: call.index,
                delta: Delta::ToolInput { json: json.to_owned() },
            });
            call.sent = call.input.len();
        }
    }

    /// The id of a call: the server's, or one that is made up where it gave none, or the same to another call.
    fn id_of(&self, position: usize) -> String {
        let Some(call) = self.partial.get(position) else { return String::new() };
        let taken = self.partial.iter().take(position).any(|other| other.id == call.id);
        if !call.id.is_empty() && (call.open || !taken) {
            return call.id.clone();
        }
        let digest = Sha256::digest(format!("{}/{position}", self.seed));
        let mut id = "call_".to_owned();
        for byte in digest.iter().take(12) {
            // Writing into a text cannot fail.
            let _: std::fmt::Result = write!(id, "{byte:02x}");
        }
        id
    }
}

impl Partial {
    /// White space before the arguments is none of them: some send nothing else for no arguments.
    fn write(&mut self, json: &str) {
        let json = if self.input.is_empty() { json.trim_start() } else { json };
        self.input.push_str(json);
    }
}
