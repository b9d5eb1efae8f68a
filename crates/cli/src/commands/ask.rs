//! `outcrop ask`.

mod attachments;
mod dry_run;
mod gather;
mod outcome;
mod prompt;
mod render;
mod request;
mod schema;
mod usage;

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use outcrop::{Error, ErrorKind, ModelProvider, ModelReference, Outcrop, Request};
use outcrop_core::{Collected, Collector, Event, EventStream, Instead, Response};
use signal_hook::consts::SIGINT;
use signal_hook::flag;

use self::render::Screen;
use self::request::Material;
use crate::args::Ask;
use crate::commands::models::problem_line;
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(crate) async fn run(arguments: Ask, context: &Context, terminal: &mut Terminal) -> Result<(), Failure> {
    let material = material(&arguments, context, terminal)?;
    let ready = context.start(terminal).await?;
    let chosen =
        ready.outcrop.choose(arguments.model.as_deref()).await.map_err(|error| match arguments.model {
            None if arguments.dry_run => {
                error.with_hint("with `-m MODEL`, `--dry-run` has nothing to ask AWS")
            }
            _ => error,
        })?;
    for problem in &chosen.problems {
        terminal.warn(&problem_line(problem));
    }
    if let Some(note) = &chosen.note {
        terminal.note(note);
    }
    let request = request::build(&arguments, material, &chosen.reference, &ready.outcrop).await?;
    if arguments.dry_run {
        let done = dry_run::run(&request, &arguments, &chosen.reference, &ready.outcrop, terminal).await;
        return done.map_err(|failure| with_advice(failure, &chosen.reference, &arguments));
    }
    let answerer = ready.outcrop.answerer(&chosen).await?;
    for note in &answerer.notes {
        terminal.note(note);
    }
    let answer = answer(&*answerer.provider, &request, &arguments, terminal)
        .await
        .map_err(|failure| with_advice(failure, &chosen.reference, &arguments))?;
    finish(answer, &arguments, &chosen.reference, &ready.outcrop, terminal).await
}

/// Reads everything that the request is made of.
fn material(arguments: &Ask, context: &Context, terminal: &mut Terminal) -> Result<Material, Failure> {
    let input_is_a_file = attachments::take_input(&arguments.file)?;
    let prompt = prompt::read(&arguments.prompt, context.reads_input() && !input_is_a_file)?;
    if prompt.trim().is_empty() && !arguments.names_a_prompt() {
        return Err(Failure::usage_with_hint("there is no prompt", "give one, or pipe one in"));
    }
    let schema = arguments.schema.as_deref().map(schema::read).transpose()?;
    let (attachments, notes) = attachments::read(&arguments.file)?;
    for note in notes {
        terminal.note(&note);
    }
    Ok(Material { prompt, attachments, schema })
}

/// A failure that has to do with the model or the schema says where to find out more.
fn advised(error: Error, reference: &ModelReference, arguments: &Ask) -> Error {
    const OF_MODELS: [ErrorKind; 3] =
        [ErrorKind::ModelNotFound, ErrorKind::ModelAccess, ErrorKind::ProfileRequired];
    if OF_MODELS.contains(&error.kind()) {
        let asked = reference.short();
        return error.with_hint(format!("run `outcrop models why {asked}` to see what is known of it"));
    }
    match &arguments.schema {
        Some(file) if error.message().starts_with("`output.schema`") => {
            error.with_hint(format!("change the schema in `{}`", file.display()))
        }
        _ => error,
    }
}

/// The same of any failure.
fn with_advice(failure: Failure, reference: &ModelReference, arguments: &Ask) -> Failure {
    match failure {
        Failure::Error(error) => advised(error, reference, arguments).into(),
        failure => failure,
    }
}

/// The first Ctrl-C: the answer is dropped, which cancels the call.
fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "cancelled")
}

