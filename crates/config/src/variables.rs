//! The environment variables that set values, as one table.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Severity, closest};
use crate::node::{Data, Node};
use crate::origin::{Layer, Origin};
use crate::path::KeyPath;
use crate::source::Source;

/// How the text of a variable is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The text itself; digits stay text.
    Text,
    /// `true`, `yes`, `on`, `1`, or `false`, `no`, `off`, `0`, in any case.
    Boolean,
    /// A whole number.
    Integer,
    /// A number of seconds, fractions allowed.
    Seconds,
    /// Texts separated by commas; blank ones are left out.
    List,
    /// The path of a file.
    File,
}

/// One `OUTCROP_*` variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The path of the key that it sets; `None` if it decides what is read.
    pub path: Option<&'static str>,
    /// How its text is read.
    pub kind: Kind,
    /// What it does, for the reference.
    pub doc: &'static str,
}

/// The variable that names the configuration file.
pub(crate) const CONFIG_FILE: &str = "OUTCROP_CONFIG";

const fn sets(name: &'static str, path: &'static str, kind: Kind, doc: &'static str) -> Variable {
    Variable { name, path: Some(path), kind, doc }
}

/// Every `OUTCROP_*` variable that the configuration reads. A variable that is blank counts as unset.
#[rustfmt::skip]
pub const VARIABLES: &[Variable] = &[
    Variable { name: CONFIG_FILE, path: None, kind: Kind::File,
        doc: "The configuration file; replaces the files of the user and of the project. `--config` beats it." },
    sets("OUTCROP_MODEL", "agents.defaults.model.primary", Kind::Text,
        "The model that is used when none is named, as `provider/id`."),
    sets("OUTCROP_FALLBACKS", "agents.defaults.model.fallbacks", Kind::List,
        "The models to try when the one before cannot answer, each as `provider/id`."),
    sets("OUTCROP_REGION", "models.providers.amazon-bedrock.region", Kind::Text,
        "The AWS region that is called."),
    sets("OUTCROP_PROFILE", "models.providers.amazon-bedrock.profile", Kind::Text,
        "The profile of the AWS configuration files whose credentials are used."),
    sets("OUTCROP_AUTH", "models.providers.amazon-bedrock.auth", Kind::Text,
        "How calls are authenticated: `aws-sdk`, `bearer`, `profile` or `none`."),
    sets("OUTCROP_BASE_URL", "models.providers.amazon-bedrock.baseUrl", Kind::Text,
        "The address that models are called at."),
    sets("OUTCROP_CONTROL_BASE_URL", "models.providers.amazon-bedrock.controlBaseUrl", Kind::Text,
        "The address that models are listed at."),
    sets("OUTCROP_RETRY_ATTEMPTS", "models.providers.amazon-bedrock.retry.attempts", Kind::Integer,
        "How often a call is tried in all, the first time included."),
    sets("OUTCROP_RETRY_MAX_DELAY", "models.providers.amazon-bedrock.retry.maxDelay", Kind::Seconds,
        "The longest pause between two tries, in seconds."),
    sets("OUTCROP_RETRY_BUDGET", "models.providers.amazon-bedrock.retry.budget", Kind::Seconds,
        "How long all pauses may take together, in seconds."),
    sets("OUTCROP_TIMEOUT_CONNECT", "models.providers.amazon-bedrock.timeouts.connect", Kind::Seconds,
        "How long it may take until there is a connection, in seconds."),
    sets("OUTCROP_TIMEOUT_FIRST_EVENT", "models.providers.amazon-bedrock.timeouts.firstEvent", Kind::Seconds,
        "How long it may take until the first event of the answer, in seconds."),
    sets("OUTCROP_TIMEOUT_IDLE", "models.providers.amazon-bedrock.timeouts.idle", Kind::Seconds,
        "How long it may take from one event of the answer to the next, in seconds."),
    sets("OUTCROP_TIMEOUT_TOTAL", "models.providers.amazon-bedrock.timeouts.total", Kind::Seconds,
        "How long the whole answer may take, in seconds."),
    sets("OUTCROP_GUARDRAIL_IDENTIFIER", "models.providers.amazon-bedrock.guardrail.guardrailIdentifier", Kind::Text,
        "The id or the ARN of the guardrail that every call goes through."),
    sets("OUTCROP_GUARDRAIL_VERSION", "models.providers.amazon-bedrock.guardrail.guardrailVersion", Kind::Text,
        "The version of that guardrail: a number, or `DRAFT`."),
    sets("OUTCROP_GUARDRAIL_STREAM_PROCESSING_MODE", "models.providers.amazon-bedrock.guardrail.streamProcessingMode", Kind::Text,
        "Whether a streamed answer waits for that guardrail: `sync` or `async`."),
    sets("OUTCROP_GUARDRAIL_TRACE", "models.providers.amazon-bedrock.guardrail.trace", Kind::Text,
        "How much that guardrail tells about its decision: `enabled`, `disabled` or `enabled_full`."),
    sets("OUTCROP_CACHE", "models.providers.amazon-bedrock.cache", Kind::Text,
        "Whether prompts are cached where it pays: `auto` or `off`."),
    sets("OUTCROP_CACHE_TTL", "models.providers.amazon-bedrock.cacheTtl", Kind::Text,
        "How long what is cached in this way lives after its last use: `5m` or `1h`."),
    sets("OUTCROP_LIMIT_CONCURRENCY", "models.providers.amazon-bedrock.limits.concurrency", Kind::Integer,
        "How many calls may run at once."),
    sets("OUTCROP_LIMIT_REQUESTS_PER_MINUTE", "models.providers.amazon-bedrock.limits.requestsPerMinute", Kind::Integer,
        "How many requests may be sent in a minute."),
    sets("OUTCROP_LIMIT_TOKENS_PER_MINUTE", "models.providers.amazon-bedrock.limits.tokensPerMinute", Kind::Integer,
        "How many tokens prompts and answers may have in a minute."),
    sets("OUTCROP_LIMIT_MAX_WAIT", "models.providers.amazon-bedrock.limits.maxWait", Kind::Seconds,
        "How long a call may wait for its turn, in seconds."),
    sets("OUTCROP_TRACE_CONTENT", "trace.content", Kind::Boolean,
        "Whether prompts and answers are written into traces."),
    sets("OUTCROP_DISCOVERY_ENABLED", "models.bedrockDiscovery.enabled", Kind::Boolean,
        "Whether the models of the AWS account are listed."),
    sets("OUTCROP_DISCOVERY_REGION", "models.bedrockDiscovery.region", Kind::Text,
        "The AWS region whose models are listed."),
    sets("OUTCROP_DISCOVERY_REGIONS", "models.bedrockDiscovery.regions", Kind::List,
        "AWS regions whose models are listed together."),
    sets("OUTCROP_DISCOVERY_PROVIDER_FILTER", "models.bedrockDiscovery.providerFilter", Kind::List,
        "Only models of these makers are listed."),
    sets("OUTCROP_DISCOVERY_REFRESH_INTERVAL", "models.bedrockDiscovery.refreshInterval", Kind::Integer,
        "How long a listing is used before it is fetched again, in seconds."),
    sets("OUTCROP_DISCOVERY_DEFAULT_CONTEXT_WINDOW", "models.bedrockDiscovery.defaultContextWindow", Kind::Integer,
        "The context window that is assumed for a model whose limit nobody knows, in tokens."),
    sets("OUTCROP_DISCOVERY_DEFAULT_MAX_TOKENS", "models.bedrockDiscovery.defaultMaxTokens", Kind::Integer,
        "The longest answer that is assumed for a model whose limit nobody knows, in tokens."),
    sets("OUTCROP_DISCOVERY_GEOGRAPHY", "models.bedrockDiscovery.geography", Kind::Text,
        "The geography whose inference profiles stand in for models without on-demand throughput."),
    sets("OUTCROP_DISCOVERY_INCLUDE_LEGACY", "models.bedrockDiscovery.includeLegacy", Kind::Boolean,
        "Whether models with the lifecycle `LEGACY` are listed."),
    sets("OUTCROP_DISCOVERY_CHECK_ACCESS", "models.bedrockDiscovery.checkAccess", Kind::Boolean,
        "Whether AWS is asked, model by model, if the account may call it."),
    sets("OUTCROP_DISCOVERY_INCLUDE", "models.bedrockDiscovery.include", Kind::List,
        "Further models that are listed: `provisioned`, `imported`, `custom`, `marketplace`."),
];

