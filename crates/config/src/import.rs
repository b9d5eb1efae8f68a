//! Taking over the part of another product's file that means something here.

use std::io;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic};
use crate::edit::{Edit, EditError};
use crate::load::{Loaded, Loader};
use crate::normalise;
use crate::origin::Unused;
use crate::path::KeyPath;
use crate::sources::{FileSource, Sources};

/// What taking over a file comes to, before anything is written.
#[derive(Debug)]
#[non_exhaustive]
pub struct Import {
    /// The file that it goes to, with what was taken over: to be written, or not.
    pub edit: Edit,
    /// What is taken over that was not there.
    pub added: Vec<KeyPath>,
    /// What both files say, and not the same. It is as it was unless it was to be replaced.
    pub conflicts: Vec<KeyPath>,
    /// What belongs to the other product.
    pub left_out: Vec<Unused>,
    /// Secrets that stand in the file as they are, and are taken over so.
    pub plain_secrets: Vec<KeyPath>,
    /// What is wrong with the file. Keys that nobody knows are left out.
    pub diagnostics: Vec<Diagnostic>,
}

impl Config {
    /// Takes over what `file` says and this program reads into the file `into`, and writes nothing yet. Comments come along
    /// if nothing stands in `into`, but for those of what is left out. What stands there is kept, unless `replace` says
    /// that `file` counts where both say something.
    ///
    /// # Errors
    /// [`EditError::Read`] and [`EditError::Malformed`], of either file.
    pub fn import(&self, file: &Path, into: &Path, replace: bool) -> Result<Import, EditError> {
        let sources = Sources {
            environment: self.loader.sources().environment.clone(),
            file: Some(FileSource::Required(file.to_owned())),
            ..Sources::default()
        };
        let loader = Loader::clone(&self.loader).with_sources(sources);
        let Loaded { config, mut diagnostics } = loader.load();
        diagnostics.retain(|diagnostic| diagnostic.file.as_deref() == Some(file));
        let mut ours = Edit::open_with(file, Arc::new(loader))?;
        if !ours.is_there() {
            let cause = io::Error::from(io::ErrorKind::NotFound);
            return Err(EditError::Read { file: file.to_owned(), cause });
        }
        let left_out = config.unused().to_vec();
        cut(&mut ours, &left_out, &diagnostics)?;
        let value = ours.get(&KeyPath::default()).unwrap_or_default();
        let plain_secrets = config.plain_secrets(&KeyPath::default(), &value);
        let mut merge = Merge { edit: self.edit(into)?, replace, added: Vec::new(), conflicts: Vec::new() };
        if merge.edit.fill(&ours) {
            let keys = value.as_object().into_iter().flat_map(|members| members.keys());
            merge.added = keys.map(|key| KeyPath::of(&[key])).collect();
        } else {
            merge.value(&KeyPath::default(), &value)?;
        }
        let Merge { edit, added, conflicts, .. } = merge;
        Ok(Import { edit, added, conflicts, left_out, plain_secrets, diagnostics })
    }

    /// The secrets in a value for the key at `path` that stand in it as they are, and do not come from variables.
    pub fn plain_secrets(&self, path: &KeyPath, value: &Value) -> Vec<KeyPath> {
        match value {
            Value::Object(members) => {
                let below = members.iter().flat_map(|(key, value)| self.plain_secrets(&path.key(key), value));
                below.collect()
            }
            Value::String(text) if !text.contains("${") && self.redacted(path, value.clone()) != *value => {
                vec![path.clone()]
            }
            _ => Vec::new(),
        }
    }
}

/// Cuts out what means nothing here, and puts the rest where it belongs.
fn cut(ours: &mut Edit, left_out: &[Unused], diagnostics: &[Diagnostic]) -> Result<(), EditError> {
    let alias = normalise::alias();
    let moved = ours.get(&alias);
    let unknown = diagnostics.iter().filter(|diagnostic| diagnostic.code == Code::UnknownKey);
    let unknown = unknown.filter_map(|diagnostic| diagnostic.key.clone());
    // Whatever else is around the alias is left out by name.
    let around = KeyPath::from(alias.segments().iter().take(1).cloned().collect::<Vec<_>>());
    let keys: Vec<_> = left_out.iter().map(|it| it.key.clone()).chain(unknown).chain([around]).collect();
    ours.prune(&keys)?;
    if let Some(Value::Object(members)) = moved {
        for (key, value) in members {
            let place = KeyPath::of(&["models", "bedrockDiscovery", &key]);
            if ours.get(&place).is_none() {
                ours.set(&place, &value)?;
            }
        }
    }
    Ok(())
}

struct Merge {
    edit: Edit,
    replace: bool,
    added: Vec<KeyPath>,
    conflicts: Vec<KeyPath>,
}

impl Merge {
    fn value(&mut self, path: &KeyPath, value: &Value) -> Result<(), EditError> {
        let is_model = *path == KeyPath::of(&["agents", "defaults", "model"]);
        match (self.edit.get(path), value) {
            // A string is short for the `primary` of an object.
            (Some(Value::Object(_)), Value::String(_)) if is_model => self.value(&path.key("primary"), value),
            (Some(Value::String(_)), Value::Object(members)) if is_model => {
                members.iter().try_for_each(|(key, value)| self.value(&path.key(key), value))
            }
            (Some(Value::Object(_)), Value::Object(members)) => {
                members.iter().try_for_each(|(key, value)| self.value(&path.key(key), value))
            }
            (Some(Value::Array(_)), Value::Array(elements)) if path.merges_by_id() => {
                elements.iter().try_for_each(|element| match element.get("id").and_then(Value::as_str) {
                    Some(id) => self.value(&path.key(id), element),
                    None => Ok(()),
                })
            }
            (Some(old), value) if old == *value => Ok(()),
            (Some(_), value) => {
                self.conflicts.push(path.clone());
                if self.replace { self.edit.set(path, value) } else { Ok(()) }
            }
            (None, value) => {
                self.added.push(path.clone());
                self.edit.set(path, value)
            }
        }
    }
}

#[cfg(test)]
mod tests;
