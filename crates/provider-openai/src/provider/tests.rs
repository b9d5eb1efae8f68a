//! Calls over real sockets.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use outcrop_core::{
    ErrorKind, Event, ModelProviderExt as _, OutputSchema, Retry, Secret, StopReason, Thinking,
    ThinkingLevel, ToolSpec, next,
};
use serde_json::{Value, json};

use super::*;
use crate::compat::MaxTokensField;
use crate::loopback::{Answer, KEY, Loopback, events};
use crate::{Compat, ModelSettings};

fn question() -> Request {
    Request::new("m").user("Hi")
}

fn piece(text: &str) -> Value {
    json!({ "choices": [{ "index": 0, "delta": { "content": text } }] })
}

#[tokio::test]
async fn a_call_is_sent_as_the_protocol_has_it_and_answered() {
    let server = Loopback::start(|_| Answer::text("Hello").with_header("x-request-id", "req-1"));
    let mut settings = server.settings();
    settings.headers.insert("x-team".to_owned(), Secret::new("growth"));
    let provider = OpenAi::new("endpoint".into(), settings, &Environment::default()).unwrap();
    let response = provider.generate(&question()).await.unwrap();
    assert_eq!((response.text().as_str(), response.stop_reason), ("Hello", StopReason::EndTurn));
    assert_eq!(response.request_id.as_deref(), Some("req-1"));
    assert_eq!(response.model.as_ref().map(AsRef::as_ref), Some("m"));

    let seen = server.seen().remove(0);
    assert_eq!(seen.line, "POST /v1/chat/completions");
    let header = |name: &str| seen.headers.get(name).map(String::as_str);
    assert_eq!(header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(header("content-type"), Some("application/json"));
    assert_eq!(header("accept"), Some("text/event-stream, application/json"));
    assert_eq!(header("x-team"), Some("growth"));
    assert!(header("user-agent").unwrap().starts_with("outcrop/"));
    let expected = json!({
        "model": "m", "messages": [{ "role": "user", "content": "Hi" }],
        "stream": true, "stream_options": { "include_usage": true },
    });
    assert_eq!(seen.body, expected);
    let dry = provider.dry_run(&question()).unwrap();
    assert_eq!(dry.url, format!("{}/v1/chat/completions", server.address));
    assert_eq!(serde_json::from_slice::<Value>(&dry.body).unwrap(), expected);
}

/// An endpoint may take a schema and not hold the model to it.
#[tokio::test]
async fn an_answer_that_does_not_follow_its_schema_is_told() {
    let schema = json!({ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"] });
    for (said, problem) in [
        ("{\"n\": 1}", None),
        ("A good answer.", Some("the answer is no JSON: expected value at line 1 column 1")),
        (
            "{\"n\": \"x\"}",
            Some("the answer does not follow the schema, at `/n`: value is not of type \"integer\""),
        ),
    ] {
        let server = Loopback::start(move |_| Answer::text(said));
        let request = question().output(OutputSchema::new(schema.clone()));
        let response = server.provider().generate(&request).await.unwrap();
        let told = response.metadata.as_ref().and_then(|metadata| metadata.get("outputProblem")?.as_str());
        assert_eq!((response.text().as_str(), told), (said, problem));
        let malformed = response.stop_reason == StopReason::MalformedOutput;
        assert_eq!(malformed, problem.is_some(), "{:?}", response.stop_reason);
    }
}

#[tokio::test]
async fn a_header_of_ones_own_takes_the_place_of_the_key() {
    let server = Loopback::start(|_| Answer::text("Hello"));
    let mut settings = server.settings();
    settings.headers.insert("Authorization".to_owned(), Secret::new("Basic abc"));
    let provider = OpenAi::new("endpoint".into(), settings, &Environment::default()).unwrap();
    provider.generate(&question()).await.unwrap();
    assert_eq!(server.seen()[0].headers["authorization"], "Basic abc");
}

#[tokio::test]
async fn connections_are_used_again() {
    let server = Loopback::start(|_| Answer::text("Hello"));
    let provider = server.provider();
    for _ in 0..3 {
        provider.generate(&question()).await.unwrap();
    }
    let connections: Vec<_> = server.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 0, 0]);
}

/// Whoever does not want the rest of an answer does not pay for it.
#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_stream_closes_the_connection() {
    let server = Loopback::start(|_| Answer::Open(events(&[piece("Hel")])));
    let provider = server.provider();
    let mut stream = provider.stream(&question()).await.unwrap();
    for _ in 0..3 {
        next(&mut stream).await.unwrap().unwrap();
    }
    assert!(server.hung_up.try_recv().is_err(), "the connection is closed already");
    drop(stream);
    server.hung_up.recv().unwrap();
}

