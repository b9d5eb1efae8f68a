//! The wiring: configuration, registry, catalogue, resolver, providers with their layers.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use outcrop_aws::Aws;
use outcrop_config::{Config, Diagnostic, ProviderEntry, Settings, Sources};
use outcrop_core::{
    BuildContext, BuiltCatalog, Capabilities, CatalogProblem, Environment, Error, ErrorKind, FactOrigin,
    ModelCard, ModelCatalog, ModelId, ModelProvider, Price, ProviderId, Query, Registry, Result, Snapshot,
};
use outcrop_discovery::Discovery;
use outcrop_layers::Cooldowns;
use outcrop_model_facts::{BedrockId, facts};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::builder::{Builder, schemas};
use crate::fallbacks::is_guarded;
use crate::{DEFAULT_PROVIDER, ModelReference, catalogue, checks, layered};

/// Everything, wired up. Providers and catalogues are built when they are first needed, and shared.
///
/// ```no_run
/// # async fn example() -> outcrop::Result<()> {
/// use outcrop::{ModelProviderExt, Outcrop, Sources};
///
/// let sources = Sources { environment: std::env::vars().collect(), ..Sources::default() };
/// let outcrop = Outcrop::builder(sources).build();
/// let chosen = outcrop.choose(Some("us.anthropic.claude-sonnet-4-6")).await?;
/// let answerer = outcrop.answerer(&chosen).await?;
/// println!("{}", answerer.provider.ask(chosen.reference.model, "Why is the sky blue?").await?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Outcrop {
    environment: Environment,
    config: Config,
    diagnostics: Vec<Diagnostic>,
    registry: Registry,
    aws: Arc<Aws>,
    built: Mutex<HashMap<ProviderId, Built>>,
    cooldowns: Cooldowns,
}

/// A provider entry, built.
#[derive(Debug, Clone)]
struct Built {
    provider: Arc<dyn ModelProvider>,
    catalog: Option<BuiltCatalog>,
}

/// The model to call, and why it is this one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chosen {
    /// The model.
    pub reference: ModelReference,
    /// What to tell the user, if nobody named it.
    pub note: Option<String>,
    /// What could not be found out when it was chosen.
    pub problems: Vec<CatalogProblem>,
    /// The models to ask, in this order, when it cannot answer; none if somebody named it.
    pub fallbacks: Vec<ModelReference>,
}

impl Outcrop {
    /// Puts one together from these sources of configuration.
    pub fn builder(sources: Sources) -> Builder {
        Builder::new(sources)
    }

    pub(crate) fn new(
        environment: Environment,
        config: Config,
        diagnostics: Vec<Diagnostic>,
        registry: Registry,
        aws: Arc<Aws>,
    ) -> Self {
        Self {
            environment,
            config,
            diagnostics,
            registry,
            aws,
            built: Mutex::default(),
            cooldowns: Cooldowns::default(),
        }
    }

    /// Puts another snapshot of the environment in the place of the one that this was built with. From the next call on,
    /// AWS's variables are looked up in it: those of credentials, region and endpoints. The configuration, retries and
    /// proxies stay as they are, and so does everything where an emulator answers.
    ///
    /// Changed files need nothing of the kind: they are seen by themselves.
    pub fn renew_environment(&self, variables: impl IntoIterator<Item = (String, String)>) {
        self.aws.renew_environment(variables.into_iter().collect());
    }

    /// The configuration.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What is wrong with the configuration.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The JSON schema of the configuration, with what the providers add to it.
    pub fn schema(&self) -> Value {
        outcrop_config::schema_with(&schemas(&self.registry))
    }

    /// The same for people, as Markdown: every key with its type, unit, default, and who may set it.
    pub fn schema_reference(&self) -> String {
        outcrop_config::reference(&schemas(&self.registry))
    }

    /// The environment that everything goes by.
    pub(crate) const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// What builds providers and catalogues.
    pub(crate) const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The typed configuration.
    pub(crate) fn settings(&self) -> &Settings {
        self.config.settings()
    }

    /// A reference to a model, read by the providers of the configuration.
    pub fn reference(&self, text: &str) -> ModelReference {
        let ids: Vec<_> = self.config.providers().map(|entry| entry.id().to_owned()).collect();
        ModelReference::parse(text, ids.iter().map(String::as_str))
    }

    /// A provider of the configuration, with its limits, retries and time limits around it, and a span around each call.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if there is no such entry or it is wrong.
    pub async fn provider(&self, id: &ProviderId) -> Result<Arc<dyn ModelProvider>> {
        Ok(self.built(id).await?.provider)
    }

    /// What is known of what a model can do, without asking anybody: by the model behind a profile or a name of the
    /// configuration, as far as that is known.
    ///
    /// # Errors
    /// As [`Outcrop::provider`].
    pub async fn capabilities(&self, reference: &ModelReference) -> Result<Capabilities> {
        let Built { provider, catalog } = self.built(&reference.provider).await?;
        let meant = match catalog.and_then(|catalog| catalog.resolver) {
            Some(resolver) => resolver.resolve(&reference.model).await.ok(),
            None => None,
        };
        let model = meant.map(|meant| meant.base.unwrap_or(meant.callable));
        Ok(provider.capabilities(model.as_ref().unwrap_or(&reference.model)))
    }

