use std::collections::BTreeSet;
use std::sync::Arc;

use outcrop_aws::{AssumeRole, Auth, Aws, AwsSettings};
use outcrop_config::{Layer, Loader, Sources, schema_with};
use outcrop_core::{CacheTtl, Caching, Environment, Timeouts, scripted};
use outcrop_model_facts::Geography;
use outcrop_provider_bedrock::BedrockSettings;
use serde_json::json;

use super::*;
use crate::builder::schemas;

fn registry() -> Registry {
    let aws = Arc::new(Aws::new(Environment::default()));
    Registry::new()
        .with(outcrop_provider_bedrock::factory(Arc::clone(&aws)))
        .with(scripted::factory())
        .with_catalog(outcrop_discovery::factory(aws, None))
}

/// What is found in a file beside what loading it finds.
fn found(text: &str) -> Vec<String> {
    let sources = Sources::default().with_text(Layer::User, "u.json5", text);
    let loaded = Loader::new(sources).with_providers(schemas(&registry())).load();
    let found = diagnostics(&loaded.config, &registry(), &loaded.diagnostics);
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn what_a_catalogue_finds_has_its_place() {
    assert_eq!(of_all("/discovery"), Some(("discovery", "bedrockDiscovery", "")));
    assert_eq!(of_all("/overrides/a~1b"), Some(("overrides", "overrides", "/a~1b")));
    assert_eq!((of_all("/models/0"), of_all("/discoveries")), (None, None));

    let text = "{ models: {
      bedrockDiscovery: { region: 'eu west' , regions: ['EU-WEST-1', 'eu-west-2'] },
      providers: {
        'amazon-bedrock': { models: [{ id: 'a' }, { id: 'b', region: 'x/y' }] },
        'another': { api: 'bedrock-converse-stream' },
      },
    } }";
    let expected = [
        "u.json5:2:35: `bedrockDiscovery.region` is \"eu west\", which is not the name of a region such as `eu-central-1`",
        "u.json5:2:56: `bedrockDiscovery.regions` is [\"EU-WEST-1\",\"eu-west-2\"], which is not a list of names of regions such as `eu-central-1`",
        "u.json5:4:70: `models[1].region` is \"x/y\", which is not the name of a region such as `eu-central-1`",
    ];
    assert_eq!(found(text), expected);
}

#[test]
fn what_can_be_told_of_an_entry_is_told_without_calling() {
    let entry = |members: &str| {
        found(&format!("{{ models: {{ providers: {{ 'amazon-bedrock': {{ {members} }} }} }} }}"))
    };
    for (members, words) in [
        ("region: 'EU-WEST-1'", "`EU-WEST-1` is no region"),
        ("apiKey: 'k', baseUrl: 'http://proxy.example'", "in the clear"),
        ("apiKeyFile: '/k', controlBaseUrl: 'http://proxy.example'", "in the clear"),
        ("guardrail: { guardrailIdentifier: 'A B' }", "the id or the ARN of a guardrail"),
    ] {
        let found = entry(members);
        assert!(
            matches!(found.as_slice(), [one] if one.contains(words) && one.starts_with("u.json5:1:")),
            "{members}: {found:?}"
        );
    }
    let found = found("{ models: { providers: { mine: { region: 'eu-west-1' } } } }");
    assert_eq!(found, ["u.json5:1:32: the provider `mine` has no `api`, so nothing can call it"]);
    for right in [
        "region: 'eu-west-1'",
        "apiKey: 'k', baseUrl: 'http://127.0.0.1:1'",
        "baseUrl: 'http://proxy.example', auth: 'none'",
    ] {
        assert_eq!(entry(right), [""; 0], "{right}");
    }
}

/// The schema of a key of an entry.
fn of_key<'a>(entry: &'a Value, pointer: &str) -> Option<&'a Value> {
    pointer.split('/').skip(1).try_fold(entry, |schema, key| schema.get("properties")?.get(key))
}

/// The schema of an entry, with what Bedrock adds.
fn entry_schema() -> Value {
    let schema = schema_with(&schemas(&registry()));
    let mut entry = schema["properties"]["models"]["properties"]["providers"]["additionalProperties"].clone();
    let case = entry["allOf"]
        .as_array()
        .unwrap()
        .iter()
        .find(|case| case["if"]["properties"]["api"]["const"] == outcrop_provider_bedrock::API);
    let own = case.unwrap()["then"]["properties"].as_object().unwrap().clone();
    let shared = entry["properties"].as_object_mut().unwrap();
    for (key, property) in own {
        assert!(shared.insert(key.clone(), property).is_none(), "`{key}` is described twice");
    }
    entry
}

