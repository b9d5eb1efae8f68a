//! What a configuration is read from, said explicitly.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::found::FoundFile;
use crate::origin::Layer;
use crate::path::{KeyPath, PathError};
use crate::project;
use crate::variables::CONFIG_FILE;

/// A file of the configuration.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileSource {
    /// A file that need not be there.
    Optional(PathBuf),
    /// A file that somebody asked for: it is an error if it is not there.
    Required(PathBuf),
    /// A text under the name of a file; nothing is read.
    Text {
        /// What diagnostics and origins call the file.
        name: PathBuf,
        /// The JSON5 text.
        text: String,
    },
}

impl fmt::Debug for FileSource {
    /// The text stays out: it may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Optional(path) => f.debug_tuple("Optional").field(path).finish(),
            Self::Required(path) => f.debug_tuple("Required").field(path).finish(),
            Self::Text { name, .. } => f.debug_struct("Text").field("name", name).finish_non_exhaustive(),
        }
    }
}

impl FileSource {
    /// The path or the name.
    pub fn path(&self) -> &Path {
        match self {
            Self::Optional(path) | Self::Required(path) | Self::Text { name: path, .. } => path,
        }
    }

    /// Whether it is there and neither a file nor a folder.
    #[cfg(feature = "watch")]
    fn is_stream(&self) -> bool {
        let (Self::Optional(path) | Self::Required(path)) = self else { return false };
        std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
    }
}

/// A value set on the command line.
#[derive(Clone, PartialEq)]
pub struct Assignment {
    /// The flag as the user knows it, such as `--set` or `--region`.
    pub flag: String,
    /// The key that is set.
    pub path: KeyPath,
    /// The value.
    pub value: Assigned,
}

/// The value of an [`Assignment`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Assigned {
    /// This value.
    Value(Value),
    /// A text to be read as JSON5, and as a string where it is no JSON5 or where the key takes only strings.
    Json5(String),
}

impl fmt::Debug for Assignment {
    /// The value stays out: it may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Assignment({} {})", self.flag, self.path)
    }
}

impl Assignment {
    /// A flag of its own that sets a key to a value.
    pub fn new(flag: impl Into<String>, path: KeyPath, value: impl Into<Value>) -> Self {
        Self { flag: flag.into(), path, value: Assigned::Value(value.into()) }
    }

    /// The argument of `--set`: `path=value`.
    ///
    /// ```
    /// use outcrop_config::Assignment;
    ///
    /// let assignment = Assignment::set(r#"models.providers."amazon-bedrock".region=eu-west-1"#)?;
    /// assert_eq!(assignment.path.segments().len(), 4);
    /// assert!(Assignment::set("models").is_err());
    /// # Ok::<(), outcrop_config::PathError>(())
    /// ```
    pub fn set(argument: &str) -> Result<Self, PathError> {
        let (path, value) = split_assignment(argument)
            .ok_or_else(|| PathError::new(argument, "`=` and a value must follow the path"))?;
        Ok(Self { flag: "--set".to_owned(), path: path.parse()?, value: Assigned::Json5(value.to_owned()) })
    }
}

/// Splits at the first `=` that stands in no quotes.
fn split_assignment(argument: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    let mut escaped = false;
    let at = argument.find(|character| {
        match (quote, character) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '=') => return true,
            _ => {}
        }
        false
    })?;
    argument.split_at_checked(at).map(|(path, value)| (path, value.strip_prefix('=').unwrap_or(value)))
}

/// A file that was looked at, for `config path`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigFile {
    /// Its layer.
    pub layer: Layer,
    /// Where it is, or would be.
    pub path: PathBuf,
    /// Whether it is there and was read.
    pub found: bool,
}

