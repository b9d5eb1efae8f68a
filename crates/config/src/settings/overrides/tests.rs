use super::*;
use crate::testing::rendered;
use crate::{Layer, Loaded, Loader, LongContextCost, Sources};

fn load(layer: Layer, overrides: &str) -> Loaded {
    let text = format!("{{ models: {{ overrides: {overrides} }} }}");
    Loader::new(Sources::default().with_text(layer, "c", text)).load()
}

#[test]
fn everything_can_be_said_in_a_project_too() {
    let text = "{ 'anthropic.claude-*': {
        name: 'N', baseModel: 'b', input: ['text', 'document'], output: ['text'], contextWindow: 1e6, maxTokens: 64000,
        converse: true, tools: true, promptCaching: false, reasoning: true, thinking: 'field', thinkingField: 'reasoning',
        efforts: ['low', 'xhigh'], alwaysThinks: true, effortCeiling: 'xhigh',
        lifecycle: 'LEGACY', endOfLife: '2028-02-29',
        cost: {
            input: 3, output: 15, cacheRead: .3, cacheWrite: 3.75, cacheWrite1h: 6,
            longContext: [
                { abovePromptTokens: 200000, input: 6, output: 22.5, cacheRead: .6, cacheWrite: 7.5, cacheWrite1h: 12 },
            ],
        },
    } }";
    let long = LongContextCost {
        above_prompt_tokens: 200_000,
        input: Some(6.0),
        output: Some(22.5),
        cache_read: Some(0.6),
        cache_write: Some(7.5),
        cache_write_1h: Some(12.0),
    };
    let expected = ModelOverride {
        name: Some("N".to_owned()),
        base_model: Some("b".to_owned()),
        input: Some(vec!["text".to_owned(), "document".to_owned()]),
        output: Some(vec!["text".to_owned()]),
        context_window: Some(1_000_000),
        max_tokens: Some(64_000),
        converse: Some(true),
        tools: Some(true),
        prompt_caching: Some(false),
        reasoning: Some(true),
        thinking: Some(Thinking::Field),
        thinking_field: Some("reasoning".to_owned()),
        efforts: Some(vec![Effort::Low, Effort::XHigh]),
        always_thinks: Some(true),
        effort_ceiling: Some(Effort::XHigh),
        cost: Some(Cost {
            input: Some(3.0),
            output: Some(15.0),
            cache_read: Some(0.3),
            cache_write: Some(3.75),
            cache_write_1h: Some(6.0),
            long_context: Some(vec![long]),
        }),
        lifecycle: Some("LEGACY".to_owned()),
        end_of_life: Some("2028-02-29".to_owned()),
    };
    for layer in [Layer::User, Layer::Project] {
        let loaded = load(layer, text);
        assert_eq!(rendered(&loaded), "");
        assert_eq!(loaded.config.settings().models.overrides["anthropic.claude-*"], expected);
    }
}

