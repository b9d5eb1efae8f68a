//! From a request to the bytes that are sent, without anybody being called.

use bytes::Bytes;
use outcrop_core::{Error, ErrorKind, Request, Result, Warning};
use serde_json::{Map, Value, json};

use crate::normalise::{Names, Normalised, Target, normalise};

/// What the caller cannot write over: it would make another request, or an answer that cannot be read.
const OURS: [&str; 3] = ["model", "messages", "stream"];

/// A request as it goes over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) body: Bytes,
    pub(crate) names: Names,
    pub(crate) warnings: Vec<Warning>,
}

impl Draft {
    /// The draft of a request to a model, by the provider with that id.
    pub(crate) fn new(request: &Request, provider: &str, target: &Target) -> Result<Self> {
        let Normalised { mut body, names, warnings } = normalise(request, target)?;
        body.insert("stream".to_owned(), true.into());
        if target.compat.supports_usage_in_streaming != Some(false) {
            body.insert("stream_options".to_owned(), json!({ "include_usage": true }));
        }
        merge(&mut body, request.options.get(provider), provider, &OURS)?;
        let body = serde_json::to_vec(&Value::Object(body)).map_err(|error| {
            Error::new(ErrorKind::InvalidRequest, "the request cannot be written as JSON").with_source(error)
        })?;
        Ok(Self { body: body.into(), names, warnings })
    }
}

/// Lays the caller's own members over the body. `null` takes a member out.
/// `ours`: what the caller cannot write over.
pub(crate) fn merge(
    body: &mut Map<String, Value>,
    options: Option<&Value>,
    provider: &str,
    ours: &[&str],
) -> Result<()> {
    let Some(options) = options.filter(|options| !options.is_null()) else { return Ok(()) };
    let invalid = |message: String| Error::new(ErrorKind::InvalidRequest, message);
    let Some(options) = options.as_object() else {
        return Err(invalid(format!("`options.{provider}` must be an object of members of the body")));
    };
    for (name, value) in options {
        if ours.contains(&name.as_str()) {
            let message = format!("`options.{provider}.{name}` cannot be set: the request itself says so");
            return Err(invalid(message).with_hint("use the field of the request"));
        }
        if name == "n" && value.as_u64() != Some(1) && !value.is_null() {
            let message = format!("`options.{provider}.n` must be 1: a stream has one answer");
            return Err(invalid(message).with_hint("send the request several times"));
        }
        match value {
            // In its place, so that the order of the others stays.
            Value::Null => drop(body.shift_remove(name)),
            value => drop(body.insert(name.clone(), value.clone())),
        }
    }
    Ok(())
}
