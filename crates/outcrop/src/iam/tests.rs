use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::{ErrorKind, Sources};

mod callers;

const SONNET: &str = "anthropic.claude-sonnet-4-6";

/// An [`Outcrop`] with this user configuration and these variables.
fn outcrop(config: &Value, variables: &[(&str, &str)]) -> Outcrop {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let sources = Sources { environment: variables.iter().map(own).collect(), ..Sources::default() };
    let outcrop =
        Outcrop::builder(sources.with_text(outcrop_config::Layer::User, "c", config.to_string())).build();
    assert!(outcrop.diagnostics().is_empty(), "{:?}", outcrop.diagnostics());
    outcrop
}

fn plain() -> Outcrop {
    outcrop(&json!({}), &[("AWS_REGION", "us-east-1")])
}

/// The policy for these models, by the ids of its statements.
#[track_caller]
fn for_models(outcrop: &Outcrop, models: &[&str]) -> BTreeMap<&'static str, Statement> {
    let models = models.iter().map(|model| (*model).to_owned()).collect();
    by_id(&outcrop.iam_policy(&PolicyRequest::default().with_models(models)).unwrap())
}

#[track_caller]
fn by_id(policy: &Policy) -> BTreeMap<&'static str, Statement> {
    let document = serde_json::to_value(&policy.document).unwrap();
    check_grammar(&document);
    let count = policy.document.statements().len();
    let statements: BTreeMap<_, _> =
        policy.document.statements().iter().map(|statement| (statement.sid, statement.clone())).collect();
    assert_eq!(statements.len(), count, "two statements have the same id: {document:#}");
    statements
}

/// What IAM takes, by "Grammar of the IAM JSON policy language" in the IAM user guide.
#[track_caller]
fn check_grammar(document: &Value) {
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(document), ["Version", "Statement"]);
    assert_eq!(document["Version"], "2012-10-17");
    let statements = document["Statement"].as_array().unwrap();
    assert!(!statements.is_empty());
    for statement in statements {
        for key in keys(statement) {
            assert!(["Sid", "Effect", "Action", "Resource", "Condition"].contains(&key.as_str()), "{key}");
        }
        let sid = statement["Sid"].as_str().unwrap();
        assert!(!sid.is_empty() && sid.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{sid}");
        assert_eq!(statement["Effect"], "Allow");
        for action in texts(&statement["Action"]) {
            let (service, name) = action.split_once(':').unwrap();
            assert!(["bedrock", "sagemaker"].contains(&service) && !name.contains('*'), "{action}");
        }
        for resource in texts(&statement["Resource"]) {
            let parts: Vec<_> = resource.splitn(6, ':').collect();
            let is_arn = parts.len() == 6 && parts[0] == "arn" && parts[1].starts_with("aws");
            assert!(resource == "*" || is_arn, "{resource}");
        }
        for (operator, keys) in statement.get("Condition").and_then(Value::as_object).into_iter().flatten() {
            assert!(["ArnLike", "StringEquals"].contains(&operator.as_str()), "{operator}");
            assert!(keys.as_object().unwrap().values().all(|values| !texts(values).is_empty()));
        }
    }
}

/// A list of texts: sorted, and none twice.
#[track_caller]
fn texts(list: &Value) -> Vec<&str> {
    let texts: Vec<_> = list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    assert!(!texts.is_empty() && texts.is_sorted_by(|one, next| one < next), "{texts:?}");
    texts
}

fn condition(arn: &str) -> BTreeMap<&'static str, BTreeMap<&'static str, Vec<String>>> {
    [("ArnLike", [("bedrock:InferenceProfileArn", vec![arn.to_owned()])].into())].into()
}

#[test]
fn a_model_with_throughput_of_its_own_is_called_in_its_region() {
    let statements = for_models(&plain(), &["amazon.nova-lite-v1:0"]);
    assert_eq!(statements.keys().collect::<Vec<_>>(), [&"InvokeModels", &"ListModels"]);
    let invoke = &statements["InvokeModels"];
    assert_eq!(invoke.actions, ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]);
    assert_eq!(invoke.resources, ["arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"]);
    let list = &statements["ListModels"];
    assert_eq!(list.actions, ["bedrock:ListFoundationModels", "bedrock:ListInferenceProfiles"]);
    assert_eq!(list.resources, ["*"]);
}

