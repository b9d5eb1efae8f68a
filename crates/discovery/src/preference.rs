//! Which model to take if nobody names one.

use std::cmp::Reverse;
use std::sync::Arc;

use outcrop_core::{Modality, ModelCard, ModelKind, Snapshot, Support};
use outcrop_model_facts::BedrockId;

use crate::rows::SYSTEM_DEFINED;
use crate::settings::GeographyPreference;

/// Models that belong together: their maker's prefix and words of their ids.
struct Family {
    maker: &'static str,
    words: &'static [&'static str],
}

const fn family(maker: &'static str, words: &'static [&'static str]) -> Family {
    Family { maker, words }
}

/// The order of preference: good all-round models that call tools, the balanced before the cheap and the dear.
const PREFERENCE: &[Family] = &[
    family("anthropic", &["claude", "sonnet"]),
    family("anthropic", &["claude", "haiku"]),
    family("amazon", &["nova", "pro"]),
    family("amazon", &["nova", "lite"]),
    family("anthropic", &["claude", "opus"]),
    family("openai", &["gpt", "oss"]),
    family("mistral", &["mistral", "large"]),
    family("qwen", &["qwen3"]),
    family("deepseek", &[]),
    family("meta", &["instruct"]),
];

/// The model to take if nobody names one: a chat model that takes and gives text.
///
/// In this order decide:
/// 1. where the answer is made: `global` profiles come last, unless `geography` names them;
/// 2. what is neither a preview nor on its way out;
/// 3. the family: Claude Sonnet, Claude Haiku, Nova Pro, Nova Lite, Claude Opus, gpt-oss, Mistral Large, Qwen3, DeepSeek,
///    Llama; then whatever calls tools, then the rest;
/// 4. within a family the newest;
/// 5. how it is called: by a profile of the preferred geography, by its bare id, by another profile of AWS's, by one of
///    the account.
///
/// `region` is the region that models are called in; it decides what `auto` means.
pub fn default_model(
    snapshot: &Snapshot,
    region: &str,
    geography: &GeographyPreference,
) -> Option<Arc<ModelCard>> {
    let geographies = geography.candidates(region);
    let chats = snapshot.models.iter().filter(|card| is_usable(card));
    chats.min_by_key(|card| rank(card, &geographies)).cloned()
}

/// What decides between two models, the smaller first.
type Rank = (bool, bool, usize, Reverse<Version>, usize);

/// The numbers in the name, and the date.
type Version = (Vec<u32>, u32);

fn is_usable(card: &ModelCard) -> bool {
    card.kind == ModelKind::Chat
        && card.input.contains(&Modality::Text)
        && card.output.contains(&Modality::Text)
        && !card.streaming.is_no()
        && !card.available.is_no()
}

fn rank(card: &ModelCard, geographies: &[&str]) -> Rank {
    let base = card.base_model.as_ref().map_or(card.id.as_str(), |base| base.as_str());
    let model =
        BedrockId::parse(base).base().and_then(|base| base.split_once('.')).map_or(base, |(_, model)| model);
    let words: Vec<_> = model.split(['-', '.', ':']).collect();
    let belongs =
        |family: &Family| card.maker == family.maker && family.words.iter().all(|word| words.contains(word));
    let family = PREFERENCE.iter().position(belongs);
    let others = match card.tools {
        Support::Yes => PREFERENCE.len(),
        Support::Unknown => PREFERENCE.len() + 1,
        Support::No => PREFERENCE.len() + 2,
    };
    let geography = card.profile.as_ref().and_then(|profile| profile.geography.as_deref());
    let preferred = geography.and_then(|it| geographies.iter().position(|known| *known == it));
    let retiring = card.lifecycle.as_deref().is_some_and(|status| !status.eq_ignore_ascii_case("ACTIVE"));
    (
        geography == Some("global") && preferred.is_none(),
        retiring || words.contains(&"preview"),
        family.unwrap_or(others),
        // Across makers, version numbers mean nothing.
        Reverse(family.map(|_| version(model)).unwrap_or_default()),
        way(card, preferred, geographies.len()),
    )
}

fn way(card: &ModelCard, preferred: Option<usize>, bare: usize) -> usize {
    match (&card.profile, preferred) {
        (None, _) => bare,
        (Some(profile), Some(geography)) if profile.kind == SYSTEM_DEFINED => geography,
        (Some(profile), None) if profile.kind == SYSTEM_DEFINED => bare + 1,
        (Some(_), _) => bare + 2,
    }
}

/// `claude-sonnet-4-5-20250929-v1:0` is `[4, 5]` of 20250929.
fn version(model: &str) -> Version {
    const DATE: usize = "20250929".len();
    let mut numbers = Vec::new();
    for word in model.split(['-', '.', ':']) {
        match word.parse::<u32>() {
            Ok(date) if word.len() == DATE => return (numbers, date),
            Ok(number) => numbers.push(number),
            // What follows is the revision, no longer the name.
            Err(_) if word.strip_prefix('v').is_some_and(|rest| rest.parse::<u32>().is_ok()) => break,
            Err(_) => {}
        }
    }
    (numbers, 0)
}

#[cfg(test)]
mod tests;
