//! Processes under observation: what they cost, seen from outside.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;

/// A program that is told over standard input how often to stream an answer, and says how many deltas came.
pub(super) struct Subject {
    process: Child,
    orders: ChildStdin,
    replies: BufReader<ChildStdout>,
}

/// What some answers cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub deltas: f64,
    pub cpu: Duration,
    pub wall: Duration,
}

impl Cost {
    pub(super) fn microseconds_per_delta(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.deltas
    }

    pub(super) fn deltas_per_second(&self) -> f64 {
        self.deltas / self.wall.as_secs_f64()
    }
}

impl Subject {
    /// Starts a program and waits until it is warm.
    pub(super) fn start(mut command: Command) -> Result<Self, Failure> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut process = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let (Some(orders), Some(replies)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(Failure::Task(format!("{command:?} has no pipes")));
        };
        let mut subject = Self { process, orders, replies: BufReader::new(replies) };
        match subject.reply()?.as_str() {
            "ready" => Ok(subject),
            other => Err(Failure::Task(format!("{command:?} is not ready: `{other}`"))),
        }
    }

    /// Lets it stream so many answers.
    pub(super) fn stream(&mut self, answers: usize) -> Result<Cost, Failure> {
        let before = self.cpu()?;
        let start = Instant::now();
        writeln!(self.orders, "{answers}").map_err(|error| format!("a program does not listen: {error}"))?;
        let reply = self.reply()?;
        let wall = start.elapsed();
        let deltas = reply.parse().map_err(|error| format!("`{reply}` is no number: {error}"))?;
        Ok(Cost { deltas, cpu: self.cpu()?.saturating_sub(before), wall })
    }

    /// The most memory that it ever held, in MiB.
    pub(super) fn peak_memory(&self) -> Result<f64, Failure> {
        peak_memory(self.process.id())
    }

    fn reply(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        self.replies.read_line(&mut line).map_err(|error| format!("a program's reply: {error}"))?;
        Ok(line.trim_end().to_owned())
    }

    /// The time that all its threads had on a core so far.
    fn cpu(&self) -> Result<Duration, Failure> {
        let process = process_file(self.process.id(), "");
        // The kernel counts what a thread consumed when it stops: it does once it waits for the next order.
        while !read(&process.join("stat"))?.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S')) {
            std::thread::yield_now();
        }
        let tasks = process.join("task");
        let tasks = std::fs::read_dir(&tasks).map_err(|error| format!("{}: {error}", tasks.display()))?;
        let mut nanoseconds = 0;
        for task in tasks {
            let task = task.map_err(|error| format!("a thread: {error}"))?;
            let stat = read(&task.path().join("schedstat"))?;
            nanoseconds += stat.split(' ').next().and_then(|first| first.parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(Duration::from_nanos(nanoseconds))
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn process_file(process: u32, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{process}/{name}"))
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::Task(format!("{}: {error}; processes are observed on Linux only", path.display()))
    })
}

/// The most memory that a process ever held, in MiB.
fn peak_memory(process: u32) -> Result<f64, Failure> {
    let status = read(&process_file(process, "status"))?;
    let kibibytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    Ok(kibibytes.ok_or_else(|| "the process does not say how much memory it had".to_owned())? / 1024.0)
}

/// How a program that prints as it goes did its work.
#[derive(Debug, Clone, Copy)]
pub(super) struct OneShot {
    /// From before its start to the first byte of its output, in milliseconds.
    pub first_byte: f64,
    /// To its end.
    pub whole: f64,
    /// The most memory that it held when it was last looked at before its end, in MiB.
    pub memory: f64,
}

/// Runs a program to its end. `looks`: whether to look at its memory, which takes time.
pub(super) fn one_shot(mut command: Command, looks: bool) -> Result<OneShot, Failure> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let start = Instant::now();
    let mut process = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
    let mut output = process.stdout.take().ok_or_else(|| "a program without output".to_owned())?;
    let milliseconds = || start.elapsed().as_secs_f64() * 1e3;
    let mut buffer = vec![0; 65536];
    let (mut first_byte, mut memory) = (None, 0.0);
    while output.read(&mut buffer).map_err(|error| format!("{command:?}: {error}"))? > 0 {
        first_byte.get_or_insert_with(milliseconds);
        if looks {
            memory = peak_memory(process.id()).unwrap_or(memory);
        }
    }
    let status = process.wait().map_err(|error| format!("{command:?}: {error}"))?;
    let whole = milliseconds();
    match first_byte {
        Some(first_byte) if status.success() => Ok(OneShot { first_byte, whole, memory }),
        _ => Err(Failure::Task(format!("{command:?} failed or said nothing: {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::command;

    fn shell(script: &str) -> Command {
        let mut shell = command("sh");
        shell.args(["-c", script]);
        shell
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_subject_is_asked_and_its_cost_counted() {
        let busy =
            "echo ready; while read n; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo $n; done";
        let mut subject = Subject::start(shell(busy)).unwrap();
        let cost = subject.stream(7).unwrap();
        assert!((cost.deltas - 7.0).abs() < 1e-9 && cost.cpu > Duration::ZERO, "{cost:?}");
        assert!(subject.peak_memory().unwrap() > 0.1);
        assert!(Subject::start(shell("echo something else")).is_err());
    }

    #[test]
    fn a_one_shot_that_says_nothing_or_fails_is_a_failure() {
        assert!(one_shot(shell("echo a; echo b"), false).is_ok());
        for script in ["true", "echo a; exit 1"] {
            assert!(one_shot(shell(script), false).is_err(), "{script}");
        }
    }
}
