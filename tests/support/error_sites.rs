//! Which errors the source of a crate can raise, held against those that its tests have seen.
//!
//! An error knows the line that made it. A site is a line that makes one: by a constructor of core's `Error`, or by a
//! function that hands its caller's line on (`#[track_caller]`). A site that no collected error comes from is an error
//! without a snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use outcrop_core::Error;

const CONSTRUCTORS: [&str; 3] = ["Error::new", "Error::unsupported", "Error::config"];

/// A line that makes an error: the file below `src`, its number from 1, and what stands there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site {
    pub file: String,
    pub line: u32,
    pub text: String,
}

/// The sites of the files that `wanted` takes, in `src` of the crate at `manifest`. Tests are no sites.
pub(crate) fn sites(manifest: &str, wanted: impl Fn(&str) -> bool) -> BTreeSet<Site> {
    let root = Path::new(manifest).join("src");
    let files: Vec<_> = sources(&root)
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            let text = std::fs::read_to_string(&path).unwrap();
            (name, text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned())
        })
        .collect();
    let makers_for = |name: &str| -> Vec<&str> {
        let of_files = files.iter().flat_map(|(owner, text)| handing_on(text, !is_within(name, owner)));
        CONSTRUCTORS.into_iter().chain(of_files).collect()
    };
    files
        .iter()
        .filter(|(name, _)| wanted(name))
        .flat_map(|(name, text)| {
            let inside = inside_of_those_that_hand_on(text);
            let makers = makers_for(name);
            let is_site = |line: &str| makers.iter().any(|maker| calls(line, maker));
            text.lines()
                .zip(1_u32..)
                .filter(move |(line, number)| !inside.contains(number) && is_site(line))
                .map(|(line, number)| Site { file: name.clone(), line: number, text: line.trim().to_owned() })
                .collect::<Vec<_>>()
        })
        .collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let of_tests = ["tests.rs", "cases.rs", "canned.rs", "loopback.rs", "testing.rs"];
        let of_tests = of_tests.contains(&name.as_str()) || name.ends_with("_tests.rs");
        if path.is_dir() {
            if name != "tests" && !name.ends_with("_tests") {
                found.extend(sources(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && !of_tests {
            found.push(path);
        }
    }
    found
}

/// Whether a file is the other one, or a module inside it: such a one can call private functions as well.
fn is_within(name: &str, owner: &str) -> bool {
    let folder = owner.trim_end_matches(".rs");
    name == owner || name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The names of the functions that hand their caller's line on. Private ones of elsewhere may be called like others.
fn handing_on(text: &str, only_open: bool) -> impl Iterator<Item = &str> {
    let marked = text.split("#[track_caller]").skip(1);
    marked.filter_map(move |rest| {
        let (before, rest) = rest.split_once("fn ")?;
        let is_known = !only_open || before.contains("pub");
        rest.split(['(', '<']).next().filter(|_| is_known)
    })
}

/// The lines of their bodies, where the constructor stands that speaks for somebody else's line.
fn inside_of_those_that_hand_on(text: &str) -> BTreeSet<u32> {
    let mut inside = BTreeSet::new();
    let mut end = None;
    for (line, number) in text.lines().zip(1_u32..) {
        let indent = line.len() - line.trim_start().len();
        if line.trim() == "#[track_caller]" {
            end = Some(format!("{}}}", " ".repeat(indent)));
        }
        if end.is_some() {
            inside.insert(number);
        }
        if end.as_deref() == Some(line) {
            end = None;
        }
    }
    inside
}

/// Whether a line calls the function, as a word of its own. Errors of the system are others.
fn calls(line: &str, function: &str) -> bool {
    let line = line.split("//").next().unwrap_or_default();
    let call = format!("{function}(");
    line.match_indices(&call).any(|(at, _)| {
        let before = line.get(..at).unwrap_or_default();
        let other = ["fn ", "io::"].iter().any(|start| before.ends_with(start));
        !other && !before.ends_with(|it: char| it.is_alphanumeric() || it == '_')
    })
}

/// Where an error was made: the file below `src`, and the line.
pub(crate) fn place(error: &Error) -> (String, u32) {
    let file = error.location().file().replace('\\', "/");
    let below = file.rsplit_once("/src/").map_or(file.as_str(), |(_, below)| below).to_owned();
    (below, error.location().line())
}

/// The sites that none of the errors comes from.
pub(crate) fn unseen(sites: BTreeSet<Site>, errors: &[Error]) -> Vec<Site> {
    let seen: BTreeSet<_> = errors.iter().map(place).collect();
    sites.into_iter().filter(|site| !seen.contains(&(site.file.clone(), site.line))).collect()
}

/// The errors as people see them, by the file that made them, each text once.
pub(crate) fn shown(errors: &[Error]) -> String {
    shown_as(errors, |text| text)
}

/// The same, after something is done to each text: what differs from run to run would change their order, too.
pub(crate) fn shown_as(errors: &[Error], steady: impl Fn(String) -> String) -> String {
    let mut files: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for error in errors {
        files.entry(place(error).0).or_default().insert(steady(said(error)));
    }
    let mut text = String::new();
    for (file, errors) in files {
        writeln!(text, "{file}").unwrap();
        for error in errors {
            writeln!(text, "{error}").unwrap();
        }
        text.push('\n');
    }
    text
}

fn said(error: &Error) -> String {
    let mut text = format!("  {}: {}", error.kind().name(), error.message());
    if error.retry() != error.kind().default_retry() {
        write!(text, "\n      retry: {:?}", error.retry()).unwrap();
    }
    for (name, words) in [("code", error.code()), ("service", error.provider_message())] {
        if let Some(words) = words {
            write!(text, "\n      {name}: {words}").unwrap();
        }
    }
    for (key, value) in error.context() {
        write!(text, "\n      {key}: {value}").unwrap();
    }
    for hint in error.hints() {
        write!(text, "\n      hint: {hint}").unwrap();
    }
    text
}
