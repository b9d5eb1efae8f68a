//! Cuts whole parts out of a text, with everything that was there for them: their comments, their headings, their blank
//! lines, and what is empty without them.

use std::collections::BTreeSet;

use jsonc_parser::ast::Value as Ast;

use super::document::{Container, Document, is_comment, is_line_break};
use super::splice::{self, Splice};
use super::{Edit, EditError};
use crate::node::Span;
use crate::path::{KeyPath, Segment};

impl Edit {
    /// Cuts out the values at `keys`, as far as they are there. Unlike [`Edit::unset`], which leaves what it was not asked
    /// to remove, it leaves no trace of them.
    pub(crate) fn prune(&mut self, keys: &[KeyPath]) -> Result<(), EditError> {
        let document = self.document()?;
        let places = keys.iter().filter_map(|key| document.follow(key).filter(|place| place.leads_to(key)));
        let pruning = Pruning { document: &document, doomed: places.map(|place| place.at).collect() };
        let mut splices = Vec::new();
        if let Some(root) = &document.root {
            let is_emptied = pruning.container(root, &KeyPath::default(), &mut splices);
            if let Some(container) = Container::of(root).filter(|_| is_emptied) {
                splices = pruning.runs(&container, &vec![true; container.items.len()]);
            }
        }
        let text = splice::apply(document.text, splices);
        self.put(&text);
        Ok(())
    }
}

struct Pruning<'d, 't> {
    document: &'d Document<'t>,
    /// With positions in place of ids.
    doomed: BTreeSet<KeyPath>,
}

/// Comments with no blank line between them.
struct Block {
    span: Span,
    /// Whether a blank line stands before it.
    is_apart: bool,
}

/// The comments between two items.
struct Gap {
    blocks: Vec<Block>,
    /// Whether a blank line stands behind the last of them, or anywhere if there are none.
    ends_apart: bool,
}

impl Gap {
    /// Whether a blank line stands behind the comments at `index`.
    fn is_apart_behind(&self, index: usize) -> bool {
        self.blocks.get(index + 1).map_or(self.ends_apart, |next| next.is_apart)
    }

    /// Whether a blank line stands before the first comment, or before what follows if there is none.
    fn begins_apart(&self) -> bool {
        self.blocks.first().map_or(self.ends_apart, |block| block.is_apart)
    }
}

impl Pruning<'_, '_> {
    /// The splices for what is in a container. `true`, and none: nothing of what was in it is left.
    fn container(&self, value: &Ast<'_>, at: &KeyPath, splices: &mut Vec<Splice>) -> bool {
        let Some(container) = Container::of(value) else { return false };
        let children: Vec<(KeyPath, &Ast<'_>)> = match value {
            Ast::Object(object) => {
                object.properties.iter().map(|it| (at.key(it.name.as_str()), &it.value)).collect()
            }
            Ast::Array(array) => {
                let elements = array.elements.iter().enumerate();
                elements.map(|(index, it)| (at.join(Segment::Index(index)), it)).collect()
            }
            _ => Vec::new(),
        };
        let mut inside = Vec::new();
        let cut: Vec<bool> = children
            .iter()
            .map(|(path, child)| self.doomed.contains(path) || self.container(child, path, &mut inside))
            .collect();
        if !cut.is_empty() && cut.iter().all(|it| *it) {
            return true;
        }
        splices.append(&mut inside);
        splices.append(&mut self.runs(&container, &cut));
        false
    }

    /// The splices for the items of a container that are cut, each sequence of them at once.
    fn runs(&self, container: &Container, cut: &[bool]) -> Vec<Splice> {
        let mut splices = Vec::new();
        let mut first = 0;
        for run in cut.chunk_by(|one, other| one == other) {
            if run.first() == Some(&true) {
                let items = container.items.get(first..first + run.len()).unwrap_or_default();
                let before = first.checked_sub(1).and_then(|index| container.items.get(index));
                let after = container.items.get(first + run.len());
                splices.append(&mut self.run(container, before, items, after));
            }
            first += run.len();
        }
        splices
    }

    /// The splices for a sequence of items, and the items that stay before and behind it.
    fn run(
        &self,
        container: &Container,
        before: Option<&Span>,
        items: &[Span],
        after: Option<&Span>,
    ) -> Vec<Splice> {
        let (Some(first), Some(last)) = (items.first(), items.last()) else { return Vec::new() };
        let document = self.document;
        let behind = |item: &Span| document.comma_after(item.end).map_or(item.end, |comma| comma.end);
        let left = document.end_of_comments(before.map_or(container.span.start + 1, behind));
        let right = after.map_or(container.close(), |item| item.start);
        let cut_end = document.end_of_comments(behind(last));
        if !document.is_spread(&(left..first.start)) || !document.is_spread(&(cut_end..right)) {
            return vec![(within_lines(container, before, items, after), String::new())];
        }
        let right = self.start_of_line(right);
        let (above, below) = (self.gap(left, first.start), self.gap(cut_end, right));
        let mut splices = vec![(left..right, self.joined(&above, &below, before, (right, after)))];
        if let Some(before) = before.filter(|_| after.is_none() && document.comma_after(last.end).is_none()) {
            // There was no trailing comma, and there shall be none.
            splices.extend(document.comma_after(before.end).map(|comma| (comma, String::new())));
        }
        splices
    }

