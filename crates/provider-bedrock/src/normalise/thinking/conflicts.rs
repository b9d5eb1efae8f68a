//! What does not go together with thinking, and what a model refuses of the caller's own fields.

use outcrop_core::{Content, Message, Role, ToolChoice};
use serde_json::{Map, Value};

use super::at;
use crate::learnt::Refusal;
use crate::normalise::{Normalised, Warnings, reasoning};
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
    let control = target.control();
    own.retain(|name, value| {
        let kind = value.get("type").and_then(Value::as_str).filter(|_| name == "thinking");
        let refused = target.refuses(&Refusal::Field(name.clone()))
            || (no_sampling && name == "top_k")
            || kind.is_some_and(|kind| target.refuses(&Refusal::ThinkingType(kind.to_owned())))
            || effort(name, value, &control)
                .is_some_and(|effort| target.refuses(&Refusal::Effort(effort.to_owned())));
        if refused {
            warnings.say(
                REFUSED_FIELD,
                format!("left out `{name}` of `{MODEL_FIELDS}`, which this model refuses"),
            );
            normalised.refused_fields.push(name.clone());
        }
        !refused
    });
    let thinking = own.get_mut("thinking").and_then(Value::as_object_mut);
    if target.refuses(&Refusal::ThinkingDisplay)
        && thinking.is_some_and(|thinking| thinking.remove("display").is_some())
    {
        let message = format!("left out `thinking.display` of `{MODEL_FIELDS}`, which this model refuses");
        warnings.say(REFUSED_FIELD, message);
        normalised.refused_fields.push("thinking.display".to_owned());
    }
    own
}

/// The effort that a field of the caller's asks for, if it is one for efforts.
fn effort<'a>(name: &str, value: &'a Value, control: &Control) -> Option<&'a str> {
    match name {
        "output_config" | "reasoning" => value.get("effort")?.as_str(),
        "reasoningConfig" => value.get("maxReasoningEffort")?.as_str(),
        "reasoning_effort" => value.as_str(),
        _ => {
            value.as_str().filter(|_| matches!(control, Control::Field { name: field, .. } if field == name))
        }
    }
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

/// The messages that a turn begins with which goes on with the results of its tools: the first one, and those after a
/// message in which the user said something beside the results. Nobody says whether a new turn begins there.
pub(super) fn beginnings(messages: &[Message]) -> impl Iterator<Item = &Message> {
    let is_result = |content: &Content| matches!(content, Content::ToolResult(_) | Content::CachePoint(_));
    let turn = beginning(messages).and_then(|from| messages.get(from..)).unwrap_or_default();
    let after = turn.windows(3).filter_map(move |three| match three {
        [_, user, next] => {
            Some(next).filter(|next| next.role == Role::Assistant && !user.content.iter().all(is_result))
        }
        _ => None,
    });
    turn.first().into_iter().chain(after)
}

/// Where the turn begins, if the user's last message answers tools that the model called in it.
fn beginning(messages: &[Message]) -> Option<usize> {
    let is_round = |pair: &&[Message]| {
        matches!(pair, [called, answered] if called.role == Role::Assistant
            && answered.role == Role::User
            && answered.content.iter().any(|content| matches!(content, Content::ToolResult(_))))
    };
    let rounds = messages.rchunks(2).take_while(is_round).count();
    (rounds > 0).then(|| messages.len() - 2 * rounds)
}

/// Leaves out the reasoning of the turn that a model goes on with that does not think now, be it with the results of
/// its tools or with the beginning of its answer.
pub(super) fn drop_idle(messages: &mut [Message], warnings: &mut Warnings) {
    let answered = match messages.split_last() {
        Some((last, before)) if last.role == Role::Assistant => {
            Some(beginning(before).unwrap_or(before.len()))
        }
        _ => beginning(messages),
    };
    if let Some(from) = answered {
        reasoning::drop_idle(messages, from, warnings);
    }
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
