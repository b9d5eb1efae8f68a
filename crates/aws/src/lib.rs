//! Who calls Bedrock and where: credentials, region, endpoints, one shared session.
//!
//! [`Aws`] hands out a [`Session`] for given [`AwsSettings`]: the SDK configuration that clients of both planes are
//! built from, with the region and the endpoints resolved and the guards in place that the SDK lacks. What services
//! answer in case of failure becomes an [`outcrop_core::Error`] in [`error_from_sdk`], by the rows of
//! [`classify::RULES`].

pub mod classify;
pub mod endpoint;

mod entry;
mod guard;
mod http_client;
mod region;
mod sdk_error;
mod service_config;
mod session;
mod settings;
mod source;

pub use entry::seconds;
pub use guard::RetryVariables;
pub use region::{DEFAULT_REGION, Region, RegionOrigin};
pub use sdk_error::{Call, ForeignReply, RawReply, error_from_sdk};
pub use session::{Aws, ClosedWorld, Session};
pub use settings::{AccessKeys, Auth, AwsSettings};
pub use source::CredentialSource;
