//! The control plane: what there is to call.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use outcrop_model_facts::facts::ModelFacts;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use time::{Date, OffsetDateTime};

use crate::catalog::{self, Place, Profile};
use crate::error::ApiError;
use crate::json::insert;
use crate::operation::Operation;
use crate::options::Options;

/// How many inference profiles come in one page when the caller does not say.
const PAGE: usize = 50;

/// The control plane as one request sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ControlPlane<'a> {
    pub(crate) options: &'a Options,
    pub(crate) region: &'a str,
    pub(crate) now: OffsetDateTime,
}

impl ControlPlane<'_> {
    pub(crate) fn place(&self) -> Place<'_> {
        Place { region: self.region, account_id: &self.options.account_id }
    }

    /// Answers an operation of the control plane; `id` is what its path names.
    pub(crate) fn answer(&self, operation: Operation, id: &str, query: &str) -> Result<Value, ApiError> {
        let query = Query::parse(query);
        match operation {
            Operation::ListFoundationModels => self.list_models(&query),
            Operation::GetFoundationModel => self.get_model(id),
            Operation::ListInferenceProfiles => self.list_profiles(&query),
            Operation::GetInferenceProfile => self.get_profile(id),
            Operation::GetFoundationModelAvailability => self.availability(id),
            _ => Err(ApiError::unknown_operation()),
        }
    }

    fn list_models(&self, query: &Query) -> Result<Value, ApiError> {
        let provider = query.get("byProvider").map(str::to_lowercase);
        let customization = query
            .one_of("byCustomizationType", &["FINE_TUNING", "CONTINUED_PRE_TRAINING", "DISTILLATION"])?;
        let modality = query.one_of("byOutputModality", &["TEXT", "IMAGE", "EMBEDDING"])?;
        let inference =
            query.one_of("byInferenceType", &["ON_DEMAND", "PROVISIONED", "INFERENCE_PROFILE"])?;
        let wanted = |model: &&ModelFacts| {
            let has = |wanted: Option<&str>, values: &[&str]| wanted.is_none_or(|it| values.contains(&it));
            provider
                .as_deref()
                .is_none_or(|it| it == model.provider_name.to_lowercase() || it == model.provider)
                && has(customization, customizations(model))
                && has(modality, &output_modalities(model))
                && has(inference, &inference_types(model))
        };
        let summaries: Vec<_> =
            catalog::models().filter(wanted).map(|model| self.describe_model(model)).collect();
        Ok(json!({ "modelSummaries": summaries }))
    }

    fn get_model(&self, id: &str) -> Result<Value, ApiError> {
        let id = id.rsplit_once('/').map_or(id, |(_, id)| id);
        let model = catalog::model(id).ok_or_else(catalog::unresolved)?;
        Ok(json!({ "modelDetails": self.describe_model(model) }))
    }

    fn describe_model(&self, model: &ModelFacts) -> Value {
        let mut lifecycle = json!({ "status": "ACTIVE" });
        if let Some(retirement) = catalog::retirement(model) {
            if retirement.legacy <= self.now.date() {
                insert(&mut lifecycle, "status", Some("LEGACY".into()));
            }
            insert(&mut lifecycle, "legacyTime", Some(midnight(retirement.legacy).into()));
            insert(&mut lifecycle, "endOfLifeTime", Some(midnight(retirement.end_of_life).into()));
        }
        json!({
            "modelArn": self.place().model_arn(model.id),
            "modelId": model.id,
            "modelName": catalog::name(model),
            "providerName": model.provider_name,
            "inputModalities": input_modalities(model),
            "outputModalities": output_modalities(model),
            "responseStreamingSupported": model.converse,
            "customizationsSupported": customizations(model),
            "inferenceTypesSupported": inference_types(model),
            "modelLifecycle": lifecycle,
        })
    }

    fn list_profiles(&self, query: &Query) -> Result<Value, ApiError> {
        let kind = query.one_of("type", &["SYSTEM_DEFINED", "APPLICATION"])?;
        let size = query.max_results()?.unwrap_or(PAGE);
        let start = query.get("nextToken").map_or(Ok(0), read_token)?;
        let mut profiles = self.place().profiles();
        profiles.retain(|profile| kind.is_none_or(|kind| kind == profile_type(profile)));
        let page: Vec<_> = profiles.iter().skip(start).take(size).map(describe_profile).collect();
        let next = start.saturating_add(size);
        let mut answer = json!({ "inferenceProfileSummaries": page });
        insert(&mut answer, "nextToken", (next < profiles.len()).then(|| write_token(next).into()));
        Ok(answer)
    }

    fn get_profile(&self, id: &str) -> Result<Value, ApiError> {
        let profiles = self.place().profiles();
        let found = profiles.iter().find(|profile| profile.id == id || profile.arn == id);
        found
            .map(describe_profile)
            .ok_or_else(|| ApiError::not_found(format!("Inference profile {id} was not found.")))
    }

    fn availability(&self, id: &str) -> Result<Value, ApiError> {
        let model = catalog::model(id).ok_or_else(catalog::unresolved)?;
        let retired = catalog::retirement(model).is_some_and(|it| it.end_of_life <= self.now.date());
        let status = if retired { "NOT_AVAILABLE" } else { "AVAILABLE" };
        Ok(json!({
            "modelId": model.id,
            "agreementAvailability": { "status": status },
            "authorizationStatus": "AUTHORIZED",
            "entitlementAvailability": status,
            "regionAvailability": status,
        }))
    }
}

