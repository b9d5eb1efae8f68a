//! Endpoint hosts: which region they name, and whether a secret may travel to them.

use std::borrow::Cow;

use outcrop_core::{Error, Result};
use outcrop_model_facts::Partition;

use crate::sdk_config::Variants;

/// One of the two services behind the name Bedrock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Plane {
    /// `bedrock-runtime`: calls models.
    Runtime,
    /// `bedrock`: lists and manages them.
    Control,
}

impl Plane {
    /// The service id under which the SDK looks for endpoint settings (`AWS_ENDPOINT_URL_BEDROCK_RUNTIME` and
    /// `services` sections of the shared configuration).
    pub(crate) const fn service_id(self) -> &'static str {
        match self {
            Self::Runtime => "Bedrock Runtime",
            Self::Control => "Bedrock",
        }
    }

    /// The region's own endpoint (endpoint rule sets of `bedrock` and `bedrock-runtime` in AWS's service models).
    pub(crate) fn public_url(self, region: &str, variants: Variants) -> String {
        let [usual, fips] = self.host_names();
        let partition = Partition::of_region(region);
        let suffix =
            if variants.dual_stack { partition.dual_stack_dns_suffix() } else { partition.dns_suffix() };
        format!("https://{}.{region}.{suffix}", if variants.fips { fips } else { usual })
    }

    /// The other one.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Runtime => Self::Control,
            Self::Control => Self::Runtime,
        }
    }

    /// The first label of the plane's public hosts: the usual one and the one of FIPS.
    const fn host_names(self) -> [&'static str; 2] {
        match self {
            Self::Runtime => ["bedrock-runtime", "bedrock-runtime-fips"],
            Self::Control => ["bedrock", "bedrock-fips"],
        }
    }
}

/// An absolute URL, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: String,
    host: String,
    https: bool,
}

impl Endpoint {
    /// Parses an `http` or `https` URL. A slash at the end is dropped.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`], naming `setting`: by its bare name, or in words with the name between
    /// backticks.
    pub fn parse(url: &str, setting: &str) -> Result<Self> {
        let said = url;
        let url = said.trim().trim_end_matches('/');
        let authority = url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', '?', '#']).next();
        if authority.is_some_and(|authority| authority.contains('@')) {
            // The value itself stays out of the message: it holds a password.
            let setting = quoted(setting);
            let message = format!("{setting} holds a user name or password, which endpoints do not take");
            return Err(Error::config(message).with_hint(format!("take them out of {setting}")));
        }
        let uri: http::Uri = url.parse().map_err(|_| bad(setting, said, "which is no URL"))?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(bad(setting, said, "which does not start with `https://` or `http://`")),
        };
        let authority = uri.authority().ok_or_else(|| bad(setting, said, "which names no host"))?;
        let host = authority.host().to_ascii_lowercase();
        Ok(Self { url: url.to_owned(), host, https })
    }

    /// The URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it speaks TLS.
    pub const fn is_https(&self) -> bool {
        self.https
    }

    /// Whether everything sent there stays on this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Whether a bearer token may travel there: over TLS, or within this machine.
    pub fn is_safe_for_tokens(&self) -> bool {
        self.https || self.is_loopback()
    }

    /// Whether the URL is a host and nothing else: with a port or a path, it leads somewhere of its own.
    fn is_bare(&self) -> bool {
        self.url.split_once("://").is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(&self.host))
    }

    /// Whether it takes the place of the plane's usual one: that of a standard host only names its region, and one of AWS's
    /// hosts for the other plane is no endpoint of this one.
    pub(crate) fn is_own(&self, plane: Plane) -> bool {
        self.region(plane).is_none_or(|host| !host.standard) && self.region(plane.other()).is_none()
    }

    /// The region that the host names, if it is one of AWS's.
    pub fn region(&self, plane: Plane) -> Option<HostRegion<'_>> {
        let [usual, _] = plane.host_names();
        let (service, rest) = self.host.split_once('.')?;
        if plane.host_names().contains(&service) {
            let (region, suffix) = rest.split_once('.')?;
            let partition = Partition::of_region(region);
            let of_aws = [partition.dns_suffix(), partition.dual_stack_dns_suffix()].contains(&suffix);
            // FIPS and dual stack are a choice, which must not get lost.
            let standard = service == usual && suffix == partition.dns_suffix() && self.is_bare();
            return of_aws.then_some(HostRegion { region, standard });
        }
        // vpce-0123-abcd.bedrock-runtime.us-east-1.vpce.amazonaws.com
        let (service, rest) = rest.split_once('.')?;
        let (region, suffix) = rest.split_once('.')?;
        let is_vpc_endpoint = plane.host_names().contains(&service) && suffix.starts_with("vpce.");
        is_vpc_endpoint.then_some(HostRegion { region, standard: false })
    }
}

