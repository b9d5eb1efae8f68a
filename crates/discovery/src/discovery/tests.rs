use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join;
use outcrop_core::{ErrorKind, Retry};
use tokio::sync::Notify;

use super::*;
use crate::control_plane::MockControlPlane;
use crate::fixtures::*;
use crate::rows::{AccessRow, DeploymentRow, FoundationModelRow, InferenceProfileRow};
use crate::settings::ManualModel;
use crate::source::Source;

/// A clock that tests turn by hand.
#[derive(Clone, Default)]
struct Clock(Arc<AtomicU64>);

impl Clock {
    fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    fn read(&self) -> SystemTime {
        noon() + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

fn place(region: &str) -> Place {
    Place { partition: "aws".into(), region: region.into(), endpoint: None, identity: "me".into() }
}

/// A control plane that knows where it is, and nothing else.
fn plane() -> MockControlPlane {
    let mut plane = MockControlPlane::new();
    plane.expect_fetch_credentials().returning(|_| Ok(()));
    plane.expect_place().returning(|target| {
        Ok(place(match target {
            Target::Usual => "us-east-1",
            Target::Region(region) => region,
        }))
    });
    plane
}

fn models() -> Vec<FoundationModelRow> {
    vec![profile_only(SONNET), model(NOVA)]
}

fn profiles() -> Vec<InferenceProfileRow> {
    vec![profile("us", SONNET, &["us-east-1", "us-west-2"])]
}

/// A control plane that answers both lists so many times.
fn answering(times: usize) -> MockControlPlane {
    let mut plane = plane();
    plane.expect_foundation_models().times(times).returning(|_| Ok(models()));
    plane.expect_inference_profiles().times(times).returning(|_| Ok(profiles()));
    plane
}

/// A control plane that must not be asked for any list.
fn silent() -> MockControlPlane {
    answering(0)
}

/// A control plane whose lists both fail.
fn failing(models: fn() -> Error, profiles: fn() -> Error) -> MockControlPlane {
    let mut plane = plane();
    plane.expect_foundation_models().returning(move |_| Err(models()));
    plane.expect_inference_profiles().returning(move |_| Err(profiles()));
    plane
}

fn unreachable_plane() -> Error {
    Error::new(ErrorKind::Network, "no connection could be made").with_retry(Retry::Backoff)
}

fn denied() -> Error {
    Error::new(ErrorKind::PermissionDenied, "the caller may not do this")
        .with_code("AccessDeniedException")
        .with_hint("add the IAM action `bedrock:ListInferenceProfiles` to the caller's policy")
}

fn no_credentials() -> Error {
    Error::new(ErrorKind::Unauthenticated, "no AWS credentials were found").with_hint("set some")
}

struct World {
    folder: tempfile::TempDir,
    clock: Clock,
}

impl World {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: Clock::default() }
    }

    /// A program that starts now, with this control plane.
    fn start(&self, plane: impl ControlPlane + 'static) -> Discovery {
        self.start_with(plane, DiscoverySettings::default())
    }

    fn start_with(&self, plane: impl ControlPlane + 'static, settings: DiscoverySettings) -> Discovery {
        let clock = self.clock.clone();
        let folder = Some(self.folder.path().to_owned());
        Inner::new(Arc::new(plane), settings, folder, "amazon-bedrock".into(), move || clock.read()).into()
    }

    fn file(&self) -> PathBuf {
        Disk::new(self.folder.path().to_owned()).path::<RegionRows>(&place("us-east-1"))
    }
}

async fn snapshot(discovery: &Discovery) -> Snapshot {
    discovery.snapshot(&Query::default()).await.unwrap()
}

fn ids(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.models.iter().map(|card| card.id.as_str()).collect()
}

fn both() -> [String; 2] {
    [NOVA.to_owned(), format!("us.{SONNET}")]
}

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

/// A control plane that waits for a sign before it lists.
#[derive(Debug)]
struct Gated {
    plane: MockControlPlane,
    asked: Arc<Notify>,
    gate: Arc<Notify>,
}

#[async_trait]
impl ControlPlane for Gated {
    async fn fetch_credentials(&self, _target: &Target) -> Result<()> {
        Ok(())
    }

    async fn place(&self, target: &Target) -> Result<Place> {
        self.plane.place(target).await
    }

    async fn foundation_models(&self, target: &Target) -> Result<Vec<FoundationModelRow>> {
        self.asked.notify_one();
        self.gate.notified().await;
        self.plane.foundation_models(target).await
    }

    async fn inference_profiles(&self, target: &Target) -> Result<Vec<InferenceProfileRow>> {
        self.plane.inference_profiles(target).await
    }

    async fn deployments(&self, target: &Target, source: Source) -> Result<Vec<DeploymentRow>> {
        self.plane.deployments(target, source).await
    }

    async fn inference_profile(&self, target: &Target, id: &str) -> Result<InferenceProfileRow> {
        self.plane.inference_profile(target, id).await
    }

    async fn access(&self, target: &Target, id: &str) -> Result<AccessRow> {
        self.plane.access(target, id).await
    }
}

fn gated(plane: MockControlPlane) -> (Gated, Arc<Notify>, Arc<Notify>) {
    let (asked, gate) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    (Gated { plane, asked: Arc::clone(&asked), gate: Arc::clone(&gate) }, asked, gate)
}

/// Two who ask at once, the second while the first waits.
async fn ask_twice(discovery: &Discovery, asked: &Notify, gate: &Notify) -> [Result<Snapshot>; 2] {
    let query = Query::refresh();
    let second = async {
        asked.notified().await;
        let waiting = discovery.snapshot(&query);
        gate.notify_one();
        waiting.await
    };
    let (first, second) = join(discovery.snapshot(&query), second).await;
    [first, second]
}

#[tokio::test]
async fn who_asks_at_once_shares_one_list() {
    let world = World::new();
    let (plane, asked, gate) = gated(answering(1));
    let discovery = world.start(plane);
    let [first, second] = ask_twice(&discovery, &asked, &gate).await;
    assert_eq!(first.unwrap(), second.unwrap());
}

#[tokio::test]
async fn who_asks_at_once_shares_the_failure_too() {
    let world = World::new();
    let mut plane = plane();
    plane.expect_foundation_models().times(1).returning(|_| Err(unreachable_plane()));
    plane.expect_inference_profiles().times(1).returning(|_| Err(unreachable_plane()));
    let (plane, asked, gate) = gated(plane);
    let discovery = world.start(plane);
    for result in ask_twice(&discovery, &asked, &gate).await {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Network);
    }
}

#[tokio::test]
async fn a_list_that_everybody_gave_up_on_is_begun_anew() {
    let world = World::new();
    let mut plane = plane();
    plane.expect_foundation_models().times(1).returning(|_| Ok(models()));
    plane.expect_inference_profiles().times(2).returning(|_| Ok(profiles()));
    let (plane, asked, gate) = gated(plane);
    let discovery = world.start(plane);
    let query = Query::default();
    tokio::select! {
        _ = discovery.snapshot(&query) => panic!("the gate is shut"),
        () = asked.notified() => {}
    }
    gate.notify_one();
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

mod failures;
