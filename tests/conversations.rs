//! Whole conversations through the library: the provider with its layers, over a socket, with every family of models.
//!
//! Each has three turns: the user shows a picture and the model thinks and calls two tools, the tools answer and the model
//! does, the user asks on. Whatever a family cannot take is left out of what it is asked, so that every warning has to be
//! one that [`families`] expects, with the reason it gives.

mod abroad;
mod families;
mod talk;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use outcrop::outcrop_core::{ModelCard, ModelKind, Support};
use outcrop::{ModelFilter, Query};

use crate::support::Library;
use families::Family;
use talk::{Mode, Talk};

impl Library {
    /// Every model that converses, once, by the id that it is called by.
    fn models(&self) -> Vec<Model> {
        let mut query = Query::default();
        query.all = true;
        let list = self.runtime.block_on(self.outcrop.models(&query, &ModelFilter::default())).unwrap();
        let mut models: BTreeMap<String, Vec<Model>> = BTreeMap::new();
        let mut mute = BTreeSet::new();
        for listed in list.models {
            let reason = listed.hidden.as_ref().map(|hidden| hidden.rule.as_str());
            let base = listed.card.base_model.as_ref().unwrap_or(&listed.card.id).to_string();
            if listed.card.kind != ModelKind::Chat || reason == Some("converse") {
                mute.insert(base.clone());
            }
            let callable = !matches!(reason, Some("on-demand" | "end-of-life"));
            models.entry(base).or_default().push(Model { card: listed.card, callable });
        }
        models.retain(|base, _| !mute.contains(base));
        let nearest = |model: &Model| {
            let id = model.card.id.as_str();
            (model.callable, !id.starts_with("arn:"), id.starts_with("us."))
        };
        models.into_values().filter_map(|models| models.into_iter().max_by_key(nearest)).collect()
    }

    /// The models that still answer, each with its family.
    fn speakers(&self) -> Vec<(Model, &'static Family)> {
        let models = self.models().into_iter().filter(|model| model.callable);
        models.map(|model| (model.clone(), families::of(&model).unwrap())).collect()
    }
}

/// A model, and what is known of it.
#[derive(Clone, Debug)]
struct Model {
    card: Arc<ModelCard>,
    /// It has not gone away.
    callable: bool,
}

impl Model {
    fn id(&self) -> &str {
        self.card.id.as_str()
    }

    fn takes_images(&self) -> bool {
        self.card.input.iter().any(|kind| kind.as_str() == "image")
    }

    /// Calls tools, or nobody says that it cannot.
    fn takes_tools(&self) -> bool {
        self.card.tools != Support::No
    }

    /// It goes away soon, which every request to it is warned of.
    fn is_leaving(&self) -> bool {
        self.card.lifecycle.as_deref() == Some("LEGACY")
    }

    /// How it is told to think: the mode, the field if there is one, and whether it always does.
    fn told(&self) -> String {
        let Some(thinking) = &self.card.thinking else { return "unknown".to_owned() };
        let always = thinking.always_on.then_some("always");
        [Some(thinking.mode.as_str()), thinking.field.as_deref(), always]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    }
}

#[test]
fn every_model_that_converses_has_a_family_and_every_family_a_model() {
    let library = Library::start();
    let models = library.models();
    assert!(models.len() > 100, "only {} models", models.len());
    let without: Vec<_> = models.iter().filter(|model| families::of(model).is_none()).collect();
    let names: Vec<_> = without.iter().map(|model| format!("{}: {}", model.id(), model.told())).collect();
    assert!(names.is_empty(), "write a row in `families.rs` for\n{}", names.join("\n"));
    let found: BTreeSet<_> =
        models.iter().filter_map(families::of).map(|family| (family.maker, family.told)).collect();
    let rows: Vec<_> = families::FAMILIES.iter().map(|family| (family.maker, family.told)).collect();
    assert_eq!(
        rows.len(),
        found.len(),
        "{:?}",
        rows.iter().filter(|row| !found.contains(row)).collect::<Vec<_>>()
    );
    for reason in families::FAMILIES.iter().flat_map(|family| family.warnings).map(|warning| warning.reason) {
        assert!(reason.len() > 10, "{reason}");
    }
}

