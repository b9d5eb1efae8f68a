//! Cache points: as many, where and for as long as the model takes them.
//!
//! Points of the request stay where they are as far as the model lets them ([`explicit`]); the places that they leave
//! can be filled automatically ([`automatic`]). A prompt is cached in the order tools, system, messages, and every rule
//! here goes by that order. Sources: "Prompt caching for faster model inference" in the Bedrock user guide, and what
//! the service and the models say when they refuse a request; each refusal is told where its rule is.

mod automatic;
mod block;
mod estimate;
mod explicit;

use outcrop_core::{CachePoint, CacheTtl, Caching, Message, SystemContent, Tool};

use super::{Normalised, Warnings};
use crate::learnt::{Refusal, Section};
use crate::target::Target;

pub(super) use explicit::drop_lonely;

pub(super) const RULES: &[&str] =
    &[CACHE_POINTS, CACHE_PLACE, CACHE_LIMIT, CACHE_TTL, CACHE_TTL_ORDER, CACHE_WITHOUT_EFFECT];

/// A model takes no points, or none in a part of the request.
const CACHE_POINTS: &str = "cache-points";
/// A point stands where it would cache nothing, or where the model takes none.
const CACHE_PLACE: &str = "cache-place";
/// There are more points than the model takes.
const CACHE_LIMIT: &str = "cache-limit";
/// A point asks for a longer life than the model knows.
const CACHE_TTL: &str = "cache-ttl";
/// A point asks for a longer life than one before it.
const CACHE_TTL_ORDER: &str = "cache-ttl-order";
/// The request asks for points where they pay, and there is no place for one.
const CACHE_WITHOUT_EFFECT: &str = "cache-without-effect";

/// The parts of a request that can hold points.
const SECTIONS: [Section; 3] = [Section::Tools, Section::System, Section::Messages];
/// How many points a request may have, where nobody says another number.
const USUAL_LIMIT: u8 = 4;

/// Takes out the cache points that the model refuses, and puts some where they pay if that is wanted: by the request, or
/// else by the settings. Only a request hears of points that could not be put: settings are for all models alike.
pub(super) fn apply(
    normalised: &mut Normalised,
    by_request: Option<Caching>,
    by_settings: Option<Caching>,
    target: &Target,
    warnings: &mut Warnings,
) {
    let model = Model::of(target);
    let mut prompt = Prompt {
        tools: &mut normalised.tools,
        system: &mut normalised.system,
        messages: &mut normalised.messages,
    };
    explicit::settle(&mut prompt, &model, warnings);
    match (by_request, by_settings) {
        (Some(Caching::Auto { ttl }), _) => {
            let added = automatic::add(&mut prompt, ttl, &model);
            automatic::say(&mut prompt, ttl, &added, &model, warnings);
        }
        (None, Some(Caching::Auto { ttl })) => {
            automatic::add(&mut prompt, ttl, &model);
        }
        _ => {}
    }
}

/// How a model caches, as far as it is known.
struct Model {
    family: Family,
    /// Where it refuses points.
    refused: Vec<Section>,
    /// Whether it is known to take points at all.
    known: bool,
    /// Whether it caches prompts unasked.
    by_itself: bool,
    /// How many points it takes.
    limit: usize,
    /// Whether a prefix may live for an hour.
    one_hour: bool,
    /// Shorter prefixes are not cached; in tokens.
    least_tokens: u64,
}

/// Models that agree on what a cache point may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Claude,
    Nova,
    Other,
}

impl Model {
    fn of(target: &Target) -> Self {
        /// The least of most models; the user guide has a table.
        const USUAL_LEAST_TOKENS: u32 = 1024;
        let caching = &target.caching;
        let family = match target.maker.as_deref() {
            Some("anthropic") => Family::Claude,
            Some("amazon") => Family::Nova,
            _ => Family::Other,
        };
        let none = caching.supported.is_no() || caching.cache_points.is_no();
        let refuses = |section: Section| {
            // "Malformed input request: #/toolConfig/tools/1: extraneous key [cachePoint] is not permitted": the user
            // guide's table has `system` and `messages` only for Nova.
            let for_its_family = section == Section::Tools && family == Family::Nova;
            none || for_its_family || target.refuses(&Refusal::CachePoints(section))
        };
        Self {
            family,
            refused: SECTIONS.into_iter().filter(|section| refuses(*section)).collect(),
            known: caching.cache_points.is_yes(),
            by_itself: caching.supported.is_yes() && caching.cache_points.is_no(),
            limit: caching.max_cache_points.unwrap_or(USUAL_LIMIT).into(),
            one_hour: !caching.one_hour.is_no() && !target.refuses(&Refusal::CacheTtl),
            least_tokens: caching.min_tokens.unwrap_or(USUAL_LEAST_TOKENS).into(),
        }
    }

    fn refuses(&self, section: Section) -> bool {
        self.refused.contains(&section)
    }

    fn refuses_all(&self) -> bool {
        self.refused.len() == SECTIONS.len()
    }
}

/// The parts of a request that are cached, in the order in which they are.
struct Prompt<'a> {
    tools: &'a mut Vec<Tool>,
    system: &'a mut Vec<SystemContent>,
    messages: &'a mut Vec<Message>,
}

impl Prompt<'_> {
    /// All cache points, in the order of the prompt.
    fn points(&mut self) -> impl DoubleEndedIterator<Item = &mut CachePoint> {
        use block::Block as _;
        let in_messages = self.messages.iter_mut().flat_map(|message| &mut message.content);
        let in_tools = self.tools.iter_mut().filter_map(|tool| tool.point_mut());
        let in_system = self.system.iter_mut().filter_map(|content| content.point_mut());
        in_tools.chain(in_system).chain(in_messages.filter_map(|content| content.point_mut()))
    }

    fn count(&mut self) -> usize {
        self.points().count()
    }
}

fn lives_longer(one: CacheTtl, other: CacheTtl) -> bool {
    one == CacheTtl::OneHour && other != CacheTtl::OneHour
}

#[cfg(test)]
mod tests;
