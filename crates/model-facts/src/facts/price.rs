//! What a model costs, by the id that is called and the service tier that is asked for.

use std::fmt;

use outcrop_core::{Price, Rates, Usage};

/// A price, and the ids and places that it holds for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ScopedPrice {
    /// What it holds for.
    pub scope: PriceScope,
    /// The price of the default service tier, in US dollars per million tokens.
    pub price: Price,
    /// The rates of the other service tiers, in US dollars per million tokens.
    pub tiers: &'static [(ServiceTier, Rates)],
    /// How far the sources agree.
    pub confidence: Confidence,
}

impl ScopedPrice {
    /// The rates of that service tier, in US dollars per million tokens; `None` where they are not known: the default
    /// tier's would be a guess.
    ///
    /// They hold for prompts that none of the [`long_context`](Price::long_context) rates concerns: no source prices
    /// longer prompts by tier. [`cost`](Self::cost) knows that.
    pub fn for_tier(&self, tier: ServiceTier) -> Option<Rates> {
        self.tiers.iter().find(|(known, _)| *known == tier).map(|(_, rates)| *rates)
    }

    /// US dollars for `usage` at that service tier, or at the default one.
    ///
    /// `None` if a bucket that was used has no known rate, if the rates of the tier are not known, and if another tier
    /// than the default has a prompt so long that it costs other rates.
    ///
    /// ```
    /// use outcrop_core::Usage;
    /// use outcrop_model_facts::facts::{self, ServiceTier};
    /// use outcrop_model_facts::BedrockId;
    ///
    /// let id = BedrockId::parse("jp.amazon.nova-2-lite-v1:0");
    /// let price = facts::price_of(&id, Some("ap-northeast-1")).expect("it has a price in Japan");
    /// let usage = Usage { input_tokens: 1_000_000, ..Usage::default() };
    /// let flex = price.cost(&usage, Some(ServiceTier::Flex)).expect("and one for flex");
    /// assert!(flex < price.cost(&usage, None).expect("than the usual one"));
    /// ```
    pub fn cost(&self, usage: &Usage, tier: Option<ServiceTier>) -> Option<f64> {
        let Some(tier) = tier else { return self.price.cost(usage) };
        let long = self.price.long_context.iter().any(|it| usage.prompt_tokens() > it.above_prompt_tokens);
        if long { None } else { Price::flat(self.for_tier(tier)?).cost(usage) }
    }
}

/// What a price holds for.
///
/// It prints as `in-region`, `region:eu-west-1`, `geography:us`, `mantle` or `mantle:us-east-2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PriceScope {
    /// The bare id in any commercial region without a price of its own.
    InRegion,
    /// The bare id in that region.
    Region(&'static str),
    /// The inference profile with that prefix: `us`, `eu`, `global`, …
    Geography(&'static str),
    /// The endpoint `bedrock-mantle` in any region without a price of its own.
    Mantle,
    /// The endpoint `bedrock-mantle` in that region.
    MantleRegion(&'static str),
}

impl fmt::Display for PriceScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InRegion => f.write_str("in-region"),
            Self::Region(region) => write!(f, "region:{region}"),
            Self::Geography(prefix) => write!(f, "geography:{prefix}"),
            Self::Mantle => f.write_str("mantle"),
            Self::MantleRegion(region) => write!(f, "mantle:{region}"),
        }
    }
}

/// A service tier with a price of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServiceTier {
    /// `serviceTier: {type: "flex"}`.
    Flex,
    /// `serviceTier: {type: "priority"}`.
    Priority,
}

impl ServiceTier {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flex => "flex",
            Self::Priority => "priority",
        }
    }
}

/// How far the sources of a price agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Confidence {
    /// The sources disagree.
    Low,
    /// One source only, or small differences.
    Medium,
    /// Independent sources agree.
    High,
    /// Nobody compared: one price list, as it is.
    Unrated,
}

impl Confidence {
    /// `low`, `medium`, `high` or `unrated`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Unrated => "unrated",
        }
    }
}

#[cfg(test)]
mod tests {
    use outcrop_core::LongContextRates;

    use super::*;

    const USUAL: Rates =
        Rates { input: 2.0, output: 8.0, cache_read: None, cache_write_5m: None, cache_write_1h: None };
    const FLEX: Rates = Rates { input: 1.0, output: 4.0, ..USUAL };

    fn price(long_context: Vec<LongContextRates>) -> ScopedPrice {
        ScopedPrice {
            scope: PriceScope::InRegion,
            price: Price { rates: USUAL, long_context: long_context.into() },
            tiers: &[(ServiceTier::Flex, FLEX)],
            confidence: Confidence::High,
        }
    }

    fn prompt(input_tokens: u64) -> Usage {
        Usage { input_tokens, ..Usage::default() }
    }

    #[test]
    fn a_tier_costs_its_own_rates_and_an_unknown_one_nothing_that_could_be_told() {
        let price = price(Vec::new());
        assert_eq!(price.for_tier(ServiceTier::Flex), Some(FLEX));
        assert_eq!(price.for_tier(ServiceTier::Priority), None);
        assert_eq!(price.cost(&prompt(1_000_000), None), Some(2.0));
        assert_eq!(price.cost(&prompt(1_000_000), Some(ServiceTier::Flex)), Some(1.0));
        assert_eq!(price.cost(&prompt(1_000_000), Some(ServiceTier::Priority)), None);
    }

    #[test]
    fn the_rates_of_a_tier_are_not_those_of_a_long_prompt() {
        let long = LongContextRates { above_prompt_tokens: 500_000, rates: Rates { input: 4.0, ..USUAL } };
        let price = price(vec![long]);
        assert_eq!(price.cost(&prompt(1_000_000), None), Some(4.0));
        assert_eq!(price.cost(&prompt(500_000), Some(ServiceTier::Flex)), Some(0.5));
        assert_eq!(price.cost(&prompt(500_001), Some(ServiceTier::Flex)), None);
    }

    #[test]
    fn scopes_tiers_and_confidence_have_words() {
        let scopes = [
            (PriceScope::InRegion, "in-region"),
            (PriceScope::Region("eu-west-1"), "region:eu-west-1"),
            (PriceScope::Geography("us"), "geography:us"),
            (PriceScope::Mantle, "mantle"),
            (PriceScope::MantleRegion("us-east-2"), "mantle:us-east-2"),
        ];
        for (scope, expected) in scopes {
            assert_eq!(scope.to_string(), expected);
        }
        assert_eq!([ServiceTier::Flex, ServiceTier::Priority].map(ServiceTier::as_str), ["flex", "priority"]);
        let grades = [Confidence::Low, Confidence::Medium, Confidence::High, Confidence::Unrated];
        assert_eq!(grades.map(Confidence::as_str), ["low", "medium", "high", "unrated"]);
    }
}
