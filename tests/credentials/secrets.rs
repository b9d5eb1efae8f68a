//! No secret gets out: not by any command, however much it shall say, not when it fails, and not into any file.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use time::Duration;

use super::{MODEL, Variables, World};
use crate::support::identity::{
    ACCOUNT, BEDROCK_API_KEY, CONTAINER_TOKEN, DEVELOPER, Identity, Link, REGION, SSO_ROLE, START_URL,
    WEB_ROLE, WEB_TOKEN,
};
use crate::support::proxy::{Manners, Proxy};
use crate::support::{Finished, Outcrop};

/// Secrets of the tests here, besides those of the identity service.
const WRONG_SECRET: &str = "a-wrong-secret-access-key-of-the-test";
const WRONG_TOKEN: &str = "a-wrong-session-token-of-the-test";
const WRONG_API_KEY: &str = "ABSK-a-wrong-api-key-of-the-test";
const PROXY_PASSWORD: &str = "proxy-password-of-the-test";
/// `me:proxy-password-of-the-test` in base64, as it travels.
const PROXY_CREDENTIALS: &str = "bWU6cHJveHktcGFzc3dvcmQtb2YtdGhlLXRlc3Q=";
const EMULATOR_SECRET: &str = "a-secret-that-an-emulator-accepts";
/// What must stand in no output and no file.
fn secrets() -> Vec<String> {
    let own = [WRONG_SECRET, WRONG_TOKEN, WRONG_API_KEY, PROXY_PASSWORD, PROXY_CREDENTIALS, EMULATOR_SECRET];
    Identity::secrets().into_iter().chain(own.map(str::to_owned)).collect()
}

/// One row for each command: what makes it do its work. `--help` says which commands there are.
const COMMANDS: [(&str, &[&str]); 24] = [
    ("ask", &["ask", "-m", MODEL, "hello"]),
    ("models list", &["models", "list", "--refresh"]),
    ("models", &["models", "--refresh"]),
    ("models show", &["models", "show", MODEL]),
    ("models refresh", &["models", "refresh"]),
    ("models why", &["models", "why", MODEL]),
    ("models status", &["models", "status"]),
    ("models set", &["models", "set", MODEL]),
    ("config schema", &["config", "schema"]),
    ("config check", &["config", "check"]),
    ("config explain", &["config", "explain", "models.providers.amazon-bedrock"]),
    ("config import", &["config", "import", "--dry-run", "../config/outcrop/config.json5"]),
    ("config get", &["config", "get", "models.providers.amazon-bedrock"]),
    ("config list", &["config", "list"]),
    ("config set", &["config", "set", "--dry-run", "models.providers.amazon-bedrock.region", "eu-west-1"]),
    ("config unset", &["config", "unset", "--dry-run", "models.providers.amazon-bedrock.region"]),
    ("config edit", &["config", "edit"]),
    ("config path", &["config", "path"]),
    ("auth status", &["auth", "status", "--verify"]),
    ("auth", &["auth"]),
    ("doctor", &["doctor"]),
    ("iam policy", &["iam", "policy"]),
    ("providers list", &["providers", "list"]),
    ("providers check", &["providers", "check", "--live", "-m", MODEL]),
];

/// Commands that have tests of their own below, or say only what they know by heart.
const OTHERS: [&str; 5] = ["emulate", "help", "config", "iam", "providers"];

/// The commands below this one, by the help.
#[track_caller]
fn subcommands(of: &[&str]) -> Vec<String> {
    let help = Outcrop::new(of).arg("--help").run().succeeds().stdout;
    let Some((_, rest)) = help.split_once("Commands:\n") else { return Vec::new() };
    let lines = rest.lines().take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_command_has_a_row() {
    let mut found = BTreeSet::new();
    for command in subcommands(&[]) {
        for below in subcommands(&[&command]) {
            found.insert(format!("{command} {below}"));
        }
        found.insert(command);
    }
    let rows = COMMANDS.iter().map(|(name, _)| *name).chain(OTHERS).map(str::to_owned).collect();
    assert_eq!(found, rows, "the commands of `--help`, and those that have a row here");
}

/// The ways to let a command say much.
fn modes(args: &[&str]) -> &'static [&'static [&'static str]] {
    let all: &[&[&str]] = &[&["-vv"], &["-vvv"], &["-vvv", "--json"]];
    let prints_json = !matches!(args, ["config", "schema" | "path"]);
    if prints_json { all } else { &all[..2] }
}

/// Whether it fails where AWS refuses everything: that nobody can tell is an answer too, and so is what is on disk.
fn calls_aws(args: &[&str]) -> bool {
    match args {
        ["models", "why" | "status" | "set", ..] => false,
        _ => ["ask", "models"].contains(&args[0]),
    }
}

/// Every file below a folder, and what stands in it.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => found.extend(files(&entry.path())),
            _ => found.push((entry.path(), fs::read(entry.path()).unwrap())),
        }
    }
    found
}

