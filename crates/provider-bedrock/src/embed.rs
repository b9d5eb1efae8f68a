//! Texts to vectors, by InvokeModel: the body is the model's own, and so is the answer.

use std::sync::{Arc, OnceLock};

use aws_sdk_bedrockruntime::operation::RequestId as _;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::Blob;
use aws_smithy_types::config_bag::ConfigBag;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use outcrop_aws::endpoint::Plane;
use outcrop_core::{
    EmbedRequest, Embeddings, Error, ErrorKind, ModelKind, ModelProvider, Result, Support, Usage,
};
use outcrop_model_facts::BedrockId;
use outcrop_model_facts::facts::{self, ModelFacts};
use serde_json::Value;

use crate::content_type::{Expects, JSON};
use crate::provider::Place;
use crate::{Bedrock, BedrockSettings, failure};
use family::Family;
use reply::Reply;

mod family;
mod reply;

/// How many calls of one request may be under way at once. Most models take one text a call: less would be slow, and
/// much more would be throttled.
const CALLS_AT_ONCE: usize = 8;

/// Where the service says how many tokens the texts had.
const TOKEN_COUNT: &str = "x-amzn-bedrock-input-token-count";

/// Whether a model turns texts into vectors.
pub(crate) fn support(id: &BedrockId<'_>, facts: Option<&ModelFacts>) -> Support {
    match facts {
        _ if Family::of(id).is_some() => Support::Yes,
        Some(facts) if facts.kind != ModelKind::Embedding => Support::No,
        // What is behind the id may be a model that is known.
        _ if id.base().is_none() => Support::Unknown,
        _ => Support::No,
    }
}

impl Bedrock {
    /// One vector a text.
    pub(crate) async fn embed_texts(&self, request: &EmbedRequest) -> Result<Embeddings> {
        let mut place = self.place(&request.model).await?;
        let mut moved = false;
        loop {
            let facts = facts::lookup(&place.base()).map(|found| found.facts);
            let error = match self.embed_at(&place, request).await {
                Ok(embeddings) => return Ok(embeddings),
                Err(error) => error,
            };
            if !moved && self.move_on(&mut place, facts, &error).await? {
                moved = true;
            } else {
                return Err(self.named(error, &place.model, facts, &place.session));
            }
        }
    }

    async fn embed_at(&self, place: &Place, request: &EmbedRequest) -> Result<Embeddings> {
        let base = place.base();
        let family = Family::of(&base).ok_or_else(|| unknown_family(&base))?;
        let provider = ModelProvider::id(self);
        let options = request.options.get(provider);
        let template = family.template(request, &format!("options.{provider}"), options)?;
        check_texts(&request.texts)?;

        let calls = Calls { place, family, template, texts: &request.texts, settings: &self.settings };
        // In whatever order they come: a call that fails shall not wait for one that takes long.
        let answers = stream::iter(0..request.texts.len().div_ceil(family.texts_per_call))
            .map(|number| calls.numbered(number))
            .buffer_unordered(CALLS_AT_ONCE);
        let mut replies: Vec<(usize, Reply)> = answers.try_collect().await?;
        replies.sort_unstable_by_key(|(number, _)| *number);

        let tokens = replies.iter().map(|(_, reply)| reply.tokens).sum::<Option<u64>>();
        let vectors = replies.into_iter().flat_map(|(_, reply)| reply.vectors).collect();
        let mut embeddings = Embeddings::new(reply::of_one_length(vectors, request.dimensions)?);
        embeddings.model = Some(place.model.clone());
        embeddings.usage = tokens
            .filter(|_| !request.texts.is_empty())
            .map(|input_tokens| Usage { input_tokens, ..Usage::default() });
        embeddings.warnings = place.warnings.iter().chain(&place.late_warnings).cloned().collect();
        Ok(embeddings)
    }
}

/// The calls of one request.
struct Calls<'a> {
    place: &'a Place,
    family: &'static Family,
    /// The body without texts.
    template: Value,
    texts: &'a [String],
    settings: &'a BedrockSettings,
}

