//! What stands in the spans, until when they last, and that they hold nothing that nobody asked for.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Mutex;
use std::time::Duration;

use outcrop_core::scripted::{Script, Scripted};
use outcrop_core::{
    Blob, Content, Error, ErrorKind, Image, ImageFormat, OutputSchema, Source, Start, ToolResult, ToolSpec,
    Usage, next,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::layer::{Context as Scope, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use super::*;
use crate::testing::{Slow, drain, text};

/// Keeps all spans with their fields.
#[derive(Debug, Clone, Default)]
struct Spans(Arc<Mutex<Vec<Kept>>>);

#[derive(Debug, Clone, Default)]
struct Kept {
    id: u64,
    name: &'static str,
    fields: BTreeMap<&'static str, String>,
    /// The events within it.
    events: Vec<String>,
    is_closed: bool,
}

impl Kept {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }
}

impl Spans {
    /// From now on until the guards go, on this thread. Of a single subscriber, tracing would ask no more than what the
    /// thread has that comes by a line first, and other tests have none: hence two.
    fn listen() -> (Self, (Dispatch, DefaultGuard)) {
        let spans = Self::default();
        let subscriber = || tracing_subscriber::registry().with(spans.clone());
        let guards = (Dispatch::new(subscriber()), tracing::subscriber::set_default(subscriber()));
        (spans, guards)
    }

    fn change(&self, id: &Id, change: impl FnOnce(&mut Kept)) {
        let mut spans = self.0.lock().unwrap();
        change(spans.iter_mut().rev().find(|span| span.id == id.into_u64()).unwrap());
    }

    /// The only span.
    #[track_caller]
    fn only(&self) -> Kept {
        let spans = self.0.lock().unwrap().clone();
        let [span] = <[_; 1]>::try_from(spans).unwrap();
        span
    }
}

struct Fields<'a>(&'a mut BTreeMap<&'static str, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> tracing_subscriber::Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Scope<'_, S>) {
        let mut span = Kept { id: id.into_u64(), name: attributes.metadata().name(), ..Kept::default() };
        attributes.record(&mut Fields(&mut span.fields));
        self.0.lock().unwrap().push(span);
    }

    fn on_record(&self, id: &Id, values: &tracing::span::Record<'_>, _: Scope<'_, S>) {
        self.change(id, |span| values.record(&mut Fields(&mut span.fields)));
    }

    fn on_event(&self, event: &tracing::Event<'_>, scope: Scope<'_, S>) {
        let mut fields = BTreeMap::new();
        event.record(&mut Fields(&mut fields));
        if let Some(id) = scope.event_span(event).map(|span| span.id()) {
            self.change(&id, |span| span.events.extend(fields.remove("message")));
        }
    }

    fn on_close(&self, id: Id, _: Scope<'_, S>) {
        self.change(&id, |span| span.is_closed = true);
    }
}

fn traced(inner: impl ModelProvider) -> Arc<dyn ModelProvider> {
    TraceLayer::new("aws.bedrock").layer(Arc::new(inner))
}

const SECRET: &str = "the-secret-of-the-conversation";

/// A request with something secret in every place.
fn request() -> Request {
    let image = Image { format: ImageFormat::Png, source: Source::Bytes(Blob::new(SECRET.as_bytes())) };
    let mut request = Request::new("m")
        .system(SECRET)
        .user(vec![Content::text(SECRET), Content::Image(image)])
        .assistant(vec![Content::ToolUse(outcrop_core::ToolUse::new("c", "look", json!({ "at": SECRET })))])
        .user(vec![Content::ToolResult(ToolResult::text("c", SECRET))])
        .tool(ToolSpec::new("look", SECRET, json!({ "type": "object" })))
        .output(OutputSchema::new(json!({ "type": "object", "description": SECRET })))
        .max_tokens(50);
    request.inference.temperature = Some(0.5);
    request.inference.top_p = Some(0.9);
    request.inference.stop_sequences = vec!["stop".to_owned(), "\"".to_owned()];
    request.options.insert("scripted".into(), json!({ "token": SECRET }));
    request
}

fn answer() -> Script {
    let usage = Usage {
        input_tokens: 1,
        output_tokens: 20,
        cache_read_tokens: 300,
        cache_write_5m_tokens: 4000,
        ..Usage::default()
    };
    let start = Start { model: Some("called".into()), request_id: Some("the-id".into()), ..Start::default() };
    let mut script = Script::default().event(Event::Start(start)).reasoning(SECRET).text(SECRET);
    script = script.tool_call("c", "look", &[&json!({ "at": SECRET }).to_string()]);
    script.end_with_usage(usage)
}

