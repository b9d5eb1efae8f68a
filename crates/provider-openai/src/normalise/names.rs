//! Names and ids of tools: names are `[a-zA-Z0-9_-]{1,64}` (OpenAI, "Create chat completion"), ids any text that is not
//! too long, but for Mistral's.

use std::borrow::Cow;

use outcrop_core::tool_names::{self, Accepted, fitting};
use outcrop_core::{Message, Tool, ToolChoice};
use sha2::{Digest as _, Sha256};

use super::{Warnings, plural};
use crate::compat::Compat;

pub(super) use outcrop_core::tool_names::{first_of, shown};

pub(crate) use outcrop_core::tool_names::Names;

pub(super) const RULES: &[&str] = &[TOOL_NAME, TOOL_USE_ID, REPEATED_TOOL_USE_ID];

const TOOL_NAME: &str = "tool-name";
const TOOL_USE_ID: &str = "tool-use-id";
const REPEATED_TOOL_USE_ID: &str = "repeated-tool-use-id";

/// The most characters of a name, and of an id where the endpoint's limit is not known.
const LONGEST: usize = 64;
/// The characters of an id for Mistral.
const OF_MISTRAL: usize = 9;

/// What an endpoint takes.
struct Endpoint {
    mistral: bool,
    longest: usize,
}

impl Accepted for Endpoint {
    fn name<'a>(&self, name: &'a str) -> Cow<'a, str> {
        sent_name(name)
    }

    fn id<'a>(&self, id: &'a str) -> Cow<'a, str> {
        if self.mistral {
            let fits = id.len() == OF_MISTRAL && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
            return if fits { id.into() } else { of_mistral(id).into() };
        }
        let fits = (1..=self.longest).contains(&id.len()) && !id.chars().any(char::is_control);
        if fits { id.into() } else { format!("call_{:08x}", short(id)).into() }
    }

    fn numbered(&self, id: &str, number: usize) -> String {
        self.id(&format!("{id}-{number}")).into_owned()
    }
}

/// The name of a tool on the wire.
pub(super) fn sent_name(name: &str) -> Cow<'_, str> {
    let is_accepted = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    fitting(name, LONGEST, is_accepted, "tool", short)
}

/// The first bytes of a digest: two names that begin alike stay two.
fn fingerprint(text: &str) -> [u8; 8] {
    Sha256::digest(text).first_chunk().copied().unwrap_or_default()
}

fn short(text: &str) -> u32 {
    let [a, b, c, d, ..] = fingerprint(text);
    u32::from_be_bytes([a, b, c, d])
}

/// Maps what the endpoint would refuse.
pub(super) fn map(
    messages: &mut [Message],
    tools: &mut [Tool],
    choice: &mut Option<ToolChoice>,
    compat: &Compat,
    warnings: &mut Warnings,
) -> Names {
    let longest = compat.tool_call_id_length.and_then(|length| usize::try_from(length).ok());
    let endpoint = Endpoint {
        mistral: compat.requires_mistral_tool_ids == Some(true),
        longest: longest.unwrap_or(LONGEST),
    };
    let renamed = tool_names::rename(messages, tools, choice, &endpoint);
    let changed = renamed.names.changed();
    warnings.counted(TOOL_NAME, changed.len(), |count| {
        let which =
            first_of(changed.map(|(sent, original)| format!("{} as {}", shown(original), shown(sent))));
        let sent = if count == 1 { "another name" } else { "other names" };
        format!("sent {} under {sent} that endpoints accept: {which}", plural(count, "tool"))
    });
    warnings.counted(TOOL_USE_ID, renamed.strange_ids, |count| {
        let other = if count == 1 { "another id" } else { "other ids" };
        format!("sent {} under {other} that the endpoint accepts", plural(count, "tool call"))
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

/// Nine letters and digits.
fn of_mistral(id: &str) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut rest = u64::from_be_bytes(fingerprint(id));
    let digit = |_| {
        let digit = usize::try_from(rest % 36).unwrap_or(0);
        rest /= 36;
        DIGITS.get(digit).map_or('0', |digit| char::from(*digit))
    };
    (0..OF_MISTRAL).map(digit).collect()
}

/// The names that stand more than once among those of `tools`, as they are sent.
pub(super) fn repeated<'a>(tools: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = std::collections::BTreeSet::new();
    tools.into_iter().find(|name| !seen.insert(sent_name(name)))
}
