//! Limits and sampling within what Converse and the model take.

use super::Warnings;
use crate::target::Target;
use outcrop_core::{Error, ErrorKind, Inference, Result};

pub(super) const RULES: &[&str] = &[RANGE, REFUSED_SAMPLING];

const RANGE: &str = "sampling-range";
const REFUSED_SAMPLING: &str = "sampling-refused";

/// Clamps what is out of range and leaves out what the model refuses.
pub(super) fn adjust(inference: &Inference, target: &Target, warnings: &mut Warnings) -> Result<Inference> {
    if inference.max_tokens == Some(0) {
        return Err(Error::new(ErrorKind::InvalidRequest, "`maxTokens` is 0, and must be at least 1"));
    }
    let mut adjusted = Inference { stop_sequences: inference.stop_sequences.clone(), ..inference.clone() };
    adjusted.stop_sequences.retain(|sequence| !sequence.is_empty());
    if target.fact(|facts| facts.sampling).is_no() {
        for (name, value) in [("temperature", &mut adjusted.temperature), ("topP", &mut adjusted.top_p)] {
            let refused = value.take().is_some();
            warnings.counted(REFUSED_SAMPLING, usize::from(refused), |_| {
                format!("left out `{name}`, which this model refuses")
            });
        }
    }
    adjusted.temperature = within(adjusted.temperature, "temperature", warnings)?;
    adjusted.top_p = within(adjusted.top_p, "topP", warnings)?;
    Ok(adjusted)
}

/// Converse takes 0 to 1 (`InferenceConfiguration` of the service model).
fn within(value: Option<f64>, name: &str, warnings: &mut Warnings) -> Result<Option<f64>> {
    let Some(value) = value else { return Ok(None) };
    if value.is_nan() {
        return Err(Error::new(ErrorKind::InvalidRequest, format!("`{name}` is no number")));
    }
    let clamped = value.clamp(0.0, 1.0);
    let outside = !(0.0..=1.0).contains(&value);
    warnings.counted(RANGE, usize::from(outside), |_| {
        format!("set `{name}` to {clamped}: {value} is not within 0 and 1")
    });
    Ok(Some(clamped))
}
