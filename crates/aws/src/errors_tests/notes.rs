//! What a user is told without anything having failed, or on top of what failed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outcrop_core::{Error, ErrorKind, Secret};

use super::connections::certificate;
use super::{KEYS, ROLE, steady};
use crate::endpoint::Plane;
use crate::http_client::{HttpClients, Late};
use crate::testing::{Home, REFUSING, Reply, Server, Warnings};
use crate::{AssumeRole, Auth, Aws, AwsSettings, Session};

const BEARER: (&str, &str) = ("AWS_BEARER_TOKEN_BEDROCK", "hush-hush");
const STANDARD_HOST: &str = "https://bedrock-runtime.eu-west-2.amazonaws.com";

/// Some settings, what stands in the configuration file, and variables.
type Case<'a> = (AwsSettings, String, Vec<(&'a str, &'a str)>);

fn usual() -> AwsSettings {
    AwsSettings::default()
}

fn of_profile() -> AwsSettings {
    AwsSettings { profile: Some("dev".into()), ..usual() }
}

fn of_role() -> AwsSettings {
    let role = AssumeRole { role_arn: ROLE.into(), session_name: None, external_id: None, duration: None };
    AwsSettings { assume_role: Some(role), ..usual() }
}

/// A key as AWS makes them for a while: a signed URL.
fn short_term_key() -> String {
    let url = "bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Credential=ASIAEXAMPLE%2F29991123%2Feu-central-2%2F\
               bedrock%2Faws4_request&X-Amz-Date=29991123T100000Z&X-Amz-Expires=43200&X-Amz-SignedHeaders=host";
    format!("bedrock-api-key-{}", STANDARD.encode(url))
}

/// What may be said of variables and of places.
fn of_variables<'a>(short_term: &'a str, blocked: &'a str) -> Vec<Case<'a>> {
    let (id, secret, token) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN");
    let plain = |variables| (usual(), String::new(), variables);
    let at_host = AwsSettings { runtime_endpoint: Some(STANDARD_HOST.into()), ..usual() };
    let fips = AwsSettings {
        runtime_endpoint: Some("https://own.example.com".into()),
        fips: Some(true),
        auth: Auth::None,
        ..usual()
    };
    vec![
        (of_role(), String::new(), vec![BEARER, (id, "AKIAIOSFODNN7EXAMPLE"), (secret, "hush")]),
        (of_profile(), format!("[profile dev]\n{KEYS}"), vec![BEARER, (id, "AKIAIOSFODNN7EXAMPLE")]),
        plain(vec![(id, "AKIAIOSFODNN7EXAMPLE")]),
        plain(vec![(secret, "hush")]),
        plain(vec![(id, "AKIAIOSFODNN7EXAMPLE"), (secret, "hush"), (token, "hush")]),
        plain(vec![(id, "ASIAIOSFODNN7EXAMPLE"), (secret, "hush")]),
        plain(vec![("AWS_PROFILE", "default")]),
        plain(vec![("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token")]),
        plain(vec![("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token"), ("AWS_ROLE_ARN", ROLE)]),
        plain(vec![("AWS_CONTAINER_CREDENTIALS_FULL_URI", REFUSING)]),
        plain(vec![("AWS_CONFIG_FILE", blocked)]),
        plain(vec![BEARER, ("AWS_REGION", "")]),
        plain(vec![("AWS_BEARER_TOKEN_BEDROCK", short_term)]),
        (at_host, String::new(), vec![BEARER]),
        (fips, String::new(), vec![]),
        (AwsSettings { api_key: Some(Secret::new("hush-hush")), ..usual() }, String::new(), vec![]),
        (AwsSettings { api_key_file: Some("~/key".into()), ..usual() }, String::new(), vec![]),
    ]
}

/// What may be said of profiles.
fn of_profiles() -> Vec<Case<'static>> {
    let lines = [
        KEYS.to_owned(),
        format!("role_arn = {ROLE}\nsource_profile = base\n[profile base]\n{KEYS}"),
        format!("role_arn = {ROLE}\ncredential_source = Environment\n"),
        format!("role_arn = {ROLE}\nweb_identity_token_file = /nowhere/token\n"),
        "credential_process = exit 1\n".to_owned(),
        "region = eu-west-1\n".to_owned(),
    ];
    let named = lines.iter().map(|lines| (of_profile(), format!("[profile dev]\n{lines}"), vec![]));
    let of_default = [
        (usual(), format!("[default]\n{KEYS}"), vec![]),
        (usual(), "[default]\nregion = eu-west-1\n".to_owned(), vec![]),
        (usual(), "[profile dev]\nregion = eu-west-1\n".to_owned(), vec![("AWS_PROFILE", "dev")]),
    ];
    named.chain(of_default).collect()
}

