//! Whether somebody is there, and whose clock is wrong.

use super::*;
use crate::testing::{Home, REFUSING, Reply, Server};
use crate::{Auth, Aws, AwsSettings};

async fn reach(url: &str) -> Result<Reached> {
    let settings = AwsSettings {
        auth: Auth::None,
        region: Some("eu-west-1".into()),
        runtime_endpoint: Some(url.to_owned()),
        ..AwsSettings::default()
    };
    let home = Home::new("", "");
    let session = Aws::new(home.environment(&[])).session(&settings).await.unwrap();
    session.reach(Plane::Runtime).await
}

#[test]
fn clocks_differ_by_whole_seconds_either_way() {
    let here = SystemTime::now();
    let skew = |seconds: u64, is_behind| ClockSkew { size: Duration::from_secs(seconds), is_behind };
    for (there, expected) in [
        (here, skew(0, false)),
        (here - Duration::from_millis(90_900), skew(90, false)),
        (here + Duration::from_millis(90_900), skew(90, true)),
    ] {
        assert_eq!(ClockSkew::between(here, there), expected);
    }
}

#[tokio::test]
async fn any_answer_shows_that_somebody_is_there() {
    for (status, head, clock) in [
        (404, "", None),
        (403, "date: Mon, 23 Nov 2015 10:00:00 GMT\r\n", Some(false)),
        (500, "date: Fri, 23 Nov 2125 10:00:00 GMT\r\n", Some(true)),
        (200, "date: noon\r\n", None),
    ] {
        let server = Server::new(move |_| Reply::new(status, head, ""));
        let reached = reach(&server.url()).await.unwrap();
        assert_eq!(reached.endpoint, server.url());
        assert_eq!(reached.clock.map(|clock| clock.is_behind), clock, "{head}");
        let [request] = &server.requests()[..] else { panic!("one request") };
        assert!(request.starts_with("GET / ") && !request.contains("authorization"), "{request}");
    }
}

#[tokio::test]
async fn a_port_that_refuses_is_a_network_error_that_names_the_endpoint() {
    let error = reach(REFUSING).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(error.context().any(|(name, value)| (name, value) == ("endpoint", REFUSING)), "{error:?}");
}
