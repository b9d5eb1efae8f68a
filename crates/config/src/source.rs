//! One source of values: a file, a variable or a flag, with its tree.

use std::path::PathBuf;

use crate::diagnostic::{Code, Diagnostic, Excerpt, Severity};
use crate::node::{Node, Span};
use crate::origin::{Layer, Origin};
use crate::text::Text;

/// A source and what it sets.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) layer: Layer,
    pub(crate) file: Option<PathBuf>,
    pub(crate) variable: Option<String>,
    pub(crate) flag: Option<String>,
    /// The text that the spans of `root` point into; absent where there is no file.
    pub(crate) text: Option<Text>,
    /// Places in `text` that no excerpt may show.
    pub(crate) secrets: Vec<Span>,
    pub(crate) root: Node,
}

impl Source {
    /// A source that is no file, with nothing set yet.
    pub(crate) fn new(layer: Layer) -> Self {
        Self {
            layer,
            file: None,
            variable: None,
            flag: None,
            text: None,
            secrets: Vec::new(),
            root: Node::object(),
        }
    }

    pub(crate) fn origin(&self, span: &Span) -> Origin {
        let place = self.text.as_ref().map(|text| text.place(span.start));
        Origin {
            layer: self.layer,
            file: self.file.clone(),
            line: place.map(|(line, _)| line),
            column: place.map(|(_, column)| column),
            variable: self.variable.clone(),
            flag: self.flag.clone(),
        }
    }

    /// A diagnostic about the text at `span`, with the line it stands in.
    pub(crate) fn diagnostic(
        &self,
        code: Code,
        severity: Severity,
        span: &Span,
        message: String,
    ) -> Diagnostic {
        let origin = self.origin(span);
        let excerpt = self.text.as_ref().map(|text| excerpt(text, span, &self.secrets));
        Diagnostic { excerpt, ..Diagnostic::new(code, severity, message) }.at(&origin)
    }
}

/// The characters of a long line that are kept on each side of a mark: more than a terminal shows.
const AROUND: usize = 200;

/// The line that `span` starts in, as far as it is shown, with secrets blotted out and the span cut at the end of the line.
fn excerpt(text: &Text, span: &Span, secrets: &[Span]) -> Excerpt {
    let (line_start, line) = text.line_of(span.start);
    let line_end = line_start + line.len();
    let at = span.start.clamp(line_start, line_end) - line_start;
    let (before, after) = line.split_at_checked(at).unwrap_or((line, ""));
    let first = before.char_indices().rev().nth(AROUND - 1).map_or(0, |(offset, _)| offset);
    // What is marked is shown with what follows it, but not without end.
    let marked = span.end.min(line_end).saturating_sub(line_start + at);
    let last = after.char_indices().skip_while(|(offset, _)| *offset < marked.min(AROUND)).nth(AROUND);
    let last = at + last.map_or(after.len(), |(offset, _)| offset);
    let secrets: Vec<_> =
        secrets.iter().filter(|secret| secret.start < line_end && line_start < secret.end).collect();
    let mut shown = String::new();
    let mut marked = 0..0;
    for (offset, character) in line.get(first..last).unwrap_or_default().char_indices() {
        let at = line_start + first + offset;
        if at == span.start {
            marked.start = shown.len();
        }
        shown.push(if secrets.iter().any(|secret| secret.contains(&at)) { '*' } else { character });
        if at < span.end {
            marked.end = shown.len();
        }
    }
    if span.start >= line_end {
        marked.start = shown.len();
    }
    marked.end = marked.end.max(marked.start);
    Excerpt { line: shown, marked }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_hide_secrets_and_end_with_the_line() {
        let text = "{\n  a: 'geheimß', b: [1,\n 2] }";
        let secret = text.find("geheim").unwrap();
        let array = text.find('[').unwrap();
        let secrets = vec![secret..secret + "geheimß".len(), 0..0];
        let shown = excerpt(&text.into(), &(array..text.len()), &secrets);
        assert_eq!(shown.line, "  a: '*******', b: [1,");
        assert_eq!(&shown.line[shown.marked], "[1,");
        let at_end = excerpt(&"{".into(), &(1..1), &[]);
        assert_eq!((at_end.line.as_str(), at_end.marked), ("{", 1..1));
    }

    #[test]
    fn of_a_long_line_there_is_what_can_be_seen() {
        let text = format!("{}'sécret', wrong: {}", "ü".repeat(100_000), "ß".repeat(100_000));
        let wrong = text.find("wrong").unwrap();
        let secret = text.find('\'').unwrap();
        for end in [wrong + "wrong".len(), text.len()] {
            let shown = excerpt(&text.as_str().into(), &(wrong..end), &[secret..wrong - 2, 0..0]);
            assert!(shown.line.chars().count() < 3 * AROUND, "{}", shown.line.len());
            assert!(shown.line.contains("ü********, wrong: ß"), "{}", shown.line);
            assert!(shown.line[shown.marked].starts_with("wrong"));
        }
    }
}
