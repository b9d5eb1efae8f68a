//! Which keys have another value.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::path::{KeyPath, Segment};

/// The paths at which two trees differ, in alphabetical order; of objects and of lists that merge by id, those in them.
pub(super) fn difference(old: &Value, new: &Value) -> Vec<KeyPath> {
    let mut paths = BTreeSet::new();
    compare(&KeyPath::default(), Some(old), Some(new), &mut paths);
    paths.into_iter().collect()
}

fn compare(path: &KeyPath, old: Option<&Value>, new: Option<&Value>, paths: &mut BTreeSet<KeyPath>) {
    if old == new {
        return;
    }
    let before = paths.len();
    if let (Some(old), Some(new)) = (parts(path, old), parts(path, new)) {
        for segment in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            let (old, new) = (old.get(segment).copied(), new.get(segment).copied());
            compare(&path.join(segment.clone()), old, new, paths);
        }
    }
    // It is no object, or the parts are the same and only their order is another one.
    if paths.len() == before {
        paths.insert(path.clone());
    }
}

/// What a value consists of; nothing, if there is none. `None` if it is one thing.
fn parts<'a>(path: &KeyPath, value: Option<&'a Value>) -> Option<BTreeMap<Segment, &'a Value>> {
    let key = |key: &str| Segment::Key(key.to_owned());
    match value {
        None => Some(BTreeMap::new()),
        Some(Value::Object(members)) => {
            Some(members.iter().map(|(name, member)| (key(name), member)).collect())
        }
        Some(Value::Array(elements)) if path.merges_by_id() => {
            let part = |element: &'a Value| Some((key(element.get("id")?.as_str()?), element));
            elements.iter().map(part).collect()
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn assert_difference(old: &Value, new: &Value, expected: &[&str]) {
        for (old, new) in [(old, new), (new, old)] {
            let paths: Vec<_> = difference(old, new).iter().map(ToString::to_string).collect();
            assert_eq!(paths, expected);
        }
    }

    #[test]
    fn objects_differ_in_their_members() {
        let one = json!({ "a": { "b": 1, "c": [1, 2], "d": null }, "e": 5 });
        assert_difference(&one, &one, &[]);
        assert_difference(&one, &json!({ "a": { "b": 2, "c": [2, 1], "d": null } }), &["a.b", "a.c", "e"]);
        assert_difference(&one, &json!({ "e": 5 }), &["a.b", "a.c", "a.d"]);
        assert_difference(&one, &json!({ "a": 1, "e": {} }), &["a", "e"]);
        assert_difference(&json!({ "a": {} }), &json!({}), &["a"]);
        assert_difference(&json!({ "a": null }), &json!({}), &["a"]);
    }

    #[test]
    fn models_differ_by_their_ids() {
        let models = |models: Value| json!({ "models": { "providers": { "mine": { "models": models } } } });
        let (a, b) = (json!({ "id": "a.1", "name": "A" }), json!({ "id": "b", "name": "B" }));
        let both = models(json!([a, b]));
        let model = r#"models.providers.mine.models."a.1""#;
        assert_difference(
            &both,
            &models(json!([{ "id": "a.1", "name": "Z" }, b])),
            &[&format!("{model}.name")],
        );
        assert_difference(&both, &models(json!([b])), &[&format!("{model}.id"), &format!("{model}.name")]);
        assert_difference(&both, &models(json!([b, a])), &["models.providers.mine.models"]);
    }
}
