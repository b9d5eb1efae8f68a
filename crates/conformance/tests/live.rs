//! The part of the kit that a real upstream can act, over providers that are good and bad.

// Tells clippy that all of this is test code, helpers included.
#![cfg(test)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use outcrop_conformance::live::{SCENARIOS, Subject, run};
use outcrop_conformance::{Outcome, Report};
use outcrop_core::scripted::{Script, Scripted};
use outcrop_core::{
    Block, Capabilities, Delta, End, Error, ErrorKind, Event, EventStream, ModelId, ModelProvider,
    ProviderId, Request, Result, StopReason, Support, Usage, async_trait,
};

type Answer = fn(&Request) -> Script;

/// A service, as a function of the request.
#[derive(Debug)]
struct Service {
    id: ProviderId,
    tools: Support,
    calls: AtomicUsize,
    answer: Answer,
}

#[async_trait]
impl ModelProvider for Service {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn capabilities(&self, _: &ModelId) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.tools = self.tools;
        capabilities
    }

    async fn stream(&self, request: &Request) -> Result<EventStream> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        Scripted::new([(self.answer)(request)]).stream(request).await
    }
}

fn says(text: &str, usage: Option<Usage>) -> Script {
    let delta = Delta::Text { text: text.to_owned() };
    Script::new()
        .event(Event::Open { index: 0, block: Block::Text })
        .event(Event::Delta { index: 0, delta })
        .event(Event::Close { index: 0 })
        .event(Event::End(Box::new(End { usage, ..End::new(StopReason::EndTurn) })))
}

fn tokens() -> Usage {
    Usage { input_tokens: 9, output_tokens: 1, ..Usage::default() }
}

fn good(request: &Request) -> Script {
    if request.model.as_str() != "m" {
        return Script::refuse(Error::new(ErrorKind::ModelNotFound, "no such model"));
    }
    if request.tools.is_empty() {
        return says("pong", Some(tokens()));
    }
    Script::new()
        .event(Event::Open { index: 0, block: Block::tool_use("call_1", "weather") })
        .event(Event::Delta { index: 0, delta: Delta::ToolInput { json: "{\"city\": \"Oslo\"}".to_owned() } })
        .event(Event::Close { index: 0 })
        .event(Event::End(Box::new(End { usage: Some(tokens()), ..End::new(StopReason::ToolUse) })))
}

/// The report, and how many calls were made for it.
fn report(tools: Support, answer: Answer) -> (Report, usize, usize) {
    let service = Arc::new(Service { id: "service".into(), tools, calls: AtomicUsize::new(0), answer });
    let subject = Subject::new(Arc::clone(&service) as Arc<dyn ModelProvider>, "m");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(run(&subject));
    assert!(report.results.iter().map(|result| result.name.as_str()).eq(SCENARIOS.iter().map(|it| it.0)));
    (report, service.calls.load(Ordering::Relaxed), subject.calls())
}

/// What came of the scenarios that did not pass.
fn told(report: &Report) -> Vec<String> {
    let told = report.results.iter().filter_map(|result| match &result.outcome {
        Outcome::Passed => None,
        Outcome::Skipped { reason } => Some(format!("{}: {reason}", result.name)),
        Outcome::Failed { problems } => Some(format!("{}! {}", result.name, problems.join("; "))),
        other => panic!("{other:?}"),
    });
    told.collect()
}

#[test]
fn a_good_provider_passes_and_is_called_as_often_as_was_said() {
    let (report, made, said) = report(Support::Unknown, good);
    assert_eq!(told(&report), ["catalog: the provider has no catalogue"]);
    assert!(report.is_fine());
    assert_eq!((made, said), (6, 6));
}

#[test]
fn what_a_model_or_a_server_does_of_itself_is_skipped() {
    let (report, made, said) = report(Support::No, |_| says("pong", None));
    assert_eq!(
        told(&report),
        [
            "usage: nobody told any",
            "tool_call: the provider says that the model has no tools",
            "unknown_model: the upstream answers whatever model is named",
            "catalog: the provider has no catalogue",
        ]
    );
    assert_eq!((made, said), (5, 5));
    let (report, ..) = self::report(Support::Yes, |_| says("pong", Some(tokens())));
    assert!(told(&report).contains(&"tool_call: the model called no tool".to_owned()));
}

#[test]
fn no_call_is_made_after_a_first_one_that_fails() {
    let (report, made, _) =
        report(Support::Yes, |_| Script::refuse(Error::new(ErrorKind::Unauthenticated, "who are you?")));
    let told = told(&report);
    assert_eq!(told[0], "text! the call fails: Unauthenticated (who are you?)");
    assert_eq!(told[1], "usage: not tried: the first call failed");
    assert!(!report.is_fine());
    assert_eq!(made, 1);
}

#[test]
fn what_is_wrong_is_told() {
    let cases: [(&str, Answer); 8] = [
        ("text! the answer is empty", |_| {
            Script::new().event(Event::End(Box::new(End::new(StopReason::EndTurn))))
        }),
        ("text! breaks a law of streams", |_| Script::new().event(Event::Close { index: 3 })),
        ("text! panics: oh no", |_| panic!("oh no")),
        ("usage! the prompt has no tokens", |_| says("pong", Some(Usage::default()))),
        ("stop_reason! a short answer stops for the reason `odd`", |_| {
            Script::new()
                .event(Event::Open { index: 0, block: Block::Text })
                .event(Event::Close { index: 0 })
                .event(Event::End(Box::new(End::new(StopReason::Other("odd".to_owned())))))
        }),
        ("tool_call! a call of a tool stops for the reason `end_turn`", |request| {
            if request.tools.is_empty() {
                return good(request);
            }
            Script::new()
                .event(Event::Open { index: 0, block: Block::tool_use("call_1", "weather") })
                .event(Event::Close { index: 0 })
                .event(Event::End(Box::new(End::new(StopReason::EndTurn))))
        }),
        ("cancel_the_answer! the answer breaks off: Interrupted (gone)", |request| {
            let counts = request.messages[0].content[0].as_text().is_some_and(|text| text.contains("Count"));
            if counts {
                Script::new().fail(Error::new(ErrorKind::Interrupted, "gone"))
            } else {
                good(request)
            }
        }),
        ("unknown_model! is told as Unexpected (what?)", |request| {
            if request.model.as_str() == "m" {
                return good(request);
            }
            Script::refuse(Error::new(ErrorKind::Unexpected, "what?"))
        }),
    ];
    for (expected, answer) in cases {
        let (report, ..) = report(Support::Yes, answer);
        let told = told(&report);
        assert!(told.iter().any(|told| told.starts_with(expected)), "{expected}: {told:?}");
        assert!(!report.is_fine());
    }
}
