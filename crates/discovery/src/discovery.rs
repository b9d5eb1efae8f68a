//! The catalogue: memory, disk, AWS, in this order.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared, join_all};
use outcrop_aws::{Aws, AwsSettings};
use outcrop_core::{
    CatalogProblem, Error, ErrorKind, Freshness, ModelCard, ModelCatalog, ModelId, ModelResolver, ProviderId,
    Query, Resolved, Result, Snapshot,
};

use crate::cache::Disk;
use crate::control_plane::{AwsControlPlane, ControlPlane, Place, Target};
use crate::merge::{Explanation, Region, View};
use crate::preference;
use crate::resolve;
use crate::rows::RegionRows;
use crate::settings::DiscoverySettings;

mod refresh;

use refresh::Outcome;

/// The models of one provider entry: a [`ModelCatalog`] and a [`ModelResolver`]. Cheap to clone; clones share all that
/// they know.
#[derive(Debug, Clone)]
pub struct Discovery(Arc<Inner>);

/// One refresh for all who ask meanwhile. It ends with the last of them, so an abandoned one never answers anybody.
type Flight = Shared<Refresh>;

type Refresh = BoxFuture<'static, Result<Arc<Answer>>>;

/// What a snapshot is made of.
#[derive(Debug)]
struct Answer {
    view: Arc<View>,
    taken_at: SystemTime,
    freshness: Freshness,
    problems: Vec<CatalogProblem>,
}

struct Inner {
    provider: ProviderId,
    settings: DiscoverySettings,
    plane: Arc<dyn ControlPlane>,
    disk: Option<Disk>,
    now: Box<dyn Fn() -> SystemTime + Send + Sync>,
    memory: Mutex<Memory>,
    /// The refresh that is under way for those who take a fresh list at hand, and for those who do not.
    flights: Mutex<[Option<WeakShared<Refresh>>; 2]>,
}

/// What is known in this process.
#[derive(Debug, Default)]
struct Memory {
    rows: HashMap<Place, RegionRows>,
    /// What the rows of these places, in this order, come to.
    view: Option<(Vec<Place>, Arc<View>)>,
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
        Self::over(plane, settings, cache_folder, provider, SystemTime::now)
    }

    /// The same over any control plane and clock.
    pub(crate) fn over(
        plane: Arc<dyn ControlPlane>,
        settings: DiscoverySettings,
        cache_folder: Option<PathBuf>,
        provider: ProviderId,
        now: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Self {
        let disk = cache_folder.filter(|_| settings.refresh_interval > 0).map(Disk::new);
        Self(Arc::new(Inner {
            provider,
            settings,
            plane,
            disk,
            now: Box::new(now),
            memory: Mutex::default(),
            flights: Mutex::default(),
        }))
    }

    /// The settings that it was made with.
    pub fn settings(&self) -> &DiscoverySettings {
        &self.0.settings
    }

    /// Why an id is listed or not, in each region that has it. Empty if no region has it.
    ///
    /// # Errors
    /// As [`ModelCatalog::snapshot`].
    pub async fn explain(&self, id: &ModelId) -> Result<Vec<Explanation>> {
        Ok(self.answer(false).await?.view.explain(id.as_str()).to_vec())
    }

    /// The model to take if nobody names one, by [`default_model`](crate::default_model) for the region that models are
    /// called in.
    pub async fn default_model(&self, snapshot: &Snapshot) -> Option<Arc<ModelCard>> {
        let home = self.0.plane.place(&Target::Usual).await.ok().map(|place| place.region);
        preference::default_model(snapshot, home.as_deref().unwrap_or_default(), &self.0.settings.geography)
    }

    async fn answer(&self, refresh: bool) -> Result<Arc<Answer>> {
        self.flight(refresh).await
    }

    /// The refresh that is under way, or a new one.
    fn flight(&self, refresh: bool) -> Flight {
        let mut flights = lock(&self.0.flights);
        let [usual, forced] = &mut *flights;
        let slot = if refresh { forced } else { usual };
        let under_way = slot.as_ref().and_then(WeakShared::upgrade);
        if let Some(flight) = under_way.filter(|flight| flight.peek().is_none()) {
            return flight;
        }
        let inner = Arc::clone(&self.0);
        let flight = async move { inner.collect(refresh).await }.boxed().shared();
        *slot = flight.downgrade();
        flight
    }
}

#[async_trait]
impl ModelCatalog for Discovery {
    fn id(&self) -> &ProviderId {
        &self.0.provider
    }

