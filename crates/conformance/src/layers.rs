//! Layers around a provider: that they forget no method of it, and that it keeps its contract inside them.
//!
//! A layer implements the whole trait. What it forgets falls back to the trait's default: `generate` would then collect a
//! stream, `count_tokens` be unsupported, and `find` see nothing inside. [`check`] puts a provider into it whose every
//! method is its own, and looks whether each is reached once, unchanged, and comes back unchanged.
//!
//! ```
//! use std::sync::Arc;
//! use outcrop_core::{Layer, ModelProvider};
//! struct Nothing;
//! impl Layer for Nothing {
//!     fn layer(&self, inner: Arc<dyn ModelProvider>) -> Arc<dyn ModelProvider> { inner }
//! }
//! assert_eq!(outcrop_conformance::layers::check(Nothing), Ok(()));
//! ```
//!
//! [`Layered`] puts a layer around the provider of any harness, for the whole suite.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use outcrop_core::{
    Capabilities, Content, EmbedRequest, Embeddings, Error, ErrorKind, Event, EventStream, Layer, ModelId,
    ModelProvider, ModelProviderExt, ProviderId, Request, Response, Result, TokenCount, async_trait, next,
    replay,
};

use crate::suite::guarded;
use crate::{Harness, Manifest, Script, Unplayable, Wired};

/// A harness whose provider has a layer around it.
///
/// ```
/// use std::sync::Arc;
/// use outcrop_conformance::{check, layers::Layered, scripted::ScriptedHarness};
/// use outcrop_core::{Layer, ModelProvider};
/// # struct Nothing;
/// # impl Layer for Nothing {
/// #     fn layer(&self, inner: Arc<dyn ModelProvider>) -> Arc<dyn ModelProvider> { inner }
/// # }
/// let harness = Layered::new(ScriptedHarness::default(), Nothing);
/// assert_eq!(check(harness, "text").as_deref(), Ok("passed"));
/// ```
pub struct Layered<H> {
    harness: H,
    layer: Box<dyn Layer + Send + Sync>,
    declare: fn(Manifest) -> Manifest,
}

impl<H: Harness> Layered<H> {
    /// Puts a layer around the provider of a harness.
    pub fn new(harness: H, layer: impl Layer + Send + Sync + 'static) -> Self {
        Self { harness, layer: Box::new(layer), declare: |manifest| manifest }
    }

    /// Says what the layer changes about the manifest: [`Manifest::retries`], say.
    pub fn declaring(mut self, declare: fn(Manifest) -> Manifest) -> Self {
        self.declare = declare;
        self
    }
}

impl<H: fmt::Debug> fmt::Debug for Layered<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layered").field("harness", &self.harness).finish_non_exhaustive()
    }
}

#[async_trait]
impl<H: Harness> Harness for Layered<H> {
    fn manifest(&self) -> Manifest {
        (self.declare)(self.harness.manifest())
    }

    async fn provider(&self, script: &Script) -> Result<Wired, Unplayable> {
        let wired = self.harness.provider(script).await?;
        Ok(Wired { provider: self.layer.layer(wired.provider), ..wired })
    }
}

/// How long a layer may take for everything: nothing inside waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// Checks that a layer hands on what it does not change: every method, once, with the request as it is, and the answer or
/// the error as it is.
///
/// # Errors
/// What is wrong, line by line.
pub fn check(layer: impl Layer + Send + 'static) -> std::result::Result<(), String> {
    let problems = guarded("layer", PATIENCE, move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("there is no runtime: {error}"))?;
        let found =
            runtime.block_on(async { tokio::time::timeout(PATIENCE / 2, Box::pin(look(&layer))).await });
        runtime.shutdown_background();
        found.map_err(|_| "hangs".to_owned())
    })??;
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// A provider whose methods can all be told from the trait's own.
#[derive(Debug)]
struct Witness {
    id: ProviderId,
    calls: Arc<Mutex<Vec<Seen>>>,
}

/// A call that came.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    method: &'static str,
    request: serde_json::Value,
    mark: Option<Mark>,
}

/// Something for `extensions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark(u32);

const FAILING: &str = "failing";

impl Witness {
    fn see(&self, method: &'static str, request: serde_json::Value, mark: Option<Mark>) -> Result<()> {
        let fails = request.get("model").is_some_and(|model| model == FAILING);
        let seen = Seen { method, request, mark };
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
        if fails { Err(failure(method)) } else { Ok(()) }
    }

    fn see_request(&self, method: &'static str, request: &Request) -> Result<()> {
        self.see(method, spelled(request), request.extensions.get().copied())
    }
}

fn spelled(request: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(request).unwrap_or_default()
}

/// An error that nobody has a reason to change, or to try again after.
fn failure(method: &'static str) -> Error {
    Error::new(ErrorKind::InvalidRequest, "no").with_code(method).with_request_id(Some("the call"))
}

