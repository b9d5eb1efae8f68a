use outcrop_core::{FactOrigin, Modality, ModelKind, Support};

use super::*;
use crate::fixtures::*;
use crate::rows::{AccessRows, FoundationModelRow, InferenceProfileRow, Listing, RegionRows};
use crate::settings::ManualCost;

fn view(models: Vec<FoundationModelRow>, profiles: Vec<InferenceProfileRow>) -> View {
    view_of(&[region("us-east-1", models, profiles)], &DiscoverySettings::default(), &circumstances())
}

fn with(
    settings: &DiscoverySettings,
    models: Vec<FoundationModelRow>,
    profiles: Vec<InferenceProfileRow>,
) -> View {
    view_of(&[region("us-east-1", models, profiles)], settings, &circumstances())
}

fn failed<'a>(view: &'a View, id: &str) -> Vec<&'a str> {
    let explanations = view.explain(id);
    assert_eq!(explanations.len(), 1, "{id}");
    explanations[0].verdicts.iter().filter(|verdict| !verdict.passed).map(|verdict| verdict.rule).collect()
}

#[test]
fn what_passes_every_rule_is_listed_by_the_id_to_call_it_by() {
    let view = view(
        vec![profile_only(SONNET), model(NOVA)],
        vec![
            profile("us", SONNET, &["us-east-1", "us-west-2"]),
            profile("global", SONNET, &[""]),
            profile("mars", SONNET, &["mars-north-1"]),
            application("a1b2c3", SONNET, &["us-east-1", "us-west-2"]),
        ],
    );
    let arn = application_arn("a1b2c3");
    let expected = [
        NOVA,
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "mars.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        &arn,
    ];
    assert_eq!(listed(&view), expected);
    assert_eq!(view.hidden().len(), 1);
    assert!(view.needs_profile(SONNET, None) && !view.needs_profile(NOVA, None));
}

#[test]
fn a_profile_passes_or_fails_by_its_base_model() {
    let mut legacy = profile_only(SONNET);
    legacy.lifecycle = Some("LEGACY".into());
    let profiles = vec![profile("us", SONNET, &["us-east-1"]), application("x", SONNET, &["us-east-1"])];
    let view = with(&DiscoverySettings::default(), vec![legacy.clone()], profiles.clone());
    assert!(view.listed.is_empty());
    assert_eq!(failed(&view, &application_arn("x")), ["lifecycle"]);
    let view = with(&settings(|settings| settings.include_legacy = true), vec![legacy], profiles);
    assert_eq!(view.listed.len(), 2);
    assert_eq!(view.listed[0].lifecycle.as_deref(), Some("LEGACY"));
}

#[test]
fn a_base_model_that_is_not_listed_lets_its_profiles_pass_with_the_limits_of_the_table() {
    let view = view(vec![], vec![profile("us", SONNET, &["us-east-1"])]);
    let card = &view.listed[0];
    assert_eq!(
        (card.context_window, card.lifecycle.as_deref(), card.streaming),
        (200_000, None, Support::Unknown)
    );
    assert_eq!(card.base_model.as_ref().unwrap().as_str(), SONNET);
    assert!(view.explain(card.id.as_str())[0].verdicts.iter().any(|verdict| verdict.rule == "base-listed"));
}

#[test]
fn profiles_that_could_not_be_listed_leave_what_has_on_demand_throughput() {
    let rows = RegionRows {
        foundation_models: Some(Listing::new(noon(), vec![profile_only(SONNET), model(NOVA)])),
        ..RegionRows::default()
    };
    let region = Region { name: "us-east-1".into(), rows, access: AccessRows::default() };
    let view = view_of(&[region], &DiscoverySettings::default(), &circumstances());
    assert_eq!(listed(&view), [NOVA]);
    assert!(!view.profiles_known);
}

