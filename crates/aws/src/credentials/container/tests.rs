//! Containers: what is sent where, and what is made of the answers.

use outcrop_core::ErrorKind::{Network, Throttled, Unauthenticated, Unavailable};

use super::*;
use crate::testing::{Home, REFUSING, Reply, Server, rfc3339};
use crate::{Aws, AwsSettings, Link};

fn of(variables: &[(&str, &str)]) -> Result<Option<Container>> {
    Container::of(&variables.iter().copied().collect())
}

#[test]
fn the_relative_address_goes_first_and_blank_ones_are_absent() {
    let full = (FULL, "http://127.0.0.1:9/credentials");
    assert_eq!(of(&[(RELATIVE, "/v2/id"), full]).unwrap().unwrap().url, "http://169.254.170.2/v2/id");
    assert_eq!(of(&[(RELATIVE, " "), full]).unwrap().unwrap().url, full.1);
    assert_eq!(of(&[(RELATIVE, ""), (FULL, " ")]).unwrap(), None);
    let with_file = of(&[full, (TOKEN, "secret-token"), (TOKEN_FILE, "/run/token")]).unwrap().unwrap();
    assert_eq!(with_file.token_file(), Some(&PathBuf::from("/run/token")));
}

#[test]
fn tokens_travel_in_the_clear_on_this_machine_only() {
    for (url, good) in [
        ("https://example.com/credentials", true),
        ("http://localhost:1338/x", true),
        ("http://[::1]/x", true),
        ("http://169.254.170.23/v1/credentials", true),
        ("http://[fd00:ec2::23]/v1/credentials", true),
        ("http://example.com/x", false),
        ("http://169.254.170.2.example.com/x", false),
        ("ftp://localhost/x", false),
        ("/v2/credentials", false),
    ] {
        assert_eq!(of(&[(FULL, url)]).is_ok(), good, "{url}");
    }
    for url in ["https://me:hush-hush@example.com/x", "http://me:hush-hush@127.0.0.1/x", "ftp://hush-hush@x"]
    {
        let error = of(&[(FULL, url)]).unwrap_err();
        assert!(!format!("{error:?}").contains("hush-hush"), "{error:?}");
    }
}

#[test]
fn debug_hides_the_token() {
    let container = of(&[(FULL, "http://localhost/x"), (TOKEN, "hush-hush")]).unwrap().unwrap();
    assert!(!format!("{container:?}").contains("hush-hush"));
}

const TOKEN_FILE_PATH: &str = "token";

