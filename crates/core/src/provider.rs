//! The plugin trait.

use std::any::Any;
use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures_core::stream::BoxStream;

use crate::{
    Capabilities, EmbedRequest, Embeddings, Error, Event, ModelId, ProviderId, Request, Response, Result,
    TokenCount, collect,
};

/// The events of one answer. Owned: it borrows nothing of the provider or the request. Dropping it cancels the call
/// upstream.
pub type EventStream = BoxStream<'static, Result<Event>>;

/// Answers requests: the one trait that makes a provider.
///
/// Only [`id`](Self::id), [`capabilities`](Self::capabilities) and [`stream`](Self::stream) are required. A layer
/// around a provider implements every method and forwards what it does not change.
#[async_trait]
pub trait ModelProvider: Any + Debug + Send + Sync {
    /// The provider's id: the key of its entry in the configuration.
    fn id(&self) -> &ProviderId;

    /// What is known of a model.
    ///
    /// # Contract
    /// - Cheap: no network, no waiting.
    /// - What is not known is [`crate::Support::Unknown`].
    fn capabilities(&self, model: &ModelId) -> Capabilities;

    /// Sends a request and streams the answer.
    ///
    /// # Contract
    /// - Resolves once the service accepted the request and sent a first event; a failure until then is the `Err` of
    ///   this future, so that retries and fallbacks can act on it.
    /// - The stream keeps the grammar of [`crate::Event`] and the laws that [`crate::Laws`] checks.
    /// - Dropping the stream cancels the call upstream.
    /// - Never retries by itself.
    async fn stream(&self, request: &Request) -> Result<EventStream>;

    /// Sends a request and waits for the whole answer.
    ///
    /// # Contract
    /// - Equals `collect(stream)` apart from request id and latency. Override it only where the service answers in
    ///   one piece better than in many.
    async fn generate(&self, request: &Request) -> Result<Response> {
        collect(self.stream(request).await?).await
    }

    /// Counts the tokens of a request without sending it to the model.
    async fn count_tokens(&self, request: &Request) -> Result<TokenCount> {
        let _ = request;
        Err(Error::unsupported("this provider cannot count tokens").with_provider(self.id()))
    }

    /// Turns texts into vectors.
    async fn embed(&self, request: &EmbedRequest) -> Result<Embeddings> {
        let _ = request;
        Err(Error::unsupported("this provider has no embeddings").with_provider(self.id()))
    }

    /// The provider inside, if this is a layer around one.
    fn inner(&self) -> Option<&dyn ModelProvider> {
        None
    }
}

/// A provider can be used behind a pointer; this stops compiling if that ever changes.
const _: fn(&dyn ModelProvider) = |_| {};

/// Something that wraps a provider in another one: retries, timeouts, traces.
pub trait Layer {
    /// Wraps `inner`.
    fn layer(&self, inner: Arc<dyn ModelProvider>) -> Arc<dyn ModelProvider>;
}

/// What every provider can do on top of its trait.
pub trait ModelProviderExt {
    /// This provider as a trait object.
    fn as_dyn(&self) -> &dyn ModelProvider;

    /// The provider of type `T` in this stack of layers, from the outside in. The only downcast there is.
    fn find<T: ModelProvider>(&self) -> Option<&T> {
        let mut provider = self.as_dyn();
        loop {
            let any: &dyn Any = provider;
            if let Some(found) = any.downcast_ref() {
                return Some(found);
            }
            provider = provider.inner()?;
        }
    }

    /// Asks a model one question and waits for the text of the answer.
    ///
    /// # Errors
    /// As [`ModelProvider::generate`].
    fn ask(
        &self,
        model: impl Into<ModelId>,
        prompt: impl Into<String>,
    ) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>> {
        let request = Request::new(model).user(prompt.into());
        let provider = self.as_dyn();
        Box::pin(async move { Ok(provider.generate(&request).await?.text()) })
    }
}

impl<P: ModelProvider> ModelProviderExt for P {
    fn as_dyn(&self) -> &dyn ModelProvider {
        self
    }
}

impl ModelProviderExt for dyn ModelProvider {
    fn as_dyn(&self) -> &dyn ModelProvider {
        self
    }
}
