use outcrop_model_facts::facts;
use serde_json::json;

use super::*;
use crate::answer;

mod attachments;
mod thoughts;

const HAIKU: &str = "anthropic.claude-haiku-4-5-20251001-v1:0";
const OPUS: &str = "anthropic.claude-opus-4-7";
const NOVA: &str = "amazon.nova-lite-v1:0";
const NOVA_2: &str = "amazon.nova-2-lite-v1:0";

fn outcome(model: &str, body: &Value) -> Result<(), String> {
    outcome_in("us-east-1", model, body)
}

fn outcome_in(region: &str, model: &str, body: &Value) -> Result<(), String> {
    let thoughts = Thoughts::default();
    super::check(&Model::new(Some(model), None, None), body, region, &thoughts).map_err(|error| error.message)
}

#[track_caller]
fn refused(model: &str, body: &Value, expected: &str) {
    let message = outcome(model, body).expect_err(expected);
    assert!(message.contains(expected), "{message}\nis not about\n{expected}");
}

fn user(content: impl Into<Value>) -> Value {
    json!({ "role": "user", "content": content.into() })
}

fn assistant(content: impl Into<Value>) -> Value {
    json!({ "role": "assistant", "content": content.into() })
}

fn talk(messages: &[Value]) -> Value {
    json!({ "messages": messages })
}

fn hi() -> Value {
    user(json!([{ "text": "hi" }]))
}

fn with(mut body: Value, key: &str, value: Value) -> Value {
    body[key] = value;
    body
}

fn tool(name: &str) -> Value {
    json!({ "toolSpec": { "name": name, "inputSchema": { "json": { "type": "object" } } } })
}

fn tools() -> Value {
    json!({ "tools": [tool("f")] })
}

fn call(id: &str) -> Value {
    json!({ "toolUse": { "toolUseId": id, "name": "f", "input": {} } })
}

fn result(id: &str) -> Value {
    json!({ "toolResult": { "toolUseId": id, "content": [{ "text": "done" }] } })
}

#[test]
fn a_conversation_alternates_and_begins_with_the_user() {
    let text = json!([{ "text": "x" }]);
    assert_eq!(outcome(HAIKU, &talk(&[hi(), assistant(text.clone()), hi()])), Ok(()));
    refused(HAIKU, &talk(&[]), "must start with a user message");
    refused(HAIKU, &json!({}), "must start with a user message");
    refused(HAIKU, &talk(&[assistant(text.clone()), hi()]), "must start with a user message");
    refused(HAIKU, &talk(&[hi(), hi()]), "must alternate between user and assistant");
    refused(HAIKU, &talk(&[hi(), assistant(text.clone()), assistant(text)]), "must alternate");
    refused(HAIKU, &talk(&[json!({ "role": "system", "content": [] }), hi()]), "system role");
}

#[test]
fn text_without_words_is_named_with_its_place() {
    refused(
        HAIKU,
        &talk(&[user(json!([]))]),
        "The content field in the Message object at messages.0 is empty.",
    );
    for blank in ["", " ", "\n\t "] {
        refused(
            HAIKU,
            &talk(&[user(json!([{ "text": "x" }, { "text": blank }]))]),
            "The text field in the ContentBlock object at messages.0.content.1 is blank. Add text to the text field, \
             and try again.",
        );
    }
    let system = with(talk(&[hi()]), "system", json!([{ "text": " " }]));
    refused(HAIKU, &system, "SystemContentBlock object at system.0 is blank");
    let empty = json!({ "toolResult": { "toolUseId": "a", "content": [{ "text": "" }] } });
    let body =
        with(talk(&[hi(), assistant(json!([call("a")])), user(json!([empty]))]), "toolConfig", tools());
    refused(
        HAIKU,
        &body,
        "ToolResultContentBlock object at messages.2.content.0.toolResult.content.0 is blank",
    );
}

