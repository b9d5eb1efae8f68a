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

use std::time::{Duration, Instant};

use outcrop::{DEFAULT_PROVIDER, Error, ErrorKind, ModelProvider, ModelReference, Outcrop, Request};
use outcrop_core::{Collected, Collector, Event, EventStream, Response};

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
    let chosen = ready.outcrop.choose(arguments.model.as_deref()).await?;
    for problem in &chosen.problems {
        terminal.warn(&problem_line(problem));
    }
    if let Some(note) = &chosen.note {
        terminal.note(note);
    }
    let request = request::build(&arguments, material, &chosen.reference, &ready.outcrop).await?;
    if arguments.dry_run {
        return dry_run::run(&request, &arguments, &chosen.reference, &ready.outcrop, terminal).await;
    }
    let provider = ready.outcrop.provider(&chosen.reference.provider).await?;
    let started = Instant::now();
    let answer = tokio::select! {
        answer = answer(&*provider, &request, &arguments, terminal, started) => {
            answer.map_err(|failure| advised(failure, &chosen.reference))?
        }
        _ = tokio::signal::ctrl_c() => return cancelled(terminal),
    };
    finish(answer, &arguments, &chosen.reference, &ready.outcrop, terminal).await
}

/// Reads everything that the request is made of.
fn material(arguments: &Ask, context: &Context, terminal: &mut Terminal) -> Result<Material, Failure> {
    let prompt = prompt::read(&arguments.prompt, context.reads_input())?;
    let schema = arguments.schema.as_deref().map(schema::read).transpose()?;
    let (attachments, notes) = attachments::read(&arguments.file)?;
    for note in notes {
        terminal.note(&note);
    }
    Ok(Material { prompt, attachments, schema })
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
        let took = started.elapsed();
        if arguments.prints_text() {
            Screen::default().show_whole(&response, terminal)?;
        }
        let collected = Collected { response, error: None };
        return Ok(Answer { collected, first_token: None, took });
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
    let mut screen = Screen::default();
    while let Some(item) = gather::next_or_flush(&mut stream, || terminal.flush()).await? {
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
    Ok(Answer { collected: collector.finish(), first_token, took: started.elapsed() })
}

async fn finish(
    answer: Answer,
    arguments: &Ask,
    reference: &ModelReference,
    outcrop: &Outcrop,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let Answer { collected: Collected { response, error }, first_token, took } = answer;
    if arguments.prints_text() && (error.is_none() || !response.content.is_empty()) {
        terminal.print("\n")?;
    }
    if let Some(error) = error {
        return Err(advised(error.into(), reference));
    }
    let called = called(&response, reference);
    if arguments.json {
        let cost = cost(&response, reference, &called, outcrop).await;
        terminal.print_json(&outcome::summary(&response, &called, cost, first_token, took))?;
    }
    terminal.flush()?;
    let ended = ending(&response, arguments, terminal);
    if let Some(usage) = response.usage.filter(|_| arguments.prints_text() && terminal.shows_asides()) {
        let cost = cost(&response, reference, &called, outcrop).await;
        terminal.print_aside(&usage::line(&usage, cost, took));
        terminal.end_aside(1);
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
    outcome::remark(response, terminal);
    Ok(())
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
    outcrop.price(reference, &called.model).await?.cost(&usage)
}
