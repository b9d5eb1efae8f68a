//! The parts of an ARN: `arn:PARTITION:SERVICE:REGION:ACCOUNT:TYPE/ID`.

use super::Kind;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Arn<'a> {
    pub(super) partition: &'a str,
    pub(super) service: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (partition, rest) = text.strip_prefix("arn:")?.split_once(':')?;
        let (service, rest) = rest.split_once(':')?;
        let (region, rest) = rest.split_once(':')?;
        let (account, resource) = rest.split_once(':')?;
        Some(Self { partition, service, region, account, resource })
    }

    /// What stands behind the first slash; empty without one.
    pub(super) fn resource_id(&self) -> &'a str {
        self.resource.split_once('/').map_or("", |(_, id)| id)
    }

    pub(super) fn kind(&self) -> Kind {
        let Some((resource_type, id)) = self.resource.split_once('/') else { return Kind::Other };
        if id.is_empty() {
            return Kind::Other;
        }
        match (self.service, resource_type) {
            ("bedrock", "foundation-model") => Kind::FoundationModel,
            ("bedrock", "inference-profile") => Kind::SystemProfile,
            ("bedrock", "application-inference-profile") => Kind::ApplicationProfile,
            ("bedrock", "provisioned-model") => Kind::ProvisionedModel,
            ("bedrock", "custom-model") => Kind::CustomModel,
            ("bedrock", "custom-model-deployment") => Kind::CustomModelDeployment,
            ("bedrock", "imported-model") => Kind::ImportedModel,
            ("bedrock", "default-prompt-router") => Kind::DefaultPromptRouter,
            ("bedrock", "prompt-router") => Kind::PromptRouter,
            ("bedrock", "prompt") => Kind::Prompt,
            ("sagemaker", "endpoint") => Kind::MarketplaceEndpoint,
            _ => Kind::Other,
        }
    }
}
