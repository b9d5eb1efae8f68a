//! What the manifests say: what every crate uses from outside, and what it must state.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use super::{CORE, DENIED, NEVER_BELOW, RESERVED, assert_none, fits};

/// The folder of the workspace.
pub(crate) fn workspace() -> &'static Path {
    static WORKSPACE: LazyLock<PathBuf> =
        LazyLock::new(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap());
    &WORKSPACE
}

/// A crate of the workspace.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    manifest: Value,
    pub(super) dependencies: Vec<Dependency>,
}

#[derive(Debug)]
pub(super) struct Dependency {
    pub(super) name: String,
    requirement: String,
    pub(super) development: bool,
    /// A folder of the workspace.
    pub(super) local: bool,
}

pub(super) fn packages() -> &'static [Package] {
    static PACKAGES: LazyLock<Vec<Package>> = LazyLock::new(|| {
        let text = cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]);
        let metadata: Value = serde_json::from_str(&text).unwrap();
        metadata["packages"].as_array().unwrap().iter().map(package).collect()
    });
    &PACKAGES
}

fn package(manifest: &Value) -> Package {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let dependencies = manifest["dependencies"].as_array().unwrap().iter();
    Package {
        name: text(&manifest["name"]),
        folder: Path::new(manifest["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned(),
        manifest: manifest.clone(),
        dependencies: dependencies
            .map(|dependency| Dependency {
                name: text(&dependency["name"]),
                requirement: text(&dependency["req"]),
                development: dependency["kind"] == "dev",
                local: dependency["path"].is_string(),
            })
            .collect(),
    }
}

fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(args).current_dir(workspace()).output().unwrap();
    assert!(output.status.success(), "cargo {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn tests_stand_outside_and_development_dependencies_name_a_path_only() {
    // `tests` is no crate but a target of the program: nobody can use it.
    assert_none(
        packages()
            .iter()
            .filter(|it| it.folder.starts_with(workspace().join("tests")))
            .map(|package| format!("`{}` is a crate below tests/", package.name)),
    );
    assert_none(packages().iter().flat_map(|package| {
        let local = package.dependencies.iter().filter(|used| used.local && used.development);
        local.filter(|used| used.requirement != "*").map(|used| {
            format!(
                "`{}` names a version of `{}` for development: nobody could publish either first",
                package.name, used.name
            )
        })
    }));
    let foundations = ["outcrop-core", "outcrop-model-facts"];
    assert_none(packages().iter().filter(|it| foundations.contains(&it.name.as_str())).flat_map(|package| {
        let local = package.dependencies.iter().filter(|used| used.local && used.development);
        local.map(|used| format!("tests of `{}` that need `{}` belong in tests/", package.name, used.name))
    }));
}

#[test]
fn the_tables_name_crates_that_exist() {
    let users = RESERVED.iter().flat_map(|(_, users)| *users);
    let named = users.chain(NEVER_BELOW.iter().map(|(name, _)| name));
    assert_none(
        named
            .filter(|name| !packages().iter().any(|package| package.name == **name))
            .map(|name| format!("there is no crate `{name}`")),
    );
}

#[test]
fn reserved_dependencies_are_used_by_those_they_are_for() {
    assert_none(packages().iter().flat_map(|package| {
        package.dependencies.iter().filter(|used| !used.local).filter_map(|used| {
            let (pattern, users) = RESERVED.iter().find(|(pattern, _)| fits(pattern, &used.name))?;
            // Tests listen to what a crate tells; only the program prints it.
            let listens = used.development && used.name == "tracing-subscriber";
            let allowed = listens || users.contains(&package.name.as_str());
            (!allowed)
                .then(|| format!("`{}` uses `{}`: `{pattern}` is for {users:?}", package.name, used.name))
        })
    }));
}

#[test]
fn core_uses_nothing_beyond_its_list() {
    let core = packages().iter().find(|package| package.name == "outcrop-core").unwrap();
    let used: BTreeSet<&str> =
        core.dependencies.iter().filter(|used| !used.development).map(|used| used.name.as_str()).collect();
    assert_none(used.iter().filter(|name| !CORE.contains(name)).map(|name| format!("core uses `{name}`")));
    assert!(!used.is_empty());
}

#[test]
fn what_a_crate_must_not_know_is_nowhere_below_it() {
    for (name, banned) in NEVER_BELOW {
        let below = cargo(&[
            "tree",
            "--offline",
            "--package",
            name,
            "--all-features",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ]);
        let below: BTreeSet<&str> = below.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
        assert_none(below.iter().flat_map(|used| {
            let banned = banned.iter().filter(|banned| fits(banned, used));
            banned.map(move |banned| format!("`{used}` (`{banned}`) is somewhere below `{name}`"))
        }));
    }
}

#[test]
fn every_manifest_states_what_it_must() {
    assert_none(packages().iter().flat_map(|package| {
        let source = std::fs::read_to_string(package.folder.join("Cargo.toml")).unwrap();
        let stated = |field: &str| package.manifest[field].as_str().is_some_and(|value| !value.is_empty());
        let problems = [
            (!source.contains("[lints]\nworkspace = true\n"), "does not inherit the lints of the workspace"),
            (!stated("description"), "has no description"),
            (package.manifest["license"] != "MIT OR Apache-2.0", "is not under the project's licences"),
            (package.manifest["rust_version"].is_null(), "does not say which Rust it needs"),
            (
                package.manifest["publish"].is_array() != (package.name == "xtask"),
                "is published and should not be, or the other way round",
            ),
        ];
        let broken = problems.into_iter().filter(|(broken, _)| *broken);
        broken.map(|(_, problem)| format!("`{}` {problem}", package.name))
    }));
}

#[test]
fn the_workspace_denies_what_it_must() {
    let manifest = std::fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    let lints = manifest.split("[workspace.lints").skip(1).collect::<String>();
    assert!(lints.contains("\nunsafe_code = \"forbid\"\n"), "unsafe code is possible");
    assert!(lints.contains("\npedantic = { level = \"deny\""), "clippy::pedantic is not denied");
    assert_none(
        DENIED
            .iter()
            .filter(|lint| !lints.contains(&format!("\n{lint} = \"deny\"\n")))
            .map(|lint| format!("the workspace does not deny `{lint}`")),
    );
}

#[test]
fn patterns_fit_names_and_beginnings_of_names() {
    assert!(fits("hyper*", "hyper") && fits("hyper*", "hyper-util") && fits("clap", "clap"));
    assert!(!fits("clap", "clap_derive") && !fits("aws-sdk-*", "aws-config"));
}
