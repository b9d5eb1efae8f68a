//! What AWS lists, row by row, as plain data: enumerations stay texts, because AWS sends values that its own service
//! model does not name (`INFERENCE_PROFILE`, `VIDEO`, `SPEECH`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::source::Source;

/// The type of the profiles that are called by their id. All others are the account's, and are called by ARN.
pub(crate) const SYSTEM_DEFINED: &str = "SYSTEM_DEFINED";

/// How long a refusal for want of an inference profile is remembered: AWS may add on-demand throughput one day.
const REFUSAL_LIFE: Duration = Duration::from_hours(7 * 24);

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
    /// The day on which it goes away, `YYYY-MM-DD`.
    pub(crate) end_of_life: Option<String>,
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

impl FoundationModelRow {
    /// Whether it is called by its bare id, as far as AWS says.
    pub(crate) fn is_on_demand(&self) -> bool {
        let types = &self.inference_types;
        types.is_empty() || types.iter().any(|kind| kind.eq_ignore_ascii_case("ON_DEMAND"))
    }
}

impl InferenceProfileRow {
    /// Whether it is the account's, and the list does not say which models it leads to.
    pub(crate) fn is_untold(&self) -> bool {
        self.kind != SYSTEM_DEFINED && self.model_arns.is_empty()
    }
}

/// Something of the account's that is called by its own ARN: a row of one of the further lists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DeploymentRow {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// As AWS writes it; `None` for imported models, which have none.
    pub(crate) status: Option<String>,
    /// What AWS says of a status that is not good.
    pub(crate) message: Option<String>,
    /// The foundation or custom model behind it, by ARN or id.
    pub(crate) model: Option<String>,
    /// Whether it takes conversations, where the list says so.
    pub(crate) converses: Option<bool>,
}

/// The answer to GetFoundationModelAvailability: four statuses, as AWS writes them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct AccessRow {
    pub(crate) agreement: String,
    pub(crate) agreement_error: Option<String>,
    pub(crate) authorization: String,
    pub(crate) entitlement: String,
    pub(crate) region: String,
}

/// The answer to one question, and when it was asked. Cheap to clone.
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
        Self { taken_at: to_the_millisecond(taken_at), rows: rows.into() }
    }
}

/// What one list answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Listed {
    FoundationModels(Vec<FoundationModelRow>),
    InferenceProfiles(Vec<InferenceProfileRow>),
    Deployments(Source, Vec<DeploymentRow>),
}

/// What is known of one region: each listing is there or not, and of its own age.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RegionRows {
    pub(crate) foundation_models: Option<Listing<FoundationModelRow>>,
    pub(crate) inference_profiles: Option<Listing<InferenceProfileRow>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) deployments: BTreeMap<Source, Listing<DeploymentRow>>,
    /// Foundation models that were called and refused for want of an inference profile, and when.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) refused: BTreeMap<String, Moment>,
}

