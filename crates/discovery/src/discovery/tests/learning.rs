//! What refusals teach.

use super::*;
use crate::settings::GeographyPreference;

const OPUS: &str = "anthropic.claude-opus-4-6-v1";
const WEEK: u64 = 7 * 24 * 3600;

fn refused() -> Error {
    Error::new(ErrorKind::ProfileRequired, "on-demand throughput isn't supported")
}

/// What to call instead of a model that was refused in a region.
async fn instead_in(discovery: &Discovery, id: &str, region: &str) -> Option<Resolved> {
    discovery.instead(&id.into(), region, &refused()).await
}

async fn instead(discovery: &Discovery, id: &str) -> Option<String> {
    Some(instead_in(discovery, id, "us-east-1").await?.callable.to_string())
}

async fn called(discovery: &Discovery, id: &str) -> String {
    discovery.resolve(&id.into()).await.unwrap().callable.to_string()
}

/// A control plane by whose lists Nova needs no profile, although there is one.
fn misleading(times: usize) -> MockControlPlane {
    let mut plane = plane();
    plane.expect_foundation_models().times(times).returning(|_| Ok(vec![model(NOVA)]));
    plane
        .expect_inference_profiles()
        .times(times)
        .returning(|_| Ok(vec![profile("us", NOVA, &["us-east-1", "us-west-2"])]));
    plane
}

#[tokio::test]
async fn a_refusal_is_remembered_in_memory_and_on_disk() {
    let world = World::new();
    let discovery = world.start(misleading(1));
    snapshot(&discovery).await;
    assert_eq!(called(&discovery, NOVA).await, NOVA);
    let profile = format!("us.{NOVA}");
    let found = instead_in(&discovery, NOVA, "us-east-1").await.unwrap();
    assert_eq!((found.callable.as_str(), found.region.as_deref()), (&*profile, None));
    assert_eq!(found.base.unwrap().as_str(), NOVA);
    assert!(found.card.is_some() && found.note.unwrap().contains(&profile));
    assert_eq!(called(&discovery, NOVA).await, profile, "no second refusal");
    assert_eq!(called(&world.start(silent()), NOVA).await, profile, "nor in another process");
    let arn = format!("arn:aws:bedrock:us-east-1::foundation-model/{NOVA}");
    assert_eq!(called(&discovery, &arn).await, profile, "nor by another name");
    assert_eq!(called(&discovery, &format!("{NOVA}@us-east-1")).await, profile);
    assert_eq!(
        called(&discovery, &format!("{NOVA}@eu-west-1")).await,
        NOVA,
        "other regions are other regions"
    );
    let listed = snapshot(&discovery).await;
    assert_eq!(ids(&listed), [&*profile], "a bare id that cannot be called is not listed");
}

#[tokio::test]
async fn what_was_learnt_outlives_a_list_and_ends_with_a_refresh_on_request() {
    let world = World::new();
    let discovery = world.start(misleading(3));
    snapshot(&discovery).await;
    instead(&discovery, NOVA).await.unwrap();
    let profile = format!("us.{NOVA}");
    world.clock.advance(3600);
    snapshot(&discovery).await;
    assert_eq!(called(&discovery, NOVA).await, profile);
    assert_eq!(called(&world.start(silent()), NOVA).await, profile);
    discovery.snapshot(&Query::refresh()).await.unwrap();
    assert_eq!(called(&discovery, NOVA).await, NOVA);
    assert_eq!(called(&world.start(silent()), NOVA).await, NOVA);
    assert_eq!(discovery.status().await[0].refused, [""; 0]);
}

#[tokio::test]
async fn what_is_learnt_during_a_refresh_is_not_lost_either() {
    let world = World::new();
    let (plane, gate) = gated(misleading(1), &[MODELS]);
    let settings = settings(|settings| settings.refresh_interval = 0);
    let discovery = world.start_with(plane, settings);
    let meanwhile = async {
        gate.asked().await;
        let home = place("us-east-1");
        let moment = crate::rows::Moment::new(world.clock.read());
        discovery.inner.update(&home, |rows| rows.refused.extend([(NOVA.to_owned(), moment)])).await;
        gate.open(1);
    };
    let (listed, ()) = join(snapshot(&discovery), meanwhile).await;
    assert_eq!(ids(&listed), [format!("us.{NOVA}")]);
}

#[tokio::test]
async fn a_refusal_is_forgotten_after_a_week() {
    let world = World::new();
    let discovery = world.start(misleading(3));
    snapshot(&discovery).await;
    instead(&discovery, NOVA).await.unwrap();
    let profile = format!("us.{NOVA}");
    world.clock.advance(WEEK - 1);
    assert_eq!(called(&discovery, NOVA).await, profile);
    assert_eq!(called(&world.start(silent()), NOVA).await, profile);
    assert_eq!(ids(&snapshot(&discovery).await), [&*profile]);
    world.clock.advance(1);
    assert_eq!(called(&discovery, NOVA).await, NOVA);
    assert_eq!(called(&world.start(silent()), NOVA).await, NOVA);
    discovery.snapshot(&Query::refresh()).await.unwrap();
    assert_eq!(called(&discovery, NOVA).await, NOVA);
    assert_eq!(discovery.status().await[0].refused, [""; 0]);
    assert!(
        !std::fs::read_to_string(world.file()).unwrap().contains("\"refused\""),
        "nor is it written again"
    );
}

#[tokio::test]
async fn without_a_list_one_is_asked_for() {
    let world = World::new();
    // The table of facts knows no such model.
    let mut plane = plane();
    plane.expect_foundation_models().times(1).returning(|_| Ok(vec![model("somebody.seer-1")]));
    plane
        .expect_inference_profiles()
        .times(1)
        .returning(|_| Ok(vec![profile("us", "somebody.seer-1", &["us-east-1"])]));
    let discovery = world.start(plane);
    assert_eq!(instead(&discovery, "somebody.seer-1").await.as_deref(), Some("us.somebody.seer-1"));
}

