//! The model that is asked, as far as writing a request for it goes.

use outcrop_core::{CachingCard, FactOrigin, Modality, ModelCard, Support, ThinkingCard};
use outcrop_model_facts::facts::{self, Effort, ModelFacts, Thinking};
use outcrop_model_facts::{BedrockId, Kind, Partition};

use crate::learnt::{Refusal, Refusals};

/// What is known of the model that is asked: by the table of facts, by the catalogue's card, which the user's
/// configuration may have changed, and by what it refused before.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Target {
    /// The foundation model's id, where it is known; else what is called.
    pub base: String,
    /// The foundation model's row, if it has one.
    pub facts: Option<&'static ModelFacts>,
    /// The maker's prefix: `anthropic`.
    pub maker: Option<String>,
    /// How a request controls the model's reasoning.
    pub thinking: Control,
    /// How it caches prompts.
    pub caching: CachingCard,
    /// The most tokens that an answer may have.
    pub max_output_tokens: Option<u32>,
    /// Whether the call goes to AWS GovCloud (US), whose checks of a request are older.
    pub government: bool,
    /// A prompt of Prompt management is called, which brings its own system prompt, tools and limits.
    pub prompt: bool,
    /// What the model refused before.
    pub refusals: Refusals,
}

/// How a request controls the reasoning of a model: [`Thinking`], or what a card says in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Control {
    /// The model does not reason.
    None,
    /// `thinking: {type: "enabled", budget_tokens}`.
    Budget,
    /// `thinking: {type: "adaptive"}` with `output_config: {effort}`.
    Adaptive {
        /// The efforts that are accepted, lowest first; empty if nobody knows.
        efforts: Vec<Effort>,
        /// Reasoning cannot be turned off.
        always_on: bool,
    },
    /// A request field of the model's own.
    Field {
        /// The name inside `additionalModelRequestFields`.
        name: String,
        /// The efforts that are accepted, lowest first; empty if nobody knows.
        efforts: Vec<Effort>,
        /// Reasoning cannot be turned off.
        always_on: bool,
    },
    /// A request field of the model's own, and nobody says which.
    UnnamedField,
    /// Nobody knows.
    Unknown,
}

impl Target {
    /// The model behind an id, called in a region; the card, where there is one, has the last word.
    pub(crate) fn new(base: &BedrockId<'_>, region: &str, card: Option<&ModelCard>) -> Self {
        let facts = facts::lookup(base).map(|found| found.facts);
        let mut target = Self {
            base: base.base().unwrap_or_else(|| base.raw()).to_owned(),
            facts,
            maker: facts.map(|facts| facts.provider).or_else(|| base.maker()).map(str::to_owned),
            thinking: facts.map_or(Control::Unknown, Control::of_facts),
            caching: facts.map(|facts| facts.prompt_caching.card()).unwrap_or_default(),
            max_output_tokens: facts.and_then(|facts| facts.max_output_tokens),
            government: Partition::of_region(region) == Partition::AwsUsGov,
            prompt: base.kind() == Kind::Prompt,
            refusals: Refusals::default(),
        };
        if let Some(card) = card {
            target.believe(card);
        }
        target
    }

    fn believe(&mut self, card: &ModelCard) {
        if let Some(thinking) = &card.thinking {
            self.thinking = Control::of_card(thinking);
        }
        if card.caching != CachingCard::default() {
            self.caching = card.caching;
        }
        if card.origin.get("maxTokens").is_some_and(|origin| *origin != FactOrigin::Default) {
            self.max_output_tokens = Some(card.max_tokens);
        }
    }

    /// Whether the model is one of Anthropic's, which sign their reasoning.
    pub(crate) fn is_claude(&self) -> bool {
        self.maker.as_deref() == Some("anthropic")
    }

    /// Whether the model is one of Amazon's own.
    pub(crate) fn is_amazon(&self) -> bool {
        self.maker.as_deref() == Some("amazon")
    }

    /// Whether the model is a Claude of a generation before the fourth.
    pub(crate) fn is_before_claude_4(&self) -> bool {
        self.facts.is_some_and(ModelFacts::is_before_claude_4)
    }

    /// Whether the model reads what lies in Amazon S3: "As of 2026-04, only Nova models support S3 as input source for
    /// documents" (<https://github.com/aws/aws-sdk-js-v3/issues/7732>), and column "Amazon S3 links for multimedia" of
    /// "Supported models and model features" in the Bedrock user guide. Nobody knows of a model without a maker.
    pub(crate) fn reads_from_s3(&self) -> bool {
        self.maker.is_none() || self.is_amazon()
    }

    /// What a row says; [`Support::Unknown`] without one.
    pub(crate) fn fact(&self, of: impl FnOnce(&ModelFacts) -> Support) -> Support {
        self.facts.map_or(Support::Unknown, of)
    }

