//! Our client against ministack, an AWS emulator that somebody else wrote.

use serde_json::Value;

use crate::support::{Finished, Home, Outcrop, Started, python};

/// A running ministack.
#[derive(Debug)]
struct Ministack {
    endpoint: String,
    home: Home,
    _process: Started,
}

impl Ministack {
    #[track_caller]
    fn start() -> Self {
        let home = Home::new();
        let mut process = Started::new(&mut python::server("ministack_server.py"), &home);
        let endpoint = process
            .wait_for("it was ready", |line| Some(line.strip_prefix("ready at ")?.trim_end().to_owned()));
        Self { endpoint, home, _process: process }
    }

    /// Runs `outcrop` against it; all runs share a home, as those of one user do.
    #[track_caller]
    fn outcrop(&self, args: &[&str]) -> Finished {
        Outcrop::at(&self.home, args)
            .env("AWS_ENDPOINT_URL_BEDROCK", &self.endpoint)
            .env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", &self.endpoint)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .run()
    }
}

fn ids(listing: &Value) -> Vec<&str> {
    listing["models"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect()
}

#[test]
fn models_of_another_server_are_listed_and_answer() {
    let server = Ministack::start();

    let listing = server.outcrop(&["models", "list", "--json"]).succeeds().json();
    let ids = ids(&listing);
    assert_eq!(listing["count"], ids.len());
    assert_eq!(listing["problems"], serde_json::json!([]));
    // One model that is called on demand and one profile; the embedding model cannot converse.
    assert!(ids.contains(&"amazon.nova-lite-v1:0") && ids.contains(&"us.amazon.nova-lite-v1:0"), "{ids:?}");
    assert!(!ids.contains(&"amazon.titan-embed-text-v2:0"), "{ids:?}");

    let model = ids[0];
    let answer = server.outcrop(&["ask", "-m", model, "hi"]).succeeds().stdout;
    // Its answer names the model that it was asked for, and a hash of the prompt.
    assert!(answer.contains(model), "`{answer}` does not come from {model}");
    let other = server.outcrop(&["ask", "-m", model, "something else"]).succeeds().stdout;
    assert_ne!(answer, other);
    let whole = server.outcrop(&["ask", "-m", model, "--no-stream", "hi"]).succeeds().stdout;
    assert_eq!(answer, whole, "streamed and whole answers of the same request differ");

    let json = server.outcrop(&["ask", "-m", model, "--json", "hi"]).succeeds().json();
    assert_eq!(json["text"], answer.trim_end());
    assert_eq!(json["stopReason"], "end_turn");
    assert!(json["usage"]["outputTokens"].as_u64() > Some(0), "{json}");
    assert!(json["requestId"].is_string(), "{json}");
}

#[test]
fn a_second_listing_comes_from_the_cache() {
    let server = Ministack::start();
    let first = server.outcrop(&["models", "list", "--json"]).succeeds().json();
    assert_eq!(first["freshness"], "live");
    let second = server.outcrop(&["models", "list", "--json"]).succeeds().json();
    assert_eq!(second["freshness"], "cached");
    assert_eq!(first["models"], second["models"]);
    let refreshed = server.outcrop(&["models", "list", "--json", "--refresh"]).succeeds().json();
    assert_eq!(refreshed["freshness"], "live");
}
