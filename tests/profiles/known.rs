//! Bare ids that the list, or the table of facts, knows to need a profile.

use serde_json::json;

use super::{WAYS, ask, called};
use crate::support::{Emulator, Home, Outcrop};

const MODEL: &str = "anthropic.claude-sonnet-4-6";

/// Regions, and the profile that is called for [`MODEL`] there.
const PROFILES: [(&str, &str); 4] = [
    ("us-east-1", "us.anthropic.claude-sonnet-4-6"),
    ("us-west-2", "us.anthropic.claude-sonnet-4-6"),
    ("eu-west-1", "eu.anthropic.claude-sonnet-4-6"),
    ("eu-central-1", "eu.anthropic.claude-sonnet-4-6"),
];

/// Asks in a region, before and after the models there were listed.
fn both_times(emulator: &Emulator, region: &str, check: impl Fn(&Home, &str)) {
    let home = Home::new();
    check(&home, "nothing was listed");
    Outcrop::at(&home, ["models", "list", "--region", region]).via(emulator).run().succeeds();
    check(&home, "the models were listed");
}

#[test]
fn the_profile_of_the_regions_geography_is_called_with_a_note() {
    let emulator = Emulator::start();
    for (region, profile) in PROFILES {
        for (operation, flags) in WAYS {
            both_times(&emulator, region, |home, when| {
                emulator.forget_requests();
                let run =
                    ask(home, &emulator, MODEL).args(flags).args(&["--region", region]).run().succeeds();
                assert_eq!(called(&emulator, operation), [profile], "{region}, {when}");
                assert_eq!(emulator.requests().len(), 1, "{region}, {when}: nobody else was asked");
                let note = format!("note: `{MODEL}` is called through the inference profile `{profile}`\n");
                assert_eq!(run.stderr, note, "{region}, {when}");
                assert!(!run.stdout.trim().is_empty());
            });
        }
    }
}

/// What was listed in one region says nothing of another one.
#[test]
fn a_key_with_a_region_is_called_through_the_profile_of_that_region() {
    let (emulator, home) = (Emulator::start(), Home::new());
    for region in ["us-east-1", "eu-west-1"] {
        Outcrop::at(&home, ["models", "list", "--region", region]).via(&emulator).run().succeeds();
        for (there, profile) in PROFILES {
            emulator.forget_requests();
            let run = ask(&home, &emulator, &format!("{MODEL}@{there}")).args(&["--region", region]);
            run.run().succeeds();
            let requests = emulator.requests();
            let [call] = requests.as_slice() else { panic!("one request: {requests:#?}") };
            let called = (&call["modelId"], &call["region"]);
            assert_eq!(called, (&json!(profile), &json!(there)), "{region} was listed");
        }
    }
}

#[test]
fn programs_are_told_too() {
    let emulator = Emulator::start();
    for (region, profile) in PROFILES {
        for (_, flags) in WAYS {
            both_times(&emulator, region, |home, when| {
                let run = ask(home, &emulator, MODEL).args(flags).args(&["--json", "--region", region]);
                let run = run.run().succeeds();
                let answer = run.json();
                assert_eq!(
                    (run.stderr.as_str(), &answer["model"]),
                    ("", &json!(format!("amazon-bedrock/{profile}")))
                );
                let [warning] = answer["warnings"].as_array().unwrap().as_slice() else { panic!("{answer}") };
                assert_eq!(warning["rule"], "called-as", "{region}, {when}");
                let message = format!("`{MODEL}` is called through the inference profile `{profile}`");
                assert_eq!(warning["message"], message, "{region}, {when}");
            });
        }
    }
}

#[test]
fn the_geography_of_the_configuration_is_called_instead() {
    let emulator = Emulator::start();
    let global = ["--set", "models.bedrockDiscovery.geography=global"];
    both_times(&emulator, "us-east-1", |home, when| {
        emulator.forget_requests();
        ask(home, &emulator, MODEL).args(&global).run().succeeds();
        assert_eq!(called(&emulator, "ConverseStream"), ["global.anthropic.claude-sonnet-4-6"], "{when}");
    });
}

/// Data residency: what leaves the geography is never chosen for somebody.
#[test]
fn the_global_profile_is_never_chosen() {
    let emulator = Emulator::start();
    // Only the global profile has it here.
    let region = "sa-east-1";
    both_times(&emulator, region, |home, when| {
        emulator.forget_requests();
        let run = ask(home, &emulator, MODEL).args(&["--region", region]).run().exits_with(5);
        let called = called(&emulator, "ConverseStream");
        assert!(called.iter().all(|id| !id.starts_with("global.")), "{when}: {called:?}");
        assert!(run.stderr.contains("hint:"), "{when}: {}", run.stderr);
    });
}
