//! The examples of `outcrop-provider-bedrock`: each runs against the emulator, and says what it promises.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Emulator, Finished, Home, Started};

/// An example, as `cargo test --workspace` built it beside the binary.
#[track_caller]
fn run(example: &str, emulator: &Emulator) -> Finished {
    let program = Path::new(env!("CARGO_BIN_EXE_outcrop"))
        .with_file_name("examples")
        .join(format!("{example}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.exists(),
        "run `cargo build --package outcrop-provider-bedrock --example {example}` first"
    );
    let mut command = Command::new(program);
    command.env_clear().env("AWS_EC2_METADATA_DISABLED", "true").envs(emulator.variables());
    Started::new(&mut command, &Home::new()).finish().succeeds()
}

/// The bodies of all Converse and ConverseStream requests, oldest first.
fn bodies(emulator: &Emulator) -> Vec<Value> {
    emulator.requests().into_iter().map(|mut request| request["body"].take()).collect()
}

#[test]
fn stream_prints_the_answer_and_what_it_used() {
    let emulator = Emulator::start();
    let content = [json!({ "text": "The air scatters blue light." })];
    let reply = json!({ "match": "next", "reply": { "content": content } });
    emulator.scenario(&json!({ "rules": [reply] }));
    let finished = run("stream", &emulator);
    assert_eq!(finished.stdout, "The air scatters blue light.\n");
    assert!(finished.stderr.starts_with("end_turn: "), "{}", finished.stderr);
    assert!(finished.stderr.ends_with(" out\n"), "{}", finished.stderr);
    assert_eq!(emulator.requests_of("ConverseStream").len(), 1);
}

#[test]
fn the_tools_loop_runs_tools_side_by_side_and_keeps_the_thoughts() {
    let emulator = Emulator::start();
    let call = |name: &str, city: &str| json!({ "toolUse": { "name": name, "toolUseId": format!("{name}-{city}"), "input": { "city": city } } });
    let turns = [
        vec![json!({ "reasoning": "I need both." }), call("weather", "Lisbon"), call("weather", "Oslo")],
        vec![json!({ "reasoning": "Lisbon it is." }), call("local_time", "Lisbon")],
        vec![json!({ "text": "It is warmer in Lisbon, at half past 6." })],
    ];
    let rules: Vec<_> =
        turns.iter().map(|content| json!({ "match": "next", "reply": { "content": content } })).collect();
    emulator.scenario(&json!({ "rules": rules }));

    let finished = run("tools_loop", &emulator);
    let expected = "\
        thinks: I need both.\n\
        calls: weather({\"city\":\"Lisbon\"})\n\
        calls: weather({\"city\":\"Oslo\"})\n\
        thinks: Lisbon it is.\n\
        calls: local_time({\"city\":\"Lisbon\"})\n\
        says: It is warmer in Lisbon, at half past 6.\n";
    assert_eq!(finished.stdout, expected);

    let [_, second, third] = bodies(&emulator).try_into().unwrap();
    let result = |call: &str, text: &str| {
        let content = [json!({ "text": text })];
        json!({ "toolResult": { "toolUseId": call, "content": content } })
    };
    let results =
        [result("weather-Lisbon", "Lisbon: 16 degrees"), result("weather-Oslo", "Oslo: 14 degrees")];
    assert_eq!(second["messages"][2], json!({ "role": "user", "content": results }));
    // The emulator refuses thoughts of which a byte was changed.
    for (turn, thought) in [(1, "I need both."), (3, "Lisbon it is.")] {
        let thoughts = &third["messages"][turn]["content"][0]["reasoningContent"]["reasoningText"];
        assert_eq!(thoughts["text"], thought);
        assert!(thoughts["signature"].as_str().is_some_and(|signature| !signature.is_empty()), "{thoughts}");
    }
}

/// Without a script, too: whatever the emulator says, the loop comes to an end.
#[test]
fn the_tools_loop_ends_by_itself() {
    let finished = run("tools_loop", &Emulator::start());
    assert!(finished.stdout.contains("calls: "), "{}", finished.stdout);
    assert!(finished.stdout.lines().last().unwrap().starts_with("says: "), "{}", finished.stdout);
}

#[test]
fn images_shows_a_picture_that_is_one() {
    let emulator = Emulator::start();
    emulator.scenario(&json!({ "rules": [{ "reply": { "content": [{ "text": "Red, and then blue." }] } }] }));
    let finished = run("images", &emulator);
    let (shown, said) = finished.stdout.split_once('\n').unwrap();
    assert!(shown.starts_with("shows a picture of ") && shown.ends_with(" bytes"), "{shown}");
    assert_eq!(said, "Red, and then blue.\n");
    let [body] = bodies(&emulator).try_into().unwrap();
    let image = &body["messages"][0]["content"][0]["image"];
    assert_eq!(image["format"], "png");
    // The signature of a PNG file, its header of 32 by 32 pixels, and the checksum of that.
    let header = "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2j";
    let bytes = image["source"]["bytes"].as_str().unwrap();
    assert!(bytes.starts_with(header), "{bytes}");
}

#[test]
fn structured_output_reads_the_answer_into_a_type() {
    let emulator = Emulator::start();
    let answer = r#"{"summary":"Two appliances fail.","urgency":"high","products":["kettle","toaster"]}"#;
    emulator
        .scenario(&json!({ "rules": [{ "match": "next", "reply": { "content": [{ "text": answer }] } }] }));
    let expected = "summary: Two appliances fail.\nurgency: High\nproducts: kettle, toaster\n";
    assert_eq!(run("structured_output", &emulator).stdout, expected);
    let [body] = bodies(&emulator).try_into().unwrap();
    let schema = body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"].as_str().unwrap();
    let schema: Value = serde_json::from_str(schema).unwrap();
    assert_eq!(schema["properties"]["urgency"], json!({ "enum": ["low", "high"] }));

    // Without a script, too: the emulator goes by the schema alone.
    let finished = run("structured_output", &emulator);
    let names: Vec<_> = finished.stdout.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    assert_eq!(names, ["summary", "urgency", "products"], "{}", finished.stdout);
}
