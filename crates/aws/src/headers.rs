//! Headers of the user's own, which proxies ask for.

use std::collections::BTreeMap;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use http::{HeaderName, HeaderValue};
use outcrop_core::Secret;

/// What belongs to the connection, the body or the signature, and would break the call if somebody else wrote it.
const TAKEN: [&str; 9] = [
    "connection",
    "content-length",
    "content-type",
    "host",
    "te",
    "transfer-encoding",
    "upgrade",
    "x-amz-date",
    "x-amz-security-token",
];

/// Adds headers to each request of a client, also to further tries. They are not part of the signature: a proxy may take
/// them away again.
#[derive(Debug, Clone)]
pub struct Headers(BTreeMap<String, Secret>);

impl Headers {
    pub(crate) const fn new(headers: BTreeMap<String, Secret>) -> Self {
        Self(headers)
    }
}

#[dyn_dispatch_hint]
impl Intercept for Headers {
    fn name(&self) -> &'static str {
        "Headers"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.request_mut().headers_mut();
        for (name, value) in &self.0 {
            headers.try_insert(name.to_ascii_lowercase(), value.expose().to_owned())?;
        }
        Ok(())
    }
}

/// Why a header cannot be sent, without its value.
pub(crate) fn problem(name: &str, value: &str, is_signed: bool) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    if HeaderName::try_from(name).is_err() {
        return Some(format!("`headers` has the name `{}`, which no header can have", name.escape_debug()));
    }
    if TAKEN.contains(&lower.as_str()) || (is_signed && lower == "authorization") {
        return Some(format!("`headers.{name}` is written by the call itself"));
    }
    // Bytes above 127 are allowed by HTTP, and read differently by everybody.
    let is_text = value.is_ascii() && HeaderValue::try_from(value).is_ok();
    (!is_text).then(|| format!("`headers.{name}` must be a text of visible ASCII characters and blanks"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_a_call_is_refused() {
        for (name, value) in [("x-team", "growth"), ("X-Api-Key", "a b"), ("authorization", "Bearer x")] {
            assert_eq!(problem(name, value, false), None, "{name}");
        }
        let refused = [
            ("bad header", "a", "which no header can have"),
            ("", "a", "which no header can have"),
            ("x-team", "a\nb", "must be a text"),
            ("x-team", "\u{e4}", "must be a text"),
            ("Host", "a", "written by the call itself"),
            ("Authorization", "a", "written by the call itself"),
        ];
        for (name, value, expected) in refused {
            assert!(problem(name, value, true).is_some_and(|it| it.contains(expected)), "{name} {value}");
        }
    }
}
