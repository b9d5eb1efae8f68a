//! What a model costs, by the scope of the id that is called.
//!
//! - A scope's price is taken from one price list: what the first source leaves out is filled in from another only where
//!   both have the same input and output. A cache rate of one list under the input rate of another would be nobody's.
//! - Where a `global.` profile has a price, LiteLLM and models.dev repeat it on the bare id. In-region use costs more:
//!   what genai-prices calls regional, else what LiteLLM's rows for bedrock-mantle say, else what the `us.` profile costs.
//! - GovCloud has a price list of its own. Only LiteLLM has it; what the others have under `us-gov.` is commercial, and
//!   may at best confirm.
//! - Two families that agree make a price trustworthy, whatever a third one says. Less than 5 % apart is a small
//!   difference, more is a contradiction.

use std::collections::BTreeMap;

use super::litellm::{self, Place};
use super::{About, genai};
use crate::facts::row::Price;

const GOV_CLOUD: &str = "us-gov";

/// Who says so. Catalogues of one family repeat each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    LiteLlm,
    Genai,
    ModelsDev,
}

/// One source's price for a scope.
#[derive(Debug, Clone)]
pub(super) struct Quote {
    pub(super) family: Family,
    pub(super) price: Price,
    /// It is about this very scope. Others can confirm a price, and neither make nor refute one.
    pub(super) exact: bool,
}

impl Quote {
    fn of(family: Family, price: Option<Price>, exact: bool) -> Option<Self> {
        price.map(|price| Self { family, price, exact })
    }
}

impl About<'_> {
    /// All prices by scope: `in_region`, `global`, `eu`, `region:eu-west-1`, `mantle`, `mantle:us-gov-west-1`, …
    pub(super) fn prices(&self) -> BTreeMap<String, Price> {
        let mut prices = BTreeMap::new();
        for prefix in self.prefixes() {
            if let Some(price) = choose(&self.profile_quotes(&prefix)) {
                prices.insert(prefix, price);
            }
        }
        let in_region = if prices.contains_key("global") {
            self.surcharged(prices.get("us"))
        } else {
            choose(&self.bare_quotes())
        };
        if let Some(price) = in_region.filter(|_| !self.is_mantle_only()) {
            prices.insert("in_region".to_owned(), price);
        }
        for row in self.litellm() {
            let scope = match &row.place {
                Place::Region(region) => format!("region:{region}"),
                Place::Mantle => "mantle".to_owned(),
                Place::MantleRegion(region) => format!("mantle:{region}"),
                Place::Runtime | Place::Picture => continue,
            };
            prices.extend(row.price().map(|price| (scope, price)));
        }
        prices
    }

    fn profile_quotes(&self, prefix: &str) -> Vec<Quote> {
        let commercial = prefix != GOV_CLOUD;
        let own = self.litellm_price(Some(prefix));
        let litellm = if commercial { own } else { own.or_else(|| self.gov_cloud_regions()) };
        let mut quotes = Vec::from_iter(Quote::of(Family::LiteLlm, litellm, true));
        quotes.extend(self.genai_quote(Some(prefix)));
        quotes.extend(self.family_quote(Some(prefix)));
        for quote in quotes.iter_mut().filter(|quote| quote.family != Family::LiteLlm) {
            quote.exact &= commercial;
        }
        quotes
    }

    fn bare_quotes(&self) -> Vec<Quote> {
        let litellm = Quote::of(Family::LiteLlm, self.litellm_price(None), true);
        litellm.into_iter().chain(self.genai_quote(None)).chain(self.family_quote(None)).collect()
    }

    /// The price of in-region use of a model that has a cheaper global profile. None if nobody prices the bare id at all:
    /// then it cannot be called.
    fn surcharged(&self, us: Option<&Price>) -> Option<Price> {
        let bare = self.bare_quotes();
        if bare.is_empty() {
            return None;
        }
        let mantle =
            self.litellm().into_iter().find(|row| row.place == Place::Mantle).and_then(litellm::Row::price);
        let genai = bare.iter().find(|quote| quote.family == Family::Genai).cloned();
        let said = Quote::of(Family::LiteLlm, mantle, true);
        let says_itself = said.is_some();
        let mut quotes = genai.into_iter().chain(said).collect::<Vec<_>>();
        if quotes.is_empty() {
            quotes.extend(Quote::of(Family::LiteLlm, us.cloned(), true));
        }
        // The same list, if it has the same rates: it fills in what the others leave out, and adds no voice.
        quotes.extend(Quote::of(quotes.first()?.family, us.cloned(), false));
        let repeats = bare.into_iter().filter(|quote| match quote.family {
            Family::LiteLlm => !says_itself,
            Family::Genai => false,
            Family::ModelsDev => true,
        });
        quotes.extend(repeats);
        choose(&quotes)
    }

    fn litellm_price(&self, prefix: Option<&str>) -> Option<Price> {
        let runtime = |row: &&litellm::Row| row.place == Place::Runtime && row.prefix.as_deref() == prefix;
        self.litellm().into_iter().filter(runtime).find_map(litellm::Row::price)
    }

    /// What the regions of GovCloud cost, if they agree.
    fn gov_cloud_regions(&self) -> Option<Price> {
        let gov = |place: &Place| matches!(place, Place::Region(region) if region.starts_with("us-gov-"));
        let rows = self.litellm().into_iter().filter(|row| gov(&row.place));
        let mut prices = rows.filter_map(litellm::Row::price);
        let first = prices.next()?;
        prices.all(|price| price == first).then_some(first)
    }

    fn genai_quote(&self, prefix: Option<&str>) -> Option<Quote> {
        let (entry, exact) = genai::find(&self.catalogues.genai, prefix, self.base)?;
        Quote::of(Family::Genai, entry.price(&self.catalogues.day), exact)
    }

    /// The newest of the family that has the id on the runtime.
    fn family_quote(&self, prefix: Option<&str>) -> Option<Quote> {
        let mut priced =
            self.family_rows().filter(|row| row.prefix.as_deref() == prefix && row.price.is_some());
        Quote::of(Family::ModelsDev, priced.next()?.price.clone(), true)
    }
}

