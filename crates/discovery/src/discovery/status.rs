//! What is known of each region, without asking anybody.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::{Discovery, lock};
use crate::rows::RegionRows;
use crate::source::Source;

/// What is known of one region whose models are listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RegionStatus {
    /// The region; `None` if it could not be found out.
    pub region: Option<String>,
    /// The address of the control plane, if it is not the region's own.
    pub endpoint: Option<String>,
    /// The file that keeps the lists; `None` if they are kept in memory only.
    pub cache: Option<PathBuf>,
    /// When the oldest of the lists was taken; `None` if there is none.
    #[serde(skip)]
    pub taken_at: Option<SystemTime>,
    /// The age of that list, in seconds.
    pub age_seconds: Option<u64>,
    /// Whether all lists are there, and young enough to be used without asking AWS.
    pub fresh: bool,
    /// The rows of ListFoundationModels; `None` if that list is not there.
    pub foundation_models: Option<usize>,
    /// The rows of ListInferenceProfiles.
    pub inference_profiles: Option<usize>,
    /// The rows of the further lists that are wanted.
    pub deployments: usize,
    /// Foundation models that were refused for want of an inference profile.
    pub refused: Vec<String>,
    /// What is wrong with the file or with finding the region.
    pub problem: Option<String>,
}

impl RegionStatus {
    /// A region of which only is known what is wrong.
    pub fn unknown(problem: impl Into<String>) -> Self {
        Self {
            region: None,
            endpoint: None,
            cache: None,
            taken_at: None,
            age_seconds: None,
            fresh: false,
            foundation_models: None,
            inference_profiles: None,
            deployments: 0,
            refused: Vec::new(),
            problem: Some(problem.into()),
        }
    }
}

impl Discovery {
    /// What is known of each region, in the order of the settings. Asks nobody but the metadata service for the region,
    /// if nothing else names one.
    pub async fn status(&self) -> Vec<RegionStatus> {
        let mut status = Vec::new();
        for target in self.inner.targets() {
            status.push(match self.inner.plane.place(&target).await {
                Err(error) => RegionStatus::unknown(error.to_string()),
                Ok(place) => {
                    let known = lock(&self.inner.memory).rows.get(&place).cloned();
                    let (rows, problem) = match (known, &self.inner.disk) {
                        (Some(rows), _) => (rows, None),
                        (None, Some(disk)) => {
                            let loaded = disk.load::<RegionRows>(&place);
                            (loaded.rows, loaded.problem.map(|problem| problem.message))
                        }
                        (None, None) => (RegionRows::default(), None),
                    };
                    let cache = self.inner.file(&place);
                    let region = RegionStatus {
                        region: Some(place.region),
                        endpoint: place.endpoint,
                        cache,
                        problem,
                        ..RegionStatus::unknown(String::new())
                    };
                    self.counted(region, &rows)
                }
            });
        }
        status
    }

    fn counted(&self, status: RegionStatus, rows: &RegionRows) -> RegionStatus {
        let taken_at = self.inner.times(rows).into_iter().min();
        let now = (self.inner.now)();
        let wanted = Source::wanted(&self.inner.settings).into_iter();
        let age = taken_at.and_then(|taken_at| now.duration_since(taken_at).ok());
        RegionStatus {
            taken_at,
            age_seconds: age.as_ref().map(Duration::as_secs),
            fresh: self.inner.due(rows, None).is_empty(),
            foundation_models: rows.foundation_models.as_ref().map(|listing| listing.rows.len()),
            inference_profiles: rows.inference_profiles.as_ref().map(|listing| listing.rows.len()),
            deployments: wanted
                .filter_map(|list| rows.deployments.get(&list))
                .map(|list| list.rows.len())
                .sum(),
            refused: rows.refusals(now).map(str::to_owned).collect(),
            ..status
        }
    }
}
