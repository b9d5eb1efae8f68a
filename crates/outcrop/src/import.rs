//! Taking over another product's configuration file.

use std::path::Path;

use outcrop_config::{Diagnostic, EditError, Import, KeyPath, Layer, Unused, Written};
use outcrop_core::{Error, Result};

use crate::Outcrop;
use crate::default_model::refused;

/// What was taken over from a file, or would be.
#[derive(Debug)]
#[non_exhaustive]
pub struct Imported {
    /// Whether the file that it went to changes.
    pub changed: bool,
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
    /// Writes what `file` says and this program reads into the file `into` of a layer; without `write`, only says what that would
    /// be. Where both say something, and not the same, `replace` lets `file` count.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] if one of the files cannot be read or is no configuration, if there is
    /// something to replace and it may not be, if the result would be wrong, and if it cannot be written. The file is
    /// then as it was.
    pub fn import(
        &self,
        file: &Path,
        (layer, into): (Layer, &Path),
        replace: bool,
        write: bool,
    ) -> Result<Imported> {
        let import = self.config().import(file, (layer, into), replace).map_err(refused)?;
        let Import { edit, added, conflicts, left_out, plain_secrets, diagnostics, .. } = import;
        if !conflicts.is_empty() && !replace {
            let names: Vec<_> = conflicts.iter().map(|key| format!("`{key}`")).collect();
            let message = format!("`{}` says something else of {}", into.display(), names.join(", "));
            return Err(Error::config(message).with_hint(
                "give `--replace` to put what is imported in its place, or take it out of the file",
            ));
        }
        let changed = !added.is_empty() || !conflicts.is_empty();
        let changed = if write {
            edit.write().map_err(refused)? == Written::Changed
        } else {
            let wrong: Vec<_> = edit.problems().into_iter().filter(Diagnostic::is_error).collect();
            if !wrong.is_empty() {
                return Err(refused(EditError::Invalid(wrong)));
            }
            changed
        };
        Ok(Imported { changed, added, replaced: conflicts, left_out, plain_secrets, diagnostics })
    }
}