#[test]
fn a_profile_needs_its_models_in_every_region_and_lets_nothing_past_it() {
    // The example of "Geographic cross-Region inference": profile, and model in source and destination regions.
    for (id, region, partition, regions) in [
        (
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "us-east-1",
            "aws",
            &["ca-central-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"][..],
        ),
        ("jp.anthropic.claude-sonnet-4-6", "ap-northeast-1", "aws", &["ap-northeast-1", "ap-northeast-3"]),
        (
            // The caller's region counts, even if it is no destination.
            "au.anthropic.claude-sonnet-4-6",
            "ap-southeast-6",
            "aws",
            &["ap-southeast-2", "ap-southeast-4", "ap-southeast-6"],
        ),
        (
            "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "us-gov-west-1",
            "aws-us-gov",
            &["us-gov-east-1", "us-gov-west-1"],
        ),
    ] {
        let outcrop = outcrop(&json!({}), &[("AWS_REGION", region)]);
        let statements = for_models(&outcrop, &[id]);
        let profile = format!("arn:{partition}:bedrock:{region}:*:inference-profile/{id}");
        assert_eq!(statements["InvokeProfiles"].resources, std::slice::from_ref(&profile), "{id}");
        let behind = &statements["InvokeModelsThroughProfiles"];
        let (_, base) = id.split_once('.').unwrap();
        let models: Vec<_> = regions
            .iter()
            .map(|region| format!("arn:{partition}:bedrock:{region}::foundation-model/{base}"))
            .collect();
        assert_eq!(behind.resources, models, "{id}");
        assert_eq!(behind.conditions, condition(&profile), "{id}");
        assert!(
            !statements.contains_key("InvokeModels"),
            "{id}: the models could be called past the profile"
        );
    }
}

#[test]
fn a_global_profile_needs_the_model_here_and_nowhere() {
    // The three parts of "IAM policy requirements for global cross-Region inference".
    let statements = for_models(&plain(), &["global.anthropic.claude-sonnet-4-6"]);
    let profile = "arn:aws:bedrock:us-east-1:*:inference-profile/global.anthropic.claude-sonnet-4-6";
    assert_eq!(statements["InvokeProfiles"].resources, [profile]);
    let here = &statements["InvokeModelsThroughProfiles"];
    assert_eq!(here.resources, [format!("arn:aws:bedrock:us-east-1::foundation-model/{SONNET}")]);
    assert_eq!(here.conditions, condition(profile));
    let nowhere = &statements["InvokeModelsThroughGlobalProfiles"];
    assert_eq!(nowhere.resources, [format!("arn:aws:bedrock:::foundation-model/{SONNET}")]);
    let mut conditions = condition(profile);
    conditions.insert("StringEquals", [("aws:RequestedRegion", vec!["unspecified".to_owned()])].into());
    assert_eq!(nowhere.conditions, conditions);
}

#[test]
fn a_model_is_allowed_under_the_id_that_it_is_called_by() {
    // A bare id is called through the profile of the region's geography, and an id with a version too many without it.
    for (asked, region, called) in [
        (SONNET, "us-east-1", "us.anthropic.claude-sonnet-4-6"),
        (SONNET, "eu-central-1", "eu.anthropic.claude-sonnet-4-6"),
        ("amazon-bedrock/us.anthropic.claude-opus-4-6-v1:0", "us-east-1", "us.anthropic.claude-opus-4-6-v1"),
        ("us.anthropic.claude-sonnet-4-6@us-west-2", "us-west-2", "us.anthropic.claude-sonnet-4-6"),
    ] {
        let outcrop =
            outcrop(&json!({}), &[("AWS_REGION", if asked.contains('@') { "us-east-1" } else { region })]);
        let request = PolicyRequest::default().with_models(vec![asked.to_owned()]);
        let policy = outcrop.iam_policy(&request.with_account("123456789012".to_owned())).unwrap();
        let statements = by_id(&policy);
        let profile = format!("arn:aws:bedrock:{region}:123456789012:inference-profile/{called}");
        assert_eq!(statements["InvokeProfiles"].resources, [profile], "{asked}");
    }
    let global = outcrop(
        &json!({ "models": { "bedrockDiscovery": { "geography": "global" } } }),
        &[("AWS_REGION", "us-east-1")],
    );
    assert!(
        for_models(&global, &[SONNET])["InvokeProfiles"].resources[0]
            .ends_with("/global.anthropic.claude-sonnet-4-6")
    );
}

