//! The conversation as the wire has it: calls in answers, each followed by its result in a message of its own.

use std::collections::BTreeMap;

use outcrop_core::{Content, Message, Reasoning, Result, Role, ToolResult, ToolResultContent, ToolUse};
use serde_json::{Map, Value, json};

use super::media::{self, Part};
use super::names::{first_of, shown};
use super::{Target, Warnings, content, plural, reasoning};

pub(super) const RULES: &[&str] =
    &[TOOL_INPUT, MISSING_TOOL_RESULT, ORPHAN_TOOL_RESULT, TOOL_RESULT_STATUS, TOOL_RESULT_MEDIA, PREFILL];

const TOOL_INPUT: &str = "tool-input";
const MISSING_TOOL_RESULT: &str = "missing-tool-result";
const ORPHAN_TOOL_RESULT: &str = "orphan-tool-result";
const TOOL_RESULT_STATUS: &str = "tool-result-status";
const TOOL_RESULT_MEDIA: &str = "tool-result-media";
const PREFILL: &str = "begun-answer";

/// What a call that nobody answered is answered with.
const NO_RESULT: &str = "No result: the tool was not run.";
/// What an empty result says; some endpoints refuse an empty text.
const EMPTY_RESULT: &str = "(no output)";
/// What a result says first of a tool that failed: the wire has no field for it.
const FAILED: &str = "(The tool failed.)";
/// What a result says of which nothing is text.
const FOLLOWS: &str = "(The result follows in the next message.)";
/// What stands between results and the user, where an answer has to.
const BRIDGE: &str = "I have read the results of the tools.";

/// A message of the wire.
pub(super) enum Turn {
    User(Vec<Part>),
    Assistant { text: String, thoughts: Vec<Reasoning>, calls: Vec<ToolUse> },
    Result { id: String, name: String, text: String },
}

#[derive(Default)]
struct Done {
    coerced: Vec<String>,
    missing: Vec<String>,
    orphans: Vec<String>,
    told: usize,
    failed: usize,
    moved: usize,
    media: media::Done,
}

/// Lays the messages out, which alternate already.
pub(super) fn lay_out(messages: Vec<Message>, target: &Target, warnings: &mut Warnings) -> Result<Vec<Turn>> {
    let mut done = Done::default();
    let mut turns = Vec::with_capacity(messages.len());
    let mut waiting: Vec<(String, String)> = Vec::new();
    let last = messages.len().saturating_sub(1);
    let mut begun = false;
    for (position, message) in messages.into_iter().enumerate() {
        if message.role == Role::Assistant {
            let turn = answer(message, &mut done);
            if let Turn::Assistant { calls, .. } = &turn {
                waiting = calls.iter().map(|call| (call.id.clone(), call.name.clone())).collect();
                begun = position == last && calls.is_empty();
            }
            turns.push(turn);
        } else {
            let calls = std::mem::take(&mut waiting);
            user(message, calls, position == last, &mut turns, target, &mut done)?;
        }
    }
    for (id, name) in waiting {
        done.missing.push(name.clone());
        turns.push(Turn::Result { id, name, text: NO_RESULT.to_owned() });
    }
    if turns.is_empty() {
        return Err(media::nothing_said());
    }
    say(&done, begun, warnings);
    Ok(turns)
}

