//! `outcrop config set KEY -`: values that shall not stand on the command line.

use std::fs;

use serde_json::json;

use crate::support::{Finished, Home, Outcrop};
#[cfg(unix)]
use crate::support::{Started, python};

const USER: &str = "config/outcrop/config.json5";
const REGION: &str = "models.bedrockDiscovery.region";

fn config(home: &Home, args: &[&str]) -> Finished {
    Outcrop::at(home, ["config"].iter().chain(args)).run()
}

#[test]
fn a_secret_comes_by_standard_input() {
    let home = Home::new();
    let key = "models.providers.amazon-bedrock.apiKey";
    let read = || fs::read_to_string(home.path().join(USER)).unwrap();
    let set = |key: &str, input: &str, args: &[&str]| {
        Outcrop::at(&home, ["config", "set", key, "-"]).args(args).stdin(input).run()
    };
    for (input, written) in [
        ("a-very-secret-key\n", "\"a-very-secret-key\""),
        ("a-very-secret-key", "\"a-very-secret-key\""),
        (" two\nlines \r\n\n", "\" two\\nlines \""),
        ("123\n", "\"123\""),
        ("${KEY}\n", "\"${KEY}\""),
    ] {
        let run =
            Outcrop::at(&home, ["config", "set", key, "-"]).stdin(input).env("KEY", "k").run().succeeds();
        assert!(!run.stdout.contains("secret-key") && run.stderr.is_empty(), "{run:?}");
        assert!(read().contains(&format!("apiKey: {written}")), "{}", read());
    }
    // It is a value as on the command line.
    set("models.bedrockDiscovery.providerFilter", "[\n  'anthropic', // ours\n]\n", &[]).succeeds();
    let filter =
        config(&home, &["get", "models.bedrockDiscovery.providerFilter", "--json"]).succeeds().json();
    assert_eq!(filter["value"], json!(["anthropic"]));
    set(REGION, "eu-west-1\n", &["--json"]).exits_with(2);
    set(REGION, "\"eu-west-1\"\n", &["--json"]).succeeds();
    // Nothing is no value, and a dash that is meant is quoted.
    let before = read();
    for (input, args) in [("", &[][..]), ("\n\n", &[]), ("x", &["--no-input"])] {
        let run = set(REGION, input, args).exits_with(2);
        assert!(run.stderr.contains("standard input"), "{}", run.stderr);
    }
    let run =
        Outcrop::at(&home, ["config", "set", REGION, "-"]).stdin(b"\xe4".as_slice()).run().exits_with(2);
    assert!(run.stderr.contains("no UTF-8"), "{}", run.stderr);
    assert_eq!(read(), before);
    config(&home, &["set", REGION, "'-'"]).succeeds();
    assert_eq!(config(&home, &["get", REGION]).succeeds().stdout, "-\n");
}

#[test]
fn whoever_types_a_secret_hears_who_sees_it() {
    let (home, provider) = (Home::new(), "models.providers.amazon-bedrock");
    let set = |key: &str, value: &str, args: &[&str]| {
        let run =
            Outcrop::at(&home, ["config", "set", key, value]).args(args).env("KEY", "k").run().succeeds();
        assert!(!run.stdout.contains("a-secret") && !run.stderr.contains("a-secret"), "{run:?}");
        run
    };
    let warning = |run: &Finished, key: &str| run.stderr.contains(&format!("{key}` is a secret"));
    assert!(warning(&set(&format!("{provider}.apiKey"), "a-secret", &[]), ".apiKey"));
    assert!(warning(&set(provider, "{ apiKey: 'a-secret', auth: 'bearer' }", &[]), ".apiKey"));
    assert!(!warning(&set(&format!("{provider}.apiKey"), "${KEY}", &[]), ".apiKey"));
    assert!(!warning(&set(REGION, "a", &[]), "region"));
    let json = set(&format!("{provider}.apiKey"), "'a-secret'", &["--json"]).json();
    assert_eq!(json["plainSecrets"], json!(["models.providers.\"amazon-bedrock\".apiKey"]));
}

#[cfg(unix)]
#[test]
fn at_a_terminal_a_value_is_one_line() {
    let home = Home::new();
    let typed = |key: &str, value: &str| {
        let mut command = python::client("terminal.py");
        command.args(["--shown", "value of `models.", value, env!("CARGO_BIN_EXE_outcrop")]);
        command.args(["config", "set", key, "-"]);
        Started::new(&mut command, &home).finish().succeeds()
    };
    let region = typed(REGION, "eu-west-1");
    assert!(region.stderr.ends_with("shown: eu-west-1|\n"), "{}", region.stderr);
    assert_eq!(Outcrop::at(&home, ["config", "get", REGION]).run().succeeds().stdout, "eu-west-1\n");
    // A secret is not for those who look over a shoulder.
    let secret = typed("models.providers.amazon-bedrock.apiKey", "a-secret");
    assert!(secret.stderr.ends_with("shown: \n"), "{}", secret.stderr);
    let file = fs::read_to_string(home.path().join(USER)).unwrap();
    assert!(file.contains("apiKey: \"a-secret\""), "{file}");
}
