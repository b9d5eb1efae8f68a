//! The part of the kit that a real upstream can act: a provider as it is configured, and a few small calls.
//!
//! Nobody knows what a model will say, so that what is looked at is how it is told: the laws of streams, usage, reasons
//! to stop, kinds of errors. What a model or a server does of itself is skipped and never held against the provider: one
//! that calls no tool, say, or that answers whatever model is named.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use outcrop_core::{
    Content, ErrorKind, Event, ModelCatalog, ModelId, ModelProvider, Query, Request, Response, StopReason,
    ToolSpec,
};
use serde_json::json;

use crate::perform::Notes;
use crate::perform::drives::problems_of;
use crate::perform::hear::{self, Heard, Listening};
use crate::suite::words;
use crate::{Outcome, Report, ScenarioResult};

/// The most tokens of an answer: models think before they say a word.
const MOST_TOKENS: u32 = 512;
/// How long one scenario may take.
const PATIENCE: Duration = Duration::from_mins(5);
/// A model that nobody has.
const UNKNOWN: &str = "outcrop-conformance-no-such-model";

/// What is proved, each by its name and in one sentence, in the order of the report.
pub const SCENARIOS: &[(&str, &str)] = &[
    ("text", "A short answer streams under the laws."),
    ("usage", "The tokens of an answer are counted, if anybody tells them."),
    ("stop_reason", "The reason to stop is told in the words of core."),
    ("whole_answer", "A whole answer has the shape of one that streamed."),
    ("system_prompt", "A system prompt is taken."),
    ("tool_call", "A tool is called with arguments that are JSON."),
    ("cancel_the_answer", "A stream can be dropped after its first piece."),
    ("unknown_model", "A model that does not exist is told for what it is."),
    ("catalog", "The catalogue lists models, each once, with when it asked."),
];

/// A provider that is called for real.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Subject {
    /// The provider, with the layers that it has in use.
    pub provider: Arc<dyn ModelProvider>,
    /// The catalogue beside it.
    pub catalog: Option<Arc<dyn ModelCatalog>>,
    /// The model to call.
    pub model: ModelId,
}

impl Subject {
    /// A provider without a catalogue.
    pub fn new(provider: Arc<dyn ModelProvider>, model: impl Into<ModelId>) -> Self {
        Self { provider, catalog: None, model: model.into() }
    }

    /// Adds the catalogue.
    pub fn with_catalog(mut self, catalog: Arc<dyn ModelCatalog>) -> Self {
        self.catalog = Some(catalog);
        self
    }

    /// How many calls of models [`run`] makes at most, without those that a layer makes again.
    pub fn calls(&self) -> usize {
        if self.has_tools() { 6 } else { 5 }
    }

    fn has_tools(&self) -> bool {
        !self.provider.capabilities(&self.model).tools.is_no()
    }
}

/// Calls the model, a few times and one after the other, and reports. If the first call fails, no other is made. Never
/// panics, whatever the provider does.
pub async fn run(subject: &Subject) -> Report {
    let Subject { provider, model, .. } = subject;
    let mut results = Vec::with_capacity(SCENARIOS.len());
    let mut first = None;
    for (name, what) in SCENARIOS {
        let notes = Notes::new();
        let live = Live { subject, notes: &notes };
        let skipped = guarded(&notes, live.play(name, &mut first)).await.flatten();
        let problems = notes.into_problems();
        let outcome = match skipped {
            _ if !problems.is_empty() => Outcome::Failed { problems },
            Some(reason) => Outcome::Skipped { reason },
            None => Outcome::Passed,
        };
        results.push(ScenarioResult { name: (*name).to_owned(), what: (*what).to_owned(), outcome });
    }
    Report {
        provider: provider.id().to_string(),
        model: model.clone(),
        lacks: Vec::new(),
        problems: Vec::new(),
        results,
    }
}

/// Waits for something that may panic or hang, and notes it if it does.
async fn guarded<T>(notes: &Notes, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let guarded = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(format!("panics: {}", words(&*panic)))),
    });
    match tokio::time::timeout(PATIENCE, guarded).await {
        Ok(Ok(done)) => return Some(done),
        Ok(Err(problem)) => notes.add(problem),
        Err(_) => notes.hangs(),
    }
    None
}

/// Why a scenario could not be played, if it could not.
type Skipped = Option<String>;

struct Live<'a> {
    subject: &'a Subject,
    notes: &'a Notes,
}

