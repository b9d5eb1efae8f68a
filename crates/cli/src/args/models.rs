//! `outcrop models`.

use clap::{Args, Subcommand};

use crate::failure::Failure;

#[derive(Debug, Args)]
#[command(subcommand_precedence_over_arg = true)]
pub(crate) struct Models {
    #[command(subcommand)]
    pub command: Option<ModelsCommand>,
    #[command(flatten)]
    pub list: List,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// List the models that can be called (the default)
    List(List),
    /// Show all that is known of a model, and who says so
    Show(OneModel),
    /// Say why a model is listed or not, by every rule, and what to do about it
    #[command(after_help = "Exit code 0: it is listed. 5: it is not, whether or not it can be called.")]
    Why(OneModel),
    /// Show the default model and what is known of each region, without asking AWS
    Status(Form),
    /// Ask AWS for new lists, and say what changed
    #[command(
        after_help = "Exit code 0: at least one list is new. Otherwise the code of the failure; a list that is \
        kept stays as it was."
    )]
    Refresh(Form),
    /// Make a model the default
    #[command(after_help = "It is written to the file of `--config` or `OUTCROP_CONFIG`, else to your own \
        configuration; `outcrop config path` names it. Comments and everything else in it stay.\n\n\
        A model that cannot be called is refused with exit code 5, and nothing is written.")]
    Set(SetModel),
}

/// A command on a model.
#[derive(Debug, Args)]
pub(crate) struct OneModel {
    /// The model: an id, an inference profile, an ARN, or `provider/id`; `@REGION` behind it means the one of a region
    #[arg(value_name = "MODEL")]
    pub model: String,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// A command that prints.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Form {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SetModel {
    /// The model: an id, an inference profile, an ARN, or `provider/id`; with `@REGION` it is called there
    #[arg(value_name = "MODEL")]
    pub model: String,
    /// Write it even if it cannot be called
    #[arg(long)]
    pub force: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct List {
    /// Only models whose id or name has all these words
    #[arg(value_name = "FILTER")]
    pub filter: Vec<String>,
    /// Everything that AWS lists, also what cannot be called or was filtered out, and why
    #[arg(long)]
    pub all: bool,
    /// Only models of this provider or maker: `anthropic`, `Mistral AI`, `amazon-bedrock`
    #[arg(long, value_name = "PROVIDER")]
    pub provider: Option<String>,
    /// Ask AWS even if the list is known
    #[arg(long)]
    pub refresh: bool,
    /// Ask AWS for each model whether the account has access to it
    #[arg(long)]
    pub access: bool,
    /// Print one JSON object
    #[arg(long, conflicts_with = "plain")]
    pub json: bool,
    /// Print one `provider/id` a line
    #[arg(long)]
    pub plain: bool,
}

impl Models {
    /// What to do: words and flags that stand before `list` are its own, and `--json` before any command is that
    /// command's.
    pub(crate) fn command(self) -> Result<ModelsCommand, Failure> {
        let Self { command, list: before } = self;
        let Some(mut command) = command else { return Ok(ModelsCommand::List(before)) };
        let json = match &mut command {
            ModelsCommand::List(behind) => {
                behind.join(before);
                if behind.json && behind.plain {
                    return Err(Failure::usage("`--json` and `--plain` exclude each other".to_owned()));
                }
                return Ok(command);
            }
            ModelsCommand::Show(one) | ModelsCommand::Why(one) => &mut one.json,
            ModelsCommand::Status(form) | ModelsCommand::Refresh(form) => &mut form.json,
            ModelsCommand::Set(set) => &mut set.json,
        };
        *json |= before.json;
        if before != (List { json: before.json, ..List::default() }) {
            let message = "words and flags of `outcrop models list` stand before another command; to filter by the \
                           name of a command, write `outcrop models list` first";
            return Err(Failure::usage(message.to_owned()));
        }
        Ok(command)
    }

    /// Whether the command prints JSON.
    pub(crate) fn prints_json(&self) -> bool {
        self.list.json
            || match &self.command {
                None => false,
                Some(ModelsCommand::List(list)) => list.json,
                Some(ModelsCommand::Show(one) | ModelsCommand::Why(one)) => one.json,
                Some(ModelsCommand::Status(form) | ModelsCommand::Refresh(form)) => form.json,
                Some(ModelsCommand::Set(set)) => set.json,
            }
    }

    /// Whether several regions can be listed together.
    pub(crate) const fn takes_regions(&self) -> bool {
        !matches!(self.command, Some(ModelsCommand::Set(_)))
    }
}

impl List {
    /// Adds what stands before the word `list`.
    fn join(&mut self, before: Self) {
        let behind = std::mem::replace(self, before);
        self.filter.extend(behind.filter);
        self.provider = behind.provider.or(self.provider.take());
        self.all |= behind.all;
        self.refresh |= behind.refresh;
        self.access |= behind.access;
        self.json |= behind.json;
        self.plain |= behind.plain;
    }
}
