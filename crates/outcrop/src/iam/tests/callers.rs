//! Who calls, and where: what the entries say besides models.

use super::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/bedrock";

#[test]
fn an_api_key_in_the_environment_counts_unless_something_else_is_said() {
    let needs_key = |entry: Value, variables: &[(&str, &str)]| {
        let config = json!({ "models": { "providers": { "amazon-bedrock": entry } } });
        let policy = outcrop(&config, variables).iam_policy(&PolicyRequest::default()).unwrap();
        by_id(&policy).contains_key("CallWithApiKey")
    };
    let key = [("AWS_BEARER_TOKEN_BEDROCK", "bedrock-api-key-x")];
    assert!(needs_key(json!({}), &key));
    assert!(needs_key(json!({ "auth": "aws-sdk" }), &key));
    assert!(!needs_key(json!({ "auth": "profile", "profile": "p" }), &key));
    assert!(!needs_key(json!({ "profile": "p" }), &key));
    assert!(!needs_key(json!({}), &[("AWS_BEARER_TOKEN_BEDROCK", " ")]));
    assert!(!needs_key(json!({ "assumeRole": { "roleArn": ROLE } }), &key));
}

#[test]
fn an_api_key_of_the_configuration_counts() {
    for (entry, needed) in [
        (json!({ "apiKey": "ABSKx" }), true),
        (json!({ "apiKeyFile": "/nowhere/key" }), true),
        (json!({ "apiKeyFile": "/nowhere/key", "auth": "aws-sdk" }), true),
        (json!({ "apiKey": "ABSKx", "auth": "none" }), false),
        (json!({ "apiKey": "ABSKx", "auth": "profile", "profile": "p" }), false),
    ] {
        let config = json!({ "models": { "providers": { "amazon-bedrock": entry } } });
        let policy = outcrop(&config, &[]).iam_policy(&PolicyRequest::default()).unwrap();
        assert_eq!(by_id(&policy).contains_key("CallWithApiKey"), needed, "{config}");
    }
}

#[test]
fn a_role_that_is_assumed_is_who_needs_the_policy() {
    let config =
        json!({ "models": { "providers": { "amazon-bedrock": { "assumeRole": { "roleArn": ROLE } } } } });
    let policy = outcrop(&config, &[]).iam_policy(&PolicyRequest::default()).unwrap();
    let said = |note: &String| note.contains(ROLE) && note.contains("`sts:AssumeRole`");
    assert!(policy.notes.iter().any(said), "{:?}", policy.notes);
}

#[test]
fn the_host_of_either_plane_names_the_region() {
    for (key, url) in [
        ("baseUrl", "https://vpce-1-a.bedrock-runtime.eu-west-3.vpce.amazonaws.com"),
        ("controlBaseUrl", "https://vpce-1-a.bedrock.eu-west-3.vpce.amazonaws.com"),
        ("controlBaseUrl", "https://bedrock.eu-west-3.amazonaws.com"),
    ] {
        let config = json!({ "models": { "providers": { "amazon-bedrock": { key: url } } } });
        let statements = for_models(&outcrop(&config, &[]), &["amazon.nova-lite-v1:0"]);
        assert_eq!(
            statements["InvokeModels"].resources,
            ["arn:aws:bedrock:eu-west-3::foundation-model/amazon.nova-lite-v1:0"],
            "{key}: {url}"
        );
    }
}
