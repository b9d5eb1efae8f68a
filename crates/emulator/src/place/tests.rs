use time::macros::datetime;

use super::*;
use crate::account::Account;
use crate::catalog;

const NOW: OffsetDateTime = datetime!(2026-11-23 00:00 UTC);

const UNKNOWN: (u16, &str) =
    (404, "Could not resolve the foundation model from the provided model identifier.");
const INVALID: (u16, &str) = (400, "The provided model identifier is invalid.");
const GONE: (u16, &str) = (
    404,
    "This model version has reached the end of its life. Please refer to the AWS documentation for more details.",
);
const NO_ACCESS: (u16, &str) = (403, "You don't have access to the model with the specified model ID.");
const NO_CHAT: (u16, &str) = (
    400,
    "This action doesn't support the model that you provided. Try again with a supported text or chat model.",
);
const NOT_READY: (u16, &str) = (429, "The model is not ready for inference. Wait and try again.");

/// What an id leads to: the id of the foundation model, or status and text of the refusal.
fn outcome(holdings: &Holdings, id: &str) -> Result<Option<String>, (u16, String)> {
    let place = Place { region: "us-east-1", account_id: "123456789012", holdings, now: NOW };
    place
        .resolve(id)
        .map(|model| model.id.map(str::to_owned))
        .map_err(|error| (error.status.as_u16(), error.message))
}

fn refusal((status, words): (u16, &str)) -> Result<Option<String>, (u16, String)> {
    Err((status, words.to_owned()))
}

fn needs_profile_words(id: &str) -> String {
    format!(
        "Invocation of model ID {id} with on-demand throughput isn’t supported. Retry your request with the ID or ARN of \
         an inference profile that contains this model."
    )
}

fn usual() -> Holdings {
    catalog::holdings("us-east-1", "123456789012", NOW.date())
}

#[test]
fn ids_and_arns_lead_to_the_model() {
    let usual = usual();
    let haiku = "anthropic.claude-haiku-4-5-20251001-v1:0";
    for id in [
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "global.anthropic.claude-haiku-4-5-20251001-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6",
    ] {
        assert_eq!(outcome(&usual, id), Ok(Some(haiku.to_owned())), "{id}");
    }
    for id in [
        "amazon.nova-lite-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
        "us.amazon.nova-lite-v1:0",
    ] {
        assert_eq!(outcome(&usual, id), Ok(Some("amazon.nova-lite-v1:0".to_owned())), "{id}");
    }
}

#[test]
fn what_cannot_be_called_is_refused_in_the_words_of_the_service() {
    let usual = usual();
    let profile = needs_profile_words("anthropic.claude-haiku-4-5-20251001-v1:0");
    for (id, expected) in [
        ("anthropic.claude-haiku-4-5-20251001-v1:0", (400, profile.as_str())),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", GONE),
        ("anthropic.claude-sonnet-4-20250514-v1:0", GONE),
        ("anthropic.claude-9", UNKNOWN),
        ("us.anthropic.claude-9", UNKNOWN),
        // A name of another endpoint, priced there and nowhere else.
        ("anthropic.claude-haiku-4-5", UNKNOWN),
        ("amazon.nova-lite-v1", UNKNOWN),
        ("arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl", UNKNOWN),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/other", UNKNOWN),
        ("eu.amazon.nova-lite-v1:0", INVALID),
        ("arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0", INVALID),
        ("arn:aws:bedrock:us-east-1:999999999999:inference-profile/us.amazon.nova-lite-v1:0", INVALID),
        ("us.openai.gpt-oss-120b-1:0", INVALID),
        ("sonnet", INVALID),
        ("a1b2c3d4e5f6", INVALID),
        ("", INVALID),
    ] {
        assert_eq!(outcome(&usual, id), refusal(expected), "{id}");
    }
}

#[test]
fn tokens_are_counted_for_foundation_models_only() {
    let usual = usual();
    let place = Place { region: "us-east-1", account_id: "123456789012", holdings: &usual, now: NOW };
    let count = |id: &str| place.resolve_for_counting(id).map(|model| model.id);
    assert!(count("anthropic.claude-haiku-4-5-20251001-v1:0").is_ok());
    assert!(count("us.anthropic.claude-haiku-4-5-20251001-v1:0").is_err());
    assert!(count("arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0").is_err());
}

