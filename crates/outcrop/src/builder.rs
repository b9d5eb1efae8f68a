//! What a program says before it starts.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use outcrop_aws::{AccessKeys, Aws, ClosedWorld, MfaPrompt};
use outcrop_config::{Loaded, Loader, ProviderSchema, Sources};
use outcrop_core::{Environment, Registry, Secret};

use crate::{Outcrop, checks};

/// Puts an [`Outcrop`] together. Nothing is read from the process: the environment comes with the sources.
#[derive(Debug)]
pub struct Builder {
    sources: Sources,
    cache: Option<PathBuf>,
    emulator: Option<Emulator>,
    mfa: Option<Arc<dyn MfaPrompt>>,
    long_running: bool,
    plugins: Vec<Plugin>,
}

/// What a program adds to the registry.
struct Plugin(Box<dyn FnOnce(Registry) -> Registry + Send>);

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plugin")
    }
}

/// An emulator to talk to instead of AWS.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Emulator {
    /// Where both planes answer.
    pub endpoint: String,
    /// The access key id that it accepts.
    pub access_key_id: String,
    /// The secret access key that it accepts.
    pub secret_access_key: Secret,
}

impl Emulator {
    /// An emulator that answers at this endpoint, and accepts this key.
    pub fn new(
        endpoint: impl Into<String>,
        access_key_id: impl Into<String>,
        secret_access_key: Secret,
    ) -> Self {
        Self { endpoint: endpoint.into(), access_key_id: access_key_id.into(), secret_access_key }
    }
}

impl Builder {
    pub(crate) fn new(sources: Sources) -> Self {
        Self { sources, cache: None, emulator: None, mfa: None, long_running: false, plugins: Vec::new() }
    }

    /// Keeps lists of models in this folder; without one, they are kept in memory only.
    pub fn cache(mut self, folder: Option<PathBuf>) -> Self {
        self.cache = folder;
        self
    }

    /// Talks to an emulator: ambient credentials, endpoints and caches are neither used nor sent.
    pub fn emulator(mut self, emulator: Emulator) -> Self {
        self.emulator = Some(emulator);
        self
    }

    /// Says that the program runs long, as a server does: a list of models that is too old is served at once, and a new
    /// one is fetched meanwhile.
    pub const fn long_running(mut self, long_running: bool) -> Self {
        self.long_running = long_running;
        self
    }

    /// Asks this one for the one-time codes that AWS profiles with `mfa_serial` need; without it, they are an error.
    pub fn mfa_prompt(mut self, prompt: Arc<dyn MfaPrompt>) -> Self {
        self.mfa = Some(prompt);
        self
    }

    /// Adds providers and catalogues, or puts others in the place of the built-in ones.
    ///
    /// ```
    /// use outcrop::{Outcrop, Sources, outcrop_core::scripted};
    /// let outcrop = Outcrop::builder(Sources::default()).plugins(|registry| registry.with(scripted::factory())).build();
    /// ```
    pub fn plugins(mut self, add: impl FnOnce(Registry) -> Registry + Send + 'static) -> Self {
        self.plugins.push(Plugin(Box::new(add)));
        self
    }

    /// Loads the configuration and wires everything up. It never fails: what is wrong with the configuration is in
    /// [`Outcrop::diagnostics`], and what does not need the wrong value works.
    pub fn build(self) -> Outcrop {
        let ambient: Environment = self.sources.environment.clone().into_iter().collect();
        let (environment, aws, cache) = match self.emulator {
            // Nothing of the environment counts in there.
            Some(emulator) => (Environment::default(), Aws::closed_world(closed_world(emulator)), None),
            None => (ambient.clone(), Aws::new(ambient), self.cache),
        };
        let aws = Arc::new(match self.mfa {
            Some(prompt) => aws.with_mfa_prompt(prompt),
            None => aws,
        });
        let discovery = outcrop_discovery::factory(Arc::clone(&aws), cache).serving_stale(self.long_running);
        let registry = Registry::new()
            .with(outcrop_provider_bedrock::factory(Arc::clone(&aws)))
            .with_catalog(discovery)
            .with(outcrop_provider_openai::factory())
            .with_catalog(outcrop_provider_openai::catalog_factory());
        let registry = self.plugins.into_iter().fold(registry, |registry, plugin| plugin.0(registry));
        let Loaded { config, mut diagnostics, .. } =
            Loader::new(self.sources).with_providers(schemas(&registry)).load();
        diagnostics.extend(checks::diagnostics(&config, &registry, &diagnostics));
        config.put_in_order(&mut diagnostics);
        Outcrop::new(environment, config, diagnostics, registry, aws)
    }
}

fn closed_world(emulator: Emulator) -> ClosedWorld {
    let keys = AccessKeys::new(emulator.access_key_id, emulator.secret_access_key);
    ClosedWorld::new(emulator.endpoint, keys)
}

/// What the factories add to the schema of the configuration.
pub(crate) fn schemas(registry: &Registry) -> Vec<ProviderSchema> {
    registry.factories().map(|factory| ProviderSchema::new(factory.api(), factory.schema())).collect()
}
