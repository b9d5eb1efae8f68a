//! `cargo xtask ci`: every stage that must pass, the quick ones first.

use std::time::{Duration, Instant};

use crate::process::{cargo, run as run_command};
use crate::{Failure, deps, facts, features, fuzz, outside, packages, say, schema, test};

/// One stage, with what it proves.
struct Stage {
    name: &'static str,
    about: &'static str,
    run: fn() -> Result<(), Failure>,
}

const STAGES: &[Stage] = &[
    Stage { name: "format", about: "every file is formatted", run: format },
    Stage {
        name: "dependencies",
        about: "no banned crate, no unknown licence",
        run: deps::bans_and_licences,
    },
    Stage { name: "facts", about: "the table of model facts is in step with its data", run: facts },
    Stage { name: "clippy", about: "no warning in any target with any feature", run: clippy },
    Stage {
        name: "features",
        about: "no warning without the features, and in each crate alone with none, each and all of its own",
        run: features::run,
    },
    Stage { name: "docs", about: "the documentation builds without a warning", run: docs },
    Stage {
        name: "packages",
        about: "what would be published is whole, and has nothing that is not for others",
        run: || packages::run(&[]),
    },
    Stage {
        name: "outside",
        about: "the programs of the guides, against the packed crates",
        run: || outside::run(&[]),
    },
    Stage { name: "build", about: "the tests, built: their time is no test's fault", run: test::build },
    Stage {
        name: "schema",
        about: "the published schema and its references are the program's",
        run: || schema::check(),
    },
    Stage {
        name: "fuzz",
        about: "a minute of configurations that nobody would write",
        run: || fuzz::run(&[]),
    },
    Stage { name: "test", about: "all tests and doctests", run: || test::run(&[]) },
];

/// Runs the stages in order and stops at the first that fails.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let without = without(args)?;
    let mut times = Vec::new();
    for stage in STAGES.iter().filter(|stage| !without.contains(&stage.name)) {
        say(&format!("\n=== {}: {} ===", stage.name, stage.about));
        let start = Instant::now();
        let result = (stage.run)();
        times.push((stage.name, start.elapsed()));
        if let Err(failure) = result {
            say(&table(&times));
            return Err(Failure::Task(format!("stage `{}` failed: {failure}", stage.name)));
        }
    }
    say(&table(&times));
    Ok(())
}

/// The stages, for the help text.
pub(crate) fn stages() -> String {
    let lines = STAGES.iter().map(|stage| format!("\n  {:<24} {}", stage.name, stage.about));
    format!("stages of ci, in order:\n{}", lines.collect::<String>())
}

fn without(args: &[String]) -> Result<Vec<&'static str>, Failure> {
    let wrong = || {
        let names: Vec<&str> = STAGES.iter().map(|stage| stage.name).collect();
        Failure::Usage(format!("`ci` takes `--without STAGE`, STAGE being one of {}", names.join(", ")))
    };
    args.chunks(2)
        .map(|pair| match pair {
            [flag, name] if flag == "--without" => {
                STAGES.iter().find(|stage| stage.name == name).map(|stage| stage.name).ok_or_else(wrong)
            }
            _ => Err(wrong()),
        })
        .collect()
}

fn table(times: &[(&str, Duration)]) -> String {
    let rows = times.iter().map(|(name, time)| format!("\n  {name:<14} {:>7.1} s", time.as_secs_f64()));
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    format!("\ntime per stage:{}\n  {:<14} {:>7.1} s", rows.collect::<String>(), "all", total.as_secs_f64())
}

fn format() -> Result<(), Failure> {
    run_command(cargo().args(["fmt", "--all", "--", "--check"]))
}

fn facts() -> Result<(), Failure> {
    facts::run(&["--check".to_owned()])
}

fn clippy() -> Result<(), Failure> {
    run_command(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ]))
}

fn docs() -> Result<(), Failure> {
    run_command(
        cargo()
            .args(["doc", "--workspace", "--all-features", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}
