//! `outcrop ask`.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Read as _};
use std::time::{Duration, Instant};

use outcrop::{DEFAULT_PROVIDER, Error, ErrorKind, ModelProvider, ModelReference, Request};
use outcrop_core::{
    Block, Collected, Collector, Delta, Event, EventStream, Response, StopReason, Warning, next,
};
use serde_json::{Value, json};

use crate::args::Ask;
use crate::commands::models::problem_line;
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(crate) async fn run(arguments: Ask, context: &Context, terminal: &mut Terminal) -> Result<(), Failure> {
    let prompt = prompt(&arguments, context.reads_input())?;
    let ready = context.start(terminal).await?;
    let chosen = ready.outcrop.choose(arguments.model.as_deref()).await?;
    for problem in &chosen.problems {
        terminal.warn(&problem_line(problem));
    }
    if let Some(note) = &chosen.note {
        terminal.note(note);
    }
    let provider = ready.outcrop.provider(&chosen.reference.provider).await?;
    let request = request(&arguments, &chosen.reference, prompt);
    let started = Instant::now();
    let answer = tokio::select! {
        answer = answer(&*provider, &request, &arguments, terminal, started) => {
            answer.map_err(|failure| advised(failure, &chosen.reference))?
        }
        _ = tokio::signal::ctrl_c() => return cancelled(terminal),
    };
    finish(answer, &arguments, &chosen.reference, &ready.outcrop, terminal).await
}

/// A failure that has to do with the model says where to find out more.
fn advised(failure: Failure, reference: &ModelReference) -> Failure {
    const OF_MODELS: [ErrorKind; 3] =
        [ErrorKind::ModelNotFound, ErrorKind::ModelAccess, ErrorKind::ProfileRequired];
    match failure {
        Failure::Error(error)
            if OF_MODELS.contains(&error.kind()) && reference.provider == *DEFAULT_PROVIDER =>
        {
            let hint = format!("run `outcrop models why {}` to see what is known of it", reference.model);
            Failure::Error(error.with_hint(hint))
        }
        failure => failure,
    }
}

/// The first Ctrl-C: the answer is dropped, which cancels the call. A second one finds the program gone.
fn cancelled(terminal: &mut Terminal) -> Result<(), Failure> {
    terminal.end_line()?;
    terminal.flush()?;
    Err(Error::new(ErrorKind::Cancelled, "cancelled").into())
}

/// The words of the command line and standard input, in this order.
fn prompt(arguments: &Ask, reads_input: bool) -> Result<String, Failure> {
    let mut prompt = arguments.prompt.join(" ");
    let stdin = std::io::stdin();
    if reads_input && !stdin.is_terminal() {
        let mut bytes = Vec::new();
        stdin.lock().read_to_end(&mut bytes).map_err(Failure::io("standard input cannot be read"))?;
        let input = String::from_utf8(bytes)
            .map_err(|_| Failure::Usage("standard input is no UTF-8 text".to_owned()))?;
        if !prompt.trim().is_empty() && !input.trim().is_empty() {
            prompt.push_str("\n\n");
        }
        prompt.push_str(&input);
    }
    if prompt.trim().is_empty() {
        return Err(Failure::Usage("there is no prompt: give one, or pipe one in".to_owned()));
    }
    Ok(prompt)
}

fn request(arguments: &Ask, reference: &ModelReference, prompt: String) -> Request {
    let mut request = Request::new(reference.model.clone()).user(prompt);
    if let Some(system) = &arguments.system {
        request = request.system(system);
    }
    request.inference.max_tokens = arguments.max_tokens;
    request.inference.temperature = arguments.temperature;
    request.inference.top_p = arguments.top_p;
    request.inference.stop_sequences.clone_from(&arguments.stop);
    request
}

/// An answer, as far as it came.
struct Answer {
    collected: Collected,
    first_token: Option<Duration>,
    took: Duration,
}

async fn answer(
    provider: &dyn ModelProvider,
    request: &Request,
    arguments: &Ask,
    terminal: &mut Terminal,
    started: Instant,
) -> Result<Answer, Failure> {
    if arguments.no_stream {
        let response = provider.generate(request).await?;
        warn(&response.warnings, terminal);
        if !arguments.json {
            terminal.print_answer(&response.text())?;
        }
        let collected = Collected { response, error: None };
        return Ok(Answer { collected, first_token: None, took: started.elapsed() });
    }
    let stream = provider.stream(request).await?;
    follow(stream, arguments, terminal, started).await
}

