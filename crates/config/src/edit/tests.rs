//! What an edit makes of a text, case by case. `laws` holds for any text, `files` is about reading and writing, `guards`
//! about what is only done if it is meant.

mod files;
mod guards;
mod laws;

use serde_json::{Value, json};

use super::*;
use crate::testing::path;

/// An edit of a text, of which no file is read or written.
fn edit_of(name: &str, text: &str) -> Edit {
    let edit = Edit {
        file: name.into(),
        before: Some(text.to_owned()),
        text: text.to_owned(),
        assigned: Vec::new(),
        loader: Arc::default(),
    };
    edit.document().unwrap();
    edit
}

/// The text after `set`, which a second `set` leaves as it is.
fn set(text: &str, key: &str, value: &Value) -> String {
    let mut edit = edit_of("c.json5", text);
    edit.set(&path(key), value).unwrap();
    assert_eq!(edit.get(&path(key)).as_ref(), Some(value), "{}", edit.text());
    let once = edit.text().to_owned();
    edit.set(&path(key), value).unwrap();
    assert_eq!(edit.text(), once);
    once
}

/// The text after `unset`, which a second `unset` leaves as it is.
fn unset(text: &str, key: &str) -> String {
    let mut edit = edit_of("c.json5", text);
    edit.unset(&path(key)).unwrap();
    assert_eq!(edit.get(&path(key)), None, "{}", edit.text());
    let once = edit.text().to_owned();
    edit.unset(&path(key)).unwrap();
    assert_eq!(edit.text(), once);
    once
}

const COMMENTED: &str = "\
// The region of the team.
{
\tmodels: { // all of them
\t\t'bedrockDiscovery': {
\t\t\tregion: 'eu-west-1', // Ireland
\t\t\t/* for an hour */ refreshInterval: 0xE10,
\t\t\t// geography: 'eu',
\t\t},
\t},
\t// the rest
}
// the end
";

#[test]
fn a_value_is_replaced_where_it_stands() {
    let cases = [
        ("models.bedrockDiscovery.region", json!("us-east-1"), "'eu-west-1'", "'us-east-1'"),
        ("models.bedrockDiscovery.region", json!("it's"), "'eu-west-1'", "\"it's\""),
        ("models.bedrockDiscovery.region", json!("a \"b\"\n"), "'eu-west-1'", "'a \"b\"\\n'"),
        ("models.bedrockDiscovery.region", Value::Null, "'eu-west-1'", "null"),
        ("models.bedrockDiscovery.refreshInterval", json!(0), "0xE10", "0"),
        ("models.bedrockDiscovery.refreshInterval", json!([1, 2.5]), "0xE10", "[1, 2.5]"),
        ("models.bedrockDiscovery.refreshInterval", json!({}), "0xE10", "{}"),
        (
            "models.bedrockDiscovery.refreshInterval",
            json!({ "a": true }),
            "0xE10",
            "{\n\t\t\t\ta: true,\n\t\t\t}",
        ),
        (
            "models.bedrockDiscovery.region",
            json!({ "a": { "b-c": [] } }),
            "'eu-west-1'",
            "{\n\t\t\t\ta: {\n\t\t\t\t\t'b-c': [],\n\t\t\t\t},\n\t\t\t}",
        ),
    ];
    for (key, value, old, new) in cases {
        assert_eq!(set(COMMENTED, key, &value), COMMENTED.replace(old, new), "{key} {value}");
    }
}

#[test]
fn what_is_there_already_changes_nothing() {
    let cases = [
        ("models.bedrockDiscovery.region", json!("eu-west-1")),
        ("models.bedrockDiscovery.refreshInterval", json!(3600)),
        ("models.bedrockDiscovery.refreshInterval", json!(3600.0)),
        ("models.bedrockDiscovery", json!({ "refreshInterval": 3600, "region": "eu-west-1" })),
        ("models", json!({ "bedrockDiscovery": { "refreshInterval": 3600, "region": "eu-west-1" } })),
    ];
    for (key, value) in cases {
        let mut edit = edit_of("c.json5", COMMENTED);
        edit.set(&path(key), &value).unwrap();
        assert_eq!(edit.text(), COMMENTED, "{key}");
        assert_eq!(edit.assigned, []);
    }
}

