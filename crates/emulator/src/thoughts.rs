//! What models thought aloud or in secret: whoever brings it back has to bring it back as it came.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::answer::{self, Answer, Block};
use crate::json::{at, text_at};
use crate::scenario::RawEvent;

/// The thoughts that this emulator let its models think. What it signs by itself is known by the signature alone, so
/// that only what a scenario says is in here, and everything that is encrypted.
#[derive(Debug, Default)]
pub(crate) struct Thoughts(Mutex<HashSet<[u8; 32]>>);

impl Thoughts {
    /// Remembers those of an answer.
    pub(crate) fn remember(&self, answer: &Answer) {
        for block in &answer.blocks {
            match block {
                Block::Reasoning { text, signature: Some(signature) } => self.insert(signed(text, signature)),
                Block::RedactedReasoning(bytes) => self.insert(encrypted(&decoded(bytes))),
                _ => {}
            }
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
                self.insert(signed(&text, &signature));
            }
            if !bytes.is_empty() {
                self.insert(encrypted(&bytes));
            }
        }
    }

    /// Whether the signature is the one of the text.
    pub(crate) fn has_signed(&self, text: &str, signature: &str) -> bool {
        signature == answer::signature(text) || self.contains(&signed(text, signature))
    }

    /// Whether the base64 stands for something that was encrypted here.
    pub(crate) fn has_encrypted(&self, base64: &Value) -> bool {
        base64.as_str().is_some_and(|base64| self.contains(&encrypted(&decoded(base64))))
    }

    fn insert(&self, digest: [u8; 32]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(digest);
    }

    fn contains(&self, digest: &[u8; 32]) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(digest)
    }
}

fn signed(text: &str, signature: &str) -> [u8; 32] {
    let lengths = [text.len(), signature.len()].map(usize::to_be_bytes);
    let hash = Sha256::new().chain_update(b"signed").chain_update(lengths.as_flattened());
    hash.chain_update(text).chain_update(signature).finalize().into()
}

fn encrypted(bytes: &[u8]) -> [u8; 32] {
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
