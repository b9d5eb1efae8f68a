//! How the tasks write files.

use std::fs;
use std::io::Write as _;
use std::path::Path;

/// Writes beside the file and renames, so that a build never reads half a file.
pub(crate) fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = fs::File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)
}
