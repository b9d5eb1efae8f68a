//! What is said without asking AWS: warnings, single cards, known ids, the state of the lists.

use outcrop_core::FactOrigin;

use super::*;
use crate::settings::{Further, ManualModel, ModelOverride};

async fn warning(discovery: &Discovery, id: &str) -> Option<String> {
    discovery.resolve(&id.into()).await.unwrap().warning
}

/// A world whose lists are fresh and whole.
async fn listed_world() -> World {
    let world = World::new();
    snapshot(&world.start(answering(1))).await;
    world
}

#[tokio::test]
async fn an_unknown_id_is_warned_of_against_fresh_and_whole_lists_only() {
    let unknown = "amazon.nova-lit-v1:0";
    assert_eq!(warning(&World::new().start(silent()), unknown).await, None, "no list");

    let world = listed_world().await;
    let said = warning(&world.start(silent()), unknown).await.unwrap();
    assert!(
        said.contains(&format!("`{unknown}`")) && said.contains(&format!("did you mean `{NOVA}`?")),
        "{said}"
    );
    let strange = warning(&world.start(silent()), "zzz").await.unwrap();
    assert!(strange.contains("called all the same") && !strange.contains("did you mean"), "{strange}");

    world.clock.advance(3600);
    assert_eq!(warning(&world.start(silent()), unknown).await, None, "an old list");

    let world = World::new();
    let mut partial = plane();
    partial.expect_foundation_models().returning(|_| Ok(models()));
    partial.expect_inference_profiles().returning(|_| Err(denied()));
    let discovery = world.start(partial);
    snapshot(&discovery).await;
    assert_eq!(warning(&discovery, unknown).await, None, "half a list");

    let off = world.start_with(silent(), settings(|settings| settings.enabled = Some(false)));
    assert_eq!(warning(&off, unknown).await, None, "no list is wanted");
}

#[tokio::test]
async fn what_a_list_says_nothing_of_is_no_reason_to_warn() {
    let world = listed_world().await;
    let discovery = world.start(silent());
    for id in [
        NOVA,
        SONNET,
        // Another region.
        "amazon.nova-lit-v1:0@eu-west-1",
        // The table of facts knows it.
        "anthropic.claude-opus-4-6-v1",
        "us.anthropic.claude-opus-4-6-v1",
        // Called by an ARN of its own.
        "arn:aws:bedrock:us-east-1:123456789012:imported-model/abc",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc",
    ] {
        assert_eq!(warning(&discovery, id).await, None, "{id}");
    }
}

#[tokio::test]
async fn a_model_on_its_way_out_is_warned_of_with_the_day() {
    let world = World::new();
    let legacy = |day: Option<&str>| {
        let mut row = model(NOVA);
        row.lifecycle = Some("LEGACY".into());
        row.end_of_life = day.map(str::to_owned);
        row
    };
    let listing = |row: crate::rows::FoundationModelRow| {
        let mut plane = plane();
        plane.expect_foundation_models().returning(move |_| Ok(vec![row.clone()]));
        plane.expect_inference_profiles().returning(|_| Ok(vec![profile("us", NOVA, &["us-east-1"])]));
        plane
    };
    let discovery = world.start(listing(legacy(Some("2027-03-30"))));
    snapshot(&discovery).await;
    for id in [NOVA, "amazon.nova-lite-v1", "us.amazon.nova-lite-v1:0"] {
        let said = warning(&discovery, id).await.unwrap();
        assert!(said.contains("2027-03-30") && said.contains(NOVA), "{said}");
    }
    world.clock.advance(1_000_000);
    assert!(warning(&world.start(silent()), NOVA).await.is_some(), "however old the list is");
    let undated = World::new().start(listing(legacy(None)));
    snapshot(&undated).await;
    assert_eq!(warning(&undated, NOVA).await, None);
    let mut active = legacy(Some("2027-03-30"));
    active.lifecycle = Some("ACTIVE".into());
    let active = World::new().start(listing(active));
    snapshot(&active).await;
    assert_eq!(warning(&active, NOVA).await, None, "AWS says the day of models that stay for long");
}

