//! What is cut out leaves no trace, and nothing else goes with it.

use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::testing::path;

fn edit_of(text: &str) -> Edit {
    Edit {
        file: "c.json5".into(),
        before: None,
        text: text.to_owned(),
        assigned: Vec::new(),
        loader: Arc::default(),
    }
}

fn pruned(text: &str, keys: &[&str]) -> String {
    let mut edit = edit_of(text);
    let keys: Vec<_> = keys.iter().map(|key| path(key)).collect();
    edit.prune(&keys).unwrap();
    let once = edit.text.clone();
    for key in keys {
        assert_eq!(edit.get(&key), None, "{once}");
    }
    edit.prune(&[path("not.there")]).unwrap();
    assert_eq!(edit.text, once);
    once
}

#[test]
fn what_belonged_to_it_goes_along() {
    let text = "\
// The file.
{
  // About all of it.

  // Ours.
  a: 1, // one

  // ---- not ours ----

  // The port.
  b: { port: 1 }, // two
  /* more
     of it */
  c: 3,
  // that was c

  // ---- ours again ----

  d: 4,
  // below d

  e: 5,
  // below e
}
// The end.
";
    let expected = "\
// The file.
{
  // About all of it.

  // Ours.
  a: 1, // one

  // ---- ours again ----

  d: 4,
  // below d
}
// The end.
";
    assert_eq!(pruned(text, &["b", "c", "e"]), expected);
    assert_eq!(pruned(&text.replace('\n', "\r\n"), &["b", "c", "e"]), expected.replace('\n', "\r\n"));
    // A byte order mark is no part of it.
    assert_eq!(pruned(&format!("\u{feff}{text}"), &["b", "c", "e"]), format!("\u{feff}{expected}"));
}

#[test]
fn a_heading_stays_as_long_as_it_heads_something() {
    let text = "{\n  a: 1,\n\n  // ---- two ----\n\n  b: 2,\n  c: 3,\n}\n";
    assert_eq!(pruned(text, &["b"]), text.replace("  b: 2,\n", ""));
    assert_eq!(pruned(text, &["c"]), text.replace("  c: 3,\n", ""));
    assert_eq!(pruned(text, &["b", "c"]), "{\n  a: 1,\n}\n");
    assert_eq!(pruned(text, &["a"]), "{\n  // ---- two ----\n\n  b: 2,\n  c: 3,\n}\n");
}

#[test]
fn what_is_empty_without_it_goes_too_and_the_object_of_the_file_stays() {
    let text = "{\n  x: {\n    // far\n    y: { z: 1 },\n  },\n  models: [\n    { id: 'm', a: 1 },\n    [2],\n  ],\n}\n";
    assert_eq!(pruned(text, &["x.y.z"]), "{\n  models: [\n    { id: 'm', a: 1 },\n    [2],\n  ],\n}\n");
    assert_eq!(
        pruned(text, &["models[1][0]", "x", "models[0].a"]),
        "{\n  models: [\n    { id: 'm' },\n  ],\n}\n"
    );
    assert_eq!(pruned(text, &["x", "models"]), "{\n}\n");
    assert_eq!(pruned("{ a: 1, a: 2 }", &["a"]), "{}");
    assert_eq!(pruned("// nothing\n", &["a"]), "// nothing\n");
    assert_eq!(pruned("{ a: {} }", &["b"]), "{ a: {} }", "what was empty before is somebody's");
}