    async fn snapshot(&self, query: &Query) -> Result<Snapshot> {
        let answer = self.answer(query.refresh).await?;
        Ok(Snapshot {
            models: answer.view.models(query.all),
            taken_at: answer.taken_at,
            freshness: answer.freshness,
            problems: answer.problems.clone(),
        })
    }
}

#[async_trait]
impl ModelResolver for Discovery {
    /// Memory, disk, the table of facts, the id as it is.
    async fn resolve(&self, id: &ModelId) -> Result<Resolved> {
        let home = self.0.plane.place(&Target::Usual).await.ok().map(|place| place.region);
        let view = self.0.at_hand().await;
        Ok(resolve::resolve(id, view.as_deref(), home.as_deref(), &self.0.settings.geography))
    }
}

impl Inner {
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

    /// Lists all regions and merges them.
    async fn collect(&self, refresh: bool) -> Result<Arc<Answer>> {
        if self.settings.enabled == Some(false) {
            let (view, taken_at) = (self.view(&[]), (self.now)());
            return Ok(Arc::new(Answer { view, taken_at, freshness: Freshness::Live, problems: Vec::new() }));
        }
        let targets = self.targets();
        let outcomes = join_all(targets.iter().map(|target| self.region(target, refresh))).await;
        let places: Vec<Place> = outcomes.iter().filter_map(Outcome::listed_place).cloned().collect();
        if places.is_empty()
            && let Some(error) = refresh::most_telling(&outcomes)
        {
            let wanted = self.settings.enabled == Some(true) && error.kind() == ErrorKind::Unauthenticated;
            if self.settings.models.is_empty() || wanted {
                return Err(error.clone().with_provider(&self.provider));
            }
        }
        let now = (self.now)();
        Ok(Arc::new(Answer {
            view: self.view(&places),
            taken_at: outcomes.iter().filter_map(|outcome| outcome.taken_at).min().unwrap_or(now),
            freshness: refresh::freshness(&outcomes),
            problems: outcomes.into_iter().flat_map(|outcome| outcome.problems(now)).collect(),
        }))
    }

    /// What the rows of these places come to, merged anew only if something changed.
    fn view(&self, places: &[Place]) -> Arc<View> {
        let mut memory = lock(&self.memory);
        if let Some((_, view)) = memory.view.as_ref().filter(|(known, _)| known == places) {
            return Arc::clone(view);
        }
        let rows = |place: &Place| memory.rows.get(place).cloned().unwrap_or_default();
        let region = |place: &Place| Region { name: place.region.clone(), rows: rows(place) };
        let regions: Vec<_> = places.iter().map(region).collect();
        let view = Arc::new(View::new(&regions, &self.settings));
        memory.view = Some((places.to_vec(), Arc::clone(&view)));
        view
    }

    fn remember(&self, place: &Place, rows: &RegionRows) {
        let mut memory = lock(&self.memory);
        if memory.rows.get(place) != Some(rows) {
            memory.rows.insert(place.clone(), rows.clone());
            memory.view = None;
        }
    }

    /// What is known without asking AWS, however old; `None` if that is nothing.
    async fn at_hand(&self) -> Option<Arc<View>> {
        if self.settings.enabled == Some(false) {
            return Some(self.view(&[]));
        }
        let mut places = Vec::new();
        for target in self.targets() {
            let Ok(place) = self.plane.place(&target).await else { continue };
            let known = lock(&self.memory).rows.contains_key(&place);
            if !known && let Some(disk) = &self.disk {
                let loaded = disk.load(&place).await;
                // Nothing is remembered too: the disk is read once. What a listing found meanwhile is younger.
                let mut memory = lock(&self.memory);
                memory.rows.entry(place.clone()).or_insert(loaded.rows);
                memory.view = None;
            }
            let listed = lock(&self.memory).rows.get(&place).is_some_and(|rows| !rows.is_empty());
            if listed {
                places.push(place);
            }
        }
        (!places.is_empty() || !self.settings.models.is_empty()).then(|| self.view(&places))
    }
}

/// How far a problem is worth telling before others: the first that somebody can do something about.
fn rank(error: &Error) -> usize {
    const ORDER: &[ErrorKind] = &[
        ErrorKind::Config,
        ErrorKind::Unauthenticated,
        ErrorKind::PermissionDenied,
        ErrorKind::Protocol,
        ErrorKind::Network,
        ErrorKind::Timeout,
    ];
    ORDER.iter().position(|kind| *kind == error.kind()).unwrap_or(ORDER.len())
}

#[cfg(test)]
mod tests;
