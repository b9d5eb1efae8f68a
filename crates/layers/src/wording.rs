//! Words that the layers' messages share.

use std::fmt;
use std::time::Duration;

use outcrop_core::ProviderId;

/// A key of a provider's entry in the configuration, quoted where it has to be.
pub(crate) fn config_key(provider: &ProviderId, key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !provider.as_str().is_empty() && provider.as_str().chars().all(plain) {
        format!("`models.providers.{provider}.{key}`")
    } else {
        format!("`models.providers.\"{provider}\".{key}`")
    }
}

/// A duration in seconds, to the tenth of a second if it is not whole.
pub(crate) struct Seconds(pub(crate) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        if self.0.subsec_nanos() == 0 { write!(f, "{seconds} s") } else { write!(f, "{seconds:.1} s") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_quoted_only_where_they_have_to_be() {
        assert_eq!(config_key(&"amazon-bedrock".into(), "retry"), "`models.providers.amazon-bedrock.retry`");
        assert_eq!(config_key(&"my.own".into(), "retry"), "`models.providers.\"my.own\".retry`");
    }

    #[test]
    fn durations_read_as_seconds() {
        assert_eq!(Seconds(Duration::from_mins(2)).to_string(), "120 s");
        assert_eq!(Seconds(Duration::from_millis(4260)).to_string(), "4.3 s");
    }
}
