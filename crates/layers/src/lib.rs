//! Providers around a provider: fallback, trace, limits, retry and timeouts.
//!
//! A layer wraps any [`ModelProvider`](outcrop_core::ModelProvider) in another one and changes one thing about it.
//! Layers stack; the order matters, and the usual one is, from the outside in:
//!
//! 1. [`FallbackLayer`] asks another model, region, endpoint or provider when the one before cannot answer,
//! 2. [`TraceLayer`] makes a span of each call,
//! 3. [`LimitLayer`] lets no more calls, requests and tokens through than is allowed,
//! 4. [`TimeoutLayer`] with the limit for the whole answer alone,
//! 5. [`RetryLayer`] sends the same request again when that may help,
//! 6. [`TimeoutLayer`] with the limits of silence gives up on an answer that does not come,
//! 7. the provider.
//!
//! Limits of silence belong inside of the retries: each attempt has its own, and an attempt that timed out before it said
//! anything is tried again. The other way round, the waits between attempts would count as the silence of the provider.
//! What a call waits for its turn counts for no time limit, and its attempts are one call. Each target of a fallback has
//! layers of its own: another provider has other limits, and each call to it is a span of its own that names it.
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use outcrop_core::{Error, ErrorKind, Layer, ModelProvider, ModelProviderExt};
//! use outcrop_core::scripted::{Script, Scripted};
//! use outcrop_layers::{
//!     FallbackLayer, FallbackTarget, LimitLayer, Limits, RetryLayer, RetryPolicy, TimeoutLayer, TraceLayer,
//! };
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> outcrop_core::Result<()> {
//! let provider = Scripted::new([
//!     Script::refuse(Error::new(ErrorKind::Throttled, "too many requests")),
//!     Script::new().text("Rayleigh scattering.").end(),
//! ]);
//! let provider = TimeoutLayer::new().idle(Duration::from_secs(60)).layer(Arc::new(provider));
//! let provider = RetryLayer::new(RetryPolicy::default()).layer(provider);
//! let provider = LimitLayer::new(Limits::default().with_concurrency(4)).layer(provider);
//! let provider = TraceLayer::new("aws.bedrock").layer(provider);
//! let other = FallbackTarget::new(Arc::new(Scripted::new([]).with_id("other")), "another-model");
//! let provider = FallbackLayer::default().then(other).layer(provider);
//!
//! assert_eq!(provider.ask("any-model", "Why is the sky blue?").await?, "Rayleigh scattering.");
//! assert_eq!(provider.find::<Scripted>().unwrap().requests().len(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! The clock is tokio's: calls run within a tokio runtime that has its timer on, and tests pause it.

#[cfg(test)]
mod errors_tests;
mod fallback;
mod head;
mod limit;
mod retry;
mod timeout;
mod trace;
mod wording;

pub use fallback::{
    CooldownPolicy, Cooldowns, FALLBACK_RULES, FallbackLayer, FallbackProvider, FallbackRule, FallbackTarget,
    Helps,
};
pub use limit::{LimitLayer, LimitProvider, Limits};
pub use retry::{RetryLayer, RetryPolicy, RetryProvider};
pub use timeout::{TimeoutLayer, TimeoutProvider};
pub use trace::{TraceLayer, TraceProvider};

#[cfg(test)]
mod testing;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
