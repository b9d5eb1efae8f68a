//! `outcrop models why`: the form of the answer. What it says of each rule is proved by the fixture accounts.

use serde_json::{Value, json};

use super::{MISTRAL, NOVA, SONNET, US_SONNET, account, models, two_regions};
use crate::support::{Emulator, Home, Outcrop, members};

#[test]
fn one_object_has_every_documented_field_listed_or_not() {
    let (emulator, home) = (Emulator::start(), Home::new());
    for (id, code) in [(US_SONNET, 0), (SONNET, 5), ("amazon.nova-lit-v1:0", 5)] {
        let run = models(&home, &emulator, &["why", id, "--json"]).run().exits_with(code);
        assert_eq!((run.stdout.lines().count(), run.stderr.as_str()), (1, ""), "{id}");
        let answer = run.json();
        let names = members(&answer);
        assert_eq!(names, ["callable", "calledAs", "fix", "id", "listed", "nearest", "region", "rules"]);
        assert_eq!((&answer["id"], &answer["listed"]), (&json!(id), &json!(code == 0)));
        for rule in answer["rules"].as_array().unwrap() {
            let names = members(&rule);
            assert_eq!(names, ["detail", "passed", "rule"]);
        }
    }
}

#[test]
fn people_get_a_verdict_the_rules_and_the_way_out() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let run = models(&home, &emulator, &["why", US_SONNET]).run().succeeds();
    let mut lines = run.stdout.lines();
    assert_eq!(lines.next().unwrap(), format!("`{US_SONNET}` is listed, and can be called (us-east-1)"));
    assert!(lines.all(|line| line.starts_with("ok    ")), "{}", run.stdout);

    let run = models(&home, &emulator, &["why", SONNET]).run().exits_with(5);
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines[0], format!("`{SONNET}` is not listed, but can be called as `{US_SONNET}` (us-east-1)"));
    assert!(lines[1].starts_with("fail  on-demand: "), "{}", run.stdout);
    let fix = lines.last().unwrap();
    assert!(fix.starts_with(&format!("fix: call it as `{US_SONNET}`")), "{fix}");
    assert_eq!(run.stderr, "");

    let run = models(&home, &emulator, &["why", "amazon.nova-sonic-v1:0"]).run().exits_with(5);
    assert!(run.stdout.contains("is not listed, and cannot be called"), "{}", run.stdout);
}

#[test]
fn a_name_that_nobody_knows_gets_those_that_are_like_it() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let answer =
        models(&home, &emulator, &["why", "amazon.nova-lit-v1:0", "--json"]).run().exits_with(5).json();
    assert_eq!((&answer["callable"], &answer["nearest"][0]), (&json!(false), &json!(NOVA)));
    assert!(answer["fix"].as_str().unwrap().contains(&format!("did you mean `{NOVA}`")), "{answer}");
}

#[test]
fn a_region_that_was_asked_for_is_the_one_that_counts() {
    let home = Home::new();
    let emulator = account(&home, &two_regions());
    let why =
        |id: &str| -> Value { models(&home, &emulator, &["why", id, "--json"]).run().exits_with(5).json() };
    let elsewhere = why(MISTRAL);
    assert_eq!((&elsewhere["callable"], &elsewhere["region"]), (&json!(false), &json!("us-east-1")));
    assert!(elsewhere["fix"].as_str().unwrap().contains(&format!("{MISTRAL}@eu-west-1")), "{elsewhere}");
    for id in [MISTRAL, NOVA] {
        let there = why(&format!("{id}@eu-west-1"));
        assert_eq!((&there["callable"], &there["region"]), (&json!(true), &json!("eu-west-1")), "{there}");
        assert!(there["fix"].as_str().unwrap().contains("add `eu-west-1`"), "{there}");
    }
    // That a list does not have it says less than a list that does.
    let nowhere = why(&format!("{NOVA}@eu-central-1"));
    assert_eq!(
        (&nowhere["callable"], &nowhere["region"]),
        (&json!(null), &json!("eu-central-1")),
        "{nowhere}"
    );
    let both = ["--region", "us-east-1", "--region", "eu-west-1"];
    let id = format!("{NOVA}@eu-west-1");
    let known = models(&home, &emulator, &["why", &id, "--json"]).args(&both).run().succeeds().json();
    assert_eq!((&known["callable"], &known["region"]), (&json!(true), &json!("eu-west-1")), "{known}");
}

#[test]
fn an_arn_is_called_as_it_is() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let arn = format!("arn:aws:bedrock:us-east-1::foundation-model/{NOVA}");
    let answer = models(&home, &emulator, &["why", &arn, "--json"]).run().succeeds().json();
    assert_eq!((&answer["callable"], &answer["calledAs"]), (&json!(true), &json!(null)), "{answer}");
}

#[test]
fn without_access_a_listed_model_cannot_be_called() {
    let home = Home::new();
    let emulator = account(&home, &two_regions());
    let run = models(&home, &emulator, &["why", US_SONNET]).run().succeeds();
    assert!(run.stdout.contains("is listed, but cannot be called"), "{}", run.stdout);
    assert!(run.stdout.contains("fail  access: the agreement"), "{}", run.stdout);
    // A profile is no way out where the model behind it is the trouble.
    let run = models(&home, &emulator, &["why", SONNET]).run().exits_with(5);
    assert!(run.stdout.contains("is not listed, and cannot be called"), "{}", run.stdout);
    assert!(run.stdout.lines().last().unwrap().contains("accept the agreement"), "{}", run.stdout);
}

#[test]
fn without_credentials_there_is_no_answer() {
    let run =
        Outcrop::new(["models", "why", NOVA, "--json"]).env("AWS_REGION", "us-east-1").run().exits_with(4);
    assert_eq!((run.stdout.as_str(), &run.error_json()["error"]["kind"]), ("", &json!("Unauthenticated")));
}
