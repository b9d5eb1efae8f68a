//! Who names the region.

use base64::Engine as _;

use super::RegionOrigin::*;
use super::*;
use crate::credentials::{BEARER_VARIABLE, plan, world};
use crate::testing::{Home, Reply, Server};
use crate::{Aws, Session};

const STANDARD_HOST: &str = "https://bedrock-runtime.eu-west-2.amazonaws.com";
const IMDS: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

/// A key as AWS makes them for a while: a signed URL.
fn short_term_key(region: &str) -> String {
    let url = format!(
        "bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Credential=ASIAEXAMPLE%2F29991123%2F{region}%2Fbedrock%2F\
         aws4_request&X-Amz-Date=29991123T100000Z&X-Amz-Expires=43200&X-Amz-SignedHeaders=host"
    );
    format!("bedrock-api-key-{}", base64::engine::general_purpose::STANDARD.encode(url))
}

async fn session(home: &Home, settings: &AwsSettings, variables: &[(&str, &str)]) -> std::sync::Arc<Session> {
    Aws::new(home.environment(variables)).session(settings).await.unwrap()
}

fn named(session: &Session) -> (&str, RegionOrigin) {
    (&session.region().name, session.region().origin)
}

/// A metadata service without a role, in a region.
fn instance() -> Server {
    Server::new(|request| match request.split(' ').nth(1).unwrap() {
        "/latest/api/token" => Reply::new(200, "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n", "a-token"),
        "/latest/meta-data/placement/region" => Reply::new(200, "", "eu-south-2"),
        _ => Reply::new(404, "", ""),
    })
}

#[tokio::test]
async fn the_strongest_that_is_left_names_the_region() {
    let with_region = Home::new("[default]\nregion = eu-north-1\n", "");
    let without = Home::new("[default]\nregion =\n", "");
    let key = short_term_key("eu-central-2");
    let steps: [(RegionOrigin, &str); 6] = [
        (Settings, "eu-west-3"),
        (AwsRegion, "eu-west-1"),
        (AwsDefaultRegion, "eu-central-1"),
        (ApiKey, "eu-central-2"),
        (Profile, "eu-north-1"),
        (Endpoint, "eu-west-2"),
    ];
    for (at, (origin, region)) in steps.into_iter().enumerate() {
        // Everything from here on is said; what comes before is blank.
        let said = |other: RegionOrigin, value: &'static str| {
            let is_said = steps.iter().position(|(step, _)| *step == other).is_some_and(|step| step >= at);
            if is_said { value } else { " \t" }
        };
        let settings = AwsSettings {
            region: Some(said(Settings, "eu-west-3").into()),
            runtime_endpoint: Some(STANDARD_HOST.into()),
            ..AwsSettings::default()
        };
        let variables = [
            ("AWS_REGION", said(AwsRegion, "eu-west-1")),
            ("AWS_DEFAULT_REGION", said(AwsDefaultRegion, "eu-central-1")),
            (BEARER_VARIABLE, if said(ApiKey, "x") == "x" { &*key } else { "ABSK-long-term" }),
        ];
        let home = if said(Profile, "x") == "x" { &with_region } else { &without };
        let session = session(home, &settings, &variables).await;
        assert_eq!(named(&session), (region, origin));
        // Every place before it is told, without a value, and none after it.
        let looked: Vec<_> =
            session.region_steps().iter().map(|step| (step.origin, step.value.as_deref())).collect();
        let is_place = |step: &RegionOrigin| *step != ApiKey || at <= 3;
        let mut expected: Vec<_> =
            steps[..at].iter().map(|(step, _)| *step).filter(is_place).map(|step| (step, None)).collect();
        expected.push((origin, Some(region)));
        assert_eq!(looked, expected);
        let other_key = (at < 3).then_some("the Bedrock API key is for the region `eu-central-2`");
        assert_eq!(session.notes().iter().any(|note| note.starts_with("the Bedrock")), other_key.is_some());
        let other_host = session.notes().iter().any(|note| note.starts_with("the base URL is the one of"));
        assert_eq!(other_host, origin != Endpoint, "{:?}", session.notes());
        let expected = usize::from(other_key.is_some()) + usize::from(other_host);
        assert_eq!(session.notes().len(), expected, "{:?}", session.notes());
    }
}

#[tokio::test]
async fn nobody_names_one() {
    let home = Home::new("", "");
    let none = AwsSettings { auth: crate::Auth::None, ..AwsSettings::default() };
    let session = session(&home, &none, &[]).await;
    assert_eq!(named(&session), (DEFAULT_REGION, Default));
    assert!(session.notes()[0].contains("no region is set: `us-east-1`"), "{:?}", session.notes());
    assert!(session.notes()[0].contains("`AWS_REGION`"));
    let last = session.region_steps().last().unwrap();
    assert_eq!((last.origin, last.value.as_deref()), (Default, Some(DEFAULT_REGION)));
    // Blank everywhere is nowhere.
    let blank = AwsSettings { region: Some(" ".into()), runtime_endpoint: Some(" ".into()), ..none };
    let blanks = [("AWS_REGION", ""), ("AWS_DEFAULT_REGION", " ")];
    assert_eq!(named(&*self::session(&home, &blank, &blanks).await), (DEFAULT_REGION, Default));
}

