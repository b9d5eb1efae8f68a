//! What two versions of the data file disagree on, for a maintainer to read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::datafile::{Models, tidy};

/// The difference, model by model and field by field, with a count at the end.
pub(super) fn between(old: &Models, new: &Models) -> String {
    let mut text = String::new();
    let (mut fields, mut changed) = (0, 0);
    for id in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        match (old.get(id), new.get(id)) {
            (None, Some(_)) => {
                let _ = writeln!(text, "+ {id}");
            }
            (Some(_), None) => {
                let _ = writeln!(text, "- {id}");
            }
            (Some(old), Some(new)) => {
                let lines = of_model(old, new);
                if !lines.is_empty() {
                    let _ = writeln!(text, "  {id}\n{}", lines.join("\n"));
                    changed += 1;
                    fields += lines.len();
                }
            }
            (None, None) => {}
        }
    }
    let added = new.keys().filter(|id| !old.contains_key(*id)).count();
    let gone = old.keys().filter(|id| !new.contains_key(*id)).count();
    let _ =
        write!(text, "{fields} fields differ in {changed} models; {added} models are new, {gone} are gone");
    text
}

fn of_model(old: &Value, new: &Value) -> Vec<String> {
    let (old, new) = (leaves(old), leaves(new));
    let paths = old.keys().chain(new.keys()).collect::<BTreeSet<_>>();
    let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    paths
        .into_iter()
        .filter(|path| old.get(*path) != new.get(*path))
        .map(|path| format!("    {path}: {} → {}", shown(old.get(path)), shown(new.get(path))))
        .collect()
}

/// Every value that is no object, by its path; a list is one value.
fn leaves(model: &Value) -> BTreeMap<String, Value> {
    fn collect(path: &str, value: Value, found: &mut BTreeMap<String, Value>) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                    collect(&path, value, found);
                }
            }
            other => {
                found.insert(path.to_owned(), other);
            }
        }
    }
    let mut found = BTreeMap::new();
    collect("", tidy(model.clone()), &mut found);
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn models(models: &[Value]) -> Models {
        models.iter().map(|model| (model["id"].as_str().unwrap().to_owned(), model.clone())).collect()
    }

    #[test]
    fn every_field_is_told_with_both_values() {
        let old = models(&[
            json!({ "id": "a.one", "price": { "us": { "input": 1.0 } }, "input": ["text"], "flags": {} }),
            json!({ "id": "a.same", "name": null }),
            json!({ "id": "a.went" }),
        ]);
        let new = models(&[
            json!({ "id": "a.came" }),
            json!({ "id": "a.one", "price": { "us": { "input": 1.5, "output": 2.0 } }, "input": ["text", "image"] }),
            json!({ "id": "a.same" }),
        ]);
        let expected = "\
+ a.came
  a.one
    input: [\"text\"] → [\"text\",\"image\"]
    price.us.input: 1.0 → 1.5
    price.us.output: nothing → 2.0
- a.went
3 fields differ in 1 models; 1 models are new, 1 are gone";
        assert_eq!(between(&old, &new), expected);
    }

    #[test]
    fn nothing_differs_from_itself() {
        let same = models(&[json!({ "id": "a.one" })]);
        assert!(between(&same, &same).starts_with("0 fields differ in 0 models"));
    }
}
