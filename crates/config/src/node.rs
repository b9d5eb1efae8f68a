//! The tree of one source: JSON values that know their place in the text.

use std::ops::Range;

use serde_json::{Number, Value};

use crate::path::{KeyPath, Segment};

/// A range of bytes in the text of a source.
pub(crate) type Span = Range<usize>;

/// A value and its place. Values that do not come from a file have the empty span at 0.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) data: Data,
    pub(crate) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Data {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
    Array(Vec<Node>),
    Object(Vec<Member>),
    /// A value that was reported already; checking drops it.
    Broken,
}

/// One key of an object; the keys of an object are unique.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) node: Node,
}

impl Node {
    pub(crate) fn new(data: Data, span: Span) -> Self {
        Self { data, span }
    }

    /// A value that stands in no file.
    pub(crate) fn placeless(data: Data) -> Self {
        Self::new(data, 0..0)
    }

    pub(crate) fn object() -> Self {
        Self::placeless(Data::Object(Vec::new()))
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self.data, Data::Object(_))
    }

    pub(crate) fn is_list(&self) -> bool {
        matches!(self.data, Data::Array(_))
    }

    pub(crate) fn members(&self) -> &[Member] {
        match &self.data {
            Data::Object(members) => members,
            _ => &[],
        }
    }

    /// The members of an object, to change; `None` for anything else.
    pub(crate) fn members_mut(&mut self) -> Option<&mut Vec<Member>> {
        match &mut self.data {
            Data::Object(members) => Some(members),
            _ => None,
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.members().iter().find(|member| member.key == key).map(|member| &member.node)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        self.members_mut()?.iter_mut().find(|member| member.key == key).map(|member| &mut member.node)
    }

    pub(crate) fn take(&mut self, key: &str) -> Option<Member> {
        let members = self.members_mut()?;
        let position = members.iter().position(|member| member.key == key)?;
        Some(members.remove(position))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value at `path` below this one. A key names the element of an array that has it as its `id`.
    pub(crate) fn find(&self, path: &[Segment]) -> Option<&Self> {
        path.iter().try_fold(self, |node, segment| match (&node.data, segment) {
            (Data::Object(_), Segment::Key(key)) => node.get(key),
            (Data::Array(elements), Segment::Index(index)) => elements.get(*index),
            (Data::Array(elements), Segment::Key(id)) => {
                elements.iter().find(|element| element.get("id").and_then(Self::text) == Some(id))
            }
            _ => None,
        })
    }

    /// What it is, for "found …" in a message.
    pub(crate) fn description(&self) -> &'static str {
        match &self.data {
            Data::Null | Data::Broken => "null",
            Data::Boolean(_) => "a boolean",
            Data::Number(number) if number.is_f64() => "a fraction",
            Data::Number(_) => "a number",
            Data::Text(_) => "a string",
            Data::Array(_) => "an array",
            Data::Object(_) => "an object",
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        match &self.data {
            Data::Null | Data::Broken => Value::Null,
            Data::Boolean(value) => Value::Bool(*value),
            Data::Number(number) => Value::Number(number.clone()),
            Data::Text(text) => Value::String(text.clone()),
            Data::Array(elements) => elements.iter().map(Self::to_json).collect(),
            Data::Object(members) => Value::Object(
                members.iter().map(|member| (member.key.clone(), member.node.to_json())).collect(),
            ),
        }
    }

    pub(crate) fn from_json(value: &Value) -> Self {
        Self::placeless(match value {
            Value::Null => Data::Null,
            Value::Bool(value) => Data::Boolean(*value),
            Value::Number(number) => Data::Number(number.clone()),
            Value::String(text) => Data::Text(text.clone()),
            Value::Array(elements) => Data::Array(elements.iter().map(Self::from_json).collect()),
            Value::Object(members) => Data::Object(
                members
                    .iter()
                    .map(|(key, value)| Member {
                        key: key.clone(),
                        key_span: 0..0,
                        node: Self::from_json(value),
                    })
                    .collect(),
            ),
        })
    }
}

impl Node {
    /// Sets the value at `path`, making objects on the way. Below an array that merges by id, a key makes an element
    /// with this `id`; positions cannot be made.
    pub(crate) fn place(&mut self, path: &[Segment], node: Self) {
        self.place_below(&KeyPath::default(), path, node);
    }

    /// The same where this value stands at `here`.
    pub(crate) fn place_below(&mut self, here: &KeyPath, path: &[Segment], node: Self) {
        let [first, rest @ ..] = path else {
            *self = node;
            return;
        };
        let Segment::Key(key) = first else { return };
        let below = here.join(first.clone());
        if here.merges_by_id() {
            let id = Member {
                key: "id".to_owned(),
                key_span: 0..0,
                node: Self::placeless(Data::Text(key.clone())),
            };
            let mut element = Self::object();
            element.place_below(&below, rest, node);
            // Last, so that an element that was made for a value can be told from one that was there by its id.
            if let Some(members) = element.members_mut().filter(|it| it.iter().all(|it| it.key != "id")) {
                members.push(id);
            }
            if !matches!(self.data, Data::Array(_)) {
                *self = Self::placeless(Data::Array(Vec::new()));
            }
            if let Data::Array(elements) = &mut self.data {
                elements.push(element);
            }
            return;
        }
        if self.members_mut().is_none() {
            *self = Self::object();
        }
        let Some(members) = self.members_mut() else { return };
        let position = members.iter().position(|member| member.key == *key).unwrap_or_else(|| {
            members.push(Member { key: key.clone(), key_span: 0..0, node: Self::object() });
            members.len() - 1
        });
        if let Some(member) = members.get_mut(position) {
            member.node.place_below(&below, rest, node);
        }
    }
}
