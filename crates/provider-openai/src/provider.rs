//! The provider: a request in, the endpoint's answer out.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use outcrop_core::{
    Capabilities, Delta, EmbedRequest, Embeddings, Environment, Error, ErrorKind, Event, EventStream,
    ModelId, ModelProvider, OutputCheck, ProviderId, Request, Result, Start, StopReason, Warning,
};

use crate::draft::Draft;
use crate::endpoint::Endpoint;
use crate::failure::{Call, Wanted};
use crate::http_client::{self, HttpClient, Reply};
use crate::normalise::Target;
use crate::stream::{self, Shaping};
use crate::{OpenAiSettings, ReasoningTag, embed, failure};

/// The most of an error's body that is read.
const LONGEST_ERROR: usize = 64 << 10;
/// How long to wait for an error's body once its head is there.
const PATIENCE_FOR_ERROR: Duration = Duration::from_secs(5);

/// An OpenAI-compatible chat-completions endpoint.
#[derive(Debug)]
pub struct OpenAi {
    id: ProviderId,
    settings: OpenAiSettings,
    endpoint: Endpoint,
    client: HttpClient,
}

/// What would be sent for a request.
#[derive(Clone)]
#[non_exhaustive]
pub struct DryRun {
    /// The base of the endpoint's addresses, as the configuration means it.
    pub endpoint: String,
    /// The address that is called. What stands in its query may be meant for nobody else.
    pub url: String,
    /// The body, byte for byte.
    pub body: Bytes,
    /// What was adjusted, repaired or dropped.
    pub warnings: Vec<Warning>,
}

impl fmt::Debug for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, url, body, warnings } = self;
        f.debug_struct("DryRun")
            .field("endpoint", endpoint)
            .field("url", &url.split('?').next().unwrap_or_default())
            .field("body", body)
            .field("warnings", warnings)
            .finish()
    }
}

impl OpenAi {
    /// A provider with an id, for an endpoint. Nothing is connected yet; `environment` says which proxy to go through.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] if the base URL, a header or the proxy cannot be used.
    pub fn new(id: ProviderId, settings: OpenAiSettings, environment: &Environment) -> Result<Self> {
        let endpoint = endpoint(&settings)?;
        let client = HttpClient::new(&endpoint.chat(), &settings, environment)?;
        Ok(Self { id, settings, endpoint, client })
    }

    /// What would be sent for a request. Nothing is sent.
    ///
    /// # Errors
    /// As [`ModelProvider::stream`] before the call.
    pub fn dry_run(&self, request: &Request) -> Result<DryRun> {
        let Draft { body, warnings, .. } = self.draft(request)?;
        Ok(DryRun { endpoint: self.endpoint.shown(), url: self.endpoint.chat(), body, warnings })
    }

    fn draft(&self, request: &Request) -> Result<Draft> {
        let target = Target::new(&request.model, &self.settings, &self.endpoint);
        Draft::new(request, self.id.as_str(), &target)
    }

    /// The texts of a request as vectors.
    async fn embed_texts(&self, request: &EmbedRequest) -> Result<Embeddings> {
        let draft = embed::Draft::new(request, self.id.as_str())?;
        let url = self.endpoint.embeddings();
        let mut reply = embed::Reply::default();
        for body in draft.bodies() {
            let sent = self.client.post_for_json(&url, body.bytes()).await?;
            let (sent, call) = accepted(sent, self.calling(Wanted::Embeddings)).await?;
            let answer = whole(sent, &call, embed::LONGEST).await?;
            reply.add(&answer, body.texts(), &call)?;
        }
        reply.finish(request)
    }

    /// What all errors of a call have in common.
    fn calling(&self, wanted: Wanted) -> Call {
        calling(&self.id, &self.endpoint, &self.settings, wanted)
    }

    async fn call(&self, request: &Request) -> Result<EventStream> {
        let check = request.output.as_ref().map(|output| OutputCheck::compile(&output.schema)).transpose()?;
        let Draft { body, names, warnings } = self.draft(request)?;
        let tag = self.settings.compat_for(&request.model, &self.endpoint).reasoning_tag;
        let tag = tag.filter(|tag| *tag != ReasoningTag::None).map(ReasoningTag::as_str);
        let reply = self.client.post(&self.endpoint.chat(), body).await?;
        let (reply, call) = accepted(reply, self.calling(Wanted::Chat)).await?;
        let request_id = call.request_id.clone();
        let model = Some(request.model.clone());
        let start = Start { model, warnings, request_id, ..Start::default() };
        let events = stream::open(reply, call, start, Shaping { tag, names, raw: request.raw }).await?;
        Ok(match check {
            Some(check) => checked(events, check),
            None => events,
        })
    }
}

