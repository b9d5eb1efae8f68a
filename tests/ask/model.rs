//! Which model is called, by which id, and what is said about it.

use crate::support::{Emulator, Finished, Home, Outcrop};

#[track_caller]
fn ask(emulator: &Emulator, model: &str) -> Finished {
    Outcrop::new(["ask", "-m", model, "Hello"]).via(emulator).run()
}

/// The ids that were called, as the service saw them.
fn called(emulator: &Emulator) -> Vec<String> {
    let requests = emulator.requests_of("ConverseStream");
    requests.iter().map(|request| request["modelId"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn if_nobody_names_a_model_the_best_one_is_asked_and_named() {
    let emulator = Emulator::start();
    let run = Outcrop::new(["ask", "Hello"]).via(&emulator).run().succeeds();
    let [called] = called(&emulator).try_into().unwrap();
    assert!(called.starts_with("us.anthropic.claude-sonnet-"), "{called}");
    let note = format!("note: no default model is configured: asking `{called}`");
    assert!(run.stderr.contains(&note), "{}", run.stderr);
}

#[test]
fn the_configured_model_is_asked_without_a_word() {
    let emulator = Emulator::start();
    let run = Outcrop::new(["ask", "Hello"])
        .via(&emulator)
        .env("OUTCROP_MODEL", "amazon-bedrock/us.amazon.nova-micro-v1:0")
        .run()
        .succeeds();
    assert_eq!(run.stderr, "");
    assert_eq!(called(&emulator), ["us.amazon.nova-micro-v1:0"]);
    assert!(emulator.requests_of("ListFoundationModels").is_empty(), "nothing had to be listed");
}

#[test]
fn ids_are_called_as_they_can_be() {
    let profile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/z9y8x7w6v5u4";
    let system = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0";
    let foundation = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0";
    let cases = [
        // As they are, in silence.
        ("us.amazon.nova-lite-v1:0", "us.amazon.nova-lite-v1:0"),
        ("amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ("amazon-bedrock/us.amazon.nova-lite-v1:0", "us.amazon.nova-lite-v1:0"),
        (profile, profile),
        (system, system),
        (foundation, foundation),
        // By another id, with a note.
        ("anthropic.claude-sonnet-4-6", "us.anthropic.claude-sonnet-4-6"),
        ("us.anthropic.claude-opus-4-6-v1:0", "us.anthropic.claude-opus-4-6-v1"),
    ];
    for listed_before in [false, true] {
        for (asked, expected) in cases {
            let (emulator, home) = (Emulator::start(), Home::new());
            if listed_before {
                Outcrop::at(&home, ["models", "list"]).via(&emulator).run().succeeds();
            }
            let run = Outcrop::at(&home, ["ask", "-m", asked, "Hello"]).via(&emulator).run().succeeds();
            let context = format!("{asked}, listed before: {listed_before}: {}", run.stderr);
            assert_eq!(called(&emulator), [expected], "{context}");
            if asked.ends_with(expected) {
                assert_eq!(run.stderr, "", "{context}");
            } else {
                let (asked, expected) = (format!("`{asked}`"), format!("`{expected}`"));
                let told = run.stderr.starts_with("note:")
                    && run.stderr.contains(&asked)
                    && run.stderr.contains(&expected);
                assert!(told && run.stderr.lines().count() == 1, "{context}");
            }
        }
    }
}

#[test]
fn the_id_that_was_called_is_told_to_programs_too() {
    let emulator = Emulator::start();
    let run = Outcrop::new(["ask", "--json", "-m", "anthropic.claude-sonnet-4-6", "Hello"])
        .via(&emulator)
        .run()
        .succeeds();
    let answer = run.json();
    assert_eq!(answer["model"], "amazon-bedrock/us.anthropic.claude-sonnet-4-6");
    assert_eq!(answer["warnings"][0]["rule"], "called-as");
    assert_eq!(run.stderr, "");
}

#[test]
fn asking_a_named_model_lists_nothing() {
    let emulator = Emulator::start();
    ask(&emulator, "anthropic.claude-sonnet-4-6").succeeds();
    let operations: Vec<_> =
        emulator.requests().into_iter().map(|request| request["operation"].clone()).collect();
    assert_eq!(operations, ["ConverseStream"]);
}

#[test]
fn a_model_of_another_region_is_called_there() {
    let emulator = Emulator::start();
    let run = Outcrop::new(["ask", "-m", "amazon.nova-lite-v1:0@eu-west-1", "Hello"]).via(&emulator).run();
    run.succeeds();
    let [request] = emulator.requests().try_into().unwrap();
    let request: serde_json::Value = request;
    assert_eq!(
        (&request["region"], &request["modelId"]),
        (&"eu-west-1".into(), &"amazon.nova-lite-v1:0".into())
    );
}

#[test]
fn an_unknown_model_is_not_found_and_the_way_to_a_known_one_is_shown() {
    let emulator = Emulator::start();
    for model in ["us.amazon.nova-light-v1:0", "amazon.nova-9", "nonsense"] {
        let run = ask(&emulator, model).exits_with(5);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.contains("hint:") && run.stderr.contains("outcrop models list"), "{}", run.stderr);
        let requests = emulator.requests_of("ConverseStream");
        let request_id = requests.last().unwrap()["requestId"].as_str().unwrap();
        assert!(run.stderr.contains(request_id), "{model}: {}", run.stderr);
    }
}

#[test]
fn a_misspelled_id_is_answered_with_the_right_one() {
    let emulator = Emulator::start();
    let run = ask(&emulator, "us.amazon.nova-light-v1:0").exits_with(5);
    assert!(run.stderr.contains("did you mean `us.amazon.nova-lite-v1:0`?"), "{}", run.stderr);
    let run = ask(&emulator, "claude-sonnet-4-6").exits_with(5);
    assert!(run.stderr.contains("did you mean `us.anthropic.claude-sonnet-4-6`?"), "{}", run.stderr);
}

#[test]
fn an_unknown_provider_is_part_of_the_id() {
    let emulator = Emulator::start();
    ask(&emulator, "elsewhere/model").exits_with(5);
    assert_eq!(called(&emulator), ["elsewhere/model"]);
}
