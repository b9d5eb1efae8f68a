//! The layers against the kit: none forgets a method, and a provider inside them still keeps its contract.

use std::sync::Arc;
use std::time::Duration;

use outcrop_conformance::layers::{self, Layered};
use outcrop_conformance::scripted::ScriptedHarness;
use outcrop_conformance::{Manifest, run};
use outcrop_core::scripted::Scripted;
use outcrop_core::{Layer, ModelProvider, Timeouts};
use outcrop_layers::{
    CooldownPolicy, Cooldowns, FallbackLayer, FallbackTarget, LimitLayer, Limits, RetryLayer, RetryPolicy,
    TimeoutLayer, TraceLayer,
};

fn at_once() -> RetryPolicy {
    // An upstream that asks for a longer wait is not waited for.
    RetryPolicy::default().with_delays(Duration::ZERO, Duration::ZERO).with_budget(Duration::from_secs(1))
}

fn limits() -> Timeouts {
    let limit = Some(Duration::from_mins(1));
    Timeouts { first_event: limit, idle: limit, total: limit, whole: limit }
}

/// Few at once, and more in a minute than any scenario needs.
fn narrow() -> LimitLayer {
    let limits = Limits::default().with_concurrency(4).with_requests_per_minute(1000);
    LimitLayer::new(limits.with_tokens_per_minute(1 << 40).with_max_wait(Duration::from_mins(1)))
}

/// With an alternative that has nothing to say.
fn fallback() -> FallbackLayer {
    let other = Arc::new(Scripted::new([]).with_id("other"));
    FallbackLayer::default().then(FallbackTarget::new(other, "another-model"))
}

/// A fallback to the very same provider, by another name: whatever fails once is asked for a second time.
#[derive(Debug)]
struct Twice;

impl Layer for Twice {
    fn layer(&self, inner: Arc<dyn ModelProvider>) -> Arc<dyn ModelProvider> {
        let cooldowns = Cooldowns::new(CooldownPolicy::default().with_steps([]));
        let other = FallbackTarget::new(Arc::clone(&inner), "scripted-model@elsewhere");
        FallbackLayer::new(cooldowns).then(other).layer(inner)
    }
}

#[test]
fn no_layer_forgets_a_method() {
    assert_eq!(layers::check(RetryLayer::new(RetryPolicy::default())), Ok(()));
    let once = RetryPolicy::default().with_attempts(1);
    assert_eq!(layers::check(RetryLayer::new(once)), Ok(()));
    assert_eq!(layers::check(TimeoutLayer::new()), Ok(()));
    assert_eq!(layers::check(TimeoutLayer::from(limits())), Ok(()));
    assert_eq!(layers::check(FallbackLayer::default()), Ok(()));
    assert_eq!(layers::check(fallback()), Ok(()));
    assert_eq!(layers::check(LimitLayer::default()), Ok(()));
    assert_eq!(layers::check(narrow()), Ok(()));
    assert_eq!(layers::check(TraceLayer::new("test")), Ok(()));
}

/// A layer that looks at everything is put around nothing where nobody listens.
#[test]
fn the_trace_forgets_no_method_when_somebody_listens() {
    listen();
    assert_eq!(layers::check(TraceLayer::new("test").with_content(true)), Ok(()));
}

/// From now on somebody listens in this process, to everything and with no interest in it.
fn listen() {
    let subscriber = tracing_subscriber::fmt().with_writer(std::io::sink).finish();
    tracing::subscriber::set_global_default(subscriber).ok();
}

#[test]
fn a_provider_with_one_layer_around_it_keeps_its_contract() {
    listen();
    let harness = ScriptedHarness::default;
    for (name, report) in [
        ("timeout", run(Layered::new(harness(), TimeoutLayer::from(limits())))),
        ("limit", run(Layered::new(harness(), narrow()))),
        ("trace", run(Layered::new(harness(), TraceLayer::new("test").with_content(true)))),
        ("fallback", run(Layered::new(harness(), Twice).declaring(Manifest::retries))),
    ] {
        assert!(report.is_fine(), "{name}: {}", report.to_markdown());
    }
}

#[test]
fn a_provider_with_all_layers_around_it_keeps_its_contract() {
    listen();
    let attempt = Layered::new(ScriptedHarness::default(), TimeoutLayer::from(limits()).total(None));
    let attempts = Layered::new(attempt, RetryLayer::new(at_once()));
    let timed = Layered::new(attempts, TimeoutLayer::from(limits()).first_event(None).idle(None));
    let traced = Layered::new(Layered::new(timed, narrow()), TraceLayer::new("test"));
    let report = run(Layered::new(traced, Twice).declaring(Manifest::retries));
    assert!(report.is_fine(), "{}", report.to_markdown());
}