/// Everything that a configuration is read from. The default is nothing at all: only the built-in defaults.
///
/// ```
/// use std::collections::BTreeMap;
/// use std::path::Path;
/// use outcrop_config::Sources;
///
/// let environment = BTreeMap::from([("HOME".to_owned(), "/home/me".to_owned())]);
/// let sources = Sources::platform(environment, Path::new("/home/me/project"));
/// # #[cfg(all(unix, not(target_os = "macos")))]
/// assert_eq!(sources.user.unwrap().path(), Path::new("/home/me/.config/outcrop/config.json5"));
/// ```
#[derive(Clone, Default)]
pub struct Sources {
    /// A snapshot of the environment.
    pub environment: BTreeMap<String, String>,
    /// The file for everybody on this machine.
    pub system: Option<FileSource>,
    /// The file of the user.
    pub user: Option<FileSource>,
    /// The file of the project.
    pub project: Option<FileSource>,
    /// The folder that a first file of the project belongs in: where `project` names none, it counts from when it is there.
    pub project_folder: Option<PathBuf>,
    /// Whether the file of the project may set credentials, endpoints and the like.
    pub project_trusted: bool,
    /// The file of `--config`; replaces the files of the user and of the project. Unset: `OUTCROP_CONFIG` of
    /// `environment`, if it is not blank.
    pub file: Option<FileSource>,
    /// What the command line sets; later ones win.
    pub command_line: Vec<Assignment>,
}

impl fmt::Debug for Sources {
    /// The names of variables, never their values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("environment", &self.environment.keys().collect::<Vec<_>>())
            .field("system", &self.system)
            .field("user", &self.user)
            .field("project", &self.project)
            .field("project_folder", &self.project_folder)
            .field("project_trusted", &self.project_trusted)
            .field("file", &self.file)
            .field("command_line", &self.command_line)
            .finish()
    }
}

impl Sources {
    /// The files where the platform has them, as far as `environment` tells. Nothing but the presence of
    /// `outcrop.json5` in `working_directory` and the folders above it is looked up.
    ///
    /// | | system | user |
    /// |---|---|---|
    /// | Windows | `%PROGRAMDATA%\outcrop\config.json5` | `%APPDATA%\outcrop\config.json5` |
    /// | macOS | `/etc/outcrop/config.json5` | `~/Library/Application Support/outcrop/config.json5` |
    /// | elsewhere | `/etc/outcrop/config.json5` | `$XDG_CONFIG_HOME/outcrop/config.json5`, or `~/.config/…` |
    ///
    /// On macOS an absolute `XDG_CONFIG_HOME` is honoured too.
    pub fn platform(environment: BTreeMap<String, String>, working_directory: &Path) -> Self {
        let optional = |folder: PathBuf| FileSource::Optional(folder.join("outcrop").join("config.json5"));
        Self {
            system: system_folder(&environment).map(optional),
            user: user_folder(&environment).map(optional),
            project: project::find(working_directory).map(FileSource::Optional),
            project_folder: Some(working_directory.to_owned()),
            environment,
            ..Self::default()
        }
    }

    /// The same with a text in place of the file of `layer`. A layer that is no file is left as it is.
    pub fn with_text(mut self, layer: Layer, name: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let source = Some(FileSource::Text { name: name.into(), text: text.into() });
        match layer {
            Layer::System => self.system = source,
            Layer::User => self.user = source,
            Layer::Project => self.project = source,
            Layer::File => self.file = source,
            Layer::Defaults | Layer::Ambient | Layer::Environment | Layer::CommandLine => {}
        }
        self
    }

    /// The layer of the file at `path`, whether or not it counts; [`Layer::File`] for any other.
    pub(crate) fn layer_of(&self, path: &Path) -> Layer {
        let layers = [Layer::System, Layer::User, Layer::Project];
        layers.into_iter().find(|layer| self.place_of(*layer).as_deref() == Some(path)).unwrap_or(Layer::File)
    }

    /// The path or the name of the file of a layer, whether or not it counts; for a project without one, where it would
    /// be.
    fn place_of(&self, layer: Layer) -> Option<PathBuf> {
        let file = match layer {
            Layer::System => self.system.clone(),
            Layer::User => self.user.clone(),
            Layer::Project => self.project.clone().or_else(|| self.first_project_file()),
            Layer::File => {
                self.files().into_iter().find(|(layer, _)| *layer == Layer::File).map(|(_, file)| file)
            }
            Layer::Defaults | Layer::Ambient | Layer::Environment | Layer::CommandLine => None,
        };
        file.map(|file| file.path().to_owned())
    }

    fn first_project_file(&self) -> Option<FileSource> {
        let folder = self.project_folder.as_ref()?;
        Some(FileSource::Optional(folder.join(project::FILE_NAME)))
    }

