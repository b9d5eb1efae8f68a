//! The families of models, by maker and by how a request tells them to think, and what each is expected to be warned of.

use super::Model;

/// Models that are talked to in one way.
#[derive(Debug)]
pub(super) struct Family {
    /// The prefix of their ids.
    pub(super) maker: &'static str,
    /// How they are told to think, as [`Model::told`] puts it.
    pub(super) told: &'static str,
    /// The warnings that a conversation brings, with `thinking` at `low` in every turn.
    pub(super) warnings: &'static [Expected],
}

/// A warning, and why it has to be.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) rule: &'static str,
    pub(super) when: When,
    pub(super) reason: &'static str,
}

/// In which turns of which models a warning comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Always,
    /// Once a tool has shown a picture.
    PictureInResult {
        but: &'static [&'static str],
    },
    /// Once a tool has failed.
    Failure,
}

/// What the tools of a conversation have done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Done {
    /// One has shown a picture.
    pub(super) picture: bool,
    /// One has failed.
    pub(super) failure: bool,
}

impl Family {
    /// The rules of the warnings that a turn with one of the models brings, once its tools have done that.
    pub(super) fn expected(&self, model: &Model, tools: Done) -> Vec<&'static str> {
        let comes = |expected: &&Expected| match expected.when {
            When::Always => true,
            When::PictureInResult { but } => {
                tools.picture && !but.iter().any(|part| model.id().contains(part))
            }
            When::Failure => tools.failure,
        };
        let rules = self.warnings.iter().filter(comes).map(|expected| expected.rule);
        rules.chain(model.is_leaving().then_some("model")).collect()
    }
}

/// The family of a model.
pub(super) fn of(model: &Model) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.maker == model.card.maker && family.told == model.told())
}

const fn always(rule: &'static str, reason: &'static str) -> Expected {
    Expected { rule, when: When::Always, reason }
}

/// They do not think, and say so.
const NO_THOUGHTS: Expected =
    always("thinking-unsupported", "these models think nothing that they could be told to");
/// They think as they like, or nobody has found out how to tell them.
const UNTOLD: Expected =
    always("thinking-unknown", "no page of the service says how these models are told to think");
/// They are told in words.
const NO_STATUS: Expected = Expected {
    rule: "tool-result-status",
    when: When::Failure,
    reason: "these models refuse the field that says that a tool failed",
};
/// The picture comes behind the results instead. `but`: parts of the ids of models that take them there.
const fn no_pictures_in_results(but: &'static [&'static str]) -> Expected {
    let reason = "these models look at pictures of the user, and at none inside the results of tools";
    Expected { rule: "tool-result-images", when: When::PictureInResult { but }, reason }
}

/// What comes behind the results gets a turn of its own. `but`: parts of the ids of models that show pictures in results.
const fn nothing_beside_results(but: &'static [&'static str]) -> Expected {
    let reason =
        "these models want the results of tools alone in their turn, and a picture comes behind them";
    Expected { rule: "beside-tool-results", when: When::PictureInResult { but }, reason }
}

const fn family(maker: &'static str, told: &'static str, warnings: &'static [Expected]) -> Family {
    Family { maker, told, warnings }
}

pub(super) static FAMILIES: &[Family] = &[
    family("ai21", "unknown", &[UNTOLD]),
    family("amazon", "field reasoningConfig", &[]),
    family("amazon", "none", &[NO_THOUGHTS]),
    family("amazon", "unknown", &[UNTOLD]),
    family("anthropic", "budget", &[]),
    family("anthropic", "adaptive", &[]),
    family("anthropic", "adaptive always", &[]),
    family("anthropic", "none", &[NO_THOUGHTS]),
    family("anthropic", "unknown", &[UNTOLD]),
    family("cohere", "none", &[NO_THOUGHTS]),
    family("cohere", "unknown", &[UNTOLD]),
    family("deepseek", "field reasoning_effort", &[]),
    family("deepseek", "unknown", &[UNTOLD]),
    family("google", "none", &[no_pictures_in_results(&[]), NO_THOUGHTS]),
    family(
        "meta",
        "none",
        &[no_pictures_in_results(&["llama4"]), nothing_beside_results(&["llama4"]), NO_THOUGHTS],
    ),
    family("meta", "unknown", &[UNTOLD]),
    family("minimax", "unknown", &[UNTOLD]),
    family("mistral", "none", &[no_pictures_in_results(&[]), nothing_beside_results(&[]), NO_THOUGHTS]),
    family("mistral", "unknown", &[no_pictures_in_results(&[]), nothing_beside_results(&[]), UNTOLD]),
    family("moonshot", "unknown", &[UNTOLD]),
    family("moonshotai", "unknown", &[no_pictures_in_results(&[]), UNTOLD]),
    family("nvidia", "none", &[no_pictures_in_results(&[]), NO_THOUGHTS]),
    family("nvidia", "unknown", &[UNTOLD]),
    family("openai", "field reasoning", &[no_pictures_in_results(&[])]),
    family("openai", "field reasoning always", &[no_pictures_in_results(&[])]),
    family("openai", "field reasoning_effort always", &[]),
    family("openai", "unknown", &[UNTOLD]),
    family("qwen", "none", &[no_pictures_in_results(&[]), NO_THOUGHTS]),
    family("qwen", "unknown", &[no_pictures_in_results(&[]), UNTOLD]),
    family(
        "writer",
        "unknown",
        &[NO_STATUS, no_pictures_in_results(&[]), nothing_beside_results(&[]), UNTOLD],
    ),
    family("xai", "unknown", &[no_pictures_in_results(&[]), UNTOLD]),
    family("zai", "unknown", &[UNTOLD]),
];
