//! Lets a model think and call tools until it has an answer. Tools that it calls in one turn run in parallel, and its
//! thoughts stay in the conversation: Claude wants them back, signature and all.
//!
//! `cargo run --example tools_loop [MODEL]` calls whatever AWS endpoint, region and credentials the environment names;
//! what `outcrop emulate` prints points it at the emulator.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use outcrop_aws::Aws;
use outcrop_core::{
    Content, Environment, Message, ModelProvider as _, Request, ThinkingLevel, ToolResult, ToolSpec, ToolUse,
};
use outcrop_provider_bedrock::{Bedrock, BedrockSettings};
use serde_json::json;

const MODEL: &str = "us.anthropic.claude-sonnet-4-6";

/// How often the model may ask for tools: a loop that a model controls needs an end.
const MOST_TURNS: usize = 8;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example is a program of its own")]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = provider();
    let model = std::env::args().nth(1).unwrap_or_else(|| MODEL.to_owned());
    let city =
        json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] });
    let mut request = Request::new(model)
        .system("Use the tools; never guess.")
        .user("Is it warmer in Lisbon or in Oslo, and what time is it there?")
        .thinking(ThinkingLevel::Low)
        .tool(ToolSpec::new("weather", "The weather in a city, now.", city.clone()))
        .tool(ToolSpec::new("local_time", "The time of day in a city, now.", city));

    for _ in 0..MOST_TURNS {
        let response = provider.generate(&request).await?;
        for content in &response.content {
            match content {
                Content::Reasoning(thoughts) => println!("thinks: {}", thoughts.text),
                Content::ToolUse(call) => println!("calls: {}({})", call.name, call.input),
                Content::Text(text) => println!("says: {}", text.text),
                _ => {}
            }
        }
        let calls: Vec<ToolUse> = response.tool_uses().cloned().collect();
        // As it came, thoughts and all.
        request.messages.push(response.into_message());
        if calls.is_empty() {
            return Ok(());
        }

        // All at once; each call gets its result, in one turn of the user, in the order of the calls.
        let running: Vec<_> = calls.into_iter().map(|call| tokio::spawn(run(call))).collect();
        let mut results = Vec::new();
        for result in running {
            results.push(Content::ToolResult(result.await?));
        }
        request.messages.push(Message::user(results));
    }
    Err("the model would not stop calling tools".into())
}

/// Runs a tool. What goes wrong is for the model to read: it may try again, or say so.
async fn run(call: ToolUse) -> ToolResult {
    let city =
        call.input.get("city").and_then(|city| city.as_str()).filter(|_| call.malformed_input.is_none());
    let answer = match (call.name.as_str(), city) {
        (_, None) => Err("say which `city`".to_owned()),
        ("weather", Some(city)) => Ok(weather(city).await),
        ("local_time", Some(city)) => Ok(local_time(city).await),
        (unknown, _) => Err(format!("there is no tool `{unknown}`")),
    };
    match answer {
        Ok(text) => ToolResult::text(call.id, text),
        Err(problem) => ToolResult { is_error: true, ..ToolResult::text(call.id, problem) },
    }
}

/// Stands for a service that takes a while.
async fn weather(city: &str) -> String {
    tokio::time::sleep(Duration::from_millis(20)).await;
    format!("{city}: {} degrees", 10 + city.len())
}

/// Stands for another.
async fn local_time(city: &str) -> String {
    tokio::time::sleep(Duration::from_millis(20)).await;
    format!("{city}: half past {}", city.len())
}

/// A provider for the environment that this program was started in.
#[expect(clippy::disallowed_methods, reason = "a program reads its environment once")]
fn provider() -> Bedrock {
    let environment: Environment = std::env::vars().collect();
    let aws = Arc::new(Aws::new(environment));
    Bedrock::new("amazon-bedrock".into(), aws, BedrockSettings::default(), None)
}
