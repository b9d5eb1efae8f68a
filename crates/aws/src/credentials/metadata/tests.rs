//! The metadata service, and what may be in its place.

use super::*;
use crate::http_client::HttpClients;
use crate::testing::{Home, REFUSING, Reply, Server};

const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n";
/// What comes of a look at an address.
type Expected = Box<dyn Fn(String) -> MetadataProblem>;

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

async fn metadata(config: &str, variables: &[(&str, &str)]) -> Result<Metadata> {
    let home = Home::new(config, "");
    let environment = home.environment(variables);
    let files = SharedFiles::load(&environment, "default").await.unwrap();
    Metadata::new(&environment, &files, HttpClients::new(&environment).direct())
}

async fn at(server: &Server) -> Metadata {
    metadata("", &[(ENDPOINT_VARIABLE, &server.url())]).await.unwrap()
}

/// A service of version 2: a token for whoever asks by `PUT`, and this answer for whoever has it.
fn service(answer: Reply) -> Server {
    Server::new(move |request| {
        if request.starts_with("PUT /latest/api/token ") {
            return Reply::new(200, TTL, "a-token");
        }
        if request.contains("x-aws-ec2-metadata-token: a-token\r\n") {
            answer.clone()
        } else {
            Reply::new(401, "", "")
        }
    })
}

/// What comes of a look, after which nobody is asked any more.
async fn look(metadata: &Metadata, server: &Server) -> std::result::Result<String, MetadataProblem> {
    assert_eq!(metadata.known_role(), None);
    let first = metadata.role().await.map(str::to_owned).map_err(Clone::clone);
    let asked = server.requests().len();
    assert!(asked > 0);
    let again = metadata.role().await.map(str::to_owned).map_err(Clone::clone);
    assert_eq!((&again, server.requests().len()), (&first, asked), "it is remembered");
    assert_eq!(metadata.known_role().unwrap().map(str::to_owned).map_err(Clone::clone), first);
    first
}

#[tokio::test]
async fn the_role_is_asked_for_with_a_token() {
    let server = service(Reply::new(200, "", "bedrock-role\n"));
    assert_eq!(look(&at(&server).await, &server).await.unwrap(), "bedrock-role");
    let requests: Vec<_> = server.requests().iter().map(|it| it.lines().next().unwrap().to_owned()).collect();
    assert_eq!(requests, ["PUT /latest/api/token HTTP/1.1".to_owned(), format!("GET {ROLES} HTTP/1.1")]);
}

#[tokio::test]
async fn what_is_wrong_is_told_apart() {
    let refused =
        |reason: &'static str| move |endpoint| MetadataProblem::Refused { endpoint, reason: reason.into() };
    let no_role = |_| MetadataProblem::NoRole;
    let odd = "it answers, and is no metadata service";
    let cases: Vec<(Server, Expected)> = vec![
        (service(Reply::new(404, "", "")), Box::new(no_role)),
        (service(Reply::new(200, "", " \n")), Box::new(no_role)),
        (service(Reply::new(500, "", "")), Box::new(refused("status 500"))),
        // A proxy that lets nobody through, and one that answers everything by a page of its own.
        (Server::new(|_| Reply::new(403, "", "no")), Box::new(refused("status 403"))),
        (Server::new(|_| Reply::new(200, "", "<html>sign in</html>")), Box::new(refused(odd))),
        (Server::new(|_| Reply::new(200, TTL, "<html>\n\u{1}</html>")), Box::new(refused(odd))),
    ];
    for (server, expected) in cases {
        let found = look(&at(&server).await, &server).await.unwrap_err();
        assert_eq!(found, expected(server.url()));
    }
}

#[tokio::test]
async fn a_port_that_refuses_is_no_metadata_service() {
    let metadata = metadata("", &[(ENDPOINT_VARIABLE, REFUSING)]).await.unwrap();
    let found = metadata.role().await.unwrap_err();
    let MetadataProblem::Unreachable { endpoint, .. } = found else { panic!("{found:?}") };
    assert_eq!(endpoint, REFUSING);
    assert!(!metadata.answers_without_token().await);
    assert_eq!(metadata.region().await, None);
}

