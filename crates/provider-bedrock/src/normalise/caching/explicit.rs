//! The cache points that a request has of its own.

use std::collections::BTreeSet;

use outcrop_core::{CacheTtl, Message};

use super::block::Block;
use super::{
    CACHE_LIMIT, CACHE_PLACE, CACHE_POINTS, CACHE_TTL, CACHE_TTL_ORDER, Family, Model, Prompt, lives_longer,
};
use crate::learnt::Section;
use crate::normalise::{Warnings, plural};

/// Drops turns of nothing but cache points, unless they go on with a turn of the same role. The service has no turn
/// without content: "There is nothing available to cache. Please remove the invalid cache point and try again."
pub(in crate::normalise) fn drop_lonely(messages: Vec<Message>, warnings: &mut Warnings) -> Vec<Message> {
    let mut useless = 0;
    let mut kept: Vec<Message> = Vec::with_capacity(messages.len());
    for message in messages {
        let points = message.content.iter().filter(|content| content.point().is_some()).count();
        let goes_on = kept.last().is_some_and(|last| last.role == message.role);
        if points > 0 && points == message.content.len() && !goes_on {
            useless += points;
        } else {
            kept.push(message);
        }
    }
    say_useless(useless, warnings);
    kept
}

/// Makes the request's own points such that the model takes them.
pub(super) fn settle(prompt: &mut Prompt<'_>, model: &Model, warnings: &mut Warnings) {
    if prompt.count() == 0 {
        return;
    }
    refuse(prompt, model, warnings);
    place(prompt, model.family, warnings);
    limit(prompt, model.limit, warnings);
    shorten(prompt, model, warnings);
    order(prompt, warnings);
}

/// Drops the points in parts of the request where the model takes none.
fn refuse(prompt: &mut Prompt<'_>, model: &Model, warnings: &mut Warnings) {
    let mut dropped = Vec::new();
    for section in &model.refused {
        let (name, count) = match section {
            Section::Tools => ("tools", without_points(prompt.tools)),
            Section::System => ("system", without_points(prompt.system)),
            Section::Messages => {
                let contents = prompt.messages.iter_mut().map(|message| &mut message.content);
                ("messages", contents.map(without_points).sum())
            }
        };
        dropped.push((name, count));
    }
    if model.refuses_all() {
        let count = dropped.iter().map(|(_, count)| count).sum();
        warnings.counted(CACHE_POINTS, count, |count| {
            format!("left out {}: this model takes none", points(count))
        });
    } else {
        for (name, count) in dropped {
            warnings.counted(CACHE_POINTS, count, |count| {
                format!("left out {} in `{name}`: this model takes none there", points(count))
            });
        }
    }
}

fn without_points<T: Block>(blocks: &mut Vec<T>) -> usize {
    let before = blocks.len();
    blocks.retain(|block| block.point().is_none());
    before - blocks.len()
}

/// What [`place_in`] did.
#[derive(Default)]
struct Placed {
    /// Points dropped with nothing before them, or another point.
    useless: usize,
    moved: usize,
    /// Points dropped because they could not move.
    stuck: usize,
    /// What points stood behind that none may follow.
    behind: BTreeSet<&'static str>,
}

/// Moves points to where they may stand.
fn place(prompt: &mut Prompt<'_>, family: Family, warnings: &mut Warnings) {
    let mut placed = Placed::default();
    place_in(prompt.tools, family, &mut placed);
    place_in(prompt.system, family, &mut placed);
    for message in prompt.messages.iter_mut() {
        place_in(&mut message.content, family, &mut placed);
    }
    say_useless(placed.useless, warnings);
    let behind = placed.behind.into_iter().collect::<Vec<_>>().join("` or `");
    warnings.counted(CACHE_PLACE, placed.moved, |count| {
        format!("moved {} further to the front: none may directly follow `{behind}`", points(count))
    });
    warnings.counted(CACHE_PLACE, placed.stuck, |count| {
        format!("left out {}: none may directly follow `{behind}`", points(count))
    });
}

fn say_useless(count: usize, warnings: &mut Warnings) {
    warnings.counted(CACHE_PLACE, count, |count| {
        let it = if count == 1 { "it" } else { "them" };
        format!("left out {} with nothing new to cache before {it}", points(count))
    });
}

