//! `outcrop models show`.

use std::fmt::Write as _;

use anstyle::Style;
use outcrop::{ListedModel, ShownModel};
use outcrop_core::{
    AccessCard, CachingCard, FactOrigin, Modality, ModelCard, ModelId, Price, PriceTerms, Rates, Support,
    ThinkingCard,
};
use serde::Serialize;

use super::json;
use crate::args::OneModel;
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::{Terminal, harmless_line};

pub(super) async fn run(
    arguments: &OneModel,
    context: &Context,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let ready = context.start(terminal).await?;
    let shown = ready.outcrop.show(&ready.outcrop.reference(&arguments.model)).await?;
    if arguments.json {
        let called_as = shown.called_as.as_ref().map(|called| &called.model);
        let model = json::Model::of(&shown.model);
        return terminal.print_json(&Shown { model, listed: shown.listed, called_as });
    }
    terminal.print_styled(&Card::of(&shown).0)?;
    if !shown.listed {
        let id = &arguments.model;
        terminal.note(&format!("it is not listed: `outcrop models why {id}` says why"));
    }
    Ok(())
}

/// A card for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    #[serde(flatten)]
    model: json::Model<'a>,
    listed: bool,
    called_as: Option<&'a ModelId>,
}

/// A card for people: a line for each fact, with who says so behind it.
struct Card(String);

impl Card {
    fn of(shown: &ShownModel) -> Self {
        let ShownModel { model: ListedModel { card, tags, .. }, called_as, .. } = shown;
        let mut text = Self(String::new());
        text.identity(card);
        if let Some(called) = called_as {
            text.row("called as", called.model.as_str());
        }
        text.abilities(card);
        text.standing(card);
        text.price(card);
        if !tags.is_empty() {
            text.row("tags", &tags.join(" "));
        }
        text
    }

    fn row(&mut self, name: &str, value: &str) {
        writeln!(self.0, "{name:<14} {}", harmless_line(value)).ok();
    }

    /// A row with who says so.
    fn fact(&mut self, card: &ModelCard, field: &str, name: &str, value: &str) {
        let Some(origin) = card.origin.get(field) else { return self.row(name, value) };
        let origin = match origin {
            FactOrigin::Default => "default: a guess, never sent".to_owned(),
            known => known.to_string(),
        };
        let style = Style::new().dimmed();
        writeln!(self.0, "{name:<14} {}  {style}[{origin}]{style:#}", harmless_line(value)).ok();
    }

    fn identity(&mut self, card: &ModelCard) {
        self.fact(card, "name", "name", &card.name);
        self.row("id", card.id.as_str());
        match &card.maker_name {
            Some(name) => self.fact(card, "makerName", "maker", &format!("{name} ({})", card.maker)),
            None => self.row("maker", &card.maker),
        }
        if let Some(base) = &card.base_model {
            self.fact(card, "baseModel", "base model", base.as_str());
        }
        if let Some(profile) = &card.profile {
            let geography =
                profile.geography.as_ref().map(|it| format!(", geography {it}")).unwrap_or_default();
            let regions = if profile.regions.is_empty() {
                String::new()
            } else {
                format!(": {}", profile.regions.join(" "))
            };
            self.fact(card, "profile", "profile", &format!("{}{geography}{regions}", profile.kind));
        }
        if !card.regions.is_empty() {
            self.fact(card, "regions", "regions", &card.regions.join(" "));
        }
    }

    fn abilities(&mut self, card: &ModelCard) {
        self.fact(card, "contextWindow", "context", &format!("{} tokens", card.context_window));
        self.fact(card, "maxTokens", "output", &format!("{} tokens", card.max_tokens));
        self.fact(card, "input", "takes", &kinds(&card.input));
        self.fact(card, "output", "gives", &kinds(&card.output));
        self.fact(card, "streaming", "streams", word(card.streaming));
        self.fact(card, "tools", "tools", word(card.tools));
        self.fact(card, "reasoning", "reasoning", word(card.reasoning));
        self.fact(
            card,
            "thinking",
            "thinking",
            &card.thinking.as_ref().map_or("unknown".to_owned(), thinking),
        );
        self.fact(card, "caching", "caching", &caching(&card.caching));
    }

