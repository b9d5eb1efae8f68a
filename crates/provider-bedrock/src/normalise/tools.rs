//! Calls of tools and their results: every call has one, in the next turn, in the order of the calls.

use std::collections::{BTreeMap, BTreeSet};

use outcrop_core::{Content, Message, Role, Text, ToolResult, ToolResultContent, ToolUse};
use serde_json::{Value, json};

use super::names::{first_of, shown};
use super::{Warnings, plural, projection, turns};
use crate::target::Target;

pub(super) const RULES: &[&str] = &[
    TOOL_INPUT,
    TOOL_RESULT_JSON,
    TOOL_RESULT_ORDER,
    ORPHAN_TOOL_RESULT,
    MISSING_TOOL_RESULT,
    UNFINISHED_SERVICE_CALL,
    EMPTY_TURN,
    TOOL_RESULT_STATUS,
];

const TOOL_INPUT: &str = "tool-input";
const TOOL_RESULT_JSON: &str = "tool-result-json";
const TOOL_RESULT_ORDER: &str = "tool-result-order";
const ORPHAN_TOOL_RESULT: &str = "orphan-tool-result";
const MISSING_TOOL_RESULT: &str = "missing-tool-result";
const UNFINISHED_SERVICE_CALL: &str = "unfinished-service-call";
const EMPTY_TURN: &str = "empty-turn";
const TOOL_RESULT_STATUS: &str = "tool-result-status";

/// What a call that nobody answered is answered with.
const NO_RESULT: &str = "No result: the tool was not run.";
/// What an empty result is replaced by; Converse wants some content.
const EMPTY_RESULT: &str = "(no output)";
/// What a result says first of a tool that failed, where nothing else can say so.
const FAILED: &str = "(The tool failed.)";
/// What the user says where nothing is left of a turn.
const SILENCE: &str = "(empty)";

/// Turns arguments that are no object into one: a JSON text of an object is read, everything else becomes `{}`.
pub(super) fn coerce_inputs(messages: &mut [Message], warnings: &mut Warnings) {
    let mut coerced = Vec::new();
    for content in messages.iter_mut().flat_map(|message| &mut message.content) {
        let Content::ToolUse(ToolUse { name, input, malformed_input, .. }) = content else { continue };
        *malformed_input = None;
        if !input.is_object() {
            let read =
                input.as_str().and_then(|text| serde_json::from_str(text).ok()).filter(Value::is_object);
            *input = read.unwrap_or_else(|| json!({}));
            coerced.push(shown(name));
        }
    }
    warnings.counted(TOOL_INPUT, coerced.len(), |count| {
        format!("made the arguments of {} an object: {}", plural(count, "tool call"), first_of(coerced))
    });
}

/// Sends JSON that is no object as text: "The format of the value at messages.3.content.0.toolResult.content.0.json is
/// invalid. Provide a json object for the field and try again."
pub(super) fn tell_json(messages: &mut [Message], warnings: &mut Warnings) {
    let mut told = 0;
    for content in messages.iter_mut().flat_map(|message| &mut message.content) {
        let Content::ToolResult(result) = content else { continue };
        for part in &mut result.content {
            if let ToolResultContent::Json(json) = part
                && !json.value.is_object()
            {
                *part = ToolResultContent::Text(Text { text: json.value.to_string() });
                told += 1;
            }
        }
    }
    warnings.counted(TOOL_RESULT_JSON, told, |count| {
        format!(
            "sent {} in tool results as text: the service takes JSON objects only",
            plural(count, "value")
        )
    });
}

