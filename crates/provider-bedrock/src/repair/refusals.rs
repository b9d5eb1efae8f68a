//! What a model refused of a request, read from its error.
//!
//! Bedrock passes on what the models' own checks say, so that one refusal has several wordings. Rows as data, tried in
//! order; a row counts only if the body has what it is about, since nothing else can be left out of it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use outcrop_core::classify::plain;
use outcrop_core::{Error, ErrorKind};
use serde_json::Value;

use crate::learnt::{Refusal, Refusals, Section};

/// What a request can be sent without.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refused {
    /// What to leave out; empty if nothing would help.
    pub refusals: Refusals,
    /// What this says of later requests.
    pub lessons: Refusals,
}

/// One wording of a refusal.
struct Row {
    /// Words of the message, all of them, in lower case and with plain apostrophes.
    words: &'static [&'static str],
    /// What can be left out, if the body has it.
    refusals: Find,
    /// For what it holds.
    holds: Holds,
}

/// For what a refusal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// The model: it is its own way.
    Model,
    /// Every request with the same schemas.
    Schemas,
    /// This conversation as it stands.
    Conversation,
}

/// Finds in a body, by the message, what can be left out.
type Find = fn(&Value, &str) -> Vec<Refusal>;

/// A row about the model.
const fn row(words: &'static [&'static str], refusals: Find) -> Row {
    Row { words, refusals, holds: Holds::Model }
}

/// A row about the schemas of a request.
const fn schemas(words: &'static [&'static str]) -> Row {
    Row { words, refusals: grammar, holds: Holds::Schemas }
}

/// A row about the request as a whole rather than about the model.
const fn once(words: &'static [&'static str], refusals: Find) -> Row {
    Row { words, refusals, holds: Holds::Conversation }
}

const ROWS: &[Row] = &[
    row(&["doesn't support tool use in streaming mode"], streamed_tools),
    row(&["doesn't support tool use"], tools),
    row(&["doesn't support system messages"], system),
    row(&["temperature", "top_p", "cannot both be specified"], temperature_with_top_p),
    row(&["temperature", "topp", "cannot both be specified"], temperature_with_top_p),
    once(&["thinking", "tool_choice forces tool use"], forced_choice),
    row(&["toolchoice"], forced_choice),
    row(&["tool_choice"], forced_choice),
    once(&["invalid", "signature", "thinking"], reasoning),
    once(&["thinking", "signature: field required"], reasoning),
    once(&["invalid `data`", "redacted_thinking"], reasoning),
    once(&["expected `thinking`"], thinking_now),
    once(&["first block must be", "thinking"], reasoning),
    once(&["final block in an assistant message cannot be", "thinking"], reasoning),
    once(&["thinking is disabled", "final position cannot contain"], reasoning),
    once(&["redacted_thinking", "must match the parameters during the original request"], reasoning),
    once(&["redacted_thinking.data: field required"], reasoning),
    once(&["thinking", "cannot be modified"], reasoning),
    row(&["reasoningcontent"], reasoning_content),
    row(&["cannot contain reasoning content"], reasoning_content),
    once(&["cache point cannot be inserted"], points_of_messages),
    once(&["nothing available to cache"], points_of_messages),
    once(&["messages.", ".content.", ".type: field required"], points_of_messages),
    row(&["display: extra inputs are not permitted"], display),
    row(&["prompt caching", "ttl"], cache_ttl),
    row(&["ttl: extra inputs are not permitted"], cache_ttl),
    row(&["extraneous key [cachepoint]"], cache_points),
    row(&["extraneous key [ttl]"], cache_ttl),
    row(&["did not allow prompt caching"], cache_points),
    row(&["doesn't support the cachepoint field"], cache_points),
    // Up to three minutes pass before such a refusal: it is not asked for twice.
    schemas(&["compiled grammar is too large"]),
    schemas(&["schema is too complex"]),
    schemas(&["too many optional parameters"]),
    row(&["output_config.format"], native_output),
    row(&["outputconfig.textformat"], native_output),
    row(&["adaptive thinking is not supported"], thinking),
    row(&["thinking.type"], thinking),
    row(&["effort"], effort),
    row(&["strict: extra inputs are not permitted"], strict_tools),
    row(&["toolspec.strict"], strict_tools),
    row(&["support", "image", "tool result"], tool_result_images),
    row(&["support", "image", "toolresult"], tool_result_images),
    row(&["support", "image", "tool_result"], tool_result_images),
    row(&["doesn't support the image field"], tool_result_images),
    row(&["doesn't support citations"], citations),
    once(&["citations"], citations),
    row(&["stop_sequences"], stop_sequences),
    row(&["stopsequences"], stop_sequences),
    row(&["'stop'"], stop_sequences),
    row(&["temperature", "deprecated"], temperature),
    row(&["temperature", "support"], temperature),
    row(&["top_p", "deprecated"], top_p),
    row(&["top_p", "support"], top_p),
    row(&["topp", "support"], top_p),
];

