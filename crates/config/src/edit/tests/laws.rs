//! What holds for every edit of every text.

use jsonc_parser::tokens::Token;
use proptest::prelude::*;
use serde_json::Map;

use super::*;

/// Keys of every kind: such that need quotes, and such that do not.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["a", "b", "c", "$d", "models", "amazon-bedrock", "x.y:0", "ä", "", "it's", "\"q\"", "1"])
            .prop_map(str::to_owned),
        1 => ".{0,4}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            2 => object(inner),
        ]
    })
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::btree_map(key(), inner, 0..4).prop_map(|it| Value::Object(it.into_iter().collect()))
}

/// Writes values as nobody would, but may: each choice is a byte of noise.
struct Writer {
    noise: std::iter::Cycle<std::vec::IntoIter<u8>>,
    comments: usize,
    text: String,
}

impl Writer {
    fn choose(&mut self, choices: u8) -> u8 {
        self.noise.next().unwrap_or_default() % choices
    }

    fn gap(&mut self) {
        let blanks = ["", "", " ", "  ", "\n", "\r\n\t", "\n  "];
        self.comments += 1;
        let number = self.comments;
        let gap = match usize::from(self.choose(10)) {
            7 => format!(" // {number}\n"),
            8 => format!("/* {number} */"),
            9 => format!("\n    // {number}\r\n /*{number}\n*/ "),
            choice => blanks[choice].to_owned(),
        };
        self.text.push_str(&gap);
    }

    fn string(&mut self, text: &str) {
        let double = Value::from(text).to_string();
        let inner = double[1..double.len() - 1].replace("\\\"", "\"").replace('\'', "\\'");
        let single = format!("'{inner}'");
        let written = if self.choose(2) == 0 { double } else { single };
        self.text.push_str(&written);
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.string(text),
            Value::Array(elements) => {
                self.items('[', ']', elements, Self::value);
            }
            Value::Object(members) => {
                let members: Vec<_> = members.iter().collect();
                self.items('{', '}', &members, |writer, (key, value)| {
                    let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase());
                    if plain && writer.choose(3) > 0 {
                        writer.text += key;
                    } else {
                        writer.string(key);
                    }
                    writer.text += ":";
                    writer.gap();
                    writer.value(value);
                });
            }
            other => self.text += &other.to_string(),
        }
    }

    fn items<T>(&mut self, open: char, close: char, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.text.push(open);
        self.gap();
        for (index, item) in items.iter().enumerate() {
            write(self, item);
            self.gap();
            if index + 1 < items.len() || self.choose(2) == 0 {
                self.text.push(',');
                self.gap();
            }
        }
        self.text.push(close);
    }
}

/// A file: a byte order mark or none, comments, and a value or none.
fn file() -> impl Strategy<Value = (String, Value)> {
    (prop::option::weighted(0.9, object(value())), prop::collection::vec(any::<u8>(), 1..40)).prop_map(
        |(value, noise)| {
            let mut writer = Writer { noise: noise.into_iter().cycle(), comments: 0, text: String::new() };
            if writer.choose(4) == 0 {
                writer.text.push('\u{feff}');
            }
            writer.gap();
            if let Some(value) = &value {
                writer.value(value);
            }
            writer.gap();
            (writer.text, value.unwrap_or_else(|| json!({})))
        },
    )
}

/// A file with a line for each key and element, and comments behind some.
fn tidy_file() -> impl Strategy<Value = (String, Value)> {
    (object(value()), prop::collection::vec(any::<bool>(), 1..9)).prop_map(|(value, noise)| {
        let mut noise = noise.into_iter().cycle();
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        let lines = pretty.lines().map(|line| {
            let comment = if noise.next() == Some(true) { " // as it is" } else { "" };
            format!("{line}{comment}\n")
        });
        (lines.collect(), value)
    })
}

