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
    Capabilities, Content, Error, EventStream, Modality, ModelId, ModelProvider, ModelResolver, ProviderId,
    Request, Resolved, Response, Result, Start, StopReason, Support, TokenCount, Warning,
};
use outcrop_model_facts::facts::{self, ModelFacts};
use outcrop_model_facts::{BedrockId, Kind};

use crate::client::Clients;
use crate::content_type::{EVENT_STREAM, Expects, JSON};
use crate::normalise::{Normalised, normalise};
use crate::wire::{decode, encode};
use crate::{BedrockSettings, failure, options, repair, stream};

/// The rule of the warning that another id was called than was asked for.
const CALLED_AS: &str = "called-as";
/// The rule of the warning that nobody knows the id, or that it goes away soon.
const MODEL: &str = "model";
/// The rule of the warning that raw events were asked for.
const RAW_EVENTS: &str = "raw-events";

/// Amazon Bedrock, by Converse and ConverseStream.
#[derive(Debug)]
pub struct Bedrock {
    id: ProviderId,
    settings: BedrockSettings,
    resolver: Option<Arc<dyn ModelResolver>>,
    clients: Clients,
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
        Self { id, clients: Clients::new(aws, settings.aws.clone()), settings, resolver }
    }

    /// Everything that a request needs before it is sent.
    async fn prepare(&self, request: &Request, streaming: bool) -> Result<Prepared> {
        let resolved = match &self.resolver {
            Some(resolver) => resolver.resolve(&request.model).await?,
            None => Resolved::unchanged(request.model.clone()),
        };
        let parsed = BedrockId::parse(resolved.callable.as_str());
        let base = resolved.base.as_ref().map_or(parsed, |base| BedrockId::parse(base.as_str()));
        let facts = facts::lookup(&base).map(|found| found.facts);
        let region = resolved.region.as_deref().or_else(|| parsed.region());
        let (client, session) = self.clients.of(region).await?;
        let mut normalised = normalise(request, facts)?;
        if let Some(note) = resolved.note {
            normalised.warnings.insert(0, Warning::new(CALLED_AS, note));
        }
        normalised.warnings.extend(resolved.warning.map(|warning| Warning::new(MODEL, warning)));
        if request.raw {
            let message = "left out the service's own events, which this provider does not have";
            normalised.warnings.push(Warning::new(RAW_EVENTS, message));
        }
        let options = options::merged(request, self.id.as_str(), &self.settings, streaming)?;
        Ok(Prepared {
            client,
            session,
            model: resolved.callable,
            facts,
            body: Bytes::from(encode::converse_body(&normalised, &options)?),
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

    /// Does `attempt`, and does it once more with an inference profile if a bare id is refused for want of one, or with
    /// fresh credentials if those so far are refused.
    async fn with_repairs<T>(&self, mut prepared: Prepared, attempt: Attempt<T>) -> Result<T> {
        let error = match prepared.session.call(Plane::Runtime, || attempt(&prepared)).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let Some(instead) = self.instead(&prepared, &error).await else {
            return Err(self.named(error, &prepared));
        };
        let note = format!("called `{}`: `{}` needs an inference profile", instead.callable, prepared.model);
        prepared.normalised.warnings.insert(0, Warning::new(CALLED_AS, note));
        prepared.model = instead.callable;
        if let Some(region) = &instead.region {
            (prepared.client, prepared.session) = self.clients.of(Some(region)).await?;
        }
        let answer = prepared.session.call(Plane::Runtime, || attempt(&prepared)).await;
        answer.map_err(|error| self.named(error, &prepared))
    }
}

/// One way to send a request.
type Attempt<T> = for<'a> fn(&'a Prepared) -> BoxFuture<'a, Result<T>>;

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
        stream::open(sent.stream, start, self.normalised.suppress_tool_calls).await
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
        let prepared = self.prepare(request, true).await?;
        self.with_repairs(prepared, |prepared| Box::pin(prepared.stream())).await
    }

    /// One Converse call.
    async fn generate(&self, request: &Request) -> Result<Response> {
        let prepared = self.prepare(request, false).await?;
        self.with_repairs(prepared, |prepared| Box::pin(prepared.generate())).await
    }

    async fn count_tokens(&self, request: &Request) -> Result<TokenCount> {
        let prepared = self.prepare(request, false).await?;
        let options = options::merged(request, self.id.as_str(), &self.settings, false)?;
        let body = Bytes::from(encode::count_tokens_body(&prepared.normalised, &options)?);
        // CountTokens knows foundation models only, whatever profile is called later.
        let parsed = BedrockId::parse(prepared.model.as_str());
        let model = match parsed.kind() {
            Kind::SystemProfile | Kind::ApplicationProfile => {
                prepared.facts.map(|facts| facts.id).or_else(|| parsed.base())
            }
            _ => None,
        };
        let input = CountTokensInput::Converse(ConverseTokensRequest::builder().build());
        let call =
            prepared.client.count_tokens().model_id(model.unwrap_or(prepared.model.as_str())).input(input);
        let count = || async {
            let sent = call.clone().customize().mutate_request(replace_body(body.clone())).send().await;
            sent.map_err(|error| error_from_sdk(&Call::new("CountTokens"), error))
        };
        let counted = prepared
            .session
            .call(Plane::Runtime, count)
            .await
            .map_err(|error| self.named(error, &prepared))?;
        Ok(TokenCount { input_tokens: u64::try_from(counted.input_tokens).unwrap_or(0) })
    }
}

#[cfg(test)]
mod tests;
