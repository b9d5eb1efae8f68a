//! Files of a related product do here what they do there, and what is not ours does no harm.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{file, fixture};
use crate::support::endpoint::{Endpoint, KEY, Reply};
use crate::support::{Emulator, Finished, Home, Outcrop};

/// What people have: one file, or one for themselves and one for the project.
struct Setup {
    home: Home,
    named: Option<PathBuf>,
}

impl Setup {
    fn named(name: &str) -> Self {
        Self { home: Home::new(), named: Some(fixture(name)) }
    }

    fn merged(user: &str, project: &str) -> Self {
        let (home, text) = (Home::new(), |name| std::fs::read_to_string(fixture(name)).unwrap());
        file(&home, "config/outcrop/config.json5", &text(user));
        file(&home, "work/outcrop.json5", &text(project));
        Self { home, named: None }
    }

    fn outcrop(&self, args: &[&str]) -> Outcrop {
        let run = Outcrop::at(&self.home, args);
        match &self.named {
            Some(path) => run.arg("--config").arg(path),
            None => run,
        }
    }

    #[track_caller]
    fn run(&self, args: &[&str], emulator: &Emulator) -> Finished {
        let run = self.outcrop(args).via(emulator).run().succeeds();
        assert!(!run.stderr.contains("warning") && !run.stderr.contains("error"), "{}", run.stderr);
        run
    }

    /// What `config check --strict` finds; it is no mistake.
    #[track_caller]
    fn unused(&self) -> Vec<String> {
        let report = self.outcrop(&["config", "check", "--strict", "--json"]).run().succeeds().json();
        assert_eq!((&report["ok"], &report["diagnostics"]), (&json!(true), &json!([])), "{report}");
        let unused = report["unused"].as_array().unwrap();
        assert!(unused.iter().all(|unused| unused["origin"]["line"].is_u64()), "{report}");
        unused.iter().map(|unused| unused["key"].as_str().unwrap().to_owned()).collect()
    }

    /// What `models list` finds.
    #[track_caller]
    fn models(&self, emulator: &Emulator) -> Vec<Value> {
        let run = self.run(&["models", "list", "--json"], emulator);
        assert_eq!(run.stderr, "");
        run.json()["models"].as_array().unwrap().clone()
    }
}

fn makers(models: &[Value]) -> BTreeSet<&str> {
    models.iter().map(|model| model["provider"].as_str().unwrap()).collect()
}

#[test]
fn a_discovery_file_does_what_it_says() {
    let (emulator, setup) = (Emulator::start(), Setup::named("discovery.json5"));
    assert_eq!(setup.unused(), [] as [&str; 0]);
    let models = setup.models(&emulator);
    assert_eq!(makers(&models), ["amazon", "anthropic"].into());
    assert!(models.iter().all(|model| model["regions"] == json!(["us-east-1"])), "of another region");
    let answer = setup.run(&["ask", "--json", "Hello"], &emulator).json();
    let asked = models.iter().find(|model| model["key"] == answer["model"]);
    assert!(asked.is_some(), "what is asked is one of the list: {answer}");
    assert!(answer["text"].as_str().unwrap().contains("Hello"), "{answer}");
}

#[test]
fn a_manual_file_does_what_it_says() {
    let (emulator, setup) = (Emulator::start(), Setup::named("manual.json5"));
    assert_eq!(setup.unused(), [] as [&str; 0]);
    let models = setup.models(&emulator);
    assert!(makers(&models).len() > 2, "something filters the list: {:?}", makers(&models));
    is_the_manual_default(&setup, &models, &emulator);
}

#[test]
fn both_files_together_do_what_each_of_them_says() {
    let (emulator, setup) = (Emulator::start(), Setup::merged("manual.json5", "discovery.json5"));
    assert_eq!(setup.unused(), [] as [&str; 0]);
    let models = setup.models(&emulator);
    assert_eq!(makers(&models), ["amazon", "anthropic"].into());
    is_the_manual_default(&setup, &models, &emulator);
}

/// The model of the manual file is in the list, and answers.
#[track_caller]
fn is_the_manual_default(setup: &Setup, models: &[Value], emulator: &Emulator) {
    // Its id has a version too many.
    let (id, key) = ("us.anthropic.claude-opus-4-6-v1", "amazon-bedrock/us.anthropic.claude-opus-4-6-v1");
    let listed = models.iter().find(|model| model["tags"][0] == "default").unwrap();
    assert_eq!((&listed["key"], &listed["name"]), (&json!(key), &json!("Claude Opus 4.6 (Bedrock)")));
    assert_eq!((&listed["contextWindow"], &listed["maxTokens"]), (&json!(200_000), &json!(8192)));
    assert_eq!(listed["tags"], json!(["default", "configured"]));

    emulator.forget_requests();
    let run = setup.run(&["ask", "--json", "Hello"], emulator);
    assert_eq!(run.stderr, "");
    let answer = run.json();
    assert_eq!(answer["model"], key);
    assert!(answer["costUsd"].as_f64() > Some(0.0), "zeros are placeholders, not a price: {answer}");
    let [request] = emulator.requests().try_into().unwrap();
    assert_eq!((&request["modelId"], &request["region"]), (&json!(id), &json!("us-east-1")));
}

