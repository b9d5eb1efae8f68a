//! Changes of a configuration file that leave everything else in it as it is.
//!
//! The text is parsed to find places, and changed there; it is never written anew from a tree. What stands outside of an
//! edited value, comments, order, indentation and quotes included, stays byte for byte.

mod diff;
mod document;
mod draft;
mod error;
mod guard;
mod prune;
mod splice;
mod style;
mod undo;
mod write;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jsonc_parser::ast::Value as Ast;
use serde_json::Value;

use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::load::Loader;
use crate::node::{Data, Node};
use crate::parse;
use crate::path::{KeyPath, Segment};
use crate::source::Source;

use document::{Container, Document, PRIMARY, Place};
pub use draft::Draft;
pub use error::EditError;
use style::Style;
pub use write::Written;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// A file that is being edited: opened, changed in memory, and written whole or not at all.
///
/// A path names a value as everywhere: `models.providers."amazon-bedrock".region`; a model of a provider by its id or by
/// its position. What is on the way to it and missing is created. `agents.defaults.model` may be a string, which is short
/// for its `primary`.
///
/// ```
/// use outcrop_config::{Edit, KeyPath, Written};
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("config.json5");
///
/// let path: KeyPath = "agents.defaults.model.primary".parse()?;
/// let mut edit = Edit::open(&file)?;
/// edit.set(&path, &"amazon-bedrock/us.amazon.nova-pro-v1:0".into())?;
/// assert_eq!(edit.write()?, Written::Changed);
///
/// let mut edit = Edit::open(&file)?;
/// edit.set(&path, &"amazon-bedrock/us.amazon.nova-pro-v1:0".into())?;
/// assert_eq!(edit.write()?, Written::Unchanged);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Edit {
    file: PathBuf,
    /// What was read; `None` if there is no file.
    before: Option<String>,
    text: String,
    /// What was set.
    assigned: Vec<KeyPath>,
    loader: Arc<Loader>,
}

impl fmt::Debug for Edit {
    /// The text stays out: it may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edit")
            .field("file", &self.file)
            .field("assigned", &self.assigned)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Opens a file to edit it; one that is missing is an empty configuration. The result is checked as a part of this
    /// configuration: with its environment and the schemas of its providers, and by the rules of the file's layer.
    pub fn edit(&self, file: impl AsRef<Path>) -> Result<Edit, EditError> {
        Edit::open_with(file.as_ref(), Arc::clone(&self.loader))
    }

    /// Opens a file, lets `change` edit it, and writes it. If somebody else changed the file meanwhile, it begins again,
    /// so that no change is lost; `change` must do the same each time.
    ///
    /// # Errors
    /// Those of [`Config::edit`], `change` and [`Edit::write`].
    pub fn update<T>(
        &self,
        file: impl AsRef<Path>,
        mut change: impl FnMut(&mut Edit) -> Result<T, EditError>,
    ) -> Result<(Written, T), EditError> {
        // Each failure is somebody else's success; this many are a file that is different whenever it is read.
        const MOST_TRIES: usize = 1000;
        let mut tries = 0;
        loop {
            let mut edit = self.edit(file.as_ref())?;
            let result = change(&mut edit)?;
            tries += 1;
            match edit.write() {
                Err(EditError::Changed { .. }) if tries < MOST_TRIES => {}
                written => return Ok((written?, result)),
            }
        }
    }
}

impl Edit {
    /// Opens a file to edit it; one that is missing is an empty configuration. The result is checked on its own, without
    /// an environment; [`Config::edit`] knows more.
    ///
    /// # Errors
    /// [`EditError::Read`] and [`EditError::Malformed`].
    pub fn open(file: impl AsRef<Path>) -> Result<Self, EditError> {
        Self::open_with(file.as_ref(), Arc::default())
    }

