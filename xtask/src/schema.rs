//! `cargo xtask schema`: the published JSON schema of the configuration, as the program itself prints it.

use std::fs;

use crate::files::replace;
use crate::process::{capture, command, workspace};
use crate::{Failure, flag, test};

const FILE: &str = "schema/config.schema.json";

/// Writes the schema; with `--check` fails if it is not the program's instead.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    if flag("--check", args)? {
        return check();
    }
    let path = workspace().join(FILE);
    let text = printed()?;
    fs::create_dir_all(workspace().join("schema"))
        .and_then(|()| replace(&path, &text))
        .map_err(|error| Failure::Task(format!("{}: {error}", path.display())))
}

/// Fails if the published schema is not the program's.
pub(crate) fn check() -> Result<(), Failure> {
    let path = workspace().join(FILE);
    // A file that is not there is as wrong as one that differs, and has the same remedy.
    if fs::read_to_string(path).unwrap_or_default() == printed()? {
        return Ok(());
    }
    Err(Failure::Task(format!("{FILE} is not what the program prints: run `cargo xtask schema`")))
}

fn printed() -> Result<String, Failure> {
    let program = test::program()?;
    // No home: nobody's own configuration may have a say.
    capture(command(program).args(["config", "schema"]).env_clear())
}
