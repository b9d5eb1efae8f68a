//! One row for each source: boto3 and `outcrop` find the same caller, and the emulator sees that caller's key.

use serde_json::{Value, json};
use time::Duration;

use super::{MODEL, Variables, World};
use crate::support::Finished;
use crate::support::identity::{
    ACCOUNT, AUDITOR, BEDROCK_API_KEY, CONTAINER_TOKEN, DEVELOPER, Identity, Link, REGION, Role, SSO_ROLE,
    START_URL, WEB_ROLE, WEB_TOKEN,
};

/// The region of rows that name one: neither the default nor that of the instance.
const NAMED_REGION: &str = "eu-west-1";
const HOUR: Duration = Duration::HOUR;

/// What a source is expected to be.
#[derive(Debug)]
struct Row {
    /// What the program is started with, besides the endpoint of Bedrock.
    variables: Variables,
    /// Whose keys are used.
    keys: Link,
    /// The link of botocore's chain.
    method: &'static str,
    /// `source`, `link` and `profile` of `auth status --json`.
    status: (&'static str, &'static str, Option<&'static str>),
    region: &'static str,
}

impl Row {
    fn of(keys: Link, method: &'static str, status: (&'static str, &'static str)) -> Self {
        let variables = vec![("AWS_REGION", NAMED_REGION.to_owned())];
        let (source, link) = status;
        Self { variables, keys, method, status: (source, link, None), region: NAMED_REGION }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    fn profile(mut self, name: &'static str) -> Self {
        self.status.2 = Some(name);
        self
    }

    /// Called as the profile `dev`, which `AWS_PROFILE` names.
    fn named_profile(keys: Link, method: &'static str, link: &'static str) -> Self {
        Self::of(keys, method, ("profile", link)).with("AWS_PROFILE", "dev").profile("dev")
    }
}

impl World {
    /// `outcrop ARGS…`, saying all it has to say; no secret is among it.
    #[track_caller]
    fn discreet(&self, args: &[&str], variables: &[(&'static str, String)]) -> Finished {
        let run = self.outcrop(args, variables).arg("-vv").run();
        for secret in Identity::secrets() {
            let leaks = run.stdout.contains(&secret) || run.stderr.contains(&secret);
            assert!(!leaks, "`{secret}` is in the output of {args:?}:\n{}{}", run.stdout, run.stderr);
        }
        run
    }

    #[track_caller]
    fn prove(&self, row: &Row) {
        let key = self.identity.key(row.keys);
        let witness = self.boto3(&row.variables).succeeds().json();
        assert_eq!(witness["method"], row.method, "{witness}");
        assert_eq!(witness["accessKeyId"], key.access_key_id, "{witness}");

        self.lists_and_asks(&row.variables);
        for request in self.assert_signed_by(&key) {
            assert_eq!(request["region"], row.region, "{request}");
        }

        let status = self.status(row, &[]);
        assert_eq!(status["identity"], Value::Null, "nobody asked for it: {status}");
        assert_eq!(status["expiresAt"].is_string(), key.session_token.is_some(), "{status}");
        assert!(!status.to_string().contains(&key.access_key_id), "key ids are shortened: {status}");
        let verified = self.status(row, &["--verify"]);
        let identity = &verified["identity"];
        assert_eq!(
            json!([identity["arn"], identity["account"]]),
            json!([witness["arn"], witness["account"]])
        );
        assert!(identity["userId"].is_string(), "{verified}");
    }

    #[track_caller]
    fn lists_and_asks(&self, variables: &[(&'static str, String)]) {
        let list = self.discreet(&["models", "list", "--json"], variables).succeeds().json();
        assert!(list["count"].as_u64() > Some(0) && list["problems"] == json!([]), "{list}");
        let answer = self.discreet(&["ask", "-m", MODEL, "hello"], variables).succeeds();
        assert!(!answer.stdout.trim().is_empty(), "{answer:?}");
        let operations: Vec<Value> =
            self.emulator.requests().iter().map(|request| request["operation"].clone()).collect();
        for operation in ["ListFoundationModels", "ListInferenceProfiles", "ConverseStream"] {
            assert!(operations.contains(&json!(operation)), "{operation} is not among {operations:?}");
        }
    }

    /// What `auth status --json` says, as far as all rows have it in common.
    #[track_caller]
    fn status(&self, row: &Row, args: &[&str]) -> Value {
        let mut variables = row.variables.clone();
        if !args.is_empty() {
            variables.push(("AWS_ENDPOINT_URL_STS", self.identity.endpoint()));
        }
        let args = [&["auth", "status", "--json"], args].concat();
        let status = self.discreet(&args, &variables).succeeds().json();
        let (source, link, profile) = row.status;
        assert_eq!(json!([status["source"], status["link"]]), json!([source, link]), "{status}");
        // Who names no profile gets `default`, if any: whether it is shown then is the program's business.
        let shown = [json!(profile), json!(profile.unwrap_or("default"))];
        assert!(shown.contains(&status["profile"]), "{status}");
        assert_eq!(status["state"], "present", "{status}");
        assert_eq!(status["region"]["value"], row.region, "{status}");
        assert!(status["region"]["origin"].is_string() && status["notes"].is_array(), "{status}");
        for plane in ["runtime", "control"] {
            let url = status["endpoints"][plane].as_str().unwrap_or_default();
            assert_eq!(url.trim_end_matches('/'), self.emulator.endpoint(), "{plane}: {status}");
        }
        let steps = status["steps"].as_array().expect("`steps` is a list");
        let whole = |step: &Value| ["link", "outcome", "detail"].iter().all(|field| step[field].is_string());
        assert!(!steps.is_empty() && steps.iter().all(whole), "{status}");
        status
    }
}

#[test]
fn instance_metadata_with_no_variable_but_its_address() {
    let world = World::new();
    let row = Row {
        variables: world.metadata_variables(),
        keys: Link::InstanceMetadata,
        method: "iam-role",
        status: ("default-chain", "imds", None),
        region: REGION,
    };
    world.prove(&row);
    assert!(world.status(&row, &[]).to_string().contains("instance metadata"));
}

#[test]
fn container_credentials_with_a_token_file() {
    let world = World::new();
    let token = world.home.plant("container/token", CONTAINER_TOKEN);
    for path in ["/v1/credentials", "/v2/credentials/0123"] {
        let row = Row::of(Link::Container, "container-role", ("default-chain", "container"))
            .with("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}{path}", world.identity.endpoint()))
            .with("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token.display().to_string());
        world.prove(&row);
    }
}

#[test]
fn web_identity_from_a_file() {
    let world = World::new();
    let token = world.home.plant("pod/token", WEB_TOKEN);
    let row = Row::of(Link::WebIdentity, "assume-role-with-web-identity", ("default-chain", "web-identity"))
        .with("AWS_WEB_IDENTITY_TOKEN_FILE", token.display().to_string())
        .with("AWS_ROLE_ARN", WEB_ROLE.arn())
        .with("AWS_ROLE_SESSION_NAME", "pod-1")
        .with("AWS_ENDPOINT_URL_STS", world.identity.endpoint());
    world.prove(&row);
}

/// A role that the profile `dev` assumes with the keys of the profile `base`.
fn assumes(world: &World, role: &Role, more: &str) -> Row {
    world.home.plant_config(&format!(
        "[profile base]\nregion = {NAMED_REGION}\n\n\
         [profile dev]\nrole_arn = {}\nsource_profile = base\nregion = {NAMED_REGION}\n{more}",
        role.arn()
    ));
    world.home.plant_credentials(&format!("[base]\n{}", world.identity.key(Link::SourceProfile).lines()));
    Row::named_profile(Link::AssumedRole, "assume-role", "assume-role")
        .with("AWS_ENDPOINT_URL_STS", world.identity.endpoint())
}

#[test]
fn a_role_that_a_profile_assumes() {
    let world = World::new();
    // Without a name, every program invents its own.
    let row = assumes(&world, &DEVELOPER, "role_session_name = noon\n");
    world.prove(&row);
    assert!(world.identity.actions().iter().any(|action| action == "AssumeRole"));
}

#[test]
fn a_role_with_an_external_id_under_a_session_name() {
    let world = World::new();
    let external_id = AUDITOR.external_id.unwrap();
    let more = format!("external_id = {external_id}\nrole_session_name = night-audit\n");
    let row = assumes(&world, &AUDITOR, &more);
    world.prove(&row);
    let witness = world.boto3(&row.variables).succeeds().json();
    assert_eq!(witness["arn"], AUDITOR.session("night-audit"));
}

#[test]
fn a_program_that_a_profile_names() {
    let world = World::new();
    let process = world.home.plant_process(&world.identity.key(Link::Process), HOUR);
    world.home.plant_config(&format!("[profile dev]\ncredential_process = {process}\n"));
    world.prove(&Row::named_profile(Link::Process, "custom-process", "credential-process"));
}

/// A profile `dev` of Identity Center, after `aws sso login`.
fn signed_in(world: &World, config: &str, token_name: &str) -> Row {
    let account = format!("sso_account_id = {ACCOUNT}\nsso_role_name = {SSO_ROLE}\n");
    world.home.plant_config(&config.replace("ACCOUNT", &account).replace("SIGN-IN", &sign_in()));
    world.home.plant_sso_token(token_name, HOUR);
    Row::named_profile(Link::SingleSignOn, "sso", "sso")
        .with("AWS_ENDPOINT_URL_SSO", world.identity.endpoint())
        .with("AWS_ENDPOINT_URL_SSO_OIDC", world.identity.endpoint())
}

fn sign_in() -> String {
    format!("sso_start_url = {START_URL}\nsso_region = {REGION}\n")
}

#[test]
fn a_single_sign_on_session() {
    let world = World::new();
    let config = "[profile dev]\nsso_session = team\nACCOUNT\n[sso-session team]\nSIGN-IN";
    world.prove(&signed_in(&world, config, "team"));
}

#[test]
fn a_single_sign_on_without_a_session_as_older_files_have_it() {
    let world = World::new();
    world.prove(&signed_in(&world, "[profile dev]\nACCOUNTSIGN-IN", START_URL));
}

#[test]
fn keys_in_the_environment() {
    let world = World::new();
    let mut row = Row::of(Link::Environment, "env", ("access-keys", "env"));
    row.variables.extend(world.identity.key(Link::Environment).variables());
    world.prove(&row);
}

#[test]
fn a_profile_with_keys() {
    let world = World::new();
    let [dev, other] = [Link::Profile, Link::DefaultProfile].map(|link| world.identity.key(link).lines());
    world.home.plant_credentials(&format!("[default]\n{other}\n[dev]\n{dev}"));
    world.prove(&Row::named_profile(Link::Profile, "shared-credentials-file", "shared-config"));
}

#[test]
fn the_default_profile() {
    let world = World::new();
    world.home.plant_credentials(&format!("[default]\n{}", world.identity.key(Link::DefaultProfile).lines()));
    let row = Row::of(Link::DefaultProfile, "shared-credentials-file", ("default-chain", "shared-config"));
    world.prove(&row);
}

#[test]
fn an_api_key() {
    let world = World::new();
    let row =
        Row::of(Link::Environment, "", ("bearer", "env")).with("AWS_BEARER_TOKEN_BEDROCK", BEDROCK_API_KEY);
    world.lists_and_asks(&row.variables);
    for request in world.emulator.requests() {
        assert_eq!((&request["auth"], &request["status"]), (&json!("bearer"), &json!(200)), "{request}");
    }
    let status = world.status(&row, &[]);
    assert_eq!(status["identity"], Value::Null, "an API key has no identity that can be asked for: {status}");
}
