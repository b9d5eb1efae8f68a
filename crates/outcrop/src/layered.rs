//! What stands around each provider of the configuration.

use std::sync::Arc;
use std::time::Duration;

use outcrop_config::{Provider, Retry, Trace};
use outcrop_core::{Environment, Layer as _, ModelProvider, Result};
use outcrop_layers::{LimitLayer, Limits, RetryLayer, RetryPolicy, TimeoutLayer, TraceLayer};

/// What the OpenTelemetry conventions call the services that speak an api (`gen_ai.provider.name`).
const TRACED_AS: [(&str, &str); 2] =
    [(outcrop_provider_bedrock::API, "aws.bedrock"), (outcrop_provider_openai::API, "openai")];

/// A provider with the layers of its entry, in the order that `outcrop_layers` documents.
pub(crate) fn around(
    inner: Arc<dyn ModelProvider>,
    api: &str,
    entry: &Provider,
    trace: Trace,
    environment: &Environment,
) -> Result<Arc<dyn ModelProvider>> {
    // The limits of silence hold for each attempt, the one of the whole answer for all of them.
    let attempt = TimeoutLayer::new().total(None).layer(inner);
    let attempts = RetryLayer::new(retry_policy(&entry.retry, environment)?).layer(attempt);
    let timed = TimeoutLayer::new().first_event(None).idle(None).layer(attempts);
    let limited = LimitLayer::new(limits(&entry.limits)).layer(timed);
    let known = TRACED_AS.iter().find(|(spoken, _)| *spoken == api);
    let traced = TraceLayer::new(known.map_or(api, |(_, name)| *name));
    Ok(traced.with_content(trace.content.unwrap_or_default()).layer(limited))
}

fn seconds(value: Option<f64>) -> Option<Duration> {
    value.and_then(|value| Duration::try_from_secs_f64(value).ok())
}

fn limits(said: &outcrop_config::Limits) -> Limits {
    let mut limits = Limits::default();
    limits.concurrency = said.concurrency;
    limits.requests_per_minute = said.requests_per_minute;
    limits.tokens_per_minute = said.tokens_per_minute;
    limits.max_wait = seconds(said.max_wait);
    limits
}

/// The retries of an entry; `AWS_MAX_ATTEMPTS` counts where the entry says nothing.
fn retry_policy(retry: &Retry, environment: &Environment) -> Result<RetryPolicy> {
    let variables = outcrop_aws::RetryVariables::read(environment)?;
    let usual = RetryPolicy::default();
    Ok(usual
        .with_attempts(retry.attempts.or(variables.max_attempts).unwrap_or(usual.attempts))
        .with_delays(usual.base_delay, seconds(retry.max_delay).unwrap_or(usual.max_delay))
        .with_budget(seconds(retry.budget).unwrap_or(usual.budget)))
}
