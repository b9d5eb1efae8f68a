//! Python environments for the checks by independent programs, below the target folder.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{capture, command, run, workspace};
use crate::{Failure, say};

/// The oldest Python that the pinned packages take.
const OLDEST: (u32, u32) = (3, 10);

/// An environment that is set up.
#[derive(Debug)]
pub(crate) struct Environment {
    /// Its Python.
    pub(crate) python: PathBuf,
}

/// Sets up `target/python/NAME` with `tests/independent/requirements-NAME.txt`, unless that is done already.
pub(crate) fn environment(target: &Path, name: &str) -> Result<Environment, Failure> {
    let requirements = workspace().join(format!("tests/independent/requirements-{name}.txt"));
    let wanted =
        fs::read_to_string(&requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    let folder = target.join("python").join(name);
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let stamp = folder.join("requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(Environment { python });
    }
    say(&format!("setting up {} for the checks by independent programs", folder.display()));
    let system = system_python()?;
    run(command(system).args(["-m", "venv", "--clear"]).arg(&folder)).map_err(|failure| {
        format!(
            "{failure}\nPython's `venv` module does not work here; on Debian it is the package python3-venv"
        )
    })?;
    let pip =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
    run(command(&python).args(pip).arg(&requirements))?;
    // A version that does not fit another is an error of our list.
    run(command(&python).args(["-m", "pip", "--quiet", "check"]))?;
    // Last, so that half an environment is never taken for a whole one.
    fs::copy(&requirements, &stamp).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(Environment { python })
}

/// A Python that is new enough.
pub(crate) fn system_python() -> Result<&'static OsStr, Failure> {
    let mut found = Vec::new();
    for program in ["python3", "python"] {
        let Ok(version) = capture(command(program).arg("--version")) else { continue };
        if parse(&version).is_some_and(|version| version >= OLDEST) {
            return Ok(OsStr::new(program));
        }
        found.push(format!("`{program}` is {}", version.trim()));
    }
    if found.is_empty() {
        found.push("there is none in PATH".to_owned());
    }
    let (major, minor) = OLDEST;
    Err(Failure::Task(format!(
        "Python {major}.{minor} or newer is needed, {}: AWS's own client and its model of the service check this \
         project, and the model facts are read with it; install python3 (with venv) and try again",
        found.join(", ")
    )))
}

/// Major and minor version out of `Python 3.11.7`.
fn parse(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim().strip_prefix("Python ")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(parse("Python 3.11.7\n"), Some((3, 11)));
        assert!(parse("Python 3.9.2").unwrap() < OLDEST);
        assert!(parse("Python 3.10.0rc1").unwrap() >= OLDEST);
        assert_eq!(parse("pyenv: not installed"), None);
    }
}