    /// The same without texts that stand in the place of files.
    pub(crate) fn file_of(&self, layer: Layer) -> Option<PathBuf> {
        let is_text = |file: &Option<FileSource>| matches!(file, Some(FileSource::Text { .. }));
        let is_text = match layer {
            Layer::System => is_text(&self.system),
            Layer::User => is_text(&self.user),
            Layer::Project => is_text(&self.project),
            _ => is_text(&self.file),
        };
        if is_text { None } else { self.place_of(layer) }
    }

    /// The same with a text in place of the file at `path`, where that file counts.
    pub(crate) fn with_edited(&self, path: &Path, text: &str) -> Self {
        let layer = self.layer_of(path);
        let mut sources = self.clone();
        if matches!(layer, Layer::User | Layer::Project) {
            sources.file = None;
            sources.environment.remove(CONFIG_FILE);
        }
        sources.with_text(layer, path, text)
    }

    /// The file that a user's own settings go to, whether or not it is there: the one that was named, else the user's.
    /// `None` if nothing says where that is, or if it is a text.
    pub(crate) fn own_file(&self) -> Option<(Layer, PathBuf)> {
        let is_own = |layer| matches!(layer, Layer::File | Layer::User);
        match self.files().into_iter().find(|(layer, _)| is_own(*layer))? {
            (layer, FileSource::Optional(path) | FileSource::Required(path)) => Some((layer, path)),
            (_, FileSource::Text { .. }) => None,
        }
    }

    /// The files that count, weakest first.
    fn files(&self) -> Vec<(Layer, FileSource)> {
        let named = self.environment.get(CONFIG_FILE).map(|name| name.trim()).filter(|name| !name.is_empty());
        let file = self.file.clone().or_else(|| named.map(|name| FileSource::Required(PathBuf::from(name))));
        let mut files = vec![(Layer::System, self.system.clone())];
        if file.is_some() {
            files.push((Layer::File, file));
        } else {
            files.push((Layer::User, self.user.clone()));
            let first = || self.first_project_file().filter(|file| file.path().is_file());
            files.push((Layer::Project, self.project.clone().or_else(first)));
        }
        files.into_iter().filter_map(|(layer, file)| Some((layer, file?))).collect()
    }

    /// Reads the files that count, weakest first.
    pub(crate) fn find(&self) -> Vec<FoundFile> {
        self.files().into_iter().map(|(layer, file)| FoundFile::read(layer, file)).collect()
    }

    /// The same at a later time. What can be read only once, as a pipe, still says what it said.
    #[cfg(feature = "watch")]
    pub(crate) fn find_again(&self, seen: &[FoundFile]) -> Vec<FoundFile> {
        let again = |(layer, file): (Layer, FileSource)| {
            let known = seen.iter().find(|seen| seen.is_of(layer, file.path())).filter(|_| file.is_stream());
            known.cloned().unwrap_or_else(|| FoundFile::read(layer, file))
        };
        self.files().into_iter().map(again).collect()
    }

    /// The files that count or would if they were there. Texts are none.
    #[cfg(feature = "watch")]
    pub(crate) fn watched(&self) -> Vec<PathBuf> {
        let mut files = self.files();
        let is_named = files.iter().any(|(layer, _)| *layer == Layer::File);
        if self.project.is_none() && !is_named {
            files.extend(self.first_project_file().map(|file| (Layer::Project, file)));
        }
        let paths = files.into_iter().filter_map(|(_, file)| match file {
            FileSource::Optional(path) | FileSource::Required(path) => Some(path),
            FileSource::Text { .. } => None,
        });
        paths.collect()
    }
}

/// An absolute path from the environment; relative ones are to be ignored (XDG Base Directory Specification).
fn absolute(environment: &BTreeMap<String, String>, name: &str) -> Option<PathBuf> {
    environment.get(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

fn system_folder(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    if cfg!(windows) { absolute(environment, "PROGRAMDATA") } else { Some(PathBuf::from("/etc")) }
}

fn user_folder(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    if cfg!(windows) {
        return absolute(environment, "APPDATA");
    }
    let in_home = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
    absolute(environment, "XDG_CONFIG_HOME").or_else(|| Some(absolute(environment, "HOME")?.join(in_home)))
}

#[cfg(test)]
mod tests;
