//! From sources to a configuration.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize as _;
use serde_json::Value;

use crate::check::{self, Findings, Rules};
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::found::FoundFile;
use crate::merge::Merged;
use crate::node::{Data, Node};
use crate::origin::Layer;
use crate::path::Segment;
use crate::schema::{self, ProviderSchema, Schemas};
use crate::settings::Settings;
use crate::source::Source;
use crate::sources::{Assigned, Assignment, Sources};
use crate::{instead, normalise, parse, project, variables, whole};

/// The built-in defaults.
const DEFAULTS: &str = include_str!("defaults.json5");

/// A configuration and everything that is wrong with it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Loaded {
    /// What counts. Where something was wrong, it is what weaker layers say.
    pub config: Config,
    /// All problems: those of weaker layers first, those of one file in the order of its lines.
    pub diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    /// Whether something that the user wrote has no effect.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Reads a configuration.
#[derive(Debug, Clone, Default)]
pub struct Loader {
    sources: Sources,
    providers: Vec<ProviderSchema>,
    also_known: Vec<String>,
}

impl Loader {
    /// Reads from these sources.
    pub fn new(sources: Sources) -> Self {
        Self { sources, ..Self::default() }
    }

    /// Checks the entries of these providers completely. Without its schema, the own keys of a provider pass unchecked.
    pub fn with_providers(mut self, providers: impl IntoIterator<Item = ProviderSchema>) -> Self {
        self.providers.extend(providers);
        self
    }

    /// Names of `OUTCROP_*` variables that something other than the configuration reads.
    pub fn also_known<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.also_known.extend(names.into_iter().map(Into::into));
        self
    }

    /// Reads, checks and merges. Never fails: what is wrong is in [`Loaded::diagnostics`].
    pub fn load(&self) -> Loaded {
        let mut loaded = self.check();
        instead::say(&loaded.config, &mut loaded.diagnostics);
        loaded
    }

    /// The same without what holds in place of wrong values, which is of no use where they are refused.
    pub(crate) fn check(&self) -> Loaded {
        self.check_found(self.sources.find())
    }

    /// The same with what was found in the files before.
    pub(crate) fn check_found(&self, found: Vec<FoundFile>) -> Loaded {
        let schemas = Schemas::new(&self.providers);
        let mut findings = Findings::default();
        #[cfg(feature = "watch")]
        let kept: Arc<[FoundFile]> = found.clone().into();
        let (mut sources, files) = self.read(found, &schemas, &mut findings.diagnostics);
        let apis = apis(&sources, self.sources.project_trusted);
        let rules = Rules { schemas: &schemas, environment: &self.sources.environment, apis: &apis };
        let guarded = project::guarded(&sources);
        // What is built in is right, as a test proves, and most programs start with nothing else.
        for source in sources.iter_mut().filter(|source| source.layer != Layer::Defaults) {
            check::mark_secrets(source, &rules);
            normalise::normalise(source, &mut findings.diagnostics);
            if source.layer == Layer::Project && !self.sources.project_trusted {
                project::restrict(source, &rules, &guarded, &mut findings.diagnostics);
            }
            check::check(source, &rules, &mut findings);
        }
        let Findings { mut diagnostics, unused } = findings;
        let merged = Merged::new(&sources);
        let value = merged.to_json();
        let settings = typed(&value, &mut diagnostics);
        let config = Config {
            settings: Arc::new(settings),
            value: Arc::new(value),
            merged: Arc::new(merged),
            sources: sources.into(),
            schemas: Arc::new(schemas),
            loader: Arc::new(self.clone()),
            files,
            #[cfg(feature = "watch")]
            found: kept,
            unused,
        };
        whole::check(&config, &mut diagnostics);
        config.put_in_order(&mut diagnostics);
        Loaded { config, diagnostics }
    }

    /// The same, reading from other sources.
    pub(crate) fn with_sources(self, sources: Sources) -> Self {
        Self { sources, ..self }
    }

    /// The same with a text in place of the file at `path`, where that file counts.
    pub(crate) fn with_edited(&self, path: &Path, text: &str) -> Self {
        Self { sources: self.sources.with_edited(path, text), ..self.clone() }
    }

    /// What is read from where.
    pub(crate) const fn sources(&self) -> &Sources {
        &self.sources
    }

    /// All sources, weakest first.
    fn read(
        &self,
        found: Vec<FoundFile>,
        schemas: &Schemas,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> (Vec<Source>, Vec<crate::ConfigFile>) {
        let mut sources = vec![defaults_source()];
        let (from_files, files): (Vec<_>, Vec<_>) =
            found.into_iter().map(|file| file.parse(diagnostics)).unzip();
        sources.extend(from_files.into_iter().flatten());
        sources.extend(variables::read(&self.sources.environment, &self.also_known, diagnostics));
        for assignment in &self.sources.command_line {
            sources.extend(assigned(assignment, schemas, diagnostics));
        }
        (sources, files)
    }
}

