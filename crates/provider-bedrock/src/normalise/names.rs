//! Names and ids of tools: Converse takes `[a-zA-Z0-9_-]{1,64}` for the first and `[a-zA-Z0-9_.:-]{1,64}` for the
//! second (`ToolSpecification.name`, `ToolUseBlock.toolUseId` of the service model).

use std::borrow::Cow;
use std::collections::BTreeSet;

use outcrop_core::tool_names::{self, Accepted, fitting};
use outcrop_core::{Message, Tool, ToolChoice};
use sha2::{Digest as _, Sha256};

use super::{Warnings, plural};

pub(super) use outcrop_core::tool_names::{first_of, shown};

pub(crate) use outcrop_core::tool_names::Names;

pub(super) const RULES: &[&str] = &[TOOL_NAME, TOOL_USE_ID, REPEATED_TOOL_USE_ID];

const TOOL_NAME: &str = "tool-name";
const TOOL_USE_ID: &str = "tool-use-id";
const REPEATED_TOOL_USE_ID: &str = "repeated-tool-use-id";

/// The most characters of a name or an id.
const LONGEST: usize = 64;

/// What Converse takes.
struct Converse;

impl Accepted for Converse {
    fn name<'a>(&self, name: &'a str) -> Cow<'a, str> {
        sent_name(name)
    }

    fn id<'a>(&self, id: &'a str) -> Cow<'a, str> {
        let is_accepted = |character: char| character.is_ascii_alphanumeric() || "_.:-".contains(character);
        fitting(id, LONGEST, is_accepted, "call", fingerprint)
    }

    fn numbered(&self, id: &str, number: usize) -> String {
        let suffix = format!("-{number}");
        let stem: String = id.chars().take(LONGEST - suffix.len()).collect();
        stem + &suffix
    }
}

/// The name of a tool on the wire.
pub(super) fn sent_name(name: &str) -> Cow<'_, str> {
    let is_accepted = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    fitting(name, LONGEST, is_accepted, "tool", fingerprint)
}

fn fingerprint(text: &str) -> u32 {
    Sha256::digest(text).first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// Maps what Converse would refuse. Tools that the service runs keep the names that it gave them.
pub(super) fn map(
    messages: &mut [Message],
    tools: &mut [Tool],
    choice: &mut Option<ToolChoice>,
    warnings: &mut Warnings,
) -> Names {
    let renamed = tool_names::rename(messages, tools, choice, &Converse);
    let changed = renamed.names.changed();
    warnings.counted(TOOL_NAME, changed.len(), |count| {
        let which =
            first_of(changed.map(|(sent, original)| format!("{} as {}", shown(original), shown(sent))));
        let sent = if count == 1 { "another name" } else { "other names" };
        format!("sent {} under {sent} that the service accepts: {which}", plural(count, "tool"))
    });
    warnings.counted(TOOL_USE_ID, renamed.strange_ids, |count| {
        let other = if count == 1 { "another id" } else { "other ids" };
        format!("sent {} under {other} that the service accepts", plural(count, "tool call"))
    });
    warnings.counted(REPEATED_TOOL_USE_ID, renamed.repeated_ids, |count| {
        let (own, why) = if count == 1 {
            ("an id of its own", "an earlier one has the same")
        } else {
            ("ids of their own", "earlier ones have the same")
        };
        format!("gave {} {own}: {why}", plural(count, "tool call"))
    });
    renamed.names
}

/// The names that stand more than once among those of `tools`, as they are sent.
pub(super) fn repeated<'a>(tools: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    tools.into_iter().find(|name| !seen.insert(sent_name(name)))
}
