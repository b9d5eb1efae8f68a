//! What the guide and the reference say is so.

use std::io::Write as _;
use std::path::Path;

use serde_json::Value;

use super::models;
use crate::support::{Emulator, Home, Outcrop};

fn document(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(path);
    std::fs::read_to_string(path).unwrap()
}

/// What stands in the fenced blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let blocks = text.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).map(str::to_owned).collect()
}

#[test]
fn every_command_of_the_guide_does_what_is_shown() {
    let (home, server) = (Home::new(), Emulator::start());
    let mut ran = 0;
    for block in blocks(&document("guide/models.md"), "console") {
        let mut lines = block.lines().peekable();
        while let Some(line) = lines.next() {
            let command = line.strip_prefix("$ outcrop ").unwrap_or_else(|| panic!("no command: {line}"));
            let mut shown = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with('$')) {
                shown.push(line);
            }
            let args: Vec<_> = command.split(' ').map(|word| word.trim_matches('"')).collect();
            let run = if args.starts_with(&["models", "set"]) {
                Outcrop::at(&home, &args).via(&server).run()
            } else {
                Outcrop::at(&home, ["--emulator"].iter().chain(&args)).run()
            };
            let unlisted = args.starts_with(&["models", "why"]);
            assert_eq!(run.code, Some(if unlisted { 5 } else { 0 }), "{command}: {run:?}");
            assert!(shown.is_empty() || run.stdout.lines().eq(shown), "{command}: {}", run.stdout);
            ran += 1;
        }
    }
    assert!(ran > 10, "{ran}");
}

#[test]
fn the_configuration_of_the_guide_is_one() {
    let home = Home::new();
    let [config] = blocks(&document("guide/models.md"), "json5").try_into().unwrap();
    let file = home.work().join("guide.json5");
    std::fs::File::create(&file).unwrap().write_all(config.as_bytes()).unwrap();
    let file = file.to_str().unwrap();
    Outcrop::at(&home, ["config", "check", "--strict", "--config", file]).run().succeeds();
    let args = ["--emulator", "--config", file, "models", "--json"];
    let found = Outcrop::at(&home, args).run().succeeds().json();
    let of = |id: &str| found["models"].as_array().unwrap().iter().find(|model| model["id"] == id).unwrap();
    let sonnet = of("us.anthropic.claude-sonnet-4-6");
    assert_eq!((&sonnet["maxTokens"], &sonnet["cost"]["output"]), (&32_000.into(), &13.5.into()));
    assert_eq!(of("us.amazon.nova-lite-v1:0")["name"], "Nova, ours");
    assert_eq!(sonnet["regions"].as_array().unwrap().len(), 1);
}

/// Every name of a field in it.
fn fields(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| fields(value, names)),
        Value::Object(object) => {
            for (name, value) in object {
                names.push(name.clone());
                // What is below these goes by names of models and tiers.
                if !["origin", "tiers"].contains(&name.as_str()) {
                    fields(value, names);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn every_field_is_in_the_reference() {
    let (emulator, home, reference) = (Emulator::start(), Home::new(), document("reference/json.md"));
    let sonnet = "us.anthropic.claude-sonnet-4-6";
    for (section, args) in [
        ("models list", &["--json", "--all", "--access"][..]),
        ("models show", &["show", sonnet, "--json"]),
        ("models why", &["why", sonnet, "--json"]),
        ("models status", &["status", "--json"]),
        ("models refresh", &["refresh", "--json"]),
        ("models set", &["set", sonnet, "--json"]),
    ] {
        let found = models(&home, &emulator, args).run().succeeds().json();
        let (_, below) = reference.split_once(&format!("## `{section} --json`\n")).expect(section);
        let text = below.split("\n## ").next().unwrap();
        let mut names = Vec::new();
        match section {
            "models show" => names.extend(["listed", "calledAs"].map(str::to_owned)),
            _ => fields(&found, &mut names),
        }
        names.sort_unstable();
        names.dedup();
        assert!(!names.is_empty(), "{found}");
        for name in names {
            let quoted = [format!("`{name}`"), format!("\"{name}\"")];
            assert!(quoted.iter().any(|it| text.contains(it)), "{name} is not in the section on `{section}`");
        }
    }
}
