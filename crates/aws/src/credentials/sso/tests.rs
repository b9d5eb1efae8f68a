//! Sign-ins without a session, whose token this crate reads itself; those with one are the SDK's to read.

use std::time::Duration;

use super::super::link::shortened;
use super::*;
use crate::session::Signer;
use crate::testing::{Home, REFUSING, Reply, Server, rfc3339};
use crate::{Aws, AwsSettings};

const START_URL: &str = "https://start.example.com/start";
const KEYS: &str = r#"{"roleCredentials": {"accessKeyId": "ASIAFROMSIGNON0000", "secretAccessKey": "hush-hush",
    "sessionToken": "hush", "expiration": 4102444800000}}"#;

fn home() -> Home {
    let config = format!(
        "[profile dev]\nsso_start_url = {START_URL}\nsso_region = eu-west-1\nsso_account_id = 123456789012\n\
         sso_role_name = Reader\n"
    );
    Home::new(&config, "")
}

/// Puts a token where `aws sso login` does.
async fn sign_in(home: &Home, expires_at: &str) {
    let environment = home.environment(&[]);
    let files = SharedFiles::load(&environment, "dev").await.unwrap();
    let path = sign_in_cache("dev", Link::Sso, &files, &environment).unwrap();
    let name = format!(".aws/sso/cache/{}", path.file_name().unwrap().to_str().unwrap());
    home.plant(&name, &format!(r#"{{"accessToken": "hush-token", "expiresAt": "{expires_at}"}}"#));
}

fn in_an_hour() -> String {
    rfc3339(SystemTime::now() + Duration::from_hours(1))
}

async fn fetch(home: &Home, portal: &str) -> Result<Credentials> {
    let variables = [
        ("AWS_PROFILE", "dev"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", " "),
        ("AWS_ENDPOINT_URL_SSO", portal),
        ("AWS_MAX_ATTEMPTS", "1"),
    ];
    let aws = Aws::new(home.environment(&variables));
    let session = aws.session(&AwsSettings::default()).await.unwrap();
    let Signer::Keys(credentials) = session.signer() else { panic!("{session:?}") };
    credentials.get().await.map(|resolved| resolved.credentials.clone())
}

#[tokio::test]
async fn the_token_of_the_sign_in_gets_the_credentials_of_the_role() {
    let home = home();
    for expires_at in [in_an_hour(), in_an_hour().replace('Z', "UTC")] {
        sign_in(&home, &expires_at).await;
        let portal = Server::new(|_| Reply::new(200, "", KEYS));
        let credentials = fetch(&home, &portal.url()).await.unwrap();
        assert_eq!(Link::of(&credentials), Some(Link::Sso));
        assert_eq!(shortened(credentials.access_key_id()), "ASIA…0000");
        assert!(credentials.expiry().is_some() && credentials.session_token() == Some("hush"));
        let request = portal.requests().remove(0);
        assert!(
            request.contains("role_name=Reader") && request.contains("account_id=123456789012"),
            "{request}"
        );
        assert!(request.contains("hush-token"), "{request}");
    }
}

#[tokio::test]
async fn a_token_that_ended_is_not_sent() {
    let home = home();
    let portal = Server::new(|_| Reply::new(200, "", KEYS));
    for expires_at in ["2020-01-01T00:00:00Z", "tomorrow"] {
        sign_in(&home, expires_at).await;
        let error = fetch(&home, &portal.url()).await.unwrap_err();
        assert_eq!(error.hints(), ["run `aws sso login --profile dev`"]);
    }
    assert_eq!(portal.requests().len(), 0);
}

#[tokio::test]
async fn every_refusal_is_told_for_what_it_is() {
    let home = home();
    sign_in(&home, &in_an_hour()).await;
    let refusing = |status, code: &str| {
        let head = format!("x-amzn-errortype: {code}\r\n");
        Server::new(move |_| Reply::new(status, &head, r#"{"message": "No."}"#))
    };
    for (status, code, kind, words) in [
        (401, "UnauthorizedException", ErrorKind::Unauthenticated, "aws sso login --profile dev"),
        (403, "ForbiddenException", ErrorKind::Unauthenticated, "`sso_role_name`"),
        (404, "ResourceNotFoundException", ErrorKind::Unauthenticated, "`sso_account_id`"),
        (429, "TooManyRequestsException", ErrorKind::Throttled, ""),
    ] {
        let portal = refusing(status, code);
        let error = fetch(&home, &portal.url()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{code}: {error:?}");
        assert!(error.hints().join(" ").contains(words), "{code}: {error:?}");
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    }
    assert_eq!(fetch(&home, REFUSING).await.unwrap_err().kind(), ErrorKind::Network);
    let foreign = Server::new(|_| Reply::new(200, "", "{}"));
    assert_eq!(fetch(&home, &foreign.url()).await.unwrap_err().kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn a_place_that_is_said_twice_must_be_said_alike() {
    let account = "sso_account_id = 123456789012\nsso_role_name = Reader\n";
    let config = format!(
        "[profile dev]\nsso_session = team\nsso_region = eu-west-1\nsso_start_url = {START_URL}\n{account}\
         [sso-session team]\nsso_region = eu-west-1\nsso_start_url = https://other.example.com\n"
    );
    let home = Home::new(&config, "");
    let error = fetch(&home, REFUSING).await.unwrap_err();
    assert!(
        error.message().contains("the profile `dev`") && error.message().contains("`sso_start_url`"),
        "{error}"
    );
    assert!(!error.hints().join(" ").contains("sso login"), "{:?}", error.hints());
}
