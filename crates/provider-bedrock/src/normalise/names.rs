//! Names and ids of tools: Converse takes `[a-zA-Z0-9_-]{1,64}` for the first and `[a-zA-Z0-9_.:-]{1,64}` for the
//! second (`ToolSpecification.name`, `ToolUseBlock.toolUseId` of the service model).

use std::collections::BTreeMap;

use outcrop_core::{Message, Tool, ToolChoice};

use super::Warnings;

pub(super) const RULES: &[&str] = &[];

/// What tools are called by the caller, by the names that were sent. Names that needed no change are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    /// What the caller calls the tool.
    pub(crate) fn original(&self, sent: String) -> String {
        self.0.get(&sent).cloned().unwrap_or(sent)
    }
}

/// Maps what Converse would refuse.
pub(super) fn map(
    _messages: &mut [Message],
    _tools: &mut [Tool],
    _choice: &mut Option<ToolChoice>,
    _warnings: &mut Warnings,
) -> Names {
    Names::default()
}
