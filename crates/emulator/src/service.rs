//! From a request to its response: read, route, check the caller, apply the scenario, answer.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::auth;
use crate::body::{Body, Step};
use crate::connection::Control;
use crate::control::ControlPlane;
use crate::embed::Invoked;
use crate::error::ApiError;
use crate::fault;
use crate::journal::RecordedRequest;
use crate::operation::{Operation, Route};
use crate::place::Place;
use crate::runtime::Runtime;
use crate::scenario::{Fault, ForeignBody};
use crate::state::{Action, Exchange, State};
use crate::{admin, stream};

/// Bedrock takes 20 MB of JSON for a message with attachments; this is above that.
const LARGEST_BODY: usize = 32 << 20;

/// What a request needs besides itself.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) state: Arc<State>,
    pub(crate) control: Arc<Control>,
    pub(crate) peer: SocketAddr,
    pub(crate) connection: u64,
}

/// What an operation gives.
enum Outcome {
    Json(Value),
    Invoked(Invoked),
    Stream(Vec<stream::Frame>),
}

impl Context {
    /// Answers one request. An `Err` makes the connection end without an answer.
    pub(crate) async fn handle(self, request: Request<Incoming>) -> io::Result<Response<Body>> {
        self.control.cut_into_single_bytes(false);
        let (parts, body) = request.into_parts();
        let body = match Limited::new(body, LARGEST_BODY).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Ok(too_large()),
            Err(error) => return Err(io::Error::other(error)),
        };
        match Route::of(&parts.method, parts.uri.path()) {
            Route::Admin(path) => Ok(admin::answer(&self.state, self.peer, &parts, &path, &body).await),
            route => self.answer(&parts, &body, &route).await,
        }
    }

    async fn answer(self, parts: &Parts, body: &Bytes, route: &Route) -> io::Result<Response<Body>> {
        let (operation, id) = match route {
            Route::Operation(operation, id) => (Some(*operation), id.as_str()),
            _ => (None, ""),
        };
        let claim = auth::Claim::of(parts);
        let region = claim.region.clone().unwrap_or_else(|| self.state.options.region.clone());
        let json = serde_json::from_slice(body).unwrap_or(Value::Null);
        let request_id = self.state.next_request_id();
        self.state.journal.record(RecordedRequest {
            request_id: request_id.clone(),
            connection: self.connection,
            method: parts.method.to_string(),
            path: parts.uri.to_string(),
            operation,
            model_id: (!id.is_empty()).then(|| id.to_owned()),
            auth: claim.kind,
            access_key_id: claim.access_key_id,
            region: region.clone(),
            user_agent: header_text(parts, header::USER_AGENT),
            body: json.clone(),
            status: None,
            error: None,
            fault: None,
        });
        let exchange = Exchange::begin(Arc::clone(&self.state), request_id);

        let now = self.state.now();
        if let Err(error) = auth::check(parts, body, &self.state.options, &self.state.withdrawn(), now) {
            return Ok(failed(exchange, &error));
        }
        let Some(operation) = operation else {
            return Ok(match route {
                Route::UnencodedModelId => foreign(exchange, ForeignBody::UnknownOperation),
                _ => failed(exchange, &ApiError::unknown_operation()),
            });
        };
        let Action { fault, reply } = self.state.action_for(operation, id, &region);
        if let Some(fault) = &fault {
            self.state.journal.amend(&exchange.request_id, |it| it.fault = Some(fault.name().to_owned()));
        }
        let exchange = match self.before_the_answer(operation, fault.as_ref(), exchange).await? {
            Ok(exchange) => exchange,
            Err(response) => return Ok(response),
        };

        let world = &self.state.world;
        let holdings = world.holdings(&region, now.date());
        let place = Place { region: &region, account_id: world.account_id(), holdings: &holdings, now };
        if world.denies(operation) {
            return Ok(failed(exchange, &place.not_authorized(operation)));
        }
        let control_plane = ControlPlane { place, page_size: world.page_size() };
        let runtime = Runtime { state: &self.state, place, reply };
        let query = parts.uri.query().unwrap_or_default();
        let outcome = match operation {
            Operation::Converse => runtime.converse(id, &json).map(Outcome::Json),
            Operation::ConverseStream => runtime.converse_stream(id, &json).map(Outcome::Stream),
            Operation::CountTokens => runtime.count_tokens(id, &json).map(Outcome::Json),
            Operation::InvokeModel => runtime.invoke_model(id, &json).map(Outcome::Invoked),
            _ => control_plane.answer(operation, id, query).map(Outcome::Json),
        };
        Ok(match outcome {
            Err(error) => failed(exchange, &error),
            Ok(Outcome::Json(value)) => succeeded(exchange, &value, None),
            Ok(Outcome::Invoked(Invoked { body, input_tokens })) => {
                succeeded(exchange, &body, Some(input_tokens))
            }
            Ok(Outcome::Stream(frames)) => self.streamed(exchange, frames, fault.as_ref()),
        })
    }

    /// The faults that act instead of the answer or delay it. `Ok(Err(response))` is the answer.
    async fn before_the_answer(
        &self,
        operation: Operation,
        fault: Option<&Fault>,
        mut exchange: Exchange,
    ) -> io::Result<Result<Exchange, Response<Body>>> {
        let streams = operation == Operation::ConverseStream;
        match fault {
            Some(Fault::Throttle { retry_after, message }) => {
                let message =
                    message.as_deref().unwrap_or("Too many requests, please wait before trying again.");
                let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "ThrottlingException", message);
                return Ok(Err(failed(exchange, &error.with_retry_after(*retry_after))));
            }
            Some(Fault::Error { status, code, message, retry_after }) => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let error = ApiError::new(status, code.clone(), message.clone());
                return Ok(Err(failed(exchange, &error.with_retry_after(*retry_after))));
            }
            Some(Fault::ForeignBody { body }) => return Ok(Err(foreign(exchange, *body))),
            Some(Fault::SingleBytes {}) => self.control.cut_into_single_bytes(true),
            Some(Fault::SlowFirstByte { millis }) => {
                let mut releases = self.state.releases();
                exchange.held();
                match millis {
                    Some(millis) => tokio::time::sleep(Duration::from_millis(*millis)).await,
                    // The sender lives in the state: it cannot be gone.
                    None => releases.changed().await.map_err(io::Error::other)?,
                }
            }
            Some(Fault::Reset { .. }) if !streams => {
                self.control.reset_on_close();
                exchange.finish();
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            Some(Fault::Stall { .. }) if !streams => {
                exchange.held();
                std::future::pending::<()>().await;
            }
            _ => {}
        }
        Ok(Ok(exchange))
    }

    fn streamed(
        &self,
        exchange: Exchange,
        frames: Vec<stream::Frame>,
        fault: Option<&Fault>,
    ) -> Response<Body> {
        let sized = matches!(fault, Some(Fault::CutAt { sized: true, .. }));
        let length = sized.then(|| fault::length(&frames) as u64);
        let steps: Vec<Step> = fault::steps(frames, fault);
        let mut response = head(&exchange, StatusCode::OK, stream::CONTENT_TYPE);
        *response.body_mut() = Body::steps(steps, length, Arc::clone(&self.control), exchange);
        response
    }
}

