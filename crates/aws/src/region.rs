//! Which region to call, and who said so.

use std::fmt;
use std::time::Duration;

use aws_config::imds;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::ProvideRegion as _;
use aws_config::profile::ProfileFileRegionProvider;
use outcrop_core::Environment;

use crate::endpoint::{Endpoint, HostRegion, Plane};
use crate::{AwsSettings, CredentialSource};

/// The region when nobody names one.
pub const DEFAULT_REGION: &str = "us-east-1";

/// A region and who named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// The region's code, such as `eu-central-1`.
    pub name: String,
    /// Who named it.
    pub origin: RegionOrigin,
}

/// Who named a region, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RegionOrigin {
    /// A flag, or the provider's entry in the configuration.
    Settings,
    /// The variable `AWS_REGION`.
    AwsRegion,
    /// The variable `AWS_DEFAULT_REGION`.
    AwsDefaultRegion,
    /// The profile.
    Profile,
    /// The host name of the base URL.
    Endpoint,
    /// The instance metadata service.
    InstanceMetadata,
    /// Nobody: the default.
    Default,
}

impl fmt::Display for RegionOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Settings => "settings",
            Self::AwsRegion => "AWS_REGION",
            Self::AwsDefaultRegion => "AWS_DEFAULT_REGION",
            Self::Profile => "profile",
            Self::Endpoint => "base URL",
            Self::InstanceMetadata => "instance metadata",
            Self::Default => "default",
        })
    }
}

impl Region {
    fn new(name: &str, origin: RegionOrigin) -> Self {
        Self { name: name.to_owned(), origin }
    }

    /// The region by settings and variables, which cost nothing to look at. The host of a VPC endpoint, or one that was
    /// chosen for FIPS or IPv6, is a setting too: nothing but its own region can be signed for there.
    fn stated(
        settings: &AwsSettings,
        environment: &Environment,
        host: Option<HostRegion<'_>>,
    ) -> Option<Self> {
        if let Some(region) = settings.region.as_deref().map(str::trim).filter(|region| !region.is_empty()) {
            return Some(Self::new(region, RegionOrigin::Settings));
        }
        if settings.isolated.is_some() {
            return Some(Self::new(DEFAULT_REGION, RegionOrigin::Default));
        }
        if let Some(host) = host.filter(|host| !host.standard) {
            return Some(Self::new(host.region, RegionOrigin::Endpoint));
        }
        let variable = |name, origin| environment.get(name).map(|region| Self::new(region, origin));
        variable("AWS_REGION", RegionOrigin::AwsRegion)
            .or_else(|| variable("AWS_DEFAULT_REGION", RegionOrigin::AwsDefaultRegion))
    }

    /// The region for these settings: settings, the base URL of a special host, variables, profile, the base URL of a
    /// standard host, instance metadata, default. The
    /// metadata service is asked only where credentials would be asked of it too.
    pub(crate) async fn resolve(
        settings: &AwsSettings,
        environment: &Environment,
        source: &CredentialSource,
        runtime: Option<&Endpoint>,
    ) -> Self {
        let host = runtime.and_then(|endpoint| endpoint.region(Plane::Runtime));
        if let Some(stated) = Self::stated(settings, environment, host) {
            return stated;
        }
        let mut profile = ProfileFileRegionProvider::builder();
        if let CredentialSource::Profile(name) = source {
            profile = profile.profile_name(name);
        }
        if let Some(region) =
            profile.build().region().await.filter(|region| !region.as_ref().trim().is_empty())
        {
            return Self::new(region.as_ref().trim(), RegionOrigin::Profile);
        }
        if let Some(host) = host {
            return Self::new(host.region, RegionOrigin::Endpoint);
        }
        if *source == CredentialSource::DefaultChain
            && let Some(region) =
                ImdsRegionProvider::builder().imds_client(impatient_metadata_client()).build().region().await
        {
            return Self::new(region.as_ref(), RegionOrigin::InstanceMetadata);
        }
        Self::new(DEFAULT_REGION, RegionOrigin::Default)
    }
}

/// Away from EC2 nobody answers, and this must not be felt: one attempt, one second.
fn impatient_metadata_client() -> imds::Client {
    let second = Duration::from_secs(1);
    imds::Client::builder()
        .max_attempts(1)
        .connect_timeout(second)
        .read_timeout(second)
        .operation_timeout(second)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(region: Option<&str>, variables: &[(&str, &str)]) -> Option<(String, RegionOrigin)> {
        let settings = AwsSettings { region: region.map(str::to_owned), ..AwsSettings::default() };
        Region::stated(&settings, &variables.iter().copied().collect(), None)
            .map(|found| (found.name, found.origin))
    }

    #[test]
    fn settings_beat_variables_and_blank_values_are_passed_over() {
        let both = [("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "eu-west-2")];
        let found = |name: &str, origin| Some((name.to_owned(), origin));
        assert_eq!(stated(Some("us-west-2"), &both), found("us-west-2", RegionOrigin::Settings));
        assert_eq!(stated(Some(" "), &both), found("eu-west-1", RegionOrigin::AwsRegion));
        let blank = [("AWS_REGION", " "), ("AWS_DEFAULT_REGION", "eu-west-2")];
        assert_eq!(stated(None, &blank), found("eu-west-2", RegionOrigin::AwsDefaultRegion));
        assert_eq!(stated(None, &[]), None);
    }

    #[test]
    fn a_host_that_serves_one_region_only_is_signed_for_in_it() {
        let region = |url: &str| {
            let endpoint = Endpoint::parse(url, "baseUrl").unwrap();
            let environment = [("AWS_REGION", "us-west-2")].into_iter().collect();
            Region::stated(&AwsSettings::default(), &environment, endpoint.region(Plane::Runtime))
                .unwrap()
                .name
        };
        assert_eq!(region("https://vpce-1-a.bedrock-runtime.eu-west-1.vpce.amazonaws.com"), "eu-west-1");
        assert_eq!(region("https://bedrock-runtime-fips.us-east-1.amazonaws.com"), "us-east-1");
        assert_eq!(region("https://bedrock-runtime.us-east-1.amazonaws.com"), "us-west-2");
    }
}
