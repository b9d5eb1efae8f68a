//! `ask`, with all that it knows.

use serde_json::{Value, json};

use super::{home, outcrop, with};
use crate::support::endpoint::{Endpoint, HEADER, KEY, MODEL, Reply};
use crate::support::{Emulator, Home};

#[test]
fn the_default_model_of_an_endpoint_answers_without_aws() {
    let endpoint = Endpoint::saying("Hello, you.");
    let home = with(&endpoint);
    let run = outcrop(&home, &["ask", "Hi"]).run().succeeds();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("Hello, you.\n", ""));
    let [seen] = endpoint.seen().try_into().unwrap();
    assert_eq!(seen.line, "POST /v1/chat/completions");
    assert_eq!(seen.headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(seen.headers["x-team"], HEADER);
    assert_eq!(seen.body["messages"], json!([{ "role": "user", "content": "Hi" }]));

    // Where there are credentials, they are nobody's business either.
    let emulator = Emulator::start();
    outcrop(&home, &["ask", "Hi"]).via(&emulator).run().succeeds();
    assert!(emulator.requests().is_empty(), "{:?}", emulator.requests());
}

#[test]
fn a_model_is_named_by_its_provider_and_every_setting_is_sent() {
    let endpoint = Endpoint::saying("Yes");
    let home = home(&format!("{{ models: {{ providers: {{ vllm: {} }} }} }}", endpoint.entry("")));
    let model = format!("vllm/{MODEL}");
    let args = [
        "ask",
        "-m",
        &model,
        "-s",
        "Be brief",
        "--max-tokens",
        "50",
        "--temperature",
        "0.2",
        "--top-p",
        "0.9",
    ];
    let more = ["--stop", "END", "--thinking", "high", "--option", "seed=7", "Hi"];
    let run = outcrop(&home, &[&args[..], &more[..]].concat()).run().succeeds();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("Yes\n", ""));
    let body = endpoint.seen().remove(0).body;
    let expected = json!({
        "model": MODEL,
        "messages": [{ "role": "system", "content": "Be brief" }, { "role": "user", "content": "Hi" }],
        "max_tokens": 50, "temperature": 0.2, "top_p": 0.9, "stop": ["END"], "reasoning_effort": "high",
        "stream": true, "stream_options": { "include_usage": true }, "seed": 7,
    });
    assert_eq!(body, expected);
}

#[test]
fn answers_have_all_their_forms() {
    let endpoint = Endpoint::saying("Hello, you.");
    let model = json!([{ "id": MODEL, "cost": { "input": 1.0, "output": 10.0 }, "reasoning": false }]);
    let home = home(&endpoint.config(&format!("models: {model}")));
    let whole = outcrop(&home, &["ask", "--no-stream", "Hi"]).run().succeeds();
    assert_eq!(whole.stdout, "Hello, you.\n");

    let answer = outcrop(&home, &["ask", "--json", "Hi"]).run().succeeds().json();
    assert_eq!((&answer["text"], &answer["model"]), (&json!("Hello, you."), &json!(format!("vllm/{MODEL}"))));
    assert_eq!((&answer["stopReason"], &answer["requestId"]), (&json!("end_turn"), &json!("req-7")));
    assert_eq!(
        (&answer["usage"]["inputTokens"], &answer["usage"]["outputTokens"]),
        (&json!(1000), &json!(100))
    );
    assert_eq!(answer["costUsd"], 0.002, "1000 tokens for a dollar a million, and 100 for ten");
    assert_eq!(answer["warnings"], json!([]));

    let events = outcrop(&home, &["ask", "--events", "Hi"]).run().succeeds().stdout;
    let events: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.len() >= 5, "{events:?}");
    let text: String = events.iter().filter_map(|event| event.pointer("/delta/text")?.as_str()).collect();
    assert_eq!(text, "Hello, you.");

    // Without a price there is none.
    let home = with(&endpoint);
    let answer = outcrop(&home, &["ask", "--json", "Hi"]).run().succeeds().json();
    assert_eq!(answer["costUsd"], Value::Null);
}

#[test]
fn thoughts_are_shown_and_kept_apart() {
    let delta = |delta: Value| json!({ "choices": [{ "index": 0, "delta": delta }] });
    let chunks = [
        delta(json!({ "reasoning_content": "Hm." })),
        delta(json!({ "content": "42" })),
        json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }),
    ];
    let endpoint = Endpoint::start(move |_| Reply::events(&chunks));
    let home = with(&endpoint);
    let answer = outcrop(&home, &["ask", "--json", "--thinking", "low", "Why?"]).run().succeeds().json();
    assert_eq!(answer["text"], "42");
    assert_eq!(answer["content"][0]["text"], "Hm.", "{answer}");
    assert_eq!(answer["usage"], Value::Null, "what is not said is not zero");
}

