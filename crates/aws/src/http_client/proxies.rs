//! Which requests go through a proxy, by the variables that HTTP clients have in common.
//!
//! `HTTPS_PROXY`, `HTTP_PROXY` and, for both, `ALL_PROXY` name it; `NO_PROXY` lists hosts that are called without it:
//! names with all their subdomains, addresses and networks such as `10.0.0.0/8`, or `*` for all. Lower-case names are
//! read where the upper-case ones are absent or blank. This machine and the metadata services are never called
//! through a proxy.

use std::fmt;
use std::sync::Arc;

use http::uri::Scheme;
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use outcrop_core::{Environment, Error, Result};

/// This machine, the link-local addresses where instances and containers find their metadata (`169.254.169.254`,
/// `169.254.170.2`, `169.254.170.23`), and the network of the same services over IPv6 (Amazon EC2 User Guide, "Access
/// instance metadata"; Amazon EKS User Guide, "EKS Pod Identity Agent").
const NEVER: &str = "localhost,127.0.0.0/8,::1,169.254.0.0/16,fe80::/10,fd00:ec2::/32";

const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
const HTTPS: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const HTTP: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
/// In a CGI program, `HTTP_PROXY` is what the caller sent in the header `proxy` (CVE-2016-5385).
const HTTP_UNDER_CGI: [&str; 3] = ["http_proxy", "ALL_PROXY", "all_proxy"];

/// The proxies of an environment.
pub(super) struct Proxies {
    /// Whether a request is to be proxied at all.
    matcher: Option<Matcher>,
    http: Option<Proxy>,
    https: Option<Proxy>,
}

impl Proxies {
    /// No proxy for anybody.
    pub(super) const fn none() -> Self {
        Self { matcher: None, http: None, https: None }
    }

    /// The proxies that the variables name.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`], naming the variable: a proxy that is asked for and cannot be used must not
    /// become a direct connection.
    pub(super) fn read(environment: &Environment) -> Result<Self> {
        let listed = first(environment, &NO_PROXY).map_or("", |(_, list)| list);
        let listed: Vec<_> = listed.split([',', ' ']).map(str::trim).collect();
        if listed.contains(&"*") {
            return Ok(Self::none());
        }
        // Some write `*.example.com` for what is `.example.com` to all others.
        let listed = listed.into_iter().map(|host| match host.strip_prefix('*') {
            Some(rest) if rest.starts_with('.') => rest,
            _ => host,
        });
        let exempt = listed.chain([NEVER]).collect::<Vec<_>>().join(",");
        let http_names =
            if environment.get("REQUEST_METHOD").is_some() { &HTTP_UNDER_CGI[..] } else { &HTTP };
        let read = |names: &[&'static str]| {
            let named = first(environment, names);
            named.map(|(variable, value)| Proxy::parse(variable, value)).transpose()
        };
        let http = read(http_names)?;
        let https = read(&HTTPS)?;
        if http.is_none() && https.is_none() {
            return Ok(Self::none());
        }
        let url =
            |proxy: &Option<Proxy>| proxy.as_ref().map_or_else(String::new, |it| it.name.address.clone());
        let matcher = Matcher::builder().http(url(&http)).https(url(&https)).no(exempt).build();
        for (scheme, proxy) in [("http", &http), ("https", &https)] {
            if let Some(proxy) = proxy {
                tracing::debug!(proxy = %proxy.name, "{scheme} requests go through a proxy");
            }
        }
        Ok(Self { matcher: Some(matcher), http, https })
    }

    /// The proxy for requests to this place.
    pub(super) fn of(&self, destination: &Uri) -> Option<&Proxy> {
        self.matcher.as_ref()?.intercept(destination)?;
        if destination.scheme() == Some(&Scheme::HTTPS) { self.https.as_ref() } else { self.http.as_ref() }
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies")
            .field("http", &self.http)
            .field("https", &self.https)
            .finish_non_exhaustive()
    }
}

