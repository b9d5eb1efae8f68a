//! What profiles lead to, and what is said of those that lead nowhere.

use super::*;
use crate::testing::Home;

const KEYS: &str = "aws_access_key_id = AKIAFILEFILEFILE\naws_secret_access_key = hush-hush\n";
const PLACE: &str = "sso_region = eu-west-1\nsso_start_url = https://start.example.com\n";
const ACCOUNT: &str = "sso_account_id = 123456789012\nsso_role_name = dev\n";

/// What the profile `dev` of this configuration file leads to.
async fn of(config: &str) -> Result<Option<ProfilePlan>> {
    let home = Home::new(config, "");
    let files = SharedFiles::load(&home.environment(&[]), "dev").await.unwrap();
    let plan = ProfilePlan::of("dev", &files);
    assert!(!format!("{plan:?}").contains("hush-hush"), "{plan:?}");
    plan
}

/// The roles on the way, in the order in which they are assumed.
fn roles(plan: &ProfilePlan) -> Vec<&str> {
    plan.roles.iter().map(|role| role.role.role_arn.rsplit('/').next().unwrap()).collect()
}

fn role(name: &str, source: &str) -> String {
    format!("role_arn = arn:aws:iam::123456789012:role/{name}\nsource_profile = {source}\n")
}

fn keys() -> Base {
    Base::Keys(AccessKeys {
        access_key_id: "AKIAFILEFILEFILE".into(),
        secret_access_key: Secret::new("hush-hush"),
        session_token: None,
    })
}

#[tokio::test]
async fn every_kind_of_profile_has_its_base() {
    let sdk = |link| Base::Sdk { profile: "dev".into(), link };
    let web = |session_name: Option<&str>| {
        Base::WebIdentity(WebIdentity {
            role_arn: "arn:aws:iam::1:role/web".into(),
            token_file: "/run/token".into(),
            session_name: session_name.map(str::to_owned),
        })
    };
    let token = "role_arn = arn:aws:iam::1:role/web\nweb_identity_token_file = /run/token\n";
    let session = format!("sso_session = team\n{ACCOUNT}[sso-session team]\n{PLACE}");
    for (lines, expected, link) in [
        (KEYS.to_owned(), keys(), Link::SharedConfig),
        (session, sdk(Link::Sso), Link::Sso),
        (format!("{PLACE}{ACCOUNT}"), sdk(Link::Sso), Link::Sso),
        ("login_session = arn:aws:sts::1:x\n".into(), sdk(Link::Login), Link::Login),
        ("credential_process = /opt/keys\n".into(), sdk(Link::CredentialProcess), Link::CredentialProcess),
        (token.into(), web(None), Link::WebIdentity),
        (format!("{token}role_session_name = me\n"), web(Some("me")), Link::WebIdentity),
        ("credential_source = Environment\n".into(), Base::Source(Link::Env), Link::Env),
        ("credential_source = EcsContainer\n".into(), Base::Source(Link::Container), Link::Container),
        ("credential_source = ec2instancemetadata\n".into(), Base::Source(Link::Imds), Link::Imds),
        // Where a profile says more than one thing, the AWS SDKs take the first of these.
        (format!("{token}{PLACE}{ACCOUNT}{KEYS}"), web(None), Link::WebIdentity),
        (format!("{PLACE}{ACCOUNT}login_session = x\n{KEYS}"), sdk(Link::Sso), Link::Sso),
        (format!("login_session = x\ncredential_process = /x\n{KEYS}"), sdk(Link::Login), Link::Login),
        (format!("credential_process = /x\n{KEYS}"), sdk(Link::CredentialProcess), Link::CredentialProcess),
    ] {
        let plan = of(&format!("[profile dev]\n{lines}")).await.unwrap().unwrap();
        assert_eq!((&plan.base, plan.link()), (&expected, link), "{lines}");
        assert_eq!((plan.base_profile.as_str(), plan.roles.len()), ("dev", 0), "{lines}");
    }
    let token =
        of(&format!("[profile dev]\n{KEYS}aws_session_token = hush-hush-token\n")).await.unwrap().unwrap();
    let Base::Keys(keys) = token.base else { panic!("{token:?}") };
    assert_eq!(keys.session_token, Some(Secret::new("hush-hush-token")));
}

#[tokio::test]
async fn profiles_that_say_nothing_about_credentials_have_none() {
    for lines in [
        String::new(),
        "region = eu-west-1\n".to_owned(),
        // Such profiles are for tools that need a token and no credentials.
        "sso_session = team\n[sso-session team]\nsso_region = eu-west-1\n".to_owned(),
        PLACE.to_owned(),
        "aws_access_key_id =\naws_secret_access_key =\n".to_owned(),
        "role_arn =\nsource_profile = base\n".to_owned(),
        "credential_process =\nlogin_session =\n".to_owned(),
    ] {
        assert_eq!(of(&format!("[profile dev]\nregion = x\n{lines}")).await.unwrap(), None, "{lines}");
    }
}

