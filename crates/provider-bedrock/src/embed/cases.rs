//! The table of bodies: `tests-data/embeddings.json`.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What the case shows; unique.
    name: String,
    /// Why there is such a case.
    reason: String,
    /// Where AWS documents it.
    source: Option<String>,
    request: EmbedRequest,
    body: Option<Value>,
    /// The message, where there is an error in place of a body.
    error: Option<String>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../tests-data/embeddings.json")).unwrap()
}

fn body(request: &EmbedRequest) -> Result<Value> {
    let family = Family::of(&BedrockId::parse(request.model.as_str())).unwrap();
    let place = "amazon-bedrock";
    let template = family.template(request, &format!("options.{place}"), request.options.get(place))?;
    assert!(request.texts.len() <= family.texts_per_call);
    Ok(family.body(&template, &request.texts))
}

#[test]
fn every_request_becomes_the_body_of_its_case() {
    for Case { name, reason, source, request, body: expected, error } in cases() {
        assert!(reason.len() > 10, "{name} says no reason");
        assert!(source.is_none_or(|source| source.starts_with("https://docs.aws.amazon.com/")), "{name}");
        match (body(&request), expected, error) {
            // As text: the order of the members counts too.
            (Ok(sent), Some(expected), None) => assert_eq!(sent.to_string(), expected.to_string(), "{name}"),
            (Err(sent), None, Some(expected)) => {
                assert_eq!((sent.kind(), sent.message()), (ErrorKind::InvalidRequest, &*expected), "{name}");
            }
            (outcome, ..) => panic!("{name}: {outcome:?}"),
        }
    }
}

#[test]
fn every_family_has_a_case_of_aws_and_every_case_a_name_of_its_own() {
    let cases = cases();
    let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len(), "a name stands for two cases");
    let family = |case: &Case| Family::of(&BedrockId::parse(case.request.model.as_str())).unwrap();
    let shown: Vec<_> = cases.iter().filter(|case| case.source.is_some()).map(family).collect();
    for id in Family::all_ids() {
        let of_id = Family::of(&BedrockId::parse(id)).unwrap();
        assert!(shown.contains(&of_id), "no page of AWS shows {id}");
    }
}

#[test]
fn every_embedding_model_of_the_table_of_facts_has_a_family() {
    for row in facts::all().iter().filter(|row| row.kind == ModelKind::Embedding) {
        let id = BedrockId::parse(row.id);
        assert!(Family::of(&id).is_some(), "{} has no family", row.id);
        assert_eq!(support(&id, Some(row)), Support::Yes);
    }
}

#[test]
fn what_gives_vectors_is_known_where_it_can_be() {
    let of = |id: &str| {
        let id = BedrockId::parse(id);
        support(&id, facts::lookup(&id).map(|found| found.facts))
    };
    for (id, expected) in [
        ("amazon.titan-embed-text-v2:0", Support::Yes),
        ("eu.cohere.embed-v4:0", Support::Yes),
        ("anthropic.claude-opus-4-7", Support::No),
        ("amazon.titan-embed-text-v9:0", Support::No),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3", Support::Unknown),
        (
            "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-embed-image-v1:0/a1b2c3",
            Support::Yes,
        ),
    ] {
        assert_eq!(of(id), expected, "{id}");
    }
}
