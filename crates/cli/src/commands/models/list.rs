//! `outcrop models list`.

use std::collections::BTreeMap;

use outcrop::{ListedModel, ModelFilter, ModelList, Query};
use outcrop_core::AccessCard;

use super::{json, problem_line, table};
use crate::args::List;
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(super) async fn run(arguments: &List, context: &Context, terminal: &mut Terminal) -> Result<(), Failure> {
    let ready = context.start(terminal).await?;
    let query = if arguments.refresh { Query::refresh() } else { Query::default() };
    let query = query.with_all(arguments.all).with_access(arguments.access);
    let filter = ModelFilter::of(arguments.provider.clone()).with_words(arguments.filter.clone());
    let found = ready.outcrop.models(&query, &filter).await?;
    if arguments.json {
        return terminal.print_json(&summary(&found));
    }
    for problem in &found.snapshot.problems {
        terminal.warn(&problem_line(problem));
    }
    if found.models.is_empty() {
        let off = ready.outcrop.config().settings().models.bedrock_discovery.enabled == Some(false);
        let hidden = if off || !found.snapshot.models.is_empty() {
            String::new()
        } else {
            let all = Query::default().with_all(true);
            let everything = ready.outcrop.models(&all, &ModelFilter::default()).await;
            everything.map(|list| hidden(&list)).unwrap_or_default()
        };
        terminal.note(&format!("No models found: {}", reason(&found, off, &hidden)));
        return Ok(());
    }
    if arguments.plain {
        let lines: String = found.models.iter().map(|model| model.reference.key() + "\n").collect();
        terminal.print_answer(&lines)?;
    } else {
        terminal.print(&table::of(&found.models, arguments, terminal.width()))?;
    }
    for note in without_access(&found.models) {
        terminal.note(&note);
    }
    Ok(())
}

/// Why there is nothing to show.
fn reason(list: &ModelList, off: bool, hidden: &str) -> String {
    match (list.snapshot.models.is_empty(), off, hidden) {
        (false, ..) => "no model fits the filter; `outcrop models` shows what there is".to_owned(),
        (true, true, _) => {
            "AWS is not asked, because `models.bedrockDiscovery.enabled` is `false`".to_owned()
        }
        (true, false, "") => {
            "AWS lists no model here; `outcrop models status` shows where it was asked".to_owned()
        }
        (true, false, hidden) => {
            format!("all that AWS lists is hidden, by {hidden}; `outcrop models --all` shows each")
        }
    }
}

/// The rules that hide models, and how many each of them hides.
fn hidden(everything: &ModelList) -> String {
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for hidden in everything.models.iter().filter_map(|model| model.hidden.as_ref()) {
        *rules.entry(&hidden.rule).or_default() += 1;
    }
    let words: Vec<_> = rules.iter().map(|(rule, count)| format!("`{rule}` ({count})")).collect();
    words.join(", ")
}

/// What is missing for the models that the account has no access to, and what to do about it: once for all models that
/// miss the same.
fn without_access(models: &[ListedModel]) -> Vec<String> {
    let mut missing: BTreeMap<(&str, Option<&str>), Vec<String>> = BTreeMap::new();
    for ListedModel { card, .. } in models {
        if let Some(AccessCard { reason: Some(reason), fix, .. }) = &card.access {
            let concerned = missing.entry((reason, fix.as_deref())).or_default();
            concerned.push(format!("`{}`", card.id));
        }
    }
    let line = |((reason, fix), ids): ((&str, Option<&str>), Vec<String>)| {
        let fix = fix.map(|fix| format!("; fix: {fix}")).unwrap_or_default();
        format!("no access to {}: {reason}{fix}", ids.join(", "))
    };
    missing.into_iter().map(line).collect()
}

/// The list as a program reads it.
fn summary(list: &ModelList) -> json::List<'_> {
    json::List {
        count: list.models.len(),
        freshness: list.snapshot.freshness,
        taken_at: json::rfc3339(list.snapshot.taken_at),
        problems: &list.snapshot.problems,
        models: list.models.iter().map(json::Model::of).collect(),
    }
}
