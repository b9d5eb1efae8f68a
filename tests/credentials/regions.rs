//! Which region is called, and who named it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

use super::{METADATA_DISABLED, METADATA_ENDPOINT, MODEL, Variables, World};
use crate::support::identity::{Identity, Link, Metadata, REGION};
use crate::support::{Emulator, Home, Outcrop};

const ENTRY: &str = "models.providers.amazon-bedrock";
const VPC_ENDPOINT: &str = "https://vpce-1-a.bedrock-runtime.eu-west-3.vpce.amazonaws.com";
const API_KEY: &str = "AWS_BEARER_TOKEN_BEDROCK";
/// What is always looked at, unless something stronger is found.
const PLACES: [&str; 4] = ["settings", "AWS_REGION", "AWS_DEFAULT_REGION", "profile"];

/// Something that names a region.
#[derive(Debug, Clone)]
struct Named {
    origin: &'static str,
    region: &'static str,
    /// How many of [`PLACES`] were looked at in vain before.
    after: usize,
    args: Vec<String>,
    variables: Variables,
    /// A line of the profile `default`.
    profile: &'static str,
}

impl Named {
    const fn new(origin: &'static str, region: &'static str, after: usize) -> Self {
        Self { origin, region, after, args: Vec::new(), variables: Vec::new(), profile: "" }
    }

    fn args(mut self, args: &[&str]) -> Self {
        self.args = args.iter().map(|arg| (*arg).to_owned()).collect();
        self
    }

    fn set(self, key: &str, value: &str) -> Self {
        self.args(&["--set", &format!("{ENTRY}.{key}={value}")])
    }

    fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }
}

/// A short-term API key for this region, and when it ends: a signed URL in disguise (Amazon Bedrock User Guide, "Generate
/// Amazon Bedrock API keys").
fn short_term_key(region: &str, good_for: Duration) -> (String, OffsetDateTime) {
    let lifetime = Duration::hours(12);
    let end = (OffsetDateTime::now_utc() + good_for).replace_nanosecond(0).unwrap();
    let begin = end - lifetime;
    let day = begin.format(format_description!("[year][month][day]")).unwrap();
    let time = begin.format(format_description!("[hour][minute][second]")).unwrap();
    let url = format!(
        "bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=\
         ASIAEXAMPLE%2F{day}%2F{region}%2Fbedrock%2Faws4_request&X-Amz-Date={day}T{time}Z&X-Amz-Expires={}&\
         X-Amz-Security-Token=token&X-Amz-SignedHeaders=host&X-Amz-Signature=0123abcd&Version=1",
        lifetime.whole_seconds()
    );
    (format!("bedrock-api-key-{}", STANDARD.encode(url)), end)
}

/// Everything that can name a region, strongest first, each a region of its own.
fn all(metadata: &Identity) -> Vec<Named> {
    let (key, _) = short_term_key("eu-central-1", Duration::HOUR);
    let mut profile = Named::new("profile", "eu-south-1", 3);
    profile.profile = "region = eu-south-1";
    vec![
        Named::new("settings", "ap-south-1", 0).args(&["--region", "ap-south-1"]),
        Named::new("settings", "ap-south-2", 0).set("region", "ap-south-2"),
        Named::new("base URL", "eu-west-3", 1).set("baseUrl", VPC_ENDPOINT),
        Named::new("AWS_REGION", "eu-west-1", 1).variable("AWS_REGION", "eu-west-1"),
        Named::new("AWS_DEFAULT_REGION", "eu-west-2", 2).variable("AWS_DEFAULT_REGION", "eu-west-2"),
        Named::new("API key", "eu-central-1", 3).variable(API_KEY, &key),
        profile,
        Named::new("base URL", "ca-central-1", 4)
            .set("controlBaseUrl", "https://bedrock.ca-central-1.amazonaws.com"),
        Named::new("instance metadata", REGION, 4).variable(METADATA_ENDPOINT, &metadata.endpoint()),
        Named::new("default", "us-east-1", 4),
    ]
}

