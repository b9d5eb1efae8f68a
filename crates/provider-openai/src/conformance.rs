//! The harness of the conformance kit: this provider, calling a server on loopback that speaks chat completions.

mod server;
mod translate;

use std::sync::Arc;

use async_trait::async_trait;
use outcrop_conformance::{Answer, Feature, Harness, Manifest, Script, Unplayable, Upstream, Wired};
use outcrop_core::{Environment, ErrorKind, Modality, ModelProvider, ProviderId, Secret};

use crate::{Compat, ModelSettings, OpenAi, OpenAiCatalog, OpenAiSettings, ReasoningField, ThinkingFormat};
use server::Server;

/// A model as gateways name it.
const MODEL: &str = "google/gemini-3-pro";

/// Runs the suite on [`OpenAi`] and [`OpenAiCatalog`], with a server of its own for each provider.
///
/// The server speaks as the gateways do that have most to say: thoughts come with their signatures
/// ([`ReasoningField::ReasoningDetails`]).
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenAiHarness;

#[async_trait]
impl Harness for OpenAiHarness {
    fn manifest(&self) -> Manifest {
        Manifest::new("openai-compatible", MODEL)
            .lacks(
                Feature::RedactedReasoning,
                "thoughts that are hidden are JSON on this wire, and are kept as the JSON that they came in, not as bytes",
            )
            .lacks(Feature::TokenCounting, "the protocol has no call that counts tokens")
            .lacks(
                Feature::Failure(ErrorKind::Network),
                "a connection that breaks within an answer is told as Interrupted, whatever broke it",
            )
    }

    async fn provider(&self, script: &Script) -> Result<Wired, Unplayable> {
        let server = Server::start(script, MODEL).await?;
        let is_down =
            matches!(script.answer(0), Some(Answer::Refuse(fault)) if fault.kind == ErrorKind::Network);
        let base_url = if is_down { nobody().map_err(Unplayable::new)? } else { server.base_url() };
        let id = ProviderId::from("openai-compatible");
        let settings = settings(base_url);
        let nowhere = Environment::default();
        let provider = OpenAi::new(id.clone(), settings.clone(), &nowhere).map_err(Unplayable::new)?;
        let catalog = OpenAiCatalog::new(id, settings, &nowhere).map_err(Unplayable::new)?;
        let provider: Arc<dyn ModelProvider> = Arc::new(provider);
        let upstream: Arc<dyn Upstream> = Arc::new(server);
        Ok(Wired::new(provider, upstream).with_catalog(Arc::new(catalog)))
    }
}

fn settings(base_url: String) -> OpenAiSettings {
    let model = ModelSettings {
        reasoning: Some(true),
        tools: Some(true),
        input: Some(vec![Modality::Text, Modality::Image, Modality::Document]),
        ..ModelSettings::new(MODEL)
    };
    OpenAiSettings {
        api_key: Some(Secret::new("sk-loopback-key")),
        models: vec![model],
        compat: Compat {
            thinking_format: Some(ThinkingFormat::OpenRouter),
            reasoning_field: Some(ReasoningField::ReasoningDetails),
            ..Compat::default()
        },
        ..OpenAiSettings::new(base_url)
    }
}

/// An endpoint where nobody answers: the port was free a moment ago.
fn nobody() -> std::io::Result<String> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    Ok(format!("http://{}/v1", listener.local_addr()?))
}
