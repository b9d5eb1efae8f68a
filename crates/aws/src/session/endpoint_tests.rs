//! Where the planes answer, and who said so.

use super::*;
use crate::testing::Home;
use crate::{AccessKeys, Auth};

const OWN: &str = "https://own.example.com";
const GENERAL: (&str, &str) = ("AWS_ENDPOINT_URL", "https://general.example.com");
const RUNTIME: (&str, &str) = ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "https://runtime.example.com");
const CONTROL: (&str, &str) = ("AWS_ENDPOINT_URL_BEDROCK", "https://control.example.com");
const IGNORE: (&str, &str) = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
const PUBLIC_RUNTIME: &str = "https://bedrock-runtime.eu-west-1.amazonaws.com";
const PUBLIC_CONTROL: &str = "https://bedrock.eu-west-1.amazonaws.com";

fn unsigned() -> AwsSettings {
    AwsSettings { auth: Auth::None, region: Some("eu-west-1".into()), ..AwsSettings::default() }
}

async fn load(home: &Home, settings: &AwsSettings, variables: &[(&str, &str)]) -> Result<Arc<Session>> {
    Aws::new(home.environment(variables)).session(settings).await
}

fn urls(session: &Session) -> [(String, String); 2] {
    [Plane::Runtime, Plane::Control].map(|plane| session.resolved_endpoint(plane).unwrap())
}

#[tokio::test]
async fn each_plane_answers_where_the_nearest_says() {
    let plain = Home::new("", "");
    let profile = Home::new("[default]\nendpoint_url = https://profile.example.com\n", "");
    let section = Home::new(
        "[default]\nservices = s\nendpoint_url = https://profile.example.com\n[services s]\nbedrock_runtime =\n  \
         endpoint_url = https://section.example.com\n",
        "",
    );
    let ignoring = Home::new(
        "[default]\nendpoint_url = https://profile.example.com\nignore_configured_endpoint_urls = true\n",
        "",
    );
    let region = "the region `eu-west-1`";
    let of_profile = "`endpoint_url` of profile `default`";
    let of_section = "`endpoint_url` of `bedrock_runtime` in `[services s]`";
    let public = [(PUBLIC_RUNTIME, region), (PUBLIC_CONTROL, region)];
    let [runtime, control] = public;
    let general = (GENERAL.1, GENERAL.0);
    let in_profile = ("https://profile.example.com", of_profile);
    for (home, runtime_url, control_url, variables, expected) in [
        (&plain, None, None, vec![], public),
        (&plain, Some(" "), None, vec![("AWS_ENDPOINT_URL", " ")], public),
        (&plain, Some(OWN), None, vec![], [(OWN, "`baseUrl`"), control]),
        (&plain, None, Some(OWN), vec![], [runtime, (OWN, "`controlBaseUrl`")]),
        (&plain, Some(OWN), None, vec![GENERAL, RUNTIME], [(OWN, "`baseUrl`"), general]),
        (&plain, None, None, vec![GENERAL], [general, general]),
        (&plain, None, None, vec![GENERAL, RUNTIME], [(RUNTIME.1, RUNTIME.0), general]),
        (&plain, None, None, vec![GENERAL, CONTROL], [general, (CONTROL.1, CONTROL.0)]),
        (&plain, None, None, vec![CONTROL], [runtime, (CONTROL.1, CONTROL.0)]),
        (&profile, None, None, vec![], [in_profile, in_profile]),
        (&profile, None, None, vec![RUNTIME], [(RUNTIME.1, RUNTIME.0), in_profile]),
        (&section, None, None, vec![], [("https://section.example.com", of_section), in_profile]),
        (&section, None, None, vec![GENERAL], [general, general]),
        // Standard hosts name a region and nothing else; those of the other plane are nobody's here.
        (&plain, Some(PUBLIC_RUNTIME), None, vec![], public),
        (&plain, Some(PUBLIC_RUNTIME), None, vec![GENERAL], [general, general]),
        (&plain, Some(PUBLIC_CONTROL), None, vec![], public),
        (&plain, Some(PUBLIC_CONTROL), Some(PUBLIC_RUNTIME), vec![], public),
        (&plain, None, Some("https://bedrock-runtime-fips.us-east-1.amazonaws.com"), vec![], public),
        // Whoever says so in the settings is not ignored.
        (&plain, Some(OWN), None, vec![GENERAL, RUNTIME, CONTROL, IGNORE], [(OWN, "`baseUrl`"), control]),
        (&plain, None, None, vec![GENERAL, RUNTIME, CONTROL, IGNORE], public),
        (&ignoring, None, None, vec![GENERAL], public),
        (&ignoring, None, None, vec![(IGNORE.0, "false")], [in_profile, in_profile]),
    ] {
        let settings = AwsSettings {
            runtime_endpoint: runtime_url.map(str::to_owned),
            control_endpoint: control_url.map(str::to_owned),
            ..unsigned()
        };
        let session = load(home, &settings, &variables).await.unwrap();
        let expected = expected.map(|(url, origin)| (url.to_owned(), origin.to_owned()));
        assert_eq!(urls(&session), expected, "{runtime_url:?} {control_url:?} {variables:?}");
    }
}