#[test]
fn results_answer_exactly_the_calls_before_them() {
    let body = |messages: &[Value]| with(talk(messages), "toolConfig", tools());
    let calls = |ids: &[&str]| assistant(ids.iter().map(|id| call(id)).collect::<Value>());
    let results = |ids: &[&str]| user(ids.iter().map(|id| result(id)).collect::<Value>());
    assert_eq!(outcome(HAIKU, &body(&[hi(), calls(&["a", "b"]), results(&["b", "a"])])), Ok(()));
    let mut extra = results(&["a"]);
    extra["content"].as_array_mut().unwrap().push(json!({ "text": "and" }));
    assert_eq!(outcome(HAIKU, &body(&[hi(), calls(&["a"]), extra.clone()])), Ok(()));

    let expected = "Expected toolResult blocks at messages.2.content for the following Ids: b";
    refused(HAIKU, &body(&[hi(), calls(&["a", "b"]), results(&["a"])]), expected);
    refused(HAIKU, &body(&[hi(), calls(&["b"]), results(&["c"])]), expected);
    refused(HAIKU, &body(&[hi(), calls(&["b"]), hi()]), expected);
    refused(HAIKU, &body(&[hi(), calls(&["b"])]), expected);
    let too_many = "exceeds the number of toolUse blocks of previous turn";
    refused(HAIKU, &body(&[results(&["a"])]), too_many);
    refused(HAIKU, &body(&[hi(), calls(&["a"]), results(&["a", "b"])]), too_many);
    refused(HAIKU, &body(&[hi(), calls(&["a", "a"]), results(&["a", "a"])]), "ids must be unique");
    refused(HAIKU, &body(&[user(json!([call("a")]))]), "isn't supported for the user role");
    refused(HAIKU, &body(&[hi(), assistant(json!([result("a")]))]), "isn't supported for the assistant role");
    extra["content"].as_array_mut().unwrap().reverse();
    refused(HAIKU, &body(&[hi(), calls(&["a"]), extra]), "without `tool_result` blocks immediately after");
    refused(HAIKU, &talk(&[hi(), calls(&["a"]), results(&["a"])]), "The toolConfig field must be defined");
}

#[test]
fn tools_are_well_defined_and_chosen() {
    let body = |config: Value| with(talk(&[hi()]), "toolConfig", config);
    refused(HAIKU, &body(json!({ "tools": [tool("f"), tool("f")] })), "Tool names must be unique");
    let no_object = json!({ "tools": [{ "toolSpec": { "name": "f", "inputSchema": { "json": {} } } }] });
    refused(HAIKU, &body(no_object), "toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of");
    let choose = |choice: Value| body(with(tools(), "toolChoice", choice));
    refused(HAIKU, &choose(json!({ "tool": { "name": "g" } })), "Tool 'g' not found");
    let any = choose(json!({ "any": {} }));
    assert_eq!(outcome(HAIKU, &any), Ok(()));
    let thinking = json!({ "thinking": { "type": "enabled", "budget_tokens": 1024 } });
    let forced = with(any.clone(), "additionalModelRequestFields", thinking);
    refused(HAIKU, &forced, "Thinking may not be enabled when tool_choice forces tool use.");
    let without_forced =
        facts::all().iter().find(|model| model.converse && model.forced_tool_choice.is_no()).unwrap();
    refused(without_forced.id, &any, "tool_choice forces tool use");
    let without_tools = facts::all().iter().find(|model| model.converse && model.tool_use.is_no()).unwrap();
    refused(without_tools.id, &body(tools()), "doesn't support tool use");
}

#[test]
fn limits_and_sampling_go_by_the_model() {
    let config = |config: Value| with(talk(&[hi()]), "inferenceConfig", config);
    assert_eq!(outcome(HAIKU, &config(json!({ "maxTokens": 64000, "temperature": 0.5 }))), Ok(()));
    refused(
        HAIKU,
        &config(json!({ "maxTokens": 64001 })),
        "The maximum tokens you requested exceeds the model limit of 64000. Try again with a maximum tokens value \
         that is lower than 64000.",
    );
    refused(OPUS, &config(json!({ "temperature": 0.5 })), "`temperature` is deprecated for this model.");
    refused(OPUS, &config(json!({ "topP": 0.5 })), "`top_p` is deprecated for this model.");
    refused(HAIKU, &config(json!({ "stopSequences": [" "] })), "must contain non-whitespace");
    assert_eq!(outcome(NOVA, &config(json!({ "stopSequences": [" "] }))), Ok(()));
    let long = "word ".repeat(200_001);
    refused(HAIKU, &talk(&[user(json!([{ "text": long }]))]), "Input is too long for requested model.");
}

