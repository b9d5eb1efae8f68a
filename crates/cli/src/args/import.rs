//! `outcrop config import`.

use std::path::PathBuf;

use clap::Args;

use super::LayerArgument;

#[derive(Debug, Args)]
#[command(
    after_help = "What belongs to other parts of that product is left out and listed. What your file says \
    already is kept: where the imported file says something else, nothing is written without `--replace`. Comments come \
    along into a file that is empty or not there, but for those of what is left out."
)]
pub(crate) struct ImportFile {
    /// The file to take over
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The layer whose file it goes to; your own file or that of `--config`, if nothing is said
    #[arg(long, value_name = "LAYER")]
    pub layer: Option<LayerArgument>,
    /// Let the imported file count where both say something
    #[arg(long)]
    pub replace: bool,
    /// Write nothing, and print what would change as a unified diff
    #[arg(long)]
    pub dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}
