//! Streams as the service sends them, and as it never should: written frame by frame by the emulator, carried over a real
//! socket, read by the official SDK, and translated by the provider.

mod cases;
mod cuts;
mod exceptions;
mod model;
mod trace;

use std::sync::Arc;

use outcrop::{Emulator as Address, Outcrop, Sources};
use outcrop_core::{End, Error, Event, Laws, ModelProvider, Request, Secret, Start, next};
use outcrop_emulator::{Credentials, Emulator, Options, Running};
use serde_json::{Value, json};

/// A model that is called as it is named.
const MODEL: &str = "us.amazon.nova-lite-v1:0";

/// An emulator in this process, and the provider that calls it, without retries and limits.
struct Service {
    emulator: Running,
    provider: Arc<dyn ModelProvider>,
}

/// What came of one stream.
#[derive(Debug)]
struct Answer {
    /// Everything between start and end, or between start and failure.
    events: Vec<Event>,
    outcome: Result<End, Error>,
}

impl Service {
    async fn start() -> Self {
        let mut options = Options::default();
        options.journal_limit = 1;
        let emulator = Emulator::bind(([127, 0, 0, 1], 0).into(), options).await.unwrap().spawn();
        let Credentials { access_key_id, secret_access_key, .. } = Credentials::default();
        let address = Address::new(emulator.endpoint(), access_key_id, Secret::new(secret_access_key));
        let outcrop = Outcrop::builder(Sources::default()).emulator(address).build();
        let provider = outcrop.provider(&outcrop::DEFAULT_PROVIDER.into()).await.unwrap();
        Self { emulator, provider }
    }

    /// Asks once, under a rule for the emulator. Fails if a law of core is broken, or if the request id gets lost.
    async fn answer(&self, rule: &Value, request: &Request) -> Answer {
        let mut rule = rule.clone();
        rule["match"] = json!({ "operation": "ConverseStream" });
        let scenario = json!({ "rules": [rule] });
        self.emulator.set_scenario(serde_json::from_value(scenario).unwrap());
        let mut laws = Laws::default();
        let mut items = Vec::new();
        match innermost(&*self.provider).stream(request).await {
            Err(error) => items.push(Err(error)),
            Ok(mut stream) => {
                while let Some(item) = next(&mut stream).await {
                    items.push(item);
                }
            }
        }
        for item in &items {
            assert_eq!(laws.check(item), Ok(()), "at {item:?} of {items:?}");
        }
        assert_eq!(laws.finish(), Ok(()), "after {items:?}");

        let request_id = self.emulator.requests().pop().unwrap().request_id;
        let mut items = items.into_iter().peekable();
        if let Some(Ok(Event::Start(Start { request_id: said, .. }))) = items.peek() {
            assert_eq!(said.as_ref(), Some(&request_id), "of the start");
            items.next();
        }
        let mut events = Vec::new();
        for item in items {
            let outcome = match item {
                Ok(Event::End(end)) => Ok(*end),
                Ok(event) => {
                    events.push(event);
                    continue;
                }
                Err(error) => Err(error),
            };
            let said = outcome.as_ref().map_or_else(Error::request_id, |end| end.request_id.as_deref());
            assert_eq!(said, Some(&*request_id), "{outcome:?}");
            return Answer { events, outcome };
        }
        panic!("the laws let a stream without an end pass")
    }

    /// Asks for a stream of these frames.
    async fn replay(&self, frames: &[Value], padding: bool, fault: Option<&Value>) -> Answer {
        let mut rule = json!({ "reply": { "events": frames, "padding": padding } });
        if let Some(fault) = fault {
            rule["fault"] = fault.clone();
        }
        self.answer(&rule, &request()).await
    }
}

/// The provider inside of all layers.
fn innermost(provider: &dyn ModelProvider) -> &dyn ModelProvider {
    provider.inner().map_or(provider, innermost)
}

/// Any question; the answers are scripted.
fn request() -> Request {
    Request::new(MODEL).user("Why is the sky blue?")
}

/// An event of the service, as it stands in the tables.
fn frame(name: &str, payload: Value) -> Value {
    Value::Object([(name.to_owned(), payload)].into_iter().collect())
}

/// A short answer with a text, a tool call and everything around them.
fn usual() -> Vec<Value> {
    let text =
        |text: &str| frame("contentBlockDelta", json!({ "contentBlockIndex": 0, "delta": { "text": text } }));
    let call = json!({ "toolUse": { "toolUseId": "tooluse_1", "name": "weather" } });
    let input = json!({ "toolUse": { "input": "{\"city\":\"Zürich\"}" } });
    vec![
        frame("messageStart", json!({ "role": "assistant" })),
        text("I will look "),
        text("it up."),
        frame("contentBlockStop", json!({ "contentBlockIndex": 0 })),
        frame("contentBlockStart", json!({ "contentBlockIndex": 1, "start": call })),
        frame("contentBlockDelta", json!({ "contentBlockIndex": 1, "delta": input })),
        frame("contentBlockStop", json!({ "contentBlockIndex": 1 })),
        frame("messageStop", json!({ "stopReason": "tool_use" })),
        frame(
            "metadata",
            json!({ "usage": { "inputTokens": 9, "outputTokens": 12, "totalTokens": 21 }, "metrics": { "latencyMs": 3 } }),
        ),
    ]
}
