//! Files that are replaced whole or not at all, and a lock across processes.
//!
//! - [`replace`] writes beside the file and renames: whoever reads it meanwhile, or after a crash, finds the old
//!   content or the new one, never half of it. [`ensure_replaceable`] tells beforehand whether it could.
//! - [`Lock`] keeps two programs from changing the same thing at once.
//! - [`FailurePoint`] lets the tests of a caller see what it does when a replacement fails midway.
//!
//! Everything here blocks the thread, for a lock as long as somebody else holds it. In asynchronous code call it where
//! blocking is allowed.
//!
//! ```
//! use outcrop_files::{Lock, Options, replace};
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let file = folder.join("cache/models.json");
//! let lock = Lock::acquire(file.with_extension("lock"))?;
//! replace(&file, b"{}", Options::new().private().create_parents())?;
//! drop(lock);
//! assert_eq!(std::fs::read(&file)?, b"{}");
//! # Ok::<_, std::io::Error>(())
//! ```

use std::fs::DirBuilder;
use std::io;
use std::path::Path;

mod leftovers;
mod lock;
mod replace;

pub use lock::Lock;
pub use replace::{FailurePoint, InjectedFailure, Options, ensure_replaceable, replace};

/// The folder that a path lies in; `.` for a bare file name.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Creates a folder and those above it, for the user alone: the mode that the XDG Base Directory Specification
/// (<https://specifications.freedesktop.org/basedir-spec/latest/>, "Referencing this specification") asks for.
fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