#[test]
fn thinking_goes_by_the_model() {
    let fields = |fields: Value| with(talk(&[hi()]), "additionalModelRequestFields", fields);
    let budget = |tokens: u32| fields(json!({ "thinking": { "type": "enabled", "budget_tokens": tokens } }));
    let adaptive = fields(json!({ "thinking": { "type": "adaptive" } }));
    assert_eq!(outcome(HAIKU, &budget(1024)), Ok(()));
    assert_eq!(outcome(OPUS, &adaptive), Ok(()));
    refused(HAIKU, &budget(1023), "greater than or equal to 1024");
    refused(HAIKU, &fields(json!({ "thinking": { "type": "enabled" } })), "Field required");
    refused(HAIKU, &adaptive, "adaptive thinking is not supported");
    refused(OPUS, &budget(1024), "\"thinking.type.enabled\" is not supported for this model");
    let small = with(budget(2048), "inferenceConfig", json!({ "maxTokens": 2048 }));
    refused(HAIKU, &small, "`max_tokens` must be greater than `thinking.budget_tokens`");
    let cool = with(budget(2048), "inferenceConfig", json!({ "temperature": 0.2 }));
    refused(HAIKU, &cool, "`temperature` may only be set to 1");
    let always = facts::all()
        .iter()
        .find(|model| {
            model.converse && matches!(model.thinking, facts::Thinking::Adaptive { always_on: true, .. })
        })
        .unwrap();
    refused(always.id, &fields(json!({ "thinking": { "type": "disabled" } })), "always thinks");
    refused("anthropic.claude-3-haiku-20240307-v1:0", &budget(1024), "Extra inputs are not permitted");
    let effort = |word: &str| fields(json!({ "output_config": { "effort": word } }));
    assert_eq!(outcome("anthropic.claude-opus-4-5-20251101-v1:0", &effort("high")), Ok(()));
    refused(
        "anthropic.claude-opus-4-5-20251101-v1:0",
        &effort("max"),
        "effort level 'max'. Supported levels: minimal, low, medium, high.",
    );
    refused(HAIKU, &effort("huge"), "effort level 'huge'");
}

#[test]
fn cache_points_go_by_the_model() {
    let point = json!({ "cachePoint": { "type": "default" } });
    let hour = json!({ "cachePoint": { "type": "default", "ttl": "1h" } });
    let text = json!({ "text": "x" });
    let content = |content: Value| talk(&[user(content)]);
    assert_eq!(outcome(HAIKU, &content(json!([text, hour, text, point]))), Ok(()));
    assert_eq!(outcome(NOVA, &content(json!([text, point]))), Ok(()));
    refused(HAIKU, &content(json!([text, point, text, hour])), "must not come after a ttl='5m'");
    refused(HAIKU, &content(json!([text, point, point, point, point, point])), "Found 5");
    refused(NOVA, &content(json!([text, hour])), "only supported for Anthropic models");
    let in_tools = json!({ "tools": [tool("f"), point] });
    assert_eq!(outcome(HAIKU, &with(talk(&[hi()]), "toolConfig", in_tools.clone())), Ok(()));
    refused(
        NOVA,
        &with(talk(&[hi()]), "toolConfig", in_tools),
        "#/toolConfig/tools/1: extraneous key [cachePoint]",
    );
    let without =
        facts::all().iter().find(|model| model.converse && model.prompt_caching.supported.is_no()).unwrap();
    refused(without.id, &content(json!([text, point])), "did not allow prompt caching");
}

