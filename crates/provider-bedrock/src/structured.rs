//! The answer's side of structured output: the JSON becomes the answer's text, whichever way it comes, and is held
//! against the schema.

mod filter;
mod shaper;

use std::collections::{BTreeMap, VecDeque};

use futures_util::StreamExt as _;
use futures_util::stream::unfold;
use outcrop_core::{Block, Collector, Content, End, Event, EventStream, Response, replay};

use crate::normalise::Structured;
use shaper::Shaper;

pub(crate) use outcrop_core::OutputCheck as Schema;

/// The stream of an answer that has to follow a schema.
pub(crate) fn watch(stream: EventStream, structured: Option<&Structured>) -> EventStream {
    let Some(structured) = structured else { return stream };
    let state = (stream, Shaper::new(structured.clone()), VecDeque::new());
    Box::pin(unfold(state, async |(mut stream, mut shaper, mut queue)| {
        while queue.is_empty() {
            match stream.next().await? {
                Ok(event) => shaper.take(event, |event| queue.push_back(event)),
                Err(error) => return Some((Err(error), (stream, shaper, queue))),
            }
        }
        queue.pop_front().map(|event| (Ok(event), (stream, shaper, queue)))
    }))
}

/// The same for an answer in one piece.
pub(crate) fn settle(response: &mut Response, structured: Option<&Structured>) {
    let Some(structured) = structured else { return };
    let mut shaper = Shaper::new(structured.clone());
    let blocks = std::mem::take(&mut response.content);
    let last = End { metadata: response.metadata.take(), ..End::new(response.stop_reason.clone()) };
    let mut content: BTreeMap<u32, Content> = BTreeMap::new();
    let mut collected: BTreeMap<u32, Collector> = BTreeMap::new();
    let mut sort = |event| match event {
        Event::Open { index, .. } | Event::Delta { index, .. } | Event::Close { index } => {
            collected.entry(index).or_default().push(Ok(event));
        }
        Event::End(end) => {
            response.stop_reason = end.stop_reason;
            response.metadata = end.metadata;
        }
        _ => {}
    };
    for (index, block) in (0_u32..).zip(blocks) {
        match block {
            Content::ToolUse(call) if !shaper.is_answer(&call.name, call.by_service) => {
                let opened = Block::ToolUse {
                    id: call.id.clone(),
                    name: call.name.clone(),
                    by_service: call.by_service,
                };
                let mut shown = false;
                shaper.take(Event::Open { index, block: opened }, |_| shown = true);
                if shown {
                    content.insert(index, Content::ToolUse(call));
                }
            }
            Content::Text(_) | Content::Citations(_) | Content::ToolUse(_) => {
                events(block, index).for_each(|event| shaper.take(event, &mut sort));
            }
            other => {
                content.insert(index, other);
            }
        }
    }
    shaper.take(Event::End(Box::new(last)), &mut sort);
    for (index, collector) in collected {
        content.extend(collector.finish().response.content.into_iter().map(|block| (index, block)));
    }
    response.content = content.into_values().collect();
}

/// The events of a block.
fn events(block: Content, at: u32) -> impl Iterator<Item = Event> {
    let mut response = Response::default();
    response.content.push(block);
    replay(response).into_iter().filter_map(move |event| match event {
        Event::Open { block, .. } => Some(Event::Open { index: at, block }),
        Event::Delta { delta, .. } => Some(Event::Delta { index: at, delta }),
        Event::Close { .. } => Some(Event::Close { index: at }),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
