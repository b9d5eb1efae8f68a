//! Makes a conversation acceptable to Converse before it is sent, so that nothing that once happened in a session
//! can make every later request of it fail.
//!
//! One place for all rules. Each rule has an id ([`RULES`]), a case in `tests-data/requests`, and says what it did in a
//! [`Warning`]. The result depends on nothing but the request and the model, so that the same prefix gives the same
//! bytes: prompt caches live on that. Normalising twice changes nothing.

mod caching;
mod citations;
mod documents;
mod inference;
mod media;
mod misplaced;
mod names;
mod projection;
mod reasoning;
mod specs;
mod structured;
mod system;
mod text;
mod thinking;
mod tools;
mod turns;

use outcrop_core::{
    Caching, Error, ErrorKind, Inference, Message, Request, Result, SystemContent, Tool, ToolChoice, Warning,
};
use serde_json::{Map, Value};

use crate::target::Target;

pub(crate) use names::Names;
pub(crate) use structured::{Structured, Way};

/// The rules, by the part of the request that they look after.
pub(crate) const RULES: &[&[&str]] = &[
    reasoning::RULES,
    text::RULES,
    names::RULES,
    misplaced::RULES,
    turns::RULES,
    tools::RULES,
    projection::RULES,
    media::RULES,
    citations::RULES,
    specs::RULES,
    documents::RULES,
    inference::RULES,
    thinking::RULES,
    structured::RULES,
    system::RULES,
    caching::RULES,
];

/// A request as Converse accepts it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Normalised {
    pub system: Vec<SystemContent>,
    pub messages: Vec<Message>,
    pub inference: Inference,
    pub tools: Vec<Tool>,
    pub tool_choice: Option<ToolChoice>,
    /// The caller wants no tool call, yet tools had to be described: a call that comes anyway is removed.
    pub suppress_tool_calls: bool,
    /// Members of `additionalModelRequestFields` beside the caller's own.
    pub fields: Map<String, Value>,
    /// Members of the caller's own `additionalModelRequestFields` that are not sent; `thinking.display` is a member of
    /// a member.
    pub refused_fields: Vec<String>,
    /// The model thinks before it answers, as far as the request decides that.
    pub thinks: bool,
    /// The model can be told that it must call a tool, as far as is known.
    pub forces_tools: bool,
    /// `outputConfig`, if the caller gives none.
    pub output_config: Option<Value>,
    /// How the answer's JSON comes, if it has to be JSON.
    pub structured: Option<Structured>,
    /// What the tools are called by the caller.
    pub names: Names,
    pub warnings: Vec<Warning>,
}

/// Applies the rules. `options`: what the caller says in Converse's own words, which is sent beside the result.
/// `usual_caching`: what holds for a request that does not speak of caching.
pub(crate) fn normalise(
    request: &Request,
    options: &Map<String, Value>,
    usual_caching: Option<Caching>,
    target: &Target,
) -> Result<Normalised> {
    let mut warnings = Warnings::default();
    specs::check(&request.tools, request.tool_choice.as_ref(), target)?;
    let mut messages = request.messages.clone();
    media::correct_formats(&mut messages, &mut warnings);
    citations::name_texts(&mut messages);
    media::check(&messages, target)?;
    reasoning::adapt(&mut messages, target, &mut warnings);
    text::drop_blank(&mut messages, &mut warnings);
    let mut messages = turns::drop_empty(misplaced::put_right(messages, &mut warnings));
    tools::coerce_inputs(&mut messages, &mut warnings);
    tools::tell_json(&mut messages, &mut warnings);
    let mut described = request.tools.clone();
    let mut choice = request.tool_choice.clone();
    let names = names::map(&mut messages, &mut described, &mut choice, &mut warnings);
    let messages = join(messages, target, &mut warnings);
    let mut messages = tools::pair(messages, &mut warnings);
    tools::tell_failures(&mut messages, target, &mut warnings);
    projection::tell(&mut messages, &described, &names, target, &mut warnings);
    let messages = join(messages, target, &mut warnings);
    let mut messages = turns::start_with_user(messages, &mut warnings);
    // Documents are named by their place, which must not change when one before them is left out.
    documents::name(&mut messages, &mut warnings);
    media::adapt(&mut messages, target, &mut warnings);
    citations::adapt(&mut messages, target, &mut warnings);
    turns::check_ending(&mut messages, target, &mut warnings)?;
    // A prompt of Prompt management brings its messages along.
    if messages.is_empty() && !target.prompt {
        return Err(Error::new(ErrorKind::InvalidRequest, "the request has no message with any content")
            .with_hint("say something in `messages`"));
    }
    let system = text::without_blank_system(&request.system, &mut warnings);
    let tools = specs::choose(described, choice, &messages, &names, target, &mut warnings);
    let inference = inference::adjust(&request.inference, target, &mut warnings)?;
    let mut normalised = Normalised {
        system,
        messages,
        inference,
        tools: tools.described,
        tool_choice: tools.choice,
        suppress_tool_calls: tools.suppress_calls,
        fields: Map::new(),
        refused_fields: Vec::new(),
        thinks: false,
        forces_tools: true,
        output_config: None,
        structured: None,
        names,
        warnings: Vec::new(),
    };
    thinking::apply(&mut normalised, request.thinking, options, target, &mut warnings);
    structured::apply(&mut normalised, request, options, target, &mut warnings)?;
    let system = std::mem::take(&mut normalised.system);
    normalised.system = system::place(system, &mut normalised.messages, target, &mut warnings);
    caching::apply(&mut normalised, request.caching, usual_caching, target, &mut warnings);
    normalised.warnings = warnings.0;
    Ok(normalised)
}

/// Makes turns alternate, after what cannot stand in them is left out.
fn join(mut messages: Vec<Message>, target: &Target, warnings: &mut Warnings) -> Vec<Message> {
    reasoning::drop_trailing(&mut messages, target, warnings);
    let mut messages = caching::drop_lonely(messages, warnings);
    reasoning::drop_displaced(&mut messages, target, warnings);
    turns::merge(messages, warnings)
}

/// The warnings so far.
#[derive(Debug, Default)]
struct Warnings(Vec<Warning>);

impl Warnings {
    /// Adds a warning of a rule.
    fn say(&mut self, rule: &'static str, message: impl Into<String>) {
        debug_assert!(RULES.iter().any(|rules| rules.contains(&rule)), "rule `{rule}` is not in the list");
        self.0.push(Warning::new(rule, message));
    }

    /// Adds one warning for everything that a rule did, if it did anything.
    fn counted(&mut self, rule: &'static str, count: usize, message: impl FnOnce(usize) -> String) {
        if count > 0 {
            self.say(rule, message(count));
        }
    }
}

/// `1 thing`, `2 things`.
fn plural(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// The model, as errors name it.
fn named(target: &Target) -> String {
    target.facts.map_or_else(|| "this model".to_owned(), |facts| format!("`{}`", facts.id))
}

#[cfg(test)]
mod tests;