#[tokio::test]
async fn every_note_and_every_step_has_its_words() {
    let home = Home::new("", "");
    home.plant("key", "hush-hush");
    let (short_term, blocked) = (short_term_key(), home.path(".aws/credentials/below"));
    let mut cases = of_variables(&short_term, blocked.to_str().unwrap());
    cases.extend(of_profiles());
    let (mut notes, mut steps) = (BTreeSet::new(), BTreeSet::new());
    for (settings, config, variables) in cases {
        home.plant(".aws/config", &config);
        let usual = [
            ("AWS_REGION", "eu-west-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ENDPOINT_URL_STS", REFUSING),
            ("AWS_MAX_ATTEMPTS", "1"),
        ];
        let aws = Aws::new(home.environment(&[&usual[..], &variables].concat()));
        let status = aws.status(&settings).await;
        notes.extend(status.notes.iter().chain(&status.credential_notes).map(|note| steady(note, &home)));
        let told = |step: &crate::Step| steady(&format!("{step} ({})", step.outcome), &home);
        steps.extend(status.steps.iter().map(told));
    }
    let lines = |lines: BTreeSet<String>| lines.into_iter().collect::<Vec<_>>().join("\n  ");
    let told = format!("notes\n  {}\n\nsteps\n  {}", lines(notes), lines(steps));
    insta::assert_snapshot!(told);
}

async fn session(home: &Home, settings: &AwsSettings, variables: &[(&str, &str)]) -> Arc<Session> {
    let usual = [("AWS_REGION", "eu-west-1"), ("AWS_EC2_METADATA_DISABLED", "true")];
    Aws::new(home.environment(&[&usual, variables].concat())).session(settings).await.unwrap()
}

/// What a session says to a call that fails like this.
async fn hints(session: &Session, error: &Error) -> String {
    let answer = session.call::<(), _>(Plane::Runtime, async || Err(error.clone())).await;
    answer.unwrap_err().hints().join("\n  ")
}

/// A home whose caller has signed in, and the service that gives out the credentials.
fn signed_in(home: &Home) -> Server {
    super::services::sign_in(home);
    Server::new(|_| {
        let keys = r#"{"roleCredentials": {"accessKeyId": "ASIAIOSFODNN7EXAMPLE", "secretAccessKey": "hush",
            "sessionToken": "hush", "expiration": 4102444800000}}"#;
        Reply::new(200, "", keys)
    })
}

#[tokio::test]
async fn what_a_session_adds_to_a_failure_has_its_words() {
    let home = Home::new("", "");
    let failed = |kind| Error::new(kind, "…");
    let refused = |code: &'static str, message: &str| {
        failed(ErrorKind::Unauthenticated).with_code(code).with_provider_message(message)
    };
    let expired = refused("ExpiredTokenException", "The security token included in the request is expired");
    let elsewhere = refused("SignatureDoesNotMatch", "scoped to a valid region, expecting 'eu-west-3'");
    let late = Late::connection(Duration::from_secs(5));
    let user = [("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "hush")];
    let role = [("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "hush")];
    let with_token = [&role[..], &[("AWS_SESSION_TOKEN", "hush")]].concat();
    let mut told = Vec::new();
    for (what, variables, error) in [
        ("nobody is there", &user[..], failed(ErrorKind::Network)),
        ("nobody takes the connection in time", &user, failed(ErrorKind::Timeout).with_source(late)),
        ("it is signed for another region", &user, elsewhere),
        ("the keys lack their token", &role, expired.clone()),
        ("the token may be of other keys", &with_token, expired.clone()),
    ] {
        let session = session(&home, &usual(), variables).await;
        session.fetch_credentials().await.unwrap();
        told.push(format!("{what}\n  {}", hints(&session, &error).await));
    }
    let portal = signed_in(&home);
    let session = session(&home, &of_profile(), &[("AWS_ENDPOINT_URL_SSO", &portal.url())]).await;
    session.fetch_credentials().await.unwrap();
    told.push(format!("the sign-in ended\n  {}", hints(&session, &expired).await));
    let told = steady(&told.join("\n"), &home);
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn every_warning_of_the_log_has_its_words() {
    let home = Home::new("", "");
    let warnings = Warnings::default();
    let _guards = warnings.listen();
    let broken = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
    let bundle = home.plant("ca.pem", &format!("{}{broken}", certificate()));
    HttpClients::new(&home.environment(&[])).outward(Some(&bundle)).unwrap();
    home.plant(".aws/config", &format!("[default]\ncredential_process = {}\n", home.credential_process()));
    let keys = r#"{"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "hush"}"#;
    home.plant("keys.json", keys);
    // A note of a caller is one of the log as well.
    let session = session(&home, &usual(), &[("AWS_ACCESS_KEY_ID", "AKIA")]).await;
    session.fetch_credentials().await.unwrap();
    std::fs::remove_file(home.path("keys.json")).unwrap();
    let expired = Error::new(ErrorKind::Unauthenticated, "…").with_code("ExpiredTokenException");
    hints(&session, &expired).await;
    let told = steady(&warnings.told().join("\n"), &home);
    insta::assert_snapshot!(told);
}
