//! An identity service of one's own: instance metadata, container credentials, STS and IAM Identity Center, all at one
//! address of this machine.
//!
//! Whatever it gives out is planted: each link of the credential chain has keys of its own, so that the emulator's list
//! of requests tells which link answered, and every secret is known, so that a test can look for it where it must not
//! be. STS verifies signatures. boto3 is the witness that all of it is what AWS's services say.

mod http;
mod keys;
mod metadata;
mod plant;
mod signature;
mod sso;
mod sts;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use self::http::{Answer, Request, Server};
pub(crate) use self::keys::{Key, Link};
pub(crate) use self::metadata::Metadata;
pub(crate) use self::sso::{SSO_ROLE, START_URL};
pub(crate) use self::sts::{ADMINISTRATOR, AUDITOR, DEVELOPER, Role, TOKEN_CODE, WEB_ROLE};

/// The account of everybody.
pub(crate) const ACCOUNT: &str = "123456789012";
/// The region that the instance is in: not the one that is taken when nobody names any.
pub(crate) const REGION: &str = "us-west-2";
/// What a container must show, and finds in a file.
pub(crate) const CONTAINER_TOKEN: &str = "container-authorization-of-the-test";
/// What a pod must show, and finds in a file.
pub(crate) const WEB_TOKEN: &str = "eyJhbGciOiJub25lIn0.web-identity-of-the-test.signature";
/// The API key for Bedrock.
pub(crate) const BEDROCK_API_KEY: &str = "ABSK-bedrock-api-key-of-the-test";

/// How long keys are good unless a test says otherwise.
const LIFETIME: Duration = Duration::hours(6);

/// A request that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Without the query.
    pub(crate) path: String,
    /// The `Action` of a call to STS.
    pub(crate) action: Option<String>,
    /// The other fields of such a call.
    pub(crate) form: BTreeMap<String, String>,
}

/// The running service; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Identity {
    server: Server,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    metadata: Metadata,
    changing: Mutex<Changing>,
}

#[derive(Debug, Default)]
struct Changing {
    seen: Vec<Seen>,
    /// Which keys each link gives out now, counted from 0.
    generations: BTreeMap<Link, usize>,
    lifetimes: BTreeMap<Link, Duration>,
    /// Tokens of the metadata service.
    metadata_tokens: HashSet<String>,
    /// How often an access token of Identity Center was renewed.
    renewals: usize,
    /// By access key id, who assumed a role with it.
    sessions: HashMap<String, String>,
}

impl Identity {
    /// Starts one with this kind of metadata service.
    #[track_caller]
    pub(crate) fn start(metadata: Metadata) -> Self {
        let state = Arc::new(State { metadata, changing: Mutex::default() });
        let shared = Arc::clone(&state);
        Self { server: Server::start(move |request| shared.answer(request)), state }
    }

    /// Where all of it answers, without a slash at the end.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// The keys that a link gives out now.
    pub(crate) fn key(&self, link: Link) -> Key {
        self.state.key(link)
    }

    /// From now on a link gives out other keys.
    ///
    /// The emulator knows them already if it was started with [`Identity::emulator_arguments`].
    #[track_caller]
    pub(crate) fn rotate(&self, link: Link) -> Key {
        *self.state.changing().generations.entry(link).or_default() += 1;
        self.key(link)
    }

    /// How long what a link gives out from now on is good; six hours otherwise.
    pub(crate) fn set_lifetime(&self, link: Link, lifetime: Duration) {
        self.state.changing().lifetimes.insert(link, lifetime);
    }

    /// What makes `outcrop emulate` accept every key of every link, those of later rotations too, and the API key.
    pub(crate) fn emulator_arguments() -> Vec<String> {
        let keys = Key::all().flat_map(|key| ["--accept-key".to_owned(), key.pair()]);
        keys.chain(["--bearer-token".to_owned(), BEDROCK_API_KEY.to_owned()]).collect()
    }

    /// Everything that no program may ever print.
    pub(crate) fn secrets() -> Vec<String> {
        let of_keys = Key::all().flat_map(|key| {
            let secret = key.secret_access_key.clone();
            std::iter::once(secret).chain(key.session_token)
        });
        let tokens = [CONTAINER_TOKEN, WEB_TOKEN, BEDROCK_API_KEY, metadata::TOKEN_BEGINNING];
        of_keys.chain(tokens.map(str::to_owned)).chain(sso::secrets()).collect()
    }

    /// Every request so far, oldest first.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.changing().seen.clone()
    }

    /// How often somebody asked for a token of the metadata service: what every attempt begins with.
    pub(crate) fn metadata_attempts(&self) -> usize {
        self.count("PUT", metadata::TOKEN_PATH)
    }

    /// How often such a request arrived.
    pub(crate) fn count(&self, method: &str, path: &str) -> usize {
        self.seen().iter().filter(|seen| seen.method == method && seen.path == path).count()
    }

    /// The calls to STS, by their actions.
    pub(crate) fn actions(&self) -> Vec<String> {
        self.seen().into_iter().filter_map(|seen| seen.action).collect()
    }
}

impl State {
    fn answer(&self, request: &Request) -> Answer {
        let mut form = request.form();
        self.changing().seen.push(Seen {
            method: request.method.clone(),
            path: request.path.clone(),
            action: form.remove("Action"),
            form,
        });
        match (request.method.as_str(), request.path.as_str()) {
            (_, path) if path.starts_with("/latest/") => self.instance_metadata(request),
            ("GET", path) if path == "/v1/credentials" || path.starts_with("/v2/credentials/") => {
                self.container_credentials(request)
            }
            ("POST", "/") => self.sts(request),
            ("GET", "/federation/credentials") => self.role_credentials(request),
            ("POST", "/token") => self.renew(request),
            _ => Answer::text(404, "Not Found"),
        }
    }

    fn changing(&self) -> MutexGuard<'_, Changing> {
        // A test that failed elsewhere is no reason to fail here too.
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, link: Link) -> Key {
        Key::of(link, self.changing().generations.get(&link).copied().unwrap_or_default())
    }

    /// The key that a link gives out now, and when it ends.
    fn issue(&self, link: Link) -> (Key, OffsetDateTime) {
        let lifetime = self.changing().lifetimes.get(&link).copied().unwrap_or(LIFETIME);
        (self.key(link), OffsetDateTime::now_utc() + lifetime)
    }
}

/// A time as AWS's services write it, to the second.
fn stamp(time: OffsetDateTime) -> String {
    time.replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap()
}

/// The bytes in hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// An address where nobody listens: whoever connects is refused.
pub(crate) fn refusing() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
}
