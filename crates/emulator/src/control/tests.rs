use time::macros::datetime;

use super::*;

fn ask(operation: Operation, id: &str, query: &str) -> Result<Value, ApiError> {
    let options = Options::default();
    let now = datetime!(2026-11-23 00:00 UTC);
    ControlPlane { options: &options, region: "us-east-1", now }.answer(operation, id, query)
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
    assert_eq!(ask(Operation::GetFoundationModel, "x.y", "").unwrap_err().status, 404);
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
}