fn too_large() -> Response<Body> {
    let message = json!({ "message": format!("The request body is larger than {LARGEST_BODY} bytes.") });
    let mut response = Response::new(Body::whole(message.to_string()));
    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    response
}

fn header_text(parts: &Parts, name: header::HeaderName) -> Option<String> {
    Some(parts.headers.get(name)?.to_str().ok()?.to_owned())
}

/// An empty response with the headers that every answer has; its status goes into the journal.
fn head(exchange: &Exchange, status: StatusCode, content_type: &'static str) -> Response<Body> {
    exchange.state.journal.amend(&exchange.request_id, |it| it.status = Some(status.as_u16()));
    let mut response = Response::new(Body::Whole(None));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(id) = HeaderValue::from_str(&exchange.request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}

fn whole(mut exchange: Exchange, mut response: Response<Body>, body: impl Into<Bytes>) -> Response<Body> {
    *response.body_mut() = Body::whole(body);
    exchange.finish();
    response
}

fn succeeded(exchange: Exchange, value: &Value, input_tokens: Option<u64>) -> Response<Body> {
    let mut response = head(&exchange, StatusCode::OK, "application/json");
    if let Some(tokens) = input_tokens {
        response.headers_mut().insert("x-amzn-bedrock-input-token-count", tokens.into());
    }
    whole(exchange, response, value.to_string())
}

fn failed(exchange: Exchange, error: &ApiError) -> Response<Body> {
    exchange.state.journal.amend(&exchange.request_id, |it| it.error = Some(error.code.to_string()));
    let mut response = head(&exchange, error.status, "application/json");
    // A scenario may ask for a code that no header can carry; then the client finds none.
    if let Ok(code) = HeaderValue::from_str(&error.header()) {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    if let Some(seconds) = error.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    whole(exchange, response, error.body().to_string())
}

fn foreign(exchange: Exchange, body: ForeignBody) -> Response<Body> {
    let (content_type, body) = match body {
        ForeignBody::Html => (
            "text/html",
            "<!doctype html><html><head><title>Sign in</title></head><body>Please sign in to this network.</body></html>"
                .to_owned(),
        ),
        ForeignBody::UnknownOperation => (
            "application/json",
            json!({
                "Output": { "__type": "com.amazon.coral.service#UnknownOperationException" },
                "Version": "1.0",
            })
            .to_string(),
        ),
        ForeignBody::EmptyObject => ("application/json", "{}".to_owned()),
    };
    let response = head(&exchange, StatusCode::OK, content_type);
    whole(exchange, response, body)
}
