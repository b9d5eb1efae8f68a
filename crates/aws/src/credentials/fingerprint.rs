//! Whether anything changed that credentials came from.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use super::read;

/// How coarse the clocks of file systems may be. A file that was changed this shortly before it was looked at may change
/// again without its time telling.
const GRANULE: Duration = Duration::from_secs(2);

/// The state of some files at one moment. Looking again costs one system call a file.
#[derive(Debug)]
pub(crate) struct Fingerprint(Vec<Watched>);

#[derive(Debug)]
struct Watched {
    path: PathBuf,
    stat: Option<Stat>,
    digest: Option<[u8; 32]>,
    /// Whether the times of the file can be relied upon.
    settled: AtomicBool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    length: u64,
    modified: Option<SystemTime>,
    node: (u64, u64),
}

impl Stat {
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self { length: metadata.len(), modified: metadata.modified().ok(), node: node(&metadata) })
    }

    fn is_settled(&self, now: SystemTime) -> bool {
        self.modified.and_then(|modified| now.duration_since(modified).ok()).is_some_and(|age| age > GRANULE)
    }
}

#[cfg(unix)]
fn node(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
const fn node(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

impl Fingerprint {
    /// The state of these files now. To be taken before they are read.
    pub(crate) fn take<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Self {
        Self(paths.into_iter().map(|path| Watched::new(path)).collect())
    }

    /// Two in one.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether the files are still as they were.
    pub(crate) fn is_current(&self) -> bool {
        self.0.iter().all(Watched::is_current)
    }
}

impl Watched {
    fn new(path: &Path) -> Self {
        let stat = Stat::of(path);
        let settled = stat.is_none_or(|stat| stat.is_settled(SystemTime::now()));
        Self { path: path.to_owned(), stat, digest: digest(path), settled: AtomicBool::new(settled) }
    }

    fn is_current(&self) -> bool {
        let now = SystemTime::now();
        let stat = Stat::of(&self.path);
        let same = stat == self.stat;
        if same && self.settled.load(Ordering::Relaxed) {
            return true;
        }
        if digest(&self.path) != self.digest {
            return false;
        }
        if same && stat.is_none_or(|stat| stat.is_settled(now)) {
            self.settled.store(true, Ordering::Relaxed);
        }
        true
    }
}

fn digest(path: &Path) -> Option<[u8; 32]> {
    read::bytes(path).ok().map(|content| Sha256::digest(content).into())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write as _;

    use super::*;

    fn write(path: &Path, text: &str) {
        File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn every_change_of_content_is_seen_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials");
        let missing = Fingerprint::take([&path]);
        assert!(missing.is_current());
        write(&path, "one");
        assert!(!missing.is_current());
        // Of the same length, and most likely within the same tick of the file system's clock.
        let one = Fingerprint::take([&path]);
        write(&path, "two");
        assert!(!one.is_current());
        write(&path, "one");
        assert!(one.is_current(), "the same content is the same, whatever the time");
        std::fs::remove_file(&path).unwrap();
        assert!(!one.is_current());
    }

    #[test]
    fn a_file_that_was_left_alone_is_not_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials");
        write(&path, "one");
        let long_ago = SystemTime::now() - Duration::from_mins(1);
        File::options().append(true).open(&path).unwrap().set_modified(long_ago).unwrap();
        let taken = Fingerprint::take([&path]);
        // What nobody does: new content, with the old length and time. That it goes unseen shows that nothing was read.
        write(&path, "two");
        File::options().append(true).open(&path).unwrap().set_modified(long_ago).unwrap();
        assert!(taken.is_current());
    }
}
