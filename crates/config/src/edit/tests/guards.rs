//! What is lost only on purpose, what is compared first, and what is shown of a change.

use super::*;

const FULL: &str = "\
{
  models: {
    providers: {
      mine: { api: 'x', models: [{ id: 'a.b', name: 'A' }, { id: 'c' }] },
      other: { api: 'x' },
    },
    overrides: { 'm*': { name: 'M' } },
  },
  agents: { defaults: { models: { 'p/a': { alias: 'a' } } } },
}
";

/// What the edit would lose by setting a value, or by removing it.
fn lost(key: &str, value: Option<&Value>) -> Vec<String> {
    let mut edit = edit_of("c.json5", FULL);
    let path = path(key);
    let removed = match value {
        Some(value) => edit.set(&path, value).map(|()| None).unwrap(),
        None => edit.unset(&path).map(|()| Some(&path)).unwrap(),
    };
    match edit.keep_entries(removed) {
        Ok(()) => Vec::new(),
        Err(EditError::Loses { entries, .. }) => entries.iter().map(ToString::to_string).collect(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn entries_of_maps_are_lost_on_purpose_only() {
    let (a, c) = (r#"models.providers.mine.models."a.b""#, "models.providers.mine.models.c");
    let (mine, other) = ("models.providers.mine", "models.providers.other");
    let (pattern, alias) = (r#"models.overrides."m*""#, r#"agents.defaults.models."p/a""#);
    let cases = [
        ("models.providers", json!({ "other": { "api": "x" } }), vec![mine]),
        ("models.providers", json!({}), vec![mine, other]),
        ("models.providers", Value::Null, vec![mine, other]),
        ("models", json!({}), vec![pattern, mine, other]),
        (mine, json!({ "api": "y" }), vec![a, c]),
        (mine, json!({ "models": [{ "id": "c", "name": "C" }, { "id": "a.b" }] }), vec![]),
        ("models.providers.mine.models", json!([{ "id": "new" }, { "id": "c" }]), vec![a]),
        ("models.providers.mine.models[0]", json!({ "id": "new" }), vec![a]),
        ("models.providers.mine.models.c", json!({ "id": "c", "name": "C" }), vec![]),
        ("models.overrides", json!({ "n": {} }), vec![pattern]),
        (r#"models.overrides."m*""#, json!({}), vec![]),
        ("models.overrides.n.name", json!("N"), vec![]),
        ("agents.defaults", json!({ "model": "p/a" }), vec![alias]),
        ("models.bedrockDiscovery", json!({}), vec![]),
    ];
    for (key, value, expected) in cases {
        assert_eq!(lost(key, Some(&value)), expected, "{key} {value}");
    }
    for entry in [a, mine, pattern, alias, "models.providers.mine.models[1]", "models.providers.mine.api"] {
        assert_eq!(lost(entry, None), [""; 0], "{entry}");
    }
    assert_eq!(lost("models.providers.mine.models", None), [a, c]);
    assert_eq!(lost("models.providers", None), [mine, other]);
    assert_eq!(lost("agents", None), [alias]);
}

#[test]
fn an_entry_that_was_made_for_a_value_goes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.json5");
    let key = path("models.overrides.\"m*\".tools");
    let mut edit = Edit::open(&file).unwrap();
    edit.set(&key, &json!(true)).unwrap();
    edit.write().unwrap();
    let mut edit = Edit::open(&file).unwrap();
    edit.unset(&key).unwrap();
    assert_eq!(edit.text(), "");
    assert!(edit.keep_entries(Some(&key)).is_ok());
    assert!(matches!(edit.keep_entries(None), Err(EditError::Loses { .. })));
}

#[test]
fn what_would_be_lost_is_named() {
    let mut edit = edit_of("c.json5", FULL);
    edit.set(&path("models.providers"), &json!({})).unwrap();
    let error = edit.keep_entries(None).unwrap_err();
    assert_eq!(error.to_string(), "`c.json5` would lose `models.providers.mine`, `models.providers.other`");
    assert_eq!(error.hints(), ["set or remove single entries, by their own keys"]);
}

#[test]
fn a_value_is_compared_with_what_is_expected() {
    let edit = edit_of("c.json5", "{ a: 0xE10, b: null, c: 'hush', d: { x: [1], y: 2 } }");
    let cases = [
        ("a", Some(json!(3600)), true),
        ("a", Some(json!(3600.0)), true),
        ("a", Some(json!("3600")), false),
        ("a", None, false),
        ("b", Some(Value::Null), true),
        ("b", None, false),
        ("z", None, true),
        ("a.z", None, true),
        ("z", Some(Value::Null), false),
        ("d", Some(json!({ "y": 2, "x": [1] })), true),
        ("d", Some(json!({ "y": 2 })), false),
    ];
    for (key, expected, holds) in cases {
        assert_eq!(edit.require(&path(key), expected.as_ref()).is_ok(), holds, "{key} {expected:?}");
    }
    let other = edit.require(&path("c"), Some(&json!("a-secret"))).unwrap_err();
    assert_eq!(other.to_string(), "`c.json5` has another value than expected at `c`");
    let none = edit.require(&path("z"), Some(&json!("a-secret"))).unwrap_err();
    assert_eq!(none.to_string(), "`c.json5` has no value at `z`");
    assert_eq!(none.hints().len(), 1);
}

#[test]
fn a_change_is_shown_as_a_unified_diff_without_secrets() {
    let text = "\u{feff}{\n  // ours\n  a: 1,\n  b: 2,\n  c: 3,\n  models: { providers: { x: { apiKey: 'hush' } } },\n}";
    let mut edit = edit_of("c.json5", text);
    assert_eq!(edit.diff(), "");
    edit.set(&path("b"), &json!(5)).unwrap();
    insta::assert_snapshot!(edit.diff(), @r"
    --- c.json5
    +++ c.json5
    @@ -1,7 +1,7 @@
     {
       // ours
       a: 1,
    -  b: 2,
    +  b: 5,
       c: 3,
       models: { providers: { x: { apiKey: ****** } } },
     }
    \ No newline at end of file
    ");
    // A secret that somebody took out for a while is one all the same.
    let mut edit = edit_of("c.json5", "{\n  // apiKey: 'hush',\n  b: 2, /* password: 'hush' */\n}\n");
    edit.set(&path("b"), &json!(5)).unwrap();
    let diff = edit.diff();
    assert!(diff.contains("+  b: 5, ***") && !diff.contains("hush"), "{diff}");
    // A secret that changes is a changed line, even if both look the same.
    let mut edit = edit_of("c.json5", "{ models: { providers: { x: { apiKey: 'hush' } } } }\n");
    edit.set(&path("models.providers.x.apiKey"), &json!("hash")).unwrap();
    insta::assert_snapshot!(edit.diff(), @r"
    --- c.json5
    +++ c.json5
    @@ -1 +1 @@
    -{ models: { providers: { x: { apiKey: ****** } } } }
    +{ models: { providers: { x: { apiKey: ****** } } } }
    ");
}

#[test]
fn a_new_file_comes_from_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let mut edit = Edit::open(folder.path().join("new.json5")).unwrap();
    edit.set(&path("models.bedrockDiscovery.enabled"), &json!(true)).unwrap();
    let diff = edit.diff();
    assert!(diff.starts_with("--- /dev/null\n+++ "), "{diff}");
    assert!(
        diff.ends_with("@@ -0,0 +1,7 @@\n+{\n+  models: {\n+    bedrockDiscovery: {\n+      enabled: true,\n+    },\n+  },\n+}\n"),
        "{diff}"
    );
    assert!(edit.check().is_ok());
    edit.set(&path("models.bedrockDiscovery.enabled"), &json!("perhaps")).unwrap();
    assert!(matches!(edit.check(), Err(EditError::Invalid(_))));
}
