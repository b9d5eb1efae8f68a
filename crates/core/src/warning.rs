//! What was changed on the way, said aloud.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A setting or a part of the conversation that was adjusted, repaired or left out so that the request could be sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Warning {
    /// The rule that acted, such as `blank-text`. Stable.
    pub rule: Cow<'static, str>,
    /// What it did, for people: one lower-case line.
    pub message: String,
}

impl Warning {
    /// A warning of a rule.
    pub fn new(rule: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { rule: rule.into(), message: message.into() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
