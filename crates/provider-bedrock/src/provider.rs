//! The provider: a request in, Bedrock's answer out.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::operation::RequestId as _;
use aws_sdk_bedrockruntime::types::{ConverseTokensRequest, CountTokensInput};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use outcrop_aws::endpoint::Plane;
use outcrop_aws::{Aws, Call, Session, error_from_sdk};
use outcrop_core::{
    Capabilities, Content, Error, EventStream, Modality, ModelCard, ModelId, ModelProvider, ModelResolver,
    ProviderId, Request, Resolved, Response, Result, Start, StopReason, Support, TokenCount, Warning,
};
use outcrop_model_facts::facts::{self, ModelFacts};
use outcrop_model_facts::{BedrockId, Kind};

use crate::client::Clients;
use crate::content_type::{EVENT_STREAM, Expects, JSON};
use crate::draft::{Draft, Operation};
use crate::learnt::{Learnt, Refusals};
use crate::normalise::Normalised;
use crate::target::Target;
use crate::wire::decode;
use crate::{BedrockSettings, failure, repair, stream, structured};

/// The rule of the warning that another id was called than was asked for.
const CALLED_AS: &str = "called-as";
/// The rule of the warning that nobody knows the id, or that it goes away soon.
const MODEL: &str = "model";
/// The rule of the warning that raw events were asked for.
const RAW_EVENTS: &str = "raw-events";

/// How many changed requests may follow a refused one. Each refusal is answered once; a model that refuses more than this
/// is not understood.
const MOST_REPAIRS: usize = 4;

/// Amazon Bedrock, by Converse and ConverseStream.
#[derive(Debug)]
pub struct Bedrock {
    id: ProviderId,
    settings: BedrockSettings,
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
        let place = self.place(request).await?;
        let prepared = self.prepare(request, operation, &place, &Refusals::default())?;
        let (endpoint, _) = prepared.session.resolved_endpoint(Plane::Runtime)?;
        Ok(DryRun {
            operation: operation.name(),
            model: prepared.model,
            region: prepared.session.region().name.clone(),
            endpoint,
            body: prepared.body,
            warnings: prepared.normalised.warnings,
        })
    }

    /// Which model is called where.
    async fn place(&self, request: &Request) -> Result<Place> {
        let resolved = match &self.resolver {
            Some(resolver) => resolver.resolve(&request.model).await?,
            None => Resolved::unchanged(request.model.clone()),
        };
        let mut warnings = Vec::new();
        warnings.extend(resolved.note.map(|note| Warning::new(CALLED_AS, note)));
        let region =
            resolved.region.as_deref().or_else(|| BedrockId::parse(resolved.callable.as_str()).region());
        let (client, session) = self.clients.of(region).await?;
        let mut late_warnings: Vec<_> =
            resolved.warning.map(|warning| Warning::new(MODEL, warning)).into_iter().collect();
        if request.raw {
            let message = "left out the service's own events, which this provider does not have";
            late_warnings.push(Warning::new(RAW_EVENTS, message));
        }
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
        let Draft { mut normalised, body } =
            Draft::new(request, self.id.as_str(), &self.settings, &target, operation)?;
        normalised.warnings.splice(0..0, place.warnings.iter().cloned());
        normalised.warnings.extend(place.late_warnings.iter().cloned());
        Ok(Prepared {
            client: place.client.clone(),
            session: Arc::clone(&place.session),
            model: place.model.clone(),
            facts: target.facts,
            body,
            normalised,
        })
    }

    fn named(&self, error: Error, prepared: &Prepared) -> Error {
        repair::with_alternatives(error, &prepared.model, prepared.facts)
            .with_provider(&self.id)
            .with_context("model", prepared.model.as_str())
    }

    /// What to call instead of an id that was just refused. A resolver knows the account and the geography that is
    /// wanted, and remembers the refusal; without one, the table of facts has to do.
    async fn instead(&self, refused: &Prepared, error: &Error) -> Option<Resolved> {
        let region = &refused.session.region().name;
        match &self.resolver {
            Some(resolver) => resolver.instead(&refused.model, region, error).await,
            None => {
                repair::profile_instead(error, &refused.model, refused.facts, region).map(Resolved::unchanged)
            }
        }
    }

    /// Does `attempt`, and does it again with an inference profile if a bare id is refused for want of one, without what
    /// the model refuses, or with fresh credentials if those so far are refused: each at most once.
    async fn with_repairs<T>(
        &self,
        request: &Request,
        operation: Operation,
        attempt: Attempt<T>,
    ) -> Result<T> {
        let mut place = self.place(request).await?;
        let mut refused = Refusals::default();
        let (mut repairs, mut moved) = (0, false);
        loop {
            let prepared = self.prepare(request, operation, &place, &refused)?;
            let error = match prepared.session.call(Plane::Runtime, || attempt(&prepared)).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let refusals = repair::refused(&error, &prepared.body);
            if repairs < MOST_REPAIRS && !refusals.is_subset(&refused) {
                tracing::debug!(model = %prepared.model, ?refusals, "sent again without what was refused");
                self.learnt.remember(&prepared.model, &refusals);
                refused.extend(refusals);
                repairs += 1;
            } else if !moved && let Some(instead) = self.instead(&prepared, &error).await {
                moved = true;
                place.move_to(instead, &self.clients).await?;
            } else {
                return Err(self.named(error, &prepared));
            }
        }
    }
}

