//! JSON values of the SDK.

use std::collections::BTreeMap;

use aws_smithy_types::{Document, Number};
use serde_json::Value;

/// The serde form of a JSON value of the SDK.
pub(crate) fn to_value(document: &Document) -> Value {
    match document {
        Document::Null => Value::Null,
        Document::Bool(flag) => Value::Bool(*flag),
        Document::Number(Number::PosInt(number)) => (*number).into(),
        Document::Number(Number::NegInt(number)) => (*number).into(),
        Document::Number(Number::Float(number)) => (*number).into(),
        Document::String(text) => Value::String(text.clone()),
        Document::Array(items) => items.iter().map(to_value).collect(),
        // The SDK keeps no order; the same answer has to come out the same each time.
        Document::Object(fields) => {
            let sorted: BTreeMap<_, _> = fields.iter().collect();
            sorted.into_iter().map(|(key, value)| (key.clone(), to_value(value))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_value_stays_what_it_is() {
        let document = Document::Object(
            [
                ("null".to_owned(), Document::Null),
                ("flag".to_owned(), Document::Bool(true)),
                ("large".to_owned(), Document::Number(Number::PosInt(u64::MAX))),
                ("small".to_owned(), Document::Number(Number::NegInt(i64::MIN))),
                ("fraction".to_owned(), Document::Number(Number::Float(0.7))),
                ("text".to_owned(), Document::String("\u{0}🦀".to_owned())),
                ("list".to_owned(), Document::Array(vec![Document::Null, Document::Bool(false)])),
                ("none".to_owned(), Document::Object(std::collections::HashMap::new())),
            ]
            .into(),
        );
        let expected = json!({
            "null": null,
            "flag": true,
            "large": u64::MAX,
            "small": i64::MIN,
            "fraction": 0.7,
            "text": "\u{0}🦀",
            "list": [null, false],
            "none": {},
        });
        assert_eq!(to_value(&document), expected);
    }

    #[test]
    fn a_number_that_json_cannot_write_is_null() {
        assert_eq!(to_value(&Document::Number(Number::Float(f64::NAN))), Value::Null);
    }
}
