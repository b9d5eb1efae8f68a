//! Files that are replaced whole or not at all.

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::leftovers::{self, RANDOM_LENGTH, SUFFIX};
use crate::{create_folder, folder_of};

/// How [`replace`] goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    durable: bool,
    private: bool,
    create_parents: bool,
    fail_at: Option<FailurePoint>,
}

impl Options {
    /// A shared file in a folder that exists, left to the operating system to bring to disk.
    pub const fn new() -> Self {
        Self { durable: false, private: false, create_parents: false, fail_at: None }
    }

    /// Waits until the new content is on disk (`fsync` of the file before the rename, of its folder after it), so that
    /// it survives a power cut. For what cannot be made again.
    pub const fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// Creates a new file for the user alone (mode 0600); otherwise it gets what the process's umask leaves of 0666.
    /// A file that exists keeps its mode either way. No effect outside Unix.
    pub const fn private(mut self) -> Self {
        self.private = true;
        self
    }

    /// Creates the folders above the file that are missing, for the user alone (mode 0700).
    pub const fn create_parents(mut self) -> Self {
        self.create_parents = true;
        self
    }

    /// Fails at that point with an [`InjectedFailure`]. For tests.
    pub const fn fail_at(mut self, point: FailurePoint) -> Self {
        self.fail_at = Some(point);
        self
    }

    fn reach(self, point: FailurePoint) -> io::Result<()> {
        if self.fail_at == Some(point) { Err(io::Error::other(InjectedFailure(point))) } else { Ok(()) }
    }
}

/// Where a replacement can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailurePoint {
    /// Before anything is touched.
    BeforeWrite,
    /// After half of the new content is written beside the file.
    HalfWritten,
    /// After all of it is written, before it takes the file's place.
    BeforeRename,
}

impl FailurePoint {
    /// Every point, in the order they are passed.
    pub const ALL: &'static [Self] = &[Self::BeforeWrite, Self::HalfWritten, Self::BeforeRename];
}

/// The failure that a test asked for with [`Options::fail_at`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InjectedFailure(
    /// Where it happened.
    pub FailurePoint,
);

impl fmt::Display for InjectedFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let point = match self.0 {
            FailurePoint::BeforeWrite => "before the file was written",
            FailurePoint::HalfWritten => "when the file was half written",
            FailurePoint::BeforeRename => "before the file was put in place",
        };
        write!(f, "failed {point}, as a test asked")
    }
}

impl Error for InjectedFailure {}

/// Gives the file at `path` the content `bytes`, creating it if it is missing.
///
/// - Readers see the old content or the new one. If this fails, the old content is still there and nothing is left
///   beside it.
/// - A symbolic link stays one: the file that it points to is replaced, or created.
/// - A file that exists keeps its mode, and gets the user that runs this as its owner.
/// - A process that is killed while it writes leaves `.NAME.XXXXXX.tmp` behind. Those of this file that are older than
///   an hour are removed.
///
/// # Errors
/// - [`io::ErrorKind::PermissionDenied`] if the folder cannot be written to, or if nobody may write to the file:
///   a read-only file is left alone.
/// - [`io::ErrorKind::InvalidInput`] if there is something at `path` that is no file, or links that lead in a circle.
/// - Whatever the operating system reports, such as a full disk.
pub fn replace(path: impl AsRef<Path>, bytes: &[u8], options: Options) -> io::Result<()> {
    let path = target(path.as_ref())?;
    let existing = existing(&path)?;
    let folder = folder_of(&path);
    options.reach(FailurePoint::BeforeWrite)?;
    if options.create_parents {
        create_folder(folder)?;
    }
    let prefix = prefix(&path)?;
    leftovers::remove(folder, &prefix);
    let mut beside = create_beside(folder, &prefix, options)?;
    let (first, second) = bytes.split_at(bytes.len() / 2);
    beside.write_all(first)?;
    options.reach(FailurePoint::HalfWritten)?;
    beside.write_all(second)?;
    if let Some(existing) = existing {
        beside.as_file().set_permissions(existing.permissions())?;
    }
    if options.durable {
        beside.as_file().sync_all()?;
    }
    options.reach(FailurePoint::BeforeRename)?;
    beside.persist(&path)?;
    if options.durable {
        sync_folder(folder)?;
    }
    Ok(())
}

/// Whether [`replace`] could give the file at `path` another content now, with the folders above it created: what it would
/// refuse is refused, and a file is begun beside it, or in the nearest folder above it that is there, and removed again.
///
/// For those who want to know before a person takes pains over the content.
///
/// # Errors
/// As [`replace`].
pub fn ensure_replaceable(path: impl AsRef<Path>) -> io::Result<()> {
    let path = target(path.as_ref())?;
    existing(&path)?;
    let prefix = prefix(&path)?;
    let nearest =
        folder_of(&path).ancestors().find(|folder| folder.exists()).unwrap_or_else(|| Path::new("."));
    create_beside(nearest, &prefix, Options::new().private())?.close()
}

/// Where the links at `path` lead, whether or not there is a file.
fn target(path: &Path) -> io::Result<PathBuf> {
    // As many as Linux follows (`path_resolution(7)`).
    const MOST_LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        if !fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink()) {
            return Ok(path);
        }
        // A relative link starts at the folder of the link; joining an absolute one replaces the whole path.
        path = folder_of(&path).join(fs::read_link(&path)?);
    }
    Err(refuse(io::ErrorKind::InvalidInput, &path, "has too many symbolic links on its way"))
}

/// The file that is to be replaced, if there is one.
fn existing(path: &Path) -> io::Result<Option<Metadata>> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !metadata.is_file() {
        return Err(refuse(io::ErrorKind::InvalidInput, path, "is no file"));
    }
    if metadata.permissions().readonly() {
        return Err(refuse(io::ErrorKind::PermissionDenied, path, "is read-only"));
    }
    Ok(Some(metadata))
}

fn refuse(kind: io::ErrorKind, path: &Path, why: &str) -> io::Error {
    io::Error::new(kind, format!("`{}` {why}", path.display()))
}

/// What the names of files begin with that are written beside a file.
fn prefix(path: &Path) -> io::Result<OsString> {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().ok_or_else(|| refuse(io::ErrorKind::InvalidInput, path, "names no file"))?);
    prefix.push(".");
    Ok(prefix)
}

/// An empty file in the same folder, and so on the same file system: only there a rename is atomic.
fn create_beside(folder: &Path, prefix: &OsStr, options: Options) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(prefix).rand_bytes(RANDOM_LENGTH).suffix(SUFFIX);
    #[cfg(unix)]
    if !options.private {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    #[cfg(not(unix))]
    let _ = options;
    builder.tempfile_in(folder)
}

/// Brings a rename to disk. Only Unix can open a folder for that.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests;