/// `outcrop ARGS…` with all of these.
fn run(home: &Home, args: &[&str], named: &[Named]) -> Outcrop {
    let profile: Vec<&str> = named.iter().map(|named| named.profile).collect();
    home.plant_config(&format!("[default]\n{}\n", profile.join("\n")));
    let mut run = Outcrop::at(home, args);
    for named in named {
        run = named.args.iter().fold(run, Outcrop::arg);
        for (name, value) in &named.variables {
            run = run.env(name, value);
            // Only an address of this machine may stand in for the one that all instances have.
            if *name == METADATA_ENDPOINT && value.contains("//127.0.0.1:") {
                run = run.env_remove(METADATA_DISABLED);
            }
        }
    }
    run
}

/// The same with keys in the environment.
fn with_keys(world: &World, args: &[&str], named: &[Named]) -> Outcrop {
    let keys = world.identity.key(Link::Environment).variables();
    keys.iter().fold(run(&world.home, args, named), |run, (name, value)| run.env(name, value))
}

#[test]
fn the_strongest_that_is_left_names_it() {
    let world = World::new();
    let all = all(&world.identity);
    for (at, named) in all.iter().enumerate() {
        let left = &all[at..];
        let status = with_keys(&world, &["auth", "status", "--json"], left).run().succeeds().json();
        let region = &status["region"];
        assert_eq!(
            json!([region["value"], region["origin"]]),
            json!([named.region, named.origin]),
            "{status}"
        );
        let mut steps: Vec<Value> =
            PLACES[..named.after].iter().map(|origin| json!({ "origin": origin, "value": null })).collect();
        steps.push(json!({ "origin": named.origin, "value": named.region }));
        assert_eq!(region["steps"], json!(steps), "{status}");
        let own = |plane: &str| format!("https://{plane}.{}.amazonaws.com", named.region);
        let in_vpc = left.iter().any(|named| named.region == "eu-west-3");
        let runtime = if in_vpc { VPC_ENDPOINT.to_owned() } else { own("bedrock-runtime") };
        let endpoints = json!([status["endpoints"]["runtime"], status["endpoints"]["control"]]);
        assert_eq!(endpoints, json!([runtime, own("bedrock")]), "{status}");
        let says_so = status["notes"].to_string().contains("no region is set: `us-east-1` is used");
        assert_eq!(says_so, named.origin == "default", "{status}");
    }
}

#[test]
fn both_planes_are_called_there() {
    let world = World::new();
    let bedrock = |plane| Named::new("", "", 0).variable(plane, &world.emulator.endpoint());
    for named in all(&world.identity) {
        // A request by an API key is not signed for a region; and nothing goes to a VPC endpoint that is none.
        let list: &[&str] = &["models", "list", "--refresh"];
        let ask: &[&str] = &["ask", "-m", MODEL, "hello"];
        let commands = match named.origin {
            "API key" => continue,
            _ if named.region == "eu-west-3" => vec![list],
            _ => vec![list, ask],
        };
        let expected = commands.len();
        for command in commands {
            with_keys(&world, command, &[named.clone(), bedrock("AWS_ENDPOINT_URL")]).run().succeeds();
        }
        let requests = world.assert_signed_by(&world.identity.key(Link::Environment));
        assert!(requests.len() >= expected, "{named:?}: {requests:?}");
        for request in requests {
            assert_eq!(request["region"], named.region, "{named:?}: {request}");
        }
    }
}

#[test]
fn blank_values_are_passed_over() {
    for blank in ["", " \t"] {
        let world = World::new();
        let mut profile = Named::new("profile", "", 0);
        profile.profile = "region =";
        let mut named = vec![
            Named::new("settings", "", 0).args(&["--region", blank]),
            Named::new("settings", "", 0).set("region", blank),
            Named::new("AWS_REGION", "", 0).variable("AWS_REGION", blank),
            Named::new("AWS_DEFAULT_REGION", "", 0).variable("AWS_DEFAULT_REGION", blank),
            Named::new("API key", "", 0).variable(API_KEY, blank),
            profile,
        ];
        let region = |named: &[Named]| {
            let status = with_keys(&world, &["auth", "status", "--json"], named).run().succeeds().json();
            json!([status["region"]["value"], status["region"]["origin"]])
        };
        assert_eq!(region(&named), json!(["us-east-1", "default"]));
        named.push(Named::new("", "", 0).variable(METADATA_ENDPOINT, &world.identity.endpoint()));
        assert_eq!(region(&named), json!([REGION, "instance metadata"]));
        named.retain(|named| named.origin != "profile");
        named.push(Named { profile: "region =  eu-south-1 ", ..Named::new("profile", "", 0) });
        assert_eq!(region(&named), json!(["eu-south-1", "profile"]));
    }
}