#[tokio::test]
async fn roles_are_assumed_from_the_base_upwards() {
    let one =
        of(&format!("[profile dev]\n{}[profile base]\n{KEYS}", role("a", "base"))).await.unwrap().unwrap();
    assert_eq!((&one.base, one.base_profile.as_str(), one.link()), (&keys(), "base", Link::AssumeRole));
    assert_eq!(roles(&one), ["a"]);
    let chain = format!(
        "[profile dev]\n{}[profile middle]\n{}[profile base]\n{PLACE}{ACCOUNT}",
        role("last", "middle"),
        role("first", "base"),
    );
    let chain = of(&chain).await.unwrap().unwrap();
    assert_eq!(chain.base, Base::Sdk { profile: "base".into(), link: Link::Sso });
    assert_eq!(roles(&chain), ["first", "last"]);
    assert_eq!(chain.roles.iter().map(|role| &*role.profile).collect::<Vec<_>>(), ["middle", "dev"]);
    // A source with keys and a role of its own: the keys are meant.
    let both = format!("[profile dev]\n{}[profile base]\n{KEYS}{}", role("a", "base"), role("b", "dev"));
    let both = of(&both).await.unwrap().unwrap();
    assert_eq!((both.base, roles(&one)), (keys(), vec!["a"]));
    let source = "[profile dev]\nrole_arn = arn:aws:iam::1:role/a\ncredential_source = Ec2InstanceMetadata\n";
    let source = of(source).await.unwrap().unwrap();
    assert_eq!((&source.base, source.link()), (&Base::Source(Link::Imds), Link::AssumeRole));
    assert_eq!(roles(&source), ["a"]);
}

#[tokio::test]
async fn a_role_keeps_what_the_profile_says_about_it() {
    let more = "mfa_serial = arn:aws:iam::1:mfa/me\nexternal_id = 42\nduration_seconds = 1800\nrole_session_name = me\n";
    let plan = format!("[profile dev]\n{}{more}[profile base]\n{KEYS}", role("a", "base"));
    let plan = of(&plan).await.unwrap().unwrap();
    let expected = ProfileRole {
        profile: "dev".into(),
        role: AssumeRole {
            role_arn: "arn:aws:iam::123456789012:role/a".into(),
            session_name: Some("me".into()),
            external_id: Some("42".into()),
            duration: Some(Duration::from_mins(30)),
        },
        mfa_serial: Some("arn:aws:iam::1:mfa/me".into()),
    };
    assert_eq!(plan.roles, [expected]);
}

#[tokio::test]
async fn a_profile_that_is_its_own_source_needs_keys() {
    let own = of(&format!("[profile dev]\n{}{KEYS}", role("a", "dev"))).await.unwrap().unwrap();
    assert_eq!((&own.base, roles(&own)), (&keys(), vec!["a"]));
    // The SDK's provider would assume the role as well, so that it would be assumed twice.
    for base in ["credential_process = /opt/keys\n".to_owned(), format!("{PLACE}{ACCOUNT}"), String::new()] {
        let error = of(&format!("[profile dev]\n{}{base}", role("a", "dev"))).await.unwrap_err();
        assert!(error.message().contains("its own `source_profile`"), "{error}");
    }
    let keys_beside = format!("[profile dev]\n{}credential_process = /opt/keys\n{KEYS}", role("a", "dev"));
    assert_eq!(of(&keys_beside).await.unwrap().unwrap().base, keys());
}

#[tokio::test]
async fn what_leads_nowhere_is_an_error_that_names_profile_and_setting() {
    let session = |lines: &str| format!("sso_session = team\n{ACCOUNT}[sso-session team]\n{lines}");
    for (config, profile, words) in [
        (role("a", "nobody"), "dev", "`nobody`, which does not exist"),
        (format!("{}[profile base]\nregion = x\n", role("a", "base")), "base", "has no credentials"),
        (format!("{}[profile b]\n{}", role("a", "b"), role("b", "dev")), "dev", "dev → b → dev"),
        (format!("{}[profile b]\n{}", role("a", "b"), role("b", "b")), "b", "its own `source_profile`"),
        (format!("{}credential_source = Environment\n", role("a", "b")), "dev", "both `source_profile` and"),
        ("role_arn = arn:aws:iam::1:role/a\n".into(), "dev", "neither `source_profile` nor"),
        (format!("{}duration_seconds = long\n", role("a", "b")), "dev", "`duration_seconds` is `long`"),
        (
            "role_arn = x\ncredential_source = Magic\n".into(),
            "dev",
            "`Magic`, which is none of `Environment`",
        ),
        ("credential_source = Magic\n".into(), "dev", "`EcsContainer`"),
        ("aws_access_key_id = AKIA\n".into(), "dev", "`aws_access_key_id` and no `aws_secret_access_key`"),
        ("aws_secret_access_key = hush-hush\n".into(), "dev", "no `aws_access_key_id`"),
        ("aws_access_key_id = AKIA\naws_secret_access_key =\n".into(), "dev", "no `aws_secret_access_key`"),
        (
            format!("{}[profile b]\naws_access_key_id = x\n", role("a", "b")),
            "b",
            "no `aws_secret_access_key`",
        ),
        ("web_identity_token_file = /run/token\n".into(), "dev", "no `role_arn`"),
        (format!("{PLACE}sso_role_name = dev\n"), "dev", "no `sso_account_id`"),
        (format!("{PLACE}sso_account_id = 1\n"), "dev", "no `sso_role_name`"),
        (format!("sso_region = x\n{ACCOUNT}"), "dev", "no `sso_start_url`"),
        (format!("sso_start_url = x\n{ACCOUNT}"), "dev", "no `sso_region`"),
        (format!("sso_session = team\n{ACCOUNT}"), "dev", "there is no `[sso-session team]`"),
        (session("sso_region = x\n"), "dev", "`[sso-session team]` has no `sso_start_url`"),
        (session("sso_start_url = x\n"), "dev", "`[sso-session team]` has no `sso_region`"),
    ] {
        let error = of(&format!("[profile dev]\n{config}")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{config}");
        let start = format!("the profile `{profile}` leads to no credentials: ");
        assert!(error.message().starts_with(&start) && error.message().contains(words), "{config}: {error}");
        assert!(error.hints()[0].contains(profile), "{:?}", error.hints());
    }
}