fn answer() -> Response {
    let mut answer = Response::default();
    answer.content = vec![Content::text("streamed")];
    answer.stop_reason = outcrop_core::StopReason::EndTurn;
    answer
}

fn told() -> Capabilities {
    let mut capabilities = Capabilities::default();
    capabilities.context_window = Some(4711);
    capabilities
}

#[async_trait]
impl ModelProvider for Witness {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn capabilities(&self, _: &ModelId) -> Capabilities {
        told()
    }

    async fn stream(&self, request: &Request) -> Result<EventStream> {
        self.see_request("stream", request)?;
        Ok(Box::pin(Replayed(replay(answer()).into_iter())))
    }

    async fn generate(&self, request: &Request) -> Result<Response> {
        self.see_request("generate", request)?;
        let mut response = answer();
        response.request_id = Some("generated".to_owned());
        Ok(response)
    }

    async fn count_tokens(&self, request: &Request) -> Result<TokenCount> {
        self.see_request("count_tokens", request)?;
        Ok(TokenCount { input_tokens: 42 })
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<Embeddings> {
        self.see("embed", spelled(request), None)?;
        Ok(Embeddings::new(vec![vec![0.5]]))
    }
}

struct Replayed(std::vec::IntoIter<Event>);

impl Stream for Replayed {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next().map(Ok))
    }
}

/// What one method of a layered provider did.
struct Looked {
    method: &'static str,
    problems: Vec<String>,
}

impl Looked {
    fn expect(&mut self, holds: bool, problem: &str) {
        if !holds {
            self.problems.push(format!("`{}`: {problem}", self.method));
        }
    }
}

async fn look(layer: &dyn Layer) -> Vec<String> {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let witness = Witness { id: ProviderId::from("witness"), calls: Arc::clone(&calls) };
    let provider = layer.layer(Arc::new(witness));
    let mut problems = Vec::new();
    if *provider.id() != "witness" {
        problems.push("`id`: not that of the provider inside".to_owned());
    }
    if provider.capabilities(&"m".into()) != told() {
        problems.push("`capabilities`: not those of the provider inside".to_owned());
    }
    if provider.find::<Witness>().is_none() {
        problems.push("`inner`: `find` does not see the provider inside".to_owned());
    }
    for method in ["stream", "generate", "count_tokens", "embed"] {
        for model in ["fine", FAILING] {
            let mut request = Request::new(model).system("Be brief.").user("Why is the sky blue?");
            request.extensions.insert(Mark(7));
            let embed = EmbedRequest::new(model, vec!["a text".to_owned()]).dimensions(3);
            let mut looked = Looked { method, problems: Vec::new() };
            let outcome = call(&*provider, method, &request, &embed).await;
            match outcome {
                Ok(whole) if model == "fine" => {
                    looked.expect(whole, "the answer is not that of the provider inside");
                }
                Ok(_) => looked.expect(false, "the error of the provider inside is lost"),
                Err(error) if model == "fine" => {
                    looked.expect(false, &format!("fails where the provider inside does not: {error}"));
                }
                Err(error) => {
                    let same = error.kind() == ErrorKind::InvalidRequest
                        && error.code() == Some(method)
                        && error.request_id() == Some("the call");
                    looked.expect(same, "the error is not that of the provider inside");
                }
            }
            let expected = if method == "embed" {
                Seen { method, request: spelled(&embed), mark: None }
            } else {
                Seen { method, request: spelled(&request), mark: Some(Mark(7)) }
            };
            let seen = std::mem::take(&mut *calls.lock().unwrap_or_else(PoisonError::into_inner));
            looked.expect(
                seen == [expected],
                &format!("does not reach the provider inside once, as it was called: {}", list(&seen)),
            );
            problems.extend(looked.problems);
        }
    }
    problems
}

fn list(seen: &[Seen]) -> String {
    let methods: Vec<_> = seen.iter().map(|call| call.method).collect();
    if methods.is_empty() {
        "no call came".to_owned()
    } else {
        format!("what came was {}", methods.join(", "))
    }
}

/// Calls a method; whether the answer is the witness's own.
async fn call(
    provider: &dyn ModelProvider,
    method: &str,
    request: &Request,
    embed: &EmbedRequest,
) -> Result<bool> {
    Ok(match method {
        "stream" => {
            let mut stream = provider.stream(request).await?;
            let mut events = Vec::new();
            while let Some(event) = next(&mut stream).await {
                events.push(event?);
            }
            events == replay(answer())
        }
        "generate" => provider.generate(request).await?.request_id.as_deref() == Some("generated"),
        "count_tokens" => provider.count_tokens(request).await?.input_tokens == 42,
        _ => provider.embed(embed).await?.vectors == [[0.5]],
    })
}