/// The variables of the AWS tools that say something about a key. They are recorded for explanations only: which of
/// them counts depends on files and services that the configuration does not know.
pub(crate) const AMBIENT: &[(&str, &[&str])] = &[
    ("AWS_REGION", &["models.providers.*.region", "models.bedrockDiscovery.region"]),
    ("AWS_DEFAULT_REGION", &["models.providers.*.region", "models.bedrockDiscovery.region"]),
    ("AWS_PROFILE", &["models.providers.*.profile"]),
];

/// One source for each variable of the table that is set, and what is wrong with the environment.
pub(crate) fn read(
    environment: &BTreeMap<String, String>,
    also_known: &[String],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Source> {
    let mut sources = Vec::new();
    for (name, value) in environment.iter().filter(|(name, _)| name.starts_with("OUTCROP_")) {
        let value = value.trim();
        if value.is_empty() {
            continue;
        }
        let Some(variable) = VARIABLES.iter().find(|variable| variable.name == name) else {
            if !also_known.contains(name) {
                diagnostics.push(unknown(name, also_known));
            }
            continue;
        };
        let Some(path) = variable.path.and_then(|path| path.parse::<KeyPath>().ok()) else { continue };
        match variable.kind.read(value) {
            Ok(data) => {
                let mut source = Source { variable: Some(name.clone()), ..Source::new(Layer::Environment) };
                source.root.place(path.segments(), Node::placeless(data));
                sources.push(source);
            }
            Err(expected) => {
                let message = format!("expected {expected} in `{name}`, found `{value}`");
                let diagnostic = Diagnostic::new(Code::Type, Severity::Error, message)
                    .at(&Origin::of_variable(Layer::Environment, name))
                    .key(&path)
                    .help(format!("`{name}`: {}", variable.doc.trim_end_matches('.')));
                diagnostics.push(diagnostic);
            }
        }
    }
    sources
}

fn unknown(name: &str, also_known: &[String]) -> Diagnostic {
    let known = VARIABLES.iter().map(|variable| variable.name).chain(also_known.iter().map(String::as_str));
    // Without the common prefix, which would make every name look alike.
    let stem = |name: &'_ str| name.strip_prefix("OUTCROP_").map(str::to_owned).unwrap_or_default();
    let stems: Vec<String> = known.map(stem).collect();
    let message = format!("nothing reads the variable `{name}`");
    let diagnostic = Diagnostic::new(Code::UnknownVariable, Severity::Warning, message)
        .at(&Origin::of_variable(Layer::Environment, name));
    match closest(&stem(name), stems.iter().map(String::as_str)) {
        Some(meant) => diagnostic.help(format!("did you mean `OUTCROP_{meant}`?")),
        None => diagnostic.help("`outcrop help environment` lists the variables that are read"),
    }
}

impl fmt::Display for Kind {
    /// What the text of such a variable is, in words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Boolean => "`true`, `yes`, `on`, `1`, or `false`, `no`, `off`, `0`",
            Self::Integer => "whole number",
            Self::Seconds => "number of seconds",
            Self::List => "texts, separated by commas",
            Self::File => "path of a file",
        })
    }
}

