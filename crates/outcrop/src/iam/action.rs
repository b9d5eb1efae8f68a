//! What may be permitted: single actions of IAM, and groups of them by what they are for.

use outcrop_config::Further;

/// An action of IAM that Outcrop may need.
///
/// Names and resource types are those of "Actions, resources, and condition keys for Amazon Bedrock" in the Service
/// Authorization Reference. Converse and ConverseStream have no actions of their own: they are allowed by the two
/// invoke actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Action {
    /// `bedrock:ApplyGuardrail`: calls under a guardrail.
    ApplyGuardrail,
    /// `bedrock:CallWithBearerToken`: calls with a Bedrock API key; needed beside the action that is called.
    CallWithBearerToken,
    /// `bedrock:CountTokens`: counts the tokens of a request, for foundation models only.
    CountTokens,
    /// `bedrock:GetFoundationModelAvailability`: asks whether the account may call a model.
    GetFoundationModelAvailability,
    /// `bedrock:GetInferenceProfile`: reads which model an inference profile leads to.
    GetInferenceProfile,
    /// `bedrock:InvokeModel`: answers in one piece.
    InvokeModel,
    /// `bedrock:InvokeModelWithResponseStream`: streamed answers.
    InvokeModelWithResponseStream,
    /// `bedrock:ListCustomModelDeployments`: lists the deployments of custom models.
    ListCustomModelDeployments,
    /// `bedrock:ListFoundationModels`: lists the models of a region.
    ListFoundationModels,
    /// `bedrock:ListImportedModels`: lists the imported models.
    ListImportedModels,
    /// `bedrock:ListInferenceProfiles`: lists the inference profiles of a region.
    ListInferenceProfiles,
    /// `bedrock:ListMarketplaceModelEndpoints`: lists the endpoints of marketplace models.
    ListMarketplaceModelEndpoints,
    /// `bedrock:ListProvisionedModelThroughputs`: lists the provisioned throughput.
    ListProvisionedModelThroughputs,
}

/// Groups of actions, by the word that stands for them.
const GROUPS: [(&str, &[Action]); 8] = [
    ("invoke", &[Action::InvokeModel, Action::InvokeModelWithResponseStream]),
    ("list", &Action::LIST),
    ("list-further", &Action::LIST_FURTHER),
    ("guardrail", &[Action::ApplyGuardrail]),
    ("count-tokens", &[Action::CountTokens]),
    ("profile", &[Action::GetInferenceProfile]),
    ("access", &[Action::GetFoundationModelAvailability]),
    ("bearer", &[Action::CallWithBearerToken]),
];

impl Action {
    /// Every action, sorted by name.
    pub const ALL: [Self; 13] = [
        Self::ApplyGuardrail,
        Self::CallWithBearerToken,
        Self::CountTokens,
        Self::GetFoundationModelAvailability,
        Self::GetInferenceProfile,
        Self::InvokeModel,
        Self::InvokeModelWithResponseStream,
        Self::ListCustomModelDeployments,
        Self::ListFoundationModels,
        Self::ListImportedModels,
        Self::ListInferenceProfiles,
        Self::ListMarketplaceModelEndpoints,
        Self::ListProvisionedModelThroughputs,
    ];

    /// What every list of models needs.
    pub(super) const LIST: [Self; 2] = [Self::ListFoundationModels, Self::ListInferenceProfiles];

    /// What `models.bedrockDiscovery.include` may need besides.
    pub(super) const LIST_FURTHER: [Self; 4] = [
        Self::ListCustomModelDeployments,
        Self::ListImportedModels,
        Self::ListMarketplaceModelEndpoints,
        Self::ListProvisionedModelThroughputs,
    ];

    /// What a kind of further models is listed with.
    pub(crate) const fn listing(further: Further) -> Option<Self> {
        match further {
            Further::Provisioned => Some(Self::ListProvisionedModelThroughputs),
            Further::Imported => Some(Self::ListImportedModels),
            Further::Custom => Some(Self::ListCustomModelDeployments),
            Further::Marketplace => Some(Self::ListMarketplaceModelEndpoints),
            _ => None,
        }
    }

    /// The two actions that call models.
    pub(super) const INVOKE: [Self; 2] = [Self::InvokeModel, Self::InvokeModelWithResponseStream];

    /// The name in a policy.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ApplyGuardrail => "bedrock:ApplyGuardrail",
            Self::CallWithBearerToken => "bedrock:CallWithBearerToken",
            Self::CountTokens => "bedrock:CountTokens",
            Self::GetFoundationModelAvailability => "bedrock:GetFoundationModelAvailability",
            Self::GetInferenceProfile => "bedrock:GetInferenceProfile",
            Self::InvokeModel => "bedrock:InvokeModel",
            Self::InvokeModelWithResponseStream => "bedrock:InvokeModelWithResponseStream",
            Self::ListCustomModelDeployments => "bedrock:ListCustomModelDeployments",
            Self::ListFoundationModels => "bedrock:ListFoundationModels",
            Self::ListImportedModels => "bedrock:ListImportedModels",
            Self::ListInferenceProfiles => "bedrock:ListInferenceProfiles",
            Self::ListMarketplaceModelEndpoints => "bedrock:ListMarketplaceModelEndpoints",
            Self::ListProvisionedModelThroughputs => "bedrock:ListProvisionedModelThroughputs",
        }
    }

    /// The operation that it permits, as AWS calls it.
    pub(crate) fn operation(self) -> &'static str {
        self.name().trim_start_matches("bedrock:")
    }

    /// Every word that [`named`](Self::named) understands: the groups, then the actions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        GROUPS.iter().map(|(group, _)| *group).chain(Self::ALL.iter().map(|action| action.name()))
    }

    /// The actions that a word stands for: a group such as `invoke`, or the full name of an action.
    ///
    /// ```
    /// use outcrop::Action;
    ///
    /// assert_eq!(Action::named("count-tokens"), Some(&[Action::CountTokens][..]));
    /// assert_eq!(Action::named("bedrock:InvokeModel"), Some(&[Action::InvokeModel][..]));
    /// assert_eq!(Action::named("bedrock:DeleteEverything"), None);
    /// ```
    pub fn named(word: &str) -> Option<&'static [Self]> {
        const ALL: &[Action] = &Action::ALL;
        let group = GROUPS.iter().find(|(group, _)| *group == word).map(|(_, actions)| *actions);
        group.or_else(|| ALL.iter().find(|action| action.name() == word).map(std::slice::from_ref))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_understood_and_every_action_has_a_group() {
        assert!(Action::ALL.is_sorted_by_key(|action| action.name()));
        for word in Action::names() {
            assert!(Action::named(word).is_some_and(|actions| !actions.is_empty()), "{word}");
        }
        for action in Action::ALL {
            let grouped = GROUPS.iter().any(|(_, actions)| actions.contains(&action));
            assert!(grouped, "{}", action.name());
            assert_eq!(Action::named(action.name()), Some(&[action][..]));
        }
        assert_eq!(Action::named("Invoke"), None);
    }
}
