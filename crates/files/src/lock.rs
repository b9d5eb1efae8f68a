//! A lock across processes.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use crate::{create_folder, folder_of};

/// An exclusive lock, held until it is dropped or the process ends, however it ends.
///
/// It is advisory: it keeps out those who ask for the same lock, and nobody else. The lock is on a file of its own,
/// never on the file that it protects, because [`crate::replace`] puts a new file in that one's place. The lock file
/// stays when the lock is dropped: if it were removed, two processes could each lock their own file of that name.
///
/// A second lock on the same path within one process waits like one of another process.
#[derive(Debug)]
#[must_use = "the lock is released when it is dropped"]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock at `path`. The file is created if it is missing, and so are the folders above it.
    ///
    /// # Errors
    /// If the file cannot be opened for writing; [`io::ErrorKind::Unsupported`] if the file system knows no locks.
    pub fn acquire(path: impl AsRef<Path>) -> io::Result<Self> {
        let file = open(path.as_ref())?;
        file.lock()?;
        Ok(Self { _file: file })
    }

    /// Takes the lock at `path` if nobody holds it; `None` if somebody does.
    ///
    /// # Errors
    /// As [`Lock::acquire`].
    pub fn try_acquire(path: impl AsRef<Path>) -> io::Result<Option<Self>> {
        let file = open(path.as_ref())?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    create_folder(folder_of(path))?;
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.create(true).truncate(false).write(true).open(path)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn a_lock_is_exclusive_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/folder/a.lock");
        let lock = Lock::acquire(&path).unwrap();
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        let other = Lock::try_acquire(folder.path().join("b.lock")).unwrap();
        assert!(other.is_some(), "another path is another lock");
        drop(lock);
        assert!(Lock::try_acquire(&path).unwrap().is_some());
        assert!(path.exists(), "the lock file stays");
    }

    #[test]
    fn acquire_waits_for_whoever_holds_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let lock = Lock::acquire(&path).unwrap();
        let (tell, told) = mpsc::channel();
        let waiter = thread::spawn({
            let tell = tell.clone();
            move || {
                tell.send("waiting").unwrap();
                let lock = Lock::acquire(path).unwrap();
                tell.send("acquired").unwrap();
                drop(lock);
            }
        });
        assert_eq!(told.recv(), Ok("waiting"));
        tell.send("released").unwrap();
        drop(lock);
        waiter.join().unwrap();
        drop(tell);
        assert_eq!(told.iter().collect::<Vec<_>>(), ["released", "acquired"]);
    }

    #[test]
    fn the_content_of_a_lock_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        crate::replace(&path, b"somebody's notes", crate::Options::new()).unwrap();
        drop(Lock::acquire(&path).unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), b"somebody's notes");
    }
}
