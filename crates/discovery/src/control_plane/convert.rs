//! From the types of the SDK to rows.

use aws_sdk_bedrock::operation::get_foundation_model_availability::GetFoundationModelAvailabilityOutput;
use aws_sdk_bedrock::operation::get_inference_profile::GetInferenceProfileOutput;
use aws_sdk_bedrock::types::{
    CustomModelDeploymentSummary, FoundationModelSummary, ImportedModelSummary, InferenceProfileModel,
    InferenceProfileSummary, MarketplaceModelEndpointSummary, ModelModality, ProvisionedModelSummary,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use crate::rows::{AccessRow, DeploymentRow, FoundationModelRow, InferenceProfileRow};

impl From<FoundationModelSummary> for FoundationModelRow {
    fn from(summary: FoundationModelSummary) -> Self {
        let texts = |modalities: &[ModelModality]| {
            modalities.iter().map(|modality| modality.as_str().to_owned()).collect()
        };
        let types = summary.inference_types_supported();
        let lifecycle = summary.model_lifecycle.as_ref();
        Self {
            input_modalities: texts(summary.input_modalities()),
            output_modalities: texts(summary.output_modalities()),
            inference_types: types.iter().map(|kind| kind.as_str().to_owned()).collect(),
            streaming: summary.response_streaming_supported,
            end_of_life: lifecycle.and_then(|lifecycle| day(lifecycle.end_of_life_time.as_ref()?)),
            lifecycle: lifecycle.map(|lifecycle| lifecycle.status.as_str().to_owned()),
            id: summary.model_id,
            name: summary.model_name,
            provider_name: summary.provider_name,
        }
    }
}

/// The day of a moment, in UTC.
fn day(time: &DateTime) -> Option<String> {
    let text = time.fmt(Format::DateTime).ok()?;
    text.split_once('T').map(|(day, _)| day.to_owned())
}

fn model_arns(models: Vec<InferenceProfileModel>) -> Vec<String> {
    models.into_iter().filter_map(|model| model.model_arn).collect()
}

impl From<InferenceProfileSummary> for InferenceProfileRow {
    fn from(summary: InferenceProfileSummary) -> Self {
        Self {
            id: summary.inference_profile_id,
            arn: summary.inference_profile_arn,
            name: summary.inference_profile_name,
            kind: summary.r#type.as_str().to_owned(),
            status: summary.status.as_str().to_owned(),
            model_arns: model_arns(summary.models),
        }
    }
}

impl From<GetInferenceProfileOutput> for InferenceProfileRow {
    fn from(profile: GetInferenceProfileOutput) -> Self {
        Self {
            id: profile.inference_profile_id,
            arn: profile.inference_profile_arn,
            name: profile.inference_profile_name,
            kind: profile.r#type.as_str().to_owned(),
            status: profile.status.as_str().to_owned(),
            model_arns: model_arns(profile.models),
        }
    }
}

impl From<ProvisionedModelSummary> for DeploymentRow {
    fn from(summary: ProvisionedModelSummary) -> Self {
        Self {
            arn: summary.provisioned_model_arn,
            name: summary.provisioned_model_name,
            status: Some(summary.status.as_str().to_owned()),
            model: Some(summary.foundation_model_arn),
            ..Self::default()
        }
    }
}

impl From<ImportedModelSummary> for DeploymentRow {
    fn from(summary: ImportedModelSummary) -> Self {
        Self {
            arn: summary.model_arn,
            name: summary.model_name,
            converses: summary.instruct_supported,
            ..Self::default()
        }
    }
}

impl From<CustomModelDeploymentSummary> for DeploymentRow {
    fn from(summary: CustomModelDeploymentSummary) -> Self {
        Self {
            arn: summary.custom_model_deployment_arn,
            name: summary.custom_model_deployment_name,
            status: Some(summary.status.as_str().to_owned()),
            message: summary.failure_message,
            model: Some(summary.model_arn),
            converses: None,
        }
    }
}

impl From<MarketplaceModelEndpointSummary> for DeploymentRow {
    fn from(summary: MarketplaceModelEndpointSummary) -> Self {
        let name = summary.endpoint_arn.rsplit_once('/').map(|(_, name)| name.to_owned());
        Self {
            name: name.unwrap_or_else(|| summary.endpoint_arn.clone()),
            arn: summary.endpoint_arn,
            status: summary.status.map(|status| status.as_str().to_owned()),
            message: summary.status_message,
            model: Some(summary.model_source_identifier),
            converses: None,
        }
    }
}

impl From<GetFoundationModelAvailabilityOutput> for AccessRow {
    fn from(answer: GetFoundationModelAvailabilityOutput) -> Self {
        let agreement = answer.agreement_availability;
        Self {
            agreement: agreement
                .as_ref()
                .map_or_else(String::new, |agreement| agreement.status.as_str().to_owned()),
            agreement_error: agreement.and_then(|agreement| agreement.error_message),
            authorization: answer.authorization_status.as_str().to_owned(),
            entitlement: answer.entitlement_availability.as_str().to_owned(),
            region: answer.region_availability.as_str().to_owned(),
        }
    }
}
