use serde_json::{Value, json};

use super::*;

/// A data file with one Claude-like model and the given fields set or replaced.
fn facts(fields: &Value) -> String {
    let mut model = json!({
        "id": "anthropic.claude-test", "provider": "anthropic", "provider_name": "Anthropic", "kind": "chat",
        "converse": true, "input": ["text"], "output": ["text"], "confirmed_by_families": 2,
    });
    for (key, value) in fields.as_object().expect("fields") {
        model[key] = value.clone();
    }
    let source = json!({
        "package": "a-list", "version": "1.0", "licence": "MIT", "from": "pip", "archive": "a_list.whl", "sha256": "00",
    });
    json!({ "as_of": "2026-01-02", "units": {}, "sources": [source], "models": [model] }).to_string()
}

fn overrides(set: &Value) -> String {
    json!({ "about": "", "overrides": [{ "ids": ["anthropic.claude-test"], "set": set, "reason": "because" }] })
        .to_string()
}

const NO_OVERRIDES: &str = r#"{ "about": "", "overrides": [] }"#;

#[track_caller]
fn refused(fields: &Value, expected: &str) {
    let problem = generate(&facts(fields), NO_OVERRIDES).expect_err("should be refused");
    assert!(problem.contains(expected), "expected {expected:?} in:\n{problem}");
}

#[track_caller]
fn generated(fields: &Value, expected: &str) {
    let table = generate(&facts(fields), NO_OVERRIDES).expect("should be accepted");
    assert!(table.contains(expected), "expected {expected:?} in:\n{table}");
}

#[test]
fn the_table_is_in_step_with_its_data() {
    run(&["--check".to_owned()]).expect("run `cargo xtask facts --render`");
}

#[test]
fn the_data_file_is_as_the_program_writes_it() {
    let text = read(&crate_folder().join("data/model-facts.json")).expect("there");
    let file = datafile::read(&text).expect("well-formed");
    assert_eq!(
        datafile::write(&file).expect("written"),
        text,
        "edited by hand? decide in overrides.json instead"
    );
}

