//! Clients of the runtime plane, one a region.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::{Region, StalledStreamProtectionConfig};
use aws_smithy_types::retry::RetryConfig;
use outcrop_aws::endpoint::Plane;
use outcrop_aws::{Aws, AwsSettings, Session};
use outcrop_core::Result;

/// A client and the session it was built from.
type Connected = (Client, Arc<Session>);

/// Builds clients when they are first needed and keeps them.
#[derive(Debug)]
pub(crate) struct Clients {
    aws: Arc<Aws>,
    settings: AwsSettings,
    by_region: Mutex<HashMap<Option<String>, Connected>>,
}

impl Clients {
    pub(crate) fn new(aws: Arc<Aws>, settings: AwsSettings) -> Self {
        Self { aws, settings, by_region: Mutex::default() }
    }

    /// The client of a region; `None` is the region that settings and environment lead to. Nobody waits for a session
    /// that somebody else needs.
    pub(crate) async fn of(&self, region: Option<&str>) -> Result<Connected> {
        let key = region.map(str::to_owned);
        let known = || {
            let clients = self.clients();
            clients.get(&key).filter(|(_, session)| self.aws.is_current(session)).cloned()
        };
        if let Some(known) = known() {
            return Ok(known);
        }
        let region = key.clone().or_else(|| self.settings.region.clone());
        let session = self.aws.session(&AwsSettings { region, ..self.settings.clone() }).await?;
        // Somebody else may have waited for the same.
        if let Some(known) = known().filter(|(_, known)| Arc::ptr_eq(known, &session)) {
            return Ok(known);
        }
        let built = (client(&session, &self.settings)?, session);
        self.clients().insert(key, built.clone());
        Ok(built)
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<Option<String>, Connected>> {
        self.by_region.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn client(session: &Session, settings: &AwsSettings) -> Result<Client> {
    let mut builder = aws_sdk_bedrockruntime::config::Builder::from(session.sdk_config())
        .region(Region::new(session.region().name.clone()))
        // Retries are the retry layer's: it alone sees whether an answer has begun.
        .retry_config(RetryConfig::disabled())
        // A model may think for minutes before its first byte; time limits are the timeout layer's.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(endpoint) = session.endpoint(Plane::Runtime)? {
        builder = builder.endpoint_url(endpoint.url());
    }
    if session.is_unsigned() {
        builder = builder.allow_no_auth();
    }
    if let Some(headers) = settings.interceptor() {
        builder = builder.interceptor(headers);
    }
    Ok(Client::from_conf(builder.build()))
}

#[cfg(test)]
mod tests;
