use super::*;
use crate::scenario::Reply;
use crate::thoughts::Thoughts;
use crate::validate;

const HAIKU: &str = "anthropic.claude-haiku-4-5-20251001-v1:0";
const NOVA: &str = "amazon.nova-lite-v1:0";

fn model(id: &str) -> Model<'_> {
    Model::new(Some(id), None, None)
}

fn answer_of(id: &str, body: &Value) -> Answer {
    validate::check(&model(id), body, "us-east-1", &Thoughts::default()).unwrap();
    compose(&model(id), body, None, &[], 0)
}

fn ask(text: &str) -> Value {
    json!({ "messages": [{ "role": "user", "content": [{ "text": text }] }] })
}

fn with(mut body: Value, key: &str, value: Value) -> Value {
    body[key] = value;
    body
}

fn text_of(answer: &Answer) -> &str {
    answer
        .blocks
        .iter()
        .find_map(|block| if let Block::Text(text) = block { Some(text) } else { None })
        .unwrap()
}

fn weather() -> Value {
    json!({ "tools": [
        { "toolSpec": { "name": "clock", "inputSchema": { "json": { "type": "object" } } } },
        { "toolSpec": { "name": "get_weather", "inputSchema": { "json": {
            "type": "object",
            "properties": { "city": { "type": "string" }, "days": { "type": "integer", "minimum": 2 },
                            "unit": { "enum": ["C", "F"] }, "rare": { "type": "string" } },
            "required": ["city", "days", "unit"],
        } } } },
    ] })
}

#[test]
fn an_answer_names_the_model_and_depends_on_the_prompt_only() {
    let sky = answer_of(HAIKU, &ask("Why is the sky blue?"));
    assert_eq!(sky, answer_of(HAIKU, &ask("Why is the sky blue?")));
    assert_eq!(
        text_of(&sky),
        "You asked: “Why is the sky blue?” This is Outcrop's emulator in place of Claude Haiku 4.5, which would now \
         say something about sky and blue. The same prompt always gets the same words."
    );
    assert_eq!(sky.stop_reason, "end_turn");
    let mut long = "word ".repeat(200);
    let first = answer_of(HAIKU, &ask(&long));
    long.replace_range(500..504, "wort");
    assert_ne!(text_of(&first), text_of(&answer_of(HAIKU, &ask(&long))), "a change in the middle shows");
    assert!(text_of(&first).len() < 600);
    assert_ne!(text_of(&sky), text_of(&answer_of(NOVA, &ask("Why is the sky blue?"))));
}

#[test]
fn usage_counts_by_the_documented_rule() {
    let answer = answer_of(HAIKU, &ask("Why is the sky blue?"));
    let output = crate::tokens::count(text_of(&answer));
    assert_eq!(answer.usage, json!({ "inputTokens": 9, "outputTokens": output, "totalTokens": 9 + output }));
}

#[test]
fn the_fitting_tool_is_called_with_input_from_its_schema() {
    let body = with(ask("What is the weather in Paris?"), "toolConfig", weather());
    let answer = answer_of(HAIKU, &body);
    assert_eq!(answer.stop_reason, "tool_use");
    let [Block::Text(_), Block::ToolUse { id, name, input, .. }] = answer.blocks.as_slice() else {
        panic!("text and a call: {answer:?}")
    };
    assert_eq!(name, "get_weather");
    assert_eq!(
        serde_json::from_str::<Value>(input).unwrap(),
        json!({ "city": "Paris", "days": 2, "unit": "C" })
    );
    assert!(id.starts_with("tooluse_") && id.len() <= 64);

    let result = json!({ "toolResult": { "toolUseId": id, "content": [{ "text": "18 degrees" }] } });
    let mut next = body.clone();
    let messages = next["messages"].as_array_mut().unwrap();
    messages.push(json!({ "role": "assistant", "content": [answer.blocks[1].to_json()] }));
    messages.push(json!({ "role": "user", "content": [result] }));
    let last = answer_of(HAIKU, &next);
    assert_eq!(last.stop_reason, "end_turn");
    assert!(text_of(&last).contains("18 degrees"));
}

