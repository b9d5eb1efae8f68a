//! Whether a plane answers at all, and what time it is there.

use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use outcrop_core::{Error, ErrorKind, Result};

use crate::endpoint::Plane;
use crate::http_client;
use crate::{Session, sdk_error};

/// What a plane may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A plane that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reached {
    /// Where.
    pub endpoint: String,
    /// How far this machine's clock is ahead of the service's; the other way round if `is_behind`. `None` if the service did
    /// not say what time it is.
    pub clock: Option<ClockSkew>,
}

/// The difference between two clocks, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClockSkew {
    /// How large it is.
    pub size: Duration,
    /// Whether this machine's clock is the one that is behind.
    pub is_behind: bool,
}

impl ClockSkew {
    fn between(here: SystemTime, there: SystemTime) -> Self {
        let seconds = |size: Duration| Duration::from_secs(size.as_secs());
        match here.duration_since(there) {
            Ok(ahead) => Self { size: seconds(ahead), is_behind: false },
            Err(behind) => Self { size: seconds(behind.duration()), is_behind: true },
        }
    }
}

impl Session {
    /// Asks a plane for nothing in particular: any answer shows that it can be reached. Nothing is signed or sent.
    ///
    /// # Errors
    /// [`ErrorKind::Network`] or [`ErrorKind::Timeout`] if there was no answer; [`ErrorKind::Config`] as of
    /// [`Session::endpoint`].
    pub async fn reach(&self, plane: Plane) -> Result<Reached> {
        let (endpoint, _) = self.resolved_endpoint(plane)?;
        let url = format!("{endpoint}/");
        let asking = http_client::get(self.http(), &url, &[], PATIENCE);
        let answer = match tokio::time::timeout(PATIENCE, asking).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                return Err(sdk_error::from_connector(&error)
                    .with_source(error)
                    .with_context("endpoint", endpoint));
            }
            Err(_) => {
                return Err(Error::new(ErrorKind::Timeout, "the endpoint does not answer")
                    .with_context("endpoint", endpoint)
                    .with_hint("check the network, the proxy settings and the endpoint"));
            }
        };
        let date = answer.date.and_then(|date| DateTime::from_str(&date, Format::HttpDate).ok());
        let there = date.and_then(|date| SystemTime::try_from(date).ok());
        Ok(Reached { endpoint, clock: there.map(|there| ClockSkew::between(SystemTime::now(), there)) })
    }
}

#[cfg(test)]
mod tests;
