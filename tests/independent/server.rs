//! Our client against ministack, an AWS emulator that somebody else wrote.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{Finished, Home, Outcrop, Started, http, python};

/// A running ministack.
#[derive(Debug)]
pub(super) struct Ministack {
    pub(super) endpoint: String,
    home: Home,
    _process: Started,
}

impl Ministack {
    #[track_caller]
    pub(super) fn start() -> Self {
        let home = Home::new();
        let mut process = Started::new(&mut python::server("ministack_server.py"), &home);
        let endpoint = process
            .wait_for("it was ready", |line| Some(line.strip_prefix("ready at ")?.trim_end().to_owned()));
        Self { endpoint, home, _process: process }
    }

    /// The rows of one of its lists, as it sends them: asked for without any code of ours but a socket.
    #[track_caller]
    fn rows(&self, path: &str, name: &str) -> Vec<Value> {
        // It looks at the scope of the signature to know which service is meant, and at nothing else of it.
        let scope = "authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/bedrock/aws4_request";
        let address = self.endpoint.trim_start_matches("http://").parse().unwrap();
        match http::get(address, path, scope)[name].take() {
            Value::Array(rows) => rows,
            other => panic!("`{name}` is no list: {other}"),
        }
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

fn has(row: &Value, field: &str, value: &str) -> bool {
    row[field].as_array().unwrap().contains(&value.into())
}

/// Its lists are ours to read, row by row: what can be called follows from the rules, which are written down here once
/// more, in other words.
#[test]
fn the_list_is_what_follows_from_the_rows() {
    let server = Ministack::start();
    let models = server.rows("/foundation-models", "modelSummaries");
    let profiles = server.rows("/inference-profiles?maxResults=1000", "inferenceProfileSummaries");
    assert_eq!((models.len(), profiles.len()), (22, 63));

    // A model that converses answers in text, and piece by piece. All but one do.
    let converses: BTreeMap<&str, bool> = models
        .iter()
        .map(|row| {
            let talks = has(row, "outputModalities", "TEXT") && row["responseStreamingSupported"] == true;
            (row["modelId"].as_str().unwrap(), talks)
        })
        .collect();
    let silent: Vec<_> = converses.iter().filter(|(_, converses)| !**converses).map(|(id, _)| *id).collect();
    assert_eq!(silent, ["amazon.titan-embed-text-v2:0"]);

    // Every model has on-demand throughput, so that each of the other 21 is called by its bare id.
    assert!(models.iter().all(|row| has(row, "inferenceTypesSupported", "ON_DEMAND")));
    let mut expected: BTreeSet<&str> = converses.iter().filter(|it| *it.1).map(|(id, _)| *id).collect();
    assert_eq!(expected.len(), 21);

    // It lists three profiles for each of these 21, all in one region, and all of them active: `us`, `eu` and `apac`. Those
    // of other geographies would be refused by AWS, which does not list them; whatever a service lists here is callable here.
    let mut geographies: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &profiles {
        assert_eq!((&row["status"], &row["type"]), (&json!("ACTIVE"), &json!("SYSTEM_DEFINED")));
        let id = row["inferenceProfileId"].as_str().unwrap();
        let (geography, base) = id.split_once('.').unwrap();
        *geographies.entry(geography).or_default() += 1;
        let leads_to =
            row["models"].as_array().unwrap().iter().map(|model| model["modelArn"].as_str().unwrap());
        assert!(leads_to.clone().all(|arn| arn.ends_with(&format!("::foundation-model/{base}"))), "{row}");
        assert!(converses[base], "{id}: a profile is as its model");
        expected.insert(id);
    }
    assert_eq!(geographies, BTreeMap::from([("apac", 21), ("eu", 21), ("us", 21)]));
    assert_eq!(expected.len(), 84);

    let listing = server.outcrop(&["models", "list", "--json"]).succeeds().json();
    let listed = ids(&listing);
    assert_eq!(listing["count"], 84);
    assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), expected);
    assert_eq!(listed.len(), 84, "no id twice");

    // Nothing is lost: the one that is not listed is among all, and it is said why.
    let all = server.outcrop(&["models", "list", "--json", "--all"]).succeeds().json();
    let all: BTreeSet<_> = ids(&all).into_iter().map(str::to_owned).collect();
    let everything = models.iter().map(|row| &row["modelId"]);
    let everything = everything.chain(profiles.iter().map(|row| &row["inferenceProfileId"]));
    assert_eq!(all, everything.map(|id| id.as_str().unwrap().to_owned()).collect());
    let why = server.outcrop(&["models", "why", silent[0], "--json"]).exits_with(5).json();
    let failed: Vec<_> =
        why["rules"].as_array().unwrap().iter().filter(|rule| rule["passed"] == false).collect();
    let failed: Vec<_> = failed.iter().map(|rule| rule["rule"].as_str().unwrap()).collect();
    assert_eq!(failed, ["converse", "streaming", "text-output"]);
    for id in ["us.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"] {
        let why = server.outcrop(&["models", "why", id, "--json"]).succeeds().json();
        assert!(why["rules"].as_array().unwrap().iter().all(|rule| rule["passed"] == true), "{why}");
    }
}

/// Whatever it lists, it answers: one model of each maker by its id, and one profile of each geography.
#[test]
fn what_is_listed_answers() {
    let server = Ministack::start();
    let listing = server.outcrop(&["models", "list", "--json"]).succeeds().json();
    let mut seen = BTreeSet::new();
    let chosen = ids(&listing).into_iter().filter(|id| seen.insert(id.split('.').next().unwrap().to_owned()));
    let chosen: Vec<_> = chosen.collect();
    assert_eq!(chosen.len(), 9, "six makers and three geographies: {chosen:?}");
    for id in chosen {
        let run = server.outcrop(&["ask", "-m", id, "hi"]).succeeds();
        assert!(run.stdout.contains(id), "`{}` does not come from {id}", run.stdout);
        assert_eq!(run.stderr, "", "{id} is called as it is listed");
    }
}
