//! An account of one's own over the wire.

use http::StatusCode;
use outcrop_emulator::{Account, Operation, Options};
use serde_json::{Value, json};

use crate::client::{Connection, End, ask, start_with};

/// An account of the region that the client signs for.
fn account(here: &Value, more: Value) -> Options {
    let mut account = more;
    account["regions"] = json!({ "us-east-1": here });
    let account = account.to_string().parse::<Account>().unwrap();
    let mut options = Options::default();
    options.account = Some(account);
    options
}

/// Status and body of a GET.
async fn get(connection: &mut Connection, path: &str) -> (StatusCode, Value) {
    let response = connection.send("GET", path, &Value::Null).await.unwrap();
    (response.status, response.json().await)
}

/// A profile of AWS's over a model.
fn profile(id: &str) -> Value {
    json!({
        "inferenceProfileId": id,
        "inferenceProfileArn": format!("arn:aws:bedrock:us-east-1:210987654321:inference-profile/{id}"),
        "models": [{ "modelArn": format!("arn:aws:bedrock:us-west-2::foundation-model/{}", id.split_once('.').unwrap().1) }],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
        "mood": ["unheard of"],
    })
}

#[tokio::test]
async fn rows_go_out_as_they_were_written() {
    let model = json!({ "modelId": "startup.first-v1:0", "inferenceTypesSupported": ["ON_DEMAND", "BY_POST"],
                        "outputModalities": ["TEXT"], "shoeSize": null, "modelLifecycle": "young" });
    let profiles: Vec<_> =
        ["us.startup.a-v1:0", "us.startup.b-v1:0", "us.startup.c-v1:0"].map(profile).into();
    let here = json!({ "foundationModels": { "modelSummaries": [model] },
                       "inferenceProfiles": { "inferenceProfileSummaries": profiles } });
    let emulator = start_with(account(&here, json!({ "pageSize": 2 }))).await;
    let mut connection = Connection::open(&emulator).await;
    let (_, answer) = get(&mut connection, "/foundation-models").await;
    assert_eq!(answer, json!({ "modelSummaries": [model] }));
    let (_, answer) = get(&mut connection, "/foundation-models/startup.first-v1%3A0").await;
    assert_eq!(answer, json!({ "modelDetails": model }));
    let (_, first) = get(&mut connection, "/inference-profiles?maxResults=1000").await;
    assert_eq!(first["inferenceProfileSummaries"], json!(profiles[..2]));
    let next = format!("/inference-profiles?nextToken={}", first["nextToken"].as_str().unwrap());
    assert_eq!(get(&mut connection, &next).await.1, json!({ "inferenceProfileSummaries": profiles[2..] }));
    let (_, answer) = get(&mut connection, "/inference-profiles/us.startup.b-v1%3A0").await;
    assert_eq!(answer, profiles[1]);
}

#[tokio::test]
async fn the_runtime_goes_by_the_account() {
    let models = json!([
        { "modelId": "startup.first-v1:0", "modelName": "First", "inferenceTypesSupported": ["ON_DEMAND"],
          "inputModalities": ["TEXT"], "outputModalities": ["TEXT"], "responseStreamingSupported": true },
        { "modelId": "startup.whole-v1:0", "inferenceTypesSupported": ["ON_DEMAND"],
          "outputModalities": ["TEXT"], "responseStreamingSupported": false },
        { "modelId": "startup.locked-v1:0", "inferenceTypesSupported": ["ON_DEMAND"] },
    ]);
    let here = json!({
        "foundationModels": { "modelSummaries": models },
        "inferenceProfiles": { "inferenceProfileSummaries": [profile("us.startup.second-v1:0")] },
        "availability": { "startup.locked-v1:0": { "agreementAvailability": { "status": "NOT_AVAILABLE" } } },
    });
    let emulator = start_with(account(&here, json!({}))).await;
    let mut connection = Connection::open(&emulator).await;
    for (id, operation, status, words) in [
        ("startup.first-v1:0", "converse", 200, "in place of First"),
        ("us.startup.second-v1:0", "converse", 200, "in place of Second"),
        ("startup.whole-v1:0", "converse", 200, "in place of Whole"),
        ("startup.whole-v1:0", "converse-stream", 400, "unsupported for streaming"),
        ("startup.locked-v1:0", "converse", 403, "You don't have access to the model"),
        ("us.amazon.nova-lite-v1:0", "converse", 404, "Could not resolve the foundation model"),
    ] {
        let path = format!("/model/{}/{operation}", id.replace(':', "%3A"));
        let response = connection.send("POST", &path, &ask("Why?")).await.unwrap();
        assert_eq!(response.status, status, "{id}");
        let text = response.text().await;
        assert!(text.contains(words), "{id}: {text}");
    }
    let path = "/model/startup.first-v1%3A0/converse-stream";
    let (events, end) = connection.send("POST", path, &ask("Why?")).await.unwrap().events().await;
    assert_eq!((events.last().unwrap().0.as_str(), end), ("metadata", End::Clean));
    let (_, answer) = get(&mut connection, "/foundation-model-availability/startup.locked-v1%3A0").await;
    assert_eq!(answer["agreementAvailability"], json!({ "status": "NOT_AVAILABLE" }));
    assert_eq!(
        (&answer["modelId"], &answer["authorizationStatus"]),
        (&json!("startup.locked-v1:0"), &json!("AUTHORIZED"))
    );
    let (_, answer) = get(&mut connection, "/foundation-model-availability/startup.second-v1%3A0").await;
    assert_eq!(answer["entitlementAvailability"], "AVAILABLE");
}

