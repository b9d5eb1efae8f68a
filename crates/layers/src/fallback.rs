//! Asking another model, region, endpoint or provider when the one before cannot answer.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use outcrop_core::{
    Capabilities, EmbedRequest, Embeddings, EventStream, Instead, Layer, ModelId, ModelProvider, ProviderId,
    Request, Response, Result, TokenCount, Warning,
};
use serde_json::Value;

use self::cooldown::Key;
use self::table::{Alternative, can_help, lacks, rule};
use self::words::{Failed, Passed, combined};
use crate::head::hold_with;
use crate::limit;

pub use cooldown::{CooldownPolicy, Cooldowns};
pub use table::{FALLBACK_RULES, FallbackRule, Helps};

mod cooldown;
mod table;
mod words;

/// Somebody else to ask: a provider, and the id of one of its models. Another region or endpoint is another id or another
/// provider.
#[derive(Debug, Clone)]
pub struct FallbackTarget {
    provider: Arc<dyn ModelProvider>,
    model: ModelId,
    name: String,
}

impl FallbackTarget {
    /// A model of a provider. For people it is called `provider/model`.
    pub fn new(provider: Arc<dyn ModelProvider>, model: impl Into<ModelId>) -> Self {
        let model = model.into();
        let name = words::name(provider.id(), &model);
        Self { provider, model, name }
    }

    /// The same with another name for people.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
}

/// Asks somebody else when the provider inside cannot answer, as [`FallbackProvider`] describes.
///
/// Without any alternative it wraps nothing.
#[derive(Clone)]
pub struct FallbackLayer {
    alternatives: Vec<FallbackTarget>,
    cooldowns: Cooldowns,
    base: fn(&ModelId) -> ModelId,
}

impl Default for FallbackLayer {
    fn default() -> Self {
        Self::new(Cooldowns::default())
    }
}

impl FallbackLayer {
    /// A layer without alternatives yet. Layers that are given the same `cooldowns` know of each other's failures.
    pub fn new(cooldowns: Cooldowns) -> Self {
        Self { alternatives: Vec::new(), cooldowns, base: ModelId::clone }
    }

    /// Adds an alternative, to be asked after those that are there.
    pub fn then(mut self, target: FallbackTarget) -> Self {
        self.alternatives.push(target);
        self
    }

    /// Says what model is behind an id, whatever the place of the call: two ids of one model count the same tokens and
    /// give the same vectors. Unless set, only equal ids are one model.
    pub fn with_base(mut self, base: fn(&ModelId) -> ModelId) -> Self {
        self.base = base;
        self
    }
}

impl Debug for FallbackLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FallbackLayer")
            .field("alternatives", &self.alternatives)
            .field("cooldowns", &self.cooldowns)
            .finish_non_exhaustive()
    }
}

impl Layer for FallbackLayer {
    fn layer(&self, inner: Arc<dyn ModelProvider>) -> Arc<dyn ModelProvider> {
        if self.alternatives.is_empty() {
            return inner;
        }
        Arc::new(FallbackProvider { inner, layer: self.clone() })
    }
}

/// A provider that asks the next of its targets when the one before fails with an error against which another one can
/// help. The first target is the provider inside with the model that the request names, the others are the layer's.
///
/// Which errors those are says [`FALLBACK_RULES`], kind by kind. An alternative that is the first target itself is left
/// out.
///
/// # Streams
/// A target is asked until its answer has really begun: the stream is held back until the first delta, close or end.
/// After that nobody else is asked, since the caller has seen part of the answer.
///
/// # What the caller sees
/// If another than the first target answers, [`Start::instead`](outcrop_core::Start::instead) names it (in a whole answer
/// [`Response::instead`]), and one warning with the rule `fallback` says who could not answer and why.
///
/// If nobody answers, the error is that of the first target that had something to say, with all that was said as context.
/// An error against which nobody can help comes back untouched.
///
/// # Guardrails
/// A request whose options for the first target's provider have a `guardrailConfig` goes to no other provider, which would
/// overlook it: alternatives of others are left out.
///
/// # Cooldown
/// A target that failed, by an error that is about it and not about the request, is left alone for a time
/// ([`CooldownPolicy`]): the next one is asked at once, and the warning says so. Whoever answers is as good as new. A
/// target that a [`LimitLayer`](crate::LimitLayer) held back is not left alone. If everybody else failed, or is left alone
/// too, the one whose time is over soonest is asked all the same: no call fails without anybody having been asked. Nor does
/// it because an alternative refuses the request or is set up wrong: those behind it are asked, and the first target after
/// all.
///
/// # Other calls
/// Counts of tokens and vectors only mean something for one model: only alternatives that are the same model elsewhere
/// are asked (see [`FallbackLayer::with_base`]).
///
/// `id` and `capabilities` are those of the first target.
#[derive(Debug)]
pub struct FallbackProvider {
    inner: Arc<dyn ModelProvider>,
    layer: FallbackLayer,
}

