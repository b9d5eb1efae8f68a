//! Old and short forms, rewritten to the one form that everything else knows.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::edit::Edit;
use crate::node::{Data, Member, Node};
use crate::path::{KeyPath, Segment};
use crate::source::Source;

/// Where a newer product of the same family keeps what is `models.bedrockDiscovery` here.
const DISCOVERY_ALIAS: [&str; 5] = ["plugins", "entries", "amazon-bedrock", "config", "discovery"];

/// Rewrites the tree of `source`.
pub(crate) fn normalise(source: &mut Source, diagnostics: &mut Vec<Diagnostic>) {
    let mut root = std::mem::replace(&mut source.root, Node::object());
    if let Some(alias) = take(&mut root, &DISCOVERY_ALIAS) {
        merge_alias(source, &mut root, alias, diagnostics);
    }
    expand_model(&mut root);
    source.root = root;
}

/// The newer place of `models.bedrockDiscovery`.
pub(crate) fn alias() -> KeyPath {
    KeyPath::of(&DISCOVERY_ALIAS)
}

impl Edit {
    /// The other key at which the file says what is said at `path`, if it does: `models.bedrockDiscovery` may stand at the
    /// place that a newer product of the same family has for it. It counts unless the file says it at `path` too.
    pub fn alias_of(&self, path: &KeyPath) -> Option<KeyPath> {
        let [Segment::Key(models), Segment::Key(discovery), rest @ ..] = path.segments() else { return None };
        if (models.as_str(), discovery.as_str()) != ("models", "bedrockDiscovery") {
            return None;
        }
        let place = rest.iter().fold(alias(), |place, segment| place.join(segment.clone()));
        self.get(&place).is_some().then_some(place)
    }
}

/// Whether `path` is a key around the alias.
pub(crate) fn leads_to_alias(path: &KeyPath) -> bool {
    let alias = alias();
    alias.starts_with(path) && alias != *path
}

/// Takes the member at `path` out, and what is empty without it.
fn take(node: &mut Node, path: &[&str]) -> Option<Member> {
    let [first, rest @ ..] = path else { return None };
    if rest.is_empty() {
        return node.take(first);
    }
    let child = node.get_mut(first)?;
    let taken = take(child, rest)?;
    if child.members().is_empty() {
        node.take(first);
    }
    Some(taken)
}

/// Moves the members of the alias to `models.bedrockDiscovery`, where those that are already there win.
fn merge_alias(source: &Source, root: &mut Node, alias: Member, diagnostics: &mut Vec<Diagnostic>) {
    let models = root.get("models");
    if models.is_none_or(|models| models.is_object() && models.get("bedrockDiscovery").is_none()) {
        root.place(KeyPath::of(&["models", "bedrockDiscovery"]).segments(), alias.node);
        return;
    }
    let present = root.get_mut("models").and_then(|models| models.get_mut("bedrockDiscovery"));
    let (Some(present), Data::Object(members)) = (present.and_then(Node::members_mut), alias.node.data)
    else {
        return;
    };
    for member in members {
        if present.iter().all(|other| other.key != member.key) {
            present.push(member);
            continue;
        }
        let message = format!("`models.bedrockDiscovery.{}` is set in this file too, and counts", member.key);
        let diagnostic = source.diagnostic(Code::Alias, Severity::Warning, &member.key_span, message);
        diagnostics.push(diagnostic.label("has no effect").help("remove one of the two"));
    }
}

/// `model: "provider/id"` is short for `model: { primary: "provider/id" }`; in the long form it merges like any object.
fn expand_model(root: &mut Node) {
    let model = root
        .get_mut("agents")
        .and_then(|agents| agents.get_mut("defaults"))
        .and_then(|defaults| defaults.get_mut("model"));
    if let Some(model) = model
        && matches!(model.data, Data::Text(_))
    {
        let primary = model.clone();
        let member = Member { key: "primary".to_owned(), key_span: primary.span.clone(), node: primary };
        model.data = Data::Object(vec![member]);
    }
}
