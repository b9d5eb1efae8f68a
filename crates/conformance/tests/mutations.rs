//! The kit finds what it is for: a good provider is broken in one way at a time, and the scenarios named beside each
//! breakage must fail, for the reason that is named.

#[path = "mutations/broken.rs"]
mod broken;
#[path = "mutations/calls.rs"]
mod calls;
#[path = "mutations/events.rs"]
mod events;
#[path = "mutations/table.rs"]
mod table;

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use outcrop_conformance::layers::Layered;
use outcrop_conformance::scripted::ScriptedHarness;
use outcrop_conformance::{Manifest, SCENARIOS, check};

use broken::Broken;
use table::{BREAKAGES, Breakage};

fn harness(breakage: &Breakage) -> Layered<ScriptedHarness> {
    // Those that hang shall be found out soon, but not before they hang. No other must be near a limit.
    let patience = if breakage.says.starts_with("hangs") { 3_000 } else { 60_000 };
    let manifest = Manifest::new("broken", "m").patience(Duration::from_millis(patience));
    Layered::new(ScriptedHarness::new(manifest), Broken((breakage.how)()))
}

/// Where a breakage was not found, or not for its reason.
fn survivals(breakage: &Breakage) -> Vec<String> {
    let survival = |scenario: &&str| match check(harness(breakage), scenario) {
        Ok(outcome) => Some(format!("{}: `{scenario}` {outcome}", breakage.name)),
        Err(problems) if problems.contains(breakage.says) => None,
        Err(problems) => {
            Some(format!("{}: `{scenario}` fails for another reason: {problems}", breakage.name))
        }
    };
    breakage.found_by.iter().filter_map(survival).collect()
}

#[test]
fn every_breakage_is_found_by_the_scenarios_it_names_and_for_its_reason() {
    // At once: those that hang only wait.
    let survivors: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> = BREAKAGES.iter().map(|it| scope.spawn(|| survivals(it))).collect();
        running.into_iter().flat_map(|survivals| survivals.join().unwrap()).collect()
    });
    assert!(survivors.is_empty(), "{}", survivors.join("\n"));
}

#[test]
fn every_scenario_is_seen_to_fail() {
    let named: BTreeSet<&str> = BREAKAGES.iter().flat_map(|breakage| breakage.found_by).copied().collect();
    let never: Vec<_> = SCENARIOS.iter().map(|it| it.name).filter(|name| !named.contains(name)).collect();
    // The catalogue is no part of a provider: `harnesses.rs` breaks it.
    assert_eq!(never, ["catalog"]);
}

#[test]
fn every_breakage_has_a_name_of_its_own_and_a_scenario() {
    let names: BTreeSet<&str> = BREAKAGES.iter().map(|breakage| breakage.name).collect();
    assert_eq!(names.len(), BREAKAGES.len());
    assert!(BREAKAGES.iter().all(|breakage| !breakage.found_by.is_empty() && !breakage.says.is_empty()));
}

#[test]
fn a_provider_that_is_not_broken_passes_what_finds_the_breakages() {
    let whole = Breakage { name: "nothing", found_by: &[], says: "nothing", how: broken::How::default };
    for scenario in SCENARIOS {
        assert_eq!(check(harness(&whole), scenario.name).as_deref(), Ok("passed"), "{}", scenario.name);
    }
}
