//! `cargo xtask bench`: how fast whole processes are, as ratios within one run.
//!
//! Every program is run in turn, round after round, so that whatever else the machine does hits all of them alike; what
//! counts is the ratio of the medians. Never part of CI: a busy machine proves nothing.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::process::{cargo, command, run as run_command, target};
use crate::{Failure, say};

/// How often each program runs; odd, so that there is a median.
const ROUNDS: usize = 51;

/// Rounds before the first that counts: files come from memory then.
const WARM_UP: usize = 3;

/// Runs a benchmark, by its name.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let usage = || {
        Failure::Usage(
            "`bench` takes `catalogue`, and after it `--profile PROFILE` (`dist` without it)".to_owned(),
        )
    };
    let (name, rest) = args.split_first().ok_or_else(usage)?;
    let profile = match rest {
        [] => "dist",
        [flag, profile] if flag == "--profile" => profile.as_str(),
        _ => return Err(usage()),
    };
    match name.as_str() {
        "catalogue" => catalogue(profile),
        _ => Err(usage()),
    }
}

/// A list of models, warm against `--version`, cold against one bare call.
fn catalogue(profile: &str) -> Result<(), Failure> {
    let built = build(profile)?;
    let emulator = Emulator::start(&built.outcrop)?;
    let home = scratch("bench-home")?;
    let list = |cache: &Path| {
        let mut list = command(&built.outcrop);
        list.args(["models", "list", "--json"]);
        emulator.point(&mut list, &home).env("XDG_CACHE_HOME", cache);
        list
    };
    let version = || {
        let mut version = command(&built.outcrop);
        version.arg("--version");
        version
    };
    let bare = || {
        let mut bare = command(&built.bare_list);
        emulator.point(&mut bare, &home);
        bare
    };
    let warm_cache = scratch("bench-cache")?;
    timed(&mut list(&warm_cache))?;
    let mut times = Times::default();
    for round in 0..WARM_UP + ROUNDS {
        let cold_cache = scratch("bench-cold-cache")?;
        let taken = [
            timed(&mut version())?,
            timed(&mut list(&warm_cache))?,
            timed(&mut bare())?,
            timed(&mut list(&cold_cache))?,
        ];
        if round >= WARM_UP {
            times.add(taken);
        }
    }
    let [version, warm, bare, cold] = times.0.map(Spread::of);
    say(&format!(
        "\nmedians of {ROUNDS} interleaved rounds, profile `{profile}` (in brackets: the middle 80 %)"
    ));
    say(&format!("  outcrop --version                 {version}"));
    say(&format!("  outcrop models list --json, warm  {warm}"));
    say(&format!("  one bare ListFoundationModels     {bare}"));
    say(&format!("  outcrop models list --json, cold  {cold}"));
    let met = [
        verdict("warm list against --version", warm.ratio(version), 3.0, 1.5),
        verdict("cold list against one bare call", cold.ratio(bare), 1.5, 1.2),
    ];
    if met.iter().all(|met| *met) { Ok(()) } else { Err(Failure::Task("a target is missed".to_owned())) }
}

/// Says how a ratio compares to what it must be and what it should be; whether it is what it must be.
fn verdict(what: &str, ratio: f64, most: f64, aim: f64) -> bool {
    let met = ratio <= most;
    let word = if met { "met" } else { "MISSED" };
    say(&format!("  {what}: {ratio:.2} × (at most {most} ×: {word}; aim {aim} ×)"));
    met
}

/// The programs to measure.
struct Built {
    outcrop: PathBuf,
    bare_list: PathBuf,
}

fn build(profile: &str) -> Result<Built, Failure> {
    let profiled = ["build", "--profile", profile];
    run_command(cargo().args(profiled).args(["--package", "outcrop-cli", "--bin", "outcrop"]))?;
    run_command(cargo().args(profiled).args(["--package", "outcrop-discovery", "--example", "bare_list"]))?;
    let folder = target()?.join(if profile == "dev" { "debug" } else { profile });
    let suffix = std::env::consts::EXE_SUFFIX;
    Ok(Built {
        outcrop: folder.join(format!("outcrop{suffix}")),
        bare_list: folder.join("examples").join(format!("bare_list{suffix}")),
    })
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

/// Runs a program to its end, its output going nowhere; how long that took.
fn timed(command: &mut Command) -> Result<Duration, Failure> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let start = Instant::now();
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let taken = start.elapsed();
    if output.status.success() {
        return Ok(taken);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(Failure::Task(format!("{command:?} failed: {}\n{stderr}", output.status)))
}

/// `outcrop emulate` on a free port, as long as this lives.
struct Emulator {
    process: Child,
    endpoint: String,
}

impl Emulator {
    fn start(outcrop: &Path) -> Result<Self, Failure> {
        let mut start = command(outcrop);
        start.args(["emulate", "--listen", "127.0.0.1:0"]);
        start.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = start.spawn().map_err(|error| format!("the emulator: {error}"))?;
        let stdout = process.stdout.take().ok_or_else(|| "the emulator prints nothing".to_owned())?;
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let endpoint = lines.find_map(|line| {
            let (_, rest) = line.split_once("http://")?;
            Some(format!("http://{}", rest.trim_end_matches('\'')))
        });
        let endpoint = endpoint.ok_or_else(|| "the emulator does not say where it listens".to_owned())?;
        Ok(Self { process, endpoint })
    }

    /// Points a program at the emulator.
    fn point<'a>(&self, program: &'a mut Command, home: &Path) -> &'a mut Command {
        program
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home)
            .env("AWS_ENDPOINT_URL_BEDROCK", &self.endpoint)
            .env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", &self.endpoint)
            .env("AWS_ACCESS_KEY_ID", "AKIAOUTCROPEMULATOR")
            .env("AWS_SECRET_ACCESS_KEY", "outcrop-emulator-secret-key")
            .env("AWS_REGION", "us-east-1")
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// What each of the four programs took, round by round.
#[derive(Default)]
struct Times([Vec<Duration>; 4]);

impl Times {
    fn add(&mut self, taken: [Duration; 4]) {
        for (times, taken) in self.0.iter_mut().zip(taken) {
            times.push(taken);
        }
    }
}

/// The median, and where the middle 80 % lie.
#[derive(Debug, Clone, Copy)]
struct Spread {
    low: Duration,
    median: Duration,
    high: Duration,
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |tenths: usize| times.get(times.len() * tenths / 10).copied().unwrap_or_default();
        Self { low: at(1), median: at(5), high: at(9) }
    }

    fn ratio(self, other: Self) -> f64 {
        self.median.as_secs_f64() / other.median.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        write!(f, "{:6.2} ms ({:.2} to {:.2})", ms(self.median), ms(self.low), ms(self.high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle_and_ratios_are_of_medians() {
        let ms = |times: &[u64]| Spread::of(times.iter().copied().map(Duration::from_millis).collect());
        let spread = ms(&[9, 1, 5, 3, 7, 100, 2, 4, 6, 8, 10]);
        assert_eq!((spread.low, spread.median), (Duration::from_millis(2), Duration::from_millis(6)));
        assert_eq!(spread.high, Duration::from_millis(10));
        assert!((spread.ratio(ms(&[3])) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn wrong_arguments_are_usage_errors() {
        for line in ["", "catalog", "catalogue --profile", "catalogue dist"] {
            let args: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
            assert!(matches!(run(&args), Err(Failure::Usage(_))), "{line}");
        }
    }
}
