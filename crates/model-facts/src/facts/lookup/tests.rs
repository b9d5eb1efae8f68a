use super::super::{Confidence, ServiceTier};
use super::*;

#[track_caller]
fn looked_up(id: &str) -> (&'static str, Exactness) {
    let found = lookup(&BedrockId::parse(id)).unwrap();
    (found.facts.id, found.exactness)
}

#[test]
fn every_row_is_found_by_its_id_and_through_every_profile() {
    for row in all() {
        assert_eq!(find(row.id), Some(row));
        assert_eq!(looked_up(row.id), (row.id, Exactness::Exact));
        for prefix in row.profile_prefixes {
            assert_eq!(looked_up(&format!("{prefix}.{}", row.id)), (row.id, Exactness::Exact));
        }
    }
}

#[test]
fn arns_of_models_and_system_profiles_find_their_row() {
    let known = ("amazon.nova-2-lite-v1:0", Exactness::Exact);
    assert_eq!(looked_up("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-lite-v1:0"), known);
    let profile = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/jp.amazon.nova-2-lite-v1:0";
    assert_eq!(looked_up(profile), known);
}

#[test]
fn a_trailing_revision_too_many_or_too_few_is_forgiven_and_told() {
    let id = BedrockId::parse("us.anthropic.claude-opus-4-6-v1:0");
    let found = lookup(&id).unwrap();
    assert_eq!(
        (found.facts.id, found.exactness),
        ("anthropic.claude-opus-4-6-v1", Exactness::WithoutRevision)
    );
    assert_eq!(found.known_id().as_deref(), Some("us.anthropic.claude-opus-4-6-v1"));

    let found = lookup(&BedrockId::parse("amazon.nova-2-lite-v1")).unwrap();
    assert_eq!((found.facts.id, found.exactness), ("amazon.nova-2-lite-v1:0", Exactness::WithoutRevision));
    assert_eq!(found.known_id().as_deref(), Some("amazon.nova-2-lite-v1:0"));

    // Of several, the newest.
    let newest = ("stability.stable-image-core-v1:1", Exactness::WithoutRevision);
    assert_eq!(looked_up("stability.stable-image-core-v1"), newest);
    // An id that is right needs no other.
    assert_eq!(lookup(&BedrockId::parse("amazon.nova-2-lite-v1:0")).unwrap().known_id(), None);
}

#[test]
fn a_throughput_suffix_is_no_mistake() {
    let variant = lookup(&BedrockId::parse("amazon.titan-embed-text-v1:2:8k")).unwrap();
    assert_eq!(
        (variant.facts.id, variant.exactness),
        ("amazon.titan-embed-text-v1", Exactness::WithoutThroughput)
    );
    assert_eq!(variant.known_id(), None);
    let suffixed = ("amazon.nova-pro-v1:0", Exactness::WithoutThroughput);
    assert_eq!(looked_up("amazon.nova-pro-v1:0:300k"), suffixed);
}

#[test]
fn other_models_are_not_found() {
    for id in [
        "anthropic.claude-opus-4-60",
        "anthropic.claude-v2:0", // 2.0, where 2.1 is known
        "amazon.nova-2-lite-v1:7",
        "anthropic.claude-opus",
        "my-model",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456",
        "",
    ] {
        assert_eq!(lookup(&BedrockId::parse(id)), None, "{id}");
    }
}

#[track_caller]
fn price(id: &str, region: Option<&str>) -> (f64, f64, PriceScope) {
    let found = price_of(&BedrockId::parse(id), region).unwrap();
    (found.price.rates.input, found.price.rates.output, found.scope)
}

