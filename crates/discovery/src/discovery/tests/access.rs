//! What the account may call.

use super::*;
use crate::control_plane::GET_AVAILABILITY;
use crate::rows::{AccessRow, AccessRows, Checked, Moment};

fn no_agreement() -> AccessRow {
    AccessRow { agreement: "NOT_AVAILABLE".into(), ..accessible() }
}

/// A control plane that lists once and then knows the access to each model: none to Sonnet.
fn with_access(lists: usize, questions: usize) -> MockControlPlane {
    let mut plane = answering(lists);
    plane
        .expect_access()
        .times(questions)
        .returning(|_, id| Ok(if id == SONNET { no_agreement() } else { accessible() }));
    plane
}

fn checking() -> DiscoverySettings {
    settings(|settings| settings.check_access = true)
}

fn with_access_shown() -> Query {
    Query::default().with_access(true)
}

/// Ids and what is known of the access.
fn access(snapshot: &Snapshot) -> Vec<(&str, Option<bool>)> {
    snapshot.models.iter().map(|card| (card.id.as_str(), card.available.known())).collect()
}

#[tokio::test]
async fn access_is_asked_for_on_request_and_shows_what_is_missing() {
    let world = World::new();
    let discovery = world.start(with_access(1, 2));
    let us_sonnet = format!("us.{SONNET}");
    let unasked = snapshot(&discovery).await;
    assert_eq!(access(&unasked), [(NOVA, None), (&us_sonnet, None)]);
    let asked = discovery.snapshot(&with_access_shown()).await.unwrap();
    assert_eq!(access(&asked), [(NOVA, Some(true)), (&us_sonnet, Some(false))]);
    let [nova, sonnet] = asked.models.as_slice() else { panic!("{:?}", asked.models) };
    let fine = nova.access.as_ref().unwrap();
    assert_eq!((&fine.reason, &fine.fix), (&None, &None));
    let missing = sonnet.access.as_ref().unwrap();
    assert!(missing.reason.as_ref().unwrap().contains("agreement"), "{missing:?}");
    assert!(missing.fix.as_ref().unwrap().contains("us-east-1"), "{missing:?}");
    assert_eq!(sonnet.origin["available"], outcrop_core::FactOrigin::Aws);
    assert_eq!(asked.problems, []);
}

#[tokio::test]
async fn what_may_not_be_called_is_hidden_if_the_settings_say_so() {
    let world = World::new();
    let discovery = world.start_with(with_access(1, 2), checking());
    assert_eq!(access(&snapshot(&discovery).await), [(NOVA, Some(true))]);
    let shown = discovery.snapshot(&with_access_shown()).await.unwrap();
    assert_eq!(shown.models.len(), 2, "whoever asks for the access wants to see it");
    let all = discovery.snapshot(&Query::default().with_all(true)).await.unwrap();
    assert_eq!(all.models.len(), 3);
    let resolved = discovery.resolve(&SONNET.into()).await.unwrap();
    assert_eq!(resolved.callable.as_str(), format!("us.{SONNET}"), "who names it may try");
}

#[tokio::test]
async fn access_has_an_age_of_its_own() {
    let world = World::new();
    let lists = |times| with_access(times, 0);
    let keep = settings(|settings| settings.refresh_interval = 3600);
    snapshot(&world.start_with(lists(1), keep.clone())).await;
    world.clock.advance(1800);
    let shown = |discovery: Discovery| async move {
        discovery.snapshot(&with_access_shown()).await.unwrap().models.len()
    };
    assert_eq!(shown(world.start_with(with_access(0, 2), keep.clone())).await, 2);
    // The lists are an hour old, the answers half an hour.
    world.clock.advance(1800);
    assert_eq!(shown(world.start_with(lists(1), keep.clone())).await, 2);
    world.clock.advance(1800);
    assert_eq!(shown(world.start_with(with_access(0, 2), keep.clone())).await, 2);
    let refreshed = world.start_with(with_access(1, 2), keep);
    refreshed.snapshot(&Query::refresh().with_access(true)).await.unwrap();
}

#[tokio::test]
async fn only_models_that_are_new_are_asked_about() {
    let world = World::new();
    snapshot(&world.start_with(with_access(1, 2), checking())).await;
    world.clock.advance(1);
    let mut plane = plane();
    plane
        .expect_foundation_models()
        .returning(|_| Ok([models(), vec![model("amazon.nova-pro-v1:0")]].concat()));
    plane.expect_inference_profiles().returning(|_| Ok(profiles()));
    plane
        .expect_access()
        .withf(|_, id| id == "amazon.nova-pro-v1:0")
        .times(1)
        .returning(|_, _| Ok(accessible()));
    let discovery = world.start_with(
        plane,
        settings(|settings| {
            settings.check_access = true;
            settings.refresh_interval = 3600;
        }),
    );
    // A new list, without a new look at the access.
    discovery.inner.region(&Target::Usual, true).await;
    assert_eq!(snapshot(&discovery).await.models.len(), 2);
}

