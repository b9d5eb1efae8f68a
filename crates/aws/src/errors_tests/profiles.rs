//! Profiles that lead to no credentials.

use outcrop_core::Error;

use super::{KEYS, ROLE, failure};
use crate::AwsSettings;
use crate::testing::Home;

/// A complete sign-in without a session.
const SIGN_IN: &str = "sso_start_url = https://start.example.com/start\nsso_region = eu-west-1\n";
const ACCOUNT: &str = "sso_account_id = 123456789012\nsso_role_name = Reader\n";

pub(super) async fn errors(home: &Home) -> Vec<Error> {
    let mut errors = of_ways(home).await;
    errors.extend(of_sign_ins(home).await);
    errors.extend(of_processes(home).await);
    errors
}

/// What the profile `dev` of this configuration file leads to.
async fn of_dev(home: &Home, lines: &str) -> Error {
    home.plant(".aws/config", &format!("[profile dev]\n{lines}"));
    let settings = AwsSettings { profile: Some("dev".into()), ..AwsSettings::default() };
    let error = failure(home, &settings, &[]).await;
    home.plant(".aws/config", "");
    error
}

async fn of_ways(home: &Home) -> Vec<Error> {
    let role = |source: &str| format!("role_arn = {ROLE}\nsource_profile = {source}\n");
    let alone = format!("role_arn = {ROLE}\n");
    let session = |lines: &str| format!("sso_session = team\n{ACCOUNT}[sso-session team]\n{lines}");
    let mut errors = Vec::new();
    for lines in [
        role("nobody"),
        format!("{}[profile base]\nregion = eu-west-1\n", role("base")),
        format!("{}[profile b]\n{}", role("b"), role("dev")),
        role("dev"),
        format!("{}credential_source = Environment\n", role("b")),
        alone.clone(),
        format!("{}duration_seconds = long\n", role("b")),
        format!("{alone}credential_source = Magic\n"),
        format!("{alone}credential_source = Environment\n"),
        format!("{alone}credential_source = EcsContainer\n"),
        format!("{alone}credential_source = Ec2InstanceMetadata\n"),
        format!("{}mfa_serial = arn:aws:iam::123456789012:mfa/me\n[profile base]\n{KEYS}", role("base")),
        "aws_access_key_id = AKIA\n".into(),
        "aws_secret_access_key = hush-hush\n".into(),
        "web_identity_token_file = /run/token\n".into(),
        format!("{alone}web_identity_token_file = /nowhere/token\n"),
        format!("{SIGN_IN}sso_role_name = Reader\n"),
        format!("{SIGN_IN}sso_account_id = 123456789012\n"),
        format!("sso_region = eu-west-1\n{ACCOUNT}"),
        format!("sso_start_url = https://start.example.com/start\n{ACCOUNT}"),
        format!("sso_session = team\n{ACCOUNT}"),
        session("sso_region = eu-west-1\n"),
        format!("sso_region = us-east-1\n{}", session(SIGN_IN)),
    ] {
        errors.push(of_dev(home, &lines).await);
    }
    errors
}

/// Of people who have not signed in.
async fn of_sign_ins(home: &Home) -> Vec<Error> {
    // The SDK looks for the token of a session in the home of the process.
    let name = "no-such-session-of-tests";
    let session = format!("sso_session = {name}\n{ACCOUNT}[sso-session {name}]\n{SIGN_IN}");
    vec![of_dev(home, &format!("{SIGN_IN}{ACCOUNT}")).await, of_dev(home, &session).await]
}

async fn of_processes(home: &Home) -> Vec<Error> {
    let mut errors = Vec::new();
    let script = home.path("process.sh");
    let line = format!("credential_process = sh {}\n", script.display());
    for does in ["echo hush-hush >&2; exit 3", "echo hush-hush", "echo '{\"Version\": 2}'"] {
        home.plant("process.sh", does);
        errors.push(of_dev(home, &line).await);
    }
    // For the SDK, a sign-in goes first, and half of one too.
    let sign_in = "sso_start_url = https://start.example.com/start\n";
    errors.push(of_dev(home, &format!("{line}{sign_in}")).await);
    errors.push(of_dev(home, &format!("{line}{sign_in}sso_session = team\n")).await);
    errors
}
