//! `outcrop models`.

mod json;
mod list;
mod refresh;
mod set;
mod show;
mod status;
mod table;
mod why;

use outcrop_core::CatalogProblem;

use crate::args::{Models, ModelsCommand};
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(crate) async fn run(
    arguments: Models,
    context: &Context,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    match arguments.command()? {
        ModelsCommand::List(arguments) => list::run(&arguments, context, terminal).await,
        ModelsCommand::Show(arguments) => show::run(&arguments, context, terminal).await,
        ModelsCommand::Why(arguments) => why::run(&arguments, context, terminal).await,
        ModelsCommand::Status(form) => status::run(form, context, terminal).await,
        ModelsCommand::Refresh(form) => refresh::run(form, context, terminal).await,
        ModelsCommand::Set(arguments) => set::run(&arguments, context, terminal).await,
    }
}

/// A source of the list that failed, in one line.
pub(crate) fn problem_line(problem: &CatalogProblem) -> String {
    let place = problem.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
    let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{}{place}: {}: {}{hint}", problem.source, problem.code, problem.message)
}
