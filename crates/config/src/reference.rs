//! The schema as a page for people: every key with its type, unit, bounds, default, and who may set it.

use std::fmt::Write as _;

use serde_json::Value;

use crate::path::{KeyPath, Segment};
use crate::schema::{self, ProviderSchema, Schemas};
use crate::variables::{AMBIENT, VARIABLES};

/// What stands for a name that the user chooses.
const CHOSEN: &str = "<id>";
/// The provider whose keys the variables set.
const OF_VARIABLES: &str = "amazon-bedrock";

const INTRODUCTION: &str = "\
# Configuration reference

<!-- Written by `cargo xtask schema`; edits are lost. -->

Every key, generated from the schema. A key may be set in each of these layers, the weakest first, and `outcrop config
explain KEY` says which one did:

| layer | what it is |
|---|---|
| `defaults` | what comes with the program, in the column *default* |
| `ambient` | variables of the AWS tools, for the keys that name them below |
| `system` | `/etc/outcrop/config.json5`; on Windows `%PROGRAMDATA%\\outcrop\\config.json5` |
| `user` | `config.json5` in the folder `outcrop` of `$XDG_CONFIG_HOME`, else of `~/.config`; on macOS of `~/Library/Application Support`, on Windows of `%APPDATA%` |
| `project` | the nearest `outcrop.json5`, from the working directory upwards |
| `file` | the file of `--config` or `OUTCROP_CONFIG`; replaces `user` and `project` |
| `environment` | the `OUTCROP_*` variables, for the keys that name one below; [all of them](environment.md) |
| `command-line` | `--set KEY=VALUE`, and the flags that stand for a key |

Objects merge key by key, other values replace each other, and the `models` of a provider merge by their `id`. `null`
means \"as if no weaker layer had set it\"; objects, and lists that merge, cannot be `null`. In strings, `${VARIABLE}` is
replaced by the variable, and `$${` is a literal `${`. In the names of keys, `<id>` is yours to choose; one with a dot
in it is quoted: `models.overrides.\"anthropic.claude-*\".contextWindow`. The column *project* says whether a project's
file may set the key although nobody vouched for the file.

For editors, the same is a [JSON schema](../../schema/config.schema.json): `outcrop config schema`.
";

/// The reference of all keys as Markdown, with those of these providers.
///
/// ```
/// let page = outcrop_config::reference(&[]);
/// assert!(page.contains("| `refreshInterval` | whole number of seconds, 0 to 31536000 | `3600` |"));
/// ```
pub fn reference(providers: &[ProviderSchema]) -> String {
    let schemas = Schemas::new(providers);
    let mut page = Page { schemas: &schemas, api: None, text: INTRODUCTION.to_owned() };
    page.object(&KeyPath::default(), schemas.root(), schemas.root());
    for provider in providers {
        page.of_provider(&provider.api);
    }
    page.text
}

struct Page<'a> {
    schemas: &'a Schemas,
    /// Whose own keys are described.
    api: Option<&'a str>,
    text: String,
}

impl<'a> Page<'a> {
    /// The keys that only this provider has.
    fn of_provider(&mut self, api: &'a str) {
        self.api = Some(api);
        let entry = KeyPath::of(&["models", "providers", CHOSEN]);
        let shared = schema::property_names(self.schemas.provider(None).0);
        let complete = self.schemas.provider(Some(api)).0;
        let mut own = schema::property_names(complete);
        own.retain(|name| !shared.contains(name));
        if own.is_empty() {
            return;
        }
        let about = format!("Further keys of providers whose `api` is `{api}`.");
        self.table(&format!("{} with `{api}`", code(&shown(&entry))), &about, &entry, complete, &own);
    }

    /// The section of an object, and those of the objects in it.
    fn object(&mut self, path: &KeyPath, schema: &Value, described: &Value) {
        let names = schema::property_names(schema);
        let about = described.get("description").and_then(Value::as_str).unwrap_or_default();
        let title = if path.segments().is_empty() { "The file".to_owned() } else { code(&shown(path)) };
        self.table(&title, about, path, schema, &names);
    }

    fn table(&mut self, title: &str, about: &str, path: &KeyPath, schema: &Value, names: &[&str]) {
        let (mut rows, mut inner) = (String::new(), Vec::new());
        for name in names {
            let Some(property) = schema::property(schema, name) else { continue };
            let below = path.key(name);
            match section(&below, property) {
                Some((path, inner_schema)) => inner.push((path, property, inner_schema)),
                None => self.row(&mut rows, name, &below, property),
            }
            if schema::items(property).is_some_and(has_keys) && !below.merges_by_id() {
                // A list of objects is a value of its own, and its elements have keys too.
                self.row(&mut rows, name, &below, property);
            }
        }
        if !rows.is_empty() {
            let about = one_line(about);
            let about = if about.is_empty() { about } else { format!("{about}\n\n") };
            write!(
                self.text,
                "\n## {title}\n\n{about}\
                 | key | type | default | variable | project | meaning |\n|---|---|---|---|---|---|\n{rows}"
            )
            .ok();
        }
        for (path, outer, schema) in inner {
            // What holds objects under names says more of them than they do; the row of a list has said it.
            let is_named = path.segments().last().is_some_and(|last| last.as_key() == Some(CHOSEN));
            self.object(&path, schema, if is_named { outer } else { schema });
        }
    }

