//! Every error that this crate raises of itself, word for word.

use std::net::TcpListener;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use http::{HeaderMap, HeaderValue};
use outcrop_core::{
    EmbedRequest, Environment, Error, ModelCatalog as _, ModelProvider as _, Query, Request, Result, Secret,
    Start,
};
use serde_json::{Value, json};

use crate::failure::{Call, Wanted};
use crate::http_client::Reply;
use crate::loopback::{Answer, Loopback, events};
use crate::stream::{Shaping, open};
use crate::{OpenAi, OpenAiCatalog, OpenAiSettings, cases};

#[path = "../../../tests/support/error_sites.rs"]
pub(crate) mod error_sites;

/// Lines that cannot be reached from outside, and why they are there.
const UNREACHABLE: [(&str, &str); 5] = [
    ("`baseUrl` is not a URL", "the endpoint was parsed before"),
    ("TLS cannot be set up", "the cryptography always has something to offer"),
    ("the request cannot be written as JSON", "content of a newer core than this crate knows"),
    ("call.new_error(ErrorKind::Timeout, message)", "no test waits as long as for a list"),
    ("the connection to the endpoint failed", "for whatever else HTTP may find wrong"),
];

fn built(settings: OpenAiSettings, environment: &Environment) -> Result<OpenAi> {
    OpenAi::new("endpoint".into(), settings, environment)
}

fn of_settings() -> Vec<Error> {
    let keyed =
        |url: &str| OpenAiSettings { api_key: Some(Secret::new("sk-hush")), ..OpenAiSettings::new(url) };
    let headed = |name: &str, value: &str| OpenAiSettings {
        headers: [(name.to_owned(), Secret::new(value))].into(),
        ..OpenAiSettings::new("https://x.example")
    };
    let nothing = Environment::default();
    let proxy = [("HTTPS_PROXY", "socks5://me:hush@x.example")].into_iter().collect();
    let mut errors = vec![
        built(OpenAiSettings::new("x.example"), &nothing).unwrap_err(),
        built(keyed("http://x.example"), &nothing).unwrap_err(),
        built(headed("a b", "x"), &nothing).unwrap_err(),
        built(headed("x-hush", "a\nb"), &nothing).unwrap_err(),
        built(OpenAiSettings::new("https://x.example"), &proxy).unwrap_err(),
    ];
    let entries = [
        json!({}),
        json!({ "baseUrl": 7 }),
        json!({ "baseUrl": "http://x.example", "apiKey": "k" }),
        json!({ "baseUrl": "http://x.example", "headers": { "x-api-key": "k" } }),
        json!({ "baseUrl": "https://x.example", "auth": "aws-sdk" }),
        json!({ "baseUrl": "https://x.example", "apiKey": 7 }),
        json!({ "baseUrl": "https://x.example", "headers": { "host": "x" } }),
        json!({ "baseUrl": "https://x.example", "timeouts": { "idle": 0 } }),
        json!({ "baseUrl": "https://x.example", "models": [{ "id": "m", "maxTokens": 0 }] }),
        json!({ "baseUrl": "https://x.example", "compat": { "thinkingFormat": "loud" } }),
    ];
    errors.extend(entries.iter().map(|entry| OpenAiSettings::from_json(entry).unwrap_err()));
    errors
}

/// Of requests that no case of a file can say, as JSON has no such values.
fn of_requests() -> Vec<Error> {
    let mut strange = Request::new("m").user("Hi");
    strange.inference.temperature = Some(f64::NAN);
    let provider = built(OpenAiSettings::new("http://127.0.0.1:1"), &Environment::default()).unwrap();
    vec![provider.dry_run(&strange).unwrap_err()]
}

async fn of_body(body: BoxStream<'static, Result<Bytes>>) -> Error {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("text/html"));
    let call = Call {
        endpoint: "http://127.0.0.1:1/v1".to_owned(),
        wanted: Wanted::Chat,
        provider: "endpoint".into(),
        request_id: None,
        secrets: Vec::new(),
    };
    match open(Reply { status: 200, headers, body }, call, Start::default(), Shaping::default()).await {
        Err(error) => error,
        Ok(stream) => stream.filter_map(async |item: Result<_>| item.err()).boxed().next().await.unwrap(),
    }
}