#[test]
fn an_account_of_application_profiles_only_is_served() {
    let profiles = vec![
        application("one", SONNET, &["us-east-1"]),
        application("two", SONNET, &["us-east-1", "us-west-2"]),
        InferenceProfileRow { model_arns: vec![], ..application("us.anthropic.claude-haiku-4-5", "", &[]) },
    ];
    let view = view(vec![], profiles);
    let cards: Vec<_> = view.listed.iter().map(|card| (card.name.as_str(), card.maker.as_str())).collect();
    let expected = [
        ("Team one", "anthropic"),
        ("Team two", "anthropic"),
        // Its name is no statement about the model behind it.
        ("Team us.anthropic.claude-haiku-4-5", "unknown"),
    ];
    assert_eq!(cards, expected);
    let in_region = view.listed[0].price.as_ref().unwrap().rates.input;
    assert!(
        (in_region - 3.3).abs() < 1e-9,
        "one model in one region costs what the bare id costs: {in_region}"
    );
    assert_eq!(view.listed[1].price, None, "it is not known what it was copied from");
    let guess = &view.listed[2];
    assert_eq!((guess.context_window, guess.max_tokens), (32_000, 4096));
    assert_eq!(guess.origin["contextWindow"], FactOrigin::Default);
}

#[test]
fn an_application_profile_has_the_geography_and_the_price_of_what_it_was_copied_from() {
    let regions = ["us-east-1", "us-west-2"];
    let profiles = vec![
        profile("global", SONNET, &[""]),
        profile("us", SONNET, &regions),
        application("copy", SONNET, &["us-west-2", "us-east-1"]),
        application("anywhere", SONNET, &[""]),
    ];
    let view = view(vec![profile_only(SONNET)], profiles);
    let card = |id: &str| view.find(id).unwrap();
    let copy = card(&application_arn("copy"));
    let us = card("us.anthropic.claude-sonnet-4-5-20250929-v1:0");
    assert_eq!(copy.price, us.price);
    assert!(copy.price.is_some());
    let profile = copy.profile.as_ref().unwrap();
    assert_eq!((profile.kind.as_str(), profile.geography.as_deref()), ("APPLICATION", Some("us")));
    assert_eq!(profile.regions, ["us-west-2", "us-east-1"]);
    let anywhere = card(&application_arn("anywhere"));
    assert_eq!(anywhere.profile.as_ref().unwrap().geography.as_deref(), Some("global"));
    let rate = |card: &ModelCard| card.price.as_ref().unwrap().rates.input;
    assert!(rate(anywhere) < rate(copy), "global costs less than a geography");
}

#[test]
fn values_that_nobody_knows_are_kept() {
    let mut row = model("newmaker.seer-9-v1:0");
    row.input_modalities = vec!["TEXT".into(), "SMELL".into(), "SPEECH".into()];
    row.inference_types = vec!["TELEPATHY".into(), "ON_DEMAND".into()];
    row.provider_name = Some("New Maker".into());
    let view = view(vec![row], vec![]);
    let card = &view.listed[0];
    assert_eq!(card.input, [Modality::Text, Modality::Other("smell".into()), Modality::Audio]);
    assert_eq!((card.maker.as_str(), card.maker_name.as_deref()), ("newmaker", Some("New Maker")));
    assert_eq!(
        (card.reasoning, card.tools, card.kind),
        (Support::Unknown, Support::Unknown, ModelKind::Chat)
    );
    assert_eq!(card.origin["input"], FactOrigin::Aws);
    assert!(!card.origin.contains_key("tools"), "nobody says so");
}

#[test]
fn every_fact_says_where_it_is_from() {
    let view = view(vec![model(NOVA)], vec![]);
    let card = &view.listed[0];
    let facts = FactOrigin::Facts("2026-11".into());
    for field in ["contextWindow", "maxTokens", "tools", "cost"] {
        assert_eq!(card.origin[field], facts, "{field}");
    }
    for field in ["name", "input", "output", "lifecycle", "streaming"] {
        assert_eq!(card.origin[field], FactOrigin::Aws, "{field}");
    }
    assert!(card.input.contains(&Modality::Document), "AWS has no word for documents, the table has");
}