fn say(done: &Done, begun: bool, warnings: &mut Warnings) {
    let which = |names: &[String]| first_of(names.iter().map(|name| shown(name)));
    warnings.counted(TOOL_INPUT, done.coerced.len(), |count| {
        format!("made the arguments of {} an object: {}", plural(count, "tool call"), which(&done.coerced))
    });
    warnings.counted(MISSING_TOOL_RESULT, done.missing.len(), |count| {
        let calls = plural(count, "tool call");
        format!(
            "answered {calls} without a result by saying that the tool was not run: {}",
            which(&done.missing)
        )
    });
    warnings.counted(ORPHAN_TOOL_RESULT, done.orphans.len(), |count| {
        let results = plural(count, "tool result");
        format!("left out {results} that no call asked for: {}", which(&done.orphans))
    });
    warnings.counted(ORPHAN_TOOL_RESULT, done.told, |count| {
        format!("told {} in words that no call asked for", plural(count, "tool result"))
    });
    warnings.counted(TOOL_RESULT_STATUS, done.failed, |count| {
        format!("said in words that {} failed: the protocol has no field for it", plural(count, "tool call"))
    });
    warnings.counted(TOOL_RESULT_MEDIA, done.moved, |count| {
        format!("moved {} behind the tool results, which take text only", plural(count, "attachment"))
    });
    done.media.say(warnings);
    if begun {
        warnings.say(
            PREFILL,
            "sent the beginning of an answer as a turn: it is for the endpoint to go on with it or to answer anew",
        );
    }
}

fn answer(message: Message, done: &mut Done) -> Turn {
    let (mut text, mut thoughts, mut calls) = (String::new(), Vec::new(), Vec::new());
    for content in message.content {
        match content {
            Content::Text(said) => text.push_str(&said.text),
            Content::Reasoning(thought) => thoughts.push(thought),
            Content::ToolUse(mut call) => {
                coerce(&mut call, done);
                calls.push(call);
            }
            other => text.push_str(&done.media.in_answer(&other)),
        }
    }
    Turn::Assistant { text, thoughts, calls }
}

/// Turns arguments that are no object into one: a JSON text of an object is read, everything else becomes `{}`.
fn coerce(call: &mut ToolUse, done: &mut Done) {
    if call.malformed_input.is_none() && call.input.is_object() {
        return;
    }
    let read = call.input.as_str().and_then(|text| serde_json::from_str(text).ok());
    let object = read.or_else(|| Some(call.input.clone())).filter(Value::is_object);
    call.input = object.unwrap_or_else(|| json!({}));
    done.coerced.push(call.name.clone());
}

/// The results of the calls of the answer before, one each and in their order, then what else the user says.
fn user(
    message: Message,
    calls: Vec<(String, String)>,
    fresh: bool,
    turns: &mut Vec<Turn>,
    target: &Target,
    done: &mut Done,
) -> Result<()> {
    let mut results: BTreeMap<String, ToolResult> = BTreeMap::new();
    let (mut orphans, mut rest) = (Vec::new(), Vec::new());
    for content in message.content {
        match content {
            Content::ToolResult(result)
                if calls.iter().any(|(id, _)| *id == result.tool_use_id)
                    && !results.contains_key(&result.tool_use_id) =>
            {
                results.insert(result.tool_use_id.clone(), result);
            }
            Content::ToolResult(orphan) => orphans.push(orphan),
            other => rest.push(other),
        }
    }
    if rest.is_empty() && calls.is_empty() {
        done.told += orphans.len();
        rest.extend(orphans.into_iter().flat_map(|orphan| content::in_words("a tool", orphan)));
    } else {
        done.orphans.extend(orphans.into_iter().map(|orphan| orphan.tool_use_id));
    }
    let answered = !calls.is_empty();
    let mut parts = Vec::new();
    for (id, name) in calls {
        let text = if let Some(result) = results.remove(&id) {
            result_text(result, &name, fresh, &mut parts, target, done)?
        } else {
            done.missing.push(name.clone());
            NO_RESULT.to_owned()
        };
        turns.push(Turn::Result { id, name, text });
    }
    for content in rest {
        parts.extend(media::parts(&content, fresh, target, &mut done.media)?);
    }
    if parts.is_empty() {
        return Ok(());
    }
    if answered && target.compat.requires_assistant_after_tool_result == Some(true) {
        let (thoughts, calls) = (Vec::new(), Vec::new());
        turns.push(Turn::Assistant { text: BRIDGE.to_owned(), thoughts, calls });
    }
    turns.push(Turn::User(parts));
    Ok(())
}

