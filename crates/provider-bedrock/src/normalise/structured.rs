//! Answers that follow a JSON schema: by the model's own means where it has them, else by a tool that it has to call.
//!
//! The tool is hidden: its arguments are the answer's text. Beside tools of the caller's own, some tool has to be called, so
//! that the model either works on or answers. Where nothing can be forced, the system prompt asks for it, and where there
//! are no tools either, it asks for the JSON itself.

mod native;
mod wrap;

use outcrop_core::{
    Content, Error, ErrorKind, OutputSchema, Request, Result, Role, SystemContent, Text, Tool, ToolChoice,
    ToolResultContent, ToolSpec,
};
use serde_json::{Map, Value, json};

use super::{Normalised, Warnings, plural};
use crate::learnt::Refusal;
use crate::structured::Schema;
use crate::target::Target;
use native::Native;

pub(super) const RULES: &[&str] = &[NAME, WRAPPED, KEYWORDS, ALTERNATIVES, BY_TOOL, UNFORCED, BY_INSTRUCTION];

const NAME: &str = "output-name";
const WRAPPED: &str = "output-wrapped";
const KEYWORDS: &str = "output-keywords";
const ALTERNATIVES: &str = "output-alternatives";
const BY_TOOL: &str = "output-by-tool";
const UNFORCED: &str = "output-unforced";
const BY_INSTRUCTION: &str = "output-by-instruction";

/// What the hidden tool is called where the caller has no name for the answer.
const DEFAULT_NAME: &str = "json_answer";
/// What it is described by where the caller does not describe the answer.
const DEFAULT_DESCRIPTION: &str = "Gives the final answer.";
/// The longest name of a tool (`ToolSpecification.name` of the service model).
const LONGEST_NAME: usize = 64;

/// How the JSON of an answer comes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Structured {
    /// The schema that the answer has to follow.
    pub schema: Schema,
    /// The way it comes.
    pub way: Way,
    /// It comes as the `value` of an object.
    pub wrapped: bool,
}

/// The way by which an answer becomes JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// The model can write nothing else.
    Native,
    /// It is the arguments of a tool that the caller does not know.
    Tool {
        /// The tool.
        name: String,
        /// Calls of other tools are removed: the caller wants none.
        suppress_others: bool,
    },
    /// The model is asked for it.
    Instruction,
}

/// Asks for an answer that follows the schema.
pub(super) fn apply(
    normalised: &mut Normalised,
    request: &Request,
    options: &Map<String, Value>,
    target: &Target,
    warnings: &mut Warnings,
) -> Result<()> {
    let Some(wanted) = &request.output else { return Ok(()) };
    check(normalised, options)?;
    let schema = Schema::compile(&wanted.schema)?;
    let wrapped = !wrap::is_object(&wanted.schema);
    let sent = if wrapped { wrap::wrap(&wanted.schema) } else { wanted.schema.clone() };
    let native = target.fact(|facts| facts.native_structured_output).is_yes();
    let native = native.then(|| natively(normalised, &sent, target));
    let tools = !target.calls_tools().is_no();
    let structured = match (native, tools) {
        (Some(Ok(native)), _) => {
            let name = name(wanted, warnings);
            say_wrapped(wrapped, warnings);
            say_changes(&native, warnings);
            write(normalised, &native.schema, name, wanted.description.as_deref());
            Structured { schema, way: Way::Native, wrapped }
        }
        (refused, true) => {
            let name = name(wanted, warnings);
            say_wrapped(wrapped, warnings);
            let tool = hidden_tool(normalised, name, wanted.description.clone(), sent);
            let name = tool.name.clone();
            if let Some(Err(obstacle)) = refused {
                warnings.say(
                    BY_TOOL,
                    format!("asked for the answer to `output` by the hidden tool `{name}`: {obstacle}"),
                );
            }
            by_tool(normalised, request, tool, target, warnings);
            let suppress_others = std::mem::take(&mut normalised.suppress_tool_calls);
            Structured { schema, way: Way::Tool { name, suppress_others }, wrapped }
        }
        (refused, false) => {
            let obstacle = refused.and_then(Result::err);
            let obstacle = obstacle.as_deref().unwrap_or("this model has no native mode");
            instruct(normalised, wanted, obstacle, warnings);
            Structured { schema, way: Way::Instruction, wrapped: false }
        }
    };
    normalised.structured = Some(structured);
    Ok(())
}

