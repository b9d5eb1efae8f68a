//! The JSON schema: generated from the typed model, completed by the providers, and the one source of what is checked.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::path::{KeyPath, Segment};
use crate::settings::Settings;

/// What a provider's factory says about its settings.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProviderSchema {
    /// The `api` value of the provider entries that it holds for.
    pub api: String,
    /// A JSON schema of type object: the keys that the provider knows beside the shared ones, which are not changed by it.
    /// A shared key that holds an object, or a list of objects, can get further keys in there: `models` with
    /// `items.properties`. References within the
    /// schema (`#/definitions/…`, `#/$defs/…`) are allowed. `writeOnly: true` marks secrets, `x-unit` names a unit,
    /// `x-project: true` lets an untrusted project file set the key.
    pub schema: Value,
}

impl ProviderSchema {
    /// The schema of the entries with this `api`.
    pub fn new(api: impl Into<String>, schema: Value) -> Self {
        Self { api: api.into(), schema }
    }
}

/// The schema of a configuration file (JSON schema draft-07), without what providers add.
pub fn schema() -> Value {
    schema_with(&[])
}

/// The schema of a configuration file (JSON schema draft-07), with the keys of these providers.
///
/// ```
/// use outcrop_config::{ProviderSchema, schema_with};
/// use serde_json::json;
///
/// let tenant = json!({ "type": "string", "description": "The tenant." });
/// let provider = ProviderSchema::new("my-api", json!({ "type": "object", "properties": { "tenant": tenant } }));
/// assert!(schema_with(&[provider]).to_string().contains("The tenant."));
/// ```
pub fn schema_with(providers: &[ProviderSchema]) -> Value {
    let mut root = BASE.clone();
    let cases: Vec<Value> = providers
        .iter()
        .map(|provider| {
            json!({
                "if": { "properties": { "api": { "const": provider.api } }, "required": ["api"] },
                "then": { "properties": own_properties(&provider.schema) },
            })
        })
        .collect();
    let entry = root.pointer_mut("/properties/models/properties/providers/additionalProperties");
    if let Some(entry) = entry.and_then(Value::as_object_mut)
        && !cases.is_empty()
    {
        entry.insert("allOf".to_owned(), Value::Array(cases));
    }
    root
}

static BASE: LazyLock<Value> = LazyLock::new(|| {
    // Without references, so that checks and completions need no look-ups; nothing here is recursive.
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let mut root = settings.into_generator().into_root_schema_for::<Settings>().to_value();
    remove_noise(&mut root);
    forbid_null_where_layers_merge(&mut root);
    add_defaults(&mut root, &crate::load::defaults());
    root
});

/// `default` as the derive writes it (nulls and empty objects) and widths of integers tell a reader nothing.
fn remove_noise(schema: &mut Value) {
    match schema {
        Value::Array(schemas) => schemas.iter_mut().for_each(remove_noise),
        Value::Object(keywords) => {
            keywords.remove("default");
            let told = ["uri", "date", "geography"];
            if keywords.get("format").is_some_and(|format| !told.iter().any(|name| format == name)) {
                keywords.remove("format");
            }
            for (keyword, inner) in keywords.iter_mut() {
                match inner {
                    Value::Object(properties) if keyword == "properties" => {
                        properties.values_mut().for_each(remove_noise);
                    }
                    inner => remove_noise(inner),
                }
            }
        }
        _ => {}
    }
}

/// What merges cannot be `null`: a `null` between two layers would make the result depend on which two are merged
/// first, and would take away a guardrail. Only what replaces can be unset.
fn forbid_null_where_layers_merge(schema: &mut Value) {
    match schema {
        Value::Array(schemas) => schemas.iter_mut().for_each(forbid_null_where_layers_merge),
        Value::Object(keywords) => {
            keywords.values_mut().for_each(forbid_null_where_layers_merge);
            let merges = keywords.contains_key("x-merge") || types(schema).contains(&"object");
            if merges && let Some(keywords) = schema.as_object_mut() {
                forbid_null(keywords);
            }
        }
        _ => {}
    }
}

fn forbid_null(keywords: &mut Map<String, Value>) {
    if let Some(Value::Array(alternatives)) = keywords.get_mut("anyOf") {
        alternatives.retain(|one| one.get("type").is_none_or(|name| name != "null"));
    }
    if let Some(name) = keywords.get_mut("type")
        && let Some(several) = name.as_array()
    {
        let mut rest: Vec<Value> = several.iter().filter(|name| **name != "null").cloned().collect();
        *name = if rest.len() == 1 { rest.remove(0) } else { Value::Array(rest) };
    }
}

