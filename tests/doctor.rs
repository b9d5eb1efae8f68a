//! `outcrop doctor`: what it looks at, what it says about it, and what to do.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use serde_json::{Value, json};
use time::format_description::well_known::Rfc2822;
use time::{Duration, OffsetDateTime};

use crate::support::identity::refusing;
use crate::support::{Emulator, Finished, Home, Outcrop, members};

const LISTINGS: [&str; 2] = ["ListFoundationModels", "ListInferenceProfiles"];
const NAMES: [&str; 7] = [
    "credentials",
    "clock",
    "region",
    "endpoint runtime",
    "endpoint control",
    "permission bedrock:ListFoundationModels",
    "permission bedrock:ListInferenceProfiles",
];

/// `outcrop doctor` on a machine that has everything it needs.
fn doctor(emulator: &Emulator) -> Outcrop {
    Outcrop::new(["doctor"]).via(emulator)
}

/// The verdicts in the order of [`NAMES`], and the checks.
#[track_caller]
fn examine(run: Outcrop, code: i32) -> (String, Vec<Value>) {
    let run = run.arg("--json").run().exits_with(code);
    let seen = run.json();
    assert_eq!(seen["ok"], code == 0, "{seen}");
    assert_eq!(seen.as_object().unwrap().len(), 2, "{seen}");
    let checks = seen["checks"].as_array().unwrap();
    let names: Vec<_> = checks.iter().map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!(names, NAMES, "{seen}");
    for check in checks {
        let fields = members(check);
        assert_eq!(fields, ["detail", "fix", "name", "verdict"], "{check}");
        assert!(check["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{check}");
        let verdict = check["verdict"].as_str().unwrap();
        let is_bad = ["warn", "fail"].contains(&verdict);
        assert!(is_bad || ["ok", "skip"].contains(&verdict), "{check}");
        assert_eq!(check["fix"].is_string(), is_bad, "what is bad has a fix, and nothing else: {check}");
    }
    assert!(!run.stdout.contains("outcrop-emulator-secret-key"), "{run:?}");
    let verdicts = checks.iter().map(|check| check["verdict"].as_str().unwrap()).collect::<Vec<_>>();
    (verdicts.join(" "), checks.clone())
}

/// Detail and fix of a check.
#[track_caller]
fn said(checks: &[Value], name: &str) -> String {
    let check = checks.iter().find(|check| check["name"] == name).unwrap();
    format!("{}\n{}", check["detail"], check["fix"])
}

#[test]
fn all_is_fine() {
    let emulator = Emulator::start();
    let (verdicts, checks) = examine(doctor(&emulator), 0);
    assert_eq!(verdicts, "ok ok ok ok ok ok ok", "{checks:?}");
    assert!(said(&checks, "credentials").contains("AKIA…ATOR"), "{checks:?}");
    assert!(said(&checks, "region").contains("us-east-1 (AWS_REGION)"), "{checks:?}");
    for plane in ["endpoint runtime", "endpoint control"] {
        assert!(said(&checks, plane).contains(&emulator.endpoint()), "{checks:?}");
    }
    let text = doctor(&emulator).run().succeeds();
    assert_eq!(text.stdout.lines().count(), NAMES.len(), "{}", text.stdout);
    for (line, name) in text.stdout.lines().zip(NAMES) {
        assert!(line.starts_with(&format!("ok    {name}: ")), "{line}");
    }
    let (verdicts, checks) = examine(Outcrop::new(["--emulator", "doctor", "--region", "eu-west-1"]), 0);
    assert_eq!(verdicts, "ok ok ok ok ok ok ok", "{checks:?}");
}

/// Runs it without the keys that [`Outcrop::via`] sets.
fn without_keys(emulator: &Emulator) -> Outcrop {
    doctor(emulator).env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY")
}

#[test]
fn without_credentials_the_rest_is_looked_at_all_the_same() {
    let emulator = Emulator::start();
    let (verdicts, checks) = examine(without_keys(&emulator), 4);
    assert_eq!(verdicts, "fail ok ok ok ok skip skip", "{checks:?}");
    let credentials = said(&checks, "credentials");
    for word in ["AWS_ACCESS_KEY_ID", "AWS_BEARER_TOKEN_BEDROCK", "AWS_PROFILE", "instance metadata"] {
        assert!(credentials.contains(word), "{credentials}");
    }
    let text = without_keys(&emulator).run().exits_with(4);
    assert!(text.stdout.contains("fail  credentials: ") && text.stdout.contains("      fix: "), "{text:?}");
    let (verdicts, checks) = examine(without_keys(&emulator).env("AWS_PROFILE", "gone"), 4);
    assert_eq!(verdicts, "fail ok ok ok ok skip skip", "{checks:?}");
    assert!(said(&checks, "credentials").contains("`gone`"), "{checks:?}");
    // Nothing but knocking was done at the endpoints.
    assert!(emulator.requests().iter().all(|request| request["operation"].is_null()));
}

#[test]
fn what_works_and_is_odd_is_a_warning() {
    let emulator = Emulator::start();
    let (verdicts, checks) = examine(doctor(&emulator).env("AWS_SESSION_TOKEN", "left-behind"), 0);
    assert_eq!(verdicts, "warn ok ok ok ok ok ok", "{checks:?}");
    let credentials = said(&checks, "credentials");
    assert!(
        credentials.contains("`AWS_SESSION_TOKEN`") && !credentials.contains("left-behind"),
        "{credentials}"
    );

    let (verdicts, checks) = examine(doctor(&emulator).env_remove("AWS_REGION"), 0);
    assert!(verdicts == "ok ok warn ok ok ok ok", "{checks:?}");
    let region = said(&checks, "region");
    assert!(region.contains("us-east-1 (default)") && region.contains("`AWS_REGION`"), "{region}");
}

#[test]
fn keys_that_are_refused_are_found_by_asking() {
    let emulator = Emulator::start();
    let home = Home::new();
    let run = || Outcrop::at(&home, ["doctor"]).via(&emulator).env("AWS_SECRET_ACCESS_KEY", "a-wrong-secret");
    for known in [false, true] {
        let (verdicts, checks) = examine(run(), 4);
        assert_eq!(verdicts, "ok ok ok ok ok fail fail", "{known}: {checks:?}");
        for action in LISTINGS {
            let listing = said(&checks, &format!("permission bedrock:{action}"));
            assert!(listing.contains("signature") && !listing.contains("a-wrong-secret"), "{listing}");
        }
        // What was listed before must not make up for it.
        Outcrop::at(&home, ["models", "list"]).via(&emulator).run().succeeds();
    }
}

#[test]
fn each_missing_permission_is_named_with_its_action() {
    let denied = |operation: &str| {
        let words = format!(
            "User: arn:aws:iam::123456789012:user/me is not authorized to perform: bedrock:{operation}"
        );
        let fault =
            json!({ "type": "error", "status": 403, "code": "AccessDeniedException", "message": words });
        json!({ "match": { "operation": operation }, "fault": fault })
    };
    for (missing, expected) in [
        (&LISTINGS[..1], "ok ok ok ok ok fail ok"),
        (&LISTINGS[1..], "ok ok ok ok ok ok fail"),
        (&LISTINGS[..], "ok ok ok ok ok fail fail"),
    ] {
        let emulator = Emulator::start();
        let rules: Vec<_> = missing.iter().map(|operation| denied(operation)).collect();
        emulator.scenario(&json!({ "rules": rules }));
        let (verdicts, checks) = examine(doctor(&emulator), 4);
        assert_eq!(verdicts, expected, "{checks:?}");
        for action in missing {
            let check =
                checks.iter().find(|it| it["name"] == format!("permission bedrock:{action}")).unwrap();
            let fix = check["fix"].as_str().unwrap();
            assert!(fix.contains(&format!("`bedrock:{action}`")), "{check}");
            assert!(fix.contains("`outcrop iam policy`"), "{check}");
        }
    }
}

#[test]
fn with_discovery_off_nobody_is_asked_for_permissions() {
    let emulator = Emulator::start();
    let off = ["--set", "models.bedrockDiscovery.enabled=false"];
    let (verdicts, checks) = examine(doctor(&emulator).args(&off), 0);
    assert_eq!(verdicts, "ok ok ok ok ok skip skip", "{checks:?}");
    for action in LISTINGS {
        let skipped = said(&checks, &format!("permission bedrock:{action}"));
        assert!(skipped.contains("`models.bedrockDiscovery.enabled`"), "{skipped}");
    }
    assert!(emulator.requests().iter().all(|request| request["operation"].is_null()));
}

#[test]
fn an_endpoint_that_refuses_is_named() {
    let emulator = Emulator::start();
    let nobody = format!("http://{}", refusing());
    for (variable, name, expected) in [
        ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "endpoint runtime", "ok ok ok fail ok ok ok"),
        ("AWS_ENDPOINT_URL_BEDROCK", "endpoint control", "ok ok ok ok fail fail fail"),
    ] {
        let run = || doctor(&emulator).env(variable, &nobody).env("AWS_MAX_ATTEMPTS", "1");
        let (verdicts, checks) = examine(run(), 9);
        assert_eq!(verdicts, expected, "{checks:?}");
        assert!(said(&checks, name).contains(&nobody), "{checks:?}");
        // Models of the configuration do not make up for it.
        let manual = "models.providers.amazon-bedrock.models=[{ id: 'mine', name: 'Mine' }]";
        let (verdicts, checks) = examine(run().args(&["--set", manual]), 9);
        assert_eq!(verdicts, expected, "{checks:?}");
    }
}