fn defaults_source() -> Source {
    let mut source = Source::new(Layer::Defaults);
    // A mistake in the defaults is found by a test.
    parse::parse_file(&mut source, DEFAULTS, &mut Vec::new());
    // Places in a text that the user does not have would only confuse.
    source.text = None;
    source
}

/// The built-in defaults as JSON.
pub(crate) fn defaults() -> Value {
    defaults_source().root.to_json()
}

/// The `api` of each provider, over all layers that may set one.
fn apis(sources: &[Source], project_trusted: bool) -> BTreeMap<String, String> {
    let mut apis = BTreeMap::new();
    for source in sources.iter().filter(|source| source.layer != Layer::Project || project_trusted) {
        let providers = source.root.get("models").and_then(|models| models.get("providers"));
        for provider in providers.map(Node::members).unwrap_or_default() {
            if let Some(api) = provider.node.get("api").and_then(Node::text) {
                apis.insert(provider.key.clone(), api.to_owned());
            }
        }
    }
    apis
}

/// The source that an assignment of the command line makes.
fn assigned(assignment: &Assignment, schemas: &Schemas, diagnostics: &mut Vec<Diagnostic>) -> Option<Source> {
    let mut source = Source { flag: Some(assignment.flag.clone()), ..Source::new(Layer::CommandLine) };
    let path = &assignment.path;
    if path.segments().iter().any(|segment| matches!(segment, Segment::Index(_))) {
        let message = format!("`{path}` names an element by its position, which changes between layers");
        let diagnostic = source.diagnostic(Code::Path, Severity::Error, &(0..0), message).key(path);
        diagnostics.push(diagnostic.help(
            "name a model by its id, `models.providers.\"…\".models.\"the id\"`, or set the whole list",
        ));
        return None;
    }
    let node = match &assignment.value {
        Assigned::Value(value) => Node::from_json(value),
        Assigned::Json5(text) => interpreted(text, schemas.find(path, None)),
    };
    source.root.place(path.segments(), node);
    Some(source)
}

/// A text as JSON5, and as a string where it is no JSON5 or where the schema takes only strings.
pub(crate) fn interpreted(text: &str, schema: Option<&Value>) -> Node {
    let types = schema.map(schema::types).unwrap_or_default();
    let only_text = types.contains(&"string") && types.iter().all(|name| matches!(*name, "string" | "null"));
    parse::parse_value(text)
        .filter(|node| !only_text || matches!(node.data, Data::Text(_) | Data::Null))
        .unwrap_or_else(|| Node::placeless(Data::Text(text.to_owned())))
}

/// The typed model of a checked tree.
fn typed(value: &Value, diagnostics: &mut Vec<Diagnostic>) -> Settings {
    Settings::deserialize(value).unwrap_or_else(|error| {
        // Only if the schema promises more than the types keep, which tests rule out.
        let message = format!("the configuration cannot be used, the defaults hold instead: {error}");
        diagnostics.push(Diagnostic::new(Code::Type, Severity::Error, message));
        Settings::deserialize(defaults()).unwrap_or_default()
    })
}

#[cfg(test)]
mod every_key;
#[cfg(test)]
mod every_layer;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
