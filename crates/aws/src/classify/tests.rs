use std::collections::BTreeSet;

use outcrop_core::classify::numbers::{OUTPUT_LIMITS, OVERFLOWS, numbers};
use outcrop_core::classify::plain;
use outcrop_core::{ErrorKind, Overflow};
use proptest::prelude::*;
use serde::Deserialize;

use super::*;

/// A message of the service's own, from recorded traffic, public reports of users, or AWS's documentation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The row that it is meant for.
    row: String,
    code: Option<String>,
    message: String,
    /// The numbers that it states.
    overflow: Option<Overflow>,
    /// Whose words they are, where only the makers' own servers were seen to say them: Bedrock passes on what they say.
    #[serde(rename = "maker")]
    _maker: Option<String>,
    /// Where it was seen.
    source: Option<String>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../tests-data/errors.json")).unwrap()
}

fn rule(code: Option<&str>, message: &str) -> Option<&'static Rule> {
    rule_for(&Signal { code, message: Some(message), status: Some(400) })
}

#[test]
fn every_row_has_a_case_and_every_case_its_row() {
    let cases = cases();
    for Case { row, code, message, source, .. } in &cases {
        let found = rule(code.as_deref(), message);
        assert_eq!(found.map(|rule| rule.id), Some(row.as_str()), "{code:?}: {message}");
        assert!(source.as_deref().is_none_or(|source| source.starts_with("https://")), "{message}");
    }
    let covered: BTreeSet<_> = cases.iter().map(|case| case.row.as_str()).collect();
    let rows: BTreeSet<_> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(covered, rows);
    assert_eq!(rows.len(), RULES.len(), "two rows have the same id");
    let messages: BTreeSet<_> = cases.iter().map(|case| (&case.code, &case.message)).collect();
    assert_eq!(messages.len(), cases.len(), "a message stands there twice");
}

#[test]
fn rows_are_written_as_they_are_compared_and_hints_as_they_are_shown() {
    for rule in RULES {
        for words in rule.words.iter().chain(rule.without) {
            assert_eq!(*words, plain(words), "{}", rule.id);
        }
        let hint = rule.hint.unwrap_or("none");
        assert!(!hint.ends_with('.') && !hint.contains("  ") && !hint.contains('\n'), "{}: {hint}", rule.id);
    }
    for wording in OVERFLOWS.iter().chain(OUTPUT_LIMITS) {
        assert_eq!(*wording, plain(wording));
        assert!(wording.contains("{limit}"), "{wording}");
    }
}

#[test]
fn a_throttling_that_speaks_of_tokens_is_no_overflow() {
    for message in [
        "Too many tokens, please wait before trying again.",
        "Too many input tokens per minute, please wait before trying again.",
        "Rate limit exceeded: prompt is too long for your tier's rate limit",
    ] {
        for code in ["ThrottlingException", "TooManyRequestsException"] {
            assert_eq!(
                rule(Some(code), message).map(|rule| rule.kind),
                Some(ErrorKind::Throttled),
                "{message}"
            );
        }
    }
}

#[test]
fn the_numbers_of_an_overflow_are_understood() {
    let mut used = BTreeSet::new();
    for Case { message, overflow: stated, .. } in cases() {
        assert_eq!(overflow(&message), stated, "{message}");
        let message = plain(&message);
        used.extend(OVERFLOWS.iter().find(|wording| numbers(wording, &message).is_some()).copied());
    }
    let unused: Vec<_> = OVERFLOWS.iter().filter(|wording| !used.contains(*wording)).collect();
    assert_eq!(unused, [&""; 0], "wordings without a case, or behind one that always fits first");
}

#[test]
fn numbers_that_are_none_are_not_read() {
    for message in [
        "prompt is too long: many tokens > 200000 maximum",
        "prompt is too long: 210000 tokens > ",
        "prompt is too long: 99999999999999999999999 tokens > 200000 maximum",
        "too many tokens: size limit exceeded by 18446744073709551615 tokens. The limit for this model is x tokens.",
    ] {
        assert_eq!(overflow(message), None, "{message}");
    }
    let commas = overflow("Prompt is too long:  1,000,049 tokens >\n1,000,000 maximum, 5").unwrap();
    assert_eq!((commas.prompt_tokens, commas.limit), (Some(1_000_049), Some(1_000_000)));
    let huge = "size limit exceeded by 18446744073709551615 tokens. The limit for this model is 5 tokens";
    assert_eq!(overflow(huge).map(|it| (it.prompt_tokens, it.limit)), Some((None, Some(5))));
}

#[test]
fn the_most_that_an_answer_may_have_is_understood() {
    let stated: Vec<_> = cases().iter().filter_map(|case| output_limit(&case.message)).collect();
    assert_eq!(stated, [10_000, 64_000]);
    assert_eq!(stated.len(), OUTPUT_LIMITS.len());
}

/// Anything that looks like a wording: with other numbers, cut anywhere, with other things around it.
fn like_a_wording() -> impl Strategy<Value = String> {
    let wordings: Vec<_> = OVERFLOWS.iter().chain(OUTPUT_LIMITS).copied().collect();
    let surroundings = (".{0,9}", ".{0,9}", any::<prop::sample::Index>());
    (prop::sample::select(wordings), "[0-9,]{0,25}", surroundings).prop_map(
        |(wording, number, (before, after, cut))| {
            let names = ["{prompt}", "{max}", "{limit}", "{excess}", "{other}"];
            let text = names.iter().fold(wording.to_owned(), |text, name| text.replace(name, &number));
            let text = format!("{before}{text}{after}");
            let cut = cut.index(text.chars().count() + 1);
            text.chars().take(cut).collect()
        },
    )
}

proptest! {
    #[test]
    fn no_words_break_the_reading_of_numbers(message in prop_oneof![".{0,200}", like_a_wording()]) {
        let overflow = overflow(&message);
        prop_assert!(overflow.is_none_or(|it| it.limit.is_some()));
        let _advice = overflow.and_then(|overflow| overflow.advice());
        let _limit = output_limit(&message);
        let _rule = rule(Some("ValidationException"), &message);
    }
}