#[test]
fn what_to_do_is_one_word_or_none() {
    let asked = |words: &[&str]| step(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    assert_eq!(asked(&[]).expect("taken"), Step::Rebuild(Versions::Pinned));
    assert_eq!(asked(&["--latest"]).expect("taken"), Step::Rebuild(Versions::Latest));
    assert_eq!(asked(&["--render"]).expect("taken"), Step::Render);
    for words in [["--chekc"].as_slice(), &["--check", "--latest"]] {
        let Err(Failure::Usage(message)) = asked(words) else { panic!("{words:?} is no usage error") };
        assert!(message.contains("`--latest`, `--render` or `--check`"), "{message}");
    }
}

#[test]
fn contradictions_are_refused_by_model_and_key() {
    refused(&json!({ "reasoning": false, "thinking": { "thinking_mode": "budget" } }), "(`reasoning`)");
    refused(
        &json!({ "reasoning": true, "flags": { "adaptive_thinking": true }, "thinking": { "thinking_mode": "budget" } }),
        "anthropic.claude-test: one source says adaptive thinking",
    );
    refused(
        &json!({
            "reasoning": true,
            "flags": { "adaptive_thinking": true, "effort_max": true, "output_config_effort_ceiling": "xhigh" },
            "thinking": { "thinking_efforts": ["low", "medium", "high", "max"] },
        }),
        "[Low, Medium, High, Max], another [Low, Medium, High]",
    );
    refused(&json!({ "reasoning": true, "flags": { "effort_xhigh": true } }), "(`thinking_mode`)");
    refused(&json!({ "reasoning": true, "thinking": { "thinking_mode": "effort" } }), "(`thinking_field`)");
    refused(
        &json!({ "provider": "deepseek", "reasoning": true, "thinking": { "thinking_mode": "budget" } }),
        "what does this one take?",
    );
    refused(
        &json!({ "prompt_caching": false, "prices_usd_per_mtok": { "us": { "input": 1, "output": 2, "cache_read": 0.1 } } }),
        "(`prompt_caching`)",
    );
    refused(
        &json!({ "flags": { "tool_result_images": true }, "thinking": { "needs_tool_result_image_hoisting": true } }),
        "images in tool results",
    );
    refused(
        &json!({ "flags": {
            "native_structured_output_anthropic_style": false, "converse_output_config_json_schema": true,
        } }),
        "native structured output",
    );
}

#[test]
fn implausible_prices_are_refused() {
    refused(&json!({ "prices_usd_per_mtok": { "us": { "output": 2 } } }), "`us` lacks input or output");
    refused(
        &json!({ "prices_usd_per_mtok": {
            "us-gov": { "input": 1, "output": 2 }, "region:us-gov-west-1": { "input": 1.2, "output": 2.4 },
        } }),
        "`us-gov` and `region:us-gov-west-1`",
    );
    refused(
        &json!({ "prices_usd_per_mtok": {
            "global": { "input": 1, "output": 2, "tier_priority": { "input": 2, "output": 4 } },
            "us": { "input": 1.1, "output": 2.2, "tier_priority": { "input": 2, "output": 4 } },
        } }),
        "tier_priority costs 1.818 times the usual input in `us` and 2.000 times in `global`",
    );
    refused(
        &json!({ "prices_usd_per_mtok": { "us": { "input": 1, "output": 2, "confidence": "sure" } } }),
        "`sure`",
    );
}

#[test]
fn all_problems_are_told_at_once() {
    let problem = generate(
        &facts(&json!({ "flags": { "effort_max": true }, "prices_usd_per_mtok": { "us": { "output": 2 } } })),
        NO_OVERRIDES,
    )
    .expect_err("two problems");
    assert_eq!(problem.lines().count(), 3, "{problem}");
}

#[test]
fn an_override_decides() {
    let contradictory = facts(&json!({ "reasoning": true, "flags": { "effort_xhigh": true } }));
    let decided = overrides(&json!({ "flags": { "adaptive_thinking": true } }));
    let table = generate(&contradictory, &decided).expect("decided");
    assert!(
        table.contains(
            "efforts: &[Effort::Low, Effort::Medium, Effort::High, Effort::XHigh], always_on: false"
        )
    );
    let withdrawn = overrides(&json!({ "flags": null }));
    let table = generate(&contradictory, &withdrawn).expect("withdrawn");
    assert!(!table.contains("        thinking: "), "{table}");
}

#[test]
fn overrides_are_accountable() {
    let idle = overrides(&json!({ "converse": true }));
    assert!(generate(&facts(&json!({})), &idle).expect_err("idle").contains("changes nothing"));
    let stranger = idle.replace("anthropic.claude-test", "anthropic.claude-tset");
    assert!(
        generate(&facts(&json!({})), &stranger).expect_err("stranger").contains("`anthropic.claude-tset`")
    );
    let unreasoned = overrides(&json!({ "converse": false })).replace("because", " ");
    assert!(generate(&facts(&json!({})), &unreasoned).expect_err("unreasoned").contains("no reason"));
}

#[test]
fn a_key_nobody_knows_is_refused() {
    refused(&json!({ "colour": "red" }), "colour");
    refused(&json!({ "flags": { "new_quirk": true } }), "new_quirk");
}

#[test]
fn what_nobody_knows_is_unknown_and_not_no() {
    let table = generate(&facts(&json!({ "reasoning": true })), NO_OVERRIDES).expect("accepted");
    assert!(!table.contains("        thinking: "), "{table}");
    generated(&json!({ "reasoning": false }), "thinking: Thinking::None,");
}

#[test]
fn priced_caching_is_caching() {
    generated(
        &json!({ "prices_usd_per_mtok": {
            "us": { "input": 1, "output": 2, "cache_read": 0.1, "cache_write_1h": 2 },
        } }),
        "PromptCaching { supported: Support::Yes, one_hour_ttl: Support::Yes, ..NO_CACHING_KNOWN }",
    );
}

#[test]
fn numbers_come_out_as_they_went_in() {
    generated(&json!({ "context_window": 10_000_000 }), "Some(10_000_000)");
    generated(&json!({ "context_window": 8191 }), "Some(8191)");
    generated(&json!({ "context_window": 128_000 }), "Some(128_000)");
    generated(
        &json!({ "prices_usd_per_mtok": { "us": { "input": 0.144_375, "output": 5.79425 } } }),
        "rates(0.144_375, 5.79425, None, None, None)",
    );
    generated(&json!({ "thinking": { "stream_idle_timeout_ms": 600_000 } }), "Some(Duration::from_mins(10))");
    generated(
        &json!({ "thinking": { "stream_idle_timeout_ms": 90_500 } }),
        "Some(Duration::from_millis(90_500))",
    );
}
