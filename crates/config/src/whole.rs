//! What is wrong with the whole, and with no value of its own.

use serde_json::Value;

use crate::config::{Config, ProviderEntry};
use crate::diagnostic::{Code, Diagnostic, Severity, closest};
use crate::path::{KeyPath, Segment};

/// The provider of a model that is named without one.
const USUAL: &str = "amazon-bedrock";

/// Adds what is wrong with the merged configuration.
pub(crate) fn check(config: &Config, diagnostics: &mut Vec<Diagnostic>) {
    for entry in config.providers() {
        diagnostics.extend(open_guardrail(&entry, diagnostics));
    }
    let model = KeyPath::of(&["agents", "defaults", "model"]);
    let fallbacks = config.settings().agents.defaults.model.fallbacks.len();
    let fallbacks = (0..fallbacks).map(|position| model.key("fallbacks").join(Segment::Index(position)));
    let references = std::iter::once(model.key("primary")).chain(fallbacks);
    diagnostics.extend(references.filter_map(|key| reference(config, &key)));
}

/// A guardrail without an identifier lets no call through; whoever wrote it should hear that from here first.
fn open_guardrail(entry: &ProviderEntry<'_>, earlier: &[Diagnostic]) -> Option<Diagnostic> {
    let guardrail = entry.provider().guardrail.as_ref()?;
    let path = entry.path().key("guardrail");
    let is_reported = |earlier: &Diagnostic| earlier.key.as_ref().is_some_and(|key| key.starts_with(&path));
    if !guardrail.guardrail_identifier.is_empty() || earlier.iter().any(is_reported) {
        return None;
    }
    let message = "a guardrail without `guardrailIdentifier` lets no call through";
    let diagnostic = entry.diagnostic("/guardrail", message, &[]).key(&path);
    let diagnostic = diagnostic.help("name the guardrail by its id or its ARN");
    Some(Diagnostic { code: Code::Missing, ..diagnostic })
}

/// A model of nobody: what stands before the slash is no provider, and the whole is no ARN.
fn reference(config: &Config, key: &KeyPath) -> Option<Diagnostic> {
    let text = config.lookup(key).and_then(Value::as_str)?;
    let (provider, model) = text.trim().split_once('/').filter(|_| !text.trim().starts_with("arn:"))?;
    let pointer: String = key
        .segments()
        .iter()
        .map(|segment| match segment {
            Segment::Key(key) => format!("/{key}"),
            Segment::Index(position) => format!("/{position}"),
        })
        .collect();
    let warning = |message: String| {
        let diagnostic = config.diagnostic(&pointer, message, &[]);
        Diagnostic { code: Code::Reference, severity: Severity::Warning, ..diagnostic }
    };
    let ids: Vec<_> = config.providers().map(|entry| entry.id()).collect();
    let Some(entry) = config.provider(provider) else {
        let diagnostic = warning(format!("`{text}` names no provider of the configuration"));
        let meant = closest(provider, ids.iter().copied()).map(|meant| format!("{meant}/{model}"));
        let names: Vec<_> = ids.iter().map(|id| format!("`{id}`")).collect();
        return Some(
            diagnostic.meant(meant.as_deref()).help(format!(
                "it is taken for a model of `{USUAL}`; the providers are {}",
                names.join(", ")
            )),
        );
    };
    if model.trim().is_empty() {
        let diagnostic = warning(format!("`{text}` names no model"));
        let help = format!("write `{provider}/` and the id of a model, or remove it");
        return Some(Diagnostic { severity: Severity::Error, ..diagnostic.help(help) });
    }
    let unused = config.unused().iter().any(|unused| unused.key == entry.path());
    unused.then(|| {
        warning(format!("`{text}` is of the provider `{provider}`, which belongs to another program"))
            .help("name a model of a provider that is called from here")
    })
}
