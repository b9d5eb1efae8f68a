//! A catalogue of prices: entries with a rule that says which ids they are for. It tells the global price from the
//! regional one, and cites the price list.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::ids;
use crate::facts::row::{LongContext, Price};

/// One entry.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    pub(super) id: String,
    #[serde(rename = "match")]
    clause: Clause,
    name: Option<String>,
    pub(super) context_window: Option<u32>,
    prices: Value,
}

/// Which ids an entry is for.
#[derive(Debug, Deserialize)]
#[serde(tag = "is")]
enum Clause {
    #[serde(rename = "ClauseContains")]
    Contains { contains: String },
    #[serde(rename = "ClauseEquals")]
    Equals { equals: String },
    #[serde(rename = "ClauseStartsWith")]
    StartsWith { starts_with: String },
    #[serde(rename = "ClauseEndsWith")]
    EndsWith { ends_with: String },
    #[serde(rename = "ClauseOr")]
    Or { or_: Vec<Self> },
}

impl Clause {
    /// The simple clauses that hold for an id, by their words.
    fn words_for<'a>(&'a self, id: &str) -> Vec<&'a str> {
        let (holds, word) = match self {
            Self::Contains { contains } => (id.contains(contains.as_str()), contains),
            Self::Equals { equals } => (id == equals, equals),
            Self::StartsWith { starts_with } => (id.starts_with(starts_with.as_str()), starts_with),
            Self::EndsWith { ends_with } => (id.ends_with(ends_with.as_str()), ends_with),
            Self::Or { or_ } => return or_.iter().flat_map(|clause| clause.words_for(id)).collect(),
        };
        if holds { vec![word] } else { Vec::new() }
    }

    fn words(&self) -> Vec<&str> {
        match self {
            Self::Contains { contains } => vec![contains],
            Self::Equals { equals } => vec![equals],
            Self::StartsWith { starts_with } => vec![starts_with],
            Self::EndsWith { ends_with } => vec![ends_with],
            Self::Or { or_ } => or_.iter().flat_map(Self::words).collect(),
        }
    }
}

/// The first entry for an id, and whether its rule names the prefix of that id. Rules for older models take any prefix,
/// and know nothing of its price.
pub(super) fn find<'a>(entries: &'a [Entry], prefix: Option<&str>, base: &str) -> Option<(&'a Entry, bool)> {
    let id = ids::join(prefix, base);
    let (entry, words) = entries
        .iter()
        .map(|entry| (entry, entry.clause.words_for(&id)))
        .find(|(_, words)| !words.is_empty())?;
    let names =
        |prefix: &str| words.iter().any(|word| word.split_once('.').is_some_and(|(it, _)| it == prefix));
    Some((entry, prefix.is_none_or(names)))
}

impl Entry {
    /// The foundation model: entries of one model are told apart by `global.` and `regional.`.
    pub(super) fn base(&self) -> &str {
        let id = self.id.strip_prefix("regional.").unwrap_or(&self.id);
        ids::split(id).1
    }

    pub(super) fn name(&self) -> Option<&str> {
        let name = self.name.as_deref()?;
        Some(name.strip_suffix(" (regional)").or_else(|| name.strip_suffix(" (global)")).unwrap_or(name))
    }

    /// Whether sound has a price.
    pub(super) fn speaks(&self) -> bool {
        self.prices.get("output_audio_mtok").is_some()
    }

    /// The prefixes that the rule names in front of that model.
    pub(super) fn prefixes(&self, base: &str) -> BTreeSet<String> {
        let prefix = |word: &str| {
            let (prefix, model) = ids::split(word);
            prefix.filter(|_| model.starts_with(base)).map(str::to_owned)
        };
        self.clause.words().into_iter().filter_map(prefix).collect()
    }

    /// The price on that day.
    pub(super) fn price(&self, day: &str) -> Option<Price> {
        let rates = self.current(day)?;
        let mut price = Price {
            input: base_rate(rates, "input_mtok"),
            // What is embedded has no output.
            output: Some(base_rate(rates, "output_mtok").unwrap_or(0.0)),
            cache_read: base_rate(rates, "cache_read_mtok"),
            cache_write_5m: base_rate(rates, "cache_write_mtok"),
            cache_write_1h: base_rate(rates, "cache_write_1h_mtok"),
            ..Price::default()
        };
        price.input?;
        price.long_context_tiers = long_context(rates);
        Some(price)
    }

    /// Prices that changed are a list; the last one that has begun holds.
    fn current(&self, day: &str) -> Option<&Value> {
        let Value::Array(list) = &self.prices else { return Some(&self.prices) };
        let begun = |entry: &&Value| match entry.get("constraint") {
            None | Some(Value::Null) => true,
            Some(limit) => limit.get("start_date").and_then(Value::as_str).is_some_and(|start| start <= day),
        };
        list.iter().rev().find(begun)?.get("prices")
    }
}

fn base_rate(rates: &Value, field: &str) -> Option<f64> {
    let rate = rates.get(field)?;
    rate.as_f64().or_else(|| rate.get("base")?.as_f64())
}

