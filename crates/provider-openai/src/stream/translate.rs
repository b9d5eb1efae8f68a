//! Chunks as the grammar of core wants them.
//!
//! What the wire does not say is made up here: nothing tells where a text or a thought begins and ends, so a block opens
//! with its first piece and closes where something else begins; and usage comes after the reason to stop, so the end waits
//! for it.

use std::collections::VecDeque;

use outcrop_core::{
    Blob, Block, Citation, CitationLocation, Delta, End, ErrorKind, Event, Result, Start, StopReason, Usage,
};
use serde_json::Value;

use super::Shaping;
use super::calls::Calls;
use super::tags::Tags;
use crate::failure::Call;
use crate::wire::{self, Metadata, text};

/// Turns chunks into events.
pub(super) struct Translator {
    pub(super) queue: VecDeque<Event>,
    shaping: Shaping,
    next_index: u32,
    speaking: Option<(u32, Speech)>,
    tags: Option<Tags>,
    calls: Calls,
    refused: bool,
    stopped: Option<StopReason>,
    usage: Option<Usage>,
    metadata: Metadata,
}

/// What the model says that is no call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    Text,
    Thought,
}

impl Translator {
    pub(super) fn new(shaping: Shaping) -> Self {
        Self {
            queue: VecDeque::with_capacity(4),
            tags: shaping.tag.map(Tags::new),
            shaping,
            next_index: 0,
            speaking: None,
            calls: Calls::default(),
            refused: false,
            stopped: None,
            usage: None,
            metadata: Metadata::default(),
        }
    }

    /// Begins the answer with what its first chunk says of it. Without an id in the head, the chunk's is that of the call.
    pub(super) fn start(&mut self, first: Option<&Value>, mut start: Start, call: &mut Call) {
        if let Some(first) = first {
            if let Some(model) = text(first, "model") {
                start.model = Some(model.into());
            }
            if start.request_id.is_none() {
                start.request_id = text(first, "id").map(str::to_owned);
            }
        }
        call.request_id.clone_from(&start.request_id);
        self.calls.seed(start.request_id.as_deref());
        self.queue.push_back(Event::Start(start));
    }

    /// Whether the model has stopped.
    pub(super) const fn has_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// Takes a chunk, or a whole answer.
    pub(super) fn take(&mut self, chunk: &Value, call: &Call) -> Result<()> {
        if self.shaping.raw {
            self.queue.push_back(Event::Raw { value: chunk.clone() });
        }
        self.metadata.take(chunk);
        let choice = wire::choice(chunk);
        // Groq and Moonshot have places of their own.
        let places =
            [chunk.get("usage"), chunk.pointer("/x_groq/usage"), choice.and_then(|it| it.get("usage"))];
        if let Some(usage) = places.into_iter().flatten().find_map(wire::usage) {
            self.usage = Some(usage);
        }
        let Some(choice) = choice else { return Ok(()) };
        if self.has_stopped() {
            return Ok(());
        }
        let said = choice.get("delta").filter(|delta| delta.is_object()).or_else(|| choice.get("message"));
        if let Some(said) = said {
            self.hear(said);
        }
        match text(choice, "finish_reason") {
            None => Ok(()),
            Some(reason) if wire::is_failure(reason) => {
                let message = format!("the endpoint broke the answer off: `{reason}`");
                Err(call.new_error(ErrorKind::Interrupted, message))
            }
            Some(reason) => self.stop(reason, choice, call),
        }
    }

