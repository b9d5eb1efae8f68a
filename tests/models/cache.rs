//! When AWS is asked, and when not.

mod killed;
mod long_running;
mod together;
mod unreachable;
mod unusable;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::{calls, each, list_at};
use crate::support::{Emulator, Home, Outcrop};

#[track_caller]
fn listed(home: &Home, emulator: &Emulator, args: &[&str]) -> Value {
    list_at(home, emulator, args).arg("--json").run().succeeds().json()
}

/// How often both lists were asked for.
#[track_caller]
fn listings(emulator: &Emulator) -> usize {
    let models = calls(emulator, "ListFoundationModels");
    assert_eq!(calls(emulator, "ListInferenceProfiles"), models);
    models
}

#[test]
fn a_known_list_is_not_asked_for_again_until_somebody_wants_it() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let live = listed(&home, &emulator, &[]);
    let cached = listed(&home, &emulator, &[]);
    assert_eq!(listings(&emulator), 1);
    assert_eq!((&live["freshness"], &cached["freshness"]), (&"live".into(), &"cached".into()));
    assert_eq!((&live["models"], &live["takenAt"]), (&cached["models"], &cached["takenAt"]));
    let fresh = listed(&home, &emulator, &["--refresh"]);
    assert_eq!((listings(&emulator), &fresh["freshness"]), (2, &"live".into()));
}

#[test]
fn asking_uses_the_known_list() {
    let (emulator, home) = (Emulator::start(), Home::new());
    listed(&home, &emulator, &[]);
    Outcrop::at(&home, ["ask", "Hello"]).via(&emulator).run().succeeds();
    assert_eq!((listings(&emulator), calls(&emulator, "ConverseStream")), (1, 1));
}

#[test]
fn an_interval_of_zero_keeps_nothing() {
    let (emulator, home) = (Emulator::start(), Home::new());
    for _ in 0..2 {
        let found = listed(&home, &emulator, &["--set", "models.bedrockDiscovery.refreshInterval=0"]);
        assert_eq!(found["freshness"], "live");
    }
    assert_eq!(listings(&emulator), 2);
    assert_eq!(files(&home), [] as [PathBuf; 0]);
}

#[test]
fn callers_and_regions_have_lists_of_their_own() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let here = listed(&home, &emulator, &[]);
    let there = listed(&home, &emulator, &["--region", "eu-west-1"]);
    assert_eq!((listings(&emulator), &there["freshness"]), (2, &"live".into()));
    assert_ne!(each(&here, "id"), each(&there, "id"));
    let with_api_key = Outcrop::at(&home, ["models", "list", "--json"])
        .via(&emulator)
        .env("AWS_BEARER_TOKEN_BEDROCK", "outcrop-emulator-token")
        .run()
        .succeeds()
        .json();
    assert_eq!((listings(&emulator), &with_api_key["freshness"]), (3, &"live".into()));
    assert_eq!(listed(&home, &emulator, &[])["freshness"], "cached");
}

#[test]
fn a_list_is_asked_for_again_when_it_is_too_old() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let before = listed(&home, &emulator, &[]);
    set_back(&home, Duration::from_mins(59));
    assert_eq!(
        (listed(&home, &emulator, &[])["freshness"].as_str(), listings(&emulator)),
        (Some("cached"), 1)
    );
    let shorter = ["--set", "models.bedrockDiscovery.refreshInterval=3000"];
    assert_eq!(
        (listed(&home, &emulator, &shorter)["freshness"].as_str(), listings(&emulator)),
        (Some("live"), 2)
    );
    set_back(&home, Duration::from_mins(61));
    let after = listed(&home, &emulator, &[]);
    assert_eq!((after["freshness"].as_str(), listings(&emulator)), (Some("live"), 3));
    assert_eq!(after["models"], before["models"]);
}

#[test]
fn a_list_of_a_time_to_come_is_no_list() {
    let (emulator, home) = (Emulator::start(), Home::new());
    listed(&home, &emulator, &[]);
    change_times(&home, |taken_at| taken_at + 7_200_000);
    let after = listed(&home, &emulator, &[]);
    assert_eq!((after["freshness"].as_str(), listings(&emulator)), (Some("live"), 2));
    assert_eq!(listed(&home, &emulator, &[])["freshness"], "cached");
}

#[test]
fn a_home_that_cannot_be_written_is_no_obstacle() {
    let (emulator, home) = (Emulator::start(), Home::new());
    // A file where the folder should be stops everybody, the superuser included.
    std::fs::File::create(home.cache().join("outcrop")).unwrap();
    for _ in 0..2 {
        assert_eq!(listed(&home, &emulator, &[])["freshness"], "live");
    }
}

/// The lists that are kept.
fn files(home: &Home) -> Vec<PathBuf> {
    let folder = fs::read_dir(folder(home));
    let paths = folder.into_iter().flatten().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

/// The one list that is kept.
#[track_caller]
fn file(home: &Home) -> PathBuf {
    let [file] = files(home).try_into().expect("one list is kept");
    file
}

/// Where the lists are kept.
fn folder(home: &Home) -> PathBuf {
    home.cache().join("outcrop")
}

/// Makes everything that is kept older.
#[track_caller]
fn set_back(home: &Home, age: Duration) {
    let age = u64::try_from(age.as_millis()).unwrap();
    change_times(home, |taken_at| taken_at - age);
}

/// Changes the times, in milliseconds, at which the lists that are kept were taken.
#[track_caller]
fn change_times(home: &Home, change: impl Fn(u64) -> u64) {
    for file in files(home) {
        let mut content = read(&file);
        let mut changed = 0;
        for list in ["foundationModels", "inferenceProfiles"] {
            let Some(taken_at) = content["rows"][list]["takenAt"].as_u64() else { continue };
            content["rows"][list]["takenAt"] = change(taken_at).into();
            changed += 1;
        }
        assert_ne!(changed, 0, "{} has no times", file.display());
        write(&file, content.to_string().as_bytes());
    }
}

#[track_caller]
fn read(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

#[track_caller]
fn write(path: &Path, content: &[u8]) {
    fs::File::create(path).unwrap().write_all(content).unwrap();
}