#[test]
fn the_tool_choice_is_kept() {
    let choose = |choice: Value| {
        let config = with(weather(), "toolChoice", choice);
        answer_of(HAIKU, &with(ask("What is the weather?"), "toolConfig", config)).blocks
    };
    let called = |blocks: &[Block]| match blocks {
        [Block::ToolUse { name, .. }] => name.clone(),
        other => panic!("nothing but a call: {other:?}"),
    };
    assert_eq!(called(&choose(json!({ "any": {} }))), "get_weather");
    assert_eq!(called(&choose(json!({ "tool": { "name": "clock" } }))), "clock");
    assert_eq!(choose(json!({ "auto": {} })).len(), 2);
}

#[test]
fn who_thinks_unasked_can_be_told_not_to() {
    let thinks = |model: &str, fields: Value| {
        let answer = answer_of(model, &with(ask("Why?"), "additionalModelRequestFields", fields));
        answer.blocks.iter().any(|block| matches!(block, Block::Reasoning { .. }))
    };
    let opus = "anthropic.claude-opus-5";
    assert!(thinks(opus, json!({})) && !thinks(opus, json!({ "thinking": { "type": "disabled" } })));
    let gpt = "openai.gpt-5.6-sol";
    assert!(thinks(gpt, json!({ "reasoning": { "effort": "low" } })));
    assert!(!thinks(gpt, json!({ "reasoning": { "effort": "none" } })));
}

#[test]
fn reasoning_comes_when_it_is_asked_for() {
    let thinking =
        |kind: Value| with(ask("Why?"), "additionalModelRequestFields", json!({ "thinking": kind }));
    let budget = thinking(json!({ "type": "enabled", "budget_tokens": 2000 }));
    let answer = answer_of(HAIKU, &budget);
    let [Block::Reasoning { text, signature: Some(signed) }, Block::Text(_)] = answer.blocks.as_slice()
    else {
        panic!("reasoning, then text: {answer:?}")
    };
    assert_eq!(*signed, signature(text));
    assert_eq!(answer_of(HAIKU, &thinking(json!({ "type": "disabled" }))).blocks.len(), 1);
    let adaptive = thinking(json!({ "type": "adaptive", "display": "omitted" }));
    let answer = answer_of("anthropic.claude-opus-4-7", &adaptive);
    assert!(matches!(&answer.blocks[0], Block::Reasoning { text, signature: Some(_) } if text.is_empty()));
    let field = with(
        ask("Why?"),
        "additionalModelRequestFields",
        json!({ "reasoningConfig": { "type": "enabled" } }),
    );
    let answer = answer_of("amazon.nova-2-lite-v1:0", &field);
    assert!(matches!(&answer.blocks[0], Block::Reasoning { signature: None, .. }));
    let answer = answer_of("deepseek.r1-v1:0", &ask("Why?"));
    assert!(matches!(answer.blocks.as_slice(), [Block::Text(_), Block::Reasoning { signature: None, .. }]));
}

#[test]
fn limits_cut_the_answer_and_say_so() {
    let limited =
        |config: Value| answer_of(HAIKU, &with(ask("Why is the sky blue?"), "inferenceConfig", config));
    let three = limited(json!({ "maxTokens": 3 }));
    assert_eq!((text_of(&three), three.stop_reason.as_str()), ("You asked: “Why", "max_tokens"));
    assert_eq!(three.usage["outputTokens"], 3);
    let stopped = limited(json!({ "stopSequences": ["nowhere", "blue", "sky"] }));
    assert_eq!(
        (text_of(&stopped), stopped.stop_reason.as_str()),
        ("You asked: “Why is the ", "stop_sequence")
    );
    let both = limited(json!({ "maxTokens": 2, "stopSequences": ["blue"] }));
    assert_eq!(both.stop_reason, "max_tokens");
    let paths = json!(["/stop_sequence"]);
    let body = with(ask("Why blue?"), "additionalModelResponseFieldPaths", paths);
    assert_eq!(answer_of(HAIKU, &body).additional_fields, Some(json!({ "stop_sequence": null })));
    let body = with(body, "inferenceConfig", json!({ "stopSequences": ["blue"] }));
    assert_eq!(answer_of(HAIKU, &body).additional_fields, Some(json!({ "stop_sequence": "blue" })));
}