    /// Whether the configuration puts a guardrail around every request of a provider, which no caller can replace.
    pub fn has_guardrail(&self, id: &ProviderId) -> bool {
        is_guarded(&self.config, id)
    }

    /// Whether requests of a provider can go through a guardrail: an OpenAI-compatible endpoint would not see it.
    pub fn knows_guardrails(&self, id: &ProviderId) -> bool {
        let entry = self.config.provider(id.as_str());
        entry.is_none_or(|entry| entry.api() != Some(outcrop_provider_openai::API))
    }

    /// The models of a provider.
    ///
    /// # Errors
    /// If nothing could be listed; [`ErrorKind::Unsupported`] for a provider that has no catalogue.
    pub async fn snapshot(&self, id: &ProviderId, query: &Query) -> Result<Snapshot> {
        let catalog = self.built(id).await?.catalog.ok_or_else(|| {
            Error::unsupported(format!("the provider `{id}` cannot list its models")).with_provider(id)
        })?;
        catalog.catalog.snapshot(query).await
    }

    /// The model to call: the one that is named, else the configuration's default, else the best of what can be
    /// called, by the order that [`Discovery::default_model`] documents. The configuration's fallbacks go with a default:
    /// a model that is named is the one that is asked.
    ///
    /// # Errors
    /// If nobody names a model and none can be listed.
    pub async fn choose(&self, named: Option<&str>) -> Result<Chosen> {
        let configured = self.settings().agents.defaults.model.primary.as_deref();
        if let Some(name) = named.or(configured) {
            let reference = self.reference(name);
            catalogue::named(&reference)?;
            let fallbacks = if named.is_some() { Vec::new() } else { self.fallbacks_of(&reference) };
            return Ok(Chosen { reference, note: None, problems: Vec::new(), fallbacks });
        }
        let provider = ProviderId::from(DEFAULT_PROVIDER);
        let snapshot = self.snapshot(&provider, &Query::default()).await?;
        let Some(card) = self.best_of(&provider, &snapshot).await? else {
            let error = Error::new(ErrorKind::ModelNotFound, "no model is configured, and none is listed")
                .with_hint("name one with `-m`");
            return Err(if self.settings().models.bedrock_discovery.enabled == Some(false) {
                error.with_hint("or let AWS be asked: `models.bedrockDiscovery.enabled` is `false`")
            } else {
                error.with_hint("run `outcrop models list` to see what AWS says")
            });
        };
        let reference = ModelReference { provider, model: card.id.clone() };
        let note = format!("no default model is configured: asking `{}` ({})", card.id, card.name);
        let fallbacks = self.fallbacks_of(&reference);
        Ok(Chosen { reference, note: Some(note), problems: snapshot.problems, fallbacks })
    }

    async fn best_of(&self, id: &ProviderId, snapshot: &Snapshot) -> Result<Option<Arc<ModelCard>>> {
        match self.discovery(id).await? {
            Some(discovery) => Ok(discovery.default_model(snapshot).await),
            None => Ok(snapshot.models.first().cloned()),
        }
    }

    /// The catalogue of a provider's models, if it has one.
    pub(crate) async fn catalog(&self, id: &ProviderId) -> Result<Option<Arc<dyn ModelCatalog>>> {
        Ok(self.built(id).await?.catalog.map(|built| built.catalog))
    }

    /// The catalogue of a provider's models on Bedrock; `None` if it has another one, or none.
    pub(crate) async fn discovery(&self, id: &ProviderId) -> Result<Option<Discovery>> {
        let Some(catalog) = self.catalog(id).await? else { return Ok(None) };
        let catalog: &dyn Any = &*catalog;
        Ok(catalog.downcast_ref::<Discovery>().cloned())
    }

    /// What a call costs, by the id that was called for the one that was asked for, and by the region of the call: as its
    /// card in the catalogue says, which knows the configuration too, else by the table of facts. `tier`: the service tier
    /// that answered, if the service said one. `None` if nobody knows.
    pub async fn price(&self, asked: &ModelReference, called: &ModelId, tier: Option<&str>) -> Option<Price> {
        let catalog = self.built(&asked.provider).await.ok()?.catalog?;
        let Some(discovery) = self.discovery(&asked.provider).await.ok()? else {
            let resolved = catalog.resolver?.resolve(called).await.ok()?;
            return resolved.card?.price.clone();
        };
        let model = match outcrop_discovery::region_of(asked.model.as_str()) {
            Some(region) => ModelId::from(format!("{called}@{region}")),
            None => called.clone(),
        };
        let resolved = catalog.resolver?.resolve(&model).await.ok()?;
        let home = discovery.region().await;
        let id = BedrockId::parse(resolved.callable.as_str());
        let region = resolved.region.as_deref().or(id.region()).or(home.as_deref());
        // A card of several regions has the price of the first.
        let elsewhere = |card: &ModelCard| {
            region.is_some()
                && card.regions.first().map(String::as_str) != region
                && card.origin.get("cost") != Some(&FactOrigin::Config)
        };
        let tier = tier.filter(|tier| *tier != "default");
        let of_card = |card: &Arc<ModelCard>| match tier {
            None => card.price.clone(),
            Some(tier) => card.price_terms.as_ref()?.tiers.get(tier).copied().map(Price::flat),
        };
        let known = || {
            let known = facts::price_of(&id, region)?;
            match tier {
                None => Some(known.price.clone()),
                Some(tier) => {
                    let rates = known.tiers.iter().find(|(name, _)| name.as_str() == tier);
                    rates.map(|(_, rates)| Price::flat(*rates))
                }
            }
        };
        let listed = resolved.card.as_ref().filter(|card| !elsewhere(card)).and_then(of_card);
        listed.or_else(known).or_else(|| resolved.card.as_ref().and_then(of_card))
    }

