//! A file as a whole, for a person who edits its text.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use outcrop_files::ensure_replaceable;

use super::{Edit, EditError, write};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::found::not_utf8;
use crate::origin::Layer;
use crate::source::Source;

/// The text of a file, to be given to a person, and taken back as an [`Edit`].
///
/// Unlike an [`Edit`] it can be opened when the file is no configuration: this is how people mend one.
///
/// ```
/// use outcrop_config::{Loader, Written};
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("config.json5");
///
/// let config = Loader::default().load().config;
/// let draft = config.draft(&file, "{\n  // nothing yet\n}\n")?;
/// assert_eq!(draft.revised(draft.text())?.write()?, Written::Unchanged);
/// let edit = draft.revised("{ models: { bedrockDiscovery: { region: 'us-east-1' } } }")?;
/// assert_eq!(edit.write()?, Written::Changed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Draft {
    /// As it was read.
    edit: Edit,
    /// What the person begins with.
    text: String,
}

impl fmt::Debug for Draft {
    /// The text stays out: it may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("file", &self.edit.file).finish_non_exhaustive()
    }
}

impl Config {
    /// Reads the text of a file for a person to edit it; of one that is not there, it is `new`. What comes of it is checked
    /// as by [`Config::edit`].
    ///
    /// # Errors
    /// - [`EditError::Write`] if the file could not be written: nobody shall take pains for nothing.
    /// - [`EditError::Read`], and [`EditError::Malformed`] if it is not UTF-8.
    pub fn draft(&self, file: impl AsRef<Path>, new: &str) -> Result<Draft, EditError> {
        let file = file.as_ref();
        let before = write::read(file)?;
        ensure_replaceable(file).map_err(|cause| EditError::Write { file: file.to_owned(), cause })?;
        let text = before.clone().unwrap_or_else(|| new.to_owned());
        let edit = Edit {
            file: file.to_owned(),
            text: before.clone().unwrap_or_default(),
            before,
            assigned: Vec::new(),
            loader: Arc::clone(&self.loader),
        };
        Ok(Draft { edit, text })
    }
}

impl Draft {
    /// The file.
    pub fn file(&self) -> &Path {
        &self.edit.file
    }

    /// The text to begin with, secrets included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The edit that makes `text` the text of the file. The one to begin with, given back as it was, changes nothing.
    ///
    /// # Errors
    /// [`EditError::Malformed`] if it is not UTF-8. Whether it is a configuration, [`Edit::check`] says.
    pub fn revised(&self, text: impl Into<Vec<u8>>) -> Result<Edit, EditError> {
        let text = String::from_utf8(text.into()).map_err(|error| {
            let source = Source { file: Some(self.edit.file.clone()), ..Source::new(Layer::File) };
            EditError::Malformed(Box::new(not_utf8(&source, &error)))
        })?;
        let mut edit = self.edit.clone();
        if text != self.text {
            edit.text = text;
        }
        Ok(edit)
    }
}

impl Edit {
    /// Everything that is wrong with the file as it would be, also what was so before, and what it makes wrong elsewhere.
    pub fn review(&self) -> Vec<Diagnostic> {
        let new = self.problems();
        let concerns = |it: &Diagnostic| it.file.as_deref() == Some(self.file.as_path()) || new.contains(it);
        self.diagnostics(&self.text).into_iter().filter(concerns).collect()
    }
}

#[cfg(test)]
mod tests;
