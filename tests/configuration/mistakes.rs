//! Each mistake that a configuration can have: what it does not concern works as if it were not there, and a flag that is
//! wrong ends the command that it was given to.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{MODEL, file};
use crate::support::{Emulator, Finished, Home, Outcrop};

/// The files with a mistake each, by names that begin with the code.
fn mistakes() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/tests-data/bad");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "json5"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path))
        .collect();
    files.sort();
    files
}

/// A home in which the file stands where its mistake is one.
fn home_with(name: &str, path: &Path) -> Home {
    let home = Home::new();
    let place = if name == "refused" { "work/outcrop.json5" } else { "config/outcrop/config.json5" };
    file(&home, place, "");
    std::fs::copy(path, home.path().join(place)).unwrap();
    home
}

fn codes(home: &Home) -> Vec<String> {
    let run = Outcrop::at(home, ["config", "check", "--json"]).run();
    let report = run.json();
    assert_eq!(run.code, Some(if report["ok"] == true { 0 } else { 3 }), "{report}");
    let diagnostics = report["diagnostics"].as_array().unwrap().iter();
    diagnostics.map(|it| it["code"].as_str().unwrap().to_owned()).collect()
}

fn dry_run(home: &Home, emulator: &Emulator) -> Finished {
    Outcrop::at(home, ["ask", "--dry-run", "-m", MODEL, "Hello"]).via(emulator).run()
}

/// A file that nobody can read may have said anything, and a guardrail with a mistake must not be taken for none: after
/// these, no call is made, and its dry run says so.
const NEEDED: [&str; 6] =
    ["missing.guardrail", "syntax", "syntax.latin1", "syntax.unclosed", "type.guardrail", "type.root"];

#[test]
fn no_mistake_stops_what_it_does_not_concern() {
    let emulator = Emulator::start();
    let mistakes = mistakes();
    assert!(mistakes.len() > 10, "{mistakes:?}");
    for (name, path) in mistakes {
        let home = home_with(&name, &path);
        let code = format!("config::{}", name.split('.').next().unwrap());
        assert!(codes(&home).contains(&code), "{name}: {:?}", codes(&home));
        let shown = Outcrop::at(&home, ["config", "path"]).run().succeeds();
        assert!(shown.stdout.contains("user: "), "{name}: {}", shown.stdout);
        let run = dry_run(&home, &emulator);
        if NEEDED.contains(&name.as_str()) {
            let run = run.exits_with(3);
            assert!(
                run.stderr.contains("nothing is sent by a wrong configuration"),
                "{name}: {}",
                run.stderr
            );
        } else {
            let run = run.succeeds();
            assert_eq!(run.json()["modelId"], MODEL, "{name}");
            assert!(run.stderr.contains(&format!("[{code}]")), "{name}: {}", run.stderr);
        }
    }
    assert!(emulator.requests().is_empty());
}

#[test]
fn no_variable_and_no_missing_file_stops_what_it_does_not_concern() {
    let emulator = Emulator::start();
    for (name, value) in [("OUTCROP_REGOIN", "x"), ("OUTCROP_DISCOVERY_ENABLED", "maybe")] {
        let with = |args: &[&str]| Outcrop::new(args).via(&emulator).env(name, value).run().succeeds();
        with(&["config", "path"]);
        let run = with(&["ask", "--dry-run", "-m", MODEL, "Hello"]);
        assert!(run.stderr.contains(name), "{}", run.stderr);
    }
    for missing in ["not-there.json5", "."] {
        let run = Outcrop::new(["config", "path", "--config", missing]).run().succeeds();
        assert!(run.stdout.contains(&format!("file: {missing}")), "{}", run.stdout);
    }
}

#[test]
fn a_flag_that_is_wrong_ends_the_command() {
    let emulator = Emulator::start();
    let wrong = [
        ("models.bedrockDiscovery.refreshInterval=soon", "a whole number of seconds"),
        ("models.bedrockDiscovery.refreshInterval=-1", "between 0 and 31536000 seconds"),
        ("models.bedrockDiscovery.regoin=eu-west-1", "did you mean `region`?"),
        ("models.bedrockDiscovery=5", "an object"),
        ("gateway.port=1", "nothing reads the key `gateway`"),
        ("models.mode=merge", "nothing reads the key `models.mode`"),
        ("models.providers.amazon-bedrock.params={}", "nothing reads the key"),
        ("models.providers.amazon-bedrock.models[0].name=n", "name a model by its id"),
    ];
    for (assignment, words) in wrong {
        for args in [
            &["ask", "--dry-run", "-m", MODEL, "Hello"][..],
            &["models", "list"],
            &["config", "path"],
            &["config", "explain", "models.bedrockDiscovery.region"],
            &["doctor"],
        ] {
            let args = [args, &["--set", assignment]].concat();
            let run = Outcrop::new(&args).via(&emulator).run().exits_with(3);
            assert_eq!(run.stdout, "", "{args:?}");
            assert!(run.stderr.contains("--set: ") && run.stderr.contains(words), "{args:?}: {}", run.stderr);
            assert!(!run.stderr.contains("holds instead"), "{args:?}: {}", run.stderr);
        }
    }
    assert!(emulator.requests().is_empty(), "{:?}", emulator.requests());
}

