//! The list and its three forms.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{each, list};
use crate::support::{Emulator, members};

fn is_flag(value: &Value) -> bool {
    value.is_null() || value.is_boolean()
}

fn is_text_or_null(value: &Value) -> bool {
    value.is_null() || value.is_string()
}

fn is_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(Value::is_string))
}

fn is_cost(value: &Value) -> bool {
    let fields = ["cacheRead", "cacheWrite", "input", "output"];
    let is_rate = |(_, rate): (_, &Value)| rate.is_null() || rate.as_f64().is_some_and(|rate| rate >= 0.0);
    value.is_null()
        || value.as_object().is_some_and(|cost| members(value) == fields && cost.iter().all(is_rate))
}

fn is_profile(value: &Value) -> bool {
    let is_kind = |kind: &Value| kind == "SYSTEM_DEFINED" || kind == "APPLICATION";
    value.is_null()
        || (value.is_object() && members(value) == ["geography", "regions", "type"])
            && is_kind(&value["type"])
            && is_text_or_null(&value["geography"])
            && is_texts(&value["regions"])
}

/// Whether an object has exactly these fields, in the order of their names, or is not there.
fn has(value: &Value, fields: &[&str]) -> bool {
    value.is_null() || (value.is_object() && members(value) == fields)
}

fn is_caching(value: &Value) -> bool {
    has(value, &["cachePoints", "maxCachePoints", "minTokens", "oneHour", "supported"])
        && is_flag(&value["supported"])
        && is_flag(&value["cachePoints"])
}

fn is_thinking(value: &Value) -> bool {
    has(value, &["alwaysOn", "effortCeiling", "efforts", "field", "mode"])
        && (value.is_null() || value["mode"].is_string() && is_texts(&value["efforts"]))
}

fn is_price(value: &Value) -> bool {
    const RATES: [&str; 5] = ["cacheRead", "cacheWrite1h", "cacheWrite5m", "input", "output"];
    const BAND: [&str; 6] =
        ["abovePromptTokens", "cacheRead", "cacheWrite1h", "cacheWrite5m", "input", "output"];
    const PRICE: [&str; 10] = [
        "asOf",
        "cacheRead",
        "cacheWrite1h",
        "cacheWrite5m",
        "confidence",
        "input",
        "longContext",
        "output",
        "scope",
        "tiers",
    ];
    has(value, &PRICE)
        && (value.is_null()
            || value["scope"].is_string()
                && value["input"].is_number()
                && value["longContext"].as_array().is_some_and(|bands| bands.iter().all(|it| has(it, &BAND)))
                && value["tiers"].as_object().is_some_and(|tiers| tiers.values().all(|it| has(it, &RATES))))
}

fn is_origin(value: &Value) -> bool {
    let is_source = |source: &Value| {
        source
            .as_str()
            .is_some_and(|name| ["aws", "config", "default"].contains(&name) || name.starts_with("facts:20"))
    };
    value.as_object().is_some_and(|origin| !origin.is_empty() && origin.values().all(is_source))
}

