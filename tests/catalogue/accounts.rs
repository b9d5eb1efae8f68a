//! The exact list of each account, and what the list says of its own gaps.

use serde_json::{Value, json};

use super::{FixtureAccount, INCLUDE, LEGACY, REGIONS, expected, list};

/// Checks that an account lists exactly the keys of a list, with no problem but that these operations are denied.
#[track_caller]
fn lists(account: &str, list_name: &str, settings: &[&str], denied: &[&str]) {
    let emulator = FixtureAccount::named(account).start();
    let plain = list(&emulator, "--plain", settings).run().succeeds();
    let printed: Vec<_> = plain.stdout.lines().map(str::to_owned).collect();
    let mut keys = printed.clone();
    keys.sort();
    assert_eq!(keys, expected(list_name), "{account}");

    let found = list(&emulator, "--json", settings).run().succeeds().json();
    assert_eq!(found["count"], keys.len(), "{account}");
    let models = found["models"].as_array().unwrap();
    assert_eq!(models.iter().map(|model| model["key"].as_str().unwrap()).collect::<Vec<_>>(), printed);
    let order =
        |model: &Value| ["provider", "name", "id"].map(|field| model[field].as_str().unwrap().to_owned());
    assert!(models.iter().map(order).is_sorted(), "{account}: by maker, name and id: {printed:#?}");
    for (problem, operation) in problems(&found, denied.len()).iter().zip(denied) {
        assert_eq!(problem["source"], *operation, "{problem}");
        assert_eq!(
            (&problem["code"], &problem["region"]),
            (&json!("AccessDeniedException"), &json!("us-east-1"))
        );
        let hint = problem["hint"].as_str().unwrap();
        assert!(hint.contains(&format!("`bedrock:{operation}`")), "{hint}");
    }
}

#[track_caller]
fn problems(found: &Value, count: usize) -> Vec<Value> {
    let problems = found["problems"].as_array().unwrap().clone();
    assert_eq!(problems.len(), count, "{problems:#?}");
    problems
}

#[test]
fn where_everything_is_denied_the_missing_actions_are_named() {
    let emulator = FixtureAccount::named("everything-denied").start();
    let run = list(&emulator, "--json", &[]).run().exits_with(4);
    let error = &run.error_json()["error"];
    assert_eq!((run.stdout.as_str(), &error["kind"]), ("", &json!("PermissionDenied")), "{error}");
    let run = list(&emulator, "--plain", &[]).run().exits_with(4);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("`bedrock:ListFoundationModels`"), "{}", run.stderr);
    assert_eq!(expected("everything-denied"), [] as [&str; 0]);
}

#[test]
fn where_profiles_are_denied_bare_ids_are_listed() {
    lists("profiles-denied", "profiles-denied", &[], &["ListInferenceProfiles"]);
}

#[test]
fn where_models_are_denied_profiles_are_listed() {
    lists("models-denied", "models-denied", &[], &["ListFoundationModels"]);
}

#[test]
fn every_page_of_profiles_counts() {
    lists("three-pages", "three-pages", &[], &[]);
    let emulator = FixtureAccount::named("three-pages").start();
    list(&emulator, "--plain", &[]).run().succeeds();
    assert_eq!(emulator.requests_of("ListInferenceProfiles").len(), 3);
}

#[test]
fn profiles_of_the_account_are_listed_by_arn_and_judged_by_their_model() {
    lists("application-profiles", "application-profiles", &[], &[]);
    let emulator = FixtureAccount::named("application-profiles").start();
    let found = list(&emulator, "--json", &["opaque"]).run().succeeds().json();
    assert_eq!(found["models"][0]["baseModel"], "anthropic.claude-haiku-4-5-20251001-v1:0", "{found}");
    // One question for each profile that leaves it open, and none for the others.
    assert_eq!(emulator.requests_of("GetInferenceProfile").len(), 2);
}

#[test]
fn what_nobody_has_heard_of_is_no_obstacle() {
    lists("unknown-modality", "unknown-modality", &[], &[]);
}

#[test]
fn govcloud_has_profiles_of_its_own() {
    lists("govcloud", "govcloud", &[], &[]);
}

#[test]
fn an_account_in_europe_lists_what_europe_has() {
    lists("eu-only", "eu-only", &[], &[]);
}

#[test]
fn of_a_hundred_and_fifty_models_those_that_chat_are_listed() {
    lists("hundred-fifty", "hundred-fifty", &[], &[]);
}

#[test]
fn what_is_on_its_way_out_is_left_out() {
    lists("lifecycle", "lifecycle", &[], &[]);
}

#[test]
fn what_is_on_its_way_out_is_listed_on_request_and_what_is_gone_never() {
    lists("lifecycle", "lifecycle.with-legacy", &LEGACY, &[]);
}

#[test]
fn a_new_account_has_no_models() {
    lists("new-account", "new-account", &[], &[]);
    let emulator = FixtureAccount::named("new-account").start();
    let run = list(&emulator, "--plain", &[]).run().succeeds();
    assert!(run.stderr.contains("No models found"), "{}", run.stderr);
}

#[test]
fn what_the_account_made_is_left_out_unless_it_is_asked_for() {
    lists("further-models", "further-models", &[], &[]);
    let emulator = FixtureAccount::named("further-models").start();
    list(&emulator, "--plain", &[]).run().succeeds();
    let asked: Vec<_> = emulator.requests().into_iter().map(|request| request["operation"].clone()).collect();
    assert_eq!(asked.len(), 2, "no list that nobody wants is asked for: {asked:?}");
}

#[test]
fn what_the_account_made_is_listed_by_arn_once_it_answers() {
    lists("further-models", "further-models.included", &INCLUDE, &[]);
}

#[test]
fn odd_rows_do_no_harm() {
    lists("odd-rows", "odd-rows", &[], &[]);
}

#[test]
fn two_regions_are_one_list() {
    lists("two-regions", "two-regions.first", &[], &[]);
    lists("two-regions", "two-regions", &REGIONS, &[]);
}

#[test]
fn access_is_a_question_of_its_own() {
    lists("no-access", "no-access", &[], &[]);
    let emulator = FixtureAccount::named("no-access").start();
    list(&emulator, "--plain", &[]).run().succeeds();
    assert_eq!(emulator.requests_of("GetFoundationModelAvailability").len(), 0, "nobody asked");
}
