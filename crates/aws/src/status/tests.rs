//! What a status tells, and what it leaves out.

use super::*;
use crate::testing::{Home, REFUSING, Reply, Server};
use crate::{AccessKeys, Auth, ClosedWorld};

const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

async fn status(home: &Home, settings: &AwsSettings, variables: &[(&str, &str)]) -> Status {
    let variables =
        [variables, &[("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_REGION", "eu-west-1")]].concat();
    let status = Aws::new(home.environment(&variables)).status(settings).await;
    let told = format!("{} {status:?}", serde_json::to_string(&status).unwrap());
    assert!(!told.contains("hush-hush"), "{told}");
    status
}

fn outcomes(status: &Status) -> Vec<(Link, Outcome)> {
    status.steps.iter().map(|step| (step.link, step.outcome)).collect()
}

#[tokio::test]
async fn who_would_call_from_where_to_where() {
    let home =
        Home::new("", "[dev]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = hush-hush\n");
    let status = status(&home, &AwsSettings::default(), &[("AWS_PROFILE", "dev")]).await;
    let json = serde_json::to_value(&status).unwrap();
    for (pointer, expected) in [
        ("/source", "profile"),
        ("/link", "shared-config"),
        ("/profile", "dev"),
        ("/accessKeyId", "AKIA…MPLE"),
        ("/region/value", "eu-west-1"),
        ("/region/origin", "AWS_REGION"),
        ("/endpoints/runtime", "https://bedrock-runtime.eu-west-1.amazonaws.com"),
        ("/endpoints/control", "https://bedrock.eu-west-1.amazonaws.com"),
        ("/state", "present"),
    ] {
        assert_eq!(json.pointer(pointer).and_then(serde_json::Value::as_str), Some(expected), "{pointer}");
    }
    assert!(json["identity"].is_null() && json["expiresAt"].is_null(), "{json}");
    assert_eq!(outcomes(&status), [(Link::Env, Outcome::Absent), (Link::SharedConfig, Outcome::Used)]);
}

#[tokio::test]
async fn credentials_that_end_say_when() {
    let home = Home::new("", "");
    let body = r#"{"AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": "hush-hush", "Token": "hush-hush",
                   "Expiration": "2126-11-23T10:00:00.5Z"}"#;
    let server = Server::new(move |_| Reply::new(200, "", body));
    let status = status(&home, &AwsSettings::default(), &[(FULL_URI, &server.url())]).await;
    assert_eq!(
        (status.source, status.link, status.state),
        ("default-chain", Some(Link::Container), Presence::Present)
    );
    assert_eq!(serde_json::to_value(&status).unwrap()["expiresAt"], "2126-11-23T10:00:00Z");
}

#[tokio::test]
async fn there_are_none_is_told_from_nobody_knows() {
    let home = Home::new("", "");
    let broken = Server::new(|_| Reply::new(500, "", ""));
    let denied = Server::new(|_| Reply::new(403, "", ""));
    for (url, state) in [
        (Some(REFUSING.to_owned()), Presence::Unknown),
        (Some(broken.url()), Presence::Unknown),
        (Some(denied.url()), Presence::Absent),
        (None, Presence::Absent),
    ] {
        let variables: Vec<_> = url.iter().map(|url| (FULL_URI, &**url)).collect();
        let status = status(&home, &AwsSettings::default(), &variables).await;
        assert_eq!(status.state, state, "{url:?}");
        assert!(status.error.is_some() && status.region.is_some());
        let last = status.steps.last().unwrap();
        let expected =
            if url.is_some() { (Link::Container, Outcome::Failed) } else { (Link::Imds, Outcome::Absent) };
        assert_eq!((last.link, last.outcome), expected, "{:?}", status.steps);
        let used = if url.is_some() { ("default-chain", Some(Link::Container)) } else { ("none", None) };
        assert_eq!((status.source, status.link), used);
    }
}

#[tokio::test]
async fn without_keys_there_is_less_to_tell() {
    let home = Home::new("", "");
    let none = AwsSettings { auth: Auth::None, ..AwsSettings::default() };
    let unsigned = status(&home, &none, &[]).await;
    assert_eq!((unsigned.source, unsigned.link, unsigned.state), ("none", None, Presence::Present));
    assert!(unsigned.notes.iter().any(|note| note.contains("unsigned")), "{:?}", unsigned.notes);
    let bearer = status(&home, &AwsSettings::default(), &[("AWS_BEARER_TOKEN_BEDROCK", "hush-hush")]).await;
    assert_eq!((bearer.source, bearer.link, bearer.state), ("bearer", Some(Link::Env), Presence::Present));
    assert_eq!((bearer.access_key_id.as_deref(), bearer.expires_at), (None, None));
    assert_eq!(outcomes(&bearer), [(Link::Env, Outcome::Used)]);
}

#[tokio::test]
async fn what_prevents_a_session_is_told_beside_region_and_endpoints() {
    let home = Home::new("[profile dev]\nregion = eu-west-1\n", "");
    let missing = AwsSettings { profile: Some("nobody".into()), ..AwsSettings::default() };
    let key_file = AwsSettings { api_key_file: Some("/nowhere/key".into()), ..AwsSettings::default() };
    let bearer = AwsSettings { auth: Auth::Bearer, ..AwsSettings::default() };
    let profile = ("AWS_PROFILE", "nobody");
    let existing = ("AWS_PROFILE", "dev");
    for (settings, variables, by_profile) in [
        (missing, vec![], true),
        (AwsSettings::default(), vec![profile], true),
        // Neither is the profile's fault.
        (key_file, vec![existing], false),
        (bearer, vec![existing], false),
        (AwsSettings::default(), vec![existing, ("AWS_MAX_ATTEMPTS", "none")], false),
    ] {
        let status = status(&home, &settings, &variables).await;
        assert_eq!(status.state, Presence::Absent);
        assert!(status.error.is_some());
        let expected = if by_profile { vec![(Link::SharedConfig, Outcome::Failed)] } else { vec![] };
        assert_eq!(outcomes(&status), expected, "{settings:?} {variables:?}");
        assert_eq!(status.source, if by_profile { "profile" } else { "none" });
    }
    let status = status(&home, &AwsSettings::default(), &[profile]).await;
    assert_eq!(status.endpoints.runtime.as_deref(), Some("https://bedrock-runtime.eu-west-1.amazonaws.com"));
}

#[tokio::test]
async fn an_emulator_knows_nobody() {
    let keys = AccessKeys {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: outcrop_core::Secret::new("hush-hush"),
        session_token: None,
    };
    let aws = Aws::closed_world(ClosedWorld { endpoint: "http://127.0.0.1:9".into(), keys });
    let status = aws.status(&AwsSettings { profile: Some("nobody".into()), ..AwsSettings::default() }).await;
    assert_eq!(
        (status.source, status.link, status.state),
        ("access-keys", Some(Link::Config), Presence::Present)
    );
    let error = aws.caller_identity(&AwsSettings::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn who_calls_with_an_api_key_is_known_to_nobody() {
    let home = Home::new("", "");
    let aws =
        Aws::new(home.environment(&[("AWS_BEARER_TOKEN_BEDROCK", "hush-hush"), ("AWS_REGION", "eu-west-1")]));
    let error = aws.caller_identity(&AwsSettings::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}
