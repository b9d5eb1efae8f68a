//! Lets a model of any OpenAI-compatible endpoint call a tool, and prints what happens.
//!
//! `cargo run --example tools_loop -- http://127.0.0.1:11434 qwen3 [KEY]` asks a model of Ollama; any other base URL does,
//! with a key if the endpoint wants one.

use std::error::Error;

use outcrop_core::{
    Content, Environment, Message, ModelCatalog as _, ModelProvider as _, Query, Request, Secret, ToolResult,
    ToolSpec,
};
use outcrop_provider_openai::{OpenAi, OpenAiCatalog, OpenAiSettings};
use serde_json::json;

/// How often the model may call tools before it has to answer.
const ROUNDS: usize = 5;

/// The variables, which say what proxy to go through.
#[expect(clippy::disallowed_methods, reason = "a program reads its environment once, at its start")]
fn environment() -> Environment {
    std::env::vars().collect()
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "an example is a program of its own")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut settings = OpenAiSettings::new(arguments.next().ok_or("give a base URL")?);
    let model = arguments.next();
    settings.api_key = arguments.next().map(Secret::new);
    let environment = environment();

    let catalog = OpenAiCatalog::new("endpoint".into(), settings.clone(), &environment)?;
    let provider = OpenAi::new("endpoint".into(), settings, &environment)?;
    let Some(model) = model else {
        for card in catalog.snapshot(&Query::default()).await?.models {
            println!("{}", card.id);
        }
        return Ok(());
    };

    let city =
        json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] });
    let mut request = Request::new(model).user("How warm is it in Bern? Use the tool.").tool(ToolSpec::new(
        "temperature",
        "Tells the temperature of a city.",
        city,
    ));
    for _ in 0..ROUNDS {
        let response = provider.generate(&request).await?;
        for warning in &response.warnings {
            eprintln!("note: {}", warning.message);
        }
        let results: Vec<_> = response
            .tool_uses()
            .map(|call| {
                println!("{} is called with {}", call.name, call.input);
                match &call.malformed_input {
                    None => ToolResult::text(&call.id, "18 °C"),
                    // The arguments broke off: nobody knows what was meant.
                    Some(_) => ToolResult { is_error: true, ..ToolResult::text(&call.id, "not run") },
                }
            })
            .map(Content::ToolResult)
            .collect();
        if results.is_empty() {
            println!("{}", response.text());
            return Ok(());
        }
        request.messages.push(response.into_message());
        request.messages.push(Message::user(results));
    }
    Err("the model called tools and never answered".into())
}
