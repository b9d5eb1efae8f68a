//! The provider: a request in, Bedrock's answer out.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::operation::RequestId as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use outcrop_aws::endpoint::Plane;
use outcrop_aws::{Aws, Session};
use outcrop_core::{
    Capabilities, Content, EmbedRequest, Embeddings, Error, EventStream, Modality, ModelCard, ModelId,
    ModelProvider, ModelResolver, ProviderId, Request, Resolved, Response, Result, Start, StopReason,
    Support, Timeouts, TokenCount, Warning, replay,
};
use outcrop_model_facts::facts::{self, ModelFacts};
use outcrop_model_facts::{BedrockId, Kind};

use crate::client::Clients;
use crate::content_type::{EVENT_STREAM, Expects, JSON};
use crate::draft::{Draft, Operation};
use crate::learnt::{Learnt, Refusal, Refusals};
use crate::normalise::Normalised;
use crate::repair::Refused;
use crate::target::Target;
use crate::wire::decode;
use crate::{BedrockSettings, count, embed, failure, repair, stream, structured};

/// The rule of the warning that another id was called than was asked for.
const CALLED_AS: &str = "called-as";
/// The rule of the warning that nobody knows the id, or that it goes away soon.
const MODEL: &str = "model";
/// The rule of the warning that raw events were asked for.
const RAW_EVENTS: &str = "raw-events";
/// The rule of the warning that the answer comes in one piece.
const UNSTREAMED: &str = "unstreamed";

/// The rules beside those of the normaliser.
#[cfg(test)]
pub(crate) const RULES: &[&str] = &[CALLED_AS, MODEL, RAW_EVENTS, UNSTREAMED];

/// How many changed requests may follow a refused one. Each refusal is answered once; a model that refuses more than this
/// is not understood.
const MOST_REPAIRS: usize = 4;

/// Amazon Bedrock, by Converse and ConverseStream.
#[derive(Debug)]
pub struct Bedrock {
    id: ProviderId,
    pub(crate) settings: BedrockSettings,
    resolver: Option<Arc<dyn ModelResolver>>,
    clients: Clients,
    learnt: Learnt,
}

/// What would be sent for a request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DryRun {
    /// `ConverseStream`, or `Converse`.
    pub operation: &'static str,
    /// The id that would be called.
    pub model: ModelId,
    /// The region of the call.
    pub region: String,
    /// The base URL of the runtime plane.
    pub endpoint: String,
    /// The body, byte for byte.
    pub body: Bytes,
    /// What was adjusted, repaired or dropped.
    pub warnings: Vec<Warning>,
}

impl Bedrock {
    /// A provider with an id, for a caller and a place. Nothing is connected yet. Without a resolver, the table of
    /// facts says what an id means.
    pub fn new(
        id: ProviderId,
        aws: Arc<Aws>,
        settings: BedrockSettings,
        resolver: Option<Arc<dyn ModelResolver>>,
    ) -> Self {
        let clients = Clients::new(aws, settings.aws.clone());
        Self { id, clients, settings, resolver, learnt: Learnt::default() }
    }

    /// What would be sent for a request. Nothing is sent, and no credentials are needed.
    ///
    /// # Errors
    /// As [`ModelProvider::stream`] before the call.
    pub async fn dry_run(&self, request: &Request, streaming: bool) -> Result<DryRun> {
        let operation = if streaming { Operation::ConverseStream } else { Operation::Converse };
        let place = self.place_of(request).await?;
        let prepared = self.prepare(request, operation, &place, &Refusals::default())?;
        let (endpoint, _) = prepared.session.resolved_endpoint(Plane::Runtime)?;
        Ok(DryRun {
            operation: prepared.operation.name(),
            model: prepared.model,
            region: prepared.session.region().name.clone(),
            endpoint,
            body: prepared.body,
            warnings: prepared.normalised.warnings,
        })
    }

    /// Which model is called where for a request.
    async fn place_of(&self, request: &Request) -> Result<Place> {
        let mut place = self.place(&request.model).await?;
        if request.raw {
            let message = "left out the service's own events, which this provider does not have";
            place.late_warnings.push(Warning::new(RAW_EVENTS, message));
        }
        Ok(place)
    }

