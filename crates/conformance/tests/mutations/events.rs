//! Breakages of the events.

use std::cell::Cell;

use outcrop_core::{Block, Delta, End, Error, ErrorKind, Event, Result, StopReason, Usage};

use super::broken::{How, Memory};

type Items = Vec<Result<Event>>;

fn items(item: fn(&mut Memory, Result<Event>) -> Items) -> How {
    How { item: Some(item), ..How::default() }
}

fn end(item: &Result<Event>) -> Option<End> {
    match item {
        Ok(Event::End(end)) => Some((**end).clone()),
        _ => None,
    }
}

/// Changes the end.
fn ended(item: Result<Event>, change: impl FnOnce(&mut End)) -> Items {
    match end(&item) {
        Some(mut end) => {
            change(&mut end);
            vec![Ok(Event::End(Box::new(end)))]
        }
        None => vec![item],
    }
}

/// Changes the delta.
fn grown(item: Result<Event>, change: impl FnOnce(u32, Delta) -> Option<Event>) -> Items {
    match item {
        Ok(Event::Delta { index, delta }) => change(index, delta).map(Ok).into_iter().collect(),
        other => vec![other],
    }
}

pub(crate) fn drops_close() -> How {
    items(|_, item| if matches!(item, Ok(Event::Close { .. })) { vec![] } else { vec![item] })
}

pub(crate) fn doubles_start() -> How {
    items(|_, item| if matches!(item, Ok(Event::Start(_))) { vec![item.clone(), item] } else { vec![item] })
}

pub(crate) fn forgets_start() -> How {
    items(|_, item| if matches!(item, Ok(Event::Start(_))) { vec![] } else { vec![item] })
}

pub(crate) fn opens_twice() -> How {
    items(
        |_, item| if matches!(item, Ok(Event::Open { .. })) { vec![item.clone(), item] } else { vec![item] },
    )
}

pub(crate) fn never_opens() -> How {
    items(|_, item| if matches!(item, Ok(Event::Open { .. })) { vec![] } else { vec![item] })
}

/// Hands on the pieces of a block in the wrong order.
pub(crate) fn reorders() -> How {
    items(|memory, item| match item {
        Ok(delta @ Event::Delta { .. }) if memory.held.is_empty() => {
            memory.held.push(delta);
            vec![]
        }
        other => {
            let held = std::mem::take(&mut memory.held).into_iter().map(Ok);
            if matches!(other, Ok(Event::Delta { .. })) {
                [other].into_iter().chain(held).collect()
            } else {
                held.chain([other]).collect()
            }
        }
    })
}

pub(crate) fn loses_a_delta() -> How {
    items(|memory, item| {
        let is_delta = matches!(item, Ok(Event::Delta { .. }));
        memory.seen += usize::from(is_delta);
        if is_delta && memory.seen == 2 { vec![] } else { vec![item] }
    })
}

/// Gives up after so many events.
pub(crate) fn truncates() -> How {
    items(|memory, item| {
        memory.seen += 1;
        if memory.seen > 2_000 && matches!(item, Ok(Event::Delta { .. })) { vec![] } else { vec![item] }
    })
}

pub(crate) fn trims_text() -> How {
    items(|_, item| {
        grown(item, |index, delta| {
            let delta = match delta {
                Delta::Text { text } => Delta::Text { text: text.trim().to_owned() },
                other => other,
            };
            Some(Event::Delta { index, delta })
        })
    })
}

/// Reads each byte as a character.
pub(crate) fn garbles_text() -> How {
    items(|_, item| {
        grown(item, |index, delta| {
            let delta = match delta {
                Delta::Text { text } => Delta::Text { text: text.bytes().map(char::from).collect() },
                other => other,
            };
            Some(Event::Delta { index, delta })
        })
    })
}

/// Cuts text at a byte, wherever that is.
pub(crate) fn panics() -> How {
    items(|_, item| {
        if let Ok(Event::Delta { delta: Delta::Text { text }, .. }) = &item {
            let _half = &text[..text.len().min(3)];
        }
        vec![item]
    })
}

pub(crate) fn goes_on_after_the_end() -> How {
    items(|_, item| if end(&item).is_some() { vec![item.clone(), item] } else { vec![item] })
}

pub(crate) fn goes_on_after_an_error() -> How {
    items(|_, item| match item {
        Err(error) => vec![Err(error), Ok(Event::End(Box::new(End::new(StopReason::EndTurn))))],
        other => vec![other],
    })
}

