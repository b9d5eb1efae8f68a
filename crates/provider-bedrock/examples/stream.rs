//! Asks a model, and prints the answer while it is being written.
//!
//! `cargo run --example stream [MODEL]` calls whatever AWS endpoint, region and credentials the environment names; what
//! `outcrop emulate` prints points it at the emulator.

use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;

use futures_util::StreamExt as _;
use outcrop_aws::Aws;
use outcrop_core::{Delta, Environment, Event, ModelProvider as _, Request};
use outcrop_provider_bedrock::{Bedrock, BedrockSettings};

const MODEL: &str = "us.amazon.nova-lite-v1:0";

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "an example is a program of its own")]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = provider();
    let model = std::env::args().nth(1).unwrap_or_else(|| MODEL.to_owned());
    let request = Request::new(model).system("Be brief.").user("Why is the sky blue?");

    // Resolves when the first event is there, so that a refusal is an error here. Dropping `events` ends the call.
    let mut events = provider.stream(&request).await?;
    while let Some(event) = events.next().await {
        match event? {
            Event::Start(start) => {
                for warning in start.warnings {
                    eprintln!("note: {}", warning.message);
                }
            }
            Event::Delta { delta: Delta::Text { text }, .. } => {
                print!("{text}");
                std::io::stdout().flush()?;
            }
            Event::End(end) => {
                println!();
                let usage = end.usage.unwrap_or_default();
                eprintln!(
                    "{}: {} tokens in, {} out",
                    end.stop_reason, usage.input_tokens, usage.output_tokens
                );
            }
            _ => {}
        }
    }
    Ok(())
}

/// A provider for the environment that this program was started in.
#[expect(clippy::disallowed_methods, reason = "a program reads its environment once")]
fn provider() -> Bedrock {
    let environment: Environment = std::env::vars().collect();
    let aws = Arc::new(Aws::new(environment));
    Bedrock::new("amazon-bedrock".into(), aws, BedrockSettings::default(), None)
}