impl Live<'_> {
    /// Plays a scenario. `first` is what came of the first call, which several look at.
    async fn play(&self, name: &str, first: &mut Option<Response>) -> Skipped {
        if name == "text" {
            *first = self.text().await;
            return None;
        }
        let answered = match (name, first) {
            ("catalog", _) => return self.catalog().await,
            (_, Some(answered)) => answered,
            (_, None) => return Some("not tried: the first call failed".to_owned()),
        };
        match name {
            "usage" => return self.usage(answered),
            "stop_reason" => self.stop_reason(answered),
            "whole_answer" => self.whole(answered).await,
            "system_prompt" => self.system().await,
            "tool_call" => return self.tool_call().await,
            "cancel_the_answer" => self.cancel().await,
            "unknown_model" => return self.unknown_model().await,
            other => self.notes.add(format!("there is no scenario `{other}`")),
        }
        None
    }

    fn request(&self, prompt: &str) -> Request {
        Request::new(self.subject.model.clone()).user(prompt).max_tokens(MOST_TOKENS)
    }

    async fn stream(&self, request: &Request) -> Heard {
        hear::stream(self.notes, &*self.subject.provider, request).await
    }

    /// The answer, unless there is none; then that is noted.
    async fn answered(&self, request: &Request) -> Option<Response> {
        match self.stream(request).await.collected.into_result() {
            Ok(response) => Some(response),
            Err(error) => {
                self.notes.add(format!("the call fails: {} ({error})", error.kind().name()));
                None
            }
        }
    }

    fn says_something(&self, response: &Response) {
        if response.content.is_empty() {
            self.notes.add("the answer is empty");
        }
    }

    async fn text(&self) -> Option<Response> {
        let response = self.answered(&self.request("Reply with the single word: pong")).await?;
        self.says_something(&response);
        Some(response)
    }

    fn usage(&self, response: &Response) -> Skipped {
        match &response.usage {
            None => return Some("nobody told any".to_owned()),
            Some(usage) if usage.prompt_tokens() == 0 => self.notes.add("the prompt has no tokens"),
            Some(usage) if usage.output_tokens == 0 => self.notes.add("the answer has no tokens"),
            Some(_) => {}
        }
        None
    }

    fn stop_reason(&self, response: &Response) {
        if !matches!(response.stop_reason, StopReason::EndTurn | StopReason::MaxTokens) {
            self.notes.add(format!("a short answer stops for the reason `{}`", response.stop_reason));
        }
    }

    async fn whole(&self, streamed: &Response) {
        self.notes.waits("for `generate` to resolve");
        let request = self.request("Reply with the single word: pong");
        let whole = match self.subject.provider.generate(&request).await {
            Ok(whole) => whole,
            Err(error) => {
                return self.notes.add(format!("`generate` fails: {} ({error})", error.kind().name()));
            }
        };
        self.says_something(&whole);
        for (what, streamed, whole) in [
            ("usage", streamed.usage.is_some(), whole.usage.is_some()),
            ("a model", streamed.model.is_some(), whole.model.is_some()),
            ("an id of the call", streamed.request_id.is_some(), whole.request_id.is_some()),
        ] {
            if streamed != whole {
                let (with, without) =
                    if whole { ("`generate`", "`stream`") } else { ("`stream`", "`generate`") };
                self.notes.add(format!("{with} tells {what}, and {without} does not"));
            }
        }
        self.stop_reason(&whole);
    }

    async fn system(&self) {
        let request = self.request("Reply with the single word: pong").system("You are terse.");
        if let Some(response) = self.answered(&request).await {
            self.says_something(&response);
        }
    }

    async fn tool_call(&self) -> Skipped {
        if !self.subject.has_tools() {
            return Some("the provider says that the model has no tools".to_owned());
        }
        let schema = json!({
            "type": "object",
            "properties": { "city": { "type": "string" } },
            "required": ["city"],
        });
        let tool = ToolSpec::new("weather", "Tells the weather of a city.", schema);
        let request = self.request("Call the tool `weather` for Oslo. Say nothing else.").tool(tool);
        let heard = self.stream(&request).await;
        let response = match heard.collected.into_result() {
            Ok(response) => response,
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                return Some(format!("the model has no tools: {error}"));
            }
            Err(error) => {
                self.notes.add(format!("the call fails: {} ({error})", error.kind().name()));
                return None;
            }
        };
        let mut calls = response.content.iter().filter_map(|content| match content {
            Content::ToolUse(call) => Some(call),
            _ => None,
        });
        let Some(call) = calls.next() else { return Some("the model called no tool".to_owned()) };
        if call.name != "weather" {
            self.notes.add(format!("the tool `{}` was called, which nobody offered", call.name));
        }
        if call.id.is_empty() {
            self.notes.add("the call has no id");
        }
        if response.stop_reason != StopReason::ToolUse {
            self.notes.add(format!("a call of a tool stops for the reason `{}`", response.stop_reason));
        }
        None
    }

    async fn cancel(&self) {
        self.notes.waits("for `stream` to resolve");
        let request = self.request("Count from 1 to 200, in words.");
        let mut stream = match self.subject.provider.stream(&request).await {
            Ok(stream) => stream,
            Err(error) => {
                return self.notes.add(format!("the call fails: {} ({error})", error.kind().name()));
            }
        };
        let mut listening = Listening::new(self.notes);
        loop {
            match listening.next(&mut stream).await {
                // Dropping the stream is what cancels; whoever waits in there hangs here.
                Some(Ok(Event::Delta { .. })) => return drop(stream),
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    return self
                        .notes
                        .add(format!("the answer breaks off: {} ({error})", error.kind().name()));
                }
                None => return self.notes.add("the answer is over before its first piece"),
            }
        }
    }

    async fn unknown_model(&self) -> Skipped {
        let mut request = self.request("Reply with the single word: pong");
        request.model = UNKNOWN.into();
        match self.stream(&request).await.error() {
            None => return Some("the upstream answers whatever model is named".to_owned()),
            Some(error) if matches!(error.kind(), ErrorKind::ModelNotFound | ErrorKind::InvalidRequest) => {}
            // Who may call some models only is not told which there are.
            Some(error)
                if matches!(
                    error.kind(),
                    ErrorKind::PermissionDenied | ErrorKind::ModelAccess | ErrorKind::Unauthenticated
                ) =>
            {
                return Some(format!("the caller may not name other models: {error}"));
            }
            Some(error) => self.notes.add(format!("is told as {} ({error})", error.kind().name())),
        }
        None
    }

    async fn catalog(&self) -> Skipped {
        let Some(catalog) = &self.subject.catalog else {
            return Some("the provider has no catalogue".to_owned());
        };
        self.notes.waits("for the catalogue");
        match catalog.snapshot(&Query::default()).await {
            Ok(snapshot) => self.notes.add_all(problems_of(&snapshot)),
            Err(error) => self.notes.add(format!("the catalogue fails: {} ({error})", error.kind().name())),
        }
        None
    }
}
