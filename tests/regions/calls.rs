//! Where a model is called.

use std::io::Write as _;

use serde_json::{Value, json};

use super::{BOTH, HERE, THERE, listed};
use crate::support::proxy::{Manners, Proxy};
use crate::support::{Emulator, Home, Outcrop};

/// Asks a model after `SETTINGS…`, and gives back what was called, where, and what was said about it.
#[track_caller]
fn asked(home: &Home, emulator: &Emulator, model: &str, settings: &[&str]) -> (String, String, String) {
    emulator.forget_requests();
    let run = Outcrop::at(home, ["ask", "-m", model, "Hello"]).args(settings).via(emulator).run().succeeds();
    let requests = emulator.requests();
    let [call] = requests.as_slice() else { panic!("one request: {requests:#?}") };
    let field = |name: &str| call[name].as_str().unwrap().to_owned();
    (field("modelId"), field("region"), run.stderr)
}

#[test]
fn a_bare_key_is_called_in_the_region_for_calls_if_that_has_the_model() {
    let (emulator, home) = (Emulator::start(), Home::new());
    listed(&home, &emulator);
    let reversed = ["--set", "models.bedrockDiscovery.regions=['eu-west-1', 'us-east-1']"];
    for model in ["amazon.nova-lite-v1:0", "amazon-bedrock/global.anthropic.claude-sonnet-4-6"] {
        let id = model.trim_start_matches("amazon-bedrock/");
        for settings in [&BOTH[..], &reversed, &[]] {
            let called = asked(&home, &emulator, model, settings);
            assert_eq!(called, (id.to_owned(), HERE.to_owned(), String::new()), "{settings:?}");
        }
        // The region for calls is another one now.
        let moved = [&BOTH[..], &["--set", "models.providers.amazon-bedrock.region=eu-west-1"]].concat();
        let called = asked(&home, &emulator, model, &moved);
        assert_eq!(called, (id.to_owned(), THERE.to_owned(), String::new()));
    }
}

#[test]
fn a_key_with_a_region_is_called_there() {
    let (emulator, home) = (Emulator::start(), Home::new());
    for listed_before in [false, true] {
        if listed_before {
            listed(&home, &emulator);
        }
        for region in [HERE, THERE] {
            for id in ["amazon.nova-lite-v1:0", "global.anthropic.claude-sonnet-4-6"] {
                let called = asked(&home, &emulator, &format!("amazon-bedrock/{id}@{region}"), &BOTH);
                assert_eq!(called, (id.to_owned(), region.to_owned(), String::new()), "{listed_before}");
            }
        }
    }
}

#[test]
fn the_host_is_that_of_the_region_too() {
    let (emulator, home) = (Emulator::start(), Home::new());
    // A proxy sees which host is called, and lets nobody through.
    let proxy = Proxy::start(([127, 0, 0, 1], 0).into(), Manners::Refuses(403));
    for (model, host) in [
        ("amazon.nova-lite-v1:0", "bedrock-runtime.us-east-1.amazonaws.com:443"),
        ("amazon.nova-lite-v1:0@eu-west-1", "bedrock-runtime.eu-west-1.amazonaws.com:443"),
    ] {
        let before = proxy.seen().len();
        let [.., key, secret, region] = emulator.variables();
        let run =
            Outcrop::at(&home, ["ask", "-m", model, "Hello"]).args(&BOTH).env("HTTPS_PROXY", proxy.url());
        let run = [key, secret, region].into_iter().fold(run, |run, (name, value)| run.env(name, value));
        run.env("OUTCROP_RETRY_ATTEMPTS", "1").run().exits_with(9);
        let seen: Vec<_> = proxy.seen().split_off(before).into_iter().map(|seen| seen.target).collect();
        assert_eq!(seen, [host], "{model}");
    }
}

