//! Which region an entry calls, as far as that can be said without asking anybody.

use outcrop_aws::endpoint::{Endpoint, Plane};
use outcrop_aws::{DEFAULT_REGION, Region, RegionOrigin};
use outcrop_config::ProviderEntry;
use outcrop_core::Result;

use crate::Outcrop;

/// The region that an entry calls.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) region: String,
    /// Whether anybody has named it.
    pub(super) said: bool,
}

impl Home {
    /// By the entry, the variables, and the base URLs. Profiles and metadata belong to the machine where the policy will
    /// hold, which need not be this one.
    pub(super) fn of(outcrop: &Outcrop, entry: &ProviderEntry<'_>) -> Result<Self> {
        let said = |text: &Option<String>| {
            text.as_deref().map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned)
        };
        let provider = entry.provider();
        let urls = [(&provider.base_url, "baseUrl"), (&provider.control_base_url, "controlBaseUrl")];
        let endpoints: Vec<_> =
            urls.iter().filter_map(|(url, key)| Endpoint::parse(&said(url)?, key).ok()).collect();
        let by_host = |standard: bool| {
            let hosts = endpoints.iter().filter_map(|endpoint| {
                [Plane::Runtime, Plane::Control].into_iter().find_map(|plane| endpoint.region(plane))
            });
            let host = hosts.into_iter().find(|host| host.standard == standard)?;
            Some(host.region.to_owned())
        };
        let variable = |name| outcrop.environment().get(name).map(str::to_owned);
        let region = said(&provider.region)
            .or_else(|| by_host(false))
            .or_else(|| variable("AWS_REGION"))
            .or_else(|| variable("AWS_DEFAULT_REGION"))
            .or_else(|| by_host(true));
        let said = region.is_some();
        let name = region.unwrap_or_else(|| DEFAULT_REGION.to_owned());
        Ok(Self { region: Region::named(name, RegionOrigin::Settings)?.name, said })
    }
}
