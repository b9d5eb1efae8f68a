//! What is missing, and what to do about it.

use super::*;
use crate::rows::AccessRow;

/// What is not as it should be.
type Change = fn(&mut AccessRow);

/// A reason and a fix.
type Missing = (Option<String>, Option<String>);

/// Reason and fix for Sonnet, by its bare id and through a profile.
fn missing(change: impl FnOnce(&mut AccessRow)) -> [Missing; 2] {
    let mut row = accessible();
    change(&mut row);
    let region = region("eu-west-1", vec![model(SONNET)], vec![profile("eu", SONNET, &["eu-west-1"])])
        .with_access(SONNET, row);
    let view = view_of(&[region], &DiscoverySettings::default(), &circumstances());
    [SONNET.to_owned(), format!("eu.{SONNET}")].map(|id| {
        let card = view.find(&id).unwrap();
        let access = card.access.clone().unwrap();
        assert_eq!(card.available.known(), Some(access.reason.is_none()));
        (access.reason, access.fix)
    })
}

#[test]
fn each_of_the_four_statuses_has_a_reason_and_a_fix() {
    let cases: [(Change, &str, &str); 6] = [
        (|row| row.authorization = "NOT_AUTHORIZED".into(), "not authorized", "service control policy"),
        (|row| row.agreement = "PENDING".into(), "not complete yet", "few minutes"),
        (|row| row.agreement = "NOT_AVAILABLE".into(), "was not accepted", "use case form"),
        (|row| row.agreement = "ERROR".into(), "failed", "accept the agreement again"),
        (
            |row| {
                row.agreement = "error".into();
                row.agreement_error = Some("no payment method".into());
            },
            "failed: no payment method",
            "eu-west-1",
        ),
        (|row| row.entitlement = "NOT_AVAILABLE".into(), "no access", "Model catalog"),
    ];
    for (change, reason, fix) in cases {
        for (said, offered) in missing(change) {
            let (said, offered) = (said.unwrap(), offered.unwrap());
            assert!(said.contains(reason), "{said}");
            assert!(offered.contains(fix), "{offered}");
        }
    }
    assert_eq!(missing(|_| {}), [(None, None), (None, None)]);
    assert_eq!(missing(|row| *row = AccessRow::default()), [(None, None), (None, None)], "AWS does not say");
}

#[test]
fn the_first_that_must_be_done_is_named_first() {
    let everything = |row: &mut AccessRow| {
        *row = AccessRow {
            agreement: "NOT_AVAILABLE".into(),
            agreement_error: None,
            authorization: "NOT_AUTHORIZED".into(),
            entitlement: "NOT_AVAILABLE".into(),
            region: "NOT_AVAILABLE".into(),
        };
    };
    let [(reason, _), _] = missing(everything);
    assert!(reason.unwrap().contains("not authorized"));
}

#[test]
fn a_profile_leads_to_where_the_model_is_available() {
    let [(reason, fix), through_profile] = missing(|row| row.region = "NOT_AVAILABLE".into());
    assert!(reason.unwrap().contains("not available in eu-west-1"));
    assert!(fix.unwrap().contains("inference profile"));
    assert_eq!(through_profile, (None, None));
}

#[test]
fn only_anthropic_has_a_form() {
    let row = AccessRow { agreement: "NOT_AVAILABLE".into(), ..accessible() };
    let region = region("us-east-1", vec![model("cohere.command-r-v1:0")], vec![])
        .with_access("cohere.command-r-v1:0", row);
    let view = view_of(&[region], &DiscoverySettings::default(), &circumstances());
    let fix = view.listed[0].access.as_ref().unwrap().fix.as_ref().unwrap();
    assert!(fix.contains("`cohere.command-r-v1:0`") && !fix.contains("form"), "{fix}");
}