#[test]
fn a_new_key_comes_last_in_the_manner_of_its_neighbours() {
    let cases = [
        // Trailing commas, comments and indentation as they are.
        (
            COMMENTED,
            "models.bedrockDiscovery.includeLegacy",
            json!(true),
            COMMENTED.replace("0xE10,\n", "0xE10,\n\t\t\tincludeLegacy: true,\n"),
        ),
        (
            COMMENTED,
            "models.overrides.\"a.b\".tools",
            json!(true),
            COMMENTED.replace(
                "\t\t},\n\t},\n",
                "\t\t},\n\t\toverrides: {\n\t\t\t'a.b': {\n\t\t\t\ttools: true,\n\t\t\t},\n\t\t},\n\t},\n",
            ),
        ),
        // No comma where there was none, and the comment stays with its key.
        ("{\n  a: 1 // one\n}", "b", json!(2), "{\n  a: 1, // one\n  b: 2\n}".to_owned()),
        (
            "{\n  a: 1,  /* one */ // uno\n  // two\n}",
            "b",
            json!(2),
            "{\n  a: 1,  /* one */ // uno\n  b: 2,\n  // two\n}".to_owned(),
        ),
        ("{\n  a: 1 }", "b", json!(2), "{\n  a: 1,\n  b: 2 }".to_owned()),
        ("{\n  a: 1\n  ,\n}", "b", json!(2), "{\n  a: 1\n  ,\n  b: 2,\n}".to_owned()),
        // On one line.
        ("{ a: 1 }", "b", json!({ "c": [1] }), "{ a: 1, b: { c: [1] } }".to_owned()),
        ("{a:1,}", "b", json!(2), "{a:1, b: 2,}".to_owned()),
        ("{ a: {} }", "a.b.c", json!(2), "{ a: {b: { c: 2 }} }".to_owned()),
        ("{ a: { /* none */ } }", "a.b", json!(2), "{ a: { /* none */ b: 2 } }".to_owned()),
        ("{ a: 1 // one\n}", "b", json!(2), "{ a: 1, b: 2 // one\n}".to_owned()),
        ("{\n  a: 1, b: 2\n}", "c", json!({ "d": 3 }), "{\n  a: 1, b: 2, c: { d: 3 }\n}".to_owned()),
        // Into nothing.
        ("{\n  a: {},\n}", "a.b", json!(2), "{\n  a: { b: 2 },\n}".to_owned()),
        ("{\n  a: {\n  },\n}", "a.b", json!(2), "{\n  a: {\n    b: 2,\n\n  },\n}".to_owned()),
        ("{\n  a: { // none\n  }\n}", "a.b", json!(2), "{\n  a: { // none\n    b: 2\n  }\n}".to_owned()),
        ("{}", "a.b", json!(2), "{\n  a: {\n    b: 2\n  }\n}".to_owned()),
        ("{ // none\n}\n", "a", json!(2), "{ // none\n  a: 2,\n}\n".to_owned()),
        ("", "a", json!("x"), "{\n  a: \"x\",\n}\n".to_owned()),
        ("\u{feff}", "a", json!(2), "\u{feff}{\n  a: 2,\n}\n".to_owned()),
        ("// only this", "a", json!(2), "// only this\n{\n  a: 2,\n}".to_owned()),
        (
            "// this\r\n/* that */\r\n",
            "a",
            json!(2),
            "// this\r\n/* that */\r\n{\r\n  a: 2,\r\n}\r\n".to_owned(),
        ),
        // Line breaks and marks of other systems.
        (
            "\u{feff}{\r\n    a: 1,\r\n}\r\n",
            "b.c",
            json!([]),
            "\u{feff}{\r\n    a: 1,\r\n    b: {\r\n        c: [],\r\n    },\r\n}\r\n".to_owned(),
        ),
    ];
    for (text, key, value, expected) in cases {
        assert_eq!(set(text, key, &value), expected, "{key} in {text}");
    }
}

