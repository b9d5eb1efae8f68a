//! The lists, and what is asked besides.

use super::*;
use crate::control_plane::GET_INFERENCE_PROFILE;
use crate::rows::{AccessRows, DeploymentRow, InferenceProfileRow};
use crate::settings::{Further, ManualModel};
use crate::source::Source;

/// A profile of the account whose models the list does not tell.
fn untold(id: &str) -> InferenceProfileRow {
    InferenceProfileRow { model_arns: vec![], ..application(id, "", &[]) }
}

/// A control plane that lists these profiles so many times.
fn listing(times: usize, profiles: Vec<InferenceProfileRow>) -> MockControlPlane {
    let mut plane = plane();
    plane.expect_foundation_models().returning(|_| Ok(models()));
    plane.expect_inference_profiles().times(times).returning(move |_| Ok(profiles.clone()));
    plane
}

fn including(include: &[Further]) -> DiscoverySettings {
    settings(|settings| settings.include = include.to_vec())
}

#[tokio::test]
async fn profiles_whose_models_the_list_does_not_tell_are_asked_for_once() {
    let world = World::new();
    let mut plane =
        listing(1, vec![untold("one"), application("two", NOVA, &["us-east-1"]), profiles().remove(0)]);
    plane
        .expect_inference_profile()
        .withf(|_, id| id == application_arn("one"))
        .times(1)
        .returning(|_, _| Ok(application("one", SONNET, &["us-east-1"])));
    let listed = snapshot(&world.start(plane)).await;
    let card = |snapshot: &Snapshot| {
        let mut cards = snapshot.models.iter();
        Arc::clone(cards.find(|card| card.id == *application_arn("one")).unwrap())
    };
    let found = card(&listed);
    assert_eq!(found.base_model.as_ref().unwrap().as_str(), SONNET);
    assert_eq!((found.name.as_str(), found.maker.as_str()), ("Team one", "anthropic"));
    assert_eq!(listed.problems, []);
    assert_eq!(card(&snapshot(&world.start(silent())).await), found, "the answer is kept");
}

#[tokio::test]
async fn a_profile_that_cannot_be_asked_for_stays_listed_and_is_asked_for_with_the_next_list() {
    let world = World::new();
    let ids: Vec<String> = (0..20).map(|number| format!("profile-{number}")).collect();
    let rows: Vec<_> = ids.iter().map(|id| untold(id)).collect();
    let mut first = listing(1, rows.clone());
    first.expect_inference_profile().times(20).returning(|_, _| Err(denied()));
    let listed = snapshot(&world.start(first)).await;
    assert_eq!(listed.models.len(), 21);
    let [problem] = listed.problems.as_slice() else { panic!("{:?}", listed.problems) };
    assert_eq!(
        (problem.source.as_str(), problem.region.as_deref()),
        ("GetInferenceProfile", Some("us-east-1"))
    );
    assert_eq!(problem.code, "AccessDeniedException");
    assert_eq!(snapshot(&world.start(silent())).await.models, listed.models, "not with every command");
    world.clock.advance(3600);
    let mut second = listing(1, rows.clone());
    second.expect_inference_profile().times(20).returning(|_, arn| {
        let id = arn.rsplit_once('/').unwrap().1;
        Ok(application(id, SONNET, &["us-east-1"]))
    });
    let listed = snapshot(&world.start(second)).await;
    assert_eq!(listed.problems, []);
    let known = listed.models.iter().filter(|card| card.maker == "anthropic");
    assert_eq!(known.count(), 20);
    world.clock.advance(3600);
    let again = snapshot(&world.start(listing(1, rows))).await;
    assert_eq!((again.models, again.problems), (listed.models, vec![]), "what is known is asked for no more");
}

#[tokio::test(start_paused = true)]
async fn all_profiles_together_have_one_deadline() {
    let rows: Vec<_> = (0..20).map(|number| untold(&format!("profile-{number}"))).collect();
    let mut plane = listing(1, rows);
    plane.expect_inference_profile().times(4).returning(|_, _| Ok(application("one", SONNET, &[])));
    let (plane, gate) = gated(plane, &[GET_INFERENCE_PROFILE]);
    let discovery = World::new().start(plane);
    let start = tokio::time::Instant::now();
    let some = async {
        gate.asked().await;
        tokio::time::sleep(Duration::from_secs(6)).await;
        gate.open(4);
    };
    let (listed, ()) = join(snapshot(&discovery), some).await;
    assert_eq!((listed.models.len(), listed.problems.len()), (21, 1));
    assert_eq!(start.elapsed(), Duration::from_secs(10));
}