/// A path that leads somewhere about half of the time.
fn keys(value: &Value, turns: &[(usize, String)]) -> Vec<String> {
    let mut keys = Vec::new();
    let mut here = Some(value);
    for (turn, new) in turns {
        let known: Vec<&String> =
            here.and_then(Value::as_object).map(|it| it.keys().collect()).unwrap_or_default();
        let key = known.get(turn % 8).map_or_else(|| new.clone(), |key| (*key).clone());
        here = here.and_then(|it| it.get(&key));
        keys.push(key);
    }
    keys
}

/// What `set` means, on values. `false` if something is in the way.
fn set_in(value: &mut Value, keys: &[String], new: &Value) -> bool {
    let [first, rest @ ..] = keys else {
        *value = new.clone();
        return true;
    };
    let Value::Object(members) = value else { return false };
    if !rest.is_empty() && !members.contains_key(first) {
        members.insert(first.clone(), Value::Object(Map::new()));
    }
    set_in(members.entry(first.clone()).or_insert(Value::Null), rest, new)
}

fn unset_in(value: &mut Value, keys: &[String]) {
    match keys {
        [] => {}
        [last] => {
            value.as_object_mut().and_then(|members| members.remove(last));
        }
        [first, rest @ ..] => {
            if let Some(below) = value.get_mut(first) {
                unset_in(below, rest);
            }
        }
    }
}

/// Whether `value` is `expected` without the value at `keys`, or without empty objects around it.
fn is_without(value: &Value, expected: &Value, keys: &[String]) -> bool {
    let mut expected = expected.clone();
    (1..=keys.len()).rev().any(|depth| {
        let gone = &keys[..depth];
        let place = gone.iter().try_fold(&expected, |place, key| place.get(key));
        if depth == keys.len() || place.is_some_and(|place| *place == json!({})) {
            unset_in(&mut expected, gone);
        }
        expected == *value
    })
}

