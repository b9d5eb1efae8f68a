//! What the table of request cases does not show: that the rules know their own work, and names.

use outcrop_core::{OutputSchema, Request, Tool};
use serde_json::{Map, Value, json};

use super::super::normalise;
use super::*;

const NATIVE: &str = "anthropic.claude-haiku-4-5-20251001-v1:0";
const BY_TOOL: &str = "amazon.nova-lite-v1:0";
const UNFORCED: &str = "anthropic.claude-opus-5-5";
const NEITHER: &str = "deepseek.r1-v1:0";

fn ask(model: &str, output: OutputSchema) -> Request {
    Request::new(model).user("Go.").output(output)
}

fn named(name: &str, schema: Value) -> OutputSchema {
    let mut output = OutputSchema::new(schema);
    output.name = Some(name.to_owned());
    output
}

fn schema() -> Value {
    json!({ "type": "object", "properties": { "n": { "type": "integer", "minimum": 0 } }, "required": ["n"] })
}

fn tidy(request: &Request) -> Normalised {
    normalise(request, &Map::new(), None, &Target::of(request.model.as_str())).unwrap()
}

fn rules(normalised: &Normalised) -> Vec<&str> {
    normalised.warnings.iter().map(|warning| &*warning.rule).collect()
}

/// The same request, as it was normalised.
fn again(request: &Request, once: &Normalised) -> Request {
    let mut again = request.clone();
    again.messages.clone_from(&once.messages);
    again.system.clone_from(&once.system);
    again.tools.clone_from(&once.tools);
    again.tool_choice.clone_from(&once.tool_choice);
    if let Some(config) = &once.output_config {
        let sent = config.pointer("/textFormat/structure/jsonSchema/schema").and_then(Value::as_str).unwrap();
        again.output = Some(OutputSchema::new(serde_json::from_str(sent).unwrap()));
    }
    again
}

#[test]
fn normalising_twice_changes_nothing_and_says_nothing() {
    for model in [NATIVE, BY_TOOL, UNFORCED, NEITHER] {
        for own_tools in [false, true] {
            let mut request = ask(model, OutputSchema::new(schema()));
            if own_tools {
                request =
                    request.tool(ToolSpec::new("clock", "Tells the time.", json!({ "type": "object" })));
            }
            let once = tidy(&request);
            let twice = tidy(&again(&request, &once));
            assert_eq!(rules(&twice), [""; 0], "{model}");
            assert_eq!(
                (&twice.system, &twice.tools, &twice.tool_choice, &twice.output_config),
                (&once.system, &once.tools, &once.tool_choice, &once.output_config),
                "{model}"
            );
            let way = |normalised: &Normalised| normalised.structured.clone().map(|it| it.way);
            assert_eq!(way(&twice), way(&once), "{model}");
        }
    }
}

#[test]
fn a_model_that_thinks_is_asked_and_not_forced() {
    let request = ask(BY_TOOL, OutputSchema::new(schema()));
    let mut thinking = tidy(&request);
    let target = Target::of(BY_TOOL);
    (thinking.tools, thinking.tool_choice) = (Vec::new(), None);
    (thinking.thinks, thinking.forces_tools) = (true, false);
    let mut warnings = Warnings::default();
    apply(&mut thinking, &request, &Map::new(), &target, &mut warnings).unwrap();
    assert_eq!(thinking.tool_choice, None);
    assert_eq!(thinking.tools.len(), 1);
    assert_eq!(warnings.0.len(), 1);
    assert!(warnings.0[0].message.contains("thinking"), "{:?}", warnings.0);
    let [SystemContent::Text(said)] = &thinking.system[..] else { panic!("{:?}", thinking.system) };
    assert!(said.text.contains("`json_answer`"), "{said:?}");
}

#[test]
fn other_settings_of_the_output_stay() {
    let request = ask(NATIVE, OutputSchema::new(schema()));
    let mut normalised = tidy(&request);
    normalised.output_config = Some(json!({ "effort": "low" }));
    apply(&mut normalised, &request, &Map::new(), &Target::of(NATIVE), &mut Warnings::default()).unwrap();
    let config = normalised.output_config.unwrap();
    assert_eq!(config["effort"], "low");
    assert_eq!(config["textFormat"]["type"], "json_schema");
}

#[test]
fn the_hidden_tool_has_a_name_of_its_own_and_short_enough() {
    let long = "x".repeat(70);
    let taken = |name: &str| ToolSpec::new(name, "?", json!({ "type": "object" }));
    let name = |request: &Request| match tidy(request).structured.unwrap().way {
        Way::Tool { name, .. } => name,
        way => panic!("{way:?}"),
    };
    let request = ask(BY_TOOL, named(&long, schema()));
    assert_eq!(name(&request), "x".repeat(64));
    let request = request.tool(taken(&"x".repeat(64)));
    assert_eq!(name(&request), format!("{}_2", "x".repeat(62)));
    let request = ask(BY_TOOL, named("", schema())).tool(taken("json_answer")).tool(taken("json_answer_2"));
    assert_eq!(name(&request), "json_answer_3");
    let mut request = ask(BY_TOOL, OutputSchema::new(schema())).tool(taken("clock"));
    let call = Content::ToolUse(outcrop_core::ToolUse::new("c1", "json_answer", json!({})));
    request.messages.push(outcrop_core::Message::assistant(call));
    assert_eq!(name(&request), "json_answer_2", "a tool that was called before is another one");
}

#[test]
fn whoever_wants_no_calls_sees_none_but_gets_the_answer() {
    let mut request = ask(BY_TOOL, OutputSchema::new(schema()));
    request.messages.push(outcrop_core::Message::assistant(Content::ToolUse(outcrop_core::ToolUse::new(
        "c1",
        "clock",
        json!({}),
    ))));
    request.tool_choice = Some(ToolChoice::None);
    let normalised = tidy(&request);
    assert_eq!(normalised.tool_choice, Some(ToolChoice::Tool { name: "json_answer".into() }));
    let way = normalised.structured.unwrap().way;
    assert_eq!(way, Way::Tool { name: "json_answer".into(), suppress_others: true });
    assert!(!normalised.suppress_tool_calls, "the answer is a call, too");
    assert!(matches!(&normalised.tools[..], [Tool::Spec(stub), Tool::Spec(_)] if stub.name == "clock"));
}

#[test]
fn references_follow_a_schema_into_its_object() {
    let schema = json!({
        "$id": "https://example.com/list",
        "type": "array",
        "items": { "anyOf": [{ "$ref": "#/$defs/leaf" }, { "$ref": "#" }, { "$ref": "#/items" }] },
        "$defs": { "leaf": { "anyOf": [{ "$ref": "#/definitions/a" }, { "$ref": "https://example.com/other" }] } },
        "definitions": { "a": { "type": "null" } },
    });
    let wrapped = wrap::wrap(&schema);
    let options = &wrapped["properties"]["value"]["items"]["anyOf"];
    assert_eq!(options[0]["$ref"], "#/$defs/leaf");
    assert_eq!(options[1]["$ref"], "#/properties/value");
    assert_eq!(options[2]["$ref"], "#/properties/value/items");
    assert_eq!(wrapped["$defs"]["leaf"]["anyOf"][1]["$ref"], "https://example.com/other");
    assert_eq!(wrapped["definitions"], schema["definitions"]);
    assert_eq!(wrapped["properties"]["value"].get("$id"), None);
    assert!(wrap::is_object(&wrapped));
}
