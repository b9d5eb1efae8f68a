//! From what several sources say about a model to what the table says; contradictions are refused.

use super::prices;
use super::row::{CacheMode, Effort, Flags, Mode, Row};

/// A row, and what had to be decided about it.
#[derive(Debug)]
pub(super) struct Reduced<'a> {
    pub(super) row: &'a Row,
    pub(super) thinking: Thinking<'a>,
    pub(super) native_structured_output: Option<bool>,
    pub(super) tool_result_images: Option<bool>,
    pub(super) caching: Caching,
}

/// Mirrors `Thinking` of the facts crate.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Thinking<'a> {
    None,
    Budget,
    Adaptive { efforts: Vec<Effort>, always_on: bool },
    Field { name: &'a str, efforts: Vec<Effort>, always_on: bool },
    Unknown,
}

/// Mirrors `PromptCaching` of the facts crate.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Caching {
    pub(super) supported: Option<bool>,
    pub(super) cache_points: Option<bool>,
    pub(super) max_cache_points: Option<u8>,
    pub(super) one_hour_ttl: Option<bool>,
    pub(super) min_tokens: Option<u32>,
}

/// The row, or everything that is wrong with it.
pub(super) fn reduce(row: &Row) -> Result<Reduced<'_>, Vec<String>> {
    let mut problems = prices::problems(row);
    let thinking = thinking(row).map_err(|problem| problems.push(problem)).unwrap_or(Thinking::Unknown);
    let flags = &row.flags;
    let native_structured_output =
        match (flags.native_structured_output_anthropic_style, flags.converse_output_config_json_schema) {
            (Some(general), Some(converse)) if general != converse => {
                problems.push("native structured output is both recorded and denied".to_owned());
                None
            }
            (general, converse) => converse.or(general),
        };
    let hoisting = row.thinking.needs_tool_result_image_hoisting;
    if hoisting.is_some() && hoisting == flags.tool_result_images {
        problems.push("images in tool results are both accepted and to be moved out".to_owned());
    }
    let tool_result_images = flags.tool_result_images.or(hoisting.map(|needed| !needed));
    let caching = caching(row, &mut problems);
    if problems.is_empty() {
        Ok(Reduced { row, thinking, native_structured_output, tool_result_images, caching })
    } else {
        Err(problems.into_iter().map(|problem| format!("  {}: {problem}", row.id)).collect())
    }
}

fn thinking(row: &Row) -> Result<Thinking<'_>, String> {
    let mode = row.thinking.thinking_mode;
    let flags = &row.flags;
    let adaptive = flags.adaptive_thinking == Some(true);
    let says_how = adaptive || mode.is_some();
    if says_how && row.reasoning != Some(true) {
        return Err("says how it thinks, but not that it reasons (`reasoning`)".to_owned());
    }
    match (mode, adaptive) {
        (None, true) | (Some(Mode::AnthropicAdaptive), _) => Ok(Thinking::Adaptive {
            efforts: efforts(row)?,
            always_on: flags.thinking_always_on == Some(true),
        }),
        (Some(mode), true) => {
            Err(format!("one source says adaptive thinking, another {mode:?} (`thinking_mode`)"))
        }
        (Some(Mode::Budget | Mode::AnthropicBudgetEffort), false) => budget(row),
        (Some(Mode::Effort | Mode::Field), false) => Ok(Thinking::Field {
            name: row
                .thinking
                .thinking_field
                .as_deref()
                .ok_or("takes an effort, in an unknown field (`thinking_field`)")?,
            efforts: efforts(row)?,
            always_on: flags.effort_none == Some(false),
        }),
        (None, false) if records_efforts(flags) || flags.thinking_always_on == Some(true) => {
            Err("has efforts or cannot stop thinking, and nothing says how it thinks (`thinking_mode`)"
                .to_owned())
        }
        (None, false) if row.reasoning == Some(false) => Ok(Thinking::None),
        (None, false) => Ok(Thinking::Unknown),
    }
}