/// The same events, with what is wrong with the answer at its end. One that waits for its tools is none yet.
fn checked(events: EventStream, check: OutputCheck) -> EventStream {
    let mut answer = String::new();
    Box::pin(events.map(move |mut item| {
        match &mut item {
            Ok(Event::Delta { delta: Delta::Text { text }, .. }) => answer.push_str(text),
            Ok(Event::End(end))
                if !matches!(end.stop_reason, StopReason::ToolUse | StopReason::MalformedToolUse) =>
            {
                check.judge(&answer, end);
            }
            _ => {}
        }
        item
    }))
}

/// The endpoint of the settings. A key that strangers could read is not sent.
///
/// # Errors
/// [`outcrop_core::ErrorKind::Config`], saying what is wrong with it.
pub(crate) fn endpoint(settings: &OpenAiSettings) -> Result<Endpoint> {
    let endpoint = match Endpoint::parse(&settings.base_url) {
        Ok(endpoint) => endpoint,
        Err(message) => return Err(Error::config(message)),
    };
    match endpoint.exposed(settings.api_key.is_some(), !settings.headers.is_empty()) {
        Some(message) => Err(Error::config(message)),
        None => Ok(endpoint),
    }
}

/// What all errors of a call have in common.
pub(crate) fn calling(
    id: &ProviderId,
    endpoint: &Endpoint,
    settings: &OpenAiSettings,
    wanted: Wanted,
) -> Call {
    Call {
        endpoint: endpoint.shown(),
        wanted,
        provider: id.clone(),
        request_id: None,
        secrets: http_client::secrets(settings).chain(endpoint.secrets()).collect(),
    }
}

/// The answer, if it is one of success; and the call, with the id that the endpoint gave it.
pub(crate) async fn accepted(reply: Reply, mut call: Call) -> Result<(Reply, Call)> {
    let header = |name: &str| reply.headers.get(name).and_then(|value| value.to_str().ok());
    let id =
        ["x-request-id", "request-id", "x-amzn-requestid", "apim-request-id"].into_iter().find_map(header);
    call.request_id = id.filter(|id| !id.is_empty()).map(str::to_owned);
    if (200..300).contains(&reply.status) {
        return Ok((reply, call));
    }
    let Reply { status, headers, mut body } = reply;
    let mut words = Vec::new();
    // What was said before the connection broke, or went silent, is worth more than that it did.
    let reading = async {
        while let Some(Ok(bytes)) = body.next().await {
            words.extend_from_slice(&bytes);
            if words.len() > LONGEST_ERROR {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE_FOR_ERROR, reading).await.ok();
    Err(call.refused(status, &headers, &words))
}

/// The whole body of an answer, of at most that many MiB.
pub(crate) async fn whole(mut reply: Reply, call: &Call, longest: usize) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(bytes) = reply.body.next().await {
        body.extend_from_slice(&bytes?);
        if body.len() > longest << 20 {
            let message = format!("the endpoint's answer is longer than {longest} MiB");
            return Err(call.new_error(ErrorKind::Protocol, message));
        }
    }
    Ok(body)
}

#[async_trait]
impl ModelProvider for OpenAi {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn capabilities(&self, model: &ModelId) -> Capabilities {
        self.settings.capabilities(model, &self.endpoint)
    }

    async fn stream(&self, request: &Request) -> Result<EventStream> {
        let named = failure::Named::new(&self.id, &request.model);
        match self.call(request).await {
            Ok(events) => Ok(Box::pin(events.map(move |item| item.map_err(|error| named.name(error))))),
            Err(error) => Err(named.name(error)),
        }
    }

    async fn embed(&self, request: &EmbedRequest) -> Result<Embeddings> {
        let named = failure::Named::new(&self.id, &request.model);
        self.embed_texts(request).await.map_err(|error| named.name(error))
    }
}

#[cfg(test)]
mod tests;
