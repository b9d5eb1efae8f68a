//! One account that is seen from two regions: what is listed, where it is called, and what becomes of the rest if a
//! region is down.
//!
//! The account is the emulator's own, which has other inference profiles in each region.

mod calls;
mod trouble;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Emulator, Home, Outcrop};

/// The region that models are called in.
const HERE: &str = "us-east-1";
/// The other one.
const THERE: &str = "eu-west-1";

/// Lists both regions.
const BOTH: [&str; 2] = ["--set", "models.bedrockDiscovery.regions=['us-east-1', 'eu-west-1']"];

/// `outcrop models list --json` of both regions.
#[track_caller]
fn listed(home: &Home, emulator: &Emulator) -> Value {
    list(home, emulator, &BOTH).run().succeeds().json()
}

fn list(home: &Home, emulator: &Emulator, settings: &[&str]) -> Outcrop {
    Outcrop::at(home, ["models", "list", "--json"]).args(settings).via(emulator)
}

/// The ids of a list.
#[track_caller]
fn ids(list: &Value) -> Vec<&str> {
    list["models"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect()
}

/// The ids of a list that are found in a region.
#[track_caller]
fn found_in<'a>(list: &'a Value, region: &str) -> BTreeSet<&'a str> {
    let models = list["models"].as_array().unwrap().iter();
    let found = models.filter(|model| model["regions"].as_array().unwrap().contains(&region.into()));
    found.map(|model| model["id"].as_str().unwrap()).collect()
}

/// Where an operation was called, in the order of the names of the regions.
#[track_caller]
fn called_in(emulator: &Emulator, operation: &str) -> Vec<String> {
    let requests = emulator.requests_of(operation);
    let mut regions: Vec<_> =
        requests.iter().map(|request| request["region"].as_str().unwrap().to_owned()).collect();
    regions.sort();
    regions
}

#[test]
fn the_list_of_both_is_the_lists_of_each_and_no_more() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let both = listed(&home, &emulator);
    for operation in ["ListFoundationModels", "ListInferenceProfiles"] {
        assert_eq!(called_in(&emulator, operation), [THERE, HERE], "{operation}");
    }
    let known = ids(&both);
    assert_eq!(known.iter().collect::<BTreeSet<_>>().len(), known.len(), "no id twice: {known:?}");

    for region in [HERE, THERE] {
        let alone = list(&Home::new(), &emulator, &["--region", region]).run().succeeds().json();
        assert_eq!(found_in(&both, region), ids(&alone).into_iter().collect(), "{region}");
    }
    let (here, there) = (found_in(&both, HERE), found_in(&both, THERE));
    assert_eq!(here.union(&there).count(), known.len(), "each is found somewhere");
    assert!(here.contains("amazon.nova-lite-v1:0") && there.contains("amazon.nova-lite-v1:0"));
    assert!(here.contains("us.amazon.nova-lite-v1:0") && !there.contains("us.amazon.nova-lite-v1:0"));
    assert!(there.contains("eu.amazon.nova-lite-v1:0") && !here.contains("eu.amazon.nova-lite-v1:0"));
}

#[test]
fn each_region_is_kept_by_itself() {
    let (emulator, home) = (Emulator::start(), Home::new());
    list(&home, &emulator, &["--region", THERE]).run().succeeds();
    emulator.forget_requests();
    // As fresh as the older part.
    assert_eq!(listed(&home, &emulator)["freshness"], "cached");
    assert_eq!(called_in(&emulator, "ListFoundationModels"), [HERE]);
    for settings in [&BOTH[..], &["--region", HERE], &["--region", THERE], &[]] {
        assert_eq!(
            list(&home, &emulator, settings).run().succeeds().json()["freshness"],
            "cached",
            "{settings:?}"
        );
    }
    assert_eq!(called_in(&emulator, "ListFoundationModels"), [HERE]);
}

#[test]
fn a_region_that_is_named_twice_is_one() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let twice = "models.bedrockDiscovery.regions=['eu-west-1', ' eu-west-1 ', 'eu-west-1']";
    let found = list(&home, &emulator, &["--set", twice]).run().succeeds().json();
    assert_eq!(called_in(&emulator, "ListFoundationModels"), [THERE]);
    assert_eq!(found_in(&found, THERE).len(), ids(&found).len());
}

#[test]
fn if_nobody_names_a_model_it_is_one_of_the_region_for_calls() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let reversed = "models.bedrockDiscovery.regions=['eu-west-1', 'us-east-1']";
    for settings in [BOTH[1], reversed] {
        emulator.forget_requests();
        Outcrop::at(&home, ["ask", "--set", settings, "Hello"]).via(&emulator).run().succeeds();
        let requests = emulator.requests_of("ConverseStream");
        let [call] = requests.as_slice() else { panic!("one call: {requests:#?}") };
        assert_eq!(call["region"], HERE);
        assert!(call["modelId"].as_str().unwrap().starts_with("us.anthropic.claude-sonnet-"), "{call}");
    }
}
