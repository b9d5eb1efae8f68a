//! What the end-to-end tests share: the binary with a clean environment, an emulator process, a proxy, TLS, Python.

pub(crate) mod bodies;
mod emulator;
pub(crate) mod environment;
pub(crate) mod http;
pub(crate) mod identity;
mod outcrop;
mod process;
pub(crate) mod proxy;
pub(crate) mod python;
pub(crate) mod tls;

pub(crate) use emulator::Emulator;
pub(crate) use outcrop::{Home, Outcrop};
pub(crate) use process::{Finished, Started};
