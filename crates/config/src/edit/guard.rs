//! What an edit does not do unless somebody says that it is meant: lose entries of a map, or overwrite a value that is
//! another one than they saw.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Edit, EditError, is_same};
use crate::path::{KeyPath, Segment};

impl Edit {
    /// Refuses to go on where the value at `path` in the file is not the one that is expected: `None` if none is.
    /// Asked before [`Edit::set`], it makes a change depend on what was there.
    ///
    /// ```
    /// use outcrop_config::{Edit, KeyPath};
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("config.json5");
    ///
    /// let path: KeyPath = "models.bedrockDiscovery.region".parse()?;
    /// let mut edit = Edit::open(&file)?;
    /// edit.require(&path, None)?;
    /// edit.set(&path, &"us-east-1".into())?;
    /// assert!(edit.require(&path, Some(&"eu-west-1".into())).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`EditError::Unexpected`], which does not tell the value: it may be a secret.
    pub fn require(&self, path: &KeyPath, expected: Option<&Value>) -> Result<(), EditError> {
        let found = self.find(path);
        let as_expected = match (&found, expected) {
            (Some(found), Some(expected)) => is_same(found, expected),
            (None, None) => true,
            _ => false,
        };
        if as_expected {
            return Ok(());
        }
        Err(EditError::Unexpected { file: self.file.clone(), key: path.clone(), found: found.is_some() })
    }

    /// Refuses changes by which the file loses entries of a map that people fill one by one: `models.providers`, the
    /// `models` of a provider, `models.overrides` and `agents.defaults.models`. To remove the entry at `removed`, one
    /// beside it, or one that was made for it, is what was asked for.
    ///
    /// # Errors
    /// [`EditError::Loses`] with the entries.
    pub fn keep_entries(&self, removed: Option<&KeyPath>) -> Result<(), EditError> {
        let before = Self { text: self.before.clone().unwrap_or_default(), ..self.clone() };
        let (before, after) = (before.entries(), self.entries());
        let lost: BTreeSet<_> = before.difference(&after).collect();
        let map = removed.and_then(parent);
        let is_meant = |entry: &KeyPath| {
            removed.is_some_and(|removed| removed.starts_with(entry))
                || (map.is_some() && parent(entry) == map)
        };
        // An entry that is lost takes those in it along.
        let within_another =
            |entry: &KeyPath| lost.iter().any(|other| entry != *other && entry.starts_with(other));
        let entries: Vec<_> = lost
            .iter()
            .filter(|entry| !within_another(entry) && !is_meant(entry))
            .map(|it| (*it).clone())
            .collect();
        if entries.is_empty() { Ok(()) } else { Err(EditError::Loses { file: self.file.clone(), entries }) }
    }

    /// The entries of the maps that people fill one by one.
    fn entries(&self) -> BTreeSet<KeyPath> {
        let mut entries = BTreeSet::new();
        let mut add = |map: KeyPath| {
            let keys = match self.get(&map) {
                Some(Value::Object(members)) => members.into_iter().map(|(key, _)| key).collect(),
                Some(Value::Array(elements)) => elements
                    .iter()
                    .filter_map(|element| Some(element.get("id")?.as_str()?.to_owned()))
                    .collect(),
                _ => Vec::new(),
            };
            let found: Vec<_> = keys.iter().map(|key| map.key(key)).collect();
            entries.extend(found.iter().cloned());
            found
        };
        for provider in add(KeyPath::of(&["models", "providers"])) {
            add(provider.key("models"));
        }
        add(KeyPath::of(&["models", "overrides"]));
        add(KeyPath::of(&["agents", "defaults", "models"]));
        entries
    }
}

fn parent(path: &KeyPath) -> Option<&[Segment]> {
    path.segments().split_last().map(|(_, parent)| parent)
}
