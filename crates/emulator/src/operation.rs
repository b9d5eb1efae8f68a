//! Which operation a request line names.

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

/// An operation of the service, by the name that AWS gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Operation {
    /// `GET /foundation-models`
    ListFoundationModels,
    /// `GET /foundation-models/{modelIdentifier}`
    GetFoundationModel,
    /// `GET /inference-profiles`
    ListInferenceProfiles,
    /// `GET /inference-profiles/{inferenceProfileIdentifier}`
    GetInferenceProfile,
    /// `GET /foundation-model-availability/{modelId}`
    GetFoundationModelAvailability,
    /// `GET /provisioned-model-throughputs`
    ListProvisionedModelThroughputs,
    /// `GET /imported-models`
    ListImportedModels,
    /// `GET /imported-models/{modelIdentifier}`
    GetImportedModel,
    /// `GET /custom-models`
    ListCustomModels,
    /// `GET /custom-models/{modelIdentifier}`
    GetCustomModel,
    /// `GET /model-customization/custom-model-deployments`
    ListCustomModelDeployments,
    /// `GET /model-customization/custom-model-deployments/{customModelDeploymentIdentifier}`
    GetCustomModelDeployment,
    /// `GET /marketplace-model/endpoints`
    ListMarketplaceModelEndpoints,
    /// `POST /model/{modelId}/converse`
    Converse,
    /// `POST /model/{modelId}/converse-stream`
    ConverseStream,
    /// `POST /model/{modelId}/count-tokens`
    CountTokens,
    /// `POST /model/{modelId}/invoke`
    InvokeModel,
}

impl Operation {
    /// The action that a policy of IAM must allow, without `bedrock:`. Source: "Actions, resources, and condition keys
    /// for Amazon Bedrock" in the Service Authorization Reference.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::ListFoundationModels => "ListFoundationModels",
            Self::GetFoundationModel => "GetFoundationModel",
            Self::ListInferenceProfiles => "ListInferenceProfiles",
            Self::GetInferenceProfile => "GetInferenceProfile",
            Self::GetFoundationModelAvailability => "GetFoundationModelAvailability",
            Self::ListProvisionedModelThroughputs => "ListProvisionedModelThroughputs",
            Self::ListImportedModels => "ListImportedModels",
            Self::GetImportedModel => "GetImportedModel",
            Self::ListCustomModels => "ListCustomModels",
            Self::GetCustomModel => "GetCustomModel",
            Self::ListCustomModelDeployments => "ListCustomModelDeployments",
            Self::GetCustomModelDeployment => "GetCustomModelDeployment",
            Self::ListMarketplaceModelEndpoints => "ListMarketplaceModelEndpoints",
            Self::Converse | Self::InvokeModel => "InvokeModel",
            Self::ConverseStream => "InvokeModelWithResponseStream",
            Self::CountTokens => "CountTokens",
        }
    }
}

/// What a request line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// An operation, with the decoded identifier from its path (empty for the lists).
    Operation(Operation, String),
    /// A path below `/model/` with too many segments: an ARN whose slash is not percent-encoded. The service answers
    /// such a request with status 200 and an `UnknownOperationException` in the body.
    UnencodedModelId,
    /// A path below `/_emulator/`, without that prefix.
    Admin(String),
    /// Nothing the service has.
    Unknown,
}

