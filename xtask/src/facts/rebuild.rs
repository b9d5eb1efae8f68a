//! Derives the data file anew from the packages, and tells what changed.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::datafile::{self, DataFile, Package};
use super::{derive, difference, packages};
use crate::process::{capture, command, target, workspace};
use crate::python::system_python;
use crate::{Failure, say};

/// Which versions of the packages to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Versions {
    /// Those that the header names.
    Pinned,
    /// The newest ones; the header then names them.
    Latest,
}

/// The new text of the data file. Prints the differences.
pub(super) fn rebuild(text: &str, versions: Versions) -> Result<String, Failure> {
    let old = datafile::read(text)?;
    let folder = target()?.join("facts");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let fetch = |package: &Package| match versions {
        Versions::Pinned => Ok((package.clone(), packages::pinned(package, &folder)?)),
        Versions::Latest => packages::latest(package, &folder),
    };
    let fetched = old.sources.iter().map(fetch).collect::<Result<Vec<_>, Failure>>()?;
    let as_of = match versions {
        Versions::Pinned => old.as_of.clone(),
        Versions::Latest => time::OffsetDateTime::now_utc().date().to_string(),
    };
    let models = derive::models(&extract(&fetched)?, &as_of)?;
    let sources = fetched.into_iter().map(|(package, _)| package).collect::<Vec<_>>();
    for (old, new) in old.sources.iter().zip(&sources).filter(|(old, new)| old != new) {
        say(&format!("{}: {} → {}", old.name, old.version, new.version));
    }
    say(&difference::between(&old.models, &models));
    Ok(datafile::write(&DataFile { as_of, units: old.units, sources, models })?)
}

/// The rows about Bedrock in the data file of each archive, by the package's name.
fn extract(fetched: &[(Package, PathBuf)]) -> Result<Value, Failure> {
    let script = workspace().join("xtask/facts/extract.py");
    let argument = |(package, archive): &(Package, PathBuf)| {
        let archive: &Path = archive;
        format!("{}={}", package.name, archive.display())
    };
    let mut python = command(system_python()?);
    // Isolated: neither the environment nor the folder it runs in can slip a module in.
    python.arg("-I").arg(&script).args(fetched.iter().map(argument));
    let text = capture(&mut python)?;
    Ok(serde_json::from_str(&text).map_err(|error| format!("{}: {error}", script.display()))?)
}

#[cfg(test)]
mod tests;
