//! `cargo xtask fuzz`: texts that nobody would write, for what reads and edits a configuration.

use crate::process::{command, run as run_command};
use crate::{Failure, say, test};

/// Builds and runs the program that makes the texts: for a minute, unless the arguments say otherwise.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    for pair in args.chunks(2) {
        match pair {
            [name, number]
                if ["--seconds", "--seed"].contains(&name.as_str()) && number.parse::<u64>().is_ok() => {}
            _ => {
                let given = args.join(" ");
                return Err(Failure::Usage(format!(
                    "`fuzz` takes `--seconds N` and `--seed S`, not `{given}`"
                )));
            }
        }
    }
    // Built as the tests are, so that nothing is built twice.
    let program = test::built(&["build", "--example", "fuzz"], "example", "fuzz")?;
    say("what is found is printed with the text and the seed that found it");
    run_command(command(program).args(args))
}
