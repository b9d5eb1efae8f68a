//! Credentials, kept until they end, are refused, or something changes that they came from.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use outcrop_core::{Error, Result};
use tokio::sync::Mutex;

use super::chain::{Chain, Resolved};

/// How long before their end credentials are renewed at the latest; short-lived ones later.
const AHEAD: Duration = Duration::from_mins(5);

/// When a renewal that failed is tried again, as long as the old credentials live.
const RETRY: Duration = Duration::from_secs(15);

/// The credentials of a chain. One caller fetches them; the others wait, or go on with the old ones while they live.
#[derive(Debug)]
pub(crate) struct CachedCredentials {
    chain: Chain,
    kept: RwLock<Option<Kept>>,
    /// Held by whoever fetches.
    fetching: Mutex<()>,
    /// How often somebody began to fetch, and the failure that answers those who waited for it.
    attempts: AtomicU64,
    failure: StdMutex<Option<(u64, Error)>>,
}

/// Credentials, and until when nobody needs to look for better ones.
#[derive(Debug, Clone)]
struct Kept {
    resolved: Arc<Resolved>,
    renew_at: Option<SystemTime>,
    /// How often they were fetched, from 1.
    number: u64,
    /// The number at which these very credentials came for the first time.
    since: u64,
}

impl Kept {
    fn new(resolved: Resolved, before: Option<&Self>, now: SystemTime) -> Self {
        let number = before.map_or(1, |before| before.number + 1);
        let before = before.filter(|it| same(&it.resolved.credentials, &resolved.credentials));
        let since = before.map_or(number, |before| before.since);
        let renew_at = resolved.credentials.expiry().map(|end| {
            let left = end.duration_since(now).unwrap_or_default();
            end.checked_sub(AHEAD.min(left / 4)).unwrap_or(now)
        });
        Self { resolved: Arc::new(resolved), renew_at, number, since }
    }

    fn is_current(&self, environment: u64) -> bool {
        self.resolved.environment == environment && self.resolved.fingerprint.is_current()
    }

    fn lives(&self, now: SystemTime) -> bool {
        self.resolved.credentials.expiry().is_none_or(|end| now < end)
    }
}

impl CachedCredentials {
    pub(crate) fn new(chain: Chain) -> Self {
        Self {
            chain,
            kept: RwLock::default(),
            fetching: Mutex::default(),
            attempts: AtomicU64::new(0),
            failure: StdMutex::default(),
        }
    }

    /// The chain that they come from.
    pub(crate) const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The credentials to sign with now.
    pub(crate) async fn get(&self) -> Result<Arc<Resolved>> {
        let now = SystemTime::now();
        let old = self.current();
        if let Some(kept) = &old
            && kept.renew_at.is_none_or(|renew_at| now < renew_at)
        {
            return Ok(Arc::clone(&kept.resolved));
        }
        let usable = old.filter(|kept| kept.lives(now));
        let _fetching = match (&usable, self.fetching.try_lock()) {
            (_, Ok(fetching)) => fetching,
            (Some(old), Err(_)) => return Ok(Arc::clone(&old.resolved)),
            (None, Err(_)) => {
                let attempt = self.attempts.load(Ordering::SeqCst);
                let fetching = self.fetching.lock().await;
                // Whoever held the lock has most likely fetched them, or found out that there are none.
                if let Some(kept) = self.current().filter(|kept| kept.lives(SystemTime::now())) {
                    return Ok(kept.resolved);
                }
                if let Some(error) = self.failure_since(attempt) {
                    return Err(error);
                }
                fetching
            }
        };
        match (self.fetch().await, usable) {
            (Ok(resolved), _) => Ok(resolved),
            (Err(error), Some(old)) => {
                tracing::warn!(%error, "the credentials could not be renewed; the old ones still hold");
                let again = SystemTime::now() + RETRY;
                let renew_at = Some(old.resolved.credentials.expiry().map_or(again, |end| end.min(again)));
                *self.write() = Some(Kept { renew_at, ..old.clone() });
                Ok(old.resolved)
            }
            (Err(error), None) => Err(error),
        }
    }

    /// What is kept, whether it still holds or not. Asks nobody.
    pub(crate) fn kept(&self) -> Option<Arc<Resolved>> {
        self.read().as_ref().map(|kept| Arc::clone(&kept.resolved))
    }

    /// Fetches and keeps credentials; `fetching` must be held.
    async fn fetch(&self) -> Result<Arc<Resolved>> {
        let attempt = self.attempts.fetch_add(1, Ordering::SeqCst) + 1;
        match self.chain.resolve().await {
            Ok(resolved) => Ok(self.keep(resolved)),
            Err(error) => {
                *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some((attempt, error.clone()));
                Err(error)
            }
        }
    }

    /// The failure of this attempt, or of a later one.
    fn failure_since(&self, attempt: u64) -> Option<Error> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.as_ref().filter(|(failed, _)| *failed >= attempt).map(|(_, error)| error.clone())
    }

    /// The number of the credentials that a call that begins now is signed with.
    pub(crate) fn number(&self) -> u64 {
        self.read().as_ref().map_or(1, |kept| kept.number)
    }

    /// Fetches new credentials after those with this number were refused. `true` if there are others now.
    ///
    /// # Errors
    /// As of [`CachedCredentials::get`].
    pub(crate) async fn renew(&self, refused: u64) -> Result<bool> {
        let _fetching = self.fetching.lock().await;
        let old = self.read().clone();
        if let Some(kept) = old.as_ref().filter(|kept| kept.number > refused) {
            // Somebody has looked since, for all who were refused.
            return Ok(kept.since > refused);
        }
        let resolved = self.fetch().await?;
        Ok(old.is_none_or(|old| !same(&old.resolved.credentials, &resolved.credentials)))
    }

    /// What is kept, unless something changed.
    fn current(&self) -> Option<Kept> {
        let kept = self.read().clone();
        let environment = self.chain.environment.number();
        kept.filter(|kept| kept.is_current(environment))
    }

    fn keep(&self, resolved: Resolved) -> Arc<Resolved> {
        let mut kept = self.write();
        let new = Kept::new(resolved, kept.as_ref(), SystemTime::now());
        let resolved = Arc::clone(&new.resolved);
        *kept = Some(new);
        resolved
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Option<Kept>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Option<Kept>> {
        self.kept.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn same(one: &Credentials, other: &Credentials) -> bool {
    one.access_key_id() == other.access_key_id()
        && one.secret_access_key() == other.secret_access_key()
        && one.session_token() == other.session_token()
}

impl ProvideCredentials for CachedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let resolved = self.get().await.map_err(CredentialsError::provider_error)?;
            Ok(resolved.credentials.clone())
        })
    }
}

#[cfg(test)]
mod tests;
