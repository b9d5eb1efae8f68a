//! What stands beside an answer, on standard error: what the model thinks, and what the answer took.

use serde_json::json;

use super::ask;
use crate::support::{Emulator, Finished, Home, Started, python};

/// Takes out the lines of the log, and how long it took.
fn said(stderr: &str) -> String {
    let log = ["INFO", "DEBUG", "WARN", "TRACE"];
    let lines = stderr.lines().filter(|line| !log.iter().any(|level| line.trim_start().starts_with(level)));
    let lines = lines.map(|line| match line.rsplit_once(" · ") {
        Some((tokens, time)) if time.contains(" s") => {
            format!("{tokens} · TIME")
        }
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn thinking() -> Emulator {
    let emulator = Emulator::start();
    let usage = json!({
        "inputTokens": 112, "outputTokens": 96, "totalTokens": 508,
        "cacheReadInputTokens": 300, "cacheWriteInputTokens": 0,
    });
    let content = json!([
        { "reasoning": "\n\nLet me think.\n\nIt is easy.\n\n" },
        { "text": "It rains in Bergen." },
    ]);
    emulator.scenario(&json!({ "rules": [{ "reply": { "content": content, "usage": usage } }] }));
    emulator
}

#[test]
fn whoever_wants_to_know_more_sees_thoughts_and_usage() {
    let emulator = thinking();
    for mode in [&["-v"][..], &["-v", "--no-stream"]] {
        let run = ask(&emulator, mode).arg("Where?").run().succeeds();
        assert_eq!(run.stdout, "It rains in Bergen.\n");
        insta::allow_duplicates! { insta::assert_snapshot!(said(&run.stderr), @r#"
        Let me think.

        It is easy.

        412 tokens in (300 from cache), 96 out · $0.000034 · TIME
        "#); }
    }
}

#[test]
fn nobody_else_does() {
    let emulator = thinking();
    for mode in [&[][..], &["-q", "-v"], &["--no-stream"]] {
        let run = ask(&emulator, mode).arg("Where?").run().succeeds();
        assert_eq!(
            (run.stdout.as_str(), said(&run.stderr)),
            ("It rains in Bergen.\n", String::new()),
            "{mode:?}"
        );
    }
    for mode in [&["--json", "-v"][..], &["--events", "-v"], &["--dry-run", "-v"]] {
        let run = ask(&emulator, mode).arg("Where?").run().succeeds();
        assert_eq!(said(&run.stderr), "", "{mode:?}");
    }
}

#[test]
fn blank_and_hidden_thoughts_leave_no_trace() {
    let emulator = Emulator::start();
    for reasoning in [json!({ "reasoning": " \n" }), json!({ "redactedReasoning": "c2VjcmV0" })] {
        let content = json!([reasoning, { "text": "Yes." }]);
        emulator.scenario(&json!({ "rules": [{ "reply": { "content": content } }] }));
        let run = ask(&emulator, &["-v", "Hello"]).run().succeeds();
        assert_eq!(run.stdout, "Yes.\n");
        let said = said(&run.stderr);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains("tokens in"), "{said}");
    }
}

/// Runs `ask` where standard error is a terminal; with `both`, standard output is the same one.
fn at_a_terminal(emulator: &Emulator, both: bool, args: &[&str]) -> Finished {
    let mut command = python::client("screen.py");
    command.arg(if both { "both" } else { "err" }).arg(env!("CARGO_BIN_EXE_outcrop"));
    command.args(["ask", "-m", super::MODEL]).args(args).envs(emulator.variables()).env("TERM", "xterm");
    Started::new(&mut command, &Home::new()).finish()
}

#[test]
fn at_a_terminal_thoughts_are_dim_and_standard_output_is_the_answer() {
    let emulator = thinking();
    let run = at_a_terminal(&emulator, false, &["Where?"]).succeeds();
    assert_eq!(run.stdout, "It rains in Bergen.\n");
    // However the thoughts came, piece by piece.
    let shown = run.stderr.replace('\r', "").replace("\u{1b}[0m\u{1b}[2m", "").replace('\u{1b}', "␛");
    insta::assert_snapshot!(said(&shown), @r#"
    ␛[2mLet me think.

    It is easy.␛[0m

    ␛[2m412 tokens in (300 from cache), 96 out · $0.000034 · TIME
    "#);
    let quiet = at_a_terminal(&emulator, false, &["-q", "Where?"]).succeeds();
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("It rains in Bergen.\n", ""));
    let json = at_a_terminal(&emulator, false, &["--json", "Where?"]).succeeds();
    assert_eq!((json.json()["text"].as_str(), json.stderr.as_str()), (Some("It rains in Bergen."), ""));
}

#[test]
fn on_one_screen_answer_and_thoughts_have_lines_of_their_own() {
    let emulator = Emulator::start();
    let reasoning = |text: &str| json!({ "reasoning": text });
    let content = json!([reasoning("First."), { "text": "One." }, reasoning("Second."), { "text": "Two." }]);
    emulator.scenario(&json!({ "rules": [{ "reply": { "content": content } }] }));
    let run = at_a_terminal(&emulator, true, &["--color", "never", "Count"]).succeeds();
    let screen = run.stdout.replace('\r', "");
    let (screen, usage) = screen.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(screen, "First.\n\nOne.\nSecond.\n\nTwo.");
    assert!(usage.contains("tokens in"), "{usage}");
}
