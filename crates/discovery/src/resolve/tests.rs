use super::*;
use crate::fixtures::*;
use crate::settings::{DiscoverySettings, ManualModel};

const OPUS: &str = "anthropic.claude-opus-4-6-v1";

fn account() -> View {
    let profiles = vec![
        profile("us", SONNET, &["us-east-1", "us-west-2"]),
        profile("global", SONNET, &[""]),
        profile("us", OPUS, &["us-east-1"]),
        profile("global", HAIKU, &[""]),
        application("a1b2c3", SONNET, &["us-east-1"]),
    ];
    let models = vec![model(NOVA), profile_only(SONNET), profile_only(OPUS), profile_only(HAIKU)];
    let west = vec![model(NOVA), model("meta.llama3-1-405b-instruct-v1:0")];
    let regions = [
        region("us-east-1", models, profiles),
        region("us-west-2", west, vec![profile("us", "zai.glm-5", &["us-west-2"])]),
    ];
    view_of(&regions, &DiscoverySettings::default(), &circumstances())
}

fn resolve_in(view: Option<&View>, home: &str, id: &str, geography: &str) -> Resolved {
    let geography = GeographyPreference::from(geography.to_owned());
    resolve(&ModelId::from(id), view, Some(home), &geography, false)
}

fn listed(id: &str) -> Resolved {
    resolve_in(Some(&account()), "us-east-1", id, "auto")
}

/// What is called, where, and whether something is to be told.
fn brief(resolved: &Resolved) -> (&str, Option<&str>, bool) {
    (resolved.callable.as_str(), resolved.region.as_deref(), resolved.note.is_some())
}

#[test]
fn a_listed_id_is_called_as_it_is() {
    let resolved = listed(NOVA);
    assert_eq!(brief(&resolved), (NOVA, None, false));
    assert_eq!(resolved.card.unwrap().id, *NOVA);
    let profile = format!("global.{SONNET}");
    let resolved = listed(&profile);
    assert_eq!(brief(&resolved), (&*profile, None, false));
    assert_eq!(resolved.base.unwrap().as_str(), SONNET);
    let arn = application_arn("a1b2c3");
    let resolved = listed(&arn);
    assert_eq!(brief(&resolved), (&*arn, Some("us-east-1"), false));
    assert_eq!(resolved.base.unwrap().as_str(), SONNET);
}

#[test]
fn a_revision_too_many_or_too_few_is_corrected_with_a_note() {
    let resolved = listed("us.anthropic.claude-opus-4-6-v1:0");
    assert_eq!(brief(&resolved), ("us.anthropic.claude-opus-4-6-v1", None, true));
    assert!(resolved.note.unwrap().contains("`us.anthropic.claude-opus-4-6-v1:0`"));
    let resolved = listed("amazon.nova-lite-v1");
    assert_eq!(brief(&resolved), (NOVA, None, true));
    let arn = |id: &str| format!("arn:aws:bedrock:us-east-1:123456789012:inference-profile/{id}");
    let resolved = listed(&arn("us.anthropic.claude-opus-4-6-v1:0"));
    assert_eq!(brief(&resolved), (&*arn("us.anthropic.claude-opus-4-6-v1"), Some("us-east-1"), true));
}

#[test]
fn a_bare_id_that_needs_a_profile_gets_that_of_the_regions_own_geography() {
    let us = format!("us.{SONNET}");
    let resolved = listed(SONNET);
    assert_eq!(brief(&resolved), (&*us, None, true));
    let note = resolved.note.unwrap();
    assert!(note.contains(&format!("`{SONNET}`")) && note.contains(&format!("`{us}`")), "{note}");
    assert_eq!(
        brief(&listed("anthropic.claude-opus-4-6-v1:0")),
        ("us.anthropic.claude-opus-4-6-v1", None, true)
    );
    let arn = format!("arn:aws:bedrock:us-east-1::foundation-model/{SONNET}");
    assert_eq!(brief(&listed(&arn)), (&*us, Some("us-east-1"), true));
}

