//! Programs that start on a machine with a clock and a cache folder, and the control planes that they meet.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use outcrop_core::{ErrorKind, Retry};
use tokio::sync::{Semaphore, mpsc};

use super::*;
use crate::control_plane::{GET_AVAILABILITY, GET_INFERENCE_PROFILE, MockControlPlane};
use crate::fixtures::{NOVA, SONNET, model, noon, profile, profile_only};
use crate::rows::{AccessRow, DeploymentRow, FoundationModelRow, InferenceProfileRow};
use crate::source::Source;

/// A clock that tests turn by hand.
#[derive(Clone, Default)]
pub(super) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(super) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> SystemTime {
        noon() + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

pub(super) fn place(region: &str) -> Place {
    Place { partition: "aws".into(), region: region.into(), endpoint: None, identity: "me".into() }
}

/// A control plane that knows where it is, and nothing else.
pub(super) fn plane() -> MockControlPlane {
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

pub(super) fn models() -> Vec<FoundationModelRow> {
    vec![profile_only(SONNET), model(NOVA)]
}

pub(super) fn profiles() -> Vec<InferenceProfileRow> {
    vec![profile("us", SONNET, &["us-east-1", "us-west-2"])]
}

/// A control plane that answers both lists so many times.
pub(super) fn answering(times: usize) -> MockControlPlane {
    let mut plane = plane();
    plane.expect_foundation_models().times(times).returning(|_| Ok(models()));
    plane.expect_inference_profiles().times(times).returning(|_| Ok(profiles()));
    plane
}

/// A control plane that must not be asked for any list.
pub(super) fn silent() -> MockControlPlane {
    answering(0)
}

/// A control plane whose lists both fail.
pub(super) fn failing(models: fn() -> Error, profiles: fn() -> Error) -> MockControlPlane {
    let mut plane = plane();
    plane.expect_foundation_models().returning(move |_| Err(models()));
    plane.expect_inference_profiles().returning(move |_| Err(profiles()));
    plane
}

pub(super) fn unreachable_plane() -> Error {
    Error::new(ErrorKind::Network, "no connection could be made").with_retry(Retry::Backoff)
}

pub(super) fn denied() -> Error {
    Error::new(ErrorKind::PermissionDenied, "the caller may not do this")
        .with_code("AccessDeniedException")
        .with_hint("add the IAM action `bedrock:ListInferenceProfiles` to the caller's policy")
}

pub(super) fn no_credentials() -> Error {
    Error::new(ErrorKind::Unauthenticated, "no AWS credentials were found").with_hint("set some")
}

pub(super) struct World {
    pub(super) folder: tempfile::TempDir,
    pub(super) clock: Clock,
}

impl World {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: Clock::default() }
    }

    /// A program that starts now, with this control plane.
    pub(super) fn start(&self, plane: impl ControlPlane + 'static) -> Discovery {
        self.start_with(plane, DiscoverySettings::default())
    }

    pub(super) fn start_with(
        &self,
        plane: impl ControlPlane + 'static,
        settings: DiscoverySettings,
    ) -> Discovery {
        let clock = self.clock.clone();
        let folder = Some(self.folder.path().to_owned());
        Inner::new(Arc::new(plane), settings, folder, "amazon-bedrock".into(), move || clock.read()).into()
    }

    pub(super) fn file(&self) -> PathBuf {
        Disk::new(self.folder.path().to_owned()).path::<RegionRows>(&place("us-east-1"))
    }
}

pub(super) async fn snapshot(discovery: &Discovery) -> Snapshot {
    discovery.snapshot(&Query::default()).await.unwrap()
}

pub(super) fn ids(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.models.iter().map(|card| card.id.as_str()).collect()
}

pub(super) fn both() -> [String; 2] {
    [NOVA.to_owned(), format!("us.{SONNET}")]
}

/// A control plane that waits for a sign before it answers.
#[derive(Debug)]
pub(super) struct Gated {
    plane: MockControlPlane,
    /// The operations that wait.
    held: Vec<&'static str>,
    asked: mpsc::UnboundedSender<&'static str>,
    signs: Arc<Semaphore>,
}

/// The other side of it.
pub(super) struct Gate {
    asked: tokio::sync::Mutex<mpsc::UnboundedReceiver<&'static str>>,
    signs: Arc<Semaphore>,
}

/// The lists wait that are named, by their operations.
pub(super) fn gated(plane: MockControlPlane, held: &[&'static str]) -> (Gated, Gate) {
    let ((asked, heard), signs) = (mpsc::unbounded_channel(), Arc::new(Semaphore::new(0)));
    let gate = Gate { asked: tokio::sync::Mutex::new(heard), signs: Arc::clone(&signs) };
    (Gated { plane, held: held.to_vec(), asked, signs }, gate)
}

impl Gate {
    /// Waits until somebody asks for something that is held, and says for what.
    pub(super) async fn asked(&self) -> &'static str {
        self.asked.lock().await.recv().await.unwrap()
    }

    /// What was asked for besides by now.
    pub(super) async fn asked_meanwhile(&self) -> Vec<&'static str> {
        let mut asked = self.asked.lock().await;
        std::iter::from_fn(|| asked.try_recv().ok()).collect()
    }

    /// Lets so many through.
    pub(super) fn open(&self, times: usize) {
        self.signs.add_permits(times);
    }
}

impl Gated {
    async fn pass(&self, operation: &'static str) {
        if self.held.contains(&operation) {
            self.asked.send(operation).unwrap();
            self.signs.acquire().await.unwrap().forget();
        }
    }
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
        self.pass(Source::FoundationModels.operation()).await;
        self.plane.foundation_models(target).await
    }

    async fn inference_profiles(&self, target: &Target) -> Result<Vec<InferenceProfileRow>> {
        self.pass(Source::InferenceProfiles.operation()).await;
        self.plane.inference_profiles(target).await
    }

    async fn deployments(&self, target: &Target, source: Source) -> Result<Vec<DeploymentRow>> {
        self.pass(source.operation()).await;
        self.plane.deployments(target, source).await
    }

    async fn inference_profile(&self, target: &Target, id: &str) -> Result<InferenceProfileRow> {
        self.pass(GET_INFERENCE_PROFILE).await;
        self.plane.inference_profile(target, id).await
    }

    async fn access(&self, target: &Target, id: &str) -> Result<AccessRow> {
        self.pass(GET_AVAILABILITY).await;
        self.plane.access(target, id).await
    }
}

/// The list that most tests hold.
pub(super) const MODELS: &str = Source::FoundationModels.operation();

/// Waits until nothing more happens by itself; needs a clock that is paused.
pub(super) async fn quiet() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}
