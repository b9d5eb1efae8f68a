//! `outcrop ask`: what it prints, what it sends, whom it asks and as whom.

mod answer;
mod aside;
mod caching;
mod cancel;
mod credentials;
mod dry_run;
mod files;
mod help;
mod json;
mod model;
mod options;
mod prompt;
mod thinking;
mod wire;

use crate::support::{Emulator, Outcrop};

/// A model that is called as it is named, that does not reason by itself, and that has a price.
const MODEL: &str = "us.amazon.nova-lite-v1:0";

/// `outcrop ask -m MODEL ARGS…` against an emulator.
fn ask(emulator: &Emulator, args: &[&str]) -> Outcrop {
    Outcrop::new(["ask", "-m", MODEL].iter().chain(args)).via(emulator)
}
