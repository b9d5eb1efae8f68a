//! The catalogue: memory, disk, AWS, in this order.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use outcrop_aws::{Aws, AwsSettings};
use outcrop_core::{
    CatalogProblem, Error, Freshness, ModelCard, ModelCatalog, ModelId, ModelResolver, ProviderId, Query,
    Resolved, Result, Snapshot,
};
use time::OffsetDateTime;

use crate::cache::Disk;
use crate::control_plane::{AwsControlPlane, ControlPlane, Place, Target};
use crate::merge::{Circumstances, Region, View};
use crate::preference;
use crate::rows::{AccessRows, RegionRows};
use crate::settings::DiscoverySettings;

mod access;
mod background;
mod collect;
mod known;
mod memory;
mod questions;
mod refresh;
mod resolver;
mod status;
mod why;

pub use known::Known;
pub use status::RegionStatus;
pub use why::Why;

/// The models of one provider entry: a [`ModelCatalog`] and a [`ModelResolver`]. Cheap to clone; clones share all that
/// they know.
#[derive(Debug, Clone)]
pub struct Discovery {
    inner: Arc<Inner>,
    /// Whether what is too old is served at once and made anew meanwhile.
    serves_stale: bool,
}

/// One refresh for all who ask meanwhile. It ends with the last of them, so an abandoned one never answers anybody.
type Flight = Shared<Listing>;

type Listing = BoxFuture<'static, Result<Arc<Answer>>>;

/// What is asked for. Those who ask the same share one refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Ask {
    /// Whether a fresh list at hand is no good.
    refresh: bool,
    /// Whether somebody wants to see the access to each model.
    access: bool,
}

/// What a snapshot is made of.
#[derive(Debug, Clone)]
struct Answer {
    view: Arc<View>,
    taken_at: SystemTime,
    freshness: Freshness,
    problems: Vec<CatalogProblem>,
    /// Why nothing new is in it, if AWS was asked and gave no list at all.
    failure: Option<Error>,
}

/// What came of a refresh.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Refresh {
    /// The models as known now.
    pub snapshot: Snapshot,
    /// Why nothing of that is new; `None` if at least one list is.
    pub failure: Option<Error>,
}

impl Answer {
    fn snapshot(&self, all: bool) -> Snapshot {
        let mut snapshot = Snapshot::new(self.view.models(all), self.taken_at, self.freshness);
        if all {
            snapshot.hidden = self.view.hidden_by_rules();
        }
        snapshot.problems.clone_from(&self.problems);
        snapshot
    }
}

struct Inner {
    provider: ProviderId,
    settings: Arc<DiscoverySettings>,
    plane: Arc<dyn ControlPlane>,
    disk: Option<Disk>,
    now: Box<dyn Fn() -> SystemTime + Send + Sync>,
    memory: Mutex<Memory>,
    /// The refreshes that are under way.
    flights: Mutex<HashMap<Ask, WeakShared<Listing>>>,
}

/// What is known in this process.
#[derive(Debug, Default)]
struct Memory {
    rows: HashMap<Place, RegionRows>,
    access: HashMap<Place, AccessRows>,
    /// What rows of places come to, until one of them changes.
    views: Vec<Merged>,
    background: background::Background,
}

/// What the rows of these places, in this order and under these circumstances, come to.
#[derive(Debug)]
struct Merged {
    places: Vec<Place>,
    circumstances: Circumstances,
    /// How many refusals were remembered.
    refusals: usize,
    view: Arc<View>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner")
            .field("provider", &self.provider)
            .field("settings", &self.settings)
            .field("disk", &self.disk)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Discovery {
    /// The models that `aws_settings` can call, listed as `settings` say.
    ///
    /// Nothing is asked or read yet. What AWS answers is kept in `cache_folder`, which may be shared by all accounts and
    /// regions; without a folder it is kept in memory only, as it should be for an emulator.
    pub fn new(
        aws: Arc<Aws>,
        aws_settings: AwsSettings,
        settings: DiscoverySettings,
        cache_folder: Option<PathBuf>,
        provider: ProviderId,
    ) -> Self {
        let plane = Arc::new(AwsControlPlane::new(aws, aws_settings));
        Inner::new(plane, settings, cache_folder, provider, SystemTime::now).into()
    }

    /// The same for a program that runs long: a list that is too old is served at once, as
    /// [`Freshness::Stale`], and a new one is fetched meanwhile. Only where nothing is known yet, a snapshot waits for
    /// AWS. Needs a tokio runtime that outlives the calls.
    #[must_use]
    pub fn serving_stale(mut self, serves_stale: bool) -> Self {
        self.serves_stale = serves_stale;
        self
    }

    /// The settings that it was made with.
    pub fn settings(&self) -> &DiscoverySettings {
        &self.inner.settings
    }

    /// The region that models are called in, unless their id or a list says another; `None` if it cannot be found out.
    pub async fn region(&self) -> Option<String> {
        self.inner.home().await
    }

    /// The model to take if nobody names one, by [`default_model`](crate::default_model) for the region that models are
    /// called in.
    pub async fn default_model(&self, snapshot: &Snapshot) -> Option<Arc<ModelCard>> {
        let home = self.inner.home().await;
        preference::default_model(
            snapshot,
            home.as_deref().unwrap_or_default(),
            &self.inner.settings.geography,
        )
    }

    /// Asks AWS for new lists, even if those at hand are fresh.
    ///
    /// # Errors
    /// As [`ModelCatalog::snapshot`].
    pub async fn refresh(&self) -> Result<Refresh> {
        let answer = self.answer(Ask { refresh: true, ..Ask::default() }).await?;
        Ok(Refresh { snapshot: answer.snapshot(false), failure: answer.failure.clone() })
    }

    async fn answer(&self, ask: Ask) -> Result<Arc<Answer>> {
        if self.serves_stale
            && ask == Ask::default()
            && let Some(known) = self.inner.known().await
        {
            if !known.is_whole {
                self.revalidate();
            }
            return Ok(Arc::new(known.answer));
        }
        self.flight(ask).await
    }

    /// The refresh that is under way, or a new one.
    fn flight(&self, ask: Ask) -> Flight {
        let mut flights = lock(&self.inner.flights);
        let under_way = flights.get(&ask).and_then(WeakShared::upgrade);
        if let Some(flight) = under_way.filter(|flight| flight.peek().is_none()) {
            return flight;
        }
        let inner = Arc::clone(&self.inner);
        let flight = async move { inner.collect(ask).await }.boxed().shared();
        flights.extend(flight.downgrade().map(|flight| (ask, flight)));
        flight
    }
}

#[async_trait]
impl ModelCatalog for Discovery {
    fn id(&self) -> &ProviderId {
        &self.inner.provider
    }