#[test]
fn arns_are_taken_as_they_are() {
    for arn in [
        "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0",
        "arn:aws:bedrock:eu-west-1:123456789012:provisioned-model/abcdefghijkl",
        "arn:aws:bedrock:eu-west-1:123456789012:custom-model-deployment/abcdefghijkl",
        "arn:aws:bedrock:eu-west-1:123456789012:imported-model/abcdefghijkl",
        "arn:aws:bedrock:eu-west-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl",
    ] {
        assert_eq!(for_models(&plain(), &[arn])["InvokeModels"].resources, [arn]);
    }
    let profile = "arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.anthropic.claude-sonnet-4-6";
    let statements = for_models(&plain(), &[profile]);
    assert_eq!(statements["InvokeProfiles"].resources, [profile]);
    assert_eq!(statements["InvokeModelsThroughProfiles"].conditions, condition(profile));
}

#[test]
fn an_application_profile_leads_to_the_model_that_the_configuration_tells() {
    let arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc";
    let behind = |outcrop: &Outcrop| {
        let statements = for_models(outcrop, &[arn]);
        assert_eq!(statements["ReadProfiles"].actions, ["bedrock:GetInferenceProfile"]);
        assert_eq!(statements["ReadProfiles"].resources, [arn]);
        assert_eq!(statements["InvokeProfiles"].resources, [arn]);
        let behind = &statements["InvokeModelsThroughApplicationProfiles"];
        assert_eq!(behind.conditions, condition(arn));
        behind.resources.clone()
    };
    let anything = ["arn:aws:bedrock:*::foundation-model/*", "arn:aws:bedrock:::foundation-model/*"];
    assert_eq!(behind(&plain()), anything);
    let models = json!([{ "id": arn, "baseModel": "us.anthropic.claude-sonnet-4-6" }]);
    let config = json!({ "models": { "providers": { "amazon-bedrock": { "models": models } } } });
    let known = outcrop(&config, &[("AWS_REGION", "us-east-1")]);
    let model = ["*", ""].map(|region| format!("arn:aws:bedrock:{region}::foundation-model/{SONNET}"));
    assert_eq!(behind(&known), model);
}

