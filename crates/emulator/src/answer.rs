//! What the model says: composed from the request, the same for the same request, different for another prompt.

mod limits;
mod prompt;
mod sample;
pub(crate) mod usage;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use outcrop_model_facts::facts::Thinking;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::json::{at, insert};
use crate::model::Model;
use crate::scenario::{ReplyBlock, ReplyMessage};
use prompt::{Prompt, Tool};
use usage::CachedPrefix;

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) blocks: Vec<Block>,
    pub(crate) stop_reason: String,
    pub(crate) usage: Value,
    pub(crate) latency_ms: u64,
    pub(crate) additional_fields: Option<Value>,
    pub(crate) trace: Option<Value>,
    pub(crate) performance_config: Option<Value>,
    pub(crate) service_tier: Option<Value>,
    /// The stream's metadata comes before its `messageStop`.
    pub(crate) metadata_first: bool,
}

/// A block of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Text(String),
    Citations {
        text: String,
        citations: Vec<Value>,
    },
    Reasoning {
        text: String,
        signature: Option<String>,
    },
    /// Base64.
    RedactedReasoning(String),
    /// The bytes are base64.
    Image {
        format: String,
        bytes: String,
    },
    /// The input is the JSON text that is streamed.
    ToolUse {
        id: String,
        name: String,
        input: String,
        kind: Option<String>,
    },
    /// The answer of a tool that the service runs.
    ToolResult {
        id: String,
        content: Vec<Value>,
        status: Option<String>,
        kind: Option<String>,
    },
}

impl Block {
    /// The block as Converse returns it.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => json!({ "text": text }),
            Self::Reasoning { text, signature: None } => {
                json!({ "reasoningContent": { "reasoningText": { "text": text } } })
            }
            Self::Reasoning { text, signature: Some(signature) } => {
                json!({ "reasoningContent": { "reasoningText": { "text": text, "signature": signature } } })
            }
            Self::RedactedReasoning(bytes) => json!({ "reasoningContent": { "redactedContent": bytes } }),
            Self::Citations { text, citations } => {
                json!({ "citationsContent": { "content": [{ "text": text }], "citations": citations } })
            }
            Self::Image { format, bytes } => {
                json!({ "image": { "format": format, "source": { "bytes": bytes } } })
            }
            Self::ToolUse { id, name, input, kind } => {
                // An input that the token limit cut is no JSON; without a stream the service has nothing to show then.
                let input = serde_json::from_str(input).unwrap_or_else(|_| json!({}));
                let mut call = json!({ "toolUseId": id, "name": name, "input": input });
                insert(&mut call, "type", kind.as_deref().map(Value::from));
                json!({ "toolUse": call })
            }
            Self::ToolResult { id, content, status, kind } => {
                let mut result = json!({ "toolUseId": id, "content": content });
                insert(&mut result, "status", status.as_deref().map(Value::from));
                insert(&mut result, "type", kind.as_deref().map(Value::from));
                json!({ "toolResult": result })
            }
        }
    }

    /// Whether the client has to answer it.
    fn is_call(&self) -> bool {
        matches!(self, Self::ToolUse { kind, .. } if kind.as_deref() != Some("server_tool_use"))
    }
}

/// Composes the answer to a request that was found valid. `prefixes` are its cached prefixes, of which the first
/// `hits` were known before.
pub(crate) fn compose(
    model: &Model<'_>,
    body: &Value,
    reply: Option<&ReplyMessage>,
    prefixes: &[CachedPrefix],
    hits: usize,
) -> Answer {
    let prompt = Prompt::read(body);
    let mut blocks = match reply {
        Some(reply) => scripted(model, &prompt, reply),
        None => spontaneous(model, &prompt),
    };
    let cut = limits::apply(&mut blocks, at(body, "/inferenceConfig"));
    let stop_reason = match (reply.and_then(|reply| reply.stop_reason.clone()), &cut) {
        (Some(scripted), _) => scripted,
        (None, limits::Cut::MaxTokens) => "max_tokens".to_owned(),
        (None, limits::Cut::StopSequence(_)) => "stop_sequence".to_owned(),
        (None, limits::Cut::None) => {
            if blocks.iter().any(Block::is_call) {
                "tool_use".to_owned()
            } else {
                "end_turn".to_owned()
            }
        }
    };
    let output: u64 = blocks.iter().map(usage::of_block).sum();
    let counted = || usage::usage(body, prefixes, hits, output);
    Answer {
        usage: reply.and_then(|reply| reply.usage.clone()).unwrap_or_else(counted),
        // As if the model needed 200 ms to begin and 10 ms a token.
        latency_ms: 200 + 10 * output,
        additional_fields: reply
            .and_then(|reply| reply.additional_model_response_fields.clone())
            .or_else(|| additional_fields(body, &cut)),
        trace: reply.and_then(|reply| reply.trace.clone()),
        metadata_first: reply.is_some_and(|reply| reply.metadata_first),
        performance_config: given(body, "performanceConfig"),
        service_tier: given(body, "serviceTier"),
        stop_reason,
        blocks,
    }
}

