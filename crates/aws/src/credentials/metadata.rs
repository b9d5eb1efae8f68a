//! The metadata service of EC2 instances, version 2.
//!
//! Away from EC2 nobody answers, behind some proxies somebody else does, and in a container the answer may get lost on
//! its way: all of this must be found out once, within a second, and told apart.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use outcrop_core::{Environment, Error, Result};
use tokio::sync::OnceCell;

use super::shared_files::{SharedFiles, chain_text};
use crate::endpoint::Endpoint;
use crate::http_client::{self, SharedClient};

/// What a whole look at the service may take.
const BUDGET: Duration = Duration::from_secs(1);

const ENDPOINT_VARIABLE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const MODE_VARIABLE: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
const IPV4: &str = "http://169.254.169.254";
const IPV6: &str = "http://[fd00:ec2::254]";

/// Why the metadata service gives no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataProblem {
    /// `AWS_EC2_METADATA_DISABLED` is `true`: nobody was asked.
    Disabled,
    /// No connection: this is no EC2 instance, or the network does not let through.
    Unreachable {
        /// The address.
        endpoint: String,
        /// Why.
        reason: String,
    },
    /// Something takes the connection and does not answer.
    Silent {
        /// The address.
        endpoint: String,
    },
    /// Something answers, and refuses.
    Refused {
        /// The address.
        endpoint: String,
        /// How.
        reason: String,
    },
    /// The service is there, and the instance has no role.
    NoRole,
}

impl fmt::Display for MetadataProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => f.write_str("not asked: `AWS_EC2_METADATA_DISABLED` is `true`"),
            Self::Unreachable { endpoint, reason } => {
                write!(f, "`{endpoint}` cannot be reached ({reason})")
            }
            Self::Silent { endpoint } => write!(f, "`{endpoint}` did not answer within a second"),
            Self::Refused { endpoint, reason } => write!(f, "`{endpoint}` refuses ({reason})"),
            Self::NoRole => f.write_str("the instance has no role"),
        }
    }
}

/// The metadata service: looked at once for the process, and remembered.
#[derive(Debug)]
pub(crate) struct Metadata {
    disabled: bool,
    endpoint: String,
    client: imds::Client,
    provider_config: ProviderConfig,
    http: SharedClient,
    role: OnceCell<std::result::Result<String, MetadataProblem>>,
}

impl Metadata {
    /// The service at the address that variables and the active profile name, or at its usual one. Asks nobody. `http`
    /// must be direct: a proxy would ask the metadata service of its own machine.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] for an address that is none.
    pub(crate) fn new(environment: &Environment, files: &SharedFiles, http: SharedClient) -> Result<Self> {
        let disabled = environment
            .get("AWS_EC2_METADATA_DISABLED")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        // Where nobody is asked, nobody's address can be wrong.
        let endpoint = if disabled { IPV4.to_owned() } else { endpoint(environment, files)? };
        let provider_config =
            ProviderConfig::without_region().with_http_client(SharedHttpClient::new(http.clone()));
        let client = imds::Client::builder()
            .configure(&provider_config)
            .endpoint(&endpoint)
            .map_err(|error| {
                Error::config(format!("the metadata service's address `{endpoint}` is no URL"))
                    .with_hint(format!("set `{ENDPOINT_VARIABLE}` to a URL, or unset it"))
                    .with_source(error)
            })?
            .max_attempts(1)
            .connect_timeout(BUDGET)
            .read_timeout(BUDGET)
            .operation_attempt_timeout(2 * BUDGET)
            .operation_timeout(2 * BUDGET)
            .build();
        Ok(Self { disabled, endpoint, client, provider_config, http, role: OnceCell::new() })
    }

    /// The role of the instance. The service is asked once for the process, whatever comes of it.
    pub(crate) async fn role(&self) -> std::result::Result<&str, &MetadataProblem> {
        let role = self.role.get_or_init(|| async {
            let role = self.look().await;
            match &role {
                Ok(role) => tracing::debug!(role, endpoint = self.endpoint, "instance metadata"),
                Err(problem) => tracing::debug!(%problem, "instance metadata"),
            }
            role
        });
        role.await.as_ref().map(String::as_str)
    }

    /// What is known of the role without asking.
    pub(crate) fn known_role(&self) -> Option<std::result::Result<&str, &MetadataProblem>> {
        if self.disabled {
            return Some(Err(&MetadataProblem::Disabled));
        }
        self.role.get().map(|role| role.as_ref().map(String::as_str))
    }

    async fn look(&self) -> std::result::Result<String, MetadataProblem> {
        if self.disabled {
            return Err(MetadataProblem::Disabled);
        }
        let endpoint = self.endpoint.clone();
        let asking = self.client.get("/latest/meta-data/iam/security-credentials/");
        let Ok(answer) = tokio::time::timeout(BUDGET, asking).await else {
            return Err(MetadataProblem::Silent { endpoint });
        };
        match answer {
            Ok(roles) => match roles.as_ref().lines().map(str::trim).find(|line| !line.is_empty()) {
                Some(role) => Ok(role.to_owned()),
                None => Err(MetadataProblem::NoRole),
            },
            Err(imds::client::error::ImdsError::ErrorResponse(answer)) => {
                match answer.response().status().as_u16() {
                    404 => Err(MetadataProblem::NoRole),
                    status => Err(MetadataProblem::Refused { endpoint, reason: format!("status {status}") }),
                }
            }
            Err(error) => Err(problem(endpoint, &error)),
        }
    }

