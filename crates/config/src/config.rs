//! The configuration as it is after loading.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use outcrop_core::REDACTED;
use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Severity};
#[cfg(feature = "watch")]
use crate::found::FoundFile;
use crate::load::{Loaded, Loader, interpreted};
use crate::merge::Merged;
use crate::node::Node;
use crate::origin::{Layer, Origin, Unused};
use crate::path::{KeyPath, Segment};
use crate::schema::{self, Schemas};
use crate::secret::{Way, carries_credentials};
use crate::settings::{Provider, Settings};
use crate::source::Source;
use crate::sources::ConfigFile;

/// A loaded configuration. Cheap to share, never changes.
#[derive(Clone)]
pub struct Config {
    pub(crate) settings: Arc<Settings>,
    /// The merged tree, secrets included.
    pub(crate) value: Arc<Value>,
    pub(crate) merged: Arc<Merged>,
    /// What each source sets, weakest first, without what is wrong.
    pub(crate) sources: Arc<[Source]>,
    pub(crate) schemas: Arc<Schemas>,
    /// What it was loaded by.
    pub(crate) loader: Arc<Loader>,
    pub(crate) files: Vec<ConfigFile>,
    /// What it was read from.
    #[cfg(feature = "watch")]
    pub(crate) found: Arc<[FoundFile]>,
    pub(crate) unused: Vec<Unused>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The other fields hold secrets in plain text.
        f.debug_struct("Config")
            .field("settings", &self.settings)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// The typed model.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The value at a path, `null` included; `None` if nothing sets one. Values of secret keys are asterisks.
    pub fn get(&self, path: &KeyPath) -> Option<Value> {
        self.lookup(path).map(|value| self.redacted(path, value.clone()))
    }

    /// The value at `path` as it is, secrets included: for those who act on it, never for showing.
    pub fn unredacted(&self, path: &KeyPath) -> Option<&Value> {
        self.lookup(path)
    }

    /// The files that were looked at, weakest first.
    pub fn files(&self) -> &[ConfigFile] {
        &self.files
    }

    /// The file that a user's own settings go to, whether or not it is there, and its layer: the one of `--config` or
    /// `OUTCROP_CONFIG`, else the user's. `None` if nothing says where that is, or if a text stands in its place.
    pub fn own_file(&self) -> Option<(Layer, PathBuf)> {
        self.loader.sources().own_file()
    }

    /// The file of a layer, whether or not it is there or counts; for a project without one, where it would be. `None`
    /// for a layer that has no file, or whose file nothing names.
    pub fn file_of(&self, layer: Layer) -> Option<PathBuf> {
        self.loader.sources().file_of(layer)
    }

    /// A text as a value for `path`, in the manner of `--set`: JSON5, or a string where it is no JSON5 or where the key
    /// takes only strings.
    ///
    /// ```
    /// use outcrop_config::{KeyPath, Loader};
    ///
    /// let config = Loader::default().load().config;
    /// let path: KeyPath = "models.bedrockDiscovery.region".parse()?;
    /// assert_eq!(config.interpret(&path, "us-east-1"), "us-east-1");
    /// let path: KeyPath = "models.bedrockDiscovery.refreshInterval".parse()?;
    /// assert_eq!(config.interpret(&path, "0xE10"), 3600);
    /// # Ok::<(), outcrop_config::PathError>(())
    /// ```
    pub fn interpret(&self, path: &KeyPath, text: &str) -> Value {
        interpreted(text, self.schema_of(path)).to_json()
    }

    /// What a key is for, and what holds when nothing sets it, on one line; `None` if nobody knows the key.
    pub fn description(&self, path: &KeyPath) -> Option<String> {
        schema::description(self.schema_of(path)?)
    }

    fn schema_of(&self, path: &KeyPath) -> Option<&Value> {
        self.schemas.find(path, path.provider().and_then(|(id, _)| self.api(id)))
    }

    /// Reads everything again from the same sources.
    pub fn reload(&self) -> Loaded {
        self.loader.load()
    }

    /// The keys that are accepted and mean nothing here.
    pub fn unused(&self) -> &[Unused] {
        &self.unused
    }