/// An account with one thing of each kind, and one of each that cannot be called.
fn described() -> Holdings {
    let arn = |kind: &str, id: &str| format!("arn:aws:bedrock:us-east-1:123456789012:{kind}/{id}");
    let model = |id: &str, types: &[&str]| {
        json!({ "modelArn": format!("arn:aws:bedrock:us-east-1::foundation-model/{id}"), "modelId": id,
                "inferenceTypesSupported": types })
    };
    let mut ended = model("startup.old-v1:0", &["ON_DEMAND"]);
    ended["modelLifecycle"] = json!({ "status": "LEGACY", "endOfLifeTime": "2026-11-22T23:59:59+00:00" });
    let mut ending = model("startup.ending-v1:0", &["ON_DEMAND"]);
    ending["modelLifecycle"] = json!({ "status": "LEGACY", "endOfLifeTime": "2026-11-23T00:00:01+00:00" });
    let models_of =
        |id: &str| json!([{ "modelArn": format!("arn:aws:bedrock:us-west-2::foundation-model/{id}") }]);
    let base = |id: &str| format!("arn:aws:bedrock:us-east-1::foundation-model/{id}");
    let here = json!({
        "foundationModels": { "modelSummaries": [
            model("startup.first-v1:0", &["ON_DEMAND", "PROVISIONED"]),
            model("startup.second-v1:0", &["INFERENCE_PROFILE"]),
            model("startup.bought-v1:0", &["PROVISIONED"]),
            model("startup.locked-v1:0", &["ON_DEMAND"]),
            ended, ending, model("", &["ON_DEMAND"]),
        ] },
        "inferenceProfiles": { "inferenceProfileSummaries": [
            { "inferenceProfileId": "us.startup.second-v1:0", "type": "SYSTEM_DEFINED",
              "inferenceProfileArn": arn("inference-profile", "us.startup.second-v1:0"), "models": models_of("startup.second-v1:0") },
            { "inferenceProfileId": "moon.startup.locked-v1:0", "type": "SYSTEM_DEFINED",
              "inferenceProfileArn": arn("inference-profile", "moon.startup.locked-v1:0"), "models": models_of("startup.locked-v1:0") },
            { "inferenceProfileId": "us.startup.away-v1:0", "type": "SYSTEM_DEFINED",
              "inferenceProfileArn": arn("inference-profile", "us.startup.away-v1:0"), "models": [] },
            { "inferenceProfileId": "us.my-profile", "type": "APPLICATION",
              "inferenceProfileArn": arn("application-inference-profile", "us.my-profile"), "models": [] },
        ] },
        "provisionedModels": { "provisionedModelSummaries": [
            { "provisionedModelArn": arn("provisioned-model", "aaaaaaaaaaaa"), "status": "InService",
              "foundationModelArn": base("startup.bought-v1:0") },
            { "provisionedModelArn": arn("provisioned-model", "bbbbbbbbbbbb"), "status": "Creating",
              "foundationModelArn": base("startup.bought-v1:0") },
            { "provisionedModelArn": arn("provisioned-model", "cccccccccccc"), "status": "Failed",
              "foundationModelArn": base("startup.bought-v1:0") },
        ] },
        "importedModels": { "modelSummaries": [
            { "modelArn": arn("imported-model", "aaaaaaaaaaaa"), "modelName": "our-llama", "instructSupported": true },
            { "modelArn": arn("imported-model", "bbbbbbbbbbbb"), "modelName": "our-base", "instructSupported": false },
        ] },
        "customModels": { "modelSummaries": [
            { "modelArn": arn("custom-model", "amazon.nova-lite-v1:0:300k/aaaaaaaaaaaa"), "baseModelArn": base("startup.first-v1:0") },
        ] },
        "customModelDeployments": { "modelDeploymentSummaries": [
            { "customModelDeploymentArn": arn("custom-model-deployment", "aaaaaaaaaaaa"), "status": "Active",
              "modelArn": arn("custom-model", "amazon.nova-lite-v1:0:300k/aaaaaaaaaaaa") },
            { "customModelDeploymentArn": arn("custom-model-deployment", "bbbbbbbbbbbb"), "status": "Active",
              "modelArn": arn("custom-model", "amazon.nova-lite-v1:0:300k/bbbbbbbbbbbb") },
            { "customModelDeploymentArn": arn("custom-model-deployment", "cccccccccccc"), "status": "Failed",
              "modelArn": arn("custom-model", "amazon.nova-lite-v1:0:300k/aaaaaaaaaaaa") },
        ] },
        "marketplaceModelEndpoints": { "marketplaceModelEndpoints": [
            { "endpointArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/good", "status": "REGISTERED" },
            { "endpointArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/bad", "status": "INCOMPATIBLE_ENDPOINT" },
        ] },
        "availability": { "startup.locked-v1:0": { "agreementAvailability": { "status": "NOT_AVAILABLE" } },
                          "startup.first-v1:0": { "agreementAvailability": { "status": "AVAILABLE" } } },
        "details": { (arn("application-inference-profile", "us.my-profile")): { "models": models_of("startup.first-v1:0") } },
    });
    let account = json!({ "regions": { "us-east-1": here } }).to_string().parse::<Account>().unwrap();
    account.regions["us-east-1"].clone()
}

