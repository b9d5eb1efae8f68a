//! All sources at once, taken away one by one from the top: the next one answers each time.

use serde_json::{Value, json};

use super::{MODEL, Variables, World};
use crate::support::identity::{BEDROCK_API_KEY, CONTAINER_TOKEN, Key, Link, REGION, WEB_ROLE, WEB_TOKEN};

/// A source: its keys, what `auth status` calls it, and the variables that make it.
type Source = (Option<Link>, (&'static str, &'static str), Variables);

impl World {
    /// Every source, strongest first. The default profile is a file, which [`World::without_default`] takes away.
    fn sources(&self) -> Vec<Source> {
        let keys = |link| self.identity.key(link);
        let default = keys(Link::DefaultProfile).lines();
        self.home.plant_credentials(&format!("[default]\n{default}\n[dev]\n{}", keys(Link::Profile).lines()));
        let container = self.home.plant("container/token", CONTAINER_TOKEN).display().to_string();
        let pod = self.home.plant("pod/token", WEB_TOKEN).display().to_string();
        let endpoint = self.identity.endpoint();
        vec![
            (None, ("bearer", "env"), vec![("AWS_BEARER_TOKEN_BEDROCK", BEDROCK_API_KEY.to_owned())]),
            (Some(Link::Environment), ("access-keys", "env"), keys(Link::Environment).variables()),
            (Some(Link::Profile), ("profile", "shared-config"), vec![("AWS_PROFILE", "dev".to_owned())]),
            (Some(Link::DefaultProfile), ("default-chain", "shared-config"), Vec::new()),
            (
                Some(Link::WebIdentity),
                ("default-chain", "web-identity"),
                vec![
                    ("AWS_WEB_IDENTITY_TOKEN_FILE", pod),
                    ("AWS_ROLE_ARN", WEB_ROLE.arn()),
                    ("AWS_ENDPOINT_URL_STS", endpoint.clone()),
                ],
            ),
            (
                Some(Link::Container),
                ("default-chain", "container"),
                vec![
                    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{endpoint}/v1/credentials")),
                    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", container),
                ],
            ),
            (Some(Link::InstanceMetadata), ("default-chain", "imds"), self.metadata_variables()),
        ]
    }

    fn without_default(&self) {
        let dev = self.identity.key(Link::Profile).lines();
        self.home.plant_credentials(&format!("[dev]\n{dev}"));
    }

    /// Asserts that a call goes out by these keys, or by the API key, and that `auth status` says so.
    #[track_caller]
    fn assert_answers(&self, keys: Option<Link>, status: (&str, &str), variables: &[(&'static str, String)]) {
        self.outcrop(&["ask", "-m", MODEL, "hello"], variables).run().succeeds();
        match keys.map(|link| self.identity.key(link)) {
            Some(key) => drop(self.assert_signed_by(&key)),
            None => self.assert_called_by_api_key(),
        }
        let seen = self.outcrop(&["auth", "status", "--json"], variables).run().succeeds().json();
        let (source, link) = status;
        assert_eq!(json!([seen["source"], seen["link"]]), json!([source, link]), "{variables:?}: {seen}");
        assert_eq!(seen["state"], "present", "{seen}");
    }

    #[track_caller]
    fn assert_called_by_api_key(&self) {
        let auth: Vec<Value> = self.emulator.requests().iter().map(|it| it["auth"].clone()).collect();
        assert!(!auth.is_empty() && auth.iter().all(|auth| auth == "bearer"), "{auth:?}");
        self.emulator.forget_requests();
    }
}

#[test]
fn the_strongest_that_is_left_answers() {
    let world = World::new();
    let sources = world.sources();
    for (at, (keys, status, _)) in sources.iter().enumerate() {
        if sources.iter().position(|(keys, ..)| *keys == Some(Link::DefaultProfile)) < Some(at) {
            world.without_default();
        }
        let variables: Variables =
            sources[at..].iter().flat_map(|(.., variables)| variables.clone()).collect();
        world.assert_answers(*keys, *status, &variables);
    }
}

/// The variables of something that is not there, or only half; the next source is the default profile.
fn halves(whole: &Key) -> Vec<Variables> {
    let id = ("AWS_ACCESS_KEY_ID", whole.access_key_id.clone());
    let secret = ("AWS_SECRET_ACCESS_KEY", whole.secret_access_key.clone());
    let blank = |name| (name, " \t".to_owned());
    let empty = |name| (name, String::new());
    vec![
        vec![id.clone()],
        vec![secret.clone()],
        vec![id.clone(), empty("AWS_SECRET_ACCESS_KEY")],
        vec![id.clone(), blank("AWS_SECRET_ACCESS_KEY")],
        vec![empty("AWS_ACCESS_KEY_ID"), secret.clone()],
        vec![blank("AWS_ACCESS_KEY_ID"), secret],
        vec![blank("AWS_ACCESS_KEY_ID"), blank("AWS_SECRET_ACCESS_KEY"), blank("AWS_SESSION_TOKEN")],
        // A token without its pair belongs to nothing.
        vec![("AWS_SESSION_TOKEN", "a-stale-token".to_owned())],
        vec![empty("AWS_BEARER_TOKEN_BEDROCK")],
        vec![blank("AWS_BEARER_TOKEN_BEDROCK")],
        vec![empty("AWS_PROFILE")],
        vec![blank("AWS_PROFILE")],
    ]
}

#[test]
fn half_a_pair_and_blank_values_are_absent() {
    let world = World::new();
    let default = world.identity.key(Link::DefaultProfile);
    world.home.plant_credentials(&format!("[default]\n{}", default.lines()));
    for mut variables in halves(&world.identity.key(Link::Environment)) {
        variables.push(("AWS_REGION", REGION.to_owned()));
        world.assert_answers(Some(Link::DefaultProfile), ("default-chain", "shared-config"), &variables);
    }
}

#[test]
fn blank_variables_of_the_default_chain_are_absent() {
    for blank in ["", " \t"] {
        let world = World::new();
        let mut variables = world.metadata_variables();
        variables.extend(
            [
                "AWS_PROFILE",
                "AWS_WEB_IDENTITY_TOKEN_FILE",
                "AWS_ROLE_ARN",
                "AWS_ROLE_SESSION_NAME",
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                "AWS_CONFIG_FILE",
                "AWS_SHARED_CREDENTIALS_FILE",
                "AWS_REGION",
                "AWS_DEFAULT_REGION",
            ]
            .map(|name| (name, blank.to_owned())),
        );
        world.assert_answers(Some(Link::InstanceMetadata), ("default-chain", "imds"), &variables);
    }
}
