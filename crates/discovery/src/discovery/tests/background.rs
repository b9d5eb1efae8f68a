//! Stale while revalidate.

use super::*;
use crate::settings::ManualModel;

/// A long-running program that starts now.
fn serving(world: &World, plane: impl ControlPlane + 'static) -> Discovery {
    world.start(plane).serving_stale(true)
}

/// A world with an old list on disk.
async fn with_old_list() -> World {
    let world = World::new();
    snapshot(&world.start(answering(1))).await;
    world.clock.advance(2 * 3600);
    world
}

/// Waits for the refresh that is under way, and what it leaves behind.
async fn settled(discovery: &Discovery) {
    let under_way = lock(&discovery.inner.flights).get(&Ask::default()).and_then(WeakShared::upgrade);
    if let Some(flight) = under_way {
        drop(flight.await);
    }
    quiet().await;
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_known_a_program_waits() {
    let world = World::new();
    let (plane, gate) = gated(answering(1), &[MODELS]);
    let discovery = serving(&world, plane);
    let sign = async {
        gate.asked().await;
        gate.open(1);
    };
    let (listed, ()) = join(snapshot(&discovery), sign).await;
    assert_eq!((listed.models.len(), listed.freshness), (2, Freshness::Live));
    assert_eq!(snapshot(&discovery).await.freshness, Freshness::Cached);
}

#[tokio::test(start_paused = true)]
async fn what_is_old_is_served_at_once_and_made_anew_once() {
    let world = with_old_list().await;
    let (plane, gate) = gated(answering(1), &[MODELS]);
    let discovery = serving(&world, plane);
    for _ in 0..5 {
        let stale = snapshot(&discovery).await;
        assert_eq!((stale.models.len(), stale.freshness, stale.taken_at), (2, Freshness::Stale, noon()));
        assert_eq!(stale.problems, [], "nothing is wrong yet");
    }
    let other = discovery.clone();
    assert_eq!(snapshot(&other).await.freshness, Freshness::Stale);
    quiet().await;
    assert_eq!(gate.asked_meanwhile().await, [MODELS]);
    gate.open(1);
    settled(&discovery).await;
    let fresh = snapshot(&discovery).await;
    assert_eq!((fresh.freshness, fresh.taken_at), (Freshness::Cached, world.clock.read()));
    // And it is on disk.
    assert_eq!(snapshot(&world.start(silent())).await.taken_at, world.clock.read());
}

#[tokio::test(start_paused = true)]
async fn whoever_wants_a_new_list_waits_for_it() {
    let world = with_old_list().await;
    let discovery = serving(&world, answering(1));
    let refreshed = discovery.snapshot(&Query::refresh()).await.unwrap();
    assert_eq!((refreshed.freshness, refreshed.taken_at), (Freshness::Live, world.clock.read()));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_is_a_problem_and_a_pause() {
    let world = with_old_list().await;
    let mut plane = plane();
    plane.expect_foundation_models().times(2).returning(|_| Err(unreachable_plane()));
    plane.expect_inference_profiles().times(2).returning(|_| Err(unreachable_plane()));
    plane.expect_foundation_models().times(1).returning(|_| Ok(models()));
    plane.expect_inference_profiles().times(1).returning(|_| Ok(profiles()));
    let discovery = serving(&world, plane);
    assert_eq!(snapshot(&discovery).await.problems, []);
    settled(&discovery).await;
    for _ in 0..3 {
        world.clock.advance(9);
        let stale = snapshot(&discovery).await;
        assert_eq!((stale.models.len(), stale.freshness), (2, Freshness::Stale));
        let [problem] = stale.problems.as_slice() else { panic!("{:?}", stale.problems) };
        assert_eq!(problem.code, "Network");
        assert!(problem.message.contains("2 hours old"), "{problem:?}");
        quiet().await;
    }
    // The pause is over: the next attempt fails, and the one after it does not.
    for problems in [1, 0] {
        world.clock.advance(30);
        assert_eq!(snapshot(&discovery).await.problems.len(), 1);
        settled(&discovery).await;
        assert_eq!(snapshot(&discovery).await.problems.len(), problems);
    }
    assert_eq!(snapshot(&discovery).await.freshness, Freshness::Cached);
}

#[tokio::test(start_paused = true)]
async fn a_region_that_never_lists_holds_up_nobody_and_is_left_alone_after_a_failure() {
    let world = with_old_list().await;
    let mut plane = plane();
    let is = |wanted: &'static str| move |target: &Target| *target == Target::Region(wanted.into());
    plane.expect_foundation_models().withf(is("us-east-1")).times(1).returning(|_| Ok(models()));
    plane.expect_inference_profiles().withf(is("us-east-1")).times(1).returning(|_| Ok(profiles()));
    plane.expect_foundation_models().withf(is("mx-1")).times(2).returning(|_| Err(unreachable_plane()));
    plane.expect_inference_profiles().withf(is("mx-1")).times(2).returning(|_| Err(unreachable_plane()));
    let both_regions = settings(|settings| settings.regions = vec!["mx-1".into(), "us-east-1".into()]);
    let discovery = world.start_with(plane, both_regions).serving_stale(true);
    let stale = snapshot(&discovery).await;
    assert_eq!((stale.models.len(), stale.freshness), (2, Freshness::Stale), "nobody was waited for");
    settled(&discovery).await;
    for _ in 0..3 {
        world.clock.advance(9);
        let known = snapshot(&discovery).await;
        assert_eq!((known.models.len(), known.freshness), (2, Freshness::Cached));
        let [problem] = known.problems.as_slice() else { panic!("{:?}", known.problems) };
        assert_eq!((problem.region.as_deref(), problem.code.as_str()), (Some("mx-1"), "Network"));
        quiet().await;
    }
    world.clock.advance(30);
    snapshot(&discovery).await;
    settled(&discovery).await;
}

#[tokio::test(start_paused = true)]
async fn a_region_that_cannot_be_found_holds_up_nobody() {
    let world = with_old_list().await;
    let mut plane = MockControlPlane::new();
    plane.expect_place().returning(|target| match target {
        Target::Region(region) if region == "us-east-1" => Ok(place(region)),
        _ => Err(Error::config("there is no such region")),
    });
    let both_regions = settings(|settings| settings.regions = vec!["mx-1".into(), "us-east-1".into()]);
    let discovery = world.start_with(plane, both_regions);
    assert_eq!(discovery.known_ids().await.unwrap().len(), 2);
    assert!(!discovery.inner.known().await.unwrap().is_whole);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_panics_is_not_under_way_for_ever() {
    let world = with_old_list().await;
    let mut plane = plane();
    plane.expect_foundation_models().times(1).returning(|_| panic!("a defect"));
    plane.expect_foundation_models().times(1).returning(|_| Ok(models()));
    plane.expect_inference_profiles().returning(|_| Ok(profiles()));
    let discovery = serving(&world, plane);
    for freshness in [Freshness::Stale, Freshness::Stale, Freshness::Cached] {
        assert_eq!(snapshot(&discovery).await.freshness, freshness);
        quiet().await;
    }
}

#[test]
fn a_refresh_that_is_cancelled_is_not_under_way_for_ever() {
    let runtime =
        || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let first = runtime();
    let world = first.block_on(with_old_list());
    let (plane, gate) = gated(answering(1), &[MODELS]);
    let discovery = serving(&world, plane);
    first.block_on(snapshot(&discovery));
    drop(first);
    gate.open(1);
    let fresh = runtime().block_on(async {
        snapshot(&discovery).await;
        settled(&discovery).await;
        snapshot(&discovery).await.freshness
    });
    assert_eq!(fresh, Freshness::Cached);
}

#[tokio::test(start_paused = true)]
async fn a_permission_that_is_missing_is_told_each_time_and_asked_for_again() {
    let world = World::new();
    let mut plane = plane();
    plane.expect_foundation_models().times(1).returning(|_| Ok(models()));
    plane.expect_inference_profiles().times(1).returning(|_| Err(denied()));
    plane.expect_inference_profiles().times(1).returning(|_| Ok(profiles()));
    let discovery = serving(&world, plane);
    assert_eq!(snapshot(&discovery).await.problems.len(), 1);
    for _ in 0..3 {
        let known = snapshot(&discovery).await;
        assert_eq!((ids(&known), known.freshness), (vec![NOVA], Freshness::Cached), "it is not old");
        let [problem] = known.problems.as_slice() else { panic!("{:?}", known.problems) };
        assert_eq!(problem.source, "ListInferenceProfiles");
        quiet().await;
    }
    world.clock.advance(30);
    snapshot(&discovery).await;
    settled(&discovery).await;
    let whole = snapshot(&discovery).await;
    assert_eq!((whole.models.len(), whole.problems.len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn access_that_could_not_be_looked_at_is_told_each_time_too() {
    let world = World::new();
    let checking = settings(|settings| settings.check_access = true);
    let mut plane = answering(1);
    plane.expect_access().times(1..=2).returning(|_, _| Err(denied()));
    let discovery = world.start_with(plane, checking).serving_stale(true);
    for _ in 0..3 {
        let known = snapshot(&discovery).await;
        assert_eq!((known.models.len(), known.problems.len()), (2, 1));
    }
    // Without the setting, it concerns only those who ask for it.
    let mut plane = answering(1);
    plane.expect_access().times(1..=2).returning(|_, _| Err(denied()));
    let discovery = serving(&World::new(), plane);
    let asked = discovery.snapshot(&Query::default().with_access(true)).await.unwrap();
    assert_eq!((asked.problems.len(), snapshot(&discovery).await.problems.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_damaged_file_is_told_once() {
    let world = with_old_list().await;
    outcrop_files::replace(world.file(), b"{", outcrop_files::Options::new()).unwrap();
    let discovery = serving(&world, answering(1));
    assert_eq!(snapshot(&discovery).await.problems[0].code, "damaged");
    assert_eq!(snapshot(&discovery).await.problems, []);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_in_the_foreground_ends_the_old_complaint() {
    let world = with_old_list().await;
    let mut plane = plane();
    plane.expect_foundation_models().times(1).returning(|_| Err(unreachable_plane()));
    plane.expect_inference_profiles().times(1).returning(|_| Err(unreachable_plane()));
    plane.expect_foundation_models().times(1).returning(|_| Ok(models()));
    plane.expect_inference_profiles().times(1).returning(|_| Ok(profiles()));
    let discovery = serving(&world, plane);
    snapshot(&discovery).await;
    settled(&discovery).await;
    assert_eq!(snapshot(&discovery).await.problems.len(), 1);
    discovery.snapshot(&Query::refresh()).await.unwrap();
    world.clock.advance(3600);
    let stale = snapshot(&discovery).await;
    assert_eq!((stale.freshness, stale.problems.len()), (Freshness::Stale, 0));
}

#[tokio::test(start_paused = true)]
async fn an_interval_of_zero_is_never_stale() {
    let settings = settings(|settings| settings.refresh_interval = 0);
    let discovery = World::new().start_with(answering(3), settings).serving_stale(true);
    for _ in 0..3 {
        assert_eq!(snapshot(&discovery).await.freshness, Freshness::Live);
    }
}

#[tokio::test(start_paused = true)]
async fn a_discovery_that_is_off_has_nothing_to_make_anew() {
    let settings = settings(|settings| {
        settings.enabled = Some(false);
        settings.models = vec![ManualModel::new(NOVA)];
    });
    let discovery = World::new().start_with(silent(), settings).serving_stale(true);
    let listed = snapshot(&discovery).await;
    assert_eq!((ids(&listed), listed.freshness), (vec![NOVA], Freshness::Live));
}
