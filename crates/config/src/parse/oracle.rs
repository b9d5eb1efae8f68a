//! The `json5` crate as a second opinion: what it reads is read here too, and as the same value.
//!
//! But for these, which are errors with their place:
//!
//! - numbers that are not finite or do not fit into 64 bits,
//! - keys without quotes of anything but letters, digits, `_`, `$` and `-`: no `\u` escapes, combining marks and joiners,
//! - a comment or a vertical tab right behind a key without quotes,
//! - a file that is something else than an object, and what is nested more than 512 levels deep;
//!
//! and for this: a `//` comment ends with a line feed, not with a lone carriage return, U+2028 or U+2029.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::tests::parsed;

/// Blanks and comments of all kinds.
fn gap() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        4 => prop::sample::select(vec![" ", "\n", "\t", "\r\n", "\u{a0}", "\u{2028}", "\u{2029}",  " \u{b}", "\u{c}", "\u{3000}"])
            .prop_map(str::to_owned),
        1 => " // [ -~ä{}']{0,6}\n",
        1 => " /\\*[ -)+-.0-~\nä]{0,6}\\*/",
    ]
}

/// A character of a string, in one of the ways to write it.
fn character() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a",
        "ä",
        "\u{2028}",
        "😀",
        "{",
        "}",
        "//",
        "/*",
        " ",
        "\t",
        "\\n",
        "\\t",
        "\\b",
        "\\f",
        "\\r",
        "\\v",
        "\\0",
        "\\\\",
        "\\'",
        "\\\"",
        "\\/",
        "\\a",
        "\\x41",
        "\\u00e4",
        "\\ud83d\\ude00",
        "\\\n",
        "\\\r\n",
        "\\\u{2028}",
        "\\ä",
    ])
}

fn string() -> impl Strategy<Value = String> {
    (any::<bool>(), prop::collection::vec(character(), 0..5)).prop_map(|(double, characters)| {
        let quote = if double { '"' } else { '\'' };
        format!("{quote}{}{quote}", characters.concat())
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["a", "b", "$c", "_d", "ä", "true", "null", "Infinity", "e1", "ⅷ"])
            .prop_map(str::to_owned),
        string(),
    ]
}

fn number() -> impl Strategy<Value = String> {
    let magnitude = prop_oneof![
        prop::sample::select(vec![
            "0", ".5", "5.", "0.25", "1e3", "1E-3", "1.5e+2", "0x1F", "0Xab", "5.e1", "0.0"
        ])
        .prop_map(str::to_owned),
        any::<u32>().prop_map(|number| number.to_string()),
        any::<u32>().prop_map(|number| format!("{number:#x}")),
    ];
    (prop::sample::select(vec!["", "", "+", "-"]), magnitude)
        .prop_map(|(sign, magnitude)| format!("{sign}{magnitude}"))
}

/// Items with gaps between them, and a comma behind the last or not.
fn list(
    open: char,
    close: char,
    items: Vec<(String, String, String)>,
    trailing: bool,
    inside: &str,
) -> String {
    let mut text = format!("{open}{inside}");
    let count = items.len();
    for (position, (before, item, after)) in items.into_iter().enumerate() {
        text.extend([before, item, after]);
        if position + 1 < count || trailing {
            text.push(',');
        }
    }
    text.push(close);
    text
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["null", "true", "false"]).prop_map(str::to_owned),
        number(),
        string(),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let elements = prop::collection::vec((gap(), inner.clone(), gap()), 0..4);
        let array = (elements, any::<bool>(), gap())
            .prop_map(|(items, trailing, inside)| list('[', ']', items, trailing, &inside));
        prop_oneof![array, object(inner)]
    })
}

fn object(inner: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let member = (key(), gap(), gap(), inner)
        .prop_map(|(key, before, after, value)| format!("{key}{before}:{after}{value}"));
    (prop::collection::vec((gap(), member, gap()), 0..4), any::<bool>(), gap())
        .prop_map(|(items, trailing, inside)| list('{', '}', items, trailing, &inside))
}

/// A file of JSON5, with all that people hardly ever write.
pub(crate) fn file() -> impl Strategy<Value = String> {
    (gap(), object(value()), gap()).prop_map(|(before, object, after)| format!("{before}{object}{after}"))
}

/// The value with every number as a fraction: whether `1e3` is a whole number is nobody's business here.
fn comparable(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        Value::Array(elements) => elements.into_iter().map(comparable).collect(),
        Value::Object(members) => Value::Object(
            members.into_iter().map(|(key, value)| (key, comparable(value))).collect::<Map<_, _>>(),
        ),
        other => other,
    }
}

/// The text with a blank before each comment and vertical tab, so that no key has one right behind it.
fn spaced(text: &str) -> String {
    text.replace("//", " //").replace("/*", " /*").replace('\u{b}', " \u{b}")
}

/// Whether the text is read as the other crate reads it, or is one of the exceptions.
fn agrees(text: &str) -> Result<(), TestCaseError> {
    let Ok(expected @ Value::Object(_)) = json5::from_str::<Value>(text) else { return Ok(()) };
    let (value, problems) = parsed(text);
    let is_number = |problem: &String| problem.contains("cannot be kept exactly as a number");
    let is_syntax = |problem: &String| problem.contains("not valid JSON5");
    let ends_comments = |(at, character): (usize, char)| match character {
        '\r' => !text[at..].starts_with("\r\n"),
        other => matches!(other, '\u{2028}' | '\u{2029}'),
    };
    if text.contains("//") && text.char_indices().any(ends_comments) {
        return Ok(());
    }
    if problems.iter().any(is_number) || (problems.iter().any(is_syntax) && text.contains("\\u")) {
        return Ok(());
    }
    prop_assert!(problems.iter().all(|it| it.contains("stands here twice")), "{:?}: {:?}", text, problems);
    prop_assert_eq!(comparable(value), comparable(expected), "{:?}", text);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_json5_object_is_read_alike(text in file()) {
        prop_assert!(json5::from_str::<Value>(&text).is_ok(), "not JSON5: {:?}", text);
        let (_, problems) = parsed(&text);
        prop_assert!(!problems.iter().any(|it| it.contains("not valid JSON5")), "{:?}: {:?}", text, problems);
        agrees(&text)?;
    }

    /// Texts at the border of the language: with a character more, less, or another.
    #[test]
    fn what_the_other_crate_reads_is_read(
        text in file(),
        at in any::<prop::sample::Index>(),
        removed in 0_usize..3,
        added in prop_oneof![character().prop_map(str::to_owned), gap(), number(), Just(String::new()), "[-+.,:'\"{}\\[\\]x0eE\\\\]"],
    ) {
        let characters: Vec<char> = text.chars().collect();
        let (before, after) = characters.split_at(at.index(characters.len()));
        let after = after.get(removed..).unwrap_or_default();
        let changed: String =
            before.iter().copied().chain(added.chars()).chain(after.iter().copied()).collect();
        agrees(&spaced(&changed))?;
    }
}
