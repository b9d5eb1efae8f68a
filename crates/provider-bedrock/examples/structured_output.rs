//! Gets an answer that is JSON and follows a schema, from any model, and reads it into a type.
//!
//! `cargo run --example structured_output [MODEL]` calls whatever AWS endpoint, region and credentials the environment
//! names; what `outcrop emulate` prints points it at the emulator.

use std::error::Error;
use std::sync::Arc;

use outcrop_aws::Aws;
use outcrop_core::{Environment, ModelProvider as _, OutputSchema, Request};
use outcrop_provider_bedrock::{Bedrock, BedrockSettings};
use serde::Deserialize;
use serde_json::json;

const MODEL: &str = "us.anthropic.claude-sonnet-4-6";

/// What the schema below describes.
#[derive(Debug, Deserialize)]
struct Ticket {
    summary: String,
    urgency: Urgency,
    products: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Urgency {
    Low,
    High,
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example is a program of its own")]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = provider();
    let model = std::env::args().nth(1).unwrap_or_else(|| MODEL.to_owned());
    let schema = json!({
        "type": "object",
        "properties": {
            "summary": { "type": "string", "description": "one sentence" },
            "urgency": { "enum": ["low", "high"] },
            "products": { "type": "array", "items": { "type": "string" } },
        },
        "required": ["summary", "urgency", "products"],
        "additionalProperties": false,
    });
    let request = Request::new(model)
        .system("Sort the customer's mail.")
        .user("My kettle leaks, and the toaster that you sent with it is on fire. Please hurry.")
        .output(OutputSchema::new(schema));

    // The text is the JSON and nothing else, however the model was brought to it.
    let response = provider.generate(&request).await?;
    for warning in &response.warnings {
        println!("note: {}", warning.message);
    }
    let Ticket { summary, urgency, products } = serde_json::from_str(&response.text())?;
    println!("summary: {summary}");
    println!("urgency: {urgency:?}");
    println!("products: {}", products.join(", "));
    Ok(())
}

/// A provider for the environment that this program was started in.
#[expect(clippy::disallowed_methods, reason = "a program reads its environment once")]
fn provider() -> Bedrock {
    let environment: Environment = std::env::vars().collect();
    let aws = Arc::new(Aws::new(environment));
    Bedrock::new("amazon-bedrock".into(), aws, BedrockSettings::default(), None)
}