/// A call to one target.
type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// What is asked for, as far as it matters for who is asked.
struct Asked<'a> {
    operation: &'static str,
    model: &'a ModelId,
    /// Whether only the same model can answer.
    same_model: bool,
    /// Whether only the same provider can answer, since the request names a guardrail of it.
    is_guarded: bool,
    /// Whether a model is known to lack what is needed.
    lacks: &'a (dyn Fn(&Capabilities) -> bool + Send + Sync),
    /// The provider whose options of the request do not hold for another one.
    lost: &'a (dyn Fn(&ProviderId) -> Option<&'a ProviderId> + Send + Sync),
}

/// A target of a call.
#[derive(Clone)]
struct Target<'a> {
    provider: &'a dyn ModelProvider,
    model: &'a ModelId,
    key: Key,
    name: String,
}

/// That another target is asked than the first.
struct Switch {
    warning: Warning,
    instead: Instead,
}

impl FallbackProvider {
    /// The targets of a call, in the order in which they are asked.
    fn targets<'a>(&'a self, asked: &Asked<'a>) -> Vec<Target<'a>> {
        let base = self.layer.base;
        let first = self.first(asked);
        let others = self.layer.alternatives.iter();
        let others = others.filter(|other| !asked.same_model || base(&other.model) == base(asked.model));
        let mut targets = vec![first];
        for other in others {
            let key = (other.provider.id().clone(), other.model.clone());
            if targets.iter().all(|known| known.key != key) {
                let (provider, name) = (&*other.provider, other.name.clone());
                targets.push(Target { provider, model: &other.model, key, name });
            }
        }
        targets
    }

    fn first<'a>(&'a self, asked: &Asked<'a>) -> Target<'a> {
        Target {
            provider: &*self.inner,
            model: asked.model,
            key: (self.inner.id().clone(), asked.model.clone()),
            name: words::name(self.inner.id(), asked.model),
        }
    }

    /// Asks one target after the other until one answers.
    async fn run<'a, T>(
        &'a self,
        asked: Asked<'a>,
        call: impl Fn(Target<'a>, Option<Switch>) -> Call<'a, T> + Send + Sync,
    ) -> Result<T> {
        let targets = self.targets(&asked);
        let cooldowns = &self.layer.cooldowns;
        let (mut failures, mut passed, mut cooling) = (Vec::new(), Vec::new(), Vec::new());
        let mut waiting = targets.iter().enumerate();
        let mut is_last_resort = false;
        loop {
            let (place, target) = match waiting.next() {
                Some((_, target)) if asked.is_guarded && target.key.0 != *self.id() => {
                    if helps(&asked, &targets, &failures, target) {
                        passed.push(Passed::unguarded(&target.name));
                    }
                    continue;
                }
                Some((place, target)) => {
                    if let Some(left) = cooldowns.left(&target.key) {
                        passed.push(Passed::cooling(&target.name, &left));
                        cooling.push((left.until, place));
                        continue;
                    }
                    (place, target)
                }
                // The last resort: of those that are left alone, the one whose time is over soonest.
                None => {
                    match cooling.iter().min().and_then(|(_, place)| Some((*place, targets.get(*place)?))) {
                        Some((place, target)) => {
                            cooling.retain(|(_, other)| *other != place);
                            is_last_resort = true;
                            passed.retain(|passed| passed.name != target.name);
                            (place, target)
                        }
                        None => break,
                    }
                }
            };
            // What others say is no reason not to ask the first one, if it was left alone so far.
            if place > 0 && !helps(&asked, &targets, &failures, target) {
                continue;
            }
            let switch = (place > 0).then(|| Switch {
                warning: words::warning(&target.name, &passed, (asked.lost)(target.provider.id())),
                instead: Instead { provider: target.key.0.clone(), model: target.model.clone() },
            });
            let before = cooldowns.before(&target.key);
            let error = match call(target.clone(), switch).await {
                Ok(done) => {
                    cooldowns.succeeded(&target.key);
                    return Ok(done);
                }
                Err(error) => error,
            };
            let kind = error.kind();
            let rule = rule(kind);
            if rule.cools && !limit::held_back(&error) {
                cooldowns.failed(&target.key, before, &error);
            }
            tracing::debug!(
                target = target.name,
                operation = asked.operation,
                kind = kind.name(),
                code = error.code(),
                request_id = error.request_id(),
                helps = ?rule.helps,
                "a target failed",
            );
            passed.push(Passed::failed(&target.name, &error));
            let failed = Failed { place, name: target.name.clone(), error };
            let is_over = failed.is_last_word() || (is_last_resort && rule.helps != Helps::Nobody);
            failures.push(failed);
            if is_over {
                break;
            }
        }
        match combined(failures, &passed) {
            Some(error) => Err(error),
            None => call(self.first(&asked), None).await,
        }
    }
}

