//! The provider against the whole conformance kit: through a socket, with a server on loopback as its upstream.

use std::time::Duration;

use outcrop_conformance::layers::Layered;
use outcrop_conformance::{Manifest, run};
use outcrop_layers::{RetryLayer, RetryPolicy, TimeoutLayer};
use outcrop_provider_openai::conformance::OpenAiHarness;

outcrop_conformance::suite!(OpenAiHarness);

#[test]
fn it_keeps_its_contract_inside_the_usual_layers() {
    // An upstream that asks for a longer wait is not waited for.
    let policy = RetryPolicy::default()
        .with_delays(Duration::ZERO, Duration::ZERO)
        .with_budget(Duration::from_secs(1));
    let limited = Layered::new(OpenAiHarness, TimeoutLayer::new());
    let report = run(Layered::new(limited, RetryLayer::new(policy)).declaring(Manifest::retries));
    assert!(report.is_fine(), "{}", report.to_markdown());
}
