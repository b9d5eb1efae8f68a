//! Every key of the published schema, in every layer: what is explained names that layer, and all layers below it.

use std::fmt::Write as _;

use outcrop_core::REDACTED;
use serde_json::{Value, json};

use super::every_key::{sample, variable_text};
use super::*;
use crate::KeyPath;
use crate::secret::Way;
use crate::testing::rendered;

const API: &str = "bedrock-converse-stream";
const PROVIDER: &str = "amazon-bedrock";
/// Names where people choose them; dots must not matter.
const CHOSEN: &str = "some.key";

/// The two orders of layers, weakest first: a named file replaces those of the user and of the project.
const ORDERS: [&[Layer]; 2] = [
    &[
        Layer::Defaults,
        Layer::Ambient,
        Layer::System,
        Layer::User,
        Layer::Project,
        Layer::Environment,
        Layer::CommandLine,
    ],
    &[Layer::Defaults, Layer::Ambient, Layer::System, Layer::File, Layer::Environment, Layer::CommandLine],
];

/// What the providers add to the schema, as it is published; that it is the program's is checked elsewhere.
fn providers() -> Vec<ProviderSchema> {
    let published: Value =
        serde_json::from_str(include_str!("../../../../schema/config.schema.json")).unwrap();
    let entry = &published["properties"]["models"]["properties"]["providers"]["additionalProperties"];
    let cases = entry["allOf"].as_array().unwrap();
    let provider = |case: &Value| ProviderSchema {
        api: case["if"]["properties"]["api"]["const"].as_str().unwrap().to_owned(),
        schema: case["then"].clone(),
    };
    cases.iter().map(provider).collect()
}

/// The schema of a key, with all that is known of its provider.
fn schema_of<'s>(schemas: &'s Schemas, key: &KeyPath) -> &'s Value {
    schemas.find(key, Some(API)).unwrap()
}

/// Every key below `path`, that of objects included. Elements of lists that replace each other are no keys.
fn keys_below(schemas: &Schemas, path: &KeyPath, keys: &mut Vec<KeyPath>) {
    let schema = schema_of(schemas, path);
    let names: Vec<&str> = match schema::property_names(schema) {
        _ if path.merges_by_id() => vec![CHOSEN],
        names if !names.is_empty() => names,
        _ if path.to_string() == "models.providers" => vec![PROVIDER],
        _ if schema::types(schema).contains(&"object") => vec![CHOSEN],
        _ => return,
    };
    for name in names {
        let key = path.key(name);
        keys.push(key.clone());
        keys_below(schemas, &key, keys);
    }
}

fn keys(schemas: &Schemas) -> Vec<KeyPath> {
    let mut keys = Vec::new();
    keys_below(schemas, &KeyPath::default(), &mut keys);
    keys
}

/// Whether several layers may set something in the value together.
fn is_merged(schemas: &Schemas, key: &KeyPath) -> bool {
    key.merges_by_id() || schema::types(schema_of(schemas, key)).contains(&"object")
}

/// A value for the key that no other layer has, with the names that the test chose.
fn sample_of(schemas: &Schemas, key: &KeyPath, layer: Layer) -> Value {
    let mut value = sample(schema_of(schemas, key), key, layer as u8);
    match key.provider() {
        Some((_, [])) => value["api"] = json!(API),
        Some((_, [Segment::Key(list)])) if list == "models" => value[0]["id"] = json!(CHOSEN),
        Some((_, [Segment::Key(list), _])) if list == "models" => value["id"] = json!(CHOSEN),
        Some((_, [Segment::Key(list), _, Segment::Key(id)])) if list == "models" && id == "id" => {
            value = json!(CHOSEN);
        }
        None if key.to_string() == "models.providers" => {
            value = json!({ PROVIDER: value[CHOSEN].take() });
        }
        _ => {}
    }
    value
}

/// A file that sets one key, each key in a line of its own, and the place of the value.
struct File {
    text: String,
    line: usize,
    column: usize,
}

