use super::*;
use crate::{BedrockId, Geography, Kind};

#[track_caller]
fn row(id: &str) -> &'static ModelFacts {
    find(id).unwrap()
}

#[test]
fn rows_and_makers_are_sorted_and_unique() {
    assert!(all().is_sorted_by(|one, next| one.id < next.id));
    assert!(makers().is_sorted_by(|one, next| one < next));
    assert!(!all().is_empty());
}

#[test]
fn every_id_is_one_that_the_parser_takes_for_a_foundation_model() {
    for row in all() {
        let id = BedrockId::parse(row.id);
        assert_eq!((id.kind(), id.maker()), (Kind::FoundationModel, Some(row.provider)), "{}", row.id);
        assert!(makers().contains(&row.provider), "{}", row.id);
    }
}

#[test]
fn every_geography_of_the_table_is_known() {
    for row in all() {
        let priced = row.prices.iter().filter_map(|price| match price.scope {
            PriceScope::Geography(prefix) => Some(prefix),
            _ => None,
        });
        for prefix in row.profile_prefixes.iter().copied().chain(priced) {
            assert!(Geography::new(prefix).is_some_and(Geography::is_known), "{}: {prefix}", row.id);
        }
    }
}

#[test]
fn no_scope_has_two_prices_and_no_price_is_negative() {
    for row in all() {
        for (index, price) in row.prices.iter().enumerate() {
            assert!(row.prices[..index].iter().all(|other| other.scope != price.scope), "{}", row.id);
            let tiers = price.price.long_context.iter();
            assert!(tiers.is_sorted_by_key(|tier| tier.above_prompt_tokens), "{}", row.id);
            assert!(price.price.rates.input >= 0.0 && price.price.rates.output >= 0.0, "{}", row.id);
        }
    }
}

#[test]
fn the_date_and_the_sources_are_told() {
    assert_eq!(AS_OF, "2026-11-22");
    assert!(SOURCES.iter().any(|source| source.starts_with("litellm ")));
}

#[test]
fn known_limits() {
    let haiku = row("anthropic.claude-haiku-5-5");
    assert_eq!((haiku.context_window, haiku.max_output_tokens), (Some(1_000_000), Some(128_000)));
    assert_eq!(haiku.input, [Modality::Text, Modality::Image, Modality::Document]);
    assert_eq!(haiku.output, [Modality::Text]);
    assert_eq!(haiku.provider_name, "Anthropic");
    let sonic = row("amazon.nova-2-sonic-v1:0");
    assert_eq!((sonic.kind, sonic.converse), (ModelKind::SpeechToSpeech, false));
    assert_eq!(row("amazon.nova-canvas-v1:0").end_of_life, Some("2026-09-30"));
}

#[test]
fn known_ways_of_thinking() {
    use Effort::{High, Low, Max, Medium, XHigh};

    let thinking = |id| row(id).thinking;
    assert_eq!(thinking("anthropic.claude-3-7-sonnet-20250219-v1:0"), Thinking::Budget);
    assert_eq!(thinking("anthropic.claude-opus-4-5-20251101-v1:0"), Thinking::Budget);
    assert_eq!(
        thinking("anthropic.claude-opus-4-6-v1"),
        Thinking::Adaptive { efforts: &[Low, Medium, High, Max], always_on: false }
    );
    assert_eq!(
        thinking("anthropic.claude-sonnet-5-5"),
        Thinking::Adaptive { efforts: &[Low, Medium, High, XHigh], always_on: true }
    );
    assert_eq!(
        thinking("amazon.nova-2-lite-v1:0"),
        Thinking::Field { name: "reasoningConfig", efforts: &[Low, Medium, High], always_on: false }
    );
    assert_eq!(
        thinking("openai.gpt-6.1-sol"),
        Thinking::Field { name: "reasoning", efforts: &[Low, Medium, High, XHigh, Max], always_on: true }
    );
    assert_eq!(thinking("amazon.nova-pro-v1:0"), Thinking::None);
    // It reasons, and nothing that a request could say changes that.
    assert_eq!(
        (thinking("deepseek.r1-v1:0"), row("deepseek.r1-v1:0").reasoning),
        (Thinking::Unknown, Support::Yes)
    );
}

#[test]
fn every_ceiling_caps_the_efforts_of_its_model() {
    for row in all() {
        if let (Some(ceiling), Thinking::Adaptive { efforts, .. }) = (row.effort_ceiling, row.thinking) {
            assert!(efforts.iter().all(|effort| *effort <= ceiling), "{}", row.id);
        }
    }
}

#[test]
fn known_quirks() {
    let opus = row("anthropic.claude-opus-5-5");
    assert_eq!((opus.sampling, opus.forced_tool_choice), (Support::No, Support::No));
    assert_eq!((opus.assistant_prefill, opus.strict_tools), (Support::No, Support::No));
    assert_eq!(opus.native_structured_output, Support::No);
    assert_eq!(opus.idle_timeout, Some(Duration::from_mins(10)));
    let sonnet = row("anthropic.claude-sonnet-4-5-20250929-v1:0");
    assert_eq!((sonnet.sampling, sonnet.native_structured_output), (Support::Unknown, Support::Yes));
    let caching = sonnet.prompt_caching;
    assert_eq!((caching.cache_points, caching.max_cache_points), (Support::Yes, Some(4)));
    assert_eq!((caching.one_hour_ttl, caching.min_tokens), (Support::Yes, Some(1024)));
    // It caches by itself.
    let gpt = row("openai.gpt-6-astra").prompt_caching;
    assert_eq!((gpt.supported, gpt.cache_points), (Support::Yes, Support::No));
    assert_eq!(row("openai.gpt-5.4").tool_result_images, Support::No);
    assert_eq!(row("meta.llama3-3-70b-instruct-v1:0").tool_result_images, Support::No);
}

#[test]
fn names_of_the_other_endpoint_are_told_apart() {
    assert!(row("anthropic.claude-haiku-4-5").is_mantle_only());
    assert!(row("qwen.qwen3-32b").is_mantle_only());
    assert!(!row("anthropic.claude-haiku-5-5").is_mantle_only());
    assert!(!row("amazon.rerank-v1:0").is_mantle_only());
}

#[test]
fn no_exception_of_the_on_demand_list_is_dead() {
    for start in ON_DEMAND_BESIDE_PROFILES {
        let model =
            all().iter().find(|model| model.id.starts_with(start) && !model.profile_prefixes.is_empty());
        assert!(model.is_some(), "{start} excepts nothing");
    }
}

#[test]
fn newer_models_need_a_profile_and_older_ones_and_those_without_any_do_not() {
    let needs = |id| find(id).unwrap().needs_profile();
    assert!(needs("anthropic.claude-opus-4-7"));
    assert!(!needs("anthropic.claude-3-haiku-20240307-v1:0"));
    assert!(!needs("amazon.titan-text-express-v1"));
}
