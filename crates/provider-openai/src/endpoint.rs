//! Where an endpoint is: what people write as `baseUrl`, and the addresses that follow from it.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use outcrop_core::Secret;

use crate::compat::{self, Host};

/// The path of chat completions, below the base.
const CHAT: &str = "/chat/completions";

/// A base URL, taken apart.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Scheme, host and port.
    origin: String,
    host: String,
    /// The path, with its version and without a slash at its end.
    path: String,
    /// The query, with its question mark.
    query: String,
    plain: bool,
}

impl Endpoint {
    /// The endpoint of a `baseUrl`, or what is wrong with it. A path without a version gets `/v1`; whoever wrote the
    /// whole address of chat completions means its base.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let refused = |what: &str| Err(format!("`baseUrl` {what}"));
        let text = text.trim();
        let Ok(url) = text.parse::<Uri>() else { return refused("is not a URL") };
        let plain = match url.scheme_str() {
            Some("https") => false,
            Some("http") => true,
            _ => return refused("must begin with `https://` or `http://`"),
        };
        let authority = url.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        if authority.contains('@') {
            return refused("must not hold a user name or password: use `apiKey` or `headers`");
        }
        let host = url.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
        if host.is_empty() {
            return refused("names no host");
        }
        if authority.len() > url.host().map_or(0, str::len) && url.port_u16().is_none() {
            return refused("has a port that is no number below 65536");
        }
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix(CHAT).unwrap_or(path).trim_end_matches('/');
        let unversioned = compat::host(&host).is_some_and(|host| host.unversioned);
        let version = if unversioned || path.split('/').any(is_version) { "" } else { "/v1" };
        let origin = format!("{}://{authority}", if plain { "http" } else { "https" });
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        Ok(Self { origin, host, path: format!("{path}{version}"), query, plain })
    }

    /// What is known of the host.
    pub(crate) fn known(&self) -> Option<&'static Host> {
        compat::host(&self.host)
    }

    /// The address of chat completions.
    pub(crate) fn chat(&self) -> String {
        format!("{}{}{CHAT}{}", self.origin, self.path, self.query)
    }

    /// The address of embeddings.
    pub(crate) fn embeddings(&self) -> String {
        format!("{}{}/embeddings{}", self.origin, self.path, self.query)
    }

    /// The address of the list of models.
    pub(crate) fn models(&self) -> String {
        format!("{}{}/models{}", self.origin, self.path, self.query)
    }

    /// Scheme, host, port and path, for people.
    pub(crate) fn shown(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }

    /// Why calls cannot go there with a key, or with headers, any of which may be a key: they would cross a network that
    /// strangers share, for all of them to read.
    pub(crate) fn exposed(&self, has_key: bool, has_headers: bool) -> Option<String> {
        let what = match (has_key, has_headers) {
            (false, false) => return None,
            (true, _) => "`apiKey`",
            (false, true) => "values of `headers`",
        };
        let message = format!(
            "`baseUrl` must begin with `https://`: the {what} would be sent over the open network for all to read"
        );
        (self.plain && !is_near(&self.host)).then_some(message)
    }

    /// The values of the query, any of which may be a key.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = Secret> {
        let parts = self.query.trim_start_matches('?').split('&').filter(|part| !part.is_empty());
        parts.map(|part| Secret::new(part.split_once('=').map_or(part, |(_, value)| value)))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Endpoint").field(&self.shown()).finish()
    }
}

/// `v1`, `v4`, `v1beta`.
fn is_version(segment: &str) -> bool {
    let rest = segment.strip_prefix('v').unwrap_or_default();
    let digits = rest.trim_start_matches(|it: char| it.is_ascii_digit());
    digits.len() < rest.len() && digits.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
}

/// This machine, or one in the same private network: a private address, or a name that no public server has.
fn is_near(host: &str) -> bool {
    let local_name = |host: &str| {
        !host.contains('.')
            || [".localhost", ".local", ".internal", ".lan", ".home.arpa"]
                .iter()
                .any(|end| host.ends_with(end))
    };
    match host.parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_private() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        Err(_) => local_name(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_taken_as_people_write_it() {
        for (text, chat) in [
            ("https://api.openai.com", "https://api.openai.com/v1/chat/completions"),
            ("https://api.openai.com/", "https://api.openai.com/v1/chat/completions"),
            ("https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
            (" https://api.openai.com/v1// ", "https://api.openai.com/v1/chat/completions"),
            ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1/chat/completions"),
            ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1/chat/completions"),
            ("http://[::1]:8080/v1", "http://[::1]:8080/v1/chat/completions"),
            ("https://openrouter.ai/api", "https://openrouter.ai/api/v1/chat/completions"),
            ("https://api.z.ai/api/paas/v4", "https://api.z.ai/api/paas/v4/chat/completions"),
            ("https://x.example/v1beta/openai/", "https://x.example/v1beta/openai/chat/completions"),
            ("https://models.github.ai/inference", "https://models.github.ai/inference/chat/completions"),
            (
                "https://mine.openai.azure.com/openai/v1?api-version=preview",
                "https://mine.openai.azure.com/openai/v1/chat/completions?api-version=preview",
            ),
            (
                "https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1",
                "https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1/chat/completions",
            ),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().chat(), chat, "{text}");
        }
        let endpoint = Endpoint::parse("http://localhost:8000/api?x=1").unwrap();
        assert_eq!(endpoint.models(), "http://localhost:8000/api/v1/models?x=1");
        assert_eq!(endpoint.embeddings(), "http://localhost:8000/api/v1/embeddings?x=1");
        assert_eq!(endpoint.shown(), "http://localhost:8000/api/v1");
    }

    #[test]
    fn what_is_no_base_url_says_why() {
        for (text, what) in [
            ("", "is not a URL"),
            ("api.openai.com/v1", "is not a URL"),
            ("localhost", "must begin with"),
            ("ftp://x.example", "must begin with"),
            ("https://", "is not a URL"),
            ("https://me:hush@x.example", "must not hold"),
            ("https://x.example:99999", "has a port"),
        ] {
            let message = Endpoint::parse(text).unwrap_err();
            assert!(message.contains(what) && !message.contains("hush"), "{text}: {message}");
        }
    }

    #[test]
    fn keys_travel_in_the_open_between_neighbours_only() {
        for (url, exposes) in [
            ("https://api.example.com", false),
            ("http://api.example.com", true),
            ("http://8.8.8.8:8000", true),
            ("http://[2001:db8::1]", true),
            ("http://localhost:1234", false),
            ("http://vllm:8000", false),
            ("http://gpu.lan", false),
            ("http://192.168.1.7:8000", false),
            ("http://10.0.0.1", false),
            ("http://[::1]:8000", false),
            ("http://[fd00::1]:8000", false),
        ] {
            let endpoint = Endpoint::parse(url).unwrap();
            assert_eq!(endpoint.exposed(true, false).is_some(), exposes, "{url}");
            assert_eq!(endpoint.exposed(false, true).is_some(), exposes, "{url}");
            assert_eq!(endpoint.exposed(false, false), None, "{url}");
        }
    }
}
