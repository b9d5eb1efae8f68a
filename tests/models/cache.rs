//! When AWS is asked, and when not.

use std::path::PathBuf;

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
fn a_damaged_cache_is_reported_and_written_anew() {
    let (emulator, home) = (Emulator::start(), Home::new());
    listed(&home, &emulator, &[]);
    let [file]: [PathBuf; 1] = files(&home).try_into().expect("one list");
    std::fs::File::create(file).unwrap();
    let repaired = listed(&home, &emulator, &[]);
    assert_eq!((listings(&emulator), &repaired["freshness"]), (2, &"live".into()));
    assert_eq!(repaired["problems"][0]["source"], "cache", "{}", repaired["problems"]);
    let again = listed(&home, &emulator, &[]);
    assert_eq!((&again["freshness"], &again["problems"]), (&"cached".into(), &serde_json::json!([])));
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
    let folder = std::fs::read_dir(home.cache().join("outcrop"));
    let paths = folder.into_iter().flatten().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}
