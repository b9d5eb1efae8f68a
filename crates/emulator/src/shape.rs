//! The service model's shapes, as far as requests need them: types, required members, unions, ranges, patterns.
//!
//! The service checks these before it looks at the meaning of a request, and names the place and the constraint. The
//! data follows the service model `bedrock-runtime` of 2023-09-30.

mod converse;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use crate::error::ApiError;

pub(crate) use converse::{CONVERSE, CONVERSE_STREAM, COUNT_TOKENS};

/// What a JSON value must look like.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Any JSON value.
    Document,
    /// A string of so many characters.
    Text { min: usize, max: usize },
    /// A string of so many characters, all of them from an alphabet that is written as a regular expression.
    Pattern { min: usize, max: usize, alphabet: fn(char) -> bool, pattern: &'static str },
    /// One of these words.
    Enum(&'static [&'static str]),
    /// A whole number of at least that much.
    Integer { min: i64 },
    /// A number in that range.
    Number { min: f64, max: f64 },
    /// `true` or `false`.
    Boolean,
    /// Base64 of at least one byte.
    Blob,
    /// An array.
    List { of: &'static Shape, min: usize, max: usize },
    /// An object with these members and no others.
    Structure(&'static [Member]),
    /// An object with exactly one of these members.
    Union(&'static [Member]),
    /// An object of strings.
    Map { max: usize, longest: usize },
    /// An object whose values look all the same.
    Objects { of: &'static Shape },
}

/// A member of a structure or union.
#[derive(Debug)]
pub(crate) struct Member {
    name: &'static str,
    shape: &'static Shape,
    required: bool,
}

pub(crate) const fn needs(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, shape, required: true }
}

pub(crate) const fn may(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, shape, required: false }
}

/// Checks a request body. The error lists every violation, as the service does.
pub(crate) fn check(shape: &Shape, body: &Value) -> Result<(), ApiError> {
    let Value::Object(members) = body else {
        return Err(ApiError::validation(
            "Malformed input request, please reformat your input and try again.",
        ));
    };
    if let Shape::Structure(known) = shape
        && let Some(key) = members.keys().find(|key| !known.iter().any(|member| member.name == *key))
    {
        return Err(ApiError::validation(format!(
            "Malformed input request: #: extraneous key [{key}] is not permitted, please reformat your input and try \
             again."
        )));
    }
    let mut violations = Violations::default();
    violations.check(shape, body, "");
    violations.into_result()
}

#[derive(Debug, Default)]
struct Violations(Vec<String>);

impl Violations {
    fn add(&mut self, path: &str, constraint: &str) {
        self.0.push(format!("Value at '{path}' failed to satisfy constraint: {constraint}"));
    }

    /// For values that are short enough to be quoted.
    fn add_value(&mut self, path: &str, value: &str, constraint: &str) {
        self.0.push(format!("Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"));
    }

    fn into_result(self) -> Result<(), ApiError> {
        let message = match self.0.as_slice() {
            [] => return Ok(()),
            [one] => format!("1 validation error detected: {one}"),
            many => format!("{} validation errors detected: {}", many.len(), many.join("; ")),
        };
        Err(ApiError::validation(message))
    }

    fn check(&mut self, shape: &Shape, value: &Value, path: &str) {
        match (shape, value) {
            (Shape::Document, _) | (Shape::Boolean, Value::Bool(_)) => {}
            (Shape::Text { min, max }, Value::String(text)) => {
                self.length(path, text.chars().count(), *min, *max);
            }
            (Shape::Pattern { min, max, alphabet, pattern }, Value::String(text)) => {
                self.length(path, text.chars().count(), *min, *max);
                if !text.chars().all(alphabet) {
                    let constraint = format!("Member must satisfy regular expression pattern: {pattern}");
                    self.add_value(path, text, &constraint);
                }
            }
            (Shape::Enum(words), Value::String(text)) => {
                if !words.contains(&text.as_str()) {
                    let constraint = format!("Member must satisfy enum value set: [{}]", words.join(", "));
                    self.add_value(path, text, &constraint);
                }
            }
            (Shape::Integer { min }, Value::Number(number)) if number.is_i64() || number.is_u64() => {
                if number.as_i64().is_some_and(|number| number < *min) {
                    let constraint = format!("Member must have value greater than or equal to {min}");
                    self.add_value(path, &number.to_string(), &constraint);
                }
            }
            (Shape::Number { min, max }, Value::Number(number)) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                if number > *max {
                    let constraint = format!("Member must have value less than or equal to {max}");
                    self.add_value(path, &number.to_string(), &constraint);
                } else if number < *min {
                    let constraint = format!("Member must have value greater than or equal to {min}");
                    self.add_value(path, &number.to_string(), &constraint);
                }
            }
            (Shape::Blob, Value::String(text)) => match BASE64_STANDARD.decode(text) {
                Ok(bytes) => self.length(path, bytes.len(), 1, usize::MAX),
                Err(_) => self.add(path, "Member must be base64-encoded"),
            },
            (Shape::List { of, min, max }, Value::Array(items)) => {
                self.length(path, items.len(), *min, *max);
                for (index, item) in items.iter().enumerate() {
                    self.check(of, item, &format!("{path}.{}.member", index + 1));
                }
            }
            (Shape::Structure(known), Value::Object(members)) => self.members(known, members, path),
            (Shape::Union(known), Value::Object(members)) => {
                if members.values().filter(|value| !value.is_null()).count() != 1 {
                    let names: Vec<_> = known.iter().map(|member| member.name).collect();
                    self.add(path, &format!("Member must have exactly one of: [{}]", names.join(", ")));
                }
                self.members(known, members, path);
            }
            (Shape::Map { max, longest }, Value::Object(members)) => {
                self.length(path, members.len(), 1, *max);
                for (key, value) in members {
                    let key = join(path, key);
                    self.check(&Shape::Text { min: 0, max: *longest }, value, &key);
                }
            }
            (Shape::Objects { of }, Value::Object(members)) => {
                for (key, value) in members {
                    self.check(of, value, &join(path, key));
                }
            }
            _ => self.add(path, &format!("Member must be of type {}", shape.type_name())),
        }
    }

    fn members(&mut self, known: &'static [Member], members: &Map<String, Value>, path: &str) {
        for member in known {
            match members.get(member.name) {
                None | Some(Value::Null) if member.required => {
                    self.add(&join(path, member.name), "Member must not be null");
                }
                None | Some(Value::Null) => {}
                Some(value) => self.check(member.shape, value, &join(path, member.name)),
            }
        }
        for key in members.keys().filter(|key| !known.iter().any(|member| member.name == *key)) {
            self.add(&join(path, key), "Member is not known");
        }
    }

    fn length(&mut self, path: &str, length: usize, min: usize, max: usize) {
        let mut constraint = String::new();
        // Writing to a string cannot fail.
        if length < min {
            write!(constraint, "Member must have length greater than or equal to {min}").ok();
        } else if length > max {
            write!(constraint, "Member must have length less than or equal to {max}").ok();
        }
        if !constraint.is_empty() {
            self.add(path, &constraint);
        }
    }
}

impl Shape {
    const fn type_name(&self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Text { .. } | Self::Pattern { .. } | Self::Enum(_) => "string",
            Self::Integer { .. } => "integer",
            Self::Number { .. } => "float",
            Self::Boolean => "boolean",
            Self::Blob => "blob",
            Self::List { .. } => "list",
            Self::Structure(_) | Self::Union(_) => "structure",
            Self::Map { .. } | Self::Objects { .. } => "map",
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests;
