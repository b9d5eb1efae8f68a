//! What people and shells expect of any program.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::{Emulator, Finished, Home, Outcrop};

const ESCAPE: char = '\x1b';

#[track_caller]
fn run(args: &[&str]) -> Finished {
    Outcrop::new(args).run()
}

#[test]
fn the_version_is_the_packages() {
    for flag in ["--version", "-V"] {
        let run = run(&[flag]).succeeds();
        assert_eq!(run.stdout, format!("outcrop {}\n", env!("CARGO_PKG_VERSION")));
        assert_eq!(run.stderr, "");
    }
}

#[test]
fn help_is_data_if_it_was_asked_for() {
    for args in [&["--help"][..], &["-h"], &["help"]] {
        let run = run(args).succeeds();
        assert_eq!(run.stderr, "", "{args:?}");
        for command in ["ask", "models", "config", "emulate", "--emulator", "Examples:"] {
            assert!(run.stdout.contains(command), "{args:?} does not show {command}: {}", run.stdout);
        }
    }
    for command in ["list", "show", "why", "status", "refresh", "set"] {
        assert_eq!(
            run(&["help", "models", command]).succeeds().stdout,
            run(&["models", command, "--help"]).succeeds().stdout
        );
    }
}

#[test]
fn without_a_command_help_is_all_there_is() {
    let run = run(&[]).exits_with(2);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("Usage: outcrop") && run.stderr.contains("Examples:"), "{}", run.stderr);
}

#[test]
fn the_exit_codes_are_listed_in_order_each_with_its_kinds() {
    let run = run(&["help", "exit-codes"]).succeeds();
    // The documentation's table.
    let table = [
        (0, "success"),
        (1, "Protocol"),
        (1, "Unexpected"),
        (2, "command line"),
        (3, "Config"),
        (4, "Unauthenticated"),
        (4, "PermissionDenied"),
        (4, "ModelAccess"),
        (5, "ModelNotFound"),
        (5, "ProfileRequired"),
        (6, "InvalidRequest"),
        (6, "ContextOverflow"),
        (6, "Unsupported"),
        (7, "Filtered"),
        (8, "Throttled"),
        (8, "QuotaExceeded"),
        (9, "Unavailable"),
        (9, "Timeout"),
        (9, "Network"),
        (9, "Interrupted"),
        (130, "Cancelled"),
    ];
    let rows: Vec<(u32, &str)> = run
        .stdout
        .lines()
        .filter_map(|line| line.trim().split_once("  "))
        .filter_map(|(code, text)| Some((code.parse().ok()?, text)))
        .collect();
    assert_eq!(rows.len(), table.len(), "{}", run.stdout);
    for ((code, text), (expected, name)) in rows.into_iter().zip(table) {
        assert!(code == expected && text.contains(name), "{code} {text} is not {expected} {name}");
    }
}

#[test]
fn every_variable_is_listed() {
    let run = run(&["help", "environment"]).succeeds();
    for name in [
        "OUTCROP_CONFIG",
        "OUTCROP_MODEL",
        "OUTCROP_REGION",
        "AWS_BEARER_TOKEN_BEDROCK",
        "AWS_PROFILE",
        "NO_COLOR",
    ] {
        assert!(run.stdout.contains(name), "{name} is missing: {}", run.stdout);
    }
}

#[test]
fn what_cannot_be_is_a_usage_error() {
    for args in [
        &["--nope"][..],
        &["nope"],
        &["help", "nope"],
        &["ask", "--max-tokens", "0", "Hello"],
        &["ask", "--temperature", "warm", "Hello"],
        &["--color", "sometimes", "models"],
        &["models", "show", "--nope"],
        &["models", "show"],
        &["models", "why", "--json"],
        &["models", "--plain", "status"],
        &["models", "nova", "refresh"],
        &["models", "--json", "list", "--plain"],
        &["emulate", "--listen", "everywhere"],
        &["config"],
    ] {
        let run = run(args).exits_with(2);
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{args:?}: {run:?}");
    }
}