/// Writes the built-in defaults into the schema, so that editors show them.
fn add_defaults(schema: &mut Value, defaults: &Value) {
    let alternatives = schema.get_mut("anyOf").and_then(Value::as_array_mut);
    alternatives.into_iter().flatten().for_each(|alternative| add_defaults(alternative, defaults));
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (key, property) in properties {
        match defaults.get(key) {
            Some(inner @ Value::Object(_)) => add_defaults(property, inner),
            Some(value) => {
                if let Some(keywords) = property.as_object_mut() {
                    keywords.insert("default".to_owned(), value.clone());
                }
            }
            None => {}
        }
    }
}

/// Adds what is not there yet. A property that is there stays as it is but for what it holds: the keys of an object, and
/// those of the elements of a list.
fn add_properties(properties: &mut Map<String, Value>, more: Map<String, Value>) {
    for (key, mut property) in more {
        let Some(known) = properties.get_mut(&key) else {
            properties.insert(key, property);
            continue;
        };
        for pointer in ["/properties", "/items/properties"] {
            let (known, more) = (known.pointer_mut(pointer), property.pointer_mut(pointer).map(Value::take));
            if let (Some(Value::Object(known)), Some(Value::Object(more))) = (known, more) {
                add_properties(known, more);
            }
        }
    }
}

/// The properties of a provider's schema, with its references resolved.
fn own_properties(schema: &Value) -> Map<String, Value> {
    let mut schema_without_references = schema.clone();
    resolve(&mut schema_without_references, schema, 0);
    match schema_without_references.get_mut("properties").map(Value::take) {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    }
}

/// Replaces references into `root` by what they point at; a recursive schema is cut where it gets too deep.
fn resolve(schema: &mut Value, root: &Value, depth: usize) {
    const DEEPEST: usize = 16;
    match schema {
        Value::Array(schemas) => schemas.iter_mut().for_each(|inner| resolve(inner, root, depth)),
        Value::Object(keywords) => {
            if let Some(Value::String(reference)) = keywords.remove("$ref")
                && depth < DEEPEST
                && let Some(Value::Object(target)) =
                    reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer))
            {
                for (keyword, value) in target {
                    keywords.entry(keyword.clone()).or_insert_with(|| value.clone());
                }
                return resolve(schema, root, depth + 1);
            }
            keywords.values_mut().for_each(|inner| resolve(inner, root, depth));
        }
        _ => {}
    }
}

/// The schemas that a configuration is checked against. They are put together when there is something to check.
#[derive(Debug, Clone)]
pub(crate) struct Schemas {
    own: Vec<ProviderSchema>,
    /// By `api`: the shared schema of a provider entry with the provider's own keys.
    complete: OnceLock<BTreeMap<String, Value>>,
}

impl Schemas {
    pub(crate) fn new(providers: &[ProviderSchema]) -> Self {
        Self { own: providers.to_vec(), complete: OnceLock::new() }
    }

    fn complete(&self) -> &BTreeMap<String, Value> {
        let complete = |provider: &ProviderSchema| {
            let mut entry = shared_entry().clone();
            if let Some(properties) = entry.get_mut("properties").and_then(Value::as_object_mut) {
                add_properties(properties, own_properties(&provider.schema));
            }
            (provider.api.clone(), entry)
        };
        self.complete.get_or_init(|| self.own.iter().map(complete).collect())
    }

    #[expect(clippy::unused_self, reason = "callers need not know which of the schemas are the same for all")]
    pub(crate) fn root(&self) -> &'static Value {
        &BASE
    }

    /// What the providers speak that are described here.
    pub(crate) fn apis(&self) -> impl Iterator<Item = &str> {
        self.own.iter().map(|provider| provider.api.as_str())
    }

    /// Whether anybody said which providers there are.
    pub(crate) fn are_given(&self) -> bool {
        !self.own.is_empty()
    }

    /// The schema of a provider entry, and whether it is complete: without the provider's own schema nobody can tell
    /// that a key is unknown.
    pub(crate) fn provider(&self, api: Option<&str>) -> (&Value, bool) {
        match api.and_then(|api| self.complete().get(api)) {
            Some(schema) => (schema, true),
            None => (shared_entry(), false),
        }
    }

    /// The schema of the value at `path`. `api` is that of the provider entry that the path leads through.
    pub(crate) fn find(&self, path: &KeyPath, api: Option<&str>) -> Option<&Value> {
        match path.provider() {
            Some((_, rest)) => rest.iter().try_fold(self.provider(api).0, step),
            None => path.segments().iter().try_fold(self.root(), step),
        }
    }

    /// Whether the file of a project that nobody vouched for may set the key: what every provider has unless it is
    /// marked, what only this one has if it is marked, and all that is of no provider.
    pub(crate) fn project_may_set(&self, path: &KeyPath, api: Option<&str>) -> bool {
        let Some((_, [Segment::Key(key), ..])) = path.provider() else {
            let schema = self.find(path, api);
            return schema.and_then(|schema| schema.get("x-project")) != Some(&Value::Bool(false));
        };
        let mark = |entry: &Value| entry.get("properties")?.get(key)?.get("x-project").cloned();
        if property_names(shared_entry()).contains(&key.as_str()) {
            mark(shared_entry()) != Some(Value::Bool(false))
        } else {
            mark(self.provider(api).0) == Some(Value::Bool(true))
        }
    }
}

