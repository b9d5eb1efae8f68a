//! A list that comes in pages. The emulator fits everything on the largest page that can be asked for, so here a few
//! lines play the control plane.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use serde_json::{Value, json};

use super::each;
use crate::support::Outcrop;

/// How many pages there are.
const PAGES: usize = 3;

#[test]
fn profiles_of_every_page_are_listed() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (asked, paths) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let asked = asked.clone();
            thread::spawn(move || answer_all(&stream, &asked));
        }
    });
    let found = Outcrop::new(["models", "list", "--json"])
        .env("AWS_ENDPOINT_URL_BEDROCK", endpoint)
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "example")
        .env("AWS_REGION", "us-east-1")
        .run()
        .succeeds()
        .json();
    let expected: Vec<_> = (0..PAGES).map(profile_id).collect();
    assert_eq!(each(&found, "id"), expected, "{}", found["problems"]);
    assert_eq!(found["problems"], json!([]));
    let pages = paths.try_iter().filter(|path| path.starts_with("/inference-profiles")).count();
    assert_eq!(pages, PAGES);
}

fn profile_id(page: usize) -> String {
    format!("us.example.model-of-page-{page}")
}

/// Answers what comes over one connection until it closes.
fn answer_all(stream: &TcpStream, asked: &Sender<String>) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    while let Some(first) = lines.next() {
        let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
        // A GET has no body: the blank line is its end.
        while lines.next().is_some_and(|line| !line.is_empty()) {}
        let body = answer(&path).to_string();
        // Whoever counts the requests may have gone already.
        asked.send(path).ok();
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}", body.len());
        let mut stream = stream;
        if write!(stream, "{head}\r\n\r\n{body}").is_err() {
            return;
        }
    }
}

fn answer(path: &str) -> Value {
    if !path.starts_with("/inference-profiles") {
        return json!({ "modelSummaries": [] });
    }
    let token = path.split(['?', '&']).find_map(|part| part.strip_prefix("nextToken="));
    let page: usize = token.map_or(0, |token| token.parse().unwrap());
    let mut answer = json!({ "inferenceProfileSummaries": [{
        "inferenceProfileName": format!("Page {page}"),
        "inferenceProfileArn": format!("arn:aws:bedrock:us-east-1:123456789012:inference-profile/{}", profile_id(page)),
        "inferenceProfileId": profile_id(page),
        "models": [{ "modelArn": "arn:aws:bedrock:us-east-1::foundation-model/example.model" }],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }] });
    if page + 1 < PAGES {
        answer["nextToken"] = (page + 1).to_string().into();
    }
    answer
}
