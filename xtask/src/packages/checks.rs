//! What a package must have before a registry takes it, and what it must not have.

use std::collections::BTreeSet;

use super::{Entry, Manifest};

/// The longest file. The table of model facts is the longest that there is.
const LONGEST_FILE: u64 = 512 * 1024;
/// The largest archive: a tenth of what crates.io takes.
const LARGEST_ARCHIVE: u64 = 1024 * 1024;
/// crates.io takes this many keywords and categories, and keywords of this many characters.
const MOST_WORDS: usize = 5;
const LONGEST_KEYWORD: usize = 20;
/// What belongs to our tests: parts of paths.
const JUNK: [&str; 7] =
    ["snapshots/", ".snap", "tests-data/", "fixtures/", "proptest-regressions", "fuzz", "corpus"];

/// Everything that is wrong with a package, a line each.
pub(super) fn problems(manifest: &Manifest, readme: &str, entries: &[Entry], archive: u64) -> Vec<String> {
    let mut problems = metadata(manifest);
    problems.extend(files(entries, archive));
    problems.extend(readme_of(manifest, readme));
    problems.into_iter().map(|problem| format!("{}: {problem}", manifest.name)).collect()
}

fn metadata(manifest: &Manifest) -> Vec<String> {
    let given = |field: &Option<String>| field.as_deref().is_some_and(|text| !text.trim().is_empty());
    let features_documented =
        manifest.metadata.pointer("/docs/rs/all-features") == Some(&serde_json::Value::Bool(true));
    let missing = [
        ("description", given(&manifest.description)),
        ("license", given(&manifest.license)),
        ("rust-version", given(&manifest.rust_version)),
        ("documentation or repository", given(&manifest.documentation) || given(&manifest.repository)),
        ("readme = \"README.md\"", manifest.readme.as_deref() == Some("README.md")),
        ("keywords", !manifest.keywords.is_empty()),
        ("categories", !manifest.categories.is_empty()),
        ("[package.metadata.docs.rs] all-features = true", features_documented),
    ];
    let missing = missing.into_iter().filter(|(_, is_there)| !is_there);
    let mut problems: Vec<String> = missing.map(|(what, _)| format!("Cargo.toml has no `{what}`")).collect();
    for (what, words) in [("keywords", &manifest.keywords), ("categories", &manifest.categories)] {
        if words.len() > MOST_WORDS {
            problems.push(format!("Cargo.toml has {} {what}; {MOST_WORDS} are allowed", words.len()));
        }
    }
    let is_keyword = |word: &str| {
        word.len() <= LONGEST_KEYWORD
            && word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word.chars().all(|it| it.is_ascii_alphanumeric() || "-_+".contains(it))
    };
    let strange = manifest.keywords.iter().filter(|word| !is_keyword(word));
    problems.extend(strange.map(|word| format!("`{word}` is no keyword that a registry takes")));
    let of_ours = manifest.dependencies.iter().filter(|it| it.path.is_some());
    let unversioned = of_ours.filter(|it| it.kind.as_deref() != Some("dev") && it.req == "*");
    problems.extend(unversioned.map(|it| format!("the dependency `{}` has a path and no version", it.name)));
    problems
}

fn files(entries: &[Entry], archive: u64) -> Vec<String> {
    let mut problems = Vec::new();
    for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "Cargo.toml"] {
        if !entries.iter().any(|entry| entry.path == file && entry.bytes > 0) {
            problems.push(format!("the package has no `{file}`"));
        }
    }
    for Entry { path, bytes } in entries {
        if JUNK.iter().any(|junk| path.contains(junk)) {
            problems.push(format!("`{path}` is for our tests only: add it to `exclude`"));
        }
        if *bytes > LONGEST_FILE {
            problems.push(format!("`{path}` has {bytes} bytes; {LONGEST_FILE} are allowed"));
        }
    }
    if archive > LARGEST_ARCHIVE {
        problems.push(format!("the archive has {archive} bytes; {LARGEST_ARCHIVE} are allowed"));
    }
    problems
}

fn readme_of(manifest: &Manifest, readme: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if !readme.starts_with(&format!("# {}\n", manifest.name)) {
        problems.push("README.md does not begin with the name of the crate".to_owned());
    }
    if let Some(documentation) = &manifest.documentation
        && !readme.contains(documentation.as_str())
    {
        problems.push(format!("README.md has no link to {documentation}"));
    }
    let targets = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let relative = targets.filter(|target| !target.starts_with("https://") && !target.starts_with('#'));
    problems.extend(relative.map(|target| format!("README.md links to `{target}`, which no registry has")));
    let told = features_in(readme);
    let features = || manifest.features.keys().map(String::as_str).filter(|name| *name != "default");
    for feature in features().filter(|feature| !told.contains(feature)) {
        problems.push(format!("README.md has no row for the feature `{feature}`"));
    }
    for feature in told.iter().filter(|told| !features().any(|feature| feature == **told)) {
        problems.push(format!("README.md tells of a feature `{feature}`, which there is not"));
    }
    problems
}

