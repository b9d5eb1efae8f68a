//! Names of tools and ids of calls as a service accepts them, and back: for providers.
//!
//! Services differ in what they accept, and callers bring along what another one gave them. What does not fit is sent under
//! another name, which depends on the caller's own and on nothing else: the same tool is called the same in every request.
//! Ids are unique in a conversation, and every result follows its call.
//!
//! ```
//! use std::borrow::Cow;
//! use outcrop_core::tool_names::{Accepted, fitting, rename};
//! use outcrop_core::{Request, ToolSpec};
//!
//! struct Letters;
//!
//! impl Accepted for Letters {
//!     fn name<'a>(&self, name: &'a str) -> Cow<'a, str> {
//!         // A service would want more than the length of a text as its fingerprint.
//!         fitting(name, 12, |it| it.is_ascii_alphanumeric(), "tool", |text| text.len() as u32)
//!     }
//!     fn id<'a>(&self, id: &'a str) -> Cow<'a, str> {
//!         Cow::Borrowed(id)
//!     }
//!     fn numbered(&self, id: &str, number: usize) -> String {
//!         format!("{id}{number}")
//!     }
//! }
//!
//! let spec = ToolSpec::new("my.weather", "Tells the weather.", serde_json::json!({ "type": "object" }));
//! let mut request = Request::new("m").user("Hi").tool(spec);
//! let renamed = rename(&mut request.messages, &mut request.tools, &mut request.tool_choice, &Letters);
//! assert_eq!(renamed.names.original("my__0000000a".to_owned()), "my.weather");
//! ```

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{Content, Message, Role, Tool, ToolChoice};

/// The characters of a fingerprint, and the `_` before it.
const FINGERPRINT: usize = 9;

/// What a service accepts.
pub trait Accepted {
    /// The name that a tool is sent under; borrowed if that is its own. Two names that differ are sent as two.
    fn name<'a>(&self, name: &'a str) -> Cow<'a, str>;

    /// The id that a call is sent under; borrowed if that is its own.
    fn id<'a>(&self, id: &'a str) -> Cow<'a, str>;

    /// Another id that is accepted, made of one that is taken; another for every number.
    fn numbered(&self, id: &str, number: usize) -> String;
}

/// The name itself if it has at most `longest` characters, all of them accepted; else what of it is accepted, or `stem`,
/// and a fingerprint of the whole, so that two names that begin alike stay two. `longest` has room for the fingerprint,
/// which is nine characters long.
pub fn fitting<'a>(
    name: &'a str,
    longest: usize,
    is_accepted: impl Fn(char) -> bool,
    stem: &str,
    fingerprint: impl Fn(&str) -> u32,
) -> Cow<'a, str> {
    if (1..=longest).contains(&name.len()) && name.chars().all(&is_accepted) {
        return Cow::Borrowed(name);
    }
    let accepted = |character| if is_accepted(character) { character } else { '_' };
    let mut kept: String = name.chars().map(accepted).take(longest.saturating_sub(FINGERPRINT)).collect();
    if kept.is_empty() {
        stem.clone_into(&mut kept);
    }
    Cow::Owned(format!("{kept}_{:08x}", fingerprint(name)))
}

/// What tools are called by the caller, by the names that were sent. Names that needed no change are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// What the caller calls the tool.
    pub fn original(&self, sent: String) -> String {
        self.0.get(&sent).cloned().unwrap_or(sent)
    }

    /// The names that were changed, each as it was sent and as the caller has it; by the former.
    pub fn changed(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(sent, original)| (sent.as_str(), original.as_str()))
    }

    fn put_right(&mut self, name: &mut String, accepted: &impl Accepted) {
        if let Cow::Owned(sent) = accepted.name(name) {
            let original = std::mem::replace(name, sent.clone());
            self.0.insert(sent, original);
        }
    }
}

/// What [`rename`] did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Renamed {
    /// The way back.
    pub names: Names,
    /// How many calls have another id since theirs is not accepted.
    pub strange_ids: usize,
    /// How many calls have another id since an earlier one has the same.
    pub repeated_ids: usize,
}

/// Puts what is accepted in the place of what is not. Tools that the service runs keep the names that it gave them.
pub fn rename(
    messages: &mut [Message],
    tools: &mut [Tool],
    choice: &mut Option<ToolChoice>,
    accepted: &impl Accepted,
) -> Renamed {
    let mut names = Names::default();
    for tool in tools {
        if let Tool::Spec(spec) = tool {
            names.put_right(&mut spec.name, accepted);
        }
    }
    if let Some(ToolChoice::Tool { name }) = choice {
        names.put_right(name, accepted);
    }
    let mut ids = Ids::new(accepted);
    let mut speaker = Role::User;
    for message in messages {
        if message.role == Role::Assistant && speaker != Role::Assistant {
            ids.waiting.clear();
        }
        speaker = message.role;
        for content in &mut message.content {
            match content {
                Content::ToolUse(call) => {
                    if !call.by_service {
                        names.put_right(&mut call.name, accepted);
                    }
                    ids.call(&mut call.id);
                }
                Content::ToolResult(result) => ids.result(&mut result.tool_use_id),
                _ => {}
            }
        }
    }
    Renamed { names, strange_ids: ids.strange, repeated_ids: ids.repeated }
}

/// The ids of the calls so far. What a call is given depends on what comes before it only.
struct Ids<'a, A> {
    accepted: &'a A,
    /// The ids that were sent, each with the number that was last put behind it.
    taken: BTreeMap<String, usize>,
    /// By the caller's id, the calls of the last turn that no result answered yet.
    waiting: BTreeMap<String, VecDeque<String>>,
    /// The last call of each id of the caller.
    last: BTreeMap<String, String>,
    strange: usize,
    repeated: usize,
}

impl<'a, A: Accepted> Ids<'a, A> {
    const fn new(accepted: &'a A) -> Self {
        Self {
            accepted,
            taken: BTreeMap::new(),
            waiting: BTreeMap::new(),
            last: BTreeMap::new(),
            strange: 0,
            repeated: 0,
        }
    }

    fn call(&mut self, id: &mut String) {
        let fitting = self.accepted.id(id).into_owned();
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
            let fitting = self.accepted.id(id).into_owned();
            self.unique(fitting)
        });
    }

    fn unique(&mut self, id: String) -> String {
        let Some(mut number) = self.taken.get(&id).copied() else { return id };
        loop {
            number += 1;
            let candidate = self.accepted.numbered(&id, number);
            if !self.taken.contains_key(&candidate) {
                self.taken.insert(id, number);
                return candidate;
            }
        }
    }
}

/// The name of a tool or the id of a call for people: in backticks, on one line, and not too long.
pub fn shown(name: &str) -> String {
    const LONGEST: usize = 64;
    let start: String = name.chars().take(LONGEST).collect();
    let dots = if start.len() < name.len() { "…" } else { "" };
    format!("`{}{dots}`", start.escape_debug())
}

/// The first of several things as they are shown, and how many more there are. What is there twice is shown once.
pub fn first_of(shown: impl IntoIterator<Item = String>) -> String {
    const MOST: usize = 3;
    let mut seen = BTreeSet::new();
    let mut first: Vec<_> = shown.into_iter().filter(|one| seen.insert(one.clone())).collect();
    let more = first.split_off(first.len().min(MOST)).len();
    match more {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}
