//! What is a secret in a configuration.

use serde_json::Value;

use crate::path::{KeyPath, Segment};
use crate::schema::{self, Schemas};

/// A place that is come to key by key, and whether what stands there may be shown: not if its schema, or that of something
/// around it, says so, and not if a key on the way sounds secret.
#[derive(Clone)]
pub(crate) struct Way<'s> {
    schemas: &'s Schemas,
    schema: Option<&'s Value>,
    /// How many keys of `models.providers` were passed; `None` where they lead no longer.
    towards_provider: Option<u8>,
    /// Whether the next key is the id of a provider or of a model: a name that people chose says nothing.
    id_follows: bool,
    hidden: bool,
}

impl<'s> Way<'s> {
    /// From the whole configuration.
    pub(crate) fn new(schemas: &'s Schemas) -> Self {
        let schema = Some(schemas.root());
        Self { schemas, schema, towards_provider: Some(0), id_follows: false, hidden: false }
    }

    /// To the value at `path`. `api` says what a provider speaks.
    pub(crate) fn to<'a>(
        schemas: &'s Schemas,
        path: &KeyPath,
        api: impl Fn(&str) -> Option<&'a str>,
    ) -> Self {
        path.segments().iter().fold(Self::new(schemas), |way, segment| way.below(segment, &api))
    }

    /// One step further.
    pub(crate) fn below<'a>(&self, segment: &Segment, api: impl Fn(&str) -> Option<&'a str>) -> Self {
        let step = || self.schema.and_then(|schema| schema::step(schema, segment));
        let (schema, towards_provider) = match (segment.as_key(), self.towards_provider) {
            (Some("models"), Some(0)) => (step(), Some(1)),
            (Some("providers"), Some(1)) => (step(), Some(2)),
            (Some(id), Some(2)) => (Some(self.schemas.provider(api(id)).0), None),
            _ => (step(), None),
        };
        let sounds_secret = segment.as_key().is_some_and(|key| !self.id_follows && looks_secret(key));
        let id_follows = segment
            .as_key()
            .map_or(self.id_follows, |key| matches!(key, "providers" | "models" | "overrides"));
        let hidden = self.hidden || sounds_secret || schema.is_some_and(is_write_only);
        Self { schemas: self.schemas, schema, towards_provider, id_follows, hidden }
    }

    /// Whether what stands here is never to be shown.
    pub(crate) const fn is_hidden(&self) -> bool {
        self.hidden
    }
}

fn is_write_only(schema: &Value) -> bool {
    let groups = ["anyOf", "oneOf", "allOf"].into_iter();
    schema.get("writeOnly") == Some(&Value::Bool(true))
        || groups.filter_map(|group| schema.get(group)?.as_array()).flatten().any(is_write_only)
}

/// Whether a key that no schema knows probably holds a secret.
pub(crate) fn looks_secret(key: &str) -> bool {
    let letters: String = key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    ["apikey", "secret", "password", "passphrase", "authorization", "credential", "accesskey", "privatekey"]
        .iter()
        .any(|word| letters.contains(word))
        || letters.ends_with("token")
}

/// Whether a text is an address with a name or a password in it, `https://name:password@host`.
pub(crate) fn carries_credentials(text: &str) -> bool {
    let authority = text.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    authority.is_some_and(|authority| authority.contains('@'))
}

/// The schema of an [`outcrop_core::Secret`].
#[derive(Debug)]
pub(crate) struct SecretSchema;

impl schemars::JsonSchema for SecretSchema {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "writeOnly": true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_schema_or_by_name() {
        let schemas = Schemas::new(&[]);
        let secret = |path: &str| Way::to(&schemas, &path.parse().unwrap(), |_| None).is_hidden();
        assert!(secret("models.providers.mine.apiKey"));
        assert!(secret("models.providers.mine.headers.x-anything"));
        assert!(secret("models.providers.mine.clientSecret"));
        assert!(secret("models.providers.mine.options.password"));
        assert!(secret("models.providers.mine.options.password[0].of"));
        assert!(!secret("models.providers.mine.baseUrl"));
        assert!(!secret("models.providers.my-token.baseUrl"));
        assert!(!secret(r#"models.overrides."my-token".name"#));
        assert!(!secret(r#"models.providers.mine.models."a".maxTokens"#));
        assert!(!secret(r#"models.providers.mine.models[0]."maxTokens""#));
        for key in ["API_KEY", "accessToken", "Proxy-Authorization", "secretAccessKey"] {
            assert!(looks_secret(key), "{key}");
        }
        for key in ["maxTokens", "keyboard", "author", "tokenizer"] {
            assert!(!looks_secret(key), "{key}");
        }
    }

    #[test]
    fn a_provider_says_which_of_its_keys_are_secret() {
        let schema = serde_json::json!({ "type": "object", "properties": {
            "codeword": { "type": "string", "writeOnly": true },
            "either": { "anyOf": [{ "type": "string", "writeOnly": true }, { "type": "null" }] },
        } });
        let schemas = Schemas::new(&[crate::ProviderSchema { api: "my-api".to_owned(), schema }]);
        let secret = |path: &str, api| {
            Way::to(&schemas, &path.parse().unwrap(), |id| if id == "mine" { api } else { None })
        };
        assert!(secret("models.providers.mine.codeword", Some("my-api")).is_hidden());
        assert!(secret("models.providers.mine.either", Some("my-api")).is_hidden());
        assert!(!secret("models.providers.mine.codeword", None).is_hidden());
        assert!(!secret("models.providers.other.codeword", Some("my-api")).is_hidden());
        assert!(!secret("models.codeword", Some("my-api")).is_hidden());
    }
}
