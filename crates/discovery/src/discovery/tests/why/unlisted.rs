//! Ids that no list has.

use std::collections::BTreeSet;

use super::super::super::why::UNLISTED_RULES;
use super::*;
use crate::settings::Further;

#[tokio::test]
async fn a_model_of_another_region_is_found_by_a_search() {
    let mut plane = account(models(), profiles());
    let is = |wanted: &'static str| move |target: &Target| *target == Target::Region(wanted.into());
    let jamba = "ai21.jamba-1-5-large-v1:0";
    for region in ["us-west-2", "eu-west-1"] {
        plane.expect_foundation_models().withf(is(region)).returning(move |_| Ok(vec![model(jamba)]));
    }
    plane
        .expect_inference_profiles()
        .withf(is("eu-central-1"))
        .returning(|_| Ok(vec![profile("eu", SONNET, &["eu-central-1"])]));
    let discovery = started(alone(plane));
    let bare = why(&discovery, jamba).await;
    assert_eq!(brief(&bare), not_listed(Some(false), &["other-region", "unlisted"]));
    assert_eq!(detail(&bare, "other-region"), "it is listed in eu-west-1, us-west-2, and not in us-east-1");
    assert!(fix(&bare).contains(&format!("`outcrop ask -m {jamba}@eu-west-1`")), "{bare:?}");
    assert_eq!(bare.nearest, [""; 0]);
    let profile = why(&discovery, &format!("eu.{SONNET}")).await;
    assert!(fix(&profile).contains("@eu-central-1"), "{profile:?}");
}

#[tokio::test]
async fn a_region_that_is_said_with_the_id_is_the_one_that_counts() {
    let discovery = started(alone(account(models(), profiles())));
    for id in [
        format!("{NOVA}@eu-west-1"),
        format!("arn:aws:bedrock:eu-west-1::foundation-model/{NOVA}"),
        "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc".to_owned(),
    ] {
        let why = why(&discovery, &id).await;
        assert_eq!(brief(&why), not_listed(None, &["other-region", "unlisted"]), "{id}");
        assert_eq!(why.region.as_deref(), Some("eu-west-1"));
        assert_eq!(detail(&why, "other-region"), "it is of eu-west-1, and the lists are of us-east-1");
        assert!(fix(&why).contains("it is called in eu-west-1 without that"), "{why:?}");
    }
}

#[tokio::test]
async fn a_region_that_is_said_is_asked_whether_it_has_the_id() {
    let mut plane = account(models(), profiles());
    plane
        .expect_foundation_models()
        .withf(|target| *target == Target::Region("eu-west-1".into()))
        .returning(|_| Ok(vec![model(NOVA), profile_only(SONNET), model("amazon.nova-sonic-v1:0")]));
    plane
        .expect_inference_profiles()
        .withf(|target| *target == Target::Region("eu-west-1".into()))
        .returning(|_| Ok(vec![profile("eu", SONNET, &["eu-west-1"])]));
    let discovery = started(plane);
    let eu = format!("eu.{SONNET}");
    for (id, callable, said) in [
        (NOVA, Some(true), "where it is called"),
        (&*eu, Some(true), "where it is called"),
        // Whether there is a profile is another question.
        (SONNET, None, "through an inference profile"),
        ("amazon.nova-sonic-v1:0", Some(false), "where it is called"),
        ("amazon.nova-micro-v1:0", None, "it is of eu-west-1"),
    ] {
        let why = why(&discovery, &format!("{id}@eu-west-1")).await;
        assert_eq!((why.listed, why.callable), (false, callable), "{why:?}");
        assert!(detail(&why, "other-region").contains(said), "{why:?}");
    }
}

#[tokio::test]
async fn what_went_away_says_when() {
    let (gone, day) = ("anthropic.claude-3-7-sonnet-20250219-v1:0", "2026-04-28");
    let settings = settings(|settings| {
        for id in [gone, "somebody.seer-1"] {
            let said = crate::settings::ModelOverride { end_of_life: Some(day.into()), ..Default::default() };
            settings.overrides.insert(id.to_owned(), said);
        }
    });
    let discovery = World::new().start_with(account(models(), profiles()), settings);
    let why = why(&discovery, "somebody.seer-1").await;
    assert_eq!(brief(&why), not_listed(Some(false), &["end-of-life", "unlisted"]));
    assert_eq!(detail(&why, "end-of-life"), "it went away on 2026-04-28, as the configuration says");
    assert!(fix(&why).contains("newer model"));
    // By the table of facts, on the day itself.
    let facts = outcrop_model_facts::facts::all()
        .iter()
        .find(|facts| facts.converse && facts.end_of_life.is_some_and(|day| day < "2026-09-21"));
    let facts = facts.unwrap();
    let discovery = started(account(models(), profiles()));
    let by_table = self::why(&discovery, facts.id).await;
    assert_eq!(brief(&by_table), not_listed(Some(false), &["end-of-life", "unlisted"]));
    assert!(detail(&by_table, "end-of-life").contains("by the table of facts as of"));
}

#[tokio::test]
async fn what_converse_cannot_call_says_so_though_no_list_has_it() {
    for (id, said, failed) in [
        ("amazon.nova-sonic-v1:0", None, vec!["converse", "unlisted"]),
        ("qwen.qwen3-32b", None, vec!["converse", "unlisted"]),
        (NOVA, Some(false), vec!["converse", "unlisted"]),
        ("amazon.nova-sonic-v1:0", Some(true), vec!["unlisted"]),
    ] {
        let settings = overridden(id, |known| known.converse = said);
        let discovery = World::new().start_with(alone(account(vec![], vec![])), settings);
        let why = why(&discovery, id).await;
        assert_eq!(brief(&why), not_listed(Some(false), &failed), "{id} {said:?}");
    }
}

