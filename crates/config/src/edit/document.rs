//! The text of a file with the places that an edit needs: containers, their items, the commas and comments between.

use jsonc_parser::ast::Value as Ast;
use jsonc_parser::common::Ranged as _;
use jsonc_parser::errors::ParseError;
use jsonc_parser::tokens::{Token, TokenAndRange};
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, parse_to_ast};

use crate::node::Span;
use crate::parse;
use crate::path::{KeyPath, Segment};

/// The key of `agents.defaults.model` that its short form sets.
pub(super) const PRIMARY: &str = "primary";

/// A parsed text. Places count from behind the byte order mark.
pub(super) struct Document<'t> {
    pub(super) text: &'t str,
    pub(super) root: Option<Ast<'t>>,
    tokens: Vec<TokenAndRange<'t>>,
}

/// The deepest value on a path that is there.
pub(super) struct Place<'d, 't> {
    pub(super) value: &'d Ast<'t>,
    /// How many steps of the path lead to it.
    pub(super) depth: usize,
    /// These steps, with the positions of elements in place of their ids, as diagnostics name them.
    pub(super) at: KeyPath,
    /// The container that holds it, and which of its items it is; `None` for the root.
    pub(super) item: Option<(Container, usize)>,
}

impl Place<'_, '_> {
    /// Whether this is the value at `path`. A string as `agents.defaults.model` is that of its `primary` too.
    pub(super) fn leads_to(&self, path: &KeyPath) -> bool {
        match path.segments().get(self.depth..) {
            Some([]) => true,
            Some([Segment::Key(key)]) => key == PRIMARY && self.is_short_model(),
            _ => false,
        }
    }

    /// Whether this is the short form of `agents.defaults.model`.
    pub(super) fn is_short_model(&self) -> bool {
        matches!(self.value, Ast::StringLit(_)) && super::is_default_model(&self.at)
    }
}

/// An object or an array.
#[derive(Debug, Clone)]
pub(super) struct Container {
    /// From the opening brace or bracket to behind the closing one.
    pub(super) span: Span,
    /// Its items, each from its key or its beginning to the end of its value.
    pub(super) items: Vec<Span>,
}

impl Container {
    /// The container that a value is, if it is one.
    pub(super) fn of(value: &Ast<'_>) -> Option<Self> {
        let items = match value {
            Ast::Object(object) => {
                object.properties.iter().map(|it| it.name.start()..it.value.end()).collect()
            }
            Ast::Array(array) => {
                array.elements.iter().map(|element| element.start()..element.end()).collect()
            }
            _ => return None,
        };
        Some(Self { span: value.start()..value.end(), items })
    }

    /// The place of the closing brace or bracket.
    pub(super) fn close(&self) -> usize {
        self.span.end.saturating_sub(1)
    }
}

impl<'t> Document<'t> {
    pub(super) fn parse(text: &'t str) -> Result<Self, ParseError> {
        let options = CollectOptions { comments: CommentCollectionStrategy::AsTokens, tokens: true };
        let parsed = parse_to_ast(text, &options, &parse::options())?;
        Ok(Self { text, root: parsed.value, tokens: parsed.tokens.unwrap_or_default() })
    }

    pub(super) fn tokens(&self) -> impl Iterator<Item = (&Token<'t>, Span)> {
        self.tokens.iter().map(|it| (&it.token, it.range.start..it.range.end))
    }

    /// Follows a path as far as it goes. `None` if the text holds no value.
    pub(super) fn follow(&self, path: &KeyPath) -> Option<Place<'_, 't>> {
        let mut place = Place { value: self.root.as_ref()?, depth: 0, at: KeyPath::default(), item: None };
        for segment in path.segments() {
            let Some((index, value)) = child(place.value, segment, &place.at) else { break };
            let item = Container::of(place.value).map(|container| (container, index));
            place.at.push(match place.value {
                Ast::Array(_) => Segment::Index(index),
                _ => segment.clone(),
            });
            place = Place { value, depth: place.depth + 1, item, ..place };
        }
        Some(place)
    }

    /// Whether there is nothing but an empty object on one line. That is how JSON begins, which knows no trailing commas.
    pub(super) fn is_bare(&self) -> bool {
        let empty = self.root.as_ref().filter(|it| matches!(it, Ast::Object(it) if it.properties.is_empty()));
        empty.is_some_and(|root| !self.is_spread(&(root.start()..root.end())))
    }

    /// Whether a comment stands in an item, or is about it on the line that it ends on.
    pub(super) fn has_comments(&self, item: &Span) -> bool {
        let end = self.comma_after(item.end).map_or(item.end, |comma| comma.end);
        let end = self.end_of_comments(end);
        self.tokens().any(|(token, span)| is_comment(token) && item.start <= span.start && span.end <= end)
    }

