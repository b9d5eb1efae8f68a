//! Every key of the schema, in every layer, right and wrong: the schema, the typed model and the provenance agree.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::testing::rendered;
use crate::{FileSource, KeyPath};

/// A value that is right for a schema, with something for every key. The values of two variants differ.
pub(super) fn sample(schema: &Value, path: &KeyPath, variant: u8) -> Value {
    let types = schema::types(schema);
    if types.contains(&"object") {
        let mut members = Map::new();
        for name in schema::property_names(schema) {
            let below = path.key(name);
            members.insert(name.to_owned(), sample(schema::property(schema, name).unwrap(), &below, variant));
        }
        if members.is_empty() {
            let any = schema::property(schema, "some.key").unwrap();
            members.insert("some.key".to_owned(), sample(any, &path.key("some.key"), variant));
        }
        return Value::Object(members);
    }
    if types.contains(&"array") {
        let element = schema::items(schema).unwrap();
        return json!([sample(element, &path.join(Segment::Index(0)), variant)]);
    }
    if let Some(allowed) = schema::allowed_texts(schema) {
        return Value::from(allowed[usize::from(variant) % allowed.len()].as_str());
    }
    if let known @ [_, ..] = schema::known_texts(schema).as_slice() {
        return Value::from(known[usize::from(variant) % known.len()]);
    }
    let at_least = schema.get("minimum");
    match types[0] {
        "string" if schema.get("format").is_some_and(|format| format == "date") => {
            json!(format!("2028-02-{:02}", 29 - variant))
        }
        "string" if schema.get("format").is_some() => json!(format!("https://host{variant}.example/path")),
        "string" => json!(format!("text{variant}")),
        "boolean" => json!(variant.is_multiple_of(2)),
        "integer" => json!(at_least.and_then(Value::as_u64).unwrap_or_default().max(5) + u64::from(variant)),
        "number" => json!(0.25 + f64::from(variant)),
        other => panic!("{path}: {other}"),
    }
}

/// The text that a variable needs for a value.
pub(super) fn variable_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(elements) => elements[0].as_str().unwrap().to_owned(),
        value => value.to_string(),
    }
}

fn everything() -> Value {
    sample(&schema::schema(), &KeyPath::default(), 0)
}

/// Loads the value as the file of a layer.
fn load_as(layer: Layer, value: &Value) -> Loaded {
    let text = serde_json::to_string_pretty(value).unwrap();
    let sources =
        Sources { project_trusted: true, ..Sources::default() }.with_text(layer, "file.json5", text);
    Loader::new(sources).load()
}

/// The keys that `everything` sets. Lists that merge by id are taken apart.
fn keys() -> Vec<KeyPath> {
    let loaded = load_as(Layer::User, &everything());
    let from_file =
        |key: &KeyPath| loaded.config.origin(key).is_some_and(|origin| origin.layer == Layer::User);
    loaded.config.keys().into_iter().filter(from_file).collect()
}

#[test]
fn every_key_is_accepted_and_placed_in_every_file() {
    for layer in [Layer::System, Layer::User, Layer::Project, Layer::File] {
        let loaded = load_as(layer, &everything());
        assert_eq!(rendered(&loaded), "");
        assert_eq!(loaded.config.unused(), []);
        let mut count = 0;
        for key in keys() {
            let explanation = loaded.config.explain(&key);
            let origin = explanation.origin.unwrap();
            assert_eq!(origin.layer, layer, "{key}");
            assert!(origin.file.is_some() && origin.line.is_some() && origin.column.is_some(), "{key}");
            count += 1;
        }
        assert!(count > 50, "{count}");
    }
}

