//! Counting: input, output, and what a prompt cache would have done.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::Block;
use crate::json::{at, list_at, text_at};
use crate::state::PrefixDigest;
use crate::tokens;

const PER_MESSAGE: u64 = 4;
const PER_IMAGE: u64 = 1600;
/// How many bytes of other media have as many tokens as one byte of text.
const MEDIA_PER_TEXT: usize = 16;
/// The formats of documents that are text already.
const PLAIN_TEXT: [&str; 4] = ["txt", "md", "csv", "html"];

/// The beginning of a prompt, up to a cache point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CachedPrefix {
    pub(crate) digest: PrefixDigest,
    /// Tokens of the whole prefix.
    pub(crate) tokens: u64,
    pub(crate) one_hour: bool,
}

/// The tokens of a block of an answer.
pub(super) fn of_block(block: &Block) -> u64 {
    match block {
        Block::Text(text)
        | Block::Citations { text, .. }
        | Block::Reasoning { text, .. }
        | Block::ToolUse { input: text, .. } => tokens::count(text),
        Block::Image { .. } => PER_IMAGE,
        Block::ToolResult { content, .. } => content.iter().map(of_content).sum(),
        Block::RedactedReasoning(bytes) => tokens::of_bytes(bytes.len()),
    }
}

/// The tokens of a whole request.
pub(crate) fn input_tokens(body: &Value) -> u64 {
    parts(body).map(|part| part.tokens()).sum()
}

/// The prefixes that the cache points of a request mark, shortest first. The order of a prompt is tools, system,
/// messages.
pub(crate) fn cached_prefixes(body: &Value) -> Vec<CachedPrefix> {
    let mut hash = Sha256::new();
    let mut tokens = 0;
    let mut prefixes = Vec::new();
    for part in parts(body) {
        if let Part::Block(block) = &part
            && let Some(point) = block.get("cachePoint")
        {
            prefixes.push(CachedPrefix {
                digest: hash.clone().finalize().into(),
                tokens,
                one_hour: at(point, "/ttl") == "1h",
            });
            continue;
        }
        tokens += part.tokens();
        match part {
            Part::Role(role) => hash.update(role),
            Part::Block(block) => hash.update(block.to_string()),
        }
    }
    prefixes
}

/// The `usage` of an answer. `inputTokens` leaves out what was read from or written to the cache. `prefixes` are those
/// that are long enough to be cached.
pub(super) fn usage(body: &Value, prefixes: &[CachedPrefix], hits: usize, output: u64) -> Value {
    let all = input_tokens(body);
    let known =
        |count: usize| count.checked_sub(1).and_then(|last| prefixes.get(last)).map_or(0, |it| it.tokens);
    let (read, cached) = (known(hits), known(prefixes.len()));
    let mut usage = Map::new();
    usage.insert("inputTokens".to_owned(), (all - cached).into());
    usage.insert("outputTokens".to_owned(), output.into());
    usage.insert("totalTokens".to_owned(), (all + output).into());
    let is_point = |part: Part<'_>| matches!(part, Part::Block(block) if block.get("cachePoint").is_some());
    if parts(body).any(is_point) {
        usage.insert("cacheReadInputTokens".to_owned(), read.into());
        usage.insert("cacheWriteInputTokens".to_owned(), (cached - read).into());
    }
    if !prefixes.is_empty() {
        usage.insert("cacheDetails".to_owned(), details(prefixes, hits, read));
    }
    usage.into()
}

/// What was written, by lifetime.
fn details(prefixes: &[CachedPrefix], hits: usize, read: u64) -> Value {
    let mut before = read;
    let [mut five_minutes, mut one_hour] = [0, 0];
    for prefix in prefixes.iter().skip(hits) {
        let written = prefix.tokens - before;
        before = prefix.tokens;
        if prefix.one_hour {
            one_hour += written;
        } else {
            five_minutes += written;
        }
    }
    let lifetimes = [("5m", five_minutes), ("1h", one_hour)];
    let written = lifetimes.iter().filter(|(_, tokens)| *tokens > 0);
    written.map(|(ttl, tokens)| json!({ "ttl": ttl, "inputTokens": tokens })).collect()
}

/// A piece of a prompt.
enum Part<'a> {
    Role(&'a str),
    Block(&'a Value),
}

impl Part<'_> {
    fn tokens(&self) -> u64 {
        match self {
            Self::Role(_) => PER_MESSAGE,
            Self::Block(block) => of_content(block),
        }
    }
}

fn parts(body: &Value) -> impl Iterator<Item = Part<'_>> {
    let tools = list_at(body, "/toolConfig/tools").iter().chain(list_at(body, "/system")).map(Part::Block);
    let messages = list_at(body, "/messages").iter().flat_map(|message| {
        let role = Part::Role(text_at(message, "/role").unwrap_or_default());
        std::iter::once(role).chain(list_at(message, "/content").iter().map(Part::Block))
    });
    tools.chain(messages)
}

fn of_content(block: &Value) -> u64 {
    if let Some(text) = text_at(block, "/text").or_else(|| text_at(block, "/guardContent/text/text")) {
        return tokens::count(text);
    }
    if block.get("cachePoint").is_some() {
        return 0;
    }
    if block.get("image").is_some() {
        return PER_IMAGE;
    }
    if let Some(result) = block.get("toolResult") {
        return list_at(result, "/content").iter().map(of_content).sum();
    }
    for kind in ["document", "video", "audio"] {
        if let Some(bytes) = block.get(kind).and_then(|value| text_at(value, "/source/bytes")) {
            let bytes = bytes.len() / 4 * 3;
            let is_text = text_at(block, "/document/format").is_some_and(|it| PLAIN_TEXT.contains(&it));
            return tokens::of_bytes(if is_text { bytes } else { bytes.div_ceil(MEDIA_PER_TEXT) });
        }
    }
    tokens::of_bytes(block.to_string().len())
}
