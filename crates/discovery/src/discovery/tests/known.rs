//! What hides a model, what is like a name, and refreshes in earnest.

use super::*;

#[tokio::test]
async fn what_is_hidden_is_told_with_the_first_rule_only_where_all_is_asked_for() {
    let world = World::new();
    let discovery = world.start(answering(1));
    let usual = snapshot(&discovery).await;
    assert!(usual.hidden.is_empty() && !ids(&usual).contains(&SONNET));
    let all = discovery.snapshot(&Query::default().with_all(true)).await.unwrap();
    assert!(ids(&all).contains(&SONNET));
    let hidden: Vec<_> = all.hidden.iter().map(|(id, hidden)| (id.as_str(), hidden.rule.as_str())).collect();
    assert_eq!(hidden, [(SONNET, "on-demand")]);
    let shown = discovery.card(&SONNET.into()).await.unwrap().unwrap();
    assert_eq!((shown.listed, shown.hidden.as_ref()), (false, all.hidden.get(SONNET)));
    let listed = discovery.card(&NOVA.into()).await.unwrap().unwrap();
    assert_eq!((listed.listed, listed.hidden), (true, None));
}

#[tokio::test]
async fn names_that_can_be_called_are_nearer_than_those_that_cannot() {
    let world = World::new();
    let discovery = world.start(answering(1));
    let nearest = discovery.nearest(&format!("{NOVA}1@us-east-1").as_str().into()).await.unwrap();
    assert_eq!(nearest.first().map(String::as_str), Some(NOVA));
    let misspelt = SONNET.replace("sonnet", "sonet");
    let nearest = discovery.nearest(&misspelt.as_str().into()).await.unwrap();
    assert_eq!(nearest, [format!("us.{SONNET}"), SONNET.to_owned()]);
    assert_eq!(discovery.nearest(&"something-else".into()).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_refresh_in_which_nothing_new_came_says_why() {
    let world = World::new();
    let before = world.start(answering(1)).refresh().await.unwrap();
    assert!(before.failure.is_none());
    world.clock.advance(60);
    let after = world.start(failing(unreachable_plane, denied)).refresh().await.unwrap();
    let failure = after.failure.unwrap();
    assert_eq!(failure.kind(), ErrorKind::PermissionDenied, "what somebody can do something about");
    assert_eq!(
        (&after.snapshot.models, after.snapshot.freshness),
        (&before.snapshot.models, Freshness::Stale)
    );

    let mut half = plane();
    half.expect_foundation_models().returning(|_| Ok(models()));
    half.expect_inference_profiles().returning(|_| Err(denied()));
    let half = world.start(half).refresh().await.unwrap();
    assert!(half.failure.is_none() && half.snapshot.problems.len() == 1, "{half:?}");

    let nothing = World::new().start(failing(unreachable_plane, unreachable_plane)).refresh().await;
    assert_eq!(nothing.unwrap_err().kind(), ErrorKind::Network);
    let off = settings(|settings| settings.enabled = Some(false));
    assert!(world.start_with(silent(), off).refresh().await.unwrap().failure.is_none());
}
