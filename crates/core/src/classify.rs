//! From what a service says to an [`ErrorKind`]: rules as data.
//!
//! A rule names a code, words of the message, or a status. Rules are tried in three rounds: those that name a message
//! first, then those that name a code only, then those that name a status only; within a round, the first that fits
//! wins. A provider brings its own table; [`HTTP_STATUS_RULES`] is the end of every one that speaks HTTP.

pub mod numbers;

use crate::{ErrorKind, Retry};

/// One row of a classification table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The row's name; a test has a case for each.
    pub id: &'static str,
    /// The service's error code, exactly.
    pub code: Option<&'static str>,
    /// Words that the message holds, all of them, in lower case.
    pub words: &'static [&'static str],
    /// Words of which the message holds none, in lower case.
    pub without: &'static [&'static str],
    /// The HTTP status, from and to, both included.
    pub status: Option<(u16, u16)>,
    /// The verdict.
    pub kind: ErrorKind,
    /// Advice on retrying, where it is not the kind's usual one.
    pub retry: Option<Retry>,
    /// What to do next, where it is not what holds for the kind: in lower case, without a full stop.
    pub hint: Option<&'static str>,
}

impl Rule {
    /// A row by code.
    pub const fn code(id: &'static str, code: &'static str, kind: ErrorKind) -> Self {
        Self { id, code: Some(code), words: &[], without: &[], status: None, kind, retry: None, hint: None }
    }

    /// A row by words of the message, whatever the code.
    pub const fn words(id: &'static str, words: &'static [&'static str], kind: ErrorKind) -> Self {
        Self { id, code: None, words, without: &[], status: None, kind, retry: None, hint: None }
    }

    /// A row by status.
    pub const fn status(id: &'static str, from: u16, to: u16, kind: ErrorKind) -> Self {
        Self {
            id,
            code: None,
            words: &[],
            without: &[],
            status: Some((from, to)),
            kind,
            retry: None,
            hint: None,
        }
    }

    /// Holds only for this code.
    pub const fn with_code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// Does not hold if the message has one of these words.
    pub const fn without(mut self, words: &'static [&'static str]) -> Self {
        self.without = words;
        self
    }

    /// Other advice on retrying than the kind's usual one.
    pub const fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Other words on what to do next than the kind's usual ones.
    pub const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// The advice on retrying.
    pub const fn advice(&self) -> Retry {
        match self.retry {
            Some(retry) => retry,
            None => self.kind.default_retry(),
        }
    }

    const fn round(&self) -> u8 {
        if !self.words.is_empty() {
            0
        } else if self.code.is_some() {
            1
        } else {
            2
        }
    }

    fn fits(&self, signal: &Signal<'_>, message: &str) -> bool {
        self.code.is_none_or(|code| signal.code == Some(code))
            && self.words.iter().all(|words| message.contains(words))
            && !self.without.iter().any(|words| message.contains(words))
            && self
                .status
                .is_none_or(|(from, to)| signal.status.is_some_and(|status| (from..=to).contains(&status)))
    }
}

/// What a service said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signal<'a> {
    /// Its error code.
    pub code: Option<&'a str>,
    /// Its message.
    pub message: Option<&'a str>,
    /// Its HTTP status.
    pub status: Option<u16>,
}

/// A message as the words of rules are written: in lower case, on one line, and with the plain apostrophe where AWS sends
/// the typographic one.
pub fn plain(message: &str) -> String {
    let words: Vec<_> = message.split_whitespace().collect();
    words.join(" ").replace('’', "'").to_lowercase()
}

/// The first rule of the tables, taken as one, that fits, by the rounds described in the [module](self).
pub fn classify<'r>(tables: &[&'r [Rule]], signal: &Signal<'_>) -> Option<&'r Rule> {
    let message = plain(signal.message.unwrap_or_default());
    let rules = || tables.iter().copied().flatten();
    (0..=2).find_map(|round| rules().find(|rule| rule.round() == round && rule.fits(signal, &message)))
}

/// What an HTTP status means if the service says no more.
pub const HTTP_STATUS_RULES: &[Rule] = &[
    Rule::status("status-401", 401, 401, ErrorKind::Unauthenticated),
    Rule::status("status-403", 403, 403, ErrorKind::PermissionDenied),
    Rule::status("status-404", 404, 404, ErrorKind::ModelNotFound),
    Rule::status("status-408", 408, 408, ErrorKind::Timeout),
    Rule::status("status-413", 413, 413, ErrorKind::ContextOverflow),
    Rule::status("status-429", 429, 429, ErrorKind::Throttled),
    Rule::status("status-504", 504, 504, ErrorKind::Timeout),
    Rule::status("status-4xx", 400, 499, ErrorKind::InvalidRequest),
    Rule::status("status-5xx", 500, 599, ErrorKind::Unavailable),
];

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &[Rule] = &[
        Rule::status("by-status", 400, 400, ErrorKind::InvalidRequest),
        Rule::code("by-code", "Oops", ErrorKind::Unavailable),
        Rule::words("by-words", &["isn't here"], ErrorKind::ModelNotFound)
            .with_code("Oops")
            .without(&["please wait"]),
    ];

    fn kind(code: Option<&str>, message: &str, status: u16) -> Option<&'static str> {
        let signal = Signal { code, message: Some(message), status: Some(status) };
        classify(&[RULES], &signal).map(|rule| rule.id)
    }

    #[test]
    fn words_beat_codes_and_codes_beat_statuses_whatever_the_order_of_the_table() {
        assert_eq!(kind(Some("Oops"), "the model ISN’T HERE any more", 400), Some("by-words"));
        assert_eq!(kind(Some("Oops"), "it isn't here, please wait", 400), Some("by-code"));
        assert_eq!(kind(None, "it isn't here", 400), Some("by-status"));
        assert_eq!(kind(None, "", 418), None);
    }

    #[test]
    fn every_status_row_is_reached_by_its_own_status() {
        for rule in HTTP_STATUS_RULES {
            let status = rule.status.map(|(_, to)| to);
            let signal = Signal { status, ..Signal::default() };
            assert_eq!(classify(&[HTTP_STATUS_RULES], &signal).map(|found| found.id), Some(rule.id));
        }
    }
}
