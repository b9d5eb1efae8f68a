//! What clients of services are given, and what is kept from them.

use aws_types::service_config::ServiceConfigKey;

use super::*;
use crate::http_client::HttpClients;
use crate::testing::Home;

async fn config(config: &str, settings: &AwsSettings, variables: &[(&str, &str)]) -> SdkConfig {
    let home = Home::new(config, "");
    let environment = home.environment(variables);
    let files = SharedFiles::load(&environment, "default").await.unwrap();
    let http = SharedHttpClient::new(HttpClients::new(&environment).direct());
    unsigned(settings, &environment, &files, "eu-west-1", http).unwrap()
}

fn lookup(config: &SdkConfig, variable: &str, key: &str, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().env(variable).profile(key).service_id(service).build().unwrap();
    config.service_config().unwrap().load_config(key)
}

#[tokio::test]
async fn nothing_is_looked_up_behind_the_back_of_the_session() {
    let settings = AwsSettings::default();
    let variables = [
        ("AWS_BEARER_TOKEN_BEDROCK", "hush-hush"),
        ("AWS_BEARER_TOKEN", "hush-hush"),
        ("AWS_ENDPOINT_URL_STS", " https://sts.example.com "),
        ("AWS_ENDPOINT_URL_SSO", " "),
    ];
    let given = config("", &settings, &variables).await;
    for service in ["Bedrock", "Bedrock Runtime"] {
        assert_eq!(lookup(&given, "AWS_BEARER_TOKEN", "bearer_token", service), None);
    }
    let endpoint = |config: &SdkConfig, service| lookup(config, "AWS_ENDPOINT_URL", "endpoint_url", service);
    assert_eq!(endpoint(&given, "STS").as_deref(), Some("https://sts.example.com"));
    assert_eq!(endpoint(&given, "SSO"), None, "blank is absent");
    let ignored = [&variables[..], &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")]].concat();
    assert_eq!(endpoint(&config("", &settings, &ignored).await, "STS"), None);
    assert!(!format!("{given:?}").contains("hush-hush"));
    assert!(given.credentials_provider().is_none() && given.token_provider().is_none());
    assert_eq!(given.endpoint_url(), None, "it would move both planes");
}

#[tokio::test]
async fn settings_and_variables_reach_the_clients() {
    let settings = AwsSettings {
        fips: Some(true),
        connect_timeout: Some(Duration::from_millis(70)),
        ..AwsSettings::default()
    };
    let variables =
        [("AWS_MAX_ATTEMPTS", "7"), ("AWS_RETRY_MODE", "adaptive"), ("AWS_SDK_UA_APP_ID", "mine")];
    let given = config("[default]\nuse_dualstack_endpoint = true\n", &settings, &variables).await;
    assert_eq!((given.use_fips(), given.use_dual_stack()), (Some(true), Some(true)));
    assert_eq!(given.region().map(AsRef::as_ref), Some("eu-west-1"));
    assert_eq!(given.timeout_config().unwrap().connect_timeout(), Some(Duration::from_millis(70)));
    let retries = given.retry_config().unwrap();
    assert_eq!((retries.max_attempts(), retries.mode()), (7, RetryMode::Adaptive));
    assert_eq!(given.app_name().map(ToString::to_string).as_deref(), Some("mine"));
    let plain = config("[default]\nsdk_ua_app_id = other\n", &AwsSettings::default(), &[]).await;
    assert_eq!(plain.retry_config().unwrap().mode(), RetryMode::Standard);
    assert_eq!(plain.timeout_config().unwrap().connect_timeout(), Some(CONNECT_TIMEOUT));
    assert_eq!(plain.app_name().map(ToString::to_string).as_deref(), Some("other"));
}
