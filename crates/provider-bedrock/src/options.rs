//! The members of a Converse request that only Bedrock knows: `Request.options["amazon-bedrock"]`.

use outcrop_core::{Error, ErrorKind, Request, Result};
use serde_json::{Map, Value};

use crate::BedrockSettings;
use crate::normalise::Normalised;
use crate::settings::whole_guardrail;
use crate::target::Target;

mod check;

/// What may stand there, as Converse names it.
pub(crate) const OPTIONS: [&str; 8] = [
    "additionalModelRequestFields",
    "additionalModelResponseFieldPaths",
    "guardrailConfig",
    "outputConfig",
    "performanceConfig",
    "promptVariables",
    "requestMetadata",
    "serviceTier",
];

/// The options of a request, with what the settings add. `streaming`: ConverseStream takes more of a guardrail.
pub(crate) fn merged(
    request: &Request,
    provider: &str,
    settings: &BedrockSettings,
    streaming: bool,
) -> Result<Map<String, Value>> {
    let place = place(provider);
    let mut options = match request.options.get(provider) {
        None => Map::new(),
        Some(Value::Object(options)) => options.clone(),
        Some(_) => {
            return Err(invalid(format!("`{place}` is not an object"))
                .with_hint(r#"write it as `{"serviceTier": {"type": "flex"}}`"#));
        }
    };
    if let Some(unknown) = options.keys().find(|key| !OPTIONS.contains(&key.as_str())) {
        let known = OPTIONS.join("`, `");
        return Err(invalid(format!("`{place}.{unknown}` is not known")).with_hint(format!(
            "there are `{known}`; what only the model knows goes into `{MODEL_FIELDS}`"
        )));
    }
    options.retain(|_, value| !value.is_null());
    if let Some(guardrail) = &settings.guardrail {
        options.insert("guardrailConfig".into(), Value::Object(guardrail.clone()));
    }
    check::all(&place, &options)?;
    if let Some(Value::Object(guardrail)) = options.get_mut("guardrailConfig") {
        *guardrail = whole_guardrail(std::mem::take(guardrail));
        if !streaming {
            guardrail.remove("streamProcessingMode");
        }
    }
    if !settings.request_metadata.is_empty()
        && let Value::Object(metadata) = options.entry("requestMetadata").or_insert_with(|| Map::new().into())
    {
        metadata.extend(settings.request_metadata.clone());
        check::all(&place, &options)?;
    }
    if options.get("requestMetadata").and_then(Value::as_object).is_some_and(Map::is_empty) {
        options.remove("requestMetadata");
    }
    Ok(options)
}

/// What errors call the options.
fn place(provider: &str) -> String {
    format!("options.{provider}")
}

/// Refuses what does not go along with a prompt of Prompt management, or only with one.
pub(crate) fn check_prompt(
    options: &Map<String, Value>,
    normalised: &Normalised,
    provider: &str,
    target: &Target,
) -> Result<()> {
    check::prompt(&place(provider), options, normalised, target)
}

/// The member that holds what only the model knows.
pub(crate) const MODEL_FIELDS: &str = "additionalModelRequestFields";

/// The options with what the rules add, and without what they leave out. What the caller says himself has the last word,
/// member by member.
pub(crate) fn completed(mut options: Map<String, Value>, normalised: &Normalised) -> Map<String, Value> {
    let Normalised { fields, refused_fields, .. } = normalised;
    if !refused_fields.is_empty()
        && let Some(Value::Object(own)) = options.get_mut(MODEL_FIELDS)
    {
        own.retain(|name, _| !refused_fields.contains(name));
        for (name, member) in refused_fields.iter().filter_map(|name| name.split_once('.')) {
            own.get_mut(name).and_then(Value::as_object_mut).map(|inside| inside.shift_remove(member));
        }
        if own.is_empty() {
            options.remove(MODEL_FIELDS);
        }
    }
    if !fields.is_empty() {
        let own = options.remove(MODEL_FIELDS).filter(|own| !own.is_null());
        let own = own.map(|own| with_betas(own, fields));
        options.insert(MODEL_FIELDS.into(), overlaid(Value::Object(fields.clone()), own));
    }
    if let Some(config) = &normalised.output_config {
        let own = options.remove("outputConfig");
        options.insert("outputConfig".into(), overlaid(config.clone(), own));
    }
    options
}

/// The caller's fields with our `anthropic_beta` behind their own: one list would replace the other.
fn with_betas(mut own: Value, fields: &Map<String, Value>) -> Value {
    if let Some(Value::Array(ours)) = fields.get("anthropic_beta")
        && let Some(Value::Array(betas)) = own.get_mut("anthropic_beta")
    {
        let missing: Vec<_> = ours.iter().filter(|beta| !betas.contains(beta)).cloned().collect();
        betas.extend(missing);
    }
    own
}

/// One value over another: objects member by member, all else as a whole.
pub(crate) fn overlaid(below: Value, above: Option<Value>) -> Value {
    match (below, above) {
        (below, None) => below,
        (Value::Object(mut below), Some(Value::Object(above))) => {
            for (name, value) in above {
                let merged = match below.remove(&name) {
                    Some(known) => overlaid(known, Some(value)),
                    None => value,
                };
                below.insert(name, merged);
            }
            Value::Object(below)
        }
        (_, Some(above)) => above,
    }
}

#[track_caller]
fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

#[cfg(test)]
mod tests {
    use outcrop_core::ProviderId;
    use serde_json::json;

    use super::*;

    const PROVIDER: &str = "bedrock-eu";

    fn ask(options: Value) -> Request {
        let mut request = Request::new("amazon.nova-lite-v1:0").user("Hi");
        request.options.insert(ProviderId::from(PROVIDER), options);
        request
    }

    fn settings(entry: &Value) -> BedrockSettings {
        BedrockSettings::from_json(entry).unwrap()
    }

    fn merge(options: Value, entry: &Value, streaming: bool) -> Value {
        Value::Object(merged(&ask(options), PROVIDER, &settings(entry), streaming).unwrap())
    }

    #[test]
    fn a_request_without_options_has_none() {
        let request = Request::new("amazon.nova-lite-v1:0").user("Hi");
        assert!(merged(&request, PROVIDER, &BedrockSettings::default(), true).unwrap().is_empty());
    }

    #[test]
    fn options_of_another_provider_are_not_looked_at() {
        let request = ask(json!({ "not for you": true }));
        assert!(merged(&request, "amazon-bedrock", &BedrockSettings::default(), true).unwrap().is_empty());
    }

    #[test]
    fn an_unknown_option_names_the_known_ones() {
        let request = ask(json!({ "serviceTier": { "type": "flex" }, "topK": 5 }));
        let error = merged(&request, PROVIDER, &BedrockSettings::default(), true).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.message().contains("`options.bedrock-eu.topK`"), "{error}");
        for option in OPTIONS {
            assert!(error.hints()[0].contains(&format!("`{option}`")), "{error:?}");
        }
    }

    #[test]
    fn options_that_are_no_object_are_refused() {
        for (options, place) in
            [(json!([]), "`options.bedrock-eu`"), (json!({ "requestMetadata": "a" }), "requestMetadata")]
        {
            let settings = settings(&json!({ "requestMetadata": { "team": "growth" } }));
            let error = merged(&ask(options), PROVIDER, &settings, true).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(error.message().contains(place), "{error}");
        }
    }

    #[test]
    fn a_configured_guardrail_cannot_be_replaced_or_loosened() {
        let entry = json!({ "guardrail": { "guardrailIdentifier": "ours", "guardrailVersion": "3" } });
        for own in [
            json!({}),
            json!({ "guardrailConfig": { "guardrailIdentifier": "theirs", "guardrailVersion": "DRAFT" } }),
            json!({ "guardrailConfig": { "streamProcessingMode": "async", "trace": "disabled" } }),
            json!({ "guardrailConfig": null }),
        ] {
            let expected =
                json!({ "guardrailConfig": { "guardrailIdentifier": "ours", "guardrailVersion": "3" } });
            assert_eq!(merge(own, &entry, true), expected);
        }
    }

    #[test]
    fn a_caller_may_choose_a_guardrail_where_none_is_configured() {
        let own = json!({ "guardrailConfig": { "guardrailIdentifier": "theirs", "guardrailVersion": "1" } });
        assert_eq!(merge(own.clone(), &json!({}), true), own);
    }

    #[test]
    fn converse_knows_no_stream_processing_mode() {
        let guardrail = json!({
            "guardrailIdentifier": "g", "guardrailVersion": "1", "streamProcessingMode": "sync", "trace": "enabled",
        });
        let mut whole = guardrail.clone();
        whole.as_object_mut().unwrap().remove("streamProcessingMode");
        for (own, entry) in [
            (json!({}), json!({ "guardrail": guardrail })),
            (json!({ "guardrailConfig": guardrail }), json!({})),
        ] {
            assert_eq!(merge(own.clone(), &entry, true)["guardrailConfig"], guardrail);
            assert_eq!(merge(own, &entry, false)["guardrailConfig"], whole);
        }
    }

    #[test]
    fn configured_metadata_goes_along_and_cannot_be_changed() {
        let entry = json!({ "requestMetadata": { "team": "growth", "stage": "prod" } });
        assert_eq!(merge(json!({}), &entry, true), entry);
        let own = json!({ "requestMetadata": { "user": "alice", "team": "nobody" } });
        assert_eq!(
            merge(own, &entry, true),
            json!({ "requestMetadata": { "user": "alice", "team": "growth", "stage": "prod" } })
        );
    }

    #[test]
    fn what_the_rules_leave_out_of_the_callers_fields_is_not_sent() {
        let tidy = |own: Value, refused: &[&str], fields: Value| {
            let request = Request::new("amazon.nova-lite-v1:0").user("Hi");
            let target = crate::target::Target::of("amazon.nova-lite-v1:0");
            let mut normalised = crate::normalise::normalise(&request, &Map::new(), None, &target).unwrap();
            normalised.refused_fields = refused.iter().map(|name| (*name).to_owned()).collect();
            normalised.fields = fields.as_object().cloned().unwrap();
            let options = Map::from_iter([(MODEL_FIELDS.to_owned(), own)]);
            Value::Object(completed(options, &normalised))
        };
        assert_eq!(tidy(json!({}), &[], json!({})), json!({ MODEL_FIELDS: {} }));
        assert_eq!(tidy(json!({ "a": 1 }), &["a"], json!({})), json!({}));
        assert_eq!(tidy(Value::Null, &[], json!({ "a": 1 })), json!({ MODEL_FIELDS: { "a": 1 } }));
        assert_eq!(
            tidy(json!({ "a": { "b": 1, "c": 2 } }), &["a.b", "x.y"], json!({})),
            json!({ MODEL_FIELDS: { "a": { "c": 2 } } })
        );
        assert_eq!(
            tidy(json!({ "a": 1, "b": { "c": 2 } }), &["a"], json!({ "b": { "c": 1, "d": 3 } })),
            json!({ MODEL_FIELDS: { "b": { "c": 2, "d": 3 } } })
        );
        assert_eq!(
            tidy(json!({ "anthropic_beta": ["x", "y"] }), &[], json!({ "anthropic_beta": ["y", "z"] })),
            json!({ MODEL_FIELDS: { "anthropic_beta": ["x", "y", "z"] } })
        );
    }
}
