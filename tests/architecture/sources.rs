//! What the source files look like, wherever they are.

use std::fs;
use std::path::{Path, PathBuf};

use super::manifests::workspace;
use super::{LONGEST_FILE, assert_none};

/// A source file of the project.
#[derive(Debug)]
pub(super) struct Source {
    /// From the folder of the workspace, with `/` on every platform.
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    /// Whether the file holds nothing but tests.
    pub(super) fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    fn is_generated(&self) -> bool {
        self.text.lines().take(5).any(|line| line.starts_with("// @generated"))
    }

    /// The lines that are not comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

pub(super) fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    for folder in ["crates", "xtask", "tests"] {
        collect(&workspace().join(folder), &mut files);
    }
    let sources: Vec<Source> = files
        .into_iter()
        .map(|file| {
            let path = file.strip_prefix(workspace()).unwrap().components();
            let path = path.map(|part| part.as_os_str().to_str().unwrap()).collect::<Vec<_>>().join("/");
            Source { path, text: fs::read_to_string(file).unwrap() }
        })
        .collect();
    assert!(
        sources.iter().any(|source| source.path == "tests/architecture/sources.rs"),
        "this file is missing"
    );
    sources
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    assert_none(sources().iter().filter(|source| !source.path.ends_with("/tests.rs")).filter_map(|source| {
        let first = source.text.lines().find(|line| !line.is_empty() && !line.starts_with("// "));
        let documented = first.is_some_and(|line| line.starts_with("//! "));
        (!documented).then(|| format!("{} does not begin with `//!`", source.path))
    }));
}

#[test]
fn no_file_is_too_long_to_read() {
    assert_none(sources().iter().filter(|source| !source.is_test() && !source.is_generated()).filter_map(
        |source| {
            let lines = source.text.lines().count();
            (lines > LONGEST_FILE)
                .then(|| format!("{} has {lines} lines; {LONGEST_FILE} are allowed", source.path))
        },
    ));
}

#[test]
fn only_the_command_line_program_knows_the_process_it_runs_in() {
    let known = ["std::env", "env::var", "env::args", "env::current_dir", "std::process::exit", "std::{env"];
    // Examples are programs of their own.
    let library = |source: &&Source| {
        let path = &source.path;
        path.starts_with("crates/") && !path.starts_with("crates/cli/") && !path.contains("/examples/")
    };
    assert_none(sources().iter().filter(library).flat_map(|source| {
        // A test may run itself as another process.
        let is_own = |line: &str| source.is_test() && line.contains("env::current_exe");
        let is_told = |line: &str| known.iter().any(|known| line.contains(known)) && !is_own(line);
        let lines = source.code().filter(|(_, line)| is_told(line));
        lines.map(|(at, line)| format!("{}:{at}: {}", source.path, line.trim())).collect::<Vec<_>>()
    }));
}

#[test]
fn no_test_file_is_left_out_of_the_binary() {
    let main = fs::read_to_string(workspace().join("tests/main.rs")).unwrap();
    let files = fs::read_dir(workspace().join("tests")).unwrap().map(|entry| entry.unwrap().path());
    let modules = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|module| module != "main");
    assert_none(modules.filter(|module| !main.contains(&format!("mod {module};"))).map(|module| {
        format!("tests/{module}.rs is not in the module list of tests/main.rs: it never runs")
    }));
}
