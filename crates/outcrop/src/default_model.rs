//! The default model, written to the configuration.

use std::path::{Path, PathBuf};

use outcrop_config::{Config, EditError, KeyPath, Layer, Origin, Written};
use outcrop_core::{Error, Result};
use serde_json::Value;

use crate::catalogue::named;
use crate::{ModelReference, Outcrop};

/// What [`Outcrop::set_default_model`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DefaultModelSet {
    /// The file that says it now.
    pub file: PathBuf,
    /// Whether the file was written; `false` if it said so already.
    pub changed: bool,
    /// What the file said before, as it was written there.
    pub previous: Option<String>,
    /// What a stronger layer says instead: it still wins.
    pub shadowed_by: Option<StrongerDefault>,
}

/// A default model that wins over the one of the user's own file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StrongerDefault {
    /// The model, as it is written there.
    pub model: String,
    /// Where it is said: a file with its line, a variable, or a flag.
    pub origin: Origin,
}

impl Outcrop {
    /// Makes a model the default: writes `agents.defaults.model.primary` to the file of `--config` or `OUTCROP_CONFIG`,
    /// else to the user's, which is created if it is missing. Comments and everything else in the file stay as they are.
    ///
    /// Nobody is asked whether the model exists. This object keeps the configuration that it was built with.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] if there is no such provider, no file to write to, or a mistake in the file,
    /// and if the file cannot be written. The file is then as it was.
    pub fn set_default_model(&self, reference: &ModelReference) -> Result<DefaultModelSet> {
        self.check_reference(reference)?;
        let (_, file) = own_file(self.config())?;
        let path = KeyPath::of(&["agents", "defaults", "model", "primary"]);
        let value = Value::from(reference.key());
        let update = self.config().update(&file, |edit| {
            let previous = edit.get(&path);
            edit.set(&path, &value)?;
            Ok(previous)
        });
        let (written, previous) = update.map_err(refused)?;
        let stronger = stronger(&self.config().reload().config, &path, &file);
        Ok(DefaultModelSet {
            changed: written == Written::Changed,
            previous: previous.as_ref().and_then(Value::as_str).map(str::to_owned),
            shadowed_by: stronger.filter(|it| self.reference(&it.model) != *reference),
            file,
        })
    }

    /// A reference that would not be read as it is meant is not written.
    fn check_reference(&self, reference: &ModelReference) -> Result<()> {
        named(reference)?;
        if self.config().provider(reference.provider.as_str()).is_some() {
            return Ok(());
        }
        let known: Vec<_> = self.config().providers().map(|entry| format!("`{}`", entry.id())).collect();
        Err(Error::config(format!("there is no provider `{}`", reference.provider))
            .with_hint(format!("the configuration has {}", known.join(", "))))
    }
}

/// The file that the user means, and its layer. One that was named has to be there: a wrong name would only hide the configuration.
pub(crate) fn own_file(config: &Config) -> Result<(Layer, PathBuf)> {
    let Some((layer, file)) = config.own_file() else {
        return Err(Error::config("there is no configuration file to write to")
            .with_hint("name one with `--config`, or say in `HOME` where your files are"));
    };
    if layer == Layer::File && !file.exists() {
        return Err(Error::config(format!("the configuration file `{}` does not exist", file.display()))
            .with_hint("look at the name, or create the file first: `{}` is enough"));
    }
    Ok((layer, file))
}

/// The default model that counts, if it does not come from `file`.
fn stronger(config: &Config, path: &KeyPath, file: &Path) -> Option<StrongerDefault> {
    let origin = config.origin(path).filter(|origin| origin.file.as_deref() != Some(file))?;
    let model = config.get(path)?.as_str()?.to_owned();
    Some(StrongerDefault { model, origin })
}

/// Why a file was not changed, as this crate's error.
pub(crate) fn refused(error: EditError) -> Error {
    let hints = error.hints();
    let wrong = !error.diagnostics().is_empty();
    let way_out = matches!(error, EditError::Loses { .. });
    let message = error.to_string();
    let refused = match error {
        EditError::Read { cause, .. } | EditError::Write { cause, .. } => {
            Error::config(message).with_source(cause)
        }
        _ => Error::config(message),
    };
    let refused = hints.into_iter().fold(refused, Error::with_hint);
    let refused =
        if way_out { refused.with_hint("or say with `--replace` that they may go") } else { refused };
    if wrong { refused.with_hint("run `outcrop config check` to see all that is wrong") } else { refused }
}

#[cfg(test)]
mod tests;