#[track_caller]
fn assert_no_secret_in(run: &Finished, case: &str, command: &str) {
    for secret in secrets() {
        let leaks = run.stdout.contains(&secret) || run.stderr.contains(&secret);
        assert!(!leaks, "{case}: `{secret}` is in the output of `{command}`:\n{}{}", run.stdout, run.stderr);
    }
}

/// A way to call, how it ends, and which keys the emulator sees; `None` if it sees none.
struct Case {
    name: &'static str,
    variables: Variables,
    entry: Value,
    code: i32,
    seen: Option<Value>,
}

impl World {
    /// Runs every command in every way and looks for secrets.
    #[track_caller]
    fn assert_discreet(&self, case: &Case) {
        let config = json!({ "models": { "providers": { "amazon-bedrock": case.entry } } });
        self.home.plant("config/outcrop/config.json5", &config.to_string());
        let planted: BTreeSet<PathBuf> = files(self.home.path()).into_iter().map(|(path, _)| path).collect();
        for (name, args) in COMMANDS {
            for mode in modes(args) {
                let run = self.outcrop(args, &case.variables).args(mode).env("EDITOR", "true").run();
                assert_no_secret_in(&run, case.name, name);
                if calls_aws(args) || args[0] == "auth" {
                    assert_eq!(run.code, Some(case.code), "{} {name}: {run:?}", case.name);
                    // What logs nothing proves nothing; what ends before anything is done has nothing to log.
                    let logs = run.stderr.contains("DEBUG") || case.seen.is_none();
                    assert!(logs, "{} {name}: {}", case.name, run.stderr);
                }
            }
        }
        for (path, content) in files(self.home.path()).iter().filter(|(path, _)| !planted.contains(path)) {
            let content = String::from_utf8_lossy(content);
            for secret in secrets() {
                assert!(!content.contains(&secret), "{}: `{secret}` is in {}", case.name, path.display());
            }
        }
        let requests = self.emulator.requests();
        let journal = json!(requests).to_string();
        for secret in secrets() {
            assert!(!journal.contains(&secret), "{}: `{secret}` is in the emulator's list", case.name);
        }
        // `doctor` knocks without asking for anything.
        let calls = requests.iter().filter(|it| !it["operation"].is_null());
        let used: Vec<_> = calls.map(|it| json!([it["auth"], it["accessKeyId"]])).collect();
        assert_eq!(used.is_empty(), case.seen.is_none(), "{}: {used:?}", case.name);
        assert!(used.iter().all(|it| Some(it) == case.seen.as_ref()), "{}: {used:?}", case.name);
        self.emulator.forget_requests();
    }

    /// How the emulator sees a caller with the keys of this link.
    fn keys(&self, link: Link) -> Value {
        json!(["sigV4", self.identity.key(link).shortened()])
    }

    fn region() -> (&'static str, String) {
        ("AWS_REGION", REGION.to_owned())
    }

    fn sts(&self) -> (&'static str, String) {
        ("AWS_ENDPOINT_URL_STS", self.identity.endpoint())
    }
}

