//! The binary under test, in a world of its own: no inherited variable, an empty home, an empty working directory.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

use super::{Emulator, Finished, Started};

/// A home directory that several runs can share, as the cache tests need it.
#[derive(Clone, Debug)]
pub(crate) struct Home(Arc<TempDir>);

impl Home {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        for folder in ["config", "cache", "data", "state", "temporary", "work"] {
            std::fs::create_dir(home.path().join(folder)).unwrap();
        }
        Self(Arc::new(home))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// `$XDG_CONFIG_HOME`.
    pub(crate) fn config(&self) -> PathBuf {
        self.path().join("config")
    }

    /// `$XDG_CACHE_HOME`.
    pub(crate) fn cache(&self) -> PathBuf {
        self.path().join("cache")
    }

    /// The working directory of the runs.
    pub(crate) fn work(&self) -> PathBuf {
        self.path().join("work")
    }

    /// What makes a program take this for its user's home.
    pub(crate) fn variables(&self) -> [(&'static str, PathBuf); 6] {
        [
            ("HOME", ""),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("TMPDIR", "temporary"),
        ]
        .map(|(name, folder)| (name, self.path().join(folder)))
    }
}

/// One run of the binary.
#[derive(Debug)]
pub(crate) struct Outcrop {
    home: Home,
    command: Command,
    stdin: Vec<u8>,
}

impl Outcrop {
    /// `outcrop ARGS…` in a fresh home.
    pub(crate) fn new<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Self {
        Self::at(&Home::new(), args)
    }

    /// `outcrop ARGS…` in a home that outlives the run.
    pub(crate) fn at<A: AsRef<OsStr>>(home: &Home, args: impl IntoIterator<Item = A>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_outcrop"));
        // A machine of a cloud provider has a metadata service: no test may depend on it.
        command.args(args).env_clear().env("AWS_EC2_METADATA_DISABLED", "true");
        Self { home: home.clone(), command, stdin: Vec::new() }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes a variable away, which is how the metadata service is let in again that tests have none of otherwise: give
    /// it an address of this machine in the same run.
    pub(crate) fn env_remove(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Both endpoints, the right keys and a region.
    pub(crate) fn via(mut self, emulator: &Emulator) -> Self {
        self.command.envs(emulator.variables());
        self
    }

    /// Lets a shell set limits first, such as `ulimit -f 8`, and then become the program.
    #[cfg(unix)]
    pub(crate) fn with_limits(mut self, limits: &str) -> Self {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &format!("{limits}; exec \"$0\" \"$@\"")]).arg(self.command.get_program());
        shell.args(self.command.get_args()).env_clear();
        let variables = self.command.get_envs().filter_map(|(name, value)| Some((name, value?)));
        shell.envs(variables);
        self.command = shell;
        self
    }

    /// Lets the program find the configuration of the system in a folder of the test's. `None` where nobody may have a
    /// mount namespace of their own (`user_namespaces(7)`).
    #[cfg(unix)]
    pub(crate) fn with_etc(self, folder: &Path) -> Option<Self> {
        let namespace = ["--user", "--map-root-user", "--mount", "/bin/sh", "-c"];
        let mount = |then: &str| format!("mount --bind '{}' /etc && {then}", folder.display());
        let mut probe = Command::new("unshare");
        probe.args(namespace).arg(mount("exit 0")).stderr(std::process::Stdio::null());
        if !probe.status().is_ok_and(|status| status.success()) {
            return None;
        }
        let mut command = Command::new("unshare");
        command.args(namespace).arg(mount("exec \"$0\" \"$@\"")).arg(self.command.get_program());
        command.args(self.command.get_args()).env_clear();
        command.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Some(Self { command, ..self })
    }

    pub(crate) fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.stdin = input.into();
        self
    }

    /// Starts it, for tests that look at it while it runs.
    #[track_caller]
    pub(crate) fn start(mut self) -> Started {
        let mut started = Started::new(&mut self.command, &self.home);
        started.write(&self.stdin);
        started
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(self) -> Finished {
        self.start().finish()
    }
}
