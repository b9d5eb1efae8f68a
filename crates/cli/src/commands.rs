//! The commands: parse, one call of the library, render.

pub(crate) mod ask;
pub(crate) mod auth;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod emulate;
pub(crate) mod help;
pub(crate) mod iam;
pub(crate) mod models;
pub(crate) mod providers;