#[test]
fn keys_are_quoted_as_the_others_are() {
    let cases = [
        ("{ a: 1 }", "b", "{ a: 1, b: 0 }"),
        ("{ a: 1 }", "amazon-bedrock", "{ a: 1, \"amazon-bedrock\": 0 }"),
        ("{ a: 1 }", "\"b.c\"", "{ a: 1, \"b.c\": 0 }"),
        ("{ a: 1 }", "\"1a\"", "{ a: 1, \"1a\": 0 }"),
        ("{ a: 1 }", "ä", "{ a: 1, \"ä\": 0 }"),
        ("{ a: 1 }", "\"\"", "{ a: 1, \"\": 0 }"),
        ("{ a: 'x' }", "\"b.c\"", "{ a: 'x', 'b.c': 0 }"),
        ("{ a: 'x' }", "\"it's\"", "{ a: 'x', \"it's\": 0 }"),
        ("{ \"a\": 1 }", "b", "{ \"a\": 1, \"b\": 0 }"),
        ("{ 'a': 1 }", "b", "{ 'a': 1, 'b': 0 }"),
        ("{ 'a-b': 1 }", "b", "{ 'a-b': 1, b: 0 }"),
        ("{ 'a-b': 1, c: 1, 'd': 1, e: 1 }", "b", "{ 'a-b': 1, c: 1, 'd': 1, e: 1, b: 0 }"),
    ];
    for (text, key, expected) in cases {
        assert_eq!(set(text, key, &json!(0)), expected);
    }
}

#[test]
fn a_file_of_plain_json_stays_one() {
    let mut edit = edit_of("c.json", "");
    edit.set(&path("a.b"), &json!([{ "c": 1 }, 2])).unwrap();
    edit.set(&path("d"), &json!("e\u{2028}")).unwrap();
    assert_eq!(
        edit.text(),
        r#"{
  "a": {
    "b": [
      {
        "c": 1
      },
      2
    ]
  },
  "d": "e\u2028"
}
"#
    );
    assert_eq!(
        serde_json::from_str::<Value>(edit.text()).unwrap(),
        json!({ "a": { "b": [{ "c": 1 }, 2] }, "d": "e\u{2028}" })
    );
}

#[test]
fn long_lists_take_a_line_for_each_element() {
    let ids = [
        "us.anthropic.claude-opus-4-6-v1:0",
        "us.anthropic.claude-sonnet-4-6",
        "us.amazon.nova-premier-v1:0",
    ];
    let spread = "{\n  a: [\n    \"us.anthropic.claude-opus-4-6-v1:0\",\n    \"us.anthropic.claude-sonnet-4-6\",\n    \"us.amazon.nova-premier-v1:0\",\n  ],\n}\n";
    assert_eq!(set("", "a", &json!(ids)), spread);
    assert_eq!(set("{ b: 1 }", "a", &json!(ids)).lines().count(), 1);
    assert_eq!(set("", "a", &json!(["x", 1, null])), "{\n  a: [\"x\", 1, null],\n}\n");
}

#[test]
fn a_value_is_removed_with_its_line() {
    let cases = [
        (
            COMMENTED,
            "models.bedrockDiscovery.region",
            COMMENTED.replace("\t\t\tregion: 'eu-west-1', // Ireland\n", ""),
        ),
        (
            COMMENTED,
            "models.bedrockDiscovery.refreshInterval",
            COMMENTED
                .replace("\t\t\t/* for an hour */ refreshInterval: 0xE10,\n", "\t\t\t/* for an hour */\n"),
        ),
        (COMMENTED, "models.bedrockDiscovery.geography", COMMENTED.to_owned()),
        (COMMENTED, "models.bedrockDiscovery.region.deeper", COMMENTED.to_owned()),
        ("{\n  a: 1,\n  b: 2\n}", "b", "{\n  a: 1\n}".to_owned()),
        ("{\n  a: 1,\n  b: 2\n}", "a", "{\n  b: 2\n}".to_owned()),
        ("{\r\n  a: 1,\r\n  b: 2,\r\n}", "b", "{\r\n  a: 1,\r\n}".to_owned()),
        ("{\n  a: 1 // one\n}", "a", "{\n}".to_owned()),
        ("{\n  a: 1, // one\n  b: {\n    // two\n    c: 2,\n  },\n}", "b", "{\n  a: 1, // one\n}".to_owned()),
        ("{ a: 1, b: 2, c: 3 }", "b", "{ a: 1, c: 3 }".to_owned()),
        ("{ a: 1, b: 2, c: 3 }", "a", "{ b: 2, c: 3 }".to_owned()),
        ("{ a: 1, b: 2, c: 3 }", "c", "{ a: 1, b: 2 }".to_owned()),
        ("{ a: 1, /* two */ b: 2 }", "b", "{ a: 1 /* two */ }".to_owned()),
        ("{ a: { b: 1, } }", "a.b", "{}".to_owned()),
        ("{\n  a: 1,\n  b: 2 }", "b", "{\n  a: 1 }".to_owned()),
        ("{\n  a: 1, b: 2,\n  c: 3 }", "b", "{\n  a: 1,\n  c: 3 }".to_owned()),
        ("{ a: [1, 2, 3] }", "a[1]", "{ a: [1, 3] }".to_owned()),
        ("{ a: [1] }", "a[0]", "{ a: [] }".to_owned()),
        ("{ a: [1] }", "a[1]", "{ a: [1] }".to_owned()),
        ("// nothing", "a", "// nothing".to_owned()),
        // The same key twice.
        ("{ a: 1, b: 2, a: 3 }", "a", "{ b: 2 }".to_owned()),
    ];
    for (text, key, expected) in cases {
        let mut edit = edit_of("c.json5", text);
        edit.unset(&path(key)).unwrap();
        assert_eq!(edit.text(), expected, "{key} in {text}");
    }
    assert_eq!(unset("{ a: 1 }", "a"), "{}");
}