pub(super) fn points(count: usize) -> String {
    plural(count, "cache point")
}

fn place_in<T: Block>(blocks: &mut Vec<T>, family: Family, placed: &mut Placed) {
    if blocks.iter().all(|block| block.point().is_none()) {
        return;
    }
    let mut kept: Vec<T> = Vec::with_capacity(blocks.len());
    for block in blocks.drain(..) {
        let Some(&point) = block.point() else {
            kept.push(block);
            continue;
        };
        let behind: Vec<_> = kept.iter().rev().map_while(|block| block.unfollowed(family)).collect();
        let position = kept.len() - behind.len();
        match position.checked_sub(1).and_then(|before| kept.get_mut(before)).map(Block::point_mut) {
            None if behind.is_empty() => placed.useless += 1,
            None => placed.stuck += 1,
            Some(Some(twin)) => {
                placed.useless += 1;
                if lives_longer(point.ttl, twin.ttl) {
                    *twin = point;
                }
                continue;
            }
            Some(None) => {
                kept.insert(position, block);
                placed.moved += usize::from(!behind.is_empty());
            }
        }
        placed.behind.extend(behind);
    }
    *blocks = kept;
}

/// Drops what is too much. What is kept: the newest of the messages, which has the longest prefix; the last of the
/// system prompt and of the tools, which other conversations share; then the others, the newest first.
fn limit(prompt: &mut Prompt<'_>, limit: usize, warnings: &mut Warnings) {
    let count = prompt.count();
    if count <= limit {
        return;
    }
    let tools = prompt.tools.iter().filter(|tool| tool.point().is_some()).count();
    let before_messages = tools + prompt.system.iter().filter(|content| content.point().is_some()).count();
    let of_messages = (before_messages..count).rev();
    let of_system = (tools..before_messages).rev();
    let of_tools = (0..tools).rev();
    let newest =
        [of_messages.clone(), of_system.clone(), of_tools.clone()].into_iter().flat_map(|it| it.take(1));
    let others = [of_messages, of_system, of_tools].into_iter().flat_map(|it| it.skip(1));
    let kept: BTreeSet<usize> = newest.chain(others).take(limit).collect();

    let mut next = 0;
    let mut is_kept = || {
        next += 1;
        kept.contains(&(next - 1))
    };
    retain_points(prompt.tools, &mut is_kept);
    retain_points(prompt.system, &mut is_kept);
    for message in prompt.messages.iter_mut() {
        retain_points(&mut message.content, &mut is_kept);
    }
    warnings.counted(CACHE_LIMIT, count - limit, |count| {
        format!("left out {}: this model takes {limit} in a request", points(count))
    });
}

fn retain_points<T: Block>(blocks: &mut Vec<T>, mut is_kept: impl FnMut() -> bool) {
    blocks.retain(|block| block.point().is_none() || is_kept());
}

/// Lowers an hour to five minutes where the model knows no hour.
fn shorten(prompt: &mut Prompt<'_>, model: &Model, warnings: &mut Warnings) {
    if model.one_hour {
        return;
    }
    let mut shortened = 0;
    for point in prompt.points().filter(|point| point.ttl == CacheTtl::OneHour) {
        point.ttl = CacheTtl::FiveMinutes;
        shortened += 1;
    }
    warnings.counted(CACHE_TTL, shortened, |count| {
        format!("set `ttl` of {} to 5m: this model knows no 1h", points(count))
    });
}

/// Lowers what lives longer than something before it: "a ttl='1h' cache_control block must not come after a ttl='5m'
/// cache_control block". Lowered rather than raised, since writing for an hour costs more.
fn order(prompt: &mut Prompt<'_>, warnings: &mut Warnings) {
    let mut lowered = 0;
    let mut before = CacheTtl::OneHour;
    for point in prompt.points() {
        if lives_longer(point.ttl, before) {
            point.ttl = before;
            lowered += 1;
        }
        before = point.ttl;
    }
    warnings.counted(CACHE_TTL_ORDER, lowered, |count| {
        let order = "`tools`, `system`, `messages`";
        format!("set `ttl` of {} to 5m: in the order of {order}, 1h may not come after 5m", points(count))
    });
}
