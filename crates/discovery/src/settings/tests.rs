use serde_json::json;

use super::*;

#[test]
fn a_provider_entry_is_read_and_null_counts_as_unset() {
    let entry = json!({
        "api": "bedrock-converse-stream",
        "discovery": {
            "enabled": true, "region": null, "regions": ["eu-west-1"], "providerFilter": ["anthropic"],
            "refreshInterval": 0, "defaultMaxTokens": null, "geography": "EU", "includeLegacy": true, "unknown": 1,
        },
        "models": [{
            "id": "us.anthropic.claude-opus-4-6-v1:0", "name": "Claude Opus 4.6 (Bedrock)", "reasoning": true,
            "input": ["text", "image"], "cost": { "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 },
            "contextWindow": 200_000, "maxTokens": null,
        }],
    });
    let settings = DiscoverySettings::from_json(&entry).unwrap();
    let mut model = ManualModel::new("us.anthropic.claude-opus-4-6-v1:0");
    model.known.name = Some("Claude Opus 4.6 (Bedrock)".into());
    model.known.reasoning = Some(true);
    model.known.input = Some(vec!["text".into(), "image".into()]);
    model.known.cost = Some(ManualCost {
        input: Some(0.0),
        output: Some(0.0),
        cache_read: Some(0.0),
        cache_write: Some(0.0),
        ..ManualCost::default()
    });
    model.known.context_window = Some(200_000);
    let expected = DiscoverySettings {
        enabled: Some(true),
        regions: vec!["eu-west-1".into()],
        provider_filter: vec!["anthropic".into()],
        refresh_interval: 0,
        geography: GeographyPreference::Prefix("eu".into()),
        include_legacy: true,
        models: vec![model],
        ..DiscoverySettings::default()
    };
    assert_eq!(settings, expected);
}

#[test]
fn an_entry_that_says_nothing_has_the_defaults() {
    for entry in
        [json!({}), json!({ "discovery": null, "models": null }), json!({ "discovery": {}, "models": [] })]
    {
        assert_eq!(DiscoverySettings::from_json(&entry).unwrap(), DiscoverySettings::default());
    }
    let defaults = DiscoverySettings::default();
    assert_eq!(defaults.time_to_live(), Some(Duration::from_hours(1)));
    assert_eq!((defaults.default_context_window, defaults.default_max_tokens), (32_000, 4096));
}

#[test]
fn every_problem_is_found_at_its_place() {
    let entry = json!({
        "discovery": {
            "enabled": "yes", "region": " ", "regions": "us-east-1", "providerFilter": [1], "refreshInterval": -1,
            "defaultContextWindow": 0, "defaultMaxTokens": 1.5, "geography": "Europe!", "includeLegacy": 1,
        },
        "models": [
            { "id": "", "name": 1, "reasoning": "yes", "input": "text", "contextWindow": 5_000_000_000_u64 },
            { "cost": { "input": -1, "cacheWrite": "1" } },
            "model",
        ],
    });
    let problems = DiscoverySettings::check(&entry);
    let pointers: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    let expected = [
        "/discovery/enabled",
        "/discovery/region",
        "/discovery/regions",
        "/discovery/providerFilter",
        "/discovery/refreshInterval",
        "/discovery/defaultContextWindow",
        "/discovery/defaultMaxTokens",
        "/discovery/geography",
        "/discovery/includeLegacy",
        "/models/0/id",
        "/models/0/name",
        "/models/0/reasoning",
        "/models/0/input",
        "/models/0/contextWindow",
        "/models/1",
        "/models/1/cost/input",
        "/models/1/cost/cacheWrite",
        "/models/2",
    ];
    assert_eq!(pointers, expected);
    assert_eq!(problems[0].allowed, ["true", "false"]);
    let message =
        |pointer: &str| &problems.iter().find(|problem| problem.pointer == pointer).unwrap().message;
    assert_eq!(
        message("/discovery/refreshInterval"),
        "`discovery.refreshInterval` is -1, which is not a whole number of seconds of at least 0"
    );
    assert_eq!(message("/models/1"), "`models[1]` has no `id`");
    assert!(message("/models/1/cost/cacheWrite").starts_with("`models[1].cost.cacheWrite` is \"1\""));
}

#[test]
fn wrong_shapes_are_problems_and_no_panics() {
    for (entry, pointer) in [
        (json!({ "discovery": [] }), "/discovery"),
        (json!({ "models": {} }), "/models"),
        (json!({ "models": [null] }), "/models/0"),
    ] {
        assert_eq!(DiscoverySettings::check(&entry)[0].pointer, pointer);
        let error = DiscoverySettings::from_json(&entry).unwrap_err();
        assert_eq!(error.kind(), outcrop_core::ErrorKind::Config);
    }
    assert_eq!(DiscoverySettings::from_json(&json!("text")).unwrap(), DiscoverySettings::default());
}

#[test]
fn automatic_geography_stays_in_the_region_and_never_goes_global() {
    let auto = GeographyPreference::from("Auto".to_owned());
    assert_eq!(auto.candidates("ap-northeast-1"), ["jp", "apac"]);
    assert!(auto.candidates("me-central-1").is_empty());
    assert_eq!(GeographyPreference::from(" Global ".to_owned()).candidates("eu-west-1"), ["global"]);
    assert_eq!(GeographyPreference::from(" ".to_owned()), GeographyPreference::Auto);
}

#[test]
fn settings_survive_json() {
    let settings = DiscoverySettings {
        geography: GeographyPreference::Prefix("us".into()),
        models: vec![ManualModel::new("x")],
        ..DiscoverySettings::default()
    };
    let json = serde_json::to_value(&settings).unwrap();
    assert_eq!(json["geography"], "us");
    assert_eq!(serde_json::from_value::<DiscoverySettings>(json).unwrap(), settings);
}

#[test]
fn what_is_no_region_is_told_and_keeps_nothing_from_being_built() {
    let entry = json!({
        "discovery": { "region": "eu west", "regions": ["eu-west-1", "EU-WEST-2"] },
        "models": [{ "id": "a" }, { "id": "b", "region": "x/y" }, "model"],
    });
    let pointers = |entry: &Value| -> Vec<_> {
        DiscoverySettings::check(entry).into_iter().map(|problem| problem.pointer).collect()
    };
    let expected = ["/models/2", "/discovery/region", "/discovery/regions", "/models/1/region"];
    assert_eq!(pointers(&entry), expected);
    let named = json!({ "discovery": entry["discovery"], "models": [{ "id": "b", "region": "x/y" }] });
    assert_eq!(DiscoverySettings::from_json(&named).unwrap().region.as_deref(), Some("eu west"));
}
