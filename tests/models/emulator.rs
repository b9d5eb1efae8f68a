//! `--emulator` is a world of its own.

use crate::support::{Emulator, Home, Outcrop};

#[test]
fn nothing_goes_elsewhere_and_nothing_stays() {
    let elsewhere = Emulator::start();
    let home = Home::new();
    let config = home.config().join("outcrop");
    std::fs::create_dir(&config).unwrap();
    let commands = [
        &["models", "list"][..],
        &["models", "list", "--refresh"],
        &["models", "list", "--access"],
        &["models", "show", "us.amazon.nova-lite-v1:0"],
        &["models", "why", "us.amazon.nova-lite-v1:0"],
        &["models", "status"],
        &["models", "refresh"],
        &["ask", "Hello"],
    ];
    for command in commands {
        for credentials in [
            ("AWS_BEARER_TOKEN_BEDROCK", "outcrop-emulator-token"),
            ("AWS_PROFILE", "a-profile-that-is-not-there"),
            ("AWS_MAX_ATTEMPTS", ""),
        ] {
            let run = Outcrop::at(&home, ["--emulator"].iter().chain(command))
                .via(&elsewhere)
                .env("AWS_ENDPOINT_URL", elsewhere.endpoint())
                .env("OUTCROP_BASE_URL", elsewhere.endpoint())
                .env("OUTCROP_CONTROL_BASE_URL", elsewhere.endpoint())
                .env("HTTP_PROXY", elsewhere.endpoint())
                .env(credentials.0, credentials.1)
                .run()
                .succeeds();
            assert!(run.stderr.contains("note: the embedded emulator answers, not AWS"), "{}", run.stderr);
        }
    }
    assert_eq!(elsewhere.requests().len(), 0);
    let kept: Vec<_> = std::fs::read_dir(home.cache()).unwrap().collect();
    assert!(kept.is_empty(), "{kept:?}");
}

#[test]
fn a_list_of_aws_is_not_taken_for_the_emulators() {
    let (elsewhere, home) = (Emulator::start(), Home::new());
    Outcrop::at(&home, ["models", "list"]).via(&elsewhere).run().succeeds();
    let run = Outcrop::at(&home, ["--emulator", "models", "list", "--json"]).via(&elsewhere).run().succeeds();
    assert_eq!(run.json()["freshness"], "live");
}
