//! Why an id is listed, or callable, or neither.

use super::*;
use crate::rows::{AccessRow, InferenceProfileRow};
use crate::settings::{GeographyPreference, ManualModel};

mod unlisted;

/// What is asserted of an answer.
#[derive(Debug, PartialEq)]
struct Brief {
    listed: bool,
    callable: Option<bool>,
    called_as: Option<String>,
    /// The rules that were not passed.
    failed: Vec<&'static str>,
}

fn brief(why: &Why) -> Brief {
    let failed = why.rules.iter().filter(|rule| !rule.passed).map(|rule| rule.rule);
    Brief {
        listed: why.listed,
        callable: why.callable,
        called_as: why.called_as.as_ref().map(ToString::to_string),
        failed: failed.collect(),
    }
}

/// An answer for an id that no list has.
fn not_listed(callable: Option<bool>, failed: &[&'static str]) -> Brief {
    Brief { listed: false, callable, called_as: None, failed: failed.to_vec() }
}

async fn why(discovery: &Discovery, id: &str) -> Why {
    discovery.why(&id.into()).await.unwrap()
}

fn detail<'a>(why: &'a Why, rule: &str) -> &'a str {
    &why.rules.iter().find(|verdict| verdict.rule == rule).unwrap().detail
}

fn fix(why: &Why) -> &str {
    why.fix.as_deref().unwrap()
}

/// A control plane with these rows in the region that models are called in, where the account may call everything.
fn account(
    models: Vec<crate::rows::FoundationModelRow>,
    profiles: Vec<InferenceProfileRow>,
) -> MockControlPlane {
    let mut plane = plane();
    plane
        .expect_foundation_models()
        .withf(|target| *target == Target::Usual)
        .times(1)
        .returning(move |_| Ok(models.clone()));
    plane
        .expect_inference_profiles()
        .withf(|target| *target == Target::Usual)
        .times(1)
        .returning(move |_| Ok(profiles.clone()));
    plane
}

fn open(mut plane: MockControlPlane) -> MockControlPlane {
    plane.expect_access().returning(|_, _| Ok(accessible()));
    plane
}

/// No other region has anything.
fn alone(mut plane: MockControlPlane) -> MockControlPlane {
    plane.expect_foundation_models().returning(|_| Err(denied()));
    plane.expect_inference_profiles().returning(|_| Err(denied()));
    plane
}

fn started(plane: MockControlPlane) -> Discovery {
    World::new().start(plane)
}

#[tokio::test]
async fn a_listed_id_passes_every_rule() {
    let discovery = started(open(account(models(), profiles())));
    let nova = why(&discovery, NOVA).await;
    let expected = Brief { listed: true, callable: Some(true), called_as: None, failed: vec![] };
    assert_eq!(brief(&nova), expected);
    assert_eq!((nova.fix.as_deref(), nova.region.as_deref()), (None, Some("us-east-1")));
    let rules: Vec<_> = nova.rules.iter().map(|rule| rule.rule).collect();
    assert_eq!(rules, ["on-demand", "converse", "streaming", "text-output", "lifecycle", "access"]);
    assert_eq!(detail(&nova, "access"), "the account has access");
    let arn = format!("arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.{SONNET}");
    for same in [format!("us.{SONNET}"), format!("us.{SONNET}@us-east-1"), arn] {
        let why = why(&discovery, &same).await;
        assert_eq!((why.id.as_str(), why.listed, why.callable), (&*same, true, Some(true)));
    }
}

#[tokio::test]
async fn another_name_says_what_is_called() {
    let models = vec![model(NOVA)];
    let profiles = vec![application("a1b2c3", NOVA, &["us-east-1"])];
    let discovery = started(open(account(models, profiles)));
    for (asked, called) in [("amazon.nova-lite-v1", NOVA), ("a1b2c3", &*application_arn("a1b2c3"))] {
        let why = why(&discovery, asked).await;
        let called_as = Some(called.to_owned());
        assert_eq!(brief(&why), Brief { listed: true, callable: Some(true), called_as, failed: vec![] });
    }
}

