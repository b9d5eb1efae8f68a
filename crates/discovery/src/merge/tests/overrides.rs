//! What the configuration knows better.

use outcrop_core::{Price, Rates, ThinkingCard};

use super::*;
use crate::settings::ManualLongContext;

const OPUS: &str = "anthropic.claude-opus-4-6-v1";
/// A model whose price has a band for long prompts.
const BANDED: &str = "anthropic.claude-haiku-5-5";

/// Overrides that say a number each, to see whose word counts.
fn windows(said: &[(&str, u32)]) -> DiscoverySettings {
    settings(|settings| {
        settings.overrides = said
            .iter()
            .map(|(pattern, tokens)| {
                let known = ModelOverride { context_window: Some(*tokens), ..ModelOverride::default() };
                ((*pattern).to_owned(), known)
            })
            .collect();
    })
}

fn costs(said: &[(&str, ManualCost)]) -> DiscoverySettings {
    settings(|settings| {
        settings.overrides = said
            .iter()
            .map(|(pattern, cost)| {
                let known = ModelOverride { cost: Some(cost.clone()), ..ModelOverride::default() };
                ((*pattern).to_owned(), known)
            })
            .collect();
    })
}

fn input(input: f64) -> ManualCost {
    ManualCost { input: Some(input), ..ManualCost::default() }
}

fn output(output: f64) -> ManualCost {
    ManualCost { output: Some(output), ..ManualCost::default() }
}

fn zeros() -> ManualCost {
    ManualCost {
        input: Some(0.0),
        output: Some(0.0),
        cache_read: Some(0.0),
        cache_write: Some(0.0),
        cache_write_1h: Some(0.0),
        long_context: Some(vec![ManualLongContext {
            above_prompt_tokens: 1,
            ..ManualLongContext::default()
        }]),
    }
}

/// The card of a profile of a model that is listed.
fn through_profile(settings: &DiscoverySettings, base: &str) -> ModelCard {
    let view = with(settings, vec![profile_only(base)], vec![profile("us", base, &["us-east-1"])]);
    ModelCard::clone(view.find(&format!("us.{base}")).unwrap())
}

fn price(card: &ModelCard) -> &Price {
    card.price.as_ref().unwrap()
}

fn by_config(card: &ModelCard) -> Vec<&str> {
    let said = card.origin.iter().filter(|(_, who)| **who == FactOrigin::Config);
    said.map(|(field, _)| &**field).collect()
}

#[test]
fn the_more_specific_override_wins() {
    let profile = format!("us.{SONNET}");
    let rising: [&[(&str, u32)]; 3] = [
        // Any id before any pattern, even that of the model behind it.
        &[
            ("*", 1),
            ("us.*", 2),
            ("us.anthropic.*", 3),
            ("*anthropic.claude-sonnet-4-5-20250929*", 4),
            (SONNET, 5),
            (&profile, 6),
        ],
        // A longer pattern before a shorter one, even if it fits only the model behind it.
        &[("us.*", 1), ("anthropic.*", 2)],
        // Of patterns that are equally long, the one that fits what is called.
        &[("ant*", 1), ("us.*", 2)],
    ];
    let window = |said: &[(&str, u32)]| through_profile(&windows(said), SONNET).context_window;
    for said in rising {
        for (index, (pattern, expected)) in said.iter().enumerate() {
            assert_eq!(window(&said[..=index]), *expected, "{pattern}");
        }
    }
    assert_eq!(window(&[("us.*", 8), ("*us.*", 7)]), 7, "of those that fit the same, the first by name");
    let unknown = window(&[]);
    for strange in ["us", "anthropic.claude", "US.*", "us.anthropic.claude-sonnet-4-?-20250929-v1:0", ""] {
        assert_eq!(window(&[(strange, 1)]), unknown, "`{strange}` is no pattern of it");
    }
}

#[test]
fn fields_of_several_overrides_come_together_and_manual_models_win() {
    let mut settings = settings(|settings| {
        let said = |change: fn(&mut ModelOverride)| {
            let mut known = ModelOverride::default();
            change(&mut known);
            known
        };
        settings.overrides = [
            (
                "*",
                said(|known| {
                    known.tools = Some(false);
                    known.max_tokens = Some(1);
                    known.name = Some("Any".into());
                }),
            ),
            ("amazon.*", said(|known| known.max_tokens = Some(2))),
            (NOVA, said(|known| known.context_window = Some(3))),
        ]
        .map(|(pattern, known)| (pattern.to_owned(), known))
        .into();
    });
    let card = |settings: &DiscoverySettings| {
        let view = with(settings, vec![model(NOVA)], vec![]);
        ModelCard::clone(view.find(NOVA).unwrap())
    };
    let brief = |card: &ModelCard| (card.name.clone(), card.context_window, card.max_tokens, card.tools);
    assert_eq!(brief(&card(&settings)), ("Any".to_owned(), 3, 2, Support::No));
    let mut manual = ManualModel::new(NOVA);
    manual.known.context_window = Some(4);
    manual.known.name = Some(" ".into());
    settings.models = vec![manual];
    assert_eq!(brief(&card(&settings)), ("Any".to_owned(), 4, 2, Support::No));
    assert_eq!(by_config(&card(&settings)), ["contextWindow", "maxTokens", "name", "tools"]);
}