    /// The credentials of the role.
    pub(crate) fn credentials(&self) -> ImdsCredentialsProvider {
        let builder = ImdsCredentialsProvider::builder().configure(&self.provider_config);
        builder.imds_client(self.client.clone()).build()
    }

    /// The region of the instance, if the service answers.
    pub(crate) async fn region(&self) -> Option<String> {
        match self.role().await {
            Ok(_) | Err(MetadataProblem::NoRole) => {}
            Err(_) => return None,
        }
        let provider = ImdsRegionProvider::builder().imds_client(self.client.clone()).build();
        let region = tokio::time::timeout(BUDGET, provider.region()).await.ok()??;
        Some(region.as_ref().to_owned()).filter(|region| !region.trim().is_empty())
    }

    /// Whether the service answers requests without a token. Where it does, and the one for a token is never answered,
    /// the answer got lost: the response to that request alone lives for a limited number of network hops
    /// (Amazon EC2 User Guide, "Configure the Instance Metadata Service options").
    pub(crate) async fn answers_without_token(&self) -> bool {
        let url = format!("{}/latest/meta-data/", self.endpoint);
        let asking = http_client::get(&self.http, &url, &[], BUDGET);
        tokio::time::timeout(BUDGET, asking).await.is_ok_and(|answer| answer.is_ok())
    }
}

/// Whether this machine says that it belongs to EC2: Nitro instances by their vendor, Xen ones by their UUID
/// (Amazon EC2 User Guide, "Detect whether a host is an EC2 instance"). Costs two reads of files in memory.
pub(crate) fn is_ec2(environment: &Environment) -> bool {
    let starts = |path, prefix: &str| {
        std::fs::read_to_string(path).is_ok_and(|text| text.to_ascii_lowercase().starts_with(prefix))
    };
    environment.get(ENDPOINT_VARIABLE).is_some()
        || starts("/sys/devices/virtual/dmi/id/sys_vendor", "amazon ec2")
        || starts("/sys/hypervisor/uuid", "ec2")
}

fn endpoint(environment: &Environment, files: &SharedFiles) -> Result<String> {
    let said = |variable: &'static str, key: &'static str| {
        let of_variable = environment.get(variable).map(|value| (value, variable));
        of_variable.or_else(|| files.value(key).map(|value| (value, key)))
    };
    if let Some((url, setting)) = said(ENDPOINT_VARIABLE, "ec2_metadata_service_endpoint") {
        return match Endpoint::parse(url, setting) {
            Ok(endpoint) => Ok(endpoint.url().to_owned()),
            // What goes for an endpoint of Bedrock is no help here.
            Err(error) => Err(Error::config(error.message().to_owned())
                .with_hint(format!("set `{setting}` to a URL such as `{IPV4}`, or unset it"))),
        };
    }
    let (mode, setting) = said(MODE_VARIABLE, "ec2_metadata_service_endpoint_mode").unwrap_or_default();
    match mode.to_ascii_lowercase().as_str() {
        "" | "ipv4" => Ok(IPV4.to_owned()),
        "ipv6" => Ok(IPV6.to_owned()),
        _ => Err(Error::config(format!("`{setting}` is `{mode}`, which is not `IPv4` or `IPv6`"))
            .with_hint(format!("set `{setting}` to `IPv4` or `IPv6`, or unset it"))),
    }
}

/// What the SDK's client says, told apart by its words: its types are its own.
fn problem(endpoint: String, error: &imds::client::error::ImdsError) -> MetadataProblem {
    let text = chain_text(error);
    let lower = text.to_ascii_lowercase();
    if lower.contains("forbidden") {
        return MetadataProblem::Refused { endpoint, reason: "status 403".to_owned() };
    }
    if lower.contains("timed out") || lower.contains("timeout") {
        return MetadataProblem::Silent { endpoint };
    }
    if lower.contains("ttl") || lower.contains("invalid") {
        return MetadataProblem::Refused {
            endpoint,
            reason: "it answers, and is no metadata service".to_owned(),
        };
    }
    let reason = text.rsplit(": ").next().unwrap_or(&text).to_owned();
    MetadataProblem::Unreachable { endpoint, reason }
}

/// Whether credentials may be fetched from this host without TLS: this machine, and the addresses that ECS and EKS
/// give to the containers of a machine (AWS SDKs and Tools Reference Guide, "Container credential provider").
pub(super) fn is_local_credential_host(host: &str) -> bool {
    const OF_CONTAINERS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || OF_CONTAINERS.contains(&host)
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