/// Makes an end of an error, with all blocks closed.
pub(crate) fn swallows_errors() -> How {
    items(|memory, item| {
        match &item {
            Ok(Event::Open { index, .. }) => drop(memory.blocks.insert(*index, 0)),
            Ok(Event::Close { index }) => drop(memory.blocks.remove(index)),
            _ => {}
        }
        match item {
            Err(_) => {
                let open = std::mem::take(&mut memory.blocks).into_keys();
                let closed = open.map(|index| Ok(Event::Close { index }));
                // A call that was cut would give it away.
                let end = Event::End(Box::new(End::new(StopReason::MaxTokens)));
                closed.chain([Ok(end)]).collect()
            }
            other => vec![other],
        }
    })
}

pub(crate) fn stops_at_errors() -> How {
    items(|_, item| if item.is_err() { vec![] } else { vec![item] })
}

/// Keeps everything back until the answer is over, and loses it if that is with an error.
pub(crate) fn loses_what_came() -> How {
    items(|memory, item| match item {
        Ok(start @ Event::Start(_)) => vec![Ok(start)],
        Ok(end @ Event::End(_)) => {
            std::mem::take(&mut memory.held).into_iter().chain([end]).map(Ok).collect()
        }
        Ok(event) => {
            memory.held.push(event);
            vec![]
        }
        Err(error) => vec![Err(error)],
    })
}

/// Every error within a stream is of one kind.
pub(crate) fn does_not_classify_failures() -> How {
    items(|_, item| vec![item.map_err(|error| Error::new(ErrorKind::Unexpected, error.message().to_owned()))])
}

/// Ends whatever happens.
pub(crate) fn advises_retry_of_failures() -> How {
    items(|_, item| vec![item.map_err(|error| error.with_retry(outcrop_core::Retry::Backoff))])
}

pub(crate) fn makes_usage_up() -> How {
    items(|_, item| ended(item, |end| end.usage = Some(end.usage.unwrap_or_default())))
}

pub(crate) fn loses_usage() -> How {
    items(|_, item| ended(item, |end| end.usage = None))
}

pub(crate) fn counts_cached_tokens_twice() -> How {
    items(|_, item| {
        ended(item, |end| {
            let counted = |usage: Usage| Usage { input_tokens: usage.prompt_tokens(), ..usage };
            end.usage = end.usage.map(counted);
        })
    })
}

pub(crate) fn always_ends_its_turn() -> How {
    items(|_, item| ended(item, |end| end.stop_reason = StopReason::EndTurn))
}

pub(crate) fn reports_no_broken_call() -> How {
    items(|_, item| ended(item, |end| end.stop_reason = StopReason::ToolUse))
}

pub(crate) fn loses_signatures() -> How {
    items(|_, item| {
        grown(item, |index, delta| {
            (!matches!(delta, Delta::Signature { .. })).then_some(Event::Delta { index, delta })
        })
    })
}

pub(crate) fn loses_redacted_reasoning() -> How {
    items(|_, item| {
        grown(item, |index, delta| {
            let delta = match delta {
                Delta::Redacted { data } => Delta::Redacted {
                    data: String::from_utf8_lossy(data.as_bytes()).into_owned().into_bytes().into(),
                },
                other => other,
            };
            Some(Event::Delta { index, delta })
        })
    })
}

/// Shows thoughts as if they were said.
pub(crate) fn says_its_thoughts() -> How {
    items(|_, item| match item {
        Ok(Event::Open { index, block: Block::Reasoning }) => {
            vec![Ok(Event::Open { index, block: Block::Text })]
        }
        other => grown(other, |index, delta| {
            let delta = match delta {
                Delta::Reasoning { text } => Delta::Text { text },
                Delta::Signature { .. } | Delta::Redacted { .. } => return None,
                other => other,
            };
            Some(Event::Delta { index, delta })
        }),
    })
}

/// All calls of an answer become the first one.
pub(crate) fn merges_calls() -> How {
    items(|memory, item| match item {
        Ok(Event::Open { index, block: Block::ToolUse { .. } }) if memory.seen > 0 => {
            memory.blocks.insert(index, index);
            vec![]
        }
        Ok(Event::Open { index, block: block @ Block::ToolUse { .. } }) => {
            memory.seen = 1;
            vec![Ok(Event::Open { index, block })]
        }
        Ok(Event::Delta { index, .. } | Event::Close { index }) if memory.blocks.contains_key(&index) => {
            vec![]
        }
        other => vec![other],
    })
}

