//! What does not go together with thinking, and what a model refuses of the caller's own fields.

use outcrop_core::{Content, Message, Role, ToolChoice};
use serde_json::{Map, Value};

use super::at;
use crate::learnt::Refusal;
use crate::normalise::{Normalised, Warnings};
use crate::options::MODEL_FIELDS;
use crate::target::{Control, Target};

pub(super) const REFUSED_FIELD: &str = "model-field-refused";
pub(super) const FORCED_CHOICE: &str = "tool-choice-refused";
pub(super) const CHOICE: &str = "thinking-tool-choice";
pub(super) const SAMPLING: &str = "thinking-sampling";
pub(super) const PREFILL: &str = "thinking-prefill";
pub(super) const LIMITS: &str = "thinking-limits";

/// The least share of the probability mass that Claude samples from while it thinks ("Extended thinking", Bedrock user
/// guide).
const LEAST_TOP_P: f64 = 0.95;

/// The caller's own fields without those that the model refuses.
pub(super) fn without_refused(
    mut own: Map<String, Value>,
    normalised: &mut Normalised,
    target: &Target,
    warnings: &mut Warnings,
) -> Map<String, Value> {
    let no_sampling = target.fact(|facts| facts.sampling).is_no();
    own.retain(|name, value| {
        let member = |name: &str| value.get(name).and_then(Value::as_str);
        let effort = member("effort").or_else(|| member("maxReasoningEffort")).or_else(|| value.as_str());
        let of_type =
            |kind: &str| name == "thinking" && target.refuses(&Refusal::ThinkingType(kind.to_owned()));
        let refused = target.refuses(&Refusal::Field(name.clone()))
            || (no_sampling && name == "top_k")
            || member("type").is_some_and(of_type)
            || effort.is_some_and(|effort| target.refuses(&Refusal::Effort(effort.to_owned())));
        if refused {
            warnings.say(
                REFUSED_FIELD,
                format!("left out `{name}` of `{MODEL_FIELDS}`, which this model refuses"),
            );
            normalised.refused_fields.push(name.clone());
        }
        !refused
    });
    own
}

/// Takes out what does not go together. `own`: the caller's fields.
pub(super) fn settle(
    normalised: &mut Normalised,
    own: &Map<String, Value>,
    target: &Target,
    warnings: &mut Warnings,
) {
    let claude = is_claude(target);
    let thinks = normalised.thinks;
    choose_freely(normalised, target, warnings);
    let setting = |name: &str| {
        let field = "reasoningConfig";
        at(own, field, name).or_else(|| at(&normalised.fields, field, name)).map(str::to_owned)
    };
    let (kind, effort) = (setting("type"), setting("maxReasoningEffort"));
    let nova = thinks && kind.as_deref() == Some("enabled");
    if thinks && claude {
        sample_freely(normalised, own, warnings);
    }
    if nova && effort.as_deref() == Some("high") {
        drop_limits(normalised, warnings);
    }
    if (thinks && claude) || nova {
        drop_beginning(&mut normalised.messages, warnings);
    }
}

/// Whether the rules of Claude's thinking hold: it is one of them, or is told like one.
fn is_claude(target: &Target) -> bool {
    target.is_claude() || matches!(target.control(), Control::Budget | Control::Adaptive { .. })
}

/// Leaves the choice of tools to a model that cannot be forced, or not while it thinks.
fn choose_freely(normalised: &mut Normalised, target: &Target, warnings: &mut Warnings) {
    let refused =
        target.fact(|facts| facts.forced_tool_choice).is_no() || target.refuses(&Refusal::ForcedToolChoice);
    let free = refused || (normalised.thinks && is_claude(target));
    normalised.forces_tools = !free;
    let forced = matches!(normalised.tool_choice, Some(ToolChoice::Any | ToolChoice::Tool { .. }));
    if !forced || !free {
        return;
    }
    let (rule, which) = if refused { (FORCED_CHOICE, "this one") } else { (CHOICE, "one that thinks") };
    let message = format!("left `toolChoice` to the model: {which} cannot be told that it must call a tool");
    warnings.say(rule, message);
    normalised.tool_choice = Some(ToolChoice::Auto);
}

/// The first message of the model's turn, if the user's last message answers tools that it called in it.
pub(super) fn began(messages: &[Message]) -> Option<&Message> {
    let answers = |message: &&Message| {
        message.role == Role::User
            && message.content.iter().any(|content| matches!(content, Content::ToolResult(_)))
    };
    let calls_and_answers = messages.rchunks(2).take_while(|pair| pair.last().is_some_and(|it| answers(&it)));
    calls_and_answers.last()?.first().filter(|first| first.role == Role::Assistant)
}

/// Claude samples as it likes while it thinks.
fn sample_freely(normalised: &mut Normalised, own: &Map<String, Value>, warnings: &mut Warnings) {
    let mut say = |name: &str, rest: &str| {
        warnings.say(SAMPLING, format!("left out `{name}`: a model that thinks takes {rest}"));
    };
    let inference = &mut normalised.inference;
    if inference.temperature.take_if(|temperature| *temperature < 1.0).is_some() {
        say("temperature", "no other than 1");
    }
    if inference.top_p.take_if(|share| *share < LEAST_TOP_P).is_some() {
        say("topP", &format!("none below {LEAST_TOP_P}"));
    }
    if own.contains_key("top_k") {
        say("top_k", "none");
        normalised.refused_fields.push("top_k".to_owned());
    }
}

/// Nova 2 takes no limit and no sampling at its highest effort ("Extended thinking", Nova 2 user guide).
fn drop_limits(normalised: &mut Normalised, warnings: &mut Warnings) {
    let inference = &mut normalised.inference;
    let dropped = [
        ("maxTokens", inference.max_tokens.take().is_some()),
        ("temperature", inference.temperature.take().is_some()),
        ("topP", inference.top_p.take().is_some()),
    ];
    for (name, dropped) in dropped {
        warnings.counted(LIMITS, usize::from(dropped), |_| {
            format!("left out `{name}`: this model takes none when it thinks at `high`")
        });
    }
}

/// Drops the beginning of an answer that the caller wrote: thoughts would have to come before it. A turn with tools of
/// the service is no such beginning, but goes on.
fn drop_beginning(messages: &mut Vec<Message>, warnings: &mut Warnings) {
    let begun = |message: &Message| {
        let called = |content: &Content| matches!(content, Content::ToolUse(_) | Content::ToolResult(_));
        message.role == Role::Assistant && !message.content.iter().any(called)
    };
    if messages.pop_if(|last| begun(last)).is_some() {
        warnings.say(
            PREFILL,
            "left out the last turn, of the assistant: a model that thinks begins its answer itself",
        );
    }
}
