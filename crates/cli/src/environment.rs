//! The one place that reads the process environment.

use std::collections::BTreeMap;

/// All variables whose name and value are Unicode.
pub(crate) fn snapshot() -> BTreeMap<String, String> {
    #[expect(clippy::disallowed_methods, reason = "here the environment is read, once, and handed down")]
    let variables = std::env::vars_os();
    variables
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
