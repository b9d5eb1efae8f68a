//! Prompts and answers in the words of the conventions: for those who ask for them by name.
//!
//! Bytes of pictures and the like stay out, and so does what proves where thoughts come from: nobody reads it.

use outcrop_core::{
    Content, DocumentSource, GuardContent, Message, Request, Response, SystemContent, Tool, ToolResultContent,
};
use serde_json::{Value, json};

fn text(text: &str) -> Value {
    json!({ "type": "text", "content": text })
}

/// `gen_ai.system_instructions`; `None` without any.
pub(super) fn system(request: &Request) -> Option<Value> {
    let parts = request.system.iter().filter_map(|part| match part {
        SystemContent::Text(said) => Some(text(&said.text)),
        SystemContent::Guard(guard) => Some(guarded(&guard.content)),
        _ => None,
    });
    some(parts.collect())
}

/// `gen_ai.input.messages`.
pub(super) fn input(request: &Request) -> Value {
    request.messages.iter().map(message).collect()
}

/// `gen_ai.tool.definitions`; `None` without any.
pub(super) fn tools(request: &Request) -> Option<Value> {
    let tools = request.tools.iter().filter_map(|tool| match tool {
        Tool::Spec(spec) => Some(json!({
            "type": "function",
            "name": spec.name,
            "description": spec.description,
            "parameters": spec.input_schema,
        })),
        Tool::System(system) => Some(json!({ "type": "builtin", "name": system.name })),
        _ => None,
    });
    some(tools.collect())
}

/// `gen_ai.output.messages`.
pub(super) fn output(response: &Response, finish_reason: &str) -> Value {
    let parts: Value = response.content.iter().filter_map(part).collect();
    json!([{ "role": "assistant", "parts": parts, "finish_reason": finish_reason }])
}

fn some(list: Vec<Value>) -> Option<Value> {
    (!list.is_empty()).then_some(Value::Array(list))
}

fn message(message: &Message) -> Value {
    let parts: Value = message.content.iter().filter_map(part).collect();
    json!({ "role": message.role, "parts": parts })
}

fn guarded(content: &GuardContent) -> Value {
    match content {
        GuardContent::Text(said) => text(said),
        _ => json!({ "type": "image" }),
    }
}

fn part(content: &Content) -> Option<Value> {
    Some(match content {
        Content::Text(said) => text(&said.text),
        Content::Citations(cited) => text(&cited.text),
        Content::Reasoning(thought) if thought.text.is_empty() => return None,
        Content::Reasoning(thought) => json!({ "type": "reasoning", "content": thought.text }),
        Content::ToolUse(call) => {
            json!({ "type": "tool_call", "id": call.id, "name": call.name, "arguments": call.input })
        }
        Content::ToolResult(result) => {
            let response: Value = result.content.iter().map(result_part).collect();
            json!({ "type": "tool_call_response", "id": result.tool_use_id, "response": response })
        }
        Content::Document(document) => match &document.source {
            DocumentSource::Text(said) => text(said),
            _ => json!({ "type": "document" }),
        },
        Content::Guard(guard) => guarded(&guard.content),
        Content::SearchResult(found) => text(&found.passages.join("\n")),
        Content::Image(_) => json!({ "type": "image" }),
        Content::Video(_) => json!({ "type": "video" }),
        Content::Audio(_) => json!({ "type": "audio" }),
        _ => return None,
    })
}

fn result_part(part: &ToolResultContent) -> Value {
    match part {
        ToolResultContent::Text(said) => text(&said.text),
        ToolResultContent::Json(json) => json.value.clone(),
        ToolResultContent::SearchResult(found) => text(&found.passages.join("\n")),
        ToolResultContent::Image(_) => json!({ "type": "image" }),
        ToolResultContent::Document(_) => json!({ "type": "document" }),
        _ => json!({ "type": "video" }),
    }
}
