//! `outcrop models set`.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{MISTRAL, NOVA, SONNET, US_SONNET, account, models, two_regions};
use crate::support::{Emulator, Home, Outcrop};

fn own_file(home: &Home) -> PathBuf {
    home.config().join("outcrop").join("config.json5")
}

/// The default model that a file names.
#[track_caller]
fn default_of(home: &Home, emulator: &Emulator) -> serde_json::Value {
    models(home, emulator, &["status", "--json"]).run().succeeds().json()["default"].take()
}

#[test]
fn a_model_that_can_be_called_is_written_to_the_users_file() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let file = own_file(&home);
    let run = models(&home, &emulator, &["set", US_SONNET]).run().succeeds();
    assert_eq!(
        run.stdout,
        format!("`amazon-bedrock/{US_SONNET}` is the default model now, in {}\n", file.display())
    );
    assert_eq!(run.stderr, "");
    assert_eq!(default_of(&home, &emulator), format!("amazon-bedrock/{US_SONNET}"));
    let again = models(&home, &emulator, &["set", US_SONNET]).run().succeeds();
    assert!(again.stdout.contains("is the default model already"), "{}", again.stdout);

    let other = models(&home, &emulator, &["set", "amazon-bedrock/us.amazon.nova-lite-v1:0", "--json"])
        .run()
        .succeeds();
    assert_eq!((other.stdout.lines().count(), other.stderr.as_str()), (1, ""));
    assert_eq!(
        other.json(),
        json!({
            "model": "amazon-bedrock/us.amazon.nova-lite-v1:0",
            "file": file.to_str().unwrap(),
            "changed": true,
            "previous": format!("amazon-bedrock/{US_SONNET}"),
            "warnings": [],
        })
    );
    // It is what is asked from now on.
    Outcrop::at(&home, ["ask", "Hello"]).via(&emulator).run().succeeds();
    assert_eq!(emulator.requests_of("ConverseStream")[0]["modelId"], "us.amazon.nova-lite-v1:0");
}

#[test]
fn a_bare_id_becomes_the_profile_that_is_called() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let run = models(&home, &emulator, &["set", SONNET]).run().succeeds();
    assert!(run.stderr.contains(&format!("note: `{SONNET}` is called as `{US_SONNET}`")), "{}", run.stderr);
    assert_eq!(default_of(&home, &emulator), format!("amazon-bedrock/{US_SONNET}"));
}

#[test]
fn a_region_stays_with_its_model() {
    let home = Home::new();
    let emulator = account(&home, &two_regions());
    let there = format!("{MISTRAL}@eu-west-1");
    let run = models(&home, &emulator, &["set", &there]).run().succeeds();
    assert_eq!(run.stderr, "");
    assert_eq!(default_of(&home, &emulator), format!("amazon-bedrock/{there}"));
    Outcrop::at(&home, ["ask", "Hello"]).via(&emulator).run().succeeds();
    let call = &emulator.requests_of("ConverseStream")[0];
    assert_eq!((&call["modelId"], &call["region"]), (&json!(MISTRAL), &json!("eu-west-1")));
}

#[test]
fn what_cannot_be_called_is_refused_with_the_fix_unless_it_is_forced() {
    let home = Home::new();
    let emulator = account(&home, &two_regions());
    for (id, words) in [
        (MISTRAL, "@eu-west-1"),
        (US_SONNET, "accept the agreement"),
        (SONNET, "accept the agreement"),
        ("amazon.nova-lit-v1:0", "did you mean `amazon.nova-lite-v1:0`?"),
    ] {
        let run = models(&home, &emulator, &["set", id]).run().exits_with(5);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.contains(words) && run.stderr.contains("--force"), "{id}: {}", run.stderr);
        let run = models(&home, &emulator, &["set", id, "--json"]).run().exits_with(5);
        assert_eq!(
            (run.stdout.as_str(), &run.error_json()["error"]["kind"]),
            ("", &json!("ModelNotFound")),
            "{id}"
        );
        assert!(!own_file(&home).exists(), "{id}");
    }
    for id in [MISTRAL, "amazon.nova-lit-v1:0"] {
        let run = models(&home, &emulator, &["set", id, "--force"]).run().succeeds();
        assert!(
            run.stderr.contains("warning: ") && run.stderr.contains("cannot be called"),
            "{}",
            run.stderr
        );
        assert_eq!(default_of(&home, &emulator), format!("amazon-bedrock/{id}"));
        let run = models(&home, &emulator, &["set", id, "--force", "--json"]).run().succeeds().json();
        assert_eq!((&run["changed"], run["warnings"].as_array().unwrap().len()), (&json!(false), 1));
    }
}

