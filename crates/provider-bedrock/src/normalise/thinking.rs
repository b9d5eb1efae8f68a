//! Thinking: each family of models has its own words for how hard it shall think.
//!
//! How a model is told is its [`Control`]: a number of tokens (Claude 3.7 to 4.5), an effort beside adaptive thinking
//! (Claude from 4.6 on), or a field of its own (Nova 2, gpt-oss, DeepSeek, GPT). What the caller writes into
//! `additionalModelRequestFields` himself has the last word.

mod conflicts;

use outcrop_core::{Content, Message, Thinking, ThinkingLevel};
use outcrop_model_facts::facts::Effort;
use serde_json::{Map, Value, json};

use super::{Normalised, Warnings};
use crate::learnt::Refusal;
use crate::options::MODEL_FIELDS;
use crate::target::{Control, Target};

pub(super) const RULES: &[&str] = &[
    UNSUPPORTED,
    UNKNOWN,
    GIVEN_TWICE,
    REFUSED,
    ALWAYS_ON,
    EFFORT,
    BUDGET,
    MAX_TOKENS,
    DISPLAY,
    MID_TURN,
    conflicts::REFUSED_FIELD,
    conflicts::FORCED_CHOICE,
    conflicts::CHOICE,
    conflicts::SAMPLING,
    conflicts::PREFILL,
    conflicts::LIMITS,
];

const UNSUPPORTED: &str = "thinking-unsupported";
const UNKNOWN: &str = "thinking-unknown";
const GIVEN_TWICE: &str = "thinking-given-twice";
const REFUSED: &str = "thinking-refused";
const ALWAYS_ON: &str = "thinking-always-on";
const EFFORT: &str = "thinking-effort";
const BUDGET: &str = "thinking-budget";
const MAX_TOKENS: &str = "thinking-max-tokens";
const DISPLAY: &str = "thinking-display";
const MID_TURN: &str = "thinking-mid-turn";

/// The fewest tokens of thoughts that Claude takes.
const LEAST_BUDGET: u32 = 1024;
/// What is left for the answer where the thoughts would take everything.
const ROOM_TO_ANSWER: u32 = 1024;
/// Lets Claude 4 to 4.5 think between the calls of tools. Adaptive thinking does so by itself.
const INTERLEAVED: &str = "interleaved-thinking-2025-05-14";
/// What is tried where nobody knows the efforts.
const USUAL_EFFORTS: &[Effort] = &[Effort::Low, Effort::Medium, Effort::High];

/// Writes the level in the model's own words, and takes out what does not go together with thinking.
pub(super) fn apply(
    normalised: &mut Normalised,
    wanted: Option<Thinking>,
    options: &Map<String, Value>,
    target: &Target,
    warnings: &mut Warnings,
) {
    let own = own_fields(options);
    let mut own = conflicts::without_refused(own, normalised, target, warnings);
    let control = target.control();
    normalised.thinks = if at(&own, "thinking", "type") == Some("enabled")
        && goes_on_without_thoughts(&normalised.messages, warnings)
    {
        own.shift_remove("thinking");
        normalised.refused_fields.push("thinking".to_owned());
        false
    } else {
        thinks(normalised, wanted, &own, options, target, warnings)
    };
    // Models that decide for themselves whether they think take thoughts back as long as nobody tells them not to.
    let off = wanted.is_some_and(|thinking| thinking.level == ThinkingLevel::Off)
        || told(&own) == Some(false)
        || target.refuses(&Refusal::Field("thinking".to_owned()))
        || !matches!(control, Control::Adaptive { .. });
    if off && !normalised.thinks && target.is_claude() {
        conflicts::drop_idle(&mut normalised.messages, warnings);
    }
    conflicts::settle(normalised, &own, target, warnings);
}

