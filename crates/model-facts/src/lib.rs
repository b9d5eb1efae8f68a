//! What a Bedrock model id means, and the dated table of limits, prices and quirks.
//!
//! Two halves that need no network and no start-up work:
//!
//! - [`BedrockId`] reads every kind of id that Bedrock's runtime accepts: foundation models, inference profiles,
//!   provisioned, custom and imported models, prompt routers, in every partition.
//! - [`facts`] is a table of what is known about each foundation model, with the date it was put together
//!   ([`facts::AS_OF`]). It is a fallback: which models exist and may be called, only the account itself can say.
//!
//! ```
//! use outcrop_model_facts::{BedrockId, Kind, facts};
//!
//! let id = BedrockId::parse("eu.anthropic.claude-sonnet-4-5-20250929-v1:0");
//! assert_eq!(id.kind(), Kind::SystemProfile);
//! assert_eq!(id.base(), Some("anthropic.claude-sonnet-4-5-20250929-v1:0"));
//!
//! let known = facts::lookup(&id).expect("this model is in the table");
//! assert_eq!(known.facts.context_window, Some(200_000));
//!
//! let price = facts::price_of(&id, Some("eu-central-1")).expect("and so is the price of its EU profile");
//! assert_eq!(price.price.rates.input, 3.3);
//! ```

pub mod facts;
mod geography;
mod id;
mod partition;

pub use geography::{Geography, bedrock_regions, destination_regions, profile_geographies};
pub use id::{BedrockId, Kind};
pub use partition::Partition;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
