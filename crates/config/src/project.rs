//! The file of a project: whoever wrote it may not be the one who runs the program.

use std::path::{Path, PathBuf};

use crate::check::Rules;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::node::Node;
use crate::path::{KeyPath, Segment};
use crate::source::Source;

/// The name of a project's file.
pub(crate) const FILE_NAME: &str = "outcrop.json5";

/// The nearest `outcrop.json5`, in `folder` or above it.
pub(crate) fn find(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file())
}

/// Removes what a project may not set: the keys of a provider that say where calls go and with what credentials, and
/// every key of its own that the provider does not allow, because nobody here can tell what it does.
pub(crate) fn restrict(source: &mut Source, rules: &Rules<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut root = std::mem::replace(&mut source.root, Node::object());
    let providers = root.get_mut("models").and_then(|models| models.get_mut("providers"));
    for provider in providers.and_then(Node::members_mut).into_iter().flatten() {
        let path = KeyPath::of(&["models", "providers", &provider.key]);
        let Some(members) = provider.node.members_mut() else { continue };
        members.retain(|member| {
            let own = path.join(Segment::Key(member.key.clone()));
            let allowed = rules.schemas.project_may_set(&own, rules.api(&own));
            if !allowed {
                let message = format!("a project may not set `{}` of a provider", member.key);
                let diagnostic = source.diagnostic(Code::Refused, Severity::Error, &member.key_span, message);
                diagnostics.push(
                    diagnostic
                        .key(&own)
                        .label("refused")
                        .help("set it in your own configuration, or name this file with `--config` if you know who wrote it"),
                );
            }
            allowed
        });
    }
    source.root = root;
}

#[cfg(test)]
mod tests;
