//! The harness of the conformance kit: this provider, calling an emulator over a socket.

mod translate;

use std::sync::Arc;
use std::time::Duration;

use outcrop_aws::{AccessKeys, Aws, ClosedWorld};
use outcrop_conformance::{Answer, Feature, Harness, Manifest, Script, Unplayable, Upstream, Wired};
use outcrop_core::{ErrorKind, ProviderId, Secret, async_trait};
use outcrop_emulator::{Credentials, Emulator, EventKind, Operation, Options, Running};

use crate::{Bedrock, BedrockSettings};

/// A model that takes and gives all that Converse has, and is called as it is named.
const MODEL: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/// Runs the suite on [`Bedrock`] and an emulator of its own for each provider.
#[derive(Debug, Clone, Copy, Default)]
pub struct BedrockHarness;

#[async_trait]
impl Harness for BedrockHarness {
    fn manifest(&self) -> Manifest {
        Manifest::new("amazon-bedrock", MODEL)
            .lacks(Feature::Embeddings, "a model that talks gives no vectors")
            .lacks(Feature::Catalog, "the catalogue is another crate's")
            .lacks_all(
                [Feature::Refusal(ErrorKind::Filtered), Feature::Failure(ErrorKind::Filtered)],
                "what a filter does is a stop reason of the service, never an error",
            )
            .lacks_all(
                [Feature::Failure(ErrorKind::Network), Feature::Failure(ErrorKind::Protocol)],
                "what breaks an answer that has begun is told as Interrupted, whatever it is",
            )
    }

    async fn provider(&self, script: &Script) -> Result<Wired, Unplayable> {
        Ok(self.wire(script).await?.0)
    }
}

impl BedrockHarness {
    /// A provider whose upstream acts out the script, as [`Harness::provider`] makes it, and what the emulator answers
    /// to: a catalogue that is built on it lists the emulator's models.
    ///
    /// # Errors
    /// As [`Harness::provider`].
    pub async fn wire(&self, script: &Script) -> Result<(Wired, Arc<Aws>), Unplayable> {
        let scenario = serde_json::from_value(translate::scenario(script)?).map_err(Unplayable::new)?;
        let mut options = Options::default();
        options.scenario = scenario;
        let emulator =
            Emulator::bind(([127, 0, 0, 1], 0).into(), options).await.map_err(Unplayable::new)?.spawn();
        let Credentials { access_key_id, secret_access_key, .. } = Credentials::default();
        let keys = AccessKeys::new(access_key_id, Secret::new(secret_access_key));
        let is_down =
            matches!(script.answer(0), Some(Answer::Refuse(fault)) if fault.kind == ErrorKind::Network);
        let endpoint = if is_down { nobody().map_err(Unplayable::new)? } else { emulator.endpoint() };
        let aws = Arc::new(Aws::closed_world(ClosedWorld::new(endpoint, keys)));
        let id = ProviderId::from("amazon-bedrock");
        let provider = Bedrock::new(id, Arc::clone(&aws), BedrockSettings::default(), None);
        Ok((Wired::new(Arc::new(provider), Arc::new(Emulated(emulator))), aws))
    }
}

/// An endpoint where nobody answers: the port was free a moment ago.
fn nobody() -> std::io::Result<String> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    Ok(format!("http://{}", listener.local_addr()?))
}

/// What the emulator saw.
struct Emulated(Running);

#[async_trait]
impl Upstream for Emulated {
    fn received(&self) -> Vec<Vec<u8>> {
        let calls =
            self.0.requests().into_iter().filter(|call| {
                matches!(call.operation, Some(Operation::Converse | Operation::ConverseStream))
            });
        calls.map(|call| call.body.to_string().into_bytes()).collect()
    }

    async fn cancelled(&self) {
        let mut seen = 0;
        loop {
            for event in self.0.events_after(seen, Duration::from_secs(1)).await {
                if event.kind == EventKind::ClientDisconnected {
                    return;
                }
                seen = event.number;
            }
        }
    }
}