    pub(crate) fn open_with(file: &Path, loader: Arc<Loader>) -> Result<Self, EditError> {
        let before = write::read(file)?;
        let text = before.clone().unwrap_or_default();
        let edit = Self { file: file.to_owned(), before, text, assigned: Vec::new(), loader };
        edit.document()?;
        Ok(edit)
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The text as it would be written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the file was there.
    pub(crate) const fn is_there(&self) -> bool {
        self.before.is_some()
    }

    /// Takes the whole text of `other`, comments included, if nothing stands in this file. `false`: something does.
    pub(crate) fn fill(&mut self, other: &Self) -> bool {
        let is_blank = self.text.trim_start_matches(BYTE_ORDER_MARK).trim().is_empty();
        if is_blank {
            self.text.clone_from(&other.text);
            self.assigned.push(KeyPath::default());
        }
        is_blank
    }

    /// The value that stands at `path` in the file, as it is written there: without its variables replaced, and secrets
    /// in plain text.
    pub fn get(&self, path: &KeyPath) -> Option<Value> {
        self.find(path).map(|node| node.to_json())
    }

    /// Sets the value at `path`, as it is to stand in the file: `${VARIABLE}` in strings is replaced when the file is
    /// loaded. Where the value is there already, nothing changes; of an object in place of another one, only what differs.
    /// A model that is named by its id keeps it, and a string for the long form of `agents.defaults.model` is its `primary`.
    ///
    /// # Errors
    /// [`EditError::Blocked`] if the path leads through something that has no such part, or names a model by another id
    /// than the value has. Whether the value is right is found out when all is set: by [`Edit::problems`] and
    /// [`Edit::write`].
    pub fn set(&mut self, path: &KeyPath, value: &Value) -> Result<(), EditError> {
        let old = self.find(path);
        if old.as_ref().is_some_and(|old| is_same(old, value)) {
            return Ok(());
        }
        let (Some(old), Value::Object(members)) = (old.as_ref().filter(|old| old.is_object()), value) else {
            if value.is_string() && old.is_some_and(|old| old.is_object()) && is_default_model(path) {
                return self.set(&path.key(PRIMARY), value);
            }
            let text = self.with(path, value)?;
            self.put(&text);
            self.assigned.push(path.clone());
            return Ok(());
        };
        let id = id_in(path);
        if id.is_some_and(|id| members.get("id").is_some_and(|it| it != id)) {
            return Err(self.renamed(path));
        }
        members.iter().try_for_each(|(key, member)| self.set(&path.key(key), member))?;
        let keeps = |key: &str| members.contains_key(key) || (id.is_some() && key == "id");
        old.members().iter().filter(|it| !keeps(&it.key)).try_for_each(|it| self.remove(&path.key(&it.key)))
    }

    /// Removes the value at `path`; where there is none, nothing changes.
    ///
    /// What [`Edit::set`] added comes out again byte for byte, with the objects that it made on the way. Of what somebody
    /// else wrote, objects that are empty without the value go with it, unless a comment stands in them.
    ///
    /// # Errors
    /// None that [`Edit::open`] did not report.
    pub fn unset(&mut self, path: &KeyPath) -> Result<(), EditError> {
        if let Some(text) = self.before_set(path) {
            self.put(&text);
            return Ok(());
        }
        let was_there = self.find(path).is_some();
        self.remove(path)?;
        let around = (1..path.segments().len()).rev().filter_map(|depth| path.segments().get(..depth));
        for emptied in around.map(|around| KeyPath::from(around.to_vec())) {
            match self.is_bare(&emptied).filter(|_| was_there) {
                Some(true) => self.remove(&emptied)?,
                Some(false) => break,
                // The short form of the default model is gone with what it stands for.
                None => {}
            }
        }
        Ok(())
    }

    /// Whether the value at `path` is an object with nothing in it, and with no comment in it or beside it; `None` if there
    /// is no value.
    fn is_bare(&self, path: &KeyPath) -> Option<bool> {
        let document = self.document().ok()?;
        let place = document.follow(path).filter(|place| place.leads_to(path))?;
        let (container, index) = place.item?;
        let item = container.items.get(index)?;
        let is_empty = matches!(place.value, Ast::Object(object) if object.properties.is_empty());
        Some(is_empty && !document.has_comments(item))
    }

    /// Removes the value at `path` and nothing else.
    fn remove(&mut self, path: &KeyPath) -> Result<(), EditError> {
        let is_key = matches!(path.segments().last(), Some(Segment::Key(_)));
        while let Some(text) = self.without(path)? {
            self.put(&text);
            // A key may stand there more than once; a position means another element now.
            if !is_key {
                break;
            }
        }
        Ok(())
    }

    /// What the changes would make wrong in the configuration, and what is wrong with the values that were set.
    pub fn problems(&self) -> Vec<Diagnostic> {
        let mut before = self.diagnostics(self.before.as_deref().unwrap_or_default());
        let assigned: Vec<KeyPath> = self.assigned.iter().map(|path| self.in_file(path)).collect();
        let is_new = |diagnostic: &Diagnostic| {
            // Lines and positions have moved; the words are the same.
            let same = |old: &Diagnostic| old.code == diagnostic.code && old.message == diagnostic.message;
            let known = before.iter().position(same).map(|position| before.swap_remove(position));
            let is_assigned = |key: &KeyPath| assigned.iter().any(|path| key.starts_with(path));
            let here = diagnostic.file.as_ref() == Some(&self.file);
            known.is_none() || (here && diagnostic.key.as_ref().is_some_and(is_assigned))
        };
        self.diagnostics(&self.text).into_iter().filter(is_new).collect()
    }

    fn diagnostics(&self, text: &str) -> Vec<Diagnostic> {
        self.loader.with_edited(&self.file, text).check().diagnostics
    }

    /// The same path with positions in place of ids, as diagnostics about the file name them.
    fn in_file(&self, path: &KeyPath) -> KeyPath {
        let document = self.document().ok();
        let Some(place) = document.as_ref().and_then(|it| it.follow(path)) else { return path.clone() };
        let rest = path.segments().get(place.depth..).unwrap_or_default();
        rest.iter().fold(place.at, |at, segment| at.join(segment.clone()))
    }

    fn find(&self, path: &KeyPath) -> Option<Node> {
        let document = self.document().ok()?;
        let place = document.follow(path)?;
        place.leads_to(path).then(|| parse::tree(place.value))
    }

    /// The text with the value at `path`, where there is another one or none.
    fn with(&self, path: &KeyPath, value: &Value) -> Result<String, EditError> {
        let document = self.document()?;
        let style = Style::of(&document, self.file.extension().is_some_and(|it| it == "json"));
        let node = Node::from_json(value);
        let Some(place) = document.follow(path) else {
            if has_positions(path.segments()) {
                return Err(self.blocked(path, None));
            }
            let mut root = Node::object();
            root.place(path.segments(), node);
            return Ok(splice::first_value(document.text, &style, &root));
        };
        let rest = path.segments().get(place.depth..).unwrap_or_default();
        let splices = match (place.value, Container::of(place.value), rest) {
            (_, _, []) => splice::replace(&document, &style, &place, &node),
            (Ast::StringLit(_), _, [_]) if value.is_string() && place.leads_to(path) => {
                splice::replace(&document, &style, &place, &node)
            }
            (Ast::StringLit(_), _, [Segment::Key(_), ..]) if place.is_short_model() => {
                // What was there comes last, so that the short form can be told from a long one that grew.
                let mut long = Node::object();
                long.place_below(&place.at, rest, node);
                if long.get(PRIMARY).is_none() {
                    let primary = [Segment::Key(PRIMARY.to_owned())];
                    long.place_below(&place.at, &primary, parse::tree(place.value));
                }
                splice::replace(&document, &style, &place, &long)
            }
            (Ast::Object(_), Some(container), [Segment::Key(key), below @ ..]) if !has_positions(below) => {
                let mut added = Node::object();
                added.place_below(&place.at.key(key), below, node);
                splice::append(&document, &style, &container, |layout| style.member(key, &added, layout))
            }
            (Ast::Array(_), Some(container), [Segment::Key(_), below @ ..])
                if place.at.merges_by_id() && !has_positions(below) =>
            {
                let mut list = Node::object();
                list.place_below(&place.at, rest, node);
                let added = list.find(&[Segment::Index(0)]).unwrap_or(&list);
                splice::append(&document, &style, &container, |layout| style.value(added, layout))
            }
            _ => return Err(self.blocked(path, Some(&place))),
        };
        Ok(splice::apply(document.text, splices))
    }

    /// The text without the value at `path`; `None` if it is not there.
    fn without(&self, path: &KeyPath) -> Result<Option<String>, EditError> {
        let document = self.document()?;
        let place = document.follow(path).filter(|place| place.leads_to(path));
        let Some((container, index)) = place.and_then(|place| place.item) else { return Ok(None) };
        Ok(Some(splice::apply(document.text, splice::remove(&document, &container, index))))
    }

    /// Takes over the text that an edit made of the one without byte order mark.
    fn put(&mut self, text: &str) {
        let mark = self.text.starts_with(BYTE_ORDER_MARK).then_some(BYTE_ORDER_MARK);
        self.text = mark.into_iter().chain(text.chars()).collect();
    }

    /// The parsed text.
    fn document(&self) -> Result<Document<'_>, EditError> {
        let text = self.text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&self.text);
        match Document::parse(text) {
            Ok(document) if matches!(document.root, None | Some(Ast::Object(_))) => Ok(document),
            _ => Err(self.malformed()),
        }
    }

    /// What the loader says about a text that is no configuration.
    fn malformed(&self) -> EditError {
        let mut diagnostics = Vec::new();
        let mut source = self.source();
        parse::parse_file(&mut source, &self.text, &mut diagnostics);
        let fatal = diagnostics.into_iter().find(|it| matches!(it.code, Code::Syntax | Code::Type));
        let unknown =
            || source.diagnostic(Code::Syntax, Severity::Error, &(0..0), "not valid JSON5".to_owned());
        EditError::Malformed(Box::new(fatal.unwrap_or_else(unknown)))
    }

    /// The file as a source of diagnostics, without its values.
    fn source(&self) -> Source {
        Source { file: Some(self.file.clone()), ..Source::new(self.loader.sources().layer_of(&self.file)) }
    }

    /// Why a model cannot be set to one of another id.
    fn renamed(&self, path: &KeyPath) -> EditError {
        let mut source = self.source();
        source.text = Some(self.text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&self.text).into());
        let span = self.find(path).map(|model| model.span).unwrap_or_default();
        let message = format!("`{path}` cannot be set: the value has another `id`");
        let diagnostic = source.diagnostic(Code::Path, Severity::Error, &span, message);
        let help = "leave the `id` out, or set the model under its new id and remove this one";
        EditError::Blocked(Box::new(Diagnostic { excerpt: None, ..diagnostic }.key(path).help(help)))
    }

    /// Why nothing can be set at `path`, which leads to `place` and no further.
    fn blocked(&self, path: &KeyPath, place: Option<&Place<'_, '_>>) -> EditError {
        let (at, value) = match place {
            Some(place) => (&place.at, parse::tree(place.value)),
            None => (&KeyPath::default(), Node::object()),
        };
        let (message, help) = if value.is_object() || (value.is_list() && has_positions(path.segments())) {
            let help =
                "name a model by its id, `models.providers.\"…\".models.\"the id\"`, or set the whole list";
            (format!("`{path}` names an element by a position at which there is none"), help.to_owned())
        } else {
            let message = format!("`{path}` cannot be set: `{at}` is {}", value.description());
            (message, format!("set `{at}` as a whole, or remove it first"))
        };
        let mut source = self.source();
        source.text = Some(self.text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&self.text).into());
        let diagnostic = source.diagnostic(Code::Path, Severity::Error, &value.span, message);
        // Nobody has looked for secrets on that line.
        EditError::Blocked(Box::new(Diagnostic { excerpt: None, ..diagnostic }.key(path).help(help)))
    }
}

