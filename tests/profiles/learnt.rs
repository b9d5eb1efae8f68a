//! A bare id that should work, by all that is known, and that AWS refuses all the same.

use serde_json::{Value, json};

use super::{APOSTROPHES, WAYS, ask, called, refuse};
use crate::support::{Emulator, Home, Outcrop};

/// A model with on-demand throughput, by the lists and the table of facts.
const MODEL: &str = "amazon.nova-lite-v1:0";
const PROFILE: &str = "us.amazon.nova-lite-v1:0";

/// Lists everything first, so that nobody can say that the lists were not known.
#[track_caller]
fn list(home: &Home, emulator: &Emulator) {
    let found = Outcrop::at(home, ["models", "list", "--plain"]).via(emulator).run().succeeds();
    let key = format!("amazon-bedrock/{MODEL}");
    assert!(found.stdout.lines().any(|line| line == key), "it is listed by its bare id: {}", found.stdout);
    emulator.forget_requests();
}

#[test]
fn a_refused_id_is_called_through_its_profile_once_and_remembered() {
    for apostrophe in APOSTROPHES {
        for (operation, flags) in WAYS {
            for listed_before in [true, false] {
                let (emulator, home) = (Emulator::start(), Home::new());
                if listed_before {
                    list(&home, &emulator);
                }
                refuse(&emulator, &[MODEL], apostrophe);
                let run = ask(&home, &emulator, MODEL).args(flags).run().succeeds();
                let context = format!("{apostrophe} {operation} {listed_before}: {}", run.stderr);
                assert_eq!(called(&emulator, operation), [MODEL, PROFILE], "{context}");
                let note = format!("note: called `{PROFILE}`: `{MODEL}` needs an inference profile\n");
                assert_eq!(run.stderr, note, "{context}");
                let answer = run.stdout;

                // Another process, and the other way to ask.
                for (operation, flags) in WAYS {
                    emulator.forget_requests();
                    let run = ask(&home, &emulator, MODEL).args(flags).run().succeeds();
                    assert_eq!(called(&emulator, operation), [PROFILE], "{context}");
                    assert_eq!(emulator.requests().len(), 1, "{context}");
                    assert_eq!(run.stdout, answer, "{context}");
                    let note =
                        format!("note: `{MODEL}` is called through the inference profile `{PROFILE}`\n");
                    assert_eq!(run.stderr, note, "{context}");
                }
            }
        }
    }
}

#[test]
fn programs_are_told_what_was_called() {
    for (_, flags) in WAYS {
        let (emulator, home) = (Emulator::start(), Home::new());
        refuse(&emulator, &[MODEL], APOSTROPHES[0]);
        let run = ask(&home, &emulator, MODEL).args(flags).arg("--json").run().succeeds();
        let answer = run.json();
        assert_eq!(
            (run.stderr.as_str(), &answer["model"]),
            ("", &json!(format!("amazon-bedrock/{PROFILE}")))
        );
        let [warning] = answer["warnings"].as_array().unwrap().as_slice() else { panic!("{answer}") };
        let message = format!("called `{PROFILE}`: `{MODEL}` needs an inference profile");
        assert_eq!((&warning["rule"], &warning["message"]), (&json!("called-as"), &json!(message)));
        assert!(answer["costUsd"].as_f64() > Some(0.0), "the price is that of the profile: {answer}");
    }
}

#[test]
fn a_refusal_holds_for_the_region_that_refused() {
    let (emulator, home) = (Emulator::start(), Home::new());
    refuse(&emulator, &[MODEL], APOSTROPHES[0]);
    ask(&home, &emulator, MODEL).run().succeeds();
    emulator.scenario(&json!({ "rules": [] }));
    emulator.forget_requests();
    let there = format!("{MODEL}@eu-west-1");
    assert_eq!(ask(&home, &emulator, &there).run().succeeds().stderr, "");
    assert_eq!(called(&emulator, "ConverseStream"), [MODEL]);

    refuse(&emulator, &[MODEL], APOSTROPHES[0]);
    emulator.forget_requests();
    ask(&home, &emulator, &there).run().succeeds();
    assert_eq!(called(&emulator, "ConverseStream"), [MODEL, "eu.amazon.nova-lite-v1:0"]);
    let regions = |request: &Value| request["region"].clone();
    let regions: Vec<_> = emulator.requests_of("ConverseStream").iter().map(regions).collect();
    assert_eq!(regions, ["eu-west-1", "eu-west-1"]);
    emulator.forget_requests();
    ask(&home, &emulator, &there).run().succeeds();
    assert_eq!(called(&emulator, "ConverseStream"), ["eu.amazon.nova-lite-v1:0"]);
}