/// Before the first chunk as well: dropping the call is enough.
#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_call_closes_the_connection() {
    let server = Loopback::start(|_| Answer::Open(": thinking\n\n".to_owned()));
    let provider = server.provider();
    let request = question();
    let mut call = Box::pin(provider.stream(&request));
    while server.seen().is_empty() {
        let patience = tokio::time::timeout(Duration::from_millis(1), &mut call).await;
        assert!(patience.is_err(), "nothing was said, and the call is over");
    }
    drop(call);
    server.hung_up.recv().unwrap();
}

#[tokio::test]
async fn a_connection_that_is_cut_is_an_interruption() {
    let server = Loopback::start(|_| Answer::Cut(events(&[piece("Hel"), piece("lo")])));
    let mut stream = server.provider().stream(&question()).await.unwrap();
    let mut text = String::new();
    let error = loop {
        match next(&mut stream).await.unwrap() {
            Ok(Event::Delta { delta: outcrop_core::Delta::Text { text: piece }, .. }) => {
                text.push_str(&piece);
            }
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!((text.as_str(), error.kind()), ("Hello", ErrorKind::Interrupted));
    assert_eq!(error.provider().map(AsRef::as_ref), Some("endpoint"));
    assert!(error.context().any(|(key, value)| (key, value) == ("model", "m")));
    assert!(next(&mut stream).await.is_none());
}

#[tokio::test]
async fn names_of_tools_come_back_as_the_caller_has_them() {
    let server = Loopback::start(|seen| {
        let name = &seen.body["tools"][0]["function"]["name"];
        let call = json!({ "index": 0, "id": "a", "function": { "name": name, "arguments": "{}" } });
        Answer::events(&[
            json!({ "choices": [{ "delta": { "tool_calls": [call] } }] }),
            json!({ "choices": [{ "delta": {}, "finish_reason": "tool_calls" }] }),
        ])
    });
    let request = question().tool(ToolSpec::new("my.tool", "x", json!({ "type": "object" })));
    let response = server.provider().generate(&request).await.unwrap();
    assert_eq!(response.tool_uses().next().unwrap().name, "my.tool");
    assert_eq!(response.warnings[0].rule, "tool-name");
}

#[tokio::test]
async fn refusals_are_failures_of_the_call() {
    let body = json!({ "error": { "message": "Rate limit reached for m", "type": "requests", "code": "rate_limit_exceeded" } });
    let server = Loopback::start(move |_| {
        Answer::json(429, &body).with_header("retry-after", "7").with_header("x-request-id", "req-9")
    });
    let error = server.provider().generate(&question()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Throttled, Some(429)));
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(7)));
    assert_eq!(error.request_id(), Some("req-9"));
    assert_eq!(server.seen().len(), 1, "nothing is retried here");
}

