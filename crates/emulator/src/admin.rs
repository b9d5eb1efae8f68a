//! The emulator's own routes: what happened, and what shall go wrong next.

use std::net::SocketAddr;
use std::time::Duration;

use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::body::Body;
use crate::keys::Withdrawn;
use crate::scenario::Scenario;
use crate::state::State;

/// The longest that a request for events may wait.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Answers a request below `/_emulator/`; `path` is the rest.
pub(crate) async fn answer(
    state: &State,
    peer: SocketAddr,
    parts: &Parts,
    path: &str,
    body: &[u8],
) -> Response<Body> {
    if !peer.ip().to_canonical().is_loopback() {
        return response(
            StatusCode::FORBIDDEN,
            &json!({ "message": "The admin routes answer to loopback addresses only." }),
        );
    }
    let done = json!({});
    let result = match (&parts.method, path) {
        (&Method::GET, "health") => Ok(json!({ "status": "ok" })),
        (&Method::GET, "requests") => Ok(json!({ "requests": state.journal.requests() })),
        (&Method::DELETE, "requests") => {
            state.journal.forget_requests();
            Ok(done)
        }
        (&Method::GET, "events") => events(state, parts.uri.query().unwrap_or_default()).await,
        (&Method::POST, "scenario") => match serde_json::from_slice::<Scenario>(body) {
            Ok(scenario) => {
                state.set_scenario(scenario);
                Ok(done)
            }
            Err(error) => Err(format!("The body is no scenario: {error}.")),
        },
        (&Method::DELETE, "scenario") => {
            state.set_scenario(Scenario::default());
            Ok(done)
        }
        (&Method::POST, "keys") => withdraw(state, body).map(|()| done),
        (&Method::DELETE, "keys") => {
            state.withdraw(Withdrawn::default());
            Ok(done)
        }
        (&Method::POST, "release") => {
            state.release();
            Ok(done)
        }
        _ => {
            let message = format!(
                "There is no {} /_emulator/{path}. There are: GET health, GET and DELETE requests, GET events, POST \
                 and DELETE scenario, POST and DELETE keys, POST release.",
                parts.method
            );
            return response(StatusCode::NOT_FOUND, &json!({ "message": message }));
        }
    };
    match result {
        Ok(value) => response(StatusCode::OK, &value),
        Err(message) => response(StatusCode::BAD_REQUEST, &json!({ "message": message })),
    }
}

fn withdraw(state: &State, body: &[u8]) -> Result<(), String> {
    let withdrawn: Withdrawn =
        serde_json::from_slice(body).map_err(|error| format!("The body is no list of keys: {error}."))?;
    if let Some(id) = withdrawn.ids().find(|id| !state.options.accepts(id)) {
        return Err(format!("`{id}` is none of the access key ids that are accepted."));
    }
    state.withdraw(withdrawn);
    Ok(())
}

async fn events(state: &State, query: &str) -> Result<Value, String> {
    let mut after = 0;
    let mut wait = Duration::ZERO;
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let number =
            || value.parse::<u64>().map_err(|_| format!("`{name}` must be a whole number, not `{value}`."));
        match name {
            "after" => after = number()?,
            "wait" => wait = Duration::from_secs(number()?).min(LONGEST_WAIT),
            _ => return Err(format!("`{name}` is no parameter; there are `after` and `wait`.")),
        }
    }
    let events = state.journal.wait_for_events(after, wait).await;
    let last = events.last().map_or(after, |event| event.number);
    Ok(json!({ "events": events, "last": last }))
}

fn response(status: StatusCode, value: &Value) -> Response<Body> {
    let mut response = Response::new(Body::whole(value.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
