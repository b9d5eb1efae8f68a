//! Cache points where they pay: at the end of the tools, of the system prompt, and of the last two turns of the user.
//!
//! The newest turn is where the next request of the conversation goes on from; the one before it is where this request
//! went on from, so that what the last request wrote is read. In a loop of tool calls each turn of results is a turn
//! of the user, and the two points advance with the loop. The system prompt and the tools are what other conversations
//! have in common with this one.
//!
//! A part that has a point of the caller's gets no other: whoever places a point knows what comes after it.

use outcrop_core::{CachePoint, CacheTtl, Content, Message, Role, SystemContent, Tool};

use super::block::Block;
use super::explicit::points;
use super::{
    CACHE_TTL, CACHE_TTL_ORDER, CACHE_WITHOUT_EFFECT, Family, Model, Prompt, estimate, lives_longer,
};
use crate::learnt::Section;
use crate::normalise::Warnings;

/// The turns of the user that get a point.
const TURNS: usize = 2;

/// Where a point would go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The end of the tools.
    Tools,
    /// The end of the system prompt.
    System,
    /// Before a block of a turn.
    Turn {
        /// The turn.
        turn: usize,
        /// The block.
        block: usize,
    },
}

impl Place {
    const fn part(self) -> usize {
        match self {
            Self::Tools => TOOLS,
            Self::System => SYSTEM,
            Self::Turn { turn, .. } => part_of_turn(turn),
        }
    }
}

/// The parts of a prompt, counted in its order.
const TOOLS: usize = 0;
const SYSTEM: usize = 1;

const fn part_of_turn(turn: usize) -> usize {
    SYSTEM + 1 + turn
}

/// Adds the points that are missing, as far as the model is known to take them and there are places left. Returns the
/// lifetimes of what was added.
pub(super) fn add(prompt: &mut Prompt<'_>, ttl: CacheTtl, model: &Model) -> Vec<CacheTtl> {
    let places_left = model.limit.saturating_sub(prompt.count());
    if !model.known || places_left == 0 {
        return Vec::new();
    }
    let ttl = if model.one_hour { ttl } else { CacheTtl::FiveMinutes };
    let others = lifetimes(prompt);
    let places = places(prompt, model).into_iter().take(places_left);
    let added: Vec<_> = places.map(|place| (place, lifetime(ttl, place.part(), &others))).collect();
    for (place, ttl) in &added {
        let point = CachePoint { ttl: *ttl };
        match *place {
            Place::Tools => prompt.tools.push(Tool::CachePoint(point)),
            Place::System => prompt.system.push(SystemContent::CachePoint(point)),
            Place::Turn { turn, block } => {
                if let Some(message) = prompt.messages.get_mut(turn) {
                    message.content.insert(block, Content::CachePoint(point));
                }
            }
        }
    }
    added.into_iter().map(|(_, ttl)| ttl).collect()
}

/// Says what a request does not get that asks for points with a lifetime. `added`: the lifetimes of those it got.
pub(super) fn say(
    prompt: &mut Prompt<'_>,
    wanted: CacheTtl,
    added: &[CacheTtl],
    model: &Model,
    warnings: &mut Warnings,
) {
    let shortened = added.iter().filter(|ttl| lives_longer(wanted, **ttl)).count();
    let (rule, reason) = if model.one_hour {
        (CACHE_TTL_ORDER, "1h may not come after the 5m of a point of your own")
    } else {
        (CACHE_TTL, "this model knows no 1h")
    };
    warnings
        .counted(rule, shortened, |count| format!("put {} of 5m in place of 1h: {reason}", points(count)));
    if prompt.count() == 0 {
        let reason = without_effect(prompt, model);
        warnings.say(CACHE_WITHOUT_EFFECT, format!("put no cache point for `caching`: {reason}"));
    }
}

/// Why a prompt has no point.
fn without_effect(prompt: &Prompt<'_>, model: &Model) -> String {
    if model.by_itself {
        return "this model takes none, it caches by itself".to_owned();
    }
    if model.refuses_all() || model.limit == 0 {
        return "this model takes none".to_owned();
    }
    if !model.known {
        return "whether this model takes any is not known; those in `tools`, `system` and `messages` are tried".to_owned();
    }
    let tokens = shared(prompt) + prompt.messages.iter().map(estimate::message).sum::<u64>();
    let least = model.least_tokens;
    if tokens < least {
        format!("the prompt has about {tokens} tokens, and this model caches none below {least}")
    } else {
        format!(
            "what a point may follow in this prompt has less than the {least} tokens that this model takes"
        )
    }
}

