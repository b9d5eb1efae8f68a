//! The form of requests and answers on the wire.

pub(crate) mod decode;
pub(crate) mod document;
pub(crate) mod encode;
mod trace;