/// Streamed and in one piece: the same bodies, the same answers.
#[test]
fn three_turns_with_thoughts_tools_and_pictures_go_round() {
    let library = Library::start();
    for (model, family) in library.speakers() {
        let talks = [Mode::Stream, Mode::Generate].map(|mode| {
            let mut talk = Talk::with(&library, &model, family, mode);
            for _ in 0..3 {
                talk.turn();
            }
            talk
        });
        let [streamed, whole] = &talks;
        assert_eq!(streamed.bodies, whole.bodies, "{}", model.id());
        assert_eq!(streamed.request.messages, whole.request.messages, "{}", model.id());
    }
}

/// Claude refuses thoughts of which a byte was changed, and with a budget also a turn that begins without any: the library
/// gives up the thoughts, and not the conversation.
#[test]
fn spoilt_thoughts_end_no_conversation() {
    for (told, also) in [("budget", Some("thinking-mid-turn")), ("adaptive", None), ("adaptive always", None)]
    {
        for spoil in [talk::change_text, talk::change_signature, talk::change_secret] {
            // What a model refuses is remembered, so that each has a library of its own.
            let library = Library::start();
            let claude = |(model, _): &(Model, _)| {
                model.card.maker == "anthropic" && model.told() == told && !model.is_leaving()
            };
            let (model, family) = library.speakers().into_iter().find(claude).unwrap();
            let mut talk = Talk::with(&library, &model, family, Mode::Stream);
            talk.turn();
            talk.spoil(spoil);
            talk.goes_on_after_a_repair(&["reasoning-refused"].into_iter().chain(also).collect::<Vec<_>>());
        }
    }
}

/// The newest models of Claude want nothing changed before what they thought. That the conversations above pass says that
/// nothing is; where a program changes its system prompt, the thoughts before are given up.
#[test]
fn another_system_prompt_ends_no_conversation() {
    let library = Library::start();
    let bound = |(model, _): &(Model, _)| model.id().ends_with("claude-opus-5-5");
    let (model, family) = library.speakers().into_iter().find(bound).unwrap();
    let mut talk = Talk::with(&library, &model, family, Mode::Stream);
    talk.turn();
    talk.request.system.clear();
    talk.goes_on_after_a_repair(&["reasoning-refused"]);
}

/// Two answers in a row are one turn for the service. Where another model's comes first, the thoughts of the second are in
/// the middle of it, where Claude wants none: they are left out before it says so.
#[test]
fn an_answer_of_another_model_before_the_thoughts_ends_no_conversation() {
    let library = Library::start();
    let claude = |(model, _): &(Model, _)| model.told() == "budget" && !model.is_leaving();
    let (model, family) = library.speakers().into_iter().find(claude).unwrap();
    let mut talk = Talk::with(&library, &model, family, Mode::Stream);
    for _ in 0..3 {
        talk.turn();
    }
    talk.begin_with_another_answer();
    talk.goes_on_without_a_refusal(&["displaced-reasoning", "merged-turns"]);
}

#[test]
fn a_conversation_goes_on_with_a_model_of_another_family() {
    let library = Library::start();
    let speakers = library.speakers();
    // One model of each family for everything that can be in a conversation with it.
    let mut heard = BTreeSet::new();
    for (model, family) in &speakers {
        let content = (model.takes_images(), model.takes_tools(), model.card.reasoning.is_yes());
        if heard.insert((family.maker, family.told, content)) {
            abroad::goes_on(&library, model, family, &speakers);
        }
    }
    assert!(heard.len() > families::FAMILIES.len(), "{heard:#?}");
}