    /// Whether the model takes that kind of content, as far as is known.
    ///
    /// For documents the table says only whether the model reads them itself. To most others Converse reads them (column
    /// "Document chat" of "Supported models and model features" in the Bedrock user guide); not to Amazon's own, and not
    /// to Qwen (tried in <https://github.com/pydantic/pydantic-ai/pull/6098>).
    pub(crate) fn takes(&self, modality: &Modality) -> Support {
        let own = self.fact(|facts| match facts.input {
            [] => Support::Unknown,
            known => Support::from(known.contains(modality)),
        });
        let by_converse = *modality == Modality::Document && !self.is_amazon();
        match self.maker.as_deref() {
            Some("qwen") if by_converse => Support::No,
            _ if by_converse && own.is_no() => Support::Unknown,
            _ => own,
        }
    }

    /// Whether the model calls tools, as far as is known.
    pub(crate) fn calls_tools(&self) -> Support {
        if self.refuses(&Refusal::Tools) { Support::No } else { self.fact(|facts| facts.tool_use) }
    }

    /// How a request controls the reasoning, by what is known and by what the model refused before.
    pub(crate) fn control(&self) -> Control {
        let refuses = |kind: &str| self.refuses(&Refusal::ThinkingType(kind.to_owned()));
        match &self.thinking {
            Control::Budget | Control::Adaptive { .. } if refuses("enabled") && refuses("adaptive") => {
                Control::Unknown
            }
            Control::Budget if refuses("enabled") => {
                Control::Adaptive { efforts: Vec::new(), always_on: false }
            }
            Control::Adaptive { .. } if refuses("adaptive") => Control::Budget,
            Control::Adaptive { efforts, .. } if refuses("disabled") => {
                Control::Adaptive { efforts: efforts.clone(), always_on: true }
            }
            known => known.clone(),
        }
    }

    /// Whether the model refused this before.
    pub(crate) fn refuses(&self, refusal: &Refusal) -> bool {
        self.refusals.contains(refusal)
    }
}

impl Control {
    /// Whether the model thinks whatever a request says.
    pub(crate) const fn is_always_on(&self) -> bool {
        matches!(self, Self::Adaptive { always_on: true, .. } | Self::Field { always_on: true, .. })
    }

    fn of_facts(facts: &ModelFacts) -> Self {
        // The ceiling is what the sources tried; the list is what they document.
        let below = |efforts: &[Effort]| -> Vec<Effort> {
            let ceiling = facts.effort_ceiling.unwrap_or(Effort::Max);
            efforts.iter().copied().filter(|effort| *effort <= ceiling).collect()
        };
        match facts.thinking {
            Thinking::None => Self::None,
            Thinking::Budget => Self::Budget,
            Thinking::Adaptive { efforts, always_on } => {
                Self::Adaptive { efforts: below(efforts), always_on }
            }
            Thinking::Field { name, efforts, always_on } => {
                Self::Field { name: name.to_owned(), efforts: below(efforts), always_on }
            }
            Thinking::Unknown => Self::Unknown,
        }
    }

    fn of_card(card: &ThinkingCard) -> Self {
        const EFFORTS: [Effort; 6] =
            [Effort::Minimal, Effort::Low, Effort::Medium, Effort::High, Effort::XHigh, Effort::Max];
        let named = |name: &str| EFFORTS.into_iter().find(|effort| effort.as_str() == name);
        let ceiling = card.effort_ceiling.as_deref().and_then(named).unwrap_or(Effort::Max);
        let mut efforts: Vec<_> = card.efforts.iter().filter_map(|name| named(name)).collect();
        if efforts.is_empty() && card.effort_ceiling.is_some() {
            efforts = EFFORTS.into_iter().filter(|effort| *effort > Effort::Minimal).collect();
        }
        efforts.retain(|effort| *effort <= ceiling);
        efforts.sort_unstable();
        let always_on = card.always_on;
        match (card.mode.as_str(), &card.field) {
            ("none", _) => Self::None,
            ("budget", _) => Self::Budget,
            ("adaptive", _) => Self::Adaptive { efforts, always_on },
            ("field", Some(name)) => Self::Field { name: name.clone(), efforts, always_on },
            ("field", None) => Self::UnnamedField,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
impl Target {
    /// A model of the table, by its id and with what the table says.
    pub(crate) fn of(id: &str) -> Self {
        Self::new(&BedrockId::parse(id), "us-east-1", None)
    }

    /// A model of which nobody knows anything.
    pub(crate) fn unknown() -> Self {
        Self::of("unknown")
    }

    /// The same model after it refused something.
    pub(crate) fn after(mut self, refusal: Refusal) -> Self {
        self.refusals.insert(refusal);
        self
    }
}