#[track_caller]
fn bad(setting: &str, url: &str, what: &str) -> Error {
    let setting = quoted(setting);
    Error::config(format!("{setting} is `{url}`, {what}")).with_hint(format!(
        "set {setting} to something like `https://bedrock-runtime.us-east-1.amazonaws.com`"
    ))
}

/// The name of a setting between backticks, unless words with a name between backticks say more.
pub(crate) fn quoted(setting: &str) -> Cow<'_, str> {
    if setting.contains('`') { setting.into() } else { format!("`{setting}`").into() }
}

/// A region that a host names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostRegion<'a> {
    /// The region.
    pub region: &'a str,
    /// Whether the host is the region's usual public endpoint, so that naming it overrides nothing.
    pub standard: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Endpoint {
        Endpoint::parse(url, "baseUrl").unwrap()
    }

    #[test]
    fn hosts_of_aws_name_their_region() {
        let cases = [
            ("https://bedrock-runtime.us-east-1.amazonaws.com/", Some(("us-east-1", true))),
            ("https://Bedrock-Runtime.us-east-1.amazonaws.com", Some(("us-east-1", true))),
            ("https://bedrock-runtime.us-east-1.amazonaws.com:8443", Some(("us-east-1", false))),
            ("https://bedrock-runtime.us-east-1.amazonaws.com/tunnel", Some(("us-east-1", false))),
            ("https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com", Some(("us-gov-west-1", false))),
            ("https://bedrock-runtime.eu-west-1.api.aws", Some(("eu-west-1", false))),
            ("https://bedrock-runtime.cn-north-1.amazonaws.com.cn", Some(("cn-north-1", true))),
            ("https://vpce-1-a.bedrock-runtime.eu-west-1.vpce.amazonaws.com", Some(("eu-west-1", false))),
            ("https://bedrock-runtime.us-east-1.example.com", None),
            ("https://bedrock.us-east-1.amazonaws.com", None),
            ("http://127.0.0.1:4566", None),
        ];
        for (url, expected) in cases {
            let found = endpoint(url);
            let found = found.region(Plane::Runtime).map(|host| (host.region, host.standard));
            assert_eq!(found, expected, "{url}");
        }
    }

    #[test]
    fn tokens_travel_over_tls_or_within_the_machine() {
        for (url, safe) in [
            ("https://proxy.example.com", true),
            ("http://localhost:8080", true),
            ("http://127.0.0.9", true),
            ("http://[::1]:1", true),
            ("http://proxy.example.com", false),
            ("http://127.0.0.1.example.com", false),
        ] {
            assert_eq!(endpoint(url).is_safe_for_tokens(), safe, "{url}");
        }
    }

    #[test]
    fn what_is_no_endpoint_is_an_error_that_names_the_setting_and_hides_passwords() {
        for url in ["", "bedrock", "ftp://x", "https://"] {
            assert!(Endpoint::parse(url, "baseUrl").unwrap_err().to_string().contains("`baseUrl`"), "{url}");
        }
        for url in [
            "https://me:hunter2@example.com",
            "me:hunter2@127.0.0.1:9",
            "https://me:hunter2 @x",
            "x://a:hunter2@b",
        ] {
            let error = Endpoint::parse(url, "baseUrl").unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{url}");
        }
    }
}