#[test]
fn a_profile_costs_what_its_geography_costs() {
    let nova = |geography: &str| price(&format!("{geography}.amazon.nova-2-lite-v1:0"), Some("us-east-1"));
    assert_eq!(nova("global"), (0.3, 2.5, PriceScope::Geography("global")));
    assert_eq!(nova("us"), (0.33, 2.75, PriceScope::Geography("us")));
    assert_eq!(nova("eu"), (0.429, 3.597, PriceScope::Geography("eu")));
    assert_eq!(nova("jp"), (0.396, 3.311, PriceScope::Geography("jp")));
    let euro = price_of(&BedrockId::parse("eu.amazon.nova-2-lite-v1:0"), None).unwrap();
    assert_eq!(euro.confidence, Confidence::Low);
}

#[test]
fn a_geography_without_a_price_gets_none_of_another() {
    assert_eq!(price_of(&BedrockId::parse("sa.amazon.nova-2-lite-v1:0"), Some("sa-east-1")), None);
}

#[test]
fn a_bare_id_costs_what_its_region_costs() {
    let in_region = (0.33, 2.75, PriceScope::InRegion);
    assert_eq!(price("amazon.nova-2-lite-v1:0", None), in_region);
    assert_eq!(price("amazon.nova-2-lite-v1:0", Some("")), in_region);
    assert_eq!(price("amazon.nova-2-lite-v1:0", Some("us-west-2")), in_region);
    let (.., scope) = price("meta.llama3-70b-instruct-v1:0", Some("sa-east-1"));
    assert_eq!(scope, PriceScope::Region("sa-east-1"));
    // The region of the ARN wins.
    let arn = "arn:aws:bedrock:sa-east-1::foundation-model/meta.llama3-70b-instruct-v1:0";
    assert_eq!(price(arn, Some("us-east-1")).2, PriceScope::Region("sa-east-1"));
}

#[test]
fn gov_cloud_has_prices_of_its_own() {
    let profile = (3.6, 18.0, PriceScope::Geography("us-gov"));
    assert_eq!(price("us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", Some("us-gov-west-1")), profile);
    let region = (3.6, 18.0, PriceScope::Region("us-gov-east-1"));
    assert_eq!(price("anthropic.claude-sonnet-4-5-20250929-v1:0", Some("us-gov-east-1")), region);
    // Only the profile's price is known: it is the same list. Never the commercial price.
    let (.., scope) = price("xai.grok-4.6", Some("us-gov-west-1"));
    assert_eq!(scope, PriceScope::Geography("us-gov"));
    assert_eq!(price_of(&BedrockId::parse("us-gov.anthropic.claude-opus-4-7"), Some("us-gov-west-1")), None);
    assert_eq!(price_of(&BedrockId::parse("amazon.nova-2-lite-v1:0"), Some("us-gov-west-1")), None);
}

#[test]
fn other_partitions_have_no_known_prices() {
    for region in ["cn-north-1", "us-iso-east-1", "eusc-de-east-1"] {
        assert_eq!(price_of(&BedrockId::parse("amazon.nova-lite-v1:0"), Some(region)), None, "{region}");
    }
    let arn = BedrockId::parse("arn:aws-cn:bedrock:xx-west-1::foundation-model/amazon.nova-lite-v1:0");
    assert_eq!(price_of(&arn, None), None);
}

#[test]
fn the_price_of_the_other_endpoint_is_not_the_runtimes() {
    assert_eq!(price_of(&BedrockId::parse("anthropic.claude-haiku-4-5"), Some("us-east-1")), None);
}

#[test]
fn long_prompts_and_service_tiers_have_rates_of_their_own() {
    let haiku = price_of(&BedrockId::parse("us.anthropic.claude-haiku-5-5"), None).unwrap();
    let input = |prompt_tokens| Some(haiku.price.rates_for(prompt_tokens).input);
    assert_eq!((input(100_000), input(100_001)), (Some(0.11), Some(0.55)));
    let nova = price_of(&BedrockId::parse("us.amazon.nova-2-lite-v1:0"), None).unwrap();
    let tier = |wanted| nova.tiers.iter().find(|(tier, _)| *tier == wanted).map(|(_, rates)| rates.input);
    assert_eq!((tier(ServiceTier::Flex), tier(ServiceTier::Priority)), (Some(0.165), Some(0.5775)));
}
