//! Calls that are refused: who tries again, who asks whom, and what is said.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use outcrop_core::Secret;

use super::*;
use crate::MfaPrompt;
use crate::endpoint::Plane;
use crate::testing::{Home, Reply, Server};

fn refused(code: &'static str, message: &str) -> Error {
    Error::new(ErrorKind::Unauthenticated, "refused").with_code(code).with_provider_message(message)
}

fn expired() -> Error {
    refused("ExpiredTokenException", "The security token included in the request is expired")
}

async fn session(home: &Home, settings: &AwsSettings, variables: &[(&str, &str)]) -> Arc<Session> {
    let variables = [variables, &[("AWS_REGION", "eu-west-1")]].concat();
    Aws::new(home.environment(&variables)).session(settings).await.unwrap()
}

/// A home whose default profile gets its keys from a program.
fn with_process() -> Home {
    let home = Home::new("", "");
    home.plant(".aws/config", &format!("[default]\ncredential_process = {}\n", home.credential_process()));
    home
}

fn prints(home: &Home, id: &str) {
    home.plant("keys.json", &format!(r#"{{"Version": 1, "AccessKeyId": "{id}", "SecretAccessKey": "s"}}"#));
}

/// The key that a call would be signed with now.
async fn key(session: &Session) -> Result<String> {
    match session.signer() {
        Signer::Keys(credentials) => Ok(credentials.get().await?.credentials.access_key_id().to_owned()),
        Signer::Bearer(token) => Ok(token.token()?.token().to_owned()),
        Signer::Unsigned => Ok(String::new()),
    }
}

/// A call to a service that takes this key only; gives what came of it, and the keys that it was signed with.
async fn call(session: &Session, good: &str, refusal: impl Fn() -> Error) -> (Result<()>, Vec<String>) {
    let used = Mutex::new(Vec::new());
    let answer = session
        .call(Plane::Runtime, async || {
            let key = key(session).await?;
            used.lock().unwrap().push(key.clone());
            if key == good { Ok(()) } else { Err(refusal()) }
        })
        .await;
    (answer, used.into_inner().unwrap())
}

fn hints(answer: Result<()>) -> String {
    answer.unwrap_err().hints().join("\n")
}

#[tokio::test]
async fn keys_that_are_refused_are_fetched_anew_and_the_call_is_made_once_more() {
    let home = with_process();
    prints(&home, "ONE");
    let session = session(&home, &AwsSettings::default(), &[]).await;
    let (answer, used) = call(&session, "ONE", expired).await;
    assert!(answer.is_ok() && used == ["ONE"]);
    prints(&home, "TWO");
    let (answer, used) = call(&session, "TWO", expired).await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!((used, home.runs()), (vec!["ONE".to_owned(), "TWO".to_owned()], 2));
    // The same ones again are no reason to call again, and other ones that are refused too are no reason to go on.
    let (answer, used) = call(&session, "none", expired).await;
    assert_eq!((answer.unwrap_err().code(), used), (Some("ExpiredTokenException"), vec!["TWO".to_owned()]));
    prints(&home, "THREE");
    let (answer, used) = call(&session, "none", expired).await;
    assert_eq!((answer.is_err(), used), (true, vec!["TWO".to_owned(), "THREE".to_owned()]));
    let runs = home.runs();
    for error in [
        || refused("SignatureDoesNotMatch", "The request signature we calculated does not match"),
        || Error::new(ErrorKind::PermissionDenied, "denied").with_code("AccessDeniedException"),
    ] {
        let (answer, used) = call(&session, "none", error).await;
        assert_eq!((answer.is_err(), used.len(), home.runs()), (true, 1, runs));
    }
}

#[tokio::test]
async fn nobody_is_asked_twice_for_credentials_that_are_not_there() {
    let home = with_process();
    let session = session(&home, &AwsSettings::default(), &[]).await;
    let (answer, _) = call(&session, "ONE", expired).await;
    assert!(answer.unwrap_err().message().contains("`credential_process`"));
    assert_eq!(home.runs(), 1);
}

#[tokio::test]
async fn why_there_are_no_others_is_said() {
    let home = with_process();
    prints(&home, "ONE");
    let session = session(&home, &AwsSettings::default(), &[]).await;
    key(&session).await.unwrap();
    std::fs::remove_file(home.path("keys.json")).unwrap();
    let (answer, used) = call(&session, "TWO", expired).await;
    assert_eq!((used.len(), home.runs()), (1, 2));
    assert_eq!(
        answer.as_ref().unwrap_err().code(),
        Some("ExpiredTokenException"),
        "the refusal is what failed"
    );
    assert!(hints(answer).contains("run the command that stands in the profile by hand"));
}

#[derive(Debug, Default)]
struct Prompt(AtomicUsize);

#[async_trait]
impl MfaPrompt for Prompt {
    async fn code(&self, serial: &str) -> Result<Secret> {
        assert_eq!(serial, "arn:aws:iam::1:mfa/me");
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Secret::new("123456"))
    }
}

#[tokio::test]
async fn a_wrong_code_is_asked_for_once() {
    let home = Home::new(
        "[profile dev]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = base\nmfa_serial = arn:aws:iam::1:mfa/me\n",
        "[base]\naws_access_key_id = AKIA\naws_secret_access_key = s\n",
    );
    let denial = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>MultiFactorAuthentication \
                  failed</Message></Error></ErrorResponse>";
    let sts = Server::new(move |_| Reply::new(403, "content-type: text/xml\r\n", denial));
    let prompt = Arc::new(Prompt::default());
    let variables =
        [("AWS_PROFILE", "dev"), ("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL_STS", &*sts.url())];
    let asking = Arc::clone(&prompt) as Arc<dyn MfaPrompt>;
    let aws = Aws::new(home.environment(&variables)).with_mfa_prompt(asking);
    let session = aws.session(&AwsSettings::default()).await.unwrap();
    let (answer, _) = call(&session, "none", expired).await;
    let said = format!("{:?}", answer.unwrap_err());
    assert!(said.contains("role/a") && said.contains("MultiFactorAuthentication failed"), "{said}");
    assert_eq!((prompt.0.load(Ordering::SeqCst), sts.requests().len()), (1, 1));
}

#[tokio::test]
async fn an_api_key_that_is_refused_is_read_again() {
    let home = Home::new("", "");
    let file = home.plant("key", "one");
    let settings = AwsSettings { api_key_file: Some(file), ..AwsSettings::default() };
    let session = session(&home, &settings, &[]).await;
    let invalid =
        || refused("AccessDeniedException", "Authentication failed: Please make sure your API Key is valid.");
    let (answer, used) = call(&session, "two", invalid).await;
    assert_eq!((answer.is_err(), used.len()), (true, 1), "the same key is no other");
    let first = session.call(Plane::Runtime, async || {
        let used = key(&session).await?;
        // Written while the call was on its way.
        home.plant("key", "two");
        if used == "two" { Ok(()) } else { Err(invalid()) }
    });
    first.await.unwrap();
}

#[tokio::test]
async fn a_signature_for_another_region_names_the_region_to_use() {
    let home = Home::new("", "");
    let keys = [("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "s")];
    let scoped = "Credential should be scoped to a valid region, not 'eu-west-1'. ";
    let vpc = "https://vpce-1.bedrock-runtime.eu-west-2.vpce.amazonaws.com";
    for (endpoint, message, expected) in [
        (Some(vpc), scoped, Some("`eu-west-2`")),
        (Some(vpc), "the region 'eu-west-1' is wrong; expecting 'eu-west-3'", Some("`eu-west-3`")),
        (None, "the region is wrong; expecting 'eu-west-3'", Some("`eu-west-3`")),
        (None, "the region is wrong; expecting 'eu-west-1'", None),
        (None, "Credential should be scoped to correct region: 'us-gov-west-1'.", Some("`us-gov-west-1`")),
        (None, scoped, None),
        (Some("https://proxy.example.com"), scoped, None),
        (Some(vpc), "The request signature we calculated does not match", None),
    ] {
        let settings = AwsSettings {
            region: Some("eu-west-1".into()),
            runtime_endpoint: endpoint.map(str::to_owned),
            ..AwsSettings::default()
        };
        let session = session(&home, &settings, &keys).await;
        let (answer, used) = call(&session, "none", || refused("SignatureDoesNotMatch", message)).await;
        assert_eq!(used.len(), 1, "{message}");
        let said = hints(answer);
        match expected {
            Some(region) => {
                assert!(said.contains(&format!("set the region to {region}")), "{message}: {said}");
            }
            None => assert!(!said.contains("set the region"), "{message}: {said}"),
        }
    }
}

#[tokio::test]
async fn a_token_that_may_be_of_other_keys_is_named() {
    let home = Home::new("", "");
    let pair = [("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "s")];
    let with_token = [&pair[..], &[("AWS_SESSION_TOKEN", "t")]].concat();
    for (variables, word) in
        [(&with_token[..], "set all three anew"), (&pair[..], "its `AWS_SESSION_TOKEN` is missing")]
    {
        let session = session(&home, &AwsSettings::default(), variables).await;
        let (answer, used) = call(&session, "none", expired).await;
        assert_eq!(used.len(), 1);
        let said = hints(answer);
        assert!(said.contains(word), "{said}");
    }
}