#[test]
fn global_is_chosen_only_if_it_is_asked_for() {
    // The only profile of this model is global.
    assert_eq!(brief(&listed(HAIKU)), (HAIKU, None, false));
    let global = format!("global.{HAIKU}");
    let resolved = resolve_in(Some(&account()), "us-east-1", HAIKU, "global");
    assert_eq!(brief(&resolved), (&*global, None, true));
    let resolved = resolve_in(Some(&account()), "us-east-1", SONNET, "eu");
    assert_eq!(brief(&resolved), (SONNET, None, false));
}

#[test]
fn a_base_model_that_is_not_listed_itself_gets_its_profile_too() {
    assert_eq!(brief(&listed("zai.glm-5")), ("us.zai.glm-5", Some("us-west-2"), true));
}

#[test]
fn a_model_is_called_where_it_was_found() {
    let llama = "meta.llama3-1-405b-instruct-v1:0";
    assert_eq!(brief(&listed(llama)), (llama, Some("us-west-2"), false));
    assert_eq!(brief(&resolve_in(Some(&account()), "us-west-2", llama, "auto")), (llama, None, false));
    let resolved = resolve_in(Some(&account()), "eu-central-1", NOVA, "auto");
    assert_eq!(brief(&resolved), (NOVA, Some("us-east-1"), false));
    let resolved = resolve_in(Some(&account()), "eu-central-1", SONNET, "auto");
    assert_eq!(brief(&resolved), (&*format!("us.{SONNET}"), Some("us-east-1"), true));
}

#[test]
fn a_region_that_is_asked_for_is_kept() {
    let view = account();
    for (asked, callable, region) in [
        (format!("{NOVA}@us-west-2"), NOVA, "us-west-2"),
        (format!("{NOVA}@us-gov-east-1"), NOVA, "us-gov-east-1"),
        ("unknown@eu-west-1".to_owned(), "unknown", "eu-west-1"),
    ] {
        let resolved = resolve_in(Some(&view), "us-east-1", &asked, "auto");
        assert_eq!(brief(&resolved), (callable, Some(region), false), "{asked}");
    }
    for odd in ["who@home", "a@b-1", "a@", "a@us-east-", "a@us-east-1x", "@"] {
        assert_eq!(brief(&resolve_in(Some(&view), "us-east-1", odd, "auto")), (odd, None, false));
    }
}

#[test]
fn the_short_name_of_a_profile_of_the_account_becomes_its_arn() {
    assert_eq!(brief(&listed("a1b2c3")), (&*application_arn("a1b2c3"), None, true));
}

#[test]
fn a_filtered_model_can_be_called_by_whoever_names_it() {
    let settings = settings(|settings| settings.provider_filter = vec!["amazon".into()]);
    let profiles = vec![profile("us", SONNET, &["us-east-1"])];
    let view =
        view_of(&[region("us-east-1", vec![profile_only(SONNET)], profiles)], &settings, &circumstances());
    assert!(view.listed.is_empty());
    assert_eq!(
        brief(&resolve_in(Some(&view), "us-east-1", SONNET, "auto")),
        (&*format!("us.{SONNET}"), None, true)
    );
}

#[test]
fn a_configured_region_is_where_the_model_is_called() {
    let model = ManualModel { region: Some("eu-west-3".into()), ..ManualModel::new("my.model") };
    let settings = settings(|settings| settings.models = vec![model]);
    let view = view_of(&[], &settings, &circumstances());
    assert_eq!(
        brief(&resolve_in(Some(&view), "us-east-1", "my.model", "auto")),
        ("my.model", Some("eu-west-3"), false)
    );
}