#[test]
fn what_only_the_other_region_has_is_called_there_without_being_told() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let list = listed(&home, &emulator);
    let (here, there) = (super::found_in(&list, HERE), super::found_in(&list, THERE));
    let only_there: Vec<_> = there.difference(&here).copied().collect();
    assert!(only_there.iter().any(|id| id.starts_with("arn:")), "{only_there:?}");
    // One profile of AWS's, and all of the account's.
    let chosen = only_there.iter().filter(|id| **id == "eu.amazon.nova-lite-v1:0" || id.starts_with("arn:"));
    for id in chosen {
        let called = asked(&home, &emulator, id, &BOTH);
        assert_eq!(called, ((*id).to_owned(), THERE.to_owned(), String::new()));
    }
}

#[test]
fn a_model_behind_a_profile_is_called_through_the_one_of_the_region() {
    let (emulator, home) = (Emulator::start(), Home::new());
    for listed_before in [false, true] {
        if listed_before {
            listed(&home, &emulator);
        }
        for (model, profile, region) in [
            ("anthropic.claude-sonnet-4-6", "us.anthropic.claude-sonnet-4-6", HERE),
            ("anthropic.claude-sonnet-4-6@us-east-1", "us.anthropic.claude-sonnet-4-6", HERE),
            ("anthropic.claude-sonnet-4-6@eu-west-1", "eu.anthropic.claude-sonnet-4-6", THERE),
        ] {
            let (called, place, said) = asked(&home, &emulator, model, &BOTH);
            assert_eq!((called.as_str(), place.as_str()), (profile, region), "{model}, {listed_before}");
            assert!(said.starts_with("note: ") && said.contains(&format!("`{profile}`")), "{said}");
        }
    }
}

/// The rows of ListFoundationModels and ListInferenceProfiles in a region.
fn region(name: &str, models: &[&str], profiles: &[(&str, &str)]) -> Value {
    let arn = |id: &str| format!("arn:aws:bedrock:{name}::foundation-model/{id}");
    let models: Vec<_> = models
        .iter()
        .map(|id| {
            json!({
                "modelArn": arn(id), "modelId": id, "modelName": id, "providerName": "Anthropic",
                "inputModalities": ["TEXT"], "outputModalities": ["TEXT"], "responseStreamingSupported": true,
                "customizationsSupported": [], "inferenceTypesSupported": ["INFERENCE_PROFILE"],
                "modelLifecycle": { "status": "ACTIVE" },
            })
        })
        .collect();
    let profiles: Vec<_> = profiles
        .iter()
        .map(|(prefix, model)| {
            let id = format!("{prefix}.{model}");
            json!({
                "inferenceProfileId": id, "inferenceProfileName": id, "status": "ACTIVE", "type": "SYSTEM_DEFINED",
                "inferenceProfileArn": format!("arn:aws:bedrock:{name}:123456789012:inference-profile/{id}"),
                "models": [{ "modelArn": arn(model) }],
            })
        })
        .collect();
    json!({
        "foundationModels": { "modelSummaries": models },
        "inferenceProfiles": { "inferenceProfileSummaries": profiles },
    })
}

/// Here the model is known, but nothing of it can be called; there it can.
#[test]
fn a_model_whose_only_profile_is_in_the_other_region_is_called_there() {
    const MODEL: &str = "anthropic.claude-new-1";
    let home = Home::new();
    let account = json!({ "regions": {
        HERE: region(HERE, &[MODEL], &[("global", MODEL)]),
        THERE: region(THERE, &[MODEL], &[("eu", MODEL), ("global", MODEL)]),
    } });
    let file = home.path().join("account.json");
    std::fs::File::create(&file).unwrap().write_all(account.to_string().as_bytes()).unwrap();
    let emulator = Emulator::start_with(&["--account", file.to_str().unwrap()]);
    listed(&home, &emulator);

    let (called, place, said) = asked(&home, &emulator, MODEL, &BOTH);
    assert_eq!((called, place), (format!("eu.{MODEL}"), THERE.to_owned()), "{said}");
    // Somebody who says where means it: there is nothing to be had but what leaves the geography.
    emulator.forget_requests();
    let there = format!("{MODEL}@{HERE}");
    let run =
        Outcrop::at(&home, ["ask", "-m", &there, "Hello"]).args(&BOTH).via(&emulator).run().exits_with(5);
    assert!(run.stderr.contains("outcrop models list"), "{}", run.stderr);
    assert_eq!(super::called_in(&emulator, "ConverseStream"), [HERE]);
}
