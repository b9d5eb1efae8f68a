//! What the configuration says about the caller: it beats everything around it, and what contradicts itself calls nobody.

use serde_json::{Value, json};

use super::{METADATA_ENDPOINT, MODEL, Variables, World};
use crate::support::Outcrop;
use crate::support::identity::{
    AUDITOR, BEDROCK_API_KEY, CONTAINER_TOKEN, DEVELOPER, Key, Link, REGION, WEB_ROLE, WEB_TOKEN,
};

/// A way to call: the keys of a link, the API key, or no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    Keys(Link),
    ApiKey,
    Nobody,
}

impl World {
    /// Everything that the environment could say about the caller, at once: an API key, keys, a profile, a pod, a
    /// container, an instance.
    fn everything(&self) -> Variables {
        let keys = |link| self.identity.key(link).lines();
        self.home.plant_credentials(&format!(
            "[default]\n{}\n[ambient]\n{}\n[dev]\n{}",
            keys(Link::DefaultProfile),
            keys(Link::DefaultProfile),
            keys(Link::Profile)
        ));
        let mut variables = self.identity.key(Link::Environment).variables();
        variables.extend(self.chain());
        variables.push(("AWS_BEARER_TOKEN_BEDROCK", "ABSK-ambient".to_owned()));
        variables.push(("AWS_PROFILE", "ambient".to_owned()));
        variables.push(("AWS_REGION", REGION.to_owned()));
        variables
    }

