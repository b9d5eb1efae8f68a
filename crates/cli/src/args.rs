//! The command line.

mod accepted_key;
mod ask;
mod auth;
mod config;
mod iam;
mod import;
mod models;
mod providers;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use outcrop_emulator::AcceptedKey;

use self::accepted_key::AcceptedKeyParser;
pub(crate) use self::ask::{Ask, Guardrail};
pub(crate) use self::auth::{Auth, Doctor};
pub(crate) use self::config::{
    Config, ConfigCommand, Destination, EditFile, GetValue, LayerArgument, ListValues, SchemaFormat,
    SetValue, UnsetValue,
};
pub(crate) use self::iam::{Iam, IamCommand, IamPolicy};
pub(crate) use self::import::ImportFile;
pub(crate) use self::models::{Form, List, Models, ModelsCommand, OneModel, SetModel};
pub(crate) use self::providers::{CheckProviders, ListProviders, Providers, ProvidersCommand};
use crate::failure::Failure;

/// Brings the models of Amazon Bedrock to your terminal
#[derive(Debug, Parser)]
#[command(
    name = "outcrop",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = "Examples:\n  \
        outcrop ask \"Why is the sky blue?\"\n  \
        outcrop models list\n  \
        outcrop --emulator ask \"Does this work without an AWS account?\"\n\n\
        `outcrop help exit-codes` and `outcrop help environment` say more."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command understands.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Read this configuration instead of the user's and the project's
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Set a configuration value, such as `models.bedrockDiscovery.includeLegacy=true`
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// The AWS region; for `models` several, by repeating it: they are listed together, and the first one is called
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Vec<String>,
    /// The profile of the AWS configuration files
    #[arg(long, global = true, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// The endpoint of Bedrock, for both planes
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Talk to an embedded Bedrock emulator: no AWS account, no network
    #[arg(long, global = true)]
    pub emulator: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Say more; twice: much more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// No notes and warnings
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Never read standard input
    #[arg(long, global = true)]
    pub no_input: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Ask a model and stream its answer
    Ask(Ask),
    /// See the models that can be called, and why others cannot
    Models(Models),
    /// See and change the configuration
    Config(Config),
    /// See who calls AWS, from where to where, and how that was found out
    Auth(Auth),
    /// Find out what is wrong: credentials, clock, region, endpoints, permissions
    Doctor(Doctor),
    /// Get the IAM policies that a role needs
    Iam(Iam),
    /// See the providers, and prove that they keep their contract
    Providers(Providers),
    /// Run a Bedrock emulator on this machine
    Emulate(Emulate),
    /// More help: `environment`, `exit-codes`, or a command
    Help(Help),
}

#[derive(Debug, Args)]
pub(crate) struct Emulate {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4566")]
    pub listen: SocketAddr,
    /// A JSON file with what the account has: its models, profiles and permissions; docs/guide/emulator.md says how
    #[arg(long, value_name = "FILE")]
    pub account: Option<PathBuf>,
    /// A JSON file with faults and scripted answers; docs/guide/emulator.md says how
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// The access key id that is accepted
    #[arg(long, value_name = "ID")]
    pub access_key_id: Option<String>,
    /// The secret access key that is accepted
    #[arg(long, value_name = "SECRET")]
    pub secret_access_key: Option<String>,
    /// Another key pair that is accepted; may be given several times
    #[arg(long, value_name = "ID:SECRET", value_parser = AcceptedKeyParser)]
    pub accept_key: Vec<AcceptedKey>,
    /// The Bedrock API key that is accepted
    #[arg(long, value_name = "TOKEN")]
    pub bearer_token: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Help {
    /// `environment`, `exit-codes`, or a command
    #[arg(value_name = "TOPIC")]
    pub topic: Vec<String>,
    /// Print `environment` as the page of the reference
    #[arg(long, hide = true)]
    pub markdown: bool,
}

impl Cli {
    /// Refuses several regions where only one can be meant.
    pub(crate) fn check_regions(&self) -> Result<(), Failure> {
        let takes_several = matches!(&self.command, Command::Models(models) if models.takes_regions());
        if takes_several || self.global.region.len() < 2 {
            return Ok(());
        }
        Err(Failure::usage(
            "`--region` is given more than once: only the commands of `outcrop models` that list take several".to_owned(),
        ))
    }

    /// Whether the command prints JSON; then its failures are JSON too.
    pub(crate) fn prints_json(&self) -> bool {
        match &self.command {
            Command::Ask(ask) => ask.json || ask.events,
            Command::Models(models) => models.prints_json(),
            Command::Config(config) => config.command.prints_json(),
            Command::Auth(auth) => auth.status().json,
            Command::Doctor(doctor) => doctor.json,
            Command::Iam(iam) => matches!(&iam.command, IamCommand::Policy(policy) if policy.json),
            Command::Providers(providers) => providers.command.prints_json(),
            Command::Emulate(_) | Command::Help(_) => false,
        }
    }
}
