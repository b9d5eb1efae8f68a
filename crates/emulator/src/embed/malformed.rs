//! The first look at a request: a JSON schema of the model's own, whose violations are named in the words of the
//! service's validator.

use serde_json::Value;

use crate::error::ApiError;

/// What a member must look like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// Any JSON value.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A string of at least and at most so many characters.
    Text { min: usize, max: usize },
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these numbers.
    Number(&'static [u64]),
    /// An array of so many items at most.
    List { of: &'static Rule, max: usize },
    /// An object with these members and no others.
    Object(&'static [Member]),
}

/// A member of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) rule: Rule,
    pub(super) required: bool,
}

pub(super) const fn needs(name: &'static str, rule: Rule) -> Member {
    Member { name, rule, required: true }
}

pub(super) const fn may(name: &'static str, rule: Rule) -> Member {
    Member { name, rule, required: false }
}

/// Any text.
pub(super) const TEXT: Rule = Rule::Text { min: 0, max: usize::MAX };

/// Checks a body. The error names every violation.
pub(super) fn check(members: &'static [Member], body: &Value) -> Result<(), ApiError> {
    let mut violations = Vec::new();
    look(&Rule::Object(members), body, "#", &mut violations);
    if violations.is_empty() { Ok(()) } else { Err(error(&violations.join(", "))) }
}

/// A refusal in the validator's form.
pub(super) fn error(violations: &str) -> ApiError {
    ApiError::validation(format!(
        "Malformed input request: {violations}, please reformat your input and try again."
    ))
}

fn look(rule: &Rule, value: &Value, path: &str, violations: &mut Vec<String>) {
    match (rule, value) {
        (Rule::Any, _) | (Rule::Boolean, Value::Bool(_)) => {}
        (Rule::Text { min, max }, Value::String(text)) => {
            let length = text.chars().count();
            if length < *min {
                violations.push(format!("{path}: expected minLength: {min}, actual: {length}"));
            } else if length > *max {
                violations.push(format!("{path}: expected maxLength: {max}, actual: {length}"));
            }
        }
        (Rule::Word(words), Value::String(text)) if words.contains(&text.as_str()) => {}
        (Rule::Number(numbers), Value::Number(number))
            if number.as_u64().is_some_and(|it| numbers.contains(&it)) => {}
        (Rule::Word(_), Value::String(text)) => {
            violations.push(format!("{path}: {text} is not a valid enum value"));
        }
        (Rule::Number(_), Value::Number(number)) => {
            violations.push(format!("{path}: {number} is not a valid enum value"));
        }
        (Rule::List { of, max }, Value::Array(items)) => {
            if items.len() > *max {
                violations
                    .push(format!("{path}: expected maximum item count: {max}, found: {}", items.len()));
            }
            for (index, item) in items.iter().enumerate() {
                look(of, item, &format!("{path}/{index}"), violations);
            }
        }
        (Rule::Object(known), Value::Object(members)) => {
            let missing = known.iter().filter(|member| member.required && !members.contains_key(member.name));
            violations
                .extend(missing.map(|member| format!("{path}: required key [{}] not found", member.name)));
            for (key, value) in members {
                match known.iter().find(|member| member.name == key) {
                    Some(member) => look(&member.rule, value, &format!("{path}/{key}"), violations),
                    None => violations.push(format!("{path}: extraneous key [{key}] is not permitted")),
                }
            }
        }
        _ => {
            violations.push(format!(
                "{path}: expected type: {}, found: {}",
                rule.type_name(),
                type_of(value)
            ));
        }
    }
}

impl Rule {
    const fn type_name(&self) -> &'static str {
        match self {
            Self::Any => "Any",
            Self::Boolean => "Boolean",
            Self::Text { .. } | Self::Word(_) => "String",
            Self::Number(_) => "Integer",
            Self::List { .. } => "JSONArray",
            Self::Object(_) => "JSONObject",
        }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "BigDecimal",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "JSONArray",
        Value::Object(_) => "JSONObject",
    }
}