/// One way to send a request.
type Attempt<T> = for<'a> fn(&'a Prepared) -> BoxFuture<'a, Result<T>>;

/// Which model is called where.
struct Place {
    client: Client,
    session: Arc<Session>,
    /// The id to call.
    model: ModelId,
    base: Option<ModelId>,
    card: Option<Arc<ModelCard>>,
    /// What to say before everything else.
    warnings: Vec<Warning>,
    /// What to say after everything else.
    late_warnings: Vec<Warning>,
}

impl Place {
    fn target(&self) -> Target {
        let base = self.base.as_ref().unwrap_or(&self.model);
        Target::new(&BedrockId::parse(base.as_str()), &self.session.region().name, self.card.as_deref())
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
struct Prepared {
    client: Client,
    session: Arc<Session>,
    /// The id to call.
    model: ModelId,
    facts: Option<&'static ModelFacts>,
    normalised: Normalised,
    body: Bytes,
}

impl Prepared {
    fn start(&self, request_id: Option<&str>) -> Start {
        Start {
            model: Some(self.model.clone()),
            warnings: self.normalised.warnings.clone(),
            request_id: request_id.map(str::to_owned),
        }
    }

    /// Puts our body in the place of the one that the SDK wrote, before it is signed.
    fn body(&self) -> impl Fn(&mut HttpRequest) + Send + Sync + 'static {
        replace_body(self.body.clone())
    }

    async fn stream(&self) -> Result<EventStream> {
        let call = self.client.converse_stream().model_id(self.model.as_str()).customize();
        let call = call.interceptor(Expects(EVENT_STREAM));
        let sent = call.mutate_request(self.body()).send().await.map_err(failure::converse_stream)?;
        let start = self.start(sent.request_id());
        let Normalised { suppress_tool_calls, names, structured, .. } = &self.normalised;
        let shaping = stream::Shaping { suppress_tool_calls: *suppress_tool_calls, names: names.clone() };
        let events = stream::open(sent.stream, start, shaping).await?;
        Ok(structured::watch(events, structured.as_ref()))
    }

    async fn generate(&self) -> Result<Response> {
        let call = self.client.converse().model_id(self.model.as_str()).customize();
        let call = call.interceptor(Expects(JSON));
        let sent = call.mutate_request(self.body()).send().await.map_err(failure::converse)?;
        let request_id = sent.request_id().map(str::to_owned);
        let mut response = decode::response(sent, request_id.as_deref())?;
        if self.normalised.suppress_tool_calls {
            response.content.retain(|content| !matches!(content, Content::ToolUse(_)));
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
        let Start { model, warnings, .. } = self.start(None);
        response.model = model;
        response.warnings = warnings;
        Ok(response)
    }

    async fn count(&self) -> Result<TokenCount> {
        // CountTokens knows foundation models only, whatever profile is called later.
        let parsed = BedrockId::parse(self.model.as_str());
        let model = match parsed.kind() {
            Kind::SystemProfile | Kind::ApplicationProfile => {
                self.facts.map(|facts| facts.id).or_else(|| parsed.base())
            }
            _ => None,
        };
        let input = CountTokensInput::Converse(ConverseTokensRequest::builder().build());
        let call = self.client.count_tokens().model_id(model.unwrap_or(self.model.as_str())).input(input);
        let sent = call.customize().mutate_request(self.body()).send().await;
        let counted = sent.map_err(|error| error_from_sdk(&Call::new("CountTokens"), error))?;
        Ok(TokenCount { input_tokens: u64::try_from(counted.input_tokens).unwrap_or(0) })
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
        let Some(facts) = facts::lookup(&BedrockId::parse(model.as_str())).map(|found| found.facts) else {
            capabilities.timeouts = self.settings.timeouts_for(true, None);
            return capabilities;
        };
        let takes = |modality: &Modality| match facts.input {
            [] => Support::Unknown,
            known => Support::from(known.contains(modality)),
        };
        capabilities.streaming = if facts.converse { Support::Yes } else { Support::No };
        capabilities.tools = facts.tool_use;
        capabilities.images = takes(&Modality::Image);
        capabilities.documents = takes(&Modality::Document);
        capabilities.video = takes(&Modality::Video);
        capabilities.audio = takes(&Modality::Audio);
        capabilities.reasoning = facts.reasoning;
        capabilities.prompt_caching = facts.prompt_caching.supported;
        capabilities.structured_output = facts.native_structured_output;
        capabilities.context_window = facts.context_window;
        capabilities.max_output_tokens = facts.max_output_tokens;
        capabilities.timeouts = self.settings.timeouts_for(!facts.reasoning.is_no(), facts.idle_timeout);
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
}

#[cfg(test)]
mod tests;
