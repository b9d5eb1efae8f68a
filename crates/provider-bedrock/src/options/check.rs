//! What the options may be. Bounds: service model `bedrock-runtime` 2023-09-30, and "Converse" in the Bedrock API
//! reference.

use outcrop_core::{Inference, Result, SettingProblem};
use serde_json::{Map, Value};

use super::{MODEL_FIELDS, invalid};
use crate::normalise::Normalised;
use crate::settings::{guardrail_problems, metadata_problems};
use crate::target::Target;

const SERVICE_TIERS: &[&str] = &["priority", "default", "flex", "reserved"];
const LATENCIES: &[&str] = &["standard", "optimized"];

/// How many parts of the model's own answer can be asked for, and how long a pointer to one may be.
const MOST_PATHS: usize = 10;
const LONGEST_PATH: usize = 256;

/// An option, and what it may be. The place is how errors call it.
type Check = fn(place: &str, value: &Value) -> Result<()>;

/// The options that have a form of their own.
const CHECKS: &[(&str, Check)] = &[
    (MODEL_FIELDS, |place, value| {
        object(place, value, r#"{"top_k": 200}"#)?;
        Ok(())
    }),
    ("additionalModelResponseFieldPaths", paths),
    ("guardrailConfig", guardrail),
    ("outputConfig", output),
    ("performanceConfig", |place, value| choice(place, value, "latency", LATENCIES)),
    ("promptVariables", variables),
    ("requestMetadata", metadata),
    ("serviceTier", |place, value| choice(place, value, "type", SERVICE_TIERS)),
];

/// Holds the options of `place` against what Converse takes.
pub(super) fn all(place: &str, options: &Map<String, Value>) -> Result<()> {
    CHECKS.iter().try_for_each(|(name, check)| match options.get(*name) {
        Some(value) => check(&format!("{place}.{name}"), value),
        None => Ok(()),
    })
}

/// What does not go along with a prompt of Prompt management, or only with one. Source: "Converse" in the Bedrock API
/// reference.
pub(super) fn prompt(
    place: &str,
    options: &Map<String, Value>,
    normalised: &Normalised,
    target: &Target,
) -> Result<()> {
    if !target.prompt {
        return match options.get("promptVariables") {
            Some(_) => {
                Err(invalid(format!("`{place}.promptVariables` fill in a prompt, and none is called"))
                    .with_hint("let `model` be the ARN of a prompt of Prompt management, or leave them out"))
            }
            None => Ok(()),
        };
    }
    let own_fields = options.contains_key(MODEL_FIELDS) || !normalised.fields.is_empty();
    let inference = &normalised.inference;
    let brought = [
        ("system", !normalised.system.is_empty()),
        ("maxTokens", inference.max_tokens.is_some()),
        ("temperature", inference.temperature.is_some()),
        ("topP", inference.top_p.is_some()),
        ("stopSequences", !inference.stop_sequences.is_empty()),
        ("inference", *inference != Inference::default()),
        ("tools", !normalised.tools.is_empty()),
        (MODEL_FIELDS, own_fields),
    ];
    match brought.into_iter().find(|(_, is_brought)| *is_brought) {
        Some((name, _)) => {
            Err(invalid(format!("`{name}` cannot go along with a prompt of Prompt management"))
                .with_hint("say it in the prompt itself, or call the model by its own id"))
        }
        None => Ok(()),
    }
}

fn object<'a>(place: &str, value: &'a Value, example: &str) -> Result<&'a Map<String, Value>> {
    value.as_object().ok_or_else(|| {
        invalid(format!("`{place}` is not an object")).with_hint(format!("write it as `{example}`"))
    })
}

