//! Every error that this crate raises of itself, and everything that it tells a user by the way, word for word. What
//! becomes of the SDK's errors has tests of its own in `sdk_error`.

mod callers;
mod connections;
mod notes;
mod profiles;
mod services;
mod settings;

use std::error::Error as _;

use outcrop_core::Error;

use crate::testing::Home;
use crate::{Aws, AwsSettings};

#[path = "../../../tests/support/error_sites.rs"]
pub(crate) mod error_sites;

/// Lines that cannot be reached from outside, and why they are there.
const UNREACHABLE: [(&str, &str); 3] = [
    ("which names no host", "what has a scheme and no host is no URL for `http::Uri`"),
    ("the metadata service's address `", "the SDK's builder parses what was parsed before"),
    ("bad(variable, \"is no URL of a proxy\")", "hyper-util parses what was parsed before"),
];

/// What nobody may ever read. All secrets of these tests begin like this.
const SECRET: &str = "hush";

/// Keys of a user, as they stand in a file.
const KEYS: &str = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = hush-hush\n";

const ROLE: &str = "arn:aws:iam::123456789012:role/bedrock";

/// What comes of looking for credentials by these settings and variables, and of fetching them.
async fn failure(home: &Home, settings: &AwsSettings, variables: &[(&str, &str)]) -> Error {
    let usual =
        [("AWS_REGION", "eu-west-1"), ("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_MAX_ATTEMPTS", "1")];
    // Of a name that is said twice, the later value holds.
    let aws = Aws::new(home.environment(&[&usual, variables].concat()));
    match aws.session(settings).await {
        Err(error) => error,
        Ok(session) => session.fetch_credentials().await.unwrap_err(),
    }
}

/// The same with nothing but variables.
async fn of_variables(home: &Home, variables: &[(&str, &str)]) -> Error {
    failure(home, &AwsSettings::default(), variables).await
}

/// Waits on a clock that jumps ahead as soon as nobody has anything to do: what takes a minute takes no time.
async fn patiently<T>(waiting: impl Future<Output = T>) -> T {
    tokio::time::pause();
    // Boxed: the SDK's futures are deep.
    let come = Box::pin(waiting).await;
    tokio::time::resume();
    come
}

/// What came of something, and what led to it, as the command line tells it.
fn told(error: &Error) -> Error {
    let mut told = error.clone();
    let mut said = error.to_string();
    for cause in std::iter::successors(error.source(), |cause| (*cause).source()) {
        let text = cause.to_string();
        if !said.contains(&text) {
            said.clone_from(&text);
            told = told.with_context("cause", text);
        }
    }
    told
}

/// A text without what is another each time: the home, ports, and the numbers that systems give to errors.
fn steady(text: &str, home: &Home) -> String {
    let text = text.replace(home.path("").to_str().unwrap().trim_end_matches('/'), "/home/me");
    let mut parts = text.split("127.0.0.1:");
    let mut steady = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        steady.push_str("127.0.0.1:PORT");
        steady.push_str(part.trim_start_matches(|it: char| it.is_ascii_digit()));
    }
    let mut parts = steady.split(" (os error ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once(')').map_or(part, |(_, rest)| rest));
    }
    assert!(!text.contains(SECRET), "{text}");
    text
}

#[tokio::test]
async fn every_error_has_its_words() {
    let home = Home::new("", "");
    let mut errors = settings::errors(&home).await;
    errors.extend(callers::errors(&home).await);
    errors.extend(profiles::errors(&home).await);
    errors.extend(services::errors(&home).await);
    errors.extend(connections::errors(&home).await);
    let sites = error_sites::sites(env!("CARGO_MANIFEST_DIR"), |file| file != "sdk_error.rs");
    assert!(sites.len() > 60, "the sites are not found any more: {sites:#?}");
    let mut unseen = error_sites::unseen(sites, &errors);
    unseen.retain(|site| !UNREACHABLE.iter().any(|(words, _)| site.text.contains(words)));
    assert_eq!(unseen, [], "errors without a snapshot: raise them");
    let errors: Vec<_> = errors.iter().map(told).collect();
    let shown = error_sites::shown_as(&errors, |text| steady(&text, &home));
    insta::assert_snapshot!(shown);
}
