//! Processes that are killed while they write.
//!
//! The operating system kills them itself, in the middle of a write: a process that writes more to a file than it may
//! gets a signal (`SIGXFSZ`, `setrlimit(2)`) that nobody here catches, so that nothing of it runs any more.
#![cfg(unix)]

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde_json::json;

use super::{Emulator, Home, file, files, folder, listed, listings, read};
use crate::models::list_at;

/// Runs `outcrop models list ARGS…`, which is killed when it has written a few thousand bytes to a file.
#[track_caller]
fn kill_midway(home: &Home, emulator: &Emulator, args: &[&str]) {
    let run = list_at(home, emulator, args).with_limits("ulimit -c 0; ulimit -f 8").run();
    assert_eq!(run.code, None, "a signal ends it: {run:#?}");
}

/// What was begun and never finished.
fn leftovers(home: &Home) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder(home)).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "tmp")).collect()
}

#[test]
fn a_kill_in_the_middle_of_a_write_leaves_the_list_as_it_was() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let before = listed(&home, &emulator, &[]);
    let bytes = fs::read(file(&home)).unwrap();
    kill_midway(&home, &emulator, &["--refresh"]);
    assert_eq!(listings(&emulator), 2, "it had its answer");

    let [leftover] = leftovers(&home).try_into().expect("one file was begun");
    let begun = fs::read(leftover).unwrap();
    assert!(!begun.is_empty() && begun.len() < bytes.len() / 2, "{} of {}", begun.len(), bytes.len());
    assert_eq!(fs::read(file(&home)).unwrap(), bytes);
    let run = list_at(&home, &emulator, &["--json"]).run().succeeds();
    assert_eq!((run.stderr.as_str(), listings(&emulator)), ("", 2));
    let after = run.json();
    assert_eq!((&after["freshness"], &after["problems"]), (&json!("cached"), &json!([])));
    assert_eq!((&after["models"], &after["takenAt"]), (&before["models"], &before["takenAt"]));
    assert_eq!(list_at(&home, &emulator, &[]).run().succeeds().stderr, "");
}

#[test]
fn a_kill_in_the_middle_of_the_first_write_leaves_nothing() {
    let (emulator, home) = (Emulator::start(), Home::new());
    kill_midway(&home, &emulator, &[]);
    assert_eq!((files(&home), leftovers(&home).len()), (vec![], 1));
    let after = listed(&home, &emulator, &[]);
    assert_eq!((&after["freshness"], &after["problems"]), (&json!("live"), &json!([])));
    assert_eq!(listed(&home, &emulator, &[])["freshness"], "cached");
}

#[test]
fn what_killed_processes_leave_does_not_pile_up() {
    let (emulator, home) = (Emulator::start(), Home::new());
    for _ in 0..3 {
        kill_midway(&home, &emulator, &[]);
    }
    let left = leftovers(&home);
    assert_eq!(left.len(), 3);
    // Of two of them nobody can be writing any more.
    for old in &left[..2] {
        let file = fs::File::options().append(true).open(old).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_hours(2)).unwrap();
    }
    listed(&home, &emulator, &[]);
    assert_eq!(leftovers(&home), left[2..]);
    assert!(read(&file(&home))["rows"].is_object());
}
