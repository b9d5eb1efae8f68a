//! `outcrop models`.

use std::time::SystemTime;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use outcrop::{ListedModel, ModelFilter, ModelList, Query};
use outcrop_core::{CatalogProblem, ModelCard, Price};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::args::{List, Models};
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(crate) async fn run(
    arguments: Models,
    context: &Context,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let list = arguments.list();
    let ready = context.start(terminal).await?;
    let query = if list.refresh { Query::refresh() } else { Query::default() };
    let filter = ModelFilter::of(list.provider.clone()).with_words(list.filter.clone());
    let found = ready.outcrop.models(&query, &filter).await?;
    let off = ready.outcrop.config().settings().models.bedrock_discovery.enabled == Some(false);
    print(&list, &found, off, terminal)
}

fn print(arguments: &List, list: &ModelList, off: bool, terminal: &mut Terminal) -> Result<(), Failure> {
    if arguments.json {
        return terminal.print_json(&summary(list)?);
    }
    for problem in &list.snapshot.problems {
        terminal.warn(&problem_line(problem));
    }
    if list.models.is_empty() {
        let reason = match (list.snapshot.models.is_empty(), off) {
            (false, _) => "no model fits the filter",
            (true, true) => "AWS is not asked, because `models.bedrockDiscovery.enabled` is `false`",
            (true, false) => "AWS lists nothing that can be called here",
        };
        terminal.note(&format!("No models found: {reason}"));
        return Ok(());
    }
    if arguments.plain {
        let lines: String = list.models.iter().map(|model| model.reference.key() + "\n").collect();
        return terminal.print(&lines);
    }
    terminal.print(&format!("{}\n", table(&list.models, terminal.width())))
}

/// A source of the list that failed, in one line.
pub(crate) fn problem_line(problem: &CatalogProblem) -> String {
    let place = problem.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
    let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{}{place}: {}: {}{hint}", problem.source, problem.code, problem.message)
}

const COLUMNS: [&str; 8] = ["NAME", "ID", "CONTEXT", "OUTPUT", "IN $/M", "OUT $/M", "INPUT", "TAGS"];
/// The places of the columns that hold numbers.
const NUMBERS: std::ops::Range<usize> = 2..6;
/// The places of the columns that go where the terminal is narrow, the first one first.
const SACRIFICES: [usize; 3] = [6, 7, 0];

/// A table of the models. `width`: that of the terminal, if it is one; ids are never wrapped or cut, so that they can be
/// copied.
fn table(models: &[ListedModel], width: Option<u16>) -> Table {
    let rows: Vec<_> = models.iter().map(row).collect();
    let mut gone = Vec::new();
    loop {
        let kept = |place: &usize| !gone.contains(place);
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header((0..COLUMNS.len()).filter(kept).filter_map(|place| COLUMNS.get(place)));
        for row in &rows {
            table.add_row((0..row.len()).filter(kept).filter_map(|place| row.get(place)));
        }
        let places = (0..COLUMNS.len()).filter(kept);
        for (_, column) in places.zip(table.column_iter_mut()).filter(|(place, _)| NUMBERS.contains(place)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let needed: u16 = table.column_max_content_widths().iter().map(|width| width + 2).sum();
        match SACRIFICES.get(gone.len()) {
            Some(place) if width.is_some_and(|width| needed > width) => gone.push(*place),
            _ => return table,
        }
    }
}

fn row(ListedModel { card, tags, .. }: &ListedModel) -> [String; 8] {
    let price = |rate: fn(&Price) -> f64| {
        card.price.as_ref().map_or_else(|| "-".to_owned(), |price| rate(price).to_string())
    };
    let input: Vec<_> = card.input.iter().map(outcrop_core::Modality::as_str).collect();
    [
        card.name.clone(),
        card.id.to_string(),
        tokens(card, "contextWindow", card.context_window),
        tokens(card, "maxTokens", card.max_tokens),
        price(|price| price.rates.input),
        price(|price| price.rates.output),
        input.join(" "),
        tags.join(" "),
    ]
}

/// A number of tokens in thousands; a guess has a question mark.
fn tokens(card: &ModelCard, fact: &str, tokens: u32) -> String {
    let guess = card.origin.get(fact).is_some_and(|origin| *origin == outcrop_core::FactOrigin::Default);
    let mark = if guess { "?" } else { "" };
    match tokens {
        0..1_000 => format!("{tokens}{mark}"),
        1_000..1_000_000 => format!("{}k{mark}", tokens / 1_000),
        _ => format!("{}M{mark}", f64::from(tokens / 100_000) / 10.0),
    }
}

/// The list as a program reads it.
fn summary(list: &ModelList) -> Result<Value, Failure> {
    let models = list.models.iter().map(model_json).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({
        "count": models.len(),
        "freshness": list.snapshot.freshness,
        "takenAt": rfc3339(list.snapshot.taken_at),
        "problems": list.snapshot.problems,
        "models": models,
    }))
}

fn model_json(model: &ListedModel) -> Result<Value, Failure> {
    let mut listed = serde_json::to_value(&*model.card).map_err(|error| {
        outcrop::Error::new(outcrop::ErrorKind::Unexpected, "the list cannot be written as JSON")
            .with_source(error)
    })?;
    if let Value::Object(fields) = &mut listed {
        fields.insert("key".to_owned(), model.reference.key().into());
        fields.insert("cost".to_owned(), model.card.price.as_ref().map_or(Value::Null, cost_json));
        fields.insert("tags".to_owned(), json!(model.tags));
    }
    Ok(listed)
}

/// US dollars per million tokens.
fn cost_json(price: &Price) -> Value {
    let rates = &price.rates;
    json!({
        "input": rates.input,
        "output": rates.output,
        "cacheRead": rates.cache_read,
        "cacheWrite": rates.cache_write_5m,
    })
}

fn rfc3339(time: SystemTime) -> Option<String> {
    let whole_seconds = OffsetDateTime::from(time).replace_nanosecond(0).ok()?;
    whole_seconds.format(&Rfc3339).ok()
}
