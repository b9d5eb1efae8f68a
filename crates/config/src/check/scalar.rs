//! Strings and numbers: substitution, allowed values, ranges, and what to say about a wrong type.

use serde_json::{Number, Value};
use time::Date;
use time::format_description::well_known::Iso8601;

use super::Walk;
use crate::diagnostic::{Code, Severity, closest};
use crate::node::{Data, Node, Span};
use crate::path::Segment;
use crate::schema;
use crate::secret::carries_credentials;
use crate::substitute::{SubstitutionError, substitute};

impl Walk<'_> {
    /// The text with its variables replaced, if it is one that is allowed here.
    pub(super) fn text(&mut self, text: String, span: &Span, schema: &Value) -> Option<String> {
        // Variables and flags hold what the shell made of them; only files are looked through.
        let substituted = if self.source.text.is_some() { self.substituted(&text, span)? } else { None };
        let is_written = substituted.is_none();
        let text = substituted.unwrap_or(text);
        if schema.get("minLength").is_some() && text.trim().is_empty() {
            let message = format!("`{}` is blank, which counts as unset", self.name());
            self.push(
                self.report(Code::Value, Severity::Warning, span, message).help("remove it, or fill it in"),
            );
            return None;
        }
        let quoted = |walk: &Self, text: &str| {
            if is_written && !walk.is_secret(span) { format!(", found `{text}`") } else { String::new() }
        };
        if let Some(allowed) = schema::allowed_texts(schema)
            && !allowed.contains(&text)
        {
            let message = format!("`{}` has a value that is not known{}", self.name(), quoted(self, &text));
            let diagnostic = self.report(Code::Value, Severity::Error, span, message);
            let meant = closest(&text, allowed.iter().map(String::as_str));
            self.push(diagnostic.meant(meant).allowed(&allowed));
            return None;
        }
        if schema.get("format").is_some_and(|format| format == "geography") {
            let quoted = quoted(self, &text);
            return self.geography(text, &quoted, span, schema);
        }
        let is_address = schema.get("format").is_some_and(|format| format == "uri");
        if is_address && carries_credentials(&text) {
            let message = format!("`{}` must not hold a name or a password", self.name());
            self.push(
                self.report(Code::Value, Severity::Error, span, message)
                    .help("set `apiKey` or `headers` instead"),
            );
            return None;
        }
        if is_address && !is_web_address(&text) {
            let message = format!("`{}` is not the address of a web service", self.name());
            self.push(
                self.report(Code::Value, Severity::Error, span, message)
                    .label("expected `https://` and a host")
                    .help("write it like `https://bedrock-runtime.us-east-1.amazonaws.com`"),
            );
            return None;
        }
        if schema.get("format").is_some_and(|format| format == "date") && !is_date(&text) {
            let message = format!("`{}` is not a day", self.name());
            self.push(
                self.report(Code::Value, Severity::Error, span, message)
                    .label("expected `YYYY-MM-DD`")
                    .help("write it like `2027-01-31`"),
            );
            return None;
        }
        Some(text)
    }

    /// A geography of AWS. The set is open, so that one nobody here knows is kept: falling back to another would send
    /// calls to where they were not meant to go.
    fn geography(&mut self, text: String, quoted: &str, span: &Span, schema: &Value) -> Option<String> {
        let name = text.trim().to_ascii_lowercase();
        let known = schema::known_texts(schema);
        if known.contains(&&*name) {
            return Some(text);
        }
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_prefix = name.split('-').all(is_word);
        let (code, severity, message) = if is_prefix {
            let message = format!("`{}` is none of the geographies that are known{quoted}", self.name());
            (Code::UnknownValue, Severity::Warning, message)
        } else {
            let message = format!("`{}` is not the prefix of a geography{quoted}", self.name());
            (Code::Value, Severity::Error, message)
        };
        let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
        let diagnostic = self.report(code, severity, span, message).meant(closest(&name, known));
        self.push(diagnostic.help(format!("known: {}", names.join(", "))));
        is_prefix.then_some(text)
    }

    /// `Some(None)`: there is nothing to replace. `None`: it failed and was reported.
    #[expect(clippy::option_option, reason = "the outer option is the failure, the inner one the result")]
    fn substituted(&mut self, text: &str, span: &Span) -> Option<Option<String>> {
        let error = match substitute(text, self.rules.environment) {
            Ok(result) => return Some(result),
            Err(error) => error,
        };
        let escape = "write `$${` for a literal `${`";
        let (message, help) = match error {
            SubstitutionError::Unset(name) => (
                format!("the environment variable `{name}` is not set"),
                format!("set `{name}`, or {escape}"),
            ),
            SubstitutionError::Unclosed => {
                ("`${` is not closed".to_owned(), format!("add `}}`, or {escape}"))
            }
            SubstitutionError::NoName(_) if self.is_secret(span) => {
                ("what stands in `${…}` names no environment variable".to_owned(), escape.to_owned())
            }
            SubstitutionError::NoName(name) => {
                (format!("`${{{name}}}` names no environment variable"), escape.to_owned())
            }
        };
        self.push(self.report(Code::Substitution, Severity::Error, span, message).help(help));
        None
    }

    /// Whether the value that stands there is never to be shown.
    fn is_secret(&self, span: &Span) -> bool {
        self.source.secrets.iter().any(|secret| secret.start <= span.start && span.end <= secret.end)
    }

    /// The number, if it is within the bounds of the schema.
    pub(super) fn in_range(&mut self, number: Number, span: &Span, schema: &Value) -> Option<Number> {
        let bound = |keyword| schema.get(keyword).and_then(Value::as_f64);
        let (minimum, maximum) = (bound("minimum"), bound("maximum"));
        let value = number.as_f64()?;
        if minimum.is_none_or(|minimum| value >= minimum) && maximum.is_none_or(|maximum| value <= maximum) {
            return Some(number);
        }
        let unit =
            schema.get("x-unit").and_then(Value::as_str).map(|unit| format!(" {unit}")).unwrap_or_default();
        let range = match (minimum, maximum) {
            (Some(minimum), Some(maximum)) => format!("between {minimum} and {maximum}{unit}"),
            (Some(minimum), None) => format!("at least {minimum}{unit}"),
            (None, Some(maximum)) => format!("at most {maximum}{unit}"),
            (None, None) => return Some(number),
        };
        // As a float is written, without the `.0` of JSON.
        let found = match number.as_f64().map(f64::abs) {
            Some(size) if number.is_f64() && (size >= 1e15 || (size < 1e-6 && size > 0.0)) => {
                format!("{value:e}")
            }
            _ if number.is_f64() => value.to_string(),
            _ => number.to_string(),
        };
        let message = format!("`{}` must be {range}, found {found}", self.name());
        let mut diagnostic = self.report(Code::Range, Severity::Error, span, message).label("out of range");
        if let Some(summary) = schema::summary(schema) {
            diagnostic = diagnostic.help(format!("`{}`: {summary}", self.name()));
        }
        self.push(diagnostic);
        None
    }

    pub(super) fn wrong_type(&mut self, node: &Node, schema: &Value) {
        let types = schema::types(schema);
        let unit = schema.get("x-unit").and_then(Value::as_str);
        let expected = expected(&types, unit);
        let message = format!("expected {expected} for `{}`, found {}", self.name(), node.description());
        let mut diagnostic = self
            .report(Code::Type, Severity::Error, &node.span, message)
            .label(format!("expected {expected}"));
        if let Data::Text(text) = &node.data
            && !types.contains(&"string")
            && (text.parse::<f64>().is_ok_and(f64::is_finite) || text == "true" || text == "false")
        {
            diagnostic = diagnostic.help("write it without the quotes");
        } else if matches!(node.data, Data::Number(_) | Data::Boolean(_)) && types.contains(&"string") {
            diagnostic = diagnostic.help("write it in quotes");
        }
        if let Some(summary) = schema::summary(schema) {
            diagnostic = diagnostic.help(format!("`{}`: {summary}", self.name()));
        }
        self.push(diagnostic);
    }

    /// The last key of the path, which is how people call a value.
    fn name(&self) -> String {
        let keys = self.path.segments().iter().rev();
        let mut positions = String::new();
        for segment in keys {
            match segment {
                Segment::Key(key) => return format!("{key}{positions}"),
                Segment::Index(index) => positions.insert_str(0, &format!("[{index}]")),
            }
        }
        "the configuration".to_owned()
    }
}