#[test]
fn every_field_can_be_said_and_says_that_it_was() {
    let settings = overridden("somebody.*", |said| {
        *said = ModelOverride {
            name: Some("Seer".into()),
            base_model: Some("ignored.because-the-id-tells".into()),
            converse: Some(true),
            reasoning: Some(true),
            thinking: Some("budget".into()),
            thinking_field: None,
            efforts: None,
            always_thinks: None,
            effort_ceiling: None,
            tools: Some(true),
            prompt_caching: Some(true),
            input: Some(vec!["text".into(), "audio".into()]),
            output: Some(vec!["text".into()]),
            cost: Some(ManualCost { output: Some(2.0), ..input(1.0) }),
            context_window: Some(1_000),
            max_tokens: Some(100),
            lifecycle: Some("ACTIVE".into()),
            end_of_life: Some("2030-01-01".into()),
        };
    });
    let view = with(&settings, vec![model("somebody.seer-1")], vec![]);
    let card = &view.listed[0];
    assert_eq!(
        by_config(card),
        [
            "caching",
            "contextWindow",
            "cost",
            "endOfLife",
            "input",
            "lifecycle",
            "maxTokens",
            "name",
            "output",
            "price",
            "reasoning",
            "thinking",
            "tools",
        ]
    );
    assert_eq!((card.name.as_str(), card.context_window, card.max_tokens), ("Seer", 1_000, 100));
    assert_eq!(
        (card.reasoning, card.tools, card.caching.supported),
        (Support::Yes, Support::Yes, Support::Yes)
    );
    assert_eq!(card.input, [Modality::Text, Modality::Audio]);
    assert_eq!(card.output, [Modality::Text]);
    assert_eq!(
        (card.lifecycle.as_deref(), card.end_of_life.as_deref()),
        (Some("ACTIVE"), Some("2030-01-01"))
    );
    assert_eq!(card.thinking.as_ref().unwrap().mode, "budget");
    assert_eq!(card.price_terms.as_ref().unwrap().scope, "config");
    assert_eq!(card.base_model.as_ref().unwrap().as_str(), "somebody.seer-1");
}

#[test]
fn what_says_nothing_leaves_everything_as_it_was() {
    let settings = overridden("*", |said| {
        said.name = Some(String::new());
        said.context_window = Some(0);
        said.max_tokens = Some(0);
        said.input = Some(vec![]);
        said.output = Some(vec![]);
        said.cost = Some(ManualCost::default());
    });
    let found = view(vec![model(NOVA)], vec![]);
    assert_eq!(with(&settings, vec![model(NOVA)], vec![]).listed, found.listed);
}

#[test]
fn a_price_belongs_to_the_id_that_is_called() {
    let usual = through_profile(&DiscoverySettings::default(), SONNET).price;
    for of_the_model in [SONNET, "anthropic.*"] {
        let settings = costs(&[(of_the_model, ManualCost { output: Some(2.0), ..input(1.0) })]);
        assert_eq!(through_profile(&settings, SONNET).price, usual, "{of_the_model}");
        let view = with(&settings, vec![model(SONNET)], vec![]);
        assert_eq!(view.listed[0].price.as_ref().map(|price| price.rates.input), Some(1.0), "{of_the_model}");
    }
    for of_the_profile in [&*format!("us.{SONNET}"), "us.*", "*sonnet*"] {
        let card = through_profile(&costs(&[(of_the_profile, input(1.0))]), SONNET);
        let rates = price(&card).rates;
        let rest = usual.as_ref().unwrap().rates.output;
        assert_eq!((rates.input, rates.output), (1.0, rest), "{of_the_profile}: the rest stays");
    }
}

