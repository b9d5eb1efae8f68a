//! The layers as one tree, by figment: objects merge, everything else replaces.
//!
//! Arrays that merge by id go through figment as objects, keyed by id. The tag that figment gives to each value tells
//! which source won.

use std::collections::{BTreeMap, HashSet};

use figment::value::{Dict, Empty, Map, Num, Tag, Value as Tagged};
use figment::{Figment, Metadata, Profile, Provider};
use serde_json::Value;

use crate::node::{Data, Node};
use crate::path::{KeyPath, Segment};
use crate::source::Source;

/// The merged tree.
#[derive(Clone)]
pub(crate) struct Merged {
    figment: Figment,
    tree: Dict,
    /// The ids of each array that merges by id, in order: those of the weakest layer first.
    orders: BTreeMap<KeyPath, Vec<String>>,
}

/// One source, as figment takes it.
struct Contribution<'a> {
    position: usize,
    source: &'a Source,
}

impl Provider for Contribution<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::from(self.source.layer.name(), figment::Source::Custom(self.position.to_string()))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let dict = tagged(&self.source.root, &mut KeyPath::default()).into_dict().unwrap_or_default();
        Ok(Profile::Default.collect(dict))
    }
}

impl Merged {
    /// Merges the sources, weakest first.
    pub(crate) fn new(sources: &[Source]) -> Self {
        let mut figment = Figment::new();
        let mut orders = BTreeMap::new();
        for (position, source) in sources.iter().enumerate() {
            figment = figment.merge(Contribution { position, source });
            collect_ids(&source.root, &mut KeyPath::default(), &mut orders);
        }
        // The contributions cannot fail, so neither can the whole.
        let tree = figment
            .data()
            .ok()
            .and_then(|mut profiles| profiles.remove(&Profile::Default))
            .unwrap_or_default();
        for (path, ids) in &mut orders {
            // A stronger layer may have put `null` in place of a weaker one's array.
            let present = at(&tree, path).and_then(Tagged::as_dict);
            ids.retain(|id| present.is_some_and(|dict| dict.contains_key(id)));
        }
        Self { figment, tree, orders }
    }

    /// The whole tree.
    pub(crate) fn to_json(&self) -> Value {
        self.dict_to_json(&self.tree, &mut KeyPath::default())
    }

    /// The position among the sources of the one that set the value at `path`. For an object, to which several may
    /// have contributed, there is none.
    pub(crate) fn winner(&self, path: &KeyPath) -> Option<usize> {
        let value = at(&self.tree, &self.stable_path(path)).filter(|value| value.as_dict().is_none())?;
        self.figment.get_metadata(value.tag())?.source.as_ref()?.custom()?.parse().ok()
    }

    /// The same path with positions in arrays that merge by id replaced by the ids, which mean the same in every layer.
    pub(crate) fn stable_path(&self, path: &KeyPath) -> KeyPath {
        let mut stable = KeyPath::default();
        for segment in path.segments() {
            let id = match segment {
                Segment::Index(index) => self.orders.get(&stable).and_then(|ids| ids.get(*index)),
                Segment::Key(_) => None,
            };
            stable.push(id.map_or_else(|| segment.clone(), |id| Segment::Key(id.clone())));
        }
        stable
    }

    fn value_to_json(&self, value: &Tagged, path: &mut KeyPath) -> Value {
        match value {
            Tagged::String(_, text) => Value::String(text.clone()),
            Tagged::Char(_, character) => Value::String(character.to_string()),
            Tagged::Bool(_, value) => Value::Bool(*value),
            Tagged::Num(_, number) => number_to_json(number),
            Tagged::Empty(..) => Value::Null,
            // Only arrays that replace each other are still arrays here, so the path below them is never asked for.
            Tagged::Array(_, elements) => {
                elements.iter().map(|element| self.value_to_json(element, path)).collect()
            }
            Tagged::Dict(_, dict) => self.dict_to_json(dict, path),
        }
    }

    fn dict_to_json(&self, dict: &Dict, path: &mut KeyPath) -> Value {
        let ids = self.orders.get(path);
        let mut below = |key: &String, value: &Tagged| {
            path.push(Segment::Key(key.clone()));
            let json = self.value_to_json(value, path);
            path.pop();
            json
        };
        let Some(ids) = ids else {
            return Value::Object(dict.iter().map(|(key, value)| (key.clone(), below(key, value))).collect());
        };
        ids.iter().filter_map(|id| Some(below(id, dict.get(id)?))).collect()
    }
}

/// The value at a path without positions in arrays that merge by id.
fn at<'t>(tree: &'t Dict, path: &KeyPath) -> Option<&'t Tagged> {
    let (Segment::Key(first), rest) = path.segments().split_first()? else { return None };
    rest.iter().try_fold(tree.get(first)?, |value, segment| match (value, segment) {
        (Tagged::Dict(_, dict), Segment::Key(key)) => dict.get(key),
        (Tagged::Array(_, elements), Segment::Index(index)) => elements.get(*index),
        _ => None,
    })
}

/// Notes the ids of the arrays that merge by id, those that were not there before at the end.
fn collect_ids(node: &Node, path: &mut KeyPath, orders: &mut BTreeMap<KeyPath, Vec<String>>) {
    if let (Data::Array(elements), true) = (&node.data, path.merges_by_id()) {
        let ids = orders.entry(path.clone()).or_default();
        let mut known: HashSet<String> = ids.iter().cloned().collect();
        ids.extend(elements.iter().filter_map(id_of).filter(|id| known.insert(id.clone())));
    }
    for member in node.members() {
        path.push(Segment::Key(member.key.clone()));
        collect_ids(&member.node, path, orders);
        path.pop();
    }
}

fn id_of(element: &Node) -> Option<String> {
    element.get("id").and_then(Node::text).map(str::to_owned)
}

/// The tree of a source as figment knows values; figment sets the tags.
fn tagged(node: &Node, path: &mut KeyPath) -> Tagged {
    let tag = Tag::Default;
    match &node.data {
        Data::Null | Data::Broken => Tagged::Empty(tag, Empty::None),
        Data::Boolean(value) => Tagged::Bool(tag, *value),
        Data::Number(number) => Tagged::Num(tag, number_from_json(number)),
        Data::Text(text) => Tagged::String(tag, text.clone()),
        Data::Array(elements) if path.merges_by_id() => {
            let keyed = elements.iter().filter_map(|element| Some((id_of(element)?, element)));
            Tagged::Dict(tag, keyed.map(|(id, element)| below(id, element, path)).collect())
        }
        Data::Array(elements) => {
            Tagged::Array(tag, elements.iter().map(|element| tagged(element, path)).collect())
        }
        Data::Object(members) => {
            let members = members.iter().map(|member| below(member.key.clone(), &member.node, path));
            Tagged::Dict(tag, members.collect())
        }
    }
}

fn below(key: String, node: &Node, path: &mut KeyPath) -> (String, Tagged) {
    path.push(Segment::Key(key.clone()));
    let value = tagged(node, path);
    path.pop();
    (key, value)
}

fn number_from_json(number: &serde_json::Number) -> Num {
    if let Some(value) = number.as_u64() {
        Num::U64(value)
    } else if let Some(value) = number.as_i64() {
        Num::I64(value)
    } else {
        Num::F64(number.as_f64().unwrap_or_default())
    }
}

/// Only the widths that [`number_from_json`] makes can come back.
fn number_to_json(number: &Num) -> Value {
    match *number {
        Num::U64(value) => Value::from(value),
        Num::I64(value) => Value::from(value),
        Num::F64(value) => Value::from(value),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests;
