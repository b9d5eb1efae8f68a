//! `outcrop config import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[command(
    after_help = "What belongs to other parts of that product is left out and listed. What your file says \
    already is kept: where the imported file says something else, nothing is written without `--replace`. Comments come \
    along into a file that is empty or not there."
)]
pub(crate) struct ImportFile {
    /// The file to take over
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where it goes to; your own file or that of `--config`, if nothing is said
    #[arg(long, value_enum)]
    pub layer: Option<ImportLayer>,
    /// Let the imported file count where both say something
    #[arg(long)]
    pub replace: bool,
    /// Write nothing, only say what would be written
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// A file that can be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportLayer {
    /// Your own file
    User,
    /// `outcrop.json5` of the project, or one in the working directory
    Project,
}
