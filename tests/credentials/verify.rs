//! `auth --verify`: only an answer of AWS counts.

use serde_json::Value;

use super::{Variables, World};
use crate::support::identity::{BEDROCK_API_KEY, Link, REGION, refusing};

const VERIFY: [&str; 4] = ["auth", "status", "--verify", "--json"];
/// A model of the configuration, which is listed whatever AWS says.
const OWN_MODEL: &str = "models.providers.amazon-bedrock.models=[{ id: 'mine', name: 'Mine' }]";
const BY_LISTING: &str = "verified by a listing";

fn api_key(key: &str) -> Variables {
    vec![("AWS_BEARER_TOKEN_BEDROCK", key.to_owned()), ("AWS_REGION", REGION.to_owned())]
}

impl World {
    /// What `auth --verify` notes, and how it ends.
    #[track_caller]
    fn verifies(&self, variables: &[(&'static str, String)], args: &[&str], code: i32) -> String {
        let run =
            self.outcrop(&VERIFY, variables).args(args).env("AWS_MAX_ATTEMPTS", "1").run().exits_with(code);
        let status = run.json();
        assert_eq!(status["identity"], Value::Null, "{status}");
        status["notes"].to_string()
    }
}

#[test]
fn an_api_key_is_verified_by_a_listing_that_aws_answers() {
    let world = World::new();
    for args in [&[][..], &["--set", OWN_MODEL]] {
        let notes = world.verifies(&api_key(BEDROCK_API_KEY), args, 0);
        assert!(notes.contains(BY_LISTING), "{notes}");
        // What was listed just now is no proof for another key.
        let notes = world.verifies(&api_key("ABSK-another-key"), args, 4);
        assert!(!notes.contains(BY_LISTING), "{notes}");
    }
}

#[test]
fn keys_are_verified_by_a_listing_where_the_token_service_cannot_be_reached() {
    let world = World::new();
    let mut variables = world.identity.key(Link::Environment).variables();
    variables.push(("AWS_ENDPOINT_URL_STS", format!("http://{}", refusing())));
    let notes = world.verifies(&variables, &[], 0);
    assert!(
        notes.contains("Security Token Service cannot be asked") && notes.contains(BY_LISTING),
        "{notes}"
    );
    world.assert_signed_by(&world.identity.key(Link::Environment));
}

#[test]
fn what_is_known_without_aws_verifies_nobody() {
    let world = World::new();
    let nobody = format!("models.providers.amazon-bedrock.controlBaseUrl=http://{}", refusing());
    let disabled = ("OUTCROP_DISCOVERY_ENABLED", "false");
    let nowhere = ("OUTCROP_DISCOVERY_REGION", "no.region");
    for (variable, args, code) in [(disabled, &[][..], 6), (nowhere, &["--set", OWN_MODEL], 3)] {
        let mut variables = api_key(BEDROCK_API_KEY);
        variables.push((variable.0, variable.1.to_owned()));
        let notes = world.verifies(&variables, args, code);
        assert!(!notes.contains(BY_LISTING), "{args:?}: {notes}");
    }
    assert_eq!(world.emulator.requests().len(), 0);
    let run = crate::support::Outcrop::new(VERIFY).args(&["--set", OWN_MODEL, "--set", &nobody]);
    let run = api_key(BEDROCK_API_KEY).iter().fold(run, |run, (name, value)| run.env(name, value));
    let run = run.env("AWS_MAX_ATTEMPTS", "1").run().exits_with(9);
    assert!(!run.stdout.contains(BY_LISTING), "{run:?}");
}