#[tokio::test]
async fn an_old_list_that_does_not_help_is_made_anew() {
    let world = World::new();
    snapshot(&world.start(misleading(1))).await;
    world.clock.advance(3600);
    let mut plane = plane();
    plane.expect_foundation_models().times(1).returning(|_| Ok(vec![model("somebody.seer-1")]));
    plane
        .expect_inference_profiles()
        .times(1)
        .returning(|_| Ok(vec![profile("us", "somebody.seer-1", &["us-east-1"])]));
    let discovery = world.start(plane);
    assert_eq!(instead(&discovery, "somebody.seer-1").await.as_deref(), Some("us.somebody.seer-1"));
}

#[tokio::test]
async fn without_any_list_the_table_of_facts_has_to_do() {
    let world = World::new();
    let lost = || failing(unreachable_plane, unreachable_plane);
    assert_eq!(instead(&world.start(lost()), OPUS).await, Some(format!("us.{OPUS}")));
    assert_eq!(instead(&world.start(lost()), "somebody.seer-1").await, None);
    let off = world.start_with(silent(), settings(|settings| settings.enabled = Some(false)));
    assert_eq!(instead(&off, OPUS).await, Some(format!("us.{OPUS}")));
    let mut nowhere = MockControlPlane::new();
    nowhere.expect_place().returning(|_| Err(no_credentials()));
    assert_eq!(instead(&world.start(nowhere), OPUS).await, Some(format!("us.{OPUS}")));
}

#[tokio::test]
async fn where_the_lists_have_no_profile_none_is_guessed() {
    let world = World::new();
    let only = |profiles: Vec<crate::rows::InferenceProfileRow>| {
        let mut plane = plane();
        plane.expect_foundation_models().times(1).returning(|_| Ok(vec![model(OPUS)]));
        plane.expect_inference_profiles().times(1).returning(move |_| Ok(profiles.clone()));
        plane
    };
    let none = world.start(only(vec![]));
    snapshot(&none).await;
    assert_eq!(instead(&none, OPUS).await, None, "a fresh list at hand");
    let global = || vec![profile("global", OPUS, &[""])];
    assert_eq!(instead(&World::new().start(only(global())), OPUS).await, None, "a list that is asked for");
    let wanted = settings(|settings| settings.geography = GeographyPreference::Prefix("global".into()));
    let discovery = World::new().start_with(only(global()), wanted);
    assert_eq!(instead(&discovery, OPUS).await, Some(format!("global.{OPUS}")), "whoever wants it gets it");
}

#[tokio::test]
async fn other_errors_and_other_ids_teach_nothing() {
    let world = World::new();
    let discovery = world.start(misleading(1));
    snapshot(&discovery).await;
    for kind in [ErrorKind::InvalidRequest, ErrorKind::ModelNotFound, ErrorKind::Throttled] {
        let error = Error::new(kind, "no");
        assert_eq!(discovery.instead(&NOVA.into(), "us-east-1", &error).await, None, "{kind:?}");
    }
    for id in [format!("us.{NOVA}"), application_arn("x"), "nonsense".to_owned()] {
        assert_eq!(instead(&discovery, &id).await, None, "{id}");
    }
    assert_eq!(called(&discovery, NOVA).await, NOVA);
    assert_eq!(discovery.status().await[0].refused, [""; 0]);
}

#[tokio::test]
async fn an_interval_of_zero_keeps_it_in_memory() {
    let world = World::new();
    let settings = settings(|settings| settings.refresh_interval = 0);
    let discovery = world.start_with(misleading(1), settings.clone());
    snapshot(&discovery).await;
    let profile = format!("us.{NOVA}");
    assert_eq!(instead(&discovery, NOVA).await, Some(profile.clone()));
    assert_eq!(called(&discovery, NOVA).await, profile);
    assert_eq!(std::fs::read_dir(world.folder.path()).unwrap().count(), 0);
    assert_eq!(called(&world.start_with(silent(), settings), NOVA).await, NOVA);
}

#[tokio::test]
async fn a_refusal_elsewhere_is_of_that_region() {
    let world = World::new();
    let mut plane = plane();
    let is = |wanted: &'static str| move |target: &Target| *target == Target::Region(wanted.into());
    plane.expect_foundation_models().withf(is("us-east-1")).returning(|_| Ok(vec![model(NOVA)]));
    plane.expect_foundation_models().withf(is("eu-west-1")).returning(|_| Ok(vec![model(NOVA)]));
    plane.expect_inference_profiles().withf(is("us-east-1")).returning(|_| Ok(vec![]));
    plane
        .expect_inference_profiles()
        .withf(is("eu-west-1"))
        .returning(|_| Ok(vec![profile("eu", NOVA, &["eu-west-1"])]));
    let settings = settings(|settings| settings.regions = vec!["us-east-1".into(), "eu-west-1".into()]);
    let discovery = world.start_with(plane, settings);
    snapshot(&discovery).await;
    let found = instead_in(&discovery, NOVA, "eu-west-1").await.unwrap();
    let profile = format!("eu.{NOVA}");
    assert_eq!(
        (found.callable.as_str(), found.region.as_deref()),
        (&*profile, None),
        "called where it was refused"
    );
    assert_eq!(called(&discovery, NOVA).await, NOVA, "here it can be called");
    let there = discovery.resolve(&format!("{NOVA}@eu-west-1").as_str().into()).await.unwrap();
    assert_eq!((there.callable.as_str(), there.region.as_deref()), (&*profile, Some("eu-west-1")));
}
