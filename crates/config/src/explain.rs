//! The whole stack of a key: what counts, where it comes from, and what it hides.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::config::Config;
use crate::node::Node;
use crate::origin::{Layer, Origin};
use crate::path::{KeyPath, Segment};
use crate::variables::AMBIENT;

/// What is known about the value of a key.
///
/// As JSON: `{"key", "value", "origin": {"layer", "file", "line", "column", "variable"} | null, "shadowed": [{"value",
/// "origin"}]}`. Values of secret keys are asterisks.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The key.
    pub key: KeyPath,
    /// The value that counts; `null` if nothing sets one.
    pub value: Value,
    /// Where it comes from; for an object or a list that merges, the strongest source that sets something in it.
    pub origin: Option<Origin>,
    /// What weaker sources say, strongest first.
    pub shadowed: Vec<Shadowed>,
}

/// A value that a stronger source hides; for an object, one that was merged into it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Shadowed {
    /// The value.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

impl Config {
    /// Everything that is known about the value of a key.
    ///
    /// The variables of the AWS tools appear for the keys that they stand in for, with the layer
    /// [`Layer::Ambient`], although [`Settings`](crate::Settings) does not hold their values: the code that talks to
    /// AWS weighs them against sources that the configuration does not know.
    pub fn explain(&self, path: &KeyPath) -> Explanation {
        let path = &self.merged.stable_path(path);
        let mut stack = self.stack(path);
        stack.extend(self.ambient(path));
        stack.sort_by_key(|shadowed| std::cmp::Reverse(shadowed.origin.layer));
        let value = self.get(path);
        let winner = self.winner(path);
        let position = stack.iter().position(|candidate| match &winner {
            Some(winner) => candidate.origin == *winner,
            // Nobody hides an ambient value if nobody set one.
            None => value.is_none() && candidate.origin.layer == Layer::Ambient,
        });
        let winner = position.map(|position| stack.remove(position));
        Explanation {
            key: path.clone(),
            value: value.or_else(|| winner.as_ref().map(|winner| winner.value.clone())).unwrap_or_default(),
            origin: winner.map(|winner| winner.origin),
            shadowed: stack,
        }
    }

    /// Where the value of a key comes from; `None` if nothing sets it.
    pub fn origin(&self, path: &KeyPath) -> Option<Origin> {
        self.winner(&self.merged.stable_path(path))
    }

    /// Every value that is set, as paths to strings, numbers, booleans, nulls and arrays, in alphabetical order.
    pub fn keys(&self) -> Vec<KeyPath> {
        keys_of(&self.value)
    }

    /// The same of what one layer sets, whether or not a stronger one hides it.
    pub fn keys_of(&self, layer: Layer) -> Vec<KeyPath> {
        let sources = self.sources.iter().filter(|source| source.layer == layer);
        let keys: BTreeSet<_> = sources.flat_map(|source| keys_of(&source.root.to_json())).collect();
        keys.into_iter().collect()
    }

    /// What one layer says about a key, whether or not a stronger one hides it; of an object, its own part. Values of
    /// secret keys are asterisks.
    pub fn said_by(&self, layer: Layer, path: &KeyPath) -> Option<(Value, Origin)> {
        let stack = self.stack(&self.merged.stable_path(path));
        let own = stack.into_iter().find(|said| said.origin.layer == layer);
        own.map(|said| (said.value, said.origin))
    }

    /// Who set the value at a stable path.
    fn winner(&self, path: &KeyPath) -> Option<Origin> {
        match self.merged.winner(path) {
            Some(position) => {
                let source = self.sources.get(position)?;
                source.root.find(path.segments()).map(|node| source.origin(&node.span))
            }
            None if self.lookup(path).is_some_and(|value| value.is_object() || path.merges_by_id()) => {
                self.stack(path).into_iter().next().map(|top| top.origin)
            }
            None => None,
        }
    }

    /// What each source says about a stable path, strongest first.
    fn stack(&self, path: &KeyPath) -> Vec<Shadowed> {
        let sources = self.sources.iter().rev();
        sources
            .filter_map(|source| {
                let node: &Node = source.root.find(path.segments())?;
                Some(Shadowed {
                    value: self.redacted(path, node.to_json()),
                    origin: source.origin(&node.span),
                })
            })
            .collect()
    }

    /// The variables of the AWS tools that stand in for the key.
    fn ambient(&self, path: &KeyPath) -> Vec<Shadowed> {
        let matches =
            |pattern: &&str| {
                let Ok(pattern) = pattern.parse::<KeyPath>() else { return false };
                pattern.segments().len() == path.segments().len()
                    && pattern.segments().iter().zip(path.segments()).all(|(expected, found)| {
                        *expected == Segment::Key("*".to_owned()) || expected == found
                    })
            };
        AMBIENT
            .iter()
            .filter(|(_, patterns)| patterns.iter().any(matches))
            .filter_map(|(name, _)| {
                let value =
                    self.loader.sources().environment.get(*name).filter(|value| !value.trim().is_empty())?;
                Some(Shadowed {
                    value: Value::from(value.as_str()),
                    origin: Origin::of_variable(Layer::Ambient, name),
                })
            })
            .collect()
    }
}

/// The paths to all values in a tree, in its order.
fn keys_of(value: &Value) -> Vec<KeyPath> {
    fn collect(value: &Value, path: &KeyPath, keys: &mut Vec<KeyPath>) {
        match value {
            Value::Object(members) if !members.is_empty() || path.segments().is_empty() => {
                for (key, value) in members {
                    collect(value, &path.key(key), keys);
                }
            }
            Value::Array(elements) if path.merges_by_id() && !elements.is_empty() => {
                for (index, element) in elements.iter().enumerate() {
                    let id = element.get("id").and_then(Value::as_str);
                    let segment = id.map_or(Segment::Index(index), |id| Segment::Key(id.to_owned()));
                    collect(element, &path.join(segment), keys);
                }
            }
            _ => keys.push(path.clone()),
        }
    }
    let mut keys = Vec::new();
    collect(value, &KeyPath::default(), &mut keys);
    keys
}

#[cfg(test)]
mod tests;