/// Only thresholds that both input and output have: others are no price of a request.
fn long_context(rates: &Value) -> Vec<LongContext> {
    let bands = |field: &str| -> Vec<(u64, f64)> {
        let bands = rates.get(field).and_then(|rate| rate.get("tiers")).and_then(Value::as_array);
        let band = |band: &Value| Some((band.get("start")?.as_u64()?, band.get("price")?.as_f64()?));
        bands.into_iter().flatten().filter_map(band).collect()
    };
    let rate =
        |field: &str, start: u64| bands(field).into_iter().find(|band| band.0 == start).map(|band| band.1);
    let mut found = bands("input_mtok")
        .into_iter()
        .filter_map(|(start, input)| {
            Some(LongContext {
                above_input_tokens: start,
                input,
                output: rate("output_mtok", start)?,
                cache_read: rate("cache_read_mtok", start),
                cache_write_5m: rate("cache_write_mtok", start),
                cache_write_1h: rate("cache_write_1h_mtok", start),
            })
        })
        .collect::<Vec<_>>();
    found.sort_by_key(|band| band.above_input_tokens);
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entries(entries: Value) -> Vec<Entry> {
        serde_json::from_value(entries).unwrap()
    }

    fn model(id: &str, clause: &Value, prices: &Value) -> Value {
        json!({ "is": "ModelInfo", "id": id, "match": clause, "prices": prices })
    }

    #[test]
    fn the_first_entry_whose_rule_holds_is_taken_and_may_not_know_the_prefix() {
        let price = json!({ "input_mtok": 1.0, "output_mtok": 2.0 });
        let regional = json!({ "is": "ClauseOr", "or_": [
            { "is": "ClauseEquals", "equals": "anthropic.new" },
            { "is": "ClauseContains", "contains": "us.anthropic.new" },
        ] });
        let entries = entries(json!([
            model(
                "global.anthropic.new",
                &json!({ "is": "ClauseEndsWith", "ends_with": "global.anthropic.new" }),
                &price
            ),
            model("regional.anthropic.new", &regional, &price),
            model("anthropic.old", &json!({ "is": "ClauseContains", "contains": "anthropic.old" }), &price),
        ]));
        let found =
            |prefix, base| find(&entries, prefix, base).map(|(entry, exact)| (entry.id.as_str(), exact));
        assert_eq!(found(Some("global"), "anthropic.new"), Some(("global.anthropic.new", true)));
        assert_eq!(found(Some("us"), "anthropic.new"), Some(("regional.anthropic.new", true)));
        assert_eq!(found(None, "anthropic.new"), Some(("regional.anthropic.new", true)));
        assert_eq!(found(Some("eu"), "anthropic.new"), None);
        assert_eq!(found(Some("eu"), "anthropic.old"), Some(("anthropic.old", false)));
        assert_eq!(entries[1].base(), "anthropic.new");
        assert_eq!(entries[1].prefixes("anthropic.new"), BTreeSet::from(["us".to_owned()]));
    }

    #[test]
    fn the_price_that_holds_on_the_day_is_taken() {
        let started = |day: &str, input: f64| {
            json!({
                "is": "ConditionalPrice",
                "constraint": { "is": "StartDateConstraint", "start_date": day },
                "prices": { "input_mtok": input, "output_mtok": 2.0 },
            })
        };
        let prices = json!([{ "prices": { "input_mtok": 9.0, "output_mtok": 2.0 } }, started("2026-03-01", 5.0), started("2026-09-01", 4.0)]);
        let entries =
            entries(json!([model("a.one", &json!({ "is": "ClauseEquals", "equals": "a.one" }), &prices)]));
        let input = |day| entries[0].price(day).unwrap().input;
        assert_eq!(input("2026-02-28"), Some(9.0));
        assert_eq!(input("2026-03-01"), Some(5.0));
        assert_eq!(input("2026-11-01"), Some(4.0));
    }

    #[test]
    fn bands_are_put_together_from_the_single_rates() {
        let tiered =
            |base: f64, above: f64| json!({ "base": base, "tiers": [{ "start": 272_000, "price": above }] });
        let prices = json!({
            "input_mtok": tiered(4.0, 8.0), "output_mtok": tiered(20.0, 30.0), "cache_read_mtok": tiered(0.4, 0.8),
            "cache_write_mtok": 5.0,
        });
        let entries =
            entries(json!([model("a.one", &json!({ "is": "ClauseEquals", "equals": "a.one" }), &prices)]));
        let price = entries[0].price("2026-01-01").unwrap();
        assert_eq!((price.input, price.output, price.cache_write_5m), (Some(4.0), Some(20.0), Some(5.0)));
        let expected = LongContext {
            above_input_tokens: 272_000,
            input: 8.0,
            output: 30.0,
            cache_read: Some(0.8),
            cache_write_5m: None,
            cache_write_1h: None,
        };
        assert_eq!(price.long_context_tiers, [expected]);
    }
}
