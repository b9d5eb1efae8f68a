//! Thoughts of earlier answers: they go back where the endpoint has a field for them, to the model that had them.

use outcrop_core::{Content, Message, ModelId, Reasoning, Role};
use serde_json::{Value, json};

use super::{Target, Warnings, plural};
use crate::compat::ReasoningField;

pub(super) const RULES: &[&str] = &[FOREIGN, UNSUPPORTED];

const FOREIGN: &str = "foreign-reasoning";
const UNSUPPORTED: &str = "reasoning-unsupported";

/// Leaves out thoughts that the endpoint would not take, or not understand.
pub(super) fn adapt(messages: &mut [Message], target: &Target, warnings: &mut Warnings) {
    let (mut foreign, mut unsupported) = (0, 0);
    let as_text = target.compat.requires_thinking_as_text == Some(true);
    let field = target.compat.reasoning_field;
    for message in messages.iter_mut().filter(|message| message.role == Role::Assistant) {
        let own = is_own(message.model.as_ref(), target.model.as_ref());
        message.content.retain_mut(|content| {
            let Content::Reasoning(thought) = content else { return true };
            let blank = thought.text.trim().is_empty();
            if !as_text && field.is_none() {
                unsupported += 1;
                return false;
            }
            let detailed = field == Some(ReasoningField::ReasoningDetails) && !as_text;
            let takes = if detailed { !blank || details(thought).is_some() } else { !blank };
            if !own || !takes {
                foreign += 1;
                return false;
            }
            if as_text {
                *content = Content::text(format!("<thinking>\n{}\n</thinking>\n", thought.text));
            }
            true
        });
    }
    warnings.counted(FOREIGN, foreign, |count| {
        format!("left out {} of reasoning that this model would not understand", plural(count, "block"))
    });
    warnings.counted(UNSUPPORTED, unsupported, |count| {
        format!(
            "left out {} of reasoning of earlier turns: this endpoint is not known to take any back \
             (`compat.reasoningField`)",
            plural(count, "block")
        )
    });
}

/// Whether the same model had the thoughts. Where nobody says whose thoughts they are, they count as the model's own.
fn is_own(author: Option<&ModelId>, model: Option<&ModelId>) -> bool {
    author.zip(model).is_none_or(|(author, model)| author.names_same_as(model))
}

/// The field of an answer with these thoughts.
pub(super) fn field(thoughts: &[Reasoning], target: &Target) -> Option<(&'static str, Value)> {
    let field = target.compat.reasoning_field.filter(|_| !thoughts.is_empty())?;
    let value = match field {
        ReasoningField::ReasoningDetails => thoughts.iter().filter_map(details).collect(),
        _ => thoughts.iter().map(|thought| thought.text.as_str()).collect::<String>().into(),
    };
    Some((field.as_str(), value))
}

/// A thought as OpenRouter writes it; encrypted ones are what it wrote itself.
fn details(thought: &Reasoning) -> Option<Value> {
    if let Some(data) = &thought.redacted {
        let own: Value = serde_json::from_slice(data.as_bytes()).ok()?;
        return Some(own).filter(|own| own.get("data").is_some());
    }
    let mut detail = json!({ "type": "reasoning.text", "text": thought.text });
    if let (Some(signature), Some(detail)) = (&thought.signature, detail.as_object_mut()) {
        detail.insert("signature".to_owned(), signature.as_str().into());
    }
    Some(detail)
}
