//! The key pairs that sign requests: which are known, what comes with each, and which are no good any more.

use std::collections::HashSet;

use serde::Deserialize;

use crate::options::Options;

/// How much of an access key id is shown at its beginning, and at its end.
const SHOWN: (usize, usize) = (8, 4);

/// A key pair that is known.
#[derive(Clone, Copy)]
pub(crate) struct Key<'a> {
    pub(crate) secret: &'a str,
    token: SessionToken<'a>,
}

/// The session token that must come with a signature.
#[derive(Clone, Copy)]
enum SessionToken<'a> {
    None,
    Any,
    AnyOrNone,
    Just(&'a str),
}

impl Options {
    /// The key pair with this id.
    pub(crate) fn key(&self, id: &str) -> Option<Key<'_>> {
        let first = &self.credentials;
        if id == first.access_key_id {
            let token = first.session_token.as_deref().map_or(SessionToken::None, SessionToken::Just);
            return Some(Key { secret: &first.secret_access_key, token });
        }
        let key = self.accepted_keys.iter().find(|key| key.access_key_id == id)?;
        let token = match id.get(..4) {
            Some("ASIA") => SessionToken::Any,
            Some("AKIA") => SessionToken::None,
            _ => SessionToken::AnyOrNone,
        };
        Some(Key { secret: &key.secret_access_key, token })
    }

    /// Whether signatures with this id are accepted, if they are right.
    pub(crate) fn accepts(&self, id: &str) -> bool {
        self.key(id).is_some()
    }
}

impl Key<'_> {
    /// Whether this token may come with the key; `same` compares two secrets.
    pub(crate) fn takes(&self, token: Option<&str>, same: impl Fn(&str, &str) -> bool) -> bool {
        match (self.token, token) {
            (SessionToken::None, None) | (SessionToken::Any, Some(_)) | (SessionToken::AnyOrNone, _) => true,
            (SessionToken::Just(known), Some(given)) => same(known, given),
            _ => false,
        }
    }
}

/// Keys that signed well once and are refused now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Withdrawn {
    /// Their time is over.
    #[serde(default)]
    expired: HashSet<String>,
    /// Somebody took them back: the service does not know them any more.
    #[serde(default)]
    revoked: HashSet<String>,
}

impl Withdrawn {
    /// The access key ids of all of them.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.expired.iter().chain(&self.revoked).map(String::as_str)
    }

    pub(crate) fn is_expired(&self, id: &str) -> bool {
        self.expired.contains(id)
    }

    pub(crate) fn is_revoked(&self, id: &str) -> bool {
        self.revoked.contains(id)
    }
}

/// An access key id with its middle left out, so that keys can be told apart and none can be copied.
pub(crate) fn shortened(id: &str) -> String {
    let (begin, end) = SHOWN;
    let length = id.chars().count();
    let last = if length > begin + end { length - end } else { length };
    id.chars().take(begin).chain(['…']).chain(id.chars().skip(last)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_id_is_left_out() {
        assert_eq!(shortened("AKIAOUTCROPEMULATOR"), "AKIAOUTC…ATOR");
        assert_eq!(shortened("1234567890123"), "12345678…0123");
        assert_eq!(shortened("123456789012"), "12345678…");
        assert_eq!(shortened("short"), "short…");
    }

    #[test]
    fn a_list_of_keys_names_each_kind_or_leaves_it_out() {
        let read = |text: &str| serde_json::from_str::<Withdrawn>(text);
        assert_eq!(read("{}").unwrap(), Withdrawn::default());
        let both = read(r#"{"expired":["A"],"revoked":["B"]}"#).unwrap();
        assert_eq!((both.is_expired("A"), both.is_revoked("A")), (true, false));
        assert_eq!((both.is_expired("B"), both.is_revoked("B")), (false, true));
        assert!(read(r#"{"expire":["A"]}"#).is_err());
    }
}
