//! What somebody writes to have a provider tested.

use std::fmt;
use std::sync::Arc;

use outcrop_core::{ModelCatalog, ModelProvider, async_trait};

use crate::{Manifest, Script};

/// Wires a provider to a fake of its upstream, as [`Script`]s want it.
#[async_trait]
pub trait Harness: Send + Sync + 'static {
    /// What the provider can do, and what it cannot.
    fn manifest(&self) -> Manifest;

    /// A new provider whose upstream acts out the script. Called within a tokio runtime of one thread, with its timer and
    /// its network on, that lives as long as the provider; the fake may run in tasks of it.
    ///
    /// # Errors
    /// If the fake cannot act the script out. As scripts need declared features only, this fails the scenario.
    async fn provider(&self, script: &Script) -> Result<Wired, Unplayable>;
}

/// A harness that is shared is one.
#[async_trait]
impl<H: Harness + ?Sized> Harness for Arc<H> {
    fn manifest(&self) -> Manifest {
        (**self).manifest()
    }

    async fn provider(&self, script: &Script) -> Result<Wired, Unplayable> {
        (**self).provider(script).await
    }
}

/// The other side of a provider under test.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// The bodies of all calls so far, as they came, in the order in which the answers of the script were given to them: the kit looks for texts and for images in them,
    /// the latter as they are or in base64. What is not a call of a model (a token, a listing) does not belong here.
    fn received(&self) -> Vec<Vec<u8>>;

    /// Resolves as soon as the upstream knows that a call of a model was cancelled: that the connection closed, say,
    /// before the answer was over.
    async fn cancelled(&self);
}

/// A provider, and the fake that it is wired to.
#[non_exhaustive]
pub struct Wired {
    /// The provider.
    pub provider: Arc<dyn ModelProvider>,
    /// Its upstream.
    pub upstream: Arc<dyn Upstream>,
    /// The catalogue beside it.
    pub catalog: Option<Arc<dyn ModelCatalog>>,
}

impl Wired {
    /// A provider without a catalogue.
    pub fn new(provider: Arc<dyn ModelProvider>, upstream: Arc<dyn Upstream>) -> Self {
        Self { provider, upstream, catalog: None }
    }

    /// Adds the catalogue.
    pub fn with_catalog(mut self, catalog: Arc<dyn ModelCatalog>) -> Self {
        self.catalog = Some(catalog);
        self
    }
}

impl fmt::Debug for Wired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { provider, upstream: _, catalog } = self;
        f.debug_struct("Wired").field("provider", provider).field("catalog", catalog).finish_non_exhaustive()
    }
}

/// Why a fake cannot act out a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unplayable(String);

impl Unplayable {
    /// The reason: one lower-case line.
    pub fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

impl fmt::Display for Unplayable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unplayable {}
