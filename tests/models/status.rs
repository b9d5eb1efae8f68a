//! `outcrop models status`.

use serde_json::{Value, json};

use super::{account, models, two_regions};
use crate::support::{Emulator, Home, members};

#[track_caller]
fn status(home: &Home, emulator: &Emulator, args: &[&str]) -> Value {
    let run = models(home, emulator, &["status", "--json"]).args(args).run().succeeds();
    assert_eq!((run.stdout.lines().count(), run.stderr.as_str()), (1, ""));
    run.json()
}

#[test]
fn nothing_is_asked_and_nothing_invented() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let found = status(&home, &emulator, &[]);
    let names = members(&found);
    assert_eq!(
        names,
        ["default", "enabled", "endpoints", "facts", "factsAsOf", "fallbacks", "refreshInterval", "regions"]
    );
    assert_eq!(
        (&found["default"], &found["enabled"], &found["refreshInterval"]),
        (&json!(null), &json!(null), &json!(3600))
    );
    let region = &found["regions"][0];
    let names = members(region);
    let expected = [
        "ageSeconds",
        "cache",
        "deployments",
        "endpoint",
        "foundationModels",
        "fresh",
        "inferenceProfiles",
        "problem",
        "provider",
        "refused",
        "region",
    ];
    assert_eq!(names, expected);
    assert_eq!((&region["region"], &region["fresh"]), (&json!("us-east-1"), &json!(false)));
    assert_eq!((&region["foundationModels"], &region["ageSeconds"]), (&json!(null), &json!(null)));
    assert_eq!(region["endpoint"], emulator.endpoint());
    let text = models(&home, &emulator, &["status"]).run().succeeds().stdout;
    assert!(text.contains("us-east-1 (amazon-bedrock)") && text.contains("nothing is known yet"), "{text}");
    assert_eq!(emulator.requests().len(), 0);
}

#[test]
fn what_was_listed_is_counted() {
    let home = Home::new();
    let emulator = account(&home, &two_regions());
    let both = ["--region", "us-east-1", "--region", "eu-west-1"];
    models(&home, &emulator, &["list"]).args(&both).run().succeeds();
    let asked = emulator.requests().len();
    let named = ["--set", "agents.defaults.model={ primary: 'a.b', fallbacks: ['amazon-bedrock/c.d'] }"];
    let found = status(&home, &emulator, &[&both[..], &named].concat());
    assert_eq!(
        (&found["default"], &found["fallbacks"]),
        (&json!("amazon-bedrock/a.b"), &json!(["amazon-bedrock/c.d"]))
    );
    let counts: Vec<_> = found["regions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|region| {
            json!([
                region["region"],
                region["foundationModels"],
                region["inferenceProfiles"],
                region["fresh"]
            ])
        })
        .collect();
    assert_eq!(json!(counts), json!([["us-east-1", 3, 1, true], ["eu-west-1", 2, 0, true]]));
    let cache = found["regions"][0]["cache"].as_str().unwrap();
    assert!(std::path::Path::new(cache).is_file(), "{cache}");
    let text = models(&home, &emulator, &["status"]).args(&both).run().succeeds().stdout;
    assert!(text.contains("foundation models: 3, inference profiles: 1") && text.contains("fresh"), "{text}");
    assert!(text.contains(cache), "{text}");
    assert_eq!(emulator.requests().len(), asked);
}

#[test]
fn a_damaged_list_and_settings_that_keep_nothing_are_told() {
    let (emulator, home) = (Emulator::start(), Home::new());
    models(&home, &emulator, &["list"]).run().succeeds();
    let cache = status(&home, &emulator, &[])["regions"][0]["cache"].as_str().unwrap().to_owned();
    std::fs::File::create(cache).unwrap();
    let region = status(&home, &emulator, &[])["regions"][0].take();
    assert!(region["problem"].is_string() && region["fresh"] == false, "{region}");
    let none = status(&home, &emulator, &["--set", "models.bedrockDiscovery.refreshInterval=0"]);
    assert_eq!((&none["refreshInterval"], &none["regions"][0]["cache"]), (&json!(0), &json!(null)));
    let off = status(&home, &emulator, &["--set", "models.bedrockDiscovery.enabled=false"]);
    assert_eq!(off["enabled"], false);
}
