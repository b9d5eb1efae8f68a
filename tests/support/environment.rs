//! Variables of the environment, for the few that reach the tests from outside.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// The folder that takes the request bodies which the tests saw, or nothing.
pub(crate) const BODIES: &str = "OUTCROP_TEST_BODIES";
/// The Python that has boto3.
pub(crate) const CLIENT_PYTHON: &str = "OUTCROP_TEST_PYTHON";
/// The Python that has ministack and llmock.
pub(crate) const SERVER_PYTHON: &str = "OUTCROP_TEST_SERVER_PYTHON";

/// The value of a variable that `cargo xtask test` sets.
pub(crate) fn value(name: &str) -> Option<OsString> {
    #[expect(clippy::disallowed_methods, reason = "the one place of the tests that reads the environment")]
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// All of them, for a process that was started with an environment of its own.
pub(crate) fn all() -> BTreeMap<String, String> {
    #[expect(clippy::disallowed_methods, reason = "the one place of the tests that reads the environment")]
    std::env::vars().collect()
}
