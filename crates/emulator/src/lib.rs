//! A Bedrock that runs on loopback and speaks the real wire protocol.
//!
//! It answers the control plane (foundation models, inference profiles, model availability; provisioned, imported and
//! custom models, marketplace endpoints) and the runtime (Converse, ConverseStream, CountTokens; InvokeModel for
//! embeddings) with the service's own shapes, headers and error texts; it verifies SigV4 signatures and bearer tokens; it rejects what the service rejects;
//! and it breaks in every way a network and a service can break when a [`Scenario`] asks for it. The models come from
//! `outcrop-model-facts`, or from an [`Account`] of one's own.
//!
//! ```
//! # async fn example() -> std::io::Result<()> {
//! use outcrop_emulator::{Emulator, Options};
//!
//! let running = Emulator::bind(([127, 0, 0, 1], 0).into(), Options::default()).await?.spawn();
//! println!("both planes answer at {}", running.endpoint());
//! # Ok(())
//! # }
//! ```
//!
//! # What it answers
//!
//! A reply names the model and quotes the prompt, so that different prompts get different answers, and the same
//! request always gets the same one. When tools are offered the model calls one, with input built from the tool's
//! JSON schema; once the result is there it answers in text. Reasoning comes when the request asks for it, and from
//! models that reason unasked. An embedding depends on the text alone. A guardrail (`emulatorguardrail`, or one of the account's) steps in at the word
//! `forbidden`.
//!
//! # How it counts
//!
//! One token is one word with the blanks before it, or eight characters of a longer word. Every message costs four
//! tokens more, an image 1,600, a document that is text one per 4 bytes, any other attachment one per 64, tools one per
//! 4 bytes of their JSON. What a cache point marks is cached if it is as long as the model wants it.
//!
//! # Admin routes
//!
//! They answer to loopback addresses only and need no credentials.
//!
//! | route | answer |
//! |---|---|
//! | `GET /_emulator/health` | `{"status":"ok"}` |
//! | `GET /_emulator/requests` | `{"requests":[…]}`: the [`RecordedRequest`]s, oldest first |
//! | `DELETE /_emulator/requests` | forgets them |
//! | `GET /_emulator/events?after=N&wait=SECONDS` | `{"events":[…],"last":N}`: the [`Event`]s after number `N`; waits up to `wait` seconds (60 at most) for the first one |
//! | `POST /_emulator/scenario` | takes a [`Scenario`] and starts its counts anew |
//! | `DELETE /_emulator/scenario` | back to a service without faults |
//! | `POST /_emulator/keys` | takes `{"expired":[ID, …],"revoked":[ID, …]}`: signatures by these keys are refused from now on, by no others |
//! | `DELETE /_emulator/keys` | all keys are good again |
//! | `POST /_emulator/release` | lets go of every response that a `slowFirstByte` fault holds |

mod account;
mod admin;
mod answer;
mod auth;
mod body;
mod catalog;
mod connection;
mod control;
mod embed;
mod error;
mod fault;
mod guardrail;
mod journal;
mod json;
mod keys;
mod model;
mod operation;
mod options;
mod place;
mod runtime;
mod scenario;
mod server;
mod service;
mod shape;
mod state;
mod stream;
mod thoughts;
mod tokens;
mod validate;
mod world;

pub use account::{Account, AccountError, Holdings, Row};
pub use journal::{AuthKind, Event, EventKind, RecordedRequest};
pub use operation::Operation;
pub use options::{AcceptedKey, Credentials, Options};
pub use scenario::{
    After, Fault, ForeignBody, Match, NamedEvent, RawEvent, Reply, ReplyBlock, ReplyEvents, ReplyMessage,
    Rule, Scenario, StreamException,
};
pub use server::{Emulator, Running};

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
