//! `headers` of a provider: what a proxy asks for goes with every call, and is never shown.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::thread;

use serde_json::json;

use super::file;
use crate::support::{Home, Outcrop};

/// The head of the first request that comes, in small letters; it is refused.
fn head_of(args: &[&str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let lines = BufReader::new(connection.try_clone().unwrap()).lines().map(Result::unwrap);
        let head: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
        connection
            .write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .unwrap();
        head.join("\n").to_ascii_lowercase()
    });
    let provider = json!({ "baseUrl": address, "controlBaseUrl": address, "region": "us-east-1",
        "headers": { "X-Team": "growth-4711", "cf-access": "hush-4711" } });
    let home = Home::new();
    let run = Outcrop::at(&home, args)
        .args(&["-vv", "--set", &format!("models.providers.amazon-bedrock={provider}")])
        .env("AWS_ACCESS_KEY_ID", "AKIATEST")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .run();
    assert!(!run.stdout.contains("4711") && !run.stderr.contains("4711"), "{run:?}");
    server.join().unwrap()
}

#[test]
fn calls_of_both_planes_carry_the_headers_of_the_user() {
    for args in [&["ask", "-m", "us.amazon.nova-lite-v1:0", "hi"][..], &["models", "list"]] {
        let head = head_of(args);
        assert!(head.contains("\nx-team: growth-4711") && head.contains("\ncf-access: hush-4711"), "{head}");
        let signed = head.lines().find(|line| line.starts_with("authorization:")).unwrap();
        assert!(signed.contains("signedheaders=") && !signed.contains("x-team"), "{signed}");
    }
}

#[test]
fn headers_that_cannot_be_sent_are_told_with_their_place_and_not_their_value() {
    let home = Home::new();
    let text = "{ models: { providers: { 'amazon-bedrock': { headers: { 'x y': 'hush', host: 'hush', 'x-z': 'hush\\n' } } } } }";
    file(&home, "config/outcrop/config.json5", text);
    let run = Outcrop::at(&home, ["config", "check"]).run().exits_with(3);
    for words in
        ["`headers` has the name `x y`", "`headers.host` is written by", "`headers.x-z` must be a text"]
    {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    assert!(!run.stderr.contains("hush") && run.stderr.contains("config.json5:1:"), "{}", run.stderr);
}
