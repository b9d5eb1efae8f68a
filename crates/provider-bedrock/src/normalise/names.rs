//! Names and ids of tools: Converse takes `[a-zA-Z0-9_-]{1,64}` for the first and `[a-zA-Z0-9_.:-]{1,64}` for the
//! second (`ToolSpecification.name`, `ToolUseBlock.toolUseId` of the service model).
//!
//! What does not fit is sent under another name, which depends on the caller's own and on nothing else: the same tool is
//! called the same in every request. Ids are unique in a conversation, and every result follows its call.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use outcrop_core::{Content, Message, Role, Tool, ToolChoice};
use sha2::{Digest as _, Sha256};

use super::{Warnings, plural};

pub(super) const RULES: &[&str] = &[TOOL_NAME, TOOL_USE_ID, REPEATED_TOOL_USE_ID];

const TOOL_NAME: &str = "tool-name";
const TOOL_USE_ID: &str = "tool-use-id";
const REPEATED_TOOL_USE_ID: &str = "repeated-tool-use-id";

/// The most characters of a name or an id.
const LONGEST: usize = 64;
/// The characters of a fingerprint, and the `_` before it.
const FINGERPRINT: usize = 9;

/// What tools are called by the caller, by the names that were sent. Names that needed no change are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    /// What the caller calls the tool.
    pub(crate) fn original(&self, sent: String) -> String {
        self.0.get(&sent).cloned().unwrap_or(sent)
    }

    fn put_right(&mut self, name: &mut String) {
        if let Cow::Owned(sent) = sent_name(name) {
            let original = std::mem::replace(name, sent.clone());
            self.0.insert(sent, original);
        }
    }
}

/// Maps what Converse would refuse. Tools that the service runs keep the names that it gave them.
pub(super) fn map(
    messages: &mut [Message],
    tools: &mut [Tool],
    choice: &mut Option<ToolChoice>,
    warnings: &mut Warnings,
) -> Names {
    let mut names = Names::default();
    for tool in tools {
        if let Tool::Spec(spec) = tool {
            names.put_right(&mut spec.name);
        }
    }
    if let Some(ToolChoice::Tool { name }) = choice {
        names.put_right(name);
    }
    for content in messages.iter_mut().flat_map(|message| &mut message.content) {
        if let Content::ToolUse(call) = content
            && !call.by_service
        {
            names.put_right(&mut call.name);
        }
    }
    warnings.counted(TOOL_NAME, names.0.len(), |count| {
        let renamed =
            names.0.iter().map(|(sent, original)| format!("{} as {}", shown(original), shown(sent)));
        let sent = if count == 1 { "another name" } else { "other names" };
        let which = first_of(renamed);
        format!("sent {} under {sent} that the service accepts: {which}", plural(count, "tool"))
    });
    map_ids(messages, warnings);
    names
}

/// The name of a tool on the wire.
pub(super) fn sent_name(name: &str) -> Cow<'_, str> {
    fitting(name, |character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-'), "tool")
}

fn sent_id(id: &str) -> Cow<'_, str> {
    fitting(id, |character| character.is_ascii_alphanumeric() || "_.:-".contains(character), "call")
}

/// The name itself if it fits; else what of it fits, or `stem`, and a fingerprint of the whole, so that two names
/// that begin alike stay two.
fn fitting<'a>(name: &'a str, is_accepted: impl Fn(char) -> bool, stem: &str) -> Cow<'a, str> {
    if (1..=LONGEST).contains(&name.len()) && name.chars().all(&is_accepted) {
        return Cow::Borrowed(name);
    }
    let accepted = |character| if is_accepted(character) { character } else { '_' };
    let mut kept: String = name.chars().map(accepted).take(LONGEST - FINGERPRINT).collect();
    if kept.is_empty() {
        stem.clone_into(&mut kept);
    }
    let digest = Sha256::digest(name);
    let fingerprint = digest.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
    Cow::Owned(format!("{kept}_{fingerprint:08x}"))
}

