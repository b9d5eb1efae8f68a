//! Where both planes are: the same as by the endpoint rules of AWS's own client, which computes them for the same
//! variables and files.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{MODEL, Variables};
use crate::support::identity::refusing;
use crate::support::proxy::{Manners, Proxy};
use crate::support::{Home, Outcrop, Started, python};

/// A region of each partition.
const PARTITIONS: [&str; 8] = [
    "us-east-1",
    "us-gov-west-1",
    "cn-north-1",
    "eusc-de-east-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "eu-isoe-west-1",
    "us-isof-south-1",
];

/// Further regions, the last one of which nobody has built yet.
const FURTHER_REGIONS: [&str; 7] = [
    "eu-central-2",
    "ap-southeast-7",
    "mx-central-1",
    "il-central-1",
    "us-gov-east-1",
    "cn-northwest-1",
    "eu-north-9",
];

/// FIPS, dual stack.
const VARIANTS: [[bool; 2]; 4] = [[false, false], [true, false], [false, true], [true, true]];

const EVERYTHING: (&str, &str) = ("AWS_ENDPOINT_URL", "https://all.example.com");
const CONTROL: (&str, &str) = ("AWS_ENDPOINT_URL_BEDROCK", "https://control.example.com/base/");
const RUNTIME: (&str, &str) = ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://runtime.example.com:8080");
const IGNORED: (&str, &str) = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
const SERVICES: &str = "\
    [services ours]\n\
    bedrock =\n  endpoint_url = https://control.of.services.example.com\n\
    bedrock_runtime =\n  endpoint_url = https://runtime.of.services.example.com\n";

/// Who asks for FIPS and dual stack.
#[derive(Debug, Clone, Copy)]
enum Asker {
    Variable,
    Profile,
    Entry,
}

impl Asker {
    const ALL: [Self; 3] = [Self::Variable, Self::Profile, Self::Entry];
}