#[test]
fn costs_are_merged_figure_by_figure_and_placeholders_say_nothing() {
    let profile = format!("us.{SONNET}");
    let usual = through_profile(&DiscoverySettings::default(), SONNET);
    let priced = |said: &[(&str, ManualCost)]| through_profile(&costs(said), SONNET);
    let merged = priced(&[
        ("us.*", ManualCost { cache_read: Some(0.5), ..input(3.0) }),
        (&profile, input(2.0)),
        ("*", output(9.0)),
    ]);
    let rates = price(&merged).rates;
    assert_eq!((rates.input, rates.output, rates.cache_read), (2.0, 9.0, Some(0.5)));
    assert_eq!(rates.cache_write_5m, price(&usual).rates.cache_write_5m);
    assert_eq!(priced(&[(&profile, zeros())]), usual, "a placeholder over the table");
    let behind = priced(&[(&profile, zeros()), ("us.*", input(3.0))]);
    assert_eq!(behind.price.map(|price| price.rates.input), Some(3.0), "a placeholder over somebody's word");
    // Free is a price: what is zero beside a figure is meant.
    let free = priced(&[(&profile, ManualCost { output: Some(1.0), ..input(0.0) })]);
    assert_eq!((price(&free).rates.input, price(&free).rates.output), (0.0, 1.0));
}

#[test]
fn half_a_price_is_none() {
    let unknown = |cost| {
        let view = with(&costs(&[("*", cost)]), vec![model("somebody.seer-1")], vec![]);
        ModelCard::clone(&view.listed[0])
    };
    let half = unknown(input(1.0));
    assert_eq!((half.price, half.price_terms, half.origin.get("cost")), (None, None, None));
    let whole = unknown(ManualCost { output: Some(2.0), ..input(1.0) });
    let rates =
        Rates { input: 1.0, output: 2.0, cache_read: None, cache_write_5m: None, cache_write_1h: None };
    assert_eq!(whole.price, Some(Price::flat(rates)));
}

#[test]
fn bands_of_long_prompts_go_with_their_rates() {
    let profile = format!("us.{BANDED}");
    let usual = through_profile(&DiscoverySettings::default(), BANDED);
    assert_eq!(price(&usual).long_context.len(), 1, "the table has a band");
    let priced = |cost| through_profile(&costs(&[(&profile, cost)]), BANDED);
    let cheaper_reads = priced(ManualCost { cache_read: Some(0.001), ..ManualCost::default() });
    assert_eq!(price(&cheaper_reads).long_context, price(&usual).long_context);
    assert_eq!(
        price(&priced(output(1.0))).long_context.len(),
        0,
        "the table's bands are of the table's rates"
    );
    let band = |above_prompt_tokens, input| ManualLongContext {
        above_prompt_tokens,
        input: Some(input),
        ..ManualLongContext::default()
    };
    let bands = vec![band(200_000, 8.0), band(100_000, 4.0)];
    let said = priced(ManualCost { long_context: Some(bands), ..input(1.0) });
    for (tokens, expected) in [(100_000, 1.0), (100_001, 4.0), (200_001, 8.0)] {
        let rates = price(&said).rates_for(tokens);
        assert_eq!(Some(rates.input), Some(expected), "in whatever order they are written");
        assert_eq!(Some(rates.output), Some(price(&said).rates.output), "what is left out is as usual");
    }
    let none = priced(ManualCost { long_context: Some(vec![]), ..input(1.0) });
    assert_eq!(price(&none).long_context.len(), 0);
}

/// The way of thinking of a model whose efforts the table knows.
fn thinking(change: impl FnOnce(&mut ModelOverride)) -> ThinkingCard {
    through_profile(&overridden(OPUS, change), OPUS).thinking.unwrap()
}

#[test]
fn a_ceiling_is_the_highest_effort_that_is_left() {
    let usual = thinking(|_| {});
    assert_eq!(
        (usual.mode.as_str(), usual.efforts.join(" ")),
        ("adaptive", "low medium high max".to_owned())
    );
    for (ceiling, efforts) in [
        ("medium", "low medium"),
        ("max", "low medium high max"),
        // One that the table does not have, between two that it has.
        ("xhigh", "low medium high xhigh"),
        ("minimal", "minimal"),
    ] {
        let thinking = thinking(|said| said.effort_ceiling = Some(ceiling.into()));
        assert_eq!(thinking.efforts.join(" "), efforts, "{ceiling}");
        assert_eq!(thinking.effort_ceiling.as_deref(), Some(ceiling));
        assert_eq!(thinking.mode, "adaptive");
    }
}

#[test]
fn another_mode_has_no_efforts_of_the_old_one() {
    let budget = thinking(|said| said.thinking = Some("budget".into()));
    assert_eq!((budget.mode.as_str(), budget.efforts.len(), budget.effort_ceiling), ("budget", 0, None));
    let same = thinking(|said| said.thinking = Some("adaptive".into()));
    assert_eq!(same, thinking(|_| {}));
    // Nobody knows how it thinks, but that it has efforts.
    let settings = overridden("*", |said| said.effort_ceiling = Some("high".into()));
    let view = with(&settings, vec![model("somebody.seer-1")], vec![]);
    let unknown = view.listed[0].thinking.as_ref().unwrap();
    assert_eq!((unknown.mode.as_str(), unknown.effort_ceiling.as_deref()), ("adaptive", Some("high")));
}