/// Whether the model thinks, after the request says so.
fn thinks(
    normalised: &mut Normalised,
    wanted: Option<Thinking>,
    own: &Map<String, Value>,
    options: &Map<String, Value>,
    target: &Target,
    warnings: &mut Warnings,
) -> bool {
    let control = target.control();
    match (wanted, told(own)) {
        (Some(_), Some(thinks)) => {
            warnings.say(
                GIVEN_TWICE,
                format!("left out `thinking`: `{MODEL_FIELDS}` says it in the model's own words"),
            );
            thinks
        }
        (Some(thinking), None) => {
            let effort_is_given = at(own, "output_config", "effort").is_some()
                || options.get("outputConfig").is_some_and(|config| config.get("effort").is_some());
            Writer { normalised, thinking, target, effort_is_given, warnings }.write(&control)
        }
        (None, told) => told.unwrap_or_else(|| control.is_always_on()),
    }
}

/// Whether the model goes on with a turn that did not begin with its own thoughts, because another one called the
/// tools or because it was not asked to think then. With a budget, Claude refuses that: "a final `assistant` message
/// must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks)". With adaptive
/// thinking "previous assistant turns don't need to start with thinking blocks" (Claude's guide, "Adaptive thinking").
fn goes_on_without_thoughts(messages: &[Message], warnings: &mut Warnings) -> bool {
    let goes_on = conflicts::beginnings(messages)
        .any(|first| !matches!(first.content.first(), Some(Content::Reasoning(_))));
    warnings.counted(MID_TURN, usize::from(goes_on), |_| {
        "turned `thinking` off until the tools of this turn are through: it began without thoughts of this model"
            .to_owned()
    });
    goes_on
}

fn own_fields(options: &Map<String, Value>) -> Map<String, Value> {
    options.get(MODEL_FIELDS).and_then(Value::as_object).cloned().unwrap_or_default()
}

fn at<'a>(fields: &'a Map<String, Value>, field: &str, member: &str) -> Option<&'a str> {
    fields.get(field)?.get(member)?.as_str()
}

/// Whether the caller's own fields turn thinking on or off; `None` if they do not speak of it.
fn told(own: &Map<String, Value>) -> Option<bool> {
    let by_type = ["thinking", "reasoning_config", "reasoningConfig"];
    let kind = by_type.into_iter().find_map(|field| at(own, field, "type"));
    let effort = at(own, "reasoning", "effort").or_else(|| own.get("reasoning_effort")?.as_str());
    kind.map(|kind| kind != "disabled").or_else(|| effort.map(|effort| effort != "none"))
}

/// What a level stands for, for models that are told a number.
const fn tokens(level: ThinkingLevel) -> u32 {
    match level {
        ThinkingLevel::Off => 0,
        ThinkingLevel::Minimal => 1024,
        ThinkingLevel::Low => 2048,
        ThinkingLevel::Medium => 8192,
        ThinkingLevel::High => 16_384,
        ThinkingLevel::XHigh | ThinkingLevel::Max => 32_768,
    }
}

/// The effort of the same name; the lowest for `off`.
const fn effort_of(level: ThinkingLevel) -> Effort {
    match level {
        ThinkingLevel::Off | ThinkingLevel::Minimal => Effort::Minimal,
        ThinkingLevel::Low => Effort::Low,
        ThinkingLevel::Medium => Effort::Medium,
        ThinkingLevel::High => Effort::High,
        ThinkingLevel::XHigh => Effort::XHigh,
        ThinkingLevel::Max => Effort::Max,
    }
}

/// Writes into a request what its caller wants of the model's thinking.
struct Writer<'a> {
    normalised: &'a mut Normalised,
    thinking: Thinking,
    target: &'a Target,
    /// The caller has said the effort himself, in the model's own words.
    effort_is_given: bool,
    warnings: &'a mut Warnings,
}

