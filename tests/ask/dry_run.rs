//! `--dry-run`: what would be sent, without sending it.

use std::fs::File;

use serde_json::{Value, json};

use super::ask;
use crate::support::{Emulator, Home, Outcrop};

const FLAGS: [&str; 8] = ["-s", "Be brief.", "--temperature", "0.7", "--max-tokens", "64", "--stop", "END"];

#[test]
fn it_prints_the_body_that_would_be_sent_and_sends_nothing() {
    let emulator = Emulator::start();
    for mode in [&[][..], &["--no-stream"]] {
        emulator.forget_requests();
        let args = [&FLAGS[..], mode, &["Hello"]].concat();
        let shown = ask(&emulator, &args).arg("--dry-run").run().succeeds();
        assert_eq!((shown.stderr.as_str(), emulator.requests().len()), ("", 0));
        ask(&emulator, &args).run().succeeds();
        let [sent]: [Value; 1] = emulator.requests().try_into().unwrap();
        let shown = shown.json();
        // As texts: the order of the members is part of it.
        assert_eq!(shown["body"].to_string(), sent["body"].to_string());
        assert_eq!(shown["operation"], sent["operation"]);
        assert_eq!(shown["modelId"], sent["modelId"]);
    }
}

/// With everything that the rules change on the way.
#[test]
fn whatever_is_asked_for_the_body_is_the_one_that_is_sent() {
    const CLAUDE: &str = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
    let home = Home::new();
    let write = |name: &str, content: &str| {
        std::io::Write::write_all(&mut File::create(home.work().join(name)).unwrap(), content.as_bytes())
            .unwrap();
    };
    write(
        "schema.json",
        r#"{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}"#,
    );
    write("table.csv", "a,b\n1,2\n");
    let manual = "Turn the handle until it stops. ".repeat(2000);
    let settings = ["--temperature", "0.7", "--top-p", "0.9", "--max-tokens", "999999", "--stop", "END"];
    for (model, args) in [
        (CLAUDE, &["--thinking", "high", "-f", "table.csv", "--cache", "1h", "-s", &manual][..]),
        (CLAUDE, &["--schema", "schema.json", "--cache", "5m", "-s", &manual]),
        (super::MODEL, &["--schema", "schema.json", "--guardrail", "emulatorguardrail:1", "-f", "table.csv"]),
        ("us.amazon.nova-2-lite-v1:0", &["--thinking", "max", "--cache", "5m", "-s", &manual]),
        ("us.openai.gpt-5.6-sol", &["--thinking", "off", "-f", "table.csv"]),
    ] {
        for mode in [&[][..], &["--no-stream"]] {
            let emulator = Emulator::start();
            let args = [&["ask", "-m", model, "How much?"][..], &settings, args, mode].concat();
            let shown = Outcrop::at(&home, &args).arg("--dry-run").via(&emulator).run().succeeds().json();
            Outcrop::at(&home, &args).via(&emulator).run().succeeds();
            let [sent]: [Value; 1] = emulator.requests().try_into().unwrap();
            assert_eq!(shown["body"].to_string(), sent["body"].to_string(), "{args:?}");
        }
    }
}

#[test]
fn it_needs_no_credentials_and_is_the_same_each_time() {
    let shown = || {
        let run =
            Outcrop::new(["ask", "--dry-run", "-m", "anthropic.claude-sonnet-4-6", "--top-p", "1.5", "Hi"]);
        run.env("AWS_REGION", "eu-central-1").run().succeeds()
    };
    let run = shown();
    assert_eq!(run.stderr, "");
    assert_eq!(run.stdout, shown().stdout);
    insta::assert_snapshot!(run.stdout, @r#"
    {
      "operation": "ConverseStream",
      "modelId": "eu.anthropic.claude-sonnet-4-6",
      "region": "eu-central-1",
      "endpoint": "https://bedrock-runtime.eu-central-1.amazonaws.com",
      "body": {
        "messages": [
          {
            "role": "user",
            "content": [
              {
                "text": "Hi"
              }
            ]
          }
        ],
        "inferenceConfig": {
          "topP": 1.0
        }
      },
      "warnings": [
        {
          "rule": "called-as",
          "message": "`anthropic.claude-sonnet-4-6` is called through the inference profile `eu.anthropic.claude-sonnet-4-6`"
        },
        {
          "rule": "sampling-range",
          "message": "set `topP` to 1: 1.5 is not within 0 and 1"
        }
      ]
    }
    "#);
}

#[test]
fn on_one_line_it_is_the_same() {
    let emulator = Emulator::start();
    let pretty = ask(&emulator, &["--dry-run", "Hello"]).run().succeeds();
    let line = ask(&emulator, &["--dry-run", "--json", "Hello"]).run().succeeds();
    assert_eq!(line.stdout.lines().count(), 1);
    assert_eq!(line.json(), pretty.json());
    let names: Vec<_> = pretty.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["operation", "modelId", "region", "endpoint", "body", "warnings"]);
}

#[test]
fn what_would_be_refused_is_refused() {
    let emulator = Emulator::start();
    ask(&emulator, &["--dry-run", "--events", "Hello"]).run().exits_with(2);
    let wrong = json!({ "guardrailVersion": "1" });
    let run = ask(&emulator, &["--dry-run", "Hello"])
        .arg("--set")
        .arg(format!("models.providers.amazon-bedrock.guardrail={wrong}"));
    let run = run.run().exits_with(3);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("guardrailIdentifier"), "{}", run.stderr);
}