async fn of_streams() -> Vec<Error> {
    let piece =
        |delta: Value, reason: Value| json!({ "choices": [{ "delta": delta, "finish_reason": reason }] });
    let hi = || piece(json!({ "content": "Hi" }), Value::Null);
    let nameless = json!({ "tool_calls": [{ "index": 0, "id": "a" }] });
    let texts = [
        String::new(),
        events(&[hi()]),
        events(&[hi(), piece(json!({}), json!("network_error"))]),
        events(&[piece(nameless, json!("tool_calls"))]),
        events(&[hi(), json!({ "error": { "message": "Too hot", "code": "server_error" } })]),
        events(&[hi()]) + "data: oops\n\n",
        "<html>".to_owned(),
        "It works!".to_owned(),
        "{}".to_owned(),
        "{x".to_owned(),
        "{\"choices\": [".to_owned(),
        json!({ "choices": [{ "message": { "content": "Hi" } }] }).to_string(),
        json!({ "error": "no" }).to_string(),
    ];
    let mut errors = Vec::new();
    for text in texts {
        errors.push(of_body(Box::pin(stream::iter([Ok(text.into())]))).await);
    }
    let endless = |begin: &'static [u8]| {
        let more = Bytes::from(vec![b' '; 1 << 20]);
        stream::iter([Ok(Bytes::from_static(begin))])
            .chain(stream::repeat_with(move || Ok(more.clone())))
            .boxed()
    };
    errors.push(of_body(endless(b"{")).await);
    errors.push(of_body(endless(b"data: x")).await);
    errors.push(of_body(endless(b"\n")).await);
    errors
}

async fn of_answer(answer: Answer) -> Error {
    let server = Loopback::start(move |_| answer.clone());
    let provider = server.provider();
    provider.generate(&Request::new("m").user("Hi")).await.unwrap_err()
}

async fn of_calls() -> Vec<Error> {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut late = OpenAiSettings::new(format!("https://{}", silent.local_addr().unwrap()));
    late.connect_timeout = Some(Duration::from_millis(50));
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = OpenAiSettings::new(format!("http://{free}"));
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let untrusted = OpenAiSettings::new(format!("https://{}", plain.local_addr().unwrap()));
    std::thread::spawn(move || {
        let mut connection = plain.accept().unwrap().0;
        std::io::Write::write_all(&mut connection, b"HTTP/1.1 400 .\r\n\r\n").unwrap();
        std::io::Read::read_to_end(&mut connection, &mut Vec::new()).ok();
    });
    let mut errors = Vec::new();
    for settings in [late, nobody, untrusted] {
        let provider = built(settings, &Environment::default()).unwrap();
        errors.push(provider.generate(&Request::new("m").user("Hi")).await.unwrap_err());
    }
    let moved = Answer::Reply {
        status: 307,
        headers: vec![("location", "https://y.example/".into())],
        body: String::new(),
    };
    for answer in [
        Answer::Nothing,
        Answer::Raw("SSH-2.0-x\r\n"),
        Answer::Reply { status: 404, headers: Vec::new(), body: "<html>".to_owned() },
        Answer::Cut(events(&[json!({ "choices": [] })])),
        moved,
        Answer::json(401, &json!({ "error": { "message": "no", "code": "invalid_api_key" } })),
    ] {
        errors.push(of_answer(answer).await);
    }
    errors
}

async fn of_lists() -> Vec<Error> {
    let mut errors = Vec::new();
    for body in ["{}".to_owned(), " ".repeat((32 << 20) + 1)] {
        let server =
            Loopback::start(move |_| Answer::Reply { status: 200, headers: Vec::new(), body: body.clone() });
        let catalog =
            OpenAiCatalog::new("endpoint".into(), server.settings(), &Environment::default()).unwrap();
        errors.push(catalog.snapshot(&Query::default()).await.unwrap_err());
    }
    errors
}

async fn of_vectors() -> Vec<Error> {
    let request = |text: &str| EmbedRequest::new("m", vec![text.to_owned()]).dimensions(2);
    let mut errors = Vec::new();
    for body in [
        json!({}),
        json!({ "data": [] }),
        json!({ "data": [{ "embedding": "x" }] }),
        json!({ "data": [{ "embedding": [] }] }),
        json!({ "data": [{ "embedding": [1.0] }] }),
    ] {
        let server = Loopback::start(move |_| Answer::json(200, &body));
        errors.push(server.provider().embed(&request("Hi")).await.unwrap_err());
        errors.push(server.provider().embed(&request(" ")).await.unwrap_err());
    }
    errors
}

/// A text without the ports, which are others each time.
fn steady(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, rest| {
        text + "127.0.0.1:PORT" + rest.trim_start_matches(|it: char| it.is_ascii_digit())
    })
}

#[tokio::test]
async fn every_error_has_its_words() {
    let mut errors = cases::errors();
    errors.extend(of_settings());
    errors.extend(of_requests());
    errors.extend(of_streams().await);
    errors.extend(of_calls().await);
    errors.extend(of_lists().await);
    errors.extend(of_vectors().await);
    let unreachable = |text: &str| UNREACHABLE.iter().any(|(words, _)| text.contains(words));
    let sites = error_sites::sites(env!("CARGO_MANIFEST_DIR"), |_| true);
    assert!(sites.len() > 35, "the sites are not found any more: {sites:#?}");
    let mut unseen = error_sites::unseen(sites, &errors);
    unseen.retain(|site| !unreachable(&site.text));
    assert_eq!(unseen, [], "errors without a snapshot: raise them above");
    insta::assert_snapshot!(error_sites::shown_as(&errors, |text| steady(&text)));
}
