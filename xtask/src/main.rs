//! The project's own tasks: `cargo xtask help`.

mod bench;
mod ci;
mod deps;
mod facts;
mod features;
mod files;
mod fuzz;
mod outside;
mod packages;
mod process;
mod python;
mod schema;
mod test;

use std::fmt;
use std::process::ExitCode;

/// One task of the command line.
struct Task {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<(), Failure>,
}

const TASKS: &[Task] = &[
    Task {
        name: "ci",
        arguments: "[--without STAGE]…",
        about: "everything that must hold before a change lands, stage by stage",
        run: ci::run,
    },
    Task {
        name: "test",
        arguments: "",
        about: "all tests and doctests, after setting up Python for the checks by independent programs",
        run: test::run,
    },
    Task {
        name: "bench",
        arguments: "catalogue|provider [--profile P] [--rounds N] [--built] [--save]",
        about: "how long a list of models takes, or what a streamed answer costs, as ratios; not for CI",
        run: bench::run,
    },
    Task {
        name: "deps",
        arguments: "",
        about: "the shape of the dependency graph: arrows between the crates, banned crates, licences",
        run: deps::run,
    },
    Task {
        name: "facts",
        arguments: "[--latest | --render | --check]",
        about: "rebuilds the model facts from the catalogues in their header, or from the latest, and prints what changed",
        run: facts::run,
    },
    Task {
        name: "fuzz",
        arguments: "[--seconds N] [--seed S]",
        about: "reads and edits configurations that nobody would write, for a minute; prints the seed",
        run: fuzz::run,
    },
    Task {
        name: "packages",
        arguments: "",
        about: "packs every crate as it would be published, and looks at what is in the archives",
        run: packages::run,
    },
    Task {
        name: "outside",
        arguments: "[--save]",
        about: "the programs of the guides, built outside the workspace against the packed crates, and run",
        run: outside::run,
    },
    Task {
        name: "schema",
        arguments: "[--check]",
        about: "writes schema/config.schema.json, and docs/reference/configuration.md and environment.md, as the program prints them",
        run: schema::run,
    },
];

/// Why a task did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong: exit code 2.
    Usage(String),
    /// The task failed: exit code 1.
    Task(String),
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Task(message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Task(message) => f.write_str(message),
        }
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Err(failure) = run(&args) else { return ExitCode::SUCCESS };
    say(&format!("error: {failure}"));
    ExitCode::from(match failure {
        Failure::Usage(_) => 2,
        Failure::Task(_) => 1,
    })
}

fn run(args: &[String]) -> Result<(), Failure> {
    match args.split_first() {
        Some((name, _)) if ["help", "--help", "-h"].contains(&name.as_str()) => {
            say(&help());
            Ok(())
        }
        Some((_, rest)) if rest.iter().any(|arg| arg == "--help" || arg == "-h") => {
            say(&help());
            Ok(())
        }
        Some((name, rest)) => match TASKS.iter().find(|task| task.name == name) {
            Some(task) => (task.run)(rest),
            None => Err(Failure::Usage(format!("there is no task `{name}`\n\n{}", help()))),
        },
        None => Err(Failure::Usage(help())),
    }
}

fn help() -> String {
    let lines = TASKS.iter().map(|task| {
        let call = format!("{} {}", task.name, task.arguments);
        // A call that is too long for its column has a line of its own.
        let gap = if call.chars().count() > 24 { "\n                          " } else { "" };
        format!("\n  {call:<24}{gap} {}", task.about)
    });
    format!("usage: cargo xtask TASK\n{}\n\n{}", lines.collect::<String>(), ci::stages())
}

/// Reads the only flag that a task takes.
fn flag(flag: &str, args: &[String]) -> Result<bool, Failure> {
    match args {
        [] => Ok(false),
        [arg] if arg == flag => Ok(true),
        _ => Err(Failure::Usage(format!("this task takes nothing, or `{flag}`, not `{}`", args.join(" ")))),
    }
}

/// Refuses every argument.
fn nothing(args: &[String]) -> Result<(), Failure> {
    match args.first() {
        None => Ok(()),
        Some(arg) => Err(Failure::Usage(format!("this task takes no argument, not `{arg}` either"))),
    }
}

/// Tells the developer something; stdout belongs to the programs that the tasks run.
#[expect(clippy::print_stderr, reason = "a developer's tool reports on stderr, and does so here only")]
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn wrong_command_lines_are_usage_errors_that_name_the_way_out() {
        for line in [
            "",
            "tset",
            "test --fast",
            "schema --chek",
            "outside --chek",
            "packages all",
            "fuzz --seconds",
            "fuzz --seed x",
            "ci --without",
            "ci --without tests",
            "ci test",
        ] {
            let Err(Failure::Usage(message)) = run(&args(line)) else { panic!("`{line}` is no usage error") };
            assert!(message.contains("takes") || message.contains("usage: cargo xtask"), "{line}: {message}");
        }
    }

    #[test]
    fn help_names_every_task_and_stage() {
        let help = help();
        for name in TASKS.iter().map(|task| task.name).chain(["format", "clippy", "docs"]) {
            assert!(help.contains(name), "{name} is missing in {help}");
        }
    }
}
