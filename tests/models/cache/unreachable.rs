//! AWS does not answer, or answers with a failure: what is known is shown, with its age.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Emulator, Home, listed, listings, set_back};
use crate::models::{each, list_at};
use crate::support::Outcrop;

/// One attempt is enough where no answer is better than the first.
const ATTEMPTS: &str = "AWS_MAX_ATTEMPTS";
/// Nothing is kept, and nothing that is kept is used.
const KEEP_NOTHING: [&str; 2] = ["--set", "models.bedrockDiscovery.refreshInterval=0"];

/// An account that was listed three hours ago.
fn three_hours_ago() -> (Emulator, Home, Value) {
    let (emulator, home) = (Emulator::start(), Home::new());
    let before = listed(&home, &emulator, &[]);
    set_back(&home, Duration::from_mins(200));
    (emulator, home, before)
}

/// A run of `outcrop models list` that asks once.
fn once(home: &Home, emulator: &Emulator, args: &[&str]) -> Outcrop {
    list_at(home, emulator, args).env(ATTEMPTS, "1")
}

#[test]
fn without_aws_an_old_list_is_shown_with_its_age() {
    let (emulator, home, before) = three_hours_ago();
    let as_json = once(&home, &emulator, &["--json"]);
    let as_text = once(&home, &emulator, &["--plain"]);
    let filtered = once(&home, &emulator, &["--json", "nova-lite"]);
    drop(emulator);

    let run = as_json.run().succeeds();
    let stale = run.json();
    assert_eq!((run.stderr.as_str(), &stale["freshness"]), ("", &json!("stale")));
    assert_eq!(stale["models"], before["models"]);
    assert_ne!(stale["takenAt"], before["takenAt"], "the time is that of the list that is shown");
    let problems = stale["problems"].as_array().unwrap();
    assert!(!problems.is_empty());
    for problem in problems {
        assert_eq!(problem["region"], "us-east-1");
        assert_eq!(problem["code"], "Network", "{problem}");
        let message = problem["message"].as_str().unwrap();
        assert!(message.ends_with("; what is shown is 3 hours old"), "{message}");
    }

    let run = as_text.run().succeeds();
    assert_eq!(run.stdout.lines().collect::<Vec<_>>(), each(&before, "key"));
    assert_eq!(run.stderr.lines().count(), problems.len(), "{}", run.stderr);
    for line in run.stderr.lines() {
        assert!(line.starts_with("warning: ") && line.contains("what is shown is 3 hours old"), "{line}");
    }
    assert!(!each(&filtered.run().succeeds().json(), "id").is_empty());
}

#[test]
fn without_aws_a_fresh_list_is_enough() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let before = listed(&home, &emulator, &[]);
    let run = list_at(&home, &emulator, &["--json"]);
    drop(emulator);
    let cached = run.run().succeeds().json();
    assert_eq!((&cached["freshness"], &cached["problems"]), (&json!("cached"), &json!([])));
    assert_eq!(cached["models"], before["models"]);
}

#[test]
fn without_aws_and_without_a_list_there_is_nothing_to_show() {
    let (emulator, home, _) = three_hours_ago();
    let runs =
        [once(&home, &emulator, &["--json"]).args(&KEEP_NOTHING), once(&Home::new(), &emulator, &["--json"])];
    drop(emulator);
    for run in runs {
        let run = run.run().exits_with(9);
        assert_eq!(run.stdout, "");
        assert_eq!(run.error_json()["error"]["kind"], "Network", "{}", run.stderr);
    }
}

#[test]
fn without_aws_what_is_configured_is_still_listed() {
    let emulator = Emulator::start();
    let manual = "models.providers.amazon-bedrock.models=[{ id: 'us.amazon.nova-lite-v1:0' }]";
    let run = once(&Home::new(), &emulator, &["--json", "--set", manual]);
    drop(emulator);
    let found = run.run().succeeds().json();
    assert_eq!(each(&found, "id"), ["us.amazon.nova-lite-v1:0"]);
    assert_eq!(found["problems"][0]["code"], "Network", "{}", found["problems"]);
}