/// The types in words.
fn expected(types: &[&str], unit: Option<&str>) -> String {
    let of_unit = |noun: &str| unit.map_or_else(|| noun.to_owned(), |unit| format!("{noun} of {unit}"));
    let words: Vec<String> = types
        .iter()
        .filter_map(|name| match *name {
            "string" => Some("a string".to_owned()),
            "boolean" => Some("`true` or `false`".to_owned()),
            "integer" => Some(of_unit("a whole number")),
            "number" => Some(of_unit("a number")),
            "array" => Some("an array".to_owned()),
            "object" => Some("an object".to_owned()),
            _ => None,
        })
        .collect();
    words.join(" or ")
}

/// The number as an integer, if it has no fraction: JSON schema takes `3600.0` for a whole number.
pub(super) fn whole(number: &Number) -> Option<Number> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    if !number.is_f64() {
        return Some(number.clone());
    }
    let value = number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() <= EXACT)?;
    format!("{value:.0}").parse::<i64>().ok().map(Number::from)
}

/// Whether the text starts like a web address and goes on with a host.
fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.starts_with(['/', ':', '?', '#']) && !rest.is_empty() && !rest.contains(char::is_whitespace)
    })
}

/// Whether the text is a day of the calendar in the one form `YYYY-MM-DD`, of the several that ISO 8601 knows.
fn is_date(text: &str) -> bool {
    let dashes = text.bytes().enumerate().filter(|(_, byte)| *byte == b'-').map(|(at, _)| at);
    text.len() == 10 && dashes.eq([4, 7]) && Date::parse(text, &Iso8601::DATE).is_ok()
}

#[cfg(test)]
mod tests;
