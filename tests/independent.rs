//! Proofs by programs that know nothing of this project: AWS's own client against our emulator, our client against
//! somebody else's server, and our requests against AWS's own model of the service.
//!
//! `cargo xtask test` sets up what they need. Without it these tests fail: a proof that was skipped is none.

mod bodies;
mod breaking;
mod client;
mod completions;
mod server;

pub(crate) use client::boto3;
