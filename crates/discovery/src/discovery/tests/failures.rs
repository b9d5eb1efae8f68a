//! What is listed when something cannot be.

use super::*;
use crate::settings::ManualModel;

#[tokio::test(start_paused = true)]
async fn a_list_that_does_not_come_in_time_is_a_problem() {
    let world = World::new();
    let mut plane = plane();
    plane.expect_inference_profiles().returning(|_| Ok(vec![profile("us", NOVA, &["us-east-1"])]));
    let (plane, _gate) = gated(plane, &[MODELS]);
    let known = snapshot(&world.start(plane)).await;
    assert_eq!(ids(&known), [format!("us.{NOVA}")]);
    let [problem] = known.problems.as_slice() else { panic!("{:?}", known.problems) };
    assert_eq!((problem.source.as_str(), problem.code.as_str()), ("ListFoundationModels", "Timeout"));
    assert!(problem.hint.as_ref().unwrap().contains("controlBaseUrl"));
}

#[tokio::test]
async fn stale_data_is_served_with_the_reason_and_its_age() {
    let world = World::new();
    let first = snapshot(&world.start(answering(1))).await;
    world.clock.advance(3 * 3600);
    let discovery = world.start(failing(unreachable_plane, unreachable_plane));
    let stale = snapshot(&discovery).await;
    assert_eq!((&stale.models, stale.freshness, stale.taken_at), (&first.models, Freshness::Stale, noon()));
    let [problem] = stale.problems.as_slice() else { panic!("{:?}", stale.problems) };
    assert_eq!(problem.source, "ListFoundationModels, ListInferenceProfiles");
    assert_eq!(problem.message, "no connection could be made; what is shown is 3 hours old");
    assert_eq!((problem.region.as_deref(), problem.code.as_str()), (Some("us-east-1"), "Network"));
    // Having failed once does not make it fresh.
    assert_eq!(snapshot(&discovery).await.freshness, Freshness::Stale);
}

#[tokio::test]
async fn a_list_that_is_denied_is_a_problem_and_is_asked_for_again() {
    let world = World::new();
    let mut plane = plane();
    plane.expect_foundation_models().times(1).returning(|_| Ok(models()));
    plane.expect_inference_profiles().times(1).returning(|_| Err(denied()));
    plane.expect_inference_profiles().times(1).returning(|_| Ok(profiles()));
    let discovery = world.start(plane);
    let partial = snapshot(&discovery).await;
    assert_eq!((ids(&partial), partial.freshness), (vec![NOVA], Freshness::Cached), "one list did not come");
    let [problem] = partial.problems.as_slice() else { panic!("{:?}", partial.problems) };
    assert_eq!(
        (problem.source.as_str(), problem.code.as_str()),
        ("ListInferenceProfiles", "AccessDeniedException")
    );
    assert!(problem.hint.as_ref().unwrap().contains("`bedrock:ListInferenceProfiles`"));
    let whole = snapshot(&discovery).await;
    assert_eq!((whole.models.len(), whole.problems.len()), (2, 0));
}

#[tokio::test]
async fn a_partial_list_is_not_complete_on_disk_either() {
    let world = World::new();
    let mut first = plane();
    first.expect_foundation_models().times(1).returning(|_| Ok(models()));
    first.expect_inference_profiles().times(1).returning(|_| Err(denied()));
    snapshot(&world.start(first)).await;
    let mut second = plane();
    second.expect_foundation_models().times(0);
    second.expect_inference_profiles().times(1).returning(|_| Ok(profiles()));
    let whole = snapshot(&world.start(second)).await;
    assert_eq!((whole.models.len(), whole.freshness), (2, Freshness::Cached), "one list was there");
}

#[tokio::test]
async fn half_a_list_that_was_there_does_not_come_to_life_by_asking_for_the_other_half() {
    let world = World::new();
    let mut first = plane();
    first.expect_foundation_models().times(1).returning(|_| Ok(models()));
    first.expect_inference_profiles().times(2).returning(|_| Err(denied()));
    let discovery = world.start(first);
    snapshot(&discovery).await;
    world.clock.advance(60);
    let half = snapshot(&discovery).await;
    assert_eq!((half.freshness, half.taken_at), (Freshness::Cached, noon()));
}

#[tokio::test]
async fn profiles_alone_make_a_list() {
    let world = World::new();
    let mut plane = plane();
    plane.expect_foundation_models().returning(|_| Err(denied()));
    plane.expect_inference_profiles().returning(|_| Ok(profiles()));
    let known = snapshot(&world.start(plane)).await;
    assert_eq!((ids(&known), known.problems.len()), (vec![both()[1].as_str()], 1));
}

