use http::Request;
use time::macros::datetime;

use super::*;
use crate::options::{AcceptedKey, Credentials};

const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);
const CONVERSE: &str = "/model/us.amazon.nova-lite-v1%3A0/converse";
const BODY: &[u8] = br#"{"messages":[]}"#;
/// Computed by botocore 1.44.5 for `CONVERSE` and `BODY`, with the default key pair.
const BY_BOTOCORE: &str = "AWS4-HMAC-SHA256 Credential=AKIAOUTCROPEMULATOR/20260102/eu-west-1/bedrock/aws4_request, \
    SignedHeaders=content-type;host;x-amz-date, \
    Signature=20af02dc6f00380dc467b490871f0a4fe8a9ee346c49facd8c18a27e6dc7db7a";

fn request(authorization: &str, date: &str) -> Parts {
    let request = Request::post(CONVERSE)
        .header("host", "127.0.0.1:4566")
        .header("content-type", "application/json")
        .header("x-amz-date", date)
        .header("authorization", authorization);
    request.body(()).unwrap().into_parts().0
}

fn by_botocore() -> Parts {
    request(BY_BOTOCORE, "20260102T030405Z")
}

/// The check while every key is good.
fn check(parts: &Parts, body: &[u8], options: &Options, now: OffsetDateTime) -> Result<(), ApiError> {
    super::check(parts, body, options, &Withdrawn::default(), now)
}

fn outcome(parts: &Parts, options: &Options, now: OffsetDateTime) -> Result<(), (String, String)> {
    check(parts, BODY, options, now).map_err(|error| {
        assert_eq!(error.status, 403);
        (error.code.into_owned(), error.message)
    })
}

fn code(parts: &Parts, options: &Options, now: OffsetDateTime) -> String {
    outcome(parts, options, now).expect_err("must be refused").0
}

#[test]
fn a_signature_of_another_implementation_is_accepted() {
    assert_eq!(outcome(&by_botocore(), &Options::default(), NOW), Ok(()));
}

#[test]
fn a_session_token_must_be_the_known_one() {
    let signature = "AWS4-HMAC-SHA256 Credential=AKIAOUTCROPEMULATOR/20260102/eu-west-1/bedrock/aws4_request, \
        SignedHeaders=host;x-amz-date;x-amz-security-token, \
        Signature=079606761baafbce9a40af992f28b3e11eab74a4088fb91020a80f2b0f6081a6";
    let parts = Request::get("/inference-profiles?maxResults=7&type=APPLICATION")
        .header("host", "127.0.0.1:4566")
        .header("x-amz-date", "20260102T030405Z")
        .header("x-amz-security-token", "the-session")
        .header("authorization", signature)
        .body(())
        .unwrap()
        .into_parts()
        .0;
    let with = |token: Option<&str>| {
        let session_token = token.map(str::to_owned);
        Options { credentials: Credentials { session_token, ..Credentials::default() }, ..Options::default() }
    };
    assert_eq!(check(&parts, b"", &with(Some("the-session")), NOW), Ok(()));
    for token in [None, Some("another")] {
        assert_eq!(check(&parts, b"", &with(token), NOW).unwrap_err().code, "UnrecognizedClientException");
    }
    assert_eq!(code(&by_botocore(), &with(Some("the-session")), NOW), "UnrecognizedClientException");
}

#[test]
fn whatever_was_changed_breaks_the_signature() {
    let options = Options::default();
    let changes: [fn(&mut Parts); 4] = [
        |parts| parts.method = http::Method::GET,
        |parts| parts.uri = "/model/us.amazon.nova-lite-v1:0/converse".parse().unwrap(),
        |parts| parts.uri = format!("{CONVERSE}?a=b").parse().unwrap(),
        |parts| drop(parts.headers.insert("content-type", "text/plain".parse().unwrap())),
    ];
    for change in changes {
        let mut parts = by_botocore();
        change(&mut parts);
        assert_eq!(code(&parts, &options, NOW), "InvalidSignatureException");
    }
    let other_body = check(&by_botocore(), b"{}", &options, NOW).unwrap_err();
    assert!(other_body.message.starts_with("The request signature we calculated does not match"));
    let secret_access_key = "another".to_owned();
    let other_secret =
        Options { credentials: Credentials { secret_access_key, ..Credentials::default() }, ..options };
    assert_eq!(code(&by_botocore(), &other_secret, NOW), "InvalidSignatureException");
}

