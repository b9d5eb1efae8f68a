//! The answer as programs read it: `--json` and `--events`.

use serde_json::{Value, json};

use super::{MODEL, ask};
use crate::support::{Emulator, Outcrop, members};

/// The name of a field, and whether a value can be its.
type Field = (&'static str, fn(&Value) -> bool);

/// The fields of an answer.
const FIELDS: [Field; 11] = [
    ("model", Value::is_string),
    ("text", Value::is_string),
    ("content", Value::is_array),
    ("stopReason", Value::is_string),
    ("usage", Value::is_object),
    ("costUsd", Value::is_f64),
    ("requestId", Value::is_string),
    ("firstTokenMs", Value::is_u64),
    ("latencyMs", Value::is_u64),
    ("warnings", Value::is_array),
    ("metadata", Value::is_null),
];

#[test]
fn one_object_has_every_documented_field_and_no_other() {
    let emulator = Emulator::start();
    let run = ask(&emulator, &["--json", "Why is the sky blue?"]).run().succeeds();
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    let answer = run.json();
    let names = members(&answer);
    assert_eq!(names, FIELDS.map(|(name, _)| name));
    for (name, is_right) in FIELDS {
        assert!(is_right(&answer[name]), "`{name}` is {}", answer[name]);
    }
    assert_eq!(answer["model"], format!("amazon-bedrock/{MODEL}"));
    assert_eq!(answer["stopReason"], "end_turn");
    assert_eq!(answer["content"], json!([{ "type": "text", "text": answer["text"] }]));
    assert_eq!(answer["requestId"], emulator.requests()[0]["requestId"]);
    assert_eq!(answer["warnings"], json!([]));
    assert!(answer["firstTokenMs"].as_u64() <= answer["latencyMs"].as_u64(), "{answer}");
    let plain = ask(&emulator, &["Why is the sky blue?"]).run().succeeds();
    assert_eq!(format!("{}\n", answer["text"].as_str().unwrap()), plain.stdout);
}

#[test]
fn usage_is_in_disjoint_buckets_and_has_its_price() {
    let emulator = Emulator::start();
    let usage = json!({
        "inputTokens": 1000, "outputTokens": 200, "totalTokens": 4200,
        "cacheReadInputTokens": 2500, "cacheWriteInputTokens": 500,
    });
    let reply = json!({ "content": [{ "text": "Counted." }], "usage": usage });
    emulator.scenario(&json!({ "rules": [{ "reply": reply }] }));
    for mode in [&["--json"][..], &["--json", "--no-stream"]] {
        let answer = ask(&emulator, mode).arg("Count").run().succeeds().json();
        let expected = json!({
            "inputTokens": 1000, "outputTokens": 200, "cacheReadTokens": 2500, "cacheWriteTokens": 500,
            "totalTokens": 4200,
        });
        assert_eq!(answer["usage"], expected, "{mode:?}");
        // US dollars per million tokens, from the price list of Amazon Bedrock: 0.06 in, 0.24 out, 0.015 read from
        // the cache; writing to it costs what reading the prompt costs.
        let dollars = (1000.0 * 0.06 + 200.0 * 0.24 + 2500.0 * 0.015 + 500.0 * 0.06) / 1e6;
        let cost = answer["costUsd"].as_f64().unwrap();
        assert!((cost - dollars).abs() < 1e-12, "{mode:?}: {cost} is not {dollars}");
    }
}

#[test]
fn without_a_stream_no_token_was_the_first() {
    let emulator = Emulator::start();
    let answer = ask(&emulator, &["--json", "--no-stream", "Hello"]).run().succeeds().json();
    assert_eq!(answer["firstTokenMs"], Value::Null);
    assert!(answer["latencyMs"].is_u64(), "{answer}");
    assert_eq!(answer["requestId"], emulator.requests()[0]["requestId"]);
}

#[test]
fn the_price_is_that_of_the_region_of_the_call() {
    let emulator = Emulator::start();
    // In US dollars per million tokens: Nova Lite in GovCloud, Qwen3 Next in Oregon and in London.
    for (model, home, input, output) in [
        ("amazon.nova-lite-v1:0", "us-gov-west-1", 0.072, 0.288),
        ("qwen.qwen3-next-80b-a3b", "us-west-2", 0.15, 1.2),
        ("qwen.qwen3-next-80b-a3b@eu-west-2", "us-west-2", 0.23, 1.86),
    ] {
        let run =
            Outcrop::new(["ask", "--json", "-m", model, "Hello"]).via(&emulator).env("AWS_REGION", home);
        let answer = run.run().succeeds().json();
        let tokens = |bucket: &str| answer["usage"][bucket].as_f64().unwrap();
        let dollars = (tokens("inputTokens") * input + tokens("outputTokens") * output) / 1e6;
        let cost = answer["costUsd"].as_f64().unwrap();
        assert!((cost - dollars).abs() < 1e-12, "{model} in {home}: {cost} is not {dollars}");
    }
}

#[test]
fn the_price_is_the_configured_one_if_there_is_one() {
    let emulator = Emulator::start();
    let set = format!(
        r#"models.providers.amazon-bedrock.models=[{{ id: "{MODEL}", cost: {{ input: 1000000, output: 0 }} }}]"#
    );
    let answer = ask(&emulator, &["--json", "--set", &set, "Hello"]).run().succeeds().json();
    assert_eq!(answer["costUsd"].as_f64(), answer["usage"]["inputTokens"].as_f64(), "{answer}");
}

#[test]
fn events_follow_the_grammar_and_add_up_to_the_text() {
    let emulator = Emulator::start();
    let run = ask(&emulator, &["--events", "Why is the sky blue?"]).run().succeeds();
    assert_eq!(run.stderr, "");
    let events: Vec<Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect();
    let kinds: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    let (deltas, edges): (Vec<&str>, Vec<&str>) = kinds.iter().partition(|kind| **kind == "delta");
    assert_eq!(edges, ["start", "open", "close", "end"]);
    assert!(deltas.len() > 1, "{kinds:?}");
    assert_eq!((kinds.first(), kinds.last()), (Some(&"start"), Some(&"end")));
    let request_id = &emulator.requests()[0]["requestId"];
    assert_eq!((&events[0]["requestId"], &events[events.len() - 1]["requestId"]), (request_id, request_id));

    let text: String = events.iter().filter_map(|event| event["delta"]["text"].as_str()).collect();
    let plain = ask(&emulator, &["Why is the sky blue?"]).run().succeeds();
    assert_eq!(format!("{text}\n"), plain.stdout);
}

#[test]
fn one_format_at_a_time() {
    for both in [["--json", "--events"], ["--events", "--no-stream"]] {
        Outcrop::new(["--emulator", "ask", "Hello"]).arg(both[0]).arg(both[1]).run().exits_with(2);
    }
}
