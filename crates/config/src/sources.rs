//! What a configuration is read from, said explicitly.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::origin::Layer;
use crate::path::{KeyPath, PathError};
use crate::source::Source;
use crate::text::Text;
use crate::variables::CONFIG_FILE;
use crate::{parse, project};

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
    pub(crate) fn read_files(&self, diagnostics: &mut Vec<Diagnostic>) -> (Vec<Source>, Vec<ConfigFile>) {
        let mut sources = Vec::new();
        let mut files = Vec::new();
        for (layer, file) in self.files() {
            let path = file.path().to_owned();
            let mut source = Source { file: Some(path.clone()), ..Source::new(layer) };
            let text = match file {
                FileSource::Text { text, .. } => Some(text),
                FileSource::Optional(path) => read(&source, &path, false, diagnostics),
                FileSource::Required(path) => read(&source, &path, true, diagnostics),
            };
            files.push(ConfigFile { layer, path, found: text.is_some() });
            if let Some(text) = text {
                parse::parse_file(&mut source, &text, diagnostics);
                sources.push(source);
            }
        }
        (sources, files)
    }
}

/// What is said about a file that is no text.
pub(crate) fn not_utf8(source: &Source, error: &FromUtf8Error) -> Diagnostic {
    let bytes = error.as_bytes();
    let is_utf16 = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    let what = if is_utf16 { "the file is UTF-16" } else { "the file is not UTF-8 from here on" };
    let message = format!("not valid JSON5: {what}");
    let mut diagnostic = Diagnostic::new(Code::Syntax, Severity::Error, message).at(&source.origin(&(0..0)));
    if !is_utf16 {
        let right = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(bytes.get(..right).unwrap_or_default());
        let (line, column) = Text::from(&*text).place(right);
        (diagnostic.line, diagnostic.column) = (Some(line), Some(column));
    }
    diagnostic.help("save the file as UTF-8")
}

/// More than anybody writes: what is larger is no configuration, or has no end.
const LARGEST: u64 = 16 << 20;

/// The bytes of a file, if they are not too many.
fn bytes_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|size| size <= LARGEST) {
        return Ok(bytes);
    }
    Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, "it has more than 16 MiB"))
}

fn read(source: &Source, path: &Path, required: bool, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let failed =
        |code, message: String| Diagnostic::new(code, Severity::Error, message).at(&source.origin(&(0..0)));
    match bytes_of(path) {
        Ok(bytes) => {
            String::from_utf8(bytes).inspect_err(|error| diagnostics.push(not_utf8(source, error))).ok()
        }
        // A folder on the way that is a file, as in `/dev/null/.config`, is how people say "no home".
        Err(error)
            if !required
                && matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) =>
        {
            None
        }
        Err(error) => {
            let (code, help) = if required {
                (Code::NamedFile, "name a file that is there and that you may read")
            } else {
                (Code::Read, "make it a file that you may read: nothing in it has an effect until then")
            };
            let message = format!("the configuration file cannot be read: {error}");
            diagnostics.push(failed(code, message).help(help));
            None
        }
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