/// What a request can be sent without, going by the error that it was refused with.
pub(crate) fn refused(error: &Error, body: &[u8]) -> Refused {
    let refusable = matches!(
        error.kind(),
        ErrorKind::InvalidRequest | ErrorKind::Unsupported | ErrorKind::PermissionDenied
    );
    let Some(message) = error.provider_message().filter(|_| refusable) else { return Refused::default() };
    let message = plain(message);
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Refused::default() };
    let rows = ROWS.iter().filter(|row| row.words.iter().all(|words| message.contains(words)));
    let known = rows.map(|row| ((row.refusals)(&body, &message), row.holds));
    let (refusals, holds) = known
        .into_iter()
        .find(|(refusals, _)| !refusals.is_empty())
        .unwrap_or_else(|| (named_fields(&body, &message), Holds::Model));
    let refusals: Refusals = refusals.into_iter().collect();
    let lessons = match holds {
        _ if refusals.is_empty() => Refusals::default(),
        Holds::Model => refusals.clone(),
        Holds::Schemas => Refusals::from([Refusal::Schemas(digest_of_schemas(&body))]),
        Holds::Conversation => Refusals::default(),
    };
    Refused { refusals, lessons }
}

/// What a request has to be sent without because its schemas were refused before.
pub(crate) fn of_schemas(refusals: &Refusals, body: &[u8]) -> Vec<Refusal> {
    if !refusals.iter().any(|refusal| matches!(refusal, Refusal::Schemas(_))) {
        return Vec::new();
    }
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let known = refusals.contains(&Refusal::Schemas(digest_of_schemas(&body)));
    if known { grammar(&body, "") } else { Vec::new() }
}

/// Tells the schemas of which a grammar is made from others, in this process.
fn digest_of_schemas(body: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.pointer("/outputConfig/textFormat").hash(&mut hasher);
    strict_specs(body).for_each(|tool| tool.hash(&mut hasher));
    hasher.finish()
}

/// Members of `additionalModelRequestFields` that the message calls unknown.
fn named_fields(body: &Value, message: &str) -> Vec<Refusal> {
    const UNKNOWN: [&str; 5] = [
        "extra inputs are not permitted",
        "extraneous key",
        "unsupported parameter",
        "not supported",
        "doesn't support",
    ];
    if !UNKNOWN.iter().any(|words| message.contains(words)) {
        return Vec::new();
    }
    let fields = body.get("additionalModelRequestFields").and_then(Value::as_object);
    let named = |name: &&String| is_named(message, &name.to_lowercase());
    fields.into_iter().flatten().map(|(name, _)| name).filter(named).cloned().map(Refusal::Field).collect()
}

