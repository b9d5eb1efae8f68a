//! How a file is written, so that what an edit adds looks as if its author had written it.

use jsonc_parser::ast::{ObjectPropName, Value as Ast};
use jsonc_parser::tokens::Token;
use serde_json::Value;

use super::document::{Container, Document};
use crate::node::{Data, Node};

/// The longest line, in characters, that a list of plain values is put on.
const LONGEST_LINE: usize = 100;

/// The manner of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Style {
    quote: char,
    /// Whether keys that need no quotes have them all the same.
    quoted_keys: bool,
    pub(super) line_break: &'static str,
    /// One level of indentation.
    pub(super) indent: String,
    /// Whether the last item of what spreads over lines has a comma too.
    pub(super) trailing_comma: bool,
}

/// Where a value is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Layout<'a> {
    /// On the line where it begins.
    Inline,
    /// Over as many lines as it needs; the one that it begins on has this indentation.
    Spread(&'a str),
}

impl Style {
    /// The manner of `document`; where it tells nothing, that of JSON5, or of plain JSON if it has to be that.
    pub(super) fn of(document: &Document<'_>, plain_json: bool) -> Self {
        let mut habits = Habits::default();
        if let Some(root) = &document.root {
            habits.observe(root, document);
        }
        let quotes = document.tokens().filter(|(token, _)| matches!(token, Token::String(_)));
        let (single, double): (Vec<_>, Vec<_>) = quotes
            .partition(|(_, span)| document.text.get(span.start..).is_some_and(|it| it.starts_with('\'')));
        let newline = document.text.find('\n');
        let is_crlf = newline.is_some_and(|at| document.text.get(..at).is_some_and(|it| it.ends_with('\r')));
        Self {
            quote: if single.len() > double.len() { '\'' } else { '"' },
            quoted_keys: match habits.quoted.cmp(&habits.unquoted) {
                std::cmp::Ordering::Equal => plain_json,
                order => order.is_gt(),
            },
            line_break: if is_crlf { "\r\n" } else { "\n" },
            indent: habits.indent.unwrap_or("  ").to_owned(),
            trailing_comma: habits.trailing_comma.unwrap_or(!plain_json && !document.is_bare()),
        }
    }

    /// A key, its colon and its value.
    pub(super) fn member(&self, key: &str, value: &Node, layout: Layout<'_>) -> String {
        let key = if is_identifier(key) && !self.quoted_keys { key.to_owned() } else { self.text(key) };
        format!("{key}: {}", self.value(value, layout))
    }

    pub(super) fn value(&self, node: &Node, layout: Layout<'_>) -> String {
        match &node.data {
            Data::Null | Data::Broken => "null".to_owned(),
            Data::Boolean(value) => value.to_string(),
            Data::Number(number) => number.to_string(),
            Data::Text(text) => self.text(text),
            Data::Array(elements) if elements.is_empty() => "[]".to_owned(),
            Data::Object(members) if members.is_empty() => "{}".to_owned(),
            Data::Array(elements) => {
                let plain = elements.iter().all(|it| !matches!(it.data, Data::Array(_) | Data::Object(_)));
                let inline = || {
                    let elements = elements.iter().map(|it| self.value(it, Layout::Inline));
                    format!("[{}]", elements.collect::<Vec<_>>().join(", "))
                };
                match layout {
                    Layout::Inline => inline(),
                    Layout::Spread(indent) => Some(inline())
                        .filter(|it| plain && indent.len() + it.chars().count() <= LONGEST_LINE)
                        .unwrap_or_else(|| {
                            self.spread(['[', ']'], indent, elements, |it, layout| self.value(it, layout))
                        }),
                }
            }
            Data::Object(members) => match layout {
                Layout::Inline => {
                    let members = members.iter().map(|it| self.member(&it.key, &it.node, layout));
                    format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
                }
                Layout::Spread(indent) => self
                    .spread(['{', '}'], indent, members, |it, layout| self.member(&it.key, &it.node, layout)),
            },
        }
    }

    /// Items between braces, one on each line.
    fn spread<T>(
        &self,
        [open, close]: [char; 2],
        indent: &str,
        items: &[T],
        write: impl Fn(&T, Layout<'_>) -> String,
    ) -> String {
        let deeper = format!("{indent}{}", self.indent);
        let lines: Vec<String> =
            items.iter().map(|item| format!("{deeper}{}", write(item, Layout::Spread(&deeper)))).collect();
        let between = format!(",{}", self.line_break);
        let last_comma = if self.trailing_comma { "," } else { "" };
        let line_break = self.line_break;
        format!("{open}{line_break}{}{last_comma}{line_break}{indent}{close}", lines.join(&between))
    }

    fn text(&self, text: &str) -> String {
        // JSON's escapes are JSON5's; the two separators are line breaks to JavaScript.
        let quoted =
            Value::from(text).to_string().replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
        if self.quote == '"' || text.contains('\'') {
            return quoted;
        }
        let inner = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or_default();
        format!("'{}'", inner.replace("\\\"", "\""))
    }
}

/// What the file does where it has a choice.
#[derive(Default)]
struct Habits<'t> {
    unquoted: usize,
    /// Quoted keys that would do without.
    quoted: usize,
    indent: Option<&'t str>,
    trailing_comma: Option<bool>,
}

impl<'t> Habits<'t> {
    fn observe(&mut self, value: &Ast<'_>, document: &Document<'t>) {
        let Some(container) = Container::of(value) else { return };
        if let Some(item) = container.items.first().filter(|item| document.begins_line(item.start)) {
            let outer = document.indent(container.span.start);
            let deeper = document.indent(item.start).strip_prefix(outer).filter(|it| !it.is_empty());
            self.indent = self.indent.or(deeper);
        }
        if let Some(item) = container.items.last().filter(|item| document.begins_line(item.start)) {
            let has_comma = document.comma_after(item.end).is_some();
            self.trailing_comma = Some(self.trailing_comma.unwrap_or(false) || has_comma);
        }
        match value {
            Ast::Object(object) => {
                for property in &object.properties {
                    match &property.name {
                        ObjectPropName::Word(_) => self.unquoted += 1,
                        ObjectPropName::String(name) if is_identifier(&name.value) => self.quoted += 1,
                        ObjectPropName::String(_) => {}
                    }
                    self.observe(&property.value, document);
                }
            }
            Ast::Array(array) => array.elements.iter().for_each(|element| self.observe(element, document)),
            _ => {}
        }
    }
}

/// Whether JSON5 takes the key without quotes; of its many letters, only those of ASCII.
fn is_identifier(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '$'))
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$'))
}
