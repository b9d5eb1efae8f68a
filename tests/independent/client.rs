//! boto3, AWS's own client, against `outcrop emulate`.

use serde_json::Value;

use crate::catalogue::FixtureAccount;
use crate::support::{Emulator, Home, Outcrop, Started, python};

/// Runs one check of `boto3_client.py` and returns what it saw.
#[track_caller]
fn check(name: &str) -> Value {
    boto3(&Emulator::start(), name, &[])
}

/// The same against a certain emulator, with models to call.
#[track_caller]
pub(crate) fn boto3(emulator: &Emulator, name: &str, models: &[&str]) -> Value {
    let mut command = python::client("boto3_client.py");
    command.arg(name).args(models).envs(emulator.variables());
    // boto3 has a variable of its own for the region.
    let region = emulator.variables().into_iter().find(|(name, _)| *name == "AWS_REGION");
    command.envs(region.map(|(_, region)| ("AWS_DEFAULT_REGION", region)));
    Started::new(&mut command, &Home::new()).finish().succeeds().json()
}

#[test]
fn boto3_lists_models_and_profiles() {
    let seen = check("lists_models_and_profiles");
    assert!(seen["models"].as_u64() > Some(100) && seen["profiles"].as_u64() > Some(50), "{seen}");
}

#[test]
fn boto3_filters_models() {
    let seen = check("filters_models");
    assert!(seen["amazon"].as_u64() < seen["all"].as_u64(), "{seen}");
}

#[test]
fn boto3_lists_what_an_account_made_and_bought() {
    let emulator = FixtureAccount::named("further-models").start();
    let seen = boto3(&emulator, "lists_further_models", &[]);
    let names = |list: &str| seen[list].as_array().unwrap().clone();
    assert_eq!(names("provisioned"), ["support-chat", "support-chat-next", "too-many-units"]);
    assert_eq!(names("imported"), ["our-llama", "our-base-model"]);
    assert_eq!(names("custom"), ["tuned-nova", "tuned-nova-2", "shared-nova"]);
    assert_eq!(names("deployments"), ["tuned-nova-live", "tuned-nova-broken", "tuned-nova-soon"]);
    assert_eq!(names("endpoints"), ["falcon-chat", "home-made"]);
}

#[test]
fn boto3_converses() {
    let seen = check("converses");
    assert_ne!(seen["sky"], seen["sea"]);
}

#[test]
fn boto3_streams() {
    let seen = check("streams");
    assert!(seen["deltas"].as_u64() > Some(1), "{seen}");
}

#[test]
fn boto3_calls_tools() {
    let seen = check("calls_tools");
    assert!(
        seen["text"].as_str().unwrap().contains("cloudy"),
        "the answer ignores the tool's result: {seen}"
    );
}

#[test]
fn boto3_counts_tokens() {
    let seen = check("counts_tokens");
    assert!(seen["inputTokens"].as_u64() > Some(0), "{seen}");
}

#[test]
fn boto3_understands_the_errors() {
    let seen = check("names_its_errors");
    assert_eq!(seen["unknown"]["code"], "ResourceNotFoundException");
    assert_eq!(seen["profileOnly"]["code"], "ValidationException");
}

#[test]
fn boto3_with_wrong_keys_gets_403() {
    let seen = check("refuses_wrong_keys");
    assert_eq!(seen["wrongSecret"]["status"], 403);
    assert_eq!(seen["wrongSecret"]["code"], "InvalidSignatureException");
    assert_eq!(seen["unknownKey"]["code"], "UnrecognizedClientException");
}

#[test]
fn boto3_with_an_api_key_is_answered_and_with_a_wrong_one_gets_403() {
    let seen = check("takes_an_api_key");
    assert!(seen["text"].as_str().unwrap().contains("Hello."), "{seen}");
    assert_eq!(seen["wrong"]["status"], 403);
}

#[test]
fn the_lines_that_emulate_prints_are_all_that_boto3_needs() {
    let mut emulator = Outcrop::new(["emulate", "--listen", "127.0.0.1:0"]).start();
    emulator.wait_for("its last line", |line| line.starts_with("# or, instead of the keys").then_some(()));
    let exports = emulator.printed().lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    let mut command = python::client("boto3_client.py");
    command.arg("converses").envs(exports.map(|(name, value)| (name, value.trim_matches('\''))));
    Started::new(&mut command, &Home::new()).finish().succeeds();
}
