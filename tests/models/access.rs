//! `--access`: whether the account may call each model.

use serde_json::json;

use super::{NOVA, US_SONNET, account, calls, each, models, two_regions};
use crate::support::Home;

#[test]
fn access_is_asked_for_on_request_only_and_told_with_its_fix() {
    let home = Home::new();
    let emulator = account(&home, &two_regions());
    let usual = models(&home, &emulator, &["--json"]).run().succeeds().json();
    assert_eq!(calls(&emulator, "GetFoundationModelAvailability"), 0);
    for model in usual["models"].as_array().unwrap() {
        assert_eq!((&model["available"], &model["access"]), (&json!(null), &json!(null)), "{model}");
    }
    let found = models(&home, &emulator, &["--json", "--access"]).run().succeeds().json();
    assert_eq!(calls(&emulator, "GetFoundationModelAvailability"), 2, "one for each model behind the ids");
    assert_eq!(each(&found, "id"), [NOVA, US_SONNET]);
    let of = |id: &str| found["models"].as_array().unwrap().iter().find(|model| model["id"] == id).unwrap();
    assert_eq!(of(NOVA)["available"], true);
    assert_eq!(of(NOVA)["access"], json!({ "reason": null, "fix": null }));
    assert_eq!(of(US_SONNET)["available"], false);
    assert!(of(US_SONNET)["access"]["reason"].as_str().unwrap().contains("agreement"), "{found}");
    assert!(of(US_SONNET)["access"]["fix"].as_str().unwrap().contains("use case form"), "{found}");
    assert_eq!(of(US_SONNET)["origin"]["available"], "aws");
}

#[test]
fn the_table_has_a_column_and_each_reason_once() {
    let home = Home::new();
    let emulator = account(&home, &two_regions());
    let run = models(&home, &emulator, &["--access", "--all"]).run().succeeds();
    let cells = |id: &str| {
        let line = run.stdout.lines().find(|line| line.split_whitespace().any(|word| word == id)).unwrap();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(run.stdout.lines().next().unwrap().contains("ACCESS"), "{}", run.stdout);
    assert!(cells(NOVA).contains(&"yes".to_owned()), "{}", run.stdout);
    assert!(cells(US_SONNET).contains(&"no".to_owned()), "{}", run.stdout);
    // Two ids miss the same agreement.
    assert_eq!(run.stderr.matches("use case form").count(), 1, "{}", run.stderr);
    assert!(
        run.stderr.contains("`anthropic.claude-sonnet-4-6`, `us.anthropic.claude-sonnet-4-6`"),
        "{}",
        run.stderr
    );
    let quiet = models(&home, &emulator, &["--access", "-q"]).run().succeeds();
    assert_eq!(quiet.stderr, "");
    let plain = models(&home, &emulator, &["--access", "--plain"]).run().succeeds();
    assert!(plain.stderr.contains("use case form"), "{}", plain.stderr);
}
