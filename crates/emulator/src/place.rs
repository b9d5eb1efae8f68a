//! One account in one region: what an id or an ARN leads to, and what cannot be called.

use http::StatusCode;
use outcrop_model_facts::{BedrockId, Kind, Partition};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::account::{Holdings, Row};
use crate::error::ApiError;
use crate::json::{at, insert};
use crate::model::Model;
use crate::operation::Operation;

/// The account as one request sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) region: &'a str,
    pub(crate) account_id: &'a str,
    pub(crate) holdings: &'a Holdings,
    pub(crate) now: OffsetDateTime,
}

impl<'a> Place<'a> {
    /// The model that the runtime calls for an id or ARN.
    pub(crate) fn resolve(&self, raw: &'a str) -> Result<Model<'a>, ApiError> {
        let id = BedrockId::parse(raw);
        if raw.is_empty() || self.is_elsewhere(&id) {
            return Err(invalid_identifier());
        }
        if id.kind() == Kind::Prompt {
            return self.prompt(&id);
        }
        if let Some(row) = self.profile(raw) {
            return self.behind(self.base_of_profile(row), text(row, "inferenceProfileName"));
        }
        if let Some(row) = self.foundation_model(&id) {
            let model = self.in_the_region(row)?;
            return if has(row, "inferenceTypesSupported", "ON_DEMAND") {
                Ok(model)
            } else {
                Err(needs_profile(&model))
            };
        }
        self.of_the_account(raw).unwrap_or_else(|| Err(self.unlisted(&id)))
    }

    /// The model whose tokens are counted: a foundation model by its id or ARN. A model that answers through profiles
    /// only is counted by its own id all the same.
    pub(crate) fn resolve_for_counting(&self, raw: &str) -> Result<Model<'a>, ApiError> {
        let id = BedrockId::parse(raw);
        if id.kind() != Kind::FoundationModel || self.is_elsewhere(&id) {
            return Err(invalid_identifier());
        }
        let row = self.foundation_model(&id).ok_or_else(unresolved)?;
        self.in_the_region(row)
    }

    /// The refusal of an operation that the account's users may not call, in IAM's words.
    pub(crate) fn not_authorized(&self, operation: Operation) -> ApiError {
        let (partition, account, action) = (self.partition(), self.account_id, operation.action());
        ApiError::forbidden(
            "AccessDeniedException",
            format!(
                "User: arn:{partition}:iam::{account}:user/outcrop is not authorized to perform: bedrock:{action} on \
                 resource: arn:{partition}:bedrock:{}:{account}:* because no identity-based policy allows the \
                 bedrock:{action} action",
                self.region
            ),
        )
    }

    /// The ARN of something of the account's in this region.
    pub(crate) fn arn(&self, resource: &str) -> String {
        format!("arn:{}:bedrock:{}:{}:{resource}", self.partition(), self.region, self.account_id)
    }