#[test]
fn what_was_added_can_be_taken_back_byte_for_byte() {
    for text in [
        COMMENTED,
        "{\n  a: 1 // one\n}",
        "{\n  a: 1,\n}\n",
        "{ a: 1 }",
        "{ a: 1, }",
        "{a:1}",
        "{ a: {} }",
        "\u{feff}{\r\n  a: 1\r\n}\r\n",
        "{ \"a\": 1, // one\n \"b\": 2\n}",
    ] {
        assert_eq!(unset(&set(text, "new", &json!([1, "x"])), "new"), text);
    }
    let cases = [
        ("", "models.providers.x.region"),
        ("// mine", "models.providers.x.region"),
        ("// mine\r\n", "models.providers.x.region"),
        ("{}\n", "models.providers.x.region"),
        ("{\n}\n", "models.providers.x.region"),
        ("{ /* mine */ }\n", "models.providers.x.region"),
        ("{ models: {} }", "models.providers.x.region"),
        ("{\n  models: {},\n}\n", "models.providers.x.region"),
        ("{\n  models: {\n  },\n}\n", "models.providers.x.region"),
        ("{ models: { providers: { x: { models: [] } } } }", "models.providers.x.models.m"),
        ("{ models: { providers: { x: {} } } }", "models.providers.x.models.m"),
        ("{ models: { providers: { x: {} } } }", "models.providers.x.models.m.name"),
        ("{ models: { providers: { x: { models: [{ id: 'm' }] } } } }", "models.providers.x.models.m.name"),
        (
            "{\n  models: {\n    providers: {\n      x: {\n        models: [],\n      },\n    },\n  },\n}\n",
            "models.providers.x.models.m.cost.input",
        ),
        (
            "{\n  agents: {\n    defaults: {\n      model: 'p/a',\n    },\n  },\n}\n",
            "agents.defaults.model.fallbacks",
        ),
        ("{ agents: { defaults: { model: 'p/a' } } }", "agents.defaults.model.fallbacks"),
        ("{ agents: { defaults: { model: { primary: 'p/a' } } } }", "agents.defaults.model.fallbacks"),
        (COMMENTED, "models.providers.x.region"),
    ];
    for (text, key) in cases {
        let changed = set(text, key, &json!({ "id": "m" }));
        assert_eq!(unset(&changed, key), text, "{changed}");
    }
}

#[test]
fn what_somebody_else_wrote_around_a_value_stays() {
    let cases = [
        ("{\n  a: {\n    // why\n    b: 1,\n  },\n}", "a.b", "{\n  a: {\n    // why\n  },\n}"),
        // The long form of the default model, and a model that has no more than its id.
        (
            "{ agents: { defaults: { model: { primary: 'p/a', fallbacks: [] } } } }",
            "agents.defaults.model.fallbacks",
            "{ agents: { defaults: { model: { primary: 'p/a' } } } }",
        ),
        (
            "{ models: { providers: { x: { models: [{ id: 'm', name: 'N' }] } } } }",
            "models.providers.x.models.m.name",
            "{ models: { providers: { x: { models: [{ id: 'm' }] } } } }",
        ),
    ];
    for (text, key, expected) in cases {
        assert_eq!(unset(text, key), expected);
    }
}

