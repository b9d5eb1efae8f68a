//! References to models: `provider/id`, or just an id.

use outcrop_core::{ModelId, ProviderId};

/// The provider that is meant when none is named.
pub const DEFAULT_PROVIDER: &str = "amazon-bedrock";

/// A model of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelReference {
    /// The provider's id.
    pub provider: ProviderId,
    /// The model's id, as the provider understands it.
    pub model: ModelId,
}

impl ModelReference {
    /// Reads `provider/id` or `id`. What stands before the first `/` is a provider only if it is one of `providers`:
    /// ids and ARNs may hold slashes themselves.
    ///
    /// ```
    /// use outcrop::ModelReference;
    /// let known = ["amazon-bedrock", "local"];
    /// let reference = ModelReference::parse("local/qwen/qwen3", known);
    /// assert_eq!((reference.provider.as_str(), reference.model.as_str()), ("local", "qwen/qwen3"));
    /// let reference = ModelReference::parse("arn:aws:bedrock:us-east-1:1:application-inference-profile/a", known);
    /// assert_eq!(reference.provider.as_str(), "amazon-bedrock");
    /// ```
    pub fn parse<'a>(text: &str, providers: impl IntoIterator<Item = &'a str>) -> Self {
        let text = text.trim();
        let named = text
            .split_once('/')
            .filter(|(provider, _)| providers.into_iter().any(|known| known == *provider));
        let (provider, model) = named.unwrap_or((DEFAULT_PROVIDER, text));
        Self { provider: provider.into(), model: model.into() }
    }

    /// The reference as one would type it: the id alone, if the provider is the one that is meant without a name.
    pub fn short(&self) -> String {
        if self.provider == *DEFAULT_PROVIDER { self.model.to_string() } else { self.key() }
    }

    /// The reference in full: `provider/id`.
    pub fn key(&self) -> String {
        format!("{}/{}", self.provider, self.model)
    }
}
