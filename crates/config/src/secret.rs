//! What is a secret in a configuration.

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
