//! Our provider for OpenAI-compatible endpoints against llmock, a server that somebody else wrote to break clients.

use std::time::Duration;

use outcrop::outcrop_core::{
    Checked, Collected, Collector, Content, Environment, ErrorKind, Message, ModelCatalog as _,
    ModelProvider as _, Query, Retry, Secret, StopReason, ToolResult, ToolSpec, next,
};
use outcrop::{Request, Result};
use outcrop_provider_openai::{OpenAi, OpenAiCatalog, OpenAiSettings};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::support::{Home, Started, python};

struct Endpoint {
    settings: OpenAiSettings,
    provider: OpenAi,
    runtime: Runtime,
    _process: Started,
    _home: Home,
}

impl Endpoint {
    /// A server that does these things, one a call, in its own words.
    #[track_caller]
    fn start(behaviours: &Value) -> Self {
        let home = Home::new();
        let mut process = Started::new(python::server("llmock_server.py").arg(behaviours.to_string()), &home);
        let endpoint = process
            .wait_for("it was ready", |line| Some(line.strip_prefix("ready at ")?.trim_end().to_owned()));
        let mut settings = OpenAiSettings::new(endpoint);
        settings.api_key = Some(Secret::new("test-key"));
        let provider = OpenAi::new("llmock".into(), settings.clone(), &Environment::default()).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Self { settings, provider, runtime, _process: process, _home: home }
    }

    /// What comes of a request, out of a stream that keeps the laws.
    fn ask(&self, request: &Request) -> Result<Collected> {
        self.runtime.block_on(async {
            let mut stream: outcrop::outcrop_core::EventStream =
                Box::pin(Checked::new(self.provider.stream(request).await?));
            let mut collector = Collector::new();
            while let Some(item) = next(&mut stream).await {
                collector.push(item);
            }
            Ok(collector.finish())
        })
    }
}

fn question() -> Request {
    Request::new("gpt-4o").user("Say something that is long enough to be cut in the middle, please.")
}

fn with_tool() -> Request {
    let city =
        json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] });
    question().tool(ToolSpec::new("weather", "Tells the weather.", city))
}

#[test]
fn an_answer_a_call_and_a_list_of_a_breaking_server_that_does_not_break() {
    let endpoint = Endpoint::start(&json!([]));
    let answer = endpoint.ask(&question()).unwrap().into_result().unwrap();
    assert!(answer.text().contains("long enough to be cut"), "{answer:?}");
    assert_eq!(answer.stop_reason, StopReason::EndTurn);
    assert!(
        answer.usage.is_some_and(|usage| usage.input_tokens > 0 && usage.output_tokens > 0),
        "{answer:?}"
    );

    let request = with_tool();
    let call = endpoint.ask(&request).unwrap().into_result().unwrap();
    assert_eq!(call.stop_reason, StopReason::ToolUse);
    let results: Vec<_> =
        call.tool_uses().map(|call| Content::ToolResult(ToolResult::text(&call.id, "18 °C"))).collect();
    assert!(
        call.tool_uses().all(|call| call.name == "weather" && call.input["city"].is_string()),
        "{call:?}"
    );
    assert_eq!(results.len(), 1);
    let mut request = request;
    request.messages.extend([call.into_message(), Message::user(results)]);
    let answer = endpoint.ask(&request).unwrap().into_result().unwrap();
    assert!(answer.text().contains("18 °C") && answer.warnings.is_empty(), "{answer:?}");

    let catalog =
        OpenAiCatalog::new("llmock".into(), endpoint.settings.clone(), &Environment::default()).unwrap();
    let listed = endpoint.runtime.block_on(catalog.snapshot(&Query::default())).unwrap();
    assert!(listed.models.iter().any(|card| card.id == "gpt-4o" && card.maker == "llmock"), "{listed:?}");
}

#[test]
fn each_refusal_of_a_breaking_server_is_understood() {
    let refusals = [
        (400, ErrorKind::InvalidRequest),
        (401, ErrorKind::Unauthenticated),
        (403, ErrorKind::PermissionDenied),
        (404, ErrorKind::ModelNotFound),
        (429, ErrorKind::Throttled),
        (500, ErrorKind::Unavailable),
        (503, ErrorKind::Unavailable),
        (529, ErrorKind::Unavailable),
    ];
    let behaviours =
        refusals.iter().map(|(status, _)| json!({ "type": "fail", "status": status, "retry_after": 2 }));
    let endpoint = Endpoint::start(&behaviours.collect());
    for (status, kind) in refusals {
        let error = endpoint.ask(&question()).unwrap_err();
        assert_eq!((error.kind(), error.status()), (kind, Some(status)), "{error:?}");
        assert!(error.provider_message().is_some(), "{error:?}");
        if status == 429 {
            assert_eq!(error.retry(), Retry::After(Duration::from_secs(2)));
        }
    }
    assert!(endpoint.ask(&question()).unwrap().error.is_none(), "after all of them it answers");
}

/// A stream that ends too soon, without a reset and with one, or in the middle of a chunk: none of them is an answer.
#[test]
fn a_broken_stream_of_a_breaking_server_is_never_an_answer() {
    let kinds = ["disconnect", "truncate", "malformed"];
    let behaviours =
        kinds.iter().map(|kind| json!({ "type": "stream_fault", "kind": kind, "after_chunks": 3 }));
    let endpoint = Endpoint::start(&behaviours.collect());
    for kind in kinds {
        let Collected { response, error } = endpoint.ask(&question()).unwrap();
        let error = error.unwrap_or_else(|| panic!("{kind} looks whole: {response:?}"));
        let expected = if kind == "malformed" { ErrorKind::Protocol } else { ErrorKind::Interrupted };
        assert_eq!(error.kind(), expected, "{kind}: {error:?}");
        assert!(!response.text().is_empty(), "{kind}: what came before is kept");
    }
}

#[test]
fn broken_arguments_of_a_breaking_server_are_reported() {
    let endpoint = Endpoint::start(&json!([{ "type": "tool_fault", "kind": "malformed_arguments" }]));
    let answer = endpoint.ask(&with_tool()).unwrap().into_result().unwrap();
    assert_eq!(answer.stop_reason, StopReason::MalformedToolUse);
    assert!(answer.tool_uses().all(|call| call.malformed_input.is_some()), "{answer:?}");
}
