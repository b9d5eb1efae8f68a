//! An emulator of one's own, as a process.

use std::net::SocketAddr;
use std::thread;

use serde_json::Value;

use super::{Outcrop, Started, bodies, http};

/// `outcrop emulate` on a free port; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Emulator {
    address: SocketAddr,
    region: String,
    _process: Started,
}

impl Emulator {
    /// Starts one without faults.
    #[track_caller]
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with further arguments of `outcrop emulate`.
    #[track_caller]
    pub(crate) fn start_with(args: &[&str]) -> Self {
        Self::start_in("us-east-1", args)
    }

    /// Starts one whose callers are in that region.
    #[track_caller]
    pub(crate) fn start_in(region: &str, args: &[&str]) -> Self {
        let command = Outcrop::new(["emulate", "--listen", "127.0.0.1:0"].iter().chain(args));
        let mut process = command.start();
        let address = process.wait_for("it said where it listens", |line| {
            let (_, rest) = line.split_once("http://127.0.0.1:")?;
            let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
            Some(SocketAddr::from(([127, 0, 0, 1], port.parse().ok()?)))
        });
        Self { address, region: region.to_owned(), _process: process }
    }

    /// Where both planes answer.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What points any AWS SDK at it.
    pub(crate) fn variables(&self) -> [(&'static str, String); 5] {
        [
            ("AWS_ENDPOINT_URL_BEDROCK", self.endpoint()),
            ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", self.endpoint()),
            ("AWS_ACCESS_KEY_ID", "AKIAOUTCROPEMULATOR".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "outcrop-emulator-secret-key".to_owned()),
            ("AWS_REGION", self.region.clone()),
        ]
    }

    /// Makes requests go wrong; `{"rules": […]}`.
    #[track_caller]
    pub(crate) fn scenario(&self, scenario: &Value) {
        self.admin("POST", "scenario", Some(scenario));
    }

    /// Refuses signatures by these keys from now on, and by no others; `{"expired": [ID, …], "revoked": [ID, …]}`.
    #[track_caller]
    pub(crate) fn withdraw(&self, keys: &Value) {
        self.admin("POST", "keys", Some(keys));
    }

    /// Accepts all keys again.
    #[track_caller]
    pub(crate) fn withdraw_nothing(&self) {
        self.admin("DELETE", "keys", None);
    }

    /// Lets go of every response that `slowFirstByte` holds.
    #[track_caller]
    pub(crate) fn release(&self) {
        self.admin("POST", "release", None);
    }

    /// Every request so far, oldest first.
    #[track_caller]
    pub(crate) fn requests(&self) -> Vec<Value> {
        list(self.admin("GET", "requests", None), "requests")
    }

    /// Starts the list of requests anew.
    #[track_caller]
    pub(crate) fn forget_requests(&self) {
        bodies::keep(&self.requests());
        self.admin("DELETE", "requests", None);
    }

    /// The requests of one operation, oldest first.
    #[track_caller]
    pub(crate) fn requests_of(&self, operation: &str) -> Vec<Value> {
        self.requests().into_iter().filter(|request| request["operation"] == operation).collect()
    }

    /// Waits until an event of type `kind` happened, and returns it.
    #[track_caller]
    pub(crate) fn wait_for(&self, kind: &str) -> Value {
        self.wait_for_many(kind, 1).swap_remove(0)
    }

    /// Waits until so many events of type `kind` happened, and returns them.
    #[track_caller]
    pub(crate) fn wait_for_many(&self, kind: &str, count: usize) -> Vec<Value> {
        let (mut after, mut found) = (0, Vec::new());
        while found.len() < count {
            let answer = self.admin("GET", &format!("events?after={after}&wait=60"), None);
            after = answer["last"].as_u64().expect("`last` is a number");
            let events = list(answer, "events");
            assert!(!events.is_empty(), "only {} of {count} `{kind}` within a minute", found.len());
            found.extend(events.into_iter().filter(|event| event["type"] == kind));
        }
        found
    }

    #[track_caller]
    fn admin(&self, method: &str, route: &str, body: Option<&Value>) -> Value {
        http::call(self.address, method, &format!("/_emulator/{route}"), body)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if !thread::panicking() {
            bodies::keep(&self.requests());
        }
    }
}

#[track_caller]
fn list(mut answer: Value, name: &str) -> Vec<Value> {
    match answer[name].take() {
        Value::Array(list) => list,
        other => panic!("`{name}` is no list: {other}"),
    }
}
