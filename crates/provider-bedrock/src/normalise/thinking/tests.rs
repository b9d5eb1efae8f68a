//! Laws that hold for every model of the table at every level, and what cards say in its place.

use std::collections::BTreeSet;

use outcrop_core::{ModelCard, Request, ThinkingLevel, ToolChoice, ToolSpec};
use outcrop_model_facts::BedrockId;
use outcrop_model_facts::facts;
use proptest::prelude::*;

use super::*;
use crate::normalise::normalise;
use crate::options;

fn ask(model: &str, thinking: Option<Thinking>) -> Request {
    let mut request = Request::new(model).user("Hi");
    request.thinking = thinking;
    if Target::of(model).fact(|facts| facts.tool_use).is_no() {
        return request;
    }
    request.tool(ToolSpec::new("weather", "Says what the weather is like.", json!({ "type": "object" })))
}

fn settle(request: &Request, target: &Target) -> Normalised {
    normalise(request, &Map::new(), None, target).unwrap()
}

/// What is sent as `additionalModelRequestFields`.
fn fields(normalised: &Normalised) -> Value {
    let options = options::completed(Map::new(), normalised);
    options.get(MODEL_FIELDS).cloned().unwrap_or_default()
}

fn rules(normalised: &Normalised) -> Vec<&str> {
    normalised.warnings.iter().map(|warning| &*warning.rule).collect()
}

/// What a request asks for, beside its conversation.
fn asked() -> impl Strategy<Value = (Thinking, Option<u32>, Option<f64>, Option<f64>, Option<ToolChoice>)> {
    let levels = prop::sample::select(ThinkingLevel::ALL);
    let tokens = || prop::option::of(1_u32..200_000);
    let share = || prop::option::of(0.0..=1.0_f64);
    let choice = prop_oneof![
        Just(None),
        Just(Some(ToolChoice::Auto)),
        Just(Some(ToolChoice::Any)),
        Just(Some(ToolChoice::Tool { name: "weather".into() })),
    ];
    (levels, tokens(), any::<bool>(), tokens(), share(), share(), choice).prop_map(
        |(level, budget_tokens, hidden, most, temperature, top_p, choice)| {
            let mut thinking = Thinking::at(level);
            (thinking.budget_tokens, thinking.hidden) = (budget_tokens, hidden);
            (thinking, most, temperature, top_p, choice)
        },
    )
}

/// The efforts that may be sent to a model.
fn accepted(control: &Control) -> BTreeSet<&'static str> {
    let (Control::Adaptive { efforts, .. } | Control::Field { efforts, .. }) = control else {
        return BTreeSet::new();
    };
    let efforts = if efforts.is_empty() { USUAL_EFFORTS } else { efforts };
    efforts.iter().map(|effort| effort.as_str()).collect()
}

fn check_model(target: &Target, request: &Request) -> std::result::Result<(), TestCaseError> {
    let once = settle(request, target);
    let sent = fields(&once);
    let control = target.control();
    let words = accepted(&control);
    for pointer in ["/output_config/effort", "/reasoningConfig/maxReasoningEffort", "/reasoning/effort"] {
        if let Some(effort) = sent.pointer(pointer).and_then(Value::as_str) {
            prop_assert!(effort == "none" || words.contains(effort), "{sent}");
        }
    }
    if let Some(effort) = sent.get("reasoning_effort").and_then(Value::as_str) {
        prop_assert!(effort == "none" || words.contains(effort), "{sent}");
    }
    if let Some(budget) = sent.pointer("/thinking/budget_tokens") {
        let budget = budget.as_u64().unwrap();
        let most = once.inference.max_tokens.or(target.max_output_tokens);
        prop_assert!(budget >= 1024 && most.is_none_or(|most| budget < most.into()), "{sent} below {most:?}");
    }
    if let (Some(most), Some(limit)) = (once.inference.max_tokens, target.max_output_tokens) {
        prop_assert!(most <= limit, "{most} of {limit}");
    }
    let off = request.thinking.is_some_and(|thinking| thinking.level == ThinkingLevel::Off);
    if off && once.thinks {
        prop_assert!(control.is_always_on(), "thinks although it could be off");
    }
    if !once.forces_tools {
        prop_assert!(matches!(once.tool_choice, None | Some(ToolChoice::Auto)));
    }
    if once.thinks && target.is_claude() {
        prop_assert!(once.inference.temperature.is_none_or(|temperature| temperature >= 1.0));
        prop_assert!(once.inference.top_p.is_none_or(|share| share >= 0.95));
        prop_assert!(!once.forces_tools);
    }
    // The same wish once more, with what came out of the first time: nothing is left to change.
    let mut again = request.clone();
    again.inference = once.inference.clone();
    again.tool_choice.clone_from(&once.tool_choice);
    let twice = settle(&again, target);
    prop_assert_eq!(&twice.inference, &once.inference);
    prop_assert_eq!(&twice.tool_choice, &once.tool_choice);
    prop_assert_eq!(fields(&twice), sent);
    // And without the wish: there is nothing left to say either.
    again.thinking = None;
    prop_assert_eq!(&settle(&again, target).warnings, &vec![]);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_model_of_the_table_is_asked_for_nothing_that_it_refuses(
        (thinking, most, temperature, top_p, choice) in asked(),
        government in any::<bool>(),
    ) {
        for facts in facts::all() {
            let mut request = ask(facts.id, Some(thinking));
            request.inference.max_tokens = most;
            (request.inference.temperature, request.inference.top_p) = (temperature, top_p);
            request.tool_choice = choice.clone().filter(|_| !request.tools.is_empty());
            let region = if government { "us-gov-west-1" } else { "us-east-1" };
            let target = Target::new(&BedrockId::parse(facts.id), region, None);
            check_model(&target, &request)?;
            if government {
                let sent = fields(&settle(&request, &target));
                prop_assert_eq!(sent.pointer("/thinking/display"), None, "{}", facts.id);
            }
        }
    }
}