#[tokio::test]
async fn a_filter_hides_and_does_not_keep_from_calling() {
    let legacy = |mut row: crate::rows::FoundationModelRow| {
        row.lifecycle = Some("LEGACY".into());
        row
    };
    for (models, filter, rule, way_out) in [
        (vec![legacy(model(NOVA))], "", "lifecycle", "`models.bedrockDiscovery.includeLegacy`"),
        (vec![model(NOVA)], "anthropic", "provider-filter", "`models.bedrockDiscovery.providerFilter`"),
    ] {
        let settings = settings(|settings| settings.provider_filter = vec![filter.into()]);
        let discovery = World::new().start_with(open(account(models, vec![])), settings);
        let why = why(&discovery, NOVA).await;
        assert_eq!(brief(&why), not_listed(Some(true), &[rule]));
        assert!(fix(&why).contains(way_out), "{why:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_called_says_so_first() {
    let mut silent = model(NOVA);
    silent.streaming = None;
    silent.lifecycle = Some("LEGACY".into());
    let discovery = started(open(account(
        vec![silent, model("amazon.nova-sonic-v1:0"), model("ai21.j2-mid-v1")],
        vec![],
    )));
    let mute = why(&discovery, NOVA).await;
    assert_eq!(brief(&mute), not_listed(Some(false), &["streaming", "lifecycle"]));
    assert_eq!(mute.fix, None, "to list it would be no help");
    let speech = why(&discovery, "amazon.nova-sonic-v1:0").await;
    assert_eq!(brief(&speech), not_listed(Some(false), &["converse"]));
    assert_eq!(speech.fix, None, "it will never converse");
    let text = why(&discovery, "ai21.j2-mid-v1").await;
    assert_eq!(brief(&text), not_listed(Some(false), &["converse"]));
    assert!(fix(&text).contains("`converse: true`"));
}

#[tokio::test]
async fn a_bare_id_is_called_through_its_profile() {
    let discovery = started(open(account(models(), profiles())));
    let why = why(&discovery, SONNET).await;
    let profile = format!("us.{SONNET}");
    let called_as = Some(profile.clone());
    assert_eq!(
        brief(&why),
        Brief { listed: false, callable: Some(true), called_as, failed: vec!["on-demand"] }
    );
    assert_eq!(fix(&why), format!("call it as `{profile}`; `outcrop ask -m {SONNET}` does so by itself"));
}

#[tokio::test]
async fn a_bare_id_without_throughput_needs_access_where_its_profile_leads() {
    let mut plane = account(models(), profiles());
    plane.expect_access().returning(|_, _| Ok(AccessRow { region: "NOT_AVAILABLE".into(), ..accessible() }));
    let why = why(&started(plane), SONNET).await;
    let called_as = Some(format!("us.{SONNET}"));
    let expected = Brief { listed: false, callable: Some(true), called_as, failed: vec!["on-demand"] };
    assert_eq!(brief(&why), expected);
}

#[tokio::test]
async fn profiles_of_other_geographies_are_named_and_not_chosen() {
    let profiles = vec![profile("global", SONNET, &[""]), application("team", SONNET, &["us-east-1"])];
    let discovery = started(open(account(vec![profile_only(SONNET)], profiles.clone())));
    let named = why(&discovery, SONNET).await;
    assert_eq!(brief(&named), not_listed(Some(false), &["on-demand"]));
    for part in
        [&*format!("`global.{SONNET}`"), &application_arn("team"), "`models.bedrockDiscovery.geography`"]
    {
        assert!(fix(&named).contains(part), "{named:?} does not name {part}");
    }
    let wanted = settings(|settings| settings.geography = GeographyPreference::Prefix("global".into()));
    let discovery = World::new().start_with(open(account(vec![profile_only(SONNET)], profiles)), wanted);
    assert_eq!(why(&discovery, SONNET).await.callable, Some(true));
    let none = started(open(account(vec![profile_only(SONNET)], vec![])));
    let lonely = why(&none, SONNET).await;
    assert_eq!(brief(&lonely), not_listed(Some(false), &["on-demand"]));
    assert!(fix(&lonely).contains("no inference profile that can be called"), "{lonely:?}");
}

#[tokio::test]
async fn a_profile_that_sleeps_is_no_way() {
    let sleeping = InferenceProfileRow { status: "CREATING".into(), ..profiles().remove(0) };
    let discovery = started(open(account(models(), vec![sleeping])));
    let bare = why(&discovery, SONNET).await;
    assert_eq!((bare.callable, brief(&bare).failed), (Some(false), vec!["on-demand"]));
    assert!(!fix(&bare).contains("does so by itself"), "{bare:?}");
    let itself = why(&discovery, &format!("us.{SONNET}")).await;
    assert_eq!(brief(&itself), not_listed(Some(false), &["profile-active"]));
}

#[tokio::test]
async fn without_a_list_of_profiles_one_is_guessed_and_said_to_be() {
    let mut plane = plane();
    plane.expect_foundation_models().returning(|_| Ok(models()));
    plane.expect_inference_profiles().returning(|_| Err(denied()));
    let discovery = started(open(plane));
    let why = why(&discovery, SONNET).await;
    let called_as = Some(format!("us.{SONNET}"));
    assert_eq!(brief(&why), Brief { listed: false, callable: None, called_as, failed: vec!["on-demand"] });
    assert!(fix(&why).contains("guess"), "{why:?}");
}

#[tokio::test]
async fn a_missing_access_is_found_out_and_beats_the_profile() {
    let mut plane = account(models(), profiles());
    plane
        .expect_access()
        .times(1)
        .returning(|_, _| Ok(AccessRow { agreement: "NOT_AVAILABLE".into(), ..accessible() }));
    let discovery = started(plane);
    for (id, failed) in
        [(SONNET.to_owned(), vec!["on-demand", "access"]), (format!("us.{SONNET}"), vec!["access"])]
    {
        let why = why(&discovery, &id).await;
        assert_eq!((why.callable, brief(&why).failed), (Some(false), failed), "{id}");
        assert_eq!(detail(&why, "access"), "the agreement with the model's maker was not accepted");
        assert!(fix(&why).contains("use case form"), "{why:?}");
    }
    let listed = why(&discovery, &format!("us.{SONNET}")).await.listed;
    assert!(listed, "without `checkAccess` it is listed all the same");
}

#[tokio::test]
async fn an_access_that_nobody_may_ask_for_is_not_held_against_it() {
    let mut plane = account(models(), profiles());
    plane.expect_access().returning(|_, _| Err(denied()));
    let why = why(&started(plane), NOVA).await;
    assert_eq!((why.listed, why.callable), (true, Some(true)));
    assert!(detail(&why, "access").contains("not known: the caller may not do this"));
    let mut plane = account(models(), profiles());
    plane.expect_access().returning(|_, _| Err(Error::new(ErrorKind::ModelNotFound, "no such model")));
    let unknown = self::why(&started(plane), NOVA).await;
    assert!(unknown.callable == Some(true) && unknown.rules.iter().all(|rule| rule.rule != "access"));
}

#[tokio::test]
async fn a_discovery_that_is_off_says_so() {
    let settings = settings(|settings| {
        settings.enabled = Some(false);
        settings.models = vec![ManualModel::new("somebody.seer-1")];
    });
    let discovery = World::new().start_with(silent(), settings);
    let elsewhere = why(&discovery, &format!("{NOVA}@eu-west-1")).await;
    assert_eq!(detail(&elsewhere, "other-region"), "it is of eu-west-1, and no list was read");
    let nova = why(&discovery, NOVA).await;
    assert_eq!(brief(&nova), not_listed(None, &["listing", "unlisted"]));
    assert_eq!(fix(&nova), "set `models.bedrockDiscovery.enabled` to `true`");
    let configured = why(&discovery, "somebody.seer-1").await;
    let expected = Brief { listed: true, callable: None, called_as: None, failed: vec![] };
    assert_eq!(brief(&configured), expected, "nobody knows whether it can be called");
    assert_eq!(configured.fix, None);
}

#[tokio::test]
async fn a_configured_model_is_listed_and_may_be_callable_or_not() {
    let configured = |id: &str| {
        settings(|settings| {
            settings.provider_filter = vec!["meta".into()];
            settings.models = vec![ManualModel::new(id)];
        })
    };
    let through = World::new().start_with(open(account(models(), profiles())), configured(SONNET));
    let sonnet = why(&through, SONNET).await;
    let called_as = Some(format!("us.{SONNET}"));
    let failed = vec!["on-demand", "provider-filter"];
    assert_eq!(
        brief(&sonnet),
        Brief { listed: true, callable: Some(true), called_as, failed: failed.clone() }
    );
    assert!(sonnet.rules.iter().any(|rule| rule.rule == "configured"));
    let alone = World::new().start_with(open(account(models(), vec![])), configured(SONNET));
    let sonnet = why(&alone, SONNET).await;
    assert_eq!(brief(&sonnet), Brief { listed: true, callable: Some(false), called_as: None, failed });
    let nova = World::new().start_with(open(account(models(), vec![])), configured(NOVA));
    let nova = why(&nova, NOVA).await;
    assert_eq!((nova.listed, nova.callable, nova.fix), (true, Some(true), None), "nothing is to be mended");
}
