//! A provider that acts out scripts in memory: for documentation, tests, and trying layers.
//!
//! ```
//! use outcrop_core::{ModelProviderExt, scripted::{Script, Scripted}};
//! # fn block_on<F: Future>(future: F) -> F::Output {
//! #     let mut future = std::pin::pin!(future);
//! #     let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
//! #     loop { if let std::task::Poll::Ready(out) = future.as_mut().poll(&mut cx) { return out } }
//! # }
//! let provider = Scripted::new([Script::new().text("Hel").text("lo").end()]);
//! assert_eq!(block_on(provider.ask("any-model", "Hi")).unwrap(), "Hello");
//! assert_eq!(provider.requests().len(), 1);
//! ```

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use async_trait::async_trait;
use futures_core::Stream;
use serde_json::{Value, json};

use crate::{
    Block, BuildContext, Capabilities, Delta, EmbedRequest, Embeddings, End, Error, ErrorKind, Event,
    EventStream, ModelId, ModelProvider, ProviderFactory, ProviderId, Request, Result, SettingProblem, Start,
    StopReason, TokenCount, Usage,
};

/// What a scripted provider does in one call.
#[derive(Debug, Clone, Default)]
pub struct Script {
    refuse: Option<Error>,
    steps: VecDeque<Step>,
    open: Option<u32>,
    next_index: u32,
}

#[derive(Debug, Clone)]
enum Step {
    Item(Box<Result<Event>>),
    Silence,
}

impl Script {
    /// An answer that starts.
    pub fn new() -> Self {
        Self::default().event(Event::Start(Start::default()))
    }

    /// No answer: the call itself fails.
    pub fn refuse(error: Error) -> Self {
        Self { refuse: Some(error), ..Self::default() }
    }

    /// Adds an event as it is, kept to no law.
    pub fn event(mut self, event: Event) -> Self {
        self.steps.push_back(Step::Item(Box::new(Ok(event))));
        self
    }

    /// Says a piece of text; pieces that follow each other are one block.
    pub fn text(self, text: &str) -> Self {
        self.grow(Block::Text, Delta::Text { text: text.to_owned() })
    }

    /// Thinks aloud; pieces that follow each other are one block.
    pub fn reasoning(self, text: &str) -> Self {
        self.grow(Block::Reasoning, Delta::Reasoning { text: text.to_owned() })
    }

    /// Asks for a tool, with the arguments in pieces of JSON text.
    pub fn tool_call(self, id: &str, name: &str, input: &[&str]) -> Self {
        let index = self.next_index;
        let block = Block::tool_use(id, name);
        let script = self.close().event(Event::Open { index, block });
        let mut script = input.iter().fold(script, |script, json| {
            script.event(Event::Delta { index, delta: Delta::ToolInput { json: (*json).to_owned() } })
        });
        script.next_index = index + 1;
        script.event(Event::Close { index })
    }

    /// Fails here.
    pub fn fail(mut self, error: Error) -> Self {
        self.steps.push_back(Step::Item(Box::new(Err(error))));
        self
    }

    /// Says nothing more, and does not end either.
    pub fn silence(mut self) -> Self {
        self.steps.push_back(Step::Silence);
        self
    }

    /// Ends as a finished turn.
    pub fn end(self) -> Self {
        self.end_with(End::new(StopReason::EndTurn))
    }

    /// Ends as a finished turn that used that many tokens.
    pub fn end_with_usage(self, usage: Usage) -> Self {
        self.end_with(End { usage: Some(usage), ..End::new(StopReason::EndTurn) })
    }

    /// Ends.
    pub fn end_with(self, end: End) -> Self {
        self.close().event(Event::End(Box::new(end)))
    }

    fn grow(mut self, block: Block, delta: Delta) -> Self {
        let continues = self.steps.back().is_some_and(|step| {
            matches!(step, Step::Item(item) if matches!(&**item, Ok(Event::Delta { delta: last, .. }) if last.belongs_to(&block)))
        });
        let index = match self.open {
            Some(index) if continues => index,
            _ => {
                self = self.close();
                let index = self.next_index;
                self.open = Some(index);
                self.next_index += 1;
                self = self.event(Event::Open { index, block });
                index
            }
        };
        self.event(Event::Delta { index, delta })
    }