#[test]
fn a_json_schema_for_the_answer_is_kept() {
    let schema = r#"{"type":"object","properties":{"n":{"type":"integer","default":5}},"required":["n"],
                     "additionalProperties":false}"#;
    let format = json!({ "textFormat": { "type": "json_schema",
                         "structure": { "jsonSchema": { "schema": schema } } } });
    let answer = answer_of(HAIKU, &with(ask("A number, please"), "outputConfig", format));
    assert_eq!(text_of(&answer), r#"{"n":5}"#);
}

fn scripted(reply: Value) -> Answer {
    let Reply::Message(message) = serde_json::from_value(reply).unwrap() else { panic!("no content") };
    compose(&model(HAIKU), &ask("?"), Some(message.as_ref()), &[], 0)
}

#[test]
fn a_scripted_reply_is_said_word_for_word() {
    let answer = scripted(json!({
        "content": [
            { "reasoning": "Hm." },
            { "redactedReasoning": "cmVk" },
            { "text": "No." },
            { "toolUse": { "name": "f", "input": { "a": 1 } } },
            { "toolUse": { "name": "f", "input": "{broken", "toolUseId": "own" } },
        ],
        "stopReason": "guardrail_intervened",
        "usage": { "inputTokens": 0, "outputTokens": 0, "totalTokens": 0 },
        "additionalModelResponseFields": { "x": [1] },
        "trace": { "promptRouter": { "invokedModelId": "m" } },
        "metadataFirst": true,
    }));
    let contents: Vec<_> = answer.blocks.iter().map(Block::to_json).collect();
    assert_eq!(contents[0]["reasoningContent"]["reasoningText"]["signature"], signature("Hm."));
    assert_eq!(contents[1], json!({ "reasoningContent": { "redactedContent": "cmVk" } }));
    assert_eq!(contents[2], json!({ "text": "No." }));
    assert_eq!(contents[3]["toolUse"]["input"], json!({ "a": 1 }));
    assert_eq!(contents[3]["toolUse"].get("type"), None);
    assert!(
        matches!(&answer.blocks[4], Block::ToolUse { id, input, .. } if input == "{broken" && id == "own")
    );
    assert_ne!(contents[3]["toolUse"]["toolUseId"], contents[4]["toolUse"]["toolUseId"]);
    assert_eq!(answer.stop_reason, "guardrail_intervened");
    assert_eq!(answer.usage["totalTokens"], 0);
    assert_eq!(answer.additional_fields, Some(json!({ "x": [1] })));
    assert_eq!(answer.trace, Some(json!({ "promptRouter": { "invokedModelId": "m" } })));
    assert!(answer.metadata_first);
}

#[test]
fn only_models_that_sign_have_a_signature_of_their_own() {
    let reply = json!({ "content": [{ "signedReasoning": { "text": "Hm.", "signature": " own " } }] });
    let Reply::Message(message) = serde_json::from_value(reply).unwrap() else { panic!("no content") };
    for (id, expected) in [(HAIKU, Some(" own ".to_owned())), (NOVA, None)] {
        let answer = compose(&model(id), &ask("?"), Some(message.as_ref()), &[], 0);
        assert_eq!(answer.blocks, [Block::Reasoning { text: "Hm.".to_owned(), signature: expected }]);
    }
}