#[test]
fn what_an_account_lists_can_be_called() {
    let described = described();
    let arn = |rest: &str| format!("arn:aws:bedrock:us-east-1:123456789012:{rest}");
    for (id, base) in [
        ("startup.first-v1:0".to_owned(), Some("startup.first-v1:0")),
        (
            "arn:aws:bedrock:us-east-1::foundation-model/startup.first-v1:0".to_owned(),
            Some("startup.first-v1:0"),
        ),
        ("startup.ending-v1:0".to_owned(), Some("startup.ending-v1:0")),
        ("us.startup.second-v1:0".to_owned(), Some("startup.second-v1:0")),
        (arn("inference-profile/us.startup.second-v1:0"), Some("startup.second-v1:0")),
        // The id tells what the row does not.
        ("us.startup.away-v1:0".to_owned(), Some("startup.away-v1:0")),
        (arn("application-inference-profile/us.my-profile"), Some("startup.first-v1:0")),
        (arn("provisioned-model/aaaaaaaaaaaa"), Some("startup.bought-v1:0")),
        (arn("imported-model/aaaaaaaaaaaa"), None),
        (arn("custom-model-deployment/aaaaaaaaaaaa"), Some("startup.first-v1:0")),
        // Its custom model is not listed; the ARN tells what that was made from.
        (arn("custom-model-deployment/bbbbbbbbbbbb"), Some("amazon.nova-lite-v1:0")),
        ("arn:aws:sagemaker:us-east-1:123456789012:endpoint/good".to_owned(), None),
    ] {
        assert_eq!(outcome(&described, &id), Ok(base.map(str::to_owned)), "{id}");
    }
}

#[test]
fn what_an_account_does_not_list_or_has_no_access_to_cannot_be_called() {
    let described = described();
    let arn = |rest: &str| format!("arn:aws:bedrock:us-east-1:123456789012:{rest}");
    let (second, bought) =
        (needs_profile_words("startup.second-v1:0"), needs_profile_words("startup.bought-v1:0"));
    for (id, expected) in [
        ("startup.second-v1:0".to_owned(), (400, second.as_str())),
        ("startup.bought-v1:0".to_owned(), (400, bought.as_str())),
        ("startup.old-v1:0".to_owned(), GONE),
        ("startup.locked-v1:0".to_owned(), NO_ACCESS),
        ("moon.startup.locked-v1:0".to_owned(), NO_ACCESS),
        ("eu.startup.second-v1:0".to_owned(), INVALID),
        // What the table of facts knows is not what the account has.
        ("amazon.nova-lite-v1:0".to_owned(), UNKNOWN),
        ("us.amazon.nova-lite-v1:0".to_owned(), UNKNOWN),
        ("us.my-profile".to_owned(), INVALID),
        (String::new(), INVALID),
        (arn("provisioned-model/bbbbbbbbbbbb"), NOT_READY),
        (arn("provisioned-model/cccccccccccc"), INVALID),
        (arn("imported-model/bbbbbbbbbbbb"), NO_CHAT),
        (arn("custom-model/amazon.nova-lite-v1:0:300k/aaaaaaaaaaaa"), UNKNOWN),
        (arn("custom-model-deployment/cccccccccccc"), INVALID),
        ("arn:aws:sagemaker:us-east-1:123456789012:endpoint/bad".to_owned(), INVALID),
        ("arn:aws:sagemaker:us-east-1:123456789012:endpoint/none".to_owned(), UNKNOWN),
        ("arn:aws:sagemaker:us-west-2:123456789012:endpoint/good".to_owned(), INVALID),
    ] {
        assert_eq!(outcome(&described, &id), refusal(expected), "{id}");
    }
}

#[test]
fn any_part_of_an_availability_can_deny_access() {
    for (answer, has_access) in [
        (json!({}), true),
        (json!({ "agreementAvailability": { "status": "PENDING" } }), false),
        (json!({ "authorizationStatus": "NOT_AUTHORIZED" }), false),
        (json!({ "entitlementAvailability": "NOT_AVAILABLE" }), false),
        (json!({ "regionAvailability": "NOT_AVAILABLE" }), false),
        (json!({ "agreementAvailability": { "status": "AVAILABLE", "errorMessage": "?" }, "more": 1 }), true),
    ] {
        let mut holdings = usual();
        let id = "amazon.nova-lite-v1:0";
        holdings.availability.insert(id.to_owned(), answer.as_object().unwrap().clone());
        assert_eq!(outcome(&holdings, id).is_ok(), has_access, "{answer}");
        // A profile goes where the model is.
        let by_profile = has_access || answer.get("regionAvailability").is_some();
        assert_eq!(outcome(&holdings, &format!("us.{id}")).is_ok(), by_profile, "{answer}");
    }
}
