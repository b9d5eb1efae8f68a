//! Tools: every call has one result, in the next turn, in the order of the calls; and where a conversation speaks of
//! tools, they are described.

use std::collections::{BTreeMap, BTreeSet};

use outcrop_core::{
    Content, Error, ErrorKind, Message, Result, Role, Text, Tool, ToolChoice, ToolResult, ToolResultContent,
    ToolSpec, ToolUse,
};
use serde_json::{Value, json};

use super::{Warnings, plural};
use crate::target::Target;

pub(super) const RULES: &[&str] =
    &[TOOL_INPUT, TOOL_RESULT_ORDER, ORPHAN_TOOL_RESULT, MISSING_TOOL_RESULT, TOOL_STUBS, TOOLS_WITHHELD];

const TOOL_INPUT: &str = "tool-input";
const TOOL_RESULT_ORDER: &str = "tool-result-order";
const ORPHAN_TOOL_RESULT: &str = "orphan-tool-result";
const MISSING_TOOL_RESULT: &str = "missing-tool-result";
const TOOL_STUBS: &str = "tool-stubs";
const TOOLS_WITHHELD: &str = "tools-withheld";

/// What a call that nobody answered is answered with.
const NO_RESULT: &str = "No result: the tool was not run.";
/// What an empty result is replaced by; Converse wants some content.
const EMPTY_RESULT: &str = "(no output)";

/// Turns arguments that are no object into one: a JSON text of an object is read, everything else becomes `{}`.
pub(super) fn coerce_inputs(messages: &mut [Message], warnings: &mut Warnings) {
    let mut coerced = 0;
    for content in messages.iter_mut().flat_map(|message| &mut message.content) {
        let Content::ToolUse(ToolUse { input, malformed_input, .. }) = content else { continue };
        *malformed_input = None;
        if !input.is_object() {
            let read =
                input.as_str().and_then(|text| serde_json::from_str(text).ok()).filter(Value::is_object);
            *input = read.unwrap_or_else(|| json!({}));
            coerced += 1;
        }
    }
    warnings.counted(TOOL_INPUT, coerced, |count| {
        format!("made the arguments of {} an object", plural(count, "tool call"))
    });
}

/// Counts of what [`pair`] did.
#[derive(Default)]
struct Repairs {
    moved: usize,
    orphans: usize,
    missing: usize,
}

/// Puts the results of an assistant's calls at the front of the next user turn, in the order of the calls; makes up
/// the missing ones and drops those that answer nothing. The turns alternate already. A call of a tool that the
/// service ran has its result beside it and waits for none.
pub(super) fn pair(messages: Vec<Message>, warnings: &mut Warnings) -> Vec<Message> {
    let mut repairs = Repairs::default();
    let mut paired: Vec<Message> = Vec::with_capacity(messages.len());
    let mut open_calls: Vec<String> = Vec::new();
    for mut message in messages {
        if message.role == Role::Assistant {
            open_calls = call_ids(&message);
            paired.push(message);
            continue;
        }
        let calls = std::mem::take(&mut open_calls);
        message.content = answer(&calls, std::mem::take(&mut message.content), &mut repairs);
        if !message.content.is_empty() {
            paired.push(message);
        }
    }
    if !open_calls.is_empty() {
        repairs.missing += open_calls.len();
        paired.push(Message::user(open_calls.iter().map(|id| no_result(id)).collect::<Vec<_>>()));
    }
    warnings.counted(TOOL_RESULT_ORDER, repairs.moved, |_| {
        "moved tool results to the front of their turn, in the order of the calls".to_owned()
    });
    warnings.counted(ORPHAN_TOOL_RESULT, repairs.orphans, |count| {
        format!("left out {} that no call asked for", plural(count, "tool result"))
    });
    warnings.counted(MISSING_TOOL_RESULT, repairs.missing, |count| {
        format!("made up {} as an error: the call had none", plural(count, "tool result"))
    });
    paired
}

/// The calls that somebody else has to answer.
fn call_ids(message: &Message) -> Vec<String> {
    let answered: BTreeSet<_> = message.content.iter().filter_map(result_id).collect();
    let ids = message.content.iter().filter_map(|content| match content {
        Content::ToolUse(call) if !answered.contains(call.id.as_str()) => Some(call.id.clone()),
        _ => None,
    });
    ids.collect()
}

