//! `--region`, once and more often.

use serde_json::json;

use super::{MISTRAL, NOVA, US_SONNET, account, calls, each, models, two_regions};
use crate::support::{Home, Outcrop};

const BOTH: [&str; 4] = ["--region", "us-east-1", "--region", "eu-west-1"];

#[test]
fn several_regions_are_listed_together() {
    let home = Home::new();
    let emulator = account(&home, &two_regions());
    let found = models(&home, &emulator, &["--json"]).args(&BOTH).run().succeeds().json();
    assert_eq!(each(&found, "id"), [NOVA, US_SONNET, MISTRAL]);
    let regions: Vec<_> = found["models"].as_array().unwrap().iter().map(|model| &model["regions"]).collect();
    assert_eq!(json!(regions), json!([["us-east-1", "eu-west-1"], ["us-east-1"], ["eu-west-1"]]));
    let table = models(&home, &emulator, &[]).args(&BOTH).run().succeeds().stdout;
    assert!(table.lines().next().unwrap().contains("REGIONS"), "{table}");
    assert!(table.contains("us-east-1 eu-west-1"), "{table}");
    let one = models(&home, &emulator, &["--region", "eu-west-1"]).run().succeeds().stdout;
    assert!(one.contains(MISTRAL) && !one.contains(US_SONNET) && !one.contains("REGIONS"), "{one}");
    assert_eq!(calls(&emulator, "ListFoundationModels"), 2, "what one region lists is known to both runs");
}

#[test]
fn the_first_region_is_the_one_that_is_called() {
    let home = Home::new();
    let emulator = account(&home, &two_regions());
    let region = |args: &[&str]| {
        let why = models(&home, &emulator, &["why", NOVA, "--json"]).args(args).run().succeeds().json();
        why["region"].as_str().unwrap().to_owned()
    };
    assert_eq!(region(&BOTH), "us-east-1");
    assert_eq!(region(&["--region", "eu-west-1", "--region", "us-east-1"]), "eu-west-1");
    // Configured regions give way to those of the command line.
    let both = "models.bedrockDiscovery.regions=['us-east-1', 'eu-west-1']";
    let one = models(&home, &emulator, &["--plain", "--set", both, "--region", "eu-west-1"]).run().succeeds();
    assert!(!one.stdout.contains(US_SONNET), "{}", one.stdout);
}

#[test]
fn every_other_command_takes_one_region() {
    let home = Home::new();
    for command in
        [&["ask", "Hello"][..], &["models", "set", NOVA], &["auth"], &["doctor"], &["config", "path"]]
    {
        let run = Outcrop::at(&home, command).args(&BOTH).run().exits_with(2);
        assert!(
            run.stdout.is_empty() && run.stderr.contains("`--region` is given more than once"),
            "{run:?}"
        );
    }
    let emulator = account(&home, &two_regions());
    for command in [&["list"][..], &["show", NOVA], &["why", NOVA], &["status"], &["refresh"]] {
        models(&home, &emulator, command).args(&BOTH).run().succeeds();
    }
}
