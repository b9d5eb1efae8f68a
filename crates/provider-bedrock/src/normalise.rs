//! Makes a conversation acceptable to Converse before it is sent, so that nothing that once happened in a session
//! can make every later request of it fail.
//!
//! One place for all rules. Each rule has an id ([`RULES`]), a test, and says what it did in a [`Warning`]. The
//! result depends on nothing but the request, so that the same prefix gives the same bytes: prompt caches live on
//! that. Normalising twice changes nothing.

mod documents;
mod inference;
mod reasoning;
mod text;
mod tools;
mod turns;

use outcrop_core::{
    Error, ErrorKind, Inference, Message, Request, Result, SystemContent, Tool, ToolChoice, Warning,
};
use outcrop_model_facts::facts::ModelFacts;

/// The rules, in the order in which they act.
pub(crate) const RULES: &[&str] = &[
    reasoning::FOREIGN_REASONING,
    text::BLANK_TEXT,
    tools::TOOL_INPUT,
    turns::MERGED_TURNS,
    tools::TOOL_RESULT_ORDER,
    tools::ORPHAN_TOOL_RESULT,
    tools::MISSING_TOOL_RESULT,
    turns::FIRST_TURN,
    documents::DOCUMENT_NAME,
    tools::TOOL_STUBS,
    tools::TOOLS_WITHHELD,
    inference::RANGE,
    inference::REFUSED_SAMPLING,
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
    pub warnings: Vec<Warning>,
}

/// Applies the rules.
pub(crate) fn normalise(request: &Request, facts: Option<&ModelFacts>) -> Result<Normalised> {
    let mut warnings = Warnings::default();
    let maker = facts.map(|facts| facts.provider);
    let mut messages = request.messages.clone();
    reasoning::drop_foreign(&mut messages, maker, &mut warnings);
    text::drop_blank(&mut messages, &mut warnings);
    tools::coerce_inputs(&mut messages, &mut warnings);
    let messages = turns::merge(messages, &mut warnings);
    let messages = tools::pair(messages, &mut warnings);
    let mut messages = turns::start_with_user(turns::merge(messages, &mut warnings), &mut warnings);
    documents::name(&mut messages, &mut warnings);
    if messages.is_empty() {
        return Err(Error::new(ErrorKind::InvalidRequest, "the request has no message with any content")
            .with_hint("say something in `messages`"));
    }
    let system = text::without_blank_system(&request.system, &mut warnings);
    let tools = tools::choose(request, &messages, &mut warnings)?;
    let inference = inference::adjust(&request.inference, facts, &mut warnings)?;
    Ok(Normalised {
        system,
        messages,
        inference,
        tools: tools.described,
        tool_choice: tools.choice,
        suppress_tool_calls: tools.suppress_calls,
        warnings: warnings.0,
    })
}

/// The warnings so far.
#[derive(Debug, Default)]
struct Warnings(Vec<Warning>);

impl Warnings {
    /// Adds one warning for everything that a rule did, if it did anything.
    fn counted(&mut self, rule: &'static str, count: usize, message: impl FnOnce(usize) -> String) {
        if count > 0 {
            debug_assert!(RULES.contains(&rule), "rule `{rule}` is not in the list");
            self.0.push(Warning::new(rule, message(count)));
        }
    }
}

/// `1 thing`, `2 things`.
fn plural(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

#[cfg(test)]
mod tests;