/// The price of the first source, completed and graded by the others.
pub(super) fn choose(quotes: &[Quote]) -> Option<Price> {
    let first = quotes.iter().find(|quote| quote.exact)?;
    let mut price = first.price.clone();
    for other in quotes.iter().filter(|other| distance(&first.price, &other.price) < SAME) {
        fill(&mut price, &other.price);
    }
    let agreeing = quotes.iter().filter(|other| distance(&first.price, &other.price) < SAME);
    let mut families = agreeing.map(|quote| quote.family).collect::<Vec<_>>();
    families.sort();
    families.dedup();
    let dissent = quotes.iter().filter(|quote| quote.exact).map(|other| distance(&first.price, &other.price));
    let dissent = dissent.fold(0.0, f64::max);
    let confidence = match families.len() {
        2.. => "high",
        _ if dissent < SMALL => "medium",
        _ => "low",
    };
    price.confidence = Some(confidence.to_owned());
    Some(price)
}

/// Rounded differently.
const SAME: f64 = 0.01;
/// A small difference.
const SMALL: f64 = 0.05;

/// How far two prices are apart, as a fraction of the first: the larger of input and output.
fn distance(one: &Price, other: &Price) -> f64 {
    let apart = |one: Option<f64>, other: Option<f64>| {
        let (one, other) = (one.unwrap_or_default(), other.unwrap_or_default());
        let difference = (one - other).abs();
        if difference > 0.0 { difference / one } else { 0.0 }
    };
    apart(one.input, other.input).max(apart(one.output, other.output))
}

/// Takes over what is missing.
fn fill(price: &mut Price, other: &Price) {
    let missing = |own: &mut Option<f64>, other: Option<f64>| *own = own.or(other);
    missing(&mut price.cache_read, other.cache_read);
    missing(&mut price.cache_write_5m, other.cache_write_5m);
    missing(&mut price.cache_write_1h, other.cache_write_1h);
    if price.long_context_tiers.is_empty() {
        price.long_context_tiers.clone_from(&other.long_context_tiers);
    }
    price.tier_flex = price.tier_flex.take().or_else(|| other.tier_flex.clone());
    price.tier_priority = price.tier_priority.take().or_else(|| other.tier_priority.clone());
    price.tier_batch = price.tier_batch.take().or_else(|| other.tier_batch.clone());
}
