//! What an emulator can be told when it starts.

use std::fmt;
use std::time::SystemTime;

use crate::account::Account;
use crate::scenario::Scenario;

/// The caller that an emulator knows first, besides its [`AcceptedKey`]s.
///
/// The default is public knowledge: it protects nothing, it only makes clients prove that they sign correctly.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Access key id, `AKIAOUTCROPEMULATOR` by default.
    pub access_key_id: String,
    /// Secret access key, `outcrop-emulator-secret-key` by default.
    pub secret_access_key: String,
    /// When set, every signed request must carry this `x-amz-security-token`.
    pub session_token: Option<String>,
    /// The Bedrock API key that `Authorization: Bearer` must carry, `outcrop-emulator-token` by default.
    pub bearer_token: String,
}

impl Default for Credentials {
    fn default() -> Self {
        Self {
            access_key_id: "AKIAOUTCROPEMULATOR".to_owned(),
            secret_access_key: "outcrop-emulator-secret-key".to_owned(),
            session_token: None,
            bearer_token: "outcrop-emulator-token".to_owned(),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &"…")
            .field("session_token", &self.session_token.as_ref().map(|_| "…"))
            .field("bearer_token", &"…")
            .finish()
    }
}

/// A key pair that is accepted besides the one in [`Credentials`], as many callers of one service have their own.
///
/// As in the service, the id tells what must come with a signature (AWS Identity and Access Management user guide,
/// "Unique ID prefixes"): `ASIA…` is a temporary key and needs a session token, `AKIA…` is a long-term one and must
/// have none, and with any other id both will do. A session token must be signed; which one it is does not matter.
#[derive(Clone, PartialEq, Eq)]
pub struct AcceptedKey {
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: String,
}

impl fmt::Debug for AcceptedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptedKey")
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &"…")
            .finish()
    }
}

/// Everything that may differ between two emulators.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Who may call.
    pub credentials: Credentials,
    /// Who may call besides; nobody by default. Of two with the same id the first counts.
    pub accepted_keys: Vec<AcceptedKey>,
    /// The account in the ARNs: twelve digits, `123456789012` by default. An [`Account`] that says its own number beats
    /// this.
    pub account_id: String,
    /// What the account has. When absent: the models of the facts table, the profiles of AWS over them, and two profiles
    /// of its own, in every region.
    pub account: Option<Account>,
    /// The region of requests that do not name one in a signature, `us-east-1` by default.
    pub region: String,
    /// Faults and scripted replies from the start; none by default.
    pub scenario: Scenario,
    /// A standing clock, for model lifecycles and the age of signatures; the system's clock by default.
    pub now: Option<SystemTime>,
    /// How many requests, and how many events, are remembered at most; the oldest go first. 10,000 by default.
    pub journal_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            credentials: Credentials::default(),
            accepted_keys: Vec::new(),
            account_id: "123456789012".to_owned(),
            account: None,
            region: "us-east-1".to_owned(),
            scenario: Scenario::default(),
            now: None,
            journal_limit: 10_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_every_secret() {
        let credentials =
            Credentials { session_token: Some("a-session".to_owned()), ..Credentials::default() };
        let accepted =
            AcceptedKey { access_key_id: "ASIAOTHER".to_owned(), secret_access_key: "hush".to_owned() };
        let options = Options { credentials, accepted_keys: vec![accepted], ..Options::default() };
        let printed = format!("{options:?}");
        assert!(printed.contains("AKIAOUTCROPEMULATOR") && printed.contains("ASIAOTHER"), "{printed}");
        for secret in ["outcrop-emulator-secret-key", "outcrop-emulator-token", "a-session", "hush"] {
            assert!(!printed.contains(secret), "{secret} leaks in {printed}");
        }
    }
}
