//! A model provider over Amazon Bedrock's Converse and ConverseStream.
//!
//! [`Bedrock`] implements [`outcrop_core::ModelProvider`]: requests are normalised so that no conversation ever gets
//! stuck, written byte for byte the same each time, sent through the official SDK, and the answer's event stream is
//! translated into the grammar of core with every failure classified. [`factory`] plugs it into a
//! [`outcrop_core::Registry`] under the `api` value [`API`].
//!
//! The programs in `examples/` are to be copied: `stream`, `tools_loop`, `images` and `structured_output`.

#[cfg(test)]
mod canned;
#[cfg(test)]
mod cases;
mod client;
#[cfg(feature = "conformance")]
pub mod conformance;
mod content_type;
mod count;
mod draft;
mod embed;
#[cfg(test)]
mod errors_tests;
mod factory;
mod failure;
mod learnt;
#[cfg(test)]
mod loopback;
mod normalise;
mod options;
mod provider;
mod repair;
mod settings;
mod stream;
mod structured;
mod target;
mod wire;

pub use factory::{API, factory};
pub use provider::{Bedrock, DryRun};
pub use settings::BedrockSettings;

/// The examples of the guide, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/requests.md")]
struct Guide;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
