//! The lists that a catalogue is made of.

use serde::{Deserialize, Serialize};

use crate::settings::{DiscoverySettings, Further};

/// A list of the control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Source {
    FoundationModels,
    InferenceProfiles,
    ProvisionedModels,
    ImportedModels,
    CustomModelDeployments,
    MarketplaceEndpoints,
}

impl Source {
    /// The operation, by its name in IAM policies.
    pub(crate) const fn operation(self) -> &'static str {
        match self {
            Self::FoundationModels => "ListFoundationModels",
            Self::InferenceProfiles => "ListInferenceProfiles",
            Self::ProvisionedModels => "ListProvisionedModelThroughputs",
            Self::ImportedModels => "ListImportedModels",
            Self::CustomModelDeployments => "ListCustomModelDeployments",
            Self::MarketplaceEndpoints => "ListMarketplaceModelEndpoints",
        }
    }

    /// Every list.
    pub(crate) const ALL: [Self; 6] = [
        Self::FoundationModels,
        Self::InferenceProfiles,
        Self::ProvisionedModels,
        Self::ImportedModels,
        Self::CustomModelDeployments,
        Self::MarketplaceEndpoints,
    ];

    /// The lists that are always asked for.
    const ALWAYS: [Self; 2] = [Self::FoundationModels, Self::InferenceProfiles];

    /// The lists that these settings want, each once.
    pub(crate) fn wanted(settings: &DiscoverySettings) -> Vec<Self> {
        let mut further: Vec<Self> = settings.include.iter().map(|kind| Self::of(*kind)).collect();
        further.sort_unstable();
        further.dedup();
        Self::ALWAYS.into_iter().chain(further).collect()
    }

    pub(crate) const fn of(further: Further) -> Self {
        match further {
            Further::Provisioned => Self::ProvisionedModels,
            Further::Imported => Self::ImportedModels,
            Further::Custom => Self::CustomModelDeployments,
            Further::Marketplace => Self::MarketplaceEndpoints,
        }
    }
}

impl Further {
    /// The operation that lists these models, by its name in IAM policies.
    pub const fn operation(self) -> &'static str {
        Source::of(self).operation()
    }
}
