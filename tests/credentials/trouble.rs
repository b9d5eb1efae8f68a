//! Hosts on which something is not as it should be: what works all the same, and what is said about it.

use std::io::ErrorKind;
use std::net::TcpListener;

use serde_json::{Value, json};
use time::Duration;

use super::{METADATA_ENDPOINT, MODEL, Variables, World};
use crate::support::identity::{
    ACCOUNT, ADMINISTRATOR, AUDITOR, BEDROCK_API_KEY, DEVELOPER, Link, Metadata, REGION, Role, SSO_ROLE,
    START_URL, TOKEN_CODE, refusing,
};
use crate::support::{Finished, Started, python};

const ASK: [&str; 4] = ["ask", "-m", MODEL, "hello"];
const LIST: [&str; 3] = ["models", "list", "--refresh"];

impl World {
    /// Asserts that models answer and are listed, and returns what `auth status --json` says of it.
    #[track_caller]
    fn works(&self, variables: &[(&'static str, String)], link: Link) -> Value {
        self.outcrop(&ASK, variables).run().succeeds();
        self.outcrop(&LIST, variables).run().succeeds();
        self.assert_signed_by(&self.identity.key(link));
        self.outcrop(&["auth", "status", "--json"], variables).run().succeeds().json()
    }

    /// Asserts that both planes end with this exit code and say all of these words, as text and as JSON.
    #[track_caller]
    fn fails(&self, variables: &[(&'static str, String)], code: i32, words: &[&str]) {
        for command in [&ASK[..], &LIST] {
            let text = self.outcrop(command, variables).run().exits_with(code);
            let json = self.outcrop(command, variables).arg("--json").run().exits_with(code);
            assert_eq!((text.stdout.as_str(), json.stdout.as_str()), ("", ""), "{command:?}");
            for word in words {
                assert!(text.stderr.contains(word), "{command:?} does not say `{word}`: {}", text.stderr);
            }
            let hints = &json.error_json()["error"]["hints"];
            assert!(hints.as_array().is_some_and(|hints| !hints.is_empty()), "{command:?}: {json:?}");
        }
    }
}

/// The notes of `auth status --json`, in one text.
#[track_caller]
fn notes(status: &Value) -> String {
    let notes: Vec<_> = status["notes"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    notes.join("\n")
}

fn profile(name: &str) -> Variables {
    vec![("AWS_PROFILE", name.to_owned()), ("AWS_REGION", REGION.to_owned())]
}

#[test]
fn the_workaround_of_a_host_with_an_instance_role_is_not_needed_and_does_no_harm() {
    for config in [None, Some("[default]\nregion = eu-central-1\n"), Some("[default]\n")] {
        let world = World::new();
        if let Some(config) = config {
            world.home.plant_config(config);
        }
        let mut variables = world.metadata_variables();
        let without = world.works(&variables, Link::InstanceMetadata);
        variables.push(("AWS_PROFILE", "default".to_owned()));
        let with = world.works(&variables, Link::InstanceMetadata);
        for status in [&without, &with] {
            assert_eq!(status["source"], "default-chain", "{status}");
            assert_eq!((&status["link"], &status["state"]), (&json!("imds"), &json!("present")), "{status}");
        }
        let region = if config.is_some_and(|it| it.contains("region")) { "eu-central-1" } else { REGION };
        assert_eq!(with["region"]["value"], region, "{with}");
        let told = notes(&with).contains("`AWS_PROFILE`") && notes(&with).contains("can go");
        // Where there is such a profile, it may be there for its region.
        assert_eq!(told, config.is_none(), "{config:?}: {with}");
        let shown = world.outcrop(&["auth"], &variables).run().succeeds();
        assert!(shown.stdout.contains("instance metadata"), "{shown:?}");
        assert_eq!(shown.stderr.contains("`AWS_PROFILE`"), told, "{shown:?}");
    }
}

#[test]
fn a_session_token_that_was_left_behind_is_not_mixed_with_the_keys_of_a_user() {
    let world = World::new();
    let mut variables = world.identity.key(Link::Environment).variables();
    variables.push(("AWS_SESSION_TOKEN", "a-token-that-was-left-behind".to_owned()));
    let status = world.works(&variables, Link::Environment);
    assert!(notes(&status).contains("`AWS_SESSION_TOKEN`"), "{status}");
}

#[test]
fn a_session_token_of_other_temporary_keys_is_named_when_it_is_refused() {
    let world = World::new();
    let mut variables = world.identity.key(Link::Process).variables();
    let token = variables.iter_mut().find(|(name, _)| *name == "AWS_SESSION_TOKEN").unwrap();
    token.1 = "a-token-of-other-keys".to_owned();
    // As the service answers; the emulator takes any token.
    let refused = json!({
        "type": "error",
        "status": 403,
        "code": "UnrecognizedClientException",
        "message": "The security token included in the request is invalid.",
    });
    world.emulator.scenario(&json!({ "rules": [{ "fault": refused }] }));
    world.fails(&variables, 4, &["UnrecognizedClientException", "`AWS_SESSION_TOKEN`", "came with the keys"]);
    // Two commands, each as text and as JSON: three operations, none of them twice.
    assert_eq!(world.emulator.requests().len(), 6);
}

#[test]
fn temporary_keys_without_their_token_are_named() {
    let world = World::new();
    let mut variables = world.identity.key(Link::Process).variables();
    variables.retain(|(name, _)| *name != "AWS_SESSION_TOKEN");
    world.fails(&variables, 4, &["`AWS_SESSION_TOKEN` is missing"]);
}

/// A profile `dev` whose role wants to see a second factor.
fn with_second_factor(world: &World) -> Variables {
    let (role, device) = (ADMINISTRATOR.arn(), Role::mfa_serial());
    world.home.plant_config(&format!(
        "[profile dev]\nrole_arn = {role}\nsource_profile = base\nmfa_serial = {device}\n\
         role_session_name = careful\n"
    ));
    world.home.plant_credentials(&format!("[base]\n{}", world.identity.key(Link::SourceProfile).lines()));
    let mut variables = profile("dev");
    variables.push(("AWS_ENDPOINT_URL_STS", world.identity.endpoint()));
    variables
}

#[test]
fn without_a_terminal_a_second_factor_is_an_error_that_names_the_way_out() {
    let world = World::new();
    let variables = with_second_factor(&world);
    let words =
        [&Role::mfa_serial(), "in a terminal", "aws configure export-credentials --profile dev --format env"];
    world.fails(&variables, 4, &words.map(|word: &str| word));
    assert_eq!(world.identity.actions(), [""; 0], "nobody is asked with half of what is needed");
    assert_eq!(world.emulator.requests().len(), 0);
}

#[test]
#[cfg(unix)]
fn at_a_terminal_the_code_of_a_second_factor_is_asked_for_once() {
    let (world, unlucky) = (World::new(), World::new());
    let question = format!("one-time code of {}: ", Role::mfa_serial());
    let typed = |world: &World, code: &str, args: &[&str]| -> Finished {
        let variables = with_second_factor(world);
        let mut command = python::client("terminal.py");
        command.args([&question, code, env!("CARGO_BIN_EXE_outcrop")]).args(args);
        command.args(["--endpoint-url", &world.emulator.endpoint(), "-vvv"]);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        Started::new(&mut command, &world.home).finish()
    };
    for command in [&ASK[..], &LIST] {
        let run = typed(&world, TOKEN_CODE, command).succeeds();
        // Two listings side by side need one code.
        assert_eq!(run.stderr.matches(&question).count(), 1, "{}", run.stderr);
        // The account begins like the code.
        let said = run.stderr.replace(ACCOUNT, "");
        assert!(!said.contains(TOKEN_CODE) && said.contains("DEBUG"), "{said}");
        world.assert_signed_by(&world.identity.key(Link::AssumedRole));
    }
    assert_eq!(world.identity.actions(), ["AssumeRole"; 2]);
    let verified = typed(&world, TOKEN_CODE, &["auth", "status", "--verify", "--json"]).succeeds().json();
    assert_eq!(verified["identity"]["arn"], ADMINISTRATOR.session("careful"), "{verified}");

    // What is no code is not even sent: with nobody to wait for, the second listing would ask again.
    let commands: [&[&str]; 3] = [&ASK, &["auth"], &LIST];
    for (code, words, commands) in
        [("000000", "invalid MFA one time pass code", &commands[..]), ("", "six digits", &commands[..2])]
    {
        for command in commands {
            let run = typed(&unlucky, code, command).exits_with(4);
            assert!(run.stderr.contains(words), "{}", run.stderr);
            assert_eq!(run.stderr.matches(&question).count(), 1, "{}", run.stderr);
        }
    }
    assert_eq!(unlucky.emulator.requests().len(), 0);
}

#[test]
fn an_api_key_beside_a_profile_that_is_asked_for_is_not_used() {
    let world = World::new();
    world.home.plant_credentials(&format!("[dev]\n{}", world.identity.key(Link::Profile).lines()));
    let mut variables = profile("dev");
    variables.push(("AWS_BEARER_TOKEN_BEDROCK", BEDROCK_API_KEY.to_owned()));
    let asked = ["--set", "models.providers.amazon-bedrock.auth=profile"];
    for command in [&ASK[..], &LIST] {
        world.outcrop(command, &variables).args(&asked).run().succeeds();
    }
    world.assert_signed_by(&world.identity.key(Link::Profile));
    let status = world.outcrop(&["auth", "status", "--json"], &variables).args(&asked).run().succeeds();
    let status = status.json();
    assert_eq!(status["source"], "profile", "{status}");
    assert!(notes(&status).contains("`AWS_BEARER_TOKEN_BEDROCK` is set and not used"), "{status}");
}

#[test]
fn a_control_plane_that_accepts_and_stays_silent_holds_up_nobody_but_listings() {
    let world = World::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    silent.set_nonblocking(true).unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let mut variables = world.identity.key(Link::Environment).variables();
    variables.push(("AWS_REGION", REGION.to_owned()));
    let start = |args: &[&str]| {
        let run = crate::support::Outcrop::new(args)
            .env("AWS_ENDPOINT_URL_BEDROCK", &endpoint)
            .env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", world.emulator.endpoint());
        variables.iter().fold(run, |run, (name, value)| run.env(name, value)).start()
    };
    // Whoever names a model does not even knock.
    start(&ASK).finish().succeeds();
    world.assert_signed_by(&world.identity.key(Link::Environment));
    let knocked = silent.accept().map(drop).map_err(|error| error.kind());
    assert_eq!(knocked, Err(ErrorKind::WouldBlock));

    // Side by side, as each waits until its patience ends.
    let manual = "models.providers.amazon-bedrock.models=[{ id: 'us.amazon.nova-lite-v1:0', name: 'Mine' }]";
    let alone = start(&["models", "list", "--json"]);
    let with_manual = start(&["models", "list", "--json", "--set", manual]);
    let alone = alone.finish().exits_with(9).error_json();
    assert_eq!(alone["error"]["kind"], "Timeout", "{alone}");
    let message = alone["error"]["message"].as_str().unwrap();
    assert!(message.contains("control plane") && message.contains("10 s"), "{alone}");
    assert!(alone["error"]["hints"].to_string().contains("`controlBaseUrl`"), "{alone}");
    let list = with_manual.finish().succeeds().json();
    assert_eq!(list["models"][0]["id"], "us.amazon.nova-lite-v1:0", "{list}");
    assert_eq!(list["problems"][0]["code"], "Timeout", "{list}");
}

#[test]
fn a_hop_limit_that_keeps_tokens_out_of_a_container_is_named_with_the_command_that_raises_it() {
    let world = World::with(Metadata::HopLimit);
    let variables = world.metadata_variables();
    let run = world.outcrop(&["doctor", "--json"], &variables).run().exits_with(4);
    let credentials = run.json()["checks"][0].clone();
    assert_eq!(credentials["name"], "credentials", "{credentials}");
    assert_eq!(credentials["verdict"], "fail", "{credentials}");
    let fix = credentials["fix"].as_str().unwrap();
    assert!(fix.contains("--http-put-response-hop-limit 2"), "{credentials}");
    let run = world.outcrop(&["doctor"], &variables).run().exits_with(4);
    assert!(run.stdout.contains("--http-put-response-hop-limit 2"), "{}", run.stdout);
    let run = world.outcrop(&ASK, &variables).run().exits_with(4);
    assert!(run.stderr.contains("`outcrop doctor`"), "{}", run.stderr);
}

#[test]
fn a_sign_in_that_ended_is_renewed_by_the_command_that_is_shown() {
    for (section, name, command) in [
        ("[profile dev]", Some("dev"), "`aws sso login --profile dev`"),
        ("[default]", None, "`aws sso login`"),
    ] {
        for session in [true, false] {
            let world = World::new();
            let sign_in = format!("sso_start_url = {START_URL}\nsso_region = {REGION}\n");
            let account = format!("sso_account_id = {ACCOUNT}\nsso_role_name = {SSO_ROLE}\n");
            world.home.plant_config(&if session {
                format!("{section}\n{account}sso_session = team\n[sso-session team]\n{sign_in}")
            } else {
                format!("{section}\n{account}{sign_in}")
            });
            let mut variables = vec![
                ("AWS_REGION", REGION.to_owned()),
                ("AWS_ENDPOINT_URL_SSO", world.identity.endpoint()),
                ("AWS_ENDPOINT_URL_SSO_OIDC", world.identity.endpoint()),
            ];
            variables.extend(name.map(|name| ("AWS_PROFILE", name.to_owned())));
            // Never signed in; then too long ago, as the file says; then as the service says.
            world.fails(&variables, 4, &[command]);
            let cache = if session { "team" } else { START_URL };
            for (good_for, access_token) in
                [(-Duration::HOUR, "a-token-that-ended"), (Duration::HOUR, "a-token-that-was-taken-back")]
            {
                let file = world.home.plant_sso_token(cache, good_for);
                let token = std::fs::read_to_string(&file).unwrap();
                let mut token: Value = serde_json::from_str(&token).unwrap();
                token["accessToken"] = json!(access_token);
                token.as_object_mut().unwrap().remove("refreshToken");
                world.home.plant(&file, &token.to_string());
                world.fails(&variables, 4, &[command]);
            }
            let status = world.outcrop(&["auth", "status", "--json"], &variables).run().exits_with(4);
            assert_eq!(status.json()["state"], "absent", "{status:?}");
            assert!(status.error_json()["error"]["hints"].to_string().contains(command), "{status:?}");
        }
    }
}

#[test]
fn a_misspelt_profile_is_told_from_one_that_exists() {
    let world = World::new();
    let keys = world.identity.key(Link::Profile).lines();
    world.home.plant_credentials(&format!("[production]\n{keys}"));
    world.home.plant_config("[profile sandbox]\nregion = eu-west-1\n");
    let words = ["`prodution`", "did you mean `production`?", "`sandbox`"];
    world.fails(&profile("prodution"), 4, &words);
    let flag = world.outcrop(&ASK, &[]).args(&["--profile", "Production "]).run().exits_with(4);
    assert!(flag.stderr.contains("did you mean `production`?"), "{}", flag.stderr);
    world.fails(&profile("staging"), 4, &["`staging`", "`production`", "`sandbox`"]);
    assert_eq!(world.emulator.requests().len(), 0);
}

#[test]
fn a_signature_for_the_wrong_region_is_answered_with_the_right_one() {
    let world = World::new();
    let refused = json!({
        "type": "error",
        "status": 403,
        "code": "InvalidSignatureException",
        "message": "Credential should be scoped to a valid region, expecting 'eu-west-1'",
    });
    world.emulator.scenario(&json!({ "rules": [{ "fault": refused }] }));
    let mut variables = world.identity.key(Link::Environment).variables();
    variables.push(("AWS_REGION", "us-east-1".to_owned()));
    world.fails(&variables, 4, &["InvalidSignatureException", "--region eu-west-1"]);
    assert_eq!(world.emulator.requests().len(), 6, "nobody tries the same again");
}

#[test]
fn a_program_for_credentials_that_gives_none_is_named() {
    for script in
        ["exit 3", "echo nonsense", "echo '{}'", "echo '{\"Version\":1,\"AccessKeyId\":\"AKIA\"}'", ""]
    {
        let world = World::new();
        let path = world.home.plant("process.sh", script);
        world.home.plant_config(&format!("[profile dev]\ncredential_process = /bin/sh {}\n", path.display()));
        world.fails(&profile("dev"), 4, &["`credential_process` of profile `dev` failed", "by hand"]);
    }
    let world = World::new();
    world.home.plant_config("[profile dev]\ncredential_process = /nowhere/credentials\n");
    world.fails(&profile("dev"), 4, &["`credential_process` of profile `dev` failed"]);
}

#[test]
fn a_profile_that_leads_in_a_circle_or_nowhere_is_named() {
    let role = DEVELOPER.arn();
    for (config, words) in [
        (
            format!(
                "[profile dev]\nrole_arn = {role}\nsource_profile = other\n\
                 [profile other]\nrole_arn = {role}\nsource_profile = dev\n"
            ),
            ["its own source", "dev → other → dev"],
        ),
        (
            format!("[profile dev]\nrole_arn = {role}\nsource_profile = gone\n"),
            ["`dev`", "`source_profile` is `gone`"],
        ),
        (format!("[profile dev]\nrole_arn = {role}\n"), ["`dev`", "neither `source_profile`"]),
        (
            format!("[profile dev]\nrole_arn = {role}\ncredential_source = Magic\n"),
            ["`Magic`", "Ec2InstanceMetadata"],
        ),
        ("[profile dev]\naws_access_key_id = AKIA\n".to_owned(), ["`dev`", "`aws_secret_access_key`"]),
    ] {
        let world = World::new();
        world.home.plant_config(&config);
        world.fails(&profile("dev"), 4, &words);
    }
}

/// A profile `dev` that assumes a role with the keys of `base`, asked for at this address.
fn assumes(world: &World, role: &Role, sts: String) -> Variables {
    let arn = role.arn();
    world.home.plant_config(&format!("[profile dev]\nrole_arn = {arn}\nsource_profile = base\n"));
    world.home.plant_credentials(&format!("[base]\n{}", world.identity.key(Link::SourceProfile).lines()));
    let mut variables = profile("dev");
    variables.push(("AWS_ENDPOINT_URL_STS", sts));
    variables
}

#[test]
fn a_role_that_must_not_be_assumed_is_named_with_the_service_s_words() {
    let world = World::new();
    let variables = assumes(&world, &AUDITOR, world.identity.endpoint());
    let arn = AUDITOR.arn();
    let words = [arn.as_str(), "could not be assumed", "not authorized to perform: sts:AssumeRole", "trusts"];
    world.fails(&variables, 4, &words);
    // Two commands, each as text and as JSON; a listing is two calls, and needs the role once.
    assert_eq!(world.identity.actions(), ["AssumeRole"; 4]);
    assert_eq!(world.emulator.requests().len(), 0);
}

#[test]
fn a_token_service_that_cannot_be_reached_is_no_refusal() {
    let world = World::new();
    let mut variables = assumes(&world, &DEVELOPER, format!("http://{}", refusing()));
    variables.push(("AWS_MAX_ATTEMPTS", "1".to_owned()));
    world.fails(&variables, 9, &["no connection"]);
    let status = world.outcrop(&["auth", "status", "--json"], &variables).run().exits_with(9);
    assert_eq!(status.json()["state"], "unknown", "{status:?}");
    assert_eq!(world.emulator.requests().len(), 0);
}

#[test]
fn a_container_agent_that_cannot_be_reached_or_refuses_is_named() {
    let world = World::new();
    let agent = world.identity.endpoint();
    // Who cannot be reached has refused nobody.
    for (address, code, words) in [
        (format!("{agent}/v1/credentials"), 4, ["container", "401"]),
        (format!("http://{}/v1/credentials", refusing()), 9, ["container", "`http://127.0.0.1:"]),
    ] {
        let variables = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", address), ("AWS_REGION", REGION.to_owned())];
        world.fails(&variables, code, &words);
    }
}

#[test]
fn an_address_of_the_metadata_service_that_is_none_is_named() {
    let world = World::new();
    let variables = vec![(METADATA_ENDPOINT, "not an address".to_owned())];
    let run = world.outcrop(&ASK, &variables).env_remove(super::METADATA_DISABLED).run().exits_with(3);
    assert!(run.stderr.contains(METADATA_ENDPOINT), "{}", run.stderr);
}
