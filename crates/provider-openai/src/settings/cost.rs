//! What a model costs, as the configuration says it.

use outcrop_core::{LongContextRates, Price, Rates};
use serde::Deserialize;
use serde_json::Value;

use super::check::Problems;

/// The members that are rates.
const RATES: [&str; 5] = ["input", "output", "cacheRead", "cacheWrite", "cacheWrite1h"];

/// US dollars per million tokens.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Said {
    input: Option<f64>,
    output: Option<f64>,
    cache_read: Option<f64>,
    cache_write: Option<f64>,
    #[serde(rename = "cacheWrite1h")]
    cache_write_1h: Option<f64>,
}

impl Said {
    fn read(value: &Value) -> Self {
        Self::deserialize(value).unwrap_or_default()
    }

    /// The rates, with `usual` ones for those that are left out; `None` without one for what comes in or goes out.
    fn rates(self, usual: Option<&Rates>) -> Option<Rates> {
        Some(Rates {
            input: self.input.or(usual.map(|usual| usual.input))?,
            output: self.output.or(usual.map(|usual| usual.output))?,
            cache_read: self.cache_read.or(usual.and_then(|usual| usual.cache_read)),
            cache_write_5m: self.cache_write.or(usual.and_then(|usual| usual.cache_write_5m)),
            cache_write_1h: self.cache_write_1h.or(usual.and_then(|usual| usual.cache_write_1h)),
        })
    }

    fn is_zero(self) -> bool {
        let all = [self.input, self.output, self.cache_read, self.cache_write, self.cache_write_1h];
        all.into_iter().flatten().all(|rate| rate == 0.0)
    }
}

/// The price that is meant; `None` if all is zero, as in files that were filled in by a form, or too little is said.
pub(super) fn price(cost: &Value) -> Option<Price> {
    let bands = cost.get("longContext").and_then(Value::as_array).into_iter().flatten();
    let bands: Vec<_> = bands
        .filter_map(|band| Some((super::check::tokens(band.get("abovePromptTokens")?)?, Said::read(band))))
        .collect();
    let said = Said::read(cost);
    if said.is_zero() && bands.iter().all(|(_, said)| said.is_zero()) {
        return None;
    }
    let rates = said.rates(None)?;
    let mut long_context: Vec<_> = bands
        .into_iter()
        .filter_map(|(above, said)| {
            Some(LongContextRates { above_prompt_tokens: above.into(), rates: said.rates(Some(&rates))? })
        })
        .collect();
    long_context.sort_by_key(|band| band.above_prompt_tokens);
    Some(Price { rates, long_context: long_context.into() })
}

/// What is wrong with the `cost` of a model.
pub(super) fn check(cost: &Value, place: &str, name: &str, problems: &mut Problems) {
    if !cost.is_object() {
        return problems.add(place, format!("`{name}` must be an object"));
    }
    let rates = |said: &Value, place: &str, problems: &mut Problems| {
        for key in RATES {
            let value = said.get(key).filter(|value| !value.is_null());
            if value.is_some_and(|value| !value.as_f64().is_some_and(|rate| rate >= 0.0)) {
                let message = format!("`{name}` has a `{key}` that is no number of US dollars from 0 on");
                problems.add(&format!("{place}/{key}"), message);
            }
        }
    };
    rates(cost, place, problems);
    let Some(bands) = cost.get("longContext").filter(|value| !value.is_null()) else { return };
    let place = format!("{place}/longContext");
    let Some(bands) = bands.as_array() else {
        return problems.add(&place, format!("`{name}.longContext` must be a list"));
    };
    for (position, band) in bands.iter().enumerate() {
        let place = format!("{place}/{position}");
        if band.get("abovePromptTokens").and_then(super::check::tokens).is_none() {
            let message =
                format!("`{name}.longContext` has no number of tokens above 0 as `abovePromptTokens`");
            problems.add(&format!("{place}/abovePromptTokens"), message);
        }
        rates(band, &place, problems);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_price_is_what_is_said_and_what_follows_from_it() {
        let said = json!({
            "input": 1, "output": 2.5, "cacheRead": 0.1,
            "longContext": [{ "abovePromptTokens": 200_000, "output": 5 }, { "abovePromptTokens": 100_000, "input": 3 }],
        });
        let price = price(&said).unwrap();
        assert_eq!((price.rates.input, price.rates.output, price.rates.cache_read), (1.0, 2.5, Some(0.1)));
        let bands: Vec<_> = price
            .long_context
            .iter()
            .map(|it| (it.above_prompt_tokens, it.rates.input, it.rates.output))
            .collect();
        assert_eq!(bands, [(100_000, 3.0, 2.5), (200_000, 1.0, 5.0)]);
    }

    #[test]
    fn zeros_and_halves_are_no_price() {
        assert_eq!(price(&json!({ "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 })), None);
        assert_eq!(price(&json!({ "input": 1 })), None);
        assert_eq!(price(&json!({})), None);
    }
}
