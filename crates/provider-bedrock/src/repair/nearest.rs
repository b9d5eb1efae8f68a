//! What somebody meant who named a model that nobody has.

use outcrop_model_facts::facts::{self, ModelFacts};
use outcrop_model_facts::{BedrockId, Geography, profile_geographies};

/// How alike two ids must be (Jaro-Winkler, 0 to 1) for one to be taken for the other's misspelling.
const SIMILAR: f64 = 0.9;

/// The id of a model that Converse calls, as it is called in a region, which is most like the one that was asked for.
///
/// A model is meant by its own name too, without its maker, its date or its revision: `claude-sonnet-4-6` is
/// `us.anthropic.claude-sonnet-4-6` in the United States.
pub(super) fn nearest(asked: &str, region: &str) -> Option<String> {
    let asked = asked.to_ascii_lowercase();
    let (geography, wanted) = split_geography(&asked);
    let scored = facts::all().iter().filter(|facts| facts.converse).map(|facts| {
        let (whole, own) = (facts.id, facts.id.split_once('.').map_or(facts.id, |(_, own)| own));
        let ways = [whole, own, undated(whole), undated(own)];
        let score = ways.into_iter().map(|way| strsim::jaro_winkler(wanted, way)).fold(0.0, f64::max);
        (score, facts)
    });
    let alike = scored.filter(|(score, _)| *score > SIMILAR);
    let (_, facts) = alike.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    let prefix = geography.or_else(|| own_geography(facts, region));
    let callable = prefix.map_or_else(|| facts.id.to_owned(), |prefix| format!("{prefix}.{}", facts.id));
    Some(callable).filter(|callable| *callable != asked)
}

/// The geography that an id begins with, and the rest.
fn split_geography(id: &str) -> (Option<&str>, &str) {
    let parsed = BedrockId::parse(id);
    if let Some(base) = parsed.base() {
        return (parsed.geography().map(Geography::as_str), base);
    }
    match id.split_once('.') {
        Some((prefix, rest)) if Geography::new(prefix).is_some_and(Geography::is_known) => {
            (Some(prefix), rest)
        }
        _ => (None, id),
    }
}

/// The geography to call a model by that is not called by its bare id: the region's own before the global one.
fn own_geography(facts: &ModelFacts, region: &str) -> Option<&'static str> {
    if !facts.needs_profile() {
        return None;
    }
    let own = profile_geographies(region).iter().map(|geography| geography.as_str());
    own.chain([Geography::GLOBAL.as_str()]).find(|prefix| facts.profile_prefixes.contains(prefix))
}

/// Without revision and date: `claude-sonnet-4` of `claude-sonnet-4-20250514-v1:0`.
fn undated(id: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unrevised = match id.rsplit_once("-v") {
        Some((start, revision)) if revision.split(':').all(is_number) => start,
        _ => id,
    };
    match unrevised.rsplit_once('-') {
        Some((start, date)) if date.len() == 8 && is_number(date) => start,
        _ => unrevised,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_found_and_can_be_called_where_it_was_asked_for() {
        for (asked, region, meant) in [
            // Misspelled.
            ("us.anthropic.claude-opsu-4-7", "us-east-1", Some("us.anthropic.claude-opus-4-7")),
            ("amazon.nova-light-v1:0", "us-east-1", Some("amazon.nova-lite-v1:0")),
            // Without the maker.
            ("claude-sonnet-4-6", "us-east-1", Some("us.anthropic.claude-sonnet-4-6")),
            ("claude-sonnet-4-6", "eu-central-1", Some("eu.anthropic.claude-sonnet-4-6")),
            ("claude-sonnet-4-6", "sa-east-1", Some("global.anthropic.claude-sonnet-4-6")),
            ("Claude-Sonnet-4-6", "us-west-2", Some("us.anthropic.claude-sonnet-4-6")),
            ("eu.claude-sonnet-4-6", "us-east-1", Some("eu.anthropic.claude-sonnet-4-6")),
            ("nova-lite", "us-east-1", Some("amazon.nova-lite-v1:0")),
            ("gpt-oss-120b", "us-west-2", Some("openai.gpt-oss-120b-1:0")),
            // Without date and revision.
            ("claude-sonnet-4", "us-east-1", Some("us.anthropic.claude-sonnet-4-20250514-v1:0")),
            ("anthropic.claude-haiku-4-5", "us-east-1", Some("us.anthropic.claude-haiku-4-5-20251001-v1:0")),
            ("something-else", "us-east-1", None),
            ("", "us-east-1", None),
        ] {
            assert_eq!(nearest(asked, region).as_deref(), meant, "{asked} in {region}");
        }
    }
}
