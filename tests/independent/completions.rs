//! Our provider for OpenAI-compatible endpoints against ministack's chat completions, which somebody else wrote.

use outcrop::outcrop_core::{
    Checked, Environment, ErrorKind, ModelProvider as _, Response, Secret, StopReason, ToolSpec, collect,
};
use outcrop::{Request, Result};
use outcrop_provider_openai::{OpenAi, OpenAiSettings};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use super::server::Ministack;
use crate::support::{Home, Outcrop};

struct Endpoint {
    provider: OpenAi,
    runtime: Runtime,
    server: Ministack,
}

impl Endpoint {
    fn start() -> Self {
        let server = Ministack::start();
        let mut settings = OpenAiSettings::new(&server.endpoint);
        settings.api_key = Some(Secret::new("test-key"));
        let provider = OpenAi::new("ministack".into(), settings, &Environment::default()).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Self { provider, runtime, server }
    }

    /// The answer, out of a stream that keeps the laws.
    fn ask(&self, request: &Request) -> Result<Response> {
        self.runtime.block_on(async {
            let stream = self.provider.stream(request).await?;
            collect(Box::pin(Checked::new(stream))).await
        })
    }
}

#[test]
fn chat_completions_of_another_server_answer() {
    let endpoint = Endpoint::start();
    let ask = |prompt: &str| endpoint.ask(&Request::new("openai.gpt-oss-120b-1:0").user(prompt)).unwrap();
    let answer = ask("hi");
    // Its answer names the model that it was asked for, and a hash of the prompt.
    assert!(answer.text().contains("openai.gpt-oss-120b-1:0"), "{answer:?}");
    assert_eq!(answer.stop_reason, StopReason::EndTurn);
    assert_eq!(answer.model.as_ref().map(AsRef::as_ref), Some("openai.gpt-oss-120b-1:0"));
    assert!(answer.request_id.as_deref().is_some_and(|id| !id.is_empty()));
    assert_eq!(answer.usage, None, "it counts no tokens in a stream");
    assert_eq!(ask("hi").text(), answer.text());
    assert_ne!(ask("something else").text(), answer.text());
    let generated = endpoint
        .runtime
        .block_on(endpoint.provider.generate(&Request::new("openai.gpt-oss-120b-1:0").user("hi")));
    assert_eq!(generated.unwrap().text(), answer.text());
}

/// It looks at every message: a conversation with calls and results is one that it takes.
#[test]
fn another_server_takes_a_conversation_with_tools() {
    use outcrop::outcrop_core::{Content, Reasoning, ToolResult, ToolUse};

    let endpoint = Endpoint::start();
    let call = Content::ToolUse(ToolUse::new("tooluse_1", "weather", json!({ "city": "Bern" })));
    let thought = Content::Reasoning(Reasoning { text: "Hm.".to_owned(), ..Reasoning::default() });
    let result = Content::ToolResult(ToolResult::text("tooluse_1", "18 °C"));
    let request = Request::new("m")
        .system("Be brief.")
        .user("How warm is it?")
        .assistant(vec![thought, call])
        .user(vec![result, Content::text("And tomorrow?")])
        .tool(ToolSpec::new("weather", "Tells the weather.", json!({ "type": "object" })))
        .max_tokens(100);
    let answer = endpoint.ask(&request).unwrap();
    assert!(!answer.text().is_empty());
    let rules: Vec<_> = answer.warnings.iter().map(|warning| &*warning.rule).collect();
    assert_eq!(rules, ["reasoning-unsupported"]);
}

/// It asks for a model, in the words of OpenAI; and it has no list of models.
#[test]
fn refusals_of_another_server_are_understood() {
    use outcrop::outcrop_core::{ModelCatalog as _, Query};
    use outcrop_provider_openai::OpenAiCatalog;

    let endpoint = Endpoint::start();
    let mut settings = OpenAiSettings::new(&endpoint.server.endpoint);
    let catalog = OpenAiCatalog::new("ministack".into(), settings.clone(), &Environment::default()).unwrap();
    assert!(endpoint.runtime.block_on(catalog.snapshot(&Query::default())).is_err());

    settings.base_url.push_str("/v2");
    let elsewhere = OpenAi::new("ministack".into(), settings, &Environment::default()).unwrap();
    let error = endpoint.runtime.block_on(elsewhere.generate(&Request::new("m").user("hi"))).unwrap_err();
    assert_ne!(error.kind(), ErrorKind::Unexpected, "{error:?}");
}

