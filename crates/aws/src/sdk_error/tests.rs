use std::collections::BTreeMap;

use aws_smithy_types::error::ErrorMetadata;
use serde::Deserialize;

use super::*;
use crate::errors_tests::error_sites;

/// Lines that cannot be reached from outside, and why they are there.
const UNREACHABLE: [(&str, &str); 1] =
    [("the AWS SDK failed", "for kinds of failure that a newer SDK may have")];

/// A reply with a status and headers.
#[derive(Debug, Default)]
struct Raw {
    status: Option<u16>,
    headers: BTreeMap<&'static str, String>,
}

impl Raw {
    fn new(status: u16) -> Self {
        let headers = [("x-amzn-requestid", "7d0f6f0a".to_owned())].into();
        Self { status: Some(status), headers }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }
}

impl RawReply for Raw {
    fn status(&self) -> Option<u16> {
        self.status
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

fn said(code: Option<&str>, message: &str) -> ErrorMetadata {
    let builder = ErrorMetadata::builder().message(message);
    match code {
        Some(code) => builder.code(code).build(),
        None => builder.build(),
    }
}

fn explained(error: SdkError<ErrorMetadata, Raw>) -> Error {
    error_from_sdk(&Call::new("ConverseStream"), error)
}

fn refused(code: Option<&str>, message: &str, raw: Raw) -> Error {
    explained(SdkError::service_error(said(code, message), raw))
}

fn io(kind: io::ErrorKind) -> SdkError<ErrorMetadata, Raw> {
    SdkError::dispatch_failure(ConnectorError::io(io::Error::new(kind, "no").into()))
}

fn cut(answering: bool) -> Error {
    let call = Call { answering, ..Call::new("ConverseStream") };
    let error = io::Error::new(io::ErrorKind::UnexpectedEof, "unexpected end of stream");
    error_from_sdk(&call, SdkError::<ErrorMetadata, _>::response_error(error, Raw::new(200)))
}

/// One of each that does not come from the service's words.
fn others() -> Vec<Error> {
    let page = || ForeignReply { content_type: "text/html".to_owned() };
    let ours = Error::new(ErrorKind::Unauthenticated, "the profile `a` has no credentials");
    let answering = Call { answering: true, ..Call::new("ConverseStream") };
    let broken = io::Error::new(io::ErrorKind::ConnectionReset, "reset");
    vec![
        explained(SdkError::construction_failure(page())),
        explained(SdkError::response_error(page(), Raw::new(502))),
        explained(SdkError::response_error("what is this?", Raw::new(200))),
        refused(None, "", Raw::new(200)),
        refused(None, "", Raw { status: Some(404), ..Raw::default() }),
        explained(SdkError::timeout_error("too late")),
        explained(SdkError::construction_failure("no")),
        explained(SdkError::construction_failure(CredentialsError::not_loaded("none"))),
        explained(SdkError::construction_failure(ours)),
        cut(true),
        cut(false),
        error_from_sdk(
            &answering,
            SdkError::<ErrorMetadata, Raw>::dispatch_failure(ConnectorError::io(broken.into())),
        ),
        explained(SdkError::dispatch_failure(ConnectorError::timeout("silent".into()))),
        explained(SdkError::dispatch_failure(ConnectorError::timeout(
            http_client::Late::connection(Duration::from_secs(5)).into(),
        ))),
        explained(io(io::ErrorKind::Other)),
        explained(io(io::ErrorKind::ConnectionRefused)),
        explained(io(io::ErrorKind::ConnectionReset)),
    ]
}

#[derive(Deserialize)]
struct Case {
    code: Option<String>,
    message: String,
}

/// What people read for each of the service's messages.
#[test]
fn every_message_of_the_service_has_its_words_and_hints() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests-data/errors.json")).unwrap();
    let errors: Vec<_> =
        cases.iter().map(|case| refused(case.code.as_deref(), &case.message, Raw::new(400))).collect();
    insta::assert_snapshot!(error_sites::shown(&errors));
}

#[test]
fn every_other_failure_has_its_words() {
    let mut errors = others();
    let own = refused(Some("ValidationException"), "", Raw::new(400));
    let sites = error_sites::sites(env!("CARGO_MANIFEST_DIR"), |file| file == "sdk_error.rs");
    let all: Vec<_> = errors.iter().cloned().chain([own]).collect();
    let mut unseen = error_sites::unseen(sites, &all);
    unseen.retain(|site| !UNREACHABLE.iter().any(|(words, _)| site.text.contains(words)));
    assert_eq!(unseen, [], "errors without a snapshot: raise them above");
    // What tells them apart is not the line alone.
    errors.retain(|error| error_sites::place(error).0 == "sdk_error.rs");
    insta::assert_snapshot!(error_sites::shown(&errors));
}

#[test]
fn a_status_alone_says_what_it_can() {
    let kinds: Vec<_> = [401, 403, 404, 408, 413, 418, 429, 500, 504, 529, 302]
        .map(|status| (status, refused(None, "", Raw::new(status))))
        .into();
    let text: Vec<_> =
        kinds.iter().map(|(status, error)| format!("{status}: {} ({error})", error.kind().name())).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn what_the_model_said_is_kept_beside_what_the_service_says() {
    let call = Call {
        code: Some("ModelStreamErrorException"),
        original_message: Some("prompt is too long: 12 tokens > 10 maximum"),
        ..Call::new("ConverseStream")
    };
    let explain =
        |message: &str| error_from_sdk(&call, SdkError::service_error(said(None, message), Raw::new(200)));
    let error = explain("An error occurred while streaming the response.");
    assert_eq!(error.kind(), ErrorKind::ContextOverflow);
    assert_eq!(
        error.provider_message(),
        Some("An error occurred while streaming the response.: prompt is too long: 12 tokens > 10 maximum")
    );
    assert_eq!(error.overflow().and_then(|overflow| overflow.excess()), Some(2));
    for message in ["", "Oh: prompt is too long: 12 tokens > 10 maximum"] {
        let words = explain(message).provider_message().unwrap().to_owned();
        assert_eq!(words.matches("too long").count(), 1, "{words}");
    }
}

#[test]
fn how_long_to_wait_is_said_in_milliseconds_in_seconds_or_by_a_date() {
    let now = SystemTime::try_from(DateTime::from_secs(1_445_412_480)).unwrap();
    let wait = |name, value: &str| retry_after(&Raw::new(503).with(name, value), now);
    for (value, seconds) in [
        ("0", Some(0)),
        (" 120 ", Some(120)),
        // RFC 9110 has this date; it is that of `now`.
        ("Wed, 21 Oct 2015 07:28:00 GMT", Some(0)),
        ("Wed, 21 Oct 2015 07:28:09 GMT", Some(9)),
        ("Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
    ] {
        assert_eq!(wait("retry-after", value), seconds.map(Duration::from_secs), "{value:?}");
    }
    assert_eq!(wait("x-amz-retry-after", "1500"), Some(Duration::from_millis(1500)));
    assert_eq!(wait("x-amz-retry-after", "soon"), None);
    assert_eq!(retry_after(&Raw::new(503), now), None);
}

/// What may not be tried again is not, whatever the header says.
#[test]
fn a_wait_is_advice_only_where_trying_again_helps() {
    let wait = |status, code| refused(Some(code), "", Raw::new(status).with("retry-after", "7")).retry();
    assert_eq!(wait(429, "ThrottlingException"), Retry::After(Duration::from_secs(7)));
    assert_eq!(wait(503, "ServiceUnavailableException"), Retry::After(Duration::from_secs(7)));
    assert_eq!(wait(400, "ValidationException"), Retry::Never);
    assert_eq!(wait(400, "ServiceQuotaExceededException"), Retry::Never);
}

/// The words that people read as causes.
#[test]
fn causes_are_told_and_the_parts_of_the_sdk_are_not() {
    let told = |error: &Error| {
        let links = std::iter::successors(StdError::source(error), |cause| (*cause).source());
        let mut links: Vec<_> = links.map(ToString::to_string).collect();
        links.dedup();
        links
    };
    let page = ForeignReply { content_type: "text/html".to_owned() };
    let refused = InterceptorError::read_before_deserialization("ExpectedContentType", page);
    let unread = InterceptorError::read_before_deserialization("ExpectedContentType", "gone");
    let silent = ConnectorError::timeout(http_client::Late::connection(Duration::from_secs(5)).into());
    for (error, links) in [
        (SdkError::response_error(refused, Raw::new(200)), &["the reply is of the type `text/html`"][..]),
        (SdkError::response_error(unread, Raw::new(200)), &["gone"]),
        (io(io::ErrorKind::ConnectionRefused), &["no"]),
        (SdkError::dispatch_failure(silent), &["there was no connection within 5 s"]),
        (SdkError::construction_failure("no"), &["no"]),
    ] {
        assert_eq!(told(&explained(error)), links);
    }
    let refused = explained(io(io::ErrorKind::ConnectionRefused));
    let kept = find::<io::Error>(&refused).map(io::Error::kind);
    assert_eq!(kept, Some(io::ErrorKind::ConnectionRefused), "a cause is known by its type as well");
}