#[test]
fn endpoints_that_contradict_themselves_are_a_mistake() {
    let emulator = Emulator::start();
    let (verdicts, checks) = examine(doctor(&emulator).env("AWS_USE_FIPS_ENDPOINT", "true"), 3);
    assert!(verdicts.contains(" skip ok fail fail "), "{checks:?}");
    for plane in ["endpoint runtime", "endpoint control"] {
        let said = said(&checks, plane);
        assert!(
            said.contains("AWS_USE_FIPS_ENDPOINT") && said.contains("AWS_ENDPOINT_URL_BEDROCK"),
            "{said}"
        );
        assert!(!said.contains("()"), "{said}");
    }
}

#[test]
fn listings_that_nobody_could_be_asked_for_are_not_allowed() {
    let emulator = Emulator::start();
    let manual = "models.providers.amazon-bedrock.models=[{ id: 'mine', name: 'Mine' }]";
    let doctor = doctor(&emulator).args(&["--set", manual]).env("OUTCROP_DISCOVERY_REGION", "no.region");
    let (verdicts, checks) = examine(doctor, 3);
    assert_eq!(verdicts, "ok ok ok ok ok fail fail", "{checks:?}");
    for action in LISTINGS {
        let listing = said(&checks, &format!("permission bedrock:{action}"));
        assert!(listing.contains("`no.region` is no region"), "{listing}");
    }
}

