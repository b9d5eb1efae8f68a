//! The way to the service: proxies, hosts that are called without one, and private certificate authorities.

mod limits;
mod proxies;
mod tls;

use std::net::SocketAddr;

use crate::support::{Emulator, Finished, Home, Outcrop};

const MODEL: &str = "us.amazon.nova-lite-v1:0";

/// `outcrop ask` or `outcrop models list` with both planes at `endpoint`, the right keys and these variables.
fn run_at(home: &Home, command: &[&str], endpoint: &str, variables: &[(&str, &str)]) -> Finished {
    let run = Outcrop::at(home, command)
        .env("AWS_ENDPOINT_URL_BEDROCK", endpoint)
        .env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", endpoint)
        .env("AWS_ACCESS_KEY_ID", "AKIAOUTCROPEMULATOR")
        .env("AWS_SECRET_ACCESS_KEY", "outcrop-emulator-secret-key")
        .env("AWS_REGION", "us-east-1");
    variables.iter().fold(run, |run, (name, value)| run.env(name, value)).run()
}

/// `outcrop ask` in a fresh home.
fn ask(endpoint: &str, variables: &[(&str, &str)]) -> Finished {
    run_at(&Home::new(), &["ask", "-m", MODEL, "Hello"], endpoint, variables)
}

/// The same at an emulator that the configuration names: nothing of it needs to know about ways out.
fn ask_nearby(emulator: &Emulator, variables: &[(&str, &str)]) -> Finished {
    let setting = |key| format!("models.providers.amazon-bedrock.{key}={}", emulator.endpoint());
    let settings = [setting("baseUrl"), setting("controlBaseUrl")];
    let command = ["ask", "-m", MODEL, "Hello", "--set", &settings[0], "--set", &settings[1]];
    run_at(&Home::new(), &command, " ", variables)
}

/// Where an emulator listens.
fn address(emulator: &Emulator) -> SocketAddr {
    emulator.endpoint().strip_prefix("http://").unwrap().parse().unwrap()
}

/// Asserts that an error says all of this.
#[track_caller]
fn assert_says(run: &Finished, words: &[&str]) {
    for word in words {
        assert!(run.stderr.contains(word), "`{word}` is missing: {}", run.stderr);
    }
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}