fn budget(row: &Row) -> Result<Thinking<'_>, String> {
    if row.provider != "anthropic" {
        return Err(
            "the token budget is a field of Anthropic's models; what does this one take? (`thinking_mode`)"
                .to_owned(),
        );
    }
    if row.flags.thinking_always_on == Some(true) {
        return Err("a token budget can be left out, and thinking is always on (`thinking_mode`)".to_owned());
    }
    Ok(Thinking::Budget)
}

fn records_efforts(flags: &Flags) -> bool {
    let any = [
        flags.accepts_output_config_effort,
        flags.effort_max,
        flags.effort_minimal,
        flags.effort_none,
        flags.effort_xhigh,
    ];
    any.iter().any(Option::is_some)
}

/// The efforts, lowest first: as flags, as a list, or both alike.
fn efforts(row: &Row) -> Result<Vec<Effort>, String> {
    let flags = &row.flags;
    let listed = row.thinking.thinking_efforts.as_ref();
    if let Some(unsorted) = listed.filter(|efforts| !efforts.is_sorted()) {
        return Err(format!("the efforts {unsorted:?} are not in order (`thinking_efforts`)"));
    }
    if !records_efforts(flags) {
        return listed.cloned().ok_or_else(|| "no source has its efforts (`thinking_efforts`)".to_owned());
    }
    let usual = Some(true);
    let flagged = [
        (flags.effort_minimal, Effort::Minimal),
        (usual, Effort::Low),
        (usual, Effort::Medium),
        (usual, Effort::High),
        (flags.effort_xhigh, Effort::XHigh),
        (flags.effort_max, Effort::Max),
    ];
    let ceiling = flags.output_config_effort_ceiling.unwrap_or(Effort::Max);
    let flagged = flagged
        .into_iter()
        .filter(|(accepted, effort)| *accepted == Some(true) && *effort <= ceiling)
        .map(|(_, effort)| effort)
        .collect::<Vec<_>>();
    match listed {
        Some(listed) if *listed != flagged => {
            Err(format!("one source has the efforts {listed:?}, another {flagged:?} (`thinking_efforts`)"))
        }
        _ => Ok(flagged),
    }
}

fn caching(row: &Row, problems: &mut Vec<String>) -> Caching {
    let recorded = &row.thinking;
    let priced = row.prices_usd_per_mtok.values();
    let cache_priced =
        priced.clone().any(|price| price.cache_read.is_some() || price.cache_write_5m.is_some());
    let one_hour_priced = priced.clone().any(|price| price.cache_write_1h.is_some());
    let supported = row.prompt_caching.or(cache_priced.then_some(true));
    let cache_points = recorded.prompt_cache_mode.map(|mode| mode == CacheMode::Explicit);
    let max_cache_points = recorded.prompt_cache_max_checkpoints.filter(|most| *most > 0);
    if supported != Some(true) && cache_points == Some(true) {
        problems.push("takes cache points, and does not cache (`prompt_caching`)".to_owned());
    }
    if supported == Some(false) && cache_priced {
        problems.push("cached tokens have a price, and it does not cache (`prompt_caching`)".to_owned());
    }
    if cache_points != Some(true) && max_cache_points.is_some() {
        problems.push("counts cache points, and takes none (`prompt_cache_mode`)".to_owned());
    }
    if recorded.prompt_cache_1h_ttl == Some(false) && one_hour_priced {
        problems.push(
            "one-hour cache writes have a price, and there are none (`prompt_cache_1h_ttl`)".to_owned(),
        );
    }
    Caching {
        supported,
        cache_points,
        max_cache_points,
        one_hour_ttl: recorded.prompt_cache_1h_ttl.or(one_hour_priced.then_some(true)),
        min_tokens: row.prompt_cache_min_tokens,
    }
}