#[test]
fn what_cannot_be_checked_is_written_with_a_warning() {
    let emulator = Emulator::start();
    let fault = json!({ "type": "error", "status": 403, "code": "AccessDeniedException", "message": "no" });
    emulator.scenario(&json!({ "rules": [{ "fault": fault }] }));
    let home = Home::new();
    let run = models(&home, &emulator, &["set", NOVA]).run().succeeds();
    assert!(
        run.stderr.contains("can be called is not known") && run.stderr.contains("AccessDenied"),
        "{}",
        run.stderr
    );
    assert_eq!(default_of(&home, &emulator), format!("amazon-bedrock/{NOVA}"));
    // Without credentials nobody can be asked either.
    let home = Home::new();
    let run = Outcrop::at(&home, ["models", "set", NOVA]).env("AWS_REGION", "us-east-1").run().succeeds();
    assert!(run.stderr.contains("warning: whether"), "{}", run.stderr);
    assert!(own_file(&home).exists());
}

#[test]
fn the_file_that_is_named_is_the_one_that_is_written() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let file = home.work().join("mine.json5");
    std::io::Write::write_all(&mut std::fs::File::create(&file).unwrap(), b"// mine\n{}\n").unwrap();
    let run =
        models(&home, &emulator, &["set", US_SONNET, "--config", file.to_str().unwrap()]).run().succeeds();
    assert!(run.stdout.contains(file.to_str().unwrap()), "{}", run.stdout);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("// mine\n") && text.contains(US_SONNET), "{text}");
    assert!(!own_file(&home).exists());
    let missing = Path::new("missing.json5");
    models(&home, &emulator, &["set", US_SONNET, "--config", missing.to_str().unwrap()]).run().exits_with(3);
}

#[test]
fn what_still_wins_is_said() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let run = models(&home, &emulator, &["set", US_SONNET]).env("OUTCROP_MODEL", NOVA).run().succeeds();
    assert!(run.stderr.contains(&format!("warning: `{NOVA}` still wins")), "{}", run.stderr);
    assert!(run.stderr.contains("OUTCROP_MODEL"), "{}", run.stderr);
    let run =
        models(&home, &emulator, &["set", US_SONNET, "--json"]).env("OUTCROP_MODEL", NOVA).run().succeeds();
    assert!(run.json()["warnings"][0].as_str().unwrap().contains("still wins"), "{}", run.stdout);
}

#[test]
fn a_name_that_is_none_is_refused() {
    let (emulator, home) = (Emulator::start(), Home::new());
    for args in [&["set"][..], &["set", NOVA, "--plain"]] {
        models(&home, &emulator, args).run().exits_with(2);
    }
    models(&home, &emulator, &["set", " ", "--force"]).run().exits_with(3);
    assert!(!own_file(&home).exists());
}

#[test]
fn the_embedded_emulator_says_nothing_of_anybodys_default() {
    let home = Home::new();
    let run =
        Outcrop::at(&home, ["--emulator", "models", "set", "amazon.nova-lite-v1:0"]).run().exits_with(2);
    assert!(run.stderr.contains("leave `--emulator` away"), "{}", run.stderr);
    assert!(!home.config().join("outcrop/config.json5").exists());
}
