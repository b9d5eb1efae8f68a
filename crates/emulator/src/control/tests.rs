use time::macros::datetime;

use super::*;
use crate::account::{Account, Holdings};
use crate::catalog;

fn ask(operation: Operation, id: &str, query: &str) -> Result<Value, ApiError> {
    let today = datetime!(2026-11-23 00:00 UTC).date();
    ask_of(&catalog::holdings("us-east-1", "123456789012", today), usize::MAX, operation, id, query)
}

fn ask_of(
    holdings: &Holdings,
    page_size: usize,
    operation: Operation,
    id: &str,
    query: &str,
) -> Result<Value, ApiError> {
    let now = datetime!(2026-11-23 00:00 UTC);
    let place = Place { region: "us-east-1", account_id: "123456789012", holdings, now };
    ControlPlane { place, page_size }.answer(operation, id, query)
}

fn models(query: &str) -> Vec<Value> {
    ask(Operation::ListFoundationModels, "", query).unwrap()["modelSummaries"].as_array().unwrap().clone()
}

fn ids(models: &[Value]) -> Vec<&str> {
    models.iter().map(|model| model["modelId"].as_str().unwrap()).collect()
}

#[test]
fn every_filter_filters() {
    let all = models("");
    assert!(all.len() > 100);
    for (query, key, expected) in [
        ("byOutputModality=EMBEDDING", "outputModalities", "EMBEDDING"),
        ("byOutputModality=IMAGE", "outputModalities", "IMAGE"),
        ("byInferenceType=ON_DEMAND", "inferenceTypesSupported", "ON_DEMAND"),
        ("byInferenceType=PROVISIONED", "inferenceTypesSupported", "PROVISIONED"),
        ("byInferenceType=INFERENCE_PROFILE", "inferenceTypesSupported", "INFERENCE_PROFILE"),
        ("byCustomizationType=FINE_TUNING", "customizationsSupported", "FINE_TUNING"),
    ] {
        let found = models(query);
        let has = |model: &&Value| model[key].as_array().unwrap().contains(&expected.into());
        assert_eq!(found.len(), all.iter().filter(has).count(), "{query}");
        assert!(
            !found.is_empty() && found.len() < all.len() && found.iter().all(|model| has(&model)),
            "{query}"
        );
    }
    let anthropic = models("byProvider=anthropic");
    assert_eq!(anthropic, models("byProvider=Anthropic"));
    assert!(anthropic.len() > 10 && anthropic.iter().all(|model| model["providerName"] == "Anthropic"));
    let spaced = models("byProvider=AI21%20Labs");
    assert!(!spaced.is_empty() && ids(&spaced).iter().all(|id| id.starts_with("ai21.")));
    assert_eq!(models("byProvider=nobody"), [] as [Value; 0]);
    for wrong in ["byOutputModality=text", "byInferenceType=X", "byCustomizationType="] {
        assert_eq!(ask(Operation::ListFoundationModels, "", wrong).unwrap_err().code, "ValidationException");
    }
}

#[test]
fn models_tell_how_they_are_called_and_when_they_go() {
    let describe = |id: &str| ask(Operation::GetFoundationModel, id, "").unwrap()["modelDetails"].clone();
    let haiku = describe("anthropic.claude-haiku-4-5-20251001-v1:0");
    assert_eq!(haiku["inferenceTypesSupported"], json!(["INFERENCE_PROFILE"]));
    assert_eq!(haiku["modelLifecycle"]["status"], "ACTIVE");
    assert_eq!(haiku["responseStreamingSupported"], true);
    let nova = describe("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0");
    assert_eq!(nova["inferenceTypesSupported"], json!(["ON_DEMAND", "PROVISIONED"]));
    assert_eq!(nova["inputModalities"], json!(["TEXT", "IMAGE", "VIDEO"]));
    let old = describe("anthropic.claude-sonnet-4-20250514-v1:0");
    assert_eq!(old["modelLifecycle"]["status"], "LEGACY");
    assert_eq!(old["modelLifecycle"]["endOfLifeTime"], "2026-10-14T00:00:00Z");
    for elsewhere in ["x.y", "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0"] {
        assert_eq!(ask(Operation::GetFoundationModel, elsewhere, "").unwrap_err().status, 404);
    }
}

