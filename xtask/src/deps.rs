//! `cargo xtask deps`: the shape of the dependency graph.
//!
//! Which crate may use which is the table in ARCHITECTURE.md; the architecture tests hold the manifests against it, and are
//! run here. What no crate may drag in, and under which licences, is `deny.toml`, so that cargo-deny sees the same rules.

mod licences;

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;

use crate::process::{capture, cargo, output, run as run_command, workspace};
use crate::{Failure, nothing, say};

/// Every crate on every platform, with every feature, development included.
const TREE: [&str; 8] =
    ["tree", "--locked", "--workspace", "--all-features", "--edges", "normal,build,dev", "--target", "all"];

/// The part of `deny.toml` that this program acts on.
#[derive(Debug, Deserialize)]
struct Deny {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Debug, Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

/// A crate that must not be in the graph, as cargo names it: `rustls@0.21`, `openssl-sys`.
#[derive(Debug, Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    spec: String,
    reason: String,
}

/// A crate of the graph.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    /// Name and version.
    name: String,
    /// The licence expression, empty if the crate has none.
    licence: String,
}

/// Everything: the arrows, the bans and the licences.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    nothing(args)?;
    bans_and_licences()?;
    // The same features as in `cargo xtask test`, so that nothing is built twice.
    run_command(cargo().args([
        "test",
        "--workspace",
        "--all-features",
        "--test",
        "end_to_end",
        "architecture::",
    ]))
}

/// What needs no build.
pub(crate) fn bans_and_licences() -> Result<(), Failure> {
    let path = workspace().join("deny.toml");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let deny: Deny = toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut problems = Vec::new();
    for ban in &deny.bans.deny {
        problems.extend(banned(ban)?);
    }
    let packages = packages(&tree(&["--prefix", "none", "--format", "{p}\t{l}"])?);
    let licences = licences::Allowed::read(&deny.licenses.allow)?;
    problems.extend(packages.iter().filter_map(|package| licences.problem(package)));
    if problems.is_empty() {
        say(&format!("{} crates, {} bans, all licences known", packages.len(), deny.bans.deny.len()));
        return Ok(());
    }
    Err(Failure::Task(problems.join("\n\n")))
}

/// The path by which a banned crate got into the graph, if it is there.
fn banned(ban: &Ban) -> Result<Option<String>, Failure> {
    let output = output(cargo().args(TREE).args(["--invert", &ban.spec]))?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    match (output.status.success(), stdout.trim()) {
        // In the lock file, but on no path.
        (true, "") => Ok(None),
        (true, path) => Ok(Some(format!("`{}` is banned: {}\n{path}", ban.spec, ban.reason))),
        (false, _) if stderr.contains("did not match any packages") => Ok(None),
        (false, _) => Err(Failure::Task(format!("cargo tree --invert {}: {stderr}", ban.spec))),
    }
}

fn tree(format: &[&str]) -> Result<String, Failure> {
    capture(cargo().args(TREE).args(format))
}

/// The crates in the output of `cargo tree --prefix none --format "{p}\t{l}"`.
fn packages(tree: &str) -> BTreeSet<Package> {
    tree.lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(package, licence)| Package {
            // Behind the version stands where a crate comes from, and behind everything a mark for repetitions.
            name: package.split(' ').take(2).collect::<Vec<_>>().join(" "),
            licence: licence.trim_end_matches("(*)").trim().to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_read_without_its_repetitions() {
        let tree = "outcrop v0.1.0 (/x/outcrop)\tMIT OR Apache-2.0\nsyn v2.0.1 (proc-macro)\tMIT\nsyn v2.0.1\tMIT (*)\nodd v1.0.0\t\n";
        let names: Vec<_> = packages(tree).into_iter().map(|it| (it.name, it.licence)).collect();
        let expected = [("odd v1.0.0", ""), ("outcrop v0.1.0", "MIT OR Apache-2.0"), ("syn v2.0.1", "MIT")];
        assert_eq!(names, expected.map(|(name, licence)| (name.to_owned(), licence.to_owned())));
    }

    #[test]
    fn a_crate_of_the_graph_is_found_when_it_is_banned_and_one_outside_is_not() {
        let ban = |spec: &str| Ban { spec: spec.to_owned(), reason: "of this test".to_owned() };
        let found = banned(&ban("serde_json")).unwrap().unwrap();
        assert!(found.contains("of this test") && found.contains("xtask v"), "{found}");
        assert_eq!(banned(&ban("serde_json@0.9")).unwrap(), None);
    }
}
