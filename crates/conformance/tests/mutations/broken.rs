//! A provider around a good one that breaks one thing.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use outcrop_core::{
    Capabilities, EmbedRequest, Embeddings, Error, Event, EventStream, Layer, ModelId, ModelProvider,
    ProviderId, Request, Response, Result, TokenCount, async_trait, collect,
};

/// The layer that breaks.
pub(crate) struct Broken(pub(crate) How);

/// What is broken; everything else is as it should be.
#[derive(Clone, Copy, Default)]
pub(crate) struct How {
    /// What happens to the request on its way.
    pub(crate) request: Option<fn(&mut Request)>,
    /// What becomes of an item of the stream.
    pub(crate) item: Option<Change>,
    /// What becomes of a refusal.
    pub(crate) refusal: Option<fn(Error) -> Error>,
    /// How the call is made.
    pub(crate) call: Option<Call>,
    /// What becomes of a whole answer.
    pub(crate) whole: Option<fn(Response) -> Response>,
    /// How a whole answer is asked for.
    pub(crate) generate: Option<Generate>,
    pub(crate) capabilities: Option<fn(Capabilities) -> Capabilities>,
    pub(crate) count: Option<fn(TokenCount) -> TokenCount>,
    pub(crate) embed: Option<fn(Embeddings) -> Embeddings>,
}

pub(crate) type Change = fn(&mut Memory, Result<Event>) -> Vec<Result<Event>>;
pub(crate) type Call = fn(Arc<dyn ModelProvider>, Request) -> BoxFuture<'static, Result<EventStream>>;
pub(crate) type Generate = fn(Arc<dyn ModelProvider>, Request) -> BoxFuture<'static, Result<Response>>;

/// What a broken stream remembers.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) held: Vec<Event>,
    pub(crate) seen: usize,
    pub(crate) blocks: BTreeMap<u32, u32>,
}

impl Layer for Broken {
    fn layer(&self, inner: Arc<dyn ModelProvider>) -> Arc<dyn ModelProvider> {
        Arc::new(Provider { how: self.0, inner })
    }
}

struct Provider {
    how: How,
    inner: Arc<dyn ModelProvider>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broken").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl Provider {
    fn sent(&self, request: &Request) -> Request {
        let mut request = request.clone();
        if let Some(change) = self.how.request {
            change(&mut request);
        }
        request
    }
}

#[async_trait]
impl ModelProvider for Provider {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn capabilities(&self, model: &ModelId) -> Capabilities {
        let told = self.inner.capabilities(model);
        self.how.capabilities.map_or_else(|| told.clone(), |change| change(told.clone()))
    }

    async fn stream(&self, request: &Request) -> Result<EventStream> {
        let request = self.sent(request);
        let called = match self.how.call {
            Some(call) => call(Arc::clone(&self.inner), request).await,
            None => self.inner.stream(&request).await,
        };
        let inner = called.map_err(|error| self.how.refusal.map_or(error.clone(), |change| change(error)))?;
        Ok(match self.how.item {
            Some(change) => {
                Box::pin(Changed { inner, change, memory: Memory::default(), ready: VecDeque::new() })
            }
            None => inner,
        })
    }

    async fn generate(&self, request: &Request) -> Result<Response> {
        if let Some(generate) = self.how.generate {
            return generate(Arc::clone(&self.inner), self.sent(request)).await;
        }
        let response = collect(self.stream(request).await?).await?;
        Ok(match self.how.whole {
            Some(change) => change(response),
            None => response,
        })
    }

    async fn count_tokens(&self, request: &Request) -> Result<TokenCount> {
        let counted = self.inner.count_tokens(request).await?;
        Ok(self.how.count.map_or(counted, |change| change(counted)))
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<Embeddings> {
        let embeddings = self.inner.embed(request).await?;
        Ok(match self.how.embed {
            Some(change) => change(embeddings),
            None => embeddings,
        })
    }

    fn inner(&self) -> Option<&dyn ModelProvider> {
        Some(&*self.inner)
    }
}

struct Changed {
    inner: EventStream,
    change: Change,
    memory: Memory,
    ready: VecDeque<Result<Event>>,
}

impl Stream for Changed {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Poll::Ready(Some(item));
            }
            let Some(item) = std::task::ready!(self.inner.as_mut().poll_next(cx)) else {
                return Poll::Ready(None);
            };
            let this = &mut *self;
            let changed = (this.change)(&mut this.memory, item);
            this.ready.extend(changed);
        }
    }
}
