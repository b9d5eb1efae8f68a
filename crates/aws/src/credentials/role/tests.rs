//! What the token service is asked, and what is made of its answers.

use super::*;
use crate::session::Signer;
use crate::testing::{Home, Reply, Server};
use crate::{Aws, AwsSettings, Link};

const BASE: &str = "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = hush-hush\n";
const ROLE: &str = "arn:aws:iam::123456789012:role/bedrock";

/// A token service that gives out the same credentials for every role.
fn sts() -> Server {
    Server::new(|request| {
        let action = if request.contains("WebIdentity") { "AssumeRoleWithWebIdentity" } else { "AssumeRole" };
        let body = format!(
            "<{action}Response><{action}Result><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>hush-hush\
             </SecretAccessKey><SessionToken>hush-hush-token</SessionToken><Expiration>2126-11-23T10:00:00Z</Expiration>\
             </Credentials></{action}Result></{action}Response>"
        );
        Reply::new(200, "content-type: text/xml\r\n", &body)
    })
}

async fn fetched(
    home: &Home,
    settings: &AwsSettings,
    variables: &[(&str, &str)],
) -> Result<(Credentials, Link)> {
    let aws = Aws::new(home.environment(&[variables, &[("AWS_REGION", "eu-west-1")]].concat()));
    let session = aws.session(settings).await?;
    let Signer::Keys(credentials) = session.signer() else { panic!("{session:?}") };
    let resolved = credentials.get().await;
    assert!(!format!("{resolved:?} {aws:?}").contains("hush-hush"), "{resolved:?}");
    let resolved = resolved?;
    Ok((resolved.credentials.clone(), resolved.link))
}

#[tokio::test]
async fn a_role_is_assumed_with_everything_that_is_said_about_it() {
    let sts = sts();
    let profile = format!(
        "[profile dev]\nsource_profile = base\nrole_arn = {ROLE}\nrole_session_name = me\nexternal_id = 42\n\
         duration_seconds = 1800\n"
    );
    let home = Home::new(&profile, BASE);
    let variables = [("AWS_PROFILE", "dev"), ("AWS_ENDPOINT_URL_STS", &*sts.url())];
    let (credentials, link) = fetched(&home, &AwsSettings::default(), &variables).await.unwrap();
    assert_eq!((credentials.access_key_id(), link), ("ASIAROLE", Link::AssumeRole));
    assert_eq!(credentials.session_token(), Some("hush-hush-token"));
    assert!(credentials.expiry().is_some());
    let of_settings = AwsSettings {
        profile: Some("base".into()),
        assume_role: Some(AssumeRole {
            role_arn: ROLE.into(),
            session_name: Some("me".into()),
            external_id: Some("42".into()),
            duration: Some(std::time::Duration::from_mins(30)),
        }),
        ..AwsSettings::default()
    };
    fetched(&home, &of_settings, &variables[1..]).await.unwrap();
    let requests = sts.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert!(request.contains("Credential=AKIABASE/") && request.contains("/eu-west-1/sts/"), "{request}");
        for field in [
            "Action=AssumeRole&",
            "role%2Fbedrock",
            "RoleSessionName=me",
            "ExternalId=42",
            "DurationSeconds=1800",
        ] {
            assert!(request.contains(field), "{field}: {request}");
        }
        assert!(!request.contains("SerialNumber"), "{request}");
    }
}

