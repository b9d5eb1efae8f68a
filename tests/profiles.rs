//! Models that are called through an inference profile only, by people who do not know that: what is known beforehand
//! is called right at once, and what AWS refuses is called right the second time, and ever after.

mod known;
mod learnt;

use serde_json::{Value, json};

use crate::support::{Emulator, Home, Outcrop};

/// The two ways to ask: the operation, and the flags.
const WAYS: [(&str, &[&str]); 2] = [("ConverseStream", &[]), ("Converse", &["--no-stream"])];

/// `outcrop ask -m MODEL Hello`.
fn ask(home: &Home, emulator: &Emulator, model: &str) -> Outcrop {
    Outcrop::at(home, ["ask", "-m", model, "Hello"]).via(emulator)
}

/// The ids that an operation was called with, in the order of time.
#[track_caller]
fn called(emulator: &Emulator, operation: &str) -> Vec<String> {
    let requests = emulator.requests_of(operation);
    requests.iter().map(|request| request["modelId"].as_str().unwrap().to_owned()).collect()
}

/// The ways of AWS to write the apostrophe in its refusal.
const APOSTROPHES: [char; 2] = ['’', '\''];

/// What AWS says to a bare id of a model that is called through a profile only.
fn refusal(model: &str, apostrophe: char) -> Value {
    let message = format!(
        "Invocation of model ID {model} with on-demand throughput isn{apostrophe}t supported. Retry your request with \
         the ID or ARN of an inference profile that contains this model."
    );
    json!({ "type": "error", "status": 400, "code": "ValidationException", "message": message })
}

/// Makes AWS refuse these ids.
#[track_caller]
fn refuse(emulator: &Emulator, models: &[&str], apostrophe: char) {
    let rule = |model: &&str| json!({ "match": { "model": model }, "fault": refusal(model, apostrophe) });
    emulator.scenario(&json!({ "rules": models.iter().map(rule).collect::<Vec<_>>() }));
}
