//! Ten worked examples: what a usage costs, by the id that is called. Every figure is worked out by hand from the rates
//! in US dollars per million tokens.

use outcrop_core::Usage;
use outcrop_model_facts::BedrockId;
use outcrop_model_facts::facts::{Confidence, PriceScope, ScopedPrice, ServiceTier, price_of};

fn price(id: &str, region: Option<&str>) -> Option<&'static ScopedPrice> {
    price_of(&BedrockId::parse(id), region)
}

/// The cost at the usual tier, and the scope whose price it is.
#[track_caller]
fn costs(id: &str, region: Option<&str>, usage: Usage, scope: &str, expected: f64) {
    let price = price(id, region);
    assert_eq!(price.map(|price| price.scope.to_string()).as_deref(), Some(scope), "{id}");
    dollars(price.and_then(|price| price.cost(&usage, None)), expected);
}

#[track_caller]
fn dollars(cost: Option<f64>, expected: f64) {
    assert!(cost.is_some_and(|cost| (cost - expected).abs() < 1e-9), "{cost:?}, not {expected}");
}

fn tokens(input: u64, output: u64) -> Usage {
    Usage { input_tokens: input, output_tokens: output, ..Usage::default() }
}

#[test]
fn one_a_geography_costs_ten_percent_more_than_global() {
    // Global: 12,000 × 4 + 3,000 × 20 = 48,000 + 60,000 millionths.
    costs("global.anthropic.claude-opus-5-5", None, tokens(12_000, 3_000), "geography:global", 0.108);
    // The United States: 12,000 × 4.40 + 3,000 × 22 = 52,800 + 66,000 millionths, which is 0.108 × 1.1.
    costs("us.anthropic.claude-opus-5-5", None, tokens(12_000, 3_000), "geography:us", 0.1188);
}

#[test]
fn two_the_bare_id_costs_what_its_region_costs() {
    // 12,000 × 4.40 + 3,000 × 22: in-region use costs what a geography costs, not the global price.
    let bare = "anthropic.claude-opus-5-5";
    costs(bare, Some("us-east-1"), tokens(12_000, 3_000), "in-region", 0.1188);
    // São Paulo has a price of its own: 1,000 × 4.45 + 500 × 5.88 = 4,450 + 2,940 millionths.
    let llama = "meta.llama3-70b-instruct-v1:0";
    costs(llama, Some("sa-east-1"), tokens(1_000, 500), "region:sa-east-1", 0.00739);
    // Elsewhere: 1,000 × 2.65 + 500 × 3.50 = 2,650 + 1,750 millionths.
    costs(llama, None, tokens(1_000, 500), "in-region", 0.0044);
}

#[test]
fn three_gov_cloud_costs_twenty_percent_more_than_global() {
    // 12,000 × 4.80 + 3,000 × 24 = 57,600 + 72,000 millionths, which is 0.108 × 1.2.
    let region = Some("us-gov-west-1");
    costs("us-gov.anthropic.claude-opus-5-5", region, tokens(12_000, 3_000), "geography:us-gov", 0.1296);
    costs("anthropic.claude-opus-5-5", region, tokens(12_000, 3_000), "region:us-gov-west-1", 0.1296);
}

#[test]
fn four_a_cache_write_of_five_minutes() {
    // 1,000 × 3.30 + 50,000 × 4.125 + 500 × 16.50 = 3,300 + 206,250 + 8,250 millionths.
    let usage = Usage { cache_write_5m_tokens: 50_000, ..tokens(1_000, 500) };
    costs("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", None, usage, "geography:eu", 0.2178);
}

#[test]
fn five_a_cache_write_of_one_hour() {
    // 1,000 × 3.30 + 50,000 × 6.60 + 500 × 16.50 = 3,300 + 330,000 + 8,250 millionths.
    let usage = Usage { cache_write_1h_tokens: 50_000, ..tokens(1_000, 500) };
    costs("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", None, usage, "geography:eu", 0.34155);
}