/// Says in words that a tool failed, for models of Writer: "This model doesn't support the status field. Remove status and
/// try again." (<https://github.com/pydantic/pydantic-ai/pull/6318>)
pub(super) fn tell_failures(messages: &mut [Message], target: &Target, warnings: &mut Warnings) {
    if target.maker.as_deref() != Some("writer") {
        return;
    }
    let mut told = 0;
    for content in messages.iter_mut().flat_map(|message| &mut message.content) {
        if let Content::ToolResult(result) = content
            && result.is_error
        {
            result.is_error = false;
            result.content.insert(0, ToolResultContent::Text(Text { text: FAILED.to_owned() }));
            told += 1;
        }
    }
    warnings.counted(TOOL_RESULT_STATUS, told, |count| {
        format!(
            "said in words that {} failed: this model takes no status of results",
            plural(count, "tool call")
        )
    });
}

/// Counts of what [`pair`] did.
#[derive(Default)]
struct Repairs {
    moved: usize,
    /// Ids of results.
    orphans: Vec<String>,
    told: Vec<String>,
    /// Ids of calls.
    missing: Vec<String>,
    unfinished: usize,
    silent: usize,
}

/// Puts the results of an assistant's calls at the front of the next user turn, in the order of the calls; makes up
/// the missing ones and drops those that answer nothing. The turns alternate already. A call of a tool that the
/// service ran has its result beside it and waits for none.
pub(super) fn pair(messages: Vec<Message>, warnings: &mut Warnings) -> Vec<Message> {
    let mut repairs = Repairs::default();
    let mut paired: Vec<Message> = Vec::with_capacity(messages.len());
    let mut open_calls: Vec<String> = Vec::new();
    let last = messages.len().saturating_sub(1);
    for (position, mut message) in messages.into_iter().enumerate() {
        if message.role == Role::Assistant {
            open_calls = call_ids(&message);
            let goes_on = position == last && open_calls.is_empty();
            answered_by_service(&mut message, goes_on, &mut repairs);
            if !message.content.is_empty() {
                paired.push(message);
            }
            continue;
        }
        let calls = std::mem::take(&mut open_calls);
        let orphans;
        (message.content, orphans) = answer(&calls, std::mem::take(&mut message.content), &mut repairs);
        if turns::says_nothing(&message) && !paired.is_empty() {
            message.content.splice(..0, instead(orphans, &mut repairs));
        } else {
            repairs.orphans.extend(orphans.into_iter().map(|orphan| orphan.tool_use_id));
        }
        if !message.content.is_empty() {
            paired.push(message);
        }
    }
    if !open_calls.is_empty() {
        paired.push(Message::user(open_calls.iter().map(|id| no_result(id)).collect::<Vec<_>>()));
        repairs.missing.extend(open_calls);
    }
    warnings.counted(TOOL_RESULT_ORDER, repairs.moved, |_| {
        "moved tool results to the front of their turn, in the order of the calls".to_owned()
    });
    warnings.counted(ORPHAN_TOOL_RESULT, repairs.orphans.len(), |count| {
        let results = plural(count, "tool result");
        format!("left out {results} that no call asked for: {}", ids(&repairs.orphans))
    });
    warnings.counted(ORPHAN_TOOL_RESULT, repairs.told.len(), |count| {
        let results = plural(count, "tool result");
        let told = ids(&repairs.told);
        format!("told {results} that no call asked for in words, as the user says nothing else: {told}")
    });
    warnings.counted(EMPTY_TURN, repairs.silent, |count| {
        format!("put a text into {} of the user in which nothing else is left", plural(count, "turn"))
    });
    warnings.counted(MISSING_TOOL_RESULT, repairs.missing.len(), |count| {
        let calls = plural(count, "tool call");
        format!("answered {calls} that had no result with an error: {}", ids(&repairs.missing))
    });
    warnings.counted(UNFINISHED_SERVICE_CALL, repairs.unfinished, |count| {
        format!("left out {} of tools of the service, which never got a result", plural(count, "call"))
    });
    paired
}

fn ids(ids: &[String]) -> String {
    first_of(ids.iter().map(|id| shown(id)))
}

