//! Entries as people write them.

use outcrop_core::ErrorKind;
use serde_json::json;

use super::*;
use crate::compat::{MaxTokensField, ThinkingFormat};

fn problems(entry: &Value) -> Vec<(String, String)> {
    let problems = OpenAiSettings::check(entry);
    if let Some(first) = problems.first() {
        let error = OpenAiSettings::from_json(entry).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Config, first.message.as_str()));
    }
    problems.into_iter().map(|problem| (problem.pointer, problem.message)).collect()
}

fn pointers(entry: &Value) -> Vec<String> {
    problems(entry).into_iter().map(|(pointer, _)| pointer).collect()
}

/// An OpenAI-compatible proxy in front of Bedrock, as files of the related product have it.
#[test]
fn an_entry_of_a_related_product_is_taken_as_it_is() {
    let entry = json!({
        "baseUrl": "http://localhost:4000/v1",
        "apiKey": "sk-litellm",
        "api": "openai-completions",
        "headers": { "X-Team": "growth" },
        "models": [{
            "id": "us.anthropic.claude-opus-4-6-v1:0",
            "name": "Claude Opus",
            "reasoning": true,
            "input": ["text", "image"],
            "cost": { "input": 5, "output": 25, "cacheRead": 0.5, "cacheWrite": 6.25 },
            "contextWindow": 200_000,
            "maxTokens": 8192,
            "compat": { "supportsStore": false, "maxTokensField": "max_tokens", "thinkingFormat": "openai" },
        }],
    });
    assert_eq!(problems(&entry), []);
    let settings = OpenAiSettings::from_json(&entry).unwrap();
    assert_eq!(settings.api_key.as_ref().map(Secret::expose), Some("sk-litellm"));
    assert_eq!(settings.headers["X-Team"].expose(), "growth");
    let model = settings.model(&"us.anthropic.claude-opus-4-6-v1:0".into()).unwrap();
    assert_eq!(
        (model.context_window, model.max_tokens, model.reasoning),
        (Some(200_000), Some(8192), Some(true))
    );
    assert_eq!(model.input, Some(vec![Modality::Text, Modality::Image]));
    assert_eq!(model.compat.thinking_format, Some(ThinkingFormat::OpenAi));
    assert_eq!(model.price.as_ref().map(|price| price.rates.output), Some(25.0));
}

#[test]
fn every_problem_is_found_at_its_place() {
    let entry = json!({
        "baseUrl": "ftp://x",
        "auth": "aws-sdk",
        "apiKey": "a\nb",
        "headers": { "Host": "x", "b d": "x", "x-y": 7 },
        "guardrail": { "guardrailIdentifier": "g" },
        "timeouts": { "connect": 0, "firstEvent": -1, "idle": "2", "total": [] },
        "models": [
            { "name": "x" },
            { "id": "a", "reasoning": 1, "tools": "no", "contextWindow": 0, "maxTokens": "x", "input": "text", "compat": [] },
            { "id": "a", "compat": { "supportsStore": 1 },
              "cost": { "input": -1, "longContext": [{ "output": "1" }] } },
            { "id": "b", "cost": 1 }, { "id": "c", "cost": { "longContext": {} } },
        ],
        "compat": { "thinkingFormat": "loud" },
    });
    assert_eq!(
        pointers(&entry),
        [
            "/baseUrl",
            "/auth",
            "/apiKey",
            "/guardrail",
            "/headers/Host",
            "/headers/b d",
            "/headers/x-y",
            "/timeouts/connect",
            "/timeouts/firstEvent",
            "/timeouts/idle",
            "/timeouts/total",
            "/models/0/id",
            "/models/1/reasoning",
            "/models/1/tools",
            "/models/1/contextWindow",
            "/models/1/maxTokens",
            "/models/1/input",
            "/models/1/compat",
            "/models/2/id",
            "/models/2/cost/input",
            "/models/2/cost/longContext/0/abovePromptTokens",
            "/models/2/cost/longContext/0/output",
            "/models/2/compat/supportsStore",
            "/models/3/cost",
            "/models/4/cost/longContext",
            "/compat/thinkingFormat",
        ]
    );
    assert_eq!(pointers(&json!({})), ["/baseUrl"]);
    let shapes = json!({ "baseUrl": 7, "headers": [], "models": {}, "compat": 1 });
    assert_eq!(pointers(&shapes), ["/baseUrl", "/headers", "/models", "/compat"]);
}

#[test]
fn a_key_is_not_to_be_read_by_strangers() {
    let entry = |url: &str| json!({ "baseUrl": url, "apiKey": "sk-hush" });
    let (pointer, message) = problems(&entry("http://api.example.com/v1")).remove(0);
    assert!(pointer == "/baseUrl" && message.contains("`https://`") && !message.contains("hush"));
    assert_eq!(pointers(&entry("http://127.0.0.1:8000")), [""; 0]);
    assert_eq!(
        pointers(&json!({ "baseUrl": "http://api.example.com", "apiKey": "x", "auth": "none" })),
        [""; 0]
    );
    // Every header may be a key.
    for name in ["x-api-key", "Authorization", "x-team"] {
        let entry = |url: &str| json!({ "baseUrl": url, "auth": "none", "headers": { name: "sk-hush" } });
        let (pointer, message) = problems(&entry("http://api.example.com/v1")).remove(0);
        assert!(pointer == "/baseUrl" && message.contains("`headers`") && !message.contains("hush"));
        assert_eq!(pointers(&entry("http://127.0.0.1:8000")), [""; 0]);
        assert_eq!(pointers(&entry("https://api.example.com")), [""; 0]);
    }
    assert_eq!(pointers(&json!({ "baseUrl": "http://api.example.com", "headers": {} })), [""; 0]);
}

/// The query of the address may be a key.
#[test]
fn the_query_is_not_printed() {
    for url in ["https://x.example/v1?key=sk-hush", "https://me:sk-hush@x.example", "x y?key=sk-hush"] {
        let printed = format!("{:?}", OpenAiSettings::new(url));
        assert!(printed.contains("base_url") && !printed.contains("hush"), "{printed}");
    }
    assert!(format!("{:?}", OpenAiSettings::new("https://x.example")).contains("https://x.example/v1"));
}

#[test]
fn without_authentication_there_is_no_key() {
    let settings = |auth: &str| {
        OpenAiSettings::from_json(&json!({ "baseUrl": "http://127.0.0.1", "apiKey": "x", "auth": auth }))
            .unwrap()
    };
    assert!(settings("none").api_key.is_none());
    assert!(settings("bearer").api_key.is_some() && settings("api-key").api_key.is_some());
}

#[test]
fn the_model_knows_better_than_the_entry_and_the_entry_than_the_table_of_hosts() {
    let entry = json!({
        "baseUrl": "https://api.openai.com",
        "compat": { "supportsStore": false },
        "models": [{ "id": "old", "compat": { "maxTokensField": "max_tokens" } }],
    });
    let settings = OpenAiSettings::from_json(&entry).unwrap();
    let endpoint = Endpoint::parse(&settings.base_url).unwrap();
    let compat = settings.compat_for(&"old".into(), &endpoint);
    assert_eq!(compat.max_tokens_field, Some(MaxTokensField::MaxTokens));
    assert_eq!((compat.supports_store, compat.supports_strict_mode), (Some(false), Some(true)));
    let compat = settings.compat_for(&"new".into(), &endpoint);
    assert_eq!(compat.max_tokens_field, Some(MaxTokensField::MaxCompletionTokens));
}
