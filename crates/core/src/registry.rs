//! How providers plug in: factories by the `api` value of a provider entry.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Error, ModelCatalog, ModelProvider, ModelResolver, ProviderId, Result};

/// Builds providers from entries of the configuration.
#[async_trait]
pub trait ProviderFactory: Debug + Send + Sync {
    /// The `api` value of the entries that this builds, such as `bedrock-converse-stream`.
    fn api(&self) -> &str;

    /// The name of the crate, for `providers list`.
    fn crate_name(&self) -> &'static str;

    /// JSON schema (draft-07) of the settings that an entry may have beside those of every entry (`region`, `timeouts` and
    /// others, which the configuration describes); spliced into the schema of the configuration. None unless this is
    /// overridden.
    fn schema(&self) -> Value {
        json!({ "type": "object" })
    }

    /// What is wrong with an entry's settings, as far as can be told without the network: nothing, unless this is
    /// overridden.
    fn check(&self, settings: &Value) -> Vec<SettingProblem> {
        let _ = settings;
        Vec::new()
    }

    /// Builds the provider of an entry. No network: connections are made when they are needed.
    async fn build(&self, settings: &Value, context: &BuildContext) -> Result<Arc<dyn ModelProvider>>;
}

/// Builds catalogues from entries of the configuration.
#[async_trait]
pub trait CatalogFactory: Debug + Send + Sync {
    /// The `api` value of the entries whose models this lists.
    fn api(&self) -> &str;

    /// What is wrong with the settings that [`CatalogFactory::build`] is given, as far as can be told without the network.
    fn check(&self, settings: &Value) -> Vec<SettingProblem>;

    /// Builds the catalogue of an entry. `settings` are the entry, with what the configuration says of all catalogues as
    /// `discovery` and `overrides`. No network.
    async fn build(&self, settings: &Value, context: &BuildContext) -> Result<BuiltCatalog>;
}

const _: fn(&dyn ProviderFactory, &dyn CatalogFactory) = |_, _| {};

/// What a [`CatalogFactory`] makes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BuiltCatalog {
    /// The catalogue.
    pub catalog: Arc<dyn ModelCatalog>,
    /// What resolves ids by it.
    pub resolver: Option<Arc<dyn ModelResolver>>,
}

impl BuiltCatalog {
    /// A catalogue that resolves no ids.
    pub const fn new(catalog: Arc<dyn ModelCatalog>) -> Self {
        Self { catalog, resolver: None }
    }

    /// The same with what resolves ids by it.
    pub fn with_resolver(mut self, resolver: Arc<dyn ModelResolver>) -> Self {
        self.resolver = Some(resolver);
        self
    }
}

/// Something wrong with a provider entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SettingProblem {
    /// JSON pointer (RFC 6901) from the entry to the value, such as `/timeouts/idle`.
    pub pointer: String,
    /// What is wrong, as one lower-case line.
    pub message: String,
    /// The values that are allowed, if they can be listed.
    pub allowed: Vec<String>,
}

impl SettingProblem {
    /// What is wrong where; nothing is said of what is allowed.
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into(), allowed: Vec::new() }
    }

    /// The same with the values that are allowed.
    pub fn with_allowed(mut self, allowed: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.allowed = allowed.into_iter().map(Into::into).collect();
        self
    }
}

/// What a factory may use.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BuildContext {
    /// The id of the entry that is built.
    pub provider: ProviderId,
    /// What resolves model ids, if anything does.
    pub resolver: Option<Arc<dyn ModelResolver>>,
    /// The environment variables at the start of the program.
    pub environment: Environment,
}

impl BuildContext {
    /// A context without a resolver.
    pub const fn new(provider: ProviderId, environment: Environment) -> Self {
        Self { provider, resolver: None, environment }
    }

    /// The same with a resolver.
    pub fn with_resolver(mut self, resolver: Option<Arc<dyn ModelResolver>>) -> Self {
        self.resolver = resolver;
        self
    }
}

/// A snapshot of environment variables. Cheap to clone; `Debug` shows names, never values.
#[derive(Clone, Default)]
pub struct Environment(Arc<BTreeMap<String, String>>);

impl Environment {
    /// The value of a variable, trimmed; one that is empty or only white space counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The value of a variable exactly as it is.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All variables, sorted by name, exactly as they are.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(Arc::new(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
    }
}

impl Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The factories that a program is built with, put together by hand: no global list, no code before `main`.
///
/// ```
/// use outcrop_core::{Registry, scripted};
/// let registry = Registry::new().with(scripted::factory());
/// assert_eq!(registry.factory("scripted").unwrap().crate_name(), "outcrop-core");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Registry {
    providers: Vec<Arc<dyn ProviderFactory>>,
    catalogs: Vec<Arc<dyn CatalogFactory>>,
}

impl Registry {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a provider factory; it takes the place of an earlier one for the same `api`.
    pub fn with(mut self, factory: impl ProviderFactory + 'static) -> Self {
        self.providers.retain(|known| known.api() != factory.api());
        self.providers.push(Arc::new(factory));
        self
    }

    /// Adds a catalogue factory; it takes the place of an earlier one for the same `api`.
    pub fn with_catalog(mut self, factory: impl CatalogFactory + 'static) -> Self {
        self.catalogs.retain(|known| known.api() != factory.api());
        self.catalogs.push(Arc::new(factory));
        self
    }

    /// The provider factories, in the order they were added.
    pub fn factories(&self) -> impl Iterator<Item = &dyn ProviderFactory> {
        self.providers.iter().map(|factory| &**factory)
    }

    /// The factory of an `api` value.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Config`], with the values that there are.
    pub fn factory(&self, api: &str) -> Result<&dyn ProviderFactory> {
        self.factories().find(|factory| factory.api() == api).ok_or_else(|| {
            let known: Vec<_> = self.factories().map(|factory| format!("`{}`", factory.api())).collect();
            Error::config(format!("no provider speaks the api `{api}`"))
                .with_hint(format!("set `api` to one of {}", known.join(", ")))
        })
    }

    /// The catalogue factory of an `api` value, if there is one.
    pub fn catalog(&self, api: &str) -> Option<&dyn CatalogFactory> {
        self.catalogs.iter().map(|factory| &**factory).find(|factory| factory.api() == api)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_variables_are_absent_and_values_stay_out_of_debug() {
        let environment: Environment =
            [("AWS_REGION", "  "), ("AWS_PROFILE", " dev "), ("AWS_SECRET_ACCESS_KEY", "hush")]
                .into_iter()
                .collect();
        assert_eq!(environment.get("AWS_REGION"), None);
        assert_eq!(environment.get("AWS_PROFILE"), Some("dev"));
        assert_eq!(environment.raw("AWS_REGION"), Some("  "));
        assert!(!format!("{environment:?}").contains("hush"));
    }

    #[test]
    fn an_unknown_api_names_the_known_ones() {
        let registry = Registry::new().with(crate::scripted::factory());
        let error = registry.factory("nope").unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Config);
        assert_eq!(error.hints(), ["set `api` to one of `scripted`"]);
    }
}