#[tokio::test]
async fn hosts_that_can_be_signed_for_in_one_region_only_beat_variables() {
    let home = Home::new("[default]\nregion = eu-north-1\n", "");
    let variables = [("AWS_REGION", "eu-west-1"), (BEARER_VARIABLE, "ABSK")];
    let vpc = "https://vpce-0a-b.bedrock-runtime.eu-west-3.vpce.amazonaws.com";
    let fips = "https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com";
    let ipv6 = "https://bedrock-runtime.us-west-2.api.aws";
    let control = "https://vpce-0a-b.bedrock.eu-west-3.vpce.amazonaws.com";
    for (runtime, control, region, expected) in [
        (Some(vpc), None, None, ("eu-west-3", Endpoint)),
        (Some(fips), None, None, ("us-gov-west-1", Endpoint)),
        (Some(ipv6), None, None, ("us-west-2", Endpoint)),
        (None, Some(control), None, ("eu-west-3", Endpoint)),
        (Some(vpc), Some(STANDARD_HOST), None, ("eu-west-3", Endpoint)),
        (Some(vpc), None, Some("eu-west-2"), ("eu-west-2", Settings)),
        (Some(STANDARD_HOST), None, None, ("eu-west-1", AwsRegion)),
        (Some("https://proxy.example.com"), None, None, ("eu-west-1", AwsRegion)),
    ] {
        let settings = AwsSettings {
            region: region.map(str::to_owned),
            runtime_endpoint: runtime.map(str::to_owned),
            control_endpoint: control.map(str::to_owned),
            ..AwsSettings::default()
        };
        assert_eq!(named(&*session(&home, &settings, &variables).await), expected, "{runtime:?} {control:?}");
    }
}

/// The search itself, since the SDK's own provider of regions looks at the variables of the process.
#[tokio::test]
async fn the_metadata_service_is_asked_where_it_is_responsible_or_near() {
    let server = instance();
    for (settings, variables, asked) in [
        (AwsSettings::default(), vec![], true),
        // Keys of elsewhere, on a machine that says that it belongs to EC2.
        (AwsSettings::default(), vec![("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "s")], true),
        (AwsSettings { auth: crate::Auth::None, ..AwsSettings::default() }, vec![], false),
        (AwsSettings::default(), vec![("AWS_REGION", "eu-west-1")], false),
    ] {
        let home = Home::new("", "");
        let environment = home.environment(&[&variables[..], &[(IMDS, &server.url())]].concat());
        let aws = Aws::new(environment.clone());
        let (environment, files) = world(&settings, environment).await.unwrap();
        let planned = plan(&settings, &environment, &files).unwrap();
        let base_urls = BaseUrls::default();
        let search = RegionSearch {
            settings: &settings,
            environment: &environment,
            files: &files,
            plan: &planned.plan,
            base_urls: &base_urls,
        };
        let before = server.requests().len();
        let chain = aws.chain(&settings, Ok(aws.http().direct()), String::new());
        let (_, steps) = search.run(&chain).await.unwrap();
        assert_eq!(server.requests().len() > before, asked, "{variables:?}");
        assert_eq!(steps.iter().any(|step| step.origin == InstanceMetadata), asked, "{steps:?}");
    }
}

#[tokio::test]
async fn a_name_that_would_lead_elsewhere_is_no_region() {
    for name in ["us-east-1.evil.example/", "evil.example", "us east 1", "US-EAST-1", "-", "us-east-1-", "é"]
    {
        let settings = AwsSettings { region: Some(name.into()), ..AwsSettings::default() };
        let aws = Aws::new(Home::new("", "").environment(&[]));
        let error = aws.session(&settings).await.unwrap_err();
        assert_eq!(error.kind(), outcrop_core::ErrorKind::Config, "{name}");
        assert!(error.message().contains(&format!("`{name}`")), "{error}");
        let aws = Aws::new(Home::new("", "").environment(&[("AWS_REGION", name)]));
        let error = aws.session(&AwsSettings::default()).await.unwrap_err();
        assert!(error.message().contains("AWS_REGION"), "{error}");
    }
}

#[test]
fn origins_stand_in_json_as_in_messages() {
    for origin in
        [Settings, AwsRegion, AwsDefaultRegion, ApiKey, Profile, Endpoint, InstanceMetadata, Default]
    {
        assert_eq!(serde_json::to_value(origin).unwrap(), origin.to_string());
    }
}