    fn close(mut self) -> Self {
        match self.open.take() {
            Some(index) => self.event(Event::Close { index }),
            None => self,
        }
    }
}

/// The stream of a script.
#[derive(Debug)]
struct Acting(VecDeque<Step>);

impl Stream for Acting {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.0.front() {
            // Nobody will wake the task: whoever waits here needs a timer of their own, which is the point.
            Some(Step::Silence) => Poll::Pending,
            _ => Poll::Ready(self.0.pop_front().and_then(|step| match step {
                Step::Item(item) => Some(*item),
                Step::Silence => None,
            })),
        }
    }
}

/// A provider that acts out its scripts, one a call, in order.
#[derive(Debug)]
pub struct Scripted {
    id: ProviderId,
    capabilities: Capabilities,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    scripts: VecDeque<Script>,
    requests: Vec<Request>,
}

impl Scripted {
    /// A provider with the id `scripted`.
    pub fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        let state = State { scripts: scripts.into_iter().collect(), requests: Vec::new() };
        Self {
            id: ProviderId::from("scripted"),
            capabilities: Capabilities::default(),
            state: Mutex::new(state),
        }
    }

    /// The same with another id.
    pub fn with_id(mut self, id: impl Into<ProviderId>) -> Self {
        self.id = id.into();
        self
    }

    /// The same with capabilities, whatever the model.
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// The requests that came so far.
    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).requests.clone()
    }

    fn play(&self, request: &Request) -> Result<Script> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests.push(request.clone());
        state.scripts.pop_front().ok_or_else(|| {
            Error::new(ErrorKind::Unexpected, "the scripted provider has no script left")
                .with_provider(&self.id)
        })
    }
}

#[async_trait]
impl ModelProvider for Scripted {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn capabilities(&self, _: &ModelId) -> Capabilities {
        self.capabilities.clone()
    }

    async fn stream(&self, request: &Request) -> Result<EventStream> {
        let script = self.play(request)?;
        match script.refuse {
            Some(error) => Err(error),
            None => Ok(Box::pin(Acting(script.steps))),
        }
    }

    /// A token a word.
    async fn count_tokens(&self, request: &Request) -> Result<TokenCount> {
        let texts =
            request.messages.iter().flat_map(|message| &message.content).filter_map(crate::Content::as_text);
        let words = texts.map(|text| text.split_whitespace().count()).sum::<usize>();
        Ok(TokenCount { input_tokens: u64::try_from(words).unwrap_or(u64::MAX) })
    }

    /// One number a text: its length in bytes.
    async fn embed(&self, request: &EmbedRequest) -> Result<Embeddings> {
        #[expect(clippy::cast_precision_loss, reason = "texts of a test are short")]
        let vectors = request.texts.iter().map(|text| vec![text.len() as f32]).collect();
        Ok(Embeddings::new(vectors))
    }
}

/// Builds providers that give the text of the entry's `reply` setting in every call: a working entry without any
/// service.
pub fn factory() -> impl ProviderFactory {
    Factory
}

#[derive(Debug)]
struct Factory;

#[async_trait]
impl ProviderFactory for Factory {
    fn api(&self) -> &'static str {
        "scripted"
    }

    fn crate_name(&self) -> &'static str {
        env!("CARGO_PKG_NAME")
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "properties": { "reply": { "type": "string", "description": "The text of the first answer." } }
        })
    }

    fn check(&self, settings: &Value) -> Vec<SettingProblem> {
        let wrong = settings.get("reply").is_some_and(|reply| !reply.is_string());
        let problem = || SettingProblem {
            pointer: "/reply".to_owned(),
            message: "`reply` must be a text".to_owned(),
            allowed: Vec::new(),
        };
        wrong.then(problem).into_iter().collect()
    }

    async fn build(&self, settings: &Value, context: &BuildContext) -> Result<Arc<dyn ModelProvider>> {
        if let Some(problem) = self.check(settings).into_iter().next() {
            return Err(Error::config(problem.message));
        }
        let reply = settings.get("reply").and_then(Value::as_str).unwrap_or_default();
        let script = Script::new().text(reply).end();
        Ok(Arc::new(Scripted::new([script]).with_id(context.provider.clone())))
    }
}

#[cfg(test)]
mod tests;