#[tokio::test]
async fn processes_share_what_they_found_out() {
    let world = World::new();
    snapshot(&world.start_with(with_access(1, 2), checking())).await;
    let other = world.start_with(with_access(0, 0), checking());
    assert_eq!(access(&snapshot(&other).await), [(NOVA, Some(true))]);
    // Answers that came one after the other, from two processes and from two questions of one.
    let place = place("us-east-1");
    let row = |model: &str| {
        let checked = Checked { at: Moment::new(noon()), row: Some(accessible()) };
        AccessRows([(model.to_owned(), checked)].into())
    };
    other.inner.remember_access(&place, row("a.first"));
    other.inner.remember_access(&place, row("b.second"));
    let known = other.inner.access_at_hand(&place);
    let ids: Vec<_> = known.0.keys().map(String::as_str).collect();
    assert_eq!(ids, ["a.first", NOVA, SONNET, "b.second"]);
}

#[tokio::test(start_paused = true)]
async fn so_many_questions_are_under_way_at_once_and_no_more() {
    let world = World::new();
    let mut plane = plane();
    let ids: Vec<String> = (0..20).map(|number| format!("amazon.model-{number}")).collect();
    let rows: Vec<_> = ids.iter().map(|id| model(id)).collect();
    plane.expect_foundation_models().returning(move |_| Ok(rows.clone()));
    plane.expect_inference_profiles().returning(|_| Ok(vec![]));
    plane.expect_access().times(20).returning(|_, _| Ok(accessible()));
    let (plane, gate) = gated(plane, &[GET_AVAILABILITY]);
    let discovery = world.start_with(plane, checking());
    let answers = async {
        for expected in [8, 8, 4] {
            quiet().await;
            assert_eq!(gate.asked_meanwhile().await.len(), expected);
            gate.open(expected);
        }
    };
    let (listed, ()) = join(snapshot(&discovery), answers).await;
    assert_eq!((listed.models.len(), listed.problems.len()), (20, 0));
}

#[tokio::test]
async fn a_permission_that_is_missing_is_one_problem_and_ends_the_questions() {
    let world = World::new();
    let mut plane = plane();
    let rows: Vec<_> = (0..100).map(|number| model(&format!("amazon.model-{number}"))).collect();
    plane.expect_foundation_models().returning(move |_| Ok(rows.clone()));
    plane.expect_inference_profiles().returning(|_| Ok(vec![]));
    plane.expect_access().times(1..=8).returning(|_, _| {
        Err(Error::new(ErrorKind::PermissionDenied, "the caller may not do this")
            .with_code("AccessDeniedException")
            .with_hint("add the IAM action `bedrock:GetFoundationModelAvailability` to the caller's policy"))
    });
    let listed = snapshot(&world.start_with(plane, checking())).await;
    assert_eq!(listed.models.len(), 100, "what nobody knows is no reason to hide");
    assert!(listed.models.iter().all(|card| card.available.known().is_none()));
    let [problem] = listed.problems.as_slice() else { panic!("{:?}", listed.problems) };
    assert_eq!(
        (problem.source.as_str(), problem.code.as_str(), problem.region.as_deref()),
        ("GetFoundationModelAvailability", "AccessDeniedException", Some("us-east-1"))
    );
    assert!(problem.hint.as_ref().unwrap().contains("`bedrock:GetFoundationModelAvailability`"));
}

#[tokio::test]
async fn one_question_that_fails_leaves_the_other_answers() {
    let world = World::new();
    let mut plane = answering(1);
    plane.expect_access().withf(|_, id| id == SONNET).times(1).returning(|_, _| Ok(accessible()));
    plane
        .expect_access()
        .withf(|_, id| id == NOVA)
        .times(1)
        .returning(|_, _| Err(Error::new(ErrorKind::Throttled, "slow down")));
    let us_sonnet = format!("us.{SONNET}");
    let listed = snapshot(&world.start_with(plane, checking())).await;
    assert_eq!(access(&listed), [(NOVA, None), (&us_sonnet, Some(true))]);
    assert_eq!(listed.problems[0].code, "Throttled");
    let mut second = answering(0);
    second.expect_access().withf(|_, id| id == NOVA).times(1).returning(|_, _| Ok(accessible()));
    let listed = snapshot(&world.start_with(second, checking())).await;
    assert_eq!((access(&listed)[0], listed.problems.len()), ((NOVA, Some(true)), 0));
}

