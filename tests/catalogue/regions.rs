//! One account, two regions.

use serde_json::{Value, json};

use super::{FixtureAccount, REGIONS, list};
use crate::support::{Emulator, Home, Outcrop};

/// The regions in which each model is found.
#[track_caller]
fn regions_of(emulator: &Emulator, id: &str) -> Value {
    let found = list(emulator, "--json", &REGIONS).run().succeeds().json();
    let models = found["models"].as_array().unwrap();
    let model = models.iter().find(|model| model["id"] == id);
    model.unwrap_or_else(|| panic!("no {id} in {found}"))["regions"].clone()
}

/// Asks a model, and gives back the region in which it was called.
#[track_caller]
fn called_in(home: &Home, emulator: &Emulator, model: &str) -> String {
    emulator.forget_requests();
    Outcrop::at(home, ["ask", "-m", model, "Hello"]).args(&REGIONS).via(emulator).run().succeeds();
    let calls = emulator.requests_of("ConverseStream");
    let [call] = calls.as_slice() else { panic!("one call: {calls:#?}") };
    call["region"].as_str().unwrap().to_owned()
}

#[test]
fn a_card_names_every_region_that_has_the_model() {
    let emulator = FixtureAccount::named("two-regions").start();
    for (id, regions) in [
        ("amazon.nova-lite-v1:0", json!(["us-east-1", "eu-west-1"])),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", json!(["us-east-1", "eu-west-1"])),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", json!(["us-east-1"])),
        ("eu.amazon.nova-lite-v1:0", json!(["eu-west-1"])),
        ("mistral.mistral-large-3-675b-instruct", json!(["eu-west-1"])),
    ] {
        assert_eq!(regions_of(&emulator, id), regions, "{id}");
    }
}

#[test]
fn a_model_is_called_where_it_was_found() {
    let (emulator, home) = (FixtureAccount::named("two-regions").start(), Home::new());
    // `ask` waits for no list: it goes by the one that is there.
    Outcrop::at(&home, ["models", "list"]).args(&REGIONS).via(&emulator).run().succeeds();
    for (model, region) in [
        ("amazon.nova-lite-v1:0", "us-east-1"),
        ("mistral.mistral-large-3-675b-instruct", "eu-west-1"),
        ("eu.anthropic.claude-haiku-4-5-20251001-v1:0", "eu-west-1"),
        ("deepseek.v3.2", "us-east-1"),
    ] {
        assert_eq!(called_in(&home, &emulator, model), region, "{model}");
    }
}

#[test]
fn a_key_with_a_region_is_called_there() {
    let (emulator, home) = (FixtureAccount::named("two-regions").start(), Home::new());
    for region in ["us-east-1", "eu-west-1"] {
        for model in
            ["amazon.nova-lite-v1:0", "amazon-bedrock/global.anthropic.claude-haiku-4-5-20251001-v1:0"]
        {
            assert_eq!(called_in(&home, &emulator, &format!("{model}@{region}")), region, "{model}");
        }
    }
}
