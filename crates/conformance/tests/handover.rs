//! A conversation that moves between providers, and what is found where one of them does not do its part.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use outcrop_conformance::layers::Layered;
use outcrop_conformance::scripted::ScriptedHarness;
use outcrop_conformance::{Feature, Manifest, check_hand_over};
use outcrop_core::{
    Capabilities, Content, Event, EventStream, Layer, ModelId, ModelProvider, ProviderId, Request, Result,
    Warning, async_trait,
};

/// What becomes of a request before it is sent; whether anybody is warned.
type Change = fn(&mut Request) -> bool;

#[derive(Debug, Clone)]
struct Adapt(Change);

impl Layer for Adapt {
    fn layer(&self, inner: Arc<dyn ModelProvider>) -> Arc<dyn ModelProvider> {
        Arc::new(Adapted { inner, change: self.0 })
    }
}

#[derive(Debug)]
struct Adapted {
    inner: Arc<dyn ModelProvider>,
    change: Change,
}

#[async_trait]
impl ModelProvider for Adapted {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn capabilities(&self, model: &ModelId) -> Capabilities {
        self.inner.capabilities(model)
    }

    async fn stream(&self, request: &Request) -> Result<EventStream> {
        let mut request = request.clone();
        let warned = (self.change)(&mut request);
        Ok(Box::pin(Warned { inner: self.inner.stream(&request).await?, warned }))
    }
}

struct Warned {
    inner: EventStream,
    warned: bool,
}

impl Stream for Warned {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut item = ready!(self.inner.as_mut().poll_next(cx));
        if let Some(Ok(Event::Start(start))) = &mut item
            && self.warned
        {
            start.warnings.push(Warning::new("foreign-reasoning", "left out what another model thought"));
        }
        Poll::Ready(item)
    }
}

/// Leaves out what others thought.
fn politely(request: &mut Request) -> bool {
    let mut dropped = false;
    for message in &mut request.messages {
        let own = message.model.as_ref().is_none_or(|author| *author == request.model);
        let before = message.content.len();
        message.content.retain(|content| own || !matches!(content, Content::Reasoning(_)));
        dropped |= message.content.len() < before;
    }
    dropped
}

fn provider(model: &str, change: Change) -> Layered<ScriptedHarness> {
    Layered::new(ScriptedHarness::new(Manifest::new(model, model)), Adapt(change))
}

fn handed_over(change: Change) -> std::result::Result<(), String> {
    check_hand_over(provider("one", politely), provider("two", change))
}

#[test]
fn a_conversation_goes_on_with_another_provider_and_comes_back() {
    assert_eq!(handed_over(politely), Ok(()));
    let plain = ScriptedHarness::new(Manifest::new("plain", "plain").lacks(Feature::Reasoning, "none"));
    assert_eq!(check_hand_over(Layered::new(plain, Adapt(politely)), provider("two", politely)), Ok(()));
}

#[test]
fn thoughts_of_others_that_are_passed_on_are_found() {
    let problems = handed_over(|_| true).unwrap_err();
    assert_eq!(problems, "the second provider: the signature of another model came to the upstream");
}

#[test]
fn thoughts_that_are_left_out_in_silence_are_found() {
    let problems = handed_over(|request| {
        politely(request);
        false
    });
    let expected = "the second provider: the reasoning of another model is left out without a warning";
    assert_eq!(problems.unwrap_err(), expected);
}

#[test]
fn what_is_lost_of_the_conversation_is_found() {
    let lost: [(Change, &str); 4] = [
        (
            |request| {
                request.messages.retain(|message| message.role == outcrop_core::Role::User);
                true
            },
            "the argument of a call",
        ),
        (
            |request| {
                request.messages.remove(0);
                politely(request)
            },
            "the question",
        ),
        (
            |request| {
                request.messages.pop();
                politely(request)
            },
            "the result of a call",
        ),
        (
            |request| {
                for message in &mut request.messages {
                    message.content.retain(|content| message.model.is_none() || content.as_text().is_none());
                }
                politely(request)
            },
            "the text of an answer",
        ),
    ];
    for (change, what) in lost {
        let problems = handed_over(change).unwrap_err();
        assert!(problems.contains(&format!("the second provider: {what} did not come")), "{problems}");
    }
}

#[test]
fn the_way_back_is_looked_at_as_well() {
    let problems = check_hand_over(provider("one", |_| true), provider("two", politely)).unwrap_err();
    assert!(problems.starts_with("the first provider, to which it comes back: the signature"), "{problems}");
}

#[test]
fn a_provider_without_tools_cannot_be_tried() {
    let plain = ScriptedHarness::new(Manifest::new("plain", "plain").lacks(Feature::Tools, "it only talks"));
    let problem = check_hand_over(plain, provider("two", politely)).unwrap_err();
    assert_eq!(problem, "`plain` has no tools: it only talks");
}