/// The path of every operation of the control plane that came with accounts, and of one for a thing that is not there.
const FURTHER: [(&str, Operation, u16); 8] = [
    ("/provisioned-model-throughputs", Operation::ListProvisionedModelThroughputs, 200),
    ("/imported-models", Operation::ListImportedModels, 200),
    ("/imported-models/nothing", Operation::GetImportedModel, 404),
    ("/custom-models", Operation::ListCustomModels, 200),
    ("/custom-models/nothing", Operation::GetCustomModel, 404),
    ("/model-customization/custom-model-deployments", Operation::ListCustomModelDeployments, 200),
    ("/model-customization/custom-model-deployments/nothing", Operation::GetCustomModelDeployment, 404),
    ("/marketplace-model/endpoints", Operation::ListMarketplaceModelEndpoints, 200),
];

#[tokio::test]
async fn every_operation_answers_is_recorded_and_can_fail_on_request() {
    for options in [Options::default(), account(&json!({}), json!({}))] {
        let emulator = start_with(options).await;
        let mut connection = Connection::open(&emulator).await;
        for (path, operation, status) in FURTHER {
            assert_eq!(get(&mut connection, path).await.0, status, "{path}");
            let recorded = emulator.requests().pop().unwrap();
            assert_eq!((recorded.operation, recorded.status), (Some(operation), Some(status)), "{path}");
            let rule = json!({ "rules": [{ "match": { "operation": operation }, "times": 1, "fault": { "type": "throttle" } }] });
            emulator.set_scenario(serde_json::from_value(rule).unwrap());
            assert_eq!(get(&mut connection, path).await.0, 429, "{path}");
            assert_eq!(get(&mut connection, path).await.0, status, "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_denied_is_refused_in_the_words_of_iam() {
    let denied = json!({ "accountId": "210987654321",
                         "denied": ["ListImportedModels", "ListInferenceProfiles", "ConverseStream"] });
    let emulator = start_with(account(&json!({}), denied)).await;
    let mut connection = Connection::open(&emulator).await;
    for (method, path, action) in [
        ("GET", "/imported-models", "ListImportedModels"),
        ("GET", "/inference-profiles", "ListInferenceProfiles"),
        ("POST", "/model/nothing/converse-stream", "InvokeModelWithResponseStream"),
    ] {
        let response = connection.send(method, path, &Value::Null).await.unwrap();
        assert_eq!(response.status, 403, "{path}");
        assert!(response.header("x-amzn-errortype").starts_with("AccessDeniedException:"), "{path}");
        let message = format!(
            "User: arn:aws:iam::210987654321:user/outcrop is not authorized to perform: bedrock:{action} on resource: \
             arn:aws:bedrock:us-east-1:210987654321:* because no identity-based policy allows the bedrock:{action} action"
        );
        assert_eq!(response.json().await, json!({ "message": message }));
    }
    assert_eq!(get(&mut connection, "/foundation-models").await.0, 200);
}
