//! A model provider over any OpenAI-compatible chat-completions endpoint.
//!
//! [`OpenAi`] implements [`outcrop_core::ModelProvider`] for Bedrock's own `/openai/v1`, OpenRouter, vLLM, llama.cpp,
//! Ollama, LiteLLM, DeepSeek, Moonshot, Z.AI and whoever else speaks the protocol: requests are normalised so that no
//! conversation ever gets stuck, and the chunks of the answer are translated into the grammar of core with every failure
//! classified. How endpoints differ is data ([`Compat`]): what is known of a host, over which an entry of the
//! configuration and each of its models can say more. [`OpenAiCatalog`] lists what an endpoint has. [`factory`] and
//! [`catalog_factory`] plug both into a [`outcrop_core::Registry`] under the `api` value [`API`].
//!
//! ```no_run
//! # async fn ask() -> outcrop_core::Result<()> {
//! use outcrop_core::{Environment, ModelProviderExt, Secret};
//! use outcrop_provider_openai::{OpenAi, OpenAiSettings};
//!
//! let mut settings = OpenAiSettings::new("https://openrouter.ai/api/v1");
//! settings.api_key = Some(Secret::new("sk-…"));
//! let provider = OpenAi::new("openrouter".into(), settings, &Environment::default())?;
//! println!("{}", provider.ask("openai/gpt-oss-120b", "Why is the sky blue?").await?);
//! # Ok(())
//! # }
//! ```
//!
//! The program in `examples/`, `tools_loop`, is to be copied.

#[cfg(test)]
mod cases;
mod catalog;
mod compat;
#[cfg(feature = "conformance")]
pub mod conformance;
mod draft;
mod embed;
mod endpoint;
#[cfg(test)]
mod errors_tests;
mod factory;
mod failure;
mod http_client;
#[cfg(test)]
mod loopback;
mod normalise;
mod provider;
mod settings;
mod sse;
mod stream;
mod wire;

pub use catalog::{Credential, OpenAiCatalog};
pub use compat::{Compat, MaxTokensField, ReasoningField, ReasoningTag, StructuredOutput, ThinkingFormat};
pub use factory::{API, catalog_factory, factory};
pub use provider::{DryRun, OpenAi};
pub use settings::{ModelSettings, OpenAiSettings};

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