/// A user turn that answers `calls`: first one result a call, then everything else.
fn answer(calls: &[String], content: Vec<Content>, repairs: &mut Repairs) -> Vec<Content> {
    let repaired_before = repairs.missing + repairs.orphans;
    let order_before: Vec<_> = content.iter().map(result_id).map(|id| id.map(str::to_owned)).collect();
    let mut results: BTreeMap<String, ToolResult> = BTreeMap::new();
    let mut rest = Vec::new();
    for content in content {
        match content {
            Content::ToolResult(result)
                if calls.contains(&result.tool_use_id) && !results.contains_key(&result.tool_use_id) =>
            {
                results.insert(result.tool_use_id.clone(), result);
            }
            Content::ToolResult(_) => repairs.orphans += 1,
            other => rest.push(other),
        }
    }
    let mut answered: Vec<_> = calls
        .iter()
        .map(|id| {
            let result = results.remove(id);
            repairs.missing += usize::from(result.is_none());
            result.map_or_else(|| no_result(id), |result| Content::ToolResult(with_some_content(result)))
        })
        .collect();
    answered.extend(rest);
    let in_place = |(before, after): (&Option<String>, &Content)| before.as_deref() == result_id(after);
    if repairs.missing + repairs.orphans == repaired_before
        && !order_before.iter().zip(&answered).all(in_place)
    {
        repairs.moved += 1;
    }
    answered
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

/// The tools to describe and the choice to send.
pub(super) struct Tools {
    pub described: Vec<Tool>,
    pub choice: Option<ToolChoice>,
    pub suppress_calls: bool,
}

/// Converse refuses a conversation that speaks of tools without describing any; so they are described from what the
/// conversation shows of them.
pub(super) fn choose(
    tools: Vec<Tool>,
    choice: Option<ToolChoice>,
    messages: &[Message],
    _target: &Target,
    warnings: &mut Warnings,
) -> Result<Tools> {
    for tool in &tools {
        check_tool(tool)?;
    }
    let withheld = choice == Some(ToolChoice::None);
    let history = stubs(messages);
    let described = tools.iter().any(|tool| !matches!(tool, Tool::CachePoint(_)));
    if withheld {
        warnings.counted(TOOLS_WITHHELD, usize::from(described && !history.is_empty()), |_| {
            "described the tools although none may be called: the conversation speaks of them".to_owned()
        });
    }
    let tools = match (described, withheld) {
        (true, false) => tools,
        (true, true) if !history.is_empty() => tools,
        (true, true) => Vec::new(),
        (false, _) => {
            warnings.counted(TOOL_STUBS, history.len(), |count| {
                format!("described {} from the conversation, which has calls of it", plural(count, "tool"))
            });
            history
        }
    };
    let suppress_calls = withheld && !tools.is_empty();
    let choice = choice.filter(|choice| !withheld && !tools.is_empty() && *choice != ToolChoice::None);
    Ok(Tools { described: tools, choice, suppress_calls })
}

fn check_tool(tool: &Tool) -> Result<()> {
    match tool {
        Tool::Spec(spec) if !spec.input_schema.is_object() => Err(Error::new(
            ErrorKind::InvalidRequest,
            format!("`inputSchema` of the tool `{}` is not a JSON schema of an object", spec.name),
        )
        .with_hint(r#"a tool without arguments has the schema `{"type": "object", "properties": {}}`"#)),
        _ => Ok(()),
    }
}

/// A description of each tool that the conversation calls, by name.
fn stubs(messages: &[Message]) -> Vec<Tool> {
    let calls = messages.iter().flat_map(|message| &message.content).filter_map(|content| match content {
        Content::ToolUse(call) => Some(call.name.as_str()),
        _ => None,
    });
    let names: BTreeSet<_> = calls.collect();
    let stub = |name: &str| {
        Tool::Spec(ToolSpec {
            name: name.to_owned(),
            description: None,
            input_schema: json!({"type": "object", "properties": {}}),
            strict: None,
        })
    };
    names.into_iter().map(stub).collect()
}
