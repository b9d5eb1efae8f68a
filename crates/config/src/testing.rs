//! What several test modules share.

use std::collections::BTreeMap;

use crate::{KeyPath, Loaded, Style};

pub(crate) const DISCOVERY: &str = include_str!("load/fixtures/discovery.json5");
pub(crate) const MANUAL: &str = include_str!("load/fixtures/manual.json5");

pub(crate) fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn path(text: &str) -> KeyPath {
    text.parse().unwrap()
}

/// All diagnostics as people see them.
pub(crate) fn rendered(loaded: &Loaded) -> String {
    let texts: Vec<String> = loaded.diagnostics.iter().map(|problem| problem.render(Style::Plain)).collect();
    texts.join("\n\n")
}
