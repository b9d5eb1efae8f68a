//! A client whose answers the test writes: real HTTP answers with real event stream frames, which the SDK reads.

use std::sync::atomic::Ordering;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, Region};
use aws_sdk_bedrockruntime::operation::RequestId as _;
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use aws_smithy_types::retry::RetryConfig;
use outcrop_core::{EventStream, Response, Result, Start};
use serde_json::Value;

use crate::content_type::{EVENT_STREAM, Expects};
use crate::wire::decode;
use crate::{failure, stream};

/// The request id of every answer.
pub(crate) const REQUEST_ID: &str = "0f5c8f1e-3c0d-4a39-9d6e-6d1f6a3f2b11";

const MODEL: &str = "amazon.nova-lite-v1:0";

/// What Converse made of this answer.
pub(crate) async fn whole(answer: &Value) -> Result<Response> {
    let sent = client(answer.to_string().into_bytes(), None).converse().model_id(MODEL).send().await;
    let sent = sent.map_err(failure::converse)?;
    let request_id = sent.request_id().map(str::to_owned);
    decode::response(sent, request_id.as_deref())
}

/// What ConverseStream made of these events: each an object with one member, which is named as AWS names the event.
pub(crate) async fn streamed(events: &[Value], suppress_tool_calls: bool) -> Result<EventStream> {
    streamed_bytes(events.iter().flat_map(frame).collect(), suppress_tool_calls).await
}

/// What ConverseStream made of this body.
pub(crate) async fn streamed_bytes(body: Vec<u8>, suppress_tool_calls: bool) -> Result<EventStream> {
    let shaping = stream::Shaping { suppress_tool_calls, ..stream::Shaping::default() };
    opened(client(body, None), shaping).await
}

/// What ConverseStream made of this body, of this content type.
pub(crate) async fn streamed_as(content_type: &'static str, body: Vec<u8>) -> Result<EventStream> {
    opened(client(body, Some(content_type)), stream::Shaping::default()).await
}

async fn opened(client: Client, shaping: stream::Shaping) -> Result<EventStream> {
    let expects = Expects::new(EVENT_STREAM);
    let came = expects.came();
    let sent = client.converse_stream().model_id(MODEL).customize().interceptor(expects).send().await;
    let sent = sent.map_err(failure::converse_stream)?;
    let request_id = sent.request_id().map(str::to_owned);
    let start = Start { request_id, ..Start::default() };
    stream::open(sent.stream, start, shaping, came.load(Ordering::Relaxed)).await
}

/// The frame of an event; an event whose name ends in `Exception` is one.
pub(crate) fn frame(event: &Value) -> Vec<u8> {
    let (name, payload) = event.as_object().unwrap().iter().next().unwrap();
    let is_exception = name.ends_with("Exception");
    let (message_type, name_header) =
        if is_exception { ("exception", ":exception-type") } else { ("event", ":event-type") };
    let header =
        |name: &str, value: &str| Header::new(name.to_owned(), HeaderValue::String(value.to_owned().into()));
    let message = Message::new(payload.to_string().into_bytes())
        .add_header(header(":message-type", message_type))
        .add_header(header(name_header, name))
        .add_header(header(":content-type", "application/json"));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}

#[derive(Debug)]
struct Canned {
    body: Vec<u8>,
    content_type: Option<&'static str>,
}

impl HttpConnector for Canned {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let mut answer = HttpResponse::new(200.try_into().unwrap(), SdkBody::from(self.body.clone()));
        answer.headers_mut().insert("x-amzn-requestid", REQUEST_ID);
        if let Some(content_type) = self.content_type {
            answer.headers_mut().insert("content-type", content_type);
        }
        HttpConnectorFuture::ready(Ok(answer))
    }
}

fn client(body: Vec<u8>, content_type: Option<&'static str>) -> Client {
    let connector = SharedHttpConnector::new(Canned { body, content_type });
    let config = aws_sdk_bedrockruntime::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .allow_no_auth()
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()));
    Client::from_conf(config.build())
}
