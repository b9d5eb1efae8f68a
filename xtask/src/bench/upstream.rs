//! A Bedrock that answers every ConverseStream call with the same long answer, encoded beforehand: far cheaper than
//! whatever reads it.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use super::frames::{Deltas, VARIETY, head, tail};
use crate::Failure;

const RESPONSE: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\n\
    x-amzn-requestid: 3b9d2f4e-7c61-4a8e-9a55-0d5c1f6e8b27\r\ntransfer-encoding: chunked\r\n\r\n";

/// One that listens until the process ends.
pub(super) struct Upstream {
    pub endpoint: String,
}

/// What it answers.
struct Answer {
    head: Vec<u8>,
    deltas: Arc<Deltas>,
    count: usize,
    frames_per_write: usize,
    tail: Vec<u8>,
}

impl Upstream {
    /// One that answers with `count` deltas and hands this many of them at once to the kernel.
    pub(super) fn start(deltas: Arc<Deltas>, count: usize, frames_per_write: usize) -> Result<Self, Failure> {
        let describe = |error: io::Error| Failure::Task(format!("the upstream cannot listen: {error}"));
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(describe)?;
        let endpoint = format!("http://{}", listener.local_addr().map_err(describe)?);
        let head = [RESPONSE.as_bytes(), &head()].concat();
        let answer = Arc::new(Answer { head, deltas, count, frames_per_write, tail: tail(count) });
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let answer = Arc::clone(&answer);
                // A client that leaves is none of our business.
                std::thread::spawn(move || serve(connection, &answer).ok());
            }
        });
        Ok(Self { endpoint })
    }
}

/// Answers the requests of one connection.
fn serve(connection: TcpStream, answer: &Answer) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut requests = BufReader::new(connection.try_clone()?);
    let mut connection = connection;
    while skip_request(&mut requests)? {
        connection.write_all(&answer.head)?;
        let mut sent = 0;
        while sent < answer.count {
            let from = sent % VARIETY;
            let count = answer.frames_per_write.min(answer.count - sent).min(VARIETY - from);
            connection.write_all(answer.deltas.slice(from, count).unwrap_or_default())?;
            sent += count;
        }
        connection.write_all(&answer.tail)?;
    }
    Ok(())
}

/// Reads a request whose body has a length; `false` if there is no further one.
fn skip_request(requests: &mut BufReader<TcpStream>) -> io::Result<bool> {
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        if requests.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap_or(0);
            }
            _ if line == "\r\n" => break,
            _ => {}
        }
    }
    io::copy(&mut requests.by_ref().take(length), &mut io::sink())?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks for an answer and reads it to its end.
    fn ask(upstream: &Upstream) -> Vec<u8> {
        let mut connection = TcpStream::connect(upstream.endpoint.trim_start_matches("http://")).unwrap();
        connection
            .write_all(b"POST /model/m/converse-stream HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
            .unwrap();
        connection.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).unwrap();
        answer
    }

    #[test]
    fn the_answer_is_the_same_however_it_is_written() {
        let deltas = Arc::new(Deltas::new());
        let start = |frames_per_write| Upstream::start(Arc::clone(&deltas), 5000, frames_per_write).unwrap();
        let answer = ask(&start(1));
        assert_eq!(answer, ask(&start(32)));
        let count = |needle: &[u8]| answer.windows(needle.len()).filter(|bytes| *bytes == needle).count();
        assert_eq!(count(b"contentBlockDelta"), 5000);
        assert_eq!(count(b"messageStop"), 1);
        assert!(answer.ends_with(b"\r\n0\r\n\r\n"));
    }
}
