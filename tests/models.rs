//! `outcrop models list`: what is listed, in which form, and when AWS is asked for it.

mod cache;
mod emulator;
mod list;
mod paging;
mod problems;

use serde_json::Value;

use crate::support::{Emulator, Home, Outcrop};

/// `outcrop models list ARGS…` against an emulator.
fn list(emulator: &Emulator, args: &[&str]) -> Outcrop {
    list_at(&Home::new(), emulator, args)
}

/// The same in a home that outlives the run, and with it the cache.
fn list_at(home: &Home, emulator: &Emulator, args: &[&str]) -> Outcrop {
    Outcrop::at(home, ["models", "list"].iter().chain(args)).via(emulator)
}

/// A text field of every model of a list.
#[track_caller]
fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    let text = |model: &'a Value| model[field].as_str().unwrap_or_else(|| panic!("no `{field}` in {model}"));
    list["models"].as_array().expect("`models` is a list").iter().map(text).collect()
}

/// How often an operation was called.
fn calls(emulator: &Emulator, operation: &str) -> usize {
    emulator.requests_of(operation).len()
}
