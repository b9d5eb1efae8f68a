//! Lists in memory and on disk.

use std::time::Duration;

use futures_util::future::join;
use outcrop_core::ErrorKind;

use super::*;
use crate::control_plane::MockControlPlane;
use crate::fixtures::*;

mod access;
mod at_hand;
mod background;
mod failures;
mod known;
mod learning;
mod lists;
mod why;
mod world;

use world::*;

#[tokio::test]
async fn a_list_is_asked_for_once_and_then_comes_from_memory_and_from_disk() {
    let world = World::new();
    let discovery = world.start(answering(1));
    let live = snapshot(&discovery).await;
    assert_eq!(
        (ids(&live), live.freshness),
        (both().each_ref().map(String::as_str).to_vec(), Freshness::Live)
    );
    assert_eq!((live.taken_at, live.problems.as_slice()), (noon(), &[][..]));
    world.clock.advance(3599);
    let cached = snapshot(&discovery).await;
    assert_eq!(
        (&cached.models, cached.freshness, cached.taken_at),
        (&live.models, Freshness::Cached, noon())
    );
    let restarted = snapshot(&world.start(silent())).await;
    assert_eq!((&restarted.models, restarted.freshness), (&live.models, Freshness::Cached));
}

#[tokio::test]
async fn a_list_that_is_too_old_is_asked_for_again() {
    let world = World::new();
    let discovery = world.start(answering(2));
    snapshot(&discovery).await;
    world.clock.advance(3600);
    let again = snapshot(&discovery).await;
    assert_eq!((again.freshness, again.taken_at), (Freshness::Live, world.clock.read()));
    // A clock that was put back makes a list of the future: it is not trusted for ever.
    let early = World { clock: Clock::default(), ..world };
    assert_eq!(snapshot(&early.start(answering(1))).await.freshness, Freshness::Live);
}

#[tokio::test]
async fn a_refresh_asks_in_any_case() {
    let world = World::new();
    let discovery = world.start(answering(2));
    snapshot(&discovery).await;
    assert_eq!(discovery.snapshot(&Query::refresh()).await.unwrap().freshness, Freshness::Live);
}

#[tokio::test]
async fn what_another_process_listed_meanwhile_is_taken() {
    let world = World::new();
    let discovery = world.start(answering(1));
    snapshot(&discovery).await;
    world.clock.advance(4000);
    snapshot(&world.start(answering(1))).await;
    let taken = snapshot(&discovery).await;
    assert_eq!((taken.freshness, taken.taken_at), (Freshness::Cached, world.clock.read()));
}

