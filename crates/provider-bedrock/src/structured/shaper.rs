//! From the events as they come to those that the caller sees.

use std::collections::BTreeMap;

use outcrop_core::{Block, Delta, End, Event, StopReason};
use serde_json::{Map, Value};

use super::filter::{Fence, Filter, Unwrap};
use crate::normalise::{Structured, Way};

/// The member of the end's metadata with what the model wrote beside its answer.
const BESIDE: &str = "outputBeside";

/// Makes the JSON the answer's text.
///
/// Where the answer comes as the arguments of the hidden tool, text is held back until it is sure what it is: the model's
/// chatter beside the answer, which goes to the end's metadata; or, if the tool is not called, the answer itself.
pub(super) struct Shaper {
    structured: Structured,
    filter: Filter,
    /// What of the answer was given on.
    answer: String,
    blocks: BTreeMap<u32, Kind>,
    held: Held,
    /// What is no part of the answer.
    beside: String,
    /// The hidden tool was called.
    answered: bool,
    /// A tool was called that the caller has to run.
    called: bool,
}

/// What becomes of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Shown,
    Answer { empty: bool },
    Held,
    Beside,
    Dropped,
}

/// Text that may be the answer or not.
#[derive(Default)]
struct Held {
    events: Vec<Event>,
    text: String,
}

impl Shaper {
    pub(super) fn new(structured: Structured) -> Self {
        let filter = match structured.way {
            Way::Native | Way::Tool { .. } => around(structured.wrapped),
            Way::Instruction => Filter::Fence(Fence::new()),
        };
        Self {
            structured,
            filter,
            answer: String::new(),
            blocks: BTreeMap::new(),
            held: Held::default(),
            beside: String::new(),
            answered: false,
            called: false,
        }
    }

    /// Whether a tool call is the answer.
    pub(super) fn is_answer(&self, tool: &str, by_service: bool) -> bool {
        matches!(&self.structured.way, Way::Tool { name, .. } if name == tool && !by_service)
    }

    const fn by_tool(&self) -> bool {
        matches!(self.structured.way, Way::Tool { .. })
    }

    /// Takes an event, and gives on what the caller shall see.
    pub(super) fn take(&mut self, event: Event, mut give: impl FnMut(Event)) {
        match event {
            Event::Open { index, block } => {
                let kind = self.kind(&block);
                self.blocks.insert(index, kind);
                match kind {
                    Kind::Shown => give(Event::Open { index, block }),
                    Kind::Answer { .. } => give(Event::Open { index, block: Block::Text }),
                    Kind::Held => self.held.events.push(Event::Open { index, block }),
                    Kind::Beside | Kind::Dropped => {}
                }
            }
            Event::Delta { index, delta } => self.grow(index, delta, give),
            Event::Close { index } => match self.blocks.get(&index) {
                Some(Kind::Answer { empty }) => {
                    // A tool that is called without arguments is called with none.
                    let missing = if *empty && self.by_tool() { "{}" } else { "" };
                    let text = self.filter.push(missing) + &self.filter.close();
                    self.give_text(index, text, &mut give);
                    give(Event::Close { index });
                }
                Some(Kind::Held) => self.held.events.push(Event::Close { index }),
                Some(Kind::Beside | Kind::Dropped) => {}
                Some(Kind::Shown) | None => give(Event::Close { index }),
            },
            Event::End(end) => self.end(*end, give),
            other => give(other),
        }
    }

    fn kind(&mut self, block: &Block) -> Kind {
        match (block, &self.structured.way) {
            (Block::Text, Way::Tool { .. }) => Kind::Held,
            (Block::Text, Way::Native | Way::Instruction) => Kind::Answer { empty: true },
            (Block::ToolUse { name, by_service, .. }, _) if self.is_answer(name, *by_service) => {
                // Whoever answers twice has answered.
                let kind = if self.answered { Kind::Beside } else { Kind::Answer { empty: true } };
                self.answered = true;
                kind
            }
            (Block::ToolUse { by_service: false, .. }, Way::Tool { suppress_others: true, .. }) => {
                Kind::Dropped
            }
            (Block::ToolUse { by_service, .. }, _) => {
                self.called |= !by_service;
                Kind::Shown
            }
            _ => Kind::Shown,
        }
    }

    fn grow(&mut self, index: u32, delta: Delta, mut give: impl FnMut(Event)) {
        match (self.blocks.get_mut(&index), delta) {
            (Some(Kind::Answer { empty }), Delta::Text { text } | Delta::ToolInput { json: text }) => {
                *empty = false;
                let text = self.filter.push(&text);
                self.give_text(index, text, &mut give);
            }
            (Some(Kind::Held), delta) => {
                if let Delta::Text { text } = &delta {
                    self.held.text.push_str(text);
                }
                self.held.events.push(Event::Delta { index, delta });
            }
            (Some(Kind::Beside), Delta::Text { text } | Delta::ToolInput { json: text }) => {
                self.beside.push_str(&text);
            }
            (Some(Kind::Beside | Kind::Dropped), _) => {}
            (_, delta) => give(Event::Delta { index, delta }),
        }
    }

    fn give_text(&mut self, index: u32, text: String, give: &mut impl FnMut(Event)) {
        if !text.is_empty() {
            self.answer.push_str(&text);
            give(Event::Delta { index, delta: Delta::Text { text } });
        }
    }

    fn end(&mut self, mut end: End, mut give: impl FnMut(Event)) {
        let waits =
            self.called && matches!(end.stop_reason, StopReason::ToolUse | StopReason::MalformedToolUse);
        let by_tool = self.by_tool();
        if self.answered {
            self.beside.insert_str(0, &self.held.text);
        } else if waits {
            std::mem::take(&mut self.held.events).into_iter().for_each(&mut give);
        } else {
            self.answer_in_text(&mut give);
        }
        if !waits {
            // What else the service says of tools is about those that the caller does not know.
            if by_tool && matches!(end.stop_reason, StopReason::ToolUse | StopReason::MalformedToolUse) {
                end.stop_reason = StopReason::EndTurn;
            }
            self.structured.schema.judge(&self.answer, &mut end);
        }
        self.beside.push_str(self.filter.surplus().unwrap_or_default());
        if !self.beside.trim().is_empty() {
            note(&mut end.metadata, BESIDE, std::mem::take(&mut self.beside));
        }
        give(Event::End(Box::new(end)));
    }

    /// The hidden tool was not called: what the model wrote is its answer.
    fn answer_in_text(&mut self, give: &mut impl FnMut(Event)) {
        let events = std::mem::take(&mut self.held.events);
        let Some(Event::Open { index, .. }) = events.first() else { return };
        let index = *index;
        let text = Filter::Fence(Fence::new()).whole(&self.held.text);
        let text = self.filter.whole(&text);
        give(Event::Open { index, block: Block::Text });
        self.give_text(index, text, give);
        for event in events {
            if let Event::Delta { delta: delta @ Delta::Citation { .. }, .. } = event {
                give(Event::Delta { index, delta });
            }
        }
        give(Event::Close { index });
    }
}

const fn around(wrapped: bool) -> Filter {
    if wrapped { Filter::Unwrap(Unwrap::new()) } else { Filter::Plain }
}

fn note(metadata: &mut Option<Value>, name: &str, text: String) {
    if let Value::Object(members) = metadata.get_or_insert_with(|| Value::Object(Map::new())) {
        members.insert(name.to_owned(), Value::String(text));
    }
}