#[test]
fn the_filter_takes_display_names_and_prefixes_in_any_case() {
    let named = |id: &str, name: &str| FoundationModelRow { provider_name: Some(name.into()), ..model(id) };
    let mistral = "mistral.mistral-large-2407-v1:0";
    let models = vec![named(mistral, "Mistral AI"), named(NOVA, "Amazon"), profile_only(SONNET)];
    let profiles = vec![
        profile("us", SONNET, &["us-east-1"]),
        InferenceProfileRow { model_arns: vec![], ..application("unknown", "", &[]) },
    ];
    let sonnet = format!("us.{SONNET}");
    let cases: [(&[&str], &[&str]); 7] = [
        (&["Mistral AI"], &[mistral]),
        (&["mistral ai"], &[mistral]),
        (&[" MISTRAL "], &[mistral]),
        (&["anthropic"], &[&sonnet]),
        (&["amazon", "Anthropic"], &[NOVA, &sonnet]),
        (&["mist"], &[]),
        (&[" "], &[NOVA, &sonnet, mistral, &application_arn("unknown")]),
    ];
    for (filter, expected) in cases {
        let settings = settings(|settings| {
            settings.provider_filter = filter.iter().map(|name| (*name).to_owned()).collect();
        });
        let view = with(&settings, models.clone(), profiles.clone());
        assert_eq!(listed(&view), expected, "{filter:?}");
    }
    let view = with(&settings(|settings| settings.provider_filter = vec!["meta".into()]), models, profiles);
    assert_eq!(failed(&view, NOVA), ["provider-filter"]);
}

#[test]
fn one_card_for_each_id_with_the_regions_that_can_call_it() {
    let settings = DiscoverySettings::default();
    let us = profile("us", SONNET, &["us-east-1", "us-west-2"]);
    let regions = [
        region("us-east-1", vec![profile_only(SONNET), profile_only(NOVA)], vec![us.clone()]),
        region("us-west-2", vec![profile_only(SONNET), model(NOVA)], vec![us]),
        region("us-east-2", vec![model(NOVA)], vec![]),
        region("ca-central-1", vec![profile_only(NOVA)], vec![]),
    ];
    let view = view_of(&regions, &settings, &circumstances());
    let cards: Vec<_> = view.listed.iter().map(|card| (card.id.as_str(), card.regions.join(" "))).collect();
    let sonnet = format!("us.{SONNET}");
    assert_eq!(
        cards,
        [(NOVA, "us-west-2 us-east-2".to_owned()), (&sonnet, "us-east-1 us-west-2".to_owned())]
    );
    let explained: Vec<_> = view.explain(NOVA).iter().map(|it| (it.region.as_deref(), it.listed)).collect();
    let expected = [("us-east-1", false), ("us-west-2", true), ("us-east-2", true), ("ca-central-1", false)];
    assert_eq!(explained, expected.map(|(region, listed)| (Some(region), listed)));
    assert!(view.needs_profile(NOVA, Some("us-east-1")));
    assert!(!view.needs_profile(NOVA, Some("us-west-2")));
    assert!(!view.needs_profile(NOVA, None));
}

#[test]
fn prices_go_by_the_region() {
    let models = || vec![model(NOVA)];
    let price = |name: &str| {
        let view =
            view_of(&[region(name, models(), vec![])], &DiscoverySettings::default(), &circumstances());
        view.listed[0].price.as_ref().map(|price| price.rates.input)
    };
    assert_eq!(price("us-east-1"), Some(0.06));
    assert_eq!(price("us-gov-west-1"), Some(0.072));
}

#[test]
fn blank_ids_are_no_models() {
    let profiles = vec![profile("us", SONNET, &["us-east-1"])].into_iter();
    let profiles = profiles.map(|row| InferenceProfileRow { id: String::new(), ..row }).collect();
    let view = view(vec![model("")], profiles);
    assert!(view.models(true).is_empty());
}

#[test]
fn a_configured_model_is_laid_over_what_was_found_field_by_field() {
    let settings = settings(|settings| {
        let mut manual = ManualModel::new(NOVA);
        manual.known.name = Some("Our Nova".into());
        manual.known.max_tokens = Some(99);
        manual.known.cost = Some(ManualCost { output: Some(1.0), ..ManualCost::default() });
        settings.models = vec![manual];
    });
    let found = view(vec![model(NOVA)], vec![]);
    let view = with(&settings, vec![model(NOVA)], vec![]);
    let (found, card) = (&found.listed[0], &view.listed[0]);
    assert_eq!(view.listed.len(), 1);
    assert_eq!((card.name.as_str(), card.max_tokens), ("Our Nova", 99));
    assert_eq!(card.context_window, found.context_window);
    let rates = card.price.as_ref().unwrap().rates;
    assert_eq!((rates.input, rates.output), (0.06, 1.0));
    let by_config: Vec<_> = card
        .origin
        .iter()
        .filter(|(_, who)| **who == FactOrigin::Config)
        .map(|(field, _)| &**field)
        .collect();
    assert_eq!(by_config, ["cost", "maxTokens", "name", "price"]);
}

