//! `outcrop models refresh`.

use serde_json::{Value, json};

use super::{US_SONNET, account, calls, each, list_at, models, two_regions};
use crate::support::{Emulator, Home, members};

/// Rules that deny operations, as IAM does.
fn denied(operations: &[&str]) -> Value {
    let rule = |operation: &&str| {
        let fault =
            json!({ "type": "error", "status": 403, "code": "AccessDeniedException", "message": "no" });
        json!({ "match": { "operation": operation }, "fault": fault })
    };
    json!({ "rules": operations.iter().map(rule).collect::<Vec<_>>() })
}

const LISTS: [&str; 2] = ["ListFoundationModels", "ListInferenceProfiles"];

#[test]
fn it_asks_again_and_says_what_changed() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let refresh = || models(&home, &emulator, &["refresh", "--json"]).run().succeeds().json();
    let first = refresh();
    let names = members(&first);
    assert_eq!(names, ["added", "count", "freshness", "problems", "removed", "takenAt"]);
    assert_eq!(
        (&first["added"], &first["removed"], &first["freshness"]),
        (&json!(null), &json!(null), &json!("live"))
    );
    assert_eq!(first["count"], list_at(&home, &emulator, &["--json"]).run().succeeds().json()["count"]);
    let second = refresh();
    assert_eq!(
        (&second["added"], &second["removed"], &second["count"]),
        (&json!([]), &json!([]), &first["count"])
    );
    assert_eq!(calls(&emulator, "ListFoundationModels"), 2);
    let text = models(&home, &emulator, &["refresh"]).run().succeeds().stdout;
    assert_eq!(text, format!("{} models; nothing changed\n", first["count"]));
}

#[test]
fn what_is_new_and_what_is_gone_is_named() {
    let home = Home::new();
    let emulator = account(&home, &two_regions());
    assert_eq!(
        models(&home, &emulator, &["refresh"]).run().succeeds().stdout,
        "2 models; nothing was known before\n"
    );
    // The account loses its profile, and gets it back.
    let empty = json!({ "type": "foreignBody", "body": "emptyObject" });
    let lost = json!({ "rules": [{ "match": { "operation": LISTS[1] }, "fault": empty }] });
    for (scenario, expected) in [
        (lost, ["1 model; 0 new, 1 gone", "- amazon-bedrock/us.anthropic.claude-sonnet-4-6"]),
        (
            json!({ "rules": [] }),
            ["2 models; 1 new, 0 gone", "+ amazon-bedrock/us.anthropic.claude-sonnet-4-6"],
        ),
    ] {
        emulator.scenario(&scenario);
        let run = models(&home, &emulator, &["refresh"]).run().succeeds();
        assert_eq!(run.stdout.lines().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn if_nothing_new_came_it_fails_and_the_old_list_stays() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let before = list_at(&home, &emulator, &["--json"]).run().succeeds().json();
    emulator.scenario(&denied(&LISTS));
    let run = models(&home, &emulator, &["refresh"]).run().exits_with(4);
    assert_eq!(run.stdout, "");
    assert!(
        run.stderr.contains("bedrock:ListFoundationModels") && run.stderr.contains("is kept"),
        "{}",
        run.stderr
    );
    let run = models(&home, &emulator, &["refresh", "--json"]).run().exits_with(4);
    assert_eq!((run.stdout.as_str(), &run.error_json()["error"]["kind"]), ("", &json!("PermissionDenied")));
    let after = list_at(&home, &emulator, &["--json"]).run().succeeds().json();
    assert_eq!((&after["models"], &after["takenAt"]), (&before["models"], &before["takenAt"]));
    // Where nothing was known, nothing is said of it.
    let run = models(&Home::new(), &emulator, &["refresh"]).run().exits_with(4);
    assert!(!run.stderr.contains("is kept"), "{}", run.stderr);
}

#[test]
fn half_a_refresh_is_one_with_a_problem() {
    let (emulator, home) = (Emulator::start(), Home::new());
    list_at(&home, &emulator, &[]).run().succeeds();
    emulator.scenario(&denied(&LISTS[1..]));
    let run = models(&home, &emulator, &["refresh", "--json"]).run().succeeds().json();
    assert_eq!(
        (&run["freshness"], &run["problems"][0]["source"]),
        (&json!("stale"), &json!("ListInferenceProfiles"))
    );
    assert_eq!((&run["added"], &run["removed"]), (&json!([]), &json!([])));
    let run = models(&home, &emulator, &["refresh"]).run().succeeds();
    assert!(run.stderr.contains("warning: ListInferenceProfiles in us-east-1"), "{}", run.stderr);
}

#[test]
fn a_configured_model_does_not_hide_that_nothing_came() {
    let (emulator, home) = (Emulator::start(), Home::new());
    emulator.scenario(&denied(&LISTS));
    let manual =
        ["--set", "models.providers.amazon-bedrock.models=[{ id: 'us.anthropic.claude-sonnet-4-6' }]"];
    let found = list_at(&home, &emulator, &["--json"]).args(&manual).run().succeeds().json();
    assert_eq!(each(&found, "id"), [US_SONNET]);
    models(&home, &emulator, &["refresh"]).args(&manual).run().exits_with(4);
    // Whoever switches the discovery off has nothing to refresh, and that is no failure.
    let off = ["--set", "models.bedrockDiscovery.enabled=false"];
    models(&home, &emulator, &["refresh"]).args(&manual).args(&off).run().succeeds();
}
