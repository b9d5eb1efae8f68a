//! What one model refuses and another takes: limits, sampling, prompt caching, replayed reasoning, schemas.

use serde_json::Value;

use super::{Messages, is_blank, schema};
use crate::answer;
use crate::error::ApiError;
use crate::json::{at, list_at, text_at};
use crate::model::Model;
use crate::place;
use crate::thoughts::{Beginning, Thoughts};

/// Converse is for models that converse.
pub(super) fn can_converse(model: &Model<'_>) -> Result<(), ApiError> {
    if model.converses() { Ok(()) } else { Err(place::no_chat_model()) }
}

pub(super) fn check(
    model: &Model<'_>,
    messages: Messages<'_>,
    body: &Value,
    thoughts: &Thoughts,
) -> Result<(), ApiError> {
    limits(model, body)?;
    sampling(model, body)?;
    caching(model, messages, body)?;
    reasoning(model, messages, thoughts)?;
    binding(model, messages, body, thoughts)?;
    ending(model, messages)?;
    output(model, at(body, "/outputConfig/textFormat"))
}

/// The JSON schema that the answer shall be forced into.
fn output(model: &Model<'_>, format: &Value) -> Result<(), ApiError> {
    if format.is_null() {
        return Ok(());
    }
    if model.is_known(|facts| facts.native_structured_output.is_no()) {
        return Err(ApiError::from_model("output_config.format: Extra inputs are not permitted"));
    }
    let schema = text_at(format, "/structure/jsonSchema/schema").unwrap_or_default();
    schema::check_text(schema, "output_config.format.schema")
}

fn limits(model: &Model<'_>, body: &Value) -> Result<(), ApiError> {
    let wanted = at(body, "/inferenceConfig/maxTokens").as_u64();
    if let (Some(wanted), Some(limit)) = (wanted, model.fact(|facts| facts.max_output_tokens))
        && wanted > u64::from(limit)
    {
        return Err(ApiError::validation(format!(
            "The maximum tokens you requested exceeds the model limit of {limit}. Try again with a maximum tokens \
             value that is lower than {limit}."
        )));
    }
    let window = model.fact(|facts| facts.context_window).map_or(u64::MAX, u64::from);
    if answer::usage::input_tokens(body) > window {
        return Err(ApiError::validation("Input is too long for requested model."));
    }
    let sequences = list_at(body, "/inferenceConfig/stopSequences");
    if !sequences.is_empty() && model.is_known(|facts| facts.stop_sequences.is_no()) {
        return Err(ApiError::validation(
            "This model doesn't support the stopSequences field. Remove stopSequences and try again.",
        ));
    }
    if model.signs() && sequences.iter().filter_map(Value::as_str).any(is_blank) {
        return Err(ApiError::from_model("stop_sequences: each stop sequence must contain non-whitespace"));
    }
    Ok(())
}

fn sampling(model: &Model<'_>, body: &Value) -> Result<(), ApiError> {
    let config = at(body, "/inferenceConfig");
    let fields = at(body, "/additionalModelRequestFields");
    if model.is_known(|facts| facts.sampling.is_no()) {
        for (value, name) in [
            (at(config, "/temperature"), "temperature"),
            (at(config, "/topP"), "top_p"),
            (at(fields, "/top_k"), "top_k"),
        ] {
            if !value.is_null() {
                return Err(ApiError::from_model(format!("`{name}` is deprecated for this model.")));
            }
        }
    }
    let both = !at(config, "/temperature").is_null() && !at(config, "/topP").is_null();
    if both && model.is_known(|facts| facts.temperature_with_top_p.is_no()) {
        return Err(ApiError::from_model(
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        ));
    }
    let thinks = at(fields, "/thinking/type") == "enabled" || at(fields, "/thinking/type") == "adaptive";
    if model.signs() && thinks && at(config, "/temperature").as_f64().is_some_and(|it| it < 1.0) {
        return Err(ApiError::from_model("`temperature` may only be set to 1 when thinking is enabled."));
    }
    Ok(())
}

fn caching(model: &Model<'_>, messages: Messages<'_>, body: &Value) -> Result<(), ApiError> {
    let in_tools: Vec<_> = points(list_at(body, "/toolConfig/tools")).collect();
    let in_messages = messages.0.iter().flat_map(|message| points(list_at(message, "/content")));
    let all: Vec<_> =
        in_tools.iter().copied().chain(points(list_at(body, "/system"))).chain(in_messages).collect();
    if all.is_empty() {
        return Ok(());
    }
    if model
        .is_known(|facts| facts.prompt_caching.cache_points.is_no() || facts.prompt_caching.supported.is_no())
    {
        return Err(ApiError::new(
            http::StatusCode::FORBIDDEN,
            "AccessDeniedException",
            "You invoked an unsupported model or your request did not allow prompt caching. See the documentation \
             for more information.",
        ));
    }
    if !model.signs() {
        if let Some(index) =
            list_at(body, "/toolConfig/tools").iter().position(|it| it.get("cachePoint").is_some())
        {
            return Err(ApiError::validation(format!(
                "Malformed input request: #/toolConfig/tools/{index}: extraneous key [cachePoint] is not permitted, \
                 please reformat your input and try again."
            )));
        }
        if all.iter().any(|point| at(point, "/ttl") == "1h") {
            return Err(ApiError::validation(
                "Extended TTL for prompt caching is only supported for Anthropic models.",
            ));
        }
    }
    let limit =
        model.fact(|facts| facts.prompt_caching.max_cache_points).filter(|limit| *limit > 0).unwrap_or(4);
    if all.len() > usize::from(limit) {
        return Err(ApiError::from_model(format!(
            "A maximum of {limit} blocks with cache_control may be provided. Found {}.",
            all.len()
        )));
    }
    let one_hour = |point: &&Value| at(point, "/ttl") == "1h";
    if model.is_known(|facts| facts.prompt_caching.one_hour_ttl.is_no()) && all.iter().any(one_hour) {
        return Err(ApiError::from_model("cache_control.ephemeral.ttl: Extra inputs are not permitted"));
    }
    if all.iter().skip_while(|point| one_hour(point)).any(one_hour) {
        return Err(ApiError::from_model(
            "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are \
             processed in the following order: `tools`, `system`, `messages`.",
        ));
    }
    Ok(())
}