/// Follows a stream to its end and prints what comes.
async fn follow(
    mut stream: EventStream,
    arguments: &Ask,
    terminal: &mut Terminal,
    started: Instant,
) -> Result<Answer, Failure> {
    let mut collector = Collector::new();
    let mut first_token = None;
    let mut shown = BTreeSet::new();
    while let Some(item) = next(&mut stream).await {
        if let Ok(event) = &item {
            if matches!(event, Event::Delta { .. }) {
                first_token.get_or_insert_with(|| started.elapsed());
            }
            if arguments.events {
                terminal.print_json(event)?;
                terminal.flush()?;
            } else if !arguments.json {
                show(event, &mut shown, terminal)?;
            }
        }
        collector.push(item);
    }
    Ok(Answer { collected: collector.finish(), first_token, took: started.elapsed() })
}

/// Prints the text of an answer as it comes. `shown`: the indices of its text blocks, which may interleave.
fn show(event: &Event, shown: &mut BTreeSet<u32>, terminal: &mut Terminal) -> Result<(), Failure> {
    match event {
        Event::Start(start) => warn(&start.warnings, terminal),
        Event::Open { index, block: Block::Text } => {
            shown.insert(*index);
        }
        Event::Delta { index, delta: Delta::Text { text } } if shown.contains(index) => {
            terminal.print_answer(text)?;
            terminal.flush()?;
        }
        _ => {}
    }
    Ok(())
}

fn warn(warnings: &[Warning], terminal: &mut Terminal) {
    for warning in warnings {
        if warning.rule == "called-as" {
            terminal.note(&warning.message);
        } else {
            terminal.warn(&warning.message);
        }
    }
}

async fn finish(
    answer: Answer,
    arguments: &Ask,
    reference: &ModelReference,
    outcrop: &outcrop::Outcrop,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let text_mode = !arguments.json && !arguments.events;
    let Answer { collected: Collected { response, error }, first_token, took } = answer;
    if text_mode && (error.is_none() || !response.content.is_empty()) {
        terminal.print("\n")?;
    }
    if let Some(error) = error {
        return Err(advised(error.into(), reference));
    }
    if arguments.json {
        let called = response.model.clone().map_or_else(
            || reference.clone(),
            |model| ModelReference { provider: reference.provider.clone(), model },
        );
        let price = outcrop.price(reference, &called.model).await;
        let cost = response.usage.and_then(|usage| price?.cost(&usage));
        terminal.print_json(&summary(&response, &called, cost, first_token, took))?;
    }
    terminal.flush()?;
    if response.stop_reason.is_filtered() {
        return Err(filtered(&response).into());
    }
    remark(&response, terminal);
    Ok(())
}

/// What is odd about an answer that is none the less one.
fn remark(response: &Response, terminal: &mut Terminal) {
    match &response.stop_reason {
        StopReason::MaxTokens => terminal.note("the answer reached the limit of tokens and is cut short"),
        StopReason::ContextWindowExceeded => {
            terminal.warn("the answer filled the context window and is cut short");
        }
        StopReason::MalformedOutput | StopReason::MalformedToolUse => {
            terminal.warn("the model wrote something that is no valid answer");
        }
        StopReason::Other(reason) => {
            terminal.warn(&format!("the model stopped for a reason that is not known: {reason}"));
        }
        _ if response.content.is_empty() => terminal.warn("the answer is empty"),
        _ => {}
    }
}

fn filtered(response: &Response) -> Error {
    let reason = &response.stop_reason;
    let message = if *reason == StopReason::Refusal {
        "the model refused to answer"
    } else if *reason == StopReason::GuardrailIntervened {
        "a guardrail intervened"
    } else {
        "the provider filtered the answer"
    };
    Error::new(ErrorKind::Filtered, message)
        .with_code(reason.as_str().to_owned())
        .with_request_id(response.request_id.clone())
}

fn summary(
    response: &Response,
    called: &ModelReference,
    cost: Option<f64>,
    first_token: Option<Duration>,
    took: Duration,
) -> Value {
    let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let usage = response.usage.map(|usage| {
        json!({
            "inputTokens": usage.input_tokens,
            "outputTokens": usage.output_tokens,
            "cacheReadTokens": usage.cache_read_tokens,
            "cacheWriteTokens": usage.cache_write_tokens(),
            "totalTokens": usage.total_tokens(),
        })
    });
    json!({
        "model": called.key(),
        "text": response.text(),
        "content": response.content,
        "stopReason": response.stop_reason,
        "usage": usage,
        "costUsd": cost,
        "requestId": response.request_id,
        "firstTokenMs": first_token.map(milliseconds),
        "latencyMs": milliseconds(took),
        "warnings": response.warnings,
    })
}
