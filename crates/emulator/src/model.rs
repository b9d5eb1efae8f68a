//! The model behind an id: what the checks and the answers need to know of it.

use outcrop_model_facts::BedrockId;
use outcrop_model_facts::facts::{self, ModelFacts, Thinking};

use crate::account::Row;
use crate::catalog;
use crate::place::has;

/// A model that somebody calls. The table of facts may not know it: then it takes what its row says, and everything of
/// which a model can be asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Model<'a> {
    /// The id of the foundation model, if there is one.
    pub(crate) id: Option<&'a str>,
    /// Its row, if the account lists it.
    pub(crate) row: Option<&'a Row>,
    /// What the account calls it.
    pub(crate) label: Option<&'a str>,
    facts: Option<&'static ModelFacts>,
    /// A prompt of prompt management stands before the model.
    prompt: bool,
}

impl<'a> Model<'a> {
    pub(crate) fn new(id: Option<&'a str>, row: Option<&'a Row>, label: Option<&'a str>) -> Self {
        let facts = id.and_then(|id| facts::lookup(&BedrockId::parse(id))).map(|found| found.facts);
        Self { id, row, label, facts, prompt: false }
    }

    /// The model behind a prompt of prompt management, of which nobody knows more than the prompt's id.
    pub(crate) fn behind_prompt(id: Option<&'a str>) -> Self {
        Self { prompt: true, ..Self::new(None, None, id) }
    }

    /// Whether a prompt of prompt management was called.
    pub(crate) const fn is_prompt(&self) -> bool {
        self.prompt
    }

    /// The name to show.
    pub(crate) fn name(&self) -> String {
        let listed = self.row.and_then(|row| row.get("modelName")?.as_str());
        let by_id = || self.id.map(catalog::name_from_id);
        listed
            .map(str::to_owned)
            .or_else(|| self.facts.map(catalog::name))
            .or_else(|| self.label.map(str::to_owned))
            .or_else(by_id)
            .unwrap_or_else(|| "a model of the account".to_owned())
    }

    /// The maker's prefix: `anthropic`.
    pub(crate) fn maker(&self) -> Option<&'a str> {
        BedrockId::parse(self.id?).maker()
    }

    /// Whether the table knows that of the model; what it does not know is not so.
    pub(crate) fn is_known(&self, ask: impl FnOnce(&ModelFacts) -> bool) -> bool {
        self.facts.is_some_and(ask)
    }

    /// A fact of the table, if it knows the model and the fact.
    pub(crate) fn fact<T>(&self, get: impl FnOnce(&'static ModelFacts) -> Option<T>) -> Option<T> {
        self.facts.and_then(get)
    }

    /// How a request controls its reasoning.
    pub(crate) fn thinking(&self) -> Thinking {
        self.facts.map_or(Thinking::Unknown, |facts| facts.thinking)
    }

    /// Whether it signs its reasoning, and takes only signed reasoning back.
    pub(crate) fn signs(&self) -> bool {
        self.maker() == Some("anthropic")
    }

    /// Whether Converse can call it. The table knows; of others, those that give text.
    pub(crate) fn converses(&self) -> bool {
        let gives_text = || {
            self.row.is_none_or(|row| {
                !row.contains_key("outputModalities") || has(row, "outputModalities", "TEXT")
            })
        };
        self.facts.map_or_else(gives_text, |facts| facts.converse)
    }

    /// Whether it streams, as far as its row tells.
    pub(crate) fn streams(&self) -> bool {
        self.row.and_then(|row| row.get("responseStreamingSupported")?.as_bool()).unwrap_or(true)
    }

    /// Whether it takes a kind of attachment: `image`, `document`, `video`, `audio`.
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the type lives in a crate that this one does not name"
    )]
    pub(crate) fn takes(&self, kind: &str) -> bool {
        let kinds: Vec<&str> = match self.facts {
            // A model of which the table knows no more than that it is there takes everything.
            Some(facts) if facts.input.is_empty() => return true,
            Some(facts) => facts.input.iter().map(|it| it.as_str()).collect(),
            None => match self.listed("inputModalities") {
                Some(words) => words.into_iter().filter_map(kind_of).collect(),
                // Nobody knows anything of the model.
                None => return true,
            },
        };
        // Converse reads documents to models that take text only, but to Amazon's own ("Document chat" in "Supported
        // models and model features").
        let read = || self.maker() != Some("amazon") || kinds.contains(&"image");
        kinds.contains(&kind) || (kind == "document" && read())
    }

    /// The words of a list in its row.
    fn listed(&self, member: &str) -> Option<Vec<&'a str>> {
        let words = self.row?.get(member)?.as_array()?;
        Some(words.iter().filter_map(serde_json::Value::as_str).collect())
    }
}

/// What a modality of a row is called in a content block.
fn kind_of(word: &str) -> Option<&'static str> {
    match word.to_ascii_uppercase().as_str() {
        "IMAGE" => Some("image"),
        "VIDEO" => Some("video"),
        "SPEECH" => Some("audio"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn row(value: &Value) -> Row {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_table_says_what_it_knows_and_the_row_says_the_rest() {
        let listed = row(&json!({ "modelName": "Nova Lite, ours", "inputModalities": ["TEXT"] }));
        let known = Model::new(Some("amazon.nova-lite-v1:0"), Some(&listed), None);
        assert_eq!((known.name().as_str(), known.maker()), ("Nova Lite, ours", Some("amazon")));
        assert!(
            known.takes("image")
                && known.converses()
                && known.is_known(|facts| facts.context_window.is_some())
        );

        let listed =
            row(&json!({ "inputModalities": ["TEXT", "IMAGE", "HOLOGRAM"], "outputModalities": ["TEXT"] }));
        let unknown = Model::new(Some("startup.first-model-v1:0"), Some(&listed), None);
        assert_eq!((unknown.name().as_str(), unknown.maker()), ("First Model", Some("startup")));
        assert!(unknown.takes("image") && unknown.takes("document") && !unknown.takes("video"));
        assert!(unknown.converses() && !unknown.is_known(|_| true));
        assert_eq!(unknown.thinking(), Thinking::Unknown);

        let listed = row(&json!({ "outputModalities": ["HOLOGRAM"], "responseStreamingSupported": false }));
        let silent = Model::new(Some("startup.hologram-v1:0"), Some(&listed), None);
        assert!(!silent.converses() && !silent.streams());
    }

    #[test]
    fn what_the_account_made_has_the_name_that_the_account_gave() {
        assert_eq!(Model::new(None, None, Some("our-llama")).name(), "our-llama");
        assert_eq!(Model::new(Some("amazon.nova-lite-v1:0"), None, Some("ours")).name(), "Nova Lite");
        let nothing = Model::new(None, None, None);
        assert_eq!(nothing.name(), "a model of the account");
        assert!(nothing.converses() && nothing.streams() && !nothing.signs() && nothing.takes("image"));
    }
}