fn keys(more: &str) -> String {
    format!(r#"{{"AccessKeyId": "AKIA", "SecretAccessKey": "hush-hush"{more}}}"#)
}

/// What comes of asking this server, which asks for the token of [`TOKEN_FILE_PATH`].
async fn fetched(home: &Home, url: &str) -> Result<Credentials> {
    let token = home.path(TOKEN_FILE_PATH);
    let environment = home.environment(&[(FULL, url), (TOKEN_FILE, token.to_str().unwrap())]);
    let aws = Aws::new(environment.clone());
    let chain = aws.chain(&AwsSettings::default(), Ok(aws.http().direct()), String::new());
    let fetched = Container::of(&environment).unwrap().unwrap().credentials(&chain).await;
    assert!(!format!("{fetched:?}").contains("hush-hush"), "{fetched:?}");
    fetched
}

fn with_token() -> Home {
    let home = Home::new("", "");
    home.plant(TOKEN_FILE_PATH, "hush-hush-token\r\n");
    home
}

#[tokio::test]
async fn the_token_of_the_file_is_sent_without_its_line_end() {
    let home = with_token();
    let server =
        Server::new(|_| Reply::new(200, "", &keys(r#", "Token": "t", "AccountId": "1", "RoleArn": "x""#)));
    let credentials = fetched(&home, &format!("{}/v1/credentials?a=b", server.url())).await.unwrap();
    assert_eq!(credentials.access_key_id(), "AKIA");
    assert_eq!(credentials.secret_access_key(), "hush-hush");
    assert_eq!((credentials.session_token(), credentials.expiry()), (Some("t"), None));
    assert_eq!(Link::of(&credentials), Some(Link::Container));
    let [request] = &server.requests()[..] else { panic!("{:?}", server.requests()) };
    assert!(request.starts_with("GET /v1/credentials?a=b HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: hush-hush-token\r\n"), "{request}");
    // The agent writes another token from time to time.
    home.plant(TOKEN_FILE_PATH, "another");
    fetched(&home, &server.url()).await.unwrap();
    assert!(server.requests()[1].contains("authorization: another\r\n"));
}

#[tokio::test]
async fn a_token_that_cannot_be_sent_is_an_error_before_anybody_is_asked() {
    let home = Home::new("", "");
    let server = Server::new(|_| Reply::new(200, "", &keys("")));
    let missing = fetched(&home, &server.url()).await.unwrap_err();
    assert!(format!("{missing:?}").contains(home.path(TOKEN_FILE_PATH).to_str().unwrap()), "{missing:?}");
    for token in ["hush-hush\r\nx-other: 1", "hush-hush\u{7f}"] {
        home.plant(TOKEN_FILE_PATH, token);
        fetched(&home, &server.url()).await.unwrap_err();
    }
    assert_eq!(server.requests(), [""; 0]);
}

#[tokio::test]
async fn a_refusal_keeps_what_was_said() {
    let home = with_token();
    for (status, body, words, kind) in [
        (
            400,
            r#"{"code": "InvalidToken", "message": "the token is old"}"#,
            "the token is old",
            Unauthenticated,
        ),
        (404, r#"{"Code": "NoRole"}"#, "status 404: NoRole", Unauthenticated),
        (403, "<html>hush-hush</html>", "status 403", Unauthenticated),
        (429, "", "status 429", Throttled),
        (500, r#"{"message": "the agent is broken"}"#, "the agent is broken", Unavailable),
        (503, "", "status 503", Unavailable),
    ] {
        let server = Server::new(move |_| Reply::new(status, "", body));
        let error = fetched(&home, &server.url()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status}");
        assert!(format!("{error:?}").contains(words), "{error:?}");
        assert!(error.hints()[0].contains(&server.url()), "{:?}", error.hints());
        assert_eq!(server.requests().len(), 1, "an answer is an answer");
    }
}

#[tokio::test]
async fn what_holds_no_credentials_is_an_error_that_quotes_nothing() {
    let home = with_token();
    for body in [
        "",
        "hush-hush",
        "[]",
        r#"{"AccessKeyId": "AKIA"}"#,
        r#"{"AccessKeyId": 1, "SecretAccessKey": "hush-hush"}"#,
    ] {
        let server = Server::new(move |_| Reply::new(200, "", body));
        let error = fetched(&home, &server.url()).await.unwrap_err();
        assert!(format!("{error:?}").contains("holds no credentials"), "{error:?}");
    }
}

#[tokio::test]
async fn times_are_read_in_every_form() {
    let home = with_token();
    // 2026-11-23.
    let noon = SystemTime::UNIX_EPOCH + Duration::from_hours(498_732);
    let (utc, fraction) = (rfc3339(noon), rfc3339(noon).replace('Z', ".000Z"));
    for text in [&*utc, &fraction, &utc.replace('Z', "+00:00"), "2026-11-23T14:00:00+02:00"] {
        let expiration = format!(r#", "Token": null, "Expiration": "{text}""#);
        let server = Server::new(move |_| Reply::new(200, "", &keys(&expiration)));
        assert_eq!(fetched(&home, &server.url()).await.unwrap().expiry(), Some(noon), "{text}");
    }
    for text in ["", "tomorrow", "1795435200"] {
        let expiration = format!(r#", "Expiration": "{text}""#);
        let server = Server::new(move |_| Reply::new(200, "", &keys(&expiration)));
        let error = fetched(&home, &server.url()).await.unwrap_err();
        assert!(format!("{error:?}").contains("`Expiration` is no time"), "{error:?}");
    }
}

#[tokio::test]
async fn an_agent_that_is_not_up_yet_is_asked_again() {
    let home = with_token();
    let answers = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::new(move |_| match answers.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        // Closed without a word.
        0 | 1 => Reply::Raw(String::new()),
        _ => Reply::new(200, "", &keys("")),
    });
    fetched(&home, &server.url()).await.unwrap();
    assert_eq!(server.requests().len(), 3);
    // Nobody knows whether there are credentials where nobody answers.
    let error = fetched(&home, REFUSING).await.unwrap_err();
    assert_eq!(error.kind(), Network);
    assert!(error.message().contains("container"), "{error}");
}
