//! The calls to the control plane, behind a trait that tests can play.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_bedrock::Client;
use aws_sdk_bedrock::config::{Builder, Region};
use aws_sdk_bedrock::types::{FoundationModelSummary, InferenceProfileSummary};
use aws_smithy_types::timeout::TimeoutConfig;
use outcrop_aws::endpoint::Plane;
use outcrop_aws::{Aws, AwsSettings, Call, Session, error_from_sdk};
use outcrop_core::{Error, ErrorKind, Result};
use outcrop_model_facts::Partition;
use serde::{Deserialize, Serialize};

use crate::rows::{FoundationModelRow, InferenceProfileRow};

/// The operations that are called, by their names in IAM policies.
pub(crate) const LIST_FOUNDATION_MODELS: &str = "ListFoundationModels";
pub(crate) const LIST_INFERENCE_PROFILES: &str = "ListInferenceProfiles";

/// Private networks often have an endpoint for the runtime only: that must show soon.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The most profiles that AWS puts on a page.
const PAGE_SIZE: i32 = 1000;

/// Where to ask.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    /// The region that models are called in.
    Usual,
    /// That region.
    Region(String),
}

/// Who is asked where: what keeps the listings of different callers and places apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    pub(crate) partition: String,
    pub(crate) region: String,
    /// The base URL, if it is not the region's own.
    pub(crate) endpoint: Option<String>,
    pub(crate) identity: String,
}

/// The part of the control plane that listings need.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub(crate) trait ControlPlane: Debug + Send + Sync {
    /// Who would be asked where. Asks nobody.
    async fn place(&self, target: &Target) -> Result<Place>;

    /// Fetches the credentials that the listings are signed with. Somebody may have to be asked for a one-time code, which
    /// takes as long as it takes.
    async fn fetch_credentials(&self, target: &Target) -> Result<()>;

    /// All foundation models.
    async fn foundation_models(&self, target: &Target) -> Result<Vec<FoundationModelRow>>;

    /// All inference profiles, of all pages.
    async fn inference_profiles(&self, target: &Target) -> Result<Vec<InferenceProfileRow>>;
}

/// The control plane of AWS.
#[derive(Debug)]
pub(crate) struct AwsControlPlane {
    aws: Arc<Aws>,
    settings: AwsSettings,
    clients: Mutex<HashMap<Target, (Client, Arc<Session>)>>,
}

impl AwsControlPlane {
    pub(crate) fn new(aws: Arc<Aws>, settings: AwsSettings) -> Self {
        Self { aws, settings, clients: Mutex::default() }
    }

    async fn session(&self, target: &Target) -> Result<Arc<Session>> {
        match target {
            Target::Usual => self.aws.session(&self.settings).await,
            Target::Region(region) => {
                let mut settings = self.settings.clone();
                settings.region = Some(region.clone());
                self.aws.session(&settings).await
            }
        }
    }

    /// The client of a place. Its retries are those of the AWS SDK.
    async fn client(&self, target: &Target) -> Result<(Client, Arc<Session>)> {
        let session = self.session(target).await?;
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = clients.get(target).filter(|(_, session)| self.aws.is_current(session)) {
            return Ok(known.clone());
        }
        let connect =
            self.settings.connect_timeout.map_or(CONNECT_TIMEOUT, |limit| limit.min(CONNECT_TIMEOUT));
        let mut config = Builder::from(session.sdk_config())
            .region(Region::new(session.region().name.clone()))
            .timeout_config(TimeoutConfig::builder().connect_timeout(connect).build());
        if let Some(endpoint) = session.endpoint(Plane::Control)? {
            config = config.endpoint_url(endpoint.url());
        }
        if session.is_unsigned() {
            config = config.allow_no_auth();
        }
        let client = Client::from_conf(config.build());
        clients.insert(target.clone(), (client.clone(), Arc::clone(&session)));
        Ok((client, session))
    }
}

#[async_trait]
impl ControlPlane for AwsControlPlane {
    async fn place(&self, target: &Target) -> Result<Place> {
        let session = self.session(target).await?;
        let region = session.region().name.clone();
        Ok(Place {
            partition: Partition::of_region(&region).name().to_owned(),
            region,
            endpoint: session.endpoint(Plane::Control)?.map(|endpoint| endpoint.url().to_owned()),
            identity: session.identity().to_owned(),
        })
    }

    async fn fetch_credentials(&self, target: &Target) -> Result<()> {
        self.session(target).await?.fetch_credentials().await
    }

    async fn foundation_models(&self, target: &Target) -> Result<Vec<FoundationModelRow>> {
        let (client, session) = self.client(target).await?;
        let list = || async {
            let answer = client.list_foundation_models().send().await;
            answer.map_err(|error| error_from_sdk(&Call::new(LIST_FOUNDATION_MODELS), error))
        };
        let answer = session.call(Plane::Control, list).await?;
        // AWS always has models; a reply without a list is somebody else's, and no reason to believe that there are none.
        let summaries = answer.model_summaries.ok_or_else(|| {
            Error::new(ErrorKind::Protocol, "the reply is not one of Amazon Bedrock")
                .with_hint("check the endpoint of the control plane: something else answered")
        })?;
        Ok(summaries.into_iter().map(Into::into).collect())
    }

    async fn inference_profiles(&self, target: &Target) -> Result<Vec<InferenceProfileRow>> {
        let (client, session) = self.client(target).await?;
        let list = || async {
            let request = client.list_inference_profiles().into_paginator().page_size(PAGE_SIZE).items();
            let profiles = request.send().collect::<Result<Vec<_>, _>>().await;
            profiles.map_err(|error| error_from_sdk(&Call::new(LIST_INFERENCE_PROFILES), error))
        };
        let profiles = session.call(Plane::Control, list).await?;
        Ok(profiles.into_iter().map(Into::into).collect())
    }
}

impl From<FoundationModelSummary> for FoundationModelRow {
    fn from(summary: FoundationModelSummary) -> Self {
        let texts = |modalities: &[aws_sdk_bedrock::types::ModelModality]| {
            modalities.iter().map(|modality| modality.as_str().to_owned()).collect()
        };
        let types = summary.inference_types_supported();
        Self {
            input_modalities: texts(summary.input_modalities()),
            output_modalities: texts(summary.output_modalities()),
            inference_types: types.iter().map(|kind| kind.as_str().to_owned()).collect(),
            streaming: summary.response_streaming_supported,
            lifecycle: summary.model_lifecycle.map(|lifecycle| lifecycle.status.as_str().to_owned()),
            id: summary.model_id,
            name: summary.model_name,
            provider_name: summary.provider_name,
        }
    }
}

impl From<InferenceProfileSummary> for InferenceProfileRow {
    fn from(summary: InferenceProfileSummary) -> Self {
        Self {
            id: summary.inference_profile_id,
            arn: summary.inference_profile_arn,
            name: summary.inference_profile_name,
            kind: summary.r#type.as_str().to_owned(),
            status: summary.status.as_str().to_owned(),
            model_arns: summary.models.into_iter().filter_map(|model| model.model_arn).collect(),
        }
    }
}