    /// Which model is called where for an id.
    pub(crate) async fn place(&self, id: &ModelId) -> Result<Place> {
        let resolved = match &self.resolver {
            Some(resolver) => resolver.resolve(id).await?,
            None => Resolved::unchanged(id.clone()),
        };
        let mut warnings = Vec::new();
        warnings.extend(resolved.note.map(|note| Warning::new(CALLED_AS, note)));
        let region =
            resolved.region.as_deref().or_else(|| BedrockId::parse(resolved.callable.as_str()).region());
        let (client, session) = self.clients.of(region).await?;
        let late_warnings =
            resolved.warning.map(|warning| Warning::new(MODEL, warning)).into_iter().collect();
        Ok(Place {
            client,
            session,
            model: resolved.callable,
            base: resolved.base,
            card: resolved.card,
            warnings,
            late_warnings,
        })
    }

    /// Everything that a request needs before it is sent. `refused`: what the model just refused of it.
    fn prepare(
        &self,
        request: &Request,
        operation: Operation,
        place: &Place,
        refused: &Refusals,
    ) -> Result<Prepared> {
        let mut target = place.target();
        target.refusals = self.learnt.of(&place.model);
        target.refusals.extend(refused.iter().cloned());
        let draft = |target: &Target, operation| {
            Draft::new(request, self.id.as_str(), &self.settings, target, operation)
        };
        let mut operation = operation;
        let mut drafted = draft(&target, operation)?;
        let without = repair::of_schemas(&target.refusals, &drafted.body);
        if !without.is_empty() {
            target.refusals.extend(without);
            drafted = draft(&target, operation)?;
        }
        let unstreamed = operation == Operation::ConverseStream
            && target.refuses(&Refusal::StreamedTools)
            && !drafted.normalised.tools.is_empty();
        if unstreamed {
            operation = Operation::Converse;
            drafted = draft(&target, operation)?;
            let message =
                "asked for the answer in one piece: this model streams none where it may call tools";
            drafted.normalised.warnings.push(Warning::new(UNSTREAMED, message));
        }
        let Draft { mut normalised, body } = drafted;
        normalised.warnings.splice(0..0, place.warnings.iter().cloned());
        normalised.warnings.extend(place.late_warnings.iter().cloned());
        Ok(Prepared {
            client: place.client.clone(),
            session: Arc::clone(&place.session),
            model: place.model.clone(),
            counted_as: count::counted_as(place),
            facts: target.facts,
            operation,
            body,
            normalised,
        })
    }

    /// The error with what to do instead, and with who failed.
    pub(crate) fn named(
        &self,
        error: Error,
        model: &ModelId,
        facts: Option<&ModelFacts>,
        session: &Session,
    ) -> Error {
        repair::with_alternatives(error, model, facts, &session.region().name)
            .with_provider(&self.id)
            .with_context("model", model.as_str())
    }

    /// What to call instead of an id that was just refused. A resolver knows the account and the geography that is
    /// wanted, and remembers the refusal; without one, the table of facts has to do.
    async fn instead(&self, refused: &Place, facts: Option<&ModelFacts>, error: &Error) -> Option<Resolved> {
        let region = &refused.session.region().name;
        match &self.resolver {
            Some(resolver) => resolver.instead(&refused.model, region, error).await,
            None => repair::profile_instead(error, &refused.model, facts, region).map(Resolved::unchanged),
        }
    }

    /// Moves to what shall be called instead of an id that was just refused, if there is such a thing.
    pub(crate) async fn move_on(
        &self,
        place: &mut Place,
        facts: Option<&ModelFacts>,
        error: &Error,
    ) -> Result<bool> {
        let Some(instead) = self.instead(place, facts, error).await else { return Ok(false) };
        place.move_to(instead, &self.clients).await?;
        Ok(true)
    }

