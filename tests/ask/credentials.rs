//! As whom the service is called, and what never gets out.

use serde_json::json;

use super::ask;
use crate::support::{Emulator, Finished, Outcrop};

const KEY_ID: (&str, &str) = ("AWS_ACCESS_KEY_ID", "AKIAOUTCROPEMULATOR");
const SECRET: (&str, &str) = ("AWS_SECRET_ACCESS_KEY", "outcrop-emulator-secret-key");
const BEARER: &str = "AWS_BEARER_TOKEN_BEDROCK";
const TOKEN: (&str, &str) = (BEARER, "outcrop-emulator-token");

/// Asks with these variables and no others but the endpoints.
#[track_caller]
fn ask_as(emulator: &Emulator, variables: &[(&str, &str)], args: &[&str]) -> Finished {
    let run = Outcrop::new(["ask", "-m", super::MODEL, "Hello"].iter().chain(args))
        .env("AWS_ENDPOINT_URL_BEDROCK", emulator.endpoint())
        .env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", emulator.endpoint())
        .env("AWS_REGION", "us-east-1");
    variables.iter().fold(run, |run, (name, value)| run.env(name, value)).run()
}

/// How the callers so far identified themselves.
fn identified(emulator: &Emulator) -> Vec<String> {
    emulator.requests().iter().map(|request| request["auth"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_api_key_is_sent_as_it_is_and_beats_access_keys() {
    let emulator = Emulator::start();
    ask_as(&emulator, &[TOKEN], &[]).succeeds();
    ask_as(&emulator, &[TOKEN, KEY_ID, SECRET], &[]).succeeds();
    assert_eq!(identified(&emulator), ["bearer", "bearer"]);
}

#[test]
fn a_blank_api_key_is_none() {
    for blank in ["", " \t"] {
        let emulator = Emulator::start();
        ask_as(&emulator, &[(BEARER, blank), KEY_ID, SECRET], &[]).succeeds();
        assert_eq!(identified(&emulator), ["sigV4"], "{blank:?}");
    }
}

#[test]
fn what_the_service_does_not_accept_is_not_authenticated() {
    let emulator = Emulator::start();
    let cases = [
        (vec![KEY_ID, ("AWS_SECRET_ACCESS_KEY", "wrong")], "signature"),
        (vec![("AWS_ACCESS_KEY_ID", "AKIAWRONG"), SECRET], "security token"),
        (vec![(BEARER, "ABSKwrong")], "API Key"),
    ];
    for (variables, words) in cases {
        let run = ask_as(&emulator, &variables, &["--json"]).exits_with(4);
        assert_eq!(run.stdout, "");
        let error = &run.error_json()["error"];
        let requests = emulator.requests();
        let request = requests.last().unwrap();
        assert_eq!(error["kind"], "Unauthenticated", "{variables:?}: {error}");
        assert_eq!(error["status"], 403, "{variables:?}: {error}");
        assert_eq!(error["code"], request["error"], "{variables:?}");
        assert_eq!(error["requestId"], request["requestId"], "{variables:?}");
        assert!(error["message"].as_str().unwrap().contains(words), "{variables:?}: {error}");
        assert_ne!(error["hints"], json!([]), "{variables:?}");
    }
    assert_eq!(emulator.requests().len(), 3, "wrong credentials are not tried again");
}

#[test]
fn without_credentials_every_way_to_get_some_is_named() {
    let emulator = Emulator::start();
    for args in [&["ask", "Hello"][..], &["ask", "-m", super::MODEL, "Hello"]] {
        let run = Outcrop::new(args)
            .env("AWS_ENDPOINT_URL_BEDROCK", emulator.endpoint())
            .env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", emulator.endpoint())
            .run()
            .exits_with(4);
        assert_eq!(run.stdout, "");
        for way in [BEARER, "AWS_ACCESS_KEY_ID", "AWS_PROFILE", "--emulator"] {
            assert!(run.stderr.contains(way), "{args:?} does not name {way}: {}", run.stderr);
        }
    }
    assert_eq!(identified(&emulator), [] as [&str; 0], "nobody is asked without credentials");
}

#[test]
fn variables_that_the_sdk_panics_on_are_named() {
    let emulator = Emulator::start();
    for (name, value) in [
        ("AWS_MAX_ATTEMPTS", "0"),
        ("AWS_MAX_ATTEMPTS", "-1"),
        ("AWS_MAX_ATTEMPTS", "many"),
        ("AWS_RETRY_MODE", "sometimes"),
    ] {
        let run = ask(&emulator, &["Hello"]).env(name, value).run().exits_with(3);
        assert!(run.stderr.contains(&format!("`{name}`")), "{}", run.stderr);
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    }
    assert_eq!(emulator.requests().len(), 0);
    // What other SDKs take is no mistake, and in the closed world of the emulator nothing of this counts.
    ask(&emulator, &["Hello"]).env("AWS_RETRY_MODE", "legacy").run().succeeds();
    Outcrop::new(["--emulator", "ask", "Hello"]).env("AWS_MAX_ATTEMPTS", "0").run().succeeds();
}

#[test]
fn a_profile_that_is_asked_for_is_the_only_source() {
    let emulator = Emulator::start();
    let home = crate::support::Home::new();
    let credentials = home.path().join("credentials");
    let profile = "[dev]\naws_access_key_id = AKIAOUTCROPEMULATOR\naws_secret_access_key = outcrop-emulator-secret-key\n";
    std::io::Write::write_all(&mut std::fs::File::create(&credentials).unwrap(), profile.as_bytes()).unwrap();
    for asked in [&["--profile", "dev"][..], &["--set", "models.providers.amazon-bedrock.auth=profile"][..]] {
        Outcrop::at(&home, ["ask", "-m", super::MODEL, "Hello"])
            .via(&emulator)
            .env("AWS_PROFILE", "dev")
            .env("AWS_ACCESS_KEY_ID", "AKIAOTHER")
            .env("AWS_SHARED_CREDENTIALS_FILE", &credentials)
            .args(asked)
            .run()
            .succeeds();
    }
}

#[test]
fn without_authentication_nothing_is_signed() {
    let emulator = Emulator::start();
    let run = Outcrop::new(["ask", "--json", "-m", super::MODEL, "Hello"])
        .via(&emulator)
        .args(&["--set", "models.providers.amazon-bedrock.auth=none"])
        .run()
        .exits_with(4);
    // The emulator asks for a signature; that it misses it is the proof.
    assert_eq!(run.error_json()["error"]["code"], "MissingAuthenticationTokenException");
}

#[test]
#[cfg(unix)]
fn an_api_key_does_not_travel_in_the_clear() {
    let emulator = Emulator::start();
    // The address of every interface: it leads to this machine, and nobody can tell that by looking at it.
    let endpoint = emulator.endpoint().replace("127.0.0.1", "0.0.0.0");
    let asking = |credentials: &[(&str, &str)]| {
        let run = Outcrop::new(["ask", "-m", super::MODEL, "Hello"])
            .env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", &endpoint)
            .env("AWS_REGION", "us-east-1");
        credentials.iter().fold(run, |run, (name, value)| run.env(name, value)).run()
    };
    let run = asking(&[TOKEN]).exits_with(3);
    assert!(run.stderr.contains(&endpoint) && run.stderr.contains("https://"), "{}", run.stderr);
    assert_eq!(emulator.requests().len(), 0, "not even a connection");
    // A signature gives nothing away; and it shows that the way was open.
    asking(&[KEY_ID, SECRET]).succeeds();
    assert_eq!(identified(&emulator), ["sigV4"]);
}

#[test]
fn secrets_get_out_nowhere() {
    let emulator = Emulator::start();
    let session = ("AWS_SESSION_TOKEN", "a-session-token-of-the-test");
    let wrong = ("AWS_SECRET_ACCESS_KEY", "a-wrong-secret-of-the-test");
    let cases = [
        (vec![KEY_ID, SECRET], 0),
        (vec![TOKEN], 0),
        (vec![KEY_ID, wrong, session], 4),
        (vec![(BEARER, "ABSK-a-wrong-token-of-the-test")], 4),
    ];
    for (variables, code) in cases {
        for mode in [&["-vvv"][..], &["-vvv", "--json"], &["-vvv", "--no-stream"], &["-vvv", "--events"]] {
            let run = ask_as(&emulator, &variables, mode).exits_with(code);
            assert!(run.stderr.contains("DEBUG"), "it logs nothing, so this proves nothing: {}", run.stderr);
            for (name, secret) in variables.iter().filter(|(name, _)| *name != KEY_ID.0) {
                let leaks = run.stdout.contains(secret) || run.stderr.contains(secret);
                assert!(!leaks, "{name} is in the output of {mode:?}:\n{}{}", run.stdout, run.stderr);
            }
        }
    }
}
