//! The control plane: what there is to call.

mod listing;
mod query;

use outcrop_model_facts::BedrockId;
use serde_json::{Value, json};

use crate::account::Row;
use crate::error::ApiError;
use crate::operation::Operation;
use crate::place::{Place, find, text, unresolved};
use listing::Listing;
use query::Query;

/// The control plane as one request sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ControlPlane<'a> {
    pub(crate) place: Place<'a>,
    /// The most rows on a page.
    pub(crate) page_size: usize,
}

impl<'a> ControlPlane<'a> {
    /// Answers an operation of the control plane; `id` is what its path names.
    pub(crate) fn answer(&self, operation: Operation, id: &str, query: &str) -> Result<Value, ApiError> {
        if let Some(listing) = Listing::of(operation) {
            return listing.answer(&self.place, &Query::parse(query), self.page_size);
        }
        let holdings = self.place.holdings;
        match operation {
            Operation::GetFoundationModel => {
                let row = self.place.foundation_model(&BedrockId::parse(id)).ok_or_else(unresolved)?;
                let row_alone = |row: Row| json!({ "modelDetails": row });
                Ok(self.details(row, &["modelArn", "modelId"]).unwrap_or_else(|| row_alone(row.clone())))
            }
            Operation::GetInferenceProfile => {
                let keys = ["inferenceProfileArn", "inferenceProfileId"];
                self.get("Inference profile", &holdings.inference_profiles, &keys, id, |_| {})
            }
            Operation::GetImportedModel => {
                self.get("Imported model", &holdings.imported_models, &["modelArn", "modelName"], id, |_| {})
            }
            Operation::GetCustomModel => {
                self.get("Custom model", &holdings.custom_models, &["modelArn", "modelName"], id, |row| {
                    // Members of the list alone.
                    row.retain(|member, _| member != "baseModelName" && member != "ownerAccountId");
                })
            }
            Operation::GetCustomModelDeployment => {
                let keys = ["customModelDeploymentArn", "customModelDeploymentName"];
                self.get("Custom model deployment", &holdings.custom_model_deployments, &keys, id, |row| {
                    // The same thing has another name in the list.
                    let name = row.remove("customModelDeploymentName");
                    row.extend(name.map(|name| ("modelDeploymentName".to_owned(), name)));
                })
            }
            Operation::GetFoundationModelAvailability => self.availability(id),
            _ => Err(ApiError::unknown_operation()),
        }
    }

    /// The row that `id` names, as the operation for a single one gives it.
    fn get(
        &self,
        what: &str,
        rows: &'a [Row],
        keys: &[&str],
        id: &str,
        adapt: impl FnOnce(&mut Row),
    ) -> Result<Value, ApiError> {
        let row = keys.iter().find_map(|key| find(rows, key, id));
        let row = row.ok_or_else(|| ApiError::not_found(format!("{what} {id} was not found.")))?;
        Ok(self.details(row, keys).unwrap_or_else(|| {
            let mut row = row.clone();
            adapt(&mut row);
            row.into()
        }))
    }

    /// The whole answer about a row, if the account has one beside the row.
    fn details(&self, row: &Row, keys: &[&str]) -> Option<Value> {
        let answers = &self.place.holdings.details;
        keys.iter().find_map(|key| answers.get(text(row, key)?)).map(|answer| answer.clone().into())
    }

    fn availability(&self, id: &str) -> Result<Value, ApiError> {
        let is_known = self.place.holdings.availability.contains_key(id) || self.place.leads_to(id);
        if is_known { Ok(self.place.availability(id)) } else { Err(unresolved()) }
    }
}

#[cfg(test)]
mod tests;
