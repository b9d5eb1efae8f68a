//! Where an answer ends early: stop sequences and the token limit.

use serde_json::Value;

use super::Block;
use crate::json::{at, list_at};
use crate::tokens;

/// Why an answer was cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    None,
    MaxTokens,
    StopSequence(String),
}

/// Cuts the blocks as `inferenceConfig` says. Stop sequences count in text only.
pub(super) fn apply(blocks: &mut Vec<Block>, config: &Value) -> Cut {
    let stopped = stop(blocks, list_at(config, "/stopSequences"));
    let Some(limit) = at(config, "/maxTokens").as_u64() else { return stopped };
    if limit_tokens(blocks, limit) { Cut::MaxTokens } else { stopped }
}

/// Ends the answer before the first stop sequence.
fn stop(blocks: &mut Vec<Block>, sequences: &[Value]) -> Cut {
    for index in 0..blocks.len() {
        let Some(Block::Text(text)) = blocks.get_mut(index) else { continue };
        let found = sequences.iter().filter_map(Value::as_str).filter_map(|it| Some((text.find(it)?, it)));
        if let Some((position, sequence)) = found.min_by_key(|(position, _)| *position) {
            text.truncate(position);
            blocks.truncate(index + 1);
            return Cut::StopSequence(sequence.to_owned());
        }
    }
    Cut::None
}

/// Keeps the first `limit` tokens. True if there were more.
fn limit_tokens(blocks: &mut Vec<Block>, limit: u64) -> bool {
    let mut left = limit;
    for index in 0..blocks.len() {
        let Some(block) = blocks.get_mut(index) else { continue };
        let count = super::usage::of_block(block);
        if count <= left {
            left -= count;
            continue;
        }
        let keep = usize::try_from(left).unwrap_or(usize::MAX);
        match block {
            Block::Text(text) | Block::Citations { text, .. } | Block::ToolUse { input: text, .. } => {
                *text = tokens::pieces(text).take(keep).collect();
            }
            Block::Reasoning { text, signature } => {
                *text = tokens::pieces(text).take(keep).collect();
                *signature = None;
            }
            Block::RedactedReasoning(_) | Block::Image { .. } | Block::ToolResult { .. } => {}
        }
        // A block without a single token never began.
        blocks.truncate(index + usize::from(keep > 0));
        return true;
    }
    false
}
