//! What a provider entry of the configuration, or a program, may say about credentials and places.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use outcrop_core::Secret;
use serde::{Deserialize, Serialize};

use crate::headers::Headers;

/// Which credentials to use. Explicit beats ambient: with `bearer` an access key in the environment is not looked at,
/// and the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Auth {
    /// Whatever AWS would find: an API key, access keys, a profile, the default chain, in this order.
    #[default]
    AwsSdk,
    /// An Amazon Bedrock API key.
    Bearer,
    /// A profile of the shared configuration files.
    Profile,
    /// None: requests go out unsigned, to a proxy that signs them.
    None,
}

impl Auth {
    /// Every value, as it stands in the configuration.
    pub const NAMES: &'static [&'static str] = &["aws-sdk", "bearer", "profile", "none"];

    /// The value of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "aws-sdk" => Self::AwsSdk,
            "bearer" => Self::Bearer,
            "profile" => Self::Profile,
            "none" => Self::None,
            _ => return None,
        })
    }
}

/// Access keys, as they are given or found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct AccessKeys {
    /// The access key id; not a secret.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: Secret,
    /// The session token of temporary keys.
    pub session_token: Option<Secret>,
}

impl AccessKeys {
    /// Keys that last, without a session token.
    pub fn new(access_key_id: impl Into<String>, secret_access_key: Secret) -> Self {
        Self { access_key_id: access_key_id.into(), secret_access_key, session_token: None }
    }
}

/// A role to assume with the credentials that were found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AssumeRole {
    /// The role, such as `arn:aws:iam::123456789012:role/bedrock`.
    pub role_arn: String,
    /// The name of the role session, which shows in the audit log; `outcrop-` and the time in seconds by
    /// default.
    pub session_name: Option<String>,
    /// What the role's owner demands from third parties.
    pub external_id: Option<String>,
    /// How long the role's credentials shall live, from 15 minutes to 12 hours; AWS's hour by default.
    pub duration: Option<Duration>,
}

/// Everything that can be said explicitly. What is `None` is found out from the environment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct AwsSettings {
    /// Which credentials.
    pub auth: Auth,
    /// A Bedrock API key.
    pub api_key: Option<Secret>,
    /// A file that holds a Bedrock API key and nothing else; it is read again for every call.
    pub api_key_file: Option<PathBuf>,
    /// The profile to use; beats variables.
    pub profile: Option<String>,
    /// A role to assume with whatever credentials are found.
    pub assume_role: Option<AssumeRole>,
    /// The region; beats variables.
    pub region: Option<String>,
    /// The runtime plane's base URL. One of a standard AWS host only says the region, when nothing else does.
    pub runtime_endpoint: Option<String>,
    /// The control plane's base URL.
    pub control_endpoint: Option<String>,
    /// Whether to call the endpoints that are validated by FIPS 140; beats variables.
    pub fips: Option<bool>,
    /// Whether to call the endpoints that speak IPv6 too; beats variables.
    pub dual_stack: Option<bool>,
    /// How long a connection may take to be made.
    pub connect_timeout: Option<Duration>,
    /// Headers that are added to each call of both planes, by name. They are not signed.
    pub headers: BTreeMap<String, Secret>,
    /// A closed world: these keys, the endpoints above, and nothing of the environment.
    pub isolated: Option<AccessKeys>,
}

impl AwsSettings {
    /// What adds the headers to the calls of a client; `None` if there are none.
    pub fn interceptor(&self) -> Option<Headers> {
        (!self.headers.is_empty()).then(|| Headers::new(self.headers.clone()))
    }

    /// The same place, without a caller.
    pub fn without_credentials(&self) -> Self {
        Self { auth: Auth::None, profile: None, assume_role: None, ..self.clone() }
    }
}
