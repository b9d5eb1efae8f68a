//! Which proxy the calls go through, by the variables that HTTP clients have in common: `HTTPS_PROXY`, `HTTP_PROXY` and,
//! for both, `ALL_PROXY` name it, and `NO_PROXY` lists hosts that are called without it. Lower-case names are read where
//! the upper-case ones are absent or blank. This machine is never called through a proxy.

use std::fmt;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use outcrop_core::{Environment, Error, Result};

const NEVER: &str = "localhost,127.0.0.0/8,::1";
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
const HTTPS: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const HTTP: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// A proxy; `Debug` shows which variable names it, and no password.
pub(super) struct Proxy {
    variable: &'static str,
    url: Uri,
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// Where it is, without user name and password.
    pub(super) const fn url(&self) -> &Uri {
        &self.url
    }

    /// The header with user name and password, if there are any.
    pub(super) const fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (`{}`)", self.url, self.variable)
    }
}

/// The proxy for calls to `url`.
///
/// # Errors
/// [`outcrop_core::ErrorKind::Config`], naming the variable: a proxy that is asked for and cannot be used must not
/// become a direct connection.
pub(super) fn of(url: &str, environment: &Environment) -> Result<Option<Proxy>> {
    let destination: Uri =
        url.parse().map_err(|error| Error::config("`baseUrl` is not a URL").with_source(error))?;
    let variables = if destination.scheme_str() == Some("https") { HTTPS } else { HTTP };
    let first = |names: &[&'static str]| {
        names.iter().find_map(|name| Some((*name, environment.get(name)?.to_owned())))
    };
    let Some((variable, value)) = first(&variables) else { return Ok(None) };
    let listed = first(&NO_PROXY).map(|(_, hosts)| hosts).unwrap_or_default();
    if listed.split([',', ' ']).any(|host| host.trim() == "*") {
        return Ok(None);
    }
    // The value itself stays out of the message: it may hold a password.
    let bad = || {
        Error::config(format!("`{variable}` is no URL of an `http` proxy")).with_hint(format!(
            "set `{variable}` to something like `http://proxy.example.com:3128`, or take it away"
        ))
    };
    let named: Uri = if value.contains("://") { value.parse() } else { format!("http://{value}").parse() }
        .map_err(|_| bad())?;
    if named.scheme_str() != Some("http") || named.host().is_none_or(str::is_empty) {
        return Err(bad());
    }
    let matcher = Matcher::builder().all(named.to_string()).no(format!("{listed},{NEVER}")).build();
    let Some(found) = matcher.intercept(&destination) else { return Ok(None) };
    Ok(Some(Proxy { variable, url: found.uri().clone(), authorization: found.basic_auth().cloned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(url: &str, variables: &[(&str, &str)]) -> Option<String> {
        let environment = variables.iter().copied().collect();
        of(url, &environment).unwrap().map(|proxy| format!("{proxy:?}"))
    }

    #[test]
    fn each_scheme_has_its_variable_and_one_is_for_all() {
        let both = [("HTTPS_PROXY", "http://s.example:1"), ("HTTP_PROXY", "p.example:2")];
        let https = proxy("https://api.example.com/v1", &both);
        assert_eq!(https.as_deref(), Some("http://s.example:1/ (`HTTPS_PROXY`)"));
        let http = proxy("http://api.example.com/v1", &both);
        assert_eq!(http.as_deref(), Some("http://p.example:2/ (`HTTP_PROXY`)"));
        let all =
            proxy("https://api.example.com/v1", &[("HTTPS_PROXY", " "), ("all_proxy", "http://a.example:3")]);
        assert_eq!(all.as_deref(), Some("http://a.example:3/ (`all_proxy`)"));
    }

    #[test]
    fn this_machine_and_what_is_listed_are_called_directly() {
        let all = ("ALL_PROXY", "http://a.example:3");
        for url in ["http://127.0.0.1:80", "http://localhost:11434/v1", "http://[::1]:80"] {
            assert_eq!(proxy(url, &[all]), None, "{url}");
        }
        for listed in ["*", "example.com", "x.example, api.example.com"] {
            assert_eq!(proxy("https://api.example.com", &[all, ("NO_PROXY", listed)]), None, "{listed}");
        }
        assert_eq!(proxy("https://api.example.com", &[]), None);
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_no_reason_to_go_without() {
        for value in ["https://s.example", "socks5://s.example", "http://", "ht tp://me:hush@s.example"] {
            let environment = [("HTTPS_PROXY", value)].into_iter().collect();
            let error = of("https://api.example.com", &environment).unwrap_err();
            assert_eq!(error.message(), "`HTTPS_PROXY` is no URL of an `http` proxy");
        }
    }

    #[test]
    fn user_name_and_password_are_sent_and_never_shown() {
        let environment = [("HTTPS_PROXY", "http://me:hush@s.example:1")].into_iter().collect();
        let proxy = of("https://api.example.com", &environment).unwrap().unwrap();
        assert_eq!(proxy.authorization().unwrap(), "Basic bWU6aHVzaA==");
        assert_eq!(format!("{proxy:?}"), "http://s.example:1/ (`HTTPS_PROXY`)");
    }
}