#[tokio::test]
async fn what_the_configuration_says_holds_without_a_list_too() {
    let arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc";
    let overrides = settings(|settings| {
        let said = |change: fn(&mut ModelOverride)| {
            let mut said = ModelOverride::default();
            change(&mut said);
            said
        };
        settings.overrides = [
            ("*nova*", said(|said| said.max_tokens = Some(77))),
            (arn, said(|said| said.base_model = Some(SONNET.into()))),
        ]
        .map(|(id, said)| (id.to_owned(), said))
        .into();
    });
    let discovery = World::new().start_with(silent(), overrides);
    let found = async |id: &str| discovery.resolve(&id.into()).await.unwrap();
    let nova = found(NOVA).await.card.unwrap();
    assert_eq!((nova.max_tokens, &nova.origin["maxTokens"]), (77, &FactOrigin::Config));
    assert_eq!(found("us.amazon.nova-lite-v1:0@us-west-2").await.card.unwrap().max_tokens, 77);
    assert_eq!(found(arn).await.base.unwrap().as_str(), SONNET);
    assert_eq!(found("nobody.speaks-of-it").await.card, None);
}

#[tokio::test]
async fn a_card_is_as_listed_or_hidden_or_as_the_table_has_it() {
    let world = listed_world().await;
    let discovery = world.start_with(
        silent(),
        settings(|settings| {
            settings.overrides = overridden("somebody.*", |said| said.context_window = Some(7)).overrides;
        }),
    );
    let found = async |id: &str| {
        let found = discovery.card(&id.into()).await.unwrap();
        found.map(|known| (known.card.id.to_string(), known.listed, known.card.regions.join(" ")))
    };
    let home = || "us-east-1".to_owned();
    let us_sonnet = format!("us.{SONNET}");
    assert_eq!(found(NOVA).await, Some((NOVA.to_owned(), true, home())));
    assert_eq!(found("amazon.nova-lite-v1").await, Some((NOVA.to_owned(), true, home())));
    assert_eq!(found(&us_sonnet).await, Some((us_sonnet.clone(), true, home())));
    assert_eq!(found(SONNET).await, Some((SONNET.to_owned(), false, home())), "hidden, and not its profile");
    assert_eq!(found(&format!("{NOVA}@us-east-1")).await, Some((NOVA.to_owned(), true, home())));
    let unlisted = |id: &str| Some((id.to_owned(), false, String::new()));
    let opus = "anthropic.claude-opus-4-6-v1";
    assert_eq!(found(opus).await, unlisted(&format!("us.{opus}")), "by the id that would be called");
    assert_eq!(found("somebody.seer-1").await, unlisted("somebody.seer-1"));
    assert_eq!(found("nobody.knows").await, None);
    let card = discovery.card(&"somebody.seer-1".into()).await.unwrap().unwrap().card;
    assert_eq!((card.context_window, &card.origin["contextWindow"]), (7, &FactOrigin::Config));
}

#[tokio::test]
async fn known_ids_are_those_at_hand_and_nobody_is_asked() {
    let world = World::new();
    assert_eq!(world.start(silent()).known_ids().await, None);
    snapshot(&world.start(answering(1))).await;
    world.clock.advance(1_000_000);
    let known = world.start(silent()).known_ids().await.unwrap();
    assert_eq!(known.iter().map(ModelId::as_str).collect::<Vec<_>>(), both());
    let elsewhere = settings(|settings| settings.regions = vec!["us-east-1".into(), "eu-west-1".into()]);
    let partial = world.start_with(silent(), elsewhere).known_ids().await.unwrap();
    assert_eq!(partial, known, "a region that is not there yet has nothing to add");
    let nowhere = settings(|settings| settings.regions = vec!["eu-west-1".into()]);
    assert_eq!(world.start_with(silent(), nowhere).known_ids().await, None, "no region is there yet");
    let off = settings(|settings| {
        settings.enabled = Some(false);
        settings.models = vec![ManualModel::new(NOVA)];
    });
    assert_eq!(world.start_with(silent(), off).known_ids().await, None, "there is no list");
}