/// What is said about a wrong value, and that it has no effect.
#[test]
fn wrong_values_are_reported_and_left_out() {
    let cases = [
        ("tools: 1", "expected `true` or `false` for `tools`, found a number"),
        ("converse: 'no'", "expected `true` or `false` for `converse`, found a string"),
        ("promptCaching: 0", "expected `true` or `false` for `promptCaching`, found a number"),
        ("reasoning: 'high'", "expected `true` or `false` for `reasoning`, found a string"),
        ("input: 'text'", "expected an array for `input`, found a string"),
        ("input: ['imgae']", "`input[0]` has a value that is not known, found `imgae`"),
        ("output: ['text', 'vector']", "`output[1]` has a value that is not known, found `vector`"),
        ("output: [1]", "expected a string for `output[0]`, found a number"),
        ("thinking: 'adaptiv'", "`thinking` has a value that is not known, found `adaptiv`"),
        ("thinking: false", "expected a string for `thinking`, found a boolean"),
        ("effortCeiling: 'hihg'", "`effortCeiling` has a value that is not known, found `hihg`"),
        ("efforts: ['low', 'hihg']", "`efforts[1]` has a value that is not known, found `hihg`"),
        ("thinkingField: ' '", "`thinkingField` is blank, which counts as unset"),
        ("alwaysThinks: 'yes'", "expected `true` or `false` for `alwaysThinks`, found a string"),
        ("contextWindow: 0", "`contextWindow` must be between 1 and 1000000000 tokens, found 0"),
        ("maxTokens: 1.5", "expected a whole number of tokens for `maxTokens`, found a fraction"),
        ("endOfLife: '2027-02-30'", "`endOfLife` is not a day"),
        ("endOfLife: 2027", "expected a string for `endOfLife`, found a number"),
        ("lifecycle: ''", "`lifecycle` is blank, which counts as unset"),
        ("baseModel: ' '", "`baseModel` is blank, which counts as unset"),
        ("thinkin: 'none'", "nothing reads the key `models.overrides.m.thinkin`"),
        ("region: 'us-east-1'", "nothing reads the key `models.overrides.m.region`"),
    ];
    for (wrong, message) in cases {
        let loaded = load(Layer::User, &format!("{{ m: {{ {wrong}, name: 'N' }} }}"));
        let messages: Vec<_> = loaded.diagnostics.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(messages, [message], "{wrong}");
        let rest = ModelOverride { name: Some("N".to_owned()), ..ModelOverride::default() };
        assert_eq!(loaded.config.settings().models.overrides["m"], rest, "{wrong}");
    }
}

#[test]
fn wrong_prices_are_reported_and_left_out() {
    let cases = [
        ("cacheWrite1h: -1", "`cacheWrite1h` must be at least 0 USD per million tokens, found -1"),
        ("longContext: {}", "expected an array for `longContext`, found an object"),
        ("longContext: [{ input: 6 }]", "`abovePromptTokens` is missing"),
        (
            "longContext: [{ abovePromptTokens: 0 }]",
            "`abovePromptTokens` must be between 1 and 1000000000 tokens, found 0",
        ),
        (
            "longContext: [{ abovePromptTokens: 9, input: '6' }]",
            "expected a number of USD per million tokens for `input`, found a string",
        ),
        (
            "longContext: [{ abovePromptTokens: 9, cacheWrite1H: 6 }]",
            "nothing reads the key `models.overrides.m.cost.longContext[0].cacheWrite1H`",
        ),
    ];
    for (wrong, message) in cases {
        let loaded = load(Layer::User, &format!("{{ m: {{ cost: {{ {wrong}, output: 1 }} }} }}"));
        let messages: Vec<_> = loaded.diagnostics.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(messages, [message], "{wrong}");
        let cost = loaded.config.settings().models.overrides["m"].cost.clone().unwrap();
        assert_eq!((cost.output, cost.cache_write_1h), (Some(1.0), None), "{wrong}");
        let prices = cost.long_context.into_iter().flatten().any(|band| band.input.is_some());
        assert!(!prices, "{wrong}");
    }
}

#[test]
fn what_was_probably_meant_is_said() {
    let cases = [
        ("input: ['imgae']", "did you mean `image`?"),
        ("effortCeiling: 'hihg'", "did you mean `high`?"),
        ("thinkin: 'none'", "did you mean `thinking`?"),
        ("output: ['vector']", "allowed: `text`, `image`, `video`, `audio`, `embedding`, `score`"),
        ("effortCeiling: '?'", "allowed: `minimal`, `low`, `medium`, `high`, `xhigh`, `max`"),
        ("thinking: '?'", "allowed: `none`, `budget`, `adaptive`, `field`"),
        ("endOfLife: 'soon'", "write it like `2027-01-31`"),
    ];
    for (wrong, help) in cases {
        let shown = rendered(&load(Layer::User, &format!("{{ m: {{ {wrong} }} }}")));
        assert!(shown.contains(help), "{shown}");
    }
}