    fn hear(&mut self, said: &Value) {
        // Whoever sends details repeats their text beside them.
        let details = said.get("reasoning_details").and_then(Value::as_array);
        let details = details.filter(|details| !details.is_empty());
        if let Some(details) = details {
            for detail in details {
                self.think_in_detail(detail);
            }
        } else {
            let fields = ["reasoning_content", "reasoning", "reasoning_text"];
            self.think(fields.iter().find_map(|field| text(said, field)).unwrap_or_default());
        }
        match said.get("content") {
            Some(Value::String(words)) => self.say(words),
            Some(Value::Array(parts)) => parts.iter().for_each(|part| self.hear_part(part)),
            _ => {}
        }
        if let Some(words) = text(said, "refusal") {
            self.refused = true;
            self.say(words);
        }
        for annotation in said.get("annotations").and_then(Value::as_array).into_iter().flatten() {
            self.cite(annotation);
        }
        for piece in said.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            if self.calls.is_empty() {
                self.let_go();
                self.fall_silent();
            }
            self.calls.take(piece, &mut self.next_index, &self.shaping.names, &mut self.queue);
        }
    }

    /// A part of content that is a list, as Mistral sends it.
    fn hear_part(&mut self, part: &Value) {
        match part.get("type").and_then(Value::as_str) {
            Some("thinking") => {
                for part in part.get("thinking").and_then(Value::as_array).into_iter().flatten() {
                    self.think(text(part, "text").unwrap_or_default());
                }
                self.think(text(part, "thinking").unwrap_or_default());
            }
            Some("refusal") => {
                self.refused = true;
                self.say(text(part, "refusal").unwrap_or_default());
            }
            _ => self.say(text(part, "text").unwrap_or_default()),
        }
    }

    /// A thought as OpenRouter tells it.
    fn think_in_detail(&mut self, detail: &Value) {
        if text(detail, "data").is_some() {
            // Kept whole, as it has to come back.
            self.fall_silent();
            let data = Blob::new(detail.to_string().into_bytes());
            self.grow(Speech::Thought, Delta::Redacted { data });
            return self.fall_silent();
        }
        self.think(text(detail, "text").or_else(|| text(detail, "summary")).unwrap_or_default());
        if let Some(signature) = text(detail, "signature") {
            self.grow(Speech::Thought, Delta::Signature { signature: signature.to_owned() });
            self.fall_silent();
        }
    }

    fn cite(&mut self, annotation: &Value) {
        let Some(cited) = annotation.get("url_citation") else { return };
        let url = text(cited, "url").map(str::to_owned);
        let citation = Citation {
            title: text(cited, "title").map(str::to_owned),
            source: url.clone(),
            passages: text(cited, "content").map(str::to_owned).into_iter().collect(),
            location: Some(CitationLocation::Web { url, domain: None }),
        };
        self.grow(Speech::Text, Delta::Citation { citation });
    }

    fn say(&mut self, words: &str) {
        let Some(tags) = &mut self.tags else { return self.utter(words) };
        let said = tags.take(words);
        if tags.are_behind() {
            self.tags = None;
        }
        for (speech, words) in said {
            self.speak(speech, &words);
        }
    }

    fn speak(&mut self, speech: Speech, words: &str) {
        match speech {
            Speech::Text => self.utter(words),
            Speech::Thought => self.think(words),
        }
    }

    /// Shows what was held back for a tag that does not come any more.
    pub(super) fn let_go(&mut self) {
        if let Some((speech, words)) = self.tags.as_mut().map(Tags::finish) {
            self.speak(speech, &words);
        }
    }

    fn utter(&mut self, words: &str) {
        if !words.is_empty() {
            self.grow(Speech::Text, Delta::Text { text: words.to_owned() });
        }
    }

    fn think(&mut self, words: &str) {
        if !words.is_empty() {
            self.grow(Speech::Thought, Delta::Reasoning { text: words.to_owned() });
        }
    }

    fn grow(&mut self, speech: Speech, delta: Delta) {
        let index = match self.speaking {
            Some((index, current)) if current == speech => index,
            _ => {
                self.fall_silent();
                let index = self.next_index;
                self.next_index += 1;
                self.speaking = Some((index, speech));
                let block = if speech == Speech::Text { Block::Text } else { Block::Reasoning };
                self.queue.push_back(Event::Open { index, block });
                index
            }
        };
        self.queue.push_back(Event::Delta { index, delta });
    }

    fn fall_silent(&mut self) {
        if let Some((index, _)) = self.speaking.take() {
            self.queue.push_back(Event::Close { index });
        }
    }

    fn stop(&mut self, reason: &str, choice: &Value, call: &Call) -> Result<()> {
        self.let_go();
        self.fall_silent();
        let mut reason = wire::stop_reason(reason);
        let called = !self.calls.is_empty();
        let all_named = self.calls.finish(&self.shaping.names, &mut self.queue);
        reason = match reason {
            StopReason::EndTurn | StopReason::ContentFiltered if self.refused => StopReason::Refusal,
            // Many say `stop` where they mean the call.
            StopReason::EndTurn if called => StopReason::ToolUse,
            StopReason::ToolUse if !called => StopReason::EndTurn,
            // vLLM and SGLang tell what stopped them: a text, or the number of a token.
            StopReason::EndTurn
                if ["stop_reason", "matched_stop"].iter().any(|key| text(choice, key).is_some()) =>
            {
                StopReason::StopSequence
            }
            other => other,
        };
        if !all_named && !reason.may_break_tool_input() {
            return Err(call.new_error(ErrorKind::Protocol, "the endpoint sent a tool call without a name"));
        }
        if self.calls.are_broken() && !reason.may_break_tool_input() {
            reason = StopReason::MalformedToolUse;
        }
        self.stopped = Some(reason);
        Ok(())
    }

    /// Ends the answer. The model has stopped.
    pub(super) fn end(&mut self) {
        let Some(reason) = self.stopped.clone() else { return };
        let metadata = std::mem::take(&mut self.metadata).into_value();
        self.queue.push_back(Event::End(Box::new(End { usage: self.usage, metadata, ..End::new(reason) })));
    }
}
