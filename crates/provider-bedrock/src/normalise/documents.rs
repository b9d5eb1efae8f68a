//! Names of documents: Converse wants one for each, unique in the request, of a small alphabet (`DocumentBlock`:
//! letters, digits, single spaces, hyphens, parentheses, square brackets; at most 200 characters).

use std::collections::{BTreeMap, BTreeSet};

use outcrop_core::{Content, Document, DocumentFormat, Message, ToolResultContent};

use super::names::{first_of, shown};
use super::{Warnings, plural};

pub(super) const RULES: &[&str] = &[DOCUMENT_NAME];

const DOCUMENT_NAME: &str = "document-name";

const LONGEST: usize = 200;

/// Gives every document an acceptable name. It depends on nothing but what comes before the document, so that a longer
/// conversation begins with the same bytes.
pub(super) fn name(messages: &mut [Message], warnings: &mut Warnings) {
    let mut names = Names::default();
    let mut renamed = Vec::new();
    for (position, document) in (1_usize..).zip(documents(messages)) {
        let wanted = document.name.as_deref().map(acceptable).filter(|name| says_something(name));
        let wanted = wanted.unwrap_or_else(|| format!("document-{position}"));
        let name = names.unique(wanted);
        if let Some(before) = document.name.as_deref().filter(|before| *before != name) {
            renamed.push(format!("{} to {}", shown(before), shown(&name)));
        }
        document.name = Some(name);
    }
    warnings.counted(DOCUMENT_NAME, renamed.len(), |count| {
        let which = first_of(renamed);
        format!("renamed {} to what the service accepts: {which}", plural(count, "document"))
    });
}

fn documents(messages: &mut [Message]) -> impl Iterator<Item = &mut Document> {
    messages.iter_mut().flat_map(|message| &mut message.content).flat_map(|content| {
        let (own, inside): (Option<&mut Document>, &mut [ToolResultContent]) = match content {
            Content::Document(document) => (Some(document), &mut []),
            Content::ToolResult(result) => (None, &mut result.content),
            _ => (None, &mut []),
        };
        let inside = inside.iter_mut().filter_map(|content| match content {
            ToolResultContent::Document(document) => Some(document),
            _ => None,
        });
        own.into_iter().chain(inside)
    })
}

fn acceptable(name: &str) -> String {
    let mut accepted = String::with_capacity(name.len());
    for character in name.trim().chars() {
        let character = match character {
            _ if character.is_whitespace() => ' ',
            '-' | '(' | ')' | '[' | ']' => character,
            _ if character.is_ascii_alphanumeric() => character,
            _ => '-',
        };
        if !(character == ' ' && accepted.ends_with(' ')) {
            accepted.push(character);
        }
    }
    accepted.truncate(LONGEST);
    accepted.trim_end().to_owned()
}

/// Whether anything is left of a name but what stands for other characters, and the end that says the format.
fn says_something(name: &str) -> bool {
    let is_format =
        |end: &str| DocumentFormat::ALL.iter().any(|format| end.eq_ignore_ascii_case(format.as_str()));
    let stem = name.rsplit_once('-').filter(|(_, end)| is_format(end)).map_or(name, |(stem, _)| stem);
    stem.chars().any(|character| character.is_ascii_alphanumeric())
}

/// The names so far.
#[derive(Default)]
struct Names {
    taken: BTreeSet<String>,
    /// For each name that was wanted more than once, the number that was last put behind it.
    last: BTreeMap<String, usize>,
}

impl Names {
    fn unique(&mut self, name: String) -> String {
        if self.taken.insert(name.clone()) {
            return name;
        }
        let number = self.last.entry(name.clone()).or_insert(1);
        loop {
            *number += 1;
            let suffix = format!(" ({number})");
            let stem: String = name.chars().take(LONGEST - suffix.len()).collect();
            // A space before the suffix would make two in a row.
            let candidate = stem.trim_end().to_owned() + &suffix;
            if self.taken.insert(candidate.clone()) {
                return candidate;
            }
        }
    }
}
