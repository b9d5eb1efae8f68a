//! End to end: everything that can only be proved through the binary, or over the whole workspace.

// Tells clippy that all of this is test code, helpers included.
#![cfg(test)]

mod architecture;
mod ask;
mod catalogue;
mod command_line;
mod configuration;
mod conversations;
mod credentials;
mod doctor;
mod endpoints;
mod examples;
mod fallback;
mod faults;
mod iam;
mod independent;
mod library;
mod models;
mod network;
mod profiles;
mod providers;
mod regions;
mod streams;
mod support;
