//! What goes wrong with an endpoint, and what is said of it.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::{outcrop, with};
use crate::support::endpoint::{Endpoint, KEY, MODEL, Reply};

#[test]
fn a_wrong_key_names_the_setting_and_not_the_key() {
    let endpoint = Endpoint::saying("Hi");
    let home = with(&endpoint);
    let wrong = "sk-wrong-key-of-the-test";
    let set = format!("models.providers.vllm.apiKey={wrong}");
    let run = outcrop(&home, &["ask", "--json", "-vvv", "--set", &set, "Hi"]).run().exits_with(4);
    assert!(run.stderr.contains("`models.providers.vllm.apiKey`"), "{}", run.stderr);
    assert!(!run.stderr.contains(wrong) && !run.stdout.contains(wrong), "{run:?}");
    assert_eq!(endpoint.seen()[0].headers["authorization"], format!("Bearer {wrong}"));
    assert_eq!(endpoint.seen().len(), 1, "a key does not get right by being sent again");
}

#[test]
fn a_model_that_nobody_has_is_told_with_the_way_out() {
    let endpoint = Endpoint::saying("Hi");
    let home = with(&endpoint);
    let error = outcrop(&home, &["ask", "--json", "-m", "vllm/gpt-9", "Hi"]).run().exits_with(5).error_json();
    let hints = error["error"]["hints"].to_string();
    assert!(
        hints.contains("models list --all --provider vllm") && hints.contains("models why vllm/gpt-9"),
        "{error}"
    );
    assert_eq!(error["error"]["kind"], "ModelNotFound");
}

#[test]
fn whoever_cannot_be_reached_is_named() {
    let endpoint = Endpoint::saying("Hi");
    let home = with(&endpoint);
    let nobody = [
        "--set",
        "models.providers.vllm.baseUrl=http://127.0.0.1:1",
        "--set",
        "models.providers.vllm.retry.attempts=1",
    ];
    let error =
        outcrop(&home, &[&["ask", "--json", "Hi"], &nobody[..]].concat()).run().exits_with(9).error_json();
    assert_eq!(error["error"]["kind"], "Network", "{error}");
    assert!(error["error"]["hints"].to_string().contains("`baseUrl`"), "{error}");
}

#[test]
fn who_asks_to_slow_down_is_asked_again() {
    let calls = AtomicUsize::new(0);
    let endpoint = Endpoint::start(move |_| match calls.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::error(429, "rate_limit_exceeded", "Slow down.").with_header("retry-after-ms", "1"),
        _ => Reply::text("Hi"),
    });
    let home = with(&endpoint);
    assert_eq!(outcrop(&home, &["ask", "Hi"]).run().succeeds().stdout, "Hi\n");
    assert_eq!(endpoint.seen().len(), 2);

    let endpoint = Endpoint::start(|_| {
        Reply::error(429, "rate_limit_exceeded", "Slow down.").with_header("retry-after-ms", "1")
    });
    let error = outcrop(&with(&endpoint), &["ask", "--json", "Hi"]).run().exits_with(8).error_json();
    assert_eq!((&error["error"]["kind"], endpoint.seen().len()), (&json!("Throttled"), 3), "{error}");
}

#[test]
fn a_failure_in_the_middle_is_one() {
    let chunks = [
        json!({ "choices": [{ "index": 0, "delta": { "content": "Hal" } }] }),
        json!({ "error": { "message": "the card is too hot", "code": "server_error" } }),
    ];
    let endpoint = Endpoint::start(move |_| Reply::events(&chunks));
    let run = outcrop(&with(&endpoint), &["ask", "Hi"]).run().exits_with(9);
    assert_eq!(run.stdout, "Hal\n");
    assert!(run.stderr.contains("the card is too hot"), "{}", run.stderr);
    assert_eq!(endpoint.seen().len(), 1, "what was shown is not said again");
}

#[test]
fn what_is_no_endpoint_says_so() {
    let endpoint = Endpoint::start(|_| Reply::json(200, &json!({ "hello": "world" })));
    let run = outcrop(&with(&endpoint), &["ask", "Hi"]).run().exits_with(1);
    assert!(run.stderr.contains("baseUrl"), "{}", run.stderr);
}

/// Whatever is asked, and however much is said of it.
#[test]
fn no_secret_gets_out() {
    let endpoint = Endpoint::saying("Hi");
    let home = with(&endpoint);
    let model = format!("vllm/{MODEL}");
    for args in [
        &["ask", "Hi"][..],
        &["ask", "--dry-run", "Hi"],
        &["models", "list", "--provider", "vllm", "--all"],
        &["models", "show", &model],
        &["models", "why", &model],
        &["models", "status"],
        &["models", "refresh"],
        &["auth", "status", "--verify"],
        &["doctor"],
        &["config", "list"],
        &["config", "get", "models.providers.vllm"],
        &["config", "explain", "models.providers.vllm"],
        &["config", "check"],
    ] {
        for mode in [&["-vvv"][..], &["-vvv", "--json"]] {
            let run = outcrop(&home, &[args, mode].concat()).run().succeeds();
            let said = run.stdout + &run.stderr;
            let secrets = [KEY, crate::support::endpoint::HEADER];
            assert!(!secrets.iter().any(|secret| said.contains(secret)), "{args:?}: {said}");
        }
    }
}