#[test]
fn without_a_listing_the_table_of_facts_answers() {
    let cases = [
        // Needs a profile.
        (SONNET, "us-east-1", "auto", &*format!("us.{SONNET}"), true),
        (SONNET, "eu-central-1", "auto", &*format!("eu.{SONNET}"), true),
        (SONNET, "us-east-1", "global", &*format!("global.{SONNET}"), true),
        ("anthropic.claude-opus-4-6-v1:0", "us-east-1", "auto", "us.anthropic.claude-opus-4-6-v1", true),
        // No such profile is known.
        (SONNET, "me-central-1", "auto", SONNET, false),
        // On demand, although there are profiles.
        (NOVA, "us-east-1", "auto", NOVA, false),
        // A revision too many.
        ("eu.anthropic.claude-opus-4-6-v1:0", "us-east-1", "auto", "eu.anthropic.claude-opus-4-6-v1", true),
        // Nothing is known.
        ("somebody.model-9", "us-east-1", "auto", "somebody.model-9", false),
        ("not an id", "us-east-1", "auto", "not an id", false),
    ];
    for (asked, home, geography, callable, note) in cases {
        let resolved = resolve_in(None, home, asked, geography);
        assert_eq!(brief(&resolved), (callable, None, note), "{asked} in {home}");
    }
    assert_eq!(resolve_in(None, "us-east-1", SONNET, "auto").base.unwrap().as_str(), SONNET);
    let arn = "arn:aws:bedrock:eu-west-1:123456789012:imported-model/abc";
    assert_eq!(brief(&resolve_in(None, "us-east-1", arn, "auto")), (arn, Some("eu-west-1"), false));
}

#[test]
fn profiles_that_could_not_be_listed_are_guessed_from_the_table() {
    let mut east = region("us-east-1", vec![profile_only(SONNET)], vec![]);
    let denied = {
        east.rows.inference_profiles = None;
        view_of(std::slice::from_ref(&east), &DiscoverySettings::default(), &circumstances())
    };
    let resolved = resolve_in(Some(&denied), "us-east-1", SONNET, "auto");
    assert_eq!(brief(&resolved), (&*format!("us.{SONNET}"), None, true));
}

/// Nothing was listed there, and what another region says is nothing to go by.
#[test]
fn a_region_that_was_not_listed_goes_by_the_table_of_facts() {
    let (us, eu) = (format!("us.{SONNET}"), format!("eu.{SONNET}"));
    for (asked, called) in [
        (format!("{SONNET}@eu-west-1"), eu.as_str()),
        (format!("{eu}@eu-west-1"), &eu),
        (format!("{us}@eu-west-1"), &us),
        (format!("{NOVA}@eu-west-1"), NOVA),
    ] {
        let resolved = listed(&asked);
        assert_eq!(
            (resolved.callable.as_str(), resolved.region.as_deref()),
            (called, Some("eu-west-1")),
            "{asked}"
        );
    }
    let refused = |asked: &str| {
        resolve(&asked.into(), Some(&account()), Some("us-east-1"), &GeographyPreference::Auto, true)
    };
    let resolved = refused(&format!("{NOVA}@eu-west-1"));
    assert_eq!(brief(&resolved), (&*format!("eu.{NOVA}"), Some("eu-west-1"), true));
}

#[test]
fn if_no_profile_of_the_region_leads_to_it_another_region_that_is_listed_may_have_one() {
    let both = [
        region("us-east-1", vec![profile_only(SONNET)], vec![profile("global", SONNET, &[""])]),
        region("eu-west-1", vec![profile_only(SONNET)], vec![profile("eu", SONNET, &["eu-west-1"])]),
    ];
    let view = view_of(&both, &DiscoverySettings::default(), &circumstances());
    let resolved = |id: &str| resolve_in(Some(&view), "us-east-1", id, "auto");
    let eu = format!("eu.{SONNET}");
    assert_eq!(brief(&resolved(SONNET)), (&*eu, Some("eu-west-1"), true));
    let here = resolved(&format!("{SONNET}@us-east-1"));
    assert_eq!(brief(&here), (SONNET, Some("us-east-1"), false), "whoever says where means it");
}
