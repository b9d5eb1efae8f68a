//! `outcrop config`.

use clap::{Args, Subcommand, ValueEnum};
use outcrop::Layer;

use super::ImportFile;

#[derive(Debug, Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the value that counts
    #[command(
        after_help = "Strings, numbers, booleans and nulls are printed bare, everything else as JSON; secrets are \
        asterisks.\n\nExit code 1: nothing sets a value."
    )]
    Get(GetValue),
    /// Set a value in a file of the configuration
    #[command(after_help = "Examples:\n  \
        outcrop config set models.bedrockDiscovery.region us-east-1\n  \
        outcrop config set models.bedrockDiscovery.providerFilter \"['anthropic', 'amazon']\"\n  \
        outcrop config set 'models.providers.\"amazon-bedrock\".timeouts.connect' 5 --dry-run\n  \
        outcrop config set 'models.providers.\"amazon-bedrock\".apiKey' - < key.txt\n\n\
        It is written to the file of `--config` or `OUTCROP_CONFIG`, else to your own configuration; `--layer` names \
        another one. Comments and everything else in the file stay. What would be wrong is refused with exit code 3, and \
        nothing is written.")]
    Set(SetValue),
    /// Remove a value from a file of the configuration
    #[command(after_help = "Exit code 1: the file sets no such value.")]
    Unset(UnsetValue),
    /// Print every value that counts, and where it comes from
    List(ListValues),
    /// Open a file of the configuration in your editor
    #[command(
        after_help = "The editor is that of `VISUAL`, else that of `EDITOR`, with its arguments, else `vi` (`notepad` on \
        Windows). One that opens a window has to wait: `EDITOR=\"code --wait\"`.\n\n\
        It works on a copy. The file is written when the editor has ended and what you wrote is right; if it is not, you \
        are asked what to do with it, and without a terminal the exit code is 3, nothing is written, and what you wrote is \
        kept. So it is if somebody else changes the file meanwhile."
    )]
    Edit(EditFile),
    /// Print the JSON schema of the configuration
    Schema {
        /// A JSON schema for editors, or a reference for people
        #[arg(long, value_name = "FORMAT", default_value = "json")]
        format: SchemaFormat,
    },
    /// Check the configuration
    Check {
        /// Fail on warnings too
        #[arg(long)]
        strict: bool,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Say where a value comes from
    Explain {
        /// The key, such as `models.bedrockDiscovery.region`
        key: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Take over what another product's file says of Bedrock
    Import(ImportFile),
    /// Print the files that are read, weakest first
    Path,
}

/// How the schema of the configuration is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaFormat {
    /// JSON schema, draft-07.
    Json,
    /// The reference of all keys.
    Markdown,
}

/// A layer that is a file with a place of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LayerArgument {
    /// Your own file
    User,
    /// `outcrop.json5` of the project: the nearest one upwards, else in the working directory
    Project,
    /// The file for everybody on this machine
    System,
}

impl From<LayerArgument> for Layer {
    fn from(layer: LayerArgument) -> Self {
        match layer {
            LayerArgument::User => Self::User,
            LayerArgument::Project => Self::Project,
            LayerArgument::System => Self::System,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct GetValue {
    /// The key; a part with dots in it is quoted: `models.providers."amazon-bedrock".models."the.id"`
    #[arg(value_name = "KEY")]
    pub key: String,
    /// What the file of this layer says, whether or not it counts
    #[arg(long, value_name = "LAYER")]
    pub layer: Option<LayerArgument>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListValues {
    /// Only values at or below this key
    #[arg(value_name = "KEY")]
    pub key: Option<String>,
    /// What the file of this layer says, whether or not it counts
    #[arg(long, value_name = "LAYER")]
    pub layer: Option<LayerArgument>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SetValue {
    /// The key; a part with dots in it is quoted: `models.providers."amazon-bedrock".models."the.id"`
    #[arg(value_name = "KEY")]
    pub key: String,
    /// The value, as JSON5; as plain text where it is no JSON5 or where the key takes only text; `-` reads it from standard
    /// input, as secrets should be
    #[arg(value_name = "VALUE", allow_negative_numbers = true)]
    pub value: String,
    #[command(flatten)]
    pub destination: Destination,
    /// Take VALUE as JSON5 and never as plain text, and print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EditFile {
    /// The layer whose file is edited; the file of `--config` or your own one, if nothing is said
    #[arg(long, value_name = "LAYER")]
    pub layer: Option<LayerArgument>,
    /// Print one JSON object, and ask nothing
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UnsetValue {
    /// The key; a part with dots in it is quoted: `models.providers."amazon-bedrock".models."the.id"`
    #[arg(value_name = "KEY")]
    pub key: String,
    #[command(flatten)]
    pub destination: Destination,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Where a change goes, and under which conditions.
#[derive(Debug, Args)]
pub(crate) struct Destination {
    /// The layer whose file is changed
    #[arg(long, value_name = "LAYER")]
    pub layer: Option<LayerArgument>,
    /// Write nothing, and print what would change as a unified diff
    #[arg(long)]
    pub dry_run: bool,
    /// Also if entries of `models.providers`, a provider's `models`, `models.overrides` or `agents.defaults.models` are lost
    #[arg(long)]
    pub replace: bool,
    /// Only if the file holds this value now, as JSON5
    #[arg(long, value_name = "JSON", allow_negative_numbers = true, conflicts_with = "expect_absent")]
    pub expect_current: Option<String>,
    /// Only if the file holds no value now
    #[arg(long)]
    pub expect_absent: bool,
}

impl ConfigCommand {
    /// Whether the command prints JSON.
    pub(crate) const fn prints_json(&self) -> bool {
        match self {
            Self::Get(get) => get.json,
            Self::Set(set) => set.json,
            Self::Unset(unset) => unset.json,
            Self::Edit(edit) => edit.json,
            Self::List(list) => list.json,
            Self::Check { json, .. } | Self::Explain { json, .. } => *json,
            Self::Import(import) => import.json,
            Self::Schema { .. } | Self::Path => false,
        }
    }
}
