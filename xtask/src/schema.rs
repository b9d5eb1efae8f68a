//! `cargo xtask schema`: the published JSON schema of the configuration and the references of its keys and variables, and
//! what the providers have proved, as the program itself prints them.

use std::fs;
use std::path::Path;

use crate::files::replace;
use crate::process::{capture, command, workspace};
use crate::{Failure, flag, test};

/// What is published, and what the program is asked for.
const PUBLISHED: &[(&str, &[&str])] = &[
    ("schema/config.schema.json", &["config", "schema"]),
    ("docs/reference/configuration.md", &["config", "schema", "--format", "markdown"]),
    ("docs/reference/environment.md", &["help", "environment", "--markdown"]),
    ("docs/reference/conformance.md", &["providers", "check", "--markdown"]),
];

/// Writes what is published; with `--check` fails if it is not the program's instead.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    if flag("--check", args)? {
        return check();
    }
    let program = test::program()?;
    for (file, arguments) in PUBLISHED {
        let path = workspace().join(file);
        let text = printed(&program, arguments)?;
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| replace(&path, &text))
            .map_err(|error| Failure::Task(format!("{}: {error}", path.display())))?;
    }
    Ok(())
}

/// Fails if what is published is not the program's.
pub(crate) fn check() -> Result<(), Failure> {
    let program = test::program()?;
    for (file, arguments) in PUBLISHED {
        // A file that is not there is as wrong as one that differs, and has the same remedy.
        let published = fs::read_to_string(workspace().join(file)).unwrap_or_default();
        if published != printed(&program, arguments)? {
            return Err(Failure::Task(format!(
                "{file} is not what the program prints: run `cargo xtask schema`"
            )));
        }
    }
    Ok(())
}

fn printed(program: &Path, arguments: &[&str]) -> Result<String, Failure> {
    // No home: nobody's own configuration may have a say.
    capture(command(program).args(arguments).env_clear())
}
