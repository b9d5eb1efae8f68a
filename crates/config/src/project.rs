//! The file of a project: whoever wrote it may not be the one who runs the program.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::check::Rules;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::node::{Data, Node, Span};
use crate::origin::Layer;
use crate::path::{KeyPath, Segment};
use crate::source::Source;
use crate::substitute;

const GUARDRAIL: &str = "guardrail";
const TRACE: &str = "trace";

/// The name of a project's file.
pub(crate) const FILE_NAME: &str = "outcrop.json5";

/// The nearest `outcrop.json5`, in `folder` or above it.
pub(crate) fn find(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file())
}

/// Removes what a project may not set: the keys of a provider that say where calls go and with what credentials, every
/// key of its own that the provider does not allow, because nobody here can tell what it does, another guardrail in place
/// of one of `guarded`, which are the providers that have one, who reads conversations in traces, and whatever asks for variables of the environment.
pub(crate) fn restrict(
    source: &mut Source,
    rules: &Rules<'_>,
    guarded: &BTreeSet<String>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut root = std::mem::replace(&mut source.root, Node::object());
    let providers = root.get_mut("models").and_then(|models| models.get_mut("providers"));
    for provider in providers.and_then(Node::members_mut).into_iter().flatten() {
        let path = KeyPath::of(&["models", "providers", &provider.key]);
        let has_guardrail = guarded.contains(&provider.key);
        let Some(members) = provider.node.members_mut() else { continue };
        members.retain(|member| {
            let own = path.join(Segment::Key(member.key.clone()));
            let message = if has_guardrail && member.key == GUARDRAIL {
                "a project may not change the guardrail of a provider that has one".to_owned()
            } else if !rules.schemas.project_may_set(&own, rules.api(&own)) {
                format!("a project may not set `{}` of a provider", member.key)
            } else {
                return true;
            };
            diagnostics.push(refused(source, &member.key_span, message).key(&own));
            false
        });
    }
    if let Some(members) = root.get_mut(TRACE).and_then(Node::members_mut) {
        members.retain(|member| {
            let own = KeyPath::of(&[TRACE, &member.key]);
            if rules.schemas.project_may_set(&own, None) {
                return true;
            }
            let message = format!("a project may not set `{own}`");
            diagnostics.push(refused(source, &member.key_span, message).key(&own));
            false
        });
    }
    refuse_variables(&mut root, &mut KeyPath::default(), source, diagnostics);
    source.root = root;
}

/// The providers for which one of these sources has a guardrail.
pub(crate) fn guarded(sources: &[Source]) -> BTreeSet<String> {
    let own = sources.iter().filter(|source| matches!(source.layer, Layer::System | Layer::User));
    let providers = own.filter_map(|source| source.root.get("models")?.get("providers"));
    let guarded = providers.flat_map(Node::members).filter(|provider| provider.node.get(GUARDRAIL).is_some());
    guarded.map(|provider| provider.key.clone()).collect()
}

/// Drops the texts in which a variable of the environment would be put: they would carry whatever is in there to where
/// the project says, into an address or a request.
fn refuse_variables(node: &mut Node, path: &mut KeyPath, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    match &mut node.data {
        Data::Object(members) => {
            for member in members {
                path.push(Segment::Key(member.key.clone()));
                refuse_variables(&mut member.node, path, source, diagnostics);
                path.pop();
            }
        }
        Data::Array(elements) => {
            for (position, element) in elements.iter_mut().enumerate() {
                path.push(Segment::Index(position));
                refuse_variables(element, path, source, diagnostics);
                path.pop();
            }
        }
        Data::Text(text) if substitute::asks_for_variables(text) => {
            let message = "a project may not read variables of the environment".to_owned();
            diagnostics.push(refused(source, &node.span, message).key(path));
            node.data = Data::Broken;
        }
        _ => {}
    }
}

fn refused(source: &Source, span: &Span, message: String) -> Diagnostic {
    source
        .diagnostic(Code::Refused, Severity::Error, span, message)
        .label("refused")
        .help("set it in your own configuration, or name this file with `--config` if you know who wrote it")
}

#[cfg(test)]
mod tests;