#[tokio::test]
async fn what_is_no_url_is_an_error_that_names_who_said_it() {
    let profile = Home::new("[default]\nendpoint_url = nowhere\n", "");
    let own = AwsSettings { control_endpoint: Some("nowhere".into()), ..unsigned() };
    for (settings, variables, name) in [
        (own, vec![], "`controlBaseUrl`"),
        (unsigned(), vec![("AWS_ENDPOINT_URL", "nowhere")], "AWS_ENDPOINT_URL"),
        (unsigned(), vec![("AWS_ENDPOINT_URL_BEDROCK", "nowhere"), GENERAL], "AWS_ENDPOINT_URL_BEDROCK"),
        (unsigned(), vec![], "endpoint_url` of profile `default`"),
        (unsigned(), vec![GENERAL, (IGNORE.0, "maybe")], IGNORE.0),
    ] {
        let error = load(&profile, &settings, &variables).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains(name), "{error}");
    }
}

#[tokio::test]
async fn fips_and_dual_stack_are_said_by_settings_variables_and_profile() {
    let plain = Home::new("", "");
    let profile = Home::new("[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n", "");
    let settings = |fips, dual_stack| AwsSettings { fips, dual_stack, ..unsigned() };
    let (fips, dual) = (("AWS_USE_FIPS_ENDPOINT", "true"), ("AWS_USE_DUALSTACK_ENDPOINT", "true"));
    let hosts = |fips: &str, suffix: &str| {
        ["bedrock-runtime", "bedrock"].map(|plane| format!("https://{plane}{fips}.eu-west-1.{suffix}"))
    };
    for (home, settings, variables, expected) in [
        (&plain, settings(Some(true), None), vec![], hosts("-fips", "amazonaws.com")),
        (&plain, settings(None, Some(true)), vec![], hosts("", "api.aws")),
        (&plain, settings(None, None), vec![fips], hosts("-fips", "amazonaws.com")),
        (&plain, settings(None, None), vec![fips, dual], hosts("-fips", "api.aws")),
        (&plain, settings(Some(false), Some(false)), vec![fips, dual], hosts("", "amazonaws.com")),
        (&profile, settings(None, None), vec![], hosts("-fips", "api.aws")),
        (&profile, settings(None, None), vec![(fips.0, "false")], hosts("", "api.aws")),
        (&profile, settings(None, None), vec![(fips.0, " ")], hosts("-fips", "api.aws")),
        (&profile, settings(Some(false), Some(false)), vec![], hosts("", "amazonaws.com")),
    ] {
        let session = load(home, &settings, &variables).await.unwrap();
        assert_eq!(urls(&session).map(|(url, _)| url), expected, "{variables:?}");
        for plane in [Plane::Runtime, Plane::Control] {
            assert_eq!(session.endpoint(plane).unwrap(), None, "it is left to the SDK");
        }
    }
    let wrong = Home::new("[default]\nuse_dualstack_endpoint = yes\n", "");
    for (home, variables, name) in [
        (&plain, vec![("AWS_USE_FIPS_ENDPOINT", "yes")], "`AWS_USE_FIPS_ENDPOINT` is `yes`"),
        (&plain, vec![("AWS_USE_DUALSTACK_ENDPOINT", "1")], "`AWS_USE_DUALSTACK_ENDPOINT` is `1`"),
        (&wrong, vec![], "`use_dualstack_endpoint` of profile `default` is `yes`"),
    ] {
        let error = load(home, &unsigned(), &variables).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains(name), "{error}");
        // What is said outright is not looked up.
        assert!(load(home, &settings(Some(true), Some(false)), &variables).await.is_ok());
    }
}

#[tokio::test]
async fn an_endpoint_of_ones_own_is_of_no_kind() {
    let home = Home::new("", "");
    let own =
        |fips, dual_stack| AwsSettings { runtime_endpoint: Some(OWN.into()), fips, dual_stack, ..unsigned() };
    for (settings, words) in [
        (own(Some(true), None), ["FIPS", "useFipsEndpoint", "AWS_USE_FIPS_ENDPOINT"]),
        (own(None, Some(true)), ["dual-stack", "useDualstackEndpoint", "AWS_USE_DUALSTACK_ENDPOINT"]),
    ] {
        let session = load(&home, &settings, &[]).await.unwrap();
        let error = session.endpoint(Plane::Runtime).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        let said = format!("{} {:?}", error.message(), error.hints());
        for word in words.into_iter().chain([OWN, "`baseUrl`"]) {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert!(session.resolved_endpoint(Plane::Runtime).is_err());
        // The other plane has none of its own, and is no worse for it.
        assert!(session.resolved_endpoint(Plane::Control).is_ok());
    }
}

#[tokio::test]
async fn a_closed_world_is_moved_by_nothing() {
    let keys = AccessKeys {
        access_key_id: "AKIAEXAMPLE".into(),
        secret_access_key: outcrop_core::Secret::new("hush-hush"),
        session_token: None,
    };
    // Files that nobody could make sense of.
    let home = Home::new("[default\nuse_fips_endpoint", "[");
    let variables = [
        GENERAL,
        RUNTIME,
        CONTROL,
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "maybe"),
        ("AWS_MAX_ATTEMPTS", "none"),
        ("AWS_PROFILE", "other"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "nowhere"),
    ];
    let settings = AwsSettings {
        isolated: Some(keys),
        runtime_endpoint: Some("http://127.0.0.1:1".into()),
        control_endpoint: Some("http://127.0.0.1:2".into()),
        ..AwsSettings::default()
    };
    let session = load(&home, &settings, &variables).await.unwrap();
    assert_eq!(urls(&session).map(|(url, _)| url), ["http://127.0.0.1:1", "http://127.0.0.1:2"]);
    assert_eq!(session.region().name, "us-east-1");
    let Signer::Keys(credentials) = session.signer() else { panic!("{session:?}") };
    assert_eq!(credentials.get().await.unwrap().credentials.access_key_id(), "AKIAEXAMPLE");
}
