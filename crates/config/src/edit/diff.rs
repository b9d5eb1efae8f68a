//! What an edit changes, for people: a unified diff without secrets.

use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

use super::{BYTE_ORDER_MARK, Edit};
use crate::secret::secret_comment;

impl Edit {
    /// The changes as a unified diff; empty if there are none. Secrets are asterisks, so that it can be shown, and so
    /// that no tool can apply it.
    pub fn diff(&self) -> String {
        let before = self.before.as_deref().unwrap_or_default();
        if before == self.text {
            return String::new();
        }
        let (old, new) = (without_mark(before), without_mark(&self.text));
        let (shown_old, shown_new) = (self.blotted(old), self.blotted(new));
        let (shown_old, shown_new) = (lines(&shown_old), lines(&shown_new));
        let (old, new) = (lines(old), lines(new));
        let diff = TextDiff::configure().diff_slices(&old, &new);
        let name = self.file.display().to_string();
        let old_name = if self.before.is_some() { name.as_str() } else { "/dev/null" };
        let mut text = format!("--- {old_name}\n+++ {name}\n");
        for hunk in diff.unified_diff().iter_hunks() {
            writeln!(text, "{}", hunk.header()).ok();
            for change in hunk.iter_changes() {
                let (sign, line) = match change.tag() {
                    ChangeTag::Equal => (' ', at(&shown_new, change.new_index())),
                    ChangeTag::Delete => ('-', at(&shown_old, change.old_index())),
                    ChangeTag::Insert => ('+', at(&shown_new, change.new_index())),
                };
                let end = if line.ends_with('\n') { "" } else { "\n\\ No newline at end of file\n" };
                write!(text, "{sign}{line}{end}").ok();
            }
        }
        text
    }

    /// A text of the file with asterisks in place of secrets; it has the same lines.
    fn blotted(&self, text: &str) -> String {
        let config = self.loader.with_edited(&self.file, text).load().config;
        let source = config.sources.iter().find(|source| source.file.as_ref() == Some(&self.file));
        let Some(source) = source else { return text.to_owned() };
        let mut comments = Vec::new();
        let mut start = 0;
        for line in lines(text) {
            let end = start + line.len();
            comments.extend(secret_comment(line).map(|comment| start + comment..end));
            start = end;
        }
        let is_secret = |at: usize| source.secrets.iter().chain(&comments).any(|secret| secret.contains(&at));
        let shown = |(at, character): (usize, char)| {
            if is_secret(at) && !matches!(character, '\n' | '\r') { '*' } else { character }
        };
        text.char_indices().map(shown).collect()
    }
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// The lines of a text, each with its end.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn at<'t>(lines: &[&'t str], index: Option<usize>) -> &'t str {
    index.and_then(|index| lines.get(index)).copied().unwrap_or_default()
}