    /// The providers, in alphabetical order of their ids.
    pub fn providers(&self) -> impl Iterator<Item = ProviderEntry<'_>> {
        self.settings.models.providers.iter().map(|(id, provider)| ProviderEntry {
            config: self,
            id,
            provider,
        })
    }

    /// The provider with this id.
    pub fn provider(&self, id: &str) -> Option<ProviderEntry<'_>> {
        let (id, provider) = self.settings.models.providers.get_key_value(id)?;
        Some(ProviderEntry { config: self, id, provider })
    }

    /// A problem that somebody found in the configuration by rules of his own, with its place: the value at a JSON pointer
    /// (RFC 6901), or the nearest value around it. `allowed` are the values that would be right, if they can be listed.
    pub fn diagnostic(&self, pointer: &str, message: impl Into<String>, allowed: &[String]) -> Diagnostic {
        self.diagnostic_at(&self.resolve(&KeyPath::default(), pointer), message.into(), allowed)
    }

    /// Sorts diagnostics as [`Loaded::diagnostics`] has them: files, weakest first, by line; then variables, then flags.
    pub fn put_in_order(&self, diagnostics: &mut [Diagnostic]) {
        let rank = |diagnostic: &Diagnostic| match &diagnostic.file {
            Some(path) => self.files.iter().position(|file| file.path == *path).unwrap_or_default(),
            None if diagnostic.flag.is_some() => usize::MAX,
            None => usize::MAX - 1,
        };
        diagnostics.sort_by_key(|diagnostic| (rank(diagnostic), diagnostic.line, diagnostic.column));
    }

    fn diagnostic_at(&self, key: &KeyPath, message: String, allowed: &[String]) -> Diagnostic {
        let diagnostic = match self.locate(key) {
            Some((source, node)) => source.diagnostic(Code::Provider, Severity::Error, &node.span, message),
            None => Diagnostic::new(Code::Provider, Severity::Error, message),
        };
        diagnostic.key(key).allowed(allowed)
    }

    fn resolve(&self, place: &KeyPath, pointer: &str) -> KeyPath {
        let is_array = |path: &KeyPath| self.lookup(path).is_some_and(Value::is_array);
        self.merged.stable_path(&place.join_pointer(pointer, is_array))
    }

    /// The value at a path, or the nearest one around it, where it was written.
    fn locate(&self, key: &KeyPath) -> Option<(&Source, &Node)> {
        let mut path = key.clone();
        while !path.segments().is_empty() {
            let found = match self.merged.winner(&path) {
                Some(position) => self.sources.get(position).and_then(|source| find(source, &path)),
                // An object belongs to all who contribute; the strongest is the one that was edited last.
                None => self.sources.iter().rev().find_map(|source| find(source, &path)),
            };
            if found.is_some() {
                return found;
            }
            path.pop();
        }
        None
    }

    pub(crate) fn lookup(&self, path: &KeyPath) -> Option<&Value> {
        path.segments().iter().try_fold(&*self.value, |value, segment| match segment {
            Segment::Index(index) => value.get(index),
            Segment::Key(key) => match value {
                Value::Array(elements) => {
                    elements.iter().find(|element| element.get("id").is_some_and(|id| id == key))
                }
                value => value.get(key),
            },
        })
    }

    /// `value` with asterisks in place of what no one may see.
    pub(crate) fn redacted(&self, path: &KeyPath, value: Value) -> Value {
        self.shown(&Way::to(&self.schemas, path, |id| self.api(id)), value)
    }

    fn shown(&self, way: &Way<'_>, value: Value) -> Value {
        let below = |segment, value| self.shown(&way.below(&segment, |id| self.api(id)), value);
        match value {
            Value::Object(members) => {
                let member = |(key, value): (String, Value)| {
                    let value = below(Segment::Key(key.clone()), value);
                    (key, value)
                };
                Value::Object(members.into_iter().map(member).collect())
            }
            Value::Array(elements) => {
                let elements = elements.into_iter().enumerate();
                elements.map(|(index, element)| below(Segment::Index(index), element)).collect()
            }
            Value::String(text) if carries_credentials(&text) => Value::from(REDACTED),
            Value::String(_) | Value::Number(_) | Value::Bool(_) if way.is_hidden() => Value::from(REDACTED),
            value => value,
        }
    }

    fn api(&self, provider: &str) -> Option<&str> {
        self.settings.models.providers.get(provider)?.api.as_deref()
    }
}

/// One entry of `models.providers`.
#[derive(Clone, Copy)]
pub struct ProviderEntry<'a> {
    config: &'a Config,
    id: &'a str,
    provider: &'a Provider,
}

impl fmt::Debug for ProviderEntry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderEntry")
            .field("id", &self.id)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

impl<'a> ProviderEntry<'a> {
    /// The id of the entry, such as `amazon-bedrock`.
    pub fn id(&self) -> &'a str {
        self.id
    }

    /// The protocol, which chooses the factory.
    pub fn api(&self) -> Option<&'a str> {
        self.provider.api.as_deref()
    }

    /// The part of the entry that every provider shares.
    pub fn provider(&self) -> &'a Provider {
        self.provider
    }

    /// The whole entry as JSON, the provider's own keys and secrets included: for its factory, never to be printed.
    pub fn settings(&self) -> &'a Value {
        const NOTHING: &Value = &Value::Null;
        self.config.lookup(&self.path()).unwrap_or(NOTHING)
    }

    /// The path of the entry.
    pub fn path(&self) -> KeyPath {
        KeyPath::of(&["models", "providers", self.id])
    }

    /// Where the value at a JSON pointer (RFC 6901) into [`settings`](Self::settings) comes from. For a value that
    /// nothing sets, the nearest value around it.
    pub fn origin(&self, pointer: &str) -> Option<Origin> {
        self.config.locate(&self.resolve(pointer)).map(|(source, node)| source.origin(&node.span))
    }

    /// A problem that the provider's factory found in [`settings`](Self::settings), with its place: the value at
    /// `pointer`, or the nearest value around it. `allowed` are the values that it would accept, if they can be listed.
    pub fn diagnostic(&self, pointer: &str, message: impl Into<String>, allowed: &[String]) -> Diagnostic {
        self.config.diagnostic_at(&self.resolve(pointer), message.into(), allowed)
    }

    fn resolve(&self, pointer: &str) -> KeyPath {
        self.config.resolve(&self.path(), pointer)
    }
}

fn find<'a>(source: &'a Source, path: &KeyPath) -> Option<(&'a Source, &'a Node)> {
    source.root.find(path.segments()).map(|node| (source, node))
}

#[cfg(test)]
mod tests;
