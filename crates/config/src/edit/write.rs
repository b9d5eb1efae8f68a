//! Reading and writing the file of an edit.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use outcrop_files::{Lock, Options, replace};

use super::{Edit, EditError};
use crate::diagnostic::Diagnostic;
use crate::found::not_utf8;
use crate::origin::Layer;
use crate::source::Source;

/// What [`Edit::write`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Written {
    /// Nothing: the file holds all of it already.
    Unchanged,
    /// The file has its new content.
    Changed,
}

/// The text of a file; `None` if there is no such file.
pub(super) fn read(file: &Path) -> Result<Option<String>, EditError> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(EditError::Read { file: file.to_owned(), cause }),
    };
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let source = Source { file: Some(file.to_owned()), ..Source::new(Layer::File) };
        EditError::Malformed(Box::new(not_utf8(&source, &error)))
    })
}

impl Edit {
    /// Writes the file, whole or not at all, and down to the disk. It keeps its mode; a new one is for the user alone
    /// unless it belongs to a project or to everybody. Folders that are missing are created, and a symbolic link stays one.
    ///
    /// A lock file beside it, `.NAME.lock`, keeps others out who write in the same way. It is there only while somebody
    /// writes, but for where files in use cannot be removed.
    ///
    /// # Errors
    /// - Those of [`Edit::check`].
    /// - [`EditError::Changed`] if the file is not what it was when it was opened.
    /// - [`EditError::Write`] if the file cannot be written, [`EditError::Read`] if it cannot be read any more.
    pub fn write(self) -> Result<Written, EditError> {
        self.write_by(Options::new())
    }

    /// The same, however wrong the file becomes by it: for somebody who was told, and means it.
    ///
    /// # Errors
    /// Those of [`Edit::write`] that are about the file.
    pub fn write_anyway(self) -> Result<Written, EditError> {
        self.put_in_place(Options::new())
    }

    /// Whether the changes are right, without writing anything.
    ///
    /// # Errors
    /// [`EditError::Invalid`] if something would be wrong that is not wrong now, if a value that was set is wrong, or if the
    /// text is no configuration.
    pub fn check(&self) -> Result<(), EditError> {
        let mut errors: Vec<_> = self.problems().into_iter().filter(Diagnostic::is_error).collect();
        if errors.is_empty()
            && let Err(EditError::Malformed(diagnostic)) = self.document()
        {
            errors.push(*diagnostic);
        }
        if errors.is_empty() { Ok(()) } else { Err(EditError::Invalid(errors)) }
    }

    pub(super) fn write_by(self, options: Options) -> Result<Written, EditError> {
        if self.is_changed() {
            self.check()?;
        }
        self.put_in_place(options)
    }

    /// Whether the file would be another one.
    pub fn is_changed(&self) -> bool {
        self.text != self.before.as_deref().unwrap_or_default()
    }

    fn put_in_place(self, options: Options) -> Result<Written, EditError> {
        if !self.is_changed() {
            return Ok(Written::Unchanged);
        }
        let failed = |cause| EditError::Write { file: self.file.clone(), cause };
        let shared = matches!(self.source().layer, Layer::System | Layer::Project);
        if let Some(folder) = self.file.parent().filter(|_| shared) {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let lock = lock(&self.file).map_err(failed)?;
        if read(&self.file)? != self.before {
            return Err(EditError::Changed { file: self.file });
        }
        let options = options.durable().create_parents();
        let options = if shared { options } else { options.private() };
        replace(&self.file, self.text.as_bytes(), options).map_err(failed)?;
        drop(lock);
        Ok(Written::Changed)
    }
}

/// The lock of a file, under the name that all links to it lead to. `None` where the file system knows no locks: what
/// others write is then still seen, but for the moment between the last look and the renaming.
fn lock(file: &Path) -> io::Result<Option<Lock>> {
    let path = lock_file(file)?;
    match Lock::acquire(&path) {
        Ok(lock) => Ok(Some(lock.removed_when_dropped())),
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            // It locks nothing, and nobody misses it.
            fs::remove_file(&path).ok();
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Where the lock of a file is.
pub(super) fn lock_file(file: &Path) -> io::Result<PathBuf> {
    let target = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let Some(name) = target.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
    };
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".lock");
    Ok(target.with_file_name(hidden))
}
