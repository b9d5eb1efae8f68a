//! Python programs that know nothing of this project: AWS's own client, and somebody else's server.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::environment;

/// A script of `tests/independent` in the Python that has boto3.
#[track_caller]
pub(crate) fn client(script: &str) -> Command {
    command(environment::CLIENT_PYTHON, script)
}

/// A script of `tests/independent` in the Python that has ministack and llmock.
#[track_caller]
pub(crate) fn server(script: &str) -> Command {
    command(environment::SERVER_PYTHON, script)
}

#[track_caller]
fn command(variable: &str, script: &str) -> Command {
    let Some(python) = environment::value(variable) else {
        panic!(
            "this proof needs a Python with packages: run `cargo xtask test`, which sets it up and names it in \
             {variable}"
        );
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/independent").join(script);
    let mut command = Command::new(PathBuf::from(python));
    // -s: none of the packages of whoever runs the tests. -B: no files beside the script.
    command.args(["-s", "-B"]).arg(script).env_clear().env("AWS_EC2_METADATA_DISABLED", "true");
    command
}
