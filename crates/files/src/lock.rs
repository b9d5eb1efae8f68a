//! A lock across processes.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::{create_folder, folder_of};

/// An exclusive lock, held until it is dropped or the process ends, however it ends.
///
/// It is advisory: it keeps out those who ask for the same lock, and nobody else. The lock is on a file of its own,
/// never on the file that it protects, because [`crate::replace`] puts a new file in that one's place.
///
/// The lock file stays when the lock is dropped, unless [`Lock::removed_when_dropped`] asks for something else. Whoever
/// gets the lock of a file that is not at the path any more, because it was removed meanwhile, takes the lock of the new
/// one: two processes never hold a lock on two files of the same name. (On Unix: elsewhere a file that is in use has no
/// identity that could be asked for, and so it always stays.)
///
/// A second lock on the same path within one process waits like one of another process.
#[derive(Debug)]
#[must_use = "the lock is released when it is dropped"]
pub struct Lock {
    file: File,
    path: PathBuf,
    removed: bool,
}

impl Lock {
    /// Waits for the lock at `path`. The file is created if it is missing, and so are the folders above it.
    ///
    /// # Errors
    /// If the file cannot be opened for writing; [`io::ErrorKind::Unsupported`] if the file system knows no locks.
    pub fn acquire(path: impl AsRef<Path>) -> io::Result<Self> {
        Ok(Self::current(path.as_ref(), |file| file.lock().map_err(TryLockError::Error))?)
    }

    /// Takes the lock at `path` if nobody holds it; `None` if somebody does.
    ///
    /// # Errors
    /// As [`Lock::acquire`].
    pub fn try_acquire(path: impl AsRef<Path>) -> io::Result<Option<Self>> {
        match Self::current(path.as_ref(), File::try_lock) {
            Ok(lock) => Ok(Some(lock)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Removes the lock file when the lock is dropped, so that nothing is left lying about. What a process leaves that is
    /// killed, the next one to take and drop the lock removes.
    pub const fn removed_when_dropped(mut self) -> Self {
        self.removed = cfg!(unix);
        self
    }

    /// Locks the file at `path` until the locked file is the one that is there.
    fn current(path: &Path, lock: impl Fn(&File) -> Result<(), TryLockError>) -> Result<Self, TryLockError> {
        // Each further try is somebody else's lock, taken and dropped; this many are a file system that gives a file
        // another identity whenever it is asked.
        const MOST_TRIES: usize = 1000;
        for _ in 0..MOST_TRIES {
            let file = open(path).map_err(TryLockError::Error)?;
            lock(&file)?;
            if is_at(&file, path).map_err(TryLockError::Error)? {
                return Ok(Self { file, path: path.to_owned(), removed: false });
            }
        }
        let message = format!("`{}` is another file whenever it is looked at", path.display());
        Err(TryLockError::Error(io::Error::new(io::ErrorKind::Unsupported, message)))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // As long as the lock is held, nobody else who keeps to the rules removes the file or puts another in its place.
        // Somebody who does not may have: their file is not touched.
        if self.removed && is_at(&self.file, &self.path).unwrap_or(false) {
            // What cannot be removed stays, and locks as well as before.
            fs::remove_file(&self.path).ok();
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

/// Whether `file` is what is at `path` now. While it is open, no other file gets its identity.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let ours = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) => Ok((ours.dev(), ours.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Files that are in use are not removed here.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "where there is an identity, asking for it can fail")]
const fn is_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
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

    #[cfg(unix)]
    #[test]
    fn a_lock_that_is_removed_leaves_nothing_and_still_keeps_everybody_else_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let counter = folder.path().join("counter");
        crate::replace(&counter, b"0", crate::Options::new()).unwrap();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let lock = Lock::acquire(&path).unwrap().removed_when_dropped();
                        // Whoever reads while another one counts loses a count.
                        let count: u32 = fs::read_to_string(&counter).unwrap().parse().unwrap();
                        let next = (count + 1).to_string();
                        crate::replace(&counter, next.as_bytes(), crate::Options::new()).unwrap();
                        drop(lock);
                    }
                });
            }
        });
        assert_eq!(fs::read_to_string(&counter).unwrap(), "400");
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(names, ["counter"]);
    }

    #[cfg(unix)]
    #[test]
    fn whoever_waited_for_a_file_that_was_removed_locks_the_one_that_came_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        // What a waiter has in its hands when the holder removes the file: open, at the path once, and free now.
        let waiting = open(&path).unwrap();
        drop(Lock::acquire(&path).unwrap().removed_when_dropped());
        let holder = Lock::acquire(&path).unwrap();
        waiting.lock().unwrap();
        assert!(!is_at(&waiting, &path).unwrap(), "the lock of the old file is worth nothing");
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        drop(holder);
        // And so it is for somebody who locks in between.
        let tries = std::cell::Cell::new(0);
        let locked = Lock::current(&path, |file| {
            if tries.replace(tries.get() + 1) == 0 {
                fs::remove_file(&path).unwrap();
            }
            file.try_lock()
        });
        assert!(is_at(&locked.unwrap().file, &path).unwrap());
        assert_eq!(tries.get(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn somebody_elses_file_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let lock = Lock::acquire(&path).unwrap().removed_when_dropped();
        fs::remove_file(&path).unwrap();
        let other = Lock::acquire(&path).unwrap();
        drop(lock);
        assert!(Lock::try_acquire(&path).unwrap().is_none(), "the other lock holds");
        drop(other);
        assert!(path.exists());
        // What a process left that was killed is an ordinary lock file.
        drop(Lock::acquire(&path).unwrap().removed_when_dropped());
        assert!(!path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_another_one_each_time_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let never = Lock::current(&path, |_| fs::remove_file(&path).map_err(TryLockError::Error));
        let Err(TryLockError::Error(error)) = never else { panic!("{never:?}") };
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    }

    #[test]
    fn the_content_of_a_lock_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        crate::replace(&path, b"somebody's notes", crate::Options::new()).unwrap();
        drop(Lock::acquire(&path).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"somebody's notes");
    }
}
