//! What would be sent, whoever would get it.

use outcrop_core::{
    Error, ModelId, ModelProvider, ModelProviderExt as _, ProviderId, Request, Result, Warning,
};
use outcrop_provider_bedrock::Bedrock;
use outcrop_provider_openai::OpenAi;

use crate::Outcrop;

/// What would be sent for a request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DryRun {
    /// `ConverseStream`, `Converse`, or `createChatCompletion`.
    pub operation: &'static str,
    /// The id that would be called.
    pub model: ModelId,
    /// The region of the call; `None` if the provider knows no regions.
    pub region: Option<String>,
    /// The base URL that would be called.
    pub endpoint: String,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// What was adjusted, repaired or dropped.
    pub warnings: Vec<Warning>,
}

impl Outcrop {
    /// What a provider would send for a request. Nothing is sent, and no credentials are needed.
    ///
    /// # Errors
    /// As [`Bedrock::dry_run`] and [`OpenAi::dry_run`]; [`outcrop_core::ErrorKind::Unsupported`] for a provider of
    /// another kind.
    pub async fn dry_run(&self, id: &ProviderId, request: &Request, streaming: bool) -> Result<DryRun> {
        let provider = self.provider(id).await?;
        if let Some(bedrock) = provider.find::<Bedrock>() {
            let sent = bedrock.dry_run(request, streaming).await?;
            return Ok(DryRun {
                operation: sent.operation,
                model: sent.model,
                region: Some(sent.region),
                endpoint: sent.endpoint,
                body: sent.body.into(),
                warnings: sent.warnings,
            });
        }
        if let Some(endpoint) = provider.find::<OpenAi>() {
            let sent = endpoint
                .dry_run(request)
                .map_err(|error| error.with_provider(ModelProvider::id(endpoint)))?;
            return Ok(DryRun {
                // OpenAI's name for it, in the description of its API.
                operation: "createChatCompletion",
                model: request.model.clone(),
                region: None,
                endpoint: sent.endpoint,
                body: sent.body.into(),
                warnings: sent.warnings,
            });
        }
        Err(Error::unsupported(format!("the provider `{id}` cannot say what it would send"))
            .with_provider(id))
    }
}
