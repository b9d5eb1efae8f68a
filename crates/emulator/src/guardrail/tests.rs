use serde_json::from_value;
use time::OffsetDateTime;

use super::*;
use crate::account::Holdings;

fn holdings() -> Holdings {
    let arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc123def456";
    from_value(
        json!({ "guardrails": { "guardrails": [{ "id": "abc123def456", "arn": arn, "version": "DRAFT" }] } }),
    )
    .unwrap()
}

fn config(id: &str, version: &str, trace: &str) -> Value {
    json!({ "guardrailIdentifier": id, "guardrailVersion": version, "trace": trace })
}

fn ask(content: &Value, trace: &str) -> Value {
    json!({ "messages": [{ "role": "user", "content": content }],
            "guardrailConfig": config("emulatorguardrail", "1", trace) })
}

/// What the guardrail of a request finds.
fn assess<T>(body: &Value, look: impl FnOnce(Option<&Assessment<'_>>) -> T) -> Result<T, String> {
    let holdings = holdings();
    let place = Place {
        region: "us-east-1",
        account_id: "123456789012",
        holdings: &holdings,
        now: OffsetDateTime::UNIX_EPOCH,
    };
    let guardrail = Guardrail::of(&place, body).map_err(|error| error.message)?;
    Ok(look(guardrail.map(|guardrail| guardrail.assess(body)).as_ref()))
}

fn blocks(body: &Value) -> bool {
    assess(body, |found| found.unwrap().blocks()).unwrap()
}

#[test]
fn guardrails_are_found_by_id_and_arn() {
    let own = "arn:aws:bedrock:us-east-1:123456789012:guardrail/";
    for (id, version, is_there) in [
        ("emulatorguardrail", "DRAFT", true),
        ("emulatorguardrail", "12", true),
        (&format!("{own}emulatorguardrail"), "1", true),
        ("abc123def456", "3", true),
        (&format!("{own}abc123def456"), "DRAFT", true),
        ("emulatorguardrail", "", false),
        ("emulatorguardrail", "0", false),
        ("emulatorguardrail", "draft", false),
        ("abc123def457", "1", false),
        ("arn:aws:bedrock:eu-west-1:123456789012:guardrail/emulatorguardrail", "1", false),
        ("", "1", false),
    ] {
        let body = json!({ "guardrailConfig": config(id, version, "disabled") });
        let refusal = assess(&body, |_| ()).err();
        let expected = "The guardrail identifier or version provided in the request does not exist.";
        assert_eq!(refusal, (!is_there).then(|| expected.to_owned()), "{id} {version}");
    }
    assert_eq!(assess(&json!({}), |found| found.is_none()), Ok(true));
}

#[test]
fn the_word_is_looked_for_in_what_the_user_says_or_in_what_is_marked() {
    let marked = |text: &str| json!({ "guardContent": { "text": { "text": text } } });
    assert!(blocks(&ask(&json!([{ "text": "a Forbidden thing" }]), "disabled")));
    assert!(!blocks(&ask(&json!([{ "text": "an unforbidden thing" }]), "disabled")));
    assert!(blocks(&ask(&json!([{ "text": "hello" }, marked("forbidden!")]), "disabled")));
    assert!(!blocks(&ask(&json!([{ "text": "forbidden" }, marked("hello")]), "disabled")));
    let mut body = ask(&json!([{ "text": "hello" }]), "disabled");
    body["messages"]
        .as_array_mut()
        .unwrap()
        .insert(0, json!({ "role": "user", "content": [{ "text": "forbidden" }] }));
    assert!(blocks(&body), "the whole conversation counts");
    body["messages"][0]["role"] = json!("assistant");
    assert!(!blocks(&body));
}

#[test]
fn the_trace_says_as_much_as_is_asked_for() {
    let trace = |text: &str, trace: &str| {
        assess(&ask(&json!([{ "text": text }]), trace), |found| found.unwrap().trace()).unwrap()
    };
    assert_eq!(trace("forbidden", "disabled"), None);
    let found = trace("It is Forbidden.", "enabled").unwrap();
    let input = &found["guardrail"]["inputAssessment"]["emulatorguardrail"];
    assert_eq!(
        input["wordPolicy"],
        json!({ "customWords": [{ "match": "Forbidden", "action": "BLOCKED", "detected": true }],
                "managedWordLists": [] })
    );
    let characters = json!({ "guarded": 16, "total": 16 });
    assert_eq!(input["invocationMetrics"]["guardrailCoverage"]["textCharacters"], characters);
    assert_eq!(found["guardrail"]["actionReason"], "Guardrail blocked.");
    assert_eq!(found["guardrail"].get("outputAssessments"), None, "the model gave nothing");

    let found = trace("hello", "enabled").unwrap();
    assert_eq!(found["guardrail"]["inputAssessment"]["emulatorguardrail"].get("wordPolicy"), None);
    let outputs = found["guardrail"]["outputAssessments"]["emulatorguardrail"].as_array().unwrap();
    assert_eq!(outputs.len(), 1);
    let found = trace("hello", "enabled_full").unwrap();
    let word = &found["guardrail"]["inputAssessment"]["emulatorguardrail"]["wordPolicy"]["customWords"][0];
    assert_eq!(*word, json!({ "match": "forbidden", "action": "NONE", "detected": false }));
}
