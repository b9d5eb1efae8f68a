//! Services that are asked for credentials, or whether they are there, and give none or no answer.

use std::io;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use outcrop_core::Error;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::{KEYS, ROLE, failure, of_variables, patiently};
use crate::credentials::from_sdk;
use crate::endpoint::Plane;
use crate::testing::{Home, REFUSING, Reply, Server, rfc3339};
use crate::{Auth, Aws, AwsSettings, Link};

const CONTAINER: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const METADATA: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
const XML: &str = "content-type: text/xml\r\n";

/// Where the AWS tools keep the token of `https://start.example.com/start`.
const SIGN_IN: &str = ".aws/sso/cache/a7a07f494db7b3ef8d9cffbc80d19104dbe8f51e.json";

pub(super) async fn errors(home: &Home) -> Vec<Error> {
    let mut errors = of_containers(home).await;
    errors.extend(of_the_token_service(home).await);
    errors.extend(of_the_portal(home).await);
    errors.extend(of_instances(home).await);
    errors.extend(of_the_sdk());
    errors.extend(of_silence(home).await);
    errors
}

async fn of_containers(home: &Home) -> Vec<Error> {
    let token = home.plant("token", "hush\nhush");
    let nowhere = home.path("nowhere");
    let file = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    let mut errors = vec![
        of_variables(home, &[(CONTAINER, "https://me:hush@example.com/x")]).await,
        of_variables(home, &[(CONTAINER, "http://example.com/x")]).await,
        of_variables(home, &[(CONTAINER, "/v2/credentials")]).await,
        of_variables(home, &[(CONTAINER, "x y")]).await,
        of_variables(home, &[(CONTAINER, REFUSING), (file, token.to_str().unwrap())]).await,
        of_variables(home, &[(CONTAINER, REFUSING), (file, nowhere.to_str().unwrap())]).await,
        // It is asked three times.
        patiently(of_variables(home, &[(CONTAINER, REFUSING)])).await,
    ];
    let keys =
        |end: &str| format!(r#"{{"AccessKeyId": "ASIA", "SecretAccessKey": "hush", "Expiration": "{end}"}}"#);
    for (status, body) in [
        (400, r#"{"code": "InvalidToken", "message": "the token is old"}"#.to_owned()),
        (403, "<html>hush-hush</html>".to_owned()),
        (429, String::new()),
        (500, r#"{"Code": "Broken"}"#.to_owned()),
        (200, "hush-hush".to_owned()),
        (200, r#"{"AccessKeyId": "ASIA", "SecretAccessKey": ""}"#.to_owned()),
        (200, keys("tomorrow")),
        (200, keys("2020-01-01T00:00:00Z")),
    ] {
        let server = Server::new(move |_| Reply::new(status, "", &body));
        errors.push(of_variables(home, &[(CONTAINER, &server.url())]).await);
    }
    errors
}

async fn of_the_token_service(home: &Home) -> Vec<Error> {
    home.plant(
        ".aws/config",
        &format!("[profile dev]\nrole_arn = {ROLE}\nsource_profile = base\n[profile base]\n{KEYS}"),
    );
    let token = home.plant("token", "hush-hush");
    let by_role = |url: &str| vec![("AWS_ENDPOINT_URL_STS", url.to_owned()), ("AWS_PROFILE", "dev".into())];
    let by_token = |url: &str| {
        let token = token.to_str().unwrap().to_owned();
        vec![
            ("AWS_ENDPOINT_URL_STS", url.to_owned()),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", token),
            ("AWS_ROLE_ARN", ROLE.into()),
        ]
    };
    let denial = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: \
                  arn:aws:iam::123456789012:user/me is not authorized to perform: sts:AssumeRole</Message></Error>\
                  </ErrorResponse>";
    let refusing = Server::new(move |_| Reply::new(403, XML, denial));
    let empty = "<AssumeRoleResponse><AssumeRoleResult></AssumeRoleResult></AssumeRoleResponse>";
    let empty = Server::new(move |_| Reply::new(200, XML, empty));
    let mut errors = Vec::new();
    for variables in
        [by_role(&refusing.url()), by_token(&refusing.url()), by_role(&empty.url()), by_role(REFUSING)]
    {
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, &**value)).collect();
        errors.push(of_variables(home, &variables).await);
    }
    home.plant(".aws/config", "");
    errors
}

/// Somebody who has signed in.
pub(super) fn sign_in(home: &Home) -> AwsSettings {
    home.plant(
        ".aws/config",
        "[profile dev]\nsso_start_url = https://start.example.com/start\nsso_region = eu-west-1\nsso_account_id = \
         123456789012\nsso_role_name = Reader\n",
    );
    let end = rfc3339(SystemTime::now() + Duration::from_hours(1));
    home.plant(SIGN_IN, &format!(r#"{{"accessToken": "hush-hush", "expiresAt": "{end}"}}"#));
    AwsSettings { profile: Some("dev".into()), ..AwsSettings::default() }
}

async fn of_the_portal(home: &Home) -> Vec<Error> {
    let settings = sign_in(home);
    let place = |url: &str| [("AWS_ENDPOINT_URL_SSO", url.to_owned())];
    let mut errors = Vec::new();
    for (status, code) in [
        (401, "UnauthorizedException"),
        (403, "ForbiddenException"),
        (429, "TooManyRequestsException"),
        (200, ""),
    ] {
        let head = format!("x-amzn-errortype: {code}\r\n");
        let portal = Server::new(move |_| Reply::new(status, &head, r#"{"message": "No."}"#));
        let [(name, url)] = place(&portal.url());
        errors.push(failure(home, &settings, &[(name, &url)]).await);
    }
    errors.push(failure(home, &settings, &[("AWS_ENDPOINT_URL_SSO", REFUSING)]).await);
    home.plant(".aws/config", "");
    errors
}

/// A metadata service that gives out a token, and then this answer for the role.
fn instance(role: Reply) -> Server {
    Server::new(move |request| match request.split(' ').nth(1).unwrap() {
        "/latest/api/token" => {
            Reply::new(200, "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n", "hush-token")
        }
        _ => role.clone(),
    })
}

async fn of_instance(home: &Home, url: &str) -> Error {
    of_variables(home, &[(METADATA, url), ("AWS_EC2_METADATA_DISABLED", "false")]).await
}

async fn of_instances(home: &Home) -> Vec<Error> {
    let mut errors = vec![of_instance(home, REFUSING).await];
    for server in [instance(Reply::new(404, "", "")), instance(Reply::new(500, "", ""))] {
        errors.push(of_instance(home, &server.url()).await);
    }
    errors
}

/// What the SDK's own providers say, which look at variables and files of the process.
fn of_the_sdk() -> Vec<Error> {
    let untrusted = "[AssumeRoleUnauthorizedAccess] EC2 cannot assume the role bedrock-role.";
    let broken = ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionRefused).into());
    vec![
        from_sdk(Link::Imds, "", &CredentialsError::invalid_configuration(untrusted)),
        from_sdk(Link::Imds, "", &CredentialsError::unhandled("invalid JSON in response")),
        from_sdk(Link::Imds, "", &CredentialsError::provider_error(broken)),
        from_sdk(Link::Login, "dev", &CredentialsError::provider_error("failed to read the token")),
    ]
}

/// A service that begins to answer after two seconds, and does not go on.
async fn slow() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        tokio::time::sleep(Duration::from_secs(2)).await;
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
        std::future::pending::<()>().await;
    });
    url
}

async fn of_silence(home: &Home) -> Vec<Error> {
    let silent = Server::new(|_| Reply::Hold(String::new()));
    let mut errors = vec![patiently(of_instance(home, &silent.url())).await];
    let settings = sign_in(home);
    let url = silent.url();
    errors.push(patiently(failure(home, &settings, &[("AWS_ENDPOINT_URL_SSO", &url)])).await);
    let aws = Aws::new(home.environment(&[("AWS_ENDPOINT_URL_SSO", &*url), ("AWS_REGION", "eu-west-1")]));
    errors.extend(patiently(aws.status(&settings)).await.error);
    // It ends by itself.
    let process = home.plant("process.sh", "exec sleep 1");
    home.plant(".aws/config", &format!("[profile dev]\ncredential_process = sh {}\n", process.display()));
    errors.push(patiently(failure(home, &settings, &[])).await);
    let aws = Aws::new(home.environment(&[("AWS_REGION", "eu-west-1")]));
    errors.extend(patiently(aws.status(&settings)).await.error);
    home.plant(".aws/config", "");
    for url in [slow().await, REFUSING.to_owned()] {
        let settings = AwsSettings {
            auth: Auth::None,
            region: Some("eu-west-1".into()),
            runtime_endpoint: Some(url),
            ..AwsSettings::default()
        };
        let session = Aws::new(home.environment(&[])).session(&settings).await.unwrap();
        errors.push(patiently(session.reach(Plane::Runtime)).await.unwrap_err());
    }
    errors
}