/// Lets a second Ctrl-C end the program at once. The first one only asks, and whoever waits for the output to be read does
/// not hear it.
fn end_on_second_interrupt() -> io::Result<()> {
    let asked = Arc::new(AtomicBool::new(false));
    let code = i32::from(ErrorKind::Cancelled.exit_code());
    // In this order: the first one finds the flag unset, the second one set.
    flag::register_conditional_shutdown(SIGINT, code, Arc::clone(&asked))?;
    flag::register(SIGINT, asked)?;
    Ok(())
}

/// An answer, as far as it came.
struct Answer {
    collected: Collected,
    first_token: Option<Duration>,
    took: Duration,
    /// What it came from. It goes after the answer's last line has ended: what is told of the call then has a line of its
    /// own.
    stream: Option<EventStream>,
}

async fn answer(
    provider: &dyn ModelProvider,
    request: &Request,
    arguments: &Ask,
    terminal: &mut Terminal,
) -> Result<Answer, Failure> {
    let started = Instant::now();
    end_on_second_interrupt().map_err(Failure::io("signals cannot be handled"))?;
    // One that listens from here to the end: what comes between two of them would be lost.
    let mut interrupt = pin!(tokio::signal::ctrl_c());
    if arguments.no_stream {
        let response = tokio::select! {
            response = provider.generate(request) => response?,
            _ = &mut interrupt => return Err(cancelled().into()),
        };
        let took = started.elapsed();
        if arguments.prints_text() {
            Screen::default().show_whole(&response, terminal)?;
        }
        let collected = Collected { response, error: None };
        return Ok(Answer { collected, first_token: None, took, stream: None });
    }
    let stream = tokio::select! {
        stream = provider.stream(request) => stream?,
        _ = &mut interrupt => return Err(cancelled().into()),
    };
    follow(stream, interrupt, arguments, terminal, started).await
}

/// Follows a stream to its end, or until it is interrupted, and prints what comes.
async fn follow(
    mut stream: EventStream,
    mut interrupt: Pin<&mut impl Future>,
    arguments: &Ask,
    terminal: &mut Terminal,
    started: Instant,
) -> Result<Answer, Failure> {
    let mut collector = Collector::new();
    let mut first_token = None;
    let mut screen = Screen::default();
    loop {
        let item = tokio::select! {
            biased;
            item = gather::next_or_flush(&mut stream, || terminal.flush()) => item?,
            _ = &mut interrupt => {
                collector.push(Err(cancelled()));
                break;
            }
        };
        let Some(item) = item else { break };
        if let Ok(event) = &item {
            if matches!(event, Event::Delta { .. }) {
                first_token.get_or_insert_with(|| started.elapsed());
            }
            if arguments.events {
                terminal.print_json(event)?;
            } else if arguments.prints_text() {
                screen.show(event, terminal)?;
            }
        }
        collector.push(item);
    }
    screen.finish(terminal);
    Ok(Answer { collected: collector.finish(), first_token, took: started.elapsed(), stream: Some(stream) })
}

async fn finish(
    answer: Answer,
    arguments: &Ask,
    reference: &ModelReference,
    outcrop: &Outcrop,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let Answer { collected: Collected { response, error }, first_token, took, stream } = answer;
    if error.is_some() {
        terminal.end_line()?;
    } else if arguments.prints_text() {
        terminal.print("\n")?;
    }
    drop(stream);
    let asked = asked(&response, reference);
    let called = called(&response, &asked);
    if let Some(error) = error {
        terminal.flush()?;
        let error = match error.request_id() {
            None => error.with_request_id(response.request_id.clone()),
            Some(_) => error,
        };
        let error = advised(error, reference, arguments);
        if response.content.is_empty() {
            return Err(error.into());
        }
        // Not on standard output, where it would look like an answer.
        let partial = outcome::summary(&response, &called, None, first_token, took);
        return Err(Failure::Broken { error, partial });
    }
    if arguments.json {
        let cost = cost(&response, &asked, &called, outcrop).await;
        terminal.print_json(&outcome::summary(&response, &called, cost, first_token, took))?;
    }
    terminal.flush()?;
    let ended = ending(&response, arguments, terminal);
    let sources = outcome::sources(&response);
    if arguments.prints_text() && !terminal.shows_asides() && !sources.is_empty() {
        terminal.note("the answer cites sources: `-v` shows them");
    }
    if arguments.prints_text() && terminal.shows_asides() {
        for source in &sources {
            terminal.print_aside(&format!("source: {source}"));
            terminal.end_aside(1);
        }
        if let Some(usage) = response.usage {
            let cost = cost(&response, &asked, &called, outcrop).await;
            terminal.print_aside(&usage::line(&usage, cost, took));
            terminal.end_aside(1);
        }
    }
    ended
}

