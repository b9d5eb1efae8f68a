//! Signature version 4 of a form that is posted to `/`, computed by the documentation (IAM user guide, "Create a signed
//! AWS API request"). AWS's own code for it is not for tests here, and this is the simplest case: no path, no query.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::http::Request;
use super::{Key, hex};

/// What is wrong with a request's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// There is none.
    Missing,
    /// It is by nobody who is known, or the session token is not the key's.
    Caller,
    /// It does not fit the request.
    Signature,
}

/// The key that signed a request to a service.
pub(super) fn signer(request: &Request, service: &str) -> Result<Key, Wrong> {
    let header = request.header("authorization").ok_or(Wrong::Missing)?;
    let fields = header.strip_prefix("AWS4-HMAC-SHA256 ").ok_or(Wrong::Missing)?;
    let field = |name: &str| {
        let mut fields = fields.split(',').map(str::trim);
        fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('=')).ok_or(Wrong::Missing)
    };
    let (id, scope) = field("Credential")?.split_once('/').ok_or(Wrong::Missing)?;
    let signed = field("SignedHeaders")?;
    let key = Key::find(id).ok_or(Wrong::Caller)?;
    if request.header("x-amz-security-token") != key.session_token.as_deref() {
        return Err(Wrong::Caller);
    }
    let [date, region, named, "aws4_request"] = scope.split('/').collect::<Vec<_>>()[..] else {
        return Err(Wrong::Signature);
    };
    let time = request.header("x-amz-date").unwrap_or_default();
    let binding = ["host", "x-amz-date", "x-amz-security-token"];
    let unsigned = binding
        .iter()
        .any(|name| request.header(name).is_some() && !signed.split(';').any(|signed| signed == *name));
    if named != service || !time.starts_with(date) || unsigned {
        return Err(Wrong::Signature);
    }
    let text =
        format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical(request, signed))));
    let secret = format!("AWS4{}", key.secret_access_key);
    let derived = [date, region, service, "aws4_request"]
        .iter()
        .fold(secret.into_bytes(), |derived, part| hmac(&derived, part));
    if hex(&hmac(&derived, &text)) == field("Signature")? { Ok(key) } else { Err(Wrong::Signature) }
}

fn canonical(request: &Request, signed: &str) -> String {
    let mut headers = String::new();
    for name in signed.split(';') {
        let value = request.header(name).unwrap_or_default();
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        writeln!(headers, "{name}:{value}").unwrap();
    }
    let Request { method, path, query, body, .. } = request;
    format!("{method}\n{path}\n{query}\n{headers}\n{signed}\n{}", hex(&Sha256::digest(body)))
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