#[test]
fn scope_key_and_form_are_checked() {
    let options = Options::default();
    let date = "20260102T030405Z";
    for (authorization, expected) in [
        (BY_BOTOCORE.replace("AKIAOUTCROPEMULATOR", "AKIAOTHER"), "UnrecognizedClientException"),
        (BY_BOTOCORE.replace("/bedrock/", "/s3/"), "InvalidSignatureException"),
        (BY_BOTOCORE.replace("/20260102/", "/20260101/"), "InvalidSignatureException"),
        (BY_BOTOCORE.replace("Signature=", "Sig="), "IncompleteSignatureException"),
        (BY_BOTOCORE.replace("aws4_request", "aws4"), "IncompleteSignatureException"),
        ("Basic abc".to_owned(), "IncompleteSignatureException"),
    ] {
        assert_eq!(code(&request(&authorization, date), &options, NOW), expected, "{authorization}");
    }
    assert_eq!(code(&request(BY_BOTOCORE, "yesterday"), &options, NOW), "IncompleteSignatureException");
}

#[test]
fn old_and_future_signatures_are_refused_with_the_limits() {
    let options = Options::default();
    let minute = time::Duration::MINUTE;
    for (now, expected) in [
        (
            NOW + minute * 6,
            "Signature expired: 20260102T030405Z is now earlier than 20260102T030505Z (20260102T031005Z - 5 min.)",
        ),
        (
            NOW - minute * 6,
            "Signature not yet current: 20260102T030405Z is still later than 20260102T030305Z (20260102T025805Z + 5 min.)",
        ),
    ] {
        let (code, message) = outcome(&by_botocore(), &options, now).unwrap_err();
        assert_eq!((code.as_str(), message.as_str()), ("InvalidSignatureException", expected));
    }
    assert_eq!(outcome(&by_botocore(), &options, NOW + minute * 5), Ok(()));
}