impl Route {
    /// Reads `method` and the raw, still encoded `path`.
    pub(crate) fn of(method: &http::Method, path: &str) -> Self {
        if let Some(admin) = path.strip_prefix("/_emulator/") {
            return Self::Admin(admin.to_owned());
        }
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let get = method == http::Method::GET;
        let post = method == http::Method::POST;
        let (operation, id) = match segments.as_slice() {
            ["foundation-models"] if get => (Operation::ListFoundationModels, ""),
            ["foundation-models", id] if get => (Operation::GetFoundationModel, *id),
            ["inference-profiles"] if get => (Operation::ListInferenceProfiles, ""),
            ["inference-profiles", id] if get => (Operation::GetInferenceProfile, *id),
            ["foundation-model-availability", id] if get => (Operation::GetFoundationModelAvailability, *id),
            ["provisioned-model-throughputs"] if get => (Operation::ListProvisionedModelThroughputs, ""),
            ["imported-models"] if get => (Operation::ListImportedModels, ""),
            ["imported-models", id] if get => (Operation::GetImportedModel, *id),
            ["custom-models"] if get => (Operation::ListCustomModels, ""),
            ["custom-models", id] if get => (Operation::GetCustomModel, *id),
            ["model-customization", "custom-model-deployments"] if get => {
                (Operation::ListCustomModelDeployments, "")
            }
            ["model-customization", "custom-model-deployments", id] if get => {
                (Operation::GetCustomModelDeployment, *id)
            }
            ["marketplace-model", "endpoints"] if get => (Operation::ListMarketplaceModelEndpoints, ""),
            ["model", id, "converse"] if post => (Operation::Converse, *id),
            ["model", id, "converse-stream"] if post => (Operation::ConverseStream, *id),
            ["model", id, "count-tokens"] if post => (Operation::CountTokens, *id),
            ["model", id, "invoke"] if post => (Operation::InvokeModel, *id),
            ["model", _, _, _, ..] if post => return Self::UnencodedModelId,
            _ => return Self::Unknown,
        };
        match percent_decode_str(id).decode_utf8() {
            Ok(id) => Self::Operation(operation, id.into_owned()),
            Err(_) => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    #[test]
    fn model_ids_are_decoded() {
        let arn =
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Famazon.nova-lite-v1%3A0/converse";
        assert_eq!(
            Route::of(&Method::POST, arn),
            Route::Operation(
                Operation::Converse,
                "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0".to_owned()
            )
        );
        assert_eq!(
            Route::of(&Method::POST, "/model/amazon.nova-lite-v1:0/converse-stream"),
            Route::Operation(Operation::ConverseStream, "amazon.nova-lite-v1:0".to_owned())
        );
        let invoke = Route::of(&Method::POST, "/model/cohere.embed-v4%3A0/invoke");
        assert_eq!(invoke, Route::Operation(Operation::InvokeModel, "cohere.embed-v4:0".to_owned()));
        assert_eq!(Operation::InvokeModel.action(), "InvokeModel");
    }

    #[test]
    fn every_path_of_the_control_plane_names_its_operation() {
        for (path, operation, id) in [
            ("/foundation-models", Operation::ListFoundationModels, ""),
            ("/foundation-models/m", Operation::GetFoundationModel, "m"),
            ("/inference-profiles", Operation::ListInferenceProfiles, ""),
            ("/inference-profiles/p", Operation::GetInferenceProfile, "p"),
            ("/foundation-model-availability/m", Operation::GetFoundationModelAvailability, "m"),
            ("/provisioned-model-throughputs", Operation::ListProvisionedModelThroughputs, ""),
            ("/imported-models", Operation::ListImportedModels, ""),
            ("/imported-models/a%2Fb", Operation::GetImportedModel, "a/b"),
            ("/custom-models", Operation::ListCustomModels, ""),
            ("/custom-models/c", Operation::GetCustomModel, "c"),
            ("/model-customization/custom-model-deployments", Operation::ListCustomModelDeployments, ""),
            ("/model-customization/custom-model-deployments/d", Operation::GetCustomModelDeployment, "d"),
            ("/marketplace-model/endpoints", Operation::ListMarketplaceModelEndpoints, ""),
        ] {
            assert_eq!(Route::of(&Method::GET, path), Route::Operation(operation, id.to_owned()), "{path}");
            assert_eq!(Route::of(&Method::POST, path), Route::Unknown, "{path}");
            assert_eq!(format!("{operation:?}"), operation.action(), "{path}");
        }
    }

    #[test]
    fn an_unencoded_arn_and_an_unknown_path_are_no_operation() {
        let arn = "/model/arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0/converse";
        assert_eq!(Route::of(&Method::POST, arn), Route::UnencodedModelId);
        assert_eq!(Route::of(&Method::GET, "/model/x/converse"), Route::Unknown);
        assert_eq!(Route::of(&Method::GET, "/nothing"), Route::Unknown);
        assert_eq!(Route::of(&Method::GET, "/foundation-models/%ff"), Route::Unknown);
    }
}
