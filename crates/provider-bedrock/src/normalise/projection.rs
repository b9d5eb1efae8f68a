//! Calls of tools told in words, for models that know nothing of tools.

use std::collections::{BTreeMap, BTreeSet};

use outcrop_core::{Content, Message, Text, Tool, ToolResult, ToolResultContent, ToolUse};

use super::names::{Names, first_of, shown};
use super::{Warnings, plural};
use crate::target::Target;

pub(super) const RULES: &[&str] = &[TOOLS_AS_TEXT];

const TOOLS_AS_TEXT: &str = "tools-as-text";

/// Tells calls and results in words where the model calls no tools; and those of a tool that the service ran where the
/// request does not offer that tool, as Converse has to know the tools of a conversation. The results are paired with
/// their calls already.
pub(super) fn tell(
    messages: &mut [Message],
    tools: &[Tool],
    names: &Names,
    target: &Target,
    warnings: &mut Warnings,
) {
    let no_tools = target.calls_tools().is_no();
    let offered: BTreeSet<_> = tools
        .iter()
        .filter_map(|tool| match tool {
            Tool::System(tool) => Some(tool.name.as_str()),
            _ => None,
        })
        .collect();
    let is_told = |call: &ToolUse| no_tools || call.by_service && !offered.contains(call.name.as_str());
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    for message in messages {
        let mut content = Vec::with_capacity(message.content.len());
        for block in std::mem::take(&mut message.content) {
            match block {
                Content::ToolUse(call) if is_told(&call) => {
                    let name = shown(&names.original(call.name));
                    content.push(Content::text(format!("[called the tool {name} with {}]", call.input)));
                    told.insert(call.id, name);
                }
                Content::ToolResult(result) if told.contains_key(&result.tool_use_id) => {
                    let name = told.get(&result.tool_use_id).map_or("", String::as_str);
                    content.extend(in_words(&format!("the tool {name}"), result));
                }
                other => content.push(other),
            }
        }
        message.content = content;
    }
    warnings.counted(TOOLS_AS_TEXT, told.len(), |count| {
        let calls = plural(count, "tool call");
        let which = first_of(told.into_values());
        let why = if no_tools { "this model calls no tools" } else { "this request has no such tools" };
        format!("told {calls} and the results in words: {why} ({which})")
    });
}

/// A result told in words. `tool`: who answered.
pub(super) fn in_words(tool: &str, result: ToolResult) -> impl Iterator<Item = Content> {
    let outcome = if result.is_error { "failed" } else { "answered" };
    let told = Content::text(format!("[{tool} {outcome}]"));
    let parts = result.content.into_iter().filter_map(|part| match part {
        ToolResultContent::Text(Text { text }) => Some(Content::text(text)),
        ToolResultContent::Json(json) => Some(Content::text(json.value.to_string())),
        ToolResultContent::Image(image) => Some(Content::Image(image)),
        ToolResultContent::Document(document) => Some(Content::Document(document)),
        ToolResultContent::Video(video) => Some(Content::Video(video)),
        ToolResultContent::SearchResult(result) => Some(Content::SearchResult(result)),
        _ => None,
    });
    std::iter::once(told).chain(parts)
}
