//! Who calls Bedrock and where: credentials, region, endpoints, one shared session.
//!
//! [`Aws`] hands out a [`Session`] for given [`AwsSettings`]: the SDK configuration that clients of both planes are
//! built from, with credentials that follow every change of their sources, the region and the endpoints resolved, and
//! the guards in place that the SDK lacks. [`Aws::status`] explains all of it. What services answer in case of failure
//! becomes an [`outcrop_core::Error`] in [`error_from_sdk`], by the rows of [`classify::RULES`].

pub mod classify;
pub mod endpoint;

mod aws;
mod credentials;
mod entry;
mod environment;
#[cfg(test)]
mod errors_tests;
mod guard;
mod headers;
mod http_client;
mod reach;
mod region;
mod sdk_config;
mod sdk_error;
mod session;
mod settings;
mod source;
mod status;
#[cfg(test)]
mod testing;

pub use aws::{Aws, ClosedWorld};
pub use credentials::{Link, MetadataProblem, MfaPrompt, Outcome, Step};
pub use entry::seconds;
pub use guard::RetryVariables;
pub use headers::Headers;
pub use reach::{ClockSkew, Reached};
pub use region::{DEFAULT_REGION, Region, RegionOrigin, RegionStep};
pub use sdk_error::{Call, ForeignReply, RawReply, error_from_sdk};
pub use session::Session;
pub use settings::{AccessKeys, AssumeRole, Auth, AwsSettings};
pub use source::CredentialSource;
pub use status::{CallerIdentity, Endpoints, Presence, RegionStatus, Status};

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
