//! `cargo xtask test`: all tests, those by independent programs included.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;

use crate::process::{capture, cargo, command, run as run_command, target, workspace};
use crate::python::{self, Environment};
use crate::{Failure, nothing, say};

/// One selection of packages and features for building and for running, so that nothing is built twice.
const SELECTION: [&str; 2] = ["--workspace", "--all-features"];

/// Sets up Python, runs all tests and doctests, and checks every request body that they produced.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    nothing(args)?;
    let target = target()?;
    let client = python::environment(&target, "client")?;
    let server = python::environment(&target, "server")?;
    let bodies = target.join("request-bodies");
    empty(&bodies).map_err(|error| format!("{}: {error}", bodies.display()))?;
    run_command(
        cargo()
            .arg("test")
            .args(SELECTION)
            .arg("--no-fail-fast")
            .env("OUTCROP_TEST_PYTHON", &client.python)
            .env("OUTCROP_TEST_SERVER_PYTHON", &server.python)
            .env("OUTCROP_TEST_BODIES", &bodies),
    )?;
    validate(&client, &bodies)
}

/// Builds what `run` runs.
pub(crate) fn build() -> Result<(), Failure> {
    run_command(cargo().arg("test").args(SELECTION).arg("--no-run"))
}

/// The program `outcrop` as the end-to-end tests run it, built if need be.
pub(crate) fn program() -> Result<PathBuf, Failure> {
    built(&["test", "--no-run", "--test", "end_to_end"], "bin", "outcrop")
}

/// The program of this kind that a command of cargo builds, by the selection of the tests.
pub(crate) fn built(command: &[&str], kind: &str, program: &str) -> Result<PathBuf, Failure> {
    let messages =
        capture(cargo().args(command).args(SELECTION).args(["--message-format", "json-render-diagnostics"]))?;
    executable(&messages, kind, program)
        .ok_or_else(|| Failure::Task(format!("cargo built no program `{program}`")))
}

/// The path of the program in cargo's messages.
fn executable(messages: &str, kind: &str, program: &str) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        target: Target,
        executable: Option<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
        kind: Vec<String>,
    }
    messages
        .lines()
        // Messages about other things have other fields.
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.target.name == program && message.target.kind == [kind])
        .find_map(|message| message.executable)
}

/// Checks the bodies in `folder` against the model of the service that AWS publishes.
fn validate(client: &Environment, folder: &Path) -> Result<(), Failure> {
    let mut lines = String::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
        lines += &fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    say("checking the request bodies of the tests against the model of the service");
    let script = workspace().join("tests/independent/validate_bedrock_json.py");
    let mut command = command(&client.python);
    command.args(["-s", "-B"]).arg(script).stdin(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("{}: {error}", client.python.display()))?;
    // Closed at the end of the statement, which is what the script waits for.
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(lines.as_bytes()));
    let status = child.wait().map_err(|error| error.to_string())?;
    written.map_err(|error| format!("the validator did not read its input: {error}"))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Task("the tests sent bodies that the service does not take, or none at all".to_owned()))
}

fn empty(folder: &Path) -> std::io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_among_the_messages_of_cargo() {
        let messages = [
            r#"{"reason":"compiler-artifact","target":{"name":"outcrop","kind":["lib"]},"executable":null}"#,
            r#"{"reason":"compiler-artifact","target":{"name":"end_to_end","kind":["test"]},"executable":"/t/e"}"#,
            r#"{"reason":"compiler-artifact","target":{"name":"outcrop","kind":["bin"]},"executable":"/t/outcrop"}"#,
            r#"{"reason":"compiler-artifact","target":{"name":"fuzz","kind":["example"]},"executable":"/t/fuzz"}"#,
            r#"{"reason":"build-finished","success":true}"#,
        ];
        let all = messages.join("\n");
        assert_eq!(executable(&all, "bin", "outcrop"), Some(PathBuf::from("/t/outcrop")));
        assert_eq!(executable(&all, "example", "fuzz"), Some(PathBuf::from("/t/fuzz")));
        assert_eq!(executable(messages[0], "bin", "outcrop"), None);
    }
}