    /// What stands in place of items on lines of their own: the comments that belong to others, and at most one blank line
    /// between any two things.
    fn joined(
        &self,
        above: &Gap,
        below: &Gap,
        before: Option<&Span>,
        (right, after): (usize, Option<&Span>),
    ) -> String {
        let stays_below = |(index, block): &(usize, &Block)| {
            let is_last = index + 1 == below.blocks.len();
            let is_about_next = after.is_some() && is_last && !below.ends_apart;
            *index > 0 || block.is_apart || is_about_next
        };
        // A heading is for what follows without a blank line, if something does.
        let continues = below.blocks.first().is_none_or(|block| stays_below(&(0, block)));
        let heads_others = after.is_some() && continues && !below.begins_apart();
        let stays_above = |(index, block): &(usize, &Block)| {
            let is_about_items = !above.is_apart_behind(*index);
            let is_about_others = *index == 0 && (before.is_none() || !block.is_apart);
            !is_about_items && (is_about_others || heads_others)
        };
        let of_above = above.blocks.iter().enumerate().filter(stays_above).map(|it| (above, it));
        let of_below = below.blocks.iter().enumerate().filter(stays_below).map(|it| (below, it));
        let line_break = self.line_break();
        let mut text = String::new();
        let mut wants_blank = before.is_some() && above.begins_apart();
        let mut is_first = before.is_none();
        for (gap, (index, block)) in of_above.chain(of_below) {
            let is_apart = wants_blank || (block.is_apart && !is_first);
            text.push_str(if is_apart { line_break } else { "" });
            text.extend([line_break, self.document.indent(block.span.start)]);
            text.push_str(self.document.text.get(block.span.clone()).unwrap_or_default());
            wants_blank = gap.is_apart_behind(index);
            is_first = false;
        }
        let is_apart = after.is_some() && !is_first && (wants_blank || below.ends_apart);
        text.push_str(if is_apart { line_break } else { "" });
        text.extend([line_break, self.document.indent(right)]);
        text
    }

    /// The comments in a part of the text that has nothing else in it.
    fn gap(&self, from: usize, to: usize) -> Gap {
        let mut blocks: Vec<Block> = Vec::new();
        let mut end = from;
        let comments = self.document.tokens().filter(|(token, span)| is_comment(token) && span.start >= from);
        for (_, span) in comments.take_while(|(_, span)| span.end <= to) {
            let is_apart = self.has_blank_line(end..span.start);
            end = span.end;
            match blocks.last_mut() {
                Some(block) if !is_apart => block.span.end = end,
                _ => blocks.push(Block { span, is_apart }),
            }
        }
        Gap { blocks, ends_apart: self.has_blank_line(end..to) }
    }

    fn has_blank_line(&self, blanks: Span) -> bool {
        let blanks = self.document.text.get(blanks).unwrap_or_default().replace("\r\n", "\n");
        blanks.matches(is_line_break).count() > 1
    }

    /// The first place on the line of `position` at which something stands; of a comment that goes over from the line
    /// before, its beginning.
    fn start_of_line(&self, position: usize) -> usize {
        let before = self.document.text.get(..position).unwrap_or_default();
        let line = before.rfind(is_line_break).map_or(0, |at| at + 1);
        let start = line + self.document.indent(position).len();
        let mut tokens = self.document.tokens().map(|(_, span)| span);
        tokens.find(|span| span.start < start && start < span.end).map_or(start, |span| span.start)
    }

    fn line_break(&self) -> &'static str {
        if self.document.text.contains("\r\n") { "\r\n" } else { "\n" }
    }
}

/// The place of items that share their lines with others.
fn within_lines(container: &Container, before: Option<&Span>, items: &[Span], after: Option<&Span>) -> Span {
    let start = items.first().map_or(container.close(), |first| first.start);
    let end = items.last().map_or(start, |last| last.end);
    match (before, after) {
        (_, Some(after)) => start..after.start,
        (Some(before), None) => before.end..end,
        (None, None) => container.span.start + 1..container.close(),
    }
}

#[cfg(test)]
mod tests;