#[test]
fn every_model_of_the_table_says_something_to_every_level_or_thinks_at_it() {
    for facts in facts::all().iter().filter(|facts| facts.converse) {
        let target = Target::of(facts.id);
        for level in ThinkingLevel::ALL {
            let normalised = settle(&ask(facts.id, Some(Thinking::at(*level))), &target);
            let wants = *level != ThinkingLevel::Off;
            let heard = normalised.thinks == wants || !normalised.warnings.is_empty();
            assert!(heard, "{} at {level}: {normalised:?}", facts.id);
        }
    }
}

/// A card of an application profile, which says nothing of the model behind it.
fn card(thinking: &Value) -> ModelCard {
    serde_json::from_value(json!({
        "id": "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3",
        "name": "Ours", "provider": "", "baseModel": null, "kind": "chat", "regions": [], "profile": null,
        "input": [], "output": [], "contextWindow": 32_000, "maxTokens": 4096, "reasoning": null,
        "tools": null, "cost": null, "lifecycle": null, "available": null,
        "thinking": thinking, "origin": { "maxTokens": "config", "thinking": "config" },
    }))
    .unwrap()
}

fn sent_by_card(thinking: &Value, level: ThinkingLevel) -> (Value, Vec<String>) {
    let card = card(thinking);
    let target = Target::new(&BedrockId::parse(card.id.as_str()), "us-east-1", Some(&card));
    let normalised = settle(&ask(card.id.as_str(), Some(Thinking::at(level))), &target);
    (fields(&normalised), rules(&normalised).into_iter().map(str::to_owned).collect())
}

