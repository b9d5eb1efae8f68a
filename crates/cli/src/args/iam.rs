//! `outcrop iam`.

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use outcrop::{Action, TrustedService};

#[derive(Debug, Args)]
pub(crate) struct Iam {
    #[command(subcommand)]
    pub command: IamCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum IamCommand {
    /// Print the least that a role needs for what the configuration uses, or who may take it on
    Policy(IamPolicy),
}

#[derive(Debug, Args)]
#[command(
    after_help = "The policy is JSON on standard output: `outcrop iam policy > permissions.json`. Neither credentials nor \
        network are needed. docs/guide/ec2.md shows what to do with it."
)]
pub(crate) struct IamPolicy {
    /// Allow these actions only: groups, or names of actions, separated by commas
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(Action::names()).map(|word| Action::named(&word).unwrap_or_default())
    )]
    pub actions: Vec<&'static [Action]>,
    /// Allow these models only, as ids, ARNs or `provider/id`, instead of those of the configuration
    #[arg(long, value_name = "ID", num_args = 1.., value_delimiter = ',')]
    pub models: Vec<String>,
    /// The account whose inference profiles and guardrails are used
    #[arg(long, value_name = "ID", value_parser = account)]
    pub account: Option<String>,
    /// Print the trust policy of a role for this service
    #[arg(
        long,
        value_name = "SERVICE",
        conflicts_with_all = ["actions", "models", "account"],
        value_parser = PossibleValuesParser::new(TrustedService::ALL.map(TrustedService::name))
            .try_map(|word| TrustedService::from_name(&word).ok_or("no such service"))
    )]
    pub trust: Option<TrustedService>,
    /// Print the policy in one line, and failures as JSON
    #[arg(long)]
    pub json: bool,
}

/// The number of an AWS account.
fn account(text: &str) -> Result<String, String> {
    let is_number = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { Ok(text.to_owned()) } else { Err("an account has 12 digits".to_owned()) }
}
