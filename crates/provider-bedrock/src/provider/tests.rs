mod repairs;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use futures_util::StreamExt as _;
use outcrop_aws::{AccessKeys, AwsSettings};
use outcrop_core::{Environment, ErrorKind, Event, Secret};
use serde_json::json;

use super::*;
use crate::canned::frame;

const BARE: &str = "anthropic.claude-opus-4-6-v1";
const PROFILE: &str = "us.anthropic.claude-opus-4-6-v1";

/// A request as it came over the wire.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    /// The id in the path.
    model: String,
    /// The region that it was signed for.
    region: String,
    body: String,
}

/// What the service says to a request.
enum Answer {
    /// The model needs a profile.
    Refusal,
    /// Too many requests.
    Throttled,
    /// `hello`.
    Hello,
}

/// A runtime plane on loopback that gives these answers, one after the other, and nothing after the last.
struct Service {
    address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Service {
    fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (seen, answers) = (Arc::new(Mutex::new(Vec::new())), answers.into_iter().collect::<Vec<_>>());
        let heard = Arc::clone(&seen);
        std::thread::spawn(move || {
            for answer in answers {
                let (connection, _) = listener.accept().unwrap();
                heard.lock().unwrap().push(serve(connection, &answer));
            }
        });
        Self { address, seen }
    }

    /// A provider that calls it from us-east-1.
    fn provider(&self, resolver: Option<Arc<dyn ModelResolver>>) -> Bedrock {
        let keys = AccessKeys {
            access_key_id: "AKIATEST".into(),
            secret_access_key: Secret::new("secret"),
            session_token: None,
        };
        let aws = AwsSettings {
            region: Some("us-east-1".into()),
            runtime_endpoint: Some(self.address.clone()),
            isolated: Some(keys),
            ..AwsSettings::default()
        };
        let settings = BedrockSettings { aws, ..BedrockSettings::default() };
        Bedrock::new("bedrock".into(), Arc::new(Aws::new(Environment::default())), settings, resolver)
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// What was called, and where.
    fn called(&self) -> Vec<(String, String)> {
        self.seen().into_iter().map(|seen| (seen.model, seen.region)).collect()
    }
}

/// Reads a request, answers it, and closes the connection.
fn serve(connection: TcpStream, answer: &Answer) -> Seen {
    let mut reader = BufReader::new(&connection);
    let (mut line, mut length, mut authorization) = (String::new(), 0, String::new());
    reader.read_line(&mut line).unwrap();
    let path = line.split(' ').nth(1).unwrap().to_owned();
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap(),
            "authorization" => value.clone_into(&mut authorization),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut parts = path.trim_start_matches("/model/").rsplitn(2, '/');
    let (operation, model) = (parts.next().unwrap(), parts.next().unwrap());
    reply(connection, answer, operation);
    Seen {
        model: model.replace("%3A", ":").replace("%2F", "/"),
        // AWS4-HMAC-SHA256 Credential=AKIATEST/20260101/us-east-1/bedrock/aws4_request, …
        region: authorization.split('/').nth(2).unwrap().to_owned(),
        body: String::from_utf8(body).unwrap(),
    }
}

fn reply(mut connection: TcpStream, answer: &Answer, operation: &str) {
    let refusal = format!(
        "Invocation of model ID {BARE} with on-demand throughput isn\u{2019}t supported. Retry your request with the \
         ID or ARN of an inference profile that contains this model."
    );
    let (status, headers, body) = match answer {
        Answer::Refusal => {
            let body = json!({ "message": refusal }).to_string().into_bytes();
            (
                "400 Bad Request",
                "content-type: application/json\r\nx-amzn-errortype: ValidationException",
                body,
            )
        }
        Answer::Throttled => {
            let body = json!({ "message": "slow down" }).to_string().into_bytes();
            (
                "429 Too Many Requests",
                "content-type: application/json\r\nx-amzn-errortype: ThrottlingException",
                body,
            )
        }
        Answer::Hello if operation == "converse" => {
            let body = json!({
                "output": { "message": { "role": "assistant", "content": [{ "text": "hello" }] } },
                "stopReason": "end_turn",
                "usage": { "inputTokens": 1, "outputTokens": 1, "totalTokens": 2 },
                "metrics": { "latencyMs": 1 },
            });
            ("200 OK", "content-type: application/json", body.to_string().into_bytes())
        }
        Answer::Hello => {
            let events = [
                json!({ "messageStart": { "role": "assistant" } }),
                json!({ "contentBlockDelta": { "contentBlockIndex": 0, "delta": { "text": "hello" } } }),
                json!({ "contentBlockStop": { "contentBlockIndex": 0 } }),
                json!({ "messageStop": { "stopReason": "end_turn" } }),
            ];
            let body = events.iter().flat_map(frame).collect();
            ("200 OK", "content-type: application/vnd.amazon.eventstream", body)
        }
    };
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(&body).unwrap();
}

/// A resolver that knows what to call instead, and counts how often it was told of a refusal.
#[derive(Debug, Default)]
struct Knows {
    instead: Option<Resolved>,
    told: Mutex<Vec<(String, String, ErrorKind)>>,
}

impl Knows {
    fn of(callable: &str, region: Option<&str>) -> Arc<Self> {
        let mut instead = Resolved::unchanged(callable.into());
        instead.region = region.map(str::to_owned);
        Arc::new(Self { instead: Some(instead), ..Self::default() })
    }

    fn told(&self) -> Vec<(String, String, ErrorKind)> {
        self.told.lock().unwrap().clone()
    }
}

#[async_trait]
impl ModelResolver for Knows {
    async fn resolve(&self, id: &ModelId) -> Result<Resolved> {
        Ok(Resolved::unchanged(id.clone()))
    }

