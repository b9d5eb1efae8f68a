//! `cargo xtask bench`: how fast whole processes are, as ratios within one run.
//!
//! Every program is run in turn, round after round, so that whatever else the machine does hits all of them alike; what
//! counts is the ratio of the medians. Never part of CI: a busy machine proves nothing.

mod catalogue;
mod frames;
mod observe;
mod plot;
mod provider;
mod spread;
mod upstream;

use std::path::{Path, PathBuf};
use std::process::Command;

use spread::Spread;

use crate::process::{cargo, command, run as run_command, target};
use crate::{Failure, say};

/// How often each program runs if nobody says otherwise; odd, so that there is a median.
const ROUNDS: usize = 51;

/// Rounds before the first that counts: files come from memory then.
const WARM_UP: usize = 3;

const USAGE: &str = "`bench` takes `catalogue` or `provider`, and after it `--profile PROFILE` (`dist` without it) \
     `--rounds N` (51 without it) and `--built` (measures the programs that are there, and builds none); `provider` \
     takes `--save` as well, which draws its figures into `docs`";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    profile: String,
    rounds: usize,
    built: bool,
    save: bool,
}

impl Options {
    fn read(args: &[String]) -> Option<Self> {
        let mut options = Self { profile: "dist".to_owned(), rounds: ROUNDS, built: false, save: false };
        let mut args = args.iter();
        while let Some(flag) = args.next() {
            match flag.as_str() {
                "--profile" => options.profile.clone_from(args.next()?),
                "--rounds" => options.rounds = args.next()?.parse().ok().filter(|rounds| *rounds > 0)?,
                "--built" => options.built = true,
                "--save" => options.save = true,
                _ => return None,
            }
        }
        Some(options)
    }
}

/// Runs a benchmark, by its name.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let usage = || Failure::Usage(USAGE.to_owned());
    let (name, rest) = args.split_first().ok_or_else(usage)?;
    let options = Options::read(rest).ok_or_else(usage)?;
    match name.as_str() {
        "catalogue" if !options.save => catalogue::run(&options),
        "provider" => provider::run(&options),
        _ => Err(usage()),
    }
}

/// Says how a ratio compares to what it must be and what it should be; whether it is what it must be.
fn verdict(what: &str, ratio: f64, most: f64, aim: f64) -> bool {
    let met = ratio <= most;
    let word = if met { "met" } else { "MISSED" };
    say(&format!("  {what}: {ratio:.2} × (at most {most} ×: {word}; aim {aim} ×)"));
    met
}

/// What a benchmark comes to, by the verdicts on its targets.
fn conclusion(met: &[bool]) -> Result<(), Failure> {
    if met.iter().all(|met| *met) { Ok(()) } else { Err(Failure::Task("a target is missed".to_owned())) }
}

/// Where a profile's programs are, built.
struct Built {
    folder: PathBuf,
}

impl Built {
    /// Builds the command line program, and examples by package and name, unless that is not wanted.
    fn new(options: &Options, examples: &[(&str, &str)]) -> Result<Self, Failure> {
        let profile = options.profile.as_str();
        let folder = target()?.join(if profile == "dev" { "debug" } else { profile });
        if options.built {
            return Ok(Self { folder });
        }
        let profiled = ["build", "--profile", profile];
        run_command(cargo().args(profiled).args(["--package", "outcrop-cli", "--bin", "outcrop"]))?;
        for (package, example) in examples {
            run_command(cargo().args(profiled).args(["--package", package, "--example", example]))?;
        }
        Ok(Self { folder })
    }

    fn outcrop(&self) -> Command {
        command(self.folder.join(format!("outcrop{}", std::env::consts::EXE_SUFFIX)))
    }

    fn example(&self, name: &str) -> Command {
        command(self.folder.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
    }
}

/// Points a program at a service on this machine, with the keys that the emulator accepts and nothing of the user's.
fn point(mut program: Command, endpoint: &str, home: &Path) -> Command {
    program
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home)
        .env("XDG_CACHE_HOME", home)
        .env("AWS_ENDPOINT_URL_BEDROCK", endpoint)
        .env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", endpoint)
        .env("AWS_ACCESS_KEY_ID", "AKIAOUTCROPEMULATOR")
        .env("AWS_SECRET_ACCESS_KEY", "outcrop-emulator-secret-key")
        .env("AWS_REGION", "us-east-1");
    program
}

/// An empty folder below the target folder.
fn scratch(name: &str) -> Result<PathBuf, Failure> {
    let folder = target_folder()?.join(name);
    let describe = |error| Failure::Task(format!("{}: {error}", folder.display()));
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(describe)?;
    }
    std::fs::create_dir_all(&folder).map_err(describe)?;
    Ok(folder)
}

/// The target folder, asked for once.
fn target_folder() -> Result<PathBuf, Failure> {
    static FOLDER: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    if let Some(folder) = FOLDER.get() {
        return Ok(folder.clone());
    }
    let folder = target()?.join("bench");
    Ok(FOLDER.get_or_init(|| folder).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn wrong_arguments_are_usage_errors() {
        for line in [
            "",
            "catalog",
            "catalogue --profile",
            "catalogue dist",
            "catalogue --save",
            "provider --rounds",
            "provider --rounds 0",
            "provider --rounds many",
        ] {
            assert!(matches!(run(&args(line)), Err(Failure::Usage(_))), "{line}");
        }
    }

    #[test]
    fn options_stand_in_any_order() {
        let read = Options::read(&args("--save --rounds 5 --built --profile release"));
        assert_eq!(read, Some(Options { profile: "release".to_owned(), rounds: 5, built: true, save: true }));
        assert_eq!(
            Options::read(&[]),
            Some(Options { profile: "dist".to_owned(), rounds: 51, built: false, save: false })
        );
    }
}
