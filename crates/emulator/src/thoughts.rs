//! What models thought aloud or in secret: whoever brings it back has to bring it back as it came.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::answer::{self, Answer, Block};
use crate::json::{at, list_at, text_at};
use crate::scenario::RawEvent;

type Fingerprint = [u8; 32];

/// Stands for every beginning: the frames of a scenario tell nothing of theirs.
const ANY_BEGINNING: Fingerprint = [0; 32];

/// The thoughts that this emulator let its models think, each with the beginnings of the conversations that it was
/// thought in. What it signs by itself is known by the signature alone, so that it can come from another emulator.
#[derive(Debug, Default)]
pub(crate) struct Thoughts(Mutex<HashMap<Fingerprint, HashSet<Fingerprint>>>);

impl Thoughts {
    /// Remembers those of the answer to a request.
    pub(crate) fn remember(&self, body: &Value, answer: &Answer) {
        let mut beginning = Beginning::of(body);
        for message in list_at(body, "/messages") {
            beginning.add_message(message);
        }
        beginning.add_role("assistant");
        for block in &answer.blocks {
            match block {
                Block::Reasoning { text, signature: Some(signature) } => {
                    self.insert(signed(text, signature), beginning.fingerprint());
                }
                Block::RedactedReasoning(bytes) => {
                    self.insert(encrypted(&decoded(bytes)), beginning.fingerprint());
                }
                _ => {}
            }
            beginning.add_block(&block.to_json());
        }
    }

    /// Remembers those of a scripted stream, put together from their pieces.
    pub(crate) fn remember_events(&self, events: &[RawEvent]) {
        let mut blocks: BTreeMap<u64, (String, String, Vec<u8>)> = BTreeMap::new();
        for event in events {
            let Some(piece) = event.payload.pointer("/delta/reasoningContent") else { continue };
            let index = at(&event.payload, "/contentBlockIndex").as_u64().unwrap_or_default();
            let (text, signature, bytes) = blocks.entry(index).or_default();
            text.push_str(text_at(piece, "/text").unwrap_or_default());
            signature.push_str(text_at(piece, "/signature").unwrap_or_default());
            bytes.extend(text_at(piece, "/redactedContent").map(decoded).unwrap_or_default());
        }
        for (text, signature, bytes) in blocks.into_values() {
            if !signature.is_empty() {
                self.insert(signed(&text, &signature), ANY_BEGINNING);
            }
            if !bytes.is_empty() {
                self.insert(encrypted(&bytes), ANY_BEGINNING);
            }
        }
    }

    /// Whether the signature is the one of the text.
    pub(crate) fn has_signed(&self, text: &str, signature: &str) -> bool {
        signature == answer::signature(text) || self.known().contains_key(&signed(text, signature))
    }

    /// Whether the base64 stands for something that was encrypted here.
    pub(crate) fn has_encrypted(&self, base64: &Value) -> bool {
        base64.as_str().is_some_and(|base64| self.known().contains_key(&encrypted(&decoded(base64))))
    }

    /// Whether a block of reasoning is known to have been thought in other conversations than the one that begins so.
    pub(crate) fn is_from_elsewhere(&self, reasoning: &Value, beginning: &Beginning) -> bool {
        let of_text = text_at(reasoning, "/reasoningText/text")
            .zip(text_at(reasoning, "/reasoningText/signature"))
            .map(|(text, signature)| signed(text, signature));
        let of_bytes = || text_at(reasoning, "/redactedContent").map(|bytes| encrypted(&decoded(bytes)));
        let Some(thought) = of_text.or_else(of_bytes) else { return false };
        let fits =
            |known: &HashSet<_>| known.contains(&ANY_BEGINNING) || known.contains(&beginning.fingerprint());
        self.known().get(&thought).is_some_and(|known| !fits(known))
    }