#[test]
fn a_cost_of_all_zeros_says_nothing() {
    let zeros = ManualCost {
        input: Some(0.0),
        output: Some(0.0),
        cache_read: Some(0.0),
        cache_write: Some(0.0),
        ..ManualCost::default()
    };
    let settings = settings(|settings| {
        let mut manual = ManualModel::new(NOVA);
        manual.known.cost = Some(zeros.clone());
        settings.models = vec![
            manual,
            ManualModel {
                known: ModelOverride { cost: Some(zeros), ..ModelOverride::default() },
                ..ManualModel::new("somebody.model")
            },
        ];
    });
    let view = with(&settings, vec![model(NOVA)], vec![]);
    let found = self::view(vec![model(NOVA)], vec![]);
    assert_eq!(view.find(NOVA).unwrap().price, found.listed[0].price);
    assert!(found.listed[0].price.is_some());
    assert_eq!(view.find("somebody.model").unwrap().price, None);
}

#[test]
fn configured_models_are_listed_whatever_the_rules_say_and_whether_or_not_aws_lists_them() {
    let arn = "arn:aws:bedrock:eu-west-1:123456789012:imported-model/abc";
    let settings = settings(|settings| {
        settings.provider_filter = vec!["amazon".into()];
        let mut imported = ManualModel::new(arn);
        imported.known.base_model = Some("meta.llama3-1-8b-instruct-v1:0".into());
        // The revision at the end is one too many, as many configurations have it.
        settings.models =
            vec![ManualModel::new("us.anthropic.claude-opus-4-6-v1:0"), imported, ManualModel::new(HAIKU)];
    });
    let opus = "anthropic.claude-opus-4-6-v1";
    let view = with(
        &settings,
        vec![profile_only(opus), profile_only(HAIKU)],
        vec![profile("us", opus, &["us-east-1"])],
    );
    assert_eq!(listed(&view), [HAIKU, "us.anthropic.claude-opus-4-6-v1", arn]);
    let imported = view.find(arn).unwrap();
    assert_eq!(
        (imported.maker.as_str(), imported.regions.as_slice()),
        ("meta", &["eu-west-1".to_owned()][..])
    );
    assert_eq!(imported.context_window, 128_000);
    assert!(view.needs_profile(HAIKU, None), "being configured does not make it callable by its bare id");
    let last = view.explain(HAIKU).last().unwrap();
    assert_eq!((last.listed, last.verdicts[0].rule), (true, "configured"));
}

#[test]
fn the_order_is_maker_name_id() {
    let named = |id: &str, name: &str| FoundationModelRow { name: Some(name.into()), ..model(id) };
    let view = view(
        vec![named("meta.b", "A"), named("cohere.z", "Z"), named("meta.a", "A"), named("meta.c", "0")],
        vec![],
    );
    assert_eq!(listed(&view), ["cohere.z", "meta.c", "meta.a", "meta.b"]);
}

#[test]
fn only_model_ids_differ_by_revision() {
    for (left, right) in [
        ("anthropic.claude-opus-4-6-v1", "anthropic.claude-opus-4-6-v1:0"),
        ("us.anthropic.claude-opus-4-6-v1:0", "us.anthropic.claude-opus-4-6-v1"),
    ] {
        assert!(differ_by_revision(left, right) && differ_by_revision(right, left), "{left} {right}");
    }
    for (left, right) in [
        ("meta.a:0", "meta.a:0"),
        ("meta.a:0", "meta.a:1"),
        ("meta.a", "meta.a:"),
        ("meta.a", "meta.a:8k"),
        ("name", "name:0"),
        ("arn:aws:bedrock:us-east-1:1:prompt/P", "arn:aws:bedrock:us-east-1:1:prompt/P:1"),
    ] {
        assert!(!differ_by_revision(left, right) && !differ_by_revision(right, left), "{left} {right}");
    }
}

mod access;
mod overrides;
mod rules;