#[test]
fn of_equal_keys_the_one_that_counts_is_set() {
    assert_eq!(set("{ a: 1, a: 2 }", "a", &json!(3)), "{ a: 1, a: 3 }");
    assert_eq!(set("{ a: { b: 1 }, a: {} }", "a.b", &json!(3)), "{ a: { b: 1 }, a: {b: 3} }");
}

#[test]
fn of_an_object_only_what_differs_is_touched() {
    let text = "{\n  a: {\n    b: 1, // stays\n    c: 2, // goes\n    // about d\n    d: { e: 0x10, f: 'x' },\n  },\n}\n";
    let value = json!({ "b": 1, "d": { "e": 16, "f": "y" }, "g": null });
    assert_eq!(
        set(text, "a", &value),
        "{\n  a: {\n    b: 1, // stays\n    // about d\n    d: { e: 0x10, f: 'y' },\n    g: null,\n  },\n}\n"
    );
}

#[test]
fn objects_that_were_made_for_values_go_with_the_last_of_them() {
    let mut edit = edit_of("c.json5", "");
    let keys = ["a.x.one", "a.y.two", "b.three", "a.x.four"].map(path);
    for key in &keys {
        edit.set(key, &json!(1)).unwrap();
    }
    for key in &keys {
        edit.unset(key).unwrap();
    }
    assert_eq!(edit.text(), "");
    assert_eq!(unset("{ a: { /* why */ b: 1 }, c: 2 }", "a.b"), "{ a: { /* why */ }, c: 2 }");
    assert_eq!(unset("{ a: { b: {} } }", "a.c"), "{ a: { b: {} } }");
}

#[test]
fn a_model_keeps_the_id_that_it_is_named_by() {
    let text = "{ models: { providers: { x: { models: [{ id: 'a', name: 'Old' }] } } } }";
    let key = "models.providers.x.models.a";
    let changed = |value: &Value| {
        let mut edit = edit_of("c.json5", text);
        edit.set(&path(key), value).map(|()| edit.text().to_owned())
    };
    assert_eq!(changed(&json!({ "name": "New" })).unwrap(), text.replace("Old", "New"));
    assert_eq!(changed(&json!({ "id": "a", "name": "New" })).unwrap(), text.replace("Old", "New"));
    let error = changed(&json!({ "id": "b", "name": "New" })).unwrap_err();
    assert!(error.to_string().ends_with("cannot be set: the value has another `id`"), "{error}");
    let new = set("{}", key, &json!({ "name": "New", "id": "a" }));
    assert_eq!(unset(&new, key), "{}");
}

#[test]
fn a_text_for_the_long_form_of_the_default_model_is_its_primary() {
    let text = "{ agents: { defaults: { model: { primary: 'p/a', fallbacks: ['p/b'] /* ours */ } } } }";
    let mut edit = edit_of("c.json5", text);
    edit.set(&path("agents.defaults.model"), &json!("p/c")).unwrap();
    assert_eq!(edit.text(), text.replace("p/a", "p/c"));
}

#[test]
fn models_are_found_by_their_id_or_position() {
    let text = "{ models: { providers: { x: { models: [{ id: 'a.b', name: 'A' }, { id: 'c' }] } } } }";
    let list = "models.providers.x.models";
    let cases = [
        (format!("{list}.\"a.b\".name"), text.replace("'A'", "'N'")),
        (format!("{list}[0].name"), text.replace("'A'", "'N'")),
        (format!("{list}.c.name"), text.replace("'c' }", "'c', name: 'N' }")),
        (format!("{list}[1].name"), text.replace("'c' }", "'c', name: 'N' }")),
        (format!("{list}.\"d/e\".name"), text.replace("'c' }]", "'c' }, { name: 'N', id: 'd/e' }]")),
        (format!("{list}.c.cost.input"), text.replace("'c' }", "'c', cost: { input: 'N' } }")),
        (
            "models.providers.y.models.m.name".to_owned(),
            text.replace("}] } } } }", "}] }, y: { models: [{ name: 'N', id: 'm' }] } } } }"),
        ),
        (format!("{list}[1]"), text.replace("{ id: 'c' }", "'N'")),
    ];
    for (key, expected) in cases {
        assert_eq!(set(text, &key, &json!("N")), expected, "{key}");
    }
    assert_eq!(unset(text, &format!("{list}.\"a.b\"")), text.replace("{ id: 'a.b', name: 'A' }, ", ""));
    let twice = "{ models: { providers: { x: { models: [{ id: 'a' }, { id: 'a' }] } } } }";
    assert_eq!(unset(twice, &format!("{list}.a")), "{ models: { providers: { x: { models: [] } } } }");
}