#[test]
fn every_key_can_be_set_on_the_command_line_and_shadows_the_file() {
    let loaded = load_as(Layer::User, &everything());
    for key in keys() {
        let value = loaded.config.lookup(&key).unwrap().clone();
        let text = if let Value::String(text) = &value { text.clone() } else { value.to_string() };
        let assignment = Assignment::set(&format!("{key}={text}")).unwrap();
        let sources = Sources { command_line: vec![assignment], ..Sources::default() };
        let text = serde_json::to_string(&everything()).unwrap();
        let both = Loader::new(sources.with_text(Layer::User, "file.json5", text)).load();
        assert_eq!(rendered(&both), "", "{key}");
        assert_eq!(both.config.lookup(&key), Some(&value), "{key}");
        let explanation = both.config.explain(&key);
        assert_eq!(explanation.origin.map(|origin| origin.layer), Some(Layer::CommandLine), "{key}");
        assert_eq!(explanation.shadowed[0].origin.layer, Layer::User, "{key}");
    }
}

#[test]
fn every_variable_sets_its_key() {
    for variable in variables::VARIABLES {
        let Some(path) = variable.path else { continue };
        let path: KeyPath = path.parse().unwrap();
        let schemas = Schemas::new(&[]);
        let value = sample(schemas.find(&path, None).unwrap(), &path, 0);
        let environment = BTreeMap::from([(variable.name.to_owned(), variable_text(&value))]);
        let loaded = Loader::new(Sources { environment, ..Sources::default() }).load();
        // One that is not named lets no call through.
        let guardrail = variable.name.starts_with("OUTCROP_GUARDRAIL_")
            && variable.name != "OUTCROP_GUARDRAIL_IDENTIFIER";
        assert_eq!(loaded.has_errors(), guardrail, "{}: {}", variable.name, rendered(&loaded));
        let origin = loaded.config.origin(&path).unwrap();
        assert_eq!(origin.variable.as_deref(), Some(variable.name));
        assert_eq!(origin.layer, Layer::Environment);
    }
}

#[test]
fn an_untrusted_project_may_set_every_key_but_those() {
    let text = serde_json::to_string(&everything()).unwrap();
    let project = FileSource::Text { name: "outcrop.json5".into(), text };
    let loaded = Loader::new(Sources { project: Some(project), ..Sources::default() }).load();
    let refused: std::collections::BTreeSet<String> =
        loaded.diagnostics.iter().map(|problem| problem.key.clone().unwrap().to_string()).collect();
    let name = "models.providers.\"some.key\"";
    let expected = ["api", "apiKey", "auth", "baseUrl", "controlBaseUrl", "headers", "profile"];
    let expected = expected.map(|key| format!("{name}.{key}")).into_iter();
    assert_eq!(refused, expected.chain(["trace.content".to_owned()]).collect());
    assert!(loaded.diagnostics.iter().all(|problem| problem.code == Code::Refused));
    for key in keys() {
        let of_project = loaded.config.origin(&key).is_some_and(|origin| origin.layer == Layer::Project);
        let is_refused = refused.iter().any(|refused| key.to_string().starts_with(refused.as_str()));
        assert_eq!(of_project, !is_refused, "{key}");
    }
}

/// Any small JSON value.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Replaces the value that the `position`th step of a walk comes to.
fn replace_at(value: &mut Value, position: &mut usize, by: &Value) {
    if *position == 0 {
        *value = by.clone();
    }
    *position = position.wrapping_sub(1);
    match value {
        Value::Object(members) => members.values_mut().for_each(|member| replace_at(member, position, by)),
        Value::Array(elements) => elements.iter_mut().for_each(|element| replace_at(element, position, by)),
        _ => {}
    }
}

proptest! {
    /// Whatever passes the checks fits the typed model: nothing else can make the whole configuration unusable.
    #[test]
    fn no_wrong_value_takes_the_rest_down(mut position in 0_usize..160, by in anything()) {
        let mut value = everything();
        replace_at(&mut value, &mut position, &by);
        if !value.is_object() {
            value = json!({});
        }
        let loaded = load_as(Layer::User, &value);
        for problem in &loaded.diagnostics {
            prop_assert!(!problem.message.contains("cannot be used"), "{}: {}", problem, value);
        }
        let bedrock = loaded.config.provider("amazon-bedrock").unwrap();
        prop_assert_eq!(bedrock.api(), Some("bedrock-converse-stream"));
    }
}
