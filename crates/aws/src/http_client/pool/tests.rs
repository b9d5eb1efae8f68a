//! How many connections there are, of which kind, and what becomes of them.

use futures_util::future::join_all;
use http_body_util::BodyExt as _;

use super::*;
use crate::http_client::loopback::{Http, Loopback, Manners};

/// Makes a request and reads its answer: the protocol that the server saw.
async fn call(pool: &Pool, url: &str) -> String {
    let answer = send(pool, url).await.unwrap();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

/// Makes a request, and waits for the head of its answer.
async fn send(pool: &Pool, url: &str) -> Result<HttpResponse, ConnectorError> {
    pool.call(HttpRequest::get(url).unwrap(), None).await
}

#[tokio::test]
async fn calls_share_connections_whatever_is_spoken() {
    for (http, spoken, most) in [
        (Http::Plain, "HTTP/1.1", 50),
        (Http::Tls(&[]), "HTTP/1.1", 50),
        (Http::Tls(&["http/1.1"]), "HTTP/1.1", 50),
        (Http::Tls(&["h2", "http/1.1"]), "HTTP/2.0", 1),
    ] {
        let server = Loopback::start(http, Manners::Answer);
        let (pool, url) = (server.pool(), server.url());
        for _ in 0..50 {
            assert_eq!(call(&pool, &url).await, spoken);
        }
        assert_eq!(server.accepted(), 1, "{http:?}: one after the other");
        for _ in 0..2 {
            let all = join_all((0..50).map(|_| call(&pool, &url))).await;
            assert!(all.iter().all(|it| it == spoken), "{http:?}: {all:?}");
        }
        assert!(server.accepted() <= most, "{http:?}: {} for 50 at once, twice", server.accepted());
    }
}

#[tokio::test]
async fn many_calls_at_once_do_not_wait_for_each_other_on_one_connection_of_http_2() {
    let server = Loopback::start(Http::Tls(&["h2"]), Manners::NeverEnd);
    let (pool, url) = (server.pool(), server.url());
    let mut running = Vec::new();
    for _ in 0..REQUESTS_A_CONNECTION {
        running.push(send(&pool, &url).await.unwrap());
    }
    assert_eq!(server.accepted(), 1);
    running.push(send(&pool, &url).await.unwrap());
    assert_eq!(server.accepted(), 2);
    // Whoever hangs up makes room.
    running.swap_remove(0);
    running.push(send(&pool, &url).await.unwrap());
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn who_hangs_up_harms_nobody_else() {
    for (http, connections) in [(Http::Plain, 2), (Http::Tls(&["h2"]), 1)] {
        let server = Loopback::start(http, Manners::NeverEnd);
        let (pool, url) = (server.pool(), server.url());
        let first = send(&pool, &url).await.unwrap();
        let mut second = send(&pool, &url).await.unwrap();
        assert_eq!(server.accepted(), connections, "{http:?}");
        drop(first);
        server.hang_up_seen().await;
        server.say("more");
        loop {
            let piece = second.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
            if piece.ends_with(b"more") {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_connection_that_the_service_closed_meanwhile_fails_no_call() {
    for http in [Http::Plain, Http::Tls(&["http/1.1"]), Http::Tls(&["h2"])] {
        let server = Loopback::start(http, Manners::CloseAfterAnswer);
        let (pool, url) = (server.pool(), server.url());
        for calls in 1..=20 {
            call(&pool, &url).await;
            server.close_done().await;
            assert_eq!(server.accepted(), calls, "{http:?}");
        }
    }
}

#[tokio::test]
async fn a_request_that_was_never_answered_is_told_from_others() {
    for (http, manners) in
        [(Http::Plain, Manners::CloseInsteadOfSecondAnswer), (Http::Tls(&["h2"]), Manners::RefuseSecond)]
    {
        let server = Loopback::start(http, manners);
        let (pool, url) = (server.pool(), server.url());
        call(&pool, &url).await;
        let error = send(&pool, &url).await.unwrap_err();
        assert!(error.is_io() && failure::is_closed_unanswered(&error), "{manners:?}: {error:?}");
        call(&pool, &url).await;
    }
}

/// The other end of the connection is gone without a word, and the clock runs as fast as it can.
#[tokio::test]
async fn a_dead_connection_of_http_2_is_noticed_and_not_used_again() {
    let server = Loopback::start(Http::Tls(&["h2"]), Manners::NeverEnd);
    let (pool, relay) = (server.pool(), server.relay());
    let mut streaming = send(&pool, relay.url()).await.unwrap();
    streaming.body_mut().frame().await.unwrap().unwrap();
    relay.cut();
    tokio::time::pause();
    streaming.body_mut().frame().await.unwrap().unwrap_err();
    tokio::time::resume();
    send(&pool, relay.url()).await.unwrap();
    assert_eq!(relay.accepted(), 2);
}
