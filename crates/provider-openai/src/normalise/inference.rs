//! Limits and sampling within what the protocol takes.

use outcrop_core::{Error, ErrorKind, Inference, Result};
use serde_json::{Map, Value};

use super::{Target, Warnings, plural};
use crate::compat::MaxTokensField;

pub(super) const RULES: &[&str] = &[MAX_TOKENS, RANGE, BLANK_STOP];

const MAX_TOKENS: &str = "max-tokens-limit";
const RANGE: &str = "sampling-range";
const BLANK_STOP: &str = "blank-stop-sequence";

/// Puts limits and sampling into the body.
pub(super) fn put(
    body: &mut Map<String, Value>,
    inference: &Inference,
    target: &Target,
    warnings: &mut Warnings,
) -> Result<()> {
    if let Some(tokens) = max_tokens(inference.max_tokens, target, warnings)? {
        let field = target.compat.max_tokens_field.unwrap_or(MaxTokensField::MaxTokens);
        body.insert(field.as_str().to_owned(), tokens.into());
    }
    // OpenAI, "Create chat completion".
    if let Some(temperature) = within(inference.temperature, 2.0, "temperature", warnings)? {
        body.insert("temperature".to_owned(), temperature.into());
    }
    if let Some(top_p) = within(inference.top_p, 1.0, "topP", warnings)? {
        body.insert("top_p".to_owned(), top_p.into());
    }
    let stops: Vec<_> = inference.stop_sequences.iter().filter(|stop| !stop.is_empty()).cloned().collect();
    warnings.counted(BLANK_STOP, inference.stop_sequences.len() - stops.len(), |count| {
        format!("left out {} of `stopSequences`: an answer cannot stop at it", plural(count, "empty text"))
    });
    if !stops.is_empty() {
        body.insert("stop".to_owned(), stops.into());
    }
    Ok(())
}

fn max_tokens(wanted: Option<u32>, target: &Target, warnings: &mut Warnings) -> Result<Option<u32>> {
    match (wanted, target.max_tokens) {
        (Some(0), _) => {
            Err(Error::new(ErrorKind::InvalidRequest, "`maxTokens` is 0, and must be at least 1"))
        }
        (Some(wanted), Some(limit)) if wanted > limit => {
            warnings.say(
                MAX_TOKENS,
                format!("lowered `maxTokens` from {wanted} to {limit}, the most that this model gives"),
            );
            Ok(Some(limit))
        }
        _ => Ok(wanted),
    }
}

fn within(value: Option<f64>, most: f64, name: &str, warnings: &mut Warnings) -> Result<Option<f64>> {
    let Some(value) = value else { return Ok(None) };
    if value.is_nan() {
        return Err(Error::new(ErrorKind::InvalidRequest, format!("`{name}` is no number"))
            .with_hint(format!("give a number from 0 to {most}, or leave it out")));
    }
    let clamped = value.clamp(0.0, most);
    let outside = !(0.0..=most).contains(&value);
    warnings.counted(RANGE, usize::from(outside), |_| {
        format!("set `{name}` to {clamped}: {value} is not within 0 and {most}")
    });
    Ok(Some(clamped))
}