impl Calls<'_> {
    /// The answer to the texts of one call, with its number.
    async fn numbered(&self, number: usize) -> Result<(usize, Reply)> {
        let texts = self.texts.chunks(self.family.texts_per_call).nth(number).unwrap_or_default();
        let body = self.family.body(&self.template, texts).to_string();
        let attempt = || self.invoke(body.clone(), texts.len());
        let reply = self.place.session.call(Plane::Runtime, attempt).await;
        reply.map(|reply| (number, reply)).map_err(|error| self.explained(error))
    }

    async fn invoke(&self, body: String, texts: usize) -> Result<Reply> {
        let guardrail = |member: &str| {
            let guardrail = self.settings.guardrail.as_ref()?;
            guardrail.get(member)?.as_str().map(str::to_owned)
        };
        let metadata = &self.settings.request_metadata;
        let counted = Arc::new(OnceLock::new());
        let sent = self
            .place
            .client
            .invoke_model()
            .model_id(self.place.model.as_str())
            .content_type(JSON)
            .accept(JSON)
            .body(Blob::new(body))
            .set_guardrail_identifier(guardrail("guardrailIdentifier"))
            .set_guardrail_version(guardrail("guardrailVersion"))
            .set_request_metadata((!metadata.is_empty()).then(|| serde_json::json!(metadata).to_string()))
            .customize()
            .interceptor(Expects::new(JSON))
            .interceptor(TokenCounter(Arc::clone(&counted)))
            .send()
            .await
            .map_err(failure::invoke_model)?;
        let mut reply = Reply::read(self.family.shape(), sent.body.as_ref(), texts)
            .map_err(|error| error.with_request_id(sent.request_id()))?;
        // The header stands for what is charged.
        reply.tokens = counted.get().copied().or(reply.tokens);
        Ok(reply)
    }

    /// What only this side knows of a refusal.
    fn explained(&self, error: Error) -> Error {
        let words = error.provider_message().unwrap_or_default().to_lowercase();
        match error.kind() {
            ErrorKind::ContextOverflow => {
                error.with_hint("a text is longer than the model takes: embed it in parts")
            }
            ErrorKind::InvalidRequest if self.settings.guardrail.is_some() && words.contains("guardrail") => {
                error.with_hint("the guardrail of the provider's settings goes with every call: embed by a provider entry without one")
            }
            _ => error,
        }
    }
}

/// Bedrock refuses texts without content, and a vector of nothing says nothing.
fn check_texts(texts: &[String]) -> Result<()> {
    match texts.iter().position(|text| text.trim().is_empty()) {
        Some(blank) => {
            let message = format!("`texts[{blank}]` is blank: there is no vector of nothing");
            Err(Error::new(ErrorKind::InvalidRequest, message).with_hint("leave blank texts out"))
        }
        None => Ok(()),
    }
}

fn unknown_family(base: &BedrockId<'_>) -> Error {
    let known: Vec<_> = Family::all_ids().map(|id| format!("`{id}`")).collect();
    let known = format!("models that do: {}", known.join(", "));
    match base.base() {
        Some(model) => {
            Error::unsupported(format!("`{model}` is not known to turn texts into vectors")).with_hint(known)
        }
        None => Error::unsupported(format!("nobody knows which model is behind `{base}`"))
            .with_hint("say so as `baseModel` of the model in the configuration")
            .with_hint(known),
    }
}

/// Reads how many tokens a call had.
#[derive(Debug)]
struct TokenCounter(Arc<OnceLock<u64>>);

#[dyn_dispatch_hint]
impl Intercept for TokenCounter {
    fn name(&self) -> &'static str {
        "InputTokenCount"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let count = context.response().headers().get(TOKEN_COUNT);
        if let Some(count) = count.and_then(|count| count.trim().parse().ok()) {
            // Set once: each attempt has a counter of its own.
            let _ = self.0.set(count);
        }
        Ok(())
    }
}

#[cfg(test)]
mod cases;
#[cfg(test)]
mod tests;