#[tokio::test]
async fn an_unknown_name_is_answered_with_the_nearest() {
    let discovery = started(alone(account(models(), profiles())));
    let misspelt = why(&discovery, "amazon.nova-lit-v1:0").await;
    assert_eq!(brief(&misspelt), not_listed(Some(false), &["unlisted"]));
    assert_eq!(misspelt.nearest[0], NOVA);
    assert!(fix(&misspelt).starts_with(&format!("did you mean `{NOVA}`")), "{misspelt:?}");
    let strange = why(&discovery, "zzz").await;
    assert_eq!((strange.nearest.len(), strange.callable), (0, Some(false)));
    assert!(fix(&strange).contains("`outcrop models list --all`"));
    let arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/gone";
    let gone = why(&discovery, arn).await;
    assert_eq!(brief(&gone), not_listed(None, &["unlisted"]));
    assert!(fix(&gone).contains("check the ARN"));
    let empty = started(alone(account(vec![], vec![])));
    assert_eq!(
        why(&empty, "amazon.nova-lit-v1:0").await.nearest[0],
        NOVA,
        "the table of facts knows names too"
    );
}

#[tokio::test]
async fn a_list_that_failed_is_a_rule() {
    let mut partial = plane();
    partial.expect_foundation_models().returning(|_| Ok(models()));
    partial.expect_inference_profiles().returning(|_| Err(denied()));
    let discovery = started(partial);
    let profile = why(&discovery, &format!("eu.{SONNET}")).await;
    assert_eq!(brief(&profile), not_listed(None, &["listing", "unlisted"]));
    assert_eq!(
        detail(&profile, "listing"),
        "ListInferenceProfiles failed in us-east-1: AccessDeniedException: the caller may not do this"
    );
    assert!(fix(&profile).contains("`bedrock:ListInferenceProfiles`"));
    let misspelt = why(&discovery, "amazon.nova-lit-v1:0").await;
    assert_eq!((misspelt.callable, misspelt.nearest[0].as_str()), (None, NOVA));
}

#[tokio::test]
async fn lists_that_are_all_refused_are_a_rule_and_missing_credentials_an_error() {
    let refused = why(&started(failing(denied, denied)), NOVA).await;
    assert_eq!(brief(&refused), not_listed(None, &["listing", "unlisted"]));
    assert_eq!(
        detail(&refused, "listing"),
        "every list failed: AccessDeniedException: the caller may not do this"
    );
    assert!(fix(&refused).contains("add the IAM action"));
    let unreachable = why(&started(failing(unreachable_plane, unreachable_plane)), NOVA).await;
    assert_eq!(brief(&unreachable).failed, ["listing", "unlisted"]);
    let lost = started(failing(no_credentials, no_credentials)).why(&NOVA.into()).await.unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::Unauthenticated);
    let mut wrong = MockControlPlane::new();
    wrong.expect_place().returning(|_| Err(Error::config("`baseUrl` is no URL")));
    assert_eq!(started(wrong).why(&NOVA.into()).await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn kinds_that_are_listed_on_request_say_how() {
    let of = |resource: &str| format!("arn:aws:bedrock:us-east-1:123456789012:{resource}");
    let endpoint = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine".to_owned();
    let cases = [
        (of("provisioned-model/abc"), "`provisioned`"),
        (of("imported-model/abc"), "`imported`"),
        (of("custom-model-deployment/abc"), "`custom`"),
        (endpoint, "`marketplace`"),
        (of("custom-model/amazon.nova-lite-v1:0:300k/abc123abc123"), "[\"custom\", \"provisioned\"]"),
        (of("default-prompt-router/anthropic.claude:1"), "call it by its ARN"),
        (of("prompt-router/abc"), "call it by its ARN"),
        (of("prompt/ABCDEFGHIJ"), "call it by its ARN"),
    ];
    let discovery = started(account(models(), profiles()));
    for (arn, way_out) in &cases {
        let why = why(&discovery, arn).await;
        assert_eq!(brief(&why), not_listed(None, &["include", "unlisted"]), "{arn}");
        assert!(fix(&why).contains(way_out), "{why:?}");
    }
    let mut plane = account(models(), profiles());
    plane.expect_deployments().returning(|_, _| Ok(vec![]));
    let all = World::new().start_with(plane, settings(|settings| settings.include = Further::ALL.to_vec()));
    for (arn, _) in &cases[..4] {
        let why = why(&all, arn).await;
        assert_eq!(brief(&why), not_listed(None, &["unlisted"]), "{arn}");
        assert!(fix(&why).contains("check the ARN"));
    }
}

#[tokio::test]
async fn every_rule_that_an_unlisted_id_may_fail_has_a_case() {
    let none = || alone(account(vec![], vec![]));
    let over = overridden("somebody.seer-1", |said| said.end_of_life = Some("2020-01-01".into()));
    let provisioned = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc".to_owned();
    let cases = [
        ("listing", started(failing(denied, denied)), NOVA.to_owned()),
        ("end-of-life", World::new().start_with(none(), over), "somebody.seer-1".to_owned()),
        ("converse", started(none()), "amazon.nova-sonic-v1:0".to_owned()),
        ("include", started(none()), provisioned),
        ("other-region", started(none()), format!("{NOVA}@eu-west-1")),
        ("unlisted", started(none()), "zzz".to_owned()),
    ];
    let mut covered = BTreeSet::new();
    for (rule, discovery, id) in cases {
        let failed = brief(&why(&discovery, &id).await).failed;
        assert_eq!((failed[0], *failed.last().unwrap()), (rule, "unlisted"), "{id}");
        covered.insert(rule);
    }
    assert_eq!(covered, UNLISTED_RULES.into_iter().collect());
}
