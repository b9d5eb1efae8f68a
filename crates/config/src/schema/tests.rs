use serde_json::{Value, json};

use super::*;

/// Calls `visit` with each described property of the schema and its path.
fn each_property(schema: &Value, path: &str, visit: &mut dyn FnMut(&str, &Value)) {
    for one in alternatives(schema) {
        for (key, property) in one.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let path = format!("{path}.{key}");
            visit(&path, property);
            each_property(property, &path, visit);
        }
        for keyword in ["items", "additionalProperties"] {
            if let Some(inner) = one.get(keyword) {
                each_property(inner, &format!("{path}.*"), visit);
            }
        }
    }
}

#[test]
fn it_is_draft_07_without_references() {
    let schema = schema();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    let text = schema.to_string();
    for unwanted in ["\"$ref\"", "\"definitions\"", "\"$defs\"", "\"default\":null", "uint64"] {
        assert!(!text.contains(unwanted), "{unwanted}");
    }
}

#[test]
fn every_property_has_a_description_and_every_quantity_its_unit() {
    let mut count = 0;
    each_property(&schema(), "", &mut |path, property| {
        count += 1;
        let description = property["description"].as_str().unwrap_or_default();
        assert!(description.ends_with('.'), "{path}: {description:?}");
        let quantity = types(property).iter().any(|name| matches!(*name, "integer" | "number"));
        let unit = property.get("x-unit").and_then(Value::as_str);
        assert_eq!(unit.is_some(), quantity && !path.ends_with(".attempts"), "{path}");
        if let Some(unit) = unit {
            let noun = unit.split(' ').next().unwrap();
            assert!(description.contains(noun), "{path}: {description:?} does not name its unit, {unit}");
        }
    });
    assert!(count > 50, "{count}");
}

#[test]
fn defaults_are_in_the_schema() {
    let schema = schema();
    let discovery = &schema["properties"]["models"]["properties"]["bedrockDiscovery"]["properties"];
    assert_eq!(discovery["refreshInterval"]["default"], 3600);
    assert_eq!(discovery["geography"]["default"], "auto");
    assert_eq!(discovery["enabled"].get("default"), None);
    let model = &schema["properties"]["agents"]["properties"]["defaults"]["properties"]["model"];
    assert_eq!(property(model, "fallbacks").unwrap()["default"], json!([]));
}

#[test]
fn merge_rules_are_in_the_schema() {
    each_property(&schema(), "", &mut |path, property| {
        let keys: Vec<_> = path.split('.').skip(1).collect();
        let by_id = KeyPath::of(&keys).merges_by_id();
        assert_eq!(property.get("x-merge"), by_id.then(|| json!("id")).as_ref(), "{path}");
    });
}

fn provider() -> ProviderSchema {
    ProviderSchema {
        api: "my-api".to_owned(),
        schema: json!({
            "type": "object",
            "properties": { "tenant": { "$ref": "#/$defs/Tenant" }, "loop": { "$ref": "#/$defs/Loop" } },
            "$defs": {
                "Tenant": { "type": "string", "enum": ["a", "b"], "description": "The tenant." },
                "Loop": { "type": "object", "properties": { "next": { "$ref": "#/$defs/Loop" } } },
            },
        }),
    }
}

#[test]
fn provider_schemas_are_spliced_in_by_api() {
    let schema = schema_with(&[provider()]);
    let entry = schema.pointer("/properties/models/properties/providers/additionalProperties").unwrap();
    let case = &entry["allOf"][0];
    assert_eq!(case["if"]["properties"]["api"]["const"], "my-api");
    assert_eq!(case["then"]["properties"]["tenant"]["enum"], json!(["a", "b"]));
    assert!(!schema.to_string().contains("$ref"));
}

#[test]
fn schemas_are_found_by_path_and_api() {
    let schemas = Schemas::new(&[provider()]);
    let tenant: KeyPath = "models.providers.mine.tenant".parse().unwrap();
    assert_eq!(
        schemas.find(&tenant, Some("my-api")).and_then(allowed_texts),
        Some(vec!["a".into(), "b".into()])
    );
    assert_eq!(schemas.find(&tenant, Some("other")), None);
    let window: KeyPath = r#"models.providers.mine.models."some.id".contextWindow"#.parse().unwrap();
    assert_eq!(schemas.find(&window, None).map(types), Some(vec!["integer", "null"]));
    assert_eq!(schemas.find(&"nothing.here".parse().unwrap(), None), None);
}

/// The keys, inside of provider entries or everywhere else, with their types.
fn glance(in_providers: bool) -> String {
    let mut lines = Vec::new();
    each_property(&schema(), "", &mut |path, property| {
        let path = path.trim_start_matches('.');
        if path.starts_with("models.providers.*.") == in_providers {
            lines.push(format!("{path} {}", types(property).join("|")));
        }
    });
    lines.sort();
    lines.join("\n")
}