#[test]
fn a_begun_answer_and_a_schema_go_by_the_model() {
    let begun = |text: &str| talk(&[hi(), assistant(json!([{ "text": text }]))]);
    assert_eq!(outcome(HAIKU, &begun("So")), Ok(()));
    refused(HAIKU, &begun("So "), "cannot end with trailing whitespace");
    refused(OPUS, &begun("So"), "does not support assistant message prefill");
    let format = |schema: &str| {
        let structure = json!({ "jsonSchema": { "schema": schema } });
        with(
            talk(&[hi()]),
            "outputConfig",
            json!({ "textFormat": { "type": "json_schema", "structure": structure } }),
        )
    };
    let schema = r#"{"type":"object","properties":{"n":{"type":"integer"}},"additionalProperties":false}"#;
    assert_eq!(outcome(HAIKU, &format(schema)), Ok(()));
    refused(OPUS, &format(schema), "output_config.format: Extra inputs are not permitted");
    refused(
        HAIKU,
        &format(&schema.replace(r#""integer""#, r#""integer","minimum":1"#)),
        "errors: output_config.format.schema: For 'integer' type, property 'minimum' is not supported",
    );
}

#[test]
fn only_models_that_converse_converse() {
    for model in ["amazon.titan-embed-text-v2:0", "cohere.rerank-v3-5:0", "amazon.nova-canvas-v1:0"] {
        refused(model, &talk(&[hi()]), "This action doesn't support the model that you provided.");
    }
}

#[test]
fn a_model_that_nobody_knows_takes_what_its_row_says_and_has_generous_limits() {
    let id = "startup.first-model-v1:0";
    let row = json!({ "inputModalities": ["TEXT", "IMAGE"], "outputModalities": ["TEXT"] });
    let model = Model::new(Some(id), row.as_object(), None);
    let thoughts = Thoughts::default();
    let check =
        |body: &Value| super::check(&model, body, "us-east-1", &thoughts).map_err(|error| error.message);
    let image = json!({ "image": { "format": "png", "source": { "bytes": "AAAA" } } });
    let body = with(talk(&[user(json!([{ "text": "?" }, image]))]), "toolConfig", tools());
    let body = with(body, "inferenceConfig", json!({ "maxTokens": 1_000_000, "temperature": 0.5 }));
    assert_eq!(check(&body), Ok(()));
    let video = json!({ "video": { "format": "mp4", "source": { "bytes": "AAAA" } } });
    let refusal = check(&talk(&[user(json!([{ "text": "?" }, video]))])).unwrap_err();
    assert!(refusal.contains("doesn't support the video field"), "{refusal}");
    for attached in [image, video] {
        let body = talk(&[user(json!([{ "text": "?" }, attached]))]);
        assert_eq!(outcome(id, &body), Ok(()), "without a row nobody knows what it takes");
    }
}

#[test]
fn strict_tools_go_by_the_model_and_are_closed() {
    let body = |schema: Value| {
        let mut tool = tool("f");
        tool["toolSpec"]["inputSchema"]["json"] = schema;
        tool["toolSpec"]["strict"] = json!(true);
        with(talk(&[hi()]), "toolConfig", json!({ "tools": [tool] }))
    };
    let closed = json!({ "type": "object", "additionalProperties": false });
    assert_eq!(outcome(HAIKU, &body(closed.clone())), Ok(()));
    refused(OPUS, &body(closed), "tools.0.custom.strict: Extra inputs are not permitted");
    let open = json!({ "type": "object" });
    refused(HAIKU, &body(open.clone()), "tools.0.custom: For 'object' type, 'additionalProperties' must be");
    assert_eq!(outcome(NOVA, &body(open)), Ok(()));
}

#[test]
fn a_prompt_resource_needs_no_messages_and_brings_its_own_settings() {
    let prompt = Model::behind_prompt(Some("ABCDEF1234"));
    let thoughts = Thoughts::default();
    let check =
        |body: &Value| super::check(&prompt, body, "us-east-1", &thoughts).map_err(|error| error.message);
    let variables = json!({ "city": { "text": "Paris" } });
    assert_eq!(check(&json!({ "promptVariables": variables })), Ok(()));
    assert_eq!(check(&with(talk(&[hi()]), "promptVariables", variables.clone())), Ok(()));
    for (field, value) in [
        ("inferenceConfig", json!({ "maxTokens": 5 })),
        ("system", json!([{ "text": "x" }])),
        ("toolConfig", tools()),
        ("additionalModelRequestFields", json!({})),
    ] {
        let refusal = check(&with(json!({ "promptVariables": variables }), field, value)).unwrap_err();
        assert!(refusal.contains(&format!("The {field} field can't be overridden")), "{refusal}");
    }
    // The service overlooks variables where there is no prompt, and then misses the messages.
    assert_eq!(outcome(HAIKU, &with(talk(&[hi()]), "promptVariables", variables.clone())), Ok(()));
    refused(HAIKU, &json!({ "promptVariables": variables }), "must start with a user message");
}

#[test]
fn what_the_service_ran_itself_stays_in_the_turn_of_the_model() {
    let served = json!({ "toolUse": { "toolUseId": "s", "name": "nova_code", "input": {}, "type": "server_tool_use" } });
    let body = |blocks: Value| with(talk(&[hi(), assistant(blocks), hi()]), "toolConfig", tools());
    let text = json!({ "text": "x" });
    assert_eq!(outcome(NOVA, &body(json!([served, result("s"), text]))), Ok(()));
    refused(NOVA, &body(json!([served, result("t"), text])), "isn't supported for the assistant role");
    refused(NOVA, &body(json!([served, call("c")])), "for the following Ids: c");
    let both = [hi(), assistant(json!([served, result("s"), call("c")])), user(json!([result("c")]))];
    assert_eq!(outcome(NOVA, &with(talk(&both), "toolConfig", tools())), Ok(()));
}

#[test]
fn sampling_and_stop_sequences_go_by_the_model() {
    let settings = |config: Value| with(talk(&[hi()]), "inferenceConfig", config);
    let both = settings(json!({ "temperature": 0.5, "topP": 0.9 }));
    refused(
        HAIKU,
        &both,
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
    );
    assert_eq!(outcome(HAIKU, &settings(json!({ "topP": 0.9 }))), Ok(()));
    assert_eq!(outcome(NOVA, &both), Ok(()));
    let stop = settings(json!({ "stopSequences": ["END"] }));
    let refusal = "This model doesn't support the stopSequences field. Remove stopSequences and try again.";
    refused("openai.gpt-5.6-sol", &stop, refusal);
    assert_eq!(outcome(HAIKU, &stop), Ok(()));
}