#[test]
fn a_card_says_how_its_model_is_told() {
    use ThinkingLevel::{High, Max, Minimal, Off};
    let budget = json!({ "mode": "budget" });
    let enabled = |tokens: u32| json!({ "thinking": { "type": "enabled", "budget_tokens": tokens } });
    assert_eq!(sent_by_card(&budget, Minimal), (enabled(1024), vec![]));
    assert_eq!(sent_by_card(&budget, High), (enabled(3072), vec!["thinking-budget".to_owned()]));

    let adaptive = json!({ "mode": "adaptive", "effortCeiling": "medium" });
    let thinking = json!({ "type": "adaptive", "display": "summarized" });
    let expected = json!({ "thinking": thinking, "output_config": { "effort": "medium" } });
    assert_eq!(sent_by_card(&adaptive, Max), (expected, vec!["thinking-effort".to_owned()]));
    assert_eq!(sent_by_card(&adaptive, Off), (json!({ "thinking": { "type": "disabled" } }), vec![]));

    let always = json!({ "mode": "adaptive", "efforts": ["high", "low"], "alwaysOn": true });
    let expected = json!({ "thinking": thinking, "output_config": { "effort": "low" } });
    assert_eq!(sent_by_card(&always, Off), (expected, vec!["thinking-always-on".to_owned()]));

    let field = json!({ "mode": "field", "field": "thinking_level", "effortCeiling": "max" });
    assert_eq!(sent_by_card(&field, Max), (json!({ "thinking_level": "max" }), vec![]));
    assert_eq!(sent_by_card(&field, Off), (json!({ "thinking_level": "none" }), vec![]));

    let unnamed = json!({ "mode": "field", "field": null });
    let card = card(&unnamed);
    let target = Target::new(&BedrockId::parse("qwen.qwen3-32b-v1:0"), "us-east-1", Some(&card));
    let normalised = settle(&ask(card.id.as_str(), Some(Thinking::at(High))), &target);
    assert_eq!((fields(&normalised), rules(&normalised)), (Value::Null, vec!["thinking-unknown"]));
    let message = &normalised.warnings[0].message;
    assert!(message.contains("a field that has no name yet"), "{message}");
    assert!(message.contains(r#"{"qwen.qwen3-32b-v1:0":{"thinking":"field","thinkingField":"#), "{message}");

    let none = json!({ "mode": "none" });
    assert_eq!(sent_by_card(&none, High), (Value::Null, vec!["thinking-unsupported".to_owned()]));
    let strange = json!({ "mode": "by telepathy" });
    assert_eq!(sent_by_card(&strange, High), (Value::Null, vec!["thinking-unknown".to_owned()]));
}

#[test]
fn who_thinks_is_known_without_a_wish_too() {
    let thinks = |model: &str, own: Value| {
        let own = Map::from_iter([(MODEL_FIELDS.to_owned(), own)]);
        normalise(&ask(model, None), &own, None, &Target::of(model)).unwrap().thinks
    };
    assert!(thinks("anthropic.claude-fable-5", json!({})));
    assert!(!thinks("anthropic.claude-opus-4-7", json!({})));
    for own in [
        json!({ "thinking": { "type": "adaptive" } }),
        json!({ "reasoning_config": { "type": "enabled", "budget_tokens": 2000 } }),
        json!({ "reasoningConfig": { "type": "enabled" } }),
        json!({ "reasoning": { "effort": "low" } }),
        json!({ "reasoning_effort": "low" }),
    ] {
        assert!(thinks("anthropic.claude-opus-4-7", own.clone()), "{own}");
    }
    for own in [
        json!({ "thinking": { "type": "disabled" } }),
        json!({ "thinking": { "display": "omitted" } }),
        json!({ "reasoning": { "effort": "none" } }),
    ] {
        assert!(!thinks("anthropic.claude-opus-4-7", own.clone()), "{own}");
    }
}

#[test]
fn a_turn_that_goes_on_with_a_tool_of_the_service_is_not_dropped() {
    use outcrop_core::{Content, Message, SystemTool, Tool, ToolResult, ToolUse};
    let mut searched = ToolUse::new("s1", "nova_grounding", json!({}));
    searched.by_service = true;
    let mut found = ToolResult::text("s1", "It rains.");
    found.kind = Some("nova_grounding_result".to_owned());
    let content = vec![Content::ToolUse(searched), Content::ToolResult(found), Content::text("So")];
    let mut request = ask("amazon.nova-2-lite-v1:0", Some(Thinking::at(ThinkingLevel::Low)));
    request.messages.push(Message::assistant(content));
    request.tools.push(Tool::System(SystemTool { name: "nova_grounding".into() }));
    let normalised = settle(&request, &Target::of("amazon.nova-2-lite-v1:0"));
    assert_eq!(normalised.messages.len(), 2, "{:?}", normalised.messages);
    assert!(!rules(&normalised).contains(&"thinking-prefill"));
}

#[test]
fn a_refused_type_of_thinking_gives_way_to_another() {
    let refused = |id: &str, kinds: &[&str]| {
        let refuse = |target: Target, kind: &&str| target.after(Refusal::ThinkingType((*kind).to_owned()));
        kinds.iter().fold(Target::of(id), refuse).control()
    };
    let budget = "anthropic.claude-sonnet-4-5-20250929-v1:0";
    let adaptive = "anthropic.claude-sonnet-4-6";
    let unknown_efforts = Control::Adaptive { efforts: vec![], always_on: false };
    assert_eq!(refused(budget, &[]), Control::Budget);
    assert_eq!(refused(budget, &["enabled"]), unknown_efforts);
    assert_eq!(refused(budget, &["disabled"]), Control::Budget);
    assert_eq!(refused(adaptive, &["adaptive"]), Control::Budget);
    assert_eq!(refused(adaptive, &["enabled"]), Target::of(adaptive).thinking);
    assert!(refused(adaptive, &["disabled"]).is_always_on());
    for id in [budget, adaptive] {
        assert_eq!(refused(id, &["enabled", "adaptive"]), Control::Unknown);
    }
}

#[test]
fn a_model_with_short_answers_has_no_room_for_thoughts() {
    let mut card = card(&json!({ "mode": "budget" }));
    for (limit, expected) in [(1000, None), (1024, None), (1025, Some(1024)), (3000, Some(1976))] {
        card.max_tokens = limit;
        let target = Target::new(&BedrockId::parse(card.id.as_str()), "us-east-1", Some(&card));
        let mut request = ask(card.id.as_str(), Some(Thinking::at(ThinkingLevel::High)));
        for most in [None, Some(100)] {
            request.inference.max_tokens = most;
            let normalised = settle(&request, &target);
            let budget = fields(&normalised).pointer("/thinking/budget_tokens").and_then(Value::as_u64);
            assert_eq!(budget, expected, "{limit} {most:?}");
            let raised = if expected.is_some() { most.map(|_| limit) } else { most };
            assert_eq!(normalised.inference.max_tokens, raised, "{limit} {most:?}");
            assert!(rules(&normalised).contains(&"thinking-budget"));
            assert_eq!(normalised.thinks, expected.is_some());
        }
    }
}
