//! The `outcrop` command: argv in, text out.

mod args;
mod commands;
mod context;
mod environment;
mod failure;
mod mfa;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};
use context::Context;
use failure::Failure;
use terminal::Terminal;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return terminal::print_usage(&error, &arguments),
    };
    let mut terminal = Terminal::new(&cli);
    let done = cli.check_regions().and_then(|()| run(cli, &mut terminal));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => terminal.fail(&failure),
    }
}

fn run(cli: Cli, terminal: &mut Terminal) -> Result<(), Failure> {
    terminal.start_logging();
    // A server uses all cores; a single call is done sooner on one thread.
    let mut builder = match cli.command {
        Command::Emulate(_) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = builder.enable_all().build().map_err(Failure::io("the runtime cannot start"))?;
    let done = runtime.block_on(Box::pin(async {
        let (command, context) = (cli.command, Context::new(cli.global));
        match command {
            Command::Ask(arguments) => commands::ask::run(arguments, &context, terminal).await,
            Command::Models(arguments) => commands::models::run(arguments, &context, terminal).await,
            Command::Config(arguments) => commands::config::run(arguments, &context, terminal),
            Command::Auth(arguments) => commands::auth::run(&arguments, &context, terminal).await,
            Command::Doctor(arguments) => commands::doctor::run(&arguments, &context, terminal).await,
            Command::Iam(arguments) => commands::iam::run(arguments, &context, terminal).await,
            Command::Providers(arguments) => commands::providers::run(arguments, &context, terminal).await,
            Command::Emulate(arguments) => commands::emulate::run(arguments, &context, terminal).await,
            Command::Help(arguments) => commands::help::run(&arguments, terminal),
        }
    }));
    // A name that is still being looked up is nobody's business any more.
    runtime.shutdown_background();
    done
}