/// A server that has no models and a clock of its own; without one it does not say what time it is.
fn clock(ahead: Option<Duration>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            // A client that goes away is no failure.
            tell_time(client, ahead).ok();
        }
    });
    address
}

fn tell_time(mut client: TcpStream, ahead: Option<Duration>) -> std::io::Result<()> {
    let head = BufReader::new(client.try_clone()?).lines().map_while(Result::ok);
    head.take_while(|line| !line.is_empty()).for_each(drop);
    let body = json!({ "modelSummaries": [], "inferenceProfileSummaries": [] }).to_string();
    let date = ahead.map_or_else(String::new, |ahead| {
        let time = (OffsetDateTime::now_utc() + ahead).format(&Rfc2822).unwrap();
        format!("date: {}\r\n", time.replace("+0000", "GMT"))
    });
    let length = body.len();
    write!(
        client,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n{date}content-length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn a_clock_that_is_off_is_named_before_signatures_are_refused() {
    let minutes = Duration::minutes;
    for (service, verdict, words) in [
        (Some(Duration::ZERO), "ok", ""),
        (Some(minutes(3)), "warn", "behind the service's"),
        (Some(minutes(-3)), "warn", "ahead of the service's"),
        (Some(minutes(20)), "fail", "behind the service's"),
        (Some(minutes(-20)), "fail", "ahead of the service's"),
        (None, "skip", "what time it is"),
    ] {
        let emulator = Emulator::start();
        let address = format!("http://{}", clock(service));
        let run: Finished = doctor(&emulator).args(&["--endpoint-url", &address, "--json"]).run();
        let seen = run.json();
        let check = seen["checks"].as_array().unwrap().iter().find(|it| it["name"] == "clock").unwrap();
        assert_eq!(check["verdict"], verdict, "{service:?}: {check}");
        assert!(check["detail"].as_str().unwrap().contains(words), "{service:?}: {check}");
        if ["warn", "fail"].contains(&verdict) {
            assert!(check["fix"].as_str().unwrap().contains("set the clock"), "{check}");
        }
        let code = if verdict == "fail" { 4 } else { 0 };
        assert_eq!(run.code, Some(code), "{service:?}: {seen}");
    }
}

/// The section of the reference on what a command prints.
fn reference(command: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/json.md");
    let reference = std::fs::read_to_string(path).unwrap();
    let (_, section) = reference.split_once(&format!("## `{command} --json`\n")).unwrap();
    section.split("\n## ").next().unwrap().to_owned()
}

/// The names of all fields of a document, at any depth.
fn fields(document: &Value) -> BTreeSet<String> {
    match document {
        Value::Object(members) => {
            members.iter().flat_map(|(name, value)| [name.clone()].into_iter().chain(fields(value))).collect()
        }
        Value::Array(elements) => elements.iter().flat_map(fields).collect(),
        _ => BTreeSet::new(),
    }
}

#[test]
fn the_reference_has_every_field() {
    let emulator = Emulator::start();
    for (command, args) in [("auth status", &["auth", "status"][..]), ("doctor", &["doctor"])] {
        let reference = reference(command);
        let seen = Outcrop::new(args).via(&emulator).arg("--json").run().succeeds().json();
        for field in fields(&seen) {
            let named = [format!("`{field}`"), format!("\"{field}\"")];
            assert!(
                named.iter().any(|name| reference.contains(name)),
                "{command}: {field} is not in {reference}"
            );
        }
    }
    let reference = reference("doctor");
    for word in NAMES.iter().chain(&["ok", "warn", "fail", "skip"]) {
        assert!(reference.contains(&format!("`{word}`")), "{word} is not in {reference}");
    }
}