#[test]
fn files_and_schemas_go_along() {
    let endpoint = Endpoint::saying("{\"city\": \"Bern\"}");
    let home = with(&endpoint);
    let work = home.work();
    let write = |name: &str, bytes: &[u8]| {
        std::io::Write::write_all(&mut std::fs::File::create(work.join(name)).unwrap(), bytes).unwrap();
    };
    write("dot.png", &PNG);
    write("notes.py", b"print(1)");
    write("city.json", br#"{ "type": "object", "properties": { "city": { "type": "string" } } }"#);
    let args = ["ask", "-f", "dot.png", "-f", "notes.py", "--schema", "city.json", "What is it?"];
    let run = outcrop(&home, &args).run().succeeds();
    assert_eq!(run.stdout, "{\"city\": \"Bern\"}\n");
    let body = endpoint.seen().remove(0).body;
    let content = body["messages"][0]["content"].as_array().unwrap();
    assert!(content[0]["image_url"]["url"].as_str().unwrap().starts_with("data:image/png;base64,"), "{body}");
    assert!(body["messages"].to_string().contains("print(1)"), "{body}");
    let schema = &body["response_format"]["json_schema"]["schema"]["properties"]["city"]["type"];
    assert_eq!(schema, "string", "{body}");

    // A model that is known to take texts only is not sent an image.
    let texts = json!([{ "id": MODEL, "input": ["text"] }]);
    let home = self::home(&endpoint.config(&format!("models: {texts}")));
    std::fs::copy(work.join("dot.png"), home.work().join("dot.png")).unwrap();
    let error = outcrop(&home, &["ask", "--json", "-f", "dot.png", "What?"]).run().exits_with(6).error_json();
    assert_eq!(error["error"]["kind"], "Unsupported", "{error}");
    assert_eq!(endpoint.seen().len(), 1);
}

/// The eight bytes that every such file begins with, and its first chunk.
const PNG: [u8; 33] = [
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0,
    1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89,
];

/// The same shape for both, and nobody is asked.
#[test]
fn a_dry_run_shows_what_would_be_sent_to_whomever() {
    let endpoint = Endpoint::saying("Hi");
    let home = with(&endpoint);
    let run = outcrop(&home, &["ask", "--dry-run", "--json", "--thinking", "high", "Hi"]).run().succeeds();
    let of_endpoint = run.json();
    let expected = json!({
        "operation": "createChatCompletion", "modelId": MODEL, "region": null, "endpoint": endpoint.url,
        "body": {
            "model": MODEL, "messages": [{ "role": "user", "content": "Hi" }], "reasoning_effort": "high",
            "stream": true, "stream_options": { "include_usage": true },
        },
        "warnings": [],
    });
    assert_eq!(of_endpoint, expected);
    let bedrock = "us.amazon.nova-lite-v1:0";
    let run = outcrop(&home, &["ask", "--dry-run", "--json", "-m", bedrock, "--region", "us-east-1", "Hi"]);
    let of_bedrock = run.run().succeeds().json();
    assert_eq!(crate::support::members(&of_bedrock), crate::support::members(&of_endpoint));
    assert_eq!(
        (&of_bedrock["operation"], &of_bedrock["region"]),
        (&json!("ConverseStream"), &json!("us-east-1"))
    );
    assert!(endpoint.seen().is_empty());
}

#[test]
fn quirks_of_an_entry_and_of_a_model_count() {
    let endpoint = Endpoint::saying("Hi");
    let model = json!([{ "id": MODEL, "compat": { "maxTokensField": "max_completion_tokens" } }]);
    let more = format!("compat: {{ supportsUsageInStreaming: false }}, models: {model}");
    let home = home(&endpoint.config(&more));
    outcrop(&home, &["ask", "--max-tokens", "9", "Hi"]).run().succeeds();
    let body = endpoint.seen().remove(0).body;
    assert_eq!((&body["max_completion_tokens"], body.get("stream_options")), (&json!(9), None), "{body}");
}

/// The emulator is a closed world, and has no such endpoint.
#[test]
fn the_emulator_stands_in_for_aws_alone() {
    let endpoint = Endpoint::saying("Hi");
    let home: Home = with(&endpoint);
    let error = outcrop(&home, &["--emulator", "ask", "--json", "Hi"]).run().exits_with(6).error_json();
    assert!(error["error"]["message"].as_str().unwrap().contains("stands in for AWS alone"), "{error}");
    let run = outcrop(&home, &["--emulator", "models", "list", "--json"]).run().succeeds();
    assert!(
        run.json()["models"]
            .as_array()
            .unwrap()
            .iter()
            .all(|it| !it["key"].as_str().unwrap().starts_with("vllm/"))
    );
    assert!(endpoint.seen().is_empty());
}