#[tokio::test]
async fn nobody_waits_for_a_lock_while_somebody_is_asked_for_credentials() {
    let world = World::new();
    let lock_files = [
        world.file().with_extension("lock"),
        Disk::new(world.folder.path().to_owned())
            .path::<AccessRows>(&place("us-east-1"))
            .with_extension("lock"),
    ];
    let mut plane = MockControlPlane::new();
    plane.expect_place().returning(|_| Ok(place("us-east-1")));
    plane.expect_fetch_credentials().times(2).returning(move |_| {
        for file in &lock_files {
            assert!(outcrop_files::Lock::try_acquire(file).unwrap().is_some(), "the lock is held");
        }
        Ok(())
    });
    plane.expect_foundation_models().times(1).returning(|_| Ok(models()));
    plane.expect_inference_profiles().times(1).returning(|_| Ok(profiles()));
    plane.expect_access().returning(|_, _| Ok(accessible()));
    let checking = settings(|settings| settings.check_access = true);
    let discovery = world.start_with(plane, checking);
    assert_eq!(snapshot(&discovery).await.models.len(), 2);
    assert_eq!(snapshot(&discovery).await.models.len(), 2, "where nothing is due, nobody is asked");
}

#[tokio::test(start_paused = true)]
async fn who_goes_without_the_lock_keeps_what_was_saved_meanwhile() {
    let world = World::new();
    let _held = outcrop_files::Lock::acquire(world.file().with_extension("lock")).unwrap();
    let (plane, gate) = gated(answering(1), &[MODELS]);
    let discovery = world.start(plane);
    let other = async {
        gate.asked().await;
        let mut rows = RegionRows::default();
        rows.refused.insert(SONNET.to_owned(), crate::rows::Moment::new(noon()));
        Disk::new(world.folder.path().to_owned()).store(&place("us-east-1"), &rows).await;
        gate.open(1);
    };
    join(snapshot(&discovery), other).await;
    let status = &world.start(silent()).status().await[0];
    assert_eq!((&*status.refused, status.foundation_models), (&[SONNET.to_owned()][..], Some(2)));
}

#[tokio::test]
async fn one_profile_that_fails_leaves_the_others() {
    let mut plane = listing(1, vec![untold("gone"), untold("there")]);
    plane.expect_inference_profile().times(2).returning(|_, arn| {
        if arn.ends_with("gone") {
            return Err(Error::new(ErrorKind::ModelNotFound, "no such profile"));
        }
        Ok(application("there", SONNET, &["us-east-1"]))
    });
    let listed = snapshot(&World::new().start(plane)).await;
    let makers: Vec<_> = listed.models.iter().map(|card| card.maker.as_str()).collect();
    assert_eq!(makers, ["amazon", "anthropic", "unknown"]);
    assert_eq!(listed.problems.len(), 1);
}

#[tokio::test]
async fn further_lists_are_asked_for_on_request_only() {
    let world = World::new();
    snapshot(&world.start(answering(1))).await;
    let row = |source: Source| match source {
        Source::ProvisionedModels => deployment("provisioned-model/p", Some("InService"), Some(SONNET)),
        Source::ImportedModels => deployment("imported-model/i", None, None),
        Source::CustomModelDeployments => deployment("custom-model-deployment/c", Some("Active"), None),
        _ => deployment("marketplace/model-endpoint/m", Some("REGISTERED"), None),
    };
    let mut known: Vec<String> = both().to_vec();
    for (index, further) in Further::ALL.into_iter().enumerate() {
        let mut plane = silent();
        let wanted = Source::of(further);
        // What is at hand is not asked for again.
        plane
            .expect_deployments()
            .withf(move |_, source| *source == wanted)
            .times(1)
            .returning(move |_, source| Ok(vec![row(source)]));
        let discovery = world.start_with(plane, including(&Further::ALL[..=index]));
        let listed = snapshot(&discovery).await;
        known.push(row(wanted).arn);
        let mut listed: Vec<_> = ids(&listed).into_iter().map(str::to_owned).collect();
        listed.sort_unstable();
        known.sort_unstable();
        assert_eq!(listed, known, "{further:?}");
    }
    assert_eq!(snapshot(&world.start(silent())).await.models.len(), 2, "what nobody wants is not listed");
    let status = world.start(silent()).status().await;
    assert_eq!(status[0].deployments, 0);
    let status = world.start_with(silent(), including(&Further::ALL)).status().await;
    assert_eq!(status[0].deployments, 4);
}