#[test]
fn a_scripted_reply_may_cite_draw_and_use_the_tools_of_the_service() {
    let citation =
        json!({ "title": "t", "location": { "documentChar": { "documentIndex": 0, "start": 0, "end": 2 } } });
    let answer = scripted(json!({ "content": [
        { "citations": { "text": "It is so.", "citations": [citation] } },
        { "image": { "format": "png", "bytes": "aGk=" } },
        { "toolUse": { "name": "browse", "input": {}, "type": "server_tool_use" } },
        { "toolResult": { "content": [{ "text": "found" }], "status": "success", "type": "browse_result" } },
    ] }));
    let contents: Vec<_> = answer.blocks.iter().map(Block::to_json).collect();
    assert_eq!(
        contents[0],
        json!({ "citationsContent": { "content": [{ "text": "It is so." }], "citations": [citation] } })
    );
    assert_eq!(contents[1], json!({ "image": { "format": "png", "source": { "bytes": "aGk=" } } }));
    let id = &contents[2]["toolUse"]["toolUseId"];
    assert_eq!(
        contents[2],
        json!({ "toolUse": { "toolUseId": id, "name": "browse", "input": {}, "type": "server_tool_use" } })
    );
    assert_eq!(
        contents[3],
        json!({ "toolResult": { "toolUseId": id, "content": [{ "text": "found" }], "status": "success",
                                "type": "browse_result" } })
    );
    assert_eq!(answer.stop_reason, "end_turn", "nobody waits for the client");
    let served = json!({ "role": "assistant", "content": contents });
    let body = json!({ "messages": [ask("?")["messages"][0], served, ask("and?")["messages"][0]],
                       "toolConfig": weather() });
    assert_eq!(crate::shape::check(&crate::shape::CONVERSE, &body), Ok(()));
    let again = validate::check(&model(HAIKU), &body, "us-east-1", &Thoughts::default());
    assert_eq!(again, Ok(()), "it can be sent back");
}

#[test]
fn a_prompt_resource_answers_its_variables() {
    let body = json!({ "promptVariables": { "a": { "text": "Why is" }, "b": { "text": "the sky blue?" } } });
    let answer = compose(&Model::behind_prompt(Some("ABC")), &body, None, &[], 0);
    assert!(
        text_of(&answer)
            .starts_with("You asked: “Why is the sky blue?” This is Outcrop's emulator in place of ABC")
    );
}

#[test]
fn cache_points_split_the_input() {
    let point = json!({ "cachePoint": { "type": "default" } });
    let long = json!({ "cachePoint": { "type": "default", "ttl": "1h" } });
    let body = json!({
        "system": [{ "text": "one two three" }, long],
        "messages": [{ "role": "user", "content": [{ "text": "four five" }, point, { "text": "six" }] }],
    });
    let prefixes = usage::cached_prefixes(&body);
    assert_eq!(prefixes.iter().map(|prefix| prefix.tokens).collect::<Vec<_>>(), [3, 9]);
    let usage = |hits| compose(&model(HAIKU), &body, None, &prefixes, hits).usage;
    let cold = usage(0);
    assert_eq!(
        (&cold["inputTokens"], &cold["cacheReadInputTokens"], &cold["cacheWriteInputTokens"]),
        (&json!(1), &json!(0), &json!(9))
    );
    assert_eq!(
        cold["cacheDetails"],
        json!([{ "ttl": "5m", "inputTokens": 6 }, { "ttl": "1h", "inputTokens": 3 }])
    );
    let warm = usage(2);
    assert_eq!((&warm["cacheReadInputTokens"], &warm["cacheWriteInputTokens"]), (&json!(9), &json!(0)));
    let half = usage(1);
    assert_eq!((&half["cacheReadInputTokens"], &half["cacheWriteInputTokens"]), (&json!(3), &json!(6)));
    let mut other = body.clone();
    other["system"][0]["text"] = json!("one two four");
    assert!(usage::cached_prefixes(&other).iter().zip(&prefixes).all(|(new, old)| new.digest != old.digest));
}

#[test]
fn samples_fit_their_schemas() {
    for (schema, expected) in [
        (json!({ "type": "string" }), json!("Fly to Rome")),
        (json!({ "type": ["null", "boolean"] }), json!(true)),
        (json!({ "type": "number", "minimum": 0.5 }), json!(0.5)),
        (json!({ "type": "integer", "maximum": -3 }), json!(-3)),
        (json!({ "const": 7 }), json!(7)),
        (json!({ "default": [] }), json!([])),
        (json!({ "type": "array", "items": { "type": "integer" }, "minItems": 2 }), json!([1, 1])),
        (json!({ "anyOf": [{ "type": "null" }, { "type": "boolean" }] }), json!(true)),
        (json!({ "type": "string", "format": "date" }), json!("2026-01-31")),
        (json!({ "type": "string", "maxLength": 3 }), json!("Fly")),
        (
            json!({ "properties": { "destination_city": { "type": "string" } } }),
            json!({ "destination_city": "Rome" }),
        ),
        (
            json!({ "$ref": "#/$defs/a", "$defs": { "a": { "type": "object", "properties": { "b": { "const": 1 } } } } }),
            json!({ "b": 1 }),
        ),
    ] {
        assert_eq!(sample::value(&schema, "Fly to Rome"), expected, "{schema}");
        assert!(jsonschema::is_valid(&schema, &expected), "{schema}");
    }
    assert_eq!(sample::value(&json!({ "$ref": "#" }), "Fly to Rome"), Value::Null);
}