fn path_of(keys: &[String]) -> KeyPath {
    KeyPath::of(&keys.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The value of the whole text.
fn read(edit: &Edit) -> Value {
    edit.get(&KeyPath::default()).unwrap_or_else(|| json!({}))
}

/// The comments, but for those in the value at `path`.
fn comments(edit: &Edit, path: &KeyPath) -> Vec<String> {
    let document = edit.document().unwrap();
    let value = document.follow(path).filter(|place| place.leads_to(path));
    let span = value.map(|place| parse::tree(place.value).span).unwrap_or_default();
    let outside = document.tokens().filter(|(_, at)| !span.contains(&at.start));
    let comments = outside.filter_map(|(token, _)| match token {
        Token::CommentLine(text) | Token::CommentBlock(text) => Some((*text).to_owned()),
        _ => None,
    });
    comments.collect()
}

/// The comments that stay without the value at `path`: all but those in it, between its key and its comma, and on the
/// line that they end on.
fn comments_beside(edit: &Edit, path: &KeyPath) -> Vec<String> {
    let document = edit.document().unwrap();
    let mut gone = Vec::new();
    if let Some((container, index)) =
        document.follow(path).filter(|it| it.leads_to(path)).and_then(|it| it.item)
    {
        let item = &container.items[index];
        gone.push(item.start..document.end_of_comments(item.end));
        let comma = document.comma_after(item.end);
        gone.extend(comma.map(|comma| comma.end..document.end_of_comments(comma.end)));
    }
    let comments = document.tokens().filter(|(_, at)| !gone.iter().any(|gone| gone.contains(&at.start)));
    comments
        .filter_map(|(token, _)| match token {
            Token::CommentLine(text) | Token::CommentBlock(text) => Some((*text).to_owned()),
            _ => None,
        })
        .collect()
}

/// Whether all of `part` that is no blank is in `whole`, in the same order.
fn is_within(part: &str, whole: &str) -> bool {
    let mut whole = whole.chars();
    part.chars().filter(|c| !c.is_whitespace()).all(|c| whole.any(|other| other == c))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_value_is_there_and_everything_else_as_before(
        (text, value) in file(),
        turns in prop::collection::vec((any::<usize>(), key()), 1..4),
        new in value(),
    ) {
        let mut edit = edit_of("c.json5", &text);
        prop_assert_eq!(&read(&edit), &value);
        let keys = keys(&value, &turns);
        let path = path_of(&keys);
        let before = comments(&edit, &path);
        let (mut expected, old) = (value.clone(), edit.get(&path));
        if !set_in(&mut expected, &keys, &new) {
            prop_assert!(matches!(edit.set(&path, &new), Err(EditError::Blocked(_))));
            prop_assert_eq!(edit.text(), text);
            return Ok(());
        }
        edit.set(&path, &new).unwrap();
        prop_assert_eq!(read(&edit), expected, "{}", edit.text());
        prop_assert_eq!(comments(&edit, &path), before, "{}", edit.text());
        prop_assert_eq!(edit.text().starts_with('\u{feff}'), text.starts_with('\u{feff}'));
        if old.is_none() {
            prop_assert!(is_within(&text, edit.text()), "{}", edit.text());
        }
        // Again: nothing to do.
        let once = edit.text().to_owned();
        edit.set(&path, &new).unwrap();
        prop_assert_eq!(edit.text(), once);
    }

    #[test]
    fn a_plain_value_takes_the_place_of_another_and_no_more(
        (text, value) in file(),
        turns in prop::collection::vec((0_usize..4, key()), 1..4),
        new in any::<i64>(),
    ) {
        let mut edit = edit_of("c.json5", &text);
        let path = path_of(&keys(&value, &turns));
        let Some(old) = edit.find(&path) else { return Ok(()) };
        let offset = text.len() - edit.document().unwrap().text.len();
        edit.set(&path, &json!(new)).unwrap();
        let (start, end) = (old.span.start + offset, old.span.end + offset);
        let expected = if is_same(&old, &json!(new)) { text } else { format!("{}{new}{}", &text[..start], &text[end..]) };
        prop_assert_eq!(edit.text(), expected);
    }

    #[test]
    fn what_is_removed_is_gone_and_nothing_else(
        (text, value) in file(),
        turns in prop::collection::vec((0_usize..4, key()), 1..4),
    ) {
        let mut edit = edit_of("c.json5", &text);
        let keys = keys(&value, &turns);
        let path = path_of(&keys);
        let is_there = edit.get(&path).is_some();
        let before = comments_beside(&edit, &path);
        edit.unset(&path).unwrap();
        let after = comments(&edit, &KeyPath::of(&["nothing", "there"]));
        prop_assert!(before.iter().all(|comment| after.contains(comment)), "{}", edit.text());
        prop_assert!(is_without(&read(&edit), &value, &keys), "{}", edit.text());
        if is_there {
            prop_assert!(is_within(edit.text(), &text), "{}", edit.text());
        } else {
            prop_assert_eq!(edit.text(), text);
        }
    }

    #[test]
    fn what_was_added_is_taken_back_byte_for_byte(
        (text, value) in prop_oneof![file(), tidy_file()],
        turns in prop::collection::vec((any::<usize>(), key()), 1..4),
        new in value(),
    ) {
        let mut edit = edit_of("c.json5", &text);
        let keys = keys(&value, &turns);
        let path = path_of(&keys);
        if edit.get(&path).is_some() || edit.set(&path, &new).is_err() {
            return Ok(());
        }
        let once = edit.text().to_owned();
        edit.unset(&path).unwrap();
        prop_assert_eq!(edit.text(), text, "{}", once);
    }

    #[test]
    fn any_number_of_edits_is_as_good_as_one(
        (text, mut value) in file(),
        steps in prop::collection::vec((prop::collection::vec(key(), 1..3), prop::option::of(value())), 1..6),
    ) {
        let mut edit = edit_of("c.json5", &text);
        for (keys, new) in steps {
            let path = path_of(&keys);
            match new {
                None => {
                    edit.unset(&path).unwrap();
                    prop_assert!(is_without(&read(&edit), &value, &keys), "{}", edit.text());
                    value = read(&edit);
                }
                Some(new) => {
                    let mut expected = value.clone();
                    if set_in(&mut expected, &keys, &new) {
                        value = expected;
                        edit.set(&path, &new).unwrap();
                    }
                }
            }
            prop_assert_eq!(read(&edit), value.clone(), "{}", edit.text());
        }
    }
}