    /// Does `attempt`, and does it again with an inference profile if a bare id is refused for want of one, without what
    /// the model refuses, or with fresh credentials if those so far are refused: each at most once.
    async fn with_repairs<T>(
        &self,
        request: &Request,
        operation: Operation,
        attempt: Attempt<T>,
    ) -> Result<T> {
        let mut place = self.place_of(request).await?;
        let mut refused = Refusals::default();
        // Learnt only if the request succeeds without what was refused: a refusal can be misunderstood.
        let mut lessons = Vec::new();
        let (mut repairs, mut moved) = (0, false);
        let mut prepared = self.prepare(request, operation, &place, &refused)?;
        loop {
            let error = match prepared.session.call(Plane::Runtime, || attempt(&prepared)).await {
                Ok(answer) => {
                    // Counting has checks of its own.
                    for (model, refusals) in lessons.iter().filter(|_| operation != Operation::CountTokens) {
                        self.learnt.remember(model, refusals);
                    }
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let Refused { refusals, lessons: learnt } = repair::refused(&error, &prepared.body);
            if learnt.contains(&Refusal::StreamedTools) {
                // There is no mistaking that one, and the limits of the call it is made again as depend on it.
                self.learnt.remember(&request.model, &learnt);
                self.learnt.remember(&prepared.model, &learnt);
            }
            if repairs < MOST_REPAIRS && !refusals.is_subset(&refused) {
                refused.extend(refusals.iter().cloned());
                // What cannot be left out, the service would refuse again.
                let next = self.prepare(request, operation, &place, &refused).ok();
                if let Some(next) = next.filter(|next| next.sends_other_than(&prepared)) {
                    tracing::debug!(model = %prepared.model, ?refusals, "sent again without what was refused");
                    let model = std::mem::replace(&mut prepared, next).model;
                    lessons.push((model, learnt));
                    repairs += 1;
                    continue;
                }
            }
            if moved || !self.move_on(&mut place, prepared.facts, &error).await? {
                return Err(self.named(error, &prepared.model, prepared.facts, &prepared.session));
            }
            moved = true;
            prepared = self.prepare(request, operation, &place, &refused)?;
        }
    }
}

/// One way to send a request.
type Attempt<T> = for<'a> fn(&'a Prepared) -> BoxFuture<'a, Result<T>>;

/// Which model is called where.
pub(crate) struct Place {
    pub client: Client,
    pub session: Arc<Session>,
    /// The id to call.
    pub model: ModelId,
    /// The foundation model behind it, if that is known.
    base: Option<ModelId>,
    card: Option<Arc<ModelCard>>,
    /// What to say before everything else.
    pub warnings: Vec<Warning>,
    /// What to say after everything else.
    pub late_warnings: Vec<Warning>,
}

impl Place {
    /// The foundation model, as far as is known; else the id to call.
    pub(crate) fn base(&self) -> BedrockId<'_> {
        BedrockId::parse(self.base.as_ref().unwrap_or(&self.model).as_str())
    }

    fn target(&self) -> Target {
        let target = Target::new(&self.base(), &self.session.region().name, self.card.as_deref());
        let prompt = BedrockId::parse(self.model.as_str()).kind() == Kind::Prompt;
        Target { prompt, ..target }
    }

    /// Calls something else from now on.
    async fn move_to(&mut self, instead: Resolved, clients: &Clients) -> Result<()> {
        let note = format!("called `{}`: `{}` needs an inference profile", instead.callable, self.model);
        self.warnings.insert(0, Warning::new(CALLED_AS, note));
        if let Some(region) = &instead.region {
            (self.client, self.session) = clients.of(Some(region)).await?;
        }
        self.base.get_or_insert_with(|| self.model.clone());
        self.model = instead.callable;
        self.card = instead.card.or_else(|| self.card.take());
        Ok(())
    }
}

/// A request that can be sent.
pub(crate) struct Prepared {
    pub client: Client,
    session: Arc<Session>,
    /// The id to call.
    model: ModelId,
    /// The id for CountTokens.
    pub counted_as: ModelId,
    facts: Option<&'static ModelFacts>,
    normalised: Normalised,
    operation: Operation,
    body: Bytes,
}

impl Prepared {
    /// Whether the service would hear anything else than it did before.
    fn sends_other_than(&self, other: &Self) -> bool {
        self.operation != other.operation || self.body != other.body
    }

    fn start(&self, request_id: Option<&str>) -> Start {
        Start {
            model: Some(self.model.clone()),
            warnings: self.normalised.warnings.clone(),
            request_id: request_id.map(str::to_owned),
            ..Start::default()
        }
    }

