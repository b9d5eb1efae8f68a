//! Taking over another product's configuration file.

use std::path::{Path, PathBuf};

use outcrop_config::{Diagnostic, Import, KeyPath, Layer, Unused, Written};
use outcrop_core::{Error, Result};

use crate::Outcrop;
use crate::change::place;
use crate::default_model::refused;

/// What was taken over from a file, or would be.
#[derive(Debug)]
#[non_exhaustive]
pub struct Imported {
    /// The file that it went to.
    pub file: PathBuf,
    /// Its layer.
    pub layer: Layer,
    /// Whether that file changes.
    pub changed: bool,
    /// The difference as a unified diff, with asterisks in place of secrets; empty if there is none.
    pub diff: String,
    /// What is new in it.
    pub added: Vec<KeyPath>,
    /// What it said, and what now stands there is something else.
    pub replaced: Vec<KeyPath>,
    /// What belongs to the other product.
    pub left_out: Vec<Unused>,
    /// Secrets that stand in the file in plain text, and now in both.
    pub plain_secrets: Vec<KeyPath>,
    /// What is wrong with the file that it comes from.
    pub diagnostics: Vec<Diagnostic>,
}

impl Outcrop {
    /// Writes what `file` says and this program reads into the file of a layer; of none, into the one of `--config` or
    /// `OUTCROP_CONFIG`, else into the user's. Without `write`, only says what that would be. Where both say something, and
    /// not the same, `replace` lets `file` count.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] if the layer has no file, if one of the files cannot be read or is no
    /// configuration, if there is something to replace and it may not be, if the result would be wrong, and if it cannot be
    /// written. The file is then as it was.
    pub fn import(&self, file: &Path, layer: Option<Layer>, replace: bool, write: bool) -> Result<Imported> {
        let (layer, into) = place(self.config(), layer)?;
        let import = self.config().import(file, &into, replace).map_err(refused)?;
        let Import { edit, added, conflicts, left_out, plain_secrets, diagnostics, .. } = import;
        if !conflicts.is_empty() && !replace {
            let names: Vec<_> = conflicts.iter().map(|key| format!("`{key}`")).collect();
            let message = format!("`{}` says something else of {}", into.display(), names.join(", "));
            return Err(Error::config(message).with_hint(
                "give `--replace` to put what is imported in its place, or take it out of the file",
            ));
        }
        let diff = edit.diff();
        let changed = if write {
            edit.write().map_err(refused)? == Written::Changed
        } else {
            edit.check().map_err(refused)?;
            !diff.is_empty()
        };
        let replaced = conflicts;
        Ok(Imported {
            file: into,
            layer,
            changed,
            diff,
            added,
            replaced,
            left_out,
            plain_secrets,
            diagnostics,
        })
    }
}