/// The first cells of the table below `| feature |`.
fn features_in(readme: &str) -> BTreeSet<&str> {
    let table = readme.split_once("\n| feature |").map_or("", |(_, table)| table);
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.split('`').nth(1)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn manifest(change: impl FnOnce(&mut Value)) -> Manifest {
        let mut manifest = json!({
            "name": "good", "version": "1.0.0", "description": "Does good.", "license": "MIT", "readme": "README.md",
            "documentation": "https://docs.rs/good", "repository": null, "rust_version": "1.95",
            "keywords": ["good"], "categories": ["filesystem"], "publish": null, "features": { "default": [], "fast": [] },
            "dependencies": [{ "name": "serde", "req": "^1", "kind": null, "path": null }],
            "metadata": { "docs": { "rs": { "all-features": true } } },
        });
        change(&mut manifest);
        serde_json::from_value(manifest).unwrap()
    }

    const README: &str = "# good\n\n[Docs](https://docs.rs/good)\n\n| feature | |\n|---|---|\n| `fast` | Quicker. |\n\n`slow`\n";

    fn entries(further: &[(&str, u64)]) -> Vec<Entry> {
        let usual = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"];
        let entry = |(path, bytes): (&str, u64)| Entry { path: path.to_owned(), bytes };
        usual.iter().map(|path| (*path, 1)).chain(further.iter().copied()).map(entry).collect()
    }

    /// What is said of a manifest that is good but for one thing.
    fn said(change: impl FnOnce(&mut Value)) -> Vec<String> {
        problems(&manifest(change), README, &entries(&[]), 1)
    }

    #[test]
    fn a_good_package_has_no_problem() {
        assert_eq!(said(|_| {}), [""; 0]);
        assert_eq!(said(|it| it["dependencies"][0]["path"] = json!("/x")), [""; 0]);
    }

    #[test]
    fn what_a_manifest_lacks_is_said_in_a_line_each() {
        for (field, name) in [
            ("description", "description"),
            ("license", "license"),
            ("rust_version", "rust-version"),
            ("documentation", "documentation or repository"),
            ("readme", "readme = \"README.md\""),
        ] {
            assert_eq!(said(|it| it[field] = Value::Null), [format!("good: Cargo.toml has no `{name}`")]);
        }
        assert_eq!(said(|it| it["keywords"] = json!([])), ["good: Cargo.toml has no `keywords`"]);
        assert_eq!(said(|it| it["categories"] = json!([])), ["good: Cargo.toml has no `categories`"]);
        let undocumented = said(|it| it["metadata"] = Value::Null);
        assert_eq!(
            undocumented,
            ["good: Cargo.toml has no `[package.metadata.docs.rs] all-features = true`"]
        );
    }

    #[test]
    fn keywords_are_those_that_a_registry_takes() {
        let six = said(|it| it["keywords"] = json!(["a", "b", "c", "d", "e", "f"]));
        assert_eq!(six, ["good: Cargo.toml has 6 keywords; 5 are allowed"]);
        for word in ["two words", "1st", "a-word-of-more-than-twenty"] {
            let problem = format!("good: `{word}` is no keyword that a registry takes");
            assert_eq!(said(|it| it["keywords"] = json!([word])), [problem]);
        }
    }

    #[test]
    fn a_path_without_a_version_is_for_development_only() {
        let local = |kind: Value| {
            said(move |it| {
                it["dependencies"][0] = json!({ "name": "ours", "req": "*", "kind": kind, "path": "/x" });
            })
        };
        assert_eq!(local(Value::Null), ["good: the dependency `ours` has a path and no version"]);
        assert_eq!(local(json!("build")), ["good: the dependency `ours` has a path and no version"]);
        assert_eq!(local(json!("dev")), [""; 0]);
    }

    #[test]
    fn junk_and_giants_are_found_by_their_paths() {
        let said = |path: &str, bytes| problems(&manifest(|_| {}), README, &entries(&[(path, bytes)]), 1);
        for path in
            ["src/snapshots/a.snap", "tests-data/x.json", "proptest-regressions/x.txt", "fuzz/corpus/1"]
        {
            assert_eq!(said(path, 1), [format!("good: `{path}` is for our tests only: add it to `exclude`")]);
        }
        assert_eq!(said("src/big.rs", 524_289), ["good: `src/big.rs` has 524289 bytes; 524288 are allowed"]);
        let archive = problems(&manifest(|_| {}), README, &entries(&[]), 1_048_577);
        assert_eq!(archive, ["good: the archive has 1048577 bytes; 1048576 are allowed"]);
    }

    #[test]
    fn a_file_that_must_be_there_is_missed() {
        for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
            let left: Vec<Entry> = entries(&[]).into_iter().filter(|entry| entry.path != file).collect();
            assert_eq!(
                problems(&manifest(|_| {}), README, &left, 1),
                [format!("good: the package has no `{file}`")]
            );
        }
    }

    #[test]
    fn the_readme_tells_of_the_features_that_there_are() {
        let said = |readme: &str| problems(&manifest(|_| {}), readme, &entries(&[]), 1);
        assert_eq!(
            said(&README.replace("fast", "slow")),
            [
                "good: README.md has no row for the feature `fast`",
                "good: README.md tells of a feature `slow`, which there is not"
            ]
        );
        assert_eq!(
            said(&README.replace("# good", "# bad")),
            ["good: README.md does not begin with the name of the crate"]
        );
        assert_eq!(
            said(&README.replace("https://docs.rs/good", "../x")),
            [
                "good: README.md has no link to https://docs.rs/good",
                "good: README.md links to `../x`, which no registry has"
            ]
        );
    }
}