#[tokio::test(start_paused = true)]
async fn a_fresh_list_on_disk_needs_no_lock_and_a_missing_one_waits_for_whoever_lists() {
    let world = World::new();
    let lock_file = world.file().with_extension("lock");
    let listing = outcrop_files::Lock::acquire(&lock_file).unwrap();
    let waiting = world.start(silent());
    let other = async {
        // Long after the first look at the disk; the clock runs only while everybody waits.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let rows = region("us-east-1", models(), profiles()).rows;
        Disk::new(world.folder.path().to_owned()).store(&place("us-east-1"), &rows).await;
        drop(listing);
    };
    let (taken, ()) = join(snapshot(&waiting), other).await;
    assert_eq!((taken.models.len(), taken.freshness), (2, Freshness::Cached));

    let _held = outcrop_files::Lock::acquire(&lock_file).unwrap();
    let start = tokio::time::Instant::now();
    assert_eq!(snapshot(&world.start(silent())).await.models.len(), 2);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn an_interval_of_zero_keeps_nothing() {
    let world = World::new();
    let settings = settings(|settings| settings.refresh_interval = 0);
    let discovery = world.start_with(answering(2), settings.clone());
    for _ in 0..2 {
        assert_eq!(snapshot(&discovery).await.freshness, Freshness::Live);
    }
    assert_eq!(std::fs::read_dir(world.folder.path()).unwrap().count(), 0);
    let mut flaky = plane();
    flaky.expect_foundation_models().times(1).returning(|_| Ok(models()));
    flaky.expect_foundation_models().returning(|_| Err(unreachable_plane()));
    flaky.expect_inference_profiles().times(1).returning(|_| Ok(profiles()));
    flaky.expect_inference_profiles().returning(|_| Err(unreachable_plane()));
    let discovery = world.start_with(flaky, settings);
    snapshot(&discovery).await;
    let error = discovery.snapshot(&Query::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network, "nothing stale is shown");
}

#[tokio::test]
async fn changed_filters_need_no_new_list() {
    let world = World::new();
    snapshot(&world.start(answering(1))).await;
    let settings = settings(|settings| settings.provider_filter = vec!["amazon".into()]);
    let filtered = world.start_with(silent(), settings);
    assert_eq!(ids(&snapshot(&filtered).await), [NOVA]);
    let all = Query::default().with_all(true);
    assert_eq!(filtered.snapshot(&all).await.unwrap().models.len(), 3);
}

/// Two who ask at once, the second while the first waits.
async fn ask_twice(discovery: &Discovery, gate: &Gate) -> [Result<Snapshot>; 2] {
    let query = Query::refresh();
    let second = async {
        gate.asked().await;
        let waiting = discovery.snapshot(&query);
        gate.open(1);
        waiting.await
    };
    let (first, second) = join(discovery.snapshot(&query), second).await;
    [first, second]
}

#[tokio::test]
async fn who_asks_at_once_shares_one_list() {
    let world = World::new();
    let (plane, gate) = gated(answering(1), &[MODELS]);
    let discovery = world.start(plane);
    let [first, second] = ask_twice(&discovery, &gate).await;
    assert_eq!(first.unwrap(), second.unwrap());
}

#[tokio::test]
async fn who_asks_at_once_shares_the_failure_too() {
    let world = World::new();
    let mut plane = plane();
    plane.expect_foundation_models().times(1).returning(|_| Err(unreachable_plane()));
    plane.expect_inference_profiles().times(1).returning(|_| Err(unreachable_plane()));
    let (plane, gate) = gated(plane, &[MODELS]);
    let discovery = world.start(plane);
    for result in ask_twice(&discovery, &gate).await {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Network);
    }
}

#[tokio::test]
async fn a_list_that_everybody_gave_up_on_is_begun_anew() {
    let world = World::new();
    let mut plane = plane();
    plane.expect_foundation_models().times(1).returning(|_| Ok(models()));
    plane.expect_inference_profiles().times(2).returning(|_| Ok(profiles()));
    let (plane, gate) = gated(plane, &[MODELS]);
    let discovery = world.start(plane);
    let query = Query::default();
    tokio::select! {
        _ = discovery.snapshot(&query) => panic!("the gate is shut"),
        _ = gate.asked() => {}
    }
    gate.open(1);
    assert_eq!(snapshot(&discovery).await.freshness, Freshness::Live);
}

#[tokio::test]
async fn resolving_never_asks_for_a_list() {
    let world = World::new();
    let sonnet = ModelId::from(SONNET);
    let profile = format!("us.{SONNET}");
    let from_facts = world.start(silent()).resolve(&sonnet).await.unwrap();
    assert_eq!((from_facts.callable.as_str(), from_facts.card.is_some()), (&*profile, false));
    snapshot(&world.start(answering(1))).await;
    world.clock.advance(1_000_000);
    let from_disk = world.start(silent()).resolve(&sonnet).await.unwrap();
    assert_eq!(
        (from_disk.callable.as_str(), from_disk.card.is_some()),
        (&*profile, true),
        "however old it is"
    );
    let discovery = world.start(answering(1));
    discovery.resolve(&sonnet).await.unwrap();
    assert_eq!(snapshot(&discovery).await.freshness, Freshness::Live, "an old list at hand is no fresh one");
    assert_eq!(discovery.default_model(&snapshot(&discovery).await).await.unwrap().id, *profile);
}

#[tokio::test]
async fn the_same_question_has_the_same_answer_each_time() {
    let discovery = World::new().start(silent());
    let id = ModelId::from("us.anthropic.claude-opus-4-6-v1:0");
    let first = discovery.resolve(&id).await.unwrap();
    assert!(first.note.is_some());
    assert_eq!(
        discovery.resolve(&id).await.unwrap(),
        first,
        "a retry says what the first attempt would have said"
    );
}

#[tokio::test]
async fn without_a_session_an_id_still_resolves() {
    let mut lost = MockControlPlane::new();
    lost.expect_place().returning(|_| Err(no_credentials()));
    let resolved = World::new().start(lost).resolve(&"amazon.nova-lite-v1".into()).await.unwrap();
    assert_eq!((resolved.callable.as_str(), resolved.region), (NOVA, None));
}
