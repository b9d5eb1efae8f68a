//! IAM policies: the least that the configuration needs, and who may take on a role.
//!
//! Everything here is worked out from the configuration, the snapshot of the environment and the table of facts. No
//! credentials are needed, nothing is asked, and the same configuration always gives the same policy.

use outcrop_aws::DEFAULT_REGION;
use outcrop_config::ProviderEntry;
use outcrop_core::{ProviderId, Result};
use outcrop_model_facts::Partition;

use crate::{DEFAULT_PROVIDER, Outcrop};
use draft::Draft;
use home::Home;

mod action;
mod document;
mod draft;
mod home;
mod needs;
mod statements;
mod trust;

pub use action::Action;
pub use document::{MANAGED_POLICY_SIZE, PolicyDocument, Principal, Statement};
pub use trust::TrustedService;

/// What a policy shall be for. The default is what the configuration uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyRequest {
    /// The actions to allow; `None` for those that the configuration needs.
    pub actions: Option<Vec<Action>>,
    /// The models to call, as ids, ARNs or `provider/id`; empty for those that the configuration names.
    pub models: Vec<String>,
    /// The account whose profiles and guardrails are used, as 12 digits; `None` for any.
    pub account: Option<String>,
}

impl PolicyRequest {
    /// Only these actions.
    pub fn with_actions(mut self, actions: Vec<Action>) -> Self {
        self.actions = Some(actions);
        self
    }

    /// Only these models, as ids, ARNs or `provider/id`.
    pub fn with_models(mut self, models: Vec<String>) -> Self {
        self.models = models;
        self
    }

    /// Only what belongs to this account, given as 12 digits.
    pub fn with_account(mut self, account: String) -> Self {
        self.account = Some(account);
        self
    }
}

/// A policy, and what is good to know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// The policy itself.
    pub document: PolicyDocument,
    /// What was assumed, and what would make it narrower; one line each.
    pub notes: Vec<String>,
}

impl Outcrop {
    /// The least that a role needs: for the models that the configuration names (the default model, its fallbacks, and
    /// the models of its Bedrock entries), for listing, for its guardrails and for API keys.
    ///
    /// Models behind an inference profile are allowed through that profile only, in every region that it may route to.
    /// A policy that would not fit into a managed policy names these regions as `*`.
    ///
    /// ```
    /// use outcrop::{Outcrop, PolicyRequest, Sources};
    ///
    /// let outcrop = Outcrop::builder(Sources::default()).build();
    /// let request = PolicyRequest::default().with_models(vec!["us.anthropic.claude-sonnet-4-6".to_owned()]);
    /// let policy = outcrop.iam_policy(&request)?;
    /// let profile = "arn:aws:bedrock:us-east-1:*:inference-profile/us.anthropic.claude-sonnet-4-6";
    /// assert!(policy.document.statements().iter().any(|statement| statement.resources == [profile]));
    /// # Ok::<(), outcrop::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`crate::ErrorKind::InvalidRequest`] for a model that is none and an account that is none, and [`crate::ErrorKind::Config`] for
    /// a configuration by which nobody would be called, or that names something that is no region.
    pub fn iam_policy(&self, request: &PolicyRequest) -> Result<Policy> {
        Draft::new(self, request)?.collect()?.finish()
    }

    /// The trust policy of a role that a service takes on, in the partition of the region that is called.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Config`] if what stands for the region cannot be one.
    pub fn trust_policy(&self, service: TrustedService) -> Result<Policy> {
        let home = match self.config().provider(DEFAULT_PROVIDER) {
            Some(entry) => Home::of(self, &entry)?,
            None => Home { region: DEFAULT_REGION.to_owned(), said: false },
        };
        Ok(service.policy(Partition::of_region(&home.region)))
    }

    /// The entries of the configuration that call Bedrock.
    fn bedrock_entries(&self) -> impl Iterator<Item = ProviderEntry<'_>> {
        self.config().providers().filter(|entry| entry.api() == Some(outcrop_provider_bedrock::API))
    }

    fn bedrock_entry(&self, id: &ProviderId) -> Option<ProviderEntry<'_>> {
        self.bedrock_entries().find(|entry| entry.id() == id.as_str())
    }
}

#[cfg(test)]
mod tests;
