//! One region is down, or says no: the other one is none the worse.

use serde_json::{Value, json};

use super::{BOTH, HERE, THERE, called_in, found_in, ids, list, listed};
use crate::support::{Emulator, Home, Outcrop};

/// Makes every request to a region fail, on both planes.
#[track_caller]
fn break_region(emulator: &Emulator, region: &str, fault: &Value) {
    emulator.scenario(&json!({ "rules": [{ "match": { "region": region }, "fault": fault }] }));
}

/// What a region may do to a request, and the codes of the problem.
fn faults() -> [(Value, &'static str); 3] {
    let error = |status: u16, code: &str| json!({ "type": "error", "status": status, "code": code, "message": "No." });
    [
        (json!({ "type": "reset" }), "Network"),
        (error(503, "ServiceUnavailableException"), "ServiceUnavailableException"),
        // A region that the account has not turned on answers so.
        (error(403, "UnrecognizedClientException"), "UnrecognizedClientException"),
    ]
}

/// The problems of a list, each with its region.
#[track_caller]
fn problems(list: &Value) -> Vec<(&str, &str)> {
    let problems = list["problems"].as_array().unwrap().iter();
    problems.map(|it| (it["region"].as_str().unwrap(), it["code"].as_str().unwrap())).collect()
}

#[test]
fn what_the_other_region_has_is_listed_with_the_problem() {
    for (fault, code) in faults() {
        for (down, up) in [(THERE, HERE), (HERE, THERE)] {
            let (emulator, home) = (Emulator::start(), Home::new());
            break_region(&emulator, down, &fault);
            let run = list(&home, &emulator, &BOTH).env("AWS_MAX_ATTEMPTS", "1").run().succeeds();
            let found = run.json();
            assert_eq!(found_in(&found, up).len(), ids(&found).len(), "{code}");
            assert!(ids(&found).len() > 50, "{code}");
            assert!(!problems(&found).is_empty());
            assert!(problems(&found).iter().all(|problem| *problem == (down, code)), "{}", found["problems"]);

            let run = Outcrop::at(&home, ["models", "list", "--plain"]).args(&BOTH).via(&emulator);
            let run = run.env("AWS_MAX_ATTEMPTS", "1").run().succeeds();
            assert_eq!(run.stdout.lines().count(), ids(&found).len());
            for line in run.stderr.lines() {
                assert!(
                    line.starts_with("warning: ") && line.contains(&format!(" in {down}: {code}")),
                    "{line}"
                );
            }
            assert_eq!(called_in(&emulator, "ListFoundationModels"), expected_calls(down, up), "{code}");
        }
    }
}

/// The region that is down was asked twice, the other one once: it is kept.
fn expected_calls(down: &str, up: &str) -> Vec<String> {
    let mut calls = vec![down.to_owned(), down.to_owned(), up.to_owned()];
    calls.sort();
    calls
}

#[test]
fn a_region_that_is_up_again_is_listed_again() {
    let (emulator, home) = (Emulator::start(), Home::new());
    break_region(&emulator, THERE, &faults()[1].0);
    list(&home, &emulator, &BOTH).env("AWS_MAX_ATTEMPTS", "1").run().succeeds();
    emulator.scenario(&json!({ "rules": [] }));
    emulator.forget_requests();
    let found = listed(&home, &emulator);
    assert_eq!(
        (problems(&found), called_in(&emulator, "ListFoundationModels")),
        (vec![], vec![THERE.to_owned()])
    );
    assert!(found_in(&found, THERE).len() > 50);
}

#[test]
fn a_region_that_goes_down_keeps_what_was_known_of_it() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let before = listed(&home, &emulator);
    break_region(&emulator, THERE, &faults()[1].0);
    let run = list(&home, &emulator, &BOTH).arg("--refresh").env("AWS_MAX_ATTEMPTS", "1").run().succeeds();
    let found = run.json();
    assert_eq!((&found["models"], &found["freshness"]), (&before["models"], &json!("stale")));
    assert_eq!(found["takenAt"], before["takenAt"], "a list is as old as its oldest part");
    assert!(problems(&found).iter().all(|(region, _)| *region == THERE), "{}", found["problems"]);
}

#[test]
fn without_any_region_there_is_no_list() {
    let (emulator, home) = (Emulator::start(), Home::new());
    emulator.scenario(&json!({ "rules": [{ "fault": faults()[1].0 }] }));
    let run = list(&home, &emulator, &BOTH).env("AWS_MAX_ATTEMPTS", "1").run().exits_with(9);
    assert_eq!((run.stdout.as_str(), &run.error_json()["error"]["kind"]), ("", &json!("Unavailable")));
}

#[test]
fn what_is_called_in_the_other_region_does_not_need_the_one_that_is_down() {
    let (emulator, home) = (Emulator::start(), Home::new());
    listed(&home, &emulator);
    break_region(&emulator, HERE, &json!({ "type": "reset" }));
    emulator.forget_requests();
    let run =
        Outcrop::at(&home, ["ask", "-m", "eu.amazon.nova-lite-v1:0", "Hello"]).args(&BOTH).via(&emulator);
    assert_eq!(run.run().succeeds().stderr, "");
    assert_eq!(called_in(&emulator, "ConverseStream"), [THERE]);
}