    /// What stands behind profiles in the chain.
    fn chain(&self) -> Variables {
        let pod = self.home.plant("pod/token", WEB_TOKEN).display().to_string();
        let container = self.home.plant("container/token", CONTAINER_TOKEN).display().to_string();
        let endpoint = self.identity.endpoint();
        vec![
            ("AWS_WEB_IDENTITY_TOKEN_FILE", pod),
            ("AWS_ROLE_ARN", WEB_ROLE.arn()),
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{endpoint}/v1/credentials")),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", container),
            ("AWS_ENDPOINT_URL_STS", endpoint.clone()),
            (METADATA_ENDPOINT, endpoint),
        ]
    }

    /// Runs a command with this provider entry: by the user's file, and by `--set` for each of its keys.
    fn by_entry<'a>(
        &'a self,
        args: &'a [&'a str],
        variables: &'a [(&'static str, String)],
        entry: &'a Value,
    ) -> impl Iterator<Item = Outcrop> + 'a {
        let config = json!({ "models": { "providers": { "amazon-bedrock": entry } } });
        let by_file = std::iter::once_with(move || {
            self.home.plant("config/outcrop/config.json5", &config.to_string());
            self.outcrop(args, variables)
        });
        let by_flags = std::iter::once_with(move || {
            std::fs::remove_file(self.home.config().join("outcrop/config.json5")).unwrap();
            let run = self.outcrop(args, variables);
            entry.as_object().unwrap().iter().fold(run, |run, (key, value)| {
                run.args(&["--set", &format!("models.providers.amazon-bedrock.{key}={value}")])
            })
        });
        by_file.chain(by_flags)
    }

    /// Asserts that this entry makes the program call as this caller, whatever else there is.
    #[track_caller]
    fn assert_calls_as(
        &self,
        variables: &[(&'static str, String)],
        entry: &Value,
        caller: Caller,
        status: (&str, Option<&str>),
    ) {
        for command in [&["ask", "-m", MODEL, "hello"][..], &["models", "list", "--refresh"]] {
            for run in self.by_entry(command, variables, entry) {
                // The emulator wants to know who calls: that it does not is the proof that nothing was signed.
                let code = if caller == Caller::Nobody { 4 } else { 0 };
                run.run().exits_with(code);
                self.assert_called_as(caller, entry);
            }
        }
        for run in self.by_entry(&["auth", "status", "--json"], variables, entry) {
            let seen = run.run().succeeds().json();
            let (source, link) = status;
            assert_eq!(json!([seen["source"], seen["link"]]), json!([source, link]), "{entry}: {seen}");
            assert_eq!(seen["state"], "present", "{entry}: {seen}");
        }
    }

    #[track_caller]
    fn assert_called_as(&self, caller: Caller, entry: &Value) {
        let requests = self.emulator.requests();
        assert!(!requests.is_empty(), "{entry}: nobody called");
        let key = match caller {
            Caller::Keys(link) => json!(self.identity.key(link).shortened()),
            Caller::ApiKey | Caller::Nobody => Value::Null,
        };
        let auth = match caller {
            Caller::Keys(_) => "sigV4",
            Caller::ApiKey => "bearer",
            Caller::Nobody => "none",
        };
        for request in &requests {
            assert_eq!(
                json!([request["auth"], request["accessKeyId"]]),
                json!([auth, key]),
                "{entry}: {request}"
            );
        }
        self.emulator.forget_requests();
    }
}

#[test]
fn what_is_said_beats_what_is_there() {
    let world = World::new();
    let variables = world.everything();
    let api_key = world.home.plant("api-key", &format!("{BEDROCK_API_KEY}\n"));
    let profile = Caller::Keys(Link::Profile);
    let by_profile = ("profile", Some("shared-config"));
    let by_key = ("bearer", Some("config"));
    for (entry, caller, status) in [
        (json!({ "profile": "dev" }), profile, by_profile),
        (json!({ "profile": "dev", "auth": "aws-sdk" }), profile, by_profile),
        (json!({ "profile": "dev", "auth": "profile" }), profile, by_profile),
        (json!({ "auth": "profile" }), Caller::Keys(Link::DefaultProfile), by_profile),
        (json!({ "apiKey": BEDROCK_API_KEY }), Caller::ApiKey, by_key),
        (json!({ "apiKey": BEDROCK_API_KEY, "auth": "bearer" }), Caller::ApiKey, by_key),
        (json!({ "apiKeyFile": api_key }), Caller::ApiKey, by_key),
        (json!({ "apiKeyFile": api_key, "auth": "bearer" }), Caller::ApiKey, by_key),
        (json!({ "auth": "none" }), Caller::Nobody, ("none", None)),
        (json!({ "auth": "none", "apiKey": BEDROCK_API_KEY }), Caller::Nobody, ("none", None)),
        (
            json!({ "assumeRole": { "roleArn": DEVELOPER.arn() } }),
            Caller::Keys(Link::AssumedRole),
            ("access-keys", Some("assume-role")),
        ),
    ] {
        world.assert_calls_as(&variables, &entry, caller, status);
    }
    // The ambient API key itself, where it is good.
    let mut variables = world.everything();
    variables.retain(|(name, _)| *name != "AWS_BEARER_TOKEN_BEDROCK");
    variables.push(("AWS_BEARER_TOKEN_BEDROCK", BEDROCK_API_KEY.to_owned()));
    world.assert_calls_as(&variables, &json!({ "auth": "bearer" }), Caller::ApiKey, ("bearer", Some("env")));
    // Of all this, nothing that stands behind was asked.
    assert_eq!(world.identity.metadata_attempts(), 0);
    assert_eq!(world.identity.count("GET", "/v1/credentials"), 0);
}

#[test]
fn what_is_said_and_not_there_is_no_reason_to_take_something_else() {
    let world = World::new();
    let variables = world.everything();
    let missing = world.home.path().join("missing");
    let without_key: Variables =
        variables.iter().filter(|(name, _)| *name != "AWS_BEARER_TOKEN_BEDROCK").cloned().collect();
    for (variables, entry, word) in [
        (&variables, json!({ "profile": "deev" }), "did you mean `dev`?"),
        (&variables, json!({ "apiKeyFile": missing }), "`apiKeyFile`"),
        (&without_key, json!({ "auth": "bearer" }), "`AWS_BEARER_TOKEN_BEDROCK`"),
    ] {
        for command in [&["ask", "-m", MODEL, "hello"][..], &["models", "list"], &["auth", "status"]] {
            for run in world.by_entry(command, variables, &entry) {
                let run = run.run().exits_with(4);
                assert!(run.stderr.contains(word), "{entry}: {}", run.stderr);
            }
        }
    }
    assert_eq!(world.emulator.requests().len(), 0);
    assert_eq!(world.identity.seen(), []);
}

#[test]
fn a_role_is_assumed_with_all_that_is_said_about_it() {
    let world = World::new();
    let role = json!({ "assumeRole": {
        "roleArn": AUDITOR.arn(),
        "sessionName": "night-audit",
        "externalId": AUDITOR.external_id,
        "durationSeconds": 1800,
    }});
    let base = world.identity.key(Link::SourceProfile);
    world.home.plant_credentials(&format!("[base]\n{}", base.lines()));
    let sts = ("AWS_ENDPOINT_URL_STS", world.identity.endpoint());
    let mut with_profile = role.clone();
    with_profile["profile"] = json!("base");
    let mut instance = world.metadata_variables();
    instance.push(sts.clone());
    let mut environment = world.identity.key(Link::Environment).variables();
    environment.push(sts.clone());
    environment.push(("AWS_REGION", REGION.to_owned()));
    let mut container = world.chain();
    container.retain(|(name, _)| name.contains("CONTAINER") || name.contains("STS"));
    container.push(("AWS_REGION", REGION.to_owned()));
    // On top of whatever there is.
    for (variables, entry, source) in [
        (vec![sts.clone(), ("AWS_REGION", REGION.to_owned())], &with_profile, "profile"),
        (environment, &role, "access-keys"),
        (container, &role, "default-chain"),
        (instance, &role, "default-chain"),
    ] {
        let before = world.identity.seen().len();
        let status = (source, Some("assume-role"));
        world.assert_calls_as(&variables, entry, Caller::Keys(Link::AssumedRole), status);
        let calls: Vec<_> =
            world.identity.seen().into_iter().skip(before).filter(|it| it.action.is_some()).collect();
        assert!(!calls.is_empty(), "{source}");
        for call in calls {
            assert_eq!(call.action.as_deref(), Some("AssumeRole"), "{call:?}");
            let said = |name: &str| call.form.get(name).cloned().unwrap_or_default();
            let said = ["RoleArn", "RoleSessionName", "ExternalId", "DurationSeconds"].map(said);
            assert_eq!(
                said,
                [&AUDITOR.arn(), "night-audit", AUDITOR.external_id.unwrap(), "1800"],
                "{call:?}"
            );
        }
        for run in world.by_entry(&["auth", "status", "--verify", "--json"], &variables, entry) {
            let seen = run.run().succeeds().json();
            assert_eq!(seen["identity"]["arn"], AUDITOR.session("night-audit"), "{source}: {seen}");
            assert!(seen["expiresAt"].is_string(), "{seen}");
        }
    }
}

#[test]
fn a_role_has_a_session_name_though_nobody_says_one() {
    let world = World::new();
    let mut variables = world.identity.key(Link::Environment).variables();
    variables.push(("AWS_ENDPOINT_URL_STS", world.identity.endpoint()));
    let entry = json!({ "assumeRole": { "roleArn": DEVELOPER.arn() } });
    for run in world.by_entry(&["auth", "--verify", "--json"], &variables, &entry) {
        let arn = run.run().succeeds().json()["identity"]["arn"].clone();
        assert!(arn.as_str().unwrap().starts_with(&DEVELOPER.session("outcrop-")), "{arn}");
    }
    // And those who may not have it are told so.
    let refused = json!({ "assumeRole": { "roleArn": AUDITOR.arn(), "externalId": "wrong" } });
    for run in world.by_entry(&["ask", "-m", MODEL, "hello"], &variables, &refused) {
        let run = run.run().exits_with(4);
        assert!(
            run.stderr.contains(&AUDITOR.arn()) && run.stderr.contains("not authorized to perform"),
            "{}",
            run.stderr
        );
    }
    assert_eq!(world.emulator.requests().len(), 0);
}

#[test]
fn the_region_that_is_said_is_signed_for() {
    let world = World::new();
    let key: Key = world.identity.key(Link::Environment);
    let mut variables = key.variables();
    variables.extend(
        [("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "eu-west-2")]
            .map(|(name, it)| (name, it.to_owned())),
    );
    let entry = json!({ "region": "eu-central-1" });
    for command in [&["ask", "-m", MODEL, "hello"][..], &["models", "list", "--refresh"]] {
        for run in world.by_entry(command, &variables, &entry) {
            run.run().succeeds();
            for request in world.assert_signed_by(&key) {
                assert_eq!(request["region"], "eu-central-1", "{request}");
            }
        }
    }
}

/// The endpoints of `auth status --json`, without those that [`World::outcrop`] names.
#[track_caller]
fn endpoints(variables: &[(&'static str, String)], set: &[&str]) -> Value {
    let run = Outcrop::new(["auth", "status", "--json"]);
    let run = set.iter().fold(run, |run, set| run.args(&["--set", set]));
    let run = variables.iter().fold(run, |run, (name, value)| run.env(name, value));
    run.run().succeeds().json()["endpoints"].clone()
}

#[test]
fn the_kind_of_endpoint_that_is_said_beats_the_variables() {
    let world = World::new();
    let mut variables = world.identity.key(Link::Environment).variables();
    variables.push(("AWS_REGION", "us-east-1".to_owned()));
    let said = |key: &str, value: bool| format!("models.providers.amazon-bedrock.{key}={value}");
    for (key, variable, runtime, control) in [
        (
            "useFipsEndpoint",
            "AWS_USE_FIPS_ENDPOINT",
            "https://bedrock-runtime-fips.us-east-1.amazonaws.com",
            "https://bedrock-fips.us-east-1.amazonaws.com",
        ),
        (
            "useDualstackEndpoint",
            "AWS_USE_DUALSTACK_ENDPOINT",
            "https://bedrock-runtime.us-east-1.api.aws",
            "https://bedrock.us-east-1.api.aws",
        ),
    ] {
        let usual =
            ["https://bedrock-runtime.us-east-1.amazonaws.com", "https://bedrock.us-east-1.amazonaws.com"];
        for (said, ambient, expected) in [
            (None, None, usual),
            (Some(true), None, [runtime, control]),
            (Some(true), Some("false"), [runtime, control]),
            (Some(false), Some("true"), usual),
            (None, Some("true"), [runtime, control]),
        ]
        .map(|(it, ambient, expected)| (it.map(|it| said(key, it)), ambient, expected))
        {
            let mut variables = variables.clone();
            variables.extend(ambient.map(|value| (variable, value.to_owned())));
            let set: Vec<_> = said.iter().map(String::as_str).collect();
            let found = endpoints(&variables, &set);
            assert_eq!(json!([found["runtime"], found["control"]]), json!(expected), "{said:?} {ambient:?}");
        }
    }
}

#[test]
fn what_contradicts_itself_calls_nobody_and_both_keys_are_named() {
    let world = World::new();
    let variables = world.everything();
    let role = json!({ "roleArn": DEVELOPER.arn() });
    let api_key = world.home.plant("api-key", BEDROCK_API_KEY);
    for (entry, names) in [
        (json!({ "apiKey": BEDROCK_API_KEY, "apiKeyFile": api_key }), ["`apiKey`", "`apiKeyFile`"]),
        (json!({ "apiKey": BEDROCK_API_KEY, "profile": "dev" }), ["`apiKey`", "`profile`"]),
        (json!({ "apiKeyFile": api_key, "profile": "dev" }), ["`apiKeyFile`", "`profile`"]),
        (json!({ "apiKey": BEDROCK_API_KEY, "assumeRole": role }), ["`apiKey`", "`assumeRole`"]),
        (json!({ "auth": "bearer", "profile": "dev" }), ["`auth: \"bearer\"`", "`profile`"]),
        (json!({ "auth": "bearer", "assumeRole": role }), ["`auth: \"bearer\"`", "`assumeRole`"]),
        (json!({ "auth": "none", "assumeRole": role }), ["`auth`", "`assumeRole`"]),
        (json!({ "auth": "magic" }), ["`auth`", "`bearer`"]),
        (json!({ "assumeRole": { "roleArn": "developer" } }), ["`assumeRole.roleArn`", "arn:aws:iam::"]),
        (json!({ "assumeRole": { "arn": DEVELOPER.arn() } }), ["`assumeRole.roleArn`", "arn:aws:iam::"]),
        (
            json!({ "assumeRole": { "roleArn": DEVELOPER.arn(), "durationSeconds": 60 } }),
            ["`durationSeconds`", "900"],
        ),
    ] {
        for command in [
            &["ask", "-m", MODEL, "hello"][..],
            &["models", "list"],
            &["auth", "status"],
            &["doctor"],
            &["config", "check"],
        ] {
            for run in world.by_entry(command, &variables, &entry) {
                let run = run.run().exits_with(3);
                for name in names {
                    assert!(
                        run.stderr.contains(name),
                        "{command:?} {entry} does not name {name}: {}",
                        run.stderr
                    );
                }
                assert!(!run.stderr.contains(BEDROCK_API_KEY), "{}", run.stderr);
            }
        }
    }
    assert_eq!(world.emulator.requests().len(), 0);
    assert_eq!(world.identity.seen(), []);
}
