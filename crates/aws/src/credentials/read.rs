//! Reading the small files that credentials come from.

use std::io;
use std::path::Path;

/// What stands in a file. It is read again whenever it may have changed, so that it must be one that can be read again:
/// a pipe would be empty the second time, and could keep everybody waiting the first time.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::InvalidInput`] for what is no regular file.
pub(super) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let kind = std::fs::metadata(path)?;
    if kind.is_file() {
        return std::fs::read(path);
    }
    // By this name people ask for an empty file.
    if path == Path::new("/dev/null") {
        return Ok(Vec::new());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"))
}

/// The same, as text.
///
/// # Errors
/// The same, and [`io::ErrorKind::InvalidData`] for what is not UTF-8.
pub(super) fn text(path: &Path) -> io::Result<String> {
    // Some editors put a byte order mark in front.
    let text = String::from_utf8(bytes(path)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Home;

    #[test]
    fn only_what_can_be_read_again_is_read() {
        let home = Home::new("[default]\n", "\u{feff}[default]\n");
        assert_eq!(text(&home.path(".aws/config")).unwrap(), "[default]\n");
        assert_eq!(text(&home.path(".aws/credentials")).unwrap(), "[default]\n");
        assert_eq!(text(&home.path("nowhere")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(text(&home.path(".aws")).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    #[cfg(unix)]
    fn nobody_waits_at_a_pipe() {
        let home = Home::new("", "");
        let pipe = home.path("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(text(&pipe).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(text(Path::new("/dev/null")).unwrap(), "");
    }
}