/// What cannot go together with a schema.
fn check(normalised: &Normalised, options: &Map<String, Value>) -> Result<()> {
    if options.get("outputConfig").is_some_and(|config| config.get("textFormat").is_some()) {
        let message =
            "`output` and `outputConfig.textFormat` in `options` both say what the answer looks like";
        return Err(Error::new(ErrorKind::InvalidRequest, message).with_hint("leave one of them out"));
    }
    if normalised.messages.last().is_some_and(|message| message.role == Role::Assistant) {
        let message = "`output` wants a whole answer, and the last of `messages` is the beginning of one";
        return Err(Error::new(ErrorKind::InvalidRequest, message)
            .with_hint("let the conversation end with a turn of the user"));
    }
    Ok(())
}

/// The name of the answer as Converse takes it, if it has one.
fn name(wanted: &OutputSchema, warnings: &mut Warnings) -> Option<String> {
    let name = wanted.name.as_deref()?;
    let fits = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    let replaced = name.chars().map(|character| if fits(character) { character } else { '_' });
    let mut acceptable: String = replaced.take(LONGEST_NAME).collect();
    if acceptable.is_empty() {
        DEFAULT_NAME.clone_into(&mut acceptable);
    }
    warnings.counted(NAME, usize::from(acceptable != name), |_| {
        format!("called the answer `{acceptable}`: the name in `output` has other characters than a-z, A-Z, 0-9, _ \
                 and -, or not 1 to {LONGEST_NAME} of them")
    });
    Some(acceptable)
}

fn say_wrapped(wrapped: bool, warnings: &mut Warnings) {
    warnings.counted(WRAPPED, usize::from(wrapped), |_| {
        "asked for the answer as the `value` of an object, and take it out again: the schema in `output` is not plainly \
         one of an object"
            .to_owned()
    });
}

/// The schema in the native mode's words, or why that mode cannot be used.
fn natively(normalised: &Normalised, schema: &Value, target: &Target) -> Result<Native, String> {
    if target.refuses(&Refusal::NativeOutput) {
        return Err("the model refused it natively before".to_owned());
    }
    // Source: "Get validated JSON results from models" in the Bedrock user guide.
    if target.is_claude() && asks_for_citations(normalised) {
        return Err("`citations` do not go together with this model's native mode".to_owned());
    }
    native::rewrite(schema, target.is_claude())
        .map_err(|place| format!("the native mode cannot say what the schema does, {place}"))
}

fn asks_for_citations(normalised: &Normalised) -> bool {
    normalised.messages.iter().flat_map(|message| &message.content).any(|content| match content {
        Content::Document(document) => document.citations,
        Content::SearchResult(result) => result.citations,
        Content::ToolResult(result) => result.content.iter().any(|part| match part {
            ToolResultContent::Document(document) => document.citations,
            ToolResultContent::SearchResult(result) => result.citations,
            _ => false,
        }),
        _ => false,
    })
}

fn say_changes(native: &Native, warnings: &mut Warnings) {
    let Native { described, widened, .. } = native;
    if !described.is_empty() {
        let keywords: Vec<_> = described.iter().map(|keyword| format!("`{keyword}`")).collect();
        let them = if keywords.len() == 1 { "it" } else { "them" };
        let keywords = keywords.join(", ");
        warnings.say(
            KEYWORDS,
            format!(
                "wrote {keywords} of the schema in `output` into its descriptions: the model's native mode does not know \
                 {them}; the answer is held against {them} afterwards"
            ),
        );
    }
    warnings.counted(ALTERNATIVES, *widened, |count| {
        format!(
            "sent {} of the schema in `output` as `anyOf`, which the model's native mode knows; the answer is held \
             against the schema as it is afterwards",
            plural(count, "`oneOf`")
        )
    });
}

fn write(normalised: &mut Normalised, schema: &Value, name: Option<String>, description: Option<&str>) {
    let mut json_schema = Map::from_iter([("schema".to_owned(), Value::String(schema.to_string()))]);
    json_schema.extend(name.map(|name| ("name".to_owned(), Value::String(name))));
    let description = description.filter(|text| !text.trim().is_empty());
    json_schema.extend(description.map(|text| ("description".to_owned(), json!(text))));
    let format = json!({ "type": "json_schema", "structure": { "jsonSchema": json_schema } });
    if let Value::Object(config) = normalised.output_config.get_or_insert_with(|| json!({})) {
        config.insert("textFormat".to_owned(), format);
    }
}

