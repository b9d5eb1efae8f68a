//! Providers around a provider: retry and timeouts.
//!
//! A layer wraps any [`ModelProvider`](outcrop_core::ModelProvider) in another one and changes one thing about it.
//! Layers stack; the order matters, and the usual one is, from the outside in:
//!
//! 1. [`RetryLayer`] sends the same request again when that may help,
//! 2. [`TimeoutLayer`] gives up on an answer that does not come,
//! 3. the provider.
//!
//! Timeouts belong inside: each attempt has its own, and an attempt that timed out before it said anything is tried
//! again. The other way round, the waits between attempts would count as the silence of the provider.
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use outcrop_core::{Error, ErrorKind, Layer, ModelProvider, ModelProviderExt};
//! use outcrop_core::scripted::{Script, Scripted};
//! use outcrop_layers::{RetryLayer, RetryPolicy, TimeoutLayer};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> outcrop_core::Result<()> {
//! let provider = Scripted::new([
//!     Script::refuse(Error::new(ErrorKind::Throttled, "too many requests")),
//!     Script::new().text("Rayleigh scattering.").end(),
//! ]);
//! let provider = TimeoutLayer::new().idle(Duration::from_secs(60)).layer(Arc::new(provider));
//! let provider = RetryLayer::new(RetryPolicy::default()).layer(provider);
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
mod retry;
mod timeout;
mod wording;

pub use retry::{RetryLayer, RetryPolicy, RetryProvider};
pub use timeout::{TimeoutLayer, TimeoutProvider};

#[cfg(test)]
mod testing;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