impl RegionRows {
    /// Whether no list has answered yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.foundation_models.is_none() && self.inference_profiles.is_none() && self.deployments.is_empty()
    }

    /// The younger of each part.
    pub(crate) fn or_younger(self, other: Self) -> Self {
        let mut merged = Self {
            foundation_models: younger(self.foundation_models, other.foundation_models),
            inference_profiles: younger(self.inference_profiles, other.inference_profiles),
            deployments: self.deployments,
            refused: self.refused,
        };
        for (source, listing) in other.deployments {
            let known = merged.deployments.remove(&source);
            merged.deployments.extend(younger(known, Some(listing)).map(|listing| (source, listing)));
        }
        for (id, moment) in other.refused {
            let known = merged.refused.entry(id).or_insert(moment);
            *known = (*known).max(moment);
        }
        merged
    }

    /// Without what is of a time to come, which a clock that was put back leaves behind.
    pub(crate) fn until(mut self, now: SystemTime) -> Self {
        for source in Source::ALL {
            if self.taken_at(source).is_some_and(|taken_at| taken_at > now) {
                self.forget(source);
            }
        }
        self
    }

    /// The foundation models that were refused, not too long ago.
    pub(crate) fn refusals(&self, now: SystemTime) -> impl Iterator<Item = &str> {
        self.refused
            .iter()
            .filter(move |(_, moment)| moment.is_remembered(now))
            .map(|(model, _)| model.as_str())
    }

    /// Forgets refusals that are too old.
    pub(crate) fn forget_old_refusals(&mut self, now: SystemTime) {
        self.refused.retain(|_, moment| moment.is_remembered(now));
    }

    /// Whether some profile of the account does not say which models it leads to.
    pub(crate) fn has_untold_profiles(&self) -> bool {
        self.inference_profiles.iter().flat_map(|listing| &*listing.rows).any(InferenceProfileRow::is_untold)
    }

    /// When a list was taken, if it is there.
    pub(crate) fn taken_at(&self, source: Source) -> Option<SystemTime> {
        match source {
            Source::FoundationModels => self.foundation_models.as_ref().map(|listing| listing.taken_at),
            Source::InferenceProfiles => self.inference_profiles.as_ref().map(|listing| listing.taken_at),
            further => self.deployments.get(&further).map(|listing| listing.taken_at),
        }
    }

    /// Puts an answer in its place.
    pub(crate) fn put(&mut self, listed: Listed, taken_at: SystemTime) {
        match listed {
            Listed::FoundationModels(rows) => self.foundation_models = Some(Listing::new(taken_at, rows)),
            Listed::InferenceProfiles(rows) => self.inference_profiles = Some(Listing::new(taken_at, rows)),
            Listed::Deployments(source, rows) => {
                self.deployments.insert(source, Listing::new(taken_at, rows));
            }
        }
    }

    /// Forgets what a list answered.
    pub(crate) fn forget(&mut self, source: Source) {
        match source {
            Source::FoundationModels => self.foundation_models = None,
            Source::InferenceProfiles => self.inference_profiles = None,
            further => {
                self.deployments.remove(&further);
            }
        }
    }
}

fn younger<T>(left: Option<Listing<T>>, right: Option<Listing<T>>) -> Option<Listing<T>> {
    match (left, right) {
        (Some(left), Some(right)) => Some(if right.taken_at > left.taken_at { right } else { left }),
        (left, right) => left.or(right),
    }
}

/// What is known of the access to the foundation models of one region, by id; each answer is of its own age.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct AccessRows(pub(crate) BTreeMap<String, Checked>);

/// The access to one foundation model, and when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Checked {
    pub(crate) at: Moment,
    /// `None`: AWS knows nothing of the model.
    pub(crate) row: Option<AccessRow>,
}

impl AccessRows {
    /// The younger of each answer.
    pub(crate) fn or_younger(mut self, other: Self) -> Self {
        for (id, checked) in other.0 {
            match self.0.get(&id) {
                Some(known) if known.at >= checked.at => {}
                _ => {
                    self.0.insert(id, checked);
                }
            }
        }
        self
    }
}

/// A point in time, to the millisecond: what is written to disk and read again must not look older than what is in
/// memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(SystemTime);

impl Moment {
    pub(crate) fn new(time: SystemTime) -> Self {
        Self(to_the_millisecond(time))
    }

    fn is_remembered(self, now: SystemTime) -> bool {
        self.age(now).is_some_and(|age| age < REFUSAL_LIFE)
    }

    /// How long ago it was; `None` for a time to come.
    pub(crate) fn age(self, now: SystemTime) -> Option<Duration> {
        now.duration_since(self.0).ok()
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        to_milliseconds(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_milliseconds(deserializer).map(Self)
    }
}

fn to_the_millisecond(time: SystemTime) -> SystemTime {
    at_millisecond(millisecond(time))
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
