//! What is described is read, and what is read is described.

use outcrop_core::{Environment, ErrorKind, ModelProviderExt as _, Registry};

use super::*;

/// The pointers and schemas of all settings that have no settings below them.
fn leaves(schema: &Value, pointer: &str) -> Vec<(String, Value)> {
    if let Some(items) = schema.get("items").filter(|items| items.get("properties").is_some()) {
        return leaves(items, &format!("{pointer}/0"));
    }
    let open = schema.get("additionalProperties").is_some();
    let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|_| !open) else {
        return vec![(pointer.to_owned(), schema.clone())];
    };
    properties.iter().flat_map(|(key, schema)| leaves(schema, &format!("{pointer}/{key}"))).collect()
}

/// An entry with one value.
fn entry(pointer: &str, value: Value) -> Value {
    let keys = pointer.rsplit('/').filter(|key| !key.is_empty());
    let mut entry =
        keys.fold(value, |value, key| if key == "0" { json!([value]) } else { json!({ key: value }) });
    if entry.get("baseUrl").is_none() {
        entry["baseUrl"] = json!("http://127.0.0.1:1");
    }
    entry
}

#[test]
fn every_setting_of_the_schema_is_described_and_read() {
    let leaves = leaves(&schema(), "");
    assert!(leaves.len() >= 40, "{leaves:?}");
    for (pointer, schema) in leaves {
        let description = schema["description"].as_str().unwrap_or_default();
        assert!(description.ends_with('.'), "{pointer} is not described: {schema}");
        if pointer.ends_with("/name") {
            continue; // Any text is one.
        }
        let wrong = if schema["type"] == "array" { json!("x") } else { json!([]) };
        let problems = OpenAiSettings::check(&entry(&pointer, wrong));
        let found = problems.iter().any(|problem| problem.pointer == pointer);
        assert!(found, "nobody looks at {pointer}: {problems:?}");
    }
}

#[test]
fn everything_that_is_read_is_in_the_schema() {
    // A new field does not compile here until the schema is thought of.
    let OpenAiSettings {
        base_url: _,
        api_key: _,
        headers: _,
        timeouts: _,
        connect_timeout: _,
        models: _,
        compat: _,
    } = OpenAiSettings::default();
    let schema = schema();
    let keys: Vec<_> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["baseUrl", "apiKey", "auth", "headers", "timeouts", "models", "compat"]);
    let crate::ModelSettings {
        id: _,
        name: _,
        reasoning: _,
        tools: _,
        input: _,
        context_window: _,
        max_tokens: _,
        compat: _,
    } = crate::ModelSettings::default();
    let model = &schema["properties"]["models"]["items"]["properties"];
    let keys: Vec<_> = model.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["id", "name", "reasoning", "tools", "input", "contextWindow", "maxTokens", "compat"];
    assert_eq!(keys, expected);
}

#[tokio::test]
async fn provider_and_catalogue_are_built_without_the_network() {
    let registry = Registry::new().with(factory()).with_catalog(catalog_factory());
    let context = BuildContext::new("local".into(), Environment::default());
    let settings = json!({ "baseUrl": "http://127.0.0.1:1" });
    let factory = registry.factory(API).unwrap();
    assert_eq!((factory.api(), factory.crate_name()), (API, "outcrop-provider-openai"));
    let provider = factory.build(&settings, &context).await.unwrap();
    assert_eq!(provider.id().as_str(), "local");
    assert!(provider.find::<OpenAi>().is_some());
    let built = registry.catalog(API).unwrap().build(&settings, &context).await.unwrap();
    assert_eq!(built.catalog.id().as_str(), "local");

    let error = factory.build(&json!({ "baseUrl": "nowhere" }), &context).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}
