//! Paths of keys, as people write them: `models.providers."amazon-bedrock".models[0].name`.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// One step of a [`KeyPath`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// The key of an object, or the `id` of a model in a provider's `models`.
    Key(String),
    /// The position in an array, from 0.
    Index(usize),
}

impl Segment {
    /// The key, if it is one.
    pub fn as_key(&self) -> Option<&str> {
        match self {
            Self::Key(name) => Some(name),
            Self::Index(_) => None,
        }
    }
}

/// Where a value lives in the configuration.
///
/// Keys are separated by dots; a key that holds dots, brackets, quotes or blanks is quoted. A model in a provider's
/// `models` can be named by its position (`models[0]`) or, which survives reordering, by its id (`models."some.id"`).
///
/// ```
/// use outcrop_config::KeyPath;
///
/// let path: KeyPath = r#"models.providers."amazon-bedrock".models[0].name"#.parse()?;
/// assert_eq!(path.segments().len(), 6);
/// assert_eq!(path.to_string(), r#"models.providers."amazon-bedrock".models[0].name"#);
/// assert_eq!(r#"a["b.c"]"#.parse::<KeyPath>()?, KeyPath::of(&["a", "b.c"]));
/// # Ok::<(), outcrop_config::PathError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct KeyPath(Vec<Segment>);

impl KeyPath {
    /// The path through these object keys.
    pub fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| Segment::Key((*key).to_owned())).collect())
    }

    /// The steps from the root to the value; empty for the whole configuration.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// This path, one step longer.
    pub fn join(&self, segment: Segment) -> Self {
        let mut longer = self.clone();
        longer.push(segment);
        longer
    }

    pub(crate) fn key(&self, key: &str) -> Self {
        self.join(Segment::Key(key.to_owned()))
    }

    pub(crate) fn push(&mut self, segment: Segment) {
        self.0.push(segment);
    }

    pub(crate) fn pop(&mut self) {
        self.0.pop();
    }

    pub(crate) fn starts_with(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// The id of the provider entry that this path leads to or through, and the rest of the path.
    pub(crate) fn provider(&self) -> Option<(&str, &[Segment])> {
        match self.0.as_slice() {
            [Segment::Key(models), Segment::Key(providers), Segment::Key(id), rest @ ..]
                if models == "models" && providers == "providers" =>
            {
                Some((id, rest))
            }
            _ => None,
        }
    }

    /// Whether an array at this path merges by the `id` of its elements instead of being replaced.
    pub fn merges_by_id(&self) -> bool {
        matches!(self.provider(), Some((_, [Segment::Key(list)])) if list == "models")
    }

    /// The path that a JSON pointer (RFC 6901) names below this one. Digits are array positions where `is_array` says
    /// that the parent is an array.
    pub(crate) fn join_pointer(&self, pointer: &str, is_array: impl Fn(&Self) -> bool) -> Self {
        let mut path = self.clone();
        for token in pointer.split('/').skip(1) {
            let key = token.replace("~1", "/").replace("~0", "~");
            let segment = match key.parse::<usize>() {
                Ok(index) if is_array(&path) => Segment::Index(index),
                _ => Segment::Key(key),
            };
            path.push(segment);
        }
        path
    }
}

impl From<Vec<Segment>> for KeyPath {
    fn from(segments: Vec<Segment>) -> Self {
        Self(segments)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) => {
                    if position > 0 {
                        f.write_str(".")?;
                    }
                    if is_plain(key) {
                        f.write_str(key)?;
                    } else {
                        write!(f, "\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$'))
}

impl Serialize for KeyPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text that is no [`KeyPath`]; `Display` says what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError {
    text: String,
    reason: &'static str,
}

impl PathError {
    pub(crate) fn new(text: &str, reason: &'static str) -> Self {
        Self { text: text.to_owned(), reason }
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a path of keys: {}", self.text, self.reason)
    }
}

impl std::error::Error for PathError {}

impl FromStr for KeyPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let mut cursor = Cursor { rest: text };
        let mut segments = Vec::new();
        let failed = |reason| PathError::new(text, reason);
        loop {
            if cursor.rest.starts_with('[') && !segments.is_empty() {
                segments.push(cursor.bracket().map_err(failed)?);
            } else {
                segments.push(Segment::Key(cursor.name().map_err(failed)?));
            }
            match cursor.rest.chars().next() {
                None => return Ok(Self(segments)),
                Some('.') => {
                    cursor.advance(1);
                    if cursor.rest.starts_with('[') {
                        return Err(failed("a key is missing after `.`"));
                    }
                }
                Some('[') => {}
                Some(_) => return Err(failed("`.` or `[` must follow a closing quote or bracket")),
            }
        }
    }
}

/// What is left of the text of a path.
struct Cursor<'a> {
    rest: &'a str,
}

