//! Files in the place of the list that are none, or none any more: each is survived with one warning.

use std::fs;

use serde_json::{Value, json};

use super::{Emulator, Home, file, listed, listings, read, write};
use crate::models::list_at;

/// An account whose list is kept.
struct Kept {
    emulator: Emulator,
    home: Home,
    list: Value,
}

impl Kept {
    #[track_caller]
    fn start() -> Self {
        let (emulator, home) = (Emulator::start(), Home::new());
        let list = listed(&home, &emulator, &[]);
        Self { emulator, home, list }
    }

    /// Asserts that a file with this content gets one warning with these words, as text and as JSON, that the list is right
    /// all the same, and that the file is good again afterwards.
    #[track_caller]
    fn survives(&self, content: &[u8], code: &str, words: &str) {
        let Self { emulator, home, list } = self;
        let (file, row) = (file(home), format!("{} bytes", content.len()));
        write(&file, content);
        let run = list_at(home, emulator, &[]).run().succeeds();
        let [warning] = run.stderr.lines().collect::<Vec<_>>().try_into().expect(&run.stderr);
        let path = format!("`{}`", file.display());
        for part in ["warning:", "cache", code, words, &path] {
            assert!(warning.contains(part), "{row}: no {part} in {warning}");
        }
        assert_eq!(run.stdout.lines().count(), 1 + list["models"].as_array().unwrap().len(), "{row}");
        self.is_good(&row);

        write(&file, content);
        let run = list_at(home, emulator, &["--json"]).run().succeeds();
        let found = run.json();
        assert_eq!((run.stderr.as_str(), &found["models"]), ("", &list["models"]), "{row}");
        let problems = found["problems"].as_array().unwrap();
        let [problem] = problems.as_slice() else { panic!("{row}: {problems:#?}") };
        let expected = (&json!("cache"), &json!("us-east-1"), &json!(code));
        assert_eq!((&problem["source"], &problem["region"], &problem["code"]), expected, "{row}");
        assert!(problem["message"].as_str().unwrap().contains(words), "{row}: {problem}");
        self.is_good(&row);
    }

    /// Asserts that nobody has to be asked and nothing is wrong.
    #[track_caller]
    fn is_good(&self, context: &str) {
        let before = listings(&self.emulator);
        let found = listed(&self.home, &self.emulator, &[]);
        assert_eq!((&found["freshness"], &found["problems"]), (&json!("cached"), &json!([])), "{context}");
        assert_eq!((&found["models"], listings(&self.emulator)), (&self.list["models"], before), "{context}");
    }
}

#[test]
fn a_file_that_was_cut_off_anywhere_is_written_anew() {
    let kept = Kept::start();
    let whole = fs::read(file(&kept.home)).unwrap();
    for eighth in 0..8 {
        kept.survives(&whole[..whole.len() * eighth / 8], "damaged", "is damaged: it is written anew");
    }
    kept.survives(&whole[..whole.len() - 1], "damaged", "is damaged: it is written anew");
}

#[test]
fn a_file_with_other_bytes_in_it_is_written_anew() {
    let kept = Kept::start();
    let whole = fs::read(file(&kept.home)).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] = 0xff;
    kept.survives(&flipped, "damaged", "is damaged");
    kept.survives(&[&whole[..], &whole[..]].concat(), "damaged", "is damaged");
    kept.survives(&vec![0; whole.len()], "damaged", "is damaged");
}

#[test]
fn a_file_of_somebody_else_is_written_anew() {
    let kept = Kept::start();
    for theirs in [
        json!({}),
        json!([]),
        json!("text"),
        json!({ "name": "something", "version": "1.0.0", "rows": [] }),
        json!({ "format": "something", "version": 1, "place": {}, "rows": {} }),
    ] {
        kept.survives(theirs.to_string().as_bytes(), "foreign", "is no list of models: it is written anew");
    }
    let mut other_account = read(&file(&kept.home));
    other_account["place"]["identity"] = "somebody".into();
    kept.survives(other_account.to_string().as_bytes(), "foreign", "is about another account or region");
}

#[test]
fn a_file_of_a_version_to_come_is_written_anew() {
    let kept = Kept::start();
    let good = read(&file(&kept.home));
    let version = good["version"].as_u64().unwrap() + 1;
    let with = |field: &str, value: Value| {
        let mut content = good.clone();
        content["version"] = version.into();
        content[field] = value;
        content.to_string()
    };
    for content in [
        with("version", version.into()),
        with("rows", json!([{ "anything": 1 }])),
        with("rows", Value::Null),
        with("place", json!("elsewhere")),
        json!({ "format": good["format"], "version": version }).to_string(),
    ] {
        kept.survives(content.as_bytes(), "foreign", "is of another version: it is written anew");
    }
}

#[test]
fn a_file_whose_rows_are_wrong_is_written_anew() {
    let kept = Kept::start();
    let good = read(&file(&kept.home));
    for rows in
        [json!(null), json!("none"), json!({ "foundationModels": 7 }), json!({ "foundationModels": {} })]
    {
        let mut content = good.clone();
        content["rows"] = rows;
        kept.survives(content.to_string().as_bytes(), "damaged", "is damaged");
    }
}

#[test]
fn a_folder_in_its_place_is_told_and_left_alone() {
    let kept = Kept::start();
    let path = file(&kept.home);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    for _ in 0..2 {
        let run = list_at(&kept.home, &kept.emulator, &[]).run().succeeds();
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(run.stderr.starts_with("warning: cache"), "{}", run.stderr);
        assert!(run.stderr.contains(&format!("`{}` cannot be read", path.display())), "{}", run.stderr);
        let found = listed(&kept.home, &kept.emulator, &[]);
        assert_eq!((&found["freshness"], &found["models"]), (&json!("live"), &kept.list["models"]));
        assert_eq!(found["problems"].as_array().unwrap().len(), 1, "{}", found["problems"]);
        assert_eq!(found["problems"][0]["code"], "unreadable");
    }
    fs::remove_dir(&path).unwrap();
    assert_eq!(listed(&kept.home, &kept.emulator, &[])["problems"], json!([]));
    kept.is_good("without the folder");
}

/// `ask` needs no list: nothing is said, and nothing is in its way.
#[test]
fn asking_is_not_disturbed() {
    let kept = Kept::start();
    let path = file(&kept.home);
    write(&path, b"{");
    let ask = || crate::support::Outcrop::at(&kept.home, ["ask", "-m", "us.amazon.nova-lite-v1:0", "Hello"]);
    assert_eq!(ask().via(&kept.emulator).run().succeeds().stderr, "");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(ask().via(&kept.emulator).run().succeeds().stderr, "");
}