#[test]
fn everything_that_bedrock_reads_is_in_the_schema() {
    let full = json!({
        "auth": "profile",
        "apiKey": "key",
        "profile": "dev",
        "assumeRole": {
            "roleArn": "arn:aws:iam::123456789012:role/bedrock",
            "sessionName": "me",
            "externalId": "x",
            "durationSeconds": 900,
        },
        "useFipsEndpoint": false,
        "useDualstackEndpoint": false,
        "region": "eu-central-1",
        "baseUrl": "http://127.0.0.1:1",
        "controlBaseUrl": "http://127.0.0.1:2",
        "timeouts": { "connect": 1, "firstEvent": 2, "idle": 3, "total": 4 },
        "guardrail": {
            "guardrailIdentifier": "g",
            "guardrailVersion": "1",
            "streamProcessingMode": "sync",
            "trace": "enabled",
        },
        "cache": "auto",
        "cacheTtl": "1h",
        "requestMetadata": { "team": "growth" },
        "headers": { "x-team": "growth" },
    });
    // A new field does not compile here until the entry above sets it.
    let BedrockSettings { aws, timeouts, guardrail, caching, request_metadata } =
        BedrockSettings::from_json(&full).unwrap();
    let AwsSettings {
        auth,
        api_key,
        api_key_file: _, // In the place of `apiKey`.
        profile,
        assume_role,
        region,
        runtime_endpoint,
        control_endpoint,
        fips,
        dual_stack,
        connect_timeout,
        headers,
        isolated: _, // For programs only.
    } = aws;
    let Timeouts { first_event, idle, total, whole: _ } = timeouts;
    assert_eq!(auth, Auth::Profile);
    assert!(api_key.is_some() && fips == Some(false) && dual_stack == Some(false));
    let AssumeRole { role_arn, session_name, external_id, duration } = assume_role.unwrap();
    assert_eq!(duration.map(|duration| duration.as_secs()), Some(900));
    let texts =
        [profile, region, runtime_endpoint, control_endpoint, Some(role_arn), session_name, external_id];
    assert!(texts.iter().all(Option::is_some), "{texts:?}");
    let limits = [connect_timeout, first_event, idle, total];
    assert_eq!(limits.map(|limit| limit.map(|limit| limit.as_secs())), [1, 2, 3, 4].map(Some));
    assert_eq!(guardrail.map(Value::Object), full.get("guardrail").cloned());
    assert_eq!(caching, Some(Caching::Auto { ttl: CacheTtl::OneHour }));
    assert_eq!((&request_metadata["team"], headers["x-team"].expose()), (&json!("growth"), "growth"));

    let schema = entry_schema();
    let mut read = BTreeSet::from(["apiKeyFile"]);
    for (key, value) in full.as_object().unwrap() {
        read.insert(key);
        assert!(of_key(&schema, &format!("/{key}")).is_some(), "{key}");
        let described = of_key(&schema, &format!("/{key}")).unwrap().get("properties").is_some();
        for inner in value.as_object().into_iter().flatten().map(|(inner, _)| inner).filter(|_| described) {
            assert!(of_key(&schema, &format!("/{key}/{inner}")).is_some(), "{key}.{inner}");
        }
        let known = schema["properties"][key]["properties"].as_object().map_or(0, serde_json::Map::len);
        assert!(
            !described || known == value.as_object().unwrap().len(),
            "`{key}` has keys that nobody reads"
        );
    }
    let by_others = ["api", "limits", "models", "retry"];
    let all: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(all, read.into_iter().chain(by_others).collect(), "what the schema has and nobody reads");
}

#[test]
fn the_schema_and_bedrock_allow_the_same() {
    let schema = entry_schema();
    for pointer in ["/cache", "/cacheTtl", "/guardrail/streamProcessingMode", "/guardrail/trace", "/auth"] {
        let property = of_key(&schema, pointer).unwrap();
        let mut alternatives = vec![property];
        alternatives.extend(property["anyOf"].as_array().into_iter().flatten());
        let listed = alternatives.iter().flat_map(|one| {
            let several = one.get("enum").and_then(Value::as_array).into_iter().flatten();
            several.chain(one["oneOf"].as_array().into_iter().flatten().map(|one| &one["const"]))
        });
        let of_schema: BTreeSet<_> = listed.filter_map(Value::as_str).collect();
        let wrong = pointer.rsplit('/').filter(|key| !key.is_empty());
        let wrong = wrong.fold(json!("no such value"), |value, key| json!({ key: value }));
        let problems = BedrockSettings::check(&wrong);
        let problem = problems.iter().find(|problem| problem.pointer == pointer).unwrap();
        let of_bedrock: BTreeSet<_> = problem.allowed.iter().map(String::as_str).collect();
        // A provider need not know every way to authenticate.
        let same =
            if pointer == "/auth" { of_bedrock.is_subset(&of_schema) } else { of_bedrock == of_schema };
        assert!(same && !of_bedrock.is_empty(), "{pointer}: {of_bedrock:?} and {of_schema:?}");
    }
}

#[test]
fn the_schema_knows_every_geography() {
    let schema = outcrop_config::schema();
    let discovery = &schema["properties"]["models"]["properties"]["bedrockDiscovery"];
    let known = &discovery["properties"]["geography"]["examples"];
    let known: BTreeSet<_> = known.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let geographies = Geography::KNOWN.map(Geography::as_str);
    assert_eq!(known, geographies.into_iter().chain(["auto"]).collect());
}
