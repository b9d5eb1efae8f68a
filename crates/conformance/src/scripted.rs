//! A harness around core's own scripted provider: the kit proves itself with it, and whoever writes a layer has a good
//! provider to put into it.

use std::future::pending;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use futures_core::Stream;
use outcrop_core::{
    Capabilities, EmbedRequest, Embeddings, End, Error, ErrorKind, Event, EventStream, Freshness, ModelCard,
    ModelCatalog, ModelId, ModelProvider, ProviderId, Query, Request, Result, Retry, Snapshot, TokenCount,
    async_trait, scripted,
};
use tokio::sync::Notify;

use crate::{Answer, Fault, Feature, Harness, Manifest, Reply, Script, Step, Unplayable, Upstream, Wired};

/// Runs the suite on core's scripted provider.
///
/// ```
/// use outcrop_conformance::{check, scripted::ScriptedHarness};
/// assert_eq!(check(ScriptedHarness::default(), "text").as_deref(), Ok("passed"));
/// ```
#[derive(Debug, Clone)]
pub struct ScriptedHarness {
    manifest: Manifest,
}

impl Default for ScriptedHarness {
    /// The provider alone, which lacks nothing.
    fn default() -> Self {
        Self::new(Manifest::new("scripted", "scripted-model"))
    }
}

impl ScriptedHarness {
    /// A provider with a manifest, which decides what it says of its model.
    pub const fn new(manifest: Manifest) -> Self {
        Self { manifest }
    }
}

#[async_trait]
impl Harness for ScriptedHarness {
    fn manifest(&self) -> Manifest {
        self.manifest.clone()
    }

    async fn provider(&self, script: &Script) -> Result<Wired, Unplayable> {
        let upstream = Arc::new(Acted::default());
        let actor = Actor {
            id: ProviderId::from("scripted"),
            capabilities: self.capabilities(),
            script: script.clone(),
            calls: AtomicUsize::new(0),
            upstream: Arc::clone(&upstream),
        };
        Ok(Wired::new(Arc::new(actor), upstream).with_catalog(Arc::new(Catalog {
            id: ProviderId::from("scripted"),
            model: self.manifest.model.clone(),
        })))
    }
}

impl ScriptedHarness {
    fn capabilities(&self) -> Capabilities {
        let has = |feature: Feature| self.manifest.has(&feature).into();
        let mut capabilities = Capabilities::default();
        capabilities.system = has(Feature::System);
        capabilities.reasoning = has(Feature::Reasoning);
        capabilities.tools = has(Feature::Tools);
        capabilities.images = has(Feature::Images);
        capabilities.documents = has(Feature::Documents);
        capabilities.token_counting = has(Feature::TokenCounting);
        capabilities.embeddings = has(Feature::Embeddings);
        capabilities
    }
}

/// What the upstream saw.
#[derive(Debug, Default)]
struct Acted {
    received: Mutex<Vec<Vec<u8>>>,
    cancelled: Notify,
}

#[async_trait]
impl Upstream for Acted {
    fn received(&self) -> Vec<Vec<u8>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn cancelled(&self) {
        self.cancelled.notified().await;
    }
}

/// Has each call acted out by a scripted provider of its own, and watches what becomes of it.
#[derive(Debug)]
struct Actor {
    id: ProviderId,
    capabilities: Capabilities,
    script: Script,
    calls: AtomicUsize,
    upstream: Arc<Acted>,
}

#[async_trait]
impl ModelProvider for Actor {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn capabilities(&self, _: &ModelId) -> Capabilities {
        self.capabilities.clone()
    }

    async fn stream(&self, request: &Request) -> Result<EventStream> {
        let body = serde_json::to_vec(request).unwrap_or_default();
        self.upstream.received.lock().unwrap_or_else(PoisonError::into_inner).push(body);
        let mut call = Call { upstream: Arc::clone(&self.upstream), over: false };
        let acted = match self.script.answer(self.calls.fetch_add(1, Ordering::Relaxed)) {
            Some(Answer::Refuse(fault)) => scripted::Script::refuse(error(fault, &self.id)),
            Some(Answer::Reply(reply)) => {
                tokio::time::sleep(Duration::from_millis(reply.delay_ms)).await;
                translate(reply, &self.id)
            }
            Some(Answer::Silence) => pending().await,
            _ => scripted::Script::refuse(Error::unsupported("the script has no answer to this call")),
        };
        let stream = scripted::Scripted::new([acted]).stream(request).await;
        call.over = stream.is_err();
        Ok(Box::pin(Watched { inner: stream?, call }))
    }

    async fn count_tokens(&self, request: &Request) -> Result<TokenCount> {
        scripted::Scripted::new([]).count_tokens(request).await
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<Embeddings> {
        scripted::Scripted::new([]).embed(request).await
    }
}

fn error(fault: &Fault, provider: &ProviderId) -> Error {
    let error = Error::new(fault.kind, "the upstream failed").with_provider(provider);
    match fault.retry_after_seconds {
        Some(seconds) => error.with_retry(Retry::After(Duration::from_secs(seconds))),
        None => error,
    }
}

/// What a provider makes of an upstream that answers like this.
fn translate(reply: &Reply, provider: &ProviderId) -> scripted::Script {
    reply.steps.iter().fold(scripted::Script::new(), |script, step| match step.clone() {
        Step::Open { index, block } => script.event(Event::Open { index, block }),
        Step::Delta { index, delta } => script.event(Event::Delta { index, delta }),
        Step::Close { index } => script.event(Event::Close { index }),
        Step::End { usage, .. } => {
            let stop_reason = reply.ideal().response.stop_reason;
            script.event(Event::End(Box::new(End { usage, ..End::new(stop_reason) })))
        }
        Step::Fail(fault) => script.fail(error(&fault, provider)),
        Step::HangUp => script.fail(error(&Fault::new(ErrorKind::Interrupted), provider)),
        Step::Stall => script.silence(),
    })
}

/// A call as the upstream sees it: cancelled if it goes before its answer is over.
#[derive(Debug)]
struct Call {
    upstream: Arc<Acted>,
    over: bool,
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.over {
            self.upstream.cancelled.notify_one();
        }
    }
}

struct Watched {
    inner: EventStream,
    call: Call,
}

impl Stream for Watched {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = std::task::ready!(self.inner.as_mut().poll_next(cx));
        self.call.over |= matches!(item, None | Some(Err(_) | Ok(Event::End(_))));
        Poll::Ready(item)
    }
}

#[derive(Debug)]
struct Catalog {
    id: ProviderId,
    model: ModelId,
}

#[async_trait]
impl ModelCatalog for Catalog {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    async fn snapshot(&self, _: &Query) -> Result<Snapshot> {
        let card = ModelCard::new(self.model.clone(), "scripted", 4096, 1024);
        Ok(Snapshot::new(vec![Arc::new(card)], SystemTime::now(), Freshness::Live))
    }
}
