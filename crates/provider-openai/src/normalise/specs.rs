//! Descriptions of tools, and which of them may be called.

use outcrop_core::{Error, ErrorKind, Result, Tool, ToolChoice, ToolSpec};
use serde_json::{Map, Value, json};

use super::names::{self, Names, first_of, shown};
use super::{Target, Warnings};

pub(super) const RULES: &[&str] = &[TOOL_DESCRIPTION, TOOL_SCHEMA, STRICT_TOOLS];

const TOOL_DESCRIPTION: &str = "tool-description";
const TOOL_SCHEMA: &str = "tool-schema";
const STRICT_TOOLS: &str = "strict-tools";

/// Refuses what nobody but the caller can put right.
pub(super) fn check(tools: &[Tool], choice: Option<&ToolChoice>, target: &Target) -> Result<()> {
    let mut described = Vec::new();
    for tool in tools {
        match tool {
            Tool::Spec(spec) => {
                check_spec(spec)?;
                described.push(spec.name.as_str());
            }
            Tool::System(tool) => {
                let name = shown(&tool.name);
                return Err(Error::unsupported(format!(
                    "endpoints of this kind have no tool {name} of their own"
                ))
                .with_hint("leave it out of `tools`, or write what the endpoint knows into `options`"));
            }
            _ => {}
        }
    }
    if !described.is_empty() && choice != Some(&ToolChoice::None) && target.tools.is_no() {
        return Err(Error::unsupported(format!("`tools` cannot be sent: {} calls no tools", target.named()))
            .with_hint("ask a model that does, or leave out `tools`"));
    }
    if let Some(name) = names::repeated(described.iter().copied()) {
        return Err(invalid(format!("two of `tools` are called {}", shown(name)))
            .with_hint("give every tool a name of its own"));
    }
    check_choice(choice, &described)
}

fn check_spec(spec: &ToolSpec) -> Result<()> {
    if spec.name.trim().is_empty() {
        return Err(invalid("one of `tools` has no name".to_owned()).with_hint("give every tool a `name`"));
    }
    let an_object = match &spec.input_schema {
        Value::Object(schema) => schema.get("type").is_none_or(|kind| kind == "object"),
        _ => false,
    };
    if an_object {
        return Ok(());
    }
    let name = shown(&spec.name);
    Err(invalid(format!("`inputSchema` of the tool {name} is not a JSON schema of an object"))
        .with_hint(r#"a tool without arguments has the schema `{"type": "object", "properties": {}}`"#))
}

fn check_choice(choice: Option<&ToolChoice>, described: &[&str]) -> Result<()> {
    let known: Vec<_> = described.iter().map(|name| shown(name)).collect();
    let hint = match known.as_slice() {
        [] => "describe the tools in `tools`".to_owned(),
        known => format!("the tools are {}", known.join(", ")),
    };
    match choice {
        Some(ToolChoice::Tool { name }) if !described.contains(&name.as_str()) => {
            let name = shown(name);
            Err(invalid(format!("`toolChoice` asks for {name}, which `tools` does not describe"))
                .with_hint(hint))
        }
        Some(ToolChoice::Any) if described.is_empty() => {
            Err(invalid("`toolChoice` asks for a tool, and `tools` describes none".to_owned())
                .with_hint(hint))
        }
        _ => Ok(()),
    }
}

#[track_caller]
fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

/// Puts the tools into the body; returns the choice, if it says anything to the endpoint.
pub(super) fn put(
    body: &mut Map<String, Value>,
    tools: Vec<Tool>,
    choice: Option<ToolChoice>,
    names: &Names,
    target: &Target,
    warnings: &mut Warnings,
) -> Option<ToolChoice> {
    // A model that calls no tools need not hear of those that it must not call.
    let unheard = target.tools.is_no() && choice == Some(ToolChoice::None);
    let specs = tools.into_iter().filter_map(|tool| match tool {
        Tool::Spec(spec) if !unheard => Some(spec),
        _ => None,
    });
    let takes_strict = target.compat.supports_strict_mode == Some(true);
    let (mut blank, mut untyped, mut strict) = (Vec::new(), Vec::new(), Vec::new());
    let mut described = Vec::new();
    for mut spec in specs {
        let original = || shown(&names.original(spec.name.clone()));
        if spec.description.take_if(|text| text.trim().is_empty()).is_some() {
            blank.push(original());
        }
        if let Value::Object(schema) = &mut spec.input_schema
            && !schema.contains_key("type")
        {
            schema.insert("type".to_owned(), "object".into());
            untyped.push(original());
        }
        if !takes_strict && spec.strict == Some(true) {
            strict.push(original());
            spec.strict = None;
        }
        described.push(encode(spec, takes_strict));
    }
    let mut say = |rule, touched: Vec<String>, message: fn(&str) -> String| {
        warnings.counted(rule, touched.len(), |count| {
            let tools = if count == 1 { "the tool" } else { "the tools" };
            message(&format!("{tools} {}", first_of(touched)))
        });
    };
    say(TOOL_DESCRIPTION, blank, |tools| format!("left out the empty description of {tools}"));
    say(TOOL_SCHEMA, untyped, |tools| format!("said in the schema of {tools} that it is one of an object"));
    say(STRICT_TOOLS, strict, |tools| {
        format!(
            "left out `strict` of {tools}: this endpoint is not known to take it (`compat.supportsStrictMode`)"
        )
    });
    if described.is_empty() {
        return None;
    }
    body.insert("tools".to_owned(), Value::Array(described));
    choice
}

fn encode(spec: ToolSpec, takes_strict: bool) -> Value {
    let mut function = Map::new();
    function.insert("name".to_owned(), spec.name.into());
    if let Some(description) = spec.description {
        function.insert("description".to_owned(), description.into());
    }
    function.insert("parameters".to_owned(), spec.input_schema);
    if let Some(strict) = spec.strict.filter(|_| takes_strict) {
        function.insert("strict".to_owned(), strict.into());
    }
    json!({ "type": "function", "function": function })
}

/// Puts the choice into the body.
pub(super) fn put_choice(body: &mut Map<String, Value>, choice: Option<&ToolChoice>) {
    let choice = match choice {
        Some(ToolChoice::Auto) => "auto".into(),
        Some(ToolChoice::Any) => "required".into(),
        Some(ToolChoice::None) => "none".into(),
        Some(ToolChoice::Tool { name }) => json!({ "type": "function", "function": { "name": name } }),
        _ => return,
    };
    body.insert("tool_choice".to_owned(), choice);
}