    async fn snapshot(&self, query: &Query) -> Result<Snapshot> {
        let answer = self.answer(Ask { refresh: query.refresh, access: query.access }).await?;
        Ok(answer.snapshot(query.all))
    }
}

#[async_trait]
impl ModelResolver for Discovery {
    /// Memory, disk, the table of facts, the id as it is.
    async fn resolve(&self, id: &ModelId) -> Result<Resolved> {
        Ok(self.resolve_at_hand(id).await)
    }

    async fn instead(&self, refused: &ModelId, region: &str, error: &Error) -> Option<Resolved> {
        self.learn(refused, region, error).await
    }
}

impl From<Inner> for Discovery {
    fn from(inner: Inner) -> Self {
        Self { inner: Arc::new(inner), serves_stale: false }
    }
}

impl Inner {
    /// Over any control plane and clock.
    fn new(
        plane: Arc<dyn ControlPlane>,
        settings: DiscoverySettings,
        cache_folder: Option<PathBuf>,
        provider: ProviderId,
        now: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Self {
        let disk = cache_folder.filter(|_| settings.refresh_interval > 0).map(Disk::new);
        Self {
            provider,
            settings: Arc::new(settings),
            plane,
            disk,
            now: Box::new(now),
            memory: Mutex::default(),
            flights: Mutex::default(),
        }
    }

    /// The regions to list, each once.
    fn targets(&self) -> Vec<Target> {
        let settings = &self.settings;
        let said =
            settings.regions.iter().chain(settings.region.iter().filter(|_| settings.regions.is_empty()));
        let mut targets = Vec::new();
        for region in said.map(|region| region.trim()).filter(|region| !region.is_empty()) {
            let target = Target::Region(region.to_owned());
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        if targets.is_empty() { vec![Target::Usual] } else { targets }
    }

    /// The region that models are called in.
    async fn home(&self) -> Option<String> {
        self.plane.place(&Target::Usual).await.ok().map(|place| place.region)
    }

    /// Whether the access to models is looked at, and which lists it changes.
    fn circumstances(&self, ask: Ask) -> Circumstances {
        Circumstances { today: self.today(), hide_inaccessible: self.settings.check_access && !ask.access }
    }

    fn today(&self) -> String {
        OffsetDateTime::from((self.now)()).date().to_string()
    }

    /// What the rows of these places come to, merged anew only if something changed.
    fn view(&self, places: &[Place], ask: Ask) -> Arc<View> {
        let circumstances = self.circumstances(ask);
        let now = (self.now)();
        let mut memory = lock(&self.memory);
        let rows = places.iter().filter_map(|place| memory.rows.get(place));
        let refusals = rows.map(|rows| rows.refusals(now).count()).sum();
        let is_same = |merged: &&Merged| {
            merged.places == places && merged.circumstances == circumstances && merged.refusals == refusals
        };
        if let Some(merged) = memory.views.iter().find(is_same) {
            return Arc::clone(&merged.view);
        }
        let region = |place: &Place| {
            let mut rows = memory.rows.get(place).cloned().unwrap_or_default();
            rows.forget_old_refusals(now);
            let access = memory.access.get(place).cloned().unwrap_or_default();
            Region { name: place.region.clone(), rows, access }
        };
        let regions: Vec<_> = places.iter().map(region).collect();
        let view = Arc::new(View::new(regions, Arc::clone(&self.settings), circumstances.clone()));
        // What was true yesterday is asked for no more.
        memory.views.retain(|merged| {
            merged.circumstances.today == circumstances.today && merged.refusals == refusals
        });
        let merged = Merged { places: places.to_vec(), circumstances, refusals, view: Arc::clone(&view) };
        memory.views.push(merged);
        view
    }
}

#[cfg(test)]
mod tests;