/// What AWS may answer, and what that leads to where there is no list.
fn failures() -> [(Value, &'static str, i32); 4] {
    let error = |status: u16, code: &str| json!({ "type": "error", "status": status, "code": code, "message": "Not now." });
    [
        (json!({ "type": "throttle" }), "ThrottlingException", 8),
        (error(500, "InternalServerException"), "InternalServerException", 9),
        (error(503, "ServiceUnavailableException"), "ServiceUnavailableException", 9),
        (error(403, "AccessDeniedException"), "AccessDeniedException", 4),
    ]
}

#[test]
fn if_aws_fails_an_old_list_is_shown_with_the_reason() {
    for (fault, code, _) in failures() {
        let (emulator, home, before) = three_hours_ago();
        emulator.scenario(&json!({ "rules": [{ "fault": fault }] }));
        let stale = once(&home, &emulator, &["--json"]).run().succeeds().json();
        assert_eq!((&stale["freshness"], &stale["models"]), (&json!("stale"), &before["models"]), "{code}");
        let problems = stale["problems"].as_array().unwrap();
        let sources: Vec<_> = problems.iter().map(|problem| problem["source"].as_str().unwrap()).collect();
        assert_eq!(sources.join(", "), "ListFoundationModels, ListInferenceProfiles", "{code}");
        for problem in problems {
            assert_eq!(problem["code"], code, "{problem}");
            let message = problem["message"].as_str().unwrap();
            assert!(message.ends_with("; what is shown is 3 hours old"), "{message}");
        }
        // A failure is nothing to keep: as soon as AWS answers, the list is new.
        emulator.scenario(&json!({ "rules": [] }));
        let live = listed(&home, &emulator, &[]);
        assert_eq!((&live["freshness"], &live["problems"]), (&json!("live"), &json!([])), "{code}");
    }
}

#[test]
fn if_aws_fails_and_nothing_may_be_kept_that_is_the_answer() {
    for (fault, code, exit) in failures() {
        let (emulator, home, _) = three_hours_ago();
        emulator.scenario(&json!({ "rules": [{ "fault": fault }] }));
        let run = once(&home, &emulator, &["--json"]).args(&KEEP_NOTHING).run().exits_with(exit);
        assert_eq!((run.stdout.as_str(), &run.error_json()["error"]["code"]), ("", &json!(code)));
    }
}

#[test]
fn throttling_that_passes_is_not_noticed() {
    let (emulator, home) = (Emulator::start(), Home::new());
    emulator.scenario(&json!({ "rules": [{ "times": 1, "fault": { "type": "throttle" } }] }));
    let found = listed(&home, &emulator, &[]);
    assert_eq!((&found["freshness"], &found["problems"]), (&json!("live"), &json!([])));
    assert_eq!(emulator.requests().len(), 3, "two lists, one of them asked for twice");
}

/// Each list is of its own age: one that fails does not make the other old.
#[test]
fn if_profiles_are_denied_the_old_ones_are_shown_with_the_new_models() {
    let (emulator, home, before) = three_hours_ago();
    let denied = json!({ "type": "error", "status": 403, "code": "AccessDeniedException", "message": "No." });
    let rule = json!({ "match": { "operation": "ListInferenceProfiles" }, "fault": denied });
    emulator.scenario(&json!({ "rules": [rule] }));
    for asked in 2..4 {
        let stale = listed(&home, &emulator, &[]);
        assert_eq!((&stale["freshness"], &stale["models"]), (&json!("stale"), &before["models"]));
        let [problem] = stale["problems"].as_array().unwrap().as_slice() else {
            panic!("{}", stale["problems"])
        };
        assert_eq!(problem["source"], "ListInferenceProfiles");
        assert!(
            problem["message"].as_str().unwrap().ends_with("; what is shown is 3 hours old"),
            "{problem}"
        );
        assert_eq!(super::calls(&emulator, "ListInferenceProfiles"), asked, "it is tried again each time");
        assert_eq!(super::calls(&emulator, "ListFoundationModels"), 2, "this one is new, and kept");
    }
    emulator.scenario(&json!({ "rules": [] }));
    assert_eq!(listed(&home, &emulator, &[])["problems"], json!([]));
    assert_eq!(listings_of_both(&emulator), (2, 4));
    assert_eq!(listed(&home, &emulator, &[])["freshness"], "cached");
}

fn listings_of_both(emulator: &Emulator) -> (usize, usize) {
    (super::calls(emulator, "ListFoundationModels"), super::calls(emulator, "ListInferenceProfiles"))
}

#[test]
fn asking_waits_for_nobody() {
    let (emulator, home, _) = three_hours_ago();
    let rule = |operation| json!({ "match": { "operation": operation }, "fault": { "type": "stall" } });
    emulator.scenario(&json!({ "rules": [rule("ListFoundationModels"), rule("ListInferenceProfiles")] }));
    let run = Outcrop::at(&home, ["ask", "-m", "anthropic.claude-sonnet-4-6", "Hello"])
        .via(&emulator)
        .run()
        .succeeds();
    assert!(run.stderr.starts_with("note: "), "{}", run.stderr);
    assert_eq!(listings(&emulator), 1, "the old list is good enough to know what an id means");
}