/// The text of a result. What is no text goes to the parts of the user's turn behind.
fn result_text(
    result: ToolResult,
    name: &str,
    fresh: bool,
    parts: &mut Vec<Part>,
    target: &Target,
    done: &mut Done,
) -> Result<String> {
    let mut texts = Vec::new();
    if result.is_error {
        done.failed += 1;
        texts.push(FAILED.to_owned());
    }
    let before = texts.len();
    let mut moved = Vec::new();
    for content in result.content {
        let content = match content {
            ToolResultContent::Text(text) => Content::Text(text),
            ToolResultContent::Json(json) => Content::text(json.value.to_string()),
            ToolResultContent::SearchResult(result) => Content::text(content::search_result(&result)),
            ToolResultContent::Image(image) => Content::Image(image),
            ToolResultContent::Document(document) => Content::Document(document),
            ToolResultContent::Video(video) => Content::Video(video),
            _ => continue,
        };
        for part in media::parts(&content, fresh, target, &mut done.media)? {
            match part {
                Part::Text(text) if text.trim().is_empty() => {}
                Part::Text(text) => texts.push(text),
                media @ Part::Media(_) => moved.push(media),
            }
        }
    }
    if texts.len() == before {
        texts.push(if moved.is_empty() { EMPTY_RESULT } else { FOLLOWS }.to_owned());
    }
    if !moved.is_empty() {
        done.moved += moved.len();
        parts.push(Part::Text(format!("[from the result of the tool {}]", shown(name))));
        parts.extend(moved);
    }
    Ok(texts.join("\n"))
}

/// The messages of the body.
pub(super) fn encode(system: &[String], turns: Vec<Turn>, target: &Target) -> Value {
    let developer = target.compat.supports_developer_role == Some(true) && target.reasoning.is_yes();
    let role = if developer { "developer" } else { "system" };
    // One message: there are templates of models that take no second one.
    let system = (!system.is_empty()).then(|| json!({ "role": role, "content": system.join("\n\n") }));
    let turns = turns.into_iter().map(|turn| encode_turn(turn, target));
    system.into_iter().chain(turns).collect()
}

fn encode_turn(turn: Turn, target: &Target) -> Value {
    match turn {
        Turn::User(parts) => json!({ "role": "user", "content": encode_parts(parts) }),
        Turn::Result { id, name, text } => {
            let mut message = json!({ "role": "tool", "tool_call_id": id, "content": text });
            if target.compat.requires_tool_result_name == Some(true)
                && let Some(message) = message.as_object_mut()
            {
                message.insert("name".to_owned(), name.into());
            }
            message
        }
        Turn::Assistant { text, thoughts, calls } => {
            let mut message = Map::new();
            message.insert("role".to_owned(), "assistant".into());
            let content = if text.is_empty() && !calls.is_empty() { Value::Null } else { text.into() };
            message.insert("content".to_owned(), content);
            if let Some((field, thoughts)) = reasoning::field(&thoughts, target) {
                message.insert(field.to_owned(), thoughts);
            }
            if !calls.is_empty() {
                message.insert("tool_calls".to_owned(), calls.iter().map(encode_call).collect());
            }
            Value::Object(message)
        }
    }
}

/// Text alone is sent as one, in lines: many a server takes a list only where it has to.
fn encode_parts(parts: Vec<Part>) -> Value {
    let texts: Option<Vec<&str>> = parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Media(_) => None,
        })
        .collect();
    if let Some(texts) = texts {
        return texts.join("\n").into();
    }
    let parts = parts.into_iter().map(|part| match part {
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Media(media) => media,
    });
    parts.collect()
}

fn encode_call(call: &ToolUse) -> Value {
    let function = json!({ "name": call.name, "arguments": call.input.to_string() });
    json!({ "id": call.id, "type": "function", "function": function })
}
