//! Changes of single values in the files of the configuration.

use std::path::{Path, PathBuf};

use outcrop_config::{Config, Diagnostic, Edit, EditError, KeyPath, Layer, Origin, Written};
use outcrop_core::{Error, Result};
use serde_json::Value;

use crate::Outcrop;
use crate::default_model::{own_file, refused};

/// A change of one value in a file of the configuration.
///
/// ```
/// use outcrop::{Change, Layer};
///
/// let key = "models.bedrockDiscovery.region".parse()?;
/// let change = Change::set(key, "us-east-1").in_layer(Layer::User).expecting(None);
/// # Ok::<(), outcrop::PathError>(())
/// ```
#[derive(Clone)]
#[must_use = "a change does nothing until `Outcrop::change` makes it"]
pub struct Change {
    path: KeyPath,
    value: Option<Value>,
    layer: Option<Layer>,
    expected: Expected,
    replace: bool,
    dry_run: bool,
}

/// What the file has to hold before.
#[derive(Clone)]
enum Expected {
    Anything,
    Nothing,
    Exactly(Value),
}

impl std::fmt::Debug for Change {
    /// The values stay out: they may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Change")
            .field("path", &self.path)
            .field("layer", &self.layer)
            .field("replace", &self.replace)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}

impl Change {
    /// Sets the value of a key. `${VARIABLE}` in strings is replaced when the file is loaded.
    pub fn set(path: KeyPath, value: impl Into<Value>) -> Self {
        Self { value: Some(value.into()), ..Self::unset(path) }
    }

    /// Removes the value of a key, so that weaker layers count again.
    pub const fn unset(path: KeyPath) -> Self {
        Self { path, value: None, layer: None, expected: Expected::Anything, replace: false, dry_run: false }
    }

    /// In the file of this layer; else in the one of `--config` or `OUTCROP_CONFIG`, else in the user's.
    pub const fn in_layer(mut self, layer: Layer) -> Self {
        self.layer = Some(layer);
        self
    }

    /// Only if the file holds this value now; `None`: only if it holds none.
    pub fn expecting(mut self, current: Option<Value>) -> Self {
        self.expected = current.map_or(Expected::Nothing, Expected::Exactly);
        self
    }

    /// Also if that loses entries of `models.providers`, of a provider's `models`, of `models.overrides` or of
    /// `agents.defaults.models`.
    pub const fn replacing(mut self, replace: bool) -> Self {
        self.replace = replace;
        self
    }

    /// Writes nothing, and says what would be written.
    pub const fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    fn apply(&self, edit: &mut Edit) -> std::result::Result<Applied, EditError> {
        match &self.expected {
            Expected::Anything => {}
            Expected::Nothing => edit.require(&self.path, None)?,
            Expected::Exactly(value) => edit.require(&self.path, Some(value))?,
        }
        let found = edit.get(&self.path).is_some();
        match &self.value {
            Some(value) => edit.set(&self.path, value)?,
            None => edit.unset(&self.path)?,
        }
        if !self.replace {
            edit.keep_entries(Some(&self.path).filter(|_| self.value.is_none()))?;
        }
        edit.check()?;
        Ok(Applied { found, diff: edit.diff(), warnings: edit.problems() })
    }
}

/// What a change does to the file as it was opened.
struct Applied {
    found: bool,
    diff: String,
    warnings: Vec<Diagnostic>,
}

/// What [`Outcrop::change`] did.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Changed {
    /// The file.
    pub file: PathBuf,
    /// Its layer.
    pub layer: Layer,
    /// Whether the file held a value before.
    pub found: bool,
    /// Whether the file is another one now, or would be.
    pub changed: bool,
    /// The difference as a unified diff, with asterisks in place of secrets; empty if there is none.
    pub diff: String,
    /// The line of the value in the file, from 1; `None` where there is none, and for a dry run.
    pub line: Option<usize>,
    /// What may be wrong with the configuration now.
    pub warnings: Vec<Diagnostic>,
    /// Who says what counts instead of the file, if somebody does. `None` for a dry run.
    pub shadowed_by: Option<Origin>,
    /// Secrets in the value that was set, as it is and not by a variable.
    pub plain_secrets: Vec<KeyPath>,
    /// Whether the file counts at all: a file that was named takes the place of the user's and the project's.
    pub is_read: bool,
}

impl Outcrop {
    /// Changes one value in a file of the configuration, which is created if it is missing. Comments and everything else
    /// in it stay as they are, and no change that somebody else makes meanwhile is lost.
    ///
    /// This object keeps the configuration that it was built with.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] if the layer has no file, if the file or what would become of it is wrong, if
    /// entries would be lost, if the value is not the expected one, and if the file cannot be written. The file is then as
    /// it was.
    pub fn change(&self, change: &Change) -> Result<Changed> {
        let config = self.config();
        let (layer, file) = place(config, change.layer)?;
        let (changed, applied) = if change.dry_run {
            let mut edit = config.edit(&file).map_err(refused)?;
            let applied = change.apply(&mut edit).map_err(refused)?;
            (!applied.diff.is_empty(), applied)
        } else {
            let (written, applied) = config.update(&file, |edit| change.apply(edit)).map_err(refused)?;
            (written == Written::Changed, applied)
        };
        let mut done = Changed {
            is_read: counts(config, layer, &file),
            plain_secrets: config.plain_secrets(&change.path, change.value.as_ref().unwrap_or(&Value::Null)),
            layer,
            found: applied.found,
            changed,
            diff: applied.diff,
            line: None,
            warnings: applied.warnings,
            shadowed_by: None,
            file,
        };
        if !change.dry_run {
            let now = config.reload().config.explain(&change.path);
            let origins = || now.origin.iter().chain(now.shadowed.iter().map(|it| &it.origin));
            // To what is merged, many contribute.
            let is_merged = now.value.is_object() || now.key.merges_by_id();
            let hides = |winner: &Origin| winner.layer > layer && !is_merged;
            let is_ours = |origin: &&Origin| origin.file.as_ref() == Some(&done.file);
            done.line = origins().find(is_ours).and_then(|origin| origin.line);
            done.shadowed_by = now.origin.clone().filter(hides);
        }
        Ok(done)
    }
}

/// Whether the file is read, now or once it is there.
pub(crate) fn counts(config: &Config, layer: Layer, file: &Path) -> bool {
    let first_of_project = layer == Layer::Project && config.file_of(Layer::File).is_none();
    first_of_project || config.files().iter().any(|it| it.path == file)
}

/// The file that is meant.
pub(crate) fn place(config: &Config, layer: Option<Layer>) -> Result<(Layer, PathBuf)> {
    let Some(layer) = layer else { return own_file(config) };
    config.file_of(layer).map(|file| (layer, file)).ok_or_else(|| {
        Error::config(format!("there is no file of the layer `{layer}`"))
            .with_hint("name a file with `--config`, or say in `HOME` where your files are")
    })
}

#[cfg(test)]
mod tests;
