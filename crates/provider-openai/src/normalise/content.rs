//! What messages are made of, before they are laid out: what says nothing is left out, what stands where it cannot is told
//! in words, and turns of one role become one.

use std::collections::BTreeMap;

use outcrop_core::{
    Caching, Content, GuardContent, Message, Request, Role, SearchResult, SystemContent, Text, Tool,
    ToolResult, ToolResultContent,
};

use super::names::shown;
use super::{Warnings, plural};

pub(super) const RULES: &[&str] = &[
    BLANK_TEXT,
    MISPLACED,
    SERVICE_TOOLS,
    CITED_TEXT,
    GUARDED,
    MERGED_TURNS,
    EMPTY_TURN,
    CACHE_POINTS,
    CACHING,
];

const BLANK_TEXT: &str = "blank-text";
const MISPLACED: &str = "misplaced-content";
const SERVICE_TOOLS: &str = "tools-as-text";
const CITED_TEXT: &str = "cited-text";
const GUARDED: &str = "guarded-content";
const MERGED_TURNS: &str = "merged-turns";
const EMPTY_TURN: &str = "empty-turn";
const CACHE_POINTS: &str = "cache-points";
const CACHING: &str = "cache-without-effect";

/// What the user says where nothing is left of a turn.
const SILENCE: &str = "(empty)";

fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// The texts of the system prompt.
pub(super) fn system(system: &[SystemContent], warnings: &mut Warnings) -> Vec<String> {
    let (mut texts, mut dropped, mut guarded) = (Vec::new(), 0, 0);
    for content in system {
        let text = match content {
            SystemContent::Text(text) => &text.text,
            SystemContent::Guard(guard) => {
                let GuardContent::Text(text) = &guard.content else {
                    dropped += 1;
                    continue;
                };
                guarded += 1;
                text
            }
            _ => continue,
        };
        if blank(text) {
            dropped += 1;
        } else {
            texts.push(text.clone());
        }
    }
    warnings.counted(BLANK_TEXT, dropped, |count| {
        format!("left out {} of the system prompt without text", plural(count, "block"))
    });
    guarded_is_plain(guarded, warnings);
    texts
}

fn guarded_is_plain(guarded: usize, warnings: &mut Warnings) {
    warnings.counted(GUARDED, guarded, |count| {
        format!(
            "sent {} as any other: endpoints of this kind have no guardrails",
            plural(count, "guarded block")
        )
    });
}

/// What was done to the contents.
#[derive(Default)]
struct Done {
    blank: usize,
    misplaced: usize,
    told: usize,
    cited: usize,
    guarded: usize,
}

/// Leaves out what says nothing, and puts into words what has no place of its own.
pub(super) fn tidy(messages: Vec<Message>, warnings: &mut Warnings) -> Vec<Message> {
    let mut done = Done::default();
    // The tools that the service ran, by the ids of their calls.
    let mut told = BTreeMap::new();
    let tidied = messages
        .into_iter()
        .map(|mut message| {
            let content = std::mem::take(&mut message.content).into_iter();
            message.content =
                content.flat_map(|content| tidy_one(content, message.role, &mut told, &mut done)).collect();
            message
        })
        .collect();
    warnings.counted(BLANK_TEXT, done.blank, |count| {
        format!("left out {} of blank text", plural(count, "block"))
    });
    warnings.counted(MISPLACED, done.misplaced, |count| {
        format!("told {} in words that cannot stand in a turn of that role", plural(count, "block"))
    });
    warnings.counted(SERVICE_TOOLS, done.told, |count| {
        format!("told {} and the results in words: another service ran the tools", plural(count, "tool call"))
    });
    warnings.counted(CITED_TEXT, done.cited, |count| {
        format!("sent {} without the passages that it cites", plural(count, "text"))
    });
    guarded_is_plain(done.guarded, warnings);
    tidied
}