#[test]
fn all_flags_that_are_wrong_are_told_at_once() {
    let flags = ["--set", "models.bedrockDiscovery.enabled=maybe", "--endpoint-url", "nowhere"];
    let args = [&["models", "list", "--json"][..], &flags].concat();
    let error = Outcrop::new(args).run().exits_with(3).error_json();
    assert_eq!(error["error"]["kind"], "Config");
    let message = error["error"]["message"].as_str().unwrap();
    for words in
        ["--set: expected `true` or `false` for `enabled`", "--endpoint-url: `baseUrl` is not the address"]
    {
        assert!(message.contains(words), "{message}");
    }
    assert!(!error["error"]["hints"].as_array().unwrap().is_empty());

    let run = Outcrop::new([&["config", "check", "--json"][..], &flags].concat()).run().exits_with(3);
    let report: Value = run.json();
    assert_eq!(report["diagnostics"].as_array().unwrap().len(), 3, "{report}");
}

#[test]
fn what_holds_in_place_of_a_wrong_value_is_said() {
    let home = Home::new();
    let wrong = "{ models: { bedrockDiscovery: { refreshInterval: 'soon' } } }";
    file(&home, "work/outcrop.json5", wrong);
    let check = || Outcrop::at(&home, ["config", "check"]).run().exits_with(3).stderr;
    assert!(check().contains("help: the default holds instead: `3600`"), "{}", check());
    let weaker = "{ models: { bedrockDiscovery: { refreshInterval: 60 } } }";
    let user = file(&home, "config/outcrop/config.json5", weaker);
    let said = format!("help: the value of {}:1:50 holds instead", user.display());
    assert!(check().contains(&said), "{}", check());
}

#[test]
fn many_mistakes_do_not_hide_what_was_asked_for() {
    let (home, emulator) = (Home::new(), Emulator::start());
    let lines: Vec<_> = (0..50).map(|id| format!("  'm{id}': {{ contextWindow: 'x' }},")).collect();
    let lines = lines.join("\n");
    file(&home, "config/outcrop/config.json5", &format!("{{ models: {{ overrides: {{\n{lines}}} }} }}"));
    let check = Outcrop::at(&home, ["config", "check"]).run().exits_with(3).stderr;
    assert_eq!(check.matches("error[config::type]").count(), 50);
    let said = dry_run(&home, &emulator).succeeds().stderr;
    assert_eq!(said.matches("error[config::type]").count(), 10, "{said}");
    assert!(said.contains("warning: 40 more: `outcrop config check`"), "{said}");
}

/// What the refusal says that one can do.
#[test]
fn what_a_project_may_not_set_a_named_file_may() {
    let home = Home::new();
    let text = "{ models: { providers: { 'amazon-bedrock': { baseUrl: 'https://proxy.example' } } } }";
    let project = file(&home, "work/outcrop.json5", text);
    let refused = Outcrop::at(&home, ["config", "check"]).run().exits_with(3).stderr;
    assert!(
        refused.contains("[config::refused]") && refused.contains("name this file with `--config`"),
        "{refused}"
    );
    Outcrop::at(&home, ["config", "check", "--strict", "--config"]).arg(&project).run().succeeds();
}

/// What providers and catalogues find is told by the check, before any call.
#[test]
fn the_check_tells_what_calls_would_find() {
    let home = Home::new();
    let text = "{
  models: {
    bedrockDiscovery: { regions: ['EU-WEST-1'], geography: 'euu' },
    providers: {
      'amazon-bedrock': { region: 'eu west', apiKey: 'k', controlBaseUrl: 'http://proxy.example' },
      house: { region: 'eu-west-1' },
      attic: { api: 'my-api' },
    },
  },
  agents: { defaults: { model: { primary: 'huose/m', fallbacks: ['amazon-bedrock/m', 'nobody/m'] } } },
}
";
    let path = file(&home, "config/outcrop/config.json5", text);
    let report = Outcrop::at(&home, ["config", "check", "--json"]).run().exits_with(3).json();
    let told = report["diagnostics"].as_array().unwrap().iter();
    let told: Vec<_> = told
        .map(|it| {
            assert_eq!(it["file"], path.to_str().unwrap(), "{it}");
            let at = |key: &str| it[key].as_u64().unwrap();
            let said = |key: &str| it[key].as_str().unwrap();
            (at("line"), at("column"), said("severity"), said("code"), said("key"))
        })
        .collect();
    let entry = "models.providers.\"amazon-bedrock\"";
    let (region, control) = (format!("{entry}.region"), format!("{entry}.controlBaseUrl"));
    let expected = [
        (3, 34, "error", "config::provider", "models.bedrockDiscovery.regions"),
        (3, 60, "warning", "config::unknown-value", "models.bedrockDiscovery.geography"),
        (5, 35, "error", "config::provider", &region),
        (5, 75, "error", "config::provider", &control),
        (6, 14, "warning", "config::provider", "models.providers.house.api"),
        (7, 21, "error", "config::provider", "models.providers.attic.api"),
        (10, 43, "warning", "config::reference", "agents.defaults.model.primary"),
        (10, 66, "warning", "config::reference", "agents.defaults.model.fallbacks[0]"),
        (10, 86, "warning", "config::reference", "agents.defaults.model.fallbacks[1]"),
    ];
    assert_eq!(told, expected);
}
