//! Rows on disk: one file for each caller and place, in a format of its own version, and a lock beside it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use outcrop_core::CatalogProblem;
use outcrop_files::{Lock, Options, replace};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};

use crate::control_plane::Place;
use crate::rows::RegionRows;

/// What the format is called, so that a file of somebody else's is not taken for ours.
const FORMAT: &str = "outcrop-catalog";

/// The version of the format: to be raised when rows change their meaning.
const VERSION: u32 = 1;

/// A listing takes 10 s at most, and whoever holds the lock is listing.
const LOCK_PATIENCE: Duration = Duration::from_secs(12);

/// How often a lock is asked for while somebody else holds it.
const LOCK_PAUSE: Duration = Duration::from_millis(25);

/// The folder of the cache.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    folder: PathBuf,
}

/// A file's content.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    format: std::borrow::Cow<'a, str>,
    version: u32,
    place: Place,
    rows: RegionRows,
}

/// What was found on disk.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) rows: RegionRows,
    /// What was wrong with the file, if it could not be used.
    pub(crate) problem: Option<CatalogProblem>,
}

impl Disk {
    pub(crate) const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The file of a place.
    pub(crate) fn path(&self, place: &Place) -> PathBuf {
        let mut hash = Sha256::new();
        let endpoint = place.endpoint.as_deref().unwrap_or_default();
        for part in [&place.partition, &place.region, endpoint, &place.identity] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let name = digest.iter().take(8).fold(0_u64, |name, byte| name << 8 | u64::from(*byte));
        self.folder.join(format!("catalog-{name:016x}.json"))
    }

    /// What is known of a place. A missing file is nothing known; one that cannot be used is a problem besides.
    pub(crate) async fn load(&self, place: &Place) -> Loaded {
        let (path, place) = (self.path(place), place.clone());
        blocking(move || load(&path, &place)).await.unwrap_or_default()
    }

    /// Writes what is known of a place.
    ///
    /// The cache is a convenience: if it cannot be written, that is logged and nothing else.
    pub(crate) async fn store(&self, place: &Place, rows: &RegionRows) {
        let path = self.path(place);
        let file = File { format: FORMAT.into(), version: VERSION, place: place.clone(), rows: rows.clone() };
        let write = move || {
            let bytes = serde_json::to_vec(&file).map_err(io::Error::other)?;
            replace(&path, &bytes, Options::new().private().create_parents())
        };
        if let Some(Err(error)) = blocking(write).await {
            tracing::warn!(%error, folder = %self.folder.display(), "the list of models cannot be kept on disk");
        }
    }

    /// The lock on the file of a place, so that processes that start together list once. `None` if somebody holds it for
    /// too long, or locks do not work here: then it goes without.
    pub(crate) async fn lock(&self, place: &Place) -> Option<Lock> {
        let path = self.path(place).with_extension("lock");
        let deadline = Instant::now() + LOCK_PATIENCE;
        loop {
            let attempt = {
                let path = path.clone();
                blocking(move || Lock::try_acquire(path)).await?
            };
            match attempt {
                Ok(Some(lock)) => return Some(lock),
                Ok(None) if Instant::now() < deadline => sleep(LOCK_PAUSE).await,
                Ok(None) => {
                    tracing::debug!(lock = %path.display(), "somebody holds the lock for too long");
                    return None;
                }
                Err(error) => {
                    tracing::debug!(%error, lock = %path.display(), "no lock");
                    return None;
                }
            }
        }
    }
}

/// Runs what blocks where that is allowed. `None` if it could not run to its end.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

fn load(path: &Path, place: &Place) -> Loaded {
    let problem = |code: &str, message: String| Loaded {
        rows: RegionRows::default(),
        problem: Some(CatalogProblem {
            source: "cache".to_owned(),
            region: Some(place.region.clone()),
            code: code.to_owned(),
            message,
            hint: None,
        }),
    };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Loaded::default(),
        Err(error) => {
            return problem("unreadable", format!("`{}` cannot be read: {error}", path.display()));
        }
    };
    match serde_json::from_slice::<File<'_>>(&bytes) {
        Ok(file) if file.format == FORMAT && file.version == VERSION && file.place == *place => {
            Loaded { rows: file.rows, problem: None }
        }
        Ok(_) => {
            problem("foreign", format!("`{}` is of another version: it is written anew", path.display()))
        }
        Err(_) => problem("damaged", format!("`{}` is damaged: it is written anew", path.display())),
    }
}

#[cfg(test)]
mod tests;