    /// The model that is called for a reference.
    pub(crate) async fn called(&self, reference: &ModelReference) -> ModelReference {
        let resolver = self.built(&reference.provider).await.ok().and_then(|built| built.catalog?.resolver);
        let Some(resolver) = resolver else { return reference.clone() };
        match resolver.resolve(&reference.model).await {
            Ok(found) => ModelReference { provider: reference.provider.clone(), model: found.callable },
            Err(_) => reference.clone(),
        }
    }

    /// A provider and the catalogue beside it.
    #[cfg(feature = "conformance")]
    pub(crate) async fn provider_and_catalog(
        &self,
        id: &ProviderId,
    ) -> Result<(Arc<dyn ModelProvider>, Option<Arc<dyn outcrop_core::ModelCatalog>>)> {
        let Built { provider, catalog } = self.built(id).await?;
        Ok((provider, catalog.map(|catalog| catalog.catalog)))
    }

    async fn built(&self, id: &ProviderId) -> Result<Built> {
        let mut built = self.built.lock().await;
        if let Some(known) = built.get(id) {
            return Ok(known.clone());
        }
        let new = self.build(id).await?;
        built.insert(id.clone(), new.clone());
        Ok(new)
    }

    async fn build(&self, id: &ProviderId) -> Result<Built> {
        let entry = self.entry(id)?;
        let Some(api) = entry.api() else {
            let apis: Vec<_> = self.registry.factories().map(|it| format!("`{}`", it.api())).collect();
            return Err(Error::config(format!("the provider `{id}` has no `api`"))
                .with_hint(format!("set `models.providers.\"{id}\".api` to one of {}", apis.join(", "))));
        };
        let factory = self.registry.factory(api)?;
        if self.aws.is_closed_world() && factory.api() == outcrop_provider_openai::API {
            return Err(Error::unsupported(format!(
                "the emulator stands in for AWS alone, and `{id}` is called elsewhere"
            ))
            .with_provider(id)
            .with_hint("leave `--emulator` out"));
        }
        let context = BuildContext::new(id.clone(), self.environment.clone());
        let catalog = match self.registry.catalog(api) {
            Some(factory) => Some(factory.build(&checks::of_catalog(&self.config, &entry), &context).await?),
            None => None,
        };
        let resolver = catalog.as_ref().and_then(|catalog| catalog.resolver.clone());
        let context = context.with_resolver(resolver);
        let inner = factory.build(entry.settings(), &context).await?;
        let trace = self.settings().trace;
        let provider = layered::around(inner, api, entry.provider(), trace, &self.environment)?;
        Ok(Built { provider, catalog })
    }

    /// An entry of the configuration by which somebody may be called.
    pub(crate) fn entry(&self, id: &ProviderId) -> Result<ProviderEntry<'_>> {
        let Some(entry) = self.config.provider(id.as_str()) else {
            let known: Vec<_> = self.config.providers().map(|entry| format!("`{}`", entry.id())).collect();
            return Err(Error::config(format!("there is no provider `{id}`"))
                .with_hint(format!("the configuration has {}", known.join(", "))));
        };
        self.refuse_unsafe(id)?;
        Ok(entry)
    }

    /// The models that failed lately, of all who ask through this.
    pub(crate) const fn cooldowns(&self) -> &Cooldowns {
        &self.cooldowns
    }

    /// The sessions that everything shares that calls AWS.
    pub(crate) const fn aws(&self) -> &Arc<Aws> {
        &self.aws
    }

    /// Refuses to call anybody by a configuration in which something is wrong with who calls, where to, or under which
    /// guardrail.
    pub(crate) fn refuse_unsafe(&self, id: &ProviderId) -> Result<()> {
        match checks::forbids_calls(&self.diagnostics, id.as_str()) {
            None => Ok(()),
            Some(diagnostic) => {
                Err(Error::config(format!("nothing is sent by a wrong configuration: {diagnostic}"))
                    .with_hint("run `outcrop config check` to see all that is wrong"))
            }
        }
    }
}
