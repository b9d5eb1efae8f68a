//! What a provider entry of the configuration, or a program, may say about credentials and places.

use std::time::Duration;

use outcrop_core::Secret;
use serde::{Deserialize, Serialize};

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

/// Access keys given by a program.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccessKeys {
    /// The access key id; not a secret.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: Secret,
    /// The session token of temporary keys.
    pub session_token: Option<Secret>,
}

/// Everything that can be said explicitly. What is `None` is found out from the environment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct AwsSettings {
    /// Which credentials.
    pub auth: Auth,
    /// The profile to use; beats variables.
    pub profile: Option<String>,
    /// The region; beats variables.
    pub region: Option<String>,
    /// The runtime plane's base URL. One of a standard AWS host only says the region, when nothing else does.
    pub runtime_endpoint: Option<String>,
    /// The control plane's base URL.
    pub control_endpoint: Option<String>,
    /// How long a connection may take to be made.
    pub connect_timeout: Option<Duration>,
    /// A closed world: these keys, the endpoints above, and nothing of the environment.
    pub isolated: Option<AccessKeys>,
}