#[test]
fn routers_endpoints_and_prompts_bring_what_their_kind_needs() {
    let router = "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1";
    let statements = for_models(&plain(), &[router]);
    assert_eq!(statements["InvokeModels"].resources, [router]);
    let behind = &statements["InvokeModelsThroughRouters"];
    assert_eq!(
        behind.resources,
        [
            "arn:aws:bedrock:*::foundation-model/*",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/*"
        ]
    );
    assert_eq!(behind.conditions["ArnLike"]["bedrock:PromptRouterArn"], [router]);

    let endpoint = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine";
    let statements = for_models(&plain(), &[endpoint]);
    assert_eq!(
        statements["InvokeModels"].resources,
        ["arn:aws:bedrock:us-east-1:*:marketplace/model-endpoint/all-access"]
    );
    let sagemaker = &statements["InvokeMarketplaceEndpoints"];
    assert_eq!(sagemaker.actions, ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"]);
    assert_eq!(sagemaker.resources, [endpoint]);
    assert_eq!(sagemaker.conditions["StringEquals"]["aws:CalledViaLast"], ["bedrock.amazonaws.com"]);

    let prompt = "arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ:1";
    let statements = for_models(&plain(), &[prompt, "amazon.nova-lite-v1:0"]);
    assert_eq!(statements["RenderPrompts"].actions, ["bedrock:RenderPrompt"]);
    assert_eq!(statements["RenderPrompts"].resources, [prompt]);
}

#[test]
fn the_configuration_says_what_is_needed() {
    let config = json!({
        "agents": { "defaults": { "model": { "primary": "amazon-bedrock/us.anthropic.claude-sonnet-4-6", "fallbacks": ["amazon.nova-lite-v1:0"] } } },
        "models": {
            "bedrockDiscovery": { "enabled": false },
            "providers": { "amazon-bedrock": {
                "region": "eu-west-1",
                "auth": "bearer",
                "guardrail": { "guardrailIdentifier": "abc123" },
                "models": [{ "id": "amazon.nova-micro-v1:0", "region": "eu-north-1" }],
            } },
        },
    });
    let statements = by_id(
        &outcrop(&config, &[("AWS_REGION", "us-east-1")]).iam_policy(&PolicyRequest::default()).unwrap(),
    );
    let ids: Vec<_> = statements.keys().copied().collect();
    assert_eq!(
        ids,
        [
            "ApplyGuardrails",
            "CallWithApiKey",
            "InvokeModels",
            "InvokeModelsThroughProfiles",
            "InvokeProfiles",
        ]
    );
    assert_eq!(statements["ApplyGuardrails"].actions, ["bedrock:ApplyGuardrail"]);
    assert_eq!(statements["ApplyGuardrails"].resources, ["arn:aws:bedrock:eu-west-1:*:guardrail/abc123"]);
    assert_eq!(statements["CallWithApiKey"].actions, ["bedrock:CallWithBearerToken"]);
    assert_eq!(
        statements["InvokeModels"].resources,
        [
            "arn:aws:bedrock:eu-north-1::foundation-model/amazon.nova-micro-v1:0",
            "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0",
        ]
    );
}

#[test]
fn a_configuration_without_models_allows_its_regions() {
    let config = json!({ "models": { "bedrockDiscovery": { "regions": ["us-west-2"] } } });
    let policy = outcrop(&config, &[("AWS_DEFAULT_REGION", "us-east-1")])
        .iam_policy(&PolicyRequest::default())
        .unwrap();
    assert!(policy.notes.iter().any(|note| note.contains("names no models")), "{:?}", policy.notes);
    let statements = by_id(&policy);
    assert_eq!(
        statements["InvokeModels"].resources,
        ["arn:aws:bedrock:us-east-1::foundation-model/*", "arn:aws:bedrock:us-west-2::foundation-model/*"]
    );
    let profiles = [
        "arn:aws:bedrock:us-east-1:*:application-inference-profile/*",
        "arn:aws:bedrock:us-east-1:*:inference-profile/*",
        "arn:aws:bedrock:us-west-2:*:application-inference-profile/*",
        "arn:aws:bedrock:us-west-2:*:inference-profile/*",
    ];
    assert_eq!(statements["InvokeProfiles"].resources, profiles);
    let behind = &statements["InvokeModelsThroughProfiles"];
    assert_eq!(behind.resources, ["arn:aws:bedrock:*::foundation-model/*"]);
    assert_eq!(behind.conditions["ArnLike"]["bedrock:InferenceProfileArn"], profiles);
    let anywhere = &statements["InvokeModelsThroughGlobalProfiles"];
    assert_eq!(anywhere.resources, ["arn:aws:bedrock:::foundation-model/*"]);
    assert_eq!(anywhere.conditions["StringEquals"]["aws:RequestedRegion"], ["unspecified"]);
}

#[test]
fn the_region_is_found_as_it_is_for_calls() {
    let entry = |entry: Value| json!({ "models": { "providers": { "amazon-bedrock": entry } } });
    let url = "https://bedrock-runtime.eu-west-3.amazonaws.com";
    let vpc = "https://vpce-1-a.bedrock-runtime.eu-south-1.vpce.amazonaws.com";
    let both = [("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "eu-west-2")];
    for (config, variables, region, partition) in [
        (entry(json!({ "region": "eu-north-1", "baseUrl": vpc })), &both[..], "eu-north-1", "aws"),
        (entry(json!({ "baseUrl": vpc })), &both, "eu-south-1", "aws"),
        (entry(json!({ "baseUrl": url })), &both, "eu-west-1", "aws"),
        (entry(json!({})), &both[1..], "eu-west-2", "aws"),
        (entry(json!({ "baseUrl": url })), &[("AWS_REGION", " ")], "eu-west-3", "aws"),
        (entry(json!({})), &[], "us-east-1", "aws"),
        (entry(json!({ "region": "cn-north-1" })), &[], "cn-north-1", "aws-cn"),
        (entry(json!({ "region": "eusc-de-east-1" })), &[], "eusc-de-east-1", "aws-eusc"),
    ] {
        let outcrop = outcrop(&config, variables);
        let request = PolicyRequest::default().with_models(vec!["amazon.nova-lite-v1:0".to_owned()]);
        let policy = outcrop.iam_policy(&request).unwrap();
        let assumed = policy.notes.iter().any(|note| note.contains("nobody names a region"));
        assert_eq!(assumed, variables.is_empty() && region == "us-east-1", "{:?}", policy.notes);
        let expected = format!("arn:{partition}:bedrock:{region}::foundation-model/amazon.nova-lite-v1:0");
        assert_eq!(by_id(&policy)["InvokeModels"].resources, [expected]);
    }
}

#[test]
fn chosen_actions_are_all_there_is() {
    let policy = |actions: &[Action]| {
        let models = vec!["us.anthropic.claude-sonnet-4-6".to_owned()];
        let request = PolicyRequest::default().with_models(models).with_actions(actions.to_vec());
        by_id(&plain().iam_policy(&request).unwrap())
    };
    let count = policy(&[Action::CountTokens]);
    assert_eq!(count.keys().collect::<Vec<_>>(), [&"CountTokens"]);
    // Tokens are counted by the foundation model alone.
    assert_eq!(
        count["CountTokens"].resources,
        [format!("arn:aws:bedrock:us-east-1::foundation-model/{SONNET}")]
    );
    let stream = policy(&[Action::InvokeModelWithResponseStream]);
    assert!(stream.values().all(|statement| statement.actions == ["bedrock:InvokeModelWithResponseStream"]));
    // What nothing needs is written for all of its kind.
    assert_eq!(
        policy(&[Action::ApplyGuardrail])["ApplyGuardrails"].resources,
        ["arn:aws:bedrock:us-east-1:*:guardrail/*"]
    );
    let read = &policy(&[Action::GetInferenceProfile])["ReadProfiles"].resources;
    assert!(read.len() == 2 && read[1] == "arn:aws:bedrock:us-east-1:*:inference-profile/*", "{read:?}");
}

#[test]
fn a_policy_that_would_be_too_long_names_no_regions() {
    let ids = outcrop_model_facts::facts::all().iter().filter(|model| model.profile_prefixes.contains(&"eu"));
    let models: Vec<_> = ids.map(|model| format!("eu.{}", model.id)).collect();
    let outcrop = outcrop(&json!({}), &[("AWS_REGION", "eu-west-1")]);
    let policy = |count: usize| {
        let request = PolicyRequest::default().with_models(models[..count].to_vec());
        outcrop.iam_policy(&request).unwrap()
    };
    let few = policy(4);
    assert!(few.document.size() <= MANAGED_POLICY_SIZE);
    assert_eq!(by_id(&few)["InvokeModelsThroughProfiles"].resources.len(), 4 * 8);
    let more = policy(12);
    assert!(more.document.size() <= MANAGED_POLICY_SIZE, "{}", more.document.size());
    assert!(more.notes.iter().any(|note| note.contains("6144 characters")), "{:?}", more.notes);
    let behind = by_id(&more).remove("InvokeModelsThroughProfiles").unwrap();
    assert_eq!(behind.resources.len(), 12);
    assert!(behind.resources.iter().all(|arn| arn.starts_with("arn:aws:bedrock:*::foundation-model/")));
    assert_eq!(behind.conditions["ArnLike"]["bedrock:InferenceProfileArn"].len(), 12);
}

#[test]
fn destinations_that_nobody_knows_are_said() {
    let request = PolicyRequest::default().with_models(vec!["mx.anthropic.claude-sonnet-4-6".to_owned()]);
    let policy = plain().iam_policy(&request).unwrap();
    assert!(policy.notes.iter().any(|note| note.contains("get-inference-profile")), "{:?}", policy.notes);
    assert_eq!(
        by_id(&policy)["InvokeModelsThroughProfiles"].resources,
        ["*", "us-east-1"].map(|region| format!("arn:aws:bedrock:{region}::foundation-model/{SONNET}"))
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let fails = |config: &Value, request: PolicyRequest| {
        let own = Outcrop::builder(Sources::default().with_text(
            outcrop_config::Layer::User,
            "c",
            config.to_string(),
        ));
        own.build().iam_policy(&request).unwrap_err()
    };
    let entry = |entry: Value| json!({ "models": { "providers": { "amazon-bedrock": entry } } });
    let models = |name: &str| PolicyRequest::default().with_models(vec![name.to_owned()]);
    for (config, request, kind, word) in [
        (json!({}), models("nonsense"), ErrorKind::InvalidRequest, "`nonsense`"),
        (json!({}), models("anthropic.*"), ErrorKind::InvalidRequest, "`anthropic.*`"),
        (json!({}), PolicyRequest::default().with_account("me".into()), ErrorKind::InvalidRequest, "`me`"),
        (entry(json!({ "region": "*" })), PolicyRequest::default(), ErrorKind::Config, "`*`"),
        // Without its guardrail the policy would be for something else.
        (
            entry(json!({ "guardrail": { "guardrailVersion": "1" } })),
            PolicyRequest::default(),
            ErrorKind::Config,
            "guardrail",
        ),
        (
            json!({ "agents": { "defaults": { "model": "my-model" } } }),
            PolicyRequest::default(),
            ErrorKind::Config,
            "models",
        ),
    ] {
        let error = fails(&config, request);
        assert!(error.kind() == kind && error.to_string().contains(word), "{config}: {error:?}");
        assert!(!error.hints().is_empty(), "{error:?}");
    }
}

#[test]
fn the_same_question_has_the_same_answer() {
    let models = |names: [&str; 3]| names.map(str::to_owned).to_vec();
    let policy =
        |names| plain().iam_policy(&PolicyRequest::default().with_models(models(names))).unwrap().document;
    let one = policy(["amazon.nova-pro-v1:0", "us.anthropic.claude-sonnet-4-6", "amazon.nova-lite-v1:0"]);
    let other = policy(["us.anthropic.claude-sonnet-4-6", "amazon.nova-lite-v1:0", "amazon.nova-pro-v1:0"]);
    assert_eq!(one, other);
}

#[test]
fn the_trust_policy_knows_its_partition() {
    for (region, principal) in [("us-east-1", "ec2.amazonaws.com"), ("cn-north-1", "ec2.amazonaws.com.cn")] {
        let policy =
            outcrop(&json!({}), &[("AWS_REGION", region)]).trust_policy(TrustedService::Ec2).unwrap();
        let found =
            policy.document.statements()[0].principal.as_ref().map(|principal| principal.service.as_str());
        assert_eq!(found, Some(principal));
    }
}

#[test]
fn further_lists_and_access_checks_need_permissions_of_their_own() {
    let discovery = json!({ "include": ["custom", "provisioned"], "checkAccess": true });
    let variables = [("AWS_REGION", "us-east-1")];
    let config = json!({ "models": { "bedrockDiscovery": discovery } });
    let policy = by_id(&outcrop(&config, &variables).iam_policy(&PolicyRequest::default()).unwrap());
    assert_eq!(
        policy["ListFurtherModels"].actions,
        ["bedrock:ListCustomModelDeployments", "bedrock:ListProvisionedModelThroughputs"]
    );
    assert_eq!(policy["CheckModelAccess"].actions, ["bedrock:GetFoundationModelAvailability"]);
    let off = json!({ "models": { "bedrockDiscovery": {
        "include": ["custom"], "checkAccess": true, "enabled": false,
    } } });
    let policy = by_id(&outcrop(&off, &variables).iam_policy(&PolicyRequest::default()).unwrap());
    for sid in ["ListModels", "ListFurtherModels", "CheckModelAccess"] {
        assert!(!policy.contains_key(sid), "nothing is listed, and {sid} is allowed");
    }
}
