//! `outcrop providers`.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct Providers {
    #[command(subcommand)]
    pub command: ProvidersCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProvidersCommand {
    /// List the providers of the configuration, and what is compiled in
    List(ListProviders),
    /// Prove that the providers keep their contract
    Check(CheckProviders),
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ListProviders {
    /// Print one JSON array
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Every provider that is compiled in goes through the conformance kit, against a fake of its upstream on this \
        machine: neither credentials nor network are needed. With `--live`, a model is called as the configuration has it, \
        for the part of the kit that a real upstream can act. Exit code 0: nothing fails; 1: something does."
)]
pub(crate) struct CheckProviders {
    /// Call a real model, a few times and for few tokens
    #[arg(long)]
    pub live: bool,
    /// The model to call, as an id or as `provider/id` [default: the one that `ask` would take]
    #[arg(short, long, value_name = "MODEL", requires = "live")]
    pub model: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Print the page of the reference
    #[arg(long, hide = true, conflicts_with_all = ["json", "live"])]
    pub markdown: bool,
}

impl ProvidersCommand {
    /// Whether the command prints JSON.
    pub(crate) const fn prints_json(&self) -> bool {
        match self {
            Self::List(list) => list.json,
            Self::Check(check) => check.json,
        }
    }
}