    fn row(&self, rows: &mut String, name: &str, path: &KeyPath, schema: &Value) {
        let default = schema.get("default").map(|value| code(&value.to_string())).unwrap_or_default();
        let project = if self.schemas.project_may_set(path, self.api) { "yes" } else { "no" };
        let about = schema.get("description").and_then(Value::as_str).map(one_line).unwrap_or_default();
        let (types, variables) = (type_words(schema), variables(path));
        writeln!(rows, "| {} | {types} | {default} | {variables} | {project} | {about} |", code(name)).ok();
    }
}

/// The object that has a section of its own: the value, what it holds under names that the user chooses, or its
/// elements.
fn section<'s>(path: &KeyPath, schema: &'s Value) -> Option<(KeyPath, &'s Value)> {
    let chosen = path.key(CHOSEN);
    if has_keys(schema) {
        return Some((path.clone(), schema));
    }
    if let Some(items) = schema::items(schema) {
        let element = if path.merges_by_id() { chosen } else { path.join(Segment::Index(0)) };
        return has_keys(items).then_some((element, items));
    }
    schema.get("additionalProperties").filter(|named| has_keys(named)).map(|named| (chosen, named))
}

fn has_keys(schema: &Value) -> bool {
    !schema::property_names(schema).is_empty()
}

/// The path as people read it, any element of a list being meant.
fn shown(path: &KeyPath) -> String {
    path.to_string().replace("[0]", "[]").replace(&format!("\"{CHOSEN}\""), CHOSEN)
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

/// A description as the cell of a table.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// What may be written, with unit and bounds.
fn type_words(schema: &Value) -> String {
    if let Some(allowed) = schema::allowed_texts(schema) {
        return allowed.iter().map(|text| code(text)).collect::<Vec<_>>().join(", ");
    }
    if let Some(items) = schema::items(schema) {
        let words = if has_keys(items) { "object".to_owned() } else { type_words(items) };
        return format!("list of {words}{}", if words.starts_with('`') { "" } else { "s" });
    }
    let is_secret = schema.get("writeOnly") == Some(&Value::Bool(true));
    let of_unit = |noun: &str| {
        let unit = schema.get("x-unit").and_then(Value::as_str).map(|unit| format!(" of {unit}"));
        format!("{noun}{}{}", unit.unwrap_or_default(), bounds(schema))
    };
    let words = schema::types(schema).into_iter().filter_map(|name| match name {
        "string" if is_secret => Some("secret string".to_owned()),
        "string" => Some(match schema.get("format").and_then(Value::as_str) {
            Some("uri") => "address".to_owned(),
            Some("date") => "date".to_owned(),
            Some("geography") => {
                let known = schema::known_texts(schema).into_iter().map(code).collect::<Vec<_>>();
                format!("{}, or another prefix", known.join(", "))
            }
            _ => "string".to_owned(),
        }),
        "boolean" => Some("`true`, `false`".to_owned()),
        "integer" => Some(of_unit("whole number")),
        "number" => Some(of_unit("number")),
        "object" => Some(match schema.get("additionalProperties") {
            Some(values) if values.is_object() => format!("object of {}s by name", type_words(values)),
            _ => "object".to_owned(),
        }),
        _ => None,
    });
    words.collect::<Vec<_>>().join(" or ")
}

fn bounds(schema: &Value) -> String {
    match (schema.get("minimum"), schema.get("maximum")) {
        (Some(minimum), Some(maximum)) => format!(", {minimum} to {maximum}"),
        (Some(minimum), None) => format!(", at least {minimum}"),
        (None, Some(maximum)) => format!(", at most {maximum}"),
        (None, None) => String::new(),
    }
}

/// The variables that set the key, or stand in for it.
fn variables(path: &KeyPath) -> String {
    let of = |pattern: &str| {
        let path = shown(path).replacen(CHOSEN, OF_VARIABLES, 1);
        pattern.replace('*', OF_VARIABLES) == path
    };
    let own = VARIABLES.iter().filter(|variable| variable.path.is_some_and(of)).map(|variable| variable.name);
    let ambient = AMBIENT.iter().filter(|(_, patterns)| patterns.iter().any(|pattern| of(pattern)));
    own.chain(ambient.map(|(name, _)| *name)).map(code).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
