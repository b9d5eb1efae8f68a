//! The identity service itself: what it refuses, and what changes while it runs. boto3 is the judge.

use serde_json::json;
use time::Duration;

use super::{MODEL, Variables, World};
use crate::support::identity::{
    ACCOUNT, ADMINISTRATOR, AUDITOR, CONTAINER_TOKEN, DEVELOPER, Key, Link, REGION, Role, SSO_ROLE,
    START_URL, TOKEN_CODE, WEB_ROLE,
};

/// Asserts that boto3 is refused, and that it says so in these words.
#[track_caller]
fn assert_refused(world: &World, variables: &[(&'static str, String)], words: &str) {
    let run = world.boto3(variables).exits_with(1);
    assert!(run.stderr.contains(words), "{}", run.stderr);
}

/// The profile `dev` that assumes a role with the keys of the profile `base`.
fn assumes(world: &World, base: &Key, role: &Role, more: &str) -> Variables {
    let arn = role.arn();
    world.home.plant_config(&format!("[profile dev]\nrole_arn = {arn}\nsource_profile = base\n{more}"));
    world.home.plant_credentials(&format!("[base]\n{}", base.lines()));
    vec![("AWS_PROFILE", "dev".to_owned()), ("AWS_REGION", REGION.to_owned())]
}

#[test]
fn keys_change_when_they_are_rotated_and_the_emulator_knows_the_new_ones() {
    let world = World::new();
    let variables = world.metadata_variables();
    let first = world.identity.key(Link::InstanceMetadata);
    assert_eq!(world.boto3(&variables).succeeds().json()["accessKeyId"], first.access_key_id);
    let second = world.identity.rotate(Link::InstanceMetadata);
    assert_ne!(first, second);
    assert_eq!(world.boto3(&variables).succeeds().json()["accessKeyId"], second.access_key_id);
    world.outcrop(&["ask", "-m", MODEL, "hello"], &variables).run().succeeds();
    world.assert_signed_by(&second);
}

#[test]
fn credentials_end_when_they_were_said_to() {
    let world = World::new();
    let token = world.home.plant("token", CONTAINER_TOKEN).display().to_string();
    let variables = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/v1/credentials", world.identity.endpoint())),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token),
    ];
    world.identity.set_lifetime(Link::Container, -Duration::HOUR);
    assert_refused(&world, &variables, "still expired");
    world.identity.set_lifetime(Link::Container, Duration::HOUR);
    world.boto3(&variables).succeeds();
}

#[test]
fn sts_verifies_key_token_and_signature() {
    let world = World::new();
    let key = world.identity.key(Link::Environment);
    let temporary = world.identity.key(Link::Process);
    let changed = |key: &Key, change: fn(&mut Key)| {
        let mut key = key.clone();
        change(&mut key);
        key.variables()
    };
    world.boto3(&key.variables()).succeeds();
    world.boto3(&temporary.variables()).succeeds();
    let invalid = "InvalidClientTokenId";
    for (variables, code) in [
        (changed(&key, |key| key.secret_access_key.push('x')), "SignatureDoesNotMatch"),
        (changed(&key, |key| key.access_key_id.push('X')), invalid),
        (changed(&key, |key| key.session_token = Some("stale".to_owned())), invalid),
        (changed(&temporary, |key| key.session_token = None), invalid),
    ] {
        assert_refused(&world, &variables, code);
    }
}

#[test]
fn roles_ask_for_what_their_trust_policy_says() {
    let world = World::new();
    let base = world.identity.key(Link::SourceProfile);
    for (base, role, more) in [
        (&base, AUDITOR, ""),
        (&base, AUDITOR, "external_id = wrong\n"),
        (&base, DEVELOPER, "external_id = unasked\n"),
        (&base, WEB_ROLE, ""),
        (&base, ADMINISTRATOR, ""),
        (&world.identity.key(Link::Profile), DEVELOPER, ""),
    ] {
        let variables = assumes(&world, base, &role, more);
        assert_refused(&world, &variables, "(AccessDenied)");
    }
    assert_eq!(world.identity.actions(), ["AssumeRole"; 6]);
}

#[test]
fn a_role_takes_the_code_of_a_second_factor() {
    let world = World::new();
    let base = world.identity.key(Link::SourceProfile);
    let more = format!("mfa_serial = {}\nrole_session_name = careful\n", Role::mfa_serial());
    let variables = assumes(&world, &base, &ADMINISTRATOR, &more);
    let seen = world.boto3_with_code(&variables, TOKEN_CODE).succeeds().json();
    assert_eq!(seen["arn"], ADMINISTRATOR.session("careful"));
    let wrong = world.boto3_with_code(&variables, "000000").exits_with(1);
    assert!(wrong.stderr.contains("invalid MFA one time pass code"), "{}", wrong.stderr);
}

#[test]
fn a_pod_shows_its_token() {
    let world = World::new();
    let token = world.home.plant("token", "somebody else's").display().to_string();
    let variables = [("AWS_WEB_IDENTITY_TOKEN_FILE", token), ("AWS_ROLE_ARN", WEB_ROLE.arn())];
    assert_refused(&world, &variables, "InvalidIdentityToken");
}

#[test]
fn an_access_token_that_is_over_is_renewed() {
    let world = World::new();
    world.home.plant_config(&format!(
        "[profile dev]\nsso_session = team\nsso_account_id = {ACCOUNT}\nsso_role_name = {SSO_ROLE}\n\n\
         [sso-session team]\nsso_start_url = {START_URL}\nsso_region = {REGION}\n"
    ));
    let endpoint = world.identity.endpoint();
    let variables = [
        ("AWS_PROFILE", "dev".to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ENDPOINT_URL_SSO", endpoint.clone()),
        ("AWS_ENDPOINT_URL_SSO_OIDC", endpoint),
    ];
    world.home.plant_sso_token("team", -Duration::HOUR);
    world.boto3(&variables).succeeds();
    assert_eq!(world.identity.count("POST", "/token"), 1);
    // The old one again: the service has renewed it before, and will not take it.
    world.home.plant_sso_token("team", Duration::HOUR);
    assert_refused(&world, &variables, "UnauthorizedException");
    world.home.plant_sso_token("team", -Duration::HOUR);
    world.outcrop(&["ask", "-m", MODEL, "hello"], &variables).run().succeeds();
    world.assert_signed_by(&world.identity.key(Link::SingleSignOn));
    assert_eq!(world.identity.count("POST", "/token"), 2);
}

#[test]
fn a_key_can_go_bad_and_be_good_again() {
    let world = World::new();
    let key = world.identity.key(Link::Environment);
    let ask = || world.outcrop(&["ask", "--json", "-m", MODEL, "hello"], &key.variables()).run();
    let ids = json!([key.access_key_id]);
    for (keys, code) in [
        (json!({ "expired": ids }), "ExpiredTokenException"),
        (json!({ "revoked": ids }), "UnrecognizedClientException"),
    ] {
        world.emulator.withdraw(&keys);
        assert_eq!(ask().exits_with(4).error_json()["error"]["code"], code);
    }
    world.emulator.withdraw_nothing();
    ask().succeeds();
}
