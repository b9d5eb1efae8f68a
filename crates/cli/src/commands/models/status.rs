//! `outcrop models status`.

use std::fmt::Write as _;

use outcrop::{CatalogueRegion, CatalogueStatus, ProviderEndpoint, ProviderRegion};

use crate::args::Form;
use crate::context::Context;
use crate::failure::Failure;
use crate::terminal::{Terminal, harmless_line};

pub(super) async fn run(form: Form, context: &Context, terminal: &mut Terminal) -> Result<(), Failure> {
    let ready = context.start(terminal).await?;
    let status = ready.outcrop.catalogue_status().await;
    if form.json { terminal.print_json(&status) } else { terminal.print(&text(&status)) }
}

fn text(status: &CatalogueStatus) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: &str| writeln!(text, "{name:<12} {}", harmless_line(value)).ok();
    row("default", status.default.as_deref().unwrap_or("none: the best of the list is asked"));
    for fallback in &status.fallbacks {
        row("fallback", fallback);
    }
    row(
        "discovery",
        match status.enabled {
            Some(true) => "on",
            Some(false) => "off: only models of the configuration are listed",
            None => "on where there are credentials",
        },
    );
    row(
        "kept for",
        &match status.refresh_interval {
            0 => "nothing is kept".to_owned(),
            seconds => duration(seconds),
        },
    );
    row("facts", &format!("{} models as of {}", status.facts, status.facts_as_of));
    for region in &status.regions {
        add_region(&mut text, region);
    }
    for endpoint in &status.endpoints {
        add_endpoint(&mut text, endpoint);
    }
    text
}

fn add_endpoint(text: &mut String, endpoint: &ProviderEndpoint) {
    writeln!(text, "\n{}", harmless_line(&endpoint.provider)).ok();
    let mut row = |name: &str, value: &str| writeln!(text, "  {name:<10} {}", harmless_line(value)).ok();
    if let Some(url) = &endpoint.endpoint {
        row("endpoint", url);
    }
    row(
        "lists",
        &match endpoint.configured {
            0 => "the endpoint is asked each time".to_owned(),
            1 => "the model of the configuration".to_owned(),
            count => format!("the {count} models of the configuration"),
        },
    );
    if let Some(problem) = &endpoint.problem {
        row("problem", problem);
    }
}

fn add_region(text: &mut String, ProviderRegion { provider, status, .. }: &ProviderRegion) {
    let region = status.region.as_deref().unwrap_or("unknown region");
    writeln!(text, "\n{} ({})", harmless_line(region), harmless_line(provider)).ok();
    let mut row = |name: &str, value: &str| writeln!(text, "  {name:<10} {}", harmless_line(value)).ok();
    if let Some(endpoint) = &status.endpoint {
        row("endpoint", endpoint);
    }
    row("lists", &lists(status));
    if let Some(age) = status.age_seconds {
        let state = if status.fresh { "fresh" } else { "too old, or not complete: AWS is asked next time" };
        row("age", &format!("{}, {state}", duration(age)));
    }
    if let Some(cache) = &status.cache {
        row("cache", &cache.display().to_string());
    }
    for refused in &status.refused {
        row("refused", &format!("{refused}: it needs an inference profile"));
    }
    if let Some(problem) = &status.problem {
        row("problem", problem);
    }
}

/// What is known of a region.
fn lists(status: &CatalogueRegion) -> String {
    let list = |count: Option<usize>, name: &str| count.map(|count| format!("{name}: {count}"));
    let lists = [
        list(status.foundation_models, "foundation models"),
        list(status.inference_profiles, "inference profiles"),
        list(Some(status.deployments).filter(|count| *count > 0), "deployments"),
    ];
    let known: Vec<_> = lists.into_iter().flatten().collect();
    if known.is_empty() { "nothing is known yet".to_owned() } else { known.join(", ") }
}

/// Seconds, in the largest unit that loses no more than a half.
fn duration(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") }
}
