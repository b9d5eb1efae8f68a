//! The provider against the whole conformance kit: through a socket, with a server on loopback as its upstream.

use std::sync::Arc;
use std::time::Duration;

use outcrop_conformance::layers::Layered;
use outcrop_conformance::{Manifest, run};
use outcrop_core::scripted::Scripted;
use outcrop_layers::{
    CooldownPolicy, Cooldowns, FallbackLayer, FallbackTarget, LimitLayer, Limits, RetryLayer, RetryPolicy,
    TimeoutLayer, TraceLayer,
};
use outcrop_provider_openai::conformance::OpenAiHarness;

outcrop_conformance::suite!(OpenAiHarness);

/// All layers, in the order that `outcrop_layers` documents.
#[test]
fn it_keeps_its_contract_inside_all_layers() {
    // Somebody listens, or nothing would be put around a call.
    tracing_subscriber::fmt().with_writer(std::io::sink).init();
    // An upstream that asks for a longer wait is not waited for.
    let policy = RetryPolicy::default()
        .with_delays(Duration::ZERO, Duration::ZERO)
        .with_budget(Duration::from_secs(1));
    let limits = Limits::default().with_concurrency(16).with_requests_per_minute(1000);
    // Nobody answers in the place of the provider: whatever fails comes back. Nor is it left alone after that: the next
    // scenario is another provider under the same name.
    let cooldowns = Cooldowns::new(CooldownPolicy::default().with_steps([]));
    let other = FallbackTarget::new(Arc::new(Scripted::new([])), "another-model");
    let attempt = Layered::new(OpenAiHarness, TimeoutLayer::new().total(None));
    let attempts = Layered::new(attempt, RetryLayer::new(policy)).declaring(Manifest::retries);
    let timed = Layered::new(attempts, TimeoutLayer::new().first_event(None).idle(None));
    let limited = Layered::new(timed, LimitLayer::new(limits));
    let traced = Layered::new(limited, TraceLayer::new("test").with_content(true));
    let report = run(Layered::new(traced, FallbackLayer::new(cooldowns).then(other)));
    assert!(report.is_fine(), "{}", report.to_markdown());
}
