//! The regions that have a model which the configured ones have not.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use outcrop_model_facts::{Kind, Partition, bedrock_regions};
use tokio::time::{Instant, timeout, timeout_at};

use super::Question;
use crate::control_plane::Target;

/// How long the search may take in all: most regions that an account has not switched on refuse at once.
const DEADLINE: Duration = Duration::from_secs(8);

/// How many regions are asked at once.
const AT_ONCE: usize = 16;

impl Question<'_> {
    /// The regions whose lists were read.
    pub(super) async fn listed_regions(&self) -> Vec<String> {
        let inner = &self.discovery.inner;
        let mut regions = Vec::new();
        for target in inner.targets() {
            let region = inner.plane.place(&target).await.ok().map(|place| place.region);
            regions.extend(region.filter(|region| self.view.covers(region)));
        }
        regions
    }

    /// The other regions of the partition whose lists have the id, in alphabetical order. A region that does not answer
    /// is none.
    pub(super) async fn found_elsewhere(&self, listed: &[String]) -> Vec<String> {
        let Some(home) = self.home.as_deref().or(listed.first().map(String::as_str)) else {
            return Vec::new();
        };
        let is_name = matches!(self.parsed.kind(), Kind::FoundationModel | Kind::SystemProfile);
        if self.said_region().is_some() || !is_name {
            return Vec::new();
        }
        let deadline = Instant::now() + DEADLINE;
        let others: Vec<_> = bedrock_regions(Partition::of_region(home))
            .iter()
            .filter(|region| !listed.iter().any(|known| known == *region))
            .collect();
        let asked = others.into_iter().map(|region| async move {
            let target = Target::Region((*region).to_owned());
            let has = timeout_at(deadline, self.there(&target)).await.ok().flatten();
            has.map(|_| (*region).to_owned())
        });
        let mut found: Vec<String> =
            stream::iter(asked).buffer_unordered(AT_ONCE).filter_map(|found| async { found }).collect().await;
        found.sort_unstable();
        found
    }

    /// Whether a region that was asked for has the id.
    pub(super) async fn is_in(&self, region: &str) -> Option<There> {
        let is_name = matches!(self.parsed.kind(), Kind::FoundationModel | Kind::SystemProfile);
        let is_off = self.discovery.settings().enabled == Some(false);
        if is_off || !is_name || self.parsed.is_arn() {
            return None;
        }
        let target = Target::Region(region.to_owned());
        timeout(DEADLINE, self.there(&target)).await.ok().flatten()
    }

    /// What the list of a region has of the id.
    async fn there(&self, target: &Target) -> Option<There> {
        let plane = &self.discovery.inner.plane;
        if self.parsed.kind() == Kind::SystemProfile {
            let profiles = plane.inference_profiles(target).await.unwrap_or_default();
            return profiles.iter().any(|profile| profile.id == self.id).then_some(There::AsItIs);
        }
        let models = plane.foundation_models(target).await.unwrap_or_default();
        let model = models.iter().find(|model| model.id == self.id)?;
        Some(if model.is_on_demand() { There::AsItIs } else { There::ThroughProfile })
    }
}

/// How a region that has an id can call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum There {
    AsItIs,
    ThroughProfile,
}
