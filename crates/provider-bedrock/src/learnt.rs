//! What models refused in this process: a request that was refused once for a field is not sent with it again.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use outcrop_core::ModelId;

/// A part of a request that a model refused, and that a request can do without.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(test, derive(serde::Deserialize), serde(rename_all = "camelCase"))]
pub(crate) enum Refusal {
    /// `inferenceConfig.temperature`.
    Temperature,
    /// `inferenceConfig.topP`.
    TopP,
    /// `inferenceConfig.temperature` and `topP` in one request.
    TemperatureWithTopP,
    /// `inferenceConfig.stopSequences`.
    StopSequences,
    /// A member of `additionalModelRequestFields`.
    Field(String),
    /// A `thinking.type`: `enabled`, `adaptive` or `disabled`.
    ThinkingType(String),
    /// `thinking.display`.
    ThinkingDisplay,
    /// An effort, such as `xhigh`, in whichever field.
    Effort(String),
    /// Cache points in a part of the request.
    CachePoints(Section),
    /// The time to live of cache points.
    CacheTtl,
    /// `system`.
    System,
    /// `toolConfig`.
    Tools,
    /// `toolConfig` where the answer is streamed.
    StreamedTools,
    /// Tool choice `any` or `tool`.
    ForcedToolChoice,
    /// `outputConfig.textFormat`.
    NativeOutput,
    /// `toolSpec.strict`.
    StrictTools,
    /// Schemas of which no grammar can be made, by a digest of them.
    Schemas(u64),
    /// Images inside tool results.
    ToolResultImages,
    /// Citations: that they are asked for, and those of earlier answers.
    Citations,
    /// Reasoning of earlier turns, whatever there is.
    ReasoningContent,
    /// Reasoning of earlier turns, as the conversation has it.
    Reasoning,
}

/// A part of a request that can hold cache points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(test, derive(serde::Deserialize), serde(rename_all = "camelCase"))]
pub(crate) enum Section {
    /// `toolConfig.tools`.
    Tools,
    /// `system`.
    System,
    /// `messages`.
    Messages,
}

/// What one model refused.
pub(crate) type Refusals = BTreeSet<Refusal>;

/// What every model refused, by the id that was called.
#[derive(Debug, Default)]
pub(crate) struct Learnt(Mutex<HashMap<ModelId, Refusals>>);

impl Learnt {
    /// What a model refused so far.
    pub(crate) fn of(&self, model: &ModelId) -> Refusals {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(model).cloned().unwrap_or_default()
    }

    /// Remembers what is the model's own way.
    pub(crate) fn remember(&self, model: &ModelId, refusals: &Refusals) {
        let mut learnt = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        learnt.entry(model.clone()).or_default().extend(refusals.iter().cloned());
    }
}
