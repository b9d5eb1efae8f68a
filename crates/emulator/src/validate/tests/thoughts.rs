//! Thoughts: how they are asked for, and how they come back.

use serde_json::{Value, json};

use super::*;

#[test]
fn replayed_reasoning_keeps_every_byte() {
    let replay = |reasoning: Value| {
        talk(&[hi(), assistant(json!([{ "reasoningContent": reasoning }, { "text": "x" }])), hi()])
    };
    let signed = json!({ "reasoningText": { "text": "Hm. ", "signature": answer::signature("Hm. ") } });
    assert_eq!(outcome(HAIKU, &replay(signed.clone())), Ok(()));
    let trimmed = json!({ "reasoningText": { "text": "Hm.", "signature": answer::signature("Hm. ") } });
    refused(HAIKU, &replay(trimmed), "Invalid `signature` in `thinking` block");
    refused(
        HAIKU,
        &replay(json!({ "reasoningText": { "text": "Hm." } })),
        "thinking.signature: Field required",
    );
    refused(
        NOVA,
        &replay(signed.clone()),
        "doesn't support the reasoningContent.reasoningText.signature field",
    );
    refused(
        NOVA,
        &replay(json!({ "redactedContent": "cmVk" })),
        "doesn't support the reasoningContent.redactedContent field",
    );
    assert_eq!(outcome(NOVA, &replay(json!({ "reasoningText": { "text": "Hm." } }))), Ok(()));
    refused(
        HAIKU,
        &talk(&[user(json!([{ "reasoningContent": signed }]))]),
        "isn't supported for the user role",
    );
}

#[test]
fn nova_thinks_hard_only_without_limits_and_only_if_it_thinks() {
    let request = |effort: &str, config: Value| {
        let wanted = json!({ "type": "enabled", "maxReasoningEffort": effort });
        let body = with(talk(&[hi()]), "additionalModelRequestFields", json!({ "reasoningConfig": wanted }));
        with(body, "inferenceConfig", config)
    };
    assert_eq!(outcome(NOVA_2, &request("high", json!({ "stopSequences": ["x"] }))), Ok(()));
    assert_eq!(outcome(NOVA_2, &request("medium", json!({ "maxTokens": 9, "temperature": 0 }))), Ok(()));
    for (config, named) in [
        (json!({ "maxTokens": 9 }), "maxTokens must not be set"),
        (json!({ "temperature": 0 }), "temperature must not be set"),
        (json!({ "topP": 1, "maxTokens": 9 }), "maxTokens, topP must not be set"),
    ] {
        refused(NOVA_2, &request("high", config), named);
    }
    refused(
        "amazon.nova-pro-v1:0",
        &request("low", json!({})),
        "Malformed input request: the provided reasoning config value is invalid, please reformat your input",
    );
}

#[test]
fn govcloud_has_an_older_thinking_field() {
    let fields = |thinking: Value| {
        with(talk(&[hi()]), "additionalModelRequestFields", json!({ "thinking": thinking }))
    };
    let budget = json!({ "type": "enabled", "budget_tokens": 1024, "display": "summarized" });
    assert_eq!(outcome(HAIKU, &fields(budget.clone())), Ok(()));
    let refusal = outcome_in("us-gov-west-1", HAIKU, &fields(budget.clone())).unwrap_err();
    assert!(refusal.ends_with(": thinking.enabled.display: Extra inputs are not permitted"), "{refusal}");
    let adaptive = fields(json!({ "type": "adaptive", "display": "omitted" }));
    let refusal = outcome_in("us-gov-east-1", OPUS, &adaptive).unwrap_err();
    assert!(refusal.ends_with(": thinking.adaptive.display: Extra inputs are not permitted"), "{refusal}");
    let plain = fields(json!({ "type": "enabled", "budget_tokens": 1024 }));
    assert_eq!(outcome_in("us-gov-west-1", HAIKU, &plain), Ok(()));
}

#[test]
fn thoughts_are_shown_and_turned_off_where_the_model_has_words_for_it() {
    let fields = |thinking: Value| {
        with(talk(&[hi()]), "additionalModelRequestFields", json!({ "thinking": thinking }))
    };
    let shown = fields(json!({ "type": "adaptive", "display": "summarized" }));
    assert_eq!(outcome(OPUS, &shown), Ok(()));
    let older = "anthropic.claude-sonnet-4-6";
    refused(older, &shown, "errors: thinking.adaptive.display: Extra inputs are not permitted");
    let off = fields(json!({ "type": "disabled" }));
    assert_eq!(outcome("anthropic.claude-opus-5", &off), Ok(()));
    for always_on in ["anthropic.claude-fable-5", "anthropic.claude-mythos-5", "anthropic.claude-opus-5-5"] {
        refused(always_on, &off, "\"thinking.type.disabled\" is not supported for this model.");
    }
}

