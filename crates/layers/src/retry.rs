//! Sending the same request again.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use fastrand::Rng;
use outcrop_core::{
    Capabilities, EmbedRequest, Embeddings, EventStream, Layer, ModelId, ModelProvider, ProviderId, Request,
    Response, Result, TokenCount,
};

use attempts::Attempts;

use crate::head::hold;

mod attempts;

/// How often and how long to try.
///
/// ```
/// use outcrop_layers::RetryPolicy;
/// let policy = RetryPolicy::default().with_attempts(5);
/// assert_eq!(policy.attempts, 5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How often a request is sent in all; 0 and 1 both mean that nothing is retried.
    pub attempts: u32,
    /// The longest wait before the second attempt. It doubles with every further one, up to `max_delay`.
    pub base_delay: Duration,
    /// The longest wait before any attempt, unless the service itself asks for a longer one.
    pub max_delay: Duration,
    /// How long one call may spend waiting between its attempts, in all. The attempts themselves do not count.
    pub budget: Duration,
}

impl RetryPolicy {
    /// The same with so many attempts in all.
    pub const fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The same with other waits: the longest before the second attempt, and the longest before any.
    pub const fn with_delays(mut self, base_delay: Duration, max_delay: Duration) -> Self {
        self.base_delay = base_delay;
        self.max_delay = max_delay;
        self
    }

    /// The same with another limit of all waiting.
    pub const fn with_budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// Whether anything is ever sent twice.
    const fn retries(&self) -> bool {
        self.attempts > 1
    }
}

impl Default for RetryPolicy {
    /// Three attempts, waits of up to 1 s and 2 s, and 60 s of waiting in all; with more attempts, waits of up to 20 s.
    /// The number of attempts and the longest wait are those of the AWS SDKs' standard mode
    /// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>).
    fn default() -> Self {
        Self {
            attempts: 3,
            base_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(20),
            budget: Duration::from_mins(1),
        }
    }
}

/// Sends a request again when its error advises that, as [`RetryProvider`] describes.
#[derive(Debug, Clone, Default)]
pub struct RetryLayer {
    policy: RetryPolicy,
    seed: Option<u64>,
}

impl RetryLayer {
    /// A layer with a policy.
    pub const fn new(policy: RetryPolicy) -> Self {
        Self { policy, seed: None }
    }

    /// The same with waits that are drawn from a seed, and so the same in every run. For tests.
    pub const fn with_seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

impl Layer for RetryLayer {
    fn layer(&self, inner: Arc<dyn ModelProvider>) -> Arc<dyn ModelProvider> {
        let rng = Mutex::new(self.seed.map_or_else(Rng::new, Rng::with_seed));
        Arc::new(RetryProvider { inner, policy: self.policy, rng })
    }
}

/// A provider that sends a request again, the very same, when the error of the provider inside advises it.
///
/// - [`Retry::Backoff`](outcrop_core::Retry::Backoff): after a random wait between nothing and a limit that doubles
///   with each attempt ("full jitter",
///   <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
/// - [`Retry::After`](outcrop_core::Retry::After): after exactly that wait. If it is longer than what is left of the
///   budget, the error is given back at once, with its advice.
/// - Everything else is not retried.
///
/// When all attempts failed, or the budget is spent, the last error comes back with
/// [`Retry::Exhausted`](outcrop_core::Retry::Exhausted), a context entry `attempts`, and a hint that says how often
/// it was tried.
///
/// # Streams
/// [`stream`](ModelProvider::stream) resolves once the answer has really begun: with the first delta, close or end of
/// a block or of the answer. What came until then is kept and replayed, so that a failure after the start and before
/// the first words is retried like a refused call, and is an `Err` of `stream` itself. After that nothing is retried:
/// the caller has seen part of the answer.
///
/// # Whole answers
/// `generate`, `count_tokens` and `embed` hand out nothing until they are done, so they are retried as a whole.
///
/// Dropping a future or a stream of this provider drops what runs inside, waits included.
#[derive(Debug)]
pub struct RetryProvider {
    inner: Arc<dyn ModelProvider>,
    policy: RetryPolicy,
    rng: Mutex<Rng>,
}

impl RetryProvider {
    /// Runs `call` until it succeeds or there is no use in another attempt.
    async fn run<T, C>(
        &self,
        operation: &'static str,
        model: &ModelId,
        call: impl Fn() -> C + Send,
    ) -> Result<T>
    where
        C: Future<Output = Result<T>> + Send,
    {
        let mut attempts = Attempts::new(&self.policy, self.id());
        loop {
            let error = match call().await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            tracing::debug!(
                provider = %self.id(),
                %model,
                operation,
                kind = error.kind().name(),
                code = error.code(),
                status = error.status(),
                request_id = error.request_id(),
                retry = ?error.retry(),
                "attempt failed",
            );
            let problem = error.message().to_owned();
            let wait = attempts.failed(error, |most| self.draw(most))?;
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(provider = %self.id(), %model, operation, problem, wait_ms, "trying again after a wait");
            tokio::time::sleep(wait).await;
        }
    }

    /// A random duration up to and including `most`.
    fn draw(&self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.rng.lock().unwrap_or_else(PoisonError::into_inner).u64(0..=most))
    }
}

#[async_trait]
impl ModelProvider for RetryProvider {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn capabilities(&self, model: &ModelId) -> Capabilities {
        self.inner.capabilities(model)
    }

    async fn stream(&self, request: &Request) -> Result<EventStream> {
        if !self.policy.retries() {
            return self.inner.stream(request).await;
        }
        self.run("stream", &request.model, || async {
            hold(self.inner.stream(request).await?, self.id()).await
        })
        .await
    }

    async fn generate(&self, request: &Request) -> Result<Response> {
        self.run("generate", &request.model, || self.inner.generate(request)).await
    }

    async fn count_tokens(&self, request: &Request) -> Result<TokenCount> {
        self.run("count_tokens", &request.model, || self.inner.count_tokens(request)).await
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<Embeddings> {
        self.run("embed", &request.model, || self.inner.embed(request)).await
    }

    fn inner(&self) -> Option<&dyn ModelProvider> {
        Some(&*self.inner)
    }
}

#[cfg(test)]
mod tests;
