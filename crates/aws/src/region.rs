//! Which region to call, and who said so.

use std::fmt;

use outcrop_core::{Environment, Error, Result};
use serde::Serialize;

use crate::AwsSettings;
use crate::credentials::{Chain, Plan, SharedFiles, ShortTermKey, is_ec2};
use crate::endpoint::Plane;
use crate::session::BaseUrls;

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

impl Region {
    /// A region, if that can be its name. The name becomes a part of a host's name, and of ARNs: with a dot, a slash or a
    /// star in it, calls would go to anybody, and policies would allow anything.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] for what cannot be a name.
    pub fn named(name: String, origin: RegionOrigin) -> Result<Self> {
        if Self::is_name(&name) {
            return Ok(Self { name, origin });
        }
        Err(Error::config(format!("`{name}` is no region ({origin})"))
            .with_hint("a region is named like `eu-central-1`: small letters, digits and hyphens"))
    }

    /// Whether a region can be called that.
    pub fn is_name(name: &str) -> bool {
        (1..=63).contains(&name.len())
            && !name.starts_with('-')
            && !name.ends_with('-')
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    }
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
    /// A short-term API key, which is good for one region only.
    ApiKey,
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
            Self::ApiKey => "API key",
            Self::Profile => "profile",
            Self::Endpoint => "base URL",
            Self::InstanceMetadata => "instance metadata",
            Self::Default => "default",
        })
    }
}

/// As in messages.
impl Serialize for RegionOrigin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One place that was looked at for a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RegionStep {
    /// The place.
    pub origin: RegionOrigin,
    /// What it says; `None` if nothing.
    pub value: Option<String>,
}

/// What the search for a region looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RegionSearch<'a> {
    pub(crate) settings: &'a AwsSettings,
    pub(crate) environment: &'a Environment,
    pub(crate) files: &'a SharedFiles,
    pub(crate) plan: &'a Plan,
    pub(crate) base_urls: &'a BaseUrls,
}

impl RegionSearch<'_> {
    /// The region by: settings, the base URL of a special host, variables, a short-term API key, the profile, the base
    /// URL of a standard host, instance metadata, the default. The places are looked at in this order, as far as needed.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] for an address of the metadata service that is none, and for a region's name
    /// that cannot be one.
    pub(crate) async fn run(self, chain: &Chain) -> Result<(Region, Vec<RegionStep>)> {
        let mut steps = Vec::new();
        for (origin, value) in self.stated() {
            let value = value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
            steps.push(RegionStep { origin, value: value.clone() });
            if let Some(name) = value {
                return Ok((Region::named(name, origin)?, steps));
            }
        }
        if self.may_ask_metadata() {
            let value = chain.metadata(self.files).await?.region().await;
            steps.push(RegionStep { origin: RegionOrigin::InstanceMetadata, value: value.clone() });
            if let Some(name) = value {
                return Ok((Region::named(name, RegionOrigin::InstanceMetadata)?, steps));
            }
        }
        let name = DEFAULT_REGION.to_owned();
        steps.push(RegionStep { origin: RegionOrigin::Default, value: Some(name.clone()) });
        Ok((Region { name, origin: RegionOrigin::Default }, steps))
    }

    /// What costs nothing to look at. The host of a VPC endpoint, or one that was chosen for FIPS or IPv6, is a setting
    /// too: nothing but its own region can be signed for there.
    fn stated(&self) -> impl Iterator<Item = (RegionOrigin, Option<String>)> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let mut places = vec![(RegionOrigin::Settings, self.settings.region.clone())];
        if self.settings.isolated.is_none() {
            if let Some(region) = self.base_urls.region(false) {
                places.push((RegionOrigin::Endpoint, owned(Some(region))));
            }
            places.push((RegionOrigin::AwsRegion, owned(self.environment.get("AWS_REGION"))));
            places.push((RegionOrigin::AwsDefaultRegion, owned(self.environment.get("AWS_DEFAULT_REGION"))));
            if let Some(key) = self.short_term_key() {
                places.push((RegionOrigin::ApiKey, Some(key.region)));
            }
            places.push((RegionOrigin::Profile, owned(self.files.value("region"))));
            if let Some(region) = self.base_urls.region(true) {
                places.push((RegionOrigin::Endpoint, owned(Some(region))));
            }
        }
        places.into_iter()
    }

    /// The API key, if it is one that says something about itself.
    pub(crate) fn short_term_key(&self) -> Option<ShortTermKey> {
        let Plan::Bearer(source) = self.plan else { return None };
        ShortTermKey::parse(source.read(self.environment).ok()?.expose())
    }

    /// Where the credentials come from the metadata service, it is asked for the region too; where they come from
    /// elsewhere, only on machines that say that they belong to EC2, since elsewhere the question takes a second.
    fn may_ask_metadata(&self) -> bool {
        self.settings.isolated.is_none()
            && match self.plan {
                Plan::Metadata => true,
                Plan::Unsigned => false,
                _ => is_ec2(self.environment),
            }
    }
}

impl BaseUrls {
    /// The region that a base URL of this kind of host names: the one of the runtime plane, else the one of the control
    /// plane.
    pub(crate) fn region(&self, standard: bool) -> Option<&str> {
        let planes = [Plane::Runtime, Plane::Control];
        let mut hosts = [&self.runtime, &self.control]
            .into_iter()
            .flatten()
            .filter_map(|url| planes.into_iter().find_map(|plane| url.region(plane)));
        hosts.find(|host| host.standard == standard).map(|host| host.region)
    }
}

#[cfg(test)]
mod tests;
