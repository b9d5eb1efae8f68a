//! What comes out: text on standard output, everything else on standard error.

use serde_json::json;

use super::{MODEL, ask};
use crate::support::{Emulator, Outcrop};

/// The text of an answer that was printed with exactly one newline behind it.
#[track_caller]
fn text(stdout: &str) -> &str {
    let text = stdout.strip_suffix('\n').unwrap_or_else(|| panic!("no newline at the end: {stdout:?}"));
    assert!(!text.is_empty() && !text.ends_with('\n'), "not exactly one newline at the end: {stdout:?}");
    text
}

#[test]
fn the_answer_and_one_newline_are_all_there_is_on_stdout() {
    let emulator = Emulator::start();
    let run = ask(&emulator, &["Why is the sky blue?"]).run().succeeds();
    assert!(text(&run.stdout).contains("“Why is the sky blue?”"), "{}", run.stdout);
    assert_eq!(run.stderr, "");
}

#[test]
fn notes_go_to_stderr_unless_they_are_not_wanted() {
    let args = ["--emulator", "ask", "Why is the sky blue?"];
    let noted = Outcrop::new(args).run().succeeds();
    assert!(noted.stderr.contains("note: the embedded emulator answers, not AWS"), "{}", noted.stderr);
    assert!(noted.stderr.contains("no default model is configured"), "{}", noted.stderr);
    let quiet = Outcrop::new(args).arg("-q").run().succeeds();
    assert_eq!(quiet.stderr, "");
    assert_eq!(text(&quiet.stdout), text(&noted.stdout));
}

#[test]
fn prompts_make_answers() {
    let emulator = Emulator::start();
    let answer = |prompt| ask(&emulator, &[prompt]).run().succeeds().stdout;
    assert_eq!(answer("Why is the sky blue?"), answer("Why is the sky blue?"));
    assert_ne!(answer("Why is the sky blue?"), answer("Why is the sea salty?"));
}

#[test]
fn models_make_answers() {
    let emulator = Emulator::start();
    let answer = |model| {
        let run = Outcrop::new(["ask", "-m", model, "Hello"]).via(&emulator).run().succeeds();
        run.stdout
    };
    assert_ne!(answer(MODEL), answer("us.amazon.nova-pro-v1:0"));
}

#[test]
fn an_answer_that_was_cut_short_is_a_success_with_a_note() {
    let emulator = Emulator::start();
    let whole = ask(&emulator, &["Tell me a story"]).run().succeeds();
    let cut = ask(&emulator, &["--max-tokens", "3", "Tell me a story"]).run().succeeds();
    assert!(text(&whole.stdout).starts_with(text(&cut.stdout)), "{}", cut.stdout);
    assert!(cut.stdout.len() < whole.stdout.len(), "{}", cut.stdout);
    assert!(cut.stderr.contains("note:") && cut.stderr.contains("cut short"), "{}", cut.stderr);

    let cut = ask(&emulator, &["--max-tokens", "3", "--json", "Tell me a story"]).run().succeeds();
    assert_eq!(cut.json()["stopReason"], "max_tokens");
    assert_eq!(cut.stderr, "", "under --json the stop reason says it");
}

#[test]
fn an_answer_that_is_none_is_no_success() {
    let emulator = Emulator::start();
    for reason in ["malformed_model_output", "malformed_tool_use"] {
        let reply = json!({ "content": [{ "text": "Well, <to" }], "stopReason": reason });
        emulator.scenario(&json!({ "rules": [{ "match": "next", "reply": reply }] }));
        let run = ask(&emulator, &["Hello"]).run().exits_with(1);
        assert_eq!(text(&run.stdout), "Well, <to");
        assert!(run.stderr.contains("no valid answer") && run.stderr.contains(reason), "{}", run.stderr);
    }
}

#[test]
fn without_a_stream_the_answer_is_the_same() {
    let emulator = Emulator::start();
    let streamed = ask(&emulator, &["Why is the sky blue?"]).run().succeeds();
    let whole = ask(&emulator, &["--no-stream", "Why is the sky blue?"]).run().succeeds();
    assert_eq!(whole.stdout, streamed.stdout);
    assert_eq!(emulator.requests_of("ConverseStream").len(), 1);
    assert_eq!(emulator.requests_of("Converse").len(), 1);
}

#[test]
fn reasoning_is_not_part_of_the_text() {
    let emulator = Emulator::start();
    let args = ["ask", "-m", "us.anthropic.claude-sonnet-5-5", "Why is the sky blue?"];
    let plain = Outcrop::new(args).via(&emulator).run().succeeds();
    let full = Outcrop::new(args).arg("--json").via(&emulator).run().succeeds().json();
    let kinds: Vec<_> = full["content"].as_array().unwrap().iter().map(|block| &block["type"]).collect();
    assert_eq!(kinds, ["reasoning", "text"]);
    assert_eq!(full["text"], full["content"][1]["text"]);
    assert_eq!(text(&plain.stdout), full["text"]);
}

