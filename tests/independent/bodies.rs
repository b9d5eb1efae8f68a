//! The bodies that we send, against the model of the service that AWS publishes with boto3.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Emulator, Finished, Home, Outcrop, Started, bodies, python};

const MODEL: &str = "us.amazon.nova-lite-v1:0";

fn validate(lines: &str) -> Finished {
    let mut validator = Started::new(&mut python::client("validate_bedrock_json.py"), &Home::new());
    validator.write(lines.as_bytes());
    validator.finish()
}

#[test]
fn what_ask_sends_is_what_the_service_takes() {
    let emulator = Emulator::start();
    let every_flag = [
        "ask",
        "-m",
        MODEL,
        "-s",
        "Be brief.",
        "--max-tokens",
        "64",
        "--temperature",
        "0.7",
        "--top-p",
        "0.9",
        "--stop",
        "END",
        "Why is the sky blue?",
    ];
    Outcrop::new(every_flag).via(&emulator).run().succeeds();
    Outcrop::new(every_flag).arg("--no-stream").via(&emulator).run().succeeds();
    Outcrop::new(["ask", "-m", MODEL, "Summarise:"])
        .stdin("A text of  two lines\nand an emoji 🦀\n")
        .via(&emulator)
        .run()
        .succeeds();

    let (streamed, whole) = (emulator.requests_of("ConverseStream"), emulator.requests_of("Converse"));
    assert_eq!((streamed.len(), whole.len()), (2, 1));
    let inference = json!({ "maxTokens": 64, "temperature": 0.7, "topP": 0.9, "stopSequences": ["END"] });
    assert_eq!(streamed[0]["body"]["inferenceConfig"], inference, "numbers go out as they were typed");
    assert_eq!(streamed[0]["body"], whole[0]["body"], "streaming changes the operation, not the body");

    let finished = validate(&bodies::lines(&emulator.requests())).succeeds();
    assert!(finished.stdout.contains("3 bodies checked, 0 findings"), "{}", finished.stdout);
}

/// The bodies that the provider's own tests hold its encoder against.
const ENCODED: [&str; 2] = [
    include_str!("../../crates/provider-bedrock/tests-data/documented.json"),
    include_str!("../../crates/provider-bedrock/tests-data/kinds.json"),
];

/// The bodies of the provider's table of request cases, with the shapes of their operations.
fn request_cases() -> impl Iterator<Item = (Value, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../provider-bedrock/tests-data/requests");
    let files = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    files.flat_map(|path| {
        let text = std::fs::read_to_string(&path).unwrap();
        let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
        cases.into_iter().filter(|case| !case["body"].is_null()).map(|case| {
            let operation = case["operation"].as_str().unwrap_or("Converse");
            (format!("{operation}Request").into(), case["body"].clone())
        })
    })
}

#[test]
fn what_the_provider_can_encode_is_what_the_service_takes() {
    let cases = ENCODED.iter().flat_map(|text| serde_json::from_str::<Vec<Value>>(text).unwrap());
    let encoded = cases.map(|case| (case["shape"].clone(), case["body"].clone()));
    let bodies: Vec<_> = encoded
        .chain(request_cases())
        .map(|(shape, body)| json!({ "service": "bedrock-runtime", "shape": shape, "body": body }))
        .collect();
    assert!(bodies.len() > ENCODED.len());
    let lines: Vec<_> = bodies.iter().map(Value::to_string).collect();
    let finished = validate(&lines.join("\n")).succeeds();
    let expected = format!("{} bodies checked, 0 findings", bodies.len());
    assert!(finished.stdout.contains(&expected), "{}", finished.stdout);
}

#[test]
fn the_validator_finds_what_the_service_would_refuse() {
    let check = |body: &Value| {
        let line = json!({ "service": "bedrock-runtime", "shape": "ConverseRequest", "body": body });
        validate(&line.to_string())
    };
    let good = json!({ "messages": [{ "role": "user", "content": [{ "text": "Hello." }] }] });
    check(&good).succeeds();
    for (wrong, finding) in [
        (json!({ "messages": [{ "role": "user", "content": [{}] }] }), "exactly one member"),
        (json!({ "messages": [{ "role": "tool", "content": [] }] }), "is none of ConversationRole"),
        (json!({ "messages": [{ "content": [] }] }), "role is missing"),
        (json!({ "message": [] }), "not a member of ConverseRequest"),
        (json!({ "system": [{ "text": "" }] }), "is below 1"),
        (json!({ "inferenceConfig": { "maxTokens": 1.5 } }), "expected an integer"),
        (
            json!({ "toolConfig": { "tools": [{ "toolSpec": { "name": "a b", "inputSchema": { "json": {} } } }] } }),
            "pattern",
        ),
    ] {
        let finished = check(&wrong).exits_with(1);
        assert!(finished.stdout.contains(finding), "{finding} is not in {}", finished.stdout);
    }
    validate("").exits_with(2);
}
