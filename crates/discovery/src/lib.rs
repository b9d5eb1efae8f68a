//! The catalogue of the Bedrock models that an account can really call.
//!
//! [`Discovery`] asks the control plane for the foundation models and the inference profiles of the account, side by
//! side and in every region that is configured, and makes one [`ModelCard`](outcrop_core::ModelCard) of each id that
//! can be called. It is a [`ModelCatalog`](outcrop_core::ModelCatalog) and, without ever waiting for a listing, a
//! [`ModelResolver`](outcrop_core::ModelResolver).
//!
//! # Which ids are listed
//! - Every foundation model with on-demand throughput, by its bare id.
//! - Every active inference profile, whatever its geography: those of AWS by id, those of the account by ARN. A profile
//!   passes or fails by its base model and inherits from it. A base model that AWS does not list is no reason to hide
//!   a profile.
//! - What is called by an ARN of its own, as far as `include` asks for it: provisioned throughput, imported models,
//!   deployments of custom models, endpoints of the marketplace.
//! - Of these, what streams, answers in text, is not being retired, and is of a wanted maker. Each of these [rules] has
//!   an id, and [`Discovery::why`] tells which of them an id passed, and what to do about the others.
//! - Every model of the configuration, merged field by field over what was found.
//!
//! # What is kept
//! The rows as AWS sent them, for each region, in memory and on disk. Filters apply afterwards, so a changed filter
//! needs no new listing.
//!
//! [rules]: Verdict

mod cache;
mod control_plane;
mod discovery;
mod factory;
mod merge;
mod names;
mod preference;
mod resolve;
mod rows;
mod settings;
mod source;

#[cfg(test)]
mod fixtures;

pub use discovery::{Discovery, Known, Refresh, RegionStatus, Why};
pub use factory::{API, Factory, factory};
pub use merge::Verdict;
pub use preference::default_model;
pub use resolve::{region_of, resolve_by_facts};
pub use settings::{
    DiscoverySettings, Further, GeographyPreference, ManualCost, ManualLongContext, ManualModel,
    ModelOverride,
};

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