    fn partition(&self) -> &'static str {
        Partition::of_region(self.region).name()
    }

    fn is_elsewhere(&self, id: &BedrockId<'_>) -> bool {
        id.region().is_some_and(|region| region != self.region)
    }

    /// The row of a foundation model, by its id or its ARN in this region.
    pub(crate) fn foundation_model(&self, id: &BedrockId<'_>) -> Option<&'a Row> {
        if self.is_elsewhere(id) {
            return None;
        }
        let rows = &self.holdings.foundation_models;
        let base = || find(rows, "modelId", id.base().filter(|_| id.kind() == Kind::FoundationModel)?);
        find(rows, "modelId", id.raw()).or_else(base)
    }

    /// The row of an inference profile that can be called so: AWS's own by id or ARN, the account's by ARN only.
    fn profile(&self, raw: &str) -> Option<&'a Row> {
        let is_called = |row: &&Row| {
            text(row, "inferenceProfileArn") == Some(raw)
                || (is_system(row) && text(row, "inferenceProfileId") == Some(raw))
        };
        self.holdings.inference_profiles.iter().find(is_called)
    }

    /// The foundation model of a profile: as its row says, or GetInferenceProfile, or the id of one of AWS's.
    fn base_of_profile(&self, row: &'a Row) -> Option<&'a str> {
        let details = ["inferenceProfileArn", "inferenceProfileId"]
            .into_iter()
            .find_map(|key| self.holdings.details.get(text(row, key)?));
        let by_models = |row: &'a Row| {
            let models = row.get("models")?.as_array()?;
            models.iter().find_map(|model| BedrockId::parse(model.get("modelArn")?.as_str()?).base())
        };
        let by_id = || BedrockId::parse(text(row, "inferenceProfileId").filter(|_| is_system(row))?).base();
        by_models(row).or_else(|| details.and_then(by_models)).or_else(by_id)
    }

    /// A prompt of prompt management. The account has every one that has its number.
    fn prompt(&self, id: &BedrockId<'a>) -> Result<Model<'a>, ApiError> {
        if id.account() != Some(self.account_id) {
            return Err(ApiError::not_found(
                "Could not find the prompt resource from the provided identifier.",
            ));
        }
        let name = id.raw().rsplit('/').next().and_then(|name| name.split(':').next());
        Ok(Model::behind_prompt(name))
    }

    /// What the account itself made or bought, by its ARN; `None` if there is no such thing.
    fn of_the_account(&self, arn: &str) -> Option<Result<Model<'a>, ApiError>> {
        let all = self.holdings;
        if let Some(row) = find(&all.provisioned_models, "provisionedModelArn", arn) {
            let base = text(row, "foundationModelArn").and_then(|arn| BedrockId::parse(arn).base());
            let model = || self.behind(base, text(row, "provisionedModelName"));
            return Some(ready(row, "InService").and_then(|()| model()));
        }
        if let Some(row) = find(&all.custom_model_deployments, "customModelDeploymentArn", arn) {
            let base = text(row, "modelArn").and_then(|arn| self.base_of_custom_model(arn));
            let model = || self.behind(base, text(row, "customModelDeploymentName"));
            return Some(ready(row, "Active").and_then(|()| model()));
        }
        if let Some(row) = find(&all.imported_models, "modelArn", arn) {
            let model = Model::new(None, None, text(row, "modelName"));
            let instructs = row.get("instructSupported").and_then(Value::as_bool) == Some(true);
            return Some(if instructs { Ok(model) } else { Err(no_chat_model()) });
        }
        let row = find(&all.marketplace_model_endpoints, "endpointArn", arn)?;
        let name = text(row, "endpointArn").and_then(|arn| arn.rsplit('/').next());
        Some(ready(row, "REGISTERED").map(|()| Model::new(None, None, name)))
    }

    /// The foundation model that a custom model was made from: as its row says, or its ARN.
    fn base_of_custom_model(&self, arn: &'a str) -> Option<&'a str> {
        let row = find(&self.holdings.custom_models, "modelArn", arn);
        let listed = row.and_then(|row| BedrockId::parse(text(row, "baseModelArn")?).base());
        listed.or_else(|| BedrockId::parse(arn).customized_from())
    }

    /// A foundation model that is alive and that the account has access to.
    fn behind(&self, base: Option<&'a str>, label: Option<&'a str>) -> Result<Model<'a>, ApiError> {
        let row = base.and_then(|base| find(&self.holdings.foundation_models, "modelId", base));
        if row.and_then(end_of_life).is_some_and(|end| end <= self.now) {
            return Err(ApiError::not_found(
                "This model version has reached the end of its life. Please refer to the AWS documentation for more \
                 details.",
            ));
        }
        if base.is_some_and(|base| !self.has_access(base)) {
            return Err(no_access());
        }
        Ok(Model::new(base, row, label))
    }

    /// A foundation model that answers right here. A profile calls it wherever it is available.
    fn in_the_region(&self, row: &'a Row) -> Result<Model<'a>, ApiError> {
        let model = self.behind(text(row, "modelId"), None)?;
        let is_here = |id| at(&self.availability(id), "/regionAvailability") == "AVAILABLE";
        if model.id.is_none_or(is_here) { Ok(model) } else { Err(no_access()) }
    }

    /// Whether a row leads to that foundation model: its own, or that of a profile.
    pub(crate) fn leads_to(&self, model: &str) -> bool {
        let by_profile = |row: &'a Row| self.base_of_profile(row) == Some(model);
        find(&self.holdings.foundation_models, "modelId", model).is_some()
            || self.holdings.inference_profiles.iter().any(by_profile)
    }

    /// What GetFoundationModelAvailability says of a model; whatever nobody says is as one wants it.
    pub(crate) fn availability(&self, model: &str) -> Value {
        let mut answer = json!({
            "modelId": model,
            "agreementAvailability": { "status": "AVAILABLE" },
            "authorizationStatus": "AUTHORIZED",
            "entitlementAvailability": "AVAILABLE",
            "regionAvailability": "AVAILABLE",
        });
        for (member, said) in self.holdings.availability.get(model).into_iter().flatten() {
            insert(&mut answer, member, Some(said.clone()));
        }
        answer
    }

    fn has_access(&self, model: &str) -> bool {
        let answer = self.availability(model);
        at(&answer, "/agreementAvailability/status") == "AVAILABLE"
            && at(&answer, "/authorizationStatus") == "AUTHORIZED"
            && at(&answer, "/entitlementAvailability") == "AVAILABLE"
    }

    /// Why an id that nothing lists cannot be called.
    fn unlisted(&self, id: &BedrockId<'_>) -> ApiError {
        let is_listed = |base| find(&self.holdings.foundation_models, "modelId", base).is_some();
        match id.kind() {
            Kind::Other => invalid_identifier(),
            // A known model in a geography that cannot be reached from here: the id means nothing here.
            Kind::SystemProfile if id.base().is_some_and(is_listed) => invalid_identifier(),
            _ => unresolved(),
        }
    }
}

