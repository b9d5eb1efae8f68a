//! What is shown when AWS answers in part, or not at all.

use serde_json::{Value, json};

use super::{each, list, list_at};
use crate::support::{Emulator, Home, Outcrop};

/// A rule that denies an operation, as IAM does.
fn denied(operation: &str) -> Value {
    let words =
        format!("User: arn:aws:iam::123456789012:user/me is not authorized to perform: bedrock:{operation}");
    let fault = json!({ "type": "error", "status": 403, "code": "AccessDeniedException", "message": words });
    json!({ "match": { "operation": operation }, "fault": fault })
}

#[test]
fn if_nothing_may_be_listed_the_missing_permission_is_named() {
    let emulator = Emulator::start();
    emulator.scenario(&json!({ "rules": [denied("ListFoundationModels"), denied("ListInferenceProfiles")] }));
    let run = list(&emulator, &[]).run().exits_with(4);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("AccessDeniedException"), "{}", run.stderr);
    assert!(run.stderr.contains("`bedrock:ListFoundationModels`"), "{}", run.stderr);

    let run = list(&emulator, &["--json"]).run().exits_with(4);
    assert_eq!(run.stdout, "");
    let error = &run.error_json()["error"];
    assert_eq!((&error["kind"], &error["status"]), (&json!("PermissionDenied"), &json!(403)), "{error}");
    let ids: Vec<_> = emulator.requests().iter().map(|request| request["requestId"].clone()).collect();
    assert!(ids.contains(&error["requestId"]), "{error}");
}

#[test]
fn without_profiles_the_rest_is_listed_and_the_problem_told() {
    let (emulator, home) = (Emulator::start(), Home::new());
    emulator.scenario(&json!({ "rules": [denied("ListInferenceProfiles")] }));
    let found = list_at(&home, &emulator, &["--json"]).run().succeeds().json();
    let [problem] = found["problems"].as_array().unwrap().as_slice() else { panic!("{}", found["problems"]) };
    assert_eq!(
        (&problem["source"], &problem["region"]),
        (&json!("ListInferenceProfiles"), &json!("us-east-1"))
    );
    assert_eq!(problem["code"], "AccessDeniedException");
    assert!(problem["message"].as_str().unwrap().contains("not authorized"), "{problem}");
    assert!(problem["hint"].as_str().unwrap().contains("`bedrock:ListInferenceProfiles`"), "{problem}");
    let ids = each(&found, "id");
    assert!(ids.contains(&"amazon.nova-lite-v1:0") && !ids.contains(&"us.amazon.nova-lite-v1:0"), "{ids:?}");

    let shown = list_at(&home, &emulator, &[]).run().succeeds();
    assert!(
        shown.stderr.contains("warning:") && shown.stderr.contains("bedrock:ListInferenceProfiles"),
        "{}",
        shown.stderr
    );

    // Half a list is not kept as if it were whole.
    emulator.scenario(&json!({ "rules": [] }));
    let found = list_at(&home, &emulator, &["--json"]).run().succeeds().json();
    assert_eq!(found["problems"], json!([]));
    assert!(each(&found, "id").contains(&"us.amazon.nova-lite-v1:0"));
}

#[test]
fn an_old_list_is_shown_with_its_age_if_there_is_no_new_one() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let before = list_at(&home, &emulator, &["--json"]).run().succeeds().json();
    emulator.scenario(&json!({ "rules": [denied("ListFoundationModels"), denied("ListInferenceProfiles")] }));
    let run = list_at(&home, &emulator, &["--json", "--refresh"]).run().succeeds();
    let stale = run.json();
    assert_eq!((&stale["freshness"], &stale["takenAt"]), (&json!("stale"), &before["takenAt"]));
    assert_eq!(stale["models"], before["models"]);
    assert!(stale["problems"][0]["message"].as_str().unwrap().contains(" old"), "{}", stale["problems"]);
}

#[test]
fn an_account_without_models_has_no_models() {
    let emulator = Emulator::start();
    let empty = json!({ "type": "foreignBody", "body": "emptyObject" });
    emulator.scenario(&json!({ "rules": [{ "fault": empty }] }));
    let run = list(&emulator, &[]).run().succeeds();
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("No models found: "), "{}", run.stderr);

    let run = Outcrop::new(["ask", "Hello"]).via(&emulator).run().exits_with(5);
    assert!(run.stderr.contains("`-m`"), "{}", run.stderr);
}

#[test]
fn without_credentials_nothing_is_listed() {
    let emulator = Emulator::start();
    let run = Outcrop::new(["models", "list", "--json"])
        .env("AWS_ENDPOINT_URL_BEDROCK", emulator.endpoint())
        .env("AWS_REGION", "us-east-1")
        .run()
        .exits_with(4);
    assert_eq!((run.stdout.as_str(), &run.error_json()["error"]["kind"]), ("", &json!("Unauthenticated")));
    assert_eq!(emulator.requests().len(), 0);
}

#[test]
fn with_discovery_off_only_configured_models_are_listed_and_nobody_is_asked() {
    let emulator = Emulator::start();
    let settings = [
        "models.bedrockDiscovery.enabled=false",
        "models.providers.amazon-bedrock.models=[{ id: 'us.amazon.nova-lite-v1:0', name: 'Mine' }]",
    ];
    let args: Vec<_> = settings.iter().flat_map(|it| ["--set", *it]).chain(["--plain"]).collect();
    let run = list(&emulator, &args).run().succeeds();
    assert_eq!(run.stdout, "amazon-bedrock/us.amazon.nova-lite-v1:0\n");
    assert_eq!(emulator.requests().len(), 0);
}
