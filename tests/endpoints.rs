//! OpenAI-compatible endpoints through the command line: what is sent to them, what is said of them, and that nobody asks
//! AWS for them.

mod asked;
mod listed;
mod standing;
mod trouble;

use crate::support::endpoint::Endpoint;
use crate::support::{Home, Outcrop};

/// A home whose configuration is this text.
fn home(config: &str) -> Home {
    let home = Home::new();
    let folder = home.config().join("outcrop");
    std::fs::create_dir_all(&folder).unwrap();
    std::io::Write::write_all(
        &mut std::fs::File::create(folder.join("config.json5")).unwrap(),
        config.as_bytes(),
    )
    .unwrap();
    home
}

/// A home with the endpoint as `vllm`, whose model is the default.
fn with(endpoint: &Endpoint) -> Home {
    home(&endpoint.config(""))
}

/// A run without any credentials of AWS.
fn outcrop(home: &Home, args: &[&str]) -> Outcrop {
    Outcrop::at(home, args)
}