#[test]
fn a_profile_that_is_refused_too_is_the_end() {
    for (operation, flags) in WAYS {
        let (emulator, home) = (Emulator::start(), Home::new());
        refuse(&emulator, &[MODEL, PROFILE], APOSTROPHES[0]);
        let run = ask(&home, &emulator, MODEL).args(flags).arg("--json").run().exits_with(5);
        assert_eq!(called(&emulator, operation), [MODEL, PROFILE]);
        let error = &run.error_json()["error"];
        assert_eq!((run.stdout.as_str(), &error["kind"]), ("", &json!("ProfileRequired")));
        let last = emulator.requests_of(operation).pop().unwrap();
        assert_eq!(error["requestId"], last["requestId"], "it is the last refusal that is told");
    }
}

/// Whatever is known beforehand, one call has one such repair.
#[test]
fn a_profile_that_was_chosen_beforehand_is_not_repaired() {
    let (emulator, home) = (Emulator::start(), Home::new());
    refuse(&emulator, &["us.anthropic.claude-sonnet-4-6"], APOSTROPHES[0]);
    ask(&home, &emulator, "anthropic.claude-sonnet-4-6").run().exits_with(5);
    assert_eq!(called(&emulator, "ConverseStream"), ["us.anthropic.claude-sonnet-4-6"]);
}

#[test]
fn other_refusals_are_not_repaired() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let other = json!({ "type": "error", "status": 400, "code": "ValidationException", "message": "Something else." });
    emulator.scenario(&json!({ "rules": [{ "match": { "model": MODEL }, "fault": other }] }));
    ask(&home, &emulator, MODEL).run().exits_with(6);
    assert_eq!(called(&emulator, "ConverseStream"), [MODEL]);
    emulator.scenario(&json!({ "rules": [] }));
    emulator.forget_requests();
    assert_eq!(ask(&home, &emulator, MODEL).run().succeeds().stderr, "", "and nothing was learnt");
    assert_eq!(called(&emulator, "ConverseStream"), [MODEL]);
}

#[test]
fn where_nothing_is_kept_every_process_learns_anew() {
    let (emulator, home) = (Emulator::start(), Home::new());
    refuse(&emulator, &[MODEL], APOSTROPHES[0]);
    for _ in 0..2 {
        emulator.forget_requests();
        let run = ask(&home, &emulator, MODEL).args(&["--set", "models.bedrockDiscovery.refreshInterval=0"]);
        let note = format!("note: called `{PROFILE}`: `{MODEL}` needs an inference profile\n");
        assert_eq!(run.run().succeeds().stderr, note);
        assert_eq!(called(&emulator, "ConverseStream"), [MODEL, PROFILE]);
    }
    assert!(std::fs::read_dir(home.cache()).unwrap().next().is_none(), "nothing is on disk");
}

#[test]
fn without_discovery_the_table_of_facts_knows_the_profile() {
    let (emulator, home) = (Emulator::start(), Home::new());
    refuse(&emulator, &[MODEL], APOSTROPHES[0]);
    let run = ask(&home, &emulator, MODEL).args(&["--set", "models.bedrockDiscovery.enabled=false"]);
    run.run().succeeds();
    assert_eq!(called(&emulator, "ConverseStream"), [MODEL, PROFILE]);
    assert_eq!(emulator.requests().len(), 2, "no list was asked for");
}

#[test]
fn what_was_learnt_is_forgotten_by_a_refresh_and_learnt_again() {
    let (emulator, home) = (Emulator::start(), Home::new());
    refuse(&emulator, &[MODEL], APOSTROPHES[0]);
    ask(&home, &emulator, MODEL).run().succeeds();
    Outcrop::at(&home, ["models", "list", "--refresh"]).via(&emulator).run().succeeds();
    for expected in [&[MODEL, PROFILE][..], &[PROFILE]] {
        emulator.forget_requests();
        ask(&home, &emulator, MODEL).run().succeeds();
        assert_eq!(called(&emulator, "ConverseStream"), expected);
    }
}

/// AWS may give a model on-demand throughput one day.
#[test]
fn a_refusal_is_forgotten_after_a_week() {
    const DAY: u64 = 24 * 60 * 60 * 1000;
    let (emulator, home) = (Emulator::start(), Home::new());
    list(&home, &emulator);
    refuse(&emulator, &[MODEL], APOSTROPHES[0]);
    ask(&home, &emulator, MODEL).run().succeeds();
    emulator.scenario(&json!({ "rules": [] }));
    for (days, expected) in [(6, PROFILE), (2, MODEL)] {
        let folder = home.cache().join("outcrop");
        let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let file = files.find(|path| path.extension().is_some_and(|it| it == "json")).unwrap();
        let mut content: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let moment = &mut content["rows"]["refused"][MODEL];
        *moment = (moment.as_u64().expect("the refusal is kept") - days * DAY).into();
        std::io::Write::write_all(&mut std::fs::File::create(&file).unwrap(), content.to_string().as_bytes())
            .unwrap();
        emulator.forget_requests();
        ask(&home, &emulator, MODEL).run().succeeds();
        assert_eq!(called(&emulator, "ConverseStream"), [expected], "{days} more days");
    }
}