fn shared_entry() -> &'static Value {
    const NOTHING: &Value = &Value::Null;
    BASE.pointer("/properties/models/properties/providers/additionalProperties").unwrap_or(NOTHING)
}

/// The schema of what stands below, at a key or a position.
pub(crate) fn step<'s>(schema: &'s Value, segment: &Segment) -> Option<&'s Value> {
    match segment {
        // The key below an array is the `id` of an element.
        Segment::Key(key) => property(schema, key).or_else(|| items(schema)),
        Segment::Index(_) => items(schema),
    }
}

/// The ways in which a value may satisfy `schema`.
pub(crate) fn alternatives(schema: &Value) -> Vec<&Value> {
    let groups =
        ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array());
    let mut all: Vec<&Value> = groups.flatten().flat_map(alternatives).collect();
    if all.is_empty() || schema.get("type").is_some() {
        all.push(schema);
    }
    all
}

/// The schema of a key of an object. An object that lists no keys takes any.
pub(crate) fn property<'s>(schema: &'s Value, key: &str) -> Option<&'s Value> {
    const ANYTHING: &Value = &Value::Bool(true);
    // Most objects have no alternatives.
    if let Some(property) = schema.get("properties").and_then(|properties| properties.get(key)) {
        return Some(property);
    }
    let listed = alternatives(schema).into_iter().find_map(|one| {
        one.get("properties").and_then(|properties| properties.get(key)).or_else(|| {
            one.get("additionalProperties").filter(|additional| **additional != Value::Bool(false))
        })
    });
    let takes_any = property_names(schema).is_empty() && accepts(schema, "object");
    listed.or_else(|| takes_any.then_some(ANYTHING))
}

/// The schema of the elements of an array.
pub(crate) fn items(schema: &Value) -> Option<&Value> {
    alternatives(schema).into_iter().find_map(|one| one.get("items"))
}

/// The names of the keys that an object may have, sorted.
pub(crate) fn property_names(schema: &Value) -> Vec<&str> {
    let objects = alternatives(schema).into_iter().filter_map(|one| one.get("properties")?.as_object());
    let mut names: Vec<_> = objects.flat_map(Map::keys).map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// The names of the types that a value may have, in the words of JSON schema; empty: any.
pub(crate) fn types(schema: &Value) -> Vec<&str> {
    let mut names = Vec::new();
    for one in alternatives(schema) {
        match one.get("type") {
            Some(Value::String(name)) => names.push(name.as_str()),
            Some(Value::Array(several)) => names.extend(several.iter().filter_map(Value::as_str)),
            _ if one.get("const").or_else(|| one.get("enum")).is_some() => names.push("string"),
            _ => {}
        }
    }
    names.dedup();
    names
}

/// Whether values of a type, in the words of JSON schema, may be right.
pub(crate) fn accepts(schema: &Value, name: &str) -> bool {
    let types = types(schema);
    types.is_empty() || types.contains(&name)
}

/// The texts that a string may be; `None`: any.
pub(crate) fn allowed_texts(schema: &Value) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    for one in alternatives(schema) {
        let listed = one.get("enum").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        texts.extend(listed.iter().chain(one.get("const")).filter_map(Value::as_str).map(str::to_owned));
    }
    (!texts.is_empty()).then_some(texts)
}

/// Texts that a string may be beside others.
pub(crate) fn known_texts(schema: &Value) -> Vec<&str> {
    let examples = schema.get("examples").and_then(Value::as_array).into_iter().flatten();
    examples.filter_map(Value::as_str).collect()
}

/// The description on one line.
pub(crate) fn description(schema: &Value) -> Option<String> {
    let description = schema.get("description")?.as_str()?;
    Some(description.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The first sentence of the description.
pub(crate) fn summary(schema: &Value) -> Option<String> {
    let description = description(schema)?;
    let sentence = description.split_once(". ").map_or(description.as_str(), |(first, _)| first);
    Some(sentence.trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests;