/// A metadata service that does not answer names nothing, and is asked once.
#[test]
fn a_silent_metadata_service_leaves_the_default() {
    let world = World::with(Metadata::Silent);
    let named = [Named::new("", "", 0).variable(METADATA_ENDPOINT, &world.identity.endpoint())];
    let status = with_keys(&world, &["auth", "status", "--json"], &named).run().succeeds().json();
    let steps = status["region"]["steps"].as_array().unwrap();
    let last = [
        json!({ "origin": "instance metadata", "value": null }),
        json!({ "origin": "default", "value": "us-east-1" }),
    ];
    assert_eq!(steps[steps.len() - 2..], last, "{status}");
    assert_eq!(world.identity.metadata_attempts(), 1);
}

#[test]
fn a_short_term_key_says_region_and_end() {
    let home = Home::new();
    let (key, end) = short_term_key("eu-central-1", Duration::HOUR);
    let emulator = Emulator::start_with(&["--bearer-token", &key]);
    let file = home.plant("key", &format!("{key}\n")).display().to_string();
    let bedrock = Named::new("", "", 0).variable("AWS_ENDPOINT_URL", &emulator.endpoint());
    for named in [
        Named::new("API key", "", 0).variable(API_KEY, &key),
        Named::new("API key", "", 0).set("apiKeyFile", &file),
        Named::new("API key", "", 0).set("apiKey", &key),
    ] {
        let named = [named, bedrock.clone()];
        let status = run(&home, &["auth", "status", "--json"], &named).run().succeeds().json();
        assert_eq!(
            json!([status["region"]["value"], status["region"]["origin"], status["expiresAt"]]),
            json!(["eu-central-1", "API key", end.format(&Rfc3339).unwrap()])
        );
        assert!(!status.to_string().contains(&key), "{status}");
        run(&home, &["models", "list", "--refresh"], &named).run().succeeds();
        run(&home, &["ask", "-m", MODEL, "hello"], &named).run().succeeds();
        let requests = emulator.requests();
        assert!(requests.len() > 1);
        for request in requests {
            assert_eq!(json!([request["auth"], request["status"]]), json!(["bearer", 200]), "{request}");
        }
        emulator.forget_requests();
    }
}

#[test]
fn a_short_term_key_that_ended_is_not_sent() {
    let home = Home::new();
    let (key, end) = short_term_key("eu-central-1", -Duration::MINUTE);
    let emulator = Emulator::start_with(&["--bearer-token", &key]);
    let named = [
        Named::new("API key", "", 0).variable(API_KEY, &key),
        Named::new("", "", 0).variable("AWS_ENDPOINT_URL", &emulator.endpoint()),
    ];
    for command in [&["ask", "-m", MODEL, "hello"][..], &["models", "list"], &["auth", "status"]] {
        let finished = run(&home, command, &named).run().exits_with(4);
        let when = format!("the Bedrock API key has ended ({})", end.format(&Rfc3339).unwrap());
        assert!(finished.stderr.contains(&when), "{command:?}: {finished:?}");
        assert!(!format!("{finished:?}").contains(&key), "{finished:?}");
    }
    assert_eq!(emulator.requests(), [Value::Null; 0]);
}

