//! `--thinking`: each family of models is told in its own words.

use serde_json::{Value, json};

use crate::support::{Emulator, Outcrop};

/// A model, a level, what is sent for it, and the rules of the warnings.
fn told() -> Vec<(&'static str, &'static str, Value, &'static [&'static str])> {
    let adaptive = |effort: &str| json!({ "thinking": { "type": "adaptive", "display": "summarized" }, "output_config": { "effort": effort } });
    let budget = |tokens: u32| json!({ "thinking": { "type": "enabled", "budget_tokens": tokens } });
    let nova =
        |effort: &str| json!({ "reasoningConfig": { "type": "enabled", "maxReasoningEffort": effort } });
    let haiku = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
    vec![
        (haiku, "off", Value::Null, &[]),
        (haiku, "minimal", budget(1024), &[]),
        (haiku, "low", budget(2048), &[]),
        (haiku, "medium", budget(8192), &[]),
        (haiku, "high", budget(16_384), &[]),
        (haiku, "xhigh", budget(32_768), &[]),
        (haiku, "max", budget(32_768), &[]),
        ("us.anthropic.claude-opus-5", "max", adaptive("max"), &[]),
        ("us.anthropic.claude-opus-5", "off", json!({ "thinking": { "type": "disabled" } }), &[]),
        ("us.anthropic.claude-opus-4-7", "off", Value::Null, &[]),
        ("us.anthropic.claude-fable-5", "medium", adaptive("medium"), &[]),
        ("us.anthropic.claude-fable-5", "off", adaptive("low"), &["thinking-always-on"]),
        ("us.amazon.nova-2-lite-v1:0", "medium", nova("medium"), &[]),
        ("us.amazon.nova-2-lite-v1:0", "max", nova("high"), &["thinking-effort"]),
        ("us.amazon.nova-2-lite-v1:0", "off", Value::Null, &[]),
        ("openai.gpt-oss-120b-1:0", "high", json!({ "reasoning_effort": "high" }), &[]),
        ("openai.gpt-oss-120b-1:0", "off", json!({ "reasoning_effort": "low" }), &["thinking-always-on"]),
        ("us.openai.gpt-5.6-sol", "xhigh", json!({ "reasoning": { "effort": "xhigh" } }), &[]),
        ("us.openai.gpt-5.6-sol", "off", json!({ "reasoning": { "effort": "none" } }), &[]),
        ("us.deepseek.v3.2", "medium", json!({ "reasoning_effort": "medium" }), &[]),
        ("us.amazon.nova-pro-v1:0", "high", Value::Null, &["thinking-unsupported"]),
        ("us.amazon.nova-pro-v1:0", "off", Value::Null, &[]),
        ("qwen.qwen3-32b-v1:0", "high", Value::Null, &["thinking-unknown"]),
    ]
}

#[test]
fn every_family_is_told_in_its_own_words_and_thinks() {
    let emulator = Emulator::start();
    for (model, level, fields, warnings) in told() {
        emulator.forget_requests();
        let args = ["ask", "-m", model, "--thinking", level, "--json", "Why is the sky blue?"];
        let answer = Outcrop::new(args).via(&emulator).run().succeeds().json();
        let [request]: [Value; 1] = emulator.requests().try_into().unwrap();
        assert_eq!(request["body"]["additionalModelRequestFields"], fields, "{model} at {level}");
        let rules: Vec<_> = answer["warnings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|warning| warning["rule"].as_str().unwrap())
            .collect();
        assert_eq!(rules, warnings, "{model} at {level}");
        // The emulator thinks as far as the model is told to.
        let thinks = answer["content"].as_array().unwrap().iter().any(|block| block["type"] == "reasoning");
        let wanted = !fields.is_null()
            && !fields.to_string().contains("disabled")
            && !fields.to_string().contains("none");
        assert_eq!(thinks, wanted, "{model} at {level}: {answer}");
    }
}

/// The form of the field in GovCloud is an older one, which has no `display`.
#[test]
fn in_govcloud_it_is_said_in_older_words() {
    let emulator = Emulator::start_in("us-gov-west-1", &[]);
    for (model, fields) in [
        (
            "us-gov.anthropic.claude-opus-4-8",
            json!({ "thinking": { "type": "adaptive" }, "output_config": { "effort": "medium" } }),
        ),
        (
            "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0",
            json!({ "thinking": { "type": "enabled", "budget_tokens": 8192 } }),
        ),
    ] {
        emulator.forget_requests();
        let args = ["ask", "-m", model, "--thinking", "medium", "--json", "Why is the sky blue?"];
        let answer = Outcrop::new(args).via(&emulator).run().succeeds().json();
        let [request]: [Value; 1] = emulator.requests().try_into().unwrap();
        assert_eq!(request["body"]["additionalModelRequestFields"], fields, "{model}");
        assert_eq!(answer["content"][0]["type"], "reasoning", "{model}: {answer}");
    }
}

/// What the warning shows can be pasted into the configuration, and is what the model is told then.
#[test]
fn a_way_that_nobody_knows_can_be_said() {
    let emulator = Emulator::start();
    let ask = |overrides: &str| {
        let set = format!("models.overrides={overrides}");
        let args =
            ["ask", "-m", "qwen.qwen3-32b-v1:0", "--set", &set, "--thinking", "high", "--dry-run", "Hi"];
        Outcrop::new(args).via(&emulator).run().succeeds().json()
    };
    let message = |shown: &Value| shown["warnings"][0]["message"].as_str().unwrap().to_owned();
    let unknown = ask("{}");
    assert_eq!(unknown["warnings"][0]["rule"], "thinking-unknown");
    let half = ask(r#"{"qwen.*": {"thinking": "field"}}"#);
    assert!(message(&half).contains("has no name yet"), "{half}");
    for shown in [unknown, half] {
        let form = message(&shown).split('`').find(|part| part.starts_with('{')).unwrap().to_owned();
        let told = ask(&form);
        assert_eq!(told["warnings"], json!([]), "{form}");
        assert_eq!(told["body"]["additionalModelRequestFields"], json!({ "reasoning_effort": "high" }));
    }
}