/// The fields of the conventions, as they have to be for that request and answer.
const FIELDS: &[(&str, &str)] = &[
    ("gen_ai.operation.name", "chat"),
    ("gen_ai.output.type", "json"),
    ("gen_ai.provider.name", "aws.bedrock"),
    ("gen_ai.request.max_tokens", "50"),
    ("gen_ai.request.model", "m"),
    ("gen_ai.request.stop_sequences", r#"["stop","\""]"#),
    ("gen_ai.request.temperature", "0.5"),
    ("gen_ai.request.top_p", "0.9"),
    ("gen_ai.response.finish_reasons", r#"["end_turn"]"#),
    ("gen_ai.response.id", "the-id"),
    ("gen_ai.response.model", "called"),
    ("gen_ai.usage.cache_read.input_tokens", "300"),
    ("gen_ai.usage.cache_write.input_tokens", "4000"),
    ("gen_ai.usage.input_tokens", "4301"),
    ("gen_ai.usage.output_tokens", "20"),
    ("otel.kind", "client"),
    ("otel.name", "chat m"),
];

#[tokio::test(start_paused = true)]
async fn a_stream_has_the_fields_of_the_conventions_and_no_content() {
    let (spans, _guards) = Spans::listen();
    drain(traced(Scripted::new([answer()])).stream(&request()).await.unwrap()).await;
    let span = spans.only();
    assert_eq!((span.name, span.is_closed), ("chat", true));
    let mut expected: BTreeMap<_, _> = FIELDS.iter().copied().collect();
    expected.insert("gen_ai.request.stream", "true");
    expected.insert("gen_ai.response.time_to_first_chunk", "0.0");
    let found: BTreeMap<_, _> = span.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(found, expected);
    assert!(!format!("{spans:?}").contains(SECRET));
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_has_them_too() {
    let (spans, _guards) = Spans::listen();
    traced(Scripted::new([answer()])).generate(&request()).await.unwrap();
    let span = spans.only();
    let found: BTreeMap<_, _> = span.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(found, FIELDS.iter().copied().collect());
    assert!(span.is_closed && !format!("{spans:?}").contains(SECRET));
}

#[tokio::test(start_paused = true)]
async fn content_is_written_for_those_who_ask_for_it() {
    let layer = TraceLayer::new("aws.bedrock").with_content(true);
    for whole in [false, true] {
        let (spans, _guards) = Spans::listen();
        let provider = layer.layer(Arc::new(Scripted::new([answer()])));
        if whole {
            provider.generate(&request()).await.unwrap();
        } else {
            drain(provider.stream(&request()).await.unwrap()).await;
        }
        let span = spans.only();
        let json =
            |name: &str| -> serde_json::Value { serde_json::from_str(span.field(name).unwrap()).unwrap() };
        let said = json!({ "type": "text", "content": SECRET });
        assert_eq!(json("gen_ai.system_instructions"), json!([said]));
        let call = json!({ "type": "tool_call", "id": "c", "name": "look", "arguments": { "at": SECRET } });
        let result = json!({ "type": "tool_call_response", "id": "c", "response": [said] });
        assert_eq!(
            json("gen_ai.input.messages"),
            json!([
                { "role": "user", "parts": [said, { "type": "image" }] },
                { "role": "assistant", "parts": [call] },
                { "role": "user", "parts": [result] },
            ])
        );
        let thought = json!({ "type": "reasoning", "content": SECRET });
        assert_eq!(
            json("gen_ai.output.messages"),
            json!([{ "role": "assistant", "parts": [thought, said, call], "finish_reason": "end_turn" }])
        );
        assert_eq!(json("gen_ai.tool.definitions")[0]["name"], "look");
        // What only the provider knows is in no span, nor are bytes.
        assert!(!format!("{spans:?}").contains("token\":"));
    }
}

#[tokio::test(start_paused = true)]
async fn failures_have_their_kind() {
    let failing = || Error::new(ErrorKind::Throttled, "slow down").with_request_id(Some("failed"));
    let scripts =
        [Script::refuse(failing()), Script::new().text("Once").fail(failing()), Script::new().text("a")];
    for (script, kind, id) in scripts
        .into_iter()
        .zip(["Throttled", "Throttled", "Interrupted"])
        .zip([true, true, false])
        .map(|((a, b), c)| (a, b, c))
    {
        let (spans, _guards) = Spans::listen();
        if let Ok(mut stream) = traced(Scripted::new([script])).stream(&Request::new("m")).await {
            while next(&mut stream).await.is_some() {}
        }
        let span = spans.only();
        assert_eq!(span.field("error.type"), Some(kind));
        assert_eq!(span.field("otel.status_code"), Some("ERROR"));
        assert_eq!(span.field("gen_ai.response.finish_reasons"), Some(r#"["error"]"#));
        assert_eq!(span.field("gen_ai.response.id"), id.then_some("failed"));
        assert!(span.is_closed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_was_cancelled() {
    let (spans, _guards) = Spans::listen();
    let start = (3, Event::Start(Start::default()));
    let provider = traced(Slow::new([start, (4, text("x")), (5, text("y"))]));
    let mut stream = provider.stream(&Request::new("m")).await.unwrap();
    next(&mut stream).await.unwrap().unwrap();
    next(&mut stream).await.unwrap().unwrap();
    assert!(!spans.only().is_closed);
    drop(stream);
    let span = spans.only();
    assert_eq!((span.field("error.type"), span.is_closed), (Some("Cancelled"), true));
    assert_eq!(span.field("gen_ai.response.time_to_first_chunk").unwrap().split('.').next(), Some("7"));

    let (spans, _guards) = Spans::listen();
    let mut slow = Slow::new([]);
    slow.accepts_after = Duration::from_secs(9);
    let (provider, request) = (traced(slow), Request::new("m"));
    let call = tokio::time::timeout(Duration::from_secs(1), provider.stream(&request)).await;
    assert!(call.is_err());
    let span = spans.only();
    assert_eq!((span.field("error.type"), span.is_closed), (Some("Cancelled"), true));
}

/// Says something whenever it is polled, and when it goes.
struct Talking(EventStream);

impl Stream for Talking {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        tracing::info!("polled");
        self.0.as_mut().poll_next(cx)
    }
}

impl Drop for Talking {
    fn drop(&mut self) {
        tracing::info!("dropped");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_said_inside_belongs_to_the_span() {
    let (spans, _guards) = Spans::listen();
    let mut mock = outcrop_core::mock::MockModelProvider::new();
    mock.expect_stream().returning(|request| {
        tracing::info!("called");
        let script = Scripted::new([Script::new().text("a")]);
        let mut call = script.stream(request);
        let Poll::Ready(stream) = call.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop()))
        else {
            panic!("it never waits")
        };
        Ok(Box::pin(Talking(stream?)))
    });
    let mut stream = traced(mock).stream(&Request::new("m")).await.unwrap();
    next(&mut stream).await.unwrap().unwrap();
    drop(stream);
    assert_eq!(spans.only().events, ["called", "polled", "dropped"]);
}

#[tokio::test(start_paused = true)]
async fn counts_and_vectors_have_spans_of_their_own() {
    let (spans, _guards) = Spans::listen();
    traced(Scripted::new([])).count_tokens(&Request::new("m").user("one two")).await.unwrap();
    let span = spans.only();
    assert_eq!((span.name, span.field("otel.name")), ("count_tokens", Some("count_tokens m")));
    assert_eq!((span.field("gen_ai.usage.input_tokens"), span.field("error.type")), (Some("2"), None));

    let (spans, _guards) = Spans::listen();
    let texts = EmbedRequest::new("m", vec![SECRET.to_owned()]).dimensions(3);
    traced(Scripted::new([])).embed(&texts).await.unwrap();
    let span = spans.only();
    assert_eq!((span.name, span.field("gen_ai.operation.name")), ("embeddings", Some("embeddings")));
    assert_eq!(span.field("gen_ai.embeddings.dimension.count"), Some("3"));
    assert!(span.is_closed && span.field("error.type").is_none() && !format!("{spans:?}").contains(SECRET));
}

#[tokio::test(start_paused = true)]
async fn where_nobody_listens_nothing_is_put_around_a_stream() {
    let mut mock = outcrop_core::mock::MockModelProvider::new();
    let known = Arc::new(Mutex::new(0));
    let given = Arc::clone(&known);
    mock.expect_stream().returning(move |_| {
        let stream: EventStream = Box::pin(Talking(Box::pin(Empty)));
        *given.lock().unwrap() = std::ptr::from_ref(&*stream).cast::<()>().addr();
        Ok(stream)
    });
    let stream = tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::default(), || {
        let (provider, request) = (traced(mock), Request::new("m"));
        let mut call = provider.stream(&request);
        match call.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())) {
            Poll::Ready(stream) => stream.unwrap(),
            Poll::Pending => panic!("it never waits"),
        }
    });
    assert_eq!(std::ptr::from_ref(&*stream).cast::<()>().addr(), *known.lock().unwrap());
}

struct Empty;

impl Stream for Empty {
    type Item = Result<Event>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(None)
    }
}