#[test]
fn six_a_cache_read_at_a_twentieth_of_the_input() {
    // 2,000 × 4 + 200,000 × 0.20 + 1,000 × 20 = 8,000 + 40,000 + 20,000 millionths. A tenth would make it 0.108.
    let usage = Usage { cache_read_tokens: 200_000, ..tokens(2_000, 1_000) };
    costs("global.anthropic.claude-opus-5-5", None, usage, "geography:global", 0.068);
}

#[test]
fn seven_above_a_hundred_thousand_tokens_haiku_costs_five_times_as_much() {
    let haiku = "us.anthropic.claude-haiku-5-5";
    // 100,000 × 0.11 + 2,000 × 0.55 = 11,000 + 1,100 millionths.
    costs(haiku, None, tokens(100_000, 2_000), "geography:us", 0.0121);
    // 100,001 × 0.55 + 2,000 × 2.75 = 55,000.55 + 5,500 millionths: every token, not only the last one.
    costs(haiku, None, tokens(100_001, 2_000), "geography:us", 0.060_500_55);
    // 1 × 0.55 + 100,000 × 0.055 + 2,000 × 2.75 = 0.55 + 5,500 + 5,500 millionths: cached tokens are part of the prompt.
    let cached = Usage { cache_read_tokens: 100_000, ..tokens(1, 2_000) };
    costs(haiku, None, cached, "geography:us", 0.011_000_55);
}

#[test]
fn eight_above_272_000_tokens_gpt_costs_double_the_input_and_half_as_much_again_the_output() {
    let gpt = "us.openai.gpt-5.6-sol";
    // 272,000 × 4.40 + 10,000 × 22 = 1,196,800 + 220,000 millionths.
    costs(gpt, None, tokens(272_000, 10_000), "geography:us", 1.4168);
    // 300,000 × 8.80 + 10,000 × 33 = 2,640,000 + 330,000 millionths.
    costs(gpt, None, tokens(300_000, 10_000), "geography:us", 2.97);
}

#[test]
fn nine_service_tiers_have_rates_of_their_own() {
    let nova = price("us.amazon.nova-2-lite-v1:0", None).expect("it has a price");
    let usage = Usage { cache_read_tokens: 10_000, ..tokens(40_000, 8_000) };
    // 40,000 × 0.33 + 8,000 × 2.75 + 10,000 × 0.0825 = 13,200 + 22,000 + 825 millionths.
    dollars(nova.cost(&usage, None), 0.036_025);
    // Half of it: 40,000 × 0.165 + 8,000 × 1.375 + 10,000 × 0.04125 = 6,600 + 11,000 + 412.5 millionths.
    dollars(nova.cost(&usage, Some(ServiceTier::Flex)), 0.018_012_5);
    // 1.75 times: 40,000 × 0.5775 + 8,000 × 4.8125 + 10,000 × 0.144375 = 23,100 + 38,500 + 1,443.75 millionths.
    dollars(nova.cost(&usage, Some(ServiceTier::Priority)), 0.063_043_75);
    // No source has the price of writing to the cache at another tier than the default.
    let written = Usage { cache_write_5m_tokens: 1, ..usage };
    assert_eq!(nova.cost(&written, Some(ServiceTier::Flex)), None);
    // Global use has no flex price in the sources, though the United States have one.
    let global = price("global.amazon.nova-2-lite-v1:0", None).expect("it has a price");
    assert_eq!(global.for_tier(ServiceTier::Flex), None);
}

#[test]
fn ten_what_is_not_known_is_not_guessed() {
    // GovCloud has a price list of its own, and no source has this model's.
    assert_eq!(price("us-gov.anthropic.claude-opus-4-7", Some("us-gov-west-1")), None);
    // It is called through profiles only.
    assert_eq!(price("zai.glm-5.3", Some("us-east-1")), None);
    assert!(price("us.zai.glm-5.3", Some("us-east-1")).is_some());
    // The sources disagree on Europe's price, so what one of them says of cache writes is not put under another's rates.
    let nova = price("eu.amazon.nova-lite-v1:0", None).expect("it has a price");
    assert_eq!((nova.scope, nova.confidence), (PriceScope::Geography("eu"), Confidence::Low));
    assert_eq!(nova.cost(&Usage { cache_write_5m_tokens: 1, ..tokens(1, 1) }, None), None);
}
