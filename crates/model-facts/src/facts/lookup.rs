//! From an id to its row, and to the price of what is called.

use super::{ModelFacts, PriceScope, ScopedPrice, all};
use crate::geography::Geography;
use crate::id::BedrockId;
use crate::partition::Partition;

/// The row of exactly that foundation model id.
pub fn find(base_id: &str) -> Option<&'static ModelFacts> {
    let rows = all();
    rows.binary_search_by(|row| row.id.cmp(base_id)).ok().and_then(|index| rows.get(index))
}

/// A row that was found for an id.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Match<'a> {
    /// The id that was looked up.
    pub id: BedrockId<'a>,
    /// Its row.
    pub facts: &'static ModelFacts,
    /// How the two fit.
    pub exactness: Exactness,
}

/// How an id fits the row that was found for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exactness {
    /// The id names this very model.
    Exact,
    /// The id names a provisioned variant of this model: `…:2:8k`.
    WithoutThroughput,
    /// The id has a trailing `:N` that the model's id has not, or the other way round.
    WithoutRevision,
}

impl Match<'_> {
    /// The id to call instead, if the one looked up differs from the known one by a trailing `:N`.
    ///
    /// ```
    /// use outcrop_model_facts::{BedrockId, facts};
    ///
    /// let id = BedrockId::parse("us.anthropic.claude-opus-4-6-v1:0");
    /// let known = facts::lookup(&id).expect("known but for its last two characters");
    /// assert_eq!(known.known_id().as_deref(), Some("us.anthropic.claude-opus-4-6-v1"));
    /// ```
    pub fn known_id(&self) -> Option<String> {
        match self.exactness {
            Exactness::Exact | Exactness::WithoutThroughput => None,
            Exactness::WithoutRevision => self.id.with_base(self.facts.id),
        }
    }
}

/// The row of the foundation model behind an id: exactly, else without a throughput suffix, else but for a trailing
/// `:N`.
///
/// `None` for ids that do not name their foundation model, and for models that are not in the table. Two ids with
/// *different* revisions are different models. Where several revisions are known, the highest is taken.
pub fn lookup<'a>(id: &BedrockId<'a>) -> Option<Match<'a>> {
    let base = id.base()?;
    let found = |facts, exactness| Match { id: *id, facts, exactness };
    if let Some(facts) = find(base) {
        return Some(found(facts, Exactness::Exact));
    }
    let model = id.base_without_throughput()?;
    if model == base {
        return find_without_revision(base).map(|facts| found(facts, Exactness::WithoutRevision));
    }
    find(model)
        .or_else(|| find_without_revision(model))
        .map(|facts| found(facts, Exactness::WithoutThroughput))
}

/// `name:N` for a known `name`, or `name` for a known `name:N`.
fn find_without_revision(model: &str) -> Option<&'static ModelFacts> {
    if let Some((name, _)) = model.split_once(':') {
        return find(name);
    }
    let revision = |row: &ModelFacts| row.id.strip_prefix(model)?.strip_prefix(':')?.parse::<u32>().ok();
    all()
        .iter()
        .filter_map(|row| Some((revision(row)?, row)))
        .max_by_key(|(revision, _)| *revision)
        .map(|(_, row)| row)
}

/// The price of calling that very id on the runtime endpoint of `region`, in US dollars per million tokens.
///
/// Prices go by the id that is called, never by the model behind it: a profile costs what its geography costs, a bare
/// id what its region costs. The region of an ARN wins over `region`; without any region the usual commercial price is
/// taken. `None` where no price of that scope is known: the price of another scope would be a guess.
pub fn price_of(id: &BedrockId<'_>, region: Option<&str>) -> Option<&'static ScopedPrice> {
    let prices = lookup(id)?.facts.prices;
    let region = id.region().or(region).filter(|region| !region.is_empty());
    let usual = || prices.iter().find(|price| price.scope == PriceScope::InRegion);
    let of_region =
        |wanted| prices.iter().find(|price| matches!(price.scope, PriceScope::Region(it) if it == wanted));
    let of_geography = |wanted: Geography<'_>| {
        prices.iter().find(|price| matches!(price.scope, PriceScope::Geography(it) if it == wanted.as_str()))
    };
    if let Some(geography) = id.geography() {
        return of_geography(geography)
            .or_else(|| region.filter(|_| geography == Geography::US_GOV).and_then(of_region));
    }
    let Some(region) = region else { return usual() };
    of_region(region).or_else(|| match id.partition().unwrap_or_else(|| Partition::of_region(region)) {
        Partition::Aws => usual(),
        // One price list for all of GovCloud.
        Partition::AwsUsGov => of_geography(Geography::US_GOV),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