/// What is no text is not lost in silence.
#[test]
fn what_an_answer_has_beside_text_is_told() {
    let emulator = Emulator::start();
    emulator.scenario(&json!({ "rules": [{ "reply": { "stopReason": "tool_use", "content": [
        { "text": "Let me look." },
        { "toolUse": { "toolUseId": "a", "name": "browse", "input": {} } },
    ] } }] }));
    let run = ask(&emulator, &["Look it up"]).run().succeeds();
    assert_eq!(run.stdout, "Let me look.\n");
    insta::assert_snapshot!(run.stderr, @"note: the answer also has a call of the tool `browse`: `--json` prints it");
}

#[test]
fn what_an_answer_cites_stands_beside_it() {
    let emulator = Emulator::start();
    let cited = |title: &str, url: &str| json!({ "title": title, "location": { "web": { "url": url } } });
    emulator.scenario(&json!({ "rules": [{ "reply": { "content": [
        { "citations": { "text": "Rain, then sun.", "citations": [
            cited("Weather", "https://example.com/weather"),
            cited("Weather", "https://example.com/weather"),
            cited("Almanac", "https://example.com/almanac"),
        ] } },
    ] } }] }));
    let run = ask(&emulator, &["-v", "What will the weather be?"]).run().succeeds();
    assert_eq!(run.stdout, "Rain, then sun.\n");
    let sources: Vec<_> = run.stderr.lines().filter(|line| line.starts_with("source: ")).collect();
    assert_eq!(
        sources,
        ["source: Weather · https://example.com/weather", "source: Almanac · https://example.com/almanac",]
    );
    let told = ask(&emulator, &["What will the weather be?"]).run().succeeds().stderr;
    assert_eq!(told, "note: the answer cites sources: `-v` shows them\n");
}

/// Its tokens are paid.
#[test]
fn what_came_before_an_answer_broke_off_is_told_with_the_failure() {
    let emulator = Emulator::start();
    emulator.scenario(&json!({ "rules": [
        { "fault": { "type": "exception", "after": 3, "exception": "modelStreamErrorException" } },
    ] }));
    let run = ask(&emulator, &["--json", "Tell me a story"]).run().exits_with(9);
    assert_eq!(run.stdout, "");
    let error = run.error_json()["error"].clone();
    let answer = &error["partial"];
    assert!(!answer["text"].as_str().unwrap().is_empty(), "{answer}");
    assert_eq!((&answer["stopReason"], &answer["usage"]), (&json!("interrupted"), &json!(null)));
    assert_eq!(error["kind"], "Interrupted");
}

/// Every way in which an answer can end that is not the usual one, word for word.
#[test]
fn how_an_answer_ended_is_told() {
    let emulator = Emulator::start();
    let ended = |reason: &str, code: i32| {
        emulator.scenario(&json!({ "rules": [
            { "reply": { "content": [{ "text": "Well." }], "stopReason": reason } },
        ] }));
        let run = ask(&emulator, &["Why?"]).run().exits_with(code);
        assert_eq!(run.stdout, "Well.\n", "{reason}");
        let told: Vec<_> = run.stderr.lines().filter(|line| !line.starts_with("request id: ")).collect();
        format!("{reason}: {code}\n{}\n", told.join("\n"))
    };
    let mut texts = vec![
        ended("refusal", 7),
        ended("guardrail_intervened", 7),
        ended("content_filtered", 7),
        ended("malformed_model_output", 1),
        ended("malformed_tool_use", 1),
        ended("max_tokens", 0),
        ended("model_context_window_exceeded", 0),
        ended("bored", 0),
    ];
    emulator.scenario(&json!({ "rules": [{ "reply": { "content": [{ "reasoning": "Hm." }] } }] }));
    texts.push(format!("thoughts: 0\n{}", ask(&emulator, &["Why?"]).run().succeeds().stderr));
    emulator.scenario(&json!({ "rules": [{ "reply": { "content": [] } }] }));
    texts.push(format!("nothing: 0\n{}", ask(&emulator, &["Why?"]).run().succeeds().stderr));
    insta::assert_snapshot!(texts.join("\n"), @r#"
    refusal: 7
    error: the model refused to answer
      caused by: refusal

    hint: change the prompt, or ask another model

    guardrail_intervened: 7
    error: a guardrail intervened
      caused by: guardrail_intervened

    hint: change the prompt, or the guardrail; `--option guardrailConfig.trace=enabled --json` says why it did

    content_filtered: 7
    error: the provider filtered the answer
      caused by: content_filtered

    hint: change the prompt

    malformed_model_output: 1
    error: the model wrote something that is no valid answer
      caused by: malformed_model_output

    hint: ask again, or ask another model

    malformed_tool_use: 1
    error: the model wrote something that is no valid answer
      caused by: malformed_tool_use

    hint: ask again, or ask another model

    max_tokens: 0
    note: the answer reached the limit of tokens and is cut short: `--max-tokens` lets it have more

    model_context_window_exceeded: 0
    warning: the answer filled the context window and is cut short

    bored: 0
    warning: the model stopped for a reason that is not known: bored

    thoughts: 0
    warning: the answer is empty

    nothing: 0
    warning: the answer is empty
    "#);
}
