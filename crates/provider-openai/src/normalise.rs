//! Makes a conversation what a chat-completions endpoint takes, so that nothing that once happened in a session can make
//! every later request of it fail.
//!
//! Each rule has an id ([`RULES`]), a case in `tests-data/requests`, and says what it did in a [`Warning`]. The result
//! depends on nothing but the request and the settings, so that the same prefix gives the same bytes: prompt caches live
//! on that.

mod content;
mod inference;
mod media;
mod names;
mod reasoning;
mod specs;
mod structured;
mod thinking;
mod turns;

use outcrop_core::{Modality, ModelId, Request, Result, Support, Warning};
use serde_json::{Map, Value};

use crate::OpenAiSettings;
use crate::compat::Compat;
use crate::endpoint::Endpoint;

pub(crate) use names::Names;

/// The rules, by the part of the request that they look after.
pub(crate) const RULES: &[&[&str]] = &[
    content::RULES,
    names::RULES,
    turns::RULES,
    media::RULES,
    reasoning::RULES,
    specs::RULES,
    inference::RULES,
    thinking::RULES,
    structured::RULES,
];

/// What is known of the model and of the endpoint that has it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    pub(crate) model: Option<ModelId>,
    pub(crate) compat: Compat,
    pub(crate) reasoning: Support,
    pub(crate) tools: Support,
    /// What it takes, where that is said.
    pub(crate) input: Option<Vec<Modality>>,
    pub(crate) max_tokens: Option<u32>,
}

impl Target {
    /// What the settings say of a model.
    pub(crate) fn new(id: &ModelId, settings: &OpenAiSettings, endpoint: &Endpoint) -> Self {
        let model = settings.model(id);
        Self {
            model: Some(id.clone()),
            compat: settings.compat_for(id, endpoint),
            reasoning: model.and_then(|model| model.reasoning).into(),
            tools: model.and_then(|model| model.tools).into(),
            input: model.and_then(|model| model.input.clone()),
            max_tokens: model.and_then(|model| model.max_tokens),
        }
    }

    /// The model, as errors name it.
    fn named(&self) -> String {
        self.model.as_ref().map_or_else(|| "this model".to_owned(), |id| format!("`{id}`"))
    }
}

/// A request as the endpoint takes it.
#[derive(Debug, Clone)]
pub(crate) struct Normalised {
    /// The members of the body, but for those about the stream.
    pub(crate) body: Map<String, Value>,
    /// What the tools are called by the caller.
    pub(crate) names: Names,
    pub(crate) warnings: Vec<Warning>,
}

/// Applies the rules.
pub(crate) fn normalise(request: &Request, target: &Target) -> Result<Normalised> {
    let mut warnings = Warnings::default();
    specs::check(&request.tools, request.tool_choice.as_ref(), target)?;
    let mut messages = request.messages.clone();
    let mut tools = request.tools.clone();
    let mut choice = request.tool_choice.clone();
    let mut system = content::system(&request.system, &mut warnings);
    reasoning::adapt(&mut messages, target, &mut warnings);
    let messages = content::tidy(messages, &mut warnings);
    let mut messages = content::join(messages, &mut warnings);
    content::note_caching(request, &mut warnings);
    let names = names::map(&mut messages, &mut tools, &mut choice, &target.compat, &mut warnings);
    let turns = turns::lay_out(messages, target, &mut warnings)?;

    let mut body = Map::new();
    body.insert("model".to_owned(), request.model.as_str().into());
    let mut after = Map::new();
    let choice = specs::put(&mut after, tools, choice, &names, target, &mut warnings);
    specs::put_choice(&mut after, choice.as_ref());
    structured::put(&mut after, request.output.as_ref(), &mut system, target, &mut warnings);
    inference::put(&mut after, &request.inference, target, &mut warnings)?;
    thinking::put(&mut after, request.thinking, target, &mut warnings);
    body.insert("messages".to_owned(), turns::encode(&system, turns, target));
    body.extend(after);
    if target.compat.supports_store == Some(true) {
        body.insert("store".to_owned(), false.into());
    }
    Ok(Normalised { body, names, warnings: warnings.0 })
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
