//! An HTTP client that is just enough for the emulator's admin routes, and for the lists of another server.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

/// Sends one request and returns the JSON of its answer, which must have status 200.
#[track_caller]
pub(crate) fn call(address: SocketAddr, method: &str, path: &str, body: Option<&Value>) -> Value {
    json(&format!("{method} {path}"), exchange(address, method, path, "", body))
}

/// The JSON at a path, asked for with one more header, `name: value`.
#[track_caller]
pub(crate) fn get(address: SocketAddr, path: &str, header: &str) -> Value {
    json(path, exchange(address, "GET", path, &format!("{header}\r\n"), None))
}

#[track_caller]
fn json(what: &str, answer: std::io::Result<String>) -> Value {
    let answer = answer.unwrap_or_else(|error| panic!("{what}: {error}"));
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer has a blank line");
    let status = head.split(' ').nth(1).unwrap_or_default();
    assert_eq!(status, "200", "{what}: {body}");
    serde_json::from_str(body).unwrap()
}

/// The answer as it came. HTTP 1.0 rules out chunks, and makes the end of the connection the end of the answer.
fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    header: &str,
    body: Option<&Value>,
) -> std::io::Result<String> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nhost: {address}\r\n{header}content-type: application/json\r\ncontent-length: \
         {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
