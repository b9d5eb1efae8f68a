//! Who calls: from settings, variables and files to credentials.
//!
//! [`plan`] finds out by what is said and what lies on this machine which link of the chain is responsible, without
//! asking anybody; [`Chain`] then gets the credentials from it; [`CachedCredentials`] keeps them until they end or
//! something that they came from changes.

mod bearer;
mod cache;
mod chain;
mod container;
mod errors;
mod fingerprint;
mod link;
mod metadata;
mod plan;
mod profile;
mod read;
mod role;
mod shared_files;
mod sso;

pub(crate) use bearer::{BEARER_VARIABLE, BearerToken, ShortTermKey};
pub(crate) use cache::CachedCredentials;
pub(crate) use chain::{Chain, metadata_step, world};
#[cfg(test)]
pub(crate) use errors::from_sdk;
pub(crate) use errors::{sign_in_command, unanswered};
pub(crate) use link::shortened;
pub use link::{Link, Outcome, Step};
pub use metadata::MetadataProblem;
pub(crate) use metadata::{Metadata, is_ec2};
pub(crate) use plan::{Plan, Planned, plan};
pub use role::MfaPrompt;
pub(crate) use shared_files::{SharedFiles, chain_text};