#[test]
fn with_a_budget_the_turn_that_goes_on_begins_with_thoughts() {
    let thought = json!({ "reasoningContent": { "reasoningText": { "text": "t", "signature": answer::signature("t") } } });
    let thinks = |messages: &[Value]| {
        let thinking = json!({ "thinking": { "type": "enabled", "budget_tokens": 1024 } });
        with(with(talk(messages), "toolConfig", tools()), "additionalModelRequestFields", thinking)
    };
    let calls = |block: &Value, id: &str| assistant(json!([block, call(id)]));
    let answers = |id: &str| user(json!([result(id)]));
    let text = json!({ "text": "x" });
    let silent = |id: &str| assistant(json!([call(id)]));

    assert_eq!(outcome(HAIKU, &thinks(&[hi(), calls(&thought, "a"), answers("a")])), Ok(()));
    let later = [hi(), calls(&thought, "a"), answers("a"), silent("b"), answers("b")];
    assert_eq!(outcome(HAIKU, &thinks(&later)), Ok(()), "one turn, whose thoughts are at its beginning");
    let over = [hi(), silent("a"), answers("a"), assistant(json!([text])), hi()];
    assert_eq!(outcome(HAIKU, &thinks(&over)), Ok(()), "that turn is over");
    refused(
        HAIKU,
        &thinks(&[hi(), silent("a"), answers("a")]),
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When \
         `thinking` is enabled, a final `assistant` message must start with a thinking block",
    );
    refused(
        HAIKU,
        &thinks(&[hi(), calls(&text, "a"), answers("a"), calls(&thought, "b"), answers("b")]),
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`.",
    );
    let late = assistant(json!([text, thought, text]));
    refused(
        HAIKU,
        &thinks(&[hi(), late.clone(), hi()]),
        "messages.1.content.0: If an assistant message contains any thinking blocks, the first block must be \
         `thinking` or `redacted_thinking`. Found `text`.",
    );
    assert_eq!(outcome(HAIKU, &talk(&[hi(), late, hi()])), Ok(()), "who does not think does not look");
    let adaptive = json!({ "thinking": { "type": "adaptive" } });
    let body = with(thinks(&[hi(), silent("a"), answers("a")]), "additionalModelRequestFields", adaptive);
    assert_eq!(outcome(OPUS, &body), Ok(()), "who thinks when it likes need not have thought");
}

#[test]
fn what_was_encrypted_comes_back_as_it_was() {
    let thoughts = Thoughts::default();
    let body = |bytes: &str| {
        let secret = json!({ "reasoningContent": { "redactedContent": bytes } });
        talk(&[hi(), assistant(json!([secret, { "text": "x" }])), hi()])
    };
    let scripted = json!({ "content": [{ "redactedReasoning": "AAEC" }] });
    let crate::scenario::Reply::Message(reply) = serde_json::from_value(scripted).unwrap() else {
        panic!("no message")
    };
    let model = Model::new(Some(HAIKU), None, None);
    let check = |bytes: &str| super::check(&model, &body(bytes), "us-east-1", &thoughts);
    let refusal = check("AAEC").unwrap_err().message;
    assert!(
        refusal.ends_with("messages.1.content.0: Invalid `data` in `redacted_thinking` block"),
        "{refusal}"
    );
    let asked = talk(&[hi()]);
    thoughts.remember(&asked, &answer::compose(&model, &asked, Some(&reply), &[], 0));
    check("AAEC").unwrap();
    check("AAED").unwrap_err();
}

#[test]
fn newer_models_want_nothing_changed_before_their_thoughts() {
    const BOUND: &str = "anthropic.claude-opus-5-5";
    let scripted = json!({ "content": [
        { "signedReasoning": { "text": "t", "signature": "s" } }, { "redactedReasoning": "AAEC" }, { "text": "x" },
    ] });
    let crate::scenario::Reply::Message(reply) = serde_json::from_value(scripted).unwrap() else {
        panic!("no message")
    };
    let asked = with(talk(&[hi()]), "system", json!([{ "text": "Be brief." }]));
    let thoughts = Thoughts::default();
    let model = Model::new(Some(BOUND), None, None);
    let answer = answer::compose(&model, &asked, Some(&reply), &[], 0);
    thoughts.remember(&asked, &answer);
    let said: Vec<_> = answer.blocks.iter().map(answer::Block::to_json).collect();
    let again = |question: Value, said: &[Value], system: &str| {
        with(talk(&[question, assistant(said), hi()]), "system", json!([{ "text": system }]))
    };
    let check = |model: &str, body: &Value| {
        let model = Model::new(Some(model), None, None);
        super::super::check(&model, body, "us-east-1", &thoughts).map_err(|error| error.message)
    };
    let same = again(hi(), &said, "Be brief.");
    assert_eq!(check(BOUND, &same), Ok(()));
    let cached = json!({ "cachePoint": { "type": "default" } });
    let question = user(json!([{ "text": "hi" }, cached]));
    assert_eq!(check(BOUND, &again(question, &said, "Be brief.")), Ok(()), "a cache point is no change");
    let turned_around = [said[1].clone(), said[0].clone(), said[2].clone()];
    for (changed, block) in [
        (again(hi(), &said, "Be verbose."), "messages.1.content.0: Invalid `signature` in `thinking` block."),
        (again(user(json!([{ "text": "ho" }])), &said, "Be brief."), "messages.1.content.0: Invalid"),
        (again(hi(), &turned_around, "Be brief."), "Invalid `signature` in `redacted_thinking` block."),
        (with(same.clone(), "toolConfig", tools()), "The block is bound to a different conversation."),
    ] {
        let refusal = check(BOUND, &changed).expect_err(block);
        assert!(refusal.contains(block), "{refusal}");
        assert_eq!(check("anthropic.claude-opus-5", &changed), Ok(()), "older ones do not look");
    }
    let changed = again(hi(), &said, "Be verbose.");
    let binding =
        json!({ "type": "adaptive", "block_binding": { "prefix_mismatch_behavior": "drop_block" } });
    let mut fields = json!({ "thinking": binding });
    let refusal = check(BOUND, &with(changed.clone(), "additionalModelRequestFields", fields.clone()));
    let refusal = refusal.expect_err("without the beta");
    assert!(
        refusal.ends_with("thinking.adaptive.block_binding: Extra inputs are not permitted"),
        "{refusal}"
    );
    fields["anthropic_beta"] = json!(["thinking-binding-controls-2026-08-01"]);
    assert_eq!(check(BOUND, &with(changed, "additionalModelRequestFields", fields)), Ok(()));
}
