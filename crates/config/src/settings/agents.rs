//! `agents`: the default model.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

/// Which models are used when none is named.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Agents {
    /// What holds unless something more specific is said.
    pub defaults: AgentDefaults,
}

/// `agents.defaults`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct AgentDefaults {
    /// The default model: an object, or only the reference of the model as a string, which sets `primary`.
    pub model: DefaultModel,
}

/// `agents.defaults.model`; a bare string is short for `primary`.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct DefaultModel {
    /// The model that is used when none is named, as `provider/id`.
    pub primary: Option<String>,
    /// The models to try, in this order, when the one before cannot answer, each as `provider/id`.
    pub fallbacks: Vec<String>,
}

/// The long form, field by field.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct LongForm {
    /// The model that is used when none is named, as `provider/id`.
    #[schemars(length(min = 1))]
    primary: Option<String>,
    /// The models to try, in this order, when the one before cannot answer, each as `provider/id`.
    #[schemars(inner(length(min = 1)))]
    fallbacks: Option<Vec<String>>,
}

impl<'de> Deserialize<'de> for DefaultModel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = DefaultModel;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the reference of a model, or an object with `primary` and `fallbacks`")
            }

            fn visit_str<E>(self, primary: &str) -> Result<DefaultModel, E> {
                Ok(DefaultModel { primary: Some(primary.to_owned()), fallbacks: Vec::new() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DefaultModel, A::Error> {
                let LongForm { primary, fallbacks } = LongForm::deserialize(MapAccessDeserializer::new(map))?;
                Ok(DefaultModel { primary, fallbacks: fallbacks.unwrap_or_default() })
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for DefaultModel {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DefaultModel".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let long_form = generator.subschema_for::<LongForm>();
        json_schema!({ "anyOf": [
            { "type": "string", "minLength": 1 },
            long_form,
        ] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_string_is_the_primary_model() {
        let short: DefaultModel = serde_json::from_str(r#""amazon-bedrock/a""#).unwrap();
        let long: DefaultModel = serde_json::from_str(r#"{"primary": "amazon-bedrock/a"}"#).unwrap();
        assert_eq!(short, long);
        assert_eq!(short.primary.as_deref(), Some("amazon-bedrock/a"));
        let error = serde_json::from_str::<DefaultModel>("3").unwrap_err().to_string();
        assert!(error.contains("an object with `primary` and `fallbacks`"), "{error}");
    }
}
