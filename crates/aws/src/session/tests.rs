//! Sessions of closed worlds and of given environments.

use outcrop_core::{Environment, Secret};

use super::*;
use crate::credentials::BEARER_VARIABLE;
use crate::{AccessKeys, Auth, ClosedWorld};

fn isolated() -> AwsSettings {
    AwsSettings {
        isolated: Some(AccessKeys {
            access_key_id: "AKIAEXAMPLE".into(),
            secret_access_key: Secret::new("hush-hush"),
            session_token: None,
        }),
        runtime_endpoint: Some("http://127.0.0.1:1".into()),
        control_endpoint: Some("http://127.0.0.1:2".into()),
        ..AwsSettings::default()
    }
}

#[tokio::test]
async fn a_closed_world_looks_at_nothing_outside() {
    let environment = [("AWS_REGION", "eu-west-1"), (BEARER_VARIABLE, "ambient"), ("AWS_PROFILE", "ambient")];
    let session = Aws::new(environment.into_iter().collect()).session(&isolated()).await.unwrap();
    assert_eq!(session.region().name, "us-east-1");
    assert_eq!(session.source(), &CredentialSource::Given);
    assert_eq!(session.endpoint(Plane::Runtime).unwrap().unwrap().url(), "http://127.0.0.1:1");
    assert_eq!(session.endpoint(Plane::Control).unwrap().unwrap().url(), "http://127.0.0.1:2");
}

#[tokio::test]
async fn whoever_asks_in_a_closed_world_stays_in_it() {
    let world = ClosedWorld { endpoint: "http://127.0.0.1:3".into(), keys: isolated().isolated.unwrap() };
    let asked = AwsSettings {
        auth: Auth::Bearer,
        profile: Some("work".into()),
        region: Some("eu-west-1".into()),
        runtime_endpoint: Some("https://proxy.example.com".into()),
        ..AwsSettings::default()
    };
    let session = Aws::closed_world(world).session(&asked).await.unwrap();
    assert_eq!(session.source(), &CredentialSource::Given);
    assert_eq!(session.region().name, "eu-west-1");
    for plane in [Plane::Runtime, Plane::Control] {
        assert_eq!(session.endpoint(plane).unwrap().unwrap().url(), "http://127.0.0.1:3");
    }
}

#[tokio::test]
async fn a_session_is_built_once_for_the_same_settings() {
    let aws = Aws::new(Environment::default());
    let first = aws.session(&isolated()).await.unwrap();
    assert!(Arc::ptr_eq(&first, &aws.session(&isolated()).await.unwrap()));
    let elsewhere = AwsSettings { region: Some("eu-west-1".into()), ..isolated() };
    assert!(!Arc::ptr_eq(&first, &aws.session(&elsewhere).await.unwrap()));
}

#[tokio::test]
async fn secrets_stay_out_of_debug() {
    let settings = isolated();
    let session = Aws::new(Environment::default()).session(&settings).await.unwrap();
    assert!(!format!("{settings:?} {session:?}").contains("hush-hush"));
}

#[tokio::test]
async fn a_token_never_travels_in_the_clear() {
    let aws = Aws::new([(BEARER_VARIABLE, "key"), ("AWS_REGION", "us-east-1")].into_iter().collect());
    let to = |url: &str| AwsSettings { runtime_endpoint: Some(url.into()), ..AwsSettings::default() };
    let error = aws.session(&to("http://proxy.example.com")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("http://proxy.example.com"));
    assert!(aws.session(&to("http://127.0.0.1:9")).await.is_ok());
    assert!(aws.session(&to("https://proxy.example.com")).await.is_ok());
}

#[tokio::test]
async fn a_standard_base_url_moves_nothing() {
    let aws = Aws::new([(BEARER_VARIABLE, "key"), ("AWS_REGION", "eu-west-1")].into_iter().collect());
    let settings = AwsSettings {
        runtime_endpoint: Some("https://bedrock-runtime.us-east-1.amazonaws.com".into()),
        ..AwsSettings::default()
    };
    let session = aws.session(&settings).await.unwrap();
    assert_eq!(session.endpoint(Plane::Runtime).unwrap(), None);
    assert_eq!(session.region().name, "eu-west-1");
}