/// The hidden tool, by a name that no other tool has.
fn hidden_tool(
    normalised: &Normalised,
    name: Option<String>,
    description: Option<String>,
    input_schema: Value,
) -> ToolSpec {
    let description = description.filter(|text| !text.trim().is_empty());
    let mut tool = ToolSpec {
        name: name.unwrap_or_else(|| DEFAULT_NAME.to_owned()),
        description: Some(description.unwrap_or_else(|| DEFAULT_DESCRIPTION.to_owned())),
        input_schema,
        strict: None,
    };
    let name = tool.name.clone();
    let mut number = 1;
    while is_taken(normalised, &tool) {
        number += 1;
        let end = format!("_{number}");
        let kept = name.len().min(LONGEST_NAME - end.len());
        tool.name = format!("{}{end}", name.get(..kept).unwrap_or(&name));
    }
    tool
}

/// Whether another tool than this very one has its name, or had it.
fn is_taken(normalised: &Normalised, tool: &ToolSpec) -> bool {
    let described = normalised.tools.iter().find_map(|known| match known {
        Tool::Spec(spec) if spec.name == tool.name => Some(spec == tool),
        Tool::System(system) if system.name == tool.name => Some(false),
        _ => None,
    });
    let called = || {
        let mut contents = normalised.messages.iter().flat_map(|message| &message.content);
        contents.any(|content| matches!(content, Content::ToolUse(call) if call.name == tool.name))
    };
    described.map_or_else(called, |same| !same)
}

/// Offers the hidden tool, and forces a call where that is possible.
fn by_tool(
    normalised: &mut Normalised,
    request: &Request,
    tool: ToolSpec,
    target: &Target,
    warnings: &mut Warnings,
) {
    let own_tools = request.tool_choice != Some(ToolChoice::None)
        && request.tools.iter().any(|known| match known {
            Tool::Spec(spec) => *spec != tool,
            Tool::System(_) => true,
            _ => false,
        });
    let this = ToolChoice::Tool { name: tool.name.clone() };
    let obstacle = unforceable(normalised, target);
    if let Some(obstacle) = obstacle {
        let text = format!("Give your final answer by calling the tool `{}`, not as text.", tool.name);
        let new = say_last(normalised, text);
        warnings.counted(UNFORCED, usize::from(new), |_| {
            format!(
                "asked in the system prompt for the answer to `output` as a call of `{}`, without forcing it: {obstacle}",
                tool.name
            )
        });
    } else {
        normalised.tool_choice = match normalised.tool_choice.take() {
            // Whoever wants that tool called first shall have it.
            Some(choice @ ToolChoice::Tool { .. }) if own_tools && choice != this => Some(choice),
            _ if own_tools => Some(ToolChoice::Any),
            _ => Some(this),
        };
    }
    let tool = Tool::Spec(tool);
    if !normalised.tools.contains(&tool) {
        normalised.tools.push(tool);
    }
}

/// Why no tool can be forced, if that is so.
fn unforceable(normalised: &Normalised, target: &Target) -> Option<&'static str> {
    if !normalised.forces_tools && normalised.thinks {
        Some("a model that is thinking cannot be forced to call a tool")
    } else if !normalised.forces_tools || target.fact(|facts| facts.forced_tool_choice).is_no() {
        Some("this model cannot be forced to call a tool")
    } else if target.refuses(&Refusal::ForcedToolChoice) {
        Some("the model refused to be forced before")
    } else {
        None
    }
}

/// Asks for JSON in the system prompt.
fn instruct(normalised: &mut Normalised, wanted: &OutputSchema, obstacle: &str, warnings: &mut Warnings) {
    let description = wanted.description.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let description = description.map(|text| format!(" ({text})")).unwrap_or_default();
    let new = say_last(
        normalised,
        format!(
            "Answer with nothing but JSON{description} that follows this JSON schema, without any text around it:\n{}",
            wanted.schema
        ),
    );
    warnings.counted(BY_INSTRUCTION, usize::from(new), |_| {
        format!("asked in the system prompt for the answer to `output`: {obstacle}, and calls no tools")
    });
}

/// Adds to the end of the system prompt; false if that is said already.
fn say_last(normalised: &mut Normalised, text: String) -> bool {
    let last = SystemContent::Text(Text { text });
    let new = !normalised.system.contains(&last);
    if new {
        normalised.system.push(last);
    }
    new
}

#[cfg(test)]
mod tests;
