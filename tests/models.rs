//! `outcrop models`: what is listed, in which form, when AWS is asked for it, and what is said of single models.

mod access;
mod cache;
mod emulator;
mod guide;
mod list;
mod paging;
mod problems;
mod refresh;
mod regions;
mod set;
mod show;
mod status;
mod table;
mod why;

use std::fs::File;
use std::io::Write as _;

use serde_json::{Value, json};

use crate::support::{Emulator, Home, Outcrop};

/// `outcrop models list ARGS…` against an emulator.
fn list(emulator: &Emulator, args: &[&str]) -> Outcrop {
    list_at(&Home::new(), emulator, args)
}

/// The same in a home that outlives the run, and with it the cache.
fn list_at(home: &Home, emulator: &Emulator, args: &[&str]) -> Outcrop {
    Outcrop::at(home, ["models", "list"].iter().chain(args)).via(emulator)
}

/// A text field of every model of a list.
#[track_caller]
fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    let text = |model: &'a Value| model[field].as_str().unwrap_or_else(|| panic!("no `{field}` in {model}"));
    list["models"].as_array().expect("`models` is a list").iter().map(text).collect()
}

/// How often an operation was called.
fn calls(emulator: &Emulator, operation: &str) -> usize {
    emulator.requests_of(operation).len()
}

/// `outcrop models ARGS…` in a home, against an emulator.
fn models(home: &Home, emulator: &Emulator, args: &[&str]) -> Outcrop {
    Outcrop::at(home, ["models"].iter().chain(args)).via(emulator)
}

/// An emulator that has an account; the file of it is in the home.
#[track_caller]
fn account(home: &Home, account: &Value) -> Emulator {
    let path = home.work().join("account.json");
    File::create(&path).unwrap().write_all(account.to_string().as_bytes()).unwrap();
    Emulator::start_with(&["--account", path.to_str().unwrap()])
}

/// A row of ListFoundationModels: an active model that streams text.
fn row(region: &str, id: &str, name: &str, throughput: &str) -> Value {
    json!({
        "modelArn": format!("arn:aws:bedrock:{region}::foundation-model/{id}"),
        "modelId": id,
        "modelName": name,
        "providerName": "Somebody",
        "inputModalities": ["TEXT"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": true,
        "inferenceTypesSupported": [throughput],
        "modelLifecycle": { "status": "ACTIVE" },
    })
}

/// A row of ListInferenceProfiles: an active profile of AWS's for a model.
fn profile(region: &str, id: &str, model: &str) -> Value {
    json!({
        "inferenceProfileId": id,
        "inferenceProfileName": id,
        "inferenceProfileArn": format!("arn:aws:bedrock:{region}:123456789012:inference-profile/{id}"),
        "models": [{ "modelArn": format!("arn:aws:bedrock:{region}::foundation-model/{model}") }],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    })
}

/// An account with two regions: a model that both have, one that needs a profile and an agreement, one that is on its way
/// out, and one that only the second region has.
fn two_regions() -> Value {
    let mut legacy = row("us-east-1", "startup.first-v1:0", "First", "ON_DEMAND");
    legacy["modelLifecycle"]["status"] = "LEGACY".into();
    let here = [
        row("us-east-1", NOVA, "Nova Lite", "ON_DEMAND"),
        row("us-east-1", SONNET, "Claude Sonnet", "INFERENCE_PROFILE"),
        legacy,
    ];
    let there =
        [row("eu-west-1", NOVA, "Nova Lite", "ON_DEMAND"), row("eu-west-1", MISTRAL, "Mistral", "ON_DEMAND")];
    let agreement = json!({
        "modelId": SONNET,
        "agreementAvailability": { "status": "NOT_AVAILABLE" },
        "authorizationStatus": "AUTHORIZED",
        "entitlementAvailability": "AVAILABLE",
        "regionAvailability": "AVAILABLE",
    });
    json!({ "regions": {
        "us-east-1": {
            "foundationModels": { "modelSummaries": here },
            "inferenceProfiles": { "inferenceProfileSummaries": [profile("us-east-1", US_SONNET, SONNET)] },
            "availability": { SONNET: agreement },
        },
        "eu-west-1": { "foundationModels": { "modelSummaries": there } },
    } })
}

const NOVA: &str = "amazon.nova-lite-v1:0";
const SONNET: &str = "anthropic.claude-sonnet-4-6";
const US_SONNET: &str = "us.anthropic.claude-sonnet-4-6";
const MISTRAL: &str = "mistral.mistral-large-2402-v1:0";