#[tokio::test]
async fn if_nothing_can_be_listed_the_more_telling_error_is_given() {
    let world = World::new();
    for (models, profiles, kind) in [
        (unreachable_plane as fn() -> Error, denied as fn() -> Error, ErrorKind::PermissionDenied),
        (no_credentials, denied, ErrorKind::Unauthenticated),
        (denied, unreachable_plane, ErrorKind::PermissionDenied),
        (no_credentials, no_credentials, ErrorKind::Unauthenticated),
    ] {
        let discovery = world.start(failing(models, profiles));
        let error = discovery.snapshot(&Query::default()).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.provider().unwrap().as_str(), "amazon-bedrock");
    }
}

#[tokio::test]
async fn configured_models_are_listed_without_aws() {
    let world = World::new();
    let manual = |enabled| {
        settings(|settings| {
            settings.enabled = enabled;
            settings.models = vec![ManualModel::new(NOVA)];
        })
    };
    let off = world.start_with(MockControlPlane::new(), manual(Some(false)));
    let listed = snapshot(&off).await;
    assert_eq!((ids(&listed), listed.problems.len()), (vec![NOVA], 0));
    let empty =
        world.start_with(MockControlPlane::new(), settings(|settings| settings.enabled = Some(false)));
    assert!(snapshot(&empty).await.models.is_empty());

    let automatic = world.start_with(failing(no_credentials, no_credentials), manual(None));
    let listed = snapshot(&automatic).await;
    assert_eq!((ids(&listed), listed.problems.len()), (vec![NOVA], 1));
    assert_eq!(listed.problems[0].hint.as_deref(), Some("set some"));

    let wanted = world.start_with(failing(no_credentials, no_credentials), manual(Some(true)));
    let error = wanted.snapshot(&Query::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    let unreachable = world.start_with(failing(unreachable_plane, unreachable_plane), manual(Some(true)));
    assert_eq!(ids(&snapshot(&unreachable).await), [NOVA]);
}

#[tokio::test]
async fn settings_that_cannot_be_are_reported() {
    let world = World::new();
    let bad = || {
        let mut plane = MockControlPlane::new();
        plane.expect_place().returning(|_| Err(Error::config("`baseUrl` is no URL")));
        plane
    };
    let error = world.start(bad()).snapshot(&Query::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let with_models = settings(|settings| settings.models = vec![ManualModel::new(NOVA)]);
    let listed = snapshot(&world.start_with(bad(), with_models)).await;
    assert_eq!((ids(&listed), listed.problems[0].message.as_str()), (vec![NOVA], "`baseUrl` is no URL"));
}

#[tokio::test]
async fn regions_are_listed_together_and_one_that_fails_is_a_problem() {
    let world = World::new();
    let mut plane = plane();
    let is = |wanted: &'static str| move |target: &Target| *target == Target::Region(wanted.into());
    plane.expect_foundation_models().withf(is("us-east-1")).times(1).returning(|_| Ok(models()));
    plane.expect_inference_profiles().withf(is("us-east-1")).times(1).returning(|_| Ok(profiles()));
    plane.expect_foundation_models().withf(is("us-west-2")).times(1).returning(|_| Ok(vec![model(NOVA)]));
    plane.expect_inference_profiles().withf(is("us-west-2")).times(1).returning(|_| Ok(profiles()));
    plane.expect_foundation_models().withf(is("mx-1")).times(1).returning(|_| Err(unreachable_plane()));
    plane.expect_inference_profiles().withf(is("mx-1")).times(1).returning(|_| Err(unreachable_plane()));
    let settings = settings(|settings| {
        settings.region = Some("ignored-1".into());
        settings.regions = ["us-east-1", "us-west-2", "mx-1", " us-west-2 "].map(str::to_owned).to_vec();
    });
    let listed = snapshot(&world.start_with(plane, settings)).await;
    let cards: Vec<_> = listed.models.iter().map(|card| (card.id.as_str(), card.regions.join(" "))).collect();
    let regions = "us-east-1 us-west-2".to_owned();
    assert_eq!(cards, [(NOVA, regions.clone()), (&*both()[1], regions)]);
    assert_eq!(listed.problems.len(), 1);
    assert_eq!(listed.problems[0].region.as_deref(), Some("mx-1"));
}

#[tokio::test]
async fn a_damaged_file_is_one_warning_and_is_written_anew() {
    let world = World::new();
    snapshot(&world.start(answering(1))).await;
    outcrop_files::replace(world.file(), b"{\"format\":", outcrop_files::Options::new()).unwrap();
    let listed = snapshot(&world.start(answering(1))).await;
    assert_eq!((listed.models.len(), listed.freshness), (2, Freshness::Live));
    let [problem] = listed.problems.as_slice() else { panic!("{:?}", listed.problems) };
    assert_eq!((problem.source.as_str(), problem.code.as_str()), ("cache", "damaged"));
    let healed = snapshot(&world.start(silent())).await;
    assert_eq!((healed.models.len(), healed.problems.len()), (2, 0));
}