    /// Puts our body in the place of the one that the SDK wrote, before it is signed.
    pub(crate) fn body(&self) -> impl Fn(&mut HttpRequest) + Send + Sync + 'static {
        replace_body(self.body.clone())
    }

    async fn stream(&self) -> Result<EventStream> {
        if self.operation == Operation::Converse {
            let events = replay(self.generate().await?);
            return Ok(Box::pin(futures_util::stream::iter(events.into_iter().map(Ok))));
        }
        let call = self.client.converse_stream().model_id(self.model.as_str()).customize();
        let expects = Expects::new(EVENT_STREAM);
        let came = expects.came();
        let call = call.interceptor(expects);
        let sent = call.mutate_request(self.body()).send().await.map_err(failure::converse_stream)?;
        let start = self.start(sent.request_id());
        let Normalised { suppress_tool_calls, names, structured, .. } = &self.normalised;
        let shaping = stream::Shaping { suppress_tool_calls: *suppress_tool_calls, names: names.clone() };
        let events = stream::open(sent.stream, start, shaping, came.load(Ordering::Relaxed)).await?;
        Ok(structured::watch(events, structured.as_ref()))
    }

    async fn generate(&self) -> Result<Response> {
        let call = self.client.converse().model_id(self.model.as_str()).customize();
        let call = call.interceptor(Expects::new(JSON));
        let sent = call.mutate_request(self.body()).send().await.map_err(failure::converse)?;
        let request_id = sent.request_id().map(str::to_owned);
        let mut response = decode::response(sent, request_id.as_deref())?;
        if self.normalised.suppress_tool_calls {
            response.content.retain(|content| !matches!(content, Content::ToolUse(call) if !call.by_service));
            if response.stop_reason == StopReason::ToolUse {
                response.stop_reason = StopReason::EndTurn;
            }
        }
        for content in &mut response.content {
            if let Content::ToolUse(call) = content {
                call.name = self.normalised.names.original(std::mem::take(&mut call.name));
            }
        }
        structured::settle(&mut response, self.normalised.structured.as_ref());
        response.distrust_cut_call();
        let Start { model, warnings, .. } = self.start(None);
        response.model = model;
        response.warnings = warnings;
        Ok(response)
    }
}

fn replace_body(body: Bytes) -> impl Fn(&mut HttpRequest) + Send + Sync + 'static {
    move |request| {
        request.headers_mut().insert("content-type", "application/json");
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body.clone());
    }
}

#[async_trait]
impl ModelProvider for Bedrock {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn capabilities(&self, model: &ModelId) -> Capabilities {
        let mut capabilities = Capabilities::default();
        // `id@region` is the same model, in one of its regions.
        let id = BedrockId::parse(model.as_str().split('@').next().unwrap_or_default());
        let Some(facts) = facts::lookup(&id).map(|found| found.facts) else {
            capabilities.embeddings = embed::support(&id, None);
            capabilities.timeouts = self.settings.timeouts_for(true, None);
            return capabilities;
        };
        let target = Target::new(&id, id.region().unwrap_or_default(), None);
        capabilities.streaming = if facts.converse { Support::Yes } else { Support::No };
        capabilities.tools = facts.tool_use;
        capabilities.images = target.takes(&Modality::Image);
        capabilities.documents = target.takes(&Modality::Document);
        capabilities.video = target.takes(&Modality::Video);
        capabilities.audio = target.takes(&Modality::Audio);
        capabilities.reasoning = facts.reasoning;
        capabilities.prompt_caching = facts.prompt_caching.supported;
        capabilities.structured_output = facts.native_structured_output;
        capabilities.token_counting = count::support(facts);
        capabilities.embeddings = embed::support(&id, Some(facts));
        capabilities.context_window = facts.context_window;
        capabilities.max_output_tokens = facts.max_output_tokens;
        capabilities.timeouts = self.settings.timeouts_for(!facts.reasoning.is_no(), facts.idle_timeout);
        if self.learnt.of(model).contains(&Refusal::StreamedTools) {
            // The first event may be the whole answer.
            let Timeouts { total, whole, .. } = capabilities.timeouts;
            capabilities.timeouts.first_event = total.or(whole);
        }
        capabilities
    }

    async fn stream(&self, request: &Request) -> Result<EventStream> {
        let attempt: Attempt<_> = |prepared| Box::pin(prepared.stream());
        self.with_repairs(request, Operation::ConverseStream, attempt).await
    }

    /// One Converse call.
    async fn generate(&self, request: &Request) -> Result<Response> {
        let attempt: Attempt<_> = |prepared| Box::pin(prepared.generate());
        self.with_repairs(request, Operation::Converse, attempt).await
    }

    async fn count_tokens(&self, request: &Request) -> Result<TokenCount> {
        let attempt: Attempt<_> = |prepared| Box::pin(prepared.count());
        self.with_repairs(request, Operation::CountTokens, attempt).await
    }

    /// InvokeModel calls, up to eight at once; one for every text, or for 96 where the model takes many.
    async fn embed(&self, request: &EmbedRequest) -> Result<Embeddings> {
        self.embed_texts(request).await
    }
}

#[cfg(test)]
mod tests;
