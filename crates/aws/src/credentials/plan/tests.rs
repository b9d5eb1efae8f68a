//! The order of the links, and what each makes of its settings.

use super::*;
use crate::testing::Home;

const SECRET: &str = "hush-hush";

/// The variables of a source, and what it is called.
type Source<'a> = (&'a [(&'a str, &'a str)], &'a str, Link);

/// Keys in a section of a file.
const KEYS: &str = "aws_access_key_id = AKIAFILEFILEFILE\naws_secret_access_key = hush-hush\n";

/// Where the AWS tools keep tokens: `sha1` of the session's name or of the start URL, `sha256` of the console session.
const SESSION_CACHE: &str = ".aws/sso/cache/d25187dc137f35c88bc80ec8c3ffbdb17b5eb873.json";
const START_URL_CACHE: &str = ".aws/sso/cache/b1cd59fdb1bf6dd82462b29a459d769bd127bb65.json";
const LOGIN_CACHE: &str =
    ".aws/login/cache/c03a7323bda916bba892295dd46ea73c98866a0ad0a2606cb839909f35fbc865.json";
const LOGIN_FILE: &str = "/var/login/c03a7323bda916bba892295dd46ea73c98866a0ad0a2606cb839909f35fbc865.json";

async fn try_plan(home: &Home, settings: &AwsSettings, variables: &[(&str, &str)]) -> Result<Planned> {
    let environment = home.environment(variables);
    let files = SharedFiles::load(&environment, active_profile(settings, &environment)).await.unwrap();
    let planned = plan(settings, &environment, &files);
    // Whatever comes of it: nothing that is shown, and nothing that may be logged, holds a secret.
    assert!(!format!("{planned:?}").contains(SECRET), "{planned:?}");
    planned
}

async fn planned(home: &Home, settings: &AwsSettings, variables: &[(&str, &str)]) -> Planned {
    try_plan(home, settings, variables).await.unwrap()
}

fn with_profile(name: &str) -> AwsSettings {
    AwsSettings { profile: Some(name.into()), ..AwsSettings::default() }
}

fn role() -> AssumeRole {
    AssumeRole {
        role_arn: "arn:aws:iam::123456789012:role/bedrock".into(),
        session_name: None,
        external_id: None,
        duration: None,
    }
}

/// Who is responsible, in the words of `auth status`.
fn answer(planned: &Planned) -> (&'static str, Option<Link>) {
    (planned.source.label(), planned.plan.link())
}

fn steps(planned: &Planned) -> Vec<(Link, Outcome)> {
    planned.steps.iter().map(|step| (step.link, step.outcome)).collect()
}

fn says(planned: &Planned, words: &[&str]) -> bool {
    planned.notes.iter().any(|note| words.iter().all(|word| note.contains(word)))
}