#[tokio::test]
async fn what_happens_on_the_way_is_told() {
    let closed = Loopback::start(|_| Answer::Nothing);
    let error = closed.provider().generate(&question()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Network, Retry::Backoff), "{error:?}");

    let foreign = Loopback::start(|_| Answer::Raw("SSH-2.0-OpenSSH_9.6\r\n"));
    let error = foreign.provider().generate(&question()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Protocol, "the endpoint does not speak HTTP"),
        "{error:?}"
    );

    // A port that was free a moment ago.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = OpenAiSettings::new(format!("http://{nobody}"));
    let provider = OpenAi::new("endpoint".into(), settings, &Environment::default()).unwrap();
    let error = provider.generate(&question()).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Network, "the endpoint cannot be reached"));
    assert_eq!(error.retry(), Retry::Backoff);

    // As servers of plain HTTP answer what is no HTTP.
    let plain = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = OpenAiSettings::new(format!("https://{}", plain.local_addr().unwrap()));
    std::thread::spawn(move || {
        let mut connection = plain.accept().unwrap().0;
        connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        connection.read_to_end(&mut Vec::new()).ok();
    });
    let provider = OpenAi::new("endpoint".into(), settings, &Environment::default()).unwrap();
    let error = provider.generate(&question()).await.unwrap_err();
    assert_eq!(error.message(), "no TLS connection to the endpoint can be made", "{error:?}");
}