fn tidy_one(
    content: Content,
    role: Role,
    told: &mut BTreeMap<String, String>,
    done: &mut Done,
) -> Vec<Content> {
    let content = match content {
        Content::CachePoint(_) => return Vec::new(),
        Content::Citations(cited) => {
            done.cited += usize::from(!cited.citations.is_empty());
            Content::text(cited.text)
        }
        Content::Guard(guard) => {
            done.guarded += 1;
            match guard.content {
                GuardContent::Text(text) => Content::text(text),
                GuardContent::Image(image) => Content::Image(image),
                _ => return Vec::new(),
            }
        }
        Content::SearchResult(result) => Content::text(search_result(&result)),
        Content::ToolUse(call) if call.by_service || role == Role::User => {
            if call.by_service {
                done.told += 1;
                told.insert(call.id, shown(&call.name));
            } else {
                done.misplaced += 1;
            }
            Content::text(format!("[called the tool {} with {}]", shown(&call.name), call.input))
        }
        Content::ToolResult(result) if told.contains_key(&result.tool_use_id) => {
            let tool = format!("the tool {}", told.get(&result.tool_use_id).map_or("", String::as_str));
            return in_words(&tool, result);
        }
        Content::ToolResult(result) if role == Role::Assistant => {
            done.misplaced += 1;
            return in_words("a tool", result);
        }
        Content::Reasoning(_) if role == Role::User => {
            done.misplaced += 1;
            return Vec::new();
        }
        other => other,
    };
    if content.as_text().is_some_and(blank) {
        done.blank += 1;
        return Vec::new();
    }
    vec![content]
}

/// A search result as text.
pub(super) fn search_result(result: &SearchResult) -> String {
    format!("{}\n{}\n\n{}", result.title, result.source, result.passages.join("\n"))
}

/// A result told in words. `tool`: who answered.
pub(super) fn in_words(tool: &str, result: ToolResult) -> Vec<Content> {
    let outcome = if result.is_error { "failed" } else { "answered" };
    let told = Content::text(format!("[{tool} {outcome}]"));
    let parts = result.content.into_iter().filter_map(|part| match part {
        ToolResultContent::Text(Text { text }) => Some(Content::text(text)),
        ToolResultContent::Json(json) => Some(Content::text(json.value.to_string())),
        ToolResultContent::Image(image) => Some(Content::Image(image)),
        ToolResultContent::Document(document) => Some(Content::Document(document)),
        ToolResultContent::Video(video) => Some(Content::Video(video)),
        ToolResultContent::SearchResult(result) => Some(Content::text(search_result(&result))),
        _ => None,
    });
    let said = |content: &Content| !content.as_text().is_some_and(blank);
    std::iter::once(told).chain(parts.filter(said)).collect()
}

/// Leaves out turns in which nothing is left, and joins neighbours of the same role. Where the user was to speak after an
/// answer and says nothing at all, a few words stand in: else the model would be asked to go on with an answer that was
/// complete.
pub(super) fn join(messages: Vec<Message>, warnings: &mut Warnings) -> Vec<Message> {
    let (mut silent, mut joined) = (0, 0);
    let mut kept: Vec<Message> = Vec::with_capacity(messages.len());
    let mut messages = messages.into_iter().peekable();
    while let Some(mut message) = messages.next() {
        let after_answer = kept.last().is_some_and(|last| last.role == Role::Assistant);
        if message.content.is_empty() {
            let goes_on = messages.peek().is_some_and(|next| next.role == Role::User);
            if message.role == Role::Assistant || !after_answer || goes_on {
                continue;
            }
            silent += 1;
            message.content.push(Content::text(SILENCE));
        }
        match kept.last_mut() {
            Some(last) if last.role == message.role => {
                last.content.extend(message.content);
                joined += 1;
            }
            _ => kept.push(message),
        }
    }
    warnings.counted(EMPTY_TURN, silent, |count| {
        format!("put `{SILENCE}` into {} of the user of which nothing was left", plural(count, "turn"))
    });
    warnings.counted(MERGED_TURNS, joined, |count| {
        format!("joined {} with the one before, of the same role", plural(count, "turn"))
    });
    kept
}

/// Says that endpoints of this kind take no cache points: they cache by themselves, or not at all.
pub(super) fn note_caching(request: &Request, warnings: &mut Warnings) {
    let system = request.system.iter().filter(|it| matches!(it, SystemContent::CachePoint(_))).count();
    let tools = request.tools.iter().filter(|it| matches!(it, Tool::CachePoint(_))).count();
    let content = request.messages.iter().flat_map(|message| &message.content);
    let points = content.filter(|it| matches!(it, Content::CachePoint(_))).count();
    warnings.counted(CACHE_POINTS, system + tools + points, |count| {
        format!(
            "left out {}: endpoints of this kind decide by themselves what they cache",
            plural(count, "cache point")
        )
    });
    if matches!(request.caching, Some(Caching::Auto { .. })) {
        warnings
            .say(CACHING, "put no cache points: endpoints of this kind decide by themselves what they cache");
    }
}
