//! The calls to the control plane, behind a trait that tests can play.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_bedrock::Client;
use aws_sdk_bedrock::config::{Builder, Region};
use aws_smithy_types::timeout::TimeoutConfig;
use outcrop_aws::endpoint::Plane;
use outcrop_aws::{Aws, AwsSettings, Call, Session, error_from_sdk};
use outcrop_core::{Error, ErrorKind, Result};
use outcrop_model_facts::Partition;
use serde::{Deserialize, Serialize};

use crate::rows::{AccessRow, DeploymentRow, FoundationModelRow, InferenceProfileRow};
use crate::source::Source;

mod convert;

/// The operations that are called besides the lists, by their names in IAM policies.
pub(crate) const GET_INFERENCE_PROFILE: &str = "GetInferenceProfile";
pub(crate) const GET_AVAILABILITY: &str = "GetFoundationModelAvailability";

/// Private networks often have an endpoint for the runtime only: that must show soon.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The most rows that AWS puts on a page.
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

    /// All rows of one of the further lists, of all pages.
    async fn deployments(&self, target: &Target, source: Source) -> Result<Vec<DeploymentRow>>;

    /// One inference profile, by id or ARN.
    async fn inference_profile(&self, target: &Target, id: &str) -> Result<InferenceProfileRow>;

    /// The account's access to a foundation model.
    async fn access(&self, target: &Target, id: &str) -> Result<AccessRow>;
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
        if let Some(headers) = self.settings.interceptor() {
            config = config.interceptor(headers);
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
            answer.map_err(|error| error_from_sdk(&Call::new(Source::FoundationModels.operation()), error))
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
            profiles.map_err(|error| error_from_sdk(&Call::new(Source::InferenceProfiles.operation()), error))
        };
        let profiles = session.call(Plane::Control, list).await?;
        Ok(profiles.into_iter().map(Into::into).collect())
    }

    async fn deployments(&self, target: &Target, source: Source) -> Result<Vec<DeploymentRow>> {
        let (client, session) = self.client(target).await?;
        let call = Call::new(source.operation());
        // One list a macro arm: the SDK has a type of its own for each.
        macro_rules! list {
            ($request:expr) => {{
                let list = || async {
                    let request = $request.into_paginator().page_size(PAGE_SIZE).items();
                    let rows = request.send().collect::<Result<Vec<_>, _>>().await;
                    rows.map_err(|error| error_from_sdk(&call, error))
                };
                let rows = session.call(Plane::Control, list).await?;
                Ok(rows.into_iter().map(Into::into).collect())
            }};
        }
        match source {
            Source::ProvisionedModels => list!(client.list_provisioned_model_throughputs()),
            Source::ImportedModels => list!(client.list_imported_models()),
            Source::CustomModelDeployments => list!(client.list_custom_model_deployments()),
            Source::MarketplaceEndpoints => list!(client.list_marketplace_model_endpoints()),
            Source::FoundationModels | Source::InferenceProfiles => Ok(Vec::new()),
        }
    }

    async fn inference_profile(&self, target: &Target, id: &str) -> Result<InferenceProfileRow> {
        let (client, session) = self.client(target).await?;
        let get = || async {
            let answer = client.get_inference_profile().inference_profile_identifier(id).send().await;
            answer.map_err(|error| error_from_sdk(&Call::new(GET_INFERENCE_PROFILE), error))
        };
        Ok(session.call(Plane::Control, get).await?.into())
    }

    async fn access(&self, target: &Target, id: &str) -> Result<AccessRow> {
        let (client, session) = self.client(target).await?;
        let get = || async {
            let answer = client.get_foundation_model_availability().model_id(id).send().await;
            answer.map_err(|error| error_from_sdk(&Call::new(GET_AVAILABILITY), error))
        };
        Ok(session.call(Plane::Control, get).await?.into())
    }
}
