//! `outcrop auth` and `outcrop doctor`.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(
    subcommand_precedence_over_arg = true,
    after_help = "Exit code 0: there are credentials, or none are needed. 4: there are none, or AWS does not accept them. Others, such as 9 \
        where somebody who must be asked does not answer: `outcrop help exit-codes`. Secrets are never shown; access key \
        ids are shortened."
)]
pub(crate) struct Auth {
    #[command(subcommand)]
    pub command: Option<AuthCommand>,
    #[command(flatten)]
    pub status: AuthStatus,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuthCommand {
    /// Show the source of the credentials, the region and the endpoints (the default)
    Status(AuthStatus),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct AuthStatus {
    /// Ask AWS who the credentials are; an OpenAI-compatible endpoint is asked for its list of models
    #[arg(long)]
    pub verify: bool,
    /// Who is called, as one of `models.providers`; by default the provider of the default model
    #[arg(long, value_name = "ID")]
    pub provider: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

impl Auth {
    /// What to show, whether the flags stand before or behind `status`.
    pub(crate) fn status(&self) -> AuthStatus {
        let before = self.status.clone();
        match &self.command {
            Some(AuthCommand::Status(behind)) => AuthStatus {
                verify: behind.verify || before.verify,
                provider: behind.provider.clone().or(before.provider),
                json: behind.json || before.json,
            },
            None => before,
        }
    }
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit code 0: nothing fails. Otherwise the code of the first failure; `outcrop help exit-codes` \
    lists them."
)]
pub(crate) struct Doctor {
    /// Look at one of `models.providers` only; by default at the provider of the default model and at every
    /// OpenAI-compatible endpoint
    #[arg(long, value_name = "ID")]
    pub provider: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}
