//! What AWS lists, row by row, as plain data: enumerations stay texts, because AWS sends values that its own service
//! model does not name (`INFERENCE_PROFILE`, `VIDEO`, `SPEECH`).

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A row of ListFoundationModels (`FoundationModelSummary` of the service model `bedrock` 2023-04-20).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FoundationModelRow {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    /// The maker's display name.
    pub(crate) provider_name: Option<String>,
    pub(crate) input_modalities: Vec<String>,
    pub(crate) output_modalities: Vec<String>,
    pub(crate) streaming: Option<bool>,
    pub(crate) inference_types: Vec<String>,
    pub(crate) lifecycle: Option<String>,
}

/// A row of ListInferenceProfiles (`InferenceProfileSummary` of the same service model).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct InferenceProfileRow {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) name: String,
    /// `SYSTEM_DEFINED` or `APPLICATION`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) model_arns: Vec<String>,
}

/// The answer to one listing. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listing<T> {
    /// When it was taken, to the millisecond.
    #[serde(serialize_with = "to_milliseconds", deserialize_with = "from_milliseconds")]
    pub(crate) taken_at: SystemTime,
    pub(crate) rows: Arc<[T]>,
}

impl<T> Listing<T> {
    pub(crate) fn new(taken_at: SystemTime, rows: Vec<T>) -> Self {
        // What is written to disk and read again must not look older than what is in memory.
        Self { taken_at: at_millisecond(millisecond(taken_at)), rows: rows.into() }
    }
}

/// What is known of one region: each listing is there or not, and of its own age.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RegionRows {
    pub(crate) foundation_models: Option<Listing<FoundationModelRow>>,
    pub(crate) inference_profiles: Option<Listing<InferenceProfileRow>>,
}

impl RegionRows {
    pub(crate) const fn is_empty(&self) -> bool {
        self.foundation_models.is_none() && self.inference_profiles.is_none()
    }

    /// The younger of each listing.
    pub(crate) fn or_younger(self, other: Self) -> Self {
        Self {
            foundation_models: younger(self.foundation_models, other.foundation_models),
            inference_profiles: younger(self.inference_profiles, other.inference_profiles),
        }
    }

    /// When the listings that are there were taken.
    pub(crate) fn times(&self) -> impl Iterator<Item = SystemTime> {
        let models = self.foundation_models.as_ref().map(|listing| listing.taken_at);
        let profiles = self.inference_profiles.as_ref().map(|listing| listing.taken_at);
        models.into_iter().chain(profiles)
    }
}

fn younger<T>(left: Option<Listing<T>>, right: Option<Listing<T>>) -> Option<Listing<T>> {
    match (left, right) {
        (Some(left), Some(right)) => Some(if right.taken_at > left.taken_at { right } else { left }),
        (left, right) => left.or(right),
    }
}

fn millisecond(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn at_millisecond(millisecond: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_millis(millisecond)).unwrap_or(UNIX_EPOCH)
}

fn to_milliseconds<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(millisecond(*time))
}

fn from_milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    u64::deserialize(deserializer).map(at_millisecond)
}