fn points(blocks: &[Value]) -> impl Iterator<Item = &Value> {
    blocks.iter().filter_map(|block| block.get("cachePoint"))
}

/// Reasoning comes back as it was signed or encrypted, and only to models that do so.
fn reasoning(model: &Model<'_>, messages: Messages<'_>, thoughts: &Thoughts) -> Result<(), ApiError> {
    for place in messages.blocks() {
        let Some(reasoning) = place.block.get("reasoningContent") else { continue };
        let path = format!("messages.{}.content.{}", place.message, place.content);
        if place.role != "assistant" {
            return Err(ApiError::validation(format!(
                "The reasoningContent content block at {path} isn't supported for the {} role.",
                place.role
            )));
        }
        let signature = text_at(reasoning, "/reasoningText/signature");
        if !model.signs() {
            let field = if reasoning.get("redactedContent").is_some() {
                "redactedContent"
            } else if signature.is_some() {
                "reasoningText.signature"
            } else {
                continue;
            };
            return Err(ApiError::validation(format!(
                "This model doesn't support the reasoningContent.{field} field. Remove reasoningContent.{field} and \
                 try again."
            )));
        }
        let Some(text) = text_at(reasoning, "/reasoningText/text") else {
            if !thoughts.has_encrypted(at(reasoning, "/redactedContent")) {
                return Err(ApiError::from_model(format!(
                    "{path}: Invalid `data` in `redacted_thinking` block"
                )));
            }
            continue;
        };
        let Some(signature) = signature else {
            return Err(ApiError::from_model(format!("{path}.thinking.signature: Field required")));
        };
        if !thoughts.has_signed(text, signature) {
            return Err(ApiError::from_model(format!("{path}: Invalid `signature` in `thinking` block")));
        }
    }
    Ok(())
}

/// The models that want nothing changed before what they thought. Sources: "Preserved thinking" in the Bedrock user guide,
/// and "Prefix checks on thinking blocks" in Anthropic's.
const BOUND: &[&str] = &[
    "anthropic.claude-fable-5-1",
    "anthropic.claude-fable-5-2",
    "anthropic.claude-haiku-5-5",
    "anthropic.claude-opus-5-5",
    "anthropic.claude-sonnet-5-5",
];

/// Lets a request say what happens to thoughts that were thought elsewhere.
const BINDING_CONTROLS: &str = "thinking-binding-controls-2026-08-01";

/// What was thought in a conversation is thought in no other: the account of the emulator is one for which that is checked.
fn binding(
    model: &Model<'_>,
    messages: Messages<'_>,
    body: &Value,
    thoughts: &Thoughts,
) -> Result<(), ApiError> {
    let fields = at(body, "/additionalModelRequestFields");
    let wanted = at(fields, "/thinking/block_binding");
    let controls = list_at(fields, "/anthropic_beta").iter().any(|beta| beta == BINDING_CONTROLS);
    if !wanted.is_null() && !controls {
        let kind = text_at(fields, "/thinking/type").unwrap_or_default();
        return Err(ApiError::from_model(format!(
            "thinking.{kind}.block_binding: Extra inputs are not permitted"
        )));
    }
    let drops = at(wanted, "/prefix_mismatch_behavior") == "drop_block";
    if drops || !model.id.is_some_and(|id| BOUND.contains(&id)) {
        return Ok(());
    }
    let mut beginning = Beginning::of(body);
    for (number, message) in messages.0.iter().enumerate() {
        beginning.add_role(text_at(message, "/role").unwrap_or_default());
        for (index, block) in list_at(message, "/content").iter().enumerate() {
            if let Some(reasoning) = block.get("reasoningContent")
                && thoughts.is_from_elsewhere(reasoning, &beginning)
            {
                let kind =
                    if reasoning.get("redactedContent").is_some() { "redacted_thinking" } else { "thinking" };
                return Err(ApiError::from_model(format!(
                    "messages.{number}.content.{index}: Invalid `signature` in `{kind}` block. The block is bound to a \
                     different conversation. Remove the block, or set \
                     `thinking.block_binding.prefix_mismatch_behavior` to \"drop_block\"."
                )));
            }
            beginning.add_block(block);
        }
    }
    Ok(())
}

/// A conversation that ends with the model's own words asks it to go on; newer models refuse that.
fn ending(model: &Model<'_>, messages: Messages<'_>) -> Result<(), ApiError> {
    let Some(last) = messages.0.last().filter(|last| at(last, "/role") == "assistant") else { return Ok(()) };
    if model.is_known(|facts| facts.assistant_prefill.is_no()) {
        return Err(ApiError::from_model(
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        ));
    }
    let text = list_at(last, "/content").last().and_then(|block| text_at(block, "/text"));
    if model.signs() && text.is_some_and(|text| text.ends_with(char::is_whitespace)) {
        return Err(ApiError::from_model(
            "messages: final assistant content cannot end with trailing whitespace",
        ));
    }
    Ok(())
}