    fn insert(&self, thought: Fingerprint, beginning: Fingerprint) {
        self.known().entry(thought).or_default().insert(beginning);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Fingerprint, HashSet<Fingerprint>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What comes before a thought: tools, system prompt, and the conversation up to it. Cache points are no part of it, and
/// the order of an object's members makes no difference.
#[derive(Clone, Debug)]
pub(crate) struct Beginning(Sha256);

impl Beginning {
    /// What comes before the first message of a request.
    pub(crate) fn of(body: &Value) -> Self {
        let mut beginning = Self(Sha256::new());
        for part in ["/toolConfig/tools", "/system"] {
            beginning.add_role(part);
            for block in list_at(body, part) {
                beginning.add_block(block);
            }
        }
        beginning
    }

    fn add_message(&mut self, message: &Value) {
        self.add_role(text_at(message, "/role").unwrap_or_default());
        for block in list_at(message, "/content") {
            self.add_block(block);
        }
    }

    /// Whose blocks come next.
    pub(crate) fn add_role(&mut self, role: &str) {
        self.add_text(role);
    }

    pub(crate) fn add_block(&mut self, block: &Value) {
        if block.get("cachePoint").is_none() {
            self.add_value(block);
        }
    }

    fn add_value(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                let mut names: Vec<_> = members.keys().collect();
                names.sort_unstable();
                self.add_text("{");
                for name in names {
                    self.add_text(name);
                    self.add_value(members.get(name).unwrap_or(&Value::Null));
                }
                self.add_text("}");
            }
            Value::Array(items) => {
                self.add_text("[");
                for item in items {
                    self.add_value(item);
                }
                self.add_text("]");
            }
            plain => self.add_text(&plain.to_string()),
        }
    }

    fn add_text(&mut self, text: &str) {
        self.0.update(text.len().to_be_bytes());
        self.0.update(text);
    }

    fn fingerprint(&self) -> Fingerprint {
        self.0.clone().finalize().into()
    }
}

fn signed(text: &str, signature: &str) -> Fingerprint {
    let lengths = [text.len(), signature.len()].map(usize::to_be_bytes);
    let hash = Sha256::new().chain_update(b"signed").chain_update(lengths.as_flattened());
    hash.chain_update(text).chain_update(signature).finalize().into()
}

fn encrypted(bytes: &[u8]) -> Fingerprint {
    Sha256::new().chain_update(b"encrypted").chain_update(bytes).finalize().into()
}

/// What is no base64 counts as it is: a scenario may say anything.
fn decoded(base64: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(base64).unwrap_or_else(|_| base64.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn events(payloads: &[Value]) -> Vec<RawEvent> {
        let event =
            |payload: &Value| RawEvent { name: "contentBlockDelta".to_owned(), payload: payload.clone() };
        payloads.iter().map(event).collect()
    }

    #[test]
    fn what_came_in_pieces_is_known_whole() {
        let thoughts = Thoughts::default();
        let piece = |index: u64, piece: Value| json!({ "contentBlockIndex": index, "delta": { "reasoningContent": piece } });
        thoughts.remember_events(&events(&[
            piece(0, json!({ "text": "Let me " })),
            piece(2, json!({ "redactedContent": "AAEC" })),
            piece(0, json!({ "text": "see" })),
            piece(0, json!({ "signature": " a+b" })),
            piece(2, json!({ "redactedContent": "Aw==" })),
            piece(0, json!({ "signature": "/c== " })),
        ]));
        assert!(thoughts.has_signed("Let me see", " a+b/c== "));
        assert!(!thoughts.has_signed("Let me see", "a+b/c=="), "a blank was lost");
        assert!(!thoughts.has_signed("Let me see ", "a+b/c== "), "a blank moved");
        assert!(thoughts.has_encrypted(&json!("AAECAw==")));
        assert!(!thoughts.has_encrypted(&json!("AAEC")) && !thoughts.has_encrypted(&Value::Null));
    }

    #[test]
    fn what_the_emulator_signs_itself_needs_no_memory() {
        let thoughts = Thoughts::default();
        assert!(thoughts.has_signed("Hm.", &answer::signature("Hm.")));
        assert!(!thoughts.has_signed("Hm!", &answer::signature("Hm.")));
    }
}
