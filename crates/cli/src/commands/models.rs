//! `outcrop models`.

use std::time::SystemTime;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use outcrop::{ListedModel, ModelFilter, ModelList, Query};
use outcrop_core::{CatalogProblem, ModelCard, Price};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::args::{List, Models, ModelsCommand};
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(crate) async fn run(
    arguments: Models,
    context: &Context,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let list = match arguments.command {
        Some(ModelsCommand::List(list)) => list,
        None => arguments.list,
    };
    let ready = context.start(terminal).await?;
    let query = if list.refresh { Query::refresh() } else { Query::default() };
    let filter = ModelFilter::of(list.provider.clone()).with_words(list.filter.clone());
    let found = ready.outcrop.models(&query, &filter).await?;
    print(&list, &found, terminal)
}

fn print(arguments: &List, list: &ModelList, terminal: &mut Terminal) -> Result<(), Failure> {
    if arguments.json {
        return terminal.print_json(&summary(list)?);
    }
    for problem in &list.snapshot.problems {
        terminal.warn(&problem_line(problem));
    }
    if list.models.is_empty() {
        let reason =
            if list.snapshot.models.is_empty() { "nothing can be called here" } else { "no model fits" };
        terminal.note(&format!("No models found: {reason}"));
        return Ok(());
    }
    if arguments.plain {
        let lines: String = list.models.iter().map(|model| model.reference.key() + "\n").collect();
        return terminal.print(&lines);
    }
    terminal.print(&format!("{}\n", table(&list.models, terminal.is_interactive())))
}

fn problem_line(problem: &CatalogProblem) -> String {
    let place = problem.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
    let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{}{place}: {}: {}{hint}", problem.source, problem.code, problem.message)
}

fn table(models: &[ListedModel], fits_terminal: bool) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    // Elsewhere than on a terminal nothing is cut or wrapped: programs read along.
    table.set_content_arrangement(if fits_terminal {
        ContentArrangement::Dynamic
    } else {
        ContentArrangement::Disabled
    });
    table.set_header(["NAME", "ID", "CONTEXT", "OUTPUT", "IN $/M", "OUT $/M", "INPUT", "TAGS"]);
    for ListedModel { card, tags, .. } in models {
        let price = |rate: fn(&Price) -> f64| {
            card.price.as_ref().map_or_else(|| "-".to_owned(), |price| rate(price).to_string())
        };
        let input: Vec<_> = card.input.iter().map(outcrop_core::Modality::as_str).collect();
        table.add_row([
            card.name.clone(),
            card.id.to_string(),
            tokens(card, "contextWindow", card.context_window),
            tokens(card, "maxTokens", card.max_tokens),
            price(|price| price.rates.input),
            price(|price| price.rates.output),
            input.join(" "),
            tags.join(" "),
        ]);
    }
    for column in 2..6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
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
