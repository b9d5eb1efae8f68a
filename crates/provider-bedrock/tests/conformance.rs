//! The provider against the whole conformance kit: through the SDK and a socket, with the emulator as its upstream.

use std::time::Duration;

use outcrop_conformance::layers::Layered;
use outcrop_conformance::{Manifest, run};
use outcrop_layers::{RetryLayer, RetryPolicy, TimeoutLayer};
use outcrop_provider_bedrock::conformance::BedrockHarness;

outcrop_conformance::suite!(BedrockHarness);

#[test]
fn it_keeps_its_contract_inside_the_usual_layers() {
    // An upstream that asks for a longer wait is not waited for.
    let policy = RetryPolicy::default()
        .with_delays(Duration::ZERO, Duration::ZERO)
        .with_budget(Duration::from_secs(1));
    let limited = Layered::new(BedrockHarness, TimeoutLayer::new());
    let report = run(Layered::new(limited, RetryLayer::new(policy)).declaring(Manifest::retries));
    assert!(report.is_fine(), "{}", report.to_markdown());
}