#[test]
fn a_short_term_key_of_another_region_is_told_of() {
    const NOTE: &str =
        "the Bedrock API key is for the region `eu-central-1`, and `eu-west-1` is called (AWS_REGION)";
    let home = Home::new();
    let (key, _) = short_term_key("eu-central-1", Duration::HOUR);
    // The service refuses such a key, as this one does any but its own.
    let emulator = Emulator::start_with(&["--bearer-token", "another-key"]);
    let named = [
        Named::new("API key", "", 0).variable(API_KEY, &key).variable("AWS_REGION", "eu-west-1"),
        Named::new("", "", 0).variable("AWS_ENDPOINT_URL", &emulator.endpoint()),
    ];
    let status = run(&home, &["auth", "status", "--json"], &named).run().succeeds().json();
    assert!(status["notes"].as_array().unwrap().contains(&json!(NOTE)), "{status}");
    let refused = run(&home, &["ask", "-m", MODEL, "hello"], &named).run().exits_with(4);
    assert!(refused.stderr.contains(NOTE), "{refused:?}");
}

/// `--endpoint-url` is meant for both planes, and a host of AWS is the one of one plane only.
#[test]
fn a_host_of_aws_moves_no_plane_to_the_other_ones_host() {
    let world = World::new();
    let own = |region: &str| {
        ["bedrock-runtime", "bedrock"].map(|plane| format!("https://{plane}.{region}.amazonaws.com"))
    };
    let [runtime, control] = own("eu-west-1");
    let fips = ["bedrock-runtime-fips", "bedrock-fips"]
        .map(|plane| format!("https://{plane}.us-gov-west-1.amazonaws.com"));
    let dual_stack = "https://bedrock.eu-west-1.api.aws";
    let gov = own("us-gov-west-1");
    let vpc = own("eu-west-3");
    let elsewhere = Named::new("AWS_REGION", "us-west-2", 0).variable("AWS_REGION", "us-west-2");
    for (url, also, region, origin, expected) in [
        (runtime.as_str(), None, "eu-west-1", "base URL", own("eu-west-1")),
        (control.as_str(), None, "eu-west-1", "base URL", own("eu-west-1")),
        // Of a host that says no more than its region, others are heard first.
        (runtime.as_str(), Some(&elsewhere), "us-west-2", "AWS_REGION", own("us-west-2")),
        (control.as_str(), Some(&elsewhere), "us-west-2", "AWS_REGION", own("us-west-2")),
        // What is more than that is called; in its own region.
        (&fips[0], None, "us-gov-west-1", "base URL", [fips[0].clone(), gov[1].clone()]),
        (&fips[1], Some(&elsewhere), "us-gov-west-1", "base URL", [gov[0].clone(), fips[1].clone()]),
        (dual_stack, Some(&elsewhere), "eu-west-1", "base URL", [runtime.clone(), dual_stack.to_owned()]),
        (VPC_ENDPOINT, Some(&elsewhere), "eu-west-3", "base URL", [VPC_ENDPOINT.to_owned(), vpc[1].clone()]),
    ] {
        let mut named = vec![Named::new("", "", 0).args(&["--endpoint-url", url])];
        named.extend(also.cloned());
        let status = with_keys(&world, &["auth", "status", "--json"], &named).run().succeeds().json();
        let seen = json!([status["region"]["value"], status["region"]["origin"]]);
        assert_eq!(seen, json!([region, origin]), "{url} {status}");
        let endpoints = json!([status["endpoints"]["runtime"], status["endpoints"]["control"]]);
        assert_eq!(endpoints, json!(expected), "{url} {status}");
    }
}

/// A VPC endpoint of one plane beats a standard host as base URL of the other: nothing else can be signed for there.
#[test]
fn a_vpc_endpoint_beats_a_standard_host_of_the_other_plane() {
    let world = World::new();
    let vpc = "https://vpce-1-a.bedrock.eu-west-3.vpce.amazonaws.com";
    let named = [
        Named::new("", "", 0).set("baseUrl", "https://bedrock-runtime.us-west-2.amazonaws.com"),
        Named::new("", "", 0).set("controlBaseUrl", vpc),
        Named::new("", "", 0).variable("AWS_REGION", "eu-west-1"),
    ];
    let status = with_keys(&world, &["auth", "status", "--json"], &named).run().succeeds().json();
    let seen = json!([status["region"]["value"], status["region"]["origin"], status["endpoints"]["control"]]);
    assert_eq!(seen, json!(["eu-west-3", "base URL", vpc]), "{status}");
}
