//! The two data files: read strictly, merged, checked for what would make nonsense of a table.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::datafile::{self, DataFile, Models, Package};
use super::row::Row;

pub(super) struct Source {
    pub(super) as_of: String,
    pub(super) sources: Vec<String>,
    pub(super) models: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverridesFile {
    #[serde(rename = "about")]
    _about: String,
    overrides: Vec<Override>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    ids: Vec<String>,
    set: Value,
    reason: String,
}

/// Reads both files and merges the second into the first. The models come out sorted by id.
pub(super) fn load(facts: &str, overrides: &str) -> Result<Source, String> {
    let DataFile { as_of, sources, mut models, .. } = datafile::read(facts)?;
    let overrides: OverridesFile =
        serde_json::from_str(overrides).map_err(|error| format!("overrides.json: {error}"))?;
    apply(&mut models, &overrides.overrides)?;
    let models = models.into_iter().map(|(id, model)| row(&id, model)).collect::<Result<_, _>>()?;
    let sources = sources.iter().map(Package::title).collect();
    Ok(Source { as_of, sources, models })
}

fn apply(models: &mut Models, overrides: &[Override]) -> Result<(), String> {
    for Override { ids, set, reason } in overrides {
        if reason.trim().is_empty() {
            return Err(format!("overrides.json: the row for `{}` has no reason", ids.join("`, `")));
        }
        let mut seen = BTreeSet::new();
        for id in ids {
            let model = models.get_mut(id).filter(|_| seen.insert(id)).ok_or_else(|| {
                format!("overrides.json: `{id}` is no model of model-facts.json, or named twice")
            })?;
            let before = model.clone();
            merge(model, set);
            if *model == before {
                return Err(format!(
                    "overrides.json: a row changes nothing about `{id}`; it can go: {reason}"
                ));
            }
        }
    }
    Ok(())
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            fields.remove(key);
        } else {
            merge(fields.entry(key).or_insert(Value::Null), value);
        }
    }
}

fn row(id: &str, model: Value) -> Result<Row, String> {
    serde_json::from_value(model).map_err(|error| format!("`{id}`: {error}"))
}