#[tokio::test]
async fn what_has_an_arn_of_its_own_inherits_from_the_model_behind_it() {
    let mut plane = answering(1);
    let custom =
        "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abc123abc123";
    plane.expect_deployments().returning(move |_, source| {
        Ok(vec![match source {
            Source::ProvisionedModels => {
                let model = format!("arn:aws:bedrock:us-east-1::foundation-model/{NOVA}:300k");
                deployment("provisioned-model/p", Some("InService"), Some(&model))
            }
            _ => deployment("custom-model-deployment/c", Some("Active"), Some(custom)),
        }])
    });
    let settings = including(&[Further::Provisioned, Further::Custom]);
    let listed = snapshot(&World::new().start_with(plane, settings)).await;
    let card = |part: &str| listed.models.iter().find(|card| card.id.as_str().contains(part)).unwrap();
    for part in ["provisioned-model", "custom-model-deployment"] {
        let card = card(part);
        assert_eq!(card.base_model.as_ref().unwrap().as_str(), NOVA, "{part}");
        assert_eq!((card.context_window, card.profile.is_none()), (300_000, true));
        assert!(card.name.starts_with("Our "));
    }
    assert_eq!(card("provisioned-model").price, None, "what was bought is paid by the hour");
    assert!(card("custom-model-deployment").price.is_some());
}

#[tokio::test]
async fn a_further_list_that_fails_is_a_problem_by_its_name() {
    for further in Further::ALL {
        let mut plane = answering(1);
        plane.expect_deployments().times(1).returning(|_, _| Err(denied()));
        let listed = snapshot(&World::new().start_with(plane, including(&[further]))).await;
        assert_eq!(listed.models.len(), 2);
        let [problem] = listed.problems.as_slice() else { panic!("{:?}", listed.problems) };
        assert_eq!(problem.source, further.operation());
    }
    let names = Further::ALL.map(Further::operation);
    assert_eq!(
        names,
        [
            "ListProvisionedModelThroughputs",
            "ListImportedModels",
            "ListCustomModelDeployments",
            "ListMarketplaceModelEndpoints",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn all_lists_of_all_regions_are_asked_for_at_once() {
    let mut plane = answering(2);
    plane.expect_deployments().times(8).returning(|_, _| Ok(vec![DeploymentRow::default()]));
    let every = Source::ALL.map(Source::operation);
    let (plane, gate) = gated(plane, &every);
    let settings = settings(|settings| {
        settings.include = Further::ALL.to_vec();
        settings.regions = vec!["us-east-1".into(), "us-west-2".into()];
    });
    let discovery = World::new().start_with(plane, settings);
    let answers = async {
        quiet().await;
        let mut asked = gate.asked_meanwhile().await;
        asked.sort_unstable();
        gate.open(12);
        asked
    };
    let (listed, asked) = join(snapshot(&discovery), answers).await;
    let mut expected = [every, every].concat();
    expected.sort_unstable();
    assert_eq!(asked, expected);
    assert_eq!((listed.models.len(), listed.problems.len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn each_list_has_one_deadline_and_they_run_side_by_side() {
    let every = [Source::ALL.map(Source::operation).as_slice(), &[GET_INFERENCE_PROFILE]].concat();
    let (plane, _gate) = gated(plane(), &every);
    let settings = settings(|settings| {
        settings.include = Further::ALL.to_vec();
        settings.models = vec![ManualModel::new(NOVA)];
    });
    let discovery = World::new().start_with(plane, settings);
    let start = tokio::time::Instant::now();
    let listed = snapshot(&discovery).await;
    assert_eq!(start.elapsed(), Duration::from_secs(10));
    let [problem] = listed.problems.as_slice() else { panic!("{:?}", listed.problems) };
    assert_eq!(problem.source, Source::ALL.map(Source::operation).join(", "));
    assert_eq!(ids(&listed), [NOVA]);
}

#[tokio::test]
async fn an_older_list_that_comes_late_does_not_replace_a_younger_one() {
    let world = World::new();
    let discovery = world.start(silent());
    let place = place("us-east-1");
    let older = region("us-east-1", models(), profiles()).rows;
    world.clock.advance(100);
    let mut younger = older.clone();
    younger.put(crate::rows::Listed::FoundationModels(vec![model(NOVA)]), world.clock.read());
    discovery.inner.remember(&place, younger.clone());
    assert_eq!(discovery.inner.remember(&place, older), younger);
    assert_eq!(discovery.inner.rows_at_hand(&place), younger);
}