#[test]
fn all_pages_together_are_the_whole_list() {
    let list = |query: &str| ask(Operation::ListInferenceProfiles, "", query).unwrap();
    let whole = list("maxResults=1000");
    assert_eq!(whole.get("nextToken"), None);
    let whole = whole["inferenceProfileSummaries"].as_array().unwrap().clone();
    let mut pages = Vec::new();
    let mut query = String::new();
    loop {
        let page = list(&query);
        pages.push(page["inferenceProfileSummaries"].as_array().unwrap().clone());
        let Some(token) = page["nextToken"].as_str() else { break };
        query = format!("nextToken={token}");
    }
    assert!(pages.len() > 2, "{} pages", pages.len());
    assert_eq!(pages.concat(), whole);
    let own = list("type=APPLICATION");
    assert_eq!(own["inferenceProfileSummaries"].as_array().unwrap().len(), 2);
    for wrong in ["maxResults=0", "maxResults=1001", "maxResults=x", "nextToken=x", "type=system"] {
        let error = ask(Operation::ListInferenceProfiles, "", wrong).unwrap_err();
        assert_eq!(error.code, "ValidationException", "{wrong}");
    }
}

#[test]
fn a_profile_is_found_by_id_and_by_arn() {
    let get = |id: &str| ask(Operation::GetInferenceProfile, id, "");
    let by_id = get("us.amazon.nova-lite-v1:0").unwrap();
    assert_eq!(get(by_id["inferenceProfileArn"].as_str().unwrap()).unwrap(), by_id);
    assert_eq!(by_id["type"], "SYSTEM_DEFINED");
    assert_eq!(get("a1b2c3d4e5f6").unwrap()["type"], "APPLICATION");
    assert_eq!(get("nothing").unwrap_err().status, 404);
}

#[test]
fn availability_ends_with_the_model() {
    let status = |id: &str| {
        ask(Operation::GetFoundationModelAvailability, id, "").map(|it| it["entitlementAvailability"].clone())
    };
    assert_eq!(status("amazon.nova-lite-v1:0").unwrap(), "AVAILABLE");
    assert_eq!(status("anthropic.claude-sonnet-4-20250514-v1:0").unwrap(), "NOT_AVAILABLE");
    assert_eq!(status("x.y").unwrap_err().status, 404);
    let nothing = Holdings::default();
    let unlisted =
        ask_of(&nothing, 1, Operation::GetFoundationModelAvailability, "amazon.nova-lite-v1:0", "");
    assert_eq!(unlisted.unwrap_err().status, 404);
}

/// An account with a few rows in each list.
fn described() -> Holdings {
    let row = |name: &str, created: &str, more: Value| {
        let mut row = json!({
            "provisionedModelName": name, "modelName": name, "customModelDeploymentName": name,
            "creationTime": created, "createdAt": created,
        });
        for (member, value) in more.as_object().unwrap() {
            row[member] = value.clone();
        }
        row
    };
    let rows = json!([
        row(
            "second-b",
            "2026-02-01T00:00:00Z",
            json!({
            "status": "InService", "modelStatus": "Active", "modelArn": "arn:b", "baseModelArn": "arn:base",
            "provisionedModelArn": "arn:b", "customModelDeploymentArn": "arn:b", "modelSourceIdentifier": "hub/b",
            "ownerAccountId": "123456789012", "baseModelName": "base" })
        ),
        row(
            "first-a",
            "2026-01-01T00:00:00+00:00",
            json!({
            "status": "Failed", "modelStatus": "Failed", "modelArn": "arn:a", "baseModelArn": "arn:other",
            "customModelDeploymentArn": "arn:a", "modelSourceIdentifier": "hub/a", "ownerAccountId": "999999999999" })
        ),
        row(
            "third-b",
            "2026-03-01T00:00:00.5Z",
            json!({
            "status": "Creating", "modelStatus": "PERHAPS", "modelArn": "arn:c", "customModelDeploymentArn": "arn:c",
            "modelSourceIdentifier": "hub/b" })
        ),
    ]);
    let here = json!({
        "provisionedModels": { "provisionedModelSummaries": rows },
        "importedModels": { "modelSummaries": rows },
        "customModels": { "modelSummaries": rows },
        "customModelDeployments": { "modelDeploymentSummaries": rows },
        "marketplaceModelEndpoints": { "marketplaceModelEndpoints": rows },
        "details": { "arn:c": { "modelArn": "arn:c", "whole": true } },
    });
    let account = json!({ "regions": { "us-east-1": here } }).to_string().parse::<Account>().unwrap();
    account.regions["us-east-1"].clone()
}