/// The one test that waits for the budget to be used up.
#[tokio::test]
async fn an_answer_that_gets_lost_on_its_way_is_told_from_silence() {
    let server = Server::new(|request| {
        if request.starts_with("PUT ") { Reply::Hold(String::new()) } else { Reply::new(401, "", "") }
    });
    let metadata = at(&server).await;
    let found = look(&metadata, &server).await.unwrap_err();
    assert_eq!(found, MetadataProblem::Silent { endpoint: server.url() });
    assert_eq!(server.requests().len(), 1);
    assert!(metadata.answers_without_token().await, "only the answer to the `PUT` is lost");
}

#[tokio::test]
async fn a_service_that_is_switched_off_is_not_asked() {
    let server = service(Reply::new(200, "", "bedrock-role"));
    for (value, disabled) in [("true", true), ("TRUE", true), ("false", false), ("1", false), (" ", false)] {
        let variables = [("AWS_EC2_METADATA_DISABLED", value), (ENDPOINT_VARIABLE, &server.url())];
        let metadata = metadata("", &variables).await.unwrap();
        let before = server.requests().len();
        assert_eq!(metadata.role().await == Err(&MetadataProblem::Disabled), disabled, "{value}");
        assert_eq!(server.requests().len() == before, disabled, "{value}");
        assert_eq!(metadata.known_role().is_some_and(|role| role.is_err()), disabled, "{value}");
    }
    // What is wrong with its address matters to nobody then.
    let variables = [("AWS_EC2_METADATA_DISABLED", "true"), (ENDPOINT_VARIABLE, "nowhere")];
    assert_eq!(metadata("", &variables).await.unwrap().role().await, Err(&MetadataProblem::Disabled));
}

#[tokio::test]
async fn its_address_is_said_by_variables_and_the_profile() {
    let config = "[default]\nec2_metadata_service_endpoint = http://127.0.0.1:1\n";
    let mode = "[default]\nec2_metadata_service_endpoint_mode = IPv6\n";
    for (config, variables, expected) in [
        ("", vec![], IPV4),
        ("", vec![(MODE_VARIABLE, "IPv4")], IPV4),
        ("", vec![(MODE_VARIABLE, "ipv6")], IPV6),
        (mode, vec![], IPV6),
        (mode, vec![(MODE_VARIABLE, "IPv4")], IPV4),
        (mode, vec![(MODE_VARIABLE, " ")], IPV6),
        (config, vec![(MODE_VARIABLE, "IPv6")], "http://127.0.0.1:1"),
        (config, vec![(ENDPOINT_VARIABLE, "http://127.0.0.1:2/")], "http://127.0.0.1:2"),
        ("", vec![(ENDPOINT_VARIABLE, "http://[fd00:ec2::254]")], IPV6),
    ] {
        assert_eq!(metadata(config, &variables).await.unwrap().endpoint, expected, "{config} {variables:?}");
    }
    let wrong =
        "[default]\nec2_metadata_service_endpoint = nowhere\nec2_metadata_service_endpoint_mode = both\n";
    for (variables, setting) in [
        (vec![], "ec2_metadata_service_endpoint"),
        (vec![(ENDPOINT_VARIABLE, "also-nowhere")], ENDPOINT_VARIABLE),
    ] {
        let error = metadata(wrong, &variables).await.unwrap_err();
        assert!(error.message().contains(&format!("`{setting}`")), "{error}");
        assert!(error.hints()[0].contains(IPV4) && error.hints().len() == 1, "{:?}", error.hints());
    }
    for (name, value, allowed) in
        [(MODE_VARIABLE, "both", "`IPv4` or `IPv6`"), (ENDPOINT_VARIABLE, "nowhere", "http")]
    {
        let error = metadata("", &[(name, value)]).await.unwrap_err();
        assert_eq!(error.kind(), outcrop_core::ErrorKind::Config);
        assert!(error.message().contains(name) && error.message().contains(value), "{error}");
        assert!(error.hints()[0].contains(allowed), "{:?}", error.hints());
    }
}
