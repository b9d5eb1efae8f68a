//! Changed requests: what can be put right after a refusal, each kind at most once a call.

mod nearest;
mod refusals;
#[cfg(test)]
mod unstreamed;

use outcrop_core::{Error, ErrorKind, ModelId};
use outcrop_model_facts::facts::ModelFacts;
use outcrop_model_facts::{BedrockId, Kind, profile_geographies};

pub(crate) use refusals::{Refused, of_schemas, refused};

/// The inference profile to call instead of a bare id that the service refuses: one of the region's own geography,
/// never the global one, which would let data leave it.
pub(crate) fn profile_instead(
    error: &Error,
    model: &ModelId,
    facts: Option<&ModelFacts>,
    region: &str,
) -> Option<ModelId> {
    if error.kind() != ErrorKind::ProfileRequired
        || BedrockId::parse(model.as_str()).kind() != Kind::FoundationModel
    {
        return None;
    }
    let facts = facts?;
    let geography = profile_geographies(region)
        .iter()
        .find(|geography| facts.profile_prefixes.contains(&geography.as_str()))?;
    Some(ModelId::from(format!("{}.{}", geography.as_str(), model.as_str())))
}

/// Says what to call instead. `region`: where it was called.
pub(crate) fn with_alternatives(
    error: Error,
    model: &ModelId,
    facts: Option<&ModelFacts>,
    region: &str,
) -> Error {
    match error.kind() {
        ErrorKind::ProfileRequired => with_profiles(error, model, facts),
        ErrorKind::ModelNotFound if facts.is_none() => match nearest::nearest(model.as_str(), region) {
            Some(id) => error.with_hint(format!("did you mean `{id}`?")),
            None => error,
        },
        _ => error,
    }
}

fn with_profiles(error: Error, model: &ModelId, facts: Option<&ModelFacts>) -> Error {
    let base = BedrockId::parse(model.as_str()).base().unwrap_or_else(|| model.as_str());
    match facts.map(|facts| facts.profile_prefixes).filter(|prefixes| !prefixes.is_empty()) {
        Some(prefixes) => {
            let ids: Vec<_> = prefixes.iter().map(|prefix| format!("`{prefix}.{base}`")).collect();
            error.with_hint(format!("call it by one of its inference profiles: {}", ids.join(", ")))
        }
        None => error.with_hint("run `outcrop models list` to see the inference profiles of this region"),
    }
}

#[cfg(test)]
mod tests {
    use outcrop_model_facts::facts;

    use super::*;

    fn refused() -> Error {
        Error::new(ErrorKind::ProfileRequired, "on-demand throughput isn't supported")
    }

    #[test]
    fn the_profile_is_of_the_regions_own_geography_and_never_global() {
        let id = "anthropic.claude-opus-4-7";
        let facts = facts::find(id);
        let profile = |region| profile_instead(&refused(), &id.into(), facts, region);
        assert_eq!(profile("us-east-1"), Some("us.anthropic.claude-opus-4-7".into()));
        assert_eq!(profile("eu-central-1"), Some("eu.anthropic.claude-opus-4-7".into()));
        assert_eq!(profile("sa-east-1"), None);
        let other = Error::new(ErrorKind::Throttled, "slow down");
        assert_eq!(profile_instead(&other, &id.into(), facts, "us-east-1"), None);
        assert_eq!(
            profile_instead(&refused(), &"us.anthropic.claude-opus-4-7".into(), facts, "us-east-1"),
            None
        );
    }

    #[test]
    fn a_misspelled_id_is_answered_with_the_right_one() {
        let unknown = || Error::new(ErrorKind::ModelNotFound, "there is no such model");
        let hints = |id: &str| with_alternatives(unknown(), &id.into(), None, "us-east-1").hints().to_vec();
        assert_eq!(hints("us.anthropic.claude-opsu-4-7"), ["did you mean `us.anthropic.claude-opus-4-7`?"]);
        assert_eq!(hints("something-else"), [""; 0]);
    }

    #[test]
    fn the_error_names_the_profiles() {
        let id = ModelId::from("anthropic.claude-opus-4-7");
        let error = with_alternatives(refused(), &id, facts::find(id.as_str()), "us-east-1");
        assert!(error.hints()[0].contains("`eu.anthropic.claude-opus-4-7`"), "{error:?}");
    }
}
