//! What a guardrail found, from the service to what `ask --json` prints.

use serde_json::{Value, json};

use crate::support::{Emulator, Finished, Outcrop};

const GUARDRAIL: &str = "emulatorguardrail";

fn ask(emulator: &Emulator, prompt: &str, trace: &str, args: &[&str]) -> Finished {
    let guardrail = json!({ "guardrailIdentifier": GUARDRAIL, "guardrailVersion": "1", "trace": trace });
    let setting = format!("models.providers.\"amazon-bedrock\".guardrail={guardrail}");
    let usual = ["ask", "-m", super::MODEL, prompt, "--set", &setting];
    Outcrop::new(usual.iter().chain(args)).via(emulator).run()
}

/// What the guardrail found in the question.
fn found(answer: &Value) -> &Value {
    &answer["metadata"]["trace"]["guardrail"]["inputAssessment"][GUARDRAIL]
}

#[test]
fn what_a_guardrail_found_is_told_whichever_way_it_is_asked() {
    let emulator = Emulator::start();
    let [streamed, whole] = [&["--json"][..], &["--json", "--no-stream"]]
        .map(|args| ask(&emulator, "Say the forbidden word.", "enabled", args).exits_with(7).json());
    for answer in [&streamed, &whole] {
        assert_eq!(answer["stopReason"], "guardrail_intervened");
        let words = json!([{ "match": "forbidden", "action": "BLOCKED", "detected": true }]);
        assert_eq!(found(answer)["wordPolicy"], json!({ "customWords": words, "managedWordLists": [] }));
        assert_eq!(found(answer)["invocationMetrics"]["guardrailProcessingLatency"], 120);
        assert_eq!(answer["metadata"]["trace"]["guardrail"]["actionReason"], "Guardrail blocked.");
    }
    assert_eq!(streamed["metadata"], whole["metadata"]);
}

#[test]
fn a_guardrail_that_lets_everything_through_tells_what_it_looked_for() {
    let emulator = Emulator::start();
    let answer = ask(&emulator, "Say any word.", "enabled_full", &["--json"]).succeeds().json();
    let word = &found(&answer)["wordPolicy"]["customWords"][0];
    assert_eq!(*word, json!({ "match": "forbidden", "action": "NONE", "detected": false }));
    let output = &answer["metadata"]["trace"]["guardrail"]["outputAssessments"][GUARDRAIL];
    assert_eq!(output.as_array().map(Vec::len), Some(1));
}

#[test]
fn without_a_trace_there_is_none() {
    let emulator = Emulator::start();
    let answer = ask(&emulator, "Say the forbidden word.", "disabled", &["--json"]).exits_with(7).json();
    assert_eq!(answer["metadata"], Value::Null);
}
