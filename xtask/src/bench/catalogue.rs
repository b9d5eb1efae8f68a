//! `cargo xtask bench catalogue`: a list of models, warm against `--version`, cold against one bare call.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::{Built, Options, Spread, WARM_UP, conclusion, point, scratch, verdict};
use crate::{Failure, say};

pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let Options { profile, rounds, .. } = options;
    let built = Built::new(options, &[("outcrop-discovery", "bare_list")])?;
    let emulator = Emulator::start(built.outcrop())?;
    let home = scratch("bench-home")?;
    let list = |cache: &Path| {
        let mut list = point(built.outcrop(), &emulator.endpoint, &home);
        list.args(["models", "list", "--json"]).env("XDG_CACHE_HOME", cache);
        list
    };
    let version = || {
        let mut version = built.outcrop();
        version.arg("--version");
        version
    };
    let warm_cache = scratch("bench-cache")?;
    milliseconds(&mut list(&warm_cache))?;
    let mut taken: [Vec<f64>; 4] = Default::default();
    for round in 0..WARM_UP + rounds {
        let cold_cache = scratch("bench-cold-cache")?;
        let this_round = [
            milliseconds(&mut version())?,
            milliseconds(&mut list(&warm_cache))?,
            milliseconds(&mut point(built.example("bare_list"), &emulator.endpoint, &home))?,
            milliseconds(&mut list(&cold_cache))?,
        ];
        if round >= WARM_UP {
            taken.iter_mut().zip(this_round).for_each(|(all, one)| all.push(one));
        }
    }
    let [version, warm, bare, cold] = taken.map(Spread::of);
    say(&format!(
        "\nmilliseconds, medians of {rounds} interleaved rounds, profile `{profile}` (in brackets: the middle 80 %)"
    ));
    say(&format!("  outcrop --version                 {version}"));
    say(&format!("  outcrop models list --json, warm  {warm}"));
    say(&format!("  one bare ListFoundationModels     {bare}"));
    say(&format!("  outcrop models list --json, cold  {cold}"));
    conclusion(&[
        verdict("warm list against --version", warm.ratio(version), 3.0, 1.5),
        verdict("cold list against one bare call", cold.ratio(bare), 1.5, 1.2),
    ])
}

/// Runs a program to its end, its output going nowhere; how long that took.
fn milliseconds(command: &mut Command) -> Result<f64, Failure> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let start = Instant::now();
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let taken = start.elapsed();
    if output.status.success() {
        return Ok(taken.as_secs_f64() * 1e3);
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
    fn start(mut outcrop: Command) -> Result<Self, Failure> {
        outcrop.args(["emulate", "--listen", "127.0.0.1:0"]);
        outcrop.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = outcrop.spawn().map_err(|error| format!("the emulator: {error}"))?;
        let stdout = process.stdout.take().ok_or_else(|| "the emulator prints nothing".to_owned())?;
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let endpoint = lines.find_map(|line| {
            let (_, rest) = line.split_once("http://")?;
            Some(format!("http://{}", rest.trim_end_matches('\'')))
        });
        let endpoint = endpoint.ok_or_else(|| "the emulator does not say where it listens".to_owned())?;
        Ok(Self { process, endpoint })
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