/// A name for people, on one line.
pub(super) fn shown(name: &str) -> String {
    let start: String = name.chars().take(LONGEST).collect();
    let dots = if start.len() < name.len() { "…" } else { "" };
    format!("`{}{dots}`", start.escape_debug())
}

/// The first of several things as they are shown, and how many more there are. What is there twice is shown once.
pub(super) fn first_of(shown: impl IntoIterator<Item = String>) -> String {
    const MOST: usize = 3;
    let mut seen = BTreeSet::new();
    let mut first: Vec<_> = shown.into_iter().filter(|one| seen.insert(one.clone())).collect();
    let more = first.split_off(first.len().min(MOST)).len();
    match more {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Gives every call an id of its own that Converse accepts, and every result that of its call.
fn map_ids(messages: &mut [Message], warnings: &mut Warnings) {
    let mut ids = Ids::default();
    let mut speaker = Role::User;
    for message in messages {
        if message.role == Role::Assistant && speaker != Role::Assistant {
            ids.waiting.clear();
        }
        speaker = message.role;
        for content in &mut message.content {
            match content {
                Content::ToolUse(call) => ids.call(&mut call.id),
                Content::ToolResult(result) => ids.result(&mut result.tool_use_id),
                _ => {}
            }
        }
    }
    warnings.counted(TOOL_USE_ID, ids.strange, |count| {
        let other = if count == 1 { "another id" } else { "other ids" };
        format!("sent {} under {other} that the service accepts", plural(count, "tool call"))
    });
    warnings.counted(REPEATED_TOOL_USE_ID, ids.repeated, |count| {
        let (own, why) = if count == 1 {
            ("an id of its own", "an earlier one has the same")
        } else {
            ("ids of their own", "earlier ones have the same")
        };
        format!("gave {} {own}: {why}", plural(count, "tool call"))
    });
}

/// The ids of the calls so far. What a call is given depends on what comes before it only.
#[derive(Default)]
struct Ids {
    /// The ids that were sent, each with the number that was last put behind it.
    taken: BTreeMap<String, usize>,
    /// By the caller's id, the calls of the last turn that no result answered yet.
    waiting: BTreeMap<String, VecDeque<String>>,
    /// The last call of each id of the caller.
    last: BTreeMap<String, String>,
    strange: usize,
    repeated: usize,
}

impl Ids {
    fn call(&mut self, id: &mut String) {
        let fitting = sent_id(id).into_owned();
        self.strange += usize::from(fitting != *id);
        let sent = self.unique(fitting.clone());
        self.repeated += usize::from(sent != fitting);
        self.taken.insert(sent.clone(), 1);
        self.waiting.entry(id.clone()).or_default().push_back(sent.clone());
        let original = std::mem::replace(id, sent.clone());
        self.last.insert(original, sent);
    }

    /// A result answers the first call of its id in the turn before that has no result yet. One that answers no call
    /// keeps clear of the ids of all calls.
    fn result(&mut self, id: &mut String) {
        let waiting = self.waiting.get_mut(id).and_then(VecDeque::pop_front);
        let sent = waiting.or_else(|| self.last.get(id).cloned());
        *id = sent.unwrap_or_else(|| {
            let fitting = sent_id(id).into_owned();
            self.unique(fitting)
        });
    }

    fn unique(&mut self, id: String) -> String {
        let Some(mut number) = self.taken.get(&id).copied() else { return id };
        loop {
            number += 1;
            let suffix = format!("-{number}");
            let stem: String = id.chars().take(LONGEST - suffix.len()).collect();
            let candidate = stem + &suffix;
            if !self.taken.contains_key(&candidate) {
                self.taken.insert(id, number);
                return candidate;
            }
        }
    }
}

/// The names that stand more than once among those of `tools`, as they are sent.
pub(super) fn repeated<'a>(tools: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    tools.into_iter().find(|name| !seen.insert(sent_name(name)))
}
