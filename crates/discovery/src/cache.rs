//! What AWS answered, on disk: a file for each kind of answer, caller and place, in a format of its own version, and a
//! lock beside it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use outcrop_core::CatalogProblem;
use outcrop_files::{Lock, Options, replace};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};

use crate::control_plane::Place;
use crate::rows::{AccessRows, RegionRows};

/// The version of the formats: to be raised when rows change their meaning.
const VERSION: u32 = 1;

/// The source of problems with files of the cache.
pub(crate) const CACHE: &str = "cache";

/// What is kept in a file of its own.
pub(crate) trait Kept: Serialize + DeserializeOwned + Clone + Default + Send + 'static {
    /// What the format is called, so that a file of somebody else's is not taken for ours.
    const FORMAT: &'static str;
    /// What the names of the files begin with.
    const NAME: &'static str;
}

impl Kept for RegionRows {
    const FORMAT: &'static str = "outcrop-catalog";
    const NAME: &'static str = "catalog";
}

impl Kept for AccessRows {
    const FORMAT: &'static str = "outcrop-access";
    const NAME: &'static str = "access";
}

/// Whoever holds the lock has 10 s for the lists and 10 s for what they do not tell.
const LOCK_PATIENCE: Duration = Duration::from_secs(22);

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
struct File<T> {
    format: String,
    version: u32,
    place: Place,
    rows: T,
}

/// What tells the files of any version from those of others.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

/// What was found on disk.
#[derive(Debug, Default)]
pub(crate) struct Loaded<T> {
    pub(crate) rows: T,
    /// What was wrong with the file, if it could not be used.
    pub(crate) problem: Option<CatalogProblem>,
}

impl Disk {
    pub(crate) const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The file of a place.
    pub(crate) fn path<T: Kept>(&self, place: &Place) -> PathBuf {
        let mut hash = Sha256::new();
        let endpoint = place.endpoint.as_deref().unwrap_or_default();
        for part in [&place.partition, &place.region, endpoint, &place.identity] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let name = digest.iter().take(8).fold(0_u64, |name, byte| name << 8 | u64::from(*byte));
        self.folder.join(format!("{}-{name:016x}.json", T::NAME))
    }

    /// What is known of a place. A missing file is nothing known; one that cannot be used is a problem besides.
    ///
    /// This blocks, for less than it takes to start a thread for it: a file of some 100 kB, read once for each process and
    /// refresh.
    pub(crate) fn load<T: Kept>(&self, place: &Place) -> Loaded<T> {
        load(&self.path::<T>(place), place)
    }

    /// Writes what is known of a place.
    ///
    /// The cache is a convenience: if it cannot be written, that is logged and nothing else.
    pub(crate) async fn store<T: Kept>(&self, place: &Place, rows: &T) {
        let path = self.path::<T>(place);
        let file =
            File { format: T::FORMAT.to_owned(), version: VERSION, place: place.clone(), rows: rows.clone() };
        let write = move || {
            let bytes = serde_json::to_vec(&file).map_err(io::Error::other)?;
            replace(&path, &bytes, Options::new().private().create_parents())
        };
        if let Some(Err(error)) = blocking(write).await {
            tracing::warn!(%error, folder = %self.folder.display(), "the list of models cannot be kept on disk");
        }
    }

    /// The lock on the file of a place, so that processes that start together list once, and whether somebody else held
    /// it. `None` if he does so for too long, or locks do not work here: then it goes without.
    pub(crate) async fn lock<T: Kept>(&self, place: &Place) -> (Option<Lock>, bool) {
        let path = self.path::<T>(place).with_extension("lock");
        let deadline = Instant::now() + LOCK_PATIENCE;
        let mut waits = false;
        loop {
            let attempt = {
                let path = path.clone();
                blocking(move || Lock::try_acquire(path))
                    .await
                    .unwrap_or_else(|| Err(io::ErrorKind::Interrupted.into()))
            };
            match attempt {
                Ok(Some(lock)) => return (Some(lock), waits),
                Ok(None) if Instant::now() < deadline => {
                    if !waits {
                        tracing::info!(region = %place.region, "waiting for another process that asks AWS");
                        waits = true;
                    }
                    sleep(LOCK_PAUSE).await;
                }
                Ok(None) => {
                    tracing::debug!(lock = %path.display(), "somebody holds the lock for too long");
                    return (None, waits);
                }
                Err(error) => {
                    tracing::debug!(%error, lock = %path.display(), "no lock");
                    return (None, waits);
                }
            }
        }
    }
}

/// Runs what blocks where that is allowed. `None` if it could not run to its end.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

fn load<T: Kept>(path: &Path, place: &Place) -> Loaded<T> {
    let problem = |code: &str, message: String| {
        let mut problem = CatalogProblem::new(CACHE, code, message);
        problem.region = Some(place.region.clone());
        Loaded { rows: T::default(), problem: Some(problem) }
    };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Loaded::default(),
        Err(error) => {
            let message = format!("`{}` cannot be read, and so nothing is kept: {error}", path.display());
            return problem("unreadable", message);
        }
    };
    let (code, what) = match serde_json::from_slice::<File<T>>(&bytes) {
        Ok(file) if file.format != T::FORMAT || file.version != VERSION => what_else::<T>(&bytes),
        Ok(file) if file.place != *place => ("foreign", "is about another account or region"),
        Ok(file) => return Loaded { rows: file.rows, problem: None },
        Err(_) => what_else::<T>(&bytes),
    };
    problem(code, format!("`{}` {what}: it is written anew", path.display()))
}

/// What a file is that is none of this version: the code of the problem, and words for people.
fn what_else<T: Kept>(bytes: &[u8]) -> (&'static str, &'static str) {
    match serde_json::from_slice::<Head>(bytes) {
        Ok(head) if head.format == T::FORMAT && head.version != VERSION => {
            ("foreign", "is of another version")
        }
        Ok(head) if head.format == T::FORMAT => ("damaged", "is damaged"),
        // No JSON, or not all of it.
        Err(error) if !error.is_data() => ("damaged", "is damaged"),
        _ => ("foreign", "is no list of models"),
    }
}

#[cfg(test)]
mod tests;
