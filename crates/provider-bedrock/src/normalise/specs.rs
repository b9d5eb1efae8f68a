//! Descriptions of tools: where a conversation speaks of tools, they are described; and what describes them is what the
//! model takes.

use std::collections::BTreeSet;

use outcrop_core::{Content, Error, ErrorKind, Message, Result, Tool, ToolChoice, ToolSpec};
use serde_json::{Value, json};

use super::names::{Names, first_of, shown};
use super::{Warnings, named, names, plural};
use crate::learnt::Refusal;
use crate::target::Target;

pub(super) const RULES: &[&str] = &[TOOL_DESCRIPTION, TOOL_SCHEMA, STRICT_TOOLS, TOOL_STUBS, TOOLS_WITHHELD];

const TOOL_DESCRIPTION: &str = "tool-description";
const TOOL_SCHEMA: &str = "tool-schema";
const STRICT_TOOLS: &str = "strict-tools";
const TOOL_STUBS: &str = "tool-stubs";
const TOOLS_WITHHELD: &str = "tools-withheld";

/// Refuses what nobody but the caller can put right.
pub(super) fn check(tools: &[Tool], choice: Option<&ToolChoice>, target: &Target) -> Result<()> {
    let described: Vec<_> = tools.iter().filter_map(name).collect();
    if !described.is_empty() && choice != Some(&ToolChoice::None) && target.calls_tools().is_no() {
        let message = format!("`tools` cannot be sent: {} calls no tools", named(target));
        return Err(Error::new(ErrorKind::Unsupported, message)
            .with_hint("ask a model that does, or leave out `tools`"));
    }
    for tool in tools {
        check_tool(tool)?;
    }
    if let Some(name) = names::repeated(described.iter().copied()) {
        return Err(invalid(format!("two of `tools` are called {}", shown(name)))
            .with_hint("give every tool a name of its own"));
    }
    check_choice(choice, &described)
}

fn name(tool: &Tool) -> Option<&str> {
    match tool {
        Tool::Spec(spec) => Some(&spec.name),
        Tool::System(tool) => Some(&tool.name),
        _ => None,
    }
}

fn check_tool(tool: &Tool) -> Result<()> {
    let Tool::Spec(ToolSpec { name, input_schema, .. }) = tool else { return Ok(()) };
    if name.trim().is_empty() {
        return Err(invalid("one of `tools` has no name".to_owned()).with_hint("give every tool a `name`"));
    }
    let an_object = match input_schema {
        Value::Object(schema) => schema.get("type").is_none_or(|kind| kind == "object"),
        _ => false,
    };
    if an_object {
        return Ok(());
    }
    let name = shown(name);
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

/// The tools to describe and the choice to send.
pub(super) struct Tools {
    pub described: Vec<Tool>,
    pub choice: Option<ToolChoice>,
    pub suppress_calls: bool,
}

/// Converse refuses a conversation that speaks of tools without describing any; so they are described from what the
/// conversation shows of them. `names`: what the caller calls the tools.
pub(super) fn choose(
    tools: Vec<Tool>,
    choice: Option<ToolChoice>,
    messages: &[Message],
    names: &Names,
    target: &Target,
    warnings: &mut Warnings,
) -> Tools {
    let withheld = choice == Some(ToolChoice::None);
    let history = stubs(messages);
    let described = tools.iter().any(|tool| name(tool).is_some());
    let spoken_of = messages.iter().flat_map(|message| &message.content).any(is_call);
    if withheld {
        warnings.counted(TOOLS_WITHHELD, usize::from(described && spoken_of), |_| {
            "described the tools although none may be called: the conversation speaks of them".to_owned()
        });
    }
    let mut tools = match (described, withheld) {
        (true, false) => tools,
        (true, true) if spoken_of => tools,
        (true, true) => Vec::new(),
        (false, _) => {
            warnings.counted(TOOL_STUBS, history.len(), |count| {
                let it = if count == 1 { "it" } else { "them" };
                let which = first_of(history.iter().filter_map(name).map(|name| original(names, name)));
                let tools = plural(count, "tool");
                format!("described {tools} from the conversation, which has calls of {it}: {which}")
            });
            history
        }
    };
    tidy(&mut tools, names, target, warnings);
    let suppress_calls = withheld && !tools.is_empty();
    let choice = choice.filter(|choice| !withheld && !tools.is_empty() && *choice != ToolChoice::None);
    Tools { described: tools, choice, suppress_calls }
}

fn is_call(content: &Content) -> bool {
    matches!(content, Content::ToolUse(_))
}

/// A description of each tool that the conversation calls, by name. Those of the service are known to it.
fn stubs(messages: &[Message]) -> Vec<Tool> {
    let calls = messages.iter().flat_map(|message| &message.content).filter_map(|content| match content {
        Content::ToolUse(call) if !call.by_service => Some(call.name.as_str()),
        _ => None,
    });
    let names: BTreeSet<_> = calls.collect();
    let stub = |name: &str| {
        Tool::Spec(ToolSpec {
            name: name.to_owned(),
            description: None,
            input_schema: json!({"type": "object", "properties": {}}),
            strict: None,
        })
    };
    names.into_iter().map(stub).collect()
}

/// Leaves out of the descriptions what Converse or the model refuses.
fn tidy(tools: &mut [Tool], names: &Names, target: &Target, warnings: &mut Warnings) {
    let no_strict = target.fact(|facts| facts.strict_tools).is_no() || target.refuses(&Refusal::StrictTools);
    let (mut blank, mut untyped, mut strict) = (Vec::new(), Vec::new(), Vec::new());
    for tool in tools {
        let Tool::Spec(spec) = tool else { continue };
        let name = || original(names, &spec.name);
        blank.extend(spec.description.take_if(|text| text.trim().is_empty()).map(|_| name()));
        if let Value::Object(schema) = &mut spec.input_schema
            && !schema.contains_key("type")
        {
            schema.insert("type".to_owned(), json!("object"));
            untyped.push(name());
        }
        if no_strict && spec.strict.take() == Some(true) {
            strict.push(name());
        }
    }
    let mut say = |rule, touched: Vec<String>, message: fn(&str) -> String| {
        warnings.counted(rule, touched.len(), |count| {
            let tools = if count == 1 { "the tool" } else { "the tools" };
            message(&format!("{tools} {}", first_of(touched)))
        });
    };
    say(TOOL_DESCRIPTION, blank, |tools| format!("left out the empty description of {tools}"));
    say(TOOL_SCHEMA, untyped, |tools| format!("said in the schema of {tools} that it is one of an object"));
    say(STRICT_TOOLS, strict, |tools| format!("left out `strict` of {tools}: this model does not know it"));
}

/// What the caller calls a tool, for people.
fn original(names: &Names, sent: &str) -> String {
    shown(&names.original(sent.to_owned()))
}
