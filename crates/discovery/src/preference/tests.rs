use outcrop_core::Freshness;

use super::*;
use crate::fixtures::*;
use crate::rows::{FoundationModelRow, InferenceProfileRow};

fn chosen(
    models: Vec<FoundationModelRow>,
    profiles: Vec<InferenceProfileRow>,
    geography: &str,
) -> Option<String> {
    let settings = settings(|settings| settings.include_legacy = true);
    let view = view_of(&[region("us-east-1", models, profiles)], &settings, &circumstances());
    let snapshot = Snapshot::new(view.models(false), noon(), Freshness::Live);
    let geography = GeographyPreference::from(geography.to_owned());
    default_model(&snapshot, "us-east-1", &geography).map(|card| card.id.to_string())
}

fn among(ids: &[&str]) -> String {
    chosen(ids.iter().map(|id| model(id)).collect(), vec![], "auto").unwrap()
}

#[test]
fn families_come_in_order_and_the_newest_first() {
    let order = [
        "anthropic.claude-sonnet-5-5",
        "anthropic.claude-sonnet-5",
        "anthropic.claude-sonnet-4-6",
        SONNET,
        "anthropic.claude-sonnet-4-20250514-v1:0",
        "anthropic.claude-3-7-sonnet-20250219-v1:0",
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
        "anthropic.claude-3-5-sonnet-20240620-v1:0",
        HAIKU,
        "anthropic.claude-3-haiku-20240307-v1:0",
        "amazon.nova-pro-v1:0",
        "amazon.nova-2-lite-v1:0",
        "amazon.nova-lite-v1:0",
        "anthropic.claude-opus-4-8",
        "openai.gpt-oss-120b-1:0",
        "mistral.mistral-large-2407-v1:0",
        "qwen.qwen3-32b-v1:0",
        "deepseek.v3.2",
        "meta.llama3-1-70b-instruct-v1:0",
        "cohere.command-r-plus-v1:0",
    ];
    for start in 0..order.len() {
        let mut ids = order[start..].to_vec();
        ids.reverse();
        assert_eq!(among(&ids), order[start]);
    }
}

#[test]
fn the_regions_own_profile_comes_before_the_bare_id_and_global_comes_last() {
    let profiles = || {
        vec![
            profile("global", SONNET, &[""]),
            profile("mars", SONNET, &["us-east-1", "mars-1"]),
            profile("us", SONNET, &["us-east-1"]),
            application("mine", SONNET, &["us-east-1"]),
        ]
    };
    let mut order = vec![
        format!("us.{SONNET}"),
        SONNET.to_owned(),
        format!("mars.{SONNET}"),
        application_arn("mine"),
        // Worse models come before what may leave the geography.
        NOVA.to_owned(),
        format!("global.{SONNET}"),
    ];
    let mut seen = Vec::new();
    while let Some(found) = {
        let models = [SONNET, NOVA].into_iter().filter(|id| !seen.contains(&(*id).to_owned())).map(model);
        let profiles =
            profiles().into_iter().filter(|row| !seen.contains(&row.id) && !seen.contains(&row.arn));
        chosen(models.collect(), profiles.collect(), "auto")
    } {
        seen.push(found);
    }
    assert_eq!(seen, order);
    order.rotate_right(1);
    let global = chosen(vec![model(SONNET), model(NOVA)], profiles(), "global");
    assert_eq!(global.as_ref(), order.first());
}

#[test]
fn previews_and_models_on_their_way_out_come_last() {
    let legacy = FoundationModelRow { lifecycle: Some("LEGACY".into()), ..model(SONNET) };
    assert_eq!(chosen(vec![legacy, model(NOVA)], vec![], "auto").unwrap(), NOVA);
    assert_eq!(among(&["amazon.nova-2-pro-preview-20251202-v1:0", NOVA]), NOVA);
}

#[test]
fn what_calls_tools_comes_before_what_may() {
    assert_eq!(among(&["aaa.unheard-of", "zai.glm-5"]), "zai.glm-5");
    assert_eq!(among(&["aaa.unheard-of"]), "aaa.unheard-of");
}

#[test]
fn an_empty_list_has_no_default() {
    assert_eq!(chosen(vec![], vec![], "auto"), None);
    let silent = FoundationModelRow { input_modalities: vec!["IMAGE".into()], ..model("aaa.eyes") };
    assert_eq!(chosen(vec![silent], vec![], "auto"), None);
}
