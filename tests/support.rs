//! What the end-to-end tests share: the binary with a clean environment, an emulator process, a proxy, TLS, Python.

pub(crate) mod bodies;
mod emulator;
pub(crate) mod endpoint;
pub(crate) mod environment;
pub(crate) mod http;
pub(crate) mod identity;
mod library;
mod outcrop;
mod process;
pub(crate) mod proxy;
pub(crate) mod python;
pub(crate) mod tls;

pub(crate) use emulator::Emulator;
pub(crate) use library::Library;
pub(crate) use outcrop::{Home, Outcrop};
pub(crate) use process::{Finished, Started};

/// The names of an object's members, sorted: in which order they are written says nothing.
pub(crate) fn members(object: &serde_json::Value) -> Vec<&str> {
    let mut members: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    members
}