#[test]
fn a_way_of_thinking_that_nobody_knows_can_be_said_whole() {
    let said = |change: fn(&mut ModelOverride)| {
        let view = with(&overridden("*", change), vec![model("somebody.seer-1")], vec![]);
        view.listed[0].thinking.clone().unwrap()
    };
    let whole = said(|said| {
        said.thinking_field = Some("reasoning_effort".into());
        said.efforts = Some(["high", "low", "high"].map(str::to_owned).into());
        said.always_thinks = Some(true);
    });
    let mut expected = ThinkingCard::new("field");
    expected.field = Some("reasoning_effort".into());
    expected.efforts = vec!["low".into(), "high".into()];
    expected.always_on = true;
    assert_eq!(whole, expected);
    let half = said(|said| said.thinking = Some("field".into()));
    assert_eq!((half.mode.as_str(), half.field, half.efforts.len()), ("field", None, 0));
    let of_another_mode = said(|said| {
        said.thinking = Some("budget".into());
        said.thinking_field = Some("reasoning_effort".into());
    });
    assert_eq!((of_another_mode.mode.as_str(), of_another_mode.field), ("budget", None));
    let fewer = thinking(|said| said.efforts = Some(vec!["max".into(), "low".into()]));
    assert_eq!((fewer.mode.as_str(), fewer.efforts.join(" ")), ("adaptive", "low max".to_owned()));
}

#[test]
fn caching_that_is_denied_has_no_terms_left() {
    let caching = |supported| {
        let settings = overridden(SONNET, |said| said.prompt_caching = Some(supported));
        through_profile(&settings, SONNET).caching
    };
    let usual = through_profile(&DiscoverySettings::default(), SONNET).caching;
    assert!(usual.max_cache_points.is_some());
    assert_eq!(caching(true), usual);
    let none = caching(false);
    assert_eq!((none.supported, none.max_cache_points, none.min_tokens), (Support::No, None, None));
}

#[test]
fn the_model_behind_a_profile_is_said_where_aws_does_not_tell() {
    let arn = application_arn("x");
    let silent = || InferenceProfileRow { model_arns: vec![], ..application("x", "", &[]) };
    let said = |pattern: &str| overridden(pattern, |said| said.base_model = Some(SONNET.into()));
    let manual = settings(|settings| {
        let mut model = ManualModel::new(&arn);
        model.known.base_model = Some(SONNET.into());
        settings.models = vec![model];
    });
    for settings in [said(&arn), said("arn:aws:bedrock:*:application-inference-profile/*"), manual] {
        let view = with(&settings, vec![profile_only(SONNET)], vec![silent()]);
        let card = view.find(&arn).unwrap();
        assert_eq!(card.base_model.as_ref().unwrap().as_str(), SONNET);
        assert_eq!((card.maker.as_str(), card.context_window), ("anthropic", 200_000));
        assert_eq!(card.origin["baseModel"], FactOrigin::Config);
        let tells = with(&settings, vec![], vec![application("x", HAIKU, &["us-east-1"])]);
        let card = tells.find(&arn).unwrap();
        assert_eq!(card.base_model.as_ref().unwrap().as_str(), HAIKU, "AWS knows better");
        assert_eq!(card.origin["baseModel"], FactOrigin::Aws);
    }
}

#[test]
fn ids_that_no_list_has_get_their_overrides_too() {
    let arn = "arn:aws:bedrock:eu-west-1:123456789012:imported-model/abc";
    let settings = overridden("*imported-model*", |said| {
        said.base_model = Some("meta.llama3-1-8b-instruct-v1:0".into());
        said.tools = Some(true);
    });
    let card = View::unlisted_card(arn, "eu-west-1", &settings).unwrap();
    assert_eq!((card.maker.as_str(), card.context_window, card.tools), ("meta", 128_000, Support::Yes));
    assert_eq!(card.regions, [""; 0], "no list has it");
    assert_eq!(View::unlisted_card("nobody.knows", "eu-west-1", &settings), None);
    let known = View::unlisted_card(SONNET, "eu-west-1", &DiscoverySettings::default()).unwrap();
    assert_eq!(known.context_window, 200_000);
    let mut listed = settings;
    listed.models = vec![ManualModel::new(arn)];
    let view = view_of(&[], &listed, &circumstances());
    assert_eq!(
        (view.listed[0].maker.as_str(), view.listed[0].regions.join(" ")),
        ("meta", "eu-west-1".to_owned())
    );
}