/// An object with one member, which has one of these values.
fn choice(place: &str, value: &Value, member: &str, allowed: &[&str]) -> Result<()> {
    let example = format!(r#"{{"{member}": "{}"}}"#, allowed.first().unwrap_or(&""));
    let members = object(place, value, &example)?;
    let known = || format!("take one of `{}`", allowed.join("`, `"));
    if let Some(unknown) = members.keys().find(|name| *name != member) {
        return Err(invalid(format!("`{place}.{unknown}` is not known"))
            .with_hint(format!("`{place}` has one member, `{member}`: {}", known())));
    }
    match members.get(member) {
        Some(Value::String(value)) if allowed.contains(&value.as_str()) => Ok(()),
        Some(other) => Err(invalid(format!("`{place}.{member}` is {}", shown(other))).with_hint(known())),
        None => Err(invalid(format!("`{place}` has no `{member}`")).with_hint(known())),
    }
}

fn paths(place: &str, value: &Value) -> Result<()> {
    const HINT: &str = "write JSON pointers into the model's own answer, such as `/stop_sequence`";
    let Value::Array(paths) = value else {
        return Err(invalid(format!("`{place}` is not a list")).with_hint(HINT));
    };
    if paths.len() > MOST_PATHS {
        let message = format!("`{place}` has {} pointers", paths.len());
        return Err(invalid(message).with_hint(format!("ask for {MOST_PATHS} parts of the answer at most")));
    }
    match paths.iter().position(|path| !path.as_str().is_some_and(is_pointer)) {
        Some(at) => {
            Err(invalid(format!("`{place}[{at}]` is no JSON pointer of 1 to {LONGEST_PATH} characters"))
                .with_hint(HINT))
        }
        None => Ok(()),
    }
}

/// RFC 6901, without the empty one, which stands for everything.
fn is_pointer(path: &str) -> bool {
    let escapes = path.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    path.starts_with('/') && escapes && path.chars().count() <= LONGEST_PATH
}

fn guardrail(place: &str, value: &Value) -> Result<()> {
    let guardrail =
        object(place, value, r#"{"guardrailIdentifier": "gr4f8k2m9x1q", "guardrailVersion": "1"}"#)?;
    first(guardrail_problems(place, guardrail))
}

fn metadata(place: &str, value: &Value) -> Result<()> {
    first(metadata_problems(place, object(place, value, r#"{"team": "growth"}"#)?))
}

/// The first of the problems that settings have just so.
fn first(problems: Vec<SettingProblem>) -> Result<()> {
    problems.into_iter().next().map_or(Ok(()), |problem| Err(invalid(problem.message)))
}

fn output(place: &str, value: &Value) -> Result<()> {
    const EXAMPLE: &str =
        r#"{"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{…}"}}}}"#;
    let config = object(place, value, EXAMPLE)?;
    let Some(format) = config.get("textFormat") else { return Ok(()) };
    let format = object(&format!("{place}.textFormat"), format, EXAMPLE)?;
    match Value::Object(format.clone()).pointer("/structure/jsonSchema/schema") {
        Some(Value::String(_)) => Ok(()),
        _ => Err(invalid(format!("`{place}.textFormat.structure.jsonSchema.schema` is not a text"))
            .with_hint(
                "write the schema as a text of JSON, or give it as `output`, which every model understands",
            )),
    }
}

fn variables(place: &str, value: &Value) -> Result<()> {
    const EXAMPLE: &str = r#"{"genre": {"text": "pop"}}"#;
    let variables = object(place, value, EXAMPLE)?;
    let is_text = |value: &Value| match value {
        Value::Object(members) => members.len() == 1 && members.get("text").is_some_and(Value::is_string),
        _ => false,
    };
    match variables.iter().find(|(_, value)| !is_text(value)) {
        Some((name, _)) => Err(invalid(format!("`{place}.{name}` is not the text of a variable"))
            .with_hint(format!("write it as `{EXAMPLE}`"))),
        None => Ok(()),
    }
}

/// A value as an error shows it: what is not one word is named by its kind.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().count() <= 40 => format!("`{text}`"),
        Value::String(_) => "another text".to_owned(),
        Value::Null => "`null`".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(value) => format!("`{value}`"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