#[test]
fn the_short_form_of_the_default_model_is_kept_as_long_as_it_can_be() {
    let text = "{\n  agents: {\n    defaults: {\n      model: 'p/a', // ours\n    },\n  },\n}\n";
    let key = "agents.defaults.model.primary";
    assert_eq!(set(text, key, &json!("p/b")), text.replace("p/a", "p/b"));
    let mut edit = edit_of("c.json5", text);
    edit.set(&path(key), &json!("p/a")).unwrap();
    assert_eq!((edit.text(), edit.assigned.len()), (text, 0));
    assert_eq!(edit.get(&path(key)), Some(json!("p/a")));
    assert_eq!(edit.get(&path("agents.defaults.model")), Some(json!("p/a")));
    assert_eq!(edit.get(&path("agents.defaults.model.fallbacks")), None);
    assert_eq!(
        set(text, "agents.defaults.model.fallbacks", &json!(["p/b"])),
        text.replace("'p/a'", "{\n        fallbacks: ['p/b'],\n        primary: 'p/a',\n      }")
    );
    assert_eq!(
        set("{ agents: { defaults: { model: 'x' } } }", key, &Value::Null),
        "{ agents: { defaults: { model: { primary: null } } } }"
    );
    assert_eq!(unset(text, key), "{\n}\n");
    // Nowhere else is a string short for anything.
    let mut elsewhere = edit_of("c.json5", "{ model: 'p/a' }");
    assert!(matches!(elsewhere.set(&path("model.primary"), &json!("p/b")), Err(EditError::Blocked(_))));
}

#[test]
fn a_path_that_leads_nowhere_names_what_is_in_its_way() {
    let text = "\u{feff}{\n  // secrets may stand here\n  a: 'x', b: [1, { c: 2 }], n: null,\n}";
    let cases = [
        ("a.b.c", "c.json5:3:6: `a.b.c` cannot be set: `a` is a string"),
        ("b.c", "c.json5:3:14: `b.c` cannot be set: `b` is an array"),
        ("b[1].c.d", "c.json5:3:23: `b[1].c.d` cannot be set: `b[1].c` is a number"),
        ("n.x", "c.json5:3:32: `n.x` cannot be set: `n` is null"),
        ("b[2]", "c.json5:3:14: `b[2]` names an element by a position at which there is none"),
        ("b[2].c", "c.json5:3:14: `b[2].c` names an element by a position at which there is none"),
        ("d[0]", "c.json5:2:1: `d[0]` names an element by a position at which there is none"),
    ];
    for (key, expected) in cases {
        let mut edit = edit_of("c.json5", text);
        let error = edit.set(&path(key), &json!(1)).unwrap_err();
        let expected = if key == "d[0]" { expected.replace(":2:1:", ":1:1:") } else { expected.to_owned() };
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.hints().len(), 1, "{error:?}");
        assert_eq!(edit.text(), text);
        edit.unset(&path(key)).unwrap();
        assert_eq!(edit.text(), text);
    }
    let mut empty = edit_of("c.json5", "");
    assert!(matches!(empty.set(&path("a[0]"), &json!(1)), Err(EditError::Blocked(_))));
}

#[test]
fn debug_shows_no_text() {
    let mut edit = edit_of("c.json5", "{ apiKey: 'hush' }");
    edit.set(&path("password"), &json!("hush")).unwrap();
    let shown = format!("{edit:?}");
    assert!(shown.contains("c.json5") && shown.contains("password") && !shown.contains("hush"), "{shown}");
}