impl Kind {
    /// The value that the text means, or what was expected.
    fn read(self, text: &str) -> Result<Data, &'static str> {
        match self {
            Self::Text | Self::File => Ok(Data::Text(text.to_owned())),
            Self::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Ok(Data::Boolean(true)),
                "false" | "no" | "off" | "0" => Ok(Data::Boolean(false)),
                _ => Err("`true` or `false`"),
            },
            Self::Integer => {
                text.parse::<i64>().map(|number| Data::Number(number.into())).map_err(|_| "a whole number")
            }
            Self::Seconds => text
                .parse::<f64>()
                .ok()
                .and_then(serde_json::Number::from_f64)
                .map(Data::Number)
                .ok_or("a number of seconds"),
            Self::List => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Ok(Data::Array(items.map(|item| Node::from_json(&Value::from(item))).collect()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        for variable in VARIABLES {
            assert!(variable.name.starts_with("OUTCROP_"), "{}", variable.name);
            assert!(variable.doc.ends_with('.'), "{}", variable.name);
            if let Some(path) = variable.path {
                let path: KeyPath = path.parse().unwrap();
                let schema = crate::schema::Schemas::new(&[]);
                assert!(
                    schema.find(&path, None).is_some(),
                    "{} sets {path}, which is in no schema",
                    variable.name
                );
            }
            assert_eq!(
                VARIABLES.iter().filter(|other| other.name == variable.name).count(),
                1,
                "{}",
                variable.name
            );
        }
    }

    /// The keys of an object that hold one value, or a list of texts.
    fn single_values(schema: &Value, path: &KeyPath, found: &mut Vec<String>) {
        for name in crate::schema::property_names(schema) {
            let property = crate::schema::property(schema, name).unwrap();
            let below = path.key(name);
            if crate::schema::types(property).contains(&"object") {
                single_values(property, &below, found);
            } else if crate::schema::items(property).is_none_or(|items| items.get("properties").is_none()) {
                found.push(below.to_string());
            }
        }
    }

    #[test]
    fn every_single_value_that_one_would_change_for_a_run_has_a_variable() {
        // What calls are made by is in AWS's own variables, and `api` is what the entry is.
        const WITHOUT: [&str; 2] =
            ["models.providers.\"amazon-bedrock\".api", "models.providers.\"amazon-bedrock\".apiKey"];
        let schemas = crate::schema::Schemas::new(&[]);
        let mut keys = Vec::new();
        for place in ["models.bedrockDiscovery", "models.providers.amazon-bedrock", "agents"] {
            let place: KeyPath = place.parse().unwrap();
            single_values(schemas.find(&place, None).unwrap(), &place, &mut keys);
        }
        let is_set = |key: &str| {
            VARIABLES.iter().any(|variable| {
                variable.path.is_some_and(|path| path.parse::<KeyPath>().unwrap().to_string() == key)
            })
        };
        keys.retain(|key| !is_set(key));
        assert_eq!(keys, WITHOUT);
    }

    #[test]
    fn texts_are_read_by_their_kind() {
        assert_eq!(Kind::Text.read("123456789012"), Ok(Data::Text("123456789012".to_owned())));
        assert_eq!(Kind::Boolean.read("Yes"), Ok(Data::Boolean(true)));
        assert_eq!(Kind::Boolean.read("0"), Ok(Data::Boolean(false)));
        assert_eq!(Kind::Boolean.read("2"), Err("`true` or `false`"));
        assert_eq!(Kind::Integer.read("1.5"), Err("a whole number"));
        assert_eq!(Kind::Seconds.read("inf"), Err("a number of seconds"));
        assert!(Kind::Seconds.read("0.25").is_ok());
        let list = Node::placeless(Kind::List.read("anthropic, ,amazon,").unwrap());
        assert_eq!(list.to_json(), serde_json::json!(["anthropic", "amazon"]));
    }
}