    /// The comma that follows the item which ends at `end`, if one does.
    pub(super) fn comma_after(&self, end: usize) -> Option<Span> {
        let mut tokens = self.tokens().filter(|(token, span)| span.start >= end && !is_comment(token));
        tokens.next().filter(|(token, _)| **token == Token::Comma).map(|(_, span)| span)
    }

    /// The comma before the item which starts at `start`, if one is.
    pub(super) fn comma_before(&self, start: usize) -> Option<Span> {
        let tokens = self.tokens().filter(|(token, span)| span.end <= start && !is_comment(token));
        tokens.last().filter(|(token, _)| **token == Token::Comma).map(|(_, span)| span)
    }

    /// The end of the comments that begin behind `from` on its line; `from` if there are none.
    pub(super) fn end_of_comments(&self, from: usize) -> usize {
        let mut end = from;
        for (token, span) in self.tokens().filter(|(_, span)| span.start >= from) {
            let between = self.text.get(end..span.start).unwrap_or_default();
            if !is_comment(token) || between.contains(is_line_break) {
                break;
            }
            end = span.end;
        }
        end
    }

    /// The end of the last token before `position`.
    pub(super) fn end_of_token_before(&self, position: usize) -> usize {
        self.tokens().map(|(_, span)| span.end).take_while(|end| *end <= position).last().unwrap_or_default()
    }

    /// The beginning of the item whose value begins at `value`: that of its key, if it has one.
    pub(super) fn item_start(&self, value: usize) -> usize {
        let before = self.tokens().filter(|(token, span)| span.end <= value && !is_comment(token));
        let mut last = (value, value);
        for (token, span) in before {
            last = if *token == Token::Colon { (last.1, last.1) } else { (value, span.start) };
        }
        last.0
    }

    /// Whether nothing but blanks and comments stand between `position` and the line break before it.
    pub(super) fn has_own_line(&self, position: usize) -> bool {
        let before = self.tokens().filter(|(token, span)| span.end <= position && !is_comment(token));
        let start = before.last().map_or(0, |(_, span)| span.end);
        position == 0 || self.is_spread(&(start..position))
    }

    /// Whether only blanks stand before `position` on its line.
    pub(super) fn begins_line(&self, position: usize) -> bool {
        self.line(position).0.is_some_and(|before| before.len() == self.indent(position).len())
    }

    /// The blanks that the line of `position` begins with.
    pub(super) fn indent(&self, position: usize) -> &'t str {
        let (_, line) = self.line(position);
        let end = line.find(|c| !matches!(c, ' ' | '\t')).unwrap_or(line.len());
        line.get(..end).unwrap_or_default()
    }

    /// What stands before `position` on its line, and the text from the beginning of that line on.
    fn line(&self, position: usize) -> (Option<&'t str>, &'t str) {
        let before = self.text.get(..position).unwrap_or_default();
        let start = before.rfind(is_line_break).map_or(0, |at| at + 1);
        (before.get(start..), self.text.get(start..).unwrap_or_default())
    }

    /// Whether a piece of the text spreads over several lines.
    pub(super) fn is_spread(&self, span: &Span) -> bool {
        self.text.get(span.clone()).is_some_and(|text| text.contains(is_line_break))
    }
}

/// The item of a container that a step leads to. Of equal keys and ids the last one counts, as in the loader.
fn child<'d, 't>(value: &'d Ast<'t>, segment: &Segment, at: &KeyPath) -> Option<(usize, &'d Ast<'t>)> {
    match (value, segment) {
        (Ast::Object(object), Segment::Key(key)) => {
            let mut properties = object.properties.iter().enumerate().rev();
            properties.find(|(_, it)| it.name.as_str() == key).map(|(index, it)| (index, &it.value))
        }
        (Ast::Array(array), Segment::Index(index)) => Some((*index, array.elements.get(*index)?)),
        (Ast::Array(array), Segment::Key(id)) if at.merges_by_id() => {
            array.elements.iter().enumerate().rev().find(|(_, element)| has_id(element, id))
        }
        _ => None,
    }
}

fn has_id(element: &Ast<'_>, id: &str) -> bool {
    let Ast::Object(object) = element else { return false };
    let found = object.properties.iter().rev().find(|it| it.name.as_str() == "id");
    matches!(found.map(|it| &it.value), Some(Ast::StringLit(text)) if text.value == id)
}

pub(super) fn is_line_break(character: char) -> bool {
    matches!(character, '\n' | '\r')
}

pub(super) fn is_comment(token: &Token<'_>) -> bool {
    matches!(token, Token::CommentLine(_) | Token::CommentBlock(_))
}
