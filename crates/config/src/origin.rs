//! Where a value comes from.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use crate::path::KeyPath;

/// The layers of the configuration, weakest first: `a < b` means that `b` wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Layer {
    /// The defaults that come with the program.
    Defaults,
    /// Variables of the AWS tools (`AWS_REGION`, `AWS_DEFAULT_REGION`, `AWS_PROFILE`).
    Ambient,
    /// The file for everybody on this machine.
    System,
    /// The file in the user's configuration folder.
    User,
    /// `outcrop.json5` of the project.
    Project,
    /// The file named by `--config` or `OUTCROP_CONFIG`.
    File,
    /// The `OUTCROP_*` variables.
    Environment,
    /// `--set` and other flags.
    CommandLine,
}

impl Layer {
    /// The name as it appears in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Defaults => "defaults",
            Self::Ambient => "ambient",
            Self::System => "system",
            Self::User => "user",
            Self::Project => "project",
            Self::File => "file",
            Self::Environment => "environment",
            Self::CommandLine => "command-line",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The place that set a value.
///
/// `Display` is the short form for people: `/home/me/.config/outcrop/config.json5:4:15`, `environment variable
/// OUTCROP_REGION`, `--set`, `built-in default`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Origin {
    /// The layer.
    pub layer: Layer,
    /// The file, if it is one.
    pub file: Option<PathBuf>,
    /// Line of the value in the file, from 1.
    pub line: Option<usize>,
    /// Column of the value in the file, in characters from 1.
    pub column: Option<usize>,
    /// The environment variable, if it is one.
    pub variable: Option<String>,
    /// The flag, if the command line set it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
}

impl Origin {
    pub(crate) fn of_variable(layer: Layer, name: &str) -> Self {
        Self { layer, file: None, line: None, column: None, variable: Some(name.to_owned()), flag: None }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(variable) = &self.variable {
            return write!(f, "environment variable {variable}");
        }
        if let Some(flag) = &self.flag {
            return f.write_str(flag);
        }
        match &self.file {
            None => f.write_str("built-in default"),
            Some(file) => {
                write!(f, "{}", file.display())?;
                [self.line, self.column].into_iter().flatten().try_for_each(|number| write!(f, ":{number}"))
            }
        }
    }
}

/// A key that is accepted because files of a related product hold it, and that means nothing here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unused {
    /// The key, such as `gateway` or `agents.defaults.workspace`.
    pub key: KeyPath,
    /// Where it stands.
    pub origin: Origin,
}