#[test]
fn errors_have_colours_only_if_somebody_wants_them() {
    // The one error that needs nothing: there are no credentials.
    let failing = |args: &[&str], variables: &[(&str, &str)]| {
        let run = Outcrop::new(["ask", "-v", "-m", "x", "Hello"].iter().chain(args));
        let run = variables.iter().fold(run, |run, (name, value)| run.env(name, value));
        run.run().exits_with(4).stderr
    };
    for (args, variables, coloured) in [
        (&[][..], &[][..], false),
        (&["--color=always"], &[], true),
        (&["--color=always"], &[("NO_COLOR", "1")], true),
        (&["--color=never"], &[], false),
        (&["--color=never"], &[("CLICOLOR_FORCE", "1")], false),
        (&[], &[("CLICOLOR_FORCE", "1")], true),
        (&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
    ] {
        let stderr = failing(args, variables);
        assert_eq!(stderr.contains(ESCAPE), coloured, "{args:?} {variables:?}: {stderr:?}");
    }
}

#[test]
fn logs_have_the_colours_of_errors() {
    for (color, coloured) in [("--color=never", false), ("--color=auto", false), ("--color=always", true)] {
        let run = run(&["--emulator", "-q", "-vv", color, "ask", "-m", "us.amazon.nova-lite-v1:0", "Hello"])
            .succeeds();
        assert!(run.stderr.contains("DEBUG"), "it logs nothing, so this proves nothing: {}", run.stderr);
        assert_eq!(run.stderr.contains(ESCAPE), coloured, "{color}: {:?}", run.stderr);
    }
}

#[test]
fn the_answer_has_no_colours_of_its_own() {
    let run = run(&["--emulator", "--color=always", "ask", "Hello"]).succeeds();
    assert!(!run.stdout.contains(ESCAPE), "{:?}", run.stdout);
}

/// Runs a command whose reader has gone before it began.
#[track_caller]
fn without_reader(args: &[&str], variables: &[(&str, String)]) -> (Option<i32>, String) {
    let home = Home::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_outcrop"));
    command.args(args).env_clear().env("AWS_EC2_METADATA_DISABLED", "true").envs(home.variables());
    command.envs(variables.iter().map(|(name, value)| (name, value))).current_dir(home.work());
    let output = command
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output();
    let output = output.unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn nobody_complains_about_a_reader_that_has_gone() {
    for args in [
        &["--version"][..],
        &["help", "exit-codes"],
        &["config", "schema"],
        &["-q", "--emulator", "models", "list"],
        &["-q", "--emulator", "models", "list", "--json"],
        &["-q", "--emulator", "ask", "Hello"],
        &["-q", "--emulator", "ask", "--json", "Hello"],
        &["-q", "--emulator", "ask", "--no-stream", "Hello"],
    ] {
        assert_eq!(without_reader(args, &[]), (Some(0), String::new()), "{args:?}");
    }
}

#[test]
fn an_answer_that_nobody_reads_is_not_waited_for() {
    let emulator = Emulator::start();
    emulator.scenario(&json!({ "rules": [{ "fault": { "type": "stall", "after": 2 } }] }));
    let variables = emulator.variables();
    let ended =
        without_reader(&["ask", "-m", "us.amazon.nova-lite-v1:0", "Tell me a long story"], &variables);
    assert_eq!(ended, (Some(0), String::new()));
    emulator.wait_for("client_disconnected");
}

#[test]
#[cfg(unix)]
fn the_emulator_says_how_to_reach_it_and_ends_when_it_is_told() {
    let mut emulator =
        Outcrop::new(["emulate", "--listen", "127.0.0.1:0", "--secret-access-key", "it's mine"]).start();
    emulator.wait_for("the last line", |line| line.contains("AWS_BEARER_TOKEN_BEDROCK").then_some(()));
    emulator.interrupt();
    let run = emulator.finish().succeeds();
    assert_eq!(run.stderr, "");
    assert!(run.stdout.contains("export AWS_ENDPOINT_URL_BEDROCK='http://127.0.0.1:"), "{}", run.stdout);
    assert!(run.stdout.contains(r"export AWS_SECRET_ACCESS_KEY='it'\''s mine'"), "{}", run.stdout);
}

#[test]
fn help_on_ask_has_the_order_in_which_a_model_is_chosen() {
    let help = Outcrop::new(["ask", "--help"]).run().succeeds().stdout;
    let places: Vec<_> =
        ["Claude Sonnet", "Claude Haiku", "Nova Pro", "Nova Lite", "Llama", "global profile"]
            .into_iter()
            .map(|name| help.find(name).unwrap_or_else(|| panic!("{name} is not in {help}")))
            .collect();
    assert!(places.is_sorted(), "{help}");
}

#[test]
fn a_key_that_is_not_accepted_is_not_shown() {
    for (value, words) in [
        (":hush-hush", "before the colon"),
        ("hush-hush", "no colon"),
        ("A KEY:hush-hush", "letters, digits"),
        ("ASIAKEY:", "behind the colon"),
    ] {
        let run = run(&["emulate", "--listen", "127.0.0.1:0", "--accept-key", value]).exits_with(2);
        assert!(
            run.stderr.contains(words) && run.stderr.contains("--accept-key <ID:SECRET>"),
            "{}",
            run.stderr
        );
        assert!(!run.stderr.contains("hush-hush"), "{}", run.stderr);
    }
    let twice = ["--accept-key", "AKIAKEY:hush-hush", "--accept-key", "AKIAKEY:hush"];
    let run = run(&[&["emulate", "--listen", "127.0.0.1:0"][..], &twice].concat()).exits_with(3);
    assert!(run.stderr.contains("`AKIAKEY`") && !run.stderr.contains("hush"), "{}", run.stderr);
}
