//! A file of the configuration as a whole, for a person who edits its text.

use std::path::Path;

use outcrop_config::{Diagnostic, Layer, Written};
use outcrop_core::Result;

use crate::Outcrop;
use crate::change::{counts, place};
use crate::default_model::refused;

/// The text of a file of the configuration, to be given to a person who edits it.
///
/// ```no_run
/// # fn edited(text: &str) -> Vec<u8> { text.into() }
/// # fn example(outcrop: &outcrop::Outcrop) -> outcrop::Result<()> {
/// let draft = outcrop.draft(None)?;
/// let text = edited(draft.text());
/// if draft.review(&text).is_right {
///     draft.write(&text, false)?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Draft {
    opened: outcrop_config::Draft,
    layer: Layer,
    is_read: bool,
}

/// What [`Draft::review`] finds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Review {
    /// Whether the file would be another one.
    pub is_changed: bool,
    /// Whether it may be written: it is a configuration, and nothing in it is wrong that was not wrong before.
    pub is_right: bool,
    /// Everything that is wrong with the file as it would be, also what was so before.
    pub diagnostics: Vec<Diagnostic>,
}

impl Outcrop {
    /// Reads the file of a layer for a person to edit its text; of none, the one of `--config` or `OUTCROP_CONFIG`, else
    /// the user's. The text of a new file says what may stand there.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] if the layer has no file, and if it cannot be read as text or not be written.
    pub fn draft(&self, layer: Option<Layer>) -> Result<Draft> {
        let (layer, file) = place(self.config(), layer)?;
        let opened = self.config().draft(&file, &beginning(layer)).map_err(refused)?;
        Ok(Draft { opened, layer, is_read: counts(self.config(), layer, &file) })
    }
}

impl Draft {
    /// The file.
    pub fn file(&self) -> &Path {
        self.opened.file()
    }

    /// Its layer.
    pub const fn layer(&self) -> Layer {
        self.layer
    }

    /// Whether the file counts: a file that was named takes the place of the user's and the project's.
    pub const fn is_read(&self) -> bool {
        self.is_read
    }

    /// The text to begin with, secrets included.
    pub fn text(&self) -> &str {
        self.opened.text()
    }

    /// What would become of the configuration with this text.
    pub fn review(&self, text: &[u8]) -> Review {
        match self.opened.revised(text) {
            Ok(edit) => Review {
                is_changed: edit.is_changed(),
                is_right: edit.check().is_ok(),
                diagnostics: edit.review(),
            },
            Err(error) => {
                Review { is_changed: true, is_right: false, diagnostics: error.diagnostics().to_vec() }
            }
        }
    }

    /// Makes this the text of the file; `anyway`: however wrong it is. Whether that changed anything.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] if the text is wrong, if somebody else changed the file since it was read, and if
    /// it cannot be written. The file is then as it was.
    pub fn write(&self, text: &[u8], anyway: bool) -> Result<bool> {
        let write = |edit: outcrop_config::Edit| if anyway { edit.write_anyway() } else { edit.write() };
        let written = self.opened.revised(text).and_then(write).map_err(refused)?;
        Ok(written == Written::Changed)
    }
}

/// The text that a new file begins with.
fn beginning(layer: Layer) -> String {
    let whose = match layer {
        Layer::System => "The configuration of Outcrop for everybody on this machine.",
        Layer::Project => {
            "The configuration of Outcrop for this project: which models, not who calls them and where."
        }
        _ => "The configuration of Outcrop.",
    };
    let about = "// JSON5: JSON with comments, trailing commas and keys without quotes. `outcrop config schema --format markdown`\n\
        // says what may stand here, and `outcrop config check` whether it is right.\n";
    format!("// {whose}\n{about}{}", include_str!("draft/new.json5"))
}

#[cfg(test)]
mod tests;
