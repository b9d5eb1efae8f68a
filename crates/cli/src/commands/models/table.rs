//! A table of models that fits the terminal.

use std::collections::BTreeSet;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use outcrop::ListedModel;
use outcrop_core::{FactOrigin, ModelCard, Price, Support};

use crate::args::List;
use crate::terminal::harmless_line;

/// A column.
struct Column {
    title: &'static str,
    cell: fn(&ListedModel) -> String,
    /// Whether it holds numbers.
    is_number: bool,
    /// When it goes where the terminal is narrow: 1 is the first one; what is most wanted stays.
    goes: Option<u8>,
}

/// A table of the models. `width`: that of the terminal, if it is one; ids are never wrapped or cut, so that they can be
/// copied. They stand last, so that a long ARN takes room in its own line only.
pub(super) fn of(models: &[ListedModel], arguments: &List, width: Option<u16>) -> String {
    let ids = models.iter().map(|model| model.card.id.as_str()).filter(|id| !id.starts_with("arn:"));
    let longest_id = ids.map(str::len).max().unwrap_or_default();
    let mut columns = columns(models, arguments);
    loop {
        let table = draw(&columns, models);
        let mut widths: Vec<_> =
            table.column_max_content_widths().iter().map(|width| usize::from(*width) + 2).collect();
        if let Some(last) = widths.last_mut() {
            *last = (longest_id + 2).min(*last);
        }
        let needed: usize = widths.iter().sum();
        let next = columns.iter().filter_map(|column| column.goes).min();
        match next {
            Some(next) if width.is_some_and(|width| needed > usize::from(width)) => {
                columns.retain(|column| column.goes != Some(next));
            }
            _ => return table.lines().map(|line| line.trim_end().to_owned() + "\n").collect(),
        }
    }
}

fn columns(models: &[ListedModel], arguments: &List) -> Vec<Column> {
    const fn text(title: &'static str, cell: fn(&ListedModel) -> String, goes: Option<u8>) -> Column {
        Column { title, cell, is_number: false, goes }
    }
    const fn number(title: &'static str, cell: fn(&ListedModel) -> String, goes: Option<u8>) -> Column {
        Column { title, cell, is_number: true, goes }
    }
    let regions: BTreeSet<_> = models.iter().flat_map(|model| &model.card.regions).collect();
    let columns = [
        Some(text("NAME", |model| model.card.name.clone(), Some(5))),
        Some(number("CONTEXT", context, Some(7))),
        Some(number("OUTPUT", output, Some(6))),
        Some(number("IN $/M", |model| price(&model.card, |price| price.rates.input), Some(9))),
        Some(number("OUT $/M", |model| price(&model.card, |price| price.rates.output), Some(8))),
        Some(text("INPUT", input, Some(1))),
        Some(text("THINKING", |model| thinking(&model.card), Some(2))),
        (regions.len() > 1).then(|| text("REGIONS", |model| model.card.regions.join(" "), Some(4))),
        arguments.access.then(|| text("ACCESS", access, None)),
        Some(text("TAGS", |model| model.tags.join(" "), Some(3))),
        arguments.all.then(|| text("HIDDEN BY", hidden, None)),
        Some(text("ID", |model| model.card.id.to_string(), None)),
    ];
    columns.into_iter().flatten().collect()
}

fn draw(columns: &[Column], models: &[ListedModel]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|column| column.title));
    for model in models {
        table.add_row(columns.iter().map(|column| harmless_line(&(column.cell)(model))));
    }
    for (_, drawn) in columns.iter().zip(table.column_iter_mut()).filter(|(column, _)| column.is_number) {
        drawn.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn context(model: &ListedModel) -> String {
    tokens(&model.card, "contextWindow", model.card.context_window)
}

fn output(model: &ListedModel) -> String {
    tokens(&model.card, "maxTokens", model.card.max_tokens)
}

fn input(model: &ListedModel) -> String {
    let kinds: Vec<_> = model.card.input.iter().map(outcrop_core::Modality::as_str).collect();
    kinds.join(" ")
}

fn access(model: &ListedModel) -> String {
    match model.card.available {
        Support::Yes => "yes",
        Support::No => "no",
        Support::Unknown => "?",
    }
    .to_owned()
}

fn hidden(model: &ListedModel) -> String {
    model.hidden.as_ref().map_or_else(|| "-".to_owned(), |hidden| hidden.rule.clone())
}

/// A number of tokens in thousands; a guess has a question mark.
fn tokens(card: &ModelCard, fact: &str, tokens: u32) -> String {
    let guess = card.origin.get(fact).is_some_and(|origin| *origin == FactOrigin::Default);
    let mark = if guess { "?" } else { "" };
    match tokens {
        0..1_000 => format!("{tokens}{mark}"),
        1_000..1_000_000 => format!("{}k{mark}", tokens / 1_000),
        _ => format!("{}M{mark}", f64::from(tokens / 100_000) / 10.0),
    }
}

/// A rate; one that few sources agree on has a tilde.
fn price(card: &ModelCard, rate: fn(&Price) -> f64) -> String {
    let Some(price) = &card.price else { return "-".to_owned() };
    let confidence = card.price_terms.as_ref().and_then(|terms| terms.confidence.as_deref());
    let mark = if matches!(confidence, Some("low" | "unrated")) { "~" } else { "" };
    format!("{mark}{}", rate(price))
}

/// How a request makes it think.
fn thinking(card: &ModelCard) -> String {
    let Some(thinking) = &card.thinking else {
        return if card.reasoning == Support::No { "-" } else { "?" }.to_owned();
    };
    let mode = match (thinking.mode.as_str(), &thinking.field) {
        ("none", _) => return "-".to_owned(),
        ("field", Some(field)) => field,
        (mode, _) => mode,
    };
    if thinking.always_on { format!("{mode} always") } else { mode.to_owned() }
}
