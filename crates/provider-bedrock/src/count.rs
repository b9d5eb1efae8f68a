//! The length of a prompt, by CountTokens: nothing is generated, and nothing is charged.

use aws_sdk_bedrockruntime::operation::count_tokens::{CountTokensError, CountTokensOutput};
use aws_sdk_bedrockruntime::types::{ConverseTokensRequest, CountTokensInput, InvokeModelTokensRequest};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::Blob;
use bytes::Bytes;
use outcrop_aws::endpoint::Plane;
use outcrop_aws::{Call, error_from_sdk};
use outcrop_core::{Error, ErrorKind, ModelId, ModelKind, Result, Support, TokenCount};
use outcrop_model_facts::facts::{self, ModelFacts};
use outcrop_model_facts::{BedrockId, Kind};

use crate::Bedrock;
use crate::content_type::{Expects, JSON};
use crate::provider::{Place, Prepared};

/// The models that are documented to be counted, by the beginning of their ids. Of the newer ones of the same maker some
/// are and some are not. Source: "Monitor your token usage by counting tokens" in the Bedrock user guide,
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/count-tokens.html>.
const COUNTED: &[&str] = &[
    "anthropic.claude-3-5-haiku-",
    "anthropic.claude-3-5-sonnet-",
    "anthropic.claude-3-7-sonnet-",
    "anthropic.claude-opus-4-20250514",
    "anthropic.claude-sonnet-4-20250514",
];

/// Whether the tokens of a model's prompts can be counted.
pub(crate) fn support(facts: &ModelFacts) -> Support {
    match facts.kind {
        ModelKind::Chat if COUNTED.iter().any(|start| facts.id.starts_with(start)) => Support::Yes,
        ModelKind::Chat => Support::Unknown,
        _ => Support::No,
    }
}

/// The id by which a model's tokens are counted: CountTokens knows foundation models only, whatever profile is called
/// later.
pub(crate) fn counted_as(place: &Place) -> ModelId {
    let called = BedrockId::parse(place.model.as_str());
    let base = place.base();
    let foundation = match called.kind() {
        Kind::SystemProfile | Kind::ApplicationProfile => {
            facts::lookup(&base).map(|found| found.facts.id).or_else(|| base.base())
        }
        _ => None,
    };
    ModelId::from(foundation.unwrap_or_else(|| called.raw()))
}

impl Prepared {
    pub(crate) async fn count(&self) -> Result<TokenCount> {
        let input = CountTokensInput::Converse(ConverseTokensRequest::builder().build());
        let call = self.client.count_tokens().model_id(self.counted_as.as_str()).input(input).customize();
        counted(call.interceptor(Expects::new(JSON)).mutate_request(self.body()).send().await)
    }
}

impl Bedrock {
    /// Counts the tokens of a body as `InvokeModel` takes it, for callers that have the model's own format at hand.
    ///
    /// For Claude that is a request of Anthropic's Messages API without `model` and `stream`, with `max_tokens`, and with
    /// `"anthropic_version": "bedrock-2023-05-31"`. The body is sent as it is.
    ///
    /// No model is ever called for a count. A profile is counted as the foundation model behind it.
    ///
    /// # Errors
    /// - [`ErrorKind::Unsupported`]: the service cannot count for this model, as for Claude models that can be called
    ///   through inference profiles only.
    /// - [`ErrorKind::PermissionDenied`]: the caller lacks the IAM action `bedrock:CountTokens`.
    /// - [`ErrorKind::InvalidRequest`]: the body is not what the model takes.
    /// - Those of every other call.
    pub async fn count_tokens_of_body(&self, model: &ModelId, body: Bytes) -> Result<TokenCount> {
        let place = self.place(model).await?;
        let counted_as = counted_as(&place);
        let blob = Blob::new(body);
        let attempt = || async {
            let request =
                InvokeModelTokensRequest::builder().body(blob.clone()).build().map_err(|error| {
                    Error::new(ErrorKind::InvalidRequest, "the body cannot be sent").with_source(error)
                })?;
            let input = CountTokensInput::InvokeModel(request);
            let call = place.client.count_tokens().model_id(counted_as.as_str()).input(input).customize();
            counted(call.interceptor(Expects::new(JSON)).send().await)
        };
        let count = place.session.call(Plane::Runtime, attempt).await;
        let facts = facts::lookup(&place.base()).map(|found| found.facts);
        count.map_err(|error| self.named(error, &place.model, facts, &place.session))
    }
}

fn counted(
    answer: Result<CountTokensOutput, SdkError<CountTokensError, HttpResponse>>,
) -> Result<TokenCount> {
    let error = match answer {
        Ok(counted) => {
            let tokens = u64::try_from(counted.input_tokens).map_err(|error| {
                Error::new(ErrorKind::Protocol, "the service counted less than nothing").with_source(error)
            })?;
            return Ok(TokenCount { input_tokens: tokens });
        }
        Err(error) => error_from_sdk(&Call::new("CountTokens"), error),
    };
    if let Some(input_tokens) = counted_in_vain(&error) {
        return Ok(TokenCount { input_tokens });
    }
    Err(match error.kind() {
        ErrorKind::Unsupported => error
            .with_hint("estimate the length, or read it in the usage of an answer, which every model gives"),
        _ => error,
    })
}

/// The count inside a refusal. CountTokens refuses prompts of more than 200 000 tokens even for models that take more, and
/// says how long they are: `prompt is too long: 243120 tokens > 200000 maximum`
/// (<https://github.com/boto/botocore/issues/3707>).
fn counted_in_vain(error: &Error) -> Option<u64> {
    let overflow = error.overflow()?;
    overflow.prompt_tokens.filter(|_| overflow.max_tokens.is_none())
}

#[cfg(test)]
mod tests;