#[test]
fn samples_keep_within_limits_and_end_where_schemas_do_not() {
    let node = json!({ "type": "object", "properties": {
        "next": { "$ref": "#/$defs/node" }, "value": { "type": "integer" } }, "required": ["value"] });
    let free =
        json!({ "type": "object", "properties": { "next": { "$ref": "#" }, "twin": { "$ref": "#" } } });
    let nullable = json!({ "type": "object", "required": ["next"], "properties": {
        "next": { "anyOf": [{ "$ref": "#/$defs/node" }, { "type": "null" }] } } });
    let tree = json!({ "type": "object", "required": ["children"], "properties": {
        "children": { "type": "array", "items": { "$ref": "#" } } } });
    for schema in [
        json!({ "type": "string", "minLength": 300 }),
        json!({ "type": "string", "minLength": 40, "maxLength": 50 }),
        json!({ "type": "string", "maxLength": 0 }),
        json!({ "type": "integer", "minimum": 2.5, "maximum": 3 }),
        json!({ "type": "integer", "exclusiveMinimum": 2, "exclusiveMaximum": 4 }),
        json!({ "type": "integer", "minimum": 11, "multipleOf": 5 }),
        json!({ "type": "integer", "maximum": -3, "multipleOf": 2 }),
        json!({ "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5 }),
        json!({ "type": "number", "minimum": 0.2, "maximum": 0.3 }),
        json!({ "type": "number", "exclusiveMaximum": 0 }),
        json!({ "type": "array", "minItems": 12, "items": { "enum": ["a"] } }),
        json!({ "type": "array", "maxItems": 0, "items": { "type": "string" } }),
        json!({ "type": "array", "prefixItems": [{ "const": 1 }, { "type": "boolean" }], "items": false }),
        json!({ "type": "object", "required": ["a"], "additionalProperties": { "type": "integer" } }),
        json!({ "allOf": [
            { "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"] },
            { "properties": { "b": { "type": "integer" } }, "required": ["b"] },
        ] }),
        json!({ "$ref": "#/$defs/node", "$defs": { "node": node } }),
        json!({ "$ref": "#/$defs/node", "$defs": { "node": nullable } }),
        json!({ "type": ["object", "null"], "required": ["me"], "properties": { "me": { "$ref": "#" } } }),
        free,
        tree,
    ] {
        let value = sample::value(&schema, "Fly to Rome");
        assert!(jsonschema::is_valid(&schema, &value), "{schema}: {value}");
    }
    for huge in [
        json!({ "type": "array", "minItems": 4_000_000_000_u32, "items": { "type": "string" } }),
        json!({ "type": "string", "minLength": 4_000_000_000_u32 }),
    ] {
        assert_eq!(sample::value(&huge, "Fly to Rome"), Value::Null, "{huge}");
    }
}

/// What a model's own mode for schemas does not know, clients write into descriptions.
#[test]
fn samples_keep_within_limits_that_stand_in_words() {
    let in_words = |kind: &str, words: &str| json!({ "type": kind, "description": words });
    for (schema, expected) in [
        (in_words("string", "A place (maxLength: 3)"), json!("Fly")),
        (in_words("string", "minLength: 12, maxLength: 14"), json!("Fly to Romex")),
        (in_words("integer", "How many (minimum: 10, maximum: 20)"), json!(10)),
        (in_words("number", "exclusiveMaximum: -1.5"), json!(-2.5)),
        (in_words("integer", "the minimum: of all"), json!(1)),
    ] {
        assert_eq!(sample::value(&schema, "Fly to Rome"), expected, "{schema}");
    }
}
