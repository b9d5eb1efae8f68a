//! What processes leave behind that are killed while they write.

use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The characters between the name of the file and [`SUFFIX`], letters and digits.
pub(crate) const RANDOM_LENGTH: usize = 6;

/// What the names of files end in that are written beside a file.
pub(crate) const SUFFIX: &str = ".tmp";

/// Nobody writes a file for so long: who began it is gone.
const AGE: Duration = Duration::from_hours(1);

/// Which files that were begun and not finished are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Leftovers {
    /// Those that nobody has written to for long: others may be at work.
    #[default]
    Old,
    /// Each of them: nobody else is at work.
    All,
}

/// Removes the files in a folder that were begun under this prefix, and left.
///
/// It is a courtesy: what cannot be seen or removed stays, and whoever wants to write finds out why by itself.
pub(crate) fn remove(folder: &Path, prefix: &OsStr, which: Leftovers) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let now = SystemTime::now();
    for entry in entries.flatten() {
        if is_ours(&entry.file_name(), prefix) && (which == Leftovers::All || is_abandoned(&entry, now)) {
            // Somebody else may have been faster.
            fs::remove_file(entry.path()).ok();
        }
    }
}

fn is_ours(name: &OsStr, prefix: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    let random =
        name.strip_prefix(prefix.as_encoded_bytes()).and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
    random.is_some_and(|random| random.len() == RANDOM_LENGTH && random.iter().all(u8::is_ascii_alphanumeric))
}

/// Whether nobody has written to it for long. A time to come says nothing.
fn is_abandoned(entry: &DirEntry, now: SystemTime) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok();
    let age = modified.and_then(|modified| now.duration_since(modified).ok());
    age.is_some_and(|age| age >= AGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, replace};

    /// A file that was last written to so long ago.
    fn left(folder: &Path, name: &str, age: Duration) {
        let file = fs::File::create(folder.join(name)).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }

    #[test]
    fn what_was_left_long_ago_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let long = AGE + Duration::from_mins(1);
        for name in [".a.json.4bCd5f.tmp", ".a.json.000000.tmp"] {
            left(folder.path(), name, long);
        }
        let others = [
            // Somebody writes it now.
            (".a.json.young0.tmp", Duration::ZERO),
            (".b.json.4bCd5f.tmp", long),
            (".a.json.4bCd5.tmp", long),
            (".a.json.4bCd-f.tmp", long),
            (".a.json.4bCd5f.old", long),
            ("a.json.4bCd5f.tmp", long),
            (".a.json.tmp", long),
            (".a.json.lock", long),
        ];
        for (name, age) in others {
            left(folder.path(), name, age);
        }
        replace(folder.path().join("a.json"), b"{}", Options::new()).unwrap();
        let mut names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        let mut expected: Vec<_> = others.iter().map(|(name, _)| *name).chain(["a.json"]).collect();
        expected.sort_unstable();
        assert_eq!(names, expected);
    }

    #[test]
    fn under_a_lock_nobody_else_is_writing() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".a.json.young0.tmp", ".b.json.young0.tmp"] {
            left(folder.path(), name, Duration::ZERO);
        }
        replace(folder.path().join("a.json"), b"{}", Options::new().alone()).unwrap();
        assert!(!folder.path().join(".a.json.young0.tmp").exists());
        assert!(folder.path().join(".b.json.young0.tmp").exists());
    }
}