#[test]
fn a_newer_file_keeps_the_discovery_elsewhere() {
    let (emulator, setup) = (Emulator::start(), Setup::named("plugin.json5"));
    assert_eq!(setup.unused(), [r#"plugins.entries."amazon-bedrock".enabled"#]);
    assert_eq!(makers(&setup.models(&emulator)), ["anthropic"].into());

    let key = "models.bedrockDiscovery.defaultContextWindow";
    let explained = setup.outcrop(&["config", "explain", "--json", key]).run().succeeds().json();
    assert_eq!((&explained["key"], &explained["value"]), (&json!(key), &json!(64000)));
    let text = std::fs::read_to_string(fixture("plugin.json5")).unwrap();
    let line = text.lines().position(|line| line.contains("defaultContextWindow")).unwrap() + 1;
    assert_eq!((&explained["origin"]["layer"], &explained["origin"]["line"]), (&json!("file"), &json!(line)));

    let answer = setup.run(&["ask", "--json", "Hello"], &emulator).json();
    assert_eq!(answer["model"], "amazon-bedrock/us.anthropic.claude-sonnet-4-6");
}

#[test]
fn a_file_of_a_whole_household_loads() {
    let (emulator, setup) = (Emulator::start(), Setup::named("household.json5"));
    let text = std::fs::read_to_string(fixture("household.json5")).unwrap();
    assert!(text.lines().count() >= 300, "this is to be a long file");

    let unused = setup.unused();
    // Two blanks of indentation, a key, a colon: the sections of the file.
    let sections = text.lines().filter_map(|line| line.strip_prefix("  ")?.split_once(": ")).map(|it| it.0);
    let sections: Vec<_> = sections.filter(|key| key.chars().all(char::is_alphanumeric)).collect();
    assert!(sections.len() > 20, "{sections:?}");
    for section in sections {
        let members = format!("{section}.");
        let listed = unused.iter().any(|key| key == section || key.starts_with(&members));
        assert!(listed, "what is not ours in `{section}` is not listed: {unused:?}");
    }
    for ours in ["models.bedrockDiscovery", "agents.defaults.model.", r#""amazon-bedrock".config"#] {
        assert!(unused.iter().all(|key| !key.contains(ours)), "`{ours}` is used: {unused:?}");
    }

    let models = setup.models(&emulator);
    assert_eq!(makers(&models), ["amazon", "anthropic", "ollama"].into());
    let default = models.iter().find(|model| model["tags"][0] == "default").unwrap();
    assert_eq!(
        (&default["name"], &default["regions"]),
        (&json!("Sonnet, for the family"), &json!(["eu-west-1"]))
    );
    assert_eq!((&default["cost"]["input"], &default["maxTokens"]), (&json!(3.0), &json!(16384)));

    emulator.forget_requests();
    let run = setup.outcrop(&["ask", "--json", "Hello"]).via(&emulator).run().succeeds();
    assert_eq!(run.json()["model"], "amazon-bedrock/eu.anthropic.claude-sonnet-4-6");
    assert_eq!(emulator.requests()[0]["region"], "eu-west-1");

    // The endpoint in the attic is one of the providers: listed without being asked, and called by its own address.
    let attic = models.iter().find(|model| model["key"] == "ollama/qwen3:8b").unwrap();
    assert_eq!((&attic["name"], &attic["tags"]), (&json!("Qwen in the attic"), &json!(["configured"])));
    let endpoint = Endpoint::start(|_| Reply::text("From the attic."));
    let url = format!("models.providers.ollama.baseUrl={}", endpoint.url);
    let key = format!("models.providers.ollama.apiKey={KEY}");
    emulator.forget_requests();
    let args = ["ask", "--json", "-m", "ollama/qwen3:8b", "--set", &url, "--set", &key, "Hello"];
    let run = setup.outcrop(&args).via(&emulator).run().succeeds();
    assert_eq!(run.json()["text"], "From the attic.");
    assert_eq!(endpoint.seen()[0].body["model"], "qwen3:8b");
    assert!(emulator.requests().is_empty(), "{:?}", emulator.requests());
}
