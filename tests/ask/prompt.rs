//! Where the prompt comes from.

use serde_json::json;

use super::ask;
use crate::support::Emulator;

/// What the model was asked, in the service's own words.
#[track_caller]
fn asked(emulator: &Emulator) -> serde_json::Value {
    let requests = emulator.requests_of("ConverseStream");
    requests.last().expect("something was asked")["body"]["messages"].clone()
}

#[track_caller]
fn user(text: &str) -> serde_json::Value {
    json!([{ "role": "user", "content": [{ "text": text }] }])
}

#[test]
fn words_are_joined_and_standard_input_follows() {
    let emulator = Emulator::start();
    for (args, stdin, prompt) in [
        (&["Why", "is", "it?"][..], "", "Why is it?"),
        (&["Explain this"], "fn main() {}\n", "Explain this\n\nfn main() {}\n"),
        (&[], "Only from the pipe", "Only from the pipe"),
        (&["Only from the arguments"], " \n", "Only from the arguments \n"),
        (&["--no-input", "Not from the pipe"], "fn main() {}", "Not from the pipe"),
    ] {
        ask(&emulator, args).stdin(stdin).run().succeeds();
        assert_eq!(asked(&emulator), user(prompt), "{args:?} with {stdin:?}");
    }
}

#[test]
fn without_a_prompt_nothing_is_asked() {
    let emulator = Emulator::start();
    for (args, stdin) in [(&[][..], &b""[..]), (&[" "], b"\n"), (&["--no-input"], b"Hello")] {
        let run = ask(&emulator, args).stdin(stdin).run().exits_with(2);
        assert!(run.stderr.contains("no prompt"), "{args:?}: {}", run.stderr);
        assert_eq!(run.stdout, "");
    }
    let run = ask(&emulator, &["Explain"]).stdin(*b"\xff\xfe").run().exits_with(2);
    assert!(run.stderr.contains("UTF-8"), "{}", run.stderr);
    assert_eq!(emulator.requests(), [] as [serde_json::Value; 0]);
}
