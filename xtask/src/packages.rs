//! `cargo xtask packages`: packs the workspace as it would be published, and looks at what is in the archives.

mod checks;

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::process::{capture, cargo, command, run as run_command, target};
use crate::{Failure, nothing, say};

/// A crate of the workspace, as `cargo metadata` tells of it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) name: String,
    pub(crate) version: String,
    description: Option<String>,
    license: Option<String>,
    readme: Option<String>,
    documentation: Option<String>,
    repository: Option<String>,
    rust_version: Option<String>,
    keywords: Vec<String>,
    categories: Vec<String>,
    /// Where it may be published: nowhere, if the list is empty.
    publish: Option<Vec<String>>,
    pub(crate) features: std::collections::BTreeMap<String, Vec<String>>,
    dependencies: Vec<Dependency>,
    metadata: Value,
}

#[derive(Debug, Clone, Deserialize)]
struct Dependency {
    name: String,
    req: String,
    kind: Option<String>,
    path: Option<PathBuf>,
}

/// A crate that was packed, and unpacked again.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) manifest: Manifest,
    /// The unpacked package.
    pub(crate) folder: PathBuf,
    archive: PathBuf,
}

/// A file of a package.
#[derive(Debug)]
struct Entry {
    /// From the folder of the package, with `/` on every platform.
    path: String,
    bytes: u64,
}

/// Packs, and fails with every problem at once, each a line.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    nothing(args)?;
    let folder = target()?.join("packages").join("unpacked");
    let packed = pack(&folder)?;
    let mut problems = Vec::new();
    for package in &packed {
        let readme = fs::read_to_string(package.folder.join("README.md")).unwrap_or_default();
        let entries = entries(&package.folder).map_err(|error| shown(&package.folder, &error))?;
        let archive = fs::metadata(&package.archive).map_err(|error| shown(&package.archive, &error))?;
        problems.extend(checks::problems(&package.manifest, &readme, &entries, archive.len()));
    }
    if problems.is_empty() {
        say(&format!("{} packages, fit to be published", packed.len()));
        return Ok(());
    }
    Err(Failure::Task(problems.join("\n")))
}

/// Every crate that can be published.
pub(crate) fn publishable() -> Result<Vec<Manifest>, Failure> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Manifest>,
    }
    let text = capture(cargo().args(["metadata", "--format-version", "1", "--no-deps", "--offline"]))?;
    let metadata: Metadata =
        serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
    let is_published =
        |package: &Manifest| package.publish.as_ref().is_none_or(|where_to| !where_to.is_empty());
    Ok(metadata.packages.into_iter().filter(is_published).collect())
}

/// Packs every crate that can be published, and unpacks the archives into a folder, which holds nothing else afterwards.
/// What their build verifies is left to `cargo xtask outside`, which builds all of them once.
pub(crate) fn pack(folder: &Path) -> Result<Vec<Packed>, Failure> {
    let archives = target()?.join("packages");
    for stale in [folder, &archives.join("package")] {
        if stale.exists() {
            fs::remove_dir_all(stale).map_err(|error| shown(stale, &error))?;
        }
    }
    fs::create_dir_all(folder).map_err(|error| shown(folder, &error))?;
    // Nothing may come from a registry but what the workspace is built of.
    let pack = ["package", "--workspace", "--exclude", "xtask", "--no-verify", "--allow-dirty", "--offline"];
    capture(cargo().args(pack).arg("--target-dir").arg(&archives))?;
    let unpack = |manifest: Manifest| {
        let name = format!("{}-{}", manifest.name, manifest.version);
        let archive = archives.join("package").join(format!("{name}.crate"));
        // The times in an archive never change, and cargo would build nothing anew.
        run_command(command("tar").arg("-xmzf").arg(&archive).arg("-C").arg(folder))?;
        Ok(Packed { manifest, folder: folder.join(name), archive })
    };
    publishable()?.into_iter().map(unpack).collect()
}

/// All files below a folder.
fn entries(folder: &Path) -> std::io::Result<Vec<Entry>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let entry = entry?;
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let parts = path.strip_prefix(folder).unwrap_or(&path).components();
            let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
            found.push(Entry { path: parts.join("/"), bytes: entry.metadata()?.len() });
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn shown(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Task(format!("{}: {error}", path.display()))
}