#[tokio::test]
async fn sources_answer_in_their_order() {
    let files = |default: bool| {
        let default = if default { format!("[default]\n{KEYS}") } else { String::new() };
        Home::new("", &format!("{default}[dev]\n{KEYS}"))
    };
    let (with_default, without) = (files(true), files(false));
    let sources: [Source<'_>; 7] = [
        (&[(BEARER_VARIABLE, "ABSKhush-hush")], "bearer", Link::Env),
        (&[(KEY_ID, "AKIAVARIABLE1234"), (SECRET_KEY, SECRET)], "access-keys", Link::Env),
        (&[(PROFILE, "dev")], "profile", Link::SharedConfig),
        (&[], "default-chain", Link::SharedConfig),
        (
            &[(WEB_IDENTITY, "/run/token"), (ROLE, "arn:aws:iam::1:role/web")],
            "default-chain",
            Link::WebIdentity,
        ),
        (&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/x")], "default-chain", Link::Container),
        (&[], "default-chain", Link::Imds),
    ];
    for (at, (_, source, link)) in sources.iter().enumerate() {
        let variables: Vec<_> =
            sources[at..].iter().flat_map(|(variables, ..)| variables.iter().copied()).collect();
        let home = if at <= 3 { &with_default } else { &without };
        let planned = planned(home, &AwsSettings::default(), &variables).await;
        assert_eq!(answer(&planned), (*source, Some(*link)), "{variables:?}");
        // Everything before it was looked at, and nothing after it. The metadata service is nobody's before it is asked.
        if planned.plan == Plan::Metadata {
            assert!(planned.steps.iter().all(|step| step.outcome == Outcome::Absent), "{:?}", planned.steps);
        } else {
            assert_eq!(
                planned.steps.last().map(|step| (step.link, step.outcome)),
                Some((*link, Outcome::Used))
            );
        }
        assert_eq!(planned.notes, [""; 0], "{variables:?}");
    }
    let nothing = planned(&without, &AwsSettings::default(), &[]).await;
    let absent = [Link::Env, Link::SharedConfig, Link::WebIdentity, Link::Container];
    assert_eq!(steps(&nothing), absent.map(|link| (link, Outcome::Absent)));
}

#[tokio::test]
async fn halves_and_blanks_are_absent() {
    let home = Home::new("", "");
    for (variables, note) in [
        (vec![(KEY_ID, "AKIA")], Some((KEY_ID, SECRET_KEY))),
        (vec![(SECRET_KEY, SECRET)], Some((SECRET_KEY, KEY_ID))),
        (vec![(KEY_ID, "AKIA"), (SECRET_KEY, " \t")], Some((KEY_ID, SECRET_KEY))),
        (vec![(KEY_ID, ""), (SECRET_KEY, SECRET)], Some((SECRET_KEY, KEY_ID))),
        (vec![(SESSION_TOKEN, SECRET)], None),
        (vec![(BEARER_VARIABLE, " ")], None),
        (vec![(PROFILE, "\t")], None),
        (vec![(WEB_IDENTITY, "/run/token")], Some((WEB_IDENTITY, ROLE))),
        (vec![(WEB_IDENTITY, "/run/token"), (ROLE, " ")], Some((WEB_IDENTITY, ROLE))),
        // Roles are named for other reasons too.
        (vec![(ROLE, "arn:aws:iam::1:role/web")], None),
        (
            vec![("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", ""), ("AWS_CONTAINER_CREDENTIALS_FULL_URI", " ")],
            None,
        ),
    ] {
        let planned = planned(&home, &AwsSettings::default(), &variables).await;
        assert_eq!(planned.plan, Plan::Metadata, "{variables:?}");
        match note {
            None => assert_eq!(planned.notes, [""; 0], "{variables:?}"),
            Some((is, is_not)) => {
                let half = format!("`{is}` is set, and `{is_not}` is not");
                assert!(says(&planned, &[&half]), "{:?}", planned.notes);
                assert!(planned.steps.iter().any(|step| step.detail == half), "{:?}", planned.steps);
            }
        }
    }
}

#[tokio::test]
async fn a_session_token_belongs_to_temporary_keys() {
    let home = Home::new("", "");
    for (id, token, taken, note) in [
        ("AKIAVARIABLE1234", Some("stale"), None, Some(SESSION_TOKEN)),
        ("AKIAVARIABLE1234", None, None, None),
        ("ASIAVARIABLE1234", Some("fresh"), Some("fresh"), None),
        ("ASIAVARIABLE1234", None, None, Some("temporary")),
        ("ASIAVARIABLE1234", Some(" "), None, Some("temporary")),
        // Of other services than AWS's, nothing is known.
        ("emulator", Some("token"), Some("token"), None),
    ] {
        let mut variables = vec![(KEY_ID, id), (SECRET_KEY, SECRET)];
        variables.extend(token.map(|token| (SESSION_TOKEN, token)));
        let planned = planned(&home, &AwsSettings::default(), &variables).await;
        let Plan::Keys { keys, link: Link::Env } = &planned.plan else { panic!("{planned:?}") };
        assert_eq!(keys.session_token.as_ref().map(Secret::expose), taken, "{id} {token:?}");
        assert_eq!(keys.secret_access_key.expose(), SECRET);
        match note {
            None => assert_eq!(planned.notes, [""; 0], "{id} {token:?}"),
            Some(word) => assert!(says(&planned, &[word]), "{id} {token:?}: {:?}", planned.notes),
        }
    }
}

#[tokio::test]
async fn a_default_profile_that_is_missing_needs_no_variable() {
    let home = Home::new("[profile dev]\nregion = eu-west-1\n", "");
    let planned = planned(&home, &AwsSettings::default(), &[(PROFILE, "default")]).await;
    assert_eq!(answer(&planned), ("default-chain", Some(Link::Imds)));
    assert!(says(&planned, &["`AWS_PROFILE` is `default`", "can go"]), "{:?}", planned.notes);
}

#[tokio::test]
async fn another_profile_that_is_missing_is_an_error() {
    let files = Home::new(
        "[profile staging]\nregion = eu-west-1\n",
        &format!("[default]\n{KEYS}[production]\n{KEYS}"),
    );
    let none = Home::new("", "");
    let asked = AwsSettings { auth: Auth::Profile, ..AwsSettings::default() };
    for (settings, variables, said) in [
        (AwsSettings::default(), vec![(PROFILE, "Prodution")], "`AWS_PROFILE` names it"),
        (with_profile("Prodution"), vec![], "`profile` of the settings"),
        (asked, vec![(PROFILE, "Prodution")], "`auth` is `profile`"),
    ] {
        let error = try_plan(&files, &settings, &variables).await.unwrap_err();
        assert_eq!(error.kind(), outcrop_core::ErrorKind::Unauthenticated);
        assert!(error.message().contains("`Prodution`") && error.message().contains(said), "{error}");
        assert_eq!(error.hints()[0], "did you mean `production`?");
        assert!(error.hints()[1].ends_with("are `default`, `production`, `staging`"), "{:?}", error.hints());
        assert!(error.hints()[1].contains(files.path(".aws/credentials").to_str().unwrap()));
        let error = try_plan(&none, &settings, &variables).await.unwrap_err();
        assert!(error.hints()[0].starts_with("there are no profiles"), "{:?}", error.hints());
    }
    let far = try_plan(&files, &with_profile("zzz"), &[]).await.unwrap_err();
    assert!(!far.hints().iter().any(|hint| hint.contains("did you mean")), "{:?}", far.hints());
}

#[tokio::test]
async fn a_named_profile_without_credentials_is_passed_over_and_never_becomes_the_default_profile() {
    let region = "[profile dev]\nregion = eu-west-1\n";
    let container = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/x");
    for home in [Home::new(region, ""), Home::new(region, &format!("[default]\n{KEYS}"))] {
        let planned = planned(&home, &AwsSettings::default(), &[(PROFILE, "dev"), container]).await;
        assert_eq!(answer(&planned), ("default-chain", Some(Link::Container)));
        let step = planned.steps.iter().find(|step| step.link == Link::SharedConfig).unwrap();
        assert_eq!((step.outcome, &*step.detail), (Outcome::Absent, "profile `dev` has no credentials"));
        assert_eq!(planned.steps.iter().filter(|step| step.link == Link::SharedConfig).count(), 1);
    }
    for profile in [vec![], vec![(PROFILE, "default")]] {
        let home = Home::new("[default]\nregion = eu-west-1\n", "");
        let planned = planned(&home, &AwsSettings::default(), &profile).await;
        assert_eq!(answer(&planned), ("default-chain", Some(Link::Imds)));
        assert!(planned.steps.iter().any(|step| step.detail == "profile `default` has no credentials"));
        assert_eq!(planned.notes, [""; 0]);
    }
}

#[tokio::test]
async fn a_profile_that_is_asked_for_beats_the_environment() {
    let home = Home::new("[profile empty]\nregion = eu-west-1\n", &format!("[dev]\n{KEYS}[default]\n{KEYS}"));
    let ambient = [(BEARER_VARIABLE, "ABSKhush-hush"), (KEY_ID, "AKIAVARIABLE1234"), (SECRET_KEY, SECRET)];
    let auth = AwsSettings { auth: Auth::Profile, ..AwsSettings::default() };
    let named = [&ambient[..], &[(PROFILE, "dev")]].concat();
    for (settings, variables, profile) in [
        (with_profile("dev"), &ambient[..], "dev"),
        (auth.clone(), &named[..], "dev"),
        (auth, &ambient[..], "default"),
        (with_profile("default"), &named[..], "default"),
    ] {
        let planned = planned(&home, &settings, variables).await;
        assert_eq!(planned.source, CredentialSource::Profile(profile.into()));
        assert_eq!(planned.profile.as_deref(), Some(profile));
        assert!(says(&planned, &[BEARER_VARIABLE, "not used"]), "{:?}", planned.notes);
        assert!(says(&planned, &[KEY_ID, "not used"]), "{:?}", planned.notes);
        let passed = [(Link::Env, Outcome::Passed); 2];
        assert_eq!(steps(&planned), [&passed[..], &[(Link::SharedConfig, Outcome::Used)]].concat());
    }
    let error = try_plan(&home, &with_profile("empty"), &ambient).await.unwrap_err();
    assert!(error.message().contains("`empty` has no credentials"), "{error}");
    assert!(error.hints()[0].contains("aws configure --profile empty"), "{:?}", error.hints());
}

#[tokio::test]
async fn explicit_settings_beat_the_environment() {
    let home = Home::new("", &format!("[default]\n{KEYS}"));
    let file = home.plant("key", "ABSKhush-hush\n");
    let keys = [(KEY_ID, "AKIAVARIABLE1234"), (SECRET_KEY, SECRET)];
    let both = [&keys[..], &[(BEARER_VARIABLE, "ABSKhush-hush")]].concat();
    let with = |settings: AwsSettings, auth| AwsSettings { auth, ..settings };
    let api_key = AwsSettings { api_key: Some(Secret::new(SECRET)), ..AwsSettings::default() };
    let api_key_file = AwsSettings { api_key_file: Some(file.clone()), ..AwsSettings::default() };
    for (settings, variables, expected) in [
        (AwsSettings::default(), &both, ("bearer", Some(Link::Env))),
        (with(AwsSettings::default(), Auth::None), &both, ("none", None)),
        (with(AwsSettings::default(), Auth::Bearer), &both, ("bearer", Some(Link::Env))),
        (api_key.clone(), &both, ("bearer", Some(Link::Config))),
        (with(api_key, Auth::Bearer), &both, ("bearer", Some(Link::Config))),
        (api_key_file.clone(), &both, ("bearer", Some(Link::Config))),
    ] {
        assert_eq!(answer(&planned(&home, &settings, variables).await), expected, "{settings:?}");
    }
    assert_eq!(planned(&home, &api_key_file, &[]).await.watched.last(), Some(&file));
    for (variables, hint) in [(&keys[..], BEARER_VARIABLE), (&[(BEARER_VARIABLE, " ")], BEARER_VARIABLE)] {
        let error =
            try_plan(&home, &with(AwsSettings::default(), Auth::Bearer), variables).await.unwrap_err();
        assert_eq!(error.kind(), outcrop_core::ErrorKind::Unauthenticated);
        assert!(error.hints()[0].contains(hint), "{:?}", error.hints());
    }
    let missing = AwsSettings { api_key_file: Some("/nowhere/key".into()), ..AwsSettings::default() };
    assert!(try_plan(&home, &missing, &both).await.unwrap_err().to_string().contains("/nowhere/key"));
}

#[tokio::test]
async fn a_role_of_the_settings_is_not_assumed_with_an_api_key() {
    let home = Home::new("", &format!("[default]\n{KEYS}"));
    let settings = AwsSettings { assume_role: Some(role()), ..AwsSettings::default() };
    let bearer = (BEARER_VARIABLE, "ABSKhush-hush");
    let planned = planned(&home, &settings, &[bearer]).await;
    assert_eq!(answer(&planned), ("default-chain", Some(Link::SharedConfig)));
    assert_eq!(planned.assume, Some(role()));
    assert_eq!(steps(&planned)[0], (Link::Env, Outcome::Passed));
    assert!(says(&planned, &[BEARER_VARIABLE, "not used", "role"]), "{:?}", planned.notes);
}

#[tokio::test]
async fn keys_that_the_program_gives_beat_everything() {
    let home = Home::new("", &format!("[default]\n{KEYS}"));
    let keys = AccessKeys {
        access_key_id: "AKIAGIVENGIVEN12".into(),
        secret_access_key: Secret::new(SECRET),
        session_token: None,
    };
    let settings = AwsSettings { isolated: Some(keys.clone()), auth: Auth::Profile, ..with_profile("other") };
    let planned = planned(&home, &settings, &[(BEARER_VARIABLE, "ABSKhush-hush")]).await;
    assert_eq!(planned.source, CredentialSource::Given);
    assert_eq!(planned.plan, Plan::Keys { keys, link: Link::Config });
    assert_eq!(planned.steps[0].detail, "key AKIA…EN12");
}

#[tokio::test]
async fn the_files_of_a_plan_are_watched() {
    let sso = "sso_account_id = 123456789012\nsso_role_name = dev\n";
    let place = "sso_region = eu-west-1\nsso_start_url = https://start.example.com\n";
    let session = format!("[profile dev]\nsso_session = team\n{sso}[sso-session team]\n{place}");
    let legacy = format!("[profile dev]\n{place}{sso}");
    let login = "[profile dev]\nlogin_session = arn:aws:sts::123456789012:assumed-role/Admin/me\n".to_owned();
    let web =
        "[profile dev]\nrole_arn = arn:aws:iam::1:role/web\nweb_identity_token_file = /run/pod\n".to_owned();
    let profile = [(PROFILE, "dev")];
    for (config, more, expected) in [
        (session, &[][..], Some(SESSION_CACHE)),
        (legacy, &[], Some(START_URL_CACHE)),
        (login.clone(), &[], Some(LOGIN_CACHE)),
        (login, &[("AWS_LOGIN_CACHE_DIRECTORY", "/var/login")], Some(LOGIN_FILE)),
        (web, &[], Some("/run/pod")),
        (format!("[profile dev]\n{KEYS}"), &[], None),
    ] {
        let home = Home::new(&config, "");
        let planned = planned(&home, &AwsSettings::default(), &[&profile[..], more].concat()).await;
        // An absolute path takes the place of the home.
        let expected: Vec<_> = expected.map(|path| home.path(path)).into_iter().collect();
        assert_eq!(planned.watched, expected, "{config}");
    }
    let home = Home::new("", "");
    let container = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/x"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/run/container"),
    ];
    let web = [(WEB_IDENTITY, "/run/token"), (ROLE, "arn:aws:iam::1:role/web")];
    for (variables, expected) in [(container, "/run/container"), (web, "/run/token")] {
        let planned = planned(&home, &AwsSettings::default(), &variables).await;
        assert_eq!(planned.watched, [PathBuf::from(expected)]);
    }
}