/// The places that pay, the best first.
fn places(prompt: &Prompt<'_>, model: &Model) -> Vec<Place> {
    let (tools, shared) = (tools(prompt), shared(prompt));
    let mut turns = turns(prompt.messages, shared, model).into_iter();
    let system = is_open(prompt.system) && !model.refuses(Section::System) && shared >= model.least_tokens;
    // Only Claude is known to take points there.
    let allowed = model.family == Family::Claude && !model.refuses(Section::Tools);
    let tools = allowed && is_open(prompt.tools) && tools >= model.least_tokens;
    let newest = turns.next();
    let before = turns.next();
    [newest.flatten(), system.then_some(Place::System), before.flatten(), tools.then_some(Place::Tools)]
        .into_iter()
        .flatten()
        .collect()
}

/// The tokens of the tools, about.
fn tools(prompt: &Prompt<'_>) -> u64 {
    prompt.tools.iter().map(estimate::tool).sum()
}

/// The tokens before the messages, about.
fn shared(prompt: &Prompt<'_>) -> u64 {
    tools(prompt) + prompt.system.iter().map(estimate::system).sum::<u64>()
}

/// Whether a list has something to cache and no point yet.
fn is_open<T: Block>(blocks: &[T]) -> bool {
    !blocks.is_empty() && blocks.iter().all(|block| block.point().is_none())
}

/// The places in the last turns of the user that can hold a point, the newest first. `None` stands for a turn that
/// needs none, because it has one of the caller's or its prefix is too short. `shared`: tokens before the messages.
fn turns(messages: &[Message], shared: u64, model: &Model) -> Vec<Option<Place>> {
    if model.refuses(Section::Messages) {
        return Vec::new();
    }
    let tokens: Vec<u64> = messages.iter().map(estimate::message).collect();
    let mut tokens_before = shared + tokens.iter().sum::<u64>();
    let mut found = Vec::with_capacity(TURNS);
    for ((turn, message), tokens) in messages.iter().enumerate().zip(tokens).rev() {
        tokens_before -= tokens;
        if message.role != Role::User {
            continue;
        }
        if !is_open(&message.content) {
            found.push(None);
        } else if let Some(block) = end(&message.content, model.family) {
            let prefix = tokens_before + estimate::blocks(message.content.iter().take(block));
            found.push((prefix >= model.least_tokens).then_some(Place::Turn { turn, block }));
        }
        if found.len() == TURNS {
            break;
        }
    }
    found
}

/// The end of what a point may follow in a turn. No document: reports differ on whether a point may follow one, and
/// from the next request on it is cached anyway, as a part of what is before the newest turn.
fn end(content: &[Content], family: Family) -> Option<usize> {
    let may_precede =
        |content: &Content| !matches!(content, Content::Document(_)) && content.unfollowed(family).is_none();
    content.iter().rposition(may_precede).map(|last| last + 1)
}

/// The lifetimes of the caller's points, by where they are.
fn lifetimes(prompt: &Prompt<'_>) -> Vec<(usize, CacheTtl)> {
    fn of<T: Block>(part: usize, blocks: &[T]) -> impl Iterator<Item = (usize, CacheTtl)> {
        blocks.iter().filter_map(Block::point).map(move |point| (part, point.ttl))
    }
    let in_messages = prompt
        .messages
        .iter()
        .enumerate()
        .flat_map(|(turn, message)| of(part_of_turn(turn), &message.content));
    of(TOOLS, prompt.tools).chain(of(SYSTEM, prompt.system)).chain(in_messages).collect()
}

/// How long a point lives in a part of the prompt: as is wanted, but no longer than those of the caller's before it, as
/// the service demands; and as long as those after it, which could not live that long otherwise. That costs nothing:
/// what comes before them is written for that long anyway.
fn lifetime(wanted: CacheTtl, part: usize, others: &[(usize, CacheTtl)]) -> CacheTtl {
    if others.iter().any(|(other, ttl)| *other > part && *ttl == CacheTtl::OneHour) {
        CacheTtl::OneHour
    } else if others.iter().any(|(other, ttl)| *other < part && *ttl == CacheTtl::FiveMinutes) {
        CacheTtl::FiveMinutes
    } else {
        wanted
    }
}