impl Cursor<'_> {
    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn name(&mut self) -> Result<String, &'static str> {
        if let Some(quote) = self.rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            return self.quoted(quote);
        }
        let end = self.rest.find(['.', '[', ']', '"', '\'']).unwrap_or(self.rest.len());
        let name = self.rest.get(..end).unwrap_or_default().trim();
        if name.is_empty() {
            return Err("a key is missing");
        }
        let name = name.to_owned();
        self.advance(end);
        Ok(name)
    }

    fn quoted(&mut self, quote: char) -> Result<String, &'static str> {
        let mut name = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => name.extend(characters.next().map(|(_, escaped)| escaped)),
                _ if character == quote => {
                    self.advance(at + 1);
                    return Ok(name);
                }
                _ => name.push(character),
            }
        }
        Err("a quote is not closed")
    }

    fn bracket(&mut self) -> Result<Segment, &'static str> {
        self.advance(1);
        let segment = if let Some(quote @ ('"' | '\'')) = self.rest.chars().next() {
            Segment::Key(self.quoted(quote)?)
        } else {
            let end = self.rest.find(']').ok_or("a bracket is not closed")?;
            let index = self.rest.get(..end).unwrap_or_default().trim().parse();
            self.advance(end);
            Segment::Index(index.map_err(|_| "brackets hold a position or a quoted key")?)
        };
        if !self.rest.starts_with(']') {
            return Err("a bracket is not closed");
        }
        self.advance(1);
        Ok(segment)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quoting_forms_name_the_same_key() {
        for text in [r#"a."b.c".d"#, r"a.'b.c'.d", r#"a["b.c"].d"#, r"a['b.c'].d"] {
            assert_eq!(text.parse::<KeyPath>().unwrap(), KeyPath::of(&["a", "b.c", "d"]), "{text}");
        }
    }

    #[test]
    fn broken_paths_say_why() {
        let cases = [
            ("", "a key is missing"),
            ("a..b", "a key is missing"),
            ("a.", "a key is missing"),
            ("a.[0]", "a key is missing after `.`"),
            ("[0]", "a key is missing"),
            ("a[x]", "brackets hold a position or a quoted key"),
            ("a[0", "a bracket is not closed"),
            ("a[\"b\"", "a bracket is not closed"),
            ("a.\"b", "a quote is not closed"),
            ("a.\"b\"c", "`.` or `[` must follow a closing quote or bracket"),
            ("a]", "`.` or `[` must follow a closing quote or bracket"),
        ];
        for (text, reason) in cases {
            let error = text.parse::<KeyPath>().unwrap_err();
            assert_eq!(error.to_string(), format!("`{text}` is not a path of keys: {reason}"));
        }
    }

    #[test]
    fn pointers_are_unescaped_and_know_arrays() {
        let root = KeyPath::of(&["p"]);
        let path = root.join_pointer("/models/0/a~1b~0c/7", |path| path == &KeyPath::of(&["p", "models"]));
        assert_eq!(path.to_string(), r#"p.models[0]."a/b~c".7"#);
        assert_eq!(root.join_pointer("", |_| true), root);
    }

    proptest! {
        #[test]
        fn display_parses_back(first in ".+", more in prop::collection::vec(prop_oneof![
            ".+".prop_map(Segment::Key),
            (0_usize..1000).prop_map(Segment::Index),
        ], 0..5)) {
            let mut segments = vec![Segment::Key(first)];
            segments.extend(more);
            let path = KeyPath::from(segments);
            prop_assert_eq!(path.to_string().parse::<KeyPath>().unwrap(), path);
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in ".*") {
            if let Ok(path) = text.parse::<KeyPath>() {
                prop_assert!(!path.segments().is_empty());
                prop_assert_eq!(path.to_string().parse(), Ok(path));
            }
        }
    }
}
