//! Which crate of the workspace uses which, against the table in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::assert_none;
use super::manifests::{Package, packages, workspace};

/// The head of the table.
const HEAD: &str = "| crate | may use of the workspace |";

/// Row by row: a crate, and what it may use. Crates go by the names of their folders.
fn table(document: &str) -> Vec<(String, BTreeSet<String>)> {
    let rows =
        document.split_once(HEAD).unwrap_or_else(|| panic!("there is no table with the head `{HEAD}`")).1;
    let mut table = Vec::<(String, BTreeSet<String>)>::new();
    for row in rows.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let [_, crates, used, _] = row.split('|').collect::<Vec<_>>()[..] else {
            panic!("`{row}` has not two cells")
        };
        let named = names(used);
        let used = if used.trim() == "nothing" {
            BTreeSet::new()
        } else if used.trim().starts_with("all of the above") {
            table.iter().map(|(name, _)| name.clone()).filter(|name| !named.contains(name)).collect()
        } else {
            assert!(!named.is_empty(), "`{row}` names no crate, and does not say `nothing`");
            named
        };
        table.extend(names(crates).into_iter().map(|name| (name, used.clone())));
    }
    table
}

/// The words between backticks.
fn names(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn documented() -> Vec<(String, BTreeSet<String>)> {
    table(&fs::read_to_string(workspace().join("ARCHITECTURE.md")).unwrap())
}

fn folder(package: &Package) -> String {
    package.folder.file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn every_crate_is_in_the_table_and_in_the_readme() {
    let crates: Vec<String> = packages().iter().map(folder).collect();
    let table = documented();
    let mut rows: Vec<&str> = table.iter().map(|(name, _)| name.as_str()).collect();
    rows.sort_unstable();
    let mut sorted: Vec<&str> = crates.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    assert_eq!(rows, sorted, "the table in ARCHITECTURE.md and the crates of the workspace");
    let readme = fs::read_to_string(workspace().join("README.md")).unwrap();
    let published = crates.iter().filter(|name| *name != "xtask");
    assert_none(
        published
            .filter(|name| !readme.contains(&format!("(crates/{name})")))
            .map(|name| format!("README.md has no link to `crates/{name}`")),
    );
}

#[test]
fn arrows_point_down_only() {
    let mut above = BTreeSet::new();
    for (name, used) in documented() {
        let unknown: Vec<_> = used.difference(&above).collect();
        assert!(unknown.is_empty(), "`{name}` may use {unknown:?}, which is not above it in the table");
        above.insert(name);
    }
}

#[test]
fn every_crate_uses_what_the_table_allows_and_no_more() {
    let table: BTreeMap<String, BTreeSet<String>> = documented().into_iter().collect();
    let folders: BTreeMap<&str, String> =
        packages().iter().map(|it| (it.name.as_str(), folder(it))).collect();
    assert_none(packages().iter().flat_map(|package| {
        let allowed = &table[&folder(package)];
        let used = package.dependencies.iter().filter(|used| used.local && !used.development);
        used.filter(|used| !allowed.contains(&folders[used.name.as_str()])).map(|used| {
            format!(
                "`{}` uses `{}`, which the table in ARCHITECTURE.md does not allow",
                package.name, used.name
            )
        })
    }));
}

#[test]
fn the_table_is_read_as_it_is_written() {
    let document = format!(
        "# X\n\n{HEAD}\n|---|---|\n| `a`, `b` | nothing |\n| `c` | `a` |\n| `d` | all of the above but `b` |\n\n| `e` | `f` |\n"
    );
    let rows: Vec<_> =
        table(&document).into_iter().map(|(name, used)| (name, Vec::from_iter(used))).collect();
    let expected: [(&str, &[&str]); 4] = [("a", &[]), ("b", &[]), ("c", &["a"]), ("d", &["a", "c"])];
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, used)| {
            ((*name).to_owned(), used.iter().map(|used| (*used).to_owned()).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(rows, expected);
}