    async fn instead(&self, refused: &ModelId, region: &str, error: &Error) -> Option<Resolved> {
        self.told.lock().unwrap().push((refused.to_string(), region.to_owned(), error.kind()));
        self.instead.clone().filter(|_| error.kind() == ErrorKind::ProfileRequired)
    }
}

fn request() -> Request {
    Request::new(BARE).user("Hi")
}

fn called(model: &str, region: &str) -> (String, String) {
    (model.to_owned(), region.to_owned())
}

/// The rules of the warnings.
fn rules(warnings: &[Warning]) -> Vec<&str> {
    warnings.iter().map(|warning| warning.rule.as_ref()).collect()
}

#[tokio::test]
async fn a_refused_call_is_made_once_more_with_the_profile_that_the_resolver_names() {
    let service = Service::start([Answer::Refusal, Answer::Hello]);
    let resolver = Knows::of(PROFILE, None);
    let response = service.provider(Some(resolver.clone())).generate(&request()).await.unwrap();
    assert_eq!(service.called(), [called(BARE, "us-east-1"), called(PROFILE, "us-east-1")]);
    let [first, second] = service.seen().try_into().unwrap();
    assert_eq!(first.body, second.body, "nothing else is changed");
    assert_eq!(resolver.told(), [(BARE.to_owned(), "us-east-1".to_owned(), ErrorKind::ProfileRequired)]);
    assert_eq!(response.model.unwrap().as_str(), PROFILE);
    assert_eq!(rules(&response.warnings), [CALLED_AS]);
    let said = &response.warnings[0].message;
    assert!(said.contains(PROFILE) && said.contains(BARE), "{said}");
}

#[tokio::test]
async fn a_refused_stream_is_opened_once_more() {
    let service = Service::start([Answer::Refusal, Answer::Hello]);
    let provider = service.provider(Some(Knows::of(PROFILE, None)));
    let events: Vec<_> = provider.stream(&request()).await.unwrap().collect().await;
    assert_eq!(service.called(), [called(BARE, "us-east-1"), called(PROFILE, "us-east-1")]);
    let Some(Ok(Event::Start(start))) = events.first() else { panic!("{events:?}") };
    assert_eq!((start.model.as_ref().unwrap().as_str(), rules(&start.warnings)), (PROFILE, vec![CALLED_AS]));
    assert!(events.iter().all(std::result::Result::is_ok), "{events:?}");
}

#[tokio::test]
async fn the_profile_is_called_in_its_region() {
    let service = Service::start([Answer::Refusal, Answer::Hello]);
    let eu = "eu.anthropic.claude-opus-4-6-v1";
    let provider = service.provider(Some(Knows::of(eu, Some("eu-west-1"))));
    provider.generate(&request()).await.unwrap();
    assert_eq!(service.called(), [called(BARE, "us-east-1"), called(eu, "eu-west-1")]);
}

#[tokio::test]
async fn a_second_refusal_is_final() {
    let service = Service::start([Answer::Refusal, Answer::Refusal, Answer::Hello]);
    let resolver = Knows::of(PROFILE, None);
    let error = service.provider(Some(resolver.clone())).generate(&request()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ProfileRequired);
    assert_eq!((service.called().len(), resolver.told().len()), (2, 1));
}

#[tokio::test]
async fn where_the_resolver_knows_nothing_the_refusal_stands_with_what_can_be_done() {
    let service = Service::start([Answer::Refusal, Answer::Hello]);
    let resolver = Arc::new(Knows::default());
    let error = service.provider(Some(resolver.clone())).generate(&request()).await.unwrap_err();
    assert_eq!((error.kind(), service.called().len()), (ErrorKind::ProfileRequired, 1));
    assert_eq!(resolver.told().len(), 1, "it learns all the same");
    assert!(error.hints().iter().any(|hint| hint.contains(PROFILE)), "{error:?}");
}

#[tokio::test]
async fn other_errors_are_not_repaired() {
    let service = Service::start([Answer::Throttled, Answer::Hello]);
    let error = service.provider(Some(Knows::of(PROFILE, None))).generate(&request()).await.unwrap_err();
    assert_eq!((error.kind(), service.called().len()), (ErrorKind::Throttled, 1));
}

#[tokio::test]
async fn without_a_resolver_the_table_of_facts_names_the_profile() {
    let service = Service::start([Answer::Refusal, Answer::Hello]);
    let response = service.provider(None).generate(&request()).await.unwrap();
    assert_eq!(service.called(), [called(BARE, "us-east-1"), called(PROFILE, "us-east-1")]);
    assert_eq!(rules(&response.warnings), [CALLED_AS]);
    let service = Service::start([Answer::Refusal, Answer::Refusal, Answer::Hello]);
    let error = service.provider(None).generate(&request()).await.unwrap_err();
    assert_eq!((error.kind(), service.called().len()), (ErrorKind::ProfileRequired, 2));
}

/// What a provider says of documents is what it does with them.
#[test]
fn documents_go_where_they_are_read() {
    let provider = Service::start([]).provider(None);
    for (model, support) in [
        ("us.anthropic.claude-sonnet-4-6", Support::Yes),
        ("us.amazon.nova-lite-v1:0", Support::Yes),
        ("us.amazon.nova-micro-v1:0", Support::No),
        ("qwen.qwen3-vl-235b-a22b", Support::No),
        ("us.meta.llama3-3-70b-instruct-v1:0", Support::Unknown),
        ("us.deepseek.r1-v1:0", Support::Unknown),
        ("unknown", Support::Unknown),
    ] {
        assert_eq!(provider.capabilities(&model.into()).documents, support, "{model}");
    }
}
