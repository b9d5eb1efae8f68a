//! What becomes of a call, written into its span.

use outcrop_core::{Collector, End, Error, ErrorKind, Event, Response, Result, Usage};
use serde_json::json;
use tokio::time::Instant;
use tracing::Span;
use tracing::field::display;

use super::content;

/// The span of one call. One that goes before the call is over was cancelled.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) span: Span,
    begun: Instant,
    /// What came so far; only if the content is wanted.
    collector: Option<Collector>,
    /// The service's id of the call, once it said one.
    id: Option<String>,
    has_first: bool,
    is_over: bool,
    /// Whether the call gives an answer, which has a reason to end.
    answers: bool,
}

impl Record {
    pub(super) fn new(span: Span, answers: bool) -> Self {
        Self {
            span,
            begun: Instant::now(),
            collector: None,
            id: None,
            has_first: false,
            is_over: false,
            answers,
        }
    }

    /// Keeps what comes, to write the answer down.
    pub(super) fn keep_content(&mut self) {
        self.collector = Some(Collector::new());
    }

    /// Takes an item of a stream.
    pub(super) fn saw(&mut self, item: &Result<Event>) {
        if self.is_over {
            return;
        }
        if let Some(collector) = &mut self.collector {
            collector.push(item.clone());
        }
        match item {
            Ok(Event::Start(start)) => {
                self.model(start.model.as_ref().map(AsRef::as_ref));
                self.id(start.request_id.as_deref());
            }
            // The first that is more than a yes to the call.
            Ok(Event::Open { .. } | Event::Delta { .. }) if !self.has_first => {
                self.has_first = true;
                self.span.record("gen_ai.response.time_to_first_chunk", self.begun.elapsed().as_secs_f64());
            }
            Ok(Event::End(end)) => self.ended(end),
            Ok(_) => {}
            Err(error) => self.failed(error),
        }
    }

    fn ended(&mut self, end: &End) {
        self.id(end.request_id.as_deref());
        self.usage(end.usage.as_ref());
        self.finished(end.stop_reason.as_str());
    }

    /// The stream is over, however it came to that.
    pub(super) fn closed(&mut self) {
        if !self.is_over {
            self.broke(ErrorKind::Interrupted);
        }
    }

    /// The call gave a whole answer.
    pub(super) fn answered(&mut self, response: &Response) {
        self.model(response.model.as_ref().map(AsRef::as_ref));
        self.id(response.request_id.as_deref());
        self.usage(response.usage.as_ref());
        let reason = response.stop_reason.as_str();
        if self.collector.take().is_some() {
            self.span.record("gen_ai.output.messages", display(content::output(response, reason)));
        }
        self.finished(reason);
    }

    /// The call gave something else, which has no more to say than this.
    pub(super) fn done(&mut self, model: Option<&str>, input_tokens: Option<u64>) {
        self.model(model);
        self.span.record("gen_ai.usage.input_tokens", input_tokens);
        self.is_over = true;
    }

    /// The call failed.
    pub(super) fn failed(&mut self, error: &Error) {
        self.id(error.request_id());
        self.broke(error.kind());
    }

    fn finished(&mut self, reason: &str) {
        self.span.record("gen_ai.response.finish_reasons", display(json!([reason])));
        self.write_answer(reason);
        self.is_over = true;
    }

    fn broke(&mut self, kind: ErrorKind) {
        self.span.record("error.type", kind.name()).record("otel.status_code", "ERROR");
        if self.answers {
            self.span.record("gen_ai.response.finish_reasons", display(json!(["error"])));
            self.write_answer("error");
        }
        self.is_over = true;
    }

    fn write_answer(&mut self, reason: &str) {
        if let Some(collector) = self.collector.take() {
            let response = collector.finish().response;
            self.span.record("gen_ai.output.messages", display(content::output(&response, reason)));
        }
    }

    fn model(&self, model: Option<&str>) {
        self.span.record("gen_ai.response.model", model);
    }

    /// The service mostly says it at the start and at the end: whoever prints what is recorded prints it as often.
    fn id(&mut self, id: Option<&str>) {
        if id.is_some() && self.id.as_deref() != id {
            self.span.record("gen_ai.response.id", id);
            self.id = id.map(str::to_owned);
        }
    }

    /// The conventions count cached tokens in; [`Usage`] does not.
    fn usage(&self, usage: Option<&Usage>) {
        let Some(usage) = usage else { return };
        self.span
            .record("gen_ai.usage.input_tokens", usage.prompt_tokens())
            .record("gen_ai.usage.output_tokens", usage.output_tokens);
        for (name, tokens) in [
            ("gen_ai.usage.cache_read.input_tokens", usage.cache_read_tokens),
            ("gen_ai.usage.cache_write.input_tokens", usage.cache_write_tokens()),
        ] {
            if tokens > 0 {
                self.span.record(name, tokens);
            }
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if !self.is_over {
            self.broke(ErrorKind::Cancelled);
        }
    }
}