/// The first of these variables that says something.
fn first<'a>(environment: &'a Environment, names: &[&'static str]) -> Option<(&'static str, &'a str)> {
    names.iter().find_map(|name| Some((*name, environment.get(name)?)))
}

/// One proxy.
pub(super) struct Proxy {
    name: Arc<ProxyName>,
    url: Uri,
    authorization: Option<HeaderValue>,
}

impl Proxy {
    fn parse(variable: &'static str, value: &str) -> Result<Self> {
        let url = check(value).map_err(|what| bad(variable, &what))?;
        let address = address(&url).map_err(|what| bad(variable, &what))?;
        let has_credentials = url.authority().is_some_and(|authority| authority.as_str().contains('@'));
        // Any destination does: which of them are exempt is decided elsewhere.
        let matcher = Matcher::builder().all(url.to_string()).build();
        let intercept = matcher.intercept(&Uri::from_static("https://example.com"));
        let intercept = intercept.ok_or_else(|| bad(variable, "is no URL of a proxy"))?;
        let authorization = intercept.basic_auth().cloned();
        let name = Arc::new(ProxyName { variable, address, has_credentials });
        Ok(Self { name, url: intercept.uri().clone(), authorization })
    }

    /// How to call it in messages.
    pub(super) fn name(&self) -> Arc<ProxyName> {
        Arc::clone(&self.name)
    }

    /// Where it is, without user name and password.
    pub(super) const fn url(&self) -> &Uri {
        &self.url
    }

    /// The header with user name and password, if there are any.
    pub(super) const fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// Whether the proxy itself is spoken to over TLS.
    pub(super) fn speaks_tls(&self) -> bool {
        self.url.scheme() == Some(&Scheme::HTTPS)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

/// What may be said about a proxy: where it is and who said so, and no password.
#[derive(Debug)]
pub(super) struct ProxyName {
    /// The variable that names it.
    pub(super) variable: &'static str,
    /// Scheme, host and port.
    pub(super) address: String,
    /// Whether the variable holds a user name and password.
    pub(super) has_credentials: bool,
}

impl fmt::Display for ProxyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` (`{}`)", self.address, self.variable)
    }
}

/// The value itself stays out of the message: it may hold a password.
#[track_caller]
fn bad(variable: &str, what: &str) -> Error {
    Error::config(format!("`{variable}` {what}")).with_hint(format!(
        "set `{variable}` to something like `http://proxy.example.com:3128`, or take it away"
    ))
}

/// The URL of a proxy, or what is wrong with it. Without a scheme it is `http`, as for all other clients.
fn check(value: &str) -> Result<Uri, String> {
    let text = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    // Reserved characters in a password end the host too soon, and the rest of the password would be the host.
    let authority = text.split_once("://").map_or("", |(_, rest)| rest).split(['/', '?', '#']).next();
    let at_signs = |text: &str| text.matches('@').count();
    let inside = authority.map_or(0, at_signs);
    if inside > 1 || at_signs(&text) > inside {
        return Err(
            "has a reserved character in its user name or password: write `%40` for `@`, `%2F` for `/`, \
                    `%3F` for `?` and `%23` for `#`"
                .to_owned(),
        );
    }
    let url: Uri = text.parse().map_err(|_| "is no URL of a proxy".to_owned())?;
    match url.scheme_str() {
        Some("http" | "https") => Ok(url),
        scheme => Err(format!(
            "names a proxy of the kind `{}`; only `http` and `https` are spoken",
            scheme.unwrap_or("")
        )),
    }
}

/// Scheme, host and port of a proxy's URL, or what is wrong with them.
fn address(url: &Uri) -> Result<String, String> {
    let authority = url.authority().map_or("", http::uri::Authority::as_str);
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let host = url.host().unwrap_or_default();
    if host.is_empty() {
        return Err("names no host".to_owned());
    }
    if place.len() > host.len() && url.port_u16().is_none() {
        return Err("has a port that is no number below 65536".to_owned());
    }
    Ok(format!("{}://{place}", url.scheme_str().unwrap_or("http")))
}

#[cfg(test)]
mod tests;
