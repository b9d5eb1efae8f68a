//! What the native mode knows, what becomes words, and what it cannot say.

use serde_json::{Value, json};

use super::*;

fn sent(schema: &Value) -> Value {
    rewrite(schema, true).unwrap().schema
}

#[test]
fn what_is_known_stays_as_it_is_and_in_its_order() {
    let schema = json!({
        "type": "object",
        "title": "Trip",
        "properties": {
            "zone": { "enum": ["a", 1, true, null] },
            "at": { "type": "string", "format": "date-time" },
            "legs": { "type": "array", "items": { "$ref": "#/$defs/leg" }, "minItems": 1 },
            "kind": { "const": "rail" },
            "note": { "type": ["string", "null"], "default": null },
            "minimum": { "type": "string", "pattern": "^[a-z]+$" },
        },
        "required": ["zone", "minimum"],
        "additionalProperties": false,
        "$defs": { "leg": { "type": "object", "properties": {}, "additionalProperties": false } },
    });
    let native = rewrite(&schema, true).unwrap();
    assert_eq!(native.schema.to_string(), schema.to_string());
    assert_eq!((native.described.len(), native.widened), (0, 0));
}

#[test]
fn rewriting_twice_changes_nothing() {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "mine",
        "type": "object",
        "properties": {
            "count": { "type": "integer", "minimum": 0, "examples": [3] },
            "either": { "oneOf": [{ "type": "string", "minLength": 2 }, { "properties": { "a": { "type": "null" } } }] },
            "part": { "allOf": [{ "$ref": "#/definitions/part" }], "description": "One part." },
        },
        "definitions": { "part": { "type": "string", "format": "zip" } },
    });
    let once = rewrite(&schema, true).unwrap();
    assert_eq!(once.widened, 1);
    let described: Vec<_> = once.described.iter().map(String::as_str).collect();
    assert_eq!(described, ["examples", "format", "minLength", "minimum"]);
    assert_eq!(
        once.schema,
        json!({
            "type": "object",
            "properties": {
                "count": { "type": "integer", "description": "minimum: 0, examples: [3]" },
                "either": { "anyOf": [
                    { "type": "string", "description": "minLength: 2" },
                    { "properties": { "a": { "type": "null" } }, "type": "object", "additionalProperties": false },
                ] },
                "part": { "$ref": "#/definitions/part", "description": "One part." },
            },
            "definitions": { "part": { "type": "string", "description": "format: \"zip\"" } },
            "additionalProperties": false,
        })
    );
    let twice = rewrite(&once.schema, true).unwrap();
    assert_eq!(twice, Native { schema: once.schema, described: BTreeSet::new(), widened: 0 });
}

#[test]
fn patterns_stay_only_where_they_are_simple_and_known() {
    let of = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    assert_eq!(sent(&of("^[A-Z]+$")), of("^[A-Z]+$"));
    for pattern in ["(?=a)", "a{2,3}", "\\bword\\b", "(a)\\1", "\\p{L}"] {
        let description = format!("pattern: {}", Value::from(pattern));
        assert_eq!(sent(&of(pattern)), json!({ "type": "string", "description": description }));
    }
    assert_eq!(rewrite(&of("^a$"), false).unwrap().described.len(), 1);
}

#[test]
fn what_cannot_be_said_is_named_with_its_place() {
    let within = |schema: Value| json!({ "type": "object", "properties": { "a/b": schema } });
    let place = "/properties/a~1b";
    for (schema, reason) in [
        (json!(true), format!("anything goes at `{place}`")),
        (json!({ "description": "?" }), format!("anything goes at `{place}`")),
        (json!({ "type": "object" }), format!("the object may have any members at `{place}`")),
        (json!({ "type": ["array", "null"] }), format!("the list may hold anything at `{place}`")),
        (json!({ "type": "array", "items": true }), format!("anything goes at `{place}/items`")),
        (
            json!({ "type": "object", "additionalProperties": { "type": "string" } }),
            format!("the object is open for other members at `{place}/additionalProperties`"),
        ),
        (
            json!({ "type": "object", "patternProperties": {} }),
            format!("the object is open for other members at `{place}/patternProperties`"),
        ),
        (
            json!({ "type": "array", "prefixItems": [] }),
            format!("there is no other way to say that at `{place}/prefixItems`"),
        ),
        (json!({ "enum": ["a", {}] }), format!("a value is an object or a list at `{place}/enum`")),
        (json!({ "const": [] }), format!("a value is an object or a list at `{place}/const`")),
        (json!({ "$ref": "#" }), format!("the reference leads to no definition at `{place}/$ref`")),
        (
            json!({ "allOf": [{ "type": "string" }, { "type": "null" }] }),
            format!("`allOf` is more than a reference at `{place}/allOf`"),
        ),
        (
            json!({ "anyOf": [{ "type": "null" }], "oneOf": [{ "type": "null" }] }),
            format!("`anyOf` would be there twice at `{place}`"),
        ),
        (json!({ "$id": "b", "type": "null" }), format!("references lead elsewhere at `{place}/$id`")),
    ] {
        assert_eq!(rewrite(&within(schema), true), Err(reason));
    }
}

#[test]
fn a_circle_of_references_cannot_be_said_and_a_shared_one_can() {
    let leads_to = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
    let with = |a: Value, b: Value| {
        json!({
            "anyOf": [leads_to("a"), leads_to("b")],
            "$defs": { "a": { "anyOf": [a] }, "b": { "anyOf": [b] } },
        })
    };
    let leaf = json!({ "type": "null" });
    assert!(rewrite(&with(leads_to("b"), leaf.clone()), true).is_ok());
    for circle in [with(leads_to("b"), leads_to("a")), with(leaf, leads_to("b"))] {
        let reason = rewrite(&circle, true).unwrap_err();
        assert!(reason.ends_with("refers to itself"), "{reason}");
    }
}