/// Whether a message has the name as a word of its own.
fn is_named(message: &str, name: &str) -> bool {
    let part_of_a_word = |character: char| character.is_alphanumeric() || character == '_';
    message.match_indices(name).any(|(at, _)| {
        let before = message.get(..at).and_then(|text| text.chars().next_back());
        let after = message.get(at + name.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(part_of_a_word) && !after.is_some_and(part_of_a_word)
    })
}

/// The refusal, if the body has something at the pointer.
fn having(body: &Value, pointer: &str, refusal: Refusal) -> Vec<Refusal> {
    body.pointer(pointer).map(|_| refusal).into_iter().collect()
}

fn temperature(body: &Value, _: &str) -> Vec<Refusal> {
    having(body, "/inferenceConfig/temperature", Refusal::Temperature)
}

fn top_p(body: &Value, _: &str) -> Vec<Refusal> {
    having(body, "/inferenceConfig/topP", Refusal::TopP)
}

fn temperature_with_top_p(body: &Value, _: &str) -> Vec<Refusal> {
    let both = body.pointer("/inferenceConfig/temperature").and(body.pointer("/inferenceConfig/topP"));
    both.map(|_| Refusal::TemperatureWithTopP).into_iter().collect()
}

fn stop_sequences(body: &Value, _: &str) -> Vec<Refusal> {
    having(body, "/inferenceConfig/stopSequences", Refusal::StopSequences)
}

fn forced_choice(body: &Value, _: &str) -> Vec<Refusal> {
    let forced = ["any", "tool"];
    let forced = forced.iter().any(|kind| body.pointer(&format!("/toolConfig/toolChoice/{kind}")).is_some());
    forced.then_some(Refusal::ForcedToolChoice).into_iter().collect()
}

fn display(body: &Value, _: &str) -> Vec<Refusal> {
    having(body, "/additionalModelRequestFields/thinking/display", Refusal::ThinkingDisplay)
}

/// The type, where the message names it, for another one may do.
fn thinking(body: &Value, message: &str) -> Vec<Refusal> {
    let thinking = body.pointer("/additionalModelRequestFields/thinking");
    let kind = thinking.and_then(|thinking| thinking.get("type")?.as_str()).filter(|kind| {
        message.contains(&format!("\"thinking.type.{kind}\" is not supported"))
            || message.contains(&format!("{kind} thinking is not supported"))
    });
    let refusal =
        kind.map_or_else(|| Refusal::Field("thinking".into()), |kind| Refusal::ThinkingType(kind.to_owned()));
    thinking.map(|_| refusal).into_iter().collect()
}

fn effort(body: &Value, message: &str) -> Vec<Refusal> {
    let fields = ["output_config", "reasoning_effort", "reasoningConfig", "reasoning"];
    let of_anthropic =
        |name: &&&str| body.pointer(&format!("/additionalModelRequestFields/{name}")).is_some();
    let named = fields.iter().find(|name| message.contains(&name.to_lowercase())).filter(of_anthropic);
    let field = named.or_else(|| fields.iter().find(of_anthropic));
    let refusal = |name: &&str| {
        let value = body.pointer(&format!("/additionalModelRequestFields/{name}"));
        let members = ["effort", "maxReasoningEffort"];
        let effort = value.and_then(|value| {
            value.as_str().or_else(|| members.iter().find_map(|member| value.get(member)?.as_str()))
        });
        // A lower effort may do where the message is about this one.
        match effort.filter(|effort| message.contains(&format!("'{effort}'"))) {
            Some(effort) => Refusal::Effort(effort.to_owned()),
            None => Refusal::Field((*name).to_owned()),
        }
    };
    field.map(refusal).into_iter().collect()
}

/// Thinking as such: the conversation lacks thoughts that would have to stand in it.
fn thinking_now(body: &Value, message: &str) -> Vec<Refusal> {
    let on = having(body, "/additionalModelRequestFields/thinking", Refusal::Field("thinking".into()));
    if on.is_empty() { reasoning(body, message) } else { on }
}

/// One grammar is made of the answer's schema and of those of all strict tools.
fn grammar(body: &Value, message: &str) -> Vec<Refusal> {
    [native_output(body, message), strict_tools(body, message)].concat()
}

fn system(body: &Value, _: &str) -> Vec<Refusal> {
    having(body, "/system", Refusal::System)
}

fn tools(body: &Value, _: &str) -> Vec<Refusal> {
    having(body, "/toolConfig", Refusal::Tools)
}

fn streamed_tools(body: &Value, _: &str) -> Vec<Refusal> {
    having(body, "/toolConfig", Refusal::StreamedTools)
}

fn native_output(body: &Value, _: &str) -> Vec<Refusal> {
    having(body, "/outputConfig/textFormat", Refusal::NativeOutput)
}

fn strict_tools(body: &Value, _: &str) -> Vec<Refusal> {
    strict_specs(body).next().map(|_| Refusal::StrictTools).into_iter().collect()
}

fn strict_specs(body: &Value) -> impl Iterator<Item = &Value> {
    let tools = body.pointer("/toolConfig/tools").and_then(Value::as_array).into_iter().flatten();
    tools.filter(|tool| tool.pointer("/toolSpec/strict").is_some())
}

fn reasoning(body: &Value, _: &str) -> Vec<Refusal> {
    let any = blocks(body).any(|block| block.get("reasoningContent").is_some());
    any.then_some(Refusal::Reasoning).into_iter().collect()
}

fn reasoning_content(body: &Value, message: &str) -> Vec<Refusal> {
    reasoning(body, message).into_iter().map(|_| Refusal::ReasoningContent).collect()
}

fn tool_result_images(body: &Value, _: &str) -> Vec<Refusal> {
    let parts = blocks(body).filter_map(|block| block.pointer("/toolResult/content")?.as_array()).flatten();
    let any = parts.into_iter().any(|part| part.get("image").is_some());
    any.then_some(Refusal::ToolResultImages).into_iter().collect()
}

fn citations(body: &Value, _: &str) -> Vec<Refusal> {
    let parts = blocks(body).filter_map(|block| block.pointer("/toolResult/content")?.as_array()).flatten();
    let asks = |block: &Value| {
        let sources = ["/document/citations", "/searchResult/citations"];
        sources.iter().any(|pointer| block.pointer(pointer).is_some())
    };
    let cites = |block: &Value| asks(block) || block.get("citationsContent").is_some();
    let any = blocks(body).chain(parts).any(cites);
    any.then_some(Refusal::Citations).into_iter().collect()
}

/// Points among the messages, since what else can be cached is there on its own; without any, all others.
fn points_of_messages(body: &Value, message: &str) -> Vec<Refusal> {
    let any = blocks(body).any(is_cache_point);
    if any { vec![Refusal::CachePoints(Section::Messages)] } else { cache_points(body, message) }
}

/// The part that the message names, else every part that has points.
fn cache_points(body: &Value, message: &str) -> Vec<Refusal> {
    let points = |list: Option<&Value>| {
        list.and_then(Value::as_array).is_some_and(|list| list.iter().any(is_cache_point))
    };
    let sections = [
        ("toolconfig", Section::Tools, points(body.pointer("/toolConfig/tools"))),
        ("system", Section::System, points(body.get("system"))),
        ("messages", Section::Messages, blocks(body).any(is_cache_point)),
    ];
    let present = || sections.iter().filter(|(_, _, present)| *present);
    let named = present().find(|(name, ..)| message.contains(&format!("#/{name}")));
    let all: Vec<_> = named.map_or_else(|| present().collect(), |section| vec![section]);
    all.into_iter().map(|(_, section, _)| Refusal::CachePoints(*section)).collect()
}

fn cache_ttl(body: &Value, _: &str) -> Vec<Refusal> {
    let lists =
        ["/toolConfig/tools", "/system"].map(|pointer| body.pointer(pointer).and_then(Value::as_array));
    let listed = lists.into_iter().flatten().flatten();
    let any = listed.chain(blocks(body)).any(|block| block.pointer("/cachePoint/ttl").is_some());
    any.then_some(Refusal::CacheTtl).into_iter().collect()
}

fn is_cache_point(block: &Value) -> bool {
    block.get("cachePoint").is_some()
}

fn blocks(body: &Value) -> impl Iterator<Item = &Value> {
    let messages = body.get("messages").and_then(Value::as_array).into_iter().flatten();
    messages.filter_map(|message| message.get("content")?.as_array()).flatten()
}

#[cfg(test)]
mod tests;