    fn standing(&mut self, card: &ModelCard) {
        self.fact(card, "lifecycle", "lifecycle", card.lifecycle.as_deref().unwrap_or("unknown"));
        if let Some(day) = &card.end_of_life {
            self.fact(card, "endOfLife", "end of life", day);
        }
        match &card.access {
            None => self.row("access", "not asked for: `outcrop models why` does"),
            Some(AccessCard { reason: None, .. }) => self.fact(card, "available", "access", "yes"),
            Some(AccessCard { reason: Some(reason), fix, .. }) => {
                let fix = fix.as_ref().map(|fix| format!("; {fix}")).unwrap_or_default();
                self.fact(card, "available", "access", &format!("no: {reason}{fix}"));
            }
        }
    }

    fn price(&mut self, card: &ModelCard) {
        let Some(Price { rates: usual, long_context }) = &card.price else {
            return self.row("price", "unknown");
        };
        let terms = card.price_terms.as_ref();
        self.fact(card, "cost", "price", &terms.map_or_else(|| "US dollars".to_owned(), scope));
        for (name, rate) in rates(usual) {
            self.row(&format!("  {name}"), &format!("{rate} $/M"));
        }
        for band in long_context.iter() {
            let rates = one_line(&band.rates);
            self.row("  long prompts", &format!("above {} tokens: {rates}", band.above_prompt_tokens));
        }
        for (tier, rates) in terms.iter().flat_map(|terms| &terms.tiers) {
            self.row(&format!("  {tier}"), &one_line(rates));
        }
    }
}

fn kinds(kinds: &[Modality]) -> String {
    let kinds: Vec<_> = kinds.iter().map(Modality::as_str).collect();
    kinds.join(" ")
}

const fn word(support: Support) -> &'static str {
    match support {
        Support::Yes => "yes",
        Support::No => "no",
        Support::Unknown => "unknown",
    }
}

fn thinking(card: &ThinkingCard) -> String {
    let mut text = card.mode.clone();
    if let Some(field) = &card.field {
        write!(text, " {field}").ok();
    }
    if card.always_on {
        text.push_str(", always on");
    }
    if !card.efforts.is_empty() {
        write!(text, ", efforts {}", card.efforts.join(" ")).ok();
    }
    if let Some(ceiling) = &card.effort_ceiling {
        write!(text, ", at most {ceiling}").ok();
    }
    text
}

fn caching(card: &CachingCard) -> String {
    let supported = word(card.supported);
    if !card.supported.is_yes() {
        return supported.to_owned();
    }
    let mut parts = vec![supported.to_owned()];
    parts.push(match (card.cache_points, card.max_cache_points) {
        (Support::Yes, Some(most)) => format!("at most {most} cache points"),
        (Support::Yes, None) => "cache points".to_owned(),
        (Support::No, _) => "by itself, without cache points".to_owned(),
        (Support::Unknown, _) => "cache points unknown".to_owned(),
    });
    parts.push(match card.one_hour {
        Support::Yes => "for 5 minutes or 1 hour".to_owned(),
        Support::No => "for 5 minutes".to_owned(),
        Support::Unknown => "for 1 hour: unknown".to_owned(),
    });
    parts.extend(card.min_tokens.map(|least| format!("from {least} tokens")));
    parts.join(", ")
}

/// What a price holds for, and how far it can be trusted.
fn scope(terms: &PriceTerms) -> String {
    let mut text = terms.scope.clone();
    if let Some(confidence) = &terms.confidence {
        write!(text, ", confidence {confidence}").ok();
    }
    if let Some(day) = &terms.as_of {
        write!(text, ", as of {day}").ok();
    }
    text
}

/// The rates that are known, in US dollars per million tokens.
fn rates(rates: &Rates) -> impl Iterator<Item = (&'static str, f64)> {
    let known = [
        ("input", Some(rates.input)),
        ("output", Some(rates.output)),
        ("cache read", rates.cache_read),
        ("cache write", rates.cache_write_5m),
        ("write, 1 h", rates.cache_write_1h),
    ];
    known.into_iter().filter_map(|(name, rate)| Some((name, rate?)))
}

fn one_line(of: &Rates) -> String {
    let parts: Vec<_> = rates(of).map(|(name, rate)| format!("{name} {rate}")).collect();
    format!("{} $/M", parts.join(", "))
}