#[tokio::test]
async fn a_wrong_base_url_says_so() {
    let lost = [
        Answer::json(404, &json!({ "detail": "Not Found" })),
        Answer::Reply { status: 404, headers: Vec::new(), body: "404 page not found".to_owned() },
        Answer::Reply { status: 404, headers: Vec::new(), body: "<html>nginx</html>".to_owned() },
        Answer::Reply { status: 405, headers: Vec::new(), body: String::new() },
    ];
    for answer in lost {
        let server = Loopback::start(move |_| answer.clone());
        let error = server.provider().generate(&question()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(error.message().ends_with("/v1` has no chat completions there"), "{error}");
        assert!(error.hints()[0].contains("`baseUrl`"));
    }
    let moved = Loopback::start(|_| {
        let headers = vec![("location", "https://new.example/v1?key=hush".to_owned())];
        Answer::Reply { status: 308, headers, body: String::new() }
    });
    let error = moved.provider().generate(&question()).await.unwrap_err();
    assert_eq!(error.to_string(), "the endpoint sends the request elsewhere: https://new.example/v1");
}

#[tokio::test]
async fn a_proxy_passes_calls_on() {
    let proxy = Loopback::start(|_| Answer::text("through the proxy"));
    let url = proxy.address.replace("http://", "http://me:hush@");
    let environment = [("HTTP_PROXY", url)].into_iter().collect();
    let settings = OpenAiSettings::new("http://models.internal:8000");
    let provider = OpenAi::new("endpoint".into(), settings, &environment).unwrap();
    assert_eq!(provider.ask("m", "Hi").await.unwrap(), "through the proxy");
    let seen = proxy.seen().remove(0);
    assert_eq!(seen.line, "POST http://models.internal:8000/v1/chat/completions");
    assert_eq!(seen.headers["proxy-authorization"], "Basic bWU6aHVzaA==");
    assert!(!format!("{provider:?}").contains("hush"));
}

#[test]
fn a_key_is_not_sent_for_all_to_read() {
    let settings = |url: &str| OpenAiSettings { api_key: Some(Secret::new(KEY)), ..OpenAiSettings::new(url) };
    let build = |settings| OpenAi::new("endpoint".into(), settings, &Environment::default());
    let error = build(settings("http://api.example.com")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(build(settings("https://api.example.com")).is_ok());
    assert!(build(OpenAiSettings::new("http://api.example.com")).is_ok());
    let provider = build(settings("http://127.0.0.1:1")).unwrap();
    assert!(!format!("{provider:?}").contains(KEY));
    for name in ["x-api-key", "Authorization"] {
        let headers = [(name.to_owned(), Secret::new(KEY))].into();
        let error =
            build(OpenAiSettings { headers, ..OpenAiSettings::new("http://api.example.com") }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("`headers`"), "{error}");
    }
}

/// Some servers want their key in the query of the address.
#[tokio::test]
async fn a_key_in_the_query_is_neither_printed_nor_repeated() {
    let server = Loopback::start(|seen| {
        let message = format!("no such key: {}", seen.line);
        Answer::json(401, &json!({ "error": { "message": message } }))
    });
    let settings = OpenAiSettings::new(format!("{}?key=sk-of-query", server.address));
    let build = |settings| OpenAi::new("endpoint".into(), settings, &Environment::default());
    let provider = build(settings.clone()).unwrap();
    let error = provider.generate(&question()).await.unwrap_err();
    assert_eq!(
        error.provider_message(),
        Some("no such key: POST /v1/chat/completions?key=********"),
        "{error:?}"
    );
    let dry = provider.dry_run(&question()).unwrap();
    assert!(dry.url.ends_with("?key=sk-of-query"), "it is what is called");
    let catalog = crate::OpenAiCatalog::new("endpoint".into(), settings, &Environment::default()).unwrap();
    let printed = format!("{error:?} {provider:?} {catalog:?} {dry:?} {:?}", provider.endpoint);
    assert!(printed.contains(&server.address) && !printed.contains("of-query"), "{printed}");
}

/// An error whose body does not end is told by what came of it.
#[tokio::test(start_paused = true)]
async fn an_error_that_does_not_end_is_an_error() {
    for body in ["", "{\"error\": {\"message\": \"slow", "the key sk-loopb"] {
        let mut headers = http::HeaderMap::new();
        headers.insert("retry-after", http::HeaderValue::from_static("7"));
        let begun = futures_util::stream::iter([Ok(Bytes::from(body))]);
        let body = begun.chain(futures_util::stream::pending()).boxed();
        let call = Loopback::start(|_| Answer::Nothing).provider().calling(Wanted::Chat);
        let told = accepted(Reply { status: 429, headers, body }, call);
        let Ok(told) = tokio::time::timeout(Duration::from_mins(1), told).await else { panic!("it waits") };
        let Err(error) = told else { panic!("it is accepted") };
        assert_eq!((error.kind(), error.status()), (ErrorKind::Throttled, Some(429)));
        assert_eq!(error.retry(), Retry::After(Duration::from_secs(7)));
        assert!(!format!("{error:?}").contains("sk-loopb"), "{error:?}");
    }
}

#[test]
fn settings_say_what_a_model_can() {
    let mut settings = OpenAiSettings::new("http://127.0.0.1:1");
    settings.compat.max_tokens_field = Some(MaxTokensField::MaxCompletionTokens);
    settings.models.push(ModelSettings {
        reasoning: Some(false),
        tools: Some(true),
        input: Some(vec![outcrop_core::Modality::Text]),
        context_window: Some(8192),
        max_tokens: Some(1024),
        compat: Compat { supports_store: Some(true), ..Compat::default() },
        ..ModelSettings::new("small")
    });
    let provider = OpenAi::new("endpoint".into(), settings, &Environment::default()).unwrap();
    let known = provider.capabilities(&"small".into());
    assert!(
        known.tools.is_yes() && known.reasoning.is_no() && known.images.is_no() && known.streaming.is_yes()
    );
    assert_eq!((known.context_window, known.max_output_tokens), (Some(8192), Some(1024)));
    assert_eq!(known.timeouts.first_event, Some(Duration::from_mins(2)));
    let unknown = provider.capabilities(&"large".into());
    assert_eq!((unknown.tools.known(), unknown.images.known(), unknown.context_window), (None, None, None));
    assert_eq!(unknown.timeouts.first_event, Some(Duration::from_mins(10)));

    let mut request = Request::new("small").user("Hi").max_tokens(5000);
    request.thinking = Some(Thinking::at(ThinkingLevel::High));
    let dry = provider.dry_run(&request).unwrap();
    let body: Value = serde_json::from_slice(&dry.body).unwrap();
    assert_eq!((&body["max_completion_tokens"], &body["store"]), (&json!(1024), &json!(false)));
    let rules: Vec<_> = dry.warnings.iter().map(|warning| &*warning.rule).collect();
    assert_eq!(rules, ["max-tokens-limit", "thinking-unsupported"]);
}
