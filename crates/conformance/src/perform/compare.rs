//! What came, against what the upstream did.

use std::time::Duration;

use outcrop_core::{Content, Error, ErrorKind, Response, Retry};

use super::hear::{Heard, Way};
use crate::{Answer, Fault, Reply, Step};

/// What is wrong with what was heard of an answer.
pub(super) fn with_script(answer: &Answer, heard: &Heard, retries: bool) -> Vec<String> {
    let problems = match answer {
        Answer::Refuse(fault) => refused(fault, heard, retries),
        Answer::Reply(reply) => replied(reply, heard),
        Answer::Silence | Answer::TokenCount { .. } | Answer::Embeddings { .. } => Vec::new(),
    };
    problems.into_iter().map(|problem| format!("`{}`: {problem}", heard.way.name())).collect()
}

fn refused(fault: &Fault, heard: &Heard, retries: bool) -> Vec<String> {
    let Some(error) = heard.error() else { return vec!["answers a call that was refused".to_owned()] };
    let mut problems = Vec::new();
    if heard.began {
        problems.push(
            "resolves before the upstream accepted the call: the refusal came in the stream".to_owned(),
        );
    }
    problems.extend(kind(error, &[fault.kind]));
    problems.extend(retry(fault, error, retries));
    problems.extend(wording(error));
    problems
}

fn replied(reply: &Reply, heard: &Heard) -> Vec<String> {
    let ideal = reply.ideal();
    let is_over = ideal.error.is_none();
    let Some(error) = heard.error() else {
        if !is_over {
            return vec!["answers as if all were well, where the answer broke off".to_owned()];
        }
        return differences(&ideal.response, heard);
    };
    if is_over {
        return vec![format!("fails where nothing is wrong: {} ({error})", error.kind().name())];
    }
    let mut problems = match reply.steps.last() {
        Some(Step::Fail(fault)) => {
            let never = fault.kind.default_retry() == Retry::Never && fault.kind != ErrorKind::Network;
            let wrong = (never && error.retry().is_advised())
                .then(|| format!("advises to try again after an error of the kind {}", fault.kind.name()));
            kind(error, &[fault.kind]).into_iter().chain(wrong).collect()
        }
        _ => Vec::from_iter(kind(error, &[ErrorKind::Interrupted, ErrorKind::Network])),
    };
    problems.extend(wording(error));
    // What came of a whole answer is gone with it.
    if heard.way == Way::Stream {
        problems.extend(content(&ideal.response, heard));
    }
    problems
}

fn kind(error: &Error, expected: &[ErrorKind]) -> Option<String> {
    let names: Vec<_> = expected.iter().map(|kind| kind.name()).collect();
    (!expected.contains(&error.kind())).then(|| {
        format!("the error is told as {}, where it is {} ({error})", error.kind().name(), names.join(" or "))
    })
}

fn retry(fault: &Fault, error: &Error, retries: bool) -> Option<String> {
    let advice = error.retry();
    if retries && matches!(advice, Retry::Exhausted { .. }) {
        return None;
    }
    if let Some(seconds) = fault.retry_after_seconds {
        return (advice != Retry::After(Duration::from_secs(seconds))).then(|| {
            format!("the upstream asks for a wait of {seconds} s, and the advice on retrying is {advice:?}")
        });
    }
    match fault.kind.default_retry() {
        Retry::Backoff if !advice.is_advised() => {
            Some(format!("the advice to try again is lost: {advice:?} after {}", fault.kind.name()))
        }
        // Whether a network that failed has taken the request is for the provider to know.
        Retry::Never if advice.is_advised() && fault.kind != ErrorKind::Network => {
            Some(format!("advises to try again after {}, which does not help", fault.kind.name()))
        }
        _ => None,
    }
}

fn wording(error: &Error) -> Option<String> {
    let words = error.to_string();
    let is_one_line = !words.is_empty() && !words.contains(['\n', '\r']);
    (!is_one_line).then(|| format!("the message of the error is not one line: {words:?}"))
}

fn differences(expected: &Response, heard: &Heard) -> Vec<String> {
    let mut problems = Vec::from_iter(content(expected, heard));
    let got = &heard.collected.response;
    if !got.partial.is_empty() {
        problems.push(format!("blocks of a whole answer did not close: {:?}", got.partial));
    }
    if got.stop_reason != expected.stop_reason {
        problems
            .push(format!("the stop reason is `{}`, and not `{}`", got.stop_reason, expected.stop_reason));
    }
    match (expected.usage, got.usage) {
        (None, Some(usage)) => {
            problems
                .push(format!("tells of {} tokens, where the upstream told nothing", usage.total_tokens()));
        }
        (expected, got) if expected != got => {
            problems.push(format!("the usage is {got:?}, and not {expected:?}"));
        }
        _ => {}
    }
    problems
}

/// The first block that is another one.
fn content(expected: &Response, heard: &Heard) -> Option<String> {
    let (expected, got) = (blocks(expected, heard.way), blocks(&heard.collected.response, heard.way));
    let differs = expected.iter().zip(&got).position(|(expected, got)| expected != got);
    let at = differs.or_else(|| (expected.len() != got.len()).then_some(expected.len().min(got.len())))?;
    let show = |blocks: &[Content]| blocks.get(at).map_or_else(|| "nothing".to_owned(), short);
    Some(format!("block {} is {}, and not {}", at + 1, show(&got), show(&expected)))
}

/// The blocks that say something. An upstream may have no sign for one that does not. Nor can every upstream put
/// arguments that are no JSON into a whole answer: there it is enough that they are reported.
fn blocks(response: &Response, way: Way) -> Vec<Content> {
    let empty = |content: &&Content| match content {
        Content::Text(text) => text.text.is_empty(),
        Content::Reasoning(it) => it.text.is_empty() && it.signature.is_none() && it.redacted.is_none(),
        _ => false,
    };
    let mut blocks: Vec<Content> =
        response.content.iter().filter(|content| !empty(content)).cloned().collect();
    for block in &mut blocks {
        if let Content::ToolUse(call) = block
            && let Some(text) = call.malformed_input.as_mut()
            && way == Way::Whole
        {
            text.clear();
        }
    }
    blocks
}

fn short(block: &Content) -> String {
    const MOST: usize = 160;
    let text = serde_json::to_string(block).unwrap_or_else(|_| "a block".to_owned());
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// That a whole answer is what the stream adds up to, in what no script says.
pub(super) fn ways(streamed: &Heard, whole: &Heard) -> Vec<String> {
    if streamed.error().is_some() || whole.error().is_some() {
        return Vec::new();
    }
    let (streamed, whole) = (&streamed.collected.response, &whole.collected.response);
    [
        ("model", streamed.model == whole.model),
        ("warnings", streamed.warnings == whole.warnings),
        ("metadata", streamed.metadata == whole.metadata),
    ]
    .into_iter()
    .filter(|(_, same)| !same)
    .map(|(field, _)| format!("`generate` and `stream` differ in `{field}`"))
    .collect()
}
