//! The layers against the kit: none forgets a method, and a provider inside them still keeps its contract.

use std::time::Duration;

use outcrop_conformance::layers::{self, Layered};
use outcrop_conformance::scripted::ScriptedHarness;
use outcrop_conformance::{Manifest, run};
use outcrop_core::Timeouts;
use outcrop_layers::{RetryLayer, RetryPolicy, TimeoutLayer};

fn at_once() -> RetryPolicy {
    // An upstream that asks for a longer wait is not waited for.
    RetryPolicy {
        base_delay: Duration::ZERO,
        max_delay: Duration::ZERO,
        budget: Duration::from_secs(1),
        ..RetryPolicy::default()
    }
}

fn limits() -> Timeouts {
    let limit = Some(Duration::from_mins(1));
    Timeouts { first_event: limit, idle: limit, total: limit, whole: limit }
}

#[test]
fn no_layer_forgets_a_method() {
    assert_eq!(layers::check(RetryLayer::new(RetryPolicy::default())), Ok(()));
    let once = RetryPolicy { attempts: 1, ..RetryPolicy::default() };
    assert_eq!(layers::check(RetryLayer::new(once)), Ok(()));
    assert_eq!(layers::check(TimeoutLayer::new()), Ok(()));
    assert_eq!(layers::check(TimeoutLayer::from(limits())), Ok(()));
}

#[test]
fn a_provider_with_time_limits_around_it_keeps_its_contract() {
    let harness = Layered::new(ScriptedHarness::default(), TimeoutLayer::from(limits()));
    let report = run(harness);
    assert!(report.is_fine(), "{}", report.to_markdown());
}

#[test]
fn a_provider_with_the_usual_layers_around_it_keeps_its_contract() {
    let limited = Layered::new(ScriptedHarness::default(), TimeoutLayer::from(limits()));
    let harness = Layered::new(limited, RetryLayer::new(at_once())).declaring(Manifest::retries);
    let report = run(harness);
    assert!(report.is_fine(), "{}", report.to_markdown());
}
