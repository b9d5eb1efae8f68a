//! Settings, variables and addresses of which nothing can be made.

use outcrop_core::Error;
use serde_json::json;

use super::of_variables;
use crate::endpoint::{Endpoint, Plane};
use crate::testing::Home;
use crate::{Auth, Aws, AwsSettings, Region, RegionOrigin};

pub(super) async fn errors(home: &Home) -> Vec<Error> {
    let mut errors = of_entries();
    errors.extend(of_variables_alone(home).await);
    errors.extend(of_addresses());
    errors.extend(of_places(home).await);
    errors
}

fn of_entries() -> Vec<Error> {
    let role = json!({ "roleArn": super::ROLE });
    [
        json!({ "auth": "magic" }),
        json!({ "profile": 1 }),
        json!({ "useFipsEndpoint": "yes" }),
        json!({ "baseUrl": "nowhere" }),
        json!({ "controlBaseUrl": "https://me:hush-hush@example.com" }),
        json!({ "apiKeyFile": "key" }),
        json!({ "timeouts": { "connect": 0 } }),
        json!({ "assumeRole": super::ROLE }),
        json!({ "assumeRole": { "roleArn": super::ROLE, "role": "x" } }),
        json!({ "assumeRole": { "roleArn": super::ROLE, "externalId": 7 } }),
        json!({ "assumeRole": { "roleArn": "bedrock" } }),
        json!({ "assumeRole": { "roleArn": super::ROLE, "durationSeconds": 60 } }),
        json!({ "apiKey": "hush", "apiKeyFile": "/key" }),
        json!({ "apiKey": "hush", "profile": "dev" }),
        json!({ "auth": "bearer", "assumeRole": role }),
        json!({ "auth": "none", "assumeRole": role }),
    ]
    .iter()
    .map(|entry| AwsSettings::from_json(entry).unwrap_err())
    .collect()
}

async fn of_variables_alone(home: &Home) -> Vec<Error> {
    let mut errors = Vec::new();
    let empty = home.plant("empty.pem", "");
    let missing = home.path("missing.pem");
    for variable in [
        ("AWS_MAX_ATTEMPTS", "0"),
        ("AWS_RETRY_MODE", "sometimes"),
        ("AWS_USE_FIPS_ENDPOINT", "maybe"),
        ("AWS_REGION", "us east 1"),
        ("AWS_ENDPOINT_URL", "nowhere"),
        ("AWS_ENDPOINT_URL", "https://me:hush@x"),
        ("AWS_CA_BUNDLE", missing.to_str().unwrap()),
        ("AWS_CA_BUNDLE", empty.to_str().unwrap()),
        ("HTTPS_PROXY", "http://"),
        ("HTTPS_PROXY", "http://:3128"),
        ("HTTPS_PROXY", "http://proxy.example.com:99999"),
        ("HTTP_PROXY", "socks5://me:hush-hush@proxy.example.com:1080"),
        ("ALL_PROXY", "http://me:hu@sh-hush@proxy.example.com:3128"),
    ] {
        errors.push(of_variables(home, &[variable]).await);
    }
    for (config, variables) in [
        ("[default]\nuse_dualstack_endpoint = maybe\n", vec![]),
        ("[default]\nca_bundle = /nowhere.pem\n", vec![]),
        ("[default]\nendpoint_url = nowhere\n", vec![]),
        ("[default]\nendpoint_url = https://me:hush@x\n", vec![]),
        ("[default]\nregion = US-EAST-1\n", vec![("AWS_REGION", "")]),
        ("[default]\nec2_metadata_service_endpoint = nowhere\n", vec![]),
        ("", vec![("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ftp://169.254.169.254")]),
        ("", vec![("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "both")]),
    ] {
        home.plant(".aws/config", config);
        let variables = [&variables[..], &[("AWS_EC2_METADATA_DISABLED", "false")]].concat();
        errors.push(of_variables(home, &variables).await);
    }
    for file in [".aws/config", ".aws/credentials"] {
        home.plant(file, "[default]\naws_secret_access_key = hush\n[hush\n");
        errors.push(of_variables(home, &[]).await);
        home.plant(file, "");
    }
    errors
}

fn of_addresses() -> Vec<Error> {
    let mut errors: Vec<_> =
        ["bedrock.example.com", "ftp://x", "https:///models", "x y", "https://me:hush@x"]
            .iter()
            .filter_map(|url| Endpoint::parse(url, "baseUrl").err())
            .collect();
    errors.push(Region::named("evil.example".into(), RegionOrigin::Settings).unwrap_err());
    errors
}

async fn of_places(home: &Home) -> Vec<Error> {
    let mut errors = Vec::new();
    let own = AwsSettings {
        auth: Auth::None,
        region: Some("eu-west-1".into()),
        runtime_endpoint: Some("https://own.example.com".into()),
        ..AwsSettings::default()
    };
    let fips = AwsSettings { fips: Some(true), ..own.clone() };
    let dual_stack = AwsSettings { dual_stack: Some(true), ..own.clone() };
    let by_variable = AwsSettings { runtime_endpoint: None, ..fips.clone() };
    let variable = ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "https://own.example.com");
    for settings in [fips, dual_stack, by_variable] {
        let session = Aws::new(home.environment(&[variable])).session(&settings).await.unwrap();
        errors.push(session.endpoint(Plane::Runtime).unwrap_err());
    }
    let key = ("AWS_BEARER_TOKEN_BEDROCK", "hush-hush");
    let in_the_clear =
        AwsSettings { auth: Auth::AwsSdk, runtime_endpoint: Some("http://proxy.example.com".into()), ..own };
    errors.push(super::failure(home, &in_the_clear, &[key]).await);
    errors
}