#[test]
fn items_that_share_a_line_are_cut_within_it() {
    let text = "{ a: 1, /* of b */ b: 2, c: 3 }";
    assert_eq!(pruned(text, &["a"]), "{ b: 2, c: 3 }");
    assert_eq!(pruned(text, &["b"]), "{ a: 1, /* of b */ c: 3 }");
    assert_eq!(pruned(text, &["b", "c"]), "{ a: 1 }");
    assert_eq!(pruned("{ a: 1, b: 2, }", &["b"]), "{ a: 1, }");
    assert_eq!(pruned("{\n  a: 1, b: 2,\n  c: 3\n}", &["a"]), "{\n  b: 2,\n  c: 3\n}");
    assert_eq!(pruned("{\n  a: 1, b: 2,\n  c: 3\n}", &["b", "c"]), "{\n  a: 1\n}");
    assert_eq!(pruned("{\n  a: 1,\n  b: 2, c: 3\n}", &["b"]), "{\n  a: 1,\n  c: 3\n}");
    assert_eq!(pruned("{\n  a: 1,\n  /* b\n */ b: 2,\n  c: 3\n}", &["a"]), "{\n  /* b\n */ b: 2,\n  c: 3\n}");
    assert_eq!(pruned("{\n  a: 1,\n  c: 3\n}", &["c"]), "{\n  a: 1\n}", "there was no comma behind the last");
}

/// A member with what stands before it and behind it, and whether it is cut.
type Member = (bool, bool, bool, bool, bool);

/// Members on lines of their own: a blank line, a comment of their own, the members within.
fn text(members: &[Member], comma: bool) -> String {
    let mut text = "{\n".to_owned();
    for (number, (_, blank, comment, nested, behind)) in members.iter().enumerate() {
        text.push_str(if *blank && number > 0 { "\n" } else { "" });
        if *comment {
            writeln!(text, "  // of m{number}.").unwrap();
        }
        let value = if *nested { "{\n    // in it\n    x: 1\n  }" } else { "1" };
        let separator = if number + 1 < members.len() || comma { "," } else { "" };
        let remark = if *behind { format!(" // at m{number}.") } else { String::new() };
        writeln!(text, "  m{number}: {value}{separator}{remark}").unwrap();
    }
    text + "}\n"
}

proptest! {
    #[test]
    fn of_any_text_the_rest_is_left(text in crate::parse::oracle::file(), doomed in prop::collection::vec(any::<bool>(), 8)) {
        let Some(Value::Object(mut expected)) = crate::parse_json5(&text) else { return Ok(()) };
        let keys: Vec<_> = expected.keys().zip(doomed).filter(|(_, doomed)| *doomed).map(|(key, _)| key.clone()).collect();
        let mut edit = edit_of(&text);
        edit.prune(&keys.iter().map(|key| KeyPath::default().key(key)).collect::<Vec<_>>()).unwrap();
        expected.retain(|key, _| !keys.contains(key));
        prop_assert_eq!(crate::parse_json5(edit.text()), Some(Value::Object(expected)), "{:?}: {:?}", keys, edit.text());
        if keys.is_empty() {
            prop_assert_eq!(edit.text(), text);
        }
    }

    #[test]
    fn what_stays_is_as_it_was(members in prop::collection::vec(any::<Member>(), 1..8), comma in any::<bool>()) {
        let cut: Vec<_> = members.iter().map(|member| member.0).collect();
        let doomed: Vec<_> = (0..cut.len()).filter(|it| cut[*it]).map(|it| format!("m{it}")).collect();
        let result = pruned(&text(&members, comma), &doomed.iter().map(String::as_str).collect::<Vec<_>>());
        let value = crate::parse_json5(&result);
        let Some(Value::Object(left)) = value else { panic!("{result}") };
        prop_assert_eq!(left.len() + doomed.len(), members.len(), "{}", result);
        for (number, (is_cut, _, comment, _, behind)) in members.iter().enumerate() {
            prop_assert_eq!(result.contains(&format!("// of m{number}.")), *comment && !is_cut, "{}", result);
            prop_assert_eq!(result.contains(&format!("// at m{number}.")), *behind && !is_cut, "{}", result);
        }
        prop_assert!(!result.contains("\n\n\n") && !result.contains("{\n\n") && !result.contains("\n\n}"), "{}", result);
        prop_assert!(comma || left.is_empty() || !result.contains(",\n}"), "{}", result);
        if doomed.is_empty() {
            prop_assert_eq!(result, text(&members, comma));
        }
    }
}
