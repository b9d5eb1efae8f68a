//! Child processes that never outlive a test, and never hang one.

use std::fmt::Debug;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::Home;

/// Nothing here takes so long, not even on a busy machine: past it the child hangs, and the test fails instead of
/// hanging too.
const WATCHDOG: Duration = Duration::from_mins(2);

/// How a child ended, and what it said.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The exit code; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Asserts the exit code, and shows everything if it is another.
    #[track_caller]
    pub(crate) fn exits_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Asserts exit code 0.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        self.exits_with(0)
    }

    /// The whole of stdout as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        json(&self.stdout)
    }

    /// The last line of stderr as one JSON value: an error under `--json`.
    #[track_caller]
    pub(crate) fn error_json(&self) -> serde_json::Value {
        json(self.stderr.lines().last().unwrap_or_default())
    }
}

#[track_caller]
fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("no JSON: {error}\n{text}"))
}

/// A running child; dropping it kills it.
#[derive(Debug)]
pub(crate) struct Started {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<Line>,
    stdout: String,
    stderr: String,
    open: u8,
    /// Its files are there as long as the child is.
    _home: Home,
}

#[derive(Debug)]
enum Line {
    Out(String),
    Err(String),
    End,
}

impl Started {
    /// Starts `command` in a home, with all three streams piped.
    #[track_caller]
    pub(crate) fn new(command: &mut Command, home: &Home) -> Self {
        command.current_dir(home.work()).envs(home.variables());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (sender, lines) = channel();
        let stdin = child.stdin.take();
        read_lines(child.stdout.take().unwrap(), sender.clone(), Line::Out);
        read_lines(child.stderr.take().unwrap(), sender, Line::Err);
        Self {
            child,
            stdin,
            lines,
            stdout: String::new(),
            stderr: String::new(),
            open: 2,
            _home: home.clone(),
        }
    }

    /// Does what Ctrl-C does, by way of the shell: the standard library sends no signals.
    #[cfg(unix)]
    #[track_caller]
    pub(crate) fn interrupt(&self) {
        let kill = format!("kill -INT {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Presses Ctrl-C until the child ends.
    #[cfg(unix)]
    #[track_caller]
    pub(crate) fn interrupt_until_it_ends(&mut self) {
        let deadline = Instant::now() + WATCHDOG;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it does not end");
            self.interrupt();
        }
    }

    /// Writes `input` to the child's stdin and closes it.
    pub(crate) fn write(&mut self, input: &[u8]) {
        let Some(mut stdin) = self.stdin.take() else { return };
        let input = input.to_vec();
        // A thread of its own: a child that prints before it has read everything must not block us. A child that
        // does not read at all is no failure, hence `ok`.
        thread::spawn(move || stdin.write_all(&input).ok());
    }

    /// Writes a line to the child's stdin, which stays open.
    #[track_caller]
    pub(crate) fn write_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("the child's stdin is open");
        writeln!(stdin, "{line}").unwrap();
    }

    /// Reads on until a line of either stream fits, and returns what `fits` made of it.
    #[track_caller]
    pub(crate) fn wait_for<T>(&mut self, what: &str, fits: impl Fn(&str) -> Option<T>) -> T {
        let deadline = Instant::now() + WATCHDOG;
        while self.open > 0 {
            if let Some(found) = self.next(deadline).as_deref().and_then(&fits) {
                return found;
            }
        }
        panic!("it ended before {what}\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
    }

    /// What it printed on stdout, as far as that was read.
    pub(crate) fn printed(&self) -> &str {
        &self.stdout
    }

    /// Waits for the end.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Finished {
        drop(self.stdin.take());
        let deadline = Instant::now() + WATCHDOG;
        while self.open > 0 {
            self.next(deadline);
        }
        let code = self.child.wait().unwrap().code();
        Finished { code, stdout: std::mem::take(&mut self.stdout), stderr: std::mem::take(&mut self.stderr) }
    }

    /// Kills the child, as an impatient user does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    #[track_caller]
    fn next(&mut self, deadline: Instant) -> Option<String> {
        match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Line::Out(line)) => {
                self.stdout.push_str(&line);
                Some(line)
            }
            Ok(Line::Err(line)) => {
                self.stderr.push_str(&line);
                Some(line)
            }
            Ok(Line::End) | Err(RecvTimeoutError::Disconnected) => {
                self.open = self.open.saturating_sub(1);
                None
            }
            Err(RecvTimeoutError::Timeout) => {
                panic!("it hangs\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr)
            }
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may be gone already, which is as good.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Sends every line, with its end, and what stands behind the last one.
fn read_lines(stream: impl Read + Send + 'static, lines: Sender<Line>, kind: fn(String) -> Line) {
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            if lines.send(kind(String::from_utf8_lossy(&line).into_owned())).is_err() {
                return;
            }
            line.clear();
        }
        lines.send(Line::End).ok();
    });
}
