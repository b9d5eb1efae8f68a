//! Errors of real servers, word for word where they are known, against the rows that are meant for them.

use std::collections::BTreeSet;

use http::HeaderValue;
use outcrop_core::classify::plain;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::errors_tests::error_sites;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The row that it is meant for.
    row: String,
    status: u16,
    /// A text is sent as it is.
    body: Value,
    kind: ErrorKind,
    /// Where it was seen.
    source: Option<String>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../tests-data/errors.json")).unwrap()
}

fn call() -> Call {
    Call {
        endpoint: "http://127.0.0.1:1/v1".to_owned(),
        wanted: Wanted::Chat,
        provider: "endpoint".into(),
        request_id: Some("req-1".to_owned()),
        secrets: vec![Secret::new("sk-very-secret"), Secret::new("Bearer other-secret"), Secret::new("x")],
    }
}

fn bytes(body: &Value) -> Vec<u8> {
    body.as_str().map_or_else(|| body.to_string(), str::to_owned).into_bytes()
}

fn refused(status: u16, body: &Value, headers: &[(&'static str, &'static str)]) -> Error {
    let headers =
        headers.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
    call().refused(status, &headers.collect(), &bytes(body))
}

#[test]
fn every_row_has_a_case_and_every_case_its_row() {
    let cases = cases();
    for Case { row, status, body, kind, source } in &cases {
        let said = Said::read(&bytes(body)).unwrap_or_default();
        assert_eq!(rule_for(&said, Some(*status)).map(|rule| rule.id), Some(row.as_str()), "{body}");
        let error = refused(*status, body, &[]);
        assert_eq!((error.kind(), error.status()), (*kind, Some(*status)), "{body}: {error}");
        assert_eq!(error.request_id(), Some("req-1"));
        assert!(source.as_deref().is_none_or(|source| source.starts_with("https://")), "{body}");
    }
    let covered: BTreeSet<_> = cases.iter().map(|case| case.row.as_str()).collect();
    let rows: BTreeSet<_> = RULES.iter().chain(LAST).map(|rule| rule.id).collect();
    assert_eq!(rows.len(), RULES.len() + LAST.len(), "two rows have the same id");
    assert_eq!(rows.difference(&covered).collect::<Vec<_>>(), [&""; 0], "rows without a case");
}

#[test]
fn rows_are_written_as_they_are_compared_and_hints_as_they_are_shown() {
    for rule in RULES.iter().chain(LAST) {
        for words in rule.words.iter().chain(rule.without) {
            assert_eq!(*words, plain(words), "{}", rule.id);
        }
        assert_eq!(rule.code, rule.code.map(str::to_ascii_lowercase).as_deref(), "{}", rule.id);
        let hint = rule.hint.unwrap_or("none");
        assert!(!hint.ends_with('.') && !hint.contains("  ") && !hint.contains('\n'), "{}: {hint}", rule.id);
    }
}

#[test]
fn an_overflow_tells_its_numbers() {
    let message = "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.";
    let error =
        refused(400, &json!({ "error": { "message": message, "code": "context_length_exceeded" } }), &[]);
    assert_eq!(error.overflow().and_then(|overflow| overflow.excess()), Some(2000));
    assert!(error.hints()[0].starts_with("2000 tokens too long"), "{error:?}");
    // llama.cpp says it in fields.
    let body = json!({ "error": { "code": 400, "message": "the request exceeds the available context size",
        "type": "exceed_context_size_error", "n_prompt_tokens": 5000, "n_ctx": 4096 } });
    assert_eq!(refused(400, &body, &[]).overflow().and_then(|overflow| overflow.excess()), Some(904));
}

/// What users read, word for word.
#[test]
fn what_the_errors_say() {
    let errors: Vec<_> = cases()
        .iter()
        .map(|case| refused(case.status, &case.body, &[]).with_context("row", case.row.as_str()))
        .collect();
    insta::assert_snapshot!(error_sites::shown(&errors));
}

#[test]
fn a_throttling_that_speaks_of_tokens_is_no_overflow() {
    for message in [
        "Rate limit reached for gpt-x on tokens per minute (TPM): Limit 30000. Context window",
        "Too many requests: prompt is too long for your tier",
    ] {
        let error = refused(429, &json!({ "error": { "message": message } }), &[]);
        assert_eq!(error.kind(), ErrorKind::Throttled, "{message}");
    }
}