/// Whether an answer that came to its end is what was asked for.
fn ending(response: &Response, arguments: &Ask, terminal: &mut Terminal) -> Result<(), Failure> {
    if response.stop_reason.is_filtered() {
        return Err(outcome::filtered(response).into());
    }
    let problem = arguments.schema.as_ref().and_then(|_| schema::problem(response));
    if let Some(problem) = problem.or_else(|| outcome::malformed(response)) {
        return Err(problem.into());
    }
    if arguments.prints_text() {
        outcome::remark(response, terminal);
    }
    Ok(())
}

/// The model that was asked in the end: the one that was chosen, or one of its fallbacks.
fn asked(response: &Response, reference: &ModelReference) -> ModelReference {
    match &response.instead {
        Some(Instead { provider, model }) => {
            ModelReference { provider: provider.clone(), model: model.clone() }
        }
        None => reference.clone(),
    }
}

/// The model that was called.
fn called(response: &Response, reference: &ModelReference) -> ModelReference {
    let model = response.model.clone().unwrap_or_else(|| reference.model.clone());
    ModelReference { provider: reference.provider.clone(), model }
}

/// US dollars for an answer, if everything is known that it takes to tell.
async fn cost(
    response: &Response,
    reference: &ModelReference,
    called: &ModelReference,
    outcrop: &Outcrop,
) -> Option<f64> {
    let usage = response.usage?;
    let said = |pointer| response.metadata.as_ref()?.pointer(pointer)?.as_str();
    // Latency-optimized inference has prices of its own, which no list tells.
    if said("/performanceConfig/latency") == Some("optimized") {
        return None;
    }
    outcrop.price(reference, &called.model, said("/serviceTier/type")).await?.cost(&usage)
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll};

    use clap::Parser as _;
    use futures_core::Stream;
    use outcrop_core::{Block, Delta};

    use super::*;
    use crate::args::{Cli, Command};

    /// Events, and then nothing more for ever.
    struct Unfinished(std::vec::IntoIter<Event>);

    impl Stream for Unfinished {
        type Item = outcrop_core::Result<Event>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            self.0.next().map_or(Poll::Pending, |event| Poll::Ready(Some(Ok(event))))
        }
    }

    #[tokio::test]
    async fn what_came_before_ctrl_c_is_kept() {
        let cli = Cli::parse_from(["outcrop", "ask", "--json", "Tell me a story"]);
        let mut terminal = Terminal::new(&cli);
        let Command::Ask(arguments) = cli.command else { panic!("another command") };
        let events = vec![
            Event::Open { index: 0, block: Block::Text },
            Event::Delta { index: 0, delta: Delta::Text { text: "Once".into() } },
        ];
        let stream: EventStream = Box::pin(Unfinished(events.into_iter()));
        let pressed = pin!(std::future::ready(()));
        let answer = follow(stream, pressed, &arguments, &mut terminal, Instant::now()).await.unwrap();
        let Collected { response, error } = answer.collected;
        assert_eq!((response.text().as_ref(), error.unwrap().kind()), ("Once", ErrorKind::Cancelled));
    }
}