#[tokio::test]
async fn the_state_of_each_region_is_told_without_asking_anybody() {
    let world = World::new();
    let settings = settings(|settings| {
        settings.regions = vec!["us-east-1".into(), "eu-west-1".into()];
        settings.include = vec![Further::Imported];
    });
    let empty = world.start_with(silent(), settings.clone()).status().await;
    let regions: Vec<_> = empty.iter().map(|status| status.region.as_deref()).collect();
    assert_eq!(regions, [Some("us-east-1"), Some("eu-west-1")]);
    for status in &empty {
        assert_eq!((status.taken_at, status.age_seconds, status.fresh), (None, None, false));
        assert_eq!(
            (status.foundation_models, status.inference_profiles, status.deployments),
            (None, None, 0)
        );
        assert!(status.cache.is_some() && status.problem.is_none());
    }
    snapshot(&world.start(answering(1))).await;
    world.clock.advance(60);
    let known = world.start(silent()).status().await;
    let [status] = known.as_slice() else { panic!("{known:?}") };
    assert_eq!((status.taken_at, status.age_seconds, status.fresh), (Some(noon()), Some(60), true));
    assert_eq!((status.foundation_models, status.inference_profiles), (Some(2), Some(1)));
    assert_eq!(status.cache.as_deref(), Some(&*world.file()));
    let partial = &world.start_with(silent(), settings).status().await[0];
    assert_eq!((partial.fresh, partial.age_seconds), (false, Some(60)), "a list that is wanted is not there");
    world.clock.advance(3600);
    let old = &world.start(silent()).status().await[0];
    assert_eq!((old.fresh, old.age_seconds), (false, Some(3660)));
}

#[tokio::test]
async fn what_is_wrong_with_the_cache_or_the_region_is_told() {
    let world = World::new();
    outcrop_files::replace(world.file(), b"{", outcrop_files::Options::new()).unwrap();
    let damaged = &world.start(silent()).status().await[0];
    assert!(damaged.problem.as_ref().unwrap().contains("damaged"), "{damaged:?}");
    let mut lost = MockControlPlane::new();
    lost.expect_place().returning(|_| Err(Error::config("`baseUrl` is no URL")));
    let lost = &world.start(lost).status().await[0];
    assert_eq!((&lost.region, lost.problem.as_deref()), (&None, Some("`baseUrl` is no URL")));
    let memory = settings(|settings| settings.refresh_interval = 0);
    let discovery = world.start_with(answering(1), memory);
    snapshot(&discovery).await;
    let status = &discovery.status().await[0];
    assert_eq!((&status.cache, status.fresh, status.foundation_models), (&None, false, Some(2)));
}

#[tokio::test]
async fn a_refusal_is_part_of_the_state() {
    let world = listed_world().await;
    let discovery = world.start(silent());
    let refused = Error::new(ErrorKind::ProfileRequired, "no on-demand throughput");
    discovery.instead(&SONNET.into(), "us-east-1", &refused).await.unwrap();
    assert_eq!(world.start(silent()).status().await[0].refused, [SONNET]);
}

#[tokio::test]
async fn a_warm_list_reads_the_disk_once_and_merges_once() {
    let world = listed_world().await;
    let discovery = world.start(silent());
    let first = snapshot(&discovery).await;
    std::fs::remove_file(world.file()).unwrap();
    let again = snapshot(&discovery).await;
    assert!(first.models.iter().zip(&again.models).all(|(one, other)| Arc::ptr_eq(one, other)));
    let resolved = discovery.resolve(&NOVA.into()).await.unwrap();
    assert!(Arc::ptr_eq(&resolved.card.unwrap(), &first.models[0]));
}