/// The answer of a guardrail that did not let a request through to the model: there is nothing to pay the model for.
pub(crate) fn blocked(body: &Value, trace: Option<Value>) -> Answer {
    Answer {
        blocks: vec![Block::Text("Sorry, the model cannot answer this question.".to_owned())],
        stop_reason: "guardrail_intervened".to_owned(),
        usage: json!({ "inputTokens": 0, "outputTokens": 0, "totalTokens": 0 }),
        latency_ms: 200,
        additional_fields: None,
        trace,
        performance_config: given(body, "performanceConfig"),
        service_tier: given(body, "serviceTier"),
        metadata_first: false,
    }
}

/// A setting that the answer repeats.
fn given(body: &Value, key: &str) -> Option<Value> {
    body.get(key).filter(|value| !value.is_null()).cloned()
}

/// What the model says by itself.
fn spontaneous(model: &Model<'_>, prompt: &Prompt<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(schema) = &prompt.output_schema {
        let text = sample::value(schema, &prompt.text()).to_string();
        return vec![Block::Text(text)];
    }
    match prompt.tool_to_call() {
        Some((tool, forced)) => {
            if !forced {
                blocks.push(Block::Text(format!("I will ask {} about that.", tool.name)));
            }
            blocks.push(call(prompt, tool, blocks.len()));
        }
        None => blocks.push(Block::Text(text(model, prompt))),
    }
    if let Some(thinking) = wanted_reasoning(model, prompt) {
        let thought = if thinking.omitted { String::new() } else { thought(prompt) };
        let signature = model.signs().then(|| signature(&thought));
        let block = Block::Reasoning { text: thought, signature };
        // DeepSeek R1 puts its reasoning behind the text.
        let place = if model.maker() == Some("deepseek") { blocks.len() } else { 0 };
        blocks.insert(place, block);
    }
    blocks
}

fn scripted(model: &Model<'_>, prompt: &Prompt<'_>, reply: &ReplyMessage) -> Vec<Block> {
    let mut last_call = String::new();
    let mut block = |(index, block): (usize, &ReplyBlock)| match block.clone() {
        ReplyBlock::Text(text) => Block::Text(text),
        ReplyBlock::Citations { text, citations } => Block::Citations { text, citations },
        ReplyBlock::Reasoning(text) => {
            let signature = model.signs().then(|| signature(&text));
            Block::Reasoning { text, signature }
        }
        ReplyBlock::SignedReasoning { text, signature } => {
            Block::Reasoning { text, signature: model.signs().then_some(signature) }
        }
        ReplyBlock::RedactedReasoning(bytes) => Block::RedactedReasoning(bytes),
        ReplyBlock::Image { format, bytes } => Block::Image { format, bytes },
        ReplyBlock::ToolUse { name, input, tool_use_id: id, kind } => {
            let id = id.unwrap_or_else(|| tool_use_id(prompt, index));
            last_call.clone_from(&id);
            let input = input.as_str().map_or_else(|| input.to_string(), str::to_owned);
            Block::ToolUse { id, name, input, kind }
        }
        ReplyBlock::ToolResult { content, tool_use_id: id, status, kind } => {
            Block::ToolResult { id: id.unwrap_or_else(|| last_call.clone()), content, status, kind }
        }
    };
    reply.content.iter().enumerate().map(&mut block).collect()
}

fn call(prompt: &Prompt<'_>, tool: &Tool<'_>, index: usize) -> Block {
    let mut input = sample::value(tool.schema, &prompt.text());
    if !input.is_object() {
        input = json!({});
    }
    let (name, input) = (tool.name.to_owned(), input.to_string());
    Block::ToolUse { id: tool_use_id(prompt, index), name, input, kind: None }
}

