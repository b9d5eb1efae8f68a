//! What is said to somebody without credentials.

use super::super::link::Outcome;
use super::*;
use crate::testing::Home;
use crate::{Aws, AwsSettings};

#[test]
fn who_has_nothing_is_told_what_was_tried_and_what_to_do() {
    let steps = [
        Step::new(Link::Env, Outcome::Absent, "`AWS_ACCESS_KEY_ID` is not set"),
        Step::new(Link::Imds, Outcome::Failed, "nobody answers"),
    ];
    let error = no_credentials(&steps);
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    let said = format!("{error:?}");
    assert!(
        said.contains("environment: `AWS_ACCESS_KEY_ID` is not set; instance metadata: nobody answers"),
        "{said}"
    );
    for (hint, word) in
        error.hints().iter().zip([BEARER_VARIABLE, "AWS_ACCESS_KEY_ID", "AWS_PROFILE", "--emulator"])
    {
        assert!(hint.contains(word), "{hint}");
    }
}

#[test]
fn the_command_to_sign_in_fits_link_and_profile() {
    for (link, profile, command) in [
        (Link::Sso, "default", Some("aws sso login")),
        (Link::Sso, "work", Some("aws sso login --profile work")),
        (Link::Login, "default", Some("aws login")),
        (Link::Login, "work", Some("aws login --profile work")),
        (Link::AssumeRole, "work", None),
    ] {
        assert_eq!(sign_in_command(link, profile).as_deref(), command);
    }
}

/// What the SDK's provider for the profile `dev` of this configuration file fails with.
async fn failure(home: &Home, config: &str) -> Error {
    home.plant(".aws/config", config);
    let aws = Aws::new(home.environment(&[("AWS_PROFILE", "dev"), ("AWS_REGION", "eu-west-1")]));
    let session = aws.session(&AwsSettings::default()).await.unwrap();
    let crate::session::Signer::Keys(credentials) = session.signer() else { panic!("{session:?}") };
    credentials.get().await.unwrap_err()
}

#[tokio::test]
async fn who_must_sign_in_is_told_the_command() {
    let home = Home::new("", "");
    let account = "sso_account_id = 123456789012\nsso_role_name = no-such-role-of-tests\n";
    let place = "sso_region = eu-west-1\nsso_start_url = https://no-such-portal.example.invalid/start\n";
    for (lines, command) in [
        (format!("{account}{place}"), "run `aws sso login --profile dev`"),
        (
            "login_session = arn:aws:sts::0:no-such-session-of-tests\n".to_owned(),
            "run `aws login --profile dev`",
        ),
    ] {
        let error = failure(&home, &format!("[profile dev]\n{lines}")).await;
        assert_eq!(
            (error.kind(), error.hints()[0].as_str()),
            (ErrorKind::Unauthenticated, command),
            "{error:?}"
        );
        assert!(error.message().contains("`dev` has ended or was never begun"), "{error}");
    }
}

#[tokio::test]
async fn a_credential_process_that_fails_is_told_without_what_it_prints() {
    let home = Home::new("", "");
    for (script, words) in [
        ("echo hush-hush >&2; exit 3", "exit status: 3"),
        ("echo hush-hush", "could not parse"),
        ("echo '{\"Version\": 2}'", "process"),
    ] {
        let script = home.plant("process.sh", script);
        let config = format!("[profile dev]\ncredential_process = sh {}\n", script.display());
        let error = failure(&home, &config).await;
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert!(error.message().contains("`credential_process` of profile `dev`"), "{error}");
        let said = format!("{error:?}");
        assert!(said.contains(words) && !said.contains("hush-hush"), "{said}");
    }
}