#[test]
fn a_wait_that_the_server_asks_for_is_kept() {
    let body = json!({ "error": { "message": "slow down", "code": "rate_limit_exceeded" } });
    let retry = |headers: &[(&'static str, &'static str)]| refused(429, &body, headers).retry();
    let after = |millis| Retry::After(Duration::from_millis(millis));
    assert_eq!(retry(&[]), Retry::Backoff);
    assert_eq!(retry(&[("retry-after", "7")]), after(7000));
    assert_eq!(retry(&[("retry-after", "0.5")]), after(500));
    assert_eq!(retry(&[("retry-after-ms", "250"), ("retry-after", "7")]), after(250));
    assert_eq!(retry(&[("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")]), after(0));
    for strange in ["soon", "-1", "NaN", "1e300", ""] {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_static(strange));
        assert_eq!(call().refused(429, &headers, &bytes(&body)).retry(), Retry::Backoff, "{strange:?}");
    }
    assert_eq!(retry(&[("x-should-retry", "false"), ("retry-after", "7")]), Retry::Never);
    // What waiting does not mend is not tried again.
    assert_eq!(refused(400, &json!({ "error": "no" }), &[("retry-after", "7")]).retry(), Retry::Never);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_445_412_470);
    let headers =
        [("retry-after".parse().unwrap(), HeaderValue::from_static("Wed, 21 Oct 2015 07:28:00 GMT"))];
    assert_eq!(retry_after(&headers.into_iter().collect(), now), Some(Duration::from_secs(10)));
}

#[test]
fn every_shape_of_an_error_is_read() {
    for (body, message, code) in [
        (json!({ "error": { "message": "m", "type": "t", "code": "c" } }), "m", "c"),
        (json!({ "error": { "message": "m", "type": "t", "code": null } }), "m", "t"),
        (json!({ "error": { "message": "m", "code": 429 } }), "m", "429"),
        (json!([{ "error": { "message": "m", "code": 400, "status": "INVALID_ARGUMENT" } }]), "m", "400"),
        (json!({ "object": "error", "message": "m", "type": "BadRequestError", "code": 400 }), "m", "400"),
        (json!({ "message": "m", "code": "c" }), "m", "c"),
        (json!({ "__type": "ValidationException", "Message": "m" }), "m", "ValidationException"),
        (json!({ "error": true, "message": "m", "code": "c" }), "m", "c"),
    ] {
        let error = refused(400, &body, &[]);
        assert_eq!((error.provider_message(), error.code()), (Some(message), Some(code)), "{body}");
    }
    let upstream = json!({ "error": { "message": "Provider returned error", "code": 400,
        "metadata": { "raw": "{\"message\":\"too hot\"}", "provider_name": "Z" } } });
    let error = refused(400, &upstream, &[]);
    assert_eq!(error.provider_message(), Some("Provider returned error: {\"message\":\"too hot\"}"));
    assert!(error.context().any(|(key, value)| (key, value) == ("upstream", "Z")));
    let long = refused(400, &json!({ "error": { "message": "é".repeat(5000) } }), &[]);
    assert_eq!(long.provider_message().unwrap().chars().count(), 2001);
}

#[test]
fn keys_stay_secret_wherever_a_server_repeats_them() {
    let body = json!({ "error": {
        "message": "sk-very-secret and other-secret", "code": "sk-very-secret", "param": "other-secret",
        "metadata": { "provider_name": "sk-very-secret" },
    } });
    let error = refused(401, &body, &[]);
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    assert_eq!(error.provider_message(), Some("******** and ********"));
    let text = refused(500, &Value::from("the key sk-very-secret is x"), &[]);
    assert_eq!(text.provider_message(), Some("the key ******** is x"));
    // Where the words are cut, too, or broke off.
    for end in ["sk-very-secret", "sk-very-sec"] {
        let text = refused(500, &Value::from(format!("{}{end}", "e".repeat(1990))), &[]);
        assert!(!text.provider_message().unwrap().contains("sk-very"), "{text:?}");
    }
    let long = format!("{}sk-very-secret{}", "e".repeat(1990), "e".repeat(100));
    let text = refused(500, &json!({ "error": { "message": long } }), &[]);
    assert!(!text.provider_message().unwrap().contains("sk-very"), "{text:?}");
    assert!(text.provider_message().unwrap().chars().count() <= 2001);
    // Of every scheme, and the longer of two keys whole.
    let mut call = call();
    call.secrets = ["sk-other", "sk-other-longer", "Basic bWU6aHVzaA=="].map(Secret::new).to_vec();
    let error = call.refused(401, &HeaderMap::new(), b"sk-other-longer, bWU6aHVzaA==");
    assert_eq!(error.provider_message(), Some("********, ********"));
}

proptest! {
    #[test]
    fn no_body_breaks_the_reading(status in 300_u16..600, body in prop_oneof![".{0,80}", "[\\[\\]{}:,\"a-z0-9 ]{0,40}"]) {
        let error = call().refused(status, &HeaderMap::new(), body.as_bytes());
        prop_assert_eq!(error.status(), Some(status));
    }
}
