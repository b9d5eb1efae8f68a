//! How the tasks run other programs: always from the workspace's folder, never with anybody's AWS settings.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde::Deserialize;

use crate::Failure;

/// The folder of the workspace.
pub(crate) fn workspace() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// The folder of the build, wherever the developer put it.
pub(crate) fn target() -> Result<PathBuf, Failure> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let text = capture(cargo().args(["metadata", "--format-version", "1", "--no-deps", "--offline"]))?;
    let metadata: Metadata =
        serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
    Ok(metadata.target_directory)
}

/// A program that sees no variable of AWS, and never asks for the credentials of the machine it runs on.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    #[expect(clippy::disallowed_methods, reason = "what children inherit is decided here, and here only")]
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true").current_dir(workspace());
    command
}

/// The cargo that built this program.
pub(crate) fn cargo() -> Command {
    command(env!("CARGO"))
}

/// Runs a program to its end, its output going where ours goes.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status().map_err(|error| format!("{}: {error}", shown(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::Task(format!("`{}` failed: {status}", shown(command))))
    }
}

/// Runs a program and returns what it printed on stdout; on failure the error holds what it said on stderr.
pub(crate) fn capture(command: &mut Command) -> Result<String, Failure> {
    let output = output(command)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(Failure::Task(format!("`{}` failed: {}\n{stderr}", shown(command), output.status)))
}

/// Runs a program and returns everything, for programs whose failure is an answer.
pub(crate) fn output(command: &mut Command) -> Result<Output, Failure> {
    command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::Task(format!("{}: {error}", shown(command))))
}

/// The command line as one would type it.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_see_no_aws_setting_but_ours() {
        let mut command = command("env");
        command.env("AWS_PROFILE", "ours");
        let printed = capture(&mut command).unwrap();
        let mut aws: Vec<&str> = printed.lines().filter(|line| line.starts_with("AWS_")).collect();
        aws.sort_unstable();
        assert_eq!(aws, ["AWS_EC2_METADATA_DISABLED=true", "AWS_PROFILE=ours"]);
    }

    #[test]
    fn a_failure_names_the_command_and_quotes_stderr() {
        let failure = capture(cargo().args(["metadata", "--no-such-flag"])).unwrap_err().to_string();
        assert!(failure.contains("cargo metadata --no-such-flag"), "{failure}");
        assert!(failure.contains("unexpected argument"), "{failure}");
    }
}
