//! Names and ids of tools: names are `[a-zA-Z0-9_-]{1,64}` (OpenAI, "Create chat completion"), ids any text that is not
//! too long, but for Mistral's.
//!
//! What does not fit is sent under another name, which depends on the caller's own and on nothing else: the same tool is
//! called the same in every request. Ids are unique in a conversation, and every result follows its call.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use outcrop_core::{Content, Message, Role, Tool, ToolChoice};
use sha2::{Digest as _, Sha256};

use super::{Warnings, plural};
use crate::compat::Compat;

pub(super) const RULES: &[&str] = &[TOOL_NAME, TOOL_USE_ID, REPEATED_TOOL_USE_ID];

const TOOL_NAME: &str = "tool-name";
const TOOL_USE_ID: &str = "tool-use-id";
const REPEATED_TOOL_USE_ID: &str = "repeated-tool-use-id";

/// The most characters of a name, and of an id where the endpoint's limit is not known.
const LONGEST: usize = 64;
/// The characters of a fingerprint, and the `_` before it.
const FINGERPRINT: usize = 9;
/// The characters of an id for Mistral.
const OF_MISTRAL: usize = 9;

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

/// Maps what the endpoint would refuse.
pub(super) fn map(
    messages: &mut [Message],
    tools: &mut [Tool],
    choice: &mut Option<ToolChoice>,
    compat: &Compat,
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
        if let Content::ToolUse(call) = content {
            names.put_right(&mut call.name);
        }
    }
    warnings.counted(TOOL_NAME, names.0.len(), |count| {
        let renamed =
            names.0.iter().map(|(sent, original)| format!("{} as {}", shown(original), shown(sent)));
        let sent = if count == 1 { "another name" } else { "other names" };
        format!("sent {} under {sent} that endpoints accept: {}", plural(count, "tool"), first_of(renamed))
    });
    map_ids(messages, compat, warnings);
    names
}

/// The name of a tool on the wire.
pub(super) fn sent_name(name: &str) -> Cow<'_, str> {
    let is_accepted = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    if (1..=LONGEST).contains(&name.len()) && name.chars().all(is_accepted) {
        return Cow::Borrowed(name);
    }
    let kept = name.chars().map(|character| if is_accepted(character) { character } else { '_' });
    let mut kept: String = kept.take(LONGEST - FINGERPRINT).collect();
    if kept.is_empty() {
        "tool".clone_into(&mut kept);
    }
    Cow::Owned(format!("{kept}_{:08x}", fingerprint(name) >> 32))
}

/// The first bytes of a digest: two names that begin alike stay two.
fn fingerprint(text: &str) -> u64 {
    Sha256::digest(text).first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
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

/// Gives every call an id of its own that the endpoint accepts, and every result that of its call.
fn map_ids(messages: &mut [Message], compat: &Compat, warnings: &mut Warnings) {
    let mistral = compat.requires_mistral_tool_ids == Some(true);
    let longest =
        compat.tool_call_id_length.and_then(|length| usize::try_from(length).ok()).unwrap_or(LONGEST);
    let mut ids = Ids { mistral, longest, ..Ids::default() };
    for message in messages {
        if message.role == Role::Assistant {
            ids.waiting.clear();
        }
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
        format!("sent {} under {other} that the endpoint accepts", plural(count, "tool call"))
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
    mistral: bool,
    longest: usize,
    taken: BTreeSet<String>,
    /// By the caller's id, the calls of the last turn that no result answered yet.
    waiting: BTreeMap<String, VecDeque<String>>,
    strange: usize,
    repeated: usize,
}

impl Ids {
    fn call(&mut self, id: &mut String) {
        let fitting = self.fitting(id);
        self.strange += usize::from(fitting != *id);
        let sent = self.unique(&fitting);
        self.repeated += usize::from(sent != fitting);
        self.taken.insert(sent.clone());
        self.waiting.entry(std::mem::replace(id, sent.clone())).or_default().push_back(sent);
    }

    /// A result answers the first call of its id in the turn before that has no result yet.
    fn result(&mut self, id: &mut String) {
        if let Some(sent) = self.waiting.get_mut(id).and_then(VecDeque::pop_front) {
            *id = sent;
        }
    }

    fn fitting(&self, id: &str) -> String {
        if self.mistral {
            let fits = id.len() == OF_MISTRAL && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
            return if fits { id.to_owned() } else { of_mistral(id) };
        }
        let fits = (1..=self.longest).contains(&id.len()) && !id.chars().any(char::is_control);
        if fits { id.to_owned() } else { format!("call_{:08x}", fingerprint(id) >> 32) }
    }

    fn unique(&self, id: &str) -> String {
        let candidates = (2_u32..).map(|number| self.fitting(&format!("{id}-{number}")));
        let mut candidates = std::iter::once(id.to_owned()).chain(candidates);
        candidates.find(|candidate| !self.taken.contains(candidate)).unwrap_or_default()
    }
}

/// Nine letters and digits.
fn of_mistral(id: &str) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut rest = fingerprint(id);
    let digit = |_| {
        let digit = usize::try_from(rest % 36).unwrap_or(0);
        rest /= 36;
        DIGITS.get(digit).map_or('0', |digit| char::from(*digit))
    };
    (0..OF_MISTRAL).map(digit).collect()
}

/// The names that stand more than once among those of `tools`, as they are sent.
pub(super) fn repeated<'a>(tools: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    tools.into_iter().find(|name| !seen.insert(sent_name(name)))
}
