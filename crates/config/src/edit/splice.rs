//! The smallest changes of a text that add, replace or remove an item. Every other byte stays.

use jsonc_parser::common::Ranged as _;

use super::document::{Container, Document, Place, is_line_break};
use super::style::{Layout, Style};
use crate::node::{Node, Span};

/// A piece of the text, and what comes in its place.
pub(super) type Splice = (Span, String);

/// The text after the splices, which do not overlap.
pub(super) fn apply(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|(span, _)| (span.start, span.end));
    let mut result = text.to_owned();
    for (span, replacement) in splices.into_iter().rev() {
        result.replace_range(span, &replacement);
    }
    result
}

/// A text that holds no value, with its first one behind the comments. It ends in a line break if it did, or was empty.
pub(super) fn first_value(text: &str, style: &Style, value: &Node) -> String {
    let last_line = text.rsplit(is_line_break).next().unwrap_or_default();
    let value = style.value(value, Layout::Spread(""));
    let line_break = style.line_break;
    if last_line.trim().is_empty() {
        format!("{text}{value}{line_break}")
    } else {
        format!("{text}{line_break}{value}")
    }
}

/// Puts another value in the place of one.
pub(super) fn replace(
    document: &Document<'_>,
    style: &Style,
    place: &Place<'_, '_>,
    value: &Node,
) -> Vec<Splice> {
    let span = place.value.start()..place.value.end();
    let item = place.item.as_ref().and_then(|(container, index)| container.items.get(*index));
    let start = item.map_or(span.start, |item| item.start);
    let spread = Layout::Spread(document.indent(start));
    let layout = if document.has_own_line(start) { spread } else { Layout::Inline };
    vec![(span, style.value(value, layout))]
}

/// Adds an item behind the last one of a container. `write` gives its text.
pub(super) fn append(
    document: &Document<'_>,
    style: &Style,
    container: &Container,
    write: impl Fn(Layout<'_>) -> String,
) -> Vec<Splice> {
    let Some(last) = container.items.last() else { return fill(document, style, container, write) };
    let comma = document.comma_after(last.end);
    let behind = comma.as_ref().map_or(last.end, |comma| comma.end);
    let trailing = if comma.is_some() { "," } else { "" };
    if document.has_own_line(last.start) {
        let indent = document.indent(last.start);
        let item = write(Layout::Spread(indent));
        // A comment on the line of the last item is about that item.
        let end = document.end_of_comments(behind);
        let line = format!("{}{indent}{item}{trailing}", style.line_break);
        if comma.is_none() && end > behind {
            return vec![(behind..behind, ",".to_owned()), (end..end, line)];
        }
        let separator = if comma.is_none() { "," } else { "" };
        return vec![(end..end, format!("{separator}{line}"))];
    }
    let item = write(Layout::Inline);
    let separator = if comma.is_some() { " " } else { ", " };
    vec![(behind..behind, format!("{separator}{item}{trailing}"))]
}

/// Puts an item into an empty container. The blanks in there stay, so that they can be told apart when the item goes
/// again: on one line behind the item, and over several lines on lines of their own.
fn fill(
    document: &Document<'_>,
    style: &Style,
    container: &Container,
    write: impl Fn(Layout<'_>) -> String,
) -> Vec<Splice> {
    let close = container.close();
    // Behind the opening brace, or the last comment in there.
    let start = document.end_of_token_before(close);
    let blanks = document.text.get(start..close).unwrap_or_default();
    let is_bare = start == container.span.start + 1;
    let is_root = document.root.as_ref().is_some_and(|root| root.start() == container.span.start);
    let spreads = blanks.contains(is_line_break) || (is_root && is_bare);
    if !spreads {
        // What `set` makes where there is nothing differs from this: it spreads on a line of its own, and is padded on
        // the line of others, unless it is a list.
        let is_list = document.text.get(container.span.start..).is_some_and(|it| it.starts_with('['));
        let begins_line = document.begins_line(document.item_start(container.span.start));
        let pad = if is_list == begins_line { "" } else { " " };
        let (before, behind) = if is_bare { (pad, pad) } else { (" ", "") };
        return vec![(start..start, format!("{before}{}{behind}", write(Layout::Inline)))];
    }
    let outer = document.indent(container.span.start);
    let indent = format!("{outer}{}", style.indent);
    let comma = if style.trailing_comma { "," } else { "" };
    let line_break = style.line_break;
    let line = format!("{line_break}{indent}{}{comma}", write(Layout::Spread(&indent)));
    let behind = match (blanks.contains(is_line_break), is_bare) {
        (true, false) => String::new(),
        (true, true) => line_break.to_owned(),
        (false, _) => format!("{line_break}{outer}"),
    };
    vec![(start..start, format!("{line}{behind}"))]
}

/// Removes an item, and with it its comma, its line if it has one of its own, and the comment at the end of that line.
/// Comments on further lines before the comma stay.
pub(super) fn remove(document: &Document<'_>, container: &Container, index: usize) -> Vec<Splice> {
    let Some(item) = container.items.get(index) else { return Vec::new() };
    let mut splices = Vec::new();
    let comma = document.comma_after(item.end);
    if comma.is_none() && index > 0 {
        // There was no trailing comma, and there shall be none.
        splices.extend(document.comma_before(item.start).map(|comma| (comma, String::new())));
    }
    let end = comma.as_ref().map_or(item.end, |comma| comma.end);
    let own = document.end_of_comments(item.end);
    if let Some(comma) = comma.filter(|comma| document.end_of_token_before(comma.start) > own) {
        return vec![(item.start..own, String::new()), (comma, String::new())];
    }
    splices.push((
        whole_line(document, item, end).unwrap_or_else(|| within_line(document, item, end)),
        String::new(),
    ));
    splices
}

/// The lines of an item that ends at `end`, if nothing else stands on them.
fn whole_line(document: &Document<'_>, item: &Span, end: usize) -> Option<Span> {
    if !document.begins_line(item.start) {
        return None;
    }
    let start = item.start - document.indent(item.start).len();
    let end = document.end_of_comments(end);
    let rest = document.text.get(end..)?;
    let line = rest.split(is_line_break).next()?;
    let line_break = rest.get(line.len()..)?;
    let width = if line_break.starts_with("\r\n") { 2 } else { 1 };
    (line.trim().is_empty() && !line_break.is_empty()).then_some(start..end + line.len() + width)
}

/// The place of an item that shares its line, with the blanks on one side of it.
fn within_line(document: &Document<'_>, item: &Span, end: usize) -> Span {
    let blanks = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
    let (before, _) = document.text.split_at_checked(item.start).unwrap_or_default();
    let after = document.text.get(end..).unwrap_or_default();
    let behind = blanks(after);
    let before = before.len() - before.trim_end_matches([' ', '\t']).len();
    let next = after.get(behind..).unwrap_or_default();
    let alone = document.text.get(..item.start - before).is_some_and(|it| it.ends_with(['{', '[']));
    if next.starts_with(['}', ']']) && alone {
        // Nothing is left: as an empty container is written.
        item.start - before..end + behind
    } else if next.is_empty() || next.starts_with(|c| is_line_break(c) || matches!(c, '}' | ']')) {
        item.start - before..end
    } else {
        item.start..end + behind
    }
}