/// Thinks that a piece belongs to the call that was opened last.
pub(crate) fn mixes_calls_up() -> How {
    items(|memory, item| match item {
        Ok(Event::Open { index, block }) => {
            memory.blocks.insert(0, index);
            vec![Ok(Event::Open { index, block })]
        }
        Ok(Event::Delta { index, delta }) => {
            let index = memory.blocks.get(&0).copied().unwrap_or(index);
            vec![Ok(Event::Delta { index, delta })]
        }
        Ok(Event::Close { index }) => {
            memory.seen += 1;
            // Blocks close when the answer is over.
            memory.held.push(Event::Close { index });
            vec![]
        }
        end => std::mem::take(&mut memory.held).into_iter().map(Ok).chain([end]).collect(),
    })
}

pub(crate) fn names_calls_anew() -> How {
    items(|_, item| match item {
        Ok(Event::Open { index, block: Block::ToolUse { name, .. } }) => {
            vec![Ok(Event::Open { index, block: Block::tool_use("call", name) })]
        }
        other => vec![other],
    })
}

/// No arguments are `null`.
pub(crate) fn makes_null_of_no_arguments() -> How {
    items(|memory, item| match item {
        Ok(Event::Delta { index, delta }) => {
            memory.seen += 1;
            vec![Ok(Event::Delta { index, delta })]
        }
        Ok(Event::Close { index }) if memory.seen == 0 => {
            let delta = Delta::ToolInput { json: "null".to_owned() };
            vec![Ok(Event::Delta { index, delta }), Ok(Event::Close { index })]
        }
        other => vec![other],
    })
}

/// Takes the last piece of the arguments for all of them.
pub(crate) fn keeps_the_last_piece() -> How {
    items(|memory, item| match item {
        Ok(delta @ Event::Delta { delta: Delta::ToolInput { .. }, .. }) => {
            memory.held = vec![delta];
            vec![]
        }
        other => std::mem::take(&mut memory.held).into_iter().map(Ok).chain([other]).collect(),
    })
}

/// Repairs arguments that were cut short, so that they look as if the model had meant them.
pub(crate) fn repairs_cut_arguments() -> How {
    items(|_, item| match item {
        Ok(Event::Close { index }) => {
            let delta = Delta::ToolInput { json: "\"}".to_owned() };
            vec![Ok(Event::Delta { index, delta }), Ok(Event::Close { index })]
        }
        other => vec![other],
    })
}

/// Takes an answer that says nothing for one that broke off.
pub(crate) fn refuses_empty_answers() -> How {
    items(|memory, item| {
        memory.seen += usize::from(matches!(item, Ok(Event::Open { .. })));
        match item {
            Ok(Event::End(_)) if memory.seen == 0 => {
                vec![Err(Error::new(ErrorKind::Interrupted, "the answer is empty"))]
            }
            other => vec![other],
        }
    })
}

/// Forgets the text before a call.
pub(crate) fn forgets_text_before_calls() -> How {
    items(|memory, item| match item {
        Ok(start @ Event::Start(_)) => vec![Ok(start)],
        Ok(open @ Event::Open { block: Block::ToolUse { .. }, .. }) => {
            memory.held.clear();
            vec![Ok(open)]
        }
        Ok(end @ Event::End(_)) => {
            std::mem::take(&mut memory.held).into_iter().chain([end]).map(Ok).collect()
        }
        Ok(event @ (Event::Delta { index: 0, .. } | Event::Open { .. } | Event::Close { index: 0 })) => {
            memory.held.push(event);
            vec![]
        }
        other => vec![other],
    })
}

thread_local! {
    /// The calls so far. A scenario has a thread of its own.
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

/// Has one channel for all answers, which the last call takes over.
pub(crate) fn hears_the_last_call_only() -> How {
    items(|memory, item| match item {
        Ok(start @ Event::Start(_)) => {
            memory.seen = CALLS.get() + 1;
            CALLS.set(memory.seen);
            vec![Ok(start)]
        }
        Ok(Event::Delta { .. }) if CALLS.get() != memory.seen => vec![],
        other => vec![other],
    })
}