#[tokio::test]
async fn keys_of_the_environment_leave_a_token_behind_that_is_not_theirs() {
    let sts = sts();
    let home = Home::new(&format!("[profile dev]\nrole_arn = {ROLE}\ncredential_source = Environment\n"), "");
    for (id, token) in [("AKIAVARIABLE", false), ("ASIAVARIABLE", true)] {
        let variables =
            [("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_SESSION_TOKEN", "stale")];
        let settings = AwsSettings { profile: Some("dev".into()), ..AwsSettings::default() };
        let place = ("AWS_ENDPOINT_URL_STS", &*sts.url());
        fetched(&home, &settings, &[&variables[..], &[place]].concat()).await.unwrap();
        let request = sts.requests().pop().unwrap();
        assert!(request.contains(&format!("Credential={id}/")), "{request}");
        assert_eq!(request.contains("x-amz-security-token: stale"), token, "{request}");
    }
    let settings = AwsSettings { profile: Some("dev".into()), ..AwsSettings::default() };
    let error = fetched(&home, &settings, &[("AWS_ACCESS_KEY_ID", "AKIA")]).await.unwrap_err();
    assert!(
        error.message().contains("`dev`") && error.message().contains("`AWS_SECRET_ACCESS_KEY`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_web_identity_is_exchanged_for_its_role_without_a_signature() {
    let sts = sts();
    let home = Home::new("", "");
    let token = home.plant("token", "a-web-token\n");
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_ENDPOINT_URL_STS", &*sts.url()),
    ];
    let (_, link) = fetched(&home, &AwsSettings::default(), &variables).await.unwrap();
    assert_eq!(link, Link::WebIdentity);
    let request = sts.requests().pop().unwrap();
    assert!(
        request.contains("WebIdentityToken=a-web-token&")
            || request.ends_with("WebIdentityToken=a-web-token"),
        "{request}"
    );
    assert!(request.contains("RoleSessionName=outcrop-") && !request.contains("authorization:"), "{request}");
    std::fs::remove_file(&token).unwrap();
    let error = fetched(&home, &AwsSettings::default(), &variables).await.unwrap_err();
    assert!(error.message().contains(token.to_str().unwrap()), "{error}");
    assert_eq!(sts.requests().len(), 1);
}

#[tokio::test]
async fn who_refuses_is_told_from_who_is_not_there() {
    let home = Home::new(&format!("[profile dev]\nsource_profile = base\nrole_arn = {ROLE}\n"), BASE);
    let denial = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized to perform: \
                  sts:AssumeRole</Message></Error></ErrorResponse>";
    let refusing = Server::new(move |_| Reply::new(403, "content-type: text/xml\r\n", denial));
    let place = |url: &str| [("AWS_PROFILE", "dev".to_owned()), ("AWS_ENDPOINT_URL_STS", url.to_owned())];
    for (url, kind, words) in [
        (refusing.url(), ErrorKind::Unauthenticated, "sts:AssumeRole"),
        (crate::testing::REFUSING.to_owned(), ErrorKind::Network, ROLE),
    ] {
        let variables = place(&url);
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, &**value)).collect();
        let error = fetched(&home, &AwsSettings::default(), &variables).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(format!("{error:?}").contains(words), "{error:?}");
    }
}

#[tokio::test]
async fn a_service_that_stays_silent_is_given_up() {
    let silent = Server::new(|_| Reply::Hold(String::new()));
    let home = Home::new("", "");
    let aws =
        Aws::new(home.environment(&[("AWS_ENDPOINT_URL_STS", &silent.url()), ("AWS_REGION", "eu-west-1")]));
    let chain = aws.chain(&AwsSettings::default(), Ok(aws.http().direct()), "eu-west-1".into());
    let (_, files) = chain.plan().await.unwrap();
    let usual = chain.sts(&files).unwrap();
    let limits = usual.config.timeout_config().unwrap();
    assert!(limits.operation_timeout() == Some(LIMIT) && limits.connect_timeout().is_some(), "{limits:?}");
    let hasty = Sts::within(&usual.config, Duration::from_millis(200));
    let base = Credentials::new("AKIA", "s", None, None, "test");
    let error = hasty.caller_identity(base).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
}

#[tokio::test]
async fn a_code_that_nobody_can_be_asked_for_is_an_error_with_a_way_out() {
    let error = mfa_code(None, "dev", "arn:aws:iam::1:mfa/me").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.message().contains("`dev`") && error.message().contains("mfa/me"), "{error}");
    assert!(error.hints().iter().any(|hint| hint.contains("export-credentials --profile dev")));
}