#[test]
fn bearer_tokens_are_compared_whole() {
    let options = Options::default();
    let bearer = |token: &str| outcome(&request(&format!("Bearer {token}"), ""), &options, NOW);
    assert_eq!(bearer("outcrop-emulator-token"), Ok(()));
    for (token, expected) in [
        ("outcrop-emulator-toke", "Invalid API Key format"),
        ("", "Invalid API Key format"),
        ("bedrock-api-key-x", "Authentication failed"),
        ("ABSKx", "Authentication failed"),
    ] {
        let (code, message) = bearer(token).unwrap_err();
        assert_eq!(code, "AccessDeniedException");
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn no_authorization_is_its_own_error() {
    let mut parts = by_botocore();
    parts.headers.remove("authorization");
    assert_eq!(code(&parts, &Options::default(), NOW), "MissingAuthenticationTokenException");
    assert_eq!(Claim::of(&parts), Claim { kind: AuthKind::None, access_key_id: None, region: None });
}

#[test]
fn a_claim_shortens_the_key_id() {
    assert_eq!(
        Claim::of(&by_botocore()),
        Claim {
            kind: AuthKind::SigV4,
            access_key_id: Some("AKIAOUTC…ATOR".to_owned()),
            region: Some("eu-west-1".to_owned()),
        }
    );
}

/// A request by an accepted key: signed here, by the code that the check uses too, which `BY_BOTOCORE` vouches for.
fn by_key(id: &str, token: Option<&str>, sign_token: bool) -> Parts {
    let mut parts = request("", "20260102T030405Z");
    if let Some(token) = token {
        parts.headers.insert("x-amz-security-token", token.parse().unwrap());
    }
    let headers = match token {
        Some(_) if sign_token => "content-type;host;x-amz-date;x-amz-security-token",
        _ => "content-type;host;x-amz-date",
    };
    let signed = sigv4::Signed {
        access_key_id: id,
        date: "20260102",
        region: "eu-west-1",
        service: "bedrock",
        headers,
        signature: "",
    };
    let signature = sigv4::signature(&signed, &parts, BODY, SECRET, NOW.into()).unwrap();
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={id}/20260102/eu-west-1/bedrock/aws4_request, SignedHeaders={headers}, \
         Signature={signature}"
    );
    parts.headers.insert("authorization", authorization.parse().unwrap());
    parts
}

const SECRET: &str = "a/secret+of:its own";

/// Accepts these ids besides the usual one.
fn accepting(ids: &[&str]) -> Options {
    let key =
        |id: &&str| AcceptedKey { access_key_id: (*id).to_owned(), secret_access_key: SECRET.to_owned() };
    Options { accepted_keys: ids.iter().map(key).collect(), ..Options::default() }
}

#[test]
fn accepted_keys_sign_besides_the_first_one() {
    let options = accepting(&["key-1", "key-2"]);
    assert_eq!(outcome(&by_botocore(), &options, NOW), Ok(()));
    for id in ["key-1", "key-2"] {
        assert_eq!(outcome(&by_key(id, None, true), &options, NOW), Ok(()));
        assert_eq!(outcome(&by_key(id, Some("any"), true), &options, NOW), Ok(()));
    }
    assert_eq!(code(&by_key("key-3", None, true), &options, NOW), "UnrecognizedClientException");
    let mut other = options;
    other.accepted_keys[0].secret_access_key = "another".to_owned();
    assert_eq!(code(&by_key("key-1", None, true), &other, NOW), "InvalidSignatureException");
}

#[test]
fn the_kind_of_a_key_says_whether_a_session_token_comes_with_it() {
    let options = accepting(&["ASIATEMPORARY", "AKIALONGTERM"]);
    assert_eq!(outcome(&by_key("ASIATEMPORARY", Some("any"), true), &options, NOW), Ok(()));
    assert_eq!(code(&by_key("ASIATEMPORARY", None, true), &options, NOW), "UnrecognizedClientException");
    assert_eq!(outcome(&by_key("AKIALONGTERM", None, true), &options, NOW), Ok(()));
    assert_eq!(
        code(&by_key("AKIALONGTERM", Some("stale"), true), &options, NOW),
        "UnrecognizedClientException"
    );
    let (code, message) = outcome(&by_key("ASIATEMPORARY", Some("any"), false), &options, NOW).unwrap_err();
    assert_eq!(code, "InvalidSignatureException");
    assert!(message.contains("'x-amz-security-token' must be a 'SignedHeader'"), "{message}");
}

#[test]
fn withdrawn_keys_are_refused_as_the_service_does_it() {
    let options = accepting(&["ASIAONE", "ASIATWO"]);
    let refusal = |parts: &Parts, withdrawn: &str| {
        let withdrawn: Withdrawn = serde_json::from_str(withdrawn).unwrap();
        super::check(parts, BODY, &options, &withdrawn, NOW)
            .map_err(|error| (error.code.into_owned(), error.message))
    };
    let refused = |code: &str, message: &str| Err((code.to_owned(), message.to_owned()));
    let one = by_key("ASIAONE", Some("any"), true);
    let expired = refused("ExpiredTokenException", "The security token included in the request is expired");
    assert_eq!(refusal(&one, r#"{"expired":["ASIAONE"]}"#), expired);
    assert_eq!(
        refusal(&one, r#"{"revoked":["ASIAONE"]}"#),
        refused("UnrecognizedClientException", "The security token included in the request is invalid.")
    );
    assert_eq!(refusal(&one, r#"{"expired":["ASIATWO"],"revoked":["AKIAOUTCROPEMULATOR"]}"#), Ok(()));
    assert_eq!(refusal(&by_botocore(), r#"{"expired":["AKIAOUTCROPEMULATOR"]}"#), expired);
}