/// The name of a field, and whether a value can be its.
type Field = (&'static str, fn(&Value) -> bool);

/// The fields of a model, in the order of their names.
const FIELDS: [Field; 27] = [
    ("access", Value::is_null),
    ("available", is_flag),
    ("baseModel", is_text_or_null),
    ("caching", is_caching),
    ("contextWindow", |value| value.as_u64() > Some(0)),
    ("cost", is_cost),
    ("endOfLife", is_text_or_null),
    ("hidden", Value::is_null),
    ("id", Value::is_string),
    ("input", is_texts),
    ("key", Value::is_string),
    ("kind", Value::is_string),
    ("lifecycle", is_text_or_null),
    ("makerName", is_text_or_null),
    ("maxTokens", |value| value.as_u64() > Some(0)),
    ("name", Value::is_string),
    ("origin", is_origin),
    ("output", is_texts),
    ("price", is_price),
    ("profile", is_profile),
    ("provider", Value::is_string),
    ("reasoning", is_flag),
    ("regions", is_texts),
    ("streaming", is_flag),
    ("tags", is_texts),
    ("thinking", is_thinking),
    ("tools", is_flag),
];

#[test]
fn one_object_has_every_documented_field() {
    let emulator = Emulator::start();
    let run = list(&emulator, &["--json"]).run().succeeds();
    assert_eq!((run.stdout.lines().count(), run.stderr.as_str()), (1, ""));
    let found = run.json();
    let names = members(&found);
    assert_eq!(names, ["count", "freshness", "models", "problems", "takenAt"]);
    let models = found["models"].as_array().unwrap();
    assert!(models.len() > 50, "{}", models.len());
    assert_eq!(found["count"], models.len());
    assert_eq!((&found["freshness"], &found["problems"]), (&json!("live"), &json!([])));
    let taken_at = found["takenAt"].as_str().unwrap();
    assert!(is_rfc3339(taken_at), "{taken_at}");
    for model in models {
        let names = members(&model);
        assert_eq!(names, FIELDS.map(|(name, _)| name), "{model}");
        let wrong: Vec<_> =
            FIELDS.iter().filter(|(name, is_right)| !is_right(&model[name])).map(|(name, _)| name).collect();
        assert!(wrong.is_empty(), "{wrong:?} of {model}");
        assert_eq!(model["key"], format!("amazon-bedrock/{}", model["id"].as_str().unwrap()));
    }
}

/// `2026-11-23T01:13:54Z`.
fn is_rfc3339(text: &str) -> bool {
    let pattern = "dddd-dd-ddTdd:dd:ddZ";
    let fits = |(character, expected): (char, char)| match expected {
        'd' => character.is_ascii_digit(),
        _ => character == expected,
    };
    text.len() == pattern.len() && text.chars().zip(pattern.chars()).all(fits)
}

#[test]
fn what_is_known_of_a_model_is_told_with_its_origin() {
    let emulator = Emulator::start();
    let found = list(&emulator, &["--json", "nova-lite"]).run().succeeds().json();
    let of = |id: &str| {
        let models = found["models"].as_array().unwrap();
        models.iter().find(|model| model["id"] == id).unwrap_or_else(|| panic!("no {id} in {found}")).clone()
    };
    let bare = of("amazon.nova-lite-v1:0");
    assert_eq!(bare["profile"], Value::Null);
    assert_eq!((&bare["provider"], &bare["makerName"]), (&json!("amazon"), &json!("Amazon")));
    assert_eq!((&bare["contextWindow"], &bare["maxTokens"]), (&json!(300_000), &json!(10_000)));
    assert_eq!((&bare["cost"]["input"], &bare["cost"]["output"]), (&json!(0.06), &json!(0.24)));
    assert_eq!(
        (&bare["tools"], &bare["reasoning"], &bare["kind"]),
        (&json!(true), &json!(false), &json!("chat"))
    );
    assert_eq!(bare["regions"], json!(["us-east-1"]));
    assert_eq!((&bare["origin"]["input"], &bare["origin"]["lifecycle"]), (&json!("aws"), &json!("aws")));
    assert!(bare["origin"]["contextWindow"].as_str().unwrap().starts_with("facts:"), "{bare}");
    assert_eq!(bare["origin"]["price"], bare["origin"]["cost"], "{bare}");
    let price = &bare["price"];
    assert_eq!((&price["scope"], &price["cacheRead"]), (&json!("in-region"), &bare["cost"]["cacheRead"]));
    assert_eq!(price["cacheWrite5m"], bare["cost"]["cacheWrite"]);
    assert_eq!(
        (&bare["thinking"]["mode"], &bare["caching"]["supported"]),
        (&json!("none"), &json!(true)),
        "{bare}"
    );

    let profile = of("us.amazon.nova-lite-v1:0");
    assert_eq!(profile["baseModel"], "amazon.nova-lite-v1:0");
    assert_eq!(
        (&profile["profile"]["type"], &profile["profile"]["geography"]),
        (&json!("SYSTEM_DEFINED"), &json!("us"))
    );
    assert!(profile["profile"]["regions"].as_array().unwrap().len() > 1, "{profile}");
    assert_eq!(profile["contextWindow"], bare["contextWindow"]);
    assert_eq!(profile["price"]["scope"], "geography:us");
    assert_eq!(
        (&profile["origin"]["profile"], &profile["origin"]["regions"]),
        (&json!("aws"), &json!("aws"))
    );
}

#[test]
fn the_list_is_sorted_by_maker_name_and_id_and_has_no_doubles() {
    let emulator = Emulator::start();
    let found = list(&emulator, &["--json"]).run().succeeds().json();
    let columns = ["provider", "name", "id"].map(|field| each(&found, field));
    let rows: Vec<_> =
        (0..columns[0].len()).map(|row| columns.each_ref().map(|column| column[row])).collect();
    assert!(rows.is_sorted(), "{rows:#?}");
    assert_eq!(columns[2].iter().collect::<BTreeSet<_>>().len(), columns[2].len());
}

#[test]
fn plain_is_one_key_a_line() {
    let emulator = Emulator::start();
    let plain = list(&emulator, &["--plain"]).run().succeeds();
    let found = list(&emulator, &["--json"]).run().succeeds().json();
    assert_eq!(plain.stdout.lines().collect::<Vec<_>>(), each(&found, "key"));
    assert!(plain.stdout.ends_with('\n'));
    list(&emulator, &["--plain", "--json"]).run().exits_with(2);
}

#[test]
fn models_is_short_for_models_list() {
    let emulator = Emulator::start();
    let short = crate::support::Outcrop::new(["models", "--plain"]).via(&emulator).run().succeeds();
    assert_eq!(short.stdout, list(&emulator, &["--plain"]).run().succeeds().stdout);
    // Words and flags may stand on either side of the name.
    let around = crate::support::Outcrop::new(["models", "--plain", "nova", "list", "lite"]).via(&emulator);
    let behind = list(&emulator, &["--plain", "nova", "lite"]);
    assert_eq!(around.run().succeeds().stdout, behind.run().succeeds().stdout);
    for args in [&["models", "--plain", "list", "--json"][..], &["models", "nova", "status"]] {
        crate::support::Outcrop::new(args).via(&emulator).run().exits_with(2);
    }
}

#[test]
fn the_price_of_long_prompts_and_of_tiers_is_told() {
    let emulator = Emulator::start();
    let found = list(&emulator, &["--json"]).run().succeeds().json();
    let prices: Vec<_> = found["models"].as_array().unwrap().iter().map(|model| &model["price"]).collect();
    let bands = prices.iter().filter_map(|price| price["longContext"].as_array()).flatten();
    let bands: Vec<_> = bands.collect();
    assert!(bands.iter().all(|band| band["abovePromptTokens"].as_u64() > Some(1_000)), "{bands:?}");
    let tiers = prices.iter().filter_map(|price| price["tiers"].as_object()).flatten();
    let names: BTreeSet<_> = tiers.map(|(name, _)| name.as_str()).collect();
    assert!(!bands.is_empty() && !names.is_empty(), "{bands:?} {names:?}");
}

#[test]
fn all_has_what_is_hidden_with_the_rule_that_hides_it() {
    let emulator = Emulator::start();
    let usual = list(&emulator, &["--json"]).run().succeeds().json();
    let all = list(&emulator, &["--json", "--all"]).run().succeeds().json();
    let (shown, hidden): (Vec<_>, Vec<_>) =
        all["models"].as_array().unwrap().iter().partition(|model| model["hidden"].is_null());
    assert_eq!(json!(shown), usual["models"]);
    let of = |id: &str| hidden.iter().find(|model| model["id"] == id).unwrap_or_else(|| panic!("no {id}"));
    assert_eq!(of("anthropic.claude-sonnet-4-6")["hidden"]["rule"], "on-demand");
    assert_eq!(of("amazon.nova-sonic-v1:0")["hidden"]["rule"], "converse");
    for model in hidden {
        assert!(
            is_text_or_null(&model["hidden"]["rule"]) && model["hidden"]["detail"].is_string(),
            "{model}"
        );
    }
}

#[test]
fn a_provider_is_named_by_entry_maker_or_prefix() {
    let emulator = Emulator::start();
    let of = |name| list(&emulator, &["--json", "--provider", name]).run().succeeds().json();
    let all = list(&emulator, &["--json"]).run().succeeds().json();
    assert_eq!(each(&of("amazon-bedrock"), "id"), each(&all, "id"));
    for (name, prefix) in
        [("anthropic", "anthropic"), ("Mistral AI", "mistral"), ("mistral", "mistral"), ("AMAZON", "amazon")]
    {
        let found = of(name);
        let makers: BTreeSet<_> = each(&found, "provider").into_iter().collect();
        assert_eq!(makers, BTreeSet::from([prefix]), "{name}");
        let expected = each(&all, "provider").into_iter().filter(|maker| *maker == prefix).count();
        assert_eq!(found["count"], expected, "{name}");
    }
}

#[test]
fn every_word_of_a_filter_counts() {
    let emulator = Emulator::start();
    let found = list(&emulator, &["--json", "CLAUDE", "opus"]).run().succeeds().json();
    let described: Vec<_> = each(&found, "id").into_iter().zip(each(&found, "name")).collect();
    assert!(!described.is_empty());
    for (id, name) in described {
        let text = format!("{id} {name}").to_lowercase();
        assert!(text.contains("claude") && text.contains("opus"), "{text}");
    }
}

#[test]
fn an_empty_list_says_why_and_is_no_failure() {
    let emulator = Emulator::start();
    let none = "models.bedrockDiscovery.providerFilter=['nobody']";
    for args in [&["no-such-model"][..], &["--provider", "nobody"], &["--set", none]] {
        let run = list(&emulator, args).run().succeeds();
        assert_eq!(run.stdout, "", "{args:?}");
        assert!(run.stderr.contains("No models found: "), "{args:?}: {}", run.stderr);
        let found = list(&emulator, args).arg("--json").run().succeeds().json();
        assert_eq!((&found["count"], &found["models"]), (&json!(0), &json!([])), "{args:?}");
    }
    let filtered = list(&emulator, &["--set", none]).run().succeeds().stderr;
    assert!(
        filtered.contains("hidden, by `converse` (") && filtered.contains("`provider-filter` ("),
        "{filtered}"
    );
    assert!(filtered.contains("`outcrop models --all`"), "{filtered}");
}

#[test]
fn legacy_models_are_listed_only_if_somebody_wants_them() {
    let emulator = Emulator::start();
    let usual = list(&emulator, &["--json"]).run().succeeds().json();
    let all = "models.bedrockDiscovery.includeLegacy=true";
    let all = list(&emulator, &["--json", "--set", all]).run().succeeds().json();
    let states = |found| each(found, "lifecycle").into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(states(&usual), BTreeSet::from(["ACTIVE".to_owned()]));
    assert_eq!(states(&all), BTreeSet::from(["ACTIVE".to_owned(), "LEGACY".to_owned()]));
    let (usual, all): (BTreeSet<_>, BTreeSet<_>) =
        (each(&usual, "id").into_iter().collect(), each(&all, "id").into_iter().collect());
    assert!(usual.is_subset(&all));
}

#[test]
fn what_is_listed_can_be_called() {
    let emulator = Emulator::start();
    let plain = list(&emulator, &["--plain"]).run().succeeds().stdout;
    // One of each maker, and every application profile.
    let mut makers = BTreeSet::new();
    let chosen = plain.lines().filter(|key| {
        let maker = key.rsplit('/').next().and_then(|id| id.split('.').rev().nth(1)).unwrap_or(key);
        makers.insert(maker.to_owned())
    });
    for key in chosen {
        let run = crate::support::Outcrop::new(["ask", "-m", key, "--max-tokens", "2000", "Hello"])
            .via(&emulator)
            .run();
        assert_eq!(run.code, Some(0), "{key}: {}", run.stderr);
        assert_eq!(run.stderr, "", "{key} is called as it is listed");
    }
    assert!(makers.len() > 10, "{makers:?}");
}

#[test]
fn the_models_of_the_configuration_are_tagged() {
    let emulator = Emulator::start();
    let settings = [
        "agents.defaults.model.primary=amazon-bedrock/us.amazon.nova-lite-v1:0",
        "agents.defaults.model.fallbacks=['us.amazon.nova-micro-v1:0', 'amazon-bedrock/us.amazon.nova-pro-v1:0']",
        "models.providers.amazon-bedrock.models=[{ id: 'us.amazon.nova-pro-v1:0', name: 'Mine', contextWindow: 7 }]",
    ];
    let args: Vec<_> = ["--json", "us.amazon.nova"]
        .into_iter()
        .chain(settings.iter().flat_map(|it| ["--set", *it]))
        .collect();
    let found = list(&emulator, &args).run().succeeds().json();
    let of = |id: &str| {
        found["models"].as_array().unwrap().iter().find(|model| model["id"] == id).unwrap().clone()
    };
    assert_eq!(of("us.amazon.nova-lite-v1:0")["tags"], json!(["default"]));
    assert_eq!(of("us.amazon.nova-micro-v1:0")["tags"], json!(["fallback#1"]));
    let mine = of("us.amazon.nova-pro-v1:0");
    assert_eq!(mine["tags"], json!(["fallback#2", "configured"]));
    assert_eq!((&mine["name"], &mine["contextWindow"]), (&json!("Mine"), &json!(7)));
    assert_eq!(
        (&mine["origin"]["name"], &mine["origin"]["contextWindow"]),
        (&json!("config"), &json!("config"))
    );
    assert_eq!(mine["maxTokens"], 10_000, "what the configuration does not say is still known");
}