#[tokio::test]
async fn a_model_that_aws_knows_nothing_of_is_neither_available_nor_not_and_is_asked_about_once() {
    let world = World::new();
    let mut plane = answering(1);
    plane.expect_access().times(2).returning(|_, id| match id {
        SONNET => Ok(accessible()),
        _ => Err(Error::new(ErrorKind::ModelNotFound, "there is no such model")),
    });
    let us_sonnet = format!("us.{SONNET}");
    let listed = snapshot(&world.start_with(plane, checking())).await;
    assert_eq!(access(&listed), [(NOVA, None), (&us_sonnet, Some(true))]);
    assert_eq!(listed.problems, []);
    let again = snapshot(&world.start_with(answering(0), checking())).await;
    assert_eq!(again.models, listed.models);
}

#[tokio::test]
async fn an_interval_of_zero_asks_each_time() {
    let settings = settings(|settings| {
        settings.check_access = true;
        settings.refresh_interval = 0;
    });
    let discovery = World::new().start_with(with_access(2, 4), settings);
    for _ in 0..2 {
        assert_eq!(access(&snapshot(&discovery).await), [(NOVA, Some(true))]);
    }
}

#[tokio::test]
async fn a_warm_list_is_not_merged_anew_for_each_question() {
    let discovery = World::new().start_with(with_access(1, 2), checking());
    let cards = |snapshot: Snapshot| snapshot.models;
    let first = cards(snapshot(&discovery).await);
    let shown = cards(discovery.snapshot(&with_access_shown()).await.unwrap());
    let (again, shown_again) =
        (cards(snapshot(&discovery).await), cards(discovery.snapshot(&with_access_shown()).await.unwrap()));
    assert!(Arc::ptr_eq(&first[0], &again[0]));
    assert!(Arc::ptr_eq(&shown[0], &shown_again[0]));
}

#[tokio::test(start_paused = true)]
async fn all_questions_together_have_one_deadline() {
    let mut plane = plane();
    let rows: Vec<_> = (0..20).map(|number| model(&format!("amazon.model-{number}"))).collect();
    plane.expect_foundation_models().returning(move |_| Ok(rows.clone()));
    plane.expect_inference_profiles().returning(|_| Ok(vec![]));
    plane.expect_access().times(4).returning(|_, _| Ok(accessible()));
    let (plane, gate) = gated(plane, &[GET_AVAILABILITY]);
    let discovery = World::new().start_with(plane, checking());
    let start = tokio::time::Instant::now();
    let some = async {
        gate.asked().await;
        tokio::time::sleep(Duration::from_secs(6)).await;
        gate.open(4);
    };
    let (listed, ()) = join(snapshot(&discovery), some).await;
    assert_eq!(start.elapsed(), Duration::from_secs(10));
    assert_eq!((listed.models.len(), listed.problems.len()), (20, 1));
    assert_eq!(access(&listed).iter().filter(|(_, known)| known.is_some()).count(), 4, "what came is kept");
}

#[tokio::test(start_paused = true)]
async fn a_program_that_serves_lists_at_hand_asks_for_access_that_nobody_asked_for() {
    let world = World::new();
    snapshot(&world.start(answering(1))).await;
    let discovery = world.start_with(with_access(0, 2), checking()).serving_stale(true);
    let known = snapshot(&discovery).await;
    assert_eq!((known.models.len(), known.freshness), (2, Freshness::Cached));
    let flight = lock(&discovery.inner.flights).get(&Ask::default()).and_then(WeakShared::upgrade);
    flight.unwrap().await.unwrap();
    assert_eq!(access(&snapshot(&discovery).await), [(NOVA, Some(true))]);
}

#[tokio::test]
async fn a_damaged_access_file_is_one_warning_and_is_written_anew() {
    let world = World::new();
    snapshot(&world.start_with(with_access(1, 2), checking())).await;
    let file = Disk::new(world.folder.path().to_owned()).path::<AccessRows>(&place("us-east-1"));
    outcrop_files::replace(&file, b"{", outcrop_files::Options::new()).unwrap();
    let listed = snapshot(&world.start_with(with_access(0, 2), checking())).await;
    let [problem] = listed.problems.as_slice() else { panic!("{:?}", listed.problems) };
    assert_eq!((problem.source.as_str(), problem.code.as_str()), ("cache", "damaged"));
    assert_eq!(access(&listed), [(NOVA, Some(true))]);
    assert_eq!(snapshot(&world.start_with(with_access(0, 0), checking())).await.problems, []);
}
