//! The widest catalogue: one row per id, region and endpoint. Costs are per token.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ids;
use crate::facts::row::{LongContext, Price, Tier};

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// The runtime endpoint, wherever nothing else is said.
    Runtime,
    /// The runtime endpoint in one region.
    Region(String),
    /// The endpoint `bedrock-mantle`.
    Mantle,
    /// The endpoint `bedrock-mantle` in one region.
    MantleRegion(String),
    /// Pictures of one size.
    Picture,
}

/// One row.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) place: Place,
    pub(super) prefix: Option<String>,
    pub(super) base: String,
    /// The key is the id and nothing else.
    plain: bool,
    fields: Map<String, Value>,
}

/// All rows about foundation models and their inference profiles.
///
/// Left out are committed throughput, other products, and ids without a maker or in the notation of other clouds.
pub(super) fn rows(catalogue: &Map<String, Value>) -> Vec<Row> {
    let row = |(key, fields): (&String, &Value)| {
        let (place, id) = place(key)?;
        let (prefix, base) = ids::split(id);
        let known = ids::is_model(base) && (prefix.is_none() || place == Place::Runtime);
        known.then_some(())?;
        Some(Row {
            place,
            prefix: prefix.map(str::to_owned),
            base: base.to_owned(),
            plain: id == key,
            fields: fields.as_object()?.clone(),
        })
    };
    catalogue.iter().filter_map(row).collect()
}

/// `bedrock/us-east-1/ID`, `bedrock_mantle/ID`, `512-x-512/50-steps/ID`, `ID`, …
fn place(key: &str) -> Option<(Place, &str)> {
    let (mantle, rest) = match key.split_once('/') {
        Some(("bedrock", rest)) => (false, rest),
        Some(("bedrock_mantle", rest)) => (true, rest),
        _ => (false, key),
    };
    match rest.split('/').collect::<Vec<_>>().as_slice() {
        [id] => Some((if mantle { Place::Mantle } else { Place::Runtime }, id)),
        [region, id] if is_region(region) => {
            let region = (*region).to_owned();
            Some((if mantle { Place::MantleRegion(region) } else { Place::Region(region) }, id))
        }
        [_, steps, id] if steps.ends_with("-steps") => Some((Place::Picture, id)),
        _ => None,
    }
}

fn is_region(text: &str) -> bool {
    let number = text.rsplit_once('-').map(|(_, number)| number);
    text.matches('-').count() >= 2 && number.is_some_and(|number| number.parse::<u8>().is_ok())
}

impl Row {
    /// For sorting: rows that say most about the model itself come first.
    pub(super) fn order(&self) -> (&Place, bool, Option<(usize, &str)>) {
        (&self.place, !self.plain, self.prefix.as_deref().map(ids::place))
    }

    /// Whether the row describes the model, and not only what it costs somewhere.
    pub(super) fn describes(&self) -> bool {
        self.place == Place::Mantle || (self.place == Place::Runtime && self.plain)
    }

    pub(super) fn is_mantle(&self) -> bool {
        matches!(self.place, Place::Mantle | Place::MantleRegion(_))
    }

    /// A field, if it is there and of that type.
    pub(super) fn get<T: DeserializeOwned>(&self, field: &str) -> Option<T> {
        T::deserialize(self.fields.get(field)?).ok()
    }

    /// Per million tokens, for tokens that are priced and not all free.
    pub(super) fn price(&self) -> Option<Price> {
        let price = Price {
            input: self.cost("input_cost_per_token"),
            output: self.cost("output_cost_per_token"),
            cache_read: self.cost("cache_read_input_token_cost"),
            cache_write_5m: self.cost("cache_creation_input_token_cost"),
            cache_write_1h: self.cost("cache_creation_input_token_cost_above_1hr"),
            long_context_tiers: self.long_context(),
            tier_flex: self.tier("flex"),
            tier_priority: self.tier("priority"),
            tier_batch: self.tier("batches"),
            confidence: None,
        };
        let priced = price.input.zip(price.output).is_some_and(|(input, output)| input > 0.0 || output > 0.0);
        (priced && self.place != Place::Picture).then_some(price)
    }

    fn cost(&self, field: &str) -> Option<f64> {
        Some(per_million(self.get(field)?))
    }

    fn tier(&self, name: &str) -> Option<Tier> {
        Some(Tier {
            input: self.cost(&format!("input_cost_per_token_{name}"))?,
            output: self.cost(&format!("output_cost_per_token_{name}"))?,
            cache_read: self.cost(&format!("cache_read_input_token_cost_{name}")),
        })
    }