/// An id in the service's own form, derived from the conversation so far.
fn tool_use_id(prompt: &Prompt<'_>, index: usize) -> String {
    let digest = Sha256::new().chain_update(prompt.digest()).chain_update(index.to_be_bytes()).finalize();
    let encoded = BASE64_URL_SAFE_NO_PAD.encode(digest);
    format!("tooluse_{}", encoded.get(..22).unwrap_or(&encoded))
}

/// The answer in words.
fn text(model: &Model<'_>, prompt: &Prompt<'_>) -> String {
    let name = model.name();
    let mut sentences = Vec::new();
    if let Some(result) = prompt.tool_results() {
        sentences.push(format!("The tool answered: {}.", result.trim_end_matches('.')));
        sentences.push(format!("That is all {name} needed to know."));
        return sentences.join(" ");
    }
    let question = prompt.quotation();
    if question.is_empty() {
        sentences.push("You sent no words.".to_owned());
    } else {
        let verb = if question.ends_with('?') { "asked" } else { "wrote" };
        sentences.push(format!("You {verb}: “{question}”"));
    }
    sentences.extend(prompt.attachments().map(|what| format!("You attached {what}.")));
    let topic = prompt.topic();
    sentences.push(if topic.is_empty() {
        format!("This is Outcrop's emulator in place of {name}.")
    } else {
        format!("This is Outcrop's emulator in place of {name}, which would now say something about {topic}.")
    });
    sentences.push(match prompt.turn() {
        1 => "The same prompt always gets the same words.".to_owned(),
        turn => format!("This is turn {turn} of our conversation."),
    });
    sentences.join(" ")
}

/// The reasoning in words.
fn thought(prompt: &Prompt<'_>) -> String {
    let topic = prompt.topic();
    let about = if topic.is_empty() { "something without words".to_owned() } else { topic };
    let plan =
        if prompt.tool_to_call().is_some() { "a tool can find that out" } else { "a short answer will do" };
    format!("This is about {about}; {plan}.")
}

/// How a request wants reasoning to be shown.
struct Reasoning {
    omitted: bool,
}

fn wanted_reasoning(model: &Model<'_>, prompt: &Prompt<'_>) -> Option<Reasoning> {
    let fields = prompt.additional_fields();
    let thinking = at(fields, "/thinking");
    let wanted = match model.thinking() {
        Thinking::None => false,
        Thinking::Budget => at(thinking, "/type") == "enabled",
        Thinking::Adaptive { always_on, .. } => {
            let unasked = thinking.is_null() && model.is_known(|facts| facts.thinks_unasked.is_yes());
            always_on || unasked || at(thinking, "/type") == "enabled" || at(thinking, "/type") == "adaptive"
        }
        Thinking::Field { name, always_on, .. } => always_on || asks(&fields[name]),
        // DeepSeek R1 always reasons; of the others nobody knows how to ask them.
        Thinking::Unknown => model.id == Some("deepseek.r1-v1:0"),
    };
    wanted.then(|| Reasoning { omitted: at(thinking, "/display") == "omitted" })
}

/// Whether a model's own reasoning field turns reasoning on.
fn asks(field: &Value) -> bool {
    match field {
        Value::Null | Value::Bool(false) => false,
        Value::String(effort) => effort != "none",
        Value::Object(members) => {
            let says = |member: &str, word: &str| members.get(member).is_some_and(|value| value == word);
            !says("type", "disabled") && !says("effort", "none")
        }
        _ => true,
    }
}

/// The signature of a reasoning text. Any changed byte makes it invalid, as with the real one.
pub(crate) fn signature(text: &str) -> String {
    BASE64_STANDARD
        .encode(Sha256::new().chain_update("outcrop-emulator reasoning:").chain_update(text).finalize())
}

/// Of the fields that the request asks for by JSON pointer, the one that the emulator knows.
fn additional_fields(body: &Value, cut: &limits::Cut) -> Option<Value> {
    let paths = at(body, "/additionalModelResponseFieldPaths").as_array()?;
    let wanted = paths.iter().any(|path| path == "/stop_sequence");
    let sequence = if let limits::Cut::StopSequence(sequence) = cut { Some(sequence) } else { None };
    wanted.then(|| json!({ "stop_sequence": sequence }))
}

#[cfg(test)]
mod tests;
