//! `--cache`: what a long prompt costs the first time, and the second.

use serde_json::{Value, json};

use crate::support::{Emulator, Finished, Outcrop};

/// A model that caches prefixes of 4,096 tokens and more, for an hour too.
const CLAUDE: &str = "us.anthropic.claude-haiku-4-5-20251001-v1:0";

/// More than that by any way to count.
fn manual() -> String {
    "Turn the handle until it stops. ".repeat(2000)
}

fn ask(emulator: &Emulator, args: &[&str], question: &str) -> Finished {
    let manual = manual();
    let fixed = ["ask", "-m", CLAUDE, "--json", "-s", &manual, question];
    Outcrop::new(fixed.iter().chain(args)).via(emulator).run().succeeds()
}

#[test]
fn a_long_prompt_is_written_once_and_read_from_then_on() {
    for (time, point) in [
        ("5m", json!({ "cachePoint": { "type": "default" } })),
        ("1h", json!({ "cachePoint": { "type": "default", "ttl": "1h" } })),
    ] {
        for mode in [&[][..], &["--no-stream"]] {
            let emulator = Emulator::start();
            let args = [&["--cache", time], mode].concat();
            let [first, second] =
                ["How do I open it?", "And close it?"].map(|question| ask(&emulator, &args, question).json());
            let requests = emulator.requests();
            for request in &requests {
                assert_eq!(request["body"]["system"][1], point, "{time}: {request}");
            }
            let tokens = |answer: &Value, bucket: &str| answer["usage"][bucket].as_u64().unwrap_or_default();
            let written = tokens(&first, "cacheWriteTokens");
            assert!(written > 4096 && tokens(&first, "cacheReadTokens") == 0, "{time}: {first}");
            let read = tokens(&second, "cacheReadTokens");
            assert!(read > 4096, "{time}: {second}");
            // The question is another one: only what the system prompt holds is read.
            assert!(tokens(&second, "cacheWriteTokens") < 100, "{time}: {second}");
            let [dear, cheap] = [&first, &second].map(|answer| answer["costUsd"].as_f64().unwrap());
            assert!(cheap * 5.0 < dear, "{time}: {cheap} after {dear}");
            assert_eq!((&first["warnings"], &second["warnings"]), (&json!([]), &json!([])));
        }
    }
}

#[test]
fn without_it_nothing_is_cached() {
    let emulator = Emulator::start();
    for args in [&[][..], &["--cache", "off"]] {
        let answer = ask(&emulator, args, "How do I open it?").json();
        assert_eq!(answer["usage"]["cacheWriteTokens"].as_u64().unwrap_or_default(), 0, "{answer}");
    }
    for request in emulator.requests() {
        assert!(!request["body"].to_string().contains("cachePoint"), "{request}");
    }
}

#[test]
fn what_is_too_short_to_be_cached_or_for_a_model_that_caches_nothing_has_no_point_and_a_reason() {
    let emulator = Emulator::start();
    let manual = manual();
    for (args, reason) in [
        (["-m", CLAUDE, "-s", "Be brief."], "this model caches none below 4096"),
        (["-m", "us.meta.llama4-maverick-17b-instruct-v1:0", "-s", &manual], "this model takes none"),
    ] {
        let run =
            Outcrop::new(["ask", "--cache", "1h", "--json", "Hello"].iter().chain(&args)).via(&emulator);
        let answer = run.run().succeeds().json();
        let said = answer["warnings"].as_array().unwrap().iter();
        let said: Vec<_> =
            said.filter(|warning| warning["rule"].as_str().unwrap().starts_with("cache")).collect();
        assert!(said.len() == 1 && said[0]["rule"] == "cache-without-effect", "{answer}");
        assert!(said[0]["message"].as_str().unwrap().ends_with(reason), "{answer}");
    }
    for request in emulator.requests() {
        assert!(!request["body"].to_string().contains("cachePoint"), "{request}");
    }
}