impl File {
    fn setting(schemas: &Schemas, key: &KeyPath, value: &Value, layer: Layer) -> Self {
        // Every layer has its own line, so that none is taken for another.
        let mut text = "\n".repeat(layer as usize);
        let mut closing = String::new();
        let mut path = KeyPath::default();
        for segment in key.segments() {
            let name = segment.as_key().unwrap();
            if path.merges_by_id() {
                text.push_str("[\n");
                closing.insert(0, ']');
                path.push(segment.clone());
                continue;
            }
            text.push_str("{\n");
            closing.insert(0, '}');
            // What has to stand beside the key.
            let required = schema_of(schemas, &path).get("required").and_then(Value::as_array);
            for beside in required.into_iter().flatten().filter_map(Value::as_str).filter(|one| *one != name)
            {
                let beside_value = sample_of(schemas, &path.key(beside), layer);
                writeln!(text, "{}: {beside_value},", json!(beside)).unwrap();
            }
            write!(text, "{}: ", json!(name)).unwrap();
            path.push(segment.clone());
        }
        let line = text.matches('\n').count() + 1;
        let column = text.lines().last().filter(|_| !text.ends_with('\n')).unwrap_or_default().len() + 1;
        writeln!(text, "{value}{closing}").unwrap();
        Self { text, line, column }
    }
}

/// What `explain` is expected to say.
struct Stack<'a> {
    schemas: &'a Schemas,
    providers: &'a [ProviderSchema],
    key: &'a KeyPath,
    sources: Sources,
    /// Values and origins, weakest first.
    said: Vec<(Value, Value)>,
}

impl<'a> Stack<'a> {
    fn new(schemas: &'a Schemas, providers: &'a [ProviderSchema], key: &'a KeyPath) -> Self {
        Self {
            schemas,
            providers,
            key,
            sources: Sources { project_trusted: true, ..Sources::default() },
            said: Vec::new(),
        }
    }

    fn load(&self) -> Loaded {
        Loader::new(self.sources.clone()).with_providers(self.providers.to_vec()).load()
    }

    fn say(&mut self, value: Value, origin: Value) {
        let hidden = Way::to(self.schemas, self.key, |_| Some(API)).is_hidden();
        self.said.push((if hidden { json!(REDACTED) } else { value }, origin));
    }

    /// Lets a layer set the key, if it can.
    fn add(&mut self, layer: Layer) {
        let value = sample_of(self.schemas, self.key, layer);
        let origin = |variable: Option<&str>| json!({ "layer": layer, "file": null, "line": null, "column": null, "variable": variable });
        match layer {
            Layer::Defaults => {
                if let Some(value) = self.load().config.lookup(self.key) {
                    self.say(value.clone(), origin(None));
                }
            }
            Layer::Ambient => {
                // Of several the first counts, so it is said last.
                for (name, patterns) in variables::AMBIENT.iter().rev() {
                    let fits = |pattern: &&str| {
                        pattern.replace('*', PROVIDER).parse().is_ok_and(|path: KeyPath| path == *self.key)
                    };
                    if patterns.iter().any(fits) {
                        self.sources.environment.insert((*name).to_owned(), format!("of {name}"));
                        self.say(json!(format!("of {name}")), origin(Some(name)));
                    }
                }
            }
            Layer::Environment => {
                let path = self.key.to_string().replace('"', "");
                for variable in variables::VARIABLES.iter().filter(|one| one.path == Some(path.as_str())) {
                    self.sources.environment.insert(variable.name.to_owned(), variable_text(&value));
                    self.say(value.clone(), origin(Some(variable.name)));
                }
            }
            Layer::CommandLine => {
                let text = format!("{}={}", self.key, value);
                self.sources.command_line.push(Assignment::set(&text).unwrap());
                let mut origin = origin(None);
                origin["flag"] = json!("--set");
                self.say(value, origin);
            }
            Layer::System | Layer::User | Layer::Project | Layer::File => {
                let name = format!("/{layer}.json5");
                let file = File::setting(self.schemas, self.key, &value, layer);
                let origin = json!({ "layer": layer, "file": name, "line": file.line, "column": file.column,
                    "variable": null });
                self.sources = self.sources.clone().with_text(layer, name, file.text);
                self.say(value, origin);
            }
        }
    }

    /// Fails unless the strongest layer so far is named, and those below it in their order.
    fn assert_explained(&self) {
        let Self { schemas, key, .. } = self;
        let loaded = self.load();
        assert_eq!(rendered(&loaded), "", "{key}");
        let explained = serde_json::to_value(loaded.config.explain(key)).unwrap();
        assert_eq!(explained["key"], json!(key), "{key}");
        let mut stack = vec![(&explained["value"], &explained["origin"])];
        let shadowed = explained["shadowed"].as_array().unwrap();
        stack.extend(shadowed.iter().map(|one| (&one["value"], &one["origin"])));
        let origins: Vec<&Value> = stack.iter().map(|(_, origin)| *origin).collect();
        let expected: Vec<&Value> = self.said.iter().rev().map(|(_, origin)| origin).collect();
        assert_eq!(origins, expected, "{key}");
        if !is_merged(schemas, key) {
            let values: Vec<&Value> = stack.iter().map(|(value, _)| *value).collect();
            let expected: Vec<&Value> = self.said.iter().rev().map(|(value, _)| value).collect();
            assert_eq!(values, expected, "{key}");
        }
    }
}

