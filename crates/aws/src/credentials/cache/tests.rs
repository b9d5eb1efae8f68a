//! How long credentials are kept, and who fetches them.

use std::fs;

use aws_credential_types::provider::ProvideCredentials;
use tokio::task::JoinSet;

use super::*;
use crate::endpoint::Plane;
use crate::session::Signer;
use crate::testing::{Home, Warnings, rfc3339};
use crate::{Aws, AwsSettings};

const HOUR: Duration = Duration::from_hours(1);

/// A home in which a program prints the credentials, and how often it did can be asked.
struct World {
    home: Home,
    credentials: Arc<CachedCredentials>,
}

impl World {
    async fn new() -> Self {
        let home = Home::new("", "");
        home.plant(
            ".aws/config",
            &format!("[default]\ncredential_process = {}\n", home.credential_process()),
        );
        let aws = Aws::new(home.environment(&[("AWS_REGION", "eu-west-1")]));
        Self { credentials: credentials(&aws).await, home }
    }

    /// From now on, the program prints these keys.
    fn prints(&self, id: &str, expiry: Option<SystemTime>) {
        let expiry = expiry.map_or_else(String::new, |end| format!(r#", "Expiration": "{}""#, rfc3339(end)));
        let keys = format!(r#"{{"Version": 1, "AccessKeyId": "{id}", "SecretAccessKey": "s"{expiry}}}"#);
        self.home.plant("keys.json", &keys);
    }

    /// From now on, the program fails.
    fn fails(&self) {
        fs::remove_file(self.home.path("keys.json")).unwrap();
    }

    async fn get(&self) -> String {
        id(&self.credentials.get().await.unwrap())
    }

    /// As if the credentials had been kept until it was time to renew them.
    fn make_due(&self) {
        self.credentials.write().as_mut().unwrap().renew_at = Some(SystemTime::UNIX_EPOCH);
    }
}

async fn credentials(aws: &Aws) -> Arc<CachedCredentials> {
    let session = aws.session(&AwsSettings::default()).await.unwrap();
    let Signer::Keys(credentials) = session.signer() else { panic!("{session:?}") };
    Arc::clone(credentials)
}

fn id(resolved: &Resolved) -> String {
    resolved.credentials.access_key_id().to_owned()
}

#[tokio::test]
async fn one_caller_fetches_for_all() {
    let world = World::new().await;
    world.prints("ONE", None);
    let mut callers = JoinSet::new();
    for _ in 0..20 {
        let credentials = Arc::clone(&world.credentials);
        callers.spawn(async move { credentials.get().await });
    }
    for resolved in callers.join_all().await {
        assert_eq!(id(&resolved.unwrap()), "ONE");
    }
    assert_eq!(world.get().await, "ONE");
    assert_eq!(world.home.runs(), 1);
}

#[tokio::test]
async fn one_failure_answers_all_who_waited_for_it() {
    let world = World::new().await;
    let mut callers = JoinSet::new();
    for _ in 0..20 {
        let credentials = Arc::clone(&world.credentials);
        callers.spawn(async move { credentials.get().await });
    }
    for failed in callers.join_all().await {
        assert!(failed.unwrap_err().message().contains("`credential_process`"));
    }
    assert_eq!(world.home.runs(), 1);
    // Whoever comes later asks anew.
    world.prints("ONE", None);
    assert_eq!(world.get().await, "ONE");
}

#[tokio::test]
async fn whoever_gives_up_leaves_the_way_free() {
    let world = World::new().await;
    world.prints("ONE", None);
    let mut given_up = Box::pin(world.credentials.get());
    assert!(futures_poll(&mut given_up).await.is_none(), "it takes a process");
    drop(given_up);
    assert_eq!(world.get().await, "ONE");
}

/// Looks at a future once.
async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test]
async fn credentials_are_renewed_ahead_of_their_end() {
    let now = SystemTime::now();
    let kept = |expiry: Option<SystemTime>| {
        let credentials = Credentials::new("a", "b", None, expiry, "test");
        let resolved = Resolved {
            credentials,
            link: crate::Link::Imds,
            profile: None,
            fingerprint: super::super::fingerprint::Fingerprint::take([]),
            environment: 0,
        };
        Kept::new(resolved, None, now)
    };
    let after = |seconds| now + Duration::from_secs(seconds);
    assert_eq!(kept(None).renew_at, None);
    for (life, renewed) in [(43_200, 42_900), (3600, 3300), (1200, 900), (900, 675), (60, 45), (0, 0)] {
        assert_eq!(kept(Some(after(life))).renew_at, Some(after(renewed)), "{life} s");
    }
    assert!(kept(Some(now - HOUR)).renew_at.unwrap() <= now, "what has ended is due");
    assert!(!kept(Some(now)).lives(now) && kept(Some(after(1))).lives(now) && kept(None).lives(now));
}

#[tokio::test]
async fn what_is_due_is_fetched_anew() {
    let world = World::new().await;
    world.prints("ONE", Some(SystemTime::now() + HOUR));
    assert_eq!(world.get().await, "ONE");
    world.prints("TWO", Some(SystemTime::now() + HOUR));
    assert_eq!((world.get().await, world.home.runs()), ("ONE".to_owned(), 1));
    world.make_due();
    assert_eq!((world.get().await, world.home.runs()), ("TWO".to_owned(), 2));
}

#[tokio::test]
async fn while_one_renews_the_others_go_on_with_the_old_ones() {
    let world = World::new().await;
    world.prints("ONE", Some(SystemTime::now() + HOUR));
    world.get().await;
    world.make_due();
    let _renewing = world.credentials.fetching.lock().await;
    assert_eq!((world.get().await, world.home.runs()), ("ONE".to_owned(), 1));
}

#[tokio::test]
async fn a_renewal_that_fails_leaves_the_old_ones_as_long_as_they_live_and_no_longer() {
    // The times of the two cases: long after, and shortly before a failed renewal would be tried again.
    let warnings = Warnings::default();
    let _guards = warnings.listen();
    for life in [HOUR, Duration::from_secs(10)] {
        let world = World::new().await;
        world.prints("ONE", Some(SystemTime::now() + life));
        world.get().await;
        world.make_due();
        world.fails();
        assert_eq!((world.get().await, world.home.runs()), ("ONE".to_owned(), 2), "the old ones live");
        let kept = world.credentials.read().clone().unwrap();
        let (renew_at, end) = (kept.renew_at.unwrap(), kept.resolved.credentials.expiry().unwrap());
        assert!(renew_at > SystemTime::UNIX_EPOCH && renew_at <= end, "{renew_at:?} {end:?}");
        assert_eq!((world.get().await, world.home.runs()), ("ONE".to_owned(), 2), "not tried again at once");
    }
    let told = warnings.told();
    assert_eq!((told.len(), &told[0]), (2, &told[1]));
    insta::assert_snapshot!(told[0]);
}

#[tokio::test]
async fn what_has_ended_is_an_error_if_nothing_better_can_be_had() {
    let world = World::new().await;
    world.prints("ONE", Some(SystemTime::now() - HOUR));
    // The SDK refuses credentials of the past only when it is asked for them again; so does the service.
    let first = world.credentials.get().await;
    world.fails();
    let error = world.credentials.get().await.unwrap_err();
    assert_eq!(error.kind(), outcrop_core::ErrorKind::Unauthenticated, "{first:?}");
    let error = world.credentials.provide_credentials().await.unwrap_err();
    assert!(crate::sdk_error::find::<outcrop_core::Error>(&error).is_some(), "the reason is kept: {error:?}");
}

#[tokio::test]
async fn refused_credentials_are_fetched_anew_once() {
    let world = World::new().await;
    world.prints("ONE", None);
    assert_eq!(world.credentials.number(), 1, "of those that will be fetched");
    world.get().await;
    assert_eq!(world.credentials.number(), 1);
    assert!(!world.credentials.renew(1).await.unwrap(), "the same ones are no others");
    assert_eq!(world.home.runs(), 2);
    world.prints("TWO", None);
    let refused = world.credentials.number();
    assert!(world.credentials.renew(refused).await.unwrap());
    assert_eq!((world.get().await, world.home.runs()), ("TWO".to_owned(), 3));
    // Somebody else was refused with the old ones too: the new ones are there already.
    assert!(world.credentials.renew(refused).await.unwrap());
    assert_eq!(world.home.runs(), 3);
    world.fails();
    assert!(world.credentials.renew(world.credentials.number()).await.is_err());
    assert_eq!(world.get().await, "TWO");
}

#[tokio::test]
async fn another_environment_holds_at_once() {
    let home = Home::new("", "");
    let keys = |id| {
        home.environment(&[
            ("AWS_ACCESS_KEY_ID", id),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("AWS_REGION", "eu-west-1"),
        ])
    };
    let aws = Aws::new(keys("ONE"));
    let credentials = credentials(&aws).await;
    assert_eq!(id(&credentials.get().await.unwrap()), "ONE");
    aws.renew_environment(keys("TWO"));
    assert_eq!(id(&credentials.get().await.unwrap()), "TWO");
    aws.renew_environment(home.environment(&[("AWS_PROFILE", "nobody")]));
    assert!(credentials.get().await.is_err(), "nothing of the past is used");
}

#[tokio::test]
async fn a_rewritten_file_holds_at_once() {
    let keys = |id: &str| format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = s\n");
    let home = Home::new("", &keys("ONE"));
    let aws = Aws::new(home.environment(&[("AWS_REGION", "eu-west-1")]));
    let credentials = credentials(&aws).await;
    assert_eq!(id(&credentials.get().await.unwrap()), "ONE");
    home.plant(".aws/credentials", &keys("TWO"));
    assert_eq!(id(&credentials.get().await.unwrap()), "TWO");
    // Another link, by a file that did not matter before.
    home.plant("keys.json", r#"{"Version": 1, "AccessKeyId": "THREE", "SecretAccessKey": "s"}"#);
    home.plant(".aws/config", &format!("[default]\ncredential_process = {}\n", home.credential_process()));
    let resolved = credentials.get().await.unwrap();
    assert_eq!((id(&resolved), resolved.link), ("THREE".to_owned(), crate::Link::CredentialProcess));
}

#[tokio::test]
async fn who_is_refused_after_signing_in_is_told_the_command() {
    let lines = "sso_account_id = 1\nsso_role_name = dev\nsso_region = eu-west-1\nsso_start_url = https://x.invalid\n";
    let home = Home::new(&format!("[profile dev]\n{lines}"), "");
    let aws = Aws::new(home.environment(&[("AWS_REGION", "eu-west-1"), ("AWS_PROFILE", "dev")]));
    let session = aws.session(&AwsSettings::default()).await.unwrap();
    let credentials = credentials(&aws).await;
    credentials.keep(Resolved {
        credentials: Credentials::new("a", "b", None, None, "test"),
        link: crate::Link::Sso,
        profile: Some("dev".to_owned()),
        fingerprint: super::super::fingerprint::Fingerprint::take([]),
        environment: 0,
    });
    let ended =
        || Error::new(outcrop_core::ErrorKind::Unauthenticated, "refused").with_code("ExpiredTokenException");
    let error = session.call(Plane::Runtime, async || Err::<(), _>(ended())).await.unwrap_err();
    assert_eq!(error.hints(), ["run `aws sso login --profile dev`"]);
}
