//! Variables that the SDK would panic on or take at face value.

use outcrop_core::{Environment, Error, Result};

/// `legacy` is what other SDKs take; this one has `standard` in its place.
const RETRY_MODES: &[&str] = &["standard", "adaptive", "legacy"];

/// The retry settings of the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RetryVariables {
    /// `AWS_MAX_ATTEMPTS`: how often a request is sent at most.
    pub max_attempts: Option<u32>,
    /// `AWS_RETRY_MODE` is `adaptive`.
    pub adaptive: bool,
}

impl RetryVariables {
    /// Reads and checks the two variables; blank ones count as absent.
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`], naming the variable and what it may be. (aws-config 1.13 panics on these
    /// values.)
    pub fn read(environment: &Environment) -> Result<Self> {
        let max_attempts = match environment.get("AWS_MAX_ATTEMPTS") {
            None => None,
            Some(text) => match text.parse::<u32>() {
                Ok(attempts) if attempts > 0 => Some(attempts),
                _ => return Err(bad_variable("AWS_MAX_ATTEMPTS", text, "a whole number of at least 1")),
            },
        };
        let mode = environment.get("AWS_RETRY_MODE").map(str::to_ascii_lowercase);
        if let Some(mode) = mode.as_deref()
            && !RETRY_MODES.contains(&mode)
        {
            return Err(bad_variable("AWS_RETRY_MODE", mode, "`standard` or `adaptive`"));
        }
        Ok(Self { max_attempts, adaptive: mode.as_deref() == Some("adaptive") })
    }
}

#[track_caller]
fn bad_variable(name: &'static str, value: &str, allowed: &str) -> Error {
    Error::config(format!("the environment variable `{name}` is `{value}`, which is not {allowed}"))
        .with_hint(format!("set `{name}` to {allowed}, or unset it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<RetryVariables> {
        RetryVariables::read(&[(name, value)].into_iter().collect())
    }

    #[test]
    fn good_and_blank_values_are_taken() {
        assert_eq!(read("AWS_MAX_ATTEMPTS", "5").unwrap().max_attempts, Some(5));
        assert_eq!(read("AWS_MAX_ATTEMPTS", " ").unwrap(), RetryVariables::default());
        assert!(read("AWS_RETRY_MODE", "Adaptive").unwrap().adaptive);
        assert!(!read("AWS_RETRY_MODE", "standard").unwrap().adaptive);
    }

    #[test]
    fn values_that_the_sdk_panics_on_are_clear_errors() {
        for (name, value) in [
            ("AWS_MAX_ATTEMPTS", "0"),
            ("AWS_MAX_ATTEMPTS", "-1"),
            ("AWS_MAX_ATTEMPTS", "three"),
            ("AWS_RETRY_MODE", "sometimes"),
        ] {
            let error = read(name, value).unwrap_err();
            assert_eq!(error.kind(), outcrop_core::ErrorKind::Config);
            assert!(error.to_string().contains(name) && error.to_string().contains(value), "{error}");
        }
    }
}
