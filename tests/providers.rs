//! `outcrop providers`: which there are, and what they have proved.

use outcrop_conformance::Report;
use serde_json::{Value, json};

use crate::architecture::workspace;
use crate::support::{Emulator, Finished, Home, Outcrop};

const MODEL: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/// The scenarios of a report that did not pass, by name.
fn exceptions(report: &Value) -> Vec<(&str, &str)> {
    let results = report["results"].as_array().unwrap().iter();
    let exceptions = results.filter(|result| result["outcome"] != "passed");
    exceptions.map(|it| (it["name"].as_str().unwrap(), it["outcome"].as_str().unwrap())).collect()
}

fn live(emulator: &Emulator, args: &[&str]) -> Finished {
    Outcrop::new(["providers", "check", "--live"].iter().chain(args)).via(emulator).run()
}

#[test]
fn entries_are_listed_and_then_what_is_compiled_in_without_one() {
    let run = Outcrop::new(["providers", "list"]).run().succeeds();
    assert_eq!(
        run.stdout,
        " ID              API                      CRATE\n \
         amazon-bedrock  bedrock-converse-stream  outcrop-provider-bedrock\n \
         -               openai-completions       outcrop-provider-openai\n"
    );
    let home = Home::new();
    let providers = json!({
        "local": { "api": "openai-completions", "baseUrl": "http://127.0.0.1:1/v1", "apiKey": "a-secret-key" },
        "other": { "baseUrl": "http://127.0.0.1:1/v1" },
    });
    home.plant("config/outcrop/config.json5", &json!({ "models": { "providers": providers } }).to_string());
    let run = Outcrop::at(&home, ["providers", "list", "--json"]).run().succeeds();
    assert_eq!(
        run.json(),
        json!([
            { "id": "amazon-bedrock", "api": "bedrock-converse-stream", "crate": "outcrop-provider-bedrock" },
            { "id": "local", "api": "openai-completions", "crate": "outcrop-provider-openai" },
            { "id": "other", "api": null, "crate": null },
        ])
    );
}

#[test]
fn every_provider_passes_the_kit_every_skip_says_why_and_the_reference_tells_it() {
    // Not even a configuration that is wrong has a say: what is proved is the program.
    let home = Home::new();
    home.plant("config/outcrop/config.json5", "{ models: ");
    let report = Outcrop::at(&home, ["providers", "check", "--json"]).run().succeeds().json();
    assert_eq!(report["ok"], true);
    let reports = report["reports"].as_array().unwrap();
    let names: Vec<_> = reports.iter().map(|report| report["provider"].as_str().unwrap()).collect();
    assert_eq!(names, ["amazon-bedrock", "openai-compatible"]);
    for report in reports {
        assert!(report["results"].as_array().unwrap().len() > 70);
        for result in report["results"].as_array().unwrap() {
            let skipped = result["outcome"] == "skipped";
            assert_eq!(
                result["reason"].as_str().is_some_and(|reason| !reason.is_empty()),
                skipped,
                "{result}"
            );
            assert!(skipped || result["outcome"] == "passed", "{result}");
        }
        assert!(exceptions(report).len() < 6, "{:?}", exceptions(report));
    }
    let reports: Vec<Report> = serde_json::from_value(report["reports"].clone()).unwrap();
    let page = std::fs::read_to_string(workspace().join("docs/reference/conformance.md")).unwrap();
    assert!(page.ends_with(&Report::side_by_side(&reports)), "run `cargo xtask schema`");
}

#[test]
fn a_model_is_called_for_real_as_often_as_is_said() {
    let emulator = Emulator::start();
    let run = live(&emulator, &["-m", MODEL]).succeeds();
    assert_eq!(
        run.stdout,
        format!(
            "amazon-bedrock ({MODEL})\nok    text\nok    usage\nok    stop_reason\nok    whole_answer\nok    system_prompt\n\
             ok    tool_call\nok    cancel_the_answer\nok    unknown_model\nok    catalog\n\
             9 passed, 0 skipped, 0 failed\n"
        )
    );
    assert_eq!(
        run.stderr,
        format!(
            "note: calls `amazon-bedrock/{MODEL}` 6 times, for a few words each, and asks for the list of models\n"
        )
    );
    let calls = emulator.requests_of("Converse").len() + emulator.requests_of("ConverseStream").len();
    assert_eq!(calls, 6);
}

#[test]
fn the_embedded_emulator_will_do() {
    let run = Outcrop::new(["--emulator", "providers", "check", "--live", "--json"]).run().succeeds();
    let report = run.json();
    assert_eq!((report["ok"].as_bool(), exceptions(&report["reports"][0])), (Some(true), vec![]));
}

#[test]
fn what_fails_is_told_and_ends_with_1() {
    let emulator = Emulator::start();
    let run = live(&emulator, &["-m", "nobody.has-this-v1:0"]).exits_with(1);
    assert!(run.stdout.contains("fail  text\n      - the call fails: ModelNotFound ("), "{}", run.stdout);
    assert!(run.stdout.contains("skip  usage: not tried: the first call failed\n"), "{}", run.stdout);
    let json = live(&emulator, &["-m", "nobody.has-this-v1:0", "--json"]).exits_with(1).json();
    assert_eq!(json["ok"], false);
    assert_eq!(exceptions(&json["reports"][0])[0], ("text", "failed"));
    // Without credentials there is nobody to call.
    let run = Outcrop::new(["providers", "check", "--live", "-m", MODEL]).run();
    assert_ne!(run.code, Some(0));
    Outcrop::new(["providers", "check", "-m", MODEL]).run().exits_with(2);
}
