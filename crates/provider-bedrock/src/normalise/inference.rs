//! Limits and sampling within what Converse and the model take.

use outcrop_core::{Error, ErrorKind, Inference, Result};

use super::{Warnings, plural};
use crate::learnt::Refusal;
use crate::target::Target;

pub(super) const RULES: &[&str] =
    &[MAX_TOKENS, LEAST_TOKENS, REFUSED_SAMPLING, RANGE, TEMPERATURE_WITH_TOP_P, BLANK_STOP, REFUSED_STOP];

const MAX_TOKENS: &str = "max-tokens-limit";
const LEAST_TOKENS: &str = "max-tokens-least";
const REFUSED_SAMPLING: &str = "sampling-refused";
const RANGE: &str = "sampling-range";
const TEMPERATURE_WITH_TOP_P: &str = "temperature-with-top-p";
const BLANK_STOP: &str = "blank-stop-sequence";
const REFUSED_STOP: &str = "stop-sequences-refused";

/// The most stop sequences of a request (`InferenceConfiguration` of the service model).
const MOST_STOP_SEQUENCES: usize = 2500;

/// The fewest tokens that OpenAI's own models take: "integer below minimum value. Expected a value >= 16".
const LEAST_OF_OPENAI: u32 = 16;

/// Brings limits and sampling into the range that the model takes, and leaves out what it refuses.
pub(super) fn adjust(inference: &Inference, target: &Target, warnings: &mut Warnings) -> Result<Inference> {
    let mut adjusted = inference.clone();
    adjusted.max_tokens = max_tokens(inference.max_tokens, target, warnings)?;
    drop_refused_sampling(&mut adjusted, target, warnings);
    adjusted.temperature = within(adjusted.temperature, "temperature", warnings)?;
    adjusted.top_p = within(adjusted.top_p, "topP", warnings)?;
    let pair_refused = target.fact(|facts| facts.temperature_with_top_p).is_no()
        || target.refuses(&Refusal::TemperatureWithTopP);
    if pair_refused && adjusted.temperature.is_some() && adjusted.top_p.take().is_some() {
        warnings.say(
            TEMPERATURE_WITH_TOP_P,
            "left out `topP`: this model takes it or `temperature`, and not both in one request",
        );
    }
    adjusted.stop_sequences = stop_sequences(adjusted.stop_sequences, target, warnings)?;
    Ok(adjusted)
}

/// Asking for more than the model can give is an error of the service, and so is less than it takes.
fn max_tokens(wanted: Option<u32>, target: &Target, warnings: &mut Warnings) -> Result<Option<u32>> {
    match (wanted, target.max_output_tokens) {
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
        (Some(wanted), _) if wanted < LEAST_OF_OPENAI && is_by_openai(target) => {
            warnings.say(
                LEAST_TOKENS,
                format!(
                    "raised `maxTokens` from {wanted} to {LEAST_OF_OPENAI}, the fewest that this model takes"
                ),
            );
            Ok(Some(LEAST_OF_OPENAI))
        }
        _ => Ok(wanted),
    }
}

/// Whether it is one of OpenAI's own GPT models, as opposed to those with open weights, which others serve.
fn is_by_openai(target: &Target) -> bool {
    target.facts.is_some_and(|facts| facts.provider == "openai" && !facts.id.starts_with("openai.gpt-oss"))
}

fn drop_refused_sampling(adjusted: &mut Inference, target: &Target, warnings: &mut Warnings) {
    let known = target.fact(|facts| facts.sampling).is_no();
    for (name, value, refusal) in [
        ("temperature", &mut adjusted.temperature, Refusal::Temperature),
        ("topP", &mut adjusted.top_p, Refusal::TopP),
    ] {
        let refused = (known || target.refuses(&refusal)) && value.take().is_some();
        warnings.counted(REFUSED_SAMPLING, usize::from(refused), |_| {
            format!("left out `{name}`, which this model refuses")
        });
    }
}

/// Converse takes 0 to 1 (`InferenceConfiguration` of the service model).
fn within(value: Option<f64>, name: &str, warnings: &mut Warnings) -> Result<Option<f64>> {
    let Some(value) = value else { return Ok(None) };
    if value.is_nan() {
        return Err(Error::new(ErrorKind::InvalidRequest, format!("`{name}` is no number"))
            .with_hint("give a number from 0 to 1, or leave it out"));
    }
    let clamped = value.clamp(0.0, 1.0);
    let outside = !(0.0..=1.0).contains(&value);
    warnings.counted(RANGE, usize::from(outside), |_| {
        format!("set `{name}` to {clamped}: {value} is not within 0 and 1")
    });
    Ok(Some(clamped))
}

fn stop_sequences(
    mut sequences: Vec<String>,
    target: &Target,
    warnings: &mut Warnings,
) -> Result<Vec<String>> {
    let before = sequences.len();
    // Claude alone is known to refuse white space; a line break is a good place to stop for others.
    let blank = |sequence: &str| sequence.is_empty() || (target.is_claude() && sequence.trim().is_empty());
    sequences.retain(|sequence| !blank(sequence));
    warnings.counted(BLANK_STOP, before - sequences.len(), |count| {
        format!("left out {} of `stopSequences` that this model refuses as blank", plural(count, "text"))
    });
    if sequences.len() > MOST_STOP_SEQUENCES {
        let message = format!(
            "`stopSequences` has {} texts, and may have {MOST_STOP_SEQUENCES} at most",
            sequences.len()
        );
        return Err(Error::new(ErrorKind::InvalidRequest, message));
    }
    let refused =
        target.fact(|facts| facts.stop_sequences).is_no() || target.refuses(&Refusal::StopSequences);
    if refused && !sequences.is_empty() {
        sequences.clear();
        warnings.say(REFUSED_STOP, "left out `stopSequences`, which this model refuses: it stops by itself");
    }
    Ok(sequences)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_stop_sequences_than_converse_takes_are_refused() {
        let stops = |count: usize| {
            let stop_sequences = (0..count).map(|number| format!("<{number}>")).collect();
            let inference = Inference { stop_sequences, ..Inference::default() };
            adjust(&inference, &Target::unknown(), &mut Warnings::default())
        };
        assert_eq!(stops(MOST_STOP_SEQUENCES).unwrap().stop_sequences.len(), MOST_STOP_SEQUENCES);
        let error = stops(MOST_STOP_SEQUENCES + 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.message().contains("`stopSequences` has 2501"), "{error}");
    }

    #[test]
    fn white_space_stops_whoever_is_not_known_to_refuse_it() {
        let stops = |id: &str| {
            let stop_sequences = vec![" ".to_owned(), String::new()];
            let inference = Inference { stop_sequences, ..Inference::default() };
            adjust(&inference, &Target::of(id), &mut Warnings::default()).unwrap().stop_sequences
        };
        assert_eq!(stops("unknown"), [" "]);
        assert_eq!(stops("anthropic.claude-opus-5"), [""; 0]);
    }
}
