//! What providers and catalogues find wrong with the configuration, at its place in the files, without the network.

use outcrop_config::{Code, Config, Diagnostic, KeyPath, ProviderEntry, Severity};
use outcrop_core::Registry;
use serde_json::Value;

use crate::ModelReference;
use crate::fallbacks::unguarded;

/// What the configuration keeps for all catalogues, by the name that they know it by and by its key below `models`.
const OF_ALL: [(&str, &str); 2] = [("discovery", "bedrockDiscovery"), ("overrides", "overrides")];

/// The settings that a catalogue is built from: those of the entry, and those of all catalogues.
pub(crate) fn of_catalog(config: &Config, entry: &ProviderEntry<'_>) -> Value {
    let mut settings = entry.settings().clone();
    for (name, key) in OF_ALL {
        let said = config.unredacted(&KeyPath::of(&["models", key])).cloned();
        if let (Value::Object(settings), Some(said)) = (&mut settings, said) {
            settings.insert(name.to_owned(), said);
        }
    }
    settings
}

/// What the factories find wrong, beside what was found `earlier`.
pub(crate) fn diagnostics(config: &Config, registry: &Registry, earlier: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    for entry in config.providers() {
        for diagnostic in of_entry(config, &entry, registry) {
            // Entries share what is said of all catalogues, and what loading found need not be said twice.
            let is_known = |known: &Diagnostic| {
                // What was left out as wrong is not missing.
                let left_out = || {
                    let value = known.key.as_ref().and_then(|key| config.unredacted(key));
                    known.is_error() && value.is_none()
                };
                let said = known.code == Code::Refused || known.place() == diagnostic.place() || left_out();
                known.key == diagnostic.key && said
            };
            if !earlier.iter().chain(&diagnostics).any(is_known) {
                diagnostics.push(diagnostic);
            }
        }
    }
    let left_out = fallbacks(config, registry, earlier, &diagnostics);
    diagnostics.extend(left_out);
    diagnostics
}

/// What is wrong with who calls, where to, or under which guardrail, so that nobody may be called by a provider's entry. A
/// file that cannot be read at all, or is something else than an object, may have said anything.
pub(crate) fn forbids_calls<'a>(
    diagnostics: impl IntoIterator<Item = &'a Diagnostic>,
    provider: &str,
) -> Option<&'a Diagnostic> {
    const NEEDED: [&str; 13] = [
        "api",
        "apiKey",
        "apiKeyFile",
        "assumeRole",
        "auth",
        "baseUrl",
        "controlBaseUrl",
        "guardrail",
        "headers",
        "profile",
        "region",
        "useDualstackEndpoint",
        "useFipsEndpoint",
    ];
    let entry = ["models", "providers", provider];
    diagnostics.into_iter().find(|diagnostic| {
        let unreadable = matches!(diagnostic.code, Code::Read | Code::NamedFile | Code::Syntax)
            || (diagnostic.code == Code::Type && diagnostic.key.is_none());
        let needed = diagnostic.key.as_ref().is_some_and(|key| {
            let names: Vec<_> = key.segments().iter().map(|it| it.as_key().unwrap_or_default()).collect();
            names
                .strip_prefix(&entry[..])
                .is_some_and(|rest| rest.first().is_none_or(|name| NEEDED.contains(name)))
        });
        // What a project's file may not say had no effect: what is safe was kept.
        diagnostic.is_error() && diagnostic.code != Code::Refused && (unreadable || needed)
    })
}

/// The fallbacks that are left out because nobody can be called by the entry of their provider.
fn fallbacks(
    config: &Config,
    registry: &Registry,
    earlier: &[Diagnostic],
    found: &[Diagnostic],
) -> Vec<Diagnostic> {
    let ids: Vec<_> = config.providers().map(|entry| entry.id().to_owned()).collect();
    let names = config.settings().agents.defaults.model.fallbacks.iter().enumerate();
    let read = |name: &str| ModelReference::parse(name, ids.iter().map(String::as_str));
    let primary = config.settings().agents.defaults.model.primary.as_deref().map(read);
    let left_out = names.filter_map(|(place, name)| {
        let reference = read(name);
        let provider = reference.provider.as_str();
        let entry = config.provider(provider)?;
        let reason = match entry.api() {
            None => format!("the provider `{provider}` has no `api`"),
            Some(api) if registry.factory(api).is_err() => format!("no provider speaks the api `{api}`"),
            Some(_) => forbids_calls(earlier.iter().chain(found), provider)
                .filter(|diagnostic| diagnostic.key.is_some())
                .map(|_| format!("something is wrong with the provider `{provider}`"))
                .or_else(|| unguarded(config, primary.as_ref()?, &reference))?,
        };
        let pointer = format!("/agents/defaults/model/fallbacks/{place}");
        let mut diagnostic = config.diagnostic(&pointer, format!("`{name}` is left out: {reason}"), &[]);
        (diagnostic.code, diagnostic.severity) = (Code::Reference, Severity::Warning);
        Some(diagnostic)
    });
    left_out.filter(|diagnostic| earlier.iter().all(|known| known.key != diagnostic.key)).collect()
}

fn of_entry(config: &Config, entry: &ProviderEntry<'_>, registry: &Registry) -> Vec<Diagnostic> {
    let Some(api) = entry.api() else { return vec![without_api(entry, registry)] };
    let Ok(factory) = registry.factory(api) else {
        if config.unused().iter().any(|unused| unused.key == entry.path()) {
            return Vec::new();
        }
        let known: Vec<_> = registry.factories().map(|factory| factory.api().to_owned()).collect();
        return vec![entry.diagnostic("/api", format!("no provider speaks the api `{api}`"), &known)];
    };
    let of_provider = factory.check(entry.settings()).into_iter();
    let mut diagnostics: Vec<_> = of_provider
        .map(|problem| entry.diagnostic(&problem.pointer, problem.message, &problem.allowed))
        .collect();
    let Some(catalog) = registry.catalog(api) else { return diagnostics };
    for problem in catalog.check(&of_catalog(config, entry)) {
        diagnostics.push(match of_all(&problem.pointer) {
            Some((name, key, rest)) => {
                let message = problem.message.replacen(&format!("`{name}"), &format!("`{key}"), 1);
                config.diagnostic(&format!("/models/{key}{rest}"), message, &problem.allowed)
            }
            None => entry.diagnostic(&problem.pointer, problem.message, &problem.allowed),
        });
    }
    diagnostics
}

/// Nobody can tell how to call an entry that does not say so.
fn without_api(entry: &ProviderEntry<'_>, registry: &Registry) -> Diagnostic {
    let known: Vec<_> = registry.factories().map(|factory| factory.api().to_owned()).collect();
    let message = format!("the provider `{}` has no `api`, so nothing can call it", entry.id());
    let mut diagnostic = entry.diagnostic("/api", message, &known);
    diagnostic.severity = Severity::Warning;
    diagnostic
}

/// For a pointer to what stands beside the entries: its name for catalogues, its key, and the rest of the pointer.
fn of_all(pointer: &str) -> Option<(&'static str, &'static str, &str)> {
    OF_ALL.into_iter().find_map(|(name, key)| {
        let rest = pointer.strip_prefix('/')?.strip_prefix(name)?;
        (rest.is_empty() || rest.starts_with('/')).then_some((name, key, rest))
    })
}

#[cfg(test)]
mod tests;
