use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::origin::Layer;

fn source(value: &Value) -> Source {
    Source { root: Node::from_json(value), ..Source::new(Layer::User) }
}

fn merged(values: &[&Value]) -> Merged {
    Merged::new(&values.iter().map(|value| source(value)).collect::<Vec<_>>())
}

fn merge(values: &[&Value]) -> Value {
    merged(values).to_json()
}

#[test]
fn objects_merge_and_the_rest_replaces() {
    let weak = json!({ "a": { "x": 1, "y": [1, 2] }, "b": "text", "c": { "d": 1 } });
    let strong = json!({ "a": { "y": [3], "z": null }, "b": { "e": 1 }, "c": 5 });
    assert_eq!(
        merge(&[&weak, &strong]),
        json!({ "a": { "x": 1, "y": [3], "z": null }, "b": { "e": 1 }, "c": 5 })
    );
}

#[test]
fn models_merge_by_id_in_the_order_of_the_weakest() {
    let list = |models: Value| json!({ "models": { "providers": { "p": { "models": models } } } });
    let weak = list(json!([{ "id": "b", "name": "B", "maxTokens": 1 }, { "id": "a" }]));
    let strong = list(json!([{ "id": "c" }, { "id": "b", "maxTokens": 2 }]));
    assert_eq!(
        merge(&[&weak, &strong]),
        list(json!([{ "id": "b", "name": "B", "maxTokens": 2 }, { "id": "a" }, { "id": "c" }]))
    );
    assert_eq!(
        merge(&[&weak, &list(Value::Null), &list(json!([{ "id": "c" }]))]),
        list(json!([{ "id": "c" }]))
    );
    assert_eq!(merge(&[&weak, &list(json!([]))]), weak);
}

#[test]
fn positions_and_ids_name_the_same_model() {
    let list = json!({ "models": { "providers": { "p": { "models": [{ "id": "b.1" }, { "id": "a" }] } } } });
    let merged = merged(&[&list]);
    let stable = merged.stable_path(&"models.providers.p.models[0].id".parse().unwrap());
    assert_eq!(stable.to_string(), r#"models.providers.p.models."b.1".id"#);
    assert_eq!(merged.winner(&stable), Some(0));
    let outside = merged.stable_path(&"models.providers.p.models[7].id".parse().unwrap());
    assert_eq!(
        (outside.to_string().as_str(), merged.winner(&outside)),
        ("models.providers.p.models[7].id", None)
    );
}

#[test]
fn numbers_come_out_as_they_went_in() {
    let value = json!({ "a": u64::MAX, "b": i64::MIN, "c": 0.1, "d": 1.0, "e": 0 });
    assert_eq!(merge(&[&value]).to_string(), value.to_string());
}

/// Trees over few keys, so that layers meet: `a` and `b` hold objects, `c` and `d` everything else, as the schema has
/// it; and one list that merges by id.
fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from),
        prop::collection::vec(0..3, 0..3).prop_map(Value::from),
    ];
    let leaves = prop::collection::btree_map("[cd]", leaf, 0..3)
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()));
    let object = leaves.clone().prop_recursive(3, 16, 2, move |inner| {
        (leaves.clone(), prop::collection::btree_map("[ab]", inner, 0..3)).prop_map(|(leaves, objects)| {
            let leaves = leaves.as_object().cloned().unwrap_or_default();
            Value::Object(leaves.into_iter().chain(objects).collect::<Map<_, _>>())
        })
    });
    let model =
        ("[x-z]", prop::option::of(0..9)).prop_map(|(id, tokens)| json!({ "id": id, "maxTokens": tokens }));
    let models = prop::collection::vec(model, 0..4).prop_map(|mut models| {
        models.sort_by_key(|model| model["id"].to_string());
        models.dedup_by_key(|model| model["id"].to_string());
        models
    });
    (object, prop::option::of(models)).prop_map(|(object, models)| {
        let mut root = object.as_object().cloned().unwrap_or_default();
        if let Some(models) = models {
            root.insert("models".to_owned(), json!({ "providers": { "p": { "models": models } } }));
        }
        Value::Object(root)
    })
}

/// The paths of all values that are no objects.
fn leaves(value: &Value, path: &KeyPath, paths: &mut Vec<KeyPath>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                leaves(value, &path.key(key), paths);
            }
        }
        Value::Array(elements) if path.merges_by_id() => {
            for element in elements {
                leaves(element, &path.key(element["id"].as_str().unwrap()), paths);
            }
        }
        _ => paths.push(path.clone()),
    }
}

proptest! {
    #[test]
    fn merging_is_associative(a in tree(), b in tree(), c in tree()) {
        let all = merge(&[&a, &b, &c]);
        prop_assert_eq!(&merge(&[&merge(&[&a, &b]), &c]), &all);
        prop_assert_eq!(&merge(&[&a, &merge(&[&b, &c])]), &all);
    }

    #[test]
    fn merging_with_itself_or_nothing_changes_nothing(a in tree(), b in tree()) {
        prop_assert_eq!(merge(&[&a]), a.clone());
        prop_assert_eq!(merge(&[&a, &a]), a.clone());
        prop_assert_eq!(merge(&[&json!({}), &a, &json!({})]), a.clone());
        let both = merge(&[&a, &b]);
        prop_assert_eq!(merge(&[&both, &b]), both);
    }

    #[test]
    fn every_value_has_a_winner_that_set_it(a in tree(), b in tree(), c in tree()) {
        let sources = [source(&a), source(&b), source(&c)];
        let merged = Merged::new(&sources);
        let mut paths = Vec::new();
        leaves(&merged.to_json(), &KeyPath::default(), &mut paths);
        for path in paths {
            let winner = merged.winner(&path).unwrap();
            let value = sources[winner].root.find(path.segments()).unwrap().to_json();
            prop_assert_eq!(at(&merged.tree, &path).map(|value| merged.value_to_json(value, &mut path.clone())), Some(value));
            for stronger in &sources[winner + 1..] {
                prop_assert_eq!(stronger.root.find(path.segments()), None);
            }
        }
    }
}