    fn long_context(&self) -> Vec<LongContext> {
        let above = |field: &String| -> Option<u64> {
            field.strip_prefix("input_cost_per_token_above_")?.strip_suffix("k_tokens")?.parse().ok()
        };
        let thresholds = self.fields.keys().filter_map(above).collect::<BTreeSet<_>>();
        let rates = |thousands: u64| {
            let cost = |field: &str| self.cost(&format!("{field}_above_{thousands}k_tokens"));
            Some(LongContext {
                above_input_tokens: thousands * 1000,
                input: cost("input_cost_per_token")?,
                output: cost("output_cost_per_token")?,
                cache_read: cost("cache_read_input_token_cost"),
                cache_write_5m: cost("cache_creation_input_token_cost"),
                cache_write_1h: cost("cache_creation_input_token_cost_above_1hr"),
            })
        };
        thresholds.into_iter().filter_map(rates).collect()
    }
}

/// To ten digits: costs per token are decimals that binary fractions do not hold.
fn per_million(per_token: f64) -> f64 {
    format!("{:.9e}", per_token * 1e6).parse().unwrap_or(per_token * 1e6)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(catalogue: &Value) -> Vec<Row> {
        rows(catalogue.as_object().unwrap())
    }

    #[test]
    fn keys_tell_endpoint_region_and_profile() {
        let keys = [
            ("a.one", Place::Runtime, None),
            ("bedrock/a.one", Place::Runtime, None),
            ("us-gov.a.one", Place::Runtime, Some("us-gov")),
            ("bedrock/us-gov-west-1/a.one", Place::Region("us-gov-west-1".to_owned()), None),
            ("bedrock_mantle/a.one", Place::Mantle, None),
            ("bedrock_mantle/us-east-2/a.one", Place::MantleRegion("us-east-2".to_owned()), None),
            ("512-x-512/50-steps/a.one", Place::Picture, None),
        ];
        for (key, place, prefix) in keys {
            let rows = parsed(&json!({ key: {} }));
            let [row] = rows.as_slice() else { panic!("{key}") };
            assert_eq!(
                (&row.place, row.prefix.as_deref(), row.base.as_str()),
                (&place, prefix, "a.one"),
                "{key}"
            );
        }
        for key in [
            "bedrock/us-east-1/1-month-commitment/a.one",
            "bedrock/*/1-month-commitment/a.one",
            "bedrock/claude_platform/claude-opus-5",
            "bedrock/guardrails",
            "bedrock/invoke/a.one",
            "bedrock/us-east-1/eu.a.one",
            "a.one@20250101",
        ] {
            assert!(parsed(&json!({ key: {} })).is_empty(), "{key}");
        }
    }

    #[test]
    fn prices_are_per_million_tokens_with_every_band_and_tier() {
        let rows = parsed(&json!({ "a.one": {
            "input_cost_per_token": 3e-07, "output_cost_per_token": 1.1e-06, "cache_read_input_token_cost": 3.3e-08,
            "cache_creation_input_token_cost_above_1hr": 6e-07,
            "input_cost_per_token_above_200k_tokens": 6e-07, "output_cost_per_token_above_200k_tokens": 2.2e-06,
            "input_cost_per_token_flex": 1.5e-07, "output_cost_per_token_flex": 5.5e-07,
            "input_cost_per_token_priority": 5e-07,
        } }));
        let price = rows[0].price().unwrap();
        assert_eq!((price.input, price.output, price.cache_read), (Some(0.3), Some(1.1), Some(0.033)));
        assert_eq!((price.cache_write_5m, price.cache_write_1h), (None, Some(0.6)));
        let band = &price.long_context_tiers[0];
        assert_eq!(
            (band.above_input_tokens, band.input, band.output, band.cache_read),
            (200_000, 0.6, 2.2, None)
        );
        assert_eq!(price.tier_flex, Some(Tier { input: 0.15, output: 0.55, cache_read: None }));
        assert_eq!(price.tier_priority, None, "half a price is none");
    }

    #[test]
    fn what_is_paid_by_another_unit_has_no_price_per_token() {
        for fields in [
            json!({ "input_cost_per_token": 0.0, "output_cost_per_token": 0.0, "input_cost_per_query": 0.001 }),
            json!({ "output_cost_per_token": 7.5e-06, "input_cost_per_video_per_second": 0.00049 }),
        ] {
            assert_eq!(parsed(&json!({ "a.one": fields }))[0].price(), None);
        }
        let embedding = json!({ "a.one": { "input_cost_per_token": 2e-08, "output_cost_per_token": 0.0 } });
        assert!(parsed(&embedding)[0].price().is_some());
    }
}
