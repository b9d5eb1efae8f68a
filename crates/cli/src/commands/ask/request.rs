//! From the command line to a request.

use outcrop::{Error, ErrorKind, ModelReference, Outcrop, Request};
use outcrop_core::{Content, OutputSchema};
use serde_json::{Map, Value, json};

use super::attachments::{self, Attachment};
use crate::args::{Ask, Guardrail};
use crate::failure::Failure;

/// What the request is made of beside the arguments: read before anybody is called.
#[derive(Debug)]
pub(super) struct Material {
    pub(super) prompt: String,
    pub(super) attachments: Vec<Attachment>,
    pub(super) schema: Option<OutputSchema>,
}

/// The request to a model.
pub(super) async fn build(
    arguments: &Ask,
    material: Material,
    reference: &ModelReference,
    outcrop: &Outcrop,
) -> Result<Request, Failure> {
    let mut content = Vec::new();
    if !material.attachments.is_empty() {
        let capabilities = outcrop.capabilities(reference).await?;
        content = attachments::contents(material.attachments, &capabilities, reference.model.as_str())?;
    }
    // Behind what it is about, which is what models read best.
    if !material.prompt.trim().is_empty() {
        content.push(Content::text(material.prompt));
    }
    let mut request = Request::new(reference.model.clone());
    if !content.is_empty() {
        request = request.user(content);
    }
    if let Some(system) = &arguments.system {
        request = request.system(system);
    }
    request.inference.max_tokens = arguments.max_tokens;
    request.inference.temperature = arguments.temperature;
    request.inference.top_p = arguments.top_p;
    request.inference.stop_sequences.clone_from(&arguments.stop);
    if let Some(level) = arguments.thinking {
        request = request.thinking(level);
    }
    request.output = material.schema;
    request.caching = arguments.cache.map(Into::into);
    let mut options = Map::new();
    for option in &arguments.option {
        option.write(&mut options).map_err(Failure::usage)?;
    }
    if let Some(guardrail) = &arguments.guardrail {
        guard(&mut options, guardrail, reference, outcrop)?;
    }
    if !options.is_empty() {
        request.options.insert(reference.provider.clone(), Value::Object(options));
    }
    Ok(request)
}

fn guard(
    options: &mut Map<String, Value>,
    guardrail: &Guardrail,
    reference: &ModelReference,
    outcrop: &Outcrop,
) -> Result<(), Error> {
    let provider = &reference.provider;
    if !outcrop.knows_guardrails(provider) {
        let message = format!("`--guardrail` has no effect: `{provider}` is not Bedrock");
        return Err(Error::unsupported(message).with_hint("leave it out, or call the model through Bedrock"));
    }
    if outcrop.has_guardrail(provider) {
        let key = format!("models.providers.{provider}.guardrail");
        let message =
            format!("`--guardrail` has no effect: the configuration has a guardrail of its own, `{key}`");
        return Err(Error::config(message)
            .with_hint("leave `--guardrail` out: every request goes through the one of the configuration")
            .with_hint(format!("`outcrop config explain {key}` says where it is set")));
    }
    let config = options.entry("guardrailConfig").or_insert_with(|| json!({}));
    if config.get("guardrailIdentifier").is_some() {
        let message =
            "`--guardrail` and `--option guardrailConfig.guardrailIdentifier` both name a guardrail";
        return Err(Error::new(ErrorKind::InvalidRequest, message).with_hint("leave one of them out"));
    }
    if let (Value::Object(config), Value::Object(named)) = (config, guardrail.option()) {
        config.extend(named);
    }
    Ok(())
}