#[test]
fn every_key_is_explained_in_every_layer() {
    let providers = providers();
    let schemas = Schemas::new(&providers);
    let keys = keys(&schemas);
    assert!(keys.len() > 90, "{}", keys.len());
    for key in &keys {
        for order in ORDERS {
            let mut stack = Stack::new(&schemas, &providers, key);
            for layer in order {
                let before = stack.said.len();
                stack.add(*layer);
                if stack.said.len() > before {
                    stack.assert_explained();
                }
            }
            assert!(stack.said.len() >= order.len() - 3, "{key}: a file or the command line said nothing");
        }
    }
}

#[test]
fn the_schema_says_what_a_project_may_not_set_and_the_layer_below_keeps_its_say() {
    let providers = providers();
    let schemas = Schemas::new(&providers);
    let mut refused_keys = 0;
    for key in keys(&schemas).iter().filter(|key| !is_merged(&schemas, key)) {
        let mut stack = Stack::new(&schemas, &providers, key);
        stack.add(Layer::Defaults);
        stack.add(Layer::User);
        let kept = stack.said.len();
        stack.add(Layer::Project);
        stack.sources.project_trusted = false;
        let loaded = stack.load();
        // The key of a provider that the refused one is, or lies in.
        let of_provider = key.provider().and_then(|(_, rest)| rest.first()).and_then(Segment::as_key);
        let is_guarded = of_provider == Some("guardrail");
        let refused = of_provider.is_some_and(|name| {
            let shared = schema::property(schemas.provider(None).0, name);
            match shared {
                Some(schema) => schema.get("x-project") == Some(&json!(false)),
                None => providers[0].schema["properties"][name].get("x-project") != Some(&json!(true)),
            }
        });
        let refused = refused || key.to_string() == "trace.content";
        // The user has a guardrail, and so the project has none.
        if !refused && !is_guarded {
            stack.assert_explained();
            continue;
        }
        refused_keys += 1;
        stack.said.truncate(kept);
        let [diagnostic] = loaded.diagnostics.as_slice() else { panic!("{key}: {}", rendered(&loaded)) };
        assert_eq!(diagnostic.code, Code::Refused, "{key}");
        assert_eq!(diagnostic.file.as_deref(), Some(Path::new("/project.json5")), "{key}");
        assert!(diagnostic.line.is_some() && diagnostic.column.is_some(), "{key}");
        let help = diagnostic.help.join("; ");
        assert!(help.contains("set it in your own configuration"), "{key}: {help}");
        let explained = serde_json::to_value(loaded.config.explain(key)).unwrap();
        let (_, of_user) = stack.said.pop().unwrap();
        assert_eq!(explained["origin"], of_user, "{key}");
        assert_eq!(explained["shadowed"].as_array().unwrap().len(), stack.said.len(), "{key}");
    }
    assert!(refused_keys >= 7, "{refused_keys}");
}

#[test]
fn a_variable_for_a_key_that_has_none_is_refused_with_a_hint() {
    let schemas = Schemas::new(&providers());
    let mut without = 0;
    for key in keys(&schemas) {
        let words = key.to_string();
        let name: String = words
            .chars()
            .flat_map(|c| if c.is_uppercase() { vec!['_', c] } else { vec![c] })
            .filter(|c| *c != '"')
            .map(|c| if c.is_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
            .collect();
        let name = format!("OUTCROP_{name}");
        if variables::VARIABLES.iter().any(|variable| variable.name == name) {
            assert_eq!(words, "trace.content", "the only one without a shorter name");
            continue;
        }
        let sources =
            Sources { environment: BTreeMap::from([(name.clone(), "1".into())]), ..Sources::default() };
        let loaded = Loader::new(sources).load();
        let [diagnostic] = loaded.diagnostics.as_slice() else { panic!("{name}: {}", rendered(&loaded)) };
        assert_eq!(diagnostic.code, Code::UnknownVariable, "{name}");
        assert_eq!(diagnostic.variable.as_deref(), Some(name.as_str()));
        let help = diagnostic.help.join("; ");
        assert!(
            help.contains("did you mean `OUTCROP_") || help.contains("outcrop help environment"),
            "{help}"
        );
        without += 1;
    }
    assert!(without > 90, "{without}");
}