#[test]
fn the_schema_at_a_glance() {
    insta::assert_snapshot!(glance(false), @r"
$schema string|null
agents object
agents.defaults object
agents.defaults.model string|object
agents.defaults.model.fallbacks array|null
agents.defaults.model.primary string|null
models object
models.bedrockDiscovery object
models.bedrockDiscovery.checkAccess boolean|null
models.bedrockDiscovery.defaultContextWindow integer|null
models.bedrockDiscovery.defaultMaxTokens integer|null
models.bedrockDiscovery.enabled boolean|null
models.bedrockDiscovery.geography string|null
models.bedrockDiscovery.include array|null
models.bedrockDiscovery.includeLegacy boolean|null
models.bedrockDiscovery.providerFilter array|null
models.bedrockDiscovery.refreshInterval integer|null
models.bedrockDiscovery.region string|null
models.bedrockDiscovery.regions array|null
models.overrides object
models.overrides.*.alwaysThinks boolean|null
models.overrides.*.baseModel string|null
models.overrides.*.contextWindow integer|null
models.overrides.*.converse boolean|null
models.overrides.*.cost object
models.overrides.*.cost.cacheRead number|null
models.overrides.*.cost.cacheWrite number|null
models.overrides.*.cost.cacheWrite1h number|null
models.overrides.*.cost.input number|null
models.overrides.*.cost.longContext array|null
models.overrides.*.cost.longContext.*.abovePromptTokens integer
models.overrides.*.cost.longContext.*.cacheRead number|null
models.overrides.*.cost.longContext.*.cacheWrite number|null
models.overrides.*.cost.longContext.*.cacheWrite1h number|null
models.overrides.*.cost.longContext.*.input number|null
models.overrides.*.cost.longContext.*.output number|null
models.overrides.*.cost.output number|null
models.overrides.*.effortCeiling string|null
models.overrides.*.efforts array|null
models.overrides.*.endOfLife string|null
models.overrides.*.input array|null
models.overrides.*.lifecycle string|null
models.overrides.*.maxTokens integer|null
models.overrides.*.name string|null
models.overrides.*.output array|null
models.overrides.*.promptCaching boolean|null
models.overrides.*.reasoning boolean|null
models.overrides.*.thinking string|null
models.overrides.*.thinkingField string|null
models.overrides.*.tools boolean|null
models.providers object
trace object
trace.content boolean|null
");
}

#[test]
fn the_schema_of_a_provider_at_a_glance() {
    insta::assert_snapshot!(glance(true), @r"
models.providers.*.api string|null
models.providers.*.apiKey string|null
models.providers.*.auth string|null
models.providers.*.baseUrl string|null
models.providers.*.cache string|null
models.providers.*.cacheTtl string|null
models.providers.*.controlBaseUrl string|null
models.providers.*.guardrail object
models.providers.*.guardrail.guardrailIdentifier string
models.providers.*.guardrail.guardrailVersion string|null
models.providers.*.guardrail.streamProcessingMode string|null
models.providers.*.guardrail.trace string|null
models.providers.*.headers object
models.providers.*.limits object
models.providers.*.limits.concurrency integer|null
models.providers.*.limits.maxWait number|null
models.providers.*.limits.requestsPerMinute integer|null
models.providers.*.limits.tokensPerMinute integer|null
models.providers.*.models array
models.providers.*.models.*.baseModel string|null
models.providers.*.models.*.contextWindow integer|null
models.providers.*.models.*.cost object
models.providers.*.models.*.cost.cacheRead number|null
models.providers.*.models.*.cost.cacheWrite number|null
models.providers.*.models.*.cost.cacheWrite1h number|null
models.providers.*.models.*.cost.input number|null
models.providers.*.models.*.cost.longContext array|null
models.providers.*.models.*.cost.longContext.*.abovePromptTokens integer
models.providers.*.models.*.cost.longContext.*.cacheRead number|null
models.providers.*.models.*.cost.longContext.*.cacheWrite number|null
models.providers.*.models.*.cost.longContext.*.cacheWrite1h number|null
models.providers.*.models.*.cost.longContext.*.input number|null
models.providers.*.models.*.cost.longContext.*.output number|null
models.providers.*.models.*.cost.output number|null
models.providers.*.models.*.id string
models.providers.*.models.*.input array|null
models.providers.*.models.*.maxTokens integer|null
models.providers.*.models.*.name string|null
models.providers.*.models.*.reasoning boolean|null
models.providers.*.models.*.region string|null
models.providers.*.models.*.tools boolean|null
models.providers.*.profile string|null
models.providers.*.region string|null
models.providers.*.requestMetadata object
models.providers.*.retry object
models.providers.*.retry.attempts integer|null
models.providers.*.retry.budget number|null
models.providers.*.retry.maxDelay number|null
models.providers.*.timeouts object
models.providers.*.timeouts.connect number|null
models.providers.*.timeouts.firstEvent number|null
models.providers.*.timeouts.idle number|null
models.providers.*.timeouts.total number|null
");
}