#[test]
fn what_lies_at_hand_is_not_shown() {
    let world = World::new();
    let variables = |more: Vec<(&'static str, String)>| [vec![World::region(), world.sts()], more].concat();
    world.home.plant_credentials(&format!("[dev]\n{}", world.identity.key(Link::Profile).lines()));
    let api_key = world.home.plant("api-key", BEDROCK_API_KEY);
    let keys = |link| variables(world.identity.key(link).variables());
    let of_variable = vec![("AWS_BEARER_TOKEN_BEDROCK", BEDROCK_API_KEY.to_owned())];
    let bearer = || json!(["bearer", null]);
    for (name, variables, entry, seen) in [
        ("keys", keys(Link::Environment), json!({}), world.keys(Link::Environment)),
        ("temporary keys", keys(Link::Process), json!({}), world.keys(Link::Process)),
        ("a profile", variables(vec![]), json!({ "profile": "dev" }), world.keys(Link::Profile)),
        ("an API key", variables(of_variable), json!({}), bearer()),
        ("an API key of the entry", variables(vec![]), json!({ "apiKey": BEDROCK_API_KEY }), bearer()),
        ("an API key in a file", variables(vec![]), json!({ "apiKeyFile": api_key }), bearer()),
    ] {
        world.assert_discreet(&Case { name, variables, entry, code: 0, seen: Some(seen) });
    }
}

#[test]
fn what_services_and_programs_give_is_not_shown() {
    let world = World::new();
    let variables = |more: Vec<(&'static str, String)>| [vec![World::region(), world.sts()], more].concat();
    world.home.plant_credentials(&format!("[base]\n{}", world.identity.key(Link::SourceProfile).lines()));
    let process = world.home.plant_process(&world.identity.key(Link::Process), Duration::HOUR);
    world.home.plant_config(&format!(
        "[profile role]\nrole_arn = {}\nsource_profile = base\n\
         [profile process]\ncredential_process = {process}\n\
         [profile sso]\nsso_session = team\nsso_account_id = {ACCOUNT}\nsso_role_name = {SSO_ROLE}\n\
         [sso-session team]\nsso_start_url = {START_URL}\nsso_region = {REGION}\n",
        DEVELOPER.arn()
    ));
    // So long ago that it is renewed, which is written to this file again.
    world.home.plant_sso_token("team", -Duration::HOUR);
    let endpoint = world.identity.endpoint();
    let profile = |name: &str| variables(vec![("AWS_PROFILE", name.to_owned())]);
    let sso = ["AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"].map(|name| (name, endpoint.clone()));
    let pod = world.home.plant("pod/token", WEB_TOKEN).display().to_string();
    let pod = vec![("AWS_WEB_IDENTITY_TOKEN_FILE", pod), ("AWS_ROLE_ARN", WEB_ROLE.arn())];
    let agent = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{endpoint}/v1/credentials"));
    let token = world.home.plant("container/token", CONTAINER_TOKEN).display().to_string();
    let by_file = vec![agent.clone(), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token)];
    let by_variable = vec![agent, ("AWS_CONTAINER_AUTHORIZATION_TOKEN", CONTAINER_TOKEN.to_owned())];
    let role = json!({ "assumeRole": { "roleArn": DEVELOPER.arn(), "sessionName": "me" } });
    let environment = variables(world.identity.key(Link::Environment).variables());
    for (name, variables, entry, link) in [
        ("a role", profile("role"), json!({}), Link::AssumedRole),
        ("a role of the entry", environment, role, Link::AssumedRole),
        ("a program", profile("process"), json!({}), Link::Process),
        ("single sign-on", [profile("sso"), sso.to_vec()].concat(), json!({}), Link::SingleSignOn),
        ("a pod", variables(pod), json!({}), Link::WebIdentity),
        ("a container with a file", variables(by_file), json!({}), Link::Container),
        ("a container with a variable", variables(by_variable), json!({}), Link::Container),
        ("an instance", variables(world.metadata_variables()), json!({}), Link::InstanceMetadata),
    ] {
        let seen = Some(world.keys(link));
        world.assert_discreet(&Case { name, variables, entry, code: 0, seen });
    }
    assert!(world.identity.count("POST", "/token") > 0, "nobody renewed the sign-in");
    assert!(world.identity.metadata_attempts() > 0 && world.identity.count("GET", "/v1/credentials") > 0);
    for action in ["AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"] {
        assert!(world.identity.actions().iter().any(|it| it == action), "{action}");
    }
}

#[test]
fn nobody_who_is_refused_shows_what_is_refused() {
    let world = World::new();
    let variables = |more: Vec<(&'static str, String)>| [vec![World::region(), world.sts()], more].concat();
    let key = world.identity.key(Link::Environment);
    let mut wrong = key.clone();
    wrong.secret_access_key = WRONG_SECRET.to_owned();
    let mut temporary = world.identity.key(Link::Process);
    temporary.secret_access_key = WRONG_SECRET.to_owned();
    temporary.session_token = Some(WRONG_TOKEN.to_owned());
    let sig_v4 = |key: &crate::support::identity::Key| json!(["sigV4", key.shortened()]);
    let mut cases = vec![
        ("a wrong secret", variables(wrong.variables()), json!({}), sig_v4(&wrong)),
        ("a wrong token", variables(temporary.variables()), json!({}), sig_v4(&temporary)),
    ];
    let bearer = json!(["bearer", null]);
    cases.push((
        "a wrong API key",
        variables(vec![("AWS_BEARER_TOKEN_BEDROCK", WRONG_API_KEY.to_owned())]),
        json!({}),
        bearer.clone(),
    ));
    cases.push((
        "a wrong API key of the configuration",
        variables(vec![]),
        json!({ "apiKey": WRONG_API_KEY }),
        bearer,
    ));
    for (name, variables, entry, seen) in cases {
        // Whether an API key is good, nobody asks for `auth`.
        for (command, args) in COMMANDS {
            let config = json!({ "models": { "providers": { "amazon-bedrock": entry } } });
            world.home.plant("config/outcrop/config.json5", &config.to_string());
            for mode in &modes(args)[1..] {
                let run = world.outcrop(args, &variables).args(mode).run();
                assert_no_secret_in(&run, name, command);
                if calls_aws(args) {
                    assert_eq!(run.code, Some(4), "{name} {command}: {run:?}");
                    assert!(run.stderr.contains("DEBUG"), "{name} {command}: {run:?}");
                }
            }
        }
        let requests = world.emulator.requests();
        let used = requests.iter().map(|it| json!([it["auth"], it["accessKeyId"]]));
        assert!(requests.len() > 3 && used.clone().all(|it| it == seen || it == json!(["none", null])));
        world.emulator.forget_requests();
    }
    for reason in ["expired", "revoked"] {
        world.emulator.withdraw(&json!({ reason: [key.access_key_id] }));
        for (command, args) in COMMANDS.iter().filter(|(_, args)| calls_aws(args) || args[0] == "doctor") {
            let run = world.outcrop(args, &variables(key.variables())).arg("-vvv").run().exits_with(4);
            assert_no_secret_in(&run, reason, command);
        }
    }
}

#[test]
fn what_cannot_be_read_is_not_shown() {
    let world = World::new();
    let secret = world.identity.key(Link::Process).secret_access_key;
    let profile = |name: &str| vec![World::region(), world.sts(), ("AWS_PROFILE", name.to_owned())];
    // Documents that break off behind the secret, have it in a place where it cannot be, or two lines of it.
    let half = format!("{{\"Version\":1,\"AccessKeyId\":\"AKIA\",\"SecretAccessKey\":\"{secret}\",");
    let process =
        world.home.plant("process.sh", &format!("printf '%s' '{half}'; printf '%s' '{half}' >&2; exit 1"));
    let talking = world.home.plant("talking.sh", &format!("printf '%s' '{half}'"));
    world.home.plant_config(&format!(
        "[profile process]\ncredential_process = /bin/sh {}\n[profile talking]\ncredential_process = /bin/sh {}\n\
         [profile sso]\nsso_session = team\nsso_account_id = {ACCOUNT}\nsso_role_name = {SSO_ROLE}\n\
         [sso-session team]\nsso_start_url = {START_URL}\nsso_region = {REGION}\n\
         [profile half]\naws_secret_access_key = {secret}\n",
        process.display(),
        talking.display()
    ));
    let cache = world.home.plant_sso_token("team", Duration::HOUR);
    let token = fs::read_to_string(&cache).unwrap();
    world.home.plant(&cache, token.strip_suffix('}').unwrap());
    let two_lines = world.home.plant("two-lines", &format!("{BEDROCK_API_KEY}\n{WRONG_API_KEY}\n"));
    let container = world.home.plant("container/token", &format!("{CONTAINER_TOKEN}\n{CONTAINER_TOKEN}\n"));
    let agent =
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/v1/credentials", world.identity.endpoint()));
    for (name, variables, entry, code) in [
        ("a process that fails", profile("process"), json!({}), 4),
        ("a process that breaks off", profile("talking"), json!({}), 4),
        ("a sign-in that breaks off", profile("sso"), json!({}), 4),
        ("half a key pair", profile("half"), json!({}), 4),
        ("an API key of two lines", vec![], json!({ "apiKeyFile": two_lines }), 4),
        ("an API key with a blank", vec![], json!({ "apiKey": format!("{WRONG_API_KEY} x") }), 4),
        ("two API keys", vec![], json!({ "apiKey": WRONG_API_KEY, "apiKeyFile": two_lines }), 3),
        ("an API key that is no text", vec![], json!({ "apiKey": [WRONG_API_KEY] }), 3),
        (
            "a token of two lines",
            vec![agent, ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", container.display().to_string())],
            json!({}),
            4,
        ),
    ] {
        world.assert_discreet(&Case { name, variables, entry, code, seen: None });
    }
    // A file that is no file of profiles at all.
    world.home.plant_config("[profile dev]\nregion = eu-west-1\n");
    world.home.plant_credentials(&format!("aws_secret_access_key = {secret}\n[dev\nthis is {secret}\n"));
    world.assert_discreet(&Case {
        name: "a broken file of profiles",
        variables: profile("dev"),
        entry: json!({}),
        code: 3,
        seen: None,
    });
}

#[test]
fn passwords_of_proxies_are_not_shown() {
    let world = World::new();
    let address = world.emulator.endpoint().strip_prefix("http://").unwrap().parse().unwrap();
    let proxy = Proxy::start(address, Manners::Open);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let user = format!("me:{PROXY_PASSWORD}");
    let key = world.identity.key(Link::Environment);
    for (url, reaches) in [(proxy.url_for(&user), true), (format!("http://{user}@{nobody}"), false)] {
        let mut variables = key.variables();
        variables.extend([World::region(), ("AWS_MAX_ATTEMPTS", "1".to_owned())]);
        variables.extend(["HTTP_PROXY", "HTTPS_PROXY"].map(|name| (name, url.clone())));
        for (name, args) in COMMANDS {
            for mode in modes(args) {
                let run = Outcrop::at(&world.home, args)
                    .args(&["--endpoint-url", "http://bedrock.test"])
                    .args(mode);
                let run = variables.iter().fold(run, |run, (name, value)| run.env(name, value)).run();
                assert_no_secret_in(&run, &url, name);
                if ["ask", "doctor"].contains(&args[0]) {
                    assert_eq!(run.code, Some(if reaches { 0 } else { 9 }), "{name}: {run:?}");
                }
            }
        }
    }
    let seen = proxy.seen();
    assert!(seen.iter().any(|it| it.authorization == Some(format!("Basic {PROXY_CREDENTIALS}"))), "{seen:?}");
    // An endpoint with a password in it, which no endpoint takes.
    let url = format!("http://{user}@127.0.0.1:1");
    for (name, args) in COMMANDS {
        for variable in
            ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "OUTCROP_BASE_URL", "HTTP_PROXY"]
        {
            let run = Outcrop::at(&world.home, args).arg("-vvv").env(variable, &url);
            let run = key.variables().iter().fold(run, |run, (name, value)| run.env(name, value));
            let run =
                run.env("AWS_ENDPOINT_URL_BEDROCK", world.emulator.endpoint()).env("AWS_MAX_ATTEMPTS", "1");
            let run = run.env("NO_PROXY", "*").env("AWS_REGION", REGION).run();
            assert_no_secret_in(&run, variable, name);
        }
    }
}

#[test]
fn an_emulator_says_of_secrets_only_what_it_is_called_by() {
    let key = format!("AKIAOUTCROPANOTHER:{EMULATOR_SECRET}");
    for verbose in ["-vv", "-vvv"] {
        let world = World::new();
        let args = [
            "emulate",
            "--listen",
            "127.0.0.1:0",
            verbose,
            "--accept-key",
            &key,
            "--bearer-token",
            "ABSK-mine",
        ];
        let run = Outcrop::at(&world.home, args);
        let ambient = world.identity.key(Link::Process).variables();
        let mut emulator = ambient.iter().fold(run, |run, (name, value)| run.env(name, value)).start();
        let endpoint = emulator.wait_for("it said where it listens", |line| {
            line.split_once("http://")
                .map(|(_, rest)| format!("http://{}", rest.trim_end_matches(['\'', '\n'])))
        });
        let call = |secret: &str| {
            Outcrop::new(["ask", "-m", MODEL, "hello", "--endpoint-url", &endpoint])
                .env("AWS_ACCESS_KEY_ID", "AKIAOUTCROPANOTHER")
                .env("AWS_SECRET_ACCESS_KEY", secret)
                .env("AWS_REGION", REGION)
                .run()
        };
        call(EMULATOR_SECRET).succeeds();
        call(WRONG_SECRET).exits_with(4);
        emulator.interrupt();
        let run = emulator.finish().succeeds();
        assert!(run.stdout.contains("ABSK-mine"), "how it is called is what it is asked for: {}", run.stdout);
        assert_no_secret_in(&run, "emulate", verbose);
    }
}