/// Nobody but the service can answer a call of one of its own tools, and it does so in the same turn: what has no other
/// half there is left out, unless the turn goes on.
fn answered_by_service(message: &mut Message, goes_on: bool, repairs: &mut Repairs) {
    let mut calls = BTreeSet::new();
    let mut results = BTreeSet::new();
    for content in &message.content {
        match content {
            Content::ToolUse(call) => drop(calls.insert(call.id.clone())),
            Content::ToolResult(result) => drop(results.insert(result.tool_use_id.clone())),
            _ => {}
        }
    }
    message.content.retain(|content| match content {
        Content::ToolUse(call) if call.by_service && !goes_on && !results.contains(&call.id) => {
            repairs.unfinished += 1;
            false
        }
        // One result a call: the first.
        Content::ToolResult(result) if !calls.remove(&result.tool_use_id) => {
            repairs.orphans.push(result.tool_use_id.clone());
            false
        }
        _ => true,
    });
}

/// The calls that somebody else has to answer.
fn call_ids(message: &Message) -> Vec<String> {
    let answered: BTreeSet<_> = message.content.iter().filter_map(result_id).collect();
    let ids = message.content.iter().filter_map(|content| match content {
        Content::ToolUse(call) if !call.by_service && !answered.contains(call.id.as_str()) => {
            Some(call.id.clone())
        }
        _ => None,
    });
    ids.collect()
}

/// What the user says where nothing else is left: the results that no call asked for, in words, or that there is nothing.
fn instead(orphans: Vec<ToolResult>, repairs: &mut Repairs) -> Vec<Content> {
    if orphans.is_empty() {
        repairs.silent += 1;
        return vec![Content::text(SILENCE)];
    }
    repairs.told.extend(orphans.iter().map(|orphan| orphan.tool_use_id.clone()));
    orphans.into_iter().flat_map(|orphan| projection::in_words("a tool", orphan)).collect()
}

/// A user turn that answers `calls`: first one result a call, then everything else; and the results of no such call.
fn answer(calls: &[String], content: Vec<Content>, repairs: &mut Repairs) -> (Vec<Content>, Vec<ToolResult>) {
    let missing_before = repairs.missing.len();
    let order_before: Vec<_> = content.iter().map(result_id).map(|id| id.map(str::to_owned)).collect();
    let mut results: BTreeMap<String, ToolResult> = BTreeMap::new();
    let (mut rest, mut orphans) = (Vec::new(), Vec::new());
    for content in content {
        match content {
            Content::ToolResult(result)
                if calls.contains(&result.tool_use_id) && !results.contains_key(&result.tool_use_id) =>
            {
                results.insert(result.tool_use_id.clone(), result);
            }
            Content::ToolResult(orphan) => orphans.push(orphan),
            other => rest.push(other),
        }
    }
    let mut answered: Vec<_> = calls
        .iter()
        .map(|id| {
            let result = results.remove(id);
            if result.is_none() {
                repairs.missing.push(id.clone());
            }
            result.map_or_else(|| no_result(id), |result| Content::ToolResult(with_some_content(result)))
        })
        .collect();
    answered.extend(rest);
    let in_place = |(before, after): (&Option<String>, &Content)| before.as_deref() == result_id(after);
    if repairs.missing.len() == missing_before
        && orphans.is_empty()
        && !order_before.iter().zip(&answered).all(in_place)
    {
        repairs.moved += 1;
    }
    (answered, orphans)
}

fn result_id(content: &Content) -> Option<&str> {
    match content {
        Content::ToolResult(result) => Some(&result.tool_use_id),
        _ => None,
    }
}

fn with_some_content(mut result: ToolResult) -> ToolResult {
    if result.content.is_empty() {
        result.content.push(ToolResultContent::Text(Text { text: EMPTY_RESULT.to_owned() }));
    }
    result
}

fn no_result(id: &str) -> Content {
    Content::ToolResult(ToolResult { is_error: true, ..ToolResult::text(id, NO_RESULT) })
}
