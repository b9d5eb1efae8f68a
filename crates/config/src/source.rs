//! One source of values: a file, a variable or a flag, with its tree.

use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Excerpt, Severity};
use crate::node::{Node, Span};
use crate::origin::{Layer, Origin};

/// A source and what it sets.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) layer: Layer,
    pub(crate) file: Option<PathBuf>,
    pub(crate) variable: Option<String>,
    pub(crate) flag: Option<String>,
    /// The text that the spans of `root` point into; absent where there is no file.
    pub(crate) text: Option<Arc<str>>,
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
        let place = self.text.as_deref().map(|text| place(text, span.start));
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
        let excerpt = self.text.as_deref().map(|text| excerpt(text, span, &self.secrets));
        Diagnostic { excerpt, ..Diagnostic::new(code, severity, message) }.at(&origin)
    }
}

/// Line and column, both from 1, the column in characters.
pub(crate) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    (line, before.get(line_start..).unwrap_or_default().chars().count() + 1)
}

/// The line that `span` starts in, with secrets blotted out and the span cut at the end of the line.
fn excerpt(text: &str, span: &Span, secrets: &[Span]) -> Excerpt {
    let before = text.get(..span.start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let rest = text.get(line_start..).unwrap_or_default();
    let line = rest.split(['\n', '\r']).next().unwrap_or_default();
    let mut shown = String::new();
    let mut marked = 0..0;
    for (offset, character) in line.char_indices() {
        let at = line_start + offset;
        if at == span.start {
            marked.start = shown.len();
        }
        shown.push(if secrets.iter().any(|secret| secret.contains(&at)) { '*' } else { character });
        if at < span.end {
            marked.end = shown.len();
        }
    }
    if span.start >= line_start + line.len() {
        marked.start = shown.len();
    }
    marked.end = marked.end.max(marked.start);
    Excerpt { line: shown, marked }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        let text = "äb\r\ncd";
        assert_eq!(place(text, 0), (1, 1));
        assert_eq!(place(text, 2), (1, 2));
        assert_eq!(place(text, 5), (2, 1));
        assert_eq!(place(text, 100), (2, 3));
    }

    #[test]
    fn excerpts_hide_secrets_and_end_with_the_line() {
        let text = "{\n  a: 'geheimß', b: [1,\n 2] }";
        let secret = text.find("geheim").unwrap();
        let array = text.find('[').unwrap();
        let secrets = vec![secret..secret + "geheimß".len(), 0..0];
        let shown = excerpt(text, &(array..text.len()), &secrets);
        assert_eq!(shown.line, "  a: '*******', b: [1,");
        assert_eq!(&shown.line[shown.marked], "[1,");
        let at_end = excerpt("{", &(1..1), &[]);
        assert_eq!((at_end.line.as_str(), at_end.marked), ("{", 1..1));
    }
}