impl Writer<'_> {
    /// Writes it, and returns whether the model thinks then.
    fn write(&mut self, control: &Control) -> bool {
        let level = self.thinking.level;
        let off = level == ThinkingLevel::Off;
        match control {
            Control::None => {
                self.warnings.counted(UNSUPPORTED, usize::from(!off), |_| {
                    format!("left out `thinking` (`{level}`): this model does not think")
                });
                false
            }
            Control::Unknown => self.unknown("how this model is told is not known, and"),
            Control::UnnamedField => self.unknown("this model is told by a field that has no name yet:"),
            Control::Budget if off => false,
            Control::Budget => self.budget(),
            Control::Adaptive { always_on: false, .. } if off => {
                self.turn_off("thinking", json!({ "type": "disabled" }));
                false
            }
            Control::Adaptive { efforts, always_on } => self.adaptive(efforts, *always_on),
            Control::Field { name, always_on: false, .. } if off => {
                let value = match name.as_str() {
                    "reasoningConfig" => json!({ "type": "disabled" }),
                    "reasoning" => json!({ "effort": "none" }),
                    _ => json!("none"),
                };
                self.turn_off(name, value);
                false
            }
            Control::Field { name, efforts, always_on } => self.field(name, efforts, *always_on),
        }
    }

    /// Leaves it out, and shows how the configuration can say what is missing.
    fn unknown(&mut self, why: &str) -> bool {
        let level = self.thinking.level;
        let known = json!({
            &self.target.base: {
                "thinking": "field", "thinkingField": "reasoning_effort", "efforts": ["low", "medium", "high"],
            },
        });
        let message = format!(
            "left out `thinking` (`{level}`): {why} `models.overrides` can say it, such as `{known}`; `thinking` may \
             be `none`, `budget` or `adaptive` as well"
        );
        self.warnings.say(UNKNOWN, message);
        false
    }

    /// Says `off`, where the model would think unasked.
    fn turn_off(&mut self, field: &str, value: Value) {
        let needless = self.target.fact(|facts| facts.thinks_unasked).is_no();
        if !needless && !self.refuses(field) {
            self.normalised.fields.insert(field.to_owned(), value);
        }
    }

    /// Whether the model refused the field before.
    fn refuses(&mut self, field: &str) -> bool {
        let refused = self.target.refuses(&Refusal::Field(field.to_owned()));
        self.warnings.counted(REFUSED, usize::from(refused), |_| {
            let level = self.thinking.level;
            format!("left out the field `{field}`, which says `thinking` (`{level}`): this model refused it before")
        });
        refused
    }

    /// A number of tokens for the thoughts, below the limit of the whole answer.
    fn budget(&mut self) -> bool {
        if self.refuses("thinking") || goes_on_without_thoughts(&self.normalised.messages, self.warnings) {
            return false;
        }
        let wanted = self.thinking.budget_tokens.unwrap_or_else(|| tokens(self.thinking.level));
        let limit = self.target.max_output_tokens;
        let before = self.normalised.inference.max_tokens;
        let after = before.map(|most| match most {
            enough if enough > wanted => enough,
            _ => most.saturating_add(wanted).min(limit.unwrap_or(u32::MAX)),
        });
        let most = after.or(limit).unwrap_or(u32::MAX);
        let budget =
            if wanted < most { wanted } else { most.saturating_sub(ROOM_TO_ANSWER).max(LEAST_BUDGET) };
        if budget < LEAST_BUDGET || budget >= most {
            let tokens = budget.min(most);
            let message = format!(
                "turned `thinking` off: {tokens} tokens are too few, as thoughts take {LEAST_BUDGET} at least"
            );
            self.warnings.say(BUDGET, message);
            return false;
        }
        if let (Some(before), Some(after)) = (before, after)
            && before != after
        {
            let message = format!("raised `maxTokens` from {before} to {after}: thoughts count as well");
            self.warnings.say(MAX_TOKENS, message);
            self.normalised.inference.max_tokens = Some(after);
        }
        self.warnings.counted(BUDGET, usize::from(budget != wanted), |_| {
            format!(
                "lowered the tokens of `thinking` from {wanted} to {budget}: the whole answer may have {most}"
            )
        });
        let display = self.display(None);
        self.think(json!({ "type": "enabled", "budget_tokens": budget }), display);
        self.interleave();
        true
    }

    fn interleave(&mut self) {
        let takes = self.target.fact(|facts| facts.interleaved_thinking).is_yes();
        let refused = self.target.refuses(&Refusal::Field("anthropic_beta".to_owned()));
        if takes && !refused && !self.normalised.tools.is_empty() {
            self.normalised.fields.insert("anthropic_beta".to_owned(), json!([INTERLEAVED]));
        }
    }

    /// An effort; the model decides by itself how long it thinks.
    fn adaptive(&mut self, efforts: &[Effort], always_on: bool) -> bool {
        if self.refuses("thinking") {
            return always_on;
        }
        self.drop_budget();
        // Newer models keep their thoughts to themselves unless they are asked for them.
        let display = self.display(Some("summarized"));
        self.think(json!({ "type": "adaptive" }), display);
        if !self.effort_is_given
            && !self.refuses("output_config")
            && let Some(effort) = self.effort(efforts)
        {
            self.normalised.fields.insert("output_config".to_owned(), json!({ "effort": effort.as_str() }));
        }
        true
    }

    fn think(&mut self, mut how: Value, display: Option<&str>) {
        if let (Some(how), Some(display)) = (how.as_object_mut(), display) {
            how.insert("display".to_owned(), display.into());
        }
        self.normalised.fields.insert("thinking".to_owned(), how);
    }

    /// `thinking.display`, where it is taken: GovCloud's checks of a request do not know it.
    fn display(&mut self, usual: Option<&'static str>) -> Option<&'static str> {
        let refused = self.target.government
            || self.target.fact(|facts| facts.thinking_display).is_no()
            || self.target.refuses(&Refusal::ThinkingDisplay);
        if !refused {
            return if self.thinking.hidden { Some("omitted") } else { usual };
        }
        self.cannot_hide();
        None
    }

    fn cannot_hide(&mut self) {
        self.warnings.counted(DISPLAY, usize::from(self.thinking.hidden), |_| {
            "left out `thinking.hidden`: this model cannot be told here to keep its thoughts to itself"
                .to_owned()
        });
    }

    fn drop_budget(&mut self) {
        self.warnings.counted(BUDGET, usize::from(self.thinking.budget_tokens.is_some()), |_| {
            "left out `thinking.budgetTokens`: this model is told an effort, and no number".to_owned()
        });
    }

    /// A field of the model's own, which takes an effort.
    fn field(&mut self, name: &str, efforts: &[Effort], always_on: bool) -> bool {
        if self.refuses(name) {
            return always_on;
        }
        self.drop_budget();
        self.cannot_hide();
        let Some(effort) = self.effort(efforts) else { return always_on };
        let value = match name {
            "reasoningConfig" => json!({ "type": "enabled", "maxReasoningEffort": effort.as_str() }),
            "reasoning" => json!({ "effort": effort.as_str() }),
            _ => json!(effort.as_str()),
        };
        self.normalised.fields.insert(name.to_owned(), value);
        true
    }

    /// The nearest effort that the model takes, the lower one of two that are as near.
    fn effort(&mut self, efforts: &[Effort]) -> Option<Effort> {
        let level = self.thinking.level;
        let wanted = effort_of(level);
        let known = if efforts.is_empty() { USUAL_EFFORTS } else { efforts };
        let taken =
            known.iter().filter(|effort| !self.target.refuses(&Refusal::Effort(effort.as_str().to_owned())));
        let Some(effort) = taken.copied().min_by_key(|effort| {
            let distance = (*effort as u8).abs_diff(wanted as u8);
            (distance, *effort)
        }) else {
            let message = format!("left out `thinking` (`{level}`): this model refused every effort before");
            self.warnings.say(REFUSED, message);
            return None;
        };
        let name = effort.as_str();
        if level == ThinkingLevel::Off {
            let message =
                format!("asked for `thinking` at `{name}` in place of `off`: this model always thinks");
            self.warnings.say(ALWAYS_ON, message);
        } else if effort != wanted {
            let message =
                format!("asked for `thinking` at `{name}`: this model is not known to take `{level}`");
            self.warnings.say(EFFORT, message);
        }
        Some(effort)
    }
}

#[cfg(test)]
mod tests;