/// What of the kit a real upstream can act, through the program and its configuration.
#[test]
fn the_live_part_of_the_kit_passes_against_another_server() {
    let server = Ministack::start();
    let home = Home::new();
    let entry = json!({
        "api": "openai-completions", "baseUrl": server.endpoint, "apiKey": "test-key", "models": [{ "id": "m" }],
    });
    home.plant(
        "config/outcrop/config.json5",
        &json!({ "models": { "providers": { "local": entry } } }).to_string(),
    );
    let run = Outcrop::at(&home, ["providers", "check", "--live", "-m", "local/m"]).run().succeeds();
    assert_eq!(
        run.stdout,
        "local (m)\nok    text\nskip  usage: nobody told any\nok    stop_reason\nok    whole_answer\nok    system_prompt\n\
         skip  tool_call: the model called no tool\nok    cancel_the_answer\n\
         skip  unknown_model: the upstream answers whatever model is named\nok    catalog\n\
         6 passed, 3 skipped, 0 failed\n"
    );
}

/// A proxy in front of Bedrock, used as an OpenAI-compatible provider, as docs/guide/compatible.md has it: here it is
/// ministack, which has Bedrock's models behind its chat completions. AWS is somebody else's business then: there are no
/// credentials, no region, and no call of Bedrock's own operations.
#[test]
fn a_proxy_in_front_of_bedrock_is_a_provider_of_the_command_line() {
    let server = Ministack::start();
    let home = Home::new();
    let config = json!({
        "models": { "providers": { "bedrock-proxy": {
            "api": "openai-completions",
            "baseUrl": format!("{}/v1", server.endpoint),
            "apiKey": "${PROXY_KEY}",
            "models": [{
                "id": "us.anthropic.claude-sonnet-4-6",
                "name": "Claude Sonnet 4.6, by the proxy",
                "reasoning": true,
                "input": ["text", "image"],
                "contextWindow": 200_000,
                "maxTokens": 64_000,
            }],
        } } },
        "agents": { "defaults": { "model": { "primary": "bedrock-proxy/us.anthropic.claude-sonnet-4-6" } } },
    });
    let folder = home.config().join("outcrop");
    std::fs::create_dir_all(&folder).unwrap();
    let mut file = std::fs::File::create(folder.join("config.json5")).unwrap();
    std::io::Write::write_all(&mut file, config.to_string().as_bytes()).unwrap();
    let outcrop = |args: &[&str]| Outcrop::at(&home, args).env("PROXY_KEY", "sk-of-the-proxy").run();

    outcrop(&["config", "check", "--strict"]).succeeds();
    let answer = outcrop(&["ask", "Hi"]).succeeds();
    assert!(answer.stdout.contains("us.anthropic.claude-sonnet-4-6"), "{answer:?}");
    assert_eq!(answer.stderr, "");
    let whole = outcrop(&["ask", "--json", "Hi"]).succeeds().json();
    assert_eq!(whole["model"], "bedrock-proxy/us.anthropic.claude-sonnet-4-6");
    assert_eq!(whole["text"], answer.stdout.trim_end());
    let listed = outcrop(&["models", "list", "--plain", "--provider", "bedrock-proxy"]).succeeds();
    assert_eq!(listed.stdout, "bedrock-proxy/us.anthropic.claude-sonnet-4-6\n");
    // It has no list of models, which is worth a word and no more.
    let examined = outcrop(&["doctor", "--json"]).succeeds().json();
    assert_eq!(examined["checks"][2]["verdict"], "warn", "{examined}");
}
