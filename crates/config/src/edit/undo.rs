//! Taking back what was added, byte for byte.
//!
//! A text does not tell what it was before. So each text that a value can have been added to is tried, the smallest change
//! first: it is the one if adding the value makes the present text of it. For that, what is added shows where it went: two
//! texts that differ in nothing but blanks differ with the value too.

use jsonc_parser::ast::Value as Ast;
use jsonc_parser::common::Ranged as _;

use super::Edit;
use super::document::{Container, Document, PRIMARY, is_line_break};
use super::splice::{self, Splice};
use crate::path::KeyPath;

impl Edit {
    /// The text that [`Edit::set`] of the value at `path` made the present one of; `None` if it did not. Both are without
    /// byte order mark.
    pub(super) fn before_set(&self, path: &KeyPath) -> Option<String> {
        let value = self.find(path)?.to_json();
        let document = self.document().ok()?;
        additions(&document, path).into_iter().map(|splices| splice::apply(document.text, splices)).find(
            |text| {
                let earlier = Self { text: text.clone(), ..self.clone() };
                earlier.find(path).is_none()
                    && earlier.with(path, &value).is_ok_and(|present| present == document.text)
            },
        )
    }
}

/// What can have been added to set the value at `path`: it alone, or with containers around it that hold nothing else.
fn additions(document: &Document<'_>, path: &KeyPath) -> Vec<Vec<Splice>> {
    let mut found = Vec::new();
    for depth in (1..=path.segments().len()).rev() {
        let above = KeyPath::from(path.segments().get(..depth).unwrap_or_default().to_vec());
        let place = document.follow(&above).filter(|place| place.depth == depth);
        let Some((container, index)) = place.and_then(|place| place.item) else { return found };
        found.extend(items(document, &container, index));
        found.extend(short_model(document, &above));
        // An element that was made for a value has its id as well.
        let is_element = super::id_in(&parent(&above)).is_some();
        if container.items.len() > 1 + usize::from(is_element) {
            return found;
        }
    }
    found.extend(roots(document));
    found
}

fn parent(path: &KeyPath) -> KeyPath {
    KeyPath::from(path.segments().split_last().map(|(_, parent)| parent.to_vec()).unwrap_or_default())
}

/// That the value at `path` made the long form of the default model of its short one.
fn short_model(document: &Document<'_>, path: &KeyPath) -> Option<Vec<Splice>> {
    let model = document.follow(&parent(path)).filter(|model| super::is_default_model(&model.at))?;
    let Ast::Object(object) = model.value else { return None };
    let primary = object.properties.iter().find(|it| it.name.as_str() == PRIMARY)?;
    let short = document.text.get(primary.value.start()..primary.value.end())?;
    Some(vec![(object.range.start..object.range.end, short.to_owned())])
}

/// What [`splice::append`] can have added to a container for the item at `index`.
fn items(document: &Document<'_>, container: &Container, index: usize) -> Vec<Vec<Splice>> {
    let (Some(item), true) = (container.items.get(index), index + 1 == container.items.len()) else {
        return Vec::new();
    };
    let comma = document.comma_after(item.end);
    let gone = |span| (span, String::new());
    if index == 0 {
        let start = document.end_of_token_before(item.start);
        let ends = [Some(item.end), comma.map(|comma| comma.end)].into_iter().flatten();
        let with_blanks =
            |end| blanks(document, container, end).into_iter().map(move |end| vec![gone(start..end)]);
        return ends.flat_map(with_blanks).collect();
    }
    let Some(separator) = document.comma_before(item.start) else { return Vec::new() };
    let starts = [separator.end, document.end_of_comments(separator.end)];
    let addition = |start| match &comma {
        Some(comma) => vec![gone(start..comma.end)],
        // There was no trailing comma: the one before the item came with it.
        None => vec![gone(separator.clone()), gone(start..item.end)],
    };
    starts.map(addition).into()
}

/// The ends of what was put into an empty container up to `end`: there, or behind the blanks that came with it.
fn blanks(document: &Document<'_>, container: &Container, end: usize) -> Vec<usize> {
    let rest = document.text.get(end..).unwrap_or_default();
    let outer = document.indent(container.span.start);
    let blanks = ["", " ", "\n", "\r\n"].map(str::to_owned);
    let lines = ["\n", "\r\n"].map(|line_break| format!("{line_break}{outer}"));
    let there = blanks.into_iter().chain(lines).filter(|blanks| rest.starts_with(blanks.as_str()));
    there.map(|blanks| end + blanks.len()).collect()
}

/// What [`splice::first_value`] can have added to a text.
fn roots(document: &Document<'_>) -> Vec<Vec<Splice>> {
    let Some(root) = document.root.as_ref().map(|root| root.start()..root.end()) else { return Vec::new() };
    let before = document.text.get(..root.start).unwrap_or_default();
    let start = before.strip_suffix('\n').map_or(root.start, |it| it.trim_end_matches('\r').len());
    let after = document.text.get(root.end..).unwrap_or_default();
    let whole = |span: crate::node::Span| vec![(span, String::new())];
    if !after.is_empty() && after.trim_matches(is_line_break).is_empty() {
        return vec![whole(root.start..document.text.len())];
    }
    vec![whole(start..root.end)]
}
