//! `outcrop config import`.

use serde_json::json;

use super::{file, fixture};
use crate::support::{Home, Outcrop};

fn own(home: &Home) -> String {
    std::fs::read_to_string(home.config().join("outcrop/config.json5")).unwrap()
}

#[test]
fn a_household_is_imported_with_what_is_ours_and_nothing_else() {
    let home = Home::new();
    let import = |args: &[&str]| {
        let run = Outcrop::at(&home, ["config", "import"]).arg(fixture("household.json5"));
        run.args(args).run().succeeds()
    };
    let would = import(&["--dry-run", "--json"]).json();
    assert_eq!((&would["changed"], &would["dryRun"]), (&json!(true), &json!(true)), "{would}");
    assert!(!home.config().join("outcrop").exists(), "nothing is written");

    let expected = include_str!("household.json5");
    let shown = import(&["--dry-run"]).stdout;
    let added: String = shown
        .lines()
        .skip(3)
        .filter_map(|line| line.strip_prefix('+'))
        .flat_map(|line| [line, "\n"])
        .collect();
    let hidden = expected.replace("\"no-key-is-needed\"", "******************");
    assert_ne!(hidden, expected);
    assert!(shown.starts_with("--- /dev/null\n+++ ") && added == hidden, "{shown}");
    assert_eq!(would["diff"], shown);

    let done = import(&[]);
    assert!(done.stdout.contains("added models in ") && done.stderr.contains("`gateway`"), "{done:?}");
    let text = own(&home);
    assert_eq!(text, expected, "without a gap, and without a comment on what is not here");
    let check = Outcrop::at(&home, ["config", "check", "--strict", "--json"]).run().succeeds().json();
    assert_eq!(check, json!({ "ok": true, "diagnostics": [], "unused": [] }));

    let again = import(&["--json"]).json();
    assert_eq!((&again["changed"], &again["added"]), (&json!(false), &json!([])), "{again}");
    assert_eq!(own(&home), text);
}

#[test]
fn nothing_is_overwritten_unless_it_is_said() {
    let home = Home::new();
    let mine = "{ models: { bedrockDiscovery: { region: 'eu-north-1' } } } // mine\n";
    file(&home, "config/outcrop/config.json5", mine);
    let import = || Outcrop::at(&home, ["config", "import"]).arg(fixture("discovery.json5"));
    let refused = import().run().exits_with(3);
    assert!(refused.stderr.contains("`models.bedrockDiscovery.region`"), "{}", refused.stderr);
    assert!(refused.stderr.contains("--replace"), "{}", refused.stderr);
    assert_eq!(own(&home), mine);
    let done = import().args(&["--replace", "--json"]).run().succeeds().json();
    assert_eq!(done["replaced"], json!(["models.bedrockDiscovery.region"]));
    assert!(own(&home).contains("us-east-1") && own(&home).ends_with("// mine\n"), "{}", own(&home));
}

#[test]
fn secrets_are_pointed_out_and_never_shown() {
    let home = Home::new();
    let theirs = "{ models: { providers: { 'amazon-bedrock': { apiKey: 'a-very-secret-key' } } } }";
    let theirs = file(&home, "theirs.json5", theirs);
    for args in [&["--dry-run"][..], &["--dry-run", "--json"], &[]] {
        let run = Outcrop::at(&home, ["config", "import"]).arg(&theirs).args(args).run().succeeds();
        let said = run.stdout + &run.stderr;
        assert!(said.contains("apiKey") && !said.contains("a-very-secret-key"), "{said}");
    }
    // A project may not say who calls, and a file that is not there says nothing.
    let project = ["config", "import", "--layer", "project"];
    let run = Outcrop::at(&home, project).arg(&theirs).run().exits_with(3);
    assert!(run.stderr.contains("a project may not set `apiKey`"), "{}", run.stderr);
    assert!(!home.work().join("outcrop.json5").exists());
    Outcrop::at(&home, project).arg("missing.json5").run().exits_with(3);
    Outcrop::at(&home, project).arg(fixture("discovery.json5")).run().succeeds();
    assert!(home.work().join("outcrop.json5").exists());
    let system = ["config", "import", "--layer", "system", "--dry-run"];
    let run = Outcrop::at(&home, system).arg(fixture("discovery.json5")).run().succeeds();
    assert!(run.stdout.contains("\n+++ /etc/outcrop/config.json5\n"), "{}", run.stdout);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_once_and_imported() {
    let (home, another) = (Home::new(), Home::new());
    let theirs = std::fs::read_to_string(fixture("discovery.json5")).unwrap();
    let import =
        |home: &Home, text: &str| Outcrop::at(home, ["config", "import", "/dev/stdin"]).stdin(text).run();
    let done = import(&home, &theirs).succeeds();
    assert!(done.stdout.contains("added models in "), "{done:?}");
    assert!(own(&home).contains("us-east-1"), "{}", own(&home));
    assert!(import(&home, &theirs).succeeds().stdout.contains("has all of it already"));
    // A mistake is said of what it stands in.
    let mistake = import(&another, "{\n  models: { bedrockDiscovery: { enabled: 'maybe' } } }").exits_with(3);
    assert!(mistake.stderr.contains("/dev/stdin:2:"), "{}", mistake.stderr);
}
