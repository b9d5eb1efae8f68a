//! Many processes that want the same list at the same time.

use serde_json::json;

use super::{Emulator, Home, listed, listings};
use crate::models::{calls, list_at};
use crate::support::Started;

/// How many processes there are.
const PROCESSES: usize = 10;

/// What a process says under `-v` that asks AWS.
const ASKS: &str = "asking AWS";
/// What a process says under `-v` that waits for one that asks.
const WAITS: &str = "waiting for another process";

/// Holds the answers to both lists until they are released; those to further requests come at once.
#[track_caller]
pub(super) fn hold_the_lists(emulator: &Emulator) {
    let rule = |operation| json!({ "match": { "operation": operation, "nth": 1 }, "fault": { "type": "slowFirstByte" } });
    emulator.scenario(&json!({ "rules": [rule("ListFoundationModels"), rule("ListInferenceProfiles")] }));
}

/// Starts `outcrop models list ARGS…` and lets it talk about what it does.
#[track_caller]
fn start(home: &Home, emulator: &Emulator, args: &[&str]) -> Started {
    list_at(home, emulator, args).arg("-v").start()
}

/// Waits until a process asks AWS or waits for another one; says whether it asks.
#[track_caller]
fn asks(process: &mut Started) -> bool {
    process.wait_for("it asked or waited", |line| {
        (line.contains(ASKS) || line.contains(WAITS)).then(|| line.contains(ASKS))
    })
}

#[test]
fn ten_processes_with_nothing_at_hand_ask_once() {
    let (emulator, home) = (Emulator::start(), Home::new());
    hold_the_lists(&emulator);
    let mut processes: Vec<_> = (0..PROCESSES).map(|_| start(&home, &emulator, &[])).collect();
    let asking: Vec<_> = processes.iter_mut().map(asks).collect();
    assert_eq!(asking.iter().filter(|asks| **asks).count(), 1, "{asking:?}");
    // All of them have come as far as they can: one has its requests out, and nine know that.
    emulator.wait_for_many("response_held", 2);
    emulator.release();

    let finished: Vec<_> = processes.into_iter().map(|process| process.finish().succeeds()).collect();
    assert_eq!(listings(&emulator), 1);
    let expected = list_at(&home, &emulator, &[]).run().succeeds();
    assert!(expected.stdout.lines().count() > 50, "{}", expected.stdout);
    for run in &finished {
        assert_eq!(run.stdout, expected.stdout);
        assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    }
}

/// A list that was under way before is no answer to somebody who wants a new one: it may be older than what he knows. But
/// one answer is good for all who have been waiting for it.
#[test]
fn those_who_want_a_new_list_share_the_first_that_is_new_to_all_of_them() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let before = listed(&home, &emulator, &[]);
    emulator.forget_requests();
    hold_the_lists(&emulator);
    let mut first = start(&home, &emulator, &["--refresh", "--json"]);
    assert!(asks(&mut first));
    emulator.wait_for_many("response_held", 2);
    let mut others: Vec<_> =
        (1..PROCESSES).map(|_| start(&home, &emulator, &["--refresh", "--json"])).collect();
    for other in &mut others {
        assert!(!asks(other), "the lists are being asked for");
    }
    emulator.release();

    let first = first.finish().succeeds().json();
    let others: Vec<_> = others.into_iter().map(|other| other.finish().succeeds().json()).collect();
    assert_eq!(listings(&emulator), 2, "one for the first, and one for all who came later");
    assert_eq!(first["freshness"], "live");
    for other in &others {
        assert_eq!((&other["models"], &other["problems"]), (&before["models"], &json!([])));
        assert_eq!(other["takenAt"], others[0]["takenAt"]);
    }
    let live = others.iter().filter(|other| other["freshness"] == "live").count();
    assert_eq!(live, 1, "whoever asked has it live, and the others have it from him");
}

#[test]
fn whoever_waits_takes_over_from_a_process_that_is_killed() {
    let (emulator, home) = (Emulator::start(), Home::new());
    hold_the_lists(&emulator);
    let mut first = start(&home, &emulator, &[]);
    assert!(asks(&mut first));
    emulator.wait_for_many("response_held", 2);
    let mut second = start(&home, &emulator, &[]);
    assert!(!asks(&mut second));
    first.kill();
    assert!(second.finish().succeeds().stdout.lines().count() > 50);
    assert_eq!(listings(&emulator), 2);
}

/// What one of them was not told, each finds out for himself, and not one after the other.
#[test]
fn after_a_failure_nobody_waits_for_the_next_one() {
    let (emulator, home) = (Emulator::start(), Home::new());
    emulator.scenario(&json!({ "rules": [{ "fault": { "type": "slowFirstByte" } }] }));
    let mut first = start(&home, &emulator, &[]);
    assert!(asks(&mut first));
    emulator.wait_for_many("response_held", 2);
    let mut others = [(); 3].map(|()| start(&home, &emulator, &[]));
    for other in &mut others {
        assert!(!asks(other));
    }
    first.kill();
    // All of them ask at the same time: nothing was released yet.
    emulator.wait_for_many("response_held", 2 + 2 * others.len());
    emulator.release();
    for other in others {
        assert!(other.finish().succeeds().stdout.lines().count() > 50);
    }
}

#[test]
fn different_regions_do_not_wait_for_each_other() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let held = |operation| json!({ "match": { "operation": operation, "region": "eu-west-1" }, "fault": { "type": "slowFirstByte" } });
    emulator.scenario(&json!({ "rules": [held("ListFoundationModels"), held("ListInferenceProfiles")] }));
    let mut there = start(&home, &emulator, &["--region", "eu-west-1"]);
    assert!(asks(&mut there));
    emulator.wait_for_many("response_held", 2);
    assert_eq!(listed(&home, &emulator, &[])["freshness"], "live");
    emulator.release();
    there.finish().succeeds();
    assert_eq!(calls(&emulator, "ListFoundationModels"), 2);
}