fn is_default_model(path: &KeyPath) -> bool {
    *path == KeyPath::of(&["agents", "defaults", "model"])
}

/// The id that a path names a model by.
fn id_in(path: &KeyPath) -> Option<&str> {
    let (last, list) = path.segments().split_last()?;
    last.as_key().filter(|_| KeyPath::from(list.to_vec()).merges_by_id())
}

fn has_positions(path: &[Segment]) -> bool {
    path.iter().any(|segment| matches!(segment, Segment::Index(_)))
}

/// Whether a value of the file is `value`. Numbers are the same if they mean the same, however they are written.
fn is_same(node: &Node, value: &Value) -> bool {
    match (&node.data, value) {
        (Data::Number(number), Value::Number(other)) => {
            number == other || ((number.is_f64() || other.is_f64()) && number.as_f64() == other.as_f64())
        }
        (Data::Array(elements), Value::Array(others)) => {
            elements.len() == others.len()
                && elements.iter().zip(others).all(|(it, other)| is_same(it, other))
        }
        (Data::Object(members), Value::Object(others)) => {
            members.len() == others.len()
                && members.iter().all(|it| others.get(&it.key).is_some_and(|other| is_same(&it.node, other)))
        }
        (Data::Null, Value::Null) => true,
        (Data::Boolean(flag), Value::Bool(other)) => flag == other,
        (Data::Text(text), Value::String(other)) => text == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