/// Whether a target can help after all that failed. What alternatives say of the request keeps nobody from being asked.
fn helps(asked: &Asked<'_>, targets: &[Target<'_>], failures: &[Failed], target: &Target<'_>) -> bool {
    if failures.is_empty() {
        return true;
    }
    let capabilities = target.provider.capabilities(target.model);
    failures.iter().filter(|failed| rule(failed.error.kind()).helps != Helps::Nobody).all(|failed| {
        let Some(before) = targets.get(failed.place) else { return false };
        let is_same_provider = before.key.0 == target.key.0;
        let alternative = Alternative { is_same_provider, capabilities: &capabilities };
        let known = before.provider.capabilities(before.model);
        can_help(&failed.error, &known, &alternative, asked.lacks)
    })
}

/// Whether the options of a request for a provider name a guardrail.
fn is_guarded(options: &BTreeMap<ProviderId, Value>, provider: &ProviderId) -> bool {
    let config = options.get(provider).and_then(|options| options.get("guardrailConfig"));
    config.is_some_and(|config| !config.is_null())
}

/// The request for a target: cloned only for another model than its own.
fn request_for(request: &Request, model: &ModelId) -> Request {
    let mut other = request.clone();
    other.model = model.clone();
    other
}

#[async_trait]
impl ModelProvider for FallbackProvider {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn capabilities(&self, model: &ModelId) -> Capabilities {
        self.inner.capabilities(model)
    }

    async fn stream(&self, request: &Request) -> Result<EventStream> {
        let asked = Asked {
            operation: "stream",
            model: &request.model,
            same_model: false,
            is_guarded: is_guarded(&request.options, self.id()),
            lacks: &|capabilities| lacks(capabilities, request),
            lost: &|answers| words::lost(request, &*self.inner, answers),
        };
        self.run(asked, |target, switch| {
            Box::pin(async move {
                let provider = target.provider;
                let Some(Switch { warning, instead }) = switch else {
                    return hold_with(provider.stream(request).await?, provider.id(), |_| {}).await;
                };
                let stream = provider.stream(&request_for(request, target.model)).await?;
                hold_with(stream, provider.id(), |start| {
                    start.warnings.insert(0, warning);
                    start.instead.get_or_insert(instead);
                })
                .await
            })
        })
        .await
    }

    async fn generate(&self, request: &Request) -> Result<Response> {
        let asked = Asked {
            operation: "generate",
            model: &request.model,
            same_model: false,
            is_guarded: is_guarded(&request.options, self.id()),
            lacks: &|capabilities| lacks(capabilities, request),
            lost: &|answers| words::lost(request, &*self.inner, answers),
        };
        self.run(asked, |target, switch| {
            Box::pin(async move {
                let Some(Switch { warning, instead }) = switch else {
                    return target.provider.generate(request).await;
                };
                let mut response = target.provider.generate(&request_for(request, target.model)).await?;
                response.warnings.insert(0, warning);
                response.instead.get_or_insert(instead);
                Ok(response)
            })
        })
        .await
    }

    async fn count_tokens(&self, request: &Request) -> Result<TokenCount> {
        let asked = Asked {
            operation: "count_tokens",
            model: &request.model,
            same_model: true,
            is_guarded: is_guarded(&request.options, self.id()),
            lacks: &|capabilities| capabilities.token_counting.is_no(),
            lost: &|_| None,
        };
        self.run(asked, |target, switch| {
            Box::pin(async move {
                match switch {
                    None => target.provider.count_tokens(request).await,
                    Some(_) => target.provider.count_tokens(&request_for(request, target.model)).await,
                }
            })
        })
        .await
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<Embeddings> {
        let asked = Asked {
            operation: "embed",
            model: &request.model,
            same_model: true,
            is_guarded: is_guarded(&request.options, self.id()),
            lacks: &|capabilities| capabilities.embeddings.is_no(),
            lost: &|answers| {
                Some(self.inner.id()).filter(|id| *id != answers && request.options.contains_key(*id))
            },
        };
        self.run(asked, |target, switch| {
            Box::pin(async move {
                let Some(Switch { warning, .. }) = switch else {
                    return target.provider.embed(request).await;
                };
                let mut other = request.clone();
                other.model = target.model.clone();
                let mut embeddings = target.provider.embed(&other).await?;
                embeddings.warnings.insert(0, warning);
                Ok(embeddings)
            })
        })
        .await
    }

    fn inner(&self) -> Option<&dyn ModelProvider> {
        Some(&*self.inner)
    }
}

#[cfg(test)]
mod tests;