/// The row with that text.
pub(crate) fn find<'a>(rows: &'a [Row], member: &str, wanted: &str) -> Option<&'a Row> {
    rows.iter().find(|row| text(row, member) == Some(wanted))
}

/// A member of a row, if it is a text.
pub(crate) fn text<'a>(row: &'a Row, member: &str) -> Option<&'a str> {
    row.get(member)?.as_str()
}

/// A member of a row, if it is a time.
pub(crate) fn time(row: &Row, member: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text(row, member)?, &Rfc3339).ok()
}

/// Whether a list in a row has a word, in upper or lower case.
pub(crate) fn has(row: &Row, member: &str, word: &str) -> bool {
    let is_word = |it: &Value| it.as_str().is_some_and(|it| it.eq_ignore_ascii_case(word));
    row.get(member).and_then(Value::as_array).is_some_and(|words| words.iter().any(is_word))
}

/// Whether a profile is one of AWS's. All others are the account's own.
fn is_system(row: &Row) -> bool {
    text(row, "type") == Some("SYSTEM_DEFINED")
}

fn end_of_life(row: &Row) -> Option<OffsetDateTime> {
    time(row.get("modelLifecycle")?.as_object()?, "endOfLifeTime")
}

/// Checks that what has a status has the one in which it answers.
fn ready(row: &Row, wanted: &str) -> Result<(), ApiError> {
    match text(row, "status") {
        Some(status) if status == wanted => Ok(()),
        Some("Creating" | "Updating") => Err(ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "ModelNotReadyException",
            "The model is not ready for inference. Wait and try again.",
        )),
        _ => Err(invalid_identifier()),
    }
}

fn needs_profile(model: &Model<'_>) -> ApiError {
    ApiError::validation(format!(
        "Invocation of model ID {} with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an \
         inference profile that contains this model.",
        model.id.unwrap_or_default()
    ))
}

fn no_access() -> ApiError {
    ApiError::forbidden(
        "AccessDeniedException",
        "You don't have access to the model with the specified model ID.",
    )
}

/// 400: what is called exists and is no partner for a conversation.
pub(crate) fn no_chat_model() -> ApiError {
    ApiError::validation(
        "This action doesn't support the model that you provided. Try again with a supported text or chat model.",
    )
}

pub(crate) fn unresolved() -> ApiError {
    ApiError::not_found("Could not resolve the foundation model from the provided model identifier.")
}

fn invalid_identifier() -> ApiError {
    ApiError::validation("The provided model identifier is invalid.")
}

#[cfg(test)]
mod tests;