/// What a program is started with.
#[derive(Debug, Clone, Default)]
struct Row {
    variables: Variables,
    /// Lines of the profile `default`.
    profile: String,
    /// The other sections of the configuration file.
    sections: &'static str,
    /// Settings of the provider entry.
    entry: Vec<(&'static str, Value)>,
}

impl Row {
    fn variables(pairs: &[(&'static str, &str)]) -> Self {
        Self::default().with(pairs)
    }

    fn profile(lines: &str) -> Self {
        Self { profile: format!("{lines}\n"), ..Self::default() }
    }

    fn entry(pairs: &[(&'static str, &str)]) -> Self {
        Self { entry: pairs.iter().map(|(key, value)| (*key, json!(value))).collect(), ..Self::default() }
    }

    fn services(mut self, sections: &'static str) -> Self {
        self.profile.push_str("services = ours\n");
        self.sections = sections;
        self
    }

    fn with(mut self, pairs: &[(&'static str, &str)]) -> Self {
        self.variables.extend(pairs.iter().map(|(name, value)| (*name, (*value).to_owned())));
        self
    }

    /// botocore has a variable of its own for the region.
    fn region(self, region: &str) -> Self {
        self.with(&[("AWS_REGION", region), ("AWS_DEFAULT_REGION", region)])
    }

    /// What is not asked for is left out.
    fn asking(mut self, [fips, dual_stack]: [bool; 2], asker: Asker) -> Self {
        for (asked, variable, line, key) in [
            (fips, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", "useFipsEndpoint"),
            (dual_stack, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", "useDualstackEndpoint"),
        ] {
            match asker {
                _ if !asked => {}
                Asker::Variable => self = self.with(&[(variable, "true")]),
                Asker::Profile => writeln!(self.profile, "{line} = true").unwrap(),
                Asker::Entry => self.entry.push((key, true.into())),
            }
        }
        self
    }

    /// All variables, those that name files and keys among them; `number` tells its files from those of other rows.
    fn environment(&self, home: &Home, number: usize) -> Variables {
        let config = format!("[default]\n{}\n{}", self.profile, self.sections);
        let config = home.plant(format!("{number}/config"), &config);
        let mut variables = self.variables.clone();
        variables.extend([
            ("AWS_CONFIG_FILE", config.display().to_string()),
            ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ]);
        variables
    }
}

/// What both say for each row, the endpoints of `outcrop auth status --json` first.
#[track_caller]
fn both(rows: &[Row]) -> Vec<(Value, Value)> {
    let home = Home::new();
    let environments: Vec<Variables> =
        rows.iter().enumerate().map(|(number, row)| row.environment(&home, number)).collect();
    let object = |pairs: &[(&'static str, Value)]| -> Value { pairs.iter().cloned().collect() };
    let input: Value = std::iter::zip(rows, &environments)
        .map(|(row, variables)| {
            let variables: Value = variables.iter().map(|(name, value)| (*name, value.clone())).collect();
            json!({ "environment": variables, "entry": object(&row.entry) })
        })
        .collect();
    let mut botocore = Started::new(&mut python::client("botocore_endpoints.py"), &home);
    botocore.write(input.to_string().as_bytes());
    let ours: Vec<Value> =
        std::iter::zip(rows, &environments).map(|(row, variables)| status(&home, row, variables)).collect();
    let Value::Array(theirs) = botocore.finish().succeeds().json() else { panic!("a list was expected") };
    assert_eq!(ours.len(), theirs.len());
    std::iter::zip(ours, theirs).collect()
}

#[track_caller]
fn status(home: &Home, row: &Row, variables: &[(&'static str, String)]) -> Value {
    outcrop(home, &["auth", "status", "--json"], row, variables).run().succeeds().json()
}

/// `outcrop ARGS…` as the row says.
fn outcrop(home: &Home, args: &[&str], row: &Row, variables: &[(&'static str, String)]) -> Outcrop {
    let run = Outcrop::at(home, args);
    let run = row.entry.iter().fold(run, |run, (key, value)| {
        run.arg("--set").arg(format!("models.providers.amazon-bedrock.{key}={value}"))
    });
    variables.iter().fold(run, |run, (name, value)| run.env(name, value))
}

/// What botocore says in the form of `auth status`: null where an endpoint of one's own cannot be FIPS or dual stack.
fn as_ours(plane: &Value) -> Value {
    match plane["error"].as_str() {
        Some(error) if error.ends_with("and custom endpoint are not supported") => Value::Null,
        Some(_) => plane.clone(),
        None => plane["url"].clone(),
    }
}

#[track_caller]
fn assert_agree(rows: &[Row]) {
    let mut differences = String::new();
    for (row, (ours, theirs)) in std::iter::zip(rows, both(rows)) {
        let endpoints = &ours["endpoints"];
        let [runtime, control] = ["runtime", "control"].map(|plane| as_ours(&theirs[plane]));
        let refused = runtime.is_null() || control.is_null();
        let says_so = ours["notes"].to_string().contains("endpoints are asked for");
        if json!([endpoints["runtime"], endpoints["control"]]) != json!([runtime, control])
            || refused != says_so
        {
            writeln!(differences, "{row:?}\n  ours:     {endpoints} {}\n  botocore: {theirs}", ours["notes"])
                .unwrap();
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

/// Whatever can name an endpoint, once each.
fn overrides() -> Vec<Row> {
    let blank = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_BEDROCK", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"];
    vec![
        Row::default(),
        Row::variables(&[EVERYTHING]),
        Row::variables(&[CONTROL]),
        Row::variables(&[RUNTIME]),
        Row::variables(&[CONTROL, RUNTIME]),
        Row::profile("endpoint_url = https://profile.example.com/"),
        Row::default().services(SERVICES),
        Row::profile("endpoint_url = https://profile.example.com")
            .services(SERVICES)
            .with(&[EVERYTHING, CONTROL, IGNORED]),
        Row::variables(&blank.map(|name| (name, ""))),
        Row::entry(&[("baseUrl", "https://proxy.example.com/a"), ("controlBaseUrl", "http://127.0.0.1:9")]),
    ]
}

/// Several of them at once, and what is said only in part.
fn combinations() -> Vec<Row> {
    let only =
        |section: &'static str| Row::profile("endpoint_url = https://profile.example.com").services(section);
    vec![
        Row::variables(&[EVERYTHING, CONTROL]),
        Row::variables(&[EVERYTHING, RUNTIME]),
        Row::variables(&[EVERYTHING, ("AWS_ENDPOINT_URL_BEDROCK", "")]),
        only("[services ours]\nbedrock =\n  endpoint_url = https://control.example.com\n"),
        only("[services ours]\nbedrock_runtime =\n  endpoint_url = https://runtime.example.com\n"),
        only("[services ours]\nbedrock =\n  endpoint_url =\n"),
        only("[services ours]\ns3 =\n  endpoint_url = https://s3.example.com\n"),
        Row::profile("endpoint_url =").services(SERVICES),
        Row::variables(&[EVERYTHING]).services(SERVICES),
        Row::variables(&[RUNTIME]).services(SERVICES),
        Row::variables(&[("AWS_ENDPOINT_URL", "")]).services(SERVICES),
        Row::variables(&[EVERYTHING, ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")]),
        Row::variables(&[EVERYTHING, ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True")]),
        Row::profile("ignore_configured_endpoint_urls = true").services(SERVICES).with(&[RUNTIME]),
        Row::profile("ignore_configured_endpoint_urls = true")
            .with(&[EVERYTHING, ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")]),
        Row::entry(&[("baseUrl", "https://proxy.example.com")]).with(&[EVERYTHING, CONTROL, RUNTIME]),
        Row::entry(&[("controlBaseUrl", "https://proxy.example.com")]).with(&[EVERYTHING]),
        Row::entry(&[("baseUrl", "https://proxy.example.com")]).with(&[EVERYTHING, IGNORED]),
        // A host of AWS in a variable is an endpoint like any other.
        Row::variables(&[("AWS_ENDPOINT_URL_BEDROCK", "https://bedrock.us-east-1.amazonaws.com")]),
        Row::variables(&[(
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
            "https://vpce-1-a.bedrock-runtime.eu-west-3.vpce.amazonaws.com",
        )]),
        Row::variables(&[("AWS_PROFILE", "dev")]).services(
            "[services ours]\nbedrock =\n  endpoint_url = https://no.example.com\n\
             [profile dev]\nendpoint_url = https://dev.example.com\n",
        ),
    ]
}

/// Each asker says something, and a stronger one says the opposite.
fn disagreements() -> Vec<Row> {
    let profile = "use_fips_endpoint = true\nuse_dualstack_endpoint = true";
    let off = [("AWS_USE_FIPS_ENDPOINT", "false"), ("AWS_USE_DUALSTACK_ENDPOINT", "False")];
    let on = [("AWS_USE_FIPS_ENDPOINT", "TRUE"), ("AWS_USE_DUALSTACK_ENDPOINT", "true")];
    let entry = |fips: bool, dual_stack: bool, row: Row| Row {
        entry: vec![("useFipsEndpoint", fips.into()), ("useDualstackEndpoint", dual_stack.into())],
        ..row
    };
    vec![
        Row::profile(profile).with(&off),
        Row::profile(profile).with(&off[..1]),
        Row::profile(profile).with(&off[1..]),
        Row::profile("use_fips_endpoint = false\nuse_dualstack_endpoint = false").with(&on),
        entry(false, false, Row::profile(profile).with(&on)),
        entry(false, true, Row::profile(profile).with(&on)),
        entry(true, false, Row::variables(&off)),
        entry(true, true, Row::variables(&off)),
        Row::profile("use_fips_endpoint =\nuse_dualstack_endpoint ="),
        Row::variables(&off.map(|(name, _)| (name, ""))),
    ]
}

#[test]
fn of_every_partition_and_kind_with_every_override() {
    let mut rows = Vec::new();
    for (at, region) in PARTITIONS.into_iter().enumerate() {
        for (number, row) in overrides().into_iter().enumerate() {
            // All three askers take their turn in every partition, and with every override.
            let asker = Asker::ALL[(at + number) % Asker::ALL.len()];
            rows.extend(VARIANTS.map(|variants| row.clone().region(region).asking(variants, asker)));
        }
    }
    assert_agree(&rows);
}

#[test]
fn of_further_regions_and_of_one_that_does_not_exist_yet() {
    let mut rows = Vec::new();
    for (at, region) in FURTHER_REGIONS.into_iter().enumerate() {
        let asker = Asker::ALL[at % Asker::ALL.len()];
        rows.extend(VARIANTS.map(|variants| Row::default().region(region).asking(variants, asker)));
    }
    assert_agree(&rows);
}

#[test]
fn of_settings_that_disagree() {
    let mut rows = disagreements();
    for (number, row) in combinations().into_iter().enumerate() {
        let asker = Asker::ALL[number % Asker::ALL.len()];
        let variants = VARIANTS[number % VARIANTS.len()];
        rows.extend([row.clone(), row.asking(variants, asker)]);
    }
    assert_agree(&rows.into_iter().map(|row| row.region("eu-west-1")).collect::<Vec<_>>());
}

/// Where this program differs from botocore on purpose: what a standard host as `baseUrl` means, and what is blank.
#[test]
fn of_the_few_settings_that_are_read_in_another_way() {
    const HOST: &str = "https://bedrock-runtime.us-west-2.amazonaws.com";
    let region = |row: Row| row.region("eu-west-1");
    let own = ["https://bedrock-runtime.eu-west-1.amazonaws.com", "https://bedrock.eu-west-1.amazonaws.com"];
    let own_fips = [
        "https://bedrock-runtime-fips.eu-west-1.amazonaws.com",
        "https://bedrock-fips.eu-west-1.amazonaws.com",
    ];
    let cases = [
        // A standard host names no more than a region, and there is one already.
        (region(Row::entry(&[("baseUrl", HOST)])), own, json!([{ "url": HOST }, { "url": own[1] }])),
        // Variables beat it, as they beat all that says nothing new.
        (
            region(Row::entry(&[("baseUrl", HOST)]).with(&[RUNTIME])),
            [RUNTIME.1, own[1]],
            json!([{ "url": HOST }, { "url": own[1] }]),
        ),
        // It is no endpoint of one's own, which would contradict FIPS.
        (
            region(Row::entry(&[("baseUrl", HOST)]).asking([true, false], Asker::Variable)),
            own_fips,
            json!([
                { "error": "Invalid Configuration: FIPS and custom endpoint are not supported" },
                { "url": own_fips[1] },
            ]),
        ),
        // Blank is absent, with spaces too.
        (
            region(Row::variables(&[("AWS_ENDPOINT_URL", " \t")])),
            own,
            json!([{ "error": "Invalid endpoint:  \t" }, { "error": "Invalid endpoint:  \t" }]),
        ),
        // Blank is absent: the next one decides.
        (
            region(Row::profile("use_fips_endpoint = true").with(&[("AWS_USE_FIPS_ENDPOINT", "")])),
            own_fips,
            json!([{ "url": own[0] }, { "url": own[1] }]),
        ),
    ];
    let rows: Vec<Row> = cases.iter().map(|(row, ..)| row.clone()).collect();
    for ((row, expected, botocore), (ours, theirs)) in std::iter::zip(cases, both(&rows)) {
        let endpoints = &ours["endpoints"];
        assert_eq!(json!([endpoints["runtime"], endpoints["control"]]), json!(expected), "{row:?}");
        assert_eq!(json!([theirs["runtime"], theirs["control"]]), botocore, "{row:?}");
    }
}

/// What the SDK makes of region, FIPS and dual stack is what was said of it: a proxy sees which host is called.
#[test]
fn are_those_that_are_called() {
    let home = Home::new();
    let proxy = Proxy::start(refusing(), Manners::Refuses(403));
    let connected = |args: &[&str], row: &Row, variables: &[(&'static str, String)]| {
        let before = proxy.seen().len();
        let run = outcrop(&home, args, row, variables).env("HTTPS_PROXY", proxy.url());
        // It refuses for good.
        run.env("AWS_MAX_ATTEMPTS", "1").run();
        let mut hosts: Vec<String> = proxy.seen().split_off(before).into_iter().map(|it| it.target).collect();
        hosts.sort();
        hosts.dedup();
        hosts
    };
    for (at, region) in PARTITIONS.into_iter().chain(FURTHER_REGIONS).enumerate() {
        let asker = Asker::ALL[at % Asker::ALL.len()];
        for (number, variants) in VARIANTS.into_iter().enumerate() {
            let row = Row::default().region(region).asking(variants, asker);
            let variables = row.environment(&home, at * VARIANTS.len() + number);
            let endpoints = status(&home, &row, &variables)["endpoints"].take();
            for (plane, command) in [
                ("runtime", &["ask", "-m", MODEL, "hello"][..]),
                ("control", &["models", "list", "--refresh"]),
            ] {
                let url = endpoints[plane].as_str().unwrap();
                let expected = format!("{}:443", url.strip_prefix("https://").unwrap());
                assert_eq!(connected(command, &row, &variables), [expected], "{row:?} {command:?}");
            }
        }
    }
}
