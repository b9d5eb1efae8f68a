//! How many connections calls need, over real sockets.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use outcrop_aws::AccessKeys;
use outcrop_core::{Environment, ErrorKind, Event, ModelProvider as _, Request, Retry, Secret};
use serde_json::json;

use super::*;
use crate::canned::frame;
use crate::loopback::read;
use crate::{Bedrock, BedrockSettings};

const MODEL: &str = "amazon.nova-lite-v1:0";

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Ending {
    /// With its last frame.
    AtOnce,
    /// When whoever asked has read the last frame.
    Later,
    /// The first one on a connection ends as it should; instead of the second, the connection is closed.
    ClosedInstead,
}

/// A runtime plane that says `hello` on as many connections as it is given.
struct Service {
    address: String,
    accepted: Arc<AtomicUsize>,
    /// Lets the next answer end.
    finish: mpsc::Sender<()>,
}

impl Service {
    fn start(ending: Ending) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        let (finish, finished) = mpsc::channel();
        let finished = Arc::new(Mutex::new(finished));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                let finished = Arc::clone(&finished);
                std::thread::spawn(move || serve(&connection.unwrap(), ending, &finished));
            }
        });
        Self { address, accepted, finish }
    }

    fn settings(&self, region: &str) -> AwsSettings {
        AwsSettings {
            region: Some(region.to_owned()),
            runtime_endpoint: Some(self.address.clone()),
            isolated: Some(AccessKeys::new("AKIATEST", Secret::new("secret"))),
            ..AwsSettings::default()
        }
    }

    fn provider(&self, aws: &Arc<Aws>, region: &str) -> Bedrock {
        let settings = BedrockSettings { aws: self.settings(region), ..BedrockSettings::default() };
        Bedrock::new("bedrock".into(), Arc::clone(aws), settings, None)
    }

    fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

fn serve(mut connection: &TcpStream, ending: Ending, finished: &Mutex<mpsc::Receiver<()>>) {
    connection.set_nodelay(true).unwrap();
    let mut answered = 0;
    while let Some(seen) = read(connection) {
        if ending == Ending::ClosedInstead && answered == 1 {
            return;
        }
        answered += 1;
        let (kind, pieces) = if seen.operation == "converse" {
            let body = json!({
                "output": { "message": { "role": "assistant", "content": [{ "text": "hello" }] } },
                "stopReason": "end_turn",
            });
            ("application/json", vec![body.to_string().into_bytes()])
        } else {
            let frames = [
                json!({ "messageStart": { "role": "assistant" } }),
                json!({ "contentBlockDelta": { "contentBlockIndex": 0, "delta": { "text": "hello" } } }),
                json!({ "messageStop": { "stopReason": "end_turn" } }),
                json!({ "metadata": { "usage": { "inputTokens": 1, "outputTokens": 1, "totalTokens": 2 } } }),
            ];
            ("application/vnd.amazon.eventstream", frames.iter().map(frame).collect())
        };
        let mut bytes =
            format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n")
                .into_bytes();
        for piece in pieces {
            bytes.extend(format!("{:x}\r\n", piece.len()).into_bytes());
            bytes.extend(piece);
            bytes.extend(b"\r\n");
        }
        connection.write_all(&bytes).unwrap();
        if ending == Ending::Later && finished.lock().unwrap().recv().is_err() {
            return;
        }
        connection.write_all(b"0\r\n\r\n").unwrap();
    }
}

fn aws() -> Arc<Aws> {
    Arc::new(Aws::new(Environment::default()))
}

/// Asks, and reads the answer to its end.
async fn hello(service: &Service, provider: &Bedrock) {
    let mut answer = provider.stream(&Request::new(MODEL).user("hi")).await.unwrap();
    let mut last = None;
    while let Some(event) = answer.next().await {
        last = Some(event.unwrap());
        if let Some(Event::End(_)) = last {
            service.finish.send(()).unwrap();
        }
    }
    assert!(matches!(last, Some(Event::End(_))), "{last:?}");
}

#[tokio::test]
async fn calls_one_after_the_other_need_one_connection() {
    for ending in [Ending::AtOnce, Ending::Later] {
        let service = Service::start(ending);
        let provider = service.provider(&aws(), "us-east-1");
        for _ in 0..50 {
            hello(&service, &provider).await;
        }
        assert_eq!(service.accepted(), 1, "{ending:?}");
    }
    let service = Service::start(Ending::AtOnce);
    let provider = service.provider(&aws(), "us-east-1");
    for _ in 0..50 {
        assert_eq!(provider.generate(&Request::new(MODEL).user("hi")).await.unwrap().text(), "hello");
    }
    assert_eq!(service.accepted(), 1);
}

#[tokio::test]
async fn calls_at_once_leave_connections_for_the_next_ones() {
    let service = Service::start(Ending::AtOnce);
    let provider = service.provider(&aws(), "us-east-1");
    for _ in 0..3 {
        join_all((0..50).map(|_| hello(&service, &provider))).await;
    }
    assert!(service.accepted() <= 50, "{}", service.accepted());
}

#[tokio::test]
async fn regions_providers_and_sessions_share_connections() {
    let service = Service::start(Ending::AtOnce);
    let aws = aws();
    for region in ["us-east-1", "eu-west-1"] {
        hello(&service, &service.provider(&aws, region)).await;
        aws.renew_environment([("AWS_PROFILE", region)].into_iter().collect());
        let provider = service.provider(&aws, region);
        hello(&service, &provider).await;
        aws.renew_environment(Environment::default());
        hello(&service, &provider).await;
    }
    assert_eq!(service.accepted(), 1);
}

#[tokio::test]
async fn a_connection_that_is_closed_instead_of_an_answer_is_worth_another_try() {
    let service = Service::start(Ending::ClosedInstead);
    let provider = service.provider(&aws(), "us-east-1");
    hello(&service, &provider).await;
    let error = provider.stream(&Request::new(MODEL).user("hi")).await.err().unwrap();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Network, Retry::Backoff), "{error:?}");
    assert_eq!(error.message(), "the connection was closed before there was an answer");
    hello(&service, &provider).await;
    assert_eq!(service.accepted(), 2);
}

#[tokio::test]
async fn nobody_waits_for_a_session_that_somebody_else_needs() {
    // The region would come from the metadata service of the machine, which takes its time.
    let metadata = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", metadata.local_addr().unwrap());
    let environment = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint.as_str()), ("HOME", "/nowhere")];
    let clients = Clients::new(Arc::new(Aws::new(environment.into_iter().collect())), AwsSettings::default());
    tokio::select! {
        biased;
        slow = clients.of(None) => panic!("the metadata service was not asked: {slow:?}"),
        fast = clients.of(Some("eu-west-1")) => {
            assert_eq!(fast.unwrap().1.region().name, "eu-west-1");
        }
    }
}