fn midnight(date: Date) -> String {
    format!("{date}T00:00:00Z")
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the type lives in a crate that this one does not name"
)]
fn input_modalities(model: &ModelFacts) -> Vec<&'static str> {
    modalities(model.input.iter().map(|it| it.as_str()))
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the type lives in a crate that this one does not name"
)]
fn output_modalities(model: &ModelFacts) -> Vec<&'static str> {
    modalities(model.output.iter().map(|it| it.as_str()))
}

/// The service's words. It has none for documents, which is why the list does not tell who reads them; scores are text.
fn modalities<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'static str> {
    let words = names.filter_map(|name| match name {
        "text" | "score" => Some("TEXT"),
        "image" => Some("IMAGE"),
        "video" => Some("VIDEO"),
        "audio" => Some("SPEECH"),
        "embedding" => Some("EMBEDDING"),
        _ => None,
    });
    let words: Vec<_> = words.collect();
    if words.is_empty() { vec!["TEXT"] } else { words }
}

fn inference_types(model: &ModelFacts) -> Vec<&'static str> {
    if model.needs_profile() {
        return vec!["INFERENCE_PROFILE"];
    }
    if customizations(model).is_empty() { vec!["ON_DEMAND"] } else { vec!["ON_DEMAND", "PROVISIONED"] }
}

fn customizations(model: &ModelFacts) -> &'static [&'static str] {
    match model.id {
        "amazon.nova-micro-v1:0" | "amazon.nova-lite-v1:0" | "amazon.nova-pro-v1:0" => {
            &["FINE_TUNING", "DISTILLATION"]
        }
        "anthropic.claude-3-haiku-20240307-v1:0" | "amazon.titan-image-generator-v2:0" => &["FINE_TUNING"],
        _ => &[],
    }
}

const fn profile_type(profile: &Profile) -> &'static str {
    if profile.application { "APPLICATION" } else { "SYSTEM_DEFINED" }
}

fn describe_profile(profile: &Profile) -> Value {
    let models: Vec<_> = profile.model_arns.iter().map(|arn| json!({ "modelArn": arn })).collect();
    json!({
        "inferenceProfileName": profile.name,
        "description": profile.description,
        "createdAt": "2025-01-01T00:00:00Z",
        "updatedAt": "2025-01-01T00:00:00Z",
        "inferenceProfileArn": profile.arn,
        "models": models,
        "inferenceProfileId": profile.id,
        "status": "ACTIVE",
        "type": profile_type(profile),
    })
}

fn write_token(start: usize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("start:{start}"))
}

fn read_token(token: &str) -> Result<usize, ApiError> {
    let read = || {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
        std::str::from_utf8(&bytes).ok()?.strip_prefix("start:")?.parse().ok()
    };
    read().ok_or_else(|| ApiError::validation("The provided nextToken is invalid."))
}

/// The parameters of a query string.
struct Query(Vec<(String, String)>);

impl Query {
    fn parse(query: &str) -> Self {
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decode(name), decode(value)))
                .collect(),
        )
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn one_of(&self, name: &str, allowed: &[&str]) -> Result<Option<&str>, ApiError> {
        match self.get(name) {
            Some(value) if !allowed.contains(&value) => Err(ApiError::validation(format!(
                "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must \
                 satisfy enum value set: [{}]",
                allowed.join(", ")
            ))),
            value => Ok(value),
        }
    }

    fn max_results(&self) -> Result<Option<usize>, ApiError> {
        let Some(value) = self.get("maxResults") else { return Ok(None) };
        match value.parse() {
            Ok(number @ 1..=1000) => Ok(Some(number)),
            _ => Err(ApiError::validation(format!(
                "1 validation error detected: Value '{value}' at 'maxResults' failed to satisfy constraint: Member \
                 must be between 1 and 1000"
            ))),
        }
    }
}

#[cfg(test)]
mod tests;