/// The lists that are paged, with the member of their answers.
const PAGED: [(Operation, &str); 5] = [
    (Operation::ListProvisionedModelThroughputs, "provisionedModelSummaries"),
    (Operation::ListImportedModels, "modelSummaries"),
    (Operation::ListCustomModels, "modelSummaries"),
    (Operation::ListCustomModelDeployments, "modelDeploymentSummaries"),
    (Operation::ListMarketplaceModelEndpoints, "marketplaceModelEndpoints"),
];

/// The names of the rows of an answer.
fn names(answer: &Value, member: &str) -> Vec<String> {
    let rows = answer[member].as_array().unwrap();
    rows.iter().map(|row| row["modelName"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn further_models_are_listed_as_they_were_written_and_in_pages() {
    let described = described();
    for (operation, member) in PAGED {
        let whole = ask_of(&described, usize::MAX, operation, "", "").unwrap();
        assert_eq!(names(&whole, member), ["second-b", "first-a", "third-b"], "{operation:?}");
        assert_eq!(whole[member][2]["createdAt"], "2026-03-01T00:00:00.5Z", "{operation:?}");
        assert_eq!(whole.get("nextToken"), None, "{operation:?}");
        // The account's own page is the most that anybody gets.
        for (page_size, query, expected) in [(2, "maxResults=1000", 2), (2, "", 2), (2, "maxResults=1", 1)] {
            let page = ask_of(&described, page_size, operation, "", query).unwrap();
            assert_eq!(names(&page, member).len(), expected, "{operation:?}");
            let rest = format!("maxResults=1000&nextToken={}", page["nextToken"].as_str().unwrap());
            let rest = ask_of(&described, usize::MAX, operation, "", &rest).unwrap();
            assert_eq!(names(&rest, member), names(&whole, member)[expected..], "{operation:?}");
        }
        let elsewhere = ask_of(&described, 1, Operation::ListInferenceProfiles, "", "").unwrap();
        assert_eq!(elsewhere["inferenceProfileSummaries"], json!([]));
        for wrong in ["maxResults=0", "nextToken=x", "nextToken=TGlzdEluZmVyZW5jZVByb2ZpbGVzOjE"] {
            let error = ask_of(&described, 1, operation, "", wrong).unwrap_err();
            assert_eq!(error.code, "ValidationException", "{operation:?} {wrong}");
        }
        let empty = ask_of(&Holdings::default(), 1, operation, "", "").unwrap();
        assert_eq!(empty, json!({ member: [] }), "{operation:?}");
    }
}

#[test]
fn every_filter_of_further_models_filters() {
    use Operation as It;
    let described = described();
    let all = ["second-b", "first-a", "third-b"];
    for (operation, query, expected) in [
        (It::ListProvisionedModelThroughputs, "statusEquals=InService", &["second-b"][..]),
        (It::ListProvisionedModelThroughputs, "modelArnEquals=arn%3Aa", &["first-a"]),
        (It::ListProvisionedModelThroughputs, "nameContains=-b", &["second-b", "third-b"]),
        (It::ListProvisionedModelThroughputs, "creationTimeAfter=2026-02-01T00%3A00%3A00Z", &["third-b"]),
        (It::ListProvisionedModelThroughputs, "creationTimeBefore=2026-02-01T00%3A00%3A00Z", &["first-a"]),
        (It::ListProvisionedModelThroughputs, "sortBy=CreationTime", &["first-a", "second-b", "third-b"]),
        (It::ListImportedModels, "nameContains=second", &["second-b"]),
        (It::ListImportedModels, "creationTimeAfter=2026-01-31T23%3A00%3A00-02%3A00", &["third-b"]),
        (It::ListImportedModels, "creationTimeBefore=2027-01-01T00%3A00%3A00Z", &all),
        (It::ListImportedModels, "sortOrder=Descending", &["third-b", "second-b", "first-a"]),
        (It::ListCustomModels, "isOwned=true", &["second-b", "third-b"]),
        (It::ListCustomModels, "isOwned=false", &["first-a"]),
        (It::ListCustomModels, "modelStatus=Active", &["second-b"]),
        (It::ListCustomModels, "baseModelArnEquals=arn%3Abase", &["second-b"]),
        (It::ListCustomModels, "foundationModelArnEquals=arn%3Aother", &["first-a"]),
        (
            It::ListCustomModels,
            "sortBy=CreationTime&sortOrder=Ascending",
            &["first-a", "second-b", "third-b"],
        ),
        (It::ListCustomModelDeployments, "statusEquals=Failed", &["first-a"]),
        (
            It::ListCustomModelDeployments,
            "createdAfter=2026-01-15T00%3A00%3A00Z&nameContains=second",
            &["second-b"],
        ),
        (It::ListCustomModelDeployments, "createdBefore=2020-01-01T00%3A00%3A00Z", &[]),
        (It::ListCustomModelDeployments, "modelArnEquals=arn%3Ac", &["third-b"]),
        (It::ListMarketplaceModelEndpoints, "modelSourceIdentifier=hub%2Fb", &["second-b", "third-b"]),
    ] {
        let answer = ask_of(&described, usize::MAX, operation, "", query).unwrap();
        let (_, member) = PAGED.into_iter().find(|(paged, _)| *paged == operation).unwrap();
        assert_eq!(names(&answer, member), expected, "{operation:?} {query}");
    }
    for (operation, wrong) in [
        (It::ListProvisionedModelThroughputs, "statusEquals=Active"),
        (It::ListProvisionedModelThroughputs, "sortBy=Name"),
        (It::ListProvisionedModelThroughputs, "creationTimeAfter=yesterday"),
        (It::ListImportedModels, "sortOrder=Up"),
        (It::ListCustomModels, "isOwned=maybe"),
        (It::ListCustomModels, "modelStatus=InService"),
        (It::ListCustomModelDeployments, "statusEquals=InService"),
        (It::ListCustomModelDeployments, "createdBefore="),
        (It::ListMarketplaceModelEndpoints, "maxResults=1001"),
    ] {
        let error = ask_of(&described, usize::MAX, operation, "", wrong).unwrap_err();
        assert_eq!(error.code, "ValidationException", "{operation:?} {wrong}");
    }
}

#[test]
fn a_single_model_is_told_by_name_and_arn_with_the_members_of_its_operation() {
    let described = described();
    let get = |operation: Operation, id: &str| ask_of(&described, 1, operation, id, "");
    for operation in
        [Operation::GetImportedModel, Operation::GetCustomModel, Operation::GetCustomModelDeployment]
    {
        assert_eq!(get(operation, "second-b").unwrap(), get(operation, "arn:b").unwrap(), "{operation:?}");
        assert_eq!(
            get(operation, "third-b").unwrap(),
            json!({ "modelArn": "arn:c", "whole": true }),
            "{operation:?}"
        );
        let error = get(operation, "fourth").unwrap_err();
        assert_eq!(
            (error.status.as_u16(), &*error.code),
            (404, "ResourceNotFoundException"),
            "{operation:?}"
        );
        assert!(error.message.contains("fourth"), "{operation:?} {}", error.message);
    }
    let imported = get(Operation::GetImportedModel, "second-b").unwrap();
    assert_eq!(Value::from(described.imported_models[0].clone()), imported);
    let custom = get(Operation::GetCustomModel, "second-b").unwrap();
    assert_eq!((&custom["baseModelArn"], custom.get("baseModelName")), (&json!("arn:base"), None));
    let deployment = get(Operation::GetCustomModelDeployment, "second-b").unwrap();
    assert_eq!(deployment["modelDeploymentName"], "second-b");
    assert_eq!(deployment.get("customModelDeploymentName"), None);
}
