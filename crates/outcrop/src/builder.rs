//! What a program says before it starts.

use std::path::PathBuf;
use std::sync::Arc;

use outcrop_aws::{AccessKeys, Aws, ClosedWorld};
use outcrop_config::{Diagnostic, Loaded, Loader, ProviderSchema, Sources};
use outcrop_core::{Environment, Registry, Secret};

use crate::Outcrop;

/// Puts an [`Outcrop`] together. Nothing is read from the process: the environment comes with the sources.
#[derive(Debug)]
pub struct Builder {
    sources: Sources,
    cache: Option<PathBuf>,
    emulator: Option<Emulator>,
    known_variables: Vec<String>,
}

/// An emulator to talk to instead of AWS.
#[derive(Debug, Clone)]
pub struct Emulator {
    /// Where both planes answer.
    pub endpoint: String,
    /// The access key id that it accepts.
    pub access_key_id: String,
    /// The secret access key that it accepts.
    pub secret_access_key: String,
}

impl Builder {
    pub(crate) fn new(sources: Sources) -> Self {
        Self { sources, cache: None, emulator: None, known_variables: Vec::new() }
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

    /// `OUTCROP_*` variables that the program reads itself, so that nobody warns about them.
    pub fn known_variables<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.known_variables.extend(names.into_iter().map(Into::into));
        self
    }

    /// Loads the configuration and wires everything up. It never fails: what is wrong with the configuration is in
    /// [`Outcrop::diagnostics`], and what does not need the wrong value works.
    pub fn build(self) -> Outcrop {
        let environment: Environment = self.sources.environment.clone().into_iter().collect();
        let (aws, cache) = match self.emulator {
            Some(emulator) => (Aws::closed_world(closed_world(emulator)), None),
            None => (Aws::new(environment.clone()), self.cache),
        };
        let aws = Arc::new(aws);
        let registry = Registry::new()
            .with(outcrop_provider_bedrock::factory(Arc::clone(&aws)))
            .with_catalog(outcrop_discovery::factory(aws, cache));
        let Loaded { config, mut diagnostics, .. } = Loader::new(self.sources)
            .with_providers(schemas(&registry))
            .also_known(self.known_variables)
            .load();
        diagnostics.extend(entry_diagnostics(&config, &registry));
        Outcrop::new(environment, config, diagnostics, registry)
    }
}

fn closed_world(emulator: Emulator) -> ClosedWorld {
    ClosedWorld {
        endpoint: emulator.endpoint,
        keys: AccessKeys {
            access_key_id: emulator.access_key_id,
            secret_access_key: Secret::new(emulator.secret_access_key),
            session_token: None,
        },
    }
}

/// What the factories add to the schema of the configuration.
pub(crate) fn schemas(registry: &Registry) -> Vec<ProviderSchema> {
    registry
        .factories()
        .map(|factory| ProviderSchema { api: factory.api().to_owned(), schema: factory.schema() })
        .collect()
}

/// What the factories find wrong with the entries, at its place in the files.
fn entry_diagnostics(config: &outcrop_config::Config, registry: &Registry) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for entry in config.providers() {
        let Some(factory) = entry.api().and_then(|api| registry.factory(api).ok()) else { continue };
        let problems = factory.check(entry.settings()).into_iter();
        diagnostics.extend(
            problems.map(|problem| entry.diagnostic(&problem.pointer, problem.message, &problem.allowed)),
        );
    }
    diagnostics
}
